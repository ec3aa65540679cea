"""Finds what can be built: opens packages, judges each file by the table, and names the songs."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path, PurePosixPath
from typing import Any

from bridge.datasets.build.debfile import PackageFile, unpack
from bridge.datasets.build.fetching import PackageShelf
from bridge.datasets.build.items import DATASET, Item, Origin, Refusal, Rendered, item_id, short_hash
from bridge.datasets.build.licences import SOUNDFONT, Package
from bridge.datasets.build.wad import midi_lumps
from bridge.datasets.build.workbench import Workbench, file_hash
from console.errors import SessionError
from console.progress import Progress


@dataclass(frozen=True, slots=True)
class SourceKind:
    """How songs of a source are found and rendered; `needs` tells what is missing here, "" when nothing is."""

    suffixes: tuple[str, ...]
    renderer: str
    needs: str = ""


#: Each source: the files it is made of, who renders them, and who says whether that works here (module:function).
KINDS: dict[str, SourceKind] = {
    "lmms": SourceKind(
        (".mmp", ".mmpz"), "bridge.datasets.build.lmms:render", "bridge.datasets.build.lmms:missing"
    ),
    "tracker": SourceKind(
        (".mod", ".xm", ".it", ".s3m"),
        "bridge.datasets.build.trackers:render",
        "bridge.datasets.build.openmpt:missing",
    ),
    "midi": SourceKind(
        (".mid", ".midi", ".wad"),
        "bridge.datasets.build.midisongs:render",
        "bridge.datasets.build.fluid:missing",
    ),
    "references": SourceKind(
        (".ogg", ".oga", ".opus", ".flac", ".wav", ".mp3"), "bridge.datasets.build.masters:render_reference"
    ),
    "impulses": SourceKind((".wav", ".flac"), "bridge.datasets.build.masters:render_impulse"),
    DATASET: SourceKind((), "bridge.datasets.build.multitracks:render"),
}
_SOUNDFONT_SUFFIXES = (".sf2", ".sf3")


def renderer_of(source: str) -> Callable[[Item, Workbench], Rendered]:
    """The function that renders items of a source."""
    renderer: Callable[[Item, Workbench], Rendered] = _function(KINDS[source].renderer)
    return renderer


def missing_for(source: str) -> str:
    """What is missing on this machine to render a source, with the remedy; "" when nothing is."""
    needs = KINDS[source].needs
    return str(_function(needs)()) if needs else ""


def _function(place: str) -> Any:
    module, name = place.split(":")
    return getattr(import_module(module), name)


class Finder:
    """Unpacks packages and finds their songs.

    Args:
        table: the packages and licences.
        shelf: where the packages come from.
        folder: where they are unpacked.
        room: says how many bytes may still be written.
        soundfonts: with how many soundfonts a MIDI song is rendered.
    """

    def __init__(
        self,
        table: tuple[Package, ...],
        shelf: PackageShelf,
        folder: Path,
        room: Callable[[], int],
        soundfonts: int,
    ) -> None:
        self._table, self._shelf, self._folder, self._room = table, shelf, folder, room
        self._soundfonts = soundfonts
        self._seen: dict[tuple[str, str], str] = {}
        self.refused: list[Refusal] = []

    def find(self, source: str, limit: int | None, progress: Progress) -> list[Item]:
        """The songs of a source, at most `limit`, in the order of the table.

        Raises:
            SessionError: a package cannot be had, or is damaged.
        """
        packages = [package for package in self._table if package.source == source]
        fonts = self._fonts() if source == "midi" and packages else []
        items: list[Item] = []
        for number, package in enumerate(packages):
            progress(f"unpacking {source}", number / len(packages))
            for origin in self._origins(package, KINDS[source].suffixes):
                items.extend(self._items(source, origin, fonts))
                if limit is not None and len(items) >= limit:
                    return items[:limit]
        return items

    def _fonts(self) -> list[Origin]:
        packages = [package for package in self._table if package.source == SOUNDFONT]
        return [font for package in packages for font in self._origins(package, _SOUNDFONT_SUFFIXES)]

    def _items(self, source: str, origin: Origin, fonts: list[Origin]) -> Iterator[Item]:
        group = f"{origin.package}:{origin.place}"
        title = origin.lump or PurePosixPath(origin.inside).stem
        chosen: list[Origin | None] = [None]
        if source == "midi":
            # Each song its own choice of fonts, so that none is tied to a style.
            ranked = sorted(fonts, key=lambda font: short_hash(group, font.package, font.place))
            chosen = [*ranked[: self._soundfonts]]
        for font in chosen:
            name = item_id(source, title, group, f"{font.package}:{font.place}" if font else "")
            yield Item(name, source, group, title, origin, font)

    def _origins(self, package: Package, suffixes: tuple[str, ...]) -> Iterator[Origin]:
        if not package.usable:
            note = next(
                (rule.note for rule in package.rules if rule.note), "its licence lets no weights be trained"
            )
            self._refuse(package, "*", note)
            return
        file = self._fetched(package.name)
        folder = self._folder / package.name
        paths = unpack(
            file,
            folder,
            lambda path: path.lower().endswith(suffixes) and package.holds(path),
            self._room(),
        )
        for inside in paths:
            yield from self._judged(package, file, inside, folder.joinpath(*PurePosixPath(inside).parts))

    def _fetched(self, name: str) -> PackageFile:
        here = self._shelf.here(name)
        if here is None and self._shelf.size_bytes(name) > self._room():
            raise SessionError(
                f"package {name!r} takes {self._shelf.size_bytes(name) / 1e9:.2f} GB to download, and "
                f"{self._room() / 1e9:.2f} GB are left; give more by --max-gb"
            )
        return here or self._shelf.get(name)

    def _judged(self, package: Package, file: PackageFile, inside: str, path: Path) -> Iterator[Origin]:
        for lump, place in self._parts(inside, path):
            full = f"{inside}#{lump}" if lump else inside
            rule = package.rule_for(full)
            if rule is None:
                self._refuse(package, full, "no licence is known for it")
            elif not rule.may_train_weights:
                note = f": {rule.note}" if rule.note else ""
                self._refuse(package, full, f"licence {rule.spdx}, no weights may be trained on it{note}")
            else:
                digest = file_hash(place)
                twin = self._seen.setdefault((package.source, digest), f"{package.name}:{full}")
                if twin != f"{package.name}:{full}":
                    self._refuse(package, full, f"the same music as {twin}")
                else:
                    yield Origin(package.name, file.version, inside, place, digest, rule, lump)

    def _parts(self, inside: str, path: Path) -> list[tuple[str, Path]]:
        """A file, or each song of an archive as a file of its own."""
        if not inside.lower().endswith(".wad"):
            return [("", path)]
        parts = []
        for name, data in midi_lumps(path):
            place = path.with_name(f"{path.name}.{hashlib.sha256(data).hexdigest()[:16]}.mid")
            place.write_bytes(data)
            parts.append((name, place))
        return parts

    def _refuse(self, package: Package, place: str, reason: str) -> None:
        self.refused.append(Refusal(package.name, place, reason))
