"""The session's tracks: what each recording sounds like raw, its level, and the problems planted in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from composition import song
from composition.audio import SAMPLE_RATE_HZ, Audio, bell, click, delay, filtered, from_db, rumble, set_peak
from composition.drums import microphones
from composition.score import BEATS_PER_BAR, Part
from composition.voice import Singer, sing

OVERHEAD_LATE_SAMPLES = 192  # 4.0 ms beyond what the distance explains
BASS_OFFSET = 0.02  # of full scale
LEAD = Singer(formant_scale=1.0, vibrato_cents=32.0, breath_db=-16.0, seed=21)
BACKING_1 = Singer(formant_scale=1.14, vibrato_cents=22.0, breath_db=-12.0, seed=31)
BACKING_2 = Singer(formant_scale=1.07, vibrato_cents=18.0, breath_db=-12.0, seed=41)

Player = Callable[[Part], Audio]  # (2, samples)


@dataclass(frozen=True, slots=True)
class Track:
    """One recording: file name without suffix, source, peak level, and the step of its samples.

    `bits` is the resolution that the 24-bit file really uses: coarser where more would only store noise.
    """

    name: str
    source: str
    peak_dbfs: float
    bits: int


TRACKS = (
    Track("01_Kick In", "kick_in", -4.5, 15),
    Track("02_Kick Out", "kick_out", -10.0, 15),
    Track("03_Snare Top", "snare_top", -3.5, 14),
    Track("04_Snare Bot", "snare_bottom", -11.0, 14),
    Track("05_HiHat", "hat", -14.0, 14),
    Track("06_Tom 1", "tom", -7.5, 14),
    Track("07_OH L", "overhead_left", -9.0, 14),
    Track("07_OH R", "overhead_right", -9.0, 14),
    Track("08_Room", "room", -12.0, 14),
    Track("09_Bass DI", "bass", -8.0, 16),
    Track("10_EGtr L", "electric_left", -7.0, 15),
    Track("11_EGtr R", "electric_right", -12.0, 15),
    Track("12_AcGtr", "acoustic", -10.0, 15),
    Track("13_Keys", "keys", -13.0, 15),
    Track("14_Pad", "pad", -17.0, 16),
    Track("15_Lead Vox", "lead", -5.0, 16),
    Track("16_BV 1", "backing_1", -11.0, 16),
    Track("17_BV 2", "backing_2", -14.0, 16),
    Track("18_Click", "click", -6.0, 16),
    Track("19_Scratch Gtr", "silence", 0.0, 16),
)


def _cabinet(audio: Audio, drive: float, cutoff_hz: float) -> Audio:
    """A guitar amplifier: saturation, then a speaker that passes 90 Hz to `cutoff_hz`."""
    mono = set_peak(audio.mean(axis=0), 0.0)
    driven = np.tanh(drive * mono) / drive
    return filtered(filtered(driven, "highpass", 90.0), "lowpass", cutoff_hz, 4)


def _suitcase(audio: Audio) -> Audio:
    """An electric piano's own vibrato: the sound sways between its two speakers, 4.8 times a second."""
    sway = 0.35 * np.sin(2.0 * np.pi * 4.8 * np.arange(audio.shape[-1]) / SAMPLE_RATE_HZ)
    return audio * np.stack([1.0 + sway, 1.0 - sway])


def _band(play: Player) -> dict[str, Audio]:
    part = {name: play(part) for name, part in song.band_parts().items()}
    samples = part["bass"].shape[-1]
    acoustic = set_peak(bell(part["acoustic"].mean(axis=0), 240.0, 5.0, 1.0), 0.0)
    return {
        "bass": filtered(part["bass"].mean(axis=0), "lowpass", 5500.0),
        "electric_left": bell(_cabinet(part["electric_left"], 2.6, 5200.0), 2600.0, 4.0, 1.6),
        "electric_right": bell(_cabinet(part["electric_right"], 2.5, 4800.0), 400.0, 4.0, 1.2),
        "acoustic": filtered(acoustic, "lowpass", 13000.0) + from_db(-36.0) * rumble(samples, 51),
        "keys": _suitcase(filtered(part["keys"], "lowpass", 9000.0)),
        # this soundfont's pad carries an offset of its own, which is not one of the planted problems
        "pad": filtered(filtered(part["pad"], "lowpass", 7000.0), "highpass", 30.0),
    }


def _voices(samples: int) -> dict[str, Audio]:
    lead = set_peak(sing(song.LEAD_VOCAL, LEAD, song.TEMPO_BPM, samples), 0.0)
    lead = bell(bell(lead, 380.0, 4.5, 1.1), 3100.0, 3.0, 2.0)  # a boxy booth, a microphone with an edge
    return {
        "lead": set_peak(lead, 0.0) + from_db(-46.0) * rumble(samples, 52),
        "backing_1": bell(sing(song.BACKING_VOCAL_1, BACKING_1, song.TEMPO_BPM, samples), 450.0, 3.0, 1.2),
        "backing_2": bell(sing(song.BACKING_VOCAL_2, BACKING_2, song.TEMPO_BPM, samples), 450.0, 3.0, 1.2),
    }


def _kit(play: Player) -> dict[str, Audio]:
    pieces = {piece: play(part).mean(axis=0) for piece, part in song.kit_parts().items()}
    heard = microphones(pieces)
    for side in ("overhead_left", "overhead_right"):
        heard[side] = delay(heard[side], OVERHEAD_LATE_SAMPLES)
    return heard


def record(play: Player, samples: int) -> Mapping[str, Audio]:
    """All recordings by file name: mono (samples,) or stereo (2, samples), at their raw levels."""
    sources = _kit(play) | _band(play) | _voices(samples)
    sources["click"] = click(samples, song.TEMPO_BPM, BEATS_PER_BAR)
    sources["silence"] = np.zeros(samples)
    recorded = {track.name: set_peak(sources[track.source], track.peak_dbfs) for track in TRACKS}
    recorded["09_Bass DI"] = recorded["09_Bass DI"] + BASS_OFFSET
    return recorded
