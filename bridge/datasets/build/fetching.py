"""Finds a package's .deb: among those given, among those fetched earlier, or by apt."""

import shutil
import subprocess
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from bridge.datasets.build.debfile import PackageFile, open_package
from console.errors import SessionError

_DOWNLOAD_S = 1800


class PackageShelf:
    """Where packages lie, and where apt puts what is missing.

    Args:
        given: a folder of .deb files that the user has; with it nothing is downloaded.
        downloads: where downloaded ones are kept.
    """

    def __init__(self, given: Path | None, downloads: Path) -> None:
        self._given, self._downloads = given, downloads
        if given is not None and not given.is_dir():
            raise SessionError(f"{str(given)!r} is no folder; give the one that holds the .deb files")
        self._here: dict[str, PackageFile] | None = None

    def here(self, name: str) -> PackageFile | None:
        """A package that lies here already."""
        if self._here is None:
            folder = self._given or self._downloads
            found = sorted(folder.glob("*.deb")) if folder.is_dir() else []
            self._here = {}
            for path in found:
                with suppress(SessionError):
                    package = open_package(path)
                    self._here[package.name] = package
        return self._here.get(name)

    def get(self, name: str) -> PackageFile:
        """A package, downloaded when it is not here.

        Raises:
            SessionError: it is not among those given; apt is absent, or does not have it.
        """
        package = self.here(name)
        if package is None:
            if self._given is not None:
                raise SessionError(
                    f"no package {name!r} in {str(self._given)!r}; put its .deb there (apt-get download {name})"
                )
            self._download(name)
            self._here = None
            package = self.here(name)
        if package is None:
            raise SessionError(f"apt downloaded no package {name!r}; try apt-get download {name} by hand")
        return package

    def size_bytes(self, name: str) -> int:
        """What downloading a package would take, 0 where that is not known."""
        tool = shutil.which("apt-cache")
        if tool is None:
            return 0
        answer = _run([tool, "show", "--no-all-versions", name], None, 60)
        sizes = [line.split(":", 1)[1] for line in answer.stdout.splitlines() if line.startswith("Size:")]
        return int(sizes[0]) if sizes and sizes[0].strip().isdigit() else 0

    def _download(self, name: str) -> None:
        tool = shutil.which("apt-get")
        if tool is None:
            raise SessionError(
                f"package {name!r} is not here, and this system has no apt-get to fetch it; download the .deb "
                "elsewhere (on Debian: apt-get download) and give its folder by --packages"
            )
        # Into a folder of its own: a download that is broken off must not pass for a package.
        part = self._downloads / ".part"
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(parents=True)
        answer = _run([tool, "download", name], part, _DOWNLOAD_S)
        fetched = sorted(part.glob("*.deb"))
        if answer.returncode or not fetched:
            reason = answer.stderr.strip().splitlines()[-1:] or ["nothing came"]
            raise SessionError(
                f"apt-get cannot download {name!r}: {reason[0]}; check the network, or apt-get update"
            )
        for path in fetched:
            path.replace(self._downloads / path.name)
        shutil.rmtree(part, ignore_errors=True)


def _run(command: Sequence[str], folder: Path | None, limit_s: float) -> "subprocess.CompletedProcess[str]":
    try:
        return subprocess.run(  # noqa: S603  # apt, with a package's name
            command,
            cwd=folder,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=limit_s,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise SessionError(f"{command[0]} took longer than {limit_s:.0f} s; try again later") from error
