"""A row of running modules that audio passes in order, and how the Mix's modules become such a row.

A module that is switched off, or set so that it changes nothing, is left out: it costs nothing and changes no
bit.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from console.dsp.design import (
    BAND_DESIGNS,
    Sections,
    design_highpass,
    design_lowpass,
    stack_sections,
)
from console.dsp.dynamics import CompressorProcessor, GateProcessor
from console.dsp.filters import BiquadCascade, Block
from console.errors import RenderError
from console.mix import Compressor, Equalizer, Gate, Highpass, Lowpass

SUB_BLOCK_SAMPLES = 4096
"""Audio is processed in pieces of this length, which stay in the processor's nearest caches."""


class Step(Protocol):
    """One running module."""

    def process(self, block: Block) -> None:
        """Process the next block, float64 and C-contiguous (channels, samples), in place."""


def cut_sections(highpass: Highpass, lowpass: Lowpass, sample_rate_hz: float) -> Sections:
    """Sections of the enabled high-pass and low-pass, shape (sections, 6)."""
    parts = []
    if highpass.enabled:
        parts.append(design_highpass(highpass.frequency_hz, highpass.slope_db_per_octave, sample_rate_hz))
    if lowpass.enabled:
        parts.append(design_lowpass(lowpass.frequency_hz, lowpass.slope_db_per_octave, sample_rate_hz))
    return stack_sections(parts)


def equalizer_sections(equalizer: Equalizer, sample_rate_hz: float) -> Sections:
    """Sections of an enabled equalizer's bands that do not stand at 0 dB, shape (sections, 6)."""
    bands = equalizer.bands if equalizer.enabled else ()
    return stack_sections(
        BAND_DESIGNS[band.type](band.frequency_hz, band.gain_db, band.q, sample_rate_hz)
        for band in bands
        if band.gain_db != 0.0
    )


def filter_steps(sections: Sections, channels: int) -> list[Step]:
    """A running cascade, or nothing when there are no sections."""
    return [BiquadCascade(sections, channels)] if len(sections) else []


def gate_for(settings: Gate, sample_rate_hz: float) -> GateProcessor | None:
    """A running gate, or None when it changes nothing."""
    active = settings.enabled and settings.range_db < 0.0 and settings.ratio > 1.0
    return GateProcessor(settings, sample_rate_hz) if active else None


def compressor_for(settings: Compressor, sample_rate_hz: float) -> CompressorProcessor | None:
    """A running compressor, or None when it changes nothing."""
    active = settings.enabled and (settings.ratio > 1.0 or settings.makeup_db != 0.0)
    return CompressorProcessor(settings, sample_rate_hz) if active else None


def run_steps(steps: Iterable[Step], block: Block) -> None:
    """Pass a block through every step, in place."""
    for step in steps:
        step.process(block)


def check_finite(block: NDArray[np.floating], position: int, what: str) -> None:
    """Refuse audio that no filter or compressor can swallow.

    Args:
        block: (channels, samples).
        position: sample position of the block's start, for the message.
        what: what the audio is, for the message.

    Raises:
        RenderError: a sample is not a number or infinite.
    """
    if np.isfinite(block).all():
        return
    channel, sample = (int(index[0]) for index in np.nonzero(~np.isfinite(block)))
    raise RenderError(
        f"{what}: sample {position + sample} of channel {channel + 1} is {block[channel, sample]}, "
        "not a finite number; export the file again, or leave it out"
    )
