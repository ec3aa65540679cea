"""What a console is made of, as against how it is set: strips, channels, routes and switches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from console.dsp.differentiable.design import BAND_CODES
from console.dsp.differentiable.parameters import strips_of
from console.errors import ParamError
from console.mix import Mix
from console.params import EQUALIZER_BANDS
from console.session.values import Session


@dataclass(frozen=True)
class Switches:
    """The switches of the strips of one place, (strips,) unless told; tensors are on the CPU.

    Attributes:
        band_codes: BAND_CODES of the bands, 0 where there is none, (strips, bands).
        bands: which bands sound, (strips, bands).
        compressors: which strips have a compressor.
    """

    band_codes: Tensor
    bands: Tensor
    compressors: tuple[bool, ...]


@dataclass(frozen=True)
class ConsoleLayout:
    """The mix that a console is built from, of which only switches, names and routes count, and its channels.

    Attributes:
        mix: strips in the order that stems and parameters have.
        channels: of each track, 1 or 2.
    """

    mix: Mix
    channels: tuple[int, ...]

    def __post_init__(self) -> None:
        if len(self.channels) != len(self.mix.tracks):
            raise ParamError(
                f"{len(self.channels)} channel counts for {len(self.mix.tracks)} tracks; give one for each"
            )
        for track, count in zip(self.mix.tracks, self.channels, strict=True):
            if count not in (1, 2):
                raise ParamError(f"track {track.id!r} has {count} channels; give 1 or 2")

    @property
    def track_ids(self) -> tuple[str, ...]:
        """The order of stems and of tensors over tracks."""
        return tuple(track.id for track in self.mix.tracks)

    @property
    def destinations(self) -> tuple[str, ...]:
        """Where tracks go: the master, then groups and effects in the order of the mix."""
        return ("master", *(bus.id for place in ("groups", "effects") for bus in strips_of(self.mix, place)))

    @cached_property
    def switches(self) -> Mapping[str, Switches]:
        """The switches of tracks, groups, effects and master."""
        return {
            place: _switches(strips_of(self.mix, place))
            for place in ("tracks", "groups", "effects", "master")
        }

    @cached_property
    def polarity(self) -> Tensor:
        """+1 or -1 per track, float64; 0 for a muted one."""
        signs = [
            0.0 if track.muted else -1.0 if track.input.invert_polarity else 1.0 for track in self.mix.tracks
        ]
        return torch.tensor(signs, dtype=torch.float64)

    @cached_property
    def outputs(self) -> Tensor:
        """1 where a track (column) goes to a destination (row), else 0; float64."""
        return torch.tensor(
            [[float(track.output == name) for track in self.mix.tracks] for name in self.destinations],
            dtype=torch.float64,
        ).reshape(len(self.destinations), len(self.mix.tracks))

    @cached_property
    def sends(self) -> Tensor:
        """True where a track (row) has a send to an effect (column)."""
        effects = strips_of(self.mix, "effects")
        return torch.tensor(
            [[bus.id in track.sends for bus in effects] for track in self.mix.tracks], dtype=torch.bool
        ).reshape(len(self.mix.tracks), len(effects))


def _switches(strips: Any) -> Switches:
    codes = torch.zeros((len(strips), EQUALIZER_BANDS), dtype=torch.int64)
    for index, strip in enumerate(strips):
        for slot, band in enumerate(strip.equalizer.bands):
            codes[index, slot] = BAND_CODES[band.type]
    on = torch.tensor([strip.equalizer.enabled for strip in strips], dtype=torch.bool).reshape(-1, 1)
    return Switches(codes, (codes > 0) & on, tuple(bool(strip.compressor.enabled) for strip in strips))


def layout_of(mix: Mix, session: Session) -> ConsoleLayout:
    """The layout of a mix of a session.

    Raises:
        SessionError: the mix has a track that the session lacks.
    """
    return ConsoleLayout(mix, tuple(session.track(track.id).channels for track in mix.tracks))
