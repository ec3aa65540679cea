"""One drum kit in one room: what every microphone hears of every piece, and when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from composition.audio import Audio, bell, convolve, delay, filtered, from_db, room_response, shelf


@dataclass(frozen=True, slots=True)
class Path:
    """From a piece to a microphone: level, arrival in samples at 48 kHz (7 samples are 5 cm), dullness."""

    gain_db: float
    arrival: int
    lowpass_hz: float | None = None


# Overheads stand equally far from the snare, as engineers measure them: 144 samples (3.0 ms, 1.03 m)
# after the snare's own microphone. Other pieces arrive by their own distance.
PATHS: Mapping[str, Mapping[str, Path]] = {
    "kick_in": {
        "kick": Path(0.0, 14),
        "snare": Path(-27.0, 112, 2500.0),
        "tom": Path(-28.0, 98, 1800.0),
        "floor": Path(-26.0, 112, 1800.0),
        "hat": Path(-42.0, 154, 3000.0),
        "crash": Path(-42.0, 182, 3000.0),
    },
    "kick_out": {
        "kick": Path(0.0, 70, 4500.0),
        "snare": Path(-18.0, 133, 5000.0),
        "tom": Path(-19.0, 112, 4000.0),
        "floor": Path(-17.0, 112, 4000.0),
        "hat": Path(-30.0, 168),
        "crash": Path(-28.0, 189),
    },
    "snare_top": {
        "snare": Path(0.0, 7),
        "kick": Path(-17.0, 112, 3000.0),
        "hat": Path(-22.0, 56, 7000.0),
        "tom": Path(-18.0, 63, 5000.0),
        "floor": Path(-22.0, 98, 4000.0),
        "crash": Path(-25.0, 105),
    },
    "snare_bottom": {
        "snare": Path(0.0, 21),
        "kick": Path(-14.0, 98, 3500.0),
        "hat": Path(-24.0, 77, 6000.0),
        "tom": Path(-20.0, 77, 4000.0),
        "floor": Path(-22.0, 105, 4000.0),
        "crash": Path(-32.0, 119, 6000.0),
    },
    "hat": {
        "hat": Path(0.0, 14),
        "snare": Path(-9.0, 63, 9000.0),
        "kick": Path(-25.0, 133, 2500.0),
        "tom": Path(-20.0, 84, 5000.0),
        "floor": Path(-24.0, 126, 4000.0),
        "crash": Path(-11.0, 98),
    },
    "tom": {
        "tom": Path(0.0, 9),
        "floor": Path(-15.0, 84, 4000.0),
        "snare": Path(-17.0, 63, 6000.0),
        "kick": Path(-20.0, 91, 3000.0),
        "hat": Path(-23.0, 84),
        "crash": Path(-20.0, 84),
    },
    "overhead_left": {
        "snare": Path(-3.0, 151),
        "kick": Path(-10.0, 217, 6000.0),
        "hat": Path(-9.0, 126),
        "tom": Path(-6.0, 140),
        "floor": Path(-10.0, 210),
        "crash": Path(0.0, 98),
    },
    "overhead_right": {
        "snare": Path(-4.0, 151),
        "kick": Path(-10.0, 217, 6000.0),
        "hat": Path(-14.0, 196),
        "tom": Path(-8.0, 161),
        "floor": Path(-5.0, 140),
        "crash": Path(-5.0, 147),
    },
    "room_left": {
        "snare": Path(-2.0, 434),
        "kick": Path(0.0, 420, 7000.0),
        "hat": Path(-10.0, 448, 9000.0),
        "tom": Path(-4.0, 434, 9000.0),
        "floor": Path(-3.0, 441, 9000.0),
        "crash": Path(-5.0, 441, 9000.0),
    },
    "room_right": {
        "snare": Path(-2.0, 455),
        "kick": Path(0.0, 427, 7000.0),
        "hat": Path(-11.0, 483, 9000.0),
        "tom": Path(-4.0, 448, 9000.0),
        "floor": Path(-3.0, 413, 9000.0),
        "crash": Path(-6.0, 483, 9000.0),
    },
}


def _hear(microphone: str, pieces: Mapping[str, Audio]) -> Audio:
    """The direct sound of the whole kit at one microphone, (samples,)."""
    out = np.zeros_like(next(iter(pieces.values())))
    for piece, path in PATHS[microphone].items():
        sound = pieces[piece]
        if path.lowpass_hz is not None:
            sound = filtered(sound, "lowpass", path.lowpass_hz, 1)
        out += from_db(path.gain_db) * delay(sound, path.arrival)
    return out


def _wires(pieces: Mapping[str, Audio], seed: int) -> Audio:
    """The snare's wires: noise that rattles with the snare and, softly, with the kick and toms."""
    driven = pieces["snare"] + 0.06 * pieces["kick"] + 0.08 * pieces["tom"] + 0.06 * pieces["floor"]
    envelope = filtered(np.abs(driven), "lowpass", 30.0, 1)
    noise = np.random.default_rng(seed).standard_normal(envelope.size)
    noise = filtered(filtered(noise, "highpass", 1800.0), "lowpass", 9000.0, 1)
    return noise * np.maximum(envelope, 0.0)


def microphones(pieces: Mapping[str, Audio]) -> dict[str, Audio]:
    """Every microphone's signal from the dry pieces, each (samples,); `room` is (2, samples).

    The bottom snare microphone hears the head move the other way: its polarity is inverted.
    """
    heard = {name: _hear(name, pieces) for name in PATHS}
    small = room_response(decay_s=0.35, length_s=0.5, seed=7, cutoff_hz=6500.0)
    large = room_response(decay_s=0.6, length_s=0.9, seed=8, cutoff_hz=5000.0)
    out = {
        "kick_in": bell(shelf(heard["kick_in"], 3000.0, 3.0), 320.0, 3.0, 1.2),
        "kick_out": bell(heard["kick_out"], 380.0, 6.0, 1.4),
        # a head that rings at 720 Hz: the resonance a mix wants out
        "snare_top": bell(heard["snare_top"], 720.0, 7.0, 9.0),
        "snare_bottom": -(shelf(heard["snare_bottom"], 2500.0, 4.0) + 0.9 * delay(_wires(pieces, 9), 21)),
        "hat": filtered(heard["hat"], "highpass", 60.0),
        "tom": bell(heard["tom"], 420.0, 4.0, 1.5),
    }
    for index, side in enumerate(("left", "right")):
        direct = heard[f"overhead_{side}"]
        out[f"overhead_{side}"] = direct + 0.22 * convolve(direct, small[index])
    dry = np.stack([heard["room_left"], heard["room_right"]])
    out["room"] = dry + 0.5 * convolve(dry, large)
    return out
