"""Runs the strips of one place together: filters, gate and compressor, batched over strips."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from console.dsp.differentiable.cascade import filter_cascade
from console.dsp.differentiable.design import design_bands, design_highpass, design_lowpass
from console.dsp.differentiable.dynamics import (
    compress,
    compress_at_control_rate,
    compressor_law,
    gate,
    gate_law,
)
from console.dsp.differentiable.layout import Switches
from console.dsp.differentiable.parameters import ConsoleParameters


@dataclass(frozen=True)
class Cascade:
    """Sections (strips, sections, 5) and which of them are in use (strips, sections)."""

    sections: Tensor
    used: Tensor

    def followed_by(self, other: Cascade) -> Cascade:
        """Both, one after the other."""
        return Cascade(
            torch.cat([self.sections, other.sections], dim=1), torch.cat([self.used, other.used], dim=1)
        )


def equalizer(
    parameters: ConsoleParameters, place: str, switches: Switches, sample_rate_hz: float
) -> Cascade:
    """The bands of the strips of a place."""
    knobs = parameters.module(place, "equalizer")
    device = knobs["q"].device
    codes = switches.band_codes.to(device)
    sections = design_bands(codes, knobs["frequency_hz"], knobs["gain_db"], knobs["q"], sample_rate_hz)
    return Cascade(sections, switches.bands.to(device))


def cuts(parameters: ConsoleParameters, tracks: Any, sample_rate_hz: float) -> Cascade:
    """The high-pass and low-pass filters of tracks."""
    parts = []
    for name, design in (("highpass", design_highpass), ("lowpass", design_lowpass)):
        frequency_hz = parameters[f"tracks.{name}.frequency_hz"]
        modules = [getattr(track, name) for track in tracks]
        slopes = torch.tensor([module.slope_db_per_octave for module in modules], device=frequency_hz.device)
        on = torch.tensor(
            [module.enabled for module in modules], dtype=torch.bool, device=frequency_hz.device
        )
        sections, used = design(frequency_hz, slopes, sample_rate_hz)
        parts.append(Cascade(sections, used & on.unsqueeze(-1)))
    return parts[0].followed_by(parts[1])


@dataclass(frozen=True)
class Processed:
    """Audio (strips, channels, samples) and gains in dB, (strips, samples), (strips, 0) when not asked for."""

    audio: Tensor
    compressor_db: Tensor
    gate_db: Tensor


def run_tracks(
    audio: Tensor,
    parameters: ConsoleParameters,
    tracks: Any,
    switches: Switches,
    channels: tuple[int, ...],
    sample_rate_hz: float,
    *,
    meter: bool,
    fast: bool,
) -> Processed:
    """High-pass, low-pass, gate, equalizer and compressor of tracks."""
    first = cuts(parameters, tracks, sample_rate_hz)
    tone = equalizer(parameters, "tracks", switches, sample_rate_hz)
    gates = tuple(bool(track.gate.enabled) for track in tracks)
    if any(gates):
        audio = filter_cascade(audio, first.sections, first.used, channels)
        law = gate_law(parameters.module("tracks", "gate"), sample_rate_hz)
        audio, gate_db = gate(audio, law, gates, channels, meter=meter)
    else:
        tone = first.followed_by(tone)
        gate_db = audio.new_zeros((audio.shape[0], 0))
    audio = filter_cascade(audio, tone.sections, tone.used, channels)
    audio, compressor_db = _compress(
        audio, parameters.module("tracks", "compressor"), switches, channels, sample_rate_hz, meter, fast
    )
    return Processed(audio, compressor_db, gate_db)


def run_stereo(
    audio: Tensor,
    parameters: ConsoleParameters,
    place: str,
    switches: Switches,
    sample_rate_hz: float,
    *,
    meter: bool,
    fast: bool,
) -> Processed:
    """Equalizer and compressor of buses or the master, (strips, 2, samples)."""
    channels = (2,) * audio.shape[0]
    tone = equalizer(parameters, place, switches, sample_rate_hz)
    audio = filter_cascade(audio, tone.sections, tone.used, channels)
    audio, compressor_db = _compress(
        audio, parameters.module(place, "compressor"), switches, channels, sample_rate_hz, meter, fast
    )
    return Processed(audio, compressor_db, audio.new_zeros((audio.shape[0], 0)))


def _compress(
    audio: Tensor,
    knobs: Mapping[str, Tensor],
    switches: Switches,
    channels: tuple[int, ...],
    sample_rate_hz: float,
    meter: bool,
    fast: bool,
) -> tuple[Tensor, Tensor]:
    law = compressor_law(knobs, sample_rate_hz)
    if fast:
        return compress_at_control_rate(audio, law, switches.compressors, channels, meter=meter)
    return compress(audio, law, switches.compressors, channels, meter=meter)
