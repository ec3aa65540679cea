"""Finds the audio that a project names: where it says, else by its name beneath the project's folder."""

import os
from collections import defaultdict
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path, PureWindowsPath

from bridge.sessions.probe import Probed, probe
from console.progress import Progress

#: The search for what is missing looks at so many names, so many folders deep; no links are followed.
MOST_NAMES = 100_000
DEEPEST = 12

_THREADS = 2


class Media:
    """The audio files of one project, each looked at once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._places: dict[Path, Path | None] = {}
        self._probed: dict[Path, Probed] = {}

    def place(self, wanted: Path) -> Path | None:
        """Where a file is: at its own place, else the likeliest of its name beneath the folder; None for nowhere."""
        if wanted not in self._places:
            self._places[wanted] = wanted if _exists(wanted) else self._by_name(wanted)
        return self._places[wanted]

    def probed(self, wanted: Path) -> Probed | None:
        """What a file holds that `look` has looked at; None for one that is nowhere."""
        place = self.place(wanted)
        return None if place is None else self._probed[place]

    def look(self, wanted: Iterable[Path], progress: Progress, stage: str) -> None:
        """Read the header of every file that can be found, and hash it."""
        places = dict.fromkeys(place for name in wanted if (place := self.place(name)) is not None)
        with ThreadPoolExecutor(_THREADS) as pool:
            for done, found in enumerate(pool.map(probe, places), 1):
                self._probed[found.path] = found
                progress(stage, done / (len(places) + 1))

    def _by_name(self, wanted: Path) -> Path | None:
        parts = _parts(wanted)
        candidates = self._names.get(parts[-1], ()) if parts else ()
        # Whatever shares more of its path with the place that the project names is likelier the same file.
        return max(candidates, key=lambda path: _common_tail(_parts(path), parts), default=None)

    @cached_property
    def _names(self) -> dict[str, list[Path]]:
        found = defaultdict(list)
        for path in _beneath(self._folder):
            found[path.name.casefold()].append(path)
        return {name: sorted(paths) for name, paths in found.items()}


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def _parts(path: Path) -> list[str]:
    """The steps of a path in one case; a project from Windows has its backslashes on every system."""
    return [part.casefold() for part in PureWindowsPath(str(path)).parts]


def _common_tail(one: list[str], other: list[str]) -> int:
    count = 0
    for mine, theirs in zip(reversed(one), reversed(other), strict=False):
        if mine != theirs:
            break
        count += 1
    return count


def _beneath(folder: Path) -> Iterator[Path]:
    """Files beneath a folder, level by level, within bounds."""
    seen = 0
    level = [folder]
    for _ in range(DEEPEST):
        below: list[Path] = []
        for place in level:
            try:
                entries = sorted(os.scandir(place), key=lambda entry: entry.name)
            except OSError:
                continue  # a folder that may not be read holds nothing that could be used
            for entry in entries:
                seen += 1
                if seen > MOST_NAMES:
                    return
                if entry.is_dir(follow_symlinks=False):
                    below.append(Path(entry.path))
                elif entry.is_file():
                    yield Path(entry.path)
        level = below
