"""Play and sing the reference's parts and hand them to the mixdown."""

from __future__ import annotations

import numpy as np

from composition import reference_song
from composition.audio import Audio, filtered, set_peak
from composition.mixdown import mix
from composition.tracks import BACKING_1, BACKING_2, LEAD, Player
from composition.voice import sing

STEREO = ("piano", "strings")


def record_reference(play: Player, samples: int) -> Audio:
    """The finished reference song, (2, samples)."""
    sources: dict[str, Audio] = {}
    for name, part in reference_song.parts().items():
        audio = play(part)
        sources[name] = audio if name in STEREO else audio.mean(axis=0)
    for side in ("guitar_left", "guitar_right"):
        driven = np.tanh(2.5 * set_peak(sources[side], 0.0))
        sources[side] = filtered(driven, "lowpass", 5000.0, 4)
    tempo_bpm = reference_song.TEMPO_BPM
    sources["lead"] = sing(reference_song.LEAD_VOCAL, LEAD, tempo_bpm, samples)
    sources["choir_left"] = sing(reference_song.choir(0, "ah"), BACKING_1, tempo_bpm, samples)
    sources["choir_right"] = sing(reference_song.choir(1, "oh"), BACKING_2, tempo_bpm, samples)
    return mix(sources)
