"""Projects of every format that is read: what no DAW wrote is an error of the session, soon, and writes nothing."""

import gzip
import random
import time
import zipfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from bridge.sessions import exporter_of, load_session
from console.errors import SessionError
from exporters.registry import EXPORTERS

SUFFIXES = [suffix for item in EXPORTERS.values() if item.opener for suffix in item.suffixes]


def _zipped(path: Path) -> bytes:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("../outside.xml", "<Project/>")
        archive.writestr("project.xml", "<Project/>")
    return path.read_bytes()


@cache
def _bomb() -> bytes:
    return gzip.compress(b"<" * 200_000_000, 9)


_ENTITIES = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 9))
_LAUGHS = f'<!DOCTYPE x [<!ENTITY e0 "ha">{_ENTITIES}]><Ableton>&e8;</Ableton>'.encode()

JUNK: dict[str, Callable[[Path], bytes]] = {
    "empty": lambda _: b"",
    "binary": lambda _: random.Random(1).randbytes(50_000),  # noqa: S311 - any bytes will do
    "zeros": lambda _: bytes(100_000),
    "utf-16": lambda _: '<REAPER_PROJECT 0.1 "7" 1\n>\n'.encode("utf-16"),
    "open": lambda _: b'<REAPER_PROJECT 0.1 "7" 1\n' + b"  <TRACK\n" * 20_000,
    "xml": lambda _: b"<Session>" + b"<a>" * 50_000,
    "entities": lambda _: _LAUGHS,
    "packed entities": lambda _: gzip.compress(_LAUGHS),
    "gzip bomb": lambda _: _bomb(),
    "zip that climbs": _zipped,
}


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("kind", JUNK)
def test_junk_is_an_error_of_the_session(kind: str, suffix: str, tmp_path: Path) -> None:
    path = tmp_path / "inner" / f"song{suffix}"
    path.parent.mkdir()
    path.write_bytes(JUNK[kind](path))
    began = time.monotonic()
    with pytest.raises(SessionError) as error:
        load_session([path])
    assert path.name in str(error.value)
    assert time.monotonic() - began < 20.0
    assert sorted(item.name for item in tmp_path.rglob("*")) == ["inner", path.name]


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_project_that_is_not_there(suffix: str, tmp_path: Path) -> None:
    with pytest.raises(SessionError, match=r"cannot be read|is no"):
        load_session([tmp_path / f"song{suffix}"])


def test_projects_of_others_give_a_session_or_say_why_not(shared: Path) -> None:
    """None of them comes with its audio, so that each ends in words about that, or about what is no audio."""
    projects = [path for path in sorted((shared / "fixtures").rglob("*")) if exporter_of(path) is not None]
    assert len(projects) >= 10
    for path in projects:
        with pytest.raises(SessionError, match=r"has lost the audio|no track with audio"):
            load_session([path])
