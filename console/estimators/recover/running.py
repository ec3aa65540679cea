"""Runs a strip together with what each of its knobs would change: the columns of a least-squares problem.

A filter's derivative needs no second run of all filters: the filtered signal passes the quotient of the moved and the
unmoved section, which is stable because all sections are of minimum phase, and those of a cut filter have their
zeros in common. All that is behind the filters (compressor, image) is run again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from console.dsp.bus import BusProcessor
from console.dsp.chain import compressor_for
from console.dsp.design import (
    BAND_DESIGNS,
    design_highpass,
    design_lowpass,
    stack_sections,
)
from console.dsp.dynamics import CompressorProcessor
from console.dsp.filters import BiquadCascade, FirFilter
from console.dsp.pan import FaderCurve, output_matrix
from console.estimators.recover.knobs import Knob, moved
from console.mix import Bus, TrackStrip
from console.units import db_to_gain

Array = NDArray[np.float64]

_DB_SLOPE = float(np.log(10.0) / 20.0)
_CUTS = ("highpass", "lowpass")


def module_sections(strip: TrackStrip, module: str, sample_rate_hz: float) -> Array:
    """The sections of a filter of the strip: "highpass", "lowpass" or "equalizer.3", (sections, 6)."""
    if module == "highpass":
        return design_highpass(
            strip.highpass.frequency_hz, strip.highpass.slope_db_per_octave, sample_rate_hz
        )
    if module == "lowpass":
        return design_lowpass(strip.lowpass.frequency_hz, strip.lowpass.slope_db_per_octave, sample_rate_hz)
    band = strip.equalizer.bands[int(module.rpartition(".")[2])]
    return BAND_DESIGNS[band.type](band.frequency_hz, band.gain_db, band.q, sample_rate_hz).reshape(-1, 6)


def all_sections(strip: TrackStrip, sample_rate_hz: float) -> Array:
    """The sections of every enabled filter of a strip, (sections, 6)."""
    names = [name for name in _CUTS if getattr(strip, name).enabled]
    if strip.equalizer.enabled:
        names += [f"equalizer.{index}" for index in range(len(strip.equalizer.bands))]
    return stack_sections([module_sections(strip, name, sample_rate_hz) for name in names])


def quotient(new: Array, old: Array, is_cut: bool) -> Array:
    """Sections that turn the output of `old` into that of `new`."""
    parts = []
    for after, before in zip(new, old, strict=True):
        if is_cut:
            gain = after[0] / before[0]
            parts.append(np.concatenate([before[3:] * gain, after[3:]]))
        else:
            parts.append(np.concatenate([after[:3], after[3:]]))
            parts.append(np.concatenate([before[3:], before[:3]]) / before[0])
    return np.stack(parts)


@dataclass
class _Column:
    """One running derivative in front of the image: its own filter quotient, compressor and whitening."""

    quotient: BiquadCascade | None
    compressor: CompressorProcessor | None
    whitening: FirFilter
    delta: float


class RunningStrip:
    """One track's strip, its sends into the effects, and the derivative by each free knob, in blocks."""

    def __init__(
        self,
        strip: TrackStrip,
        channels: int,
        sample_rate_hz: float,
        knobs: Sequence[Knob],
        buses: Sequence[Bus],
        taps: Array,
        start_sample: int = 0,
    ) -> None:
        self._knobs = tuple(knobs)
        self._rate_hz, self._position = sample_rate_hz, start_sample
        self._points = strip.automation.fader_db
        self._fader = FaderCurve(self._points, sample_rate_hz) if self._points else None
        fixed_gain = 1.0 if self._points else db_to_gain(strip.fader_db)
        self._filters = BiquadCascade(all_sections(strip, sample_rate_hz), channels)
        self._compressor = compressor_for(strip.compressor, sample_rate_hz)
        self._whitening = FirFilter(taps, channels)
        self._matrix = output_matrix(channels, strip.pan, strip.width) * fixed_gain
        self._columns: dict[str, _Column] = {}
        self._matrices: dict[str, Array] = {}
        for knob in self._knobs:
            if knob.is_send or knob.is_fader:
                continue
            other, delta = moved(strip, knob)
            if knob.name in ("pan", "width"):
                shifted = output_matrix(channels, other.pan, other.width) * fixed_gain
                self._matrices[knob.name] = (shifted - self._matrix) / delta
                continue
            filters = None
            if not knob.name.startswith("compressor."):
                module = knob.name.rpartition(".")[0]
                filters = BiquadCascade(
                    quotient(
                        module_sections(other, module, sample_rate_hz),
                        module_sections(strip, module, sample_rate_hz),
                        module in _CUTS,
                    ),
                    channels,
                )
            self._columns[knob.name] = _Column(
                filters, compressor_for(other.compressor, sample_rate_hz), FirFilter(taps, channels), delta
            )
        self._sends = {bus.id: db_to_gain(strip.sends[bus.id]) for bus in buses if bus.id in strip.sends}
        free = {knob.bus for knob in self._knobs if knob.is_send}
        self._effects = {bus.id: BusProcessor(bus, sample_rate_hz) for bus in buses if bus.id in free}

    @property
    def sends(self) -> dict[str, float]:
        """How much of the strip goes to each effect, as an amplitude."""
        return self._sends

    def process(self, block: NDArray[np.floating]) -> tuple[Array, NDArray[np.float32]]:
        """What the strip gives, whitened, (2, samples), and the columns, (knobs, 2, samples).

        The effects are linear, so that what is whitened in front of them is whitened behind them.
        """
        filtered = np.array(block, dtype=np.float64, order="C")
        self._filters.process(filtered)
        out = filtered.copy()
        if self._compressor:
            self._compressor.process(out)
        moves = self._fader.gains(self._position, block.shape[1]) if self._fader else None
        if moves is not None:
            out *= moves
        self._whitening.process(out)
        dry = total = self._matrix @ out
        wets = {name: effect.process(dry) for name, effect in self._effects.items()}
        for name, wet in wets.items():
            total = total + self._sends.get(name, 0.0) * wet
        columns = np.empty((len(self._knobs), 2, block.shape[1]), dtype=np.float32)
        for index, knob in enumerate(self._knobs):
            if knob.is_send:
                columns[index] = wets[knob.bus]
            elif knob.is_fader:
                columns[index] = _DB_SLOPE * self._share(knob, block.shape[1]) * total
            elif knob.name in self._matrices:
                columns[index] = self._matrices[knob.name] @ out
            else:
                columns[index] = self._matrix @ self._derivative(
                    self._columns[knob.name], filtered, out, moves
                )
        self._position += block.shape[1]
        return dry, columns

    def _share(self, knob: Knob, samples: int) -> Array | float:
        """How much of the fader a knob is: all of it, or the part around its break point."""
        if not self._points:
            return 1.0
        here = [float(f"automation.{index}" == knob.name) for index in range(len(self._points))]
        times_s = (self._position + np.arange(samples)) / self._rate_hz
        return np.interp(times_s, [time_s for time_s, _ in self._points], here)

    def _derivative(self, column: _Column, filtered: Array, out: Array, moves: Array | None) -> Array:
        other = filtered.copy()
        if column.quotient:
            column.quotient.process(other)
        if column.compressor:
            column.compressor.process(other)
        if moves is not None:
            other *= moves
        column.whitening.process(other)
        return (other - out) / column.delta
