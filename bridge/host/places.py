"""Where plugins lie on each system, and which files there are plugins."""

import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

#: A plugin's file or bundle ends so; Audio Units exist on macOS only.
SUFFIXES = (".vst3", ".component") if sys.platform == "darwin" else (".vst3",)

#: What a bundle nests its binary in; nobody keeps plugins deeper than this below a plugin folder.
_DEEPEST = 6


def plugin_folders() -> tuple[Path, ...]:
    """Where this system keeps plugins, by Steinberg's and Apple's conventions; they need not exist."""
    home = Path.home()
    if sys.platform == "darwin":
        bases = [home / "Library/Audio/Plug-Ins", Path("/Library/Audio/Plug-Ins")]
        return tuple(base / kind for base in bases for kind in ("VST3", "Components"))
    if sys.platform == "win32":
        local = Path(os.environ.get("LOCALAPPDATA", str(home / "AppData/Local")))
        common = Path(os.environ.get("COMMONPROGRAMFILES", r"C:\Program Files\Common Files"))
        return local / "Programs/Common/VST3", common / "VST3"
    return home / ".vst3", Path("/usr/lib/vst3"), Path("/usr/local/lib/vst3")


def find_plugins(places: Iterable[Path]) -> Iterator[Path]:
    """The plugins at some places, each once: a place is a folder of them, or a plugin. In order of their names."""
    seen = set()
    for place in places:
        for path in _below(place, _DEEPEST):
            key = os.path.normcase(path.resolve())
            if key not in seen:
                seen.add(key)
                yield path


def _below(path: Path, depth: int) -> Iterator[Path]:
    if path.suffix.lower() in SUFFIXES:
        yield path
        return
    if depth == 0 or not path.is_dir():
        return
    try:
        entries = sorted(path.iterdir(), key=lambda entry: (entry.name.casefold(), entry.name))
    except OSError:
        return
    for entry in entries:
        if entry.suffix.lower() in SUFFIXES or (entry.is_dir() and not entry.name.startswith(".")):
            yield from _below(entry, depth - 1)


def identity(path: Path) -> str:
    """What tells that a plugin's file is another one than before: names, sizes and times of what is in it."""
    return "|".join(
        f"{file.relative_to(path).as_posix()}:{facts.st_size}:{facts.st_mtime_ns}"
        for file, facts in _files(path)
    )


def size_bytes(path: Path) -> int:
    """How large a plugin is with all that its bundle holds."""
    return sum(facts.st_size for _, facts in _files(path))


def _files(path: Path) -> Iterator[tuple[Path, os.stat_result]]:
    for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
        try:
            facts = file.stat()
        except OSError:
            continue
        if file.is_file():
            yield file, facts
