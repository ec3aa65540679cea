"""The inputs of strips (gain, polarity, delay) put into the stems themselves, and back into the strips at the end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from console.estimators.recover.material import Material
from console.estimators.recover.shifting import Shift, shifted
from console.mix import Input, Mix, TrackStrip
from console.params import PARAMS


def lined_up(material: Material, shifts: Sequence[Shift], base: Mix) -> Material:
    """Stems with their shift, polarity and locked input gain in them already."""
    change = {}
    for index, (shift, track) in enumerate(zip(shifts, base.tracks, strict=True)):
        gain = 10.0 ** (track.input.gain_db / 20.0)
        inverted = shift.inverted != track.input.invert_polarity
        whole = shift.samples + track.input.delay_ms * 1e-3 * material.sample_rate_hz
        if whole or inverted or gain != 1.0:
            factor = np.float32(-gain if inverted else gain)
            change[index] = tuple(shifted(e.stems[index], whole) * factor for e in material.excerpts)
    return material.with_stems(change) if change else material


def without_inputs(base: Mix) -> Mix:
    """The mix with every input neutral, for stems that have theirs in them."""
    return replace(base, tracks=tuple(replace(track, input=Input()) for track in base.tracks))


def with_inputs(mix: Mix, base: Mix, shifts: Sequence[Shift], rate_hz: int) -> Mix:
    """The mix with the inputs that its stems had in them."""
    tracks: list[TrackStrip] = []
    for track, known, shift in zip(mix.tracks, base.tracks, shifts, strict=True):
        delay_ms = known.input.delay_ms + shift.samples * 1e3 / rate_hz
        value = replace(
            known.input,
            delay_ms=PARAMS["input.delay_ms"].clamp(delay_ms),
            invert_polarity=shift.inverted != known.input.invert_polarity,
        )
        tracks.append(replace(track, input=value))
    return replace(mix, tracks=tuple(tracks))
