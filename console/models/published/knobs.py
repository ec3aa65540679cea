"""The published console's knobs, their ranges, and the way from positions to this project's console; in PyTorch.

Gain, six bands, compressor and pan per strip; six bands, compressor and fader on the master. All scales are linear,
those of frequencies too. The gain is this console's input gain, since both come before the equalizer. Frequencies have
the ranges of dasp-pytorch's equalizer, which the published console is made of, up to where this console's end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from console.dsp.differentiable.backends import PUBLISHED_RANGES
from console.dsp.differentiable.layout import ConsoleLayout
from console.dsp.differentiable.parameters import ConsoleParameters, from_mix, to_mix
from console.mix import Band, BandType, Compressor, Equalizer, Master, Mix, TrackStrip

#: Bands in the order of their slots, and their frequencies in Hz.
BANDS: tuple[tuple[BandType, float, float], ...] = (
    (BandType.LOW_SHELF, 20.0, 2000.0),
    (BandType.BELL, 80.0, 2000.0),
    (BandType.BELL, 2000.0, 8000.0),
    (BandType.BELL, 8000.0, 12_000.0),
    (BandType.BELL, 12_000.0, 20_000.0),
    (BandType.HIGH_SHELF, 4000.0, 20_000.0),
)


@dataclass(frozen=True, slots=True)
class Knob:
    """One output of a head: its row of the parameter table, the band it belongs to, and its range."""

    row: str
    band: int | None
    low: float
    high: float


def _bands() -> tuple[Knob, ...]:
    gain_db, q = PUBLISHED_RANGES["equalizer.gain_db"], PUBLISHED_RANGES["equalizer.q"]
    return tuple(
        knob
        for band, (_, low_hz, high_hz) in enumerate(BANDS)
        for knob in (
            Knob("equalizer.gain_db", band, *gain_db),
            Knob("equalizer.frequency_hz", band, low_hz, high_hz),
            Knob("equalizer.q", band, *q),
        )
    )


_GAIN_DB = PUBLISHED_RANGES["strip.fader_db"]
_COMPRESSOR = tuple(
    Knob(row, None, *ends) for row, ends in PUBLISHED_RANGES.items() if row.startswith("compressor.")
)
STRIP_KNOBS = (
    Knob("input.gain_db", None, *_GAIN_DB),
    *_bands(),
    *_COMPRESSOR,
    Knob("strip.pan", None, -1.0, 1.0),
)
#: The fader's range is wider than this console's: as a `Mix`, where alone that counts, it ends at +12 dB.
MASTER_KNOBS = (*_bands(), *_COMPRESSOR, Knob("strip.fader_db", None, *_GAIN_DB))


def published_template(track_ids: Sequence[str], sample_rate_hz: int) -> Mix:
    """A mix of mono strips in which every module of the published console is on, to be filled with numbers."""
    equalizer = Equalizer(True, tuple(Band(kind, frequency_hz=low_hz) for kind, low_hz, _ in BANDS))
    compressor = Compressor(True)
    strips = tuple(TrackStrip(name, equalizer=equalizer, compressor=compressor) for name in track_ids)
    master = Master(equalizer=equalizer, compressor=compressor)
    return Mix(sample_rate_hz, strips, master=master, estimator="diff-mst")


def published_layout(tracks: int, sample_rate_hz: int) -> ConsoleLayout:
    """The console of a number of mono strips."""
    names = [str(number) for number in range(tracks)]
    return ConsoleLayout(published_template(names, sample_rate_hz), (1,) * tracks)


def console_parameters(strips: Tensor, master: Tensor, layout: ConsoleLayout) -> ConsoleParameters:
    """The console's numbers at positions 0 … 1, with the way back for a gradient.

    Args:
        strips: (tracks, strip knobs).
        master: (master knobs,).
        layout: of `published_layout`, or any other of `published_template`.

    Raises:
        ParamError: as many strips as the layout has were not given.
    """
    start = from_mix(layout.mix, device=strips.device)
    return start.with_values(
        {
            **_placed(strips, STRIP_KNOBS, "tracks"),
            **_placed(master.unsqueeze(0), MASTER_KNOBS, "master"),
        }
    )


def published_mix(strips: Tensor, master: Tensor, template: Mix) -> Mix:
    """The mix at positions 0 … 1 of a template of `published_template`; arguments as in `console_parameters`."""
    layout = ConsoleLayout(template, (1,) * len(template.tracks))
    return to_mix(console_parameters(strips.detach(), master.detach(), layout), template)


def _placed(positions: Tensor, knobs: tuple[Knob, ...], place: str) -> dict[str, Tensor]:
    """Positions (strips, knobs) as values by name: (strips,), or (strips, bands)."""
    low = positions.new_tensor([knob.low for knob in knobs])
    high = positions.new_tensor([knob.high for knob in knobs])
    values = low + positions * (high - low)
    found: dict[str, list[Tensor]] = {}
    for knob, column in zip(knobs, values.unbind(dim=1), strict=True):
        found.setdefault(knob.row, []).append(column)
    banded = {knob.row for knob in knobs if knob.band is not None}
    return {
        f"{place}.{row}": torch.stack(columns, dim=1) if row in banded else columns[0]
        for row, columns in found.items()
    }
