"""Processed stems: one float32 WAV per track, group and FX return, which appear together when all is done.

The files at the top of the folder sum to the mix before the master; the members of a group lie in a folder
named after it, since the group's own file already has them.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bridge.files import check_target, remove, temporary_beside, told_clearly
from bridge.render.plan import Plan
from bridge.render.wav import WavWriter, encoding
from console.filenames import distinct_names
from console.mix.values import MASTER

_SUBTYPE = "FLOAT"
_STEREO = 2


def stem_paths(plan: Plan, folder: Path) -> tuple[dict[str, Path], dict[str, Path]]:
    """The file of each track and of each bus, by their ids."""
    buses = [bus.id for bus in (*plan.groups, *plan.effects)]
    direct = [planned.strip.id for planned in plan.tracks if planned.strip.output == MASTER]
    names = distinct_names([*buses, *direct])
    bus_names = dict(zip(buses, names, strict=False))
    tracks = dict(zip(direct, names[len(buses) :], strict=True))
    for group in plan.groups:
        members = [planned.strip.id for planned in plan.tracks if planned.strip.output == group.id]
        inside = (f"{bus_names[group.id]}/{name}" for name in distinct_names(members))
        tracks.update(zip(members, inside, strict=True))
    return (
        {key: folder / f"{name}.wav" for key, name in tracks.items()},
        {key: folder / f"{name}.wav" for key, name in bus_names.items()},
    )


class StemFiles:
    """The stem files of one render, under temporary names until `publish`."""

    def __init__(
        self, plan: Plan, folder: Path, *, sample_rate_hz: int, sources: Iterable[Path], overwrite: bool
    ) -> None:
        """Make the folders and the temporary files.

        Raises:
            RenderError: a stem is there already, or the folder cannot be written to.
        """
        tracks, buses = stem_paths(plan, folder)
        self.paths = (*tracks.values(), *buses.values())
        known = tuple(sources)
        for path in self.paths:
            check_target(path, force=overwrite, sources=known)
        self._made: list[Path] = []
        self._temporaries: list[Path] = []
        try:
            with told_clearly(folder):
                for place in sorted({folder, *(path.parent for path in self.paths)}):
                    self._make(place)
                self.tracks = {key: self._writer(path, sample_rate_hz) for key, path in tracks.items()}
                self.buses = {key: self._writer(path, sample_rate_hz) for key, path in buses.items()}
        except BaseException:
            self.discard()
            raise

    def _make(self, folder: Path) -> None:
        missing = [place for place in (folder, *folder.parents) if not place.exists()]
        for place in reversed(missing):
            place.mkdir()
            self._made.append(place)

    def _writer(self, path: Path, sample_rate_hz: int) -> WavWriter:
        temporary = temporary_beside(path)
        self._temporaries.append(temporary)
        return WavWriter(temporary, encoding(_SUBTYPE), _STEREO, sample_rate_hz)

    def publish(self) -> tuple[Path, ...]:
        """Give the files their names.

        Raises:
            RenderError: the disk is full.
        """
        for writer in (*self.tracks.values(), *self.buses.values()):
            with told_clearly(writer.path):
                writer.finish()
        for temporary, path in zip(self._temporaries, self.paths, strict=True):
            with told_clearly(path):
                os.replace(temporary, path)  # noqa: PTH105 - the one call that replaces on every system
        self._made.clear()
        return self.paths

    def discard(self) -> None:
        """Delete what is unfinished, and the folders that were made for it; harmless after `publish`."""
        remove(self._temporaries)
        for place in reversed(self._made):
            with suppress(OSError):
                place.rmdir()


def write_stem(writer: WavWriter, block: NDArray[np.float64]) -> None:
    """Append a block, (2, samples).

    Raises:
        RenderError: the disk is full.
    """
    with told_clearly(writer.path):
        writer.write(block.T)
