"""Learns a delay: the echoes of a pulse tell time, feedback, level, and the filters in the loop."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.fft import rfft, rfftfreq

from bridge.host.learning.bench import RATE_HZ, Knobs
from bridge.host.learning.ears import ListeningLearner
from bridge.host.learning.features import Play, Reading, assign, db, profile_of
from bridge.host.learning.filters import nearest_cuts
from bridge.host.learning.trials import Module, Trial, audible_differences_db, try_map
from bridge.host.learning.wetness import DRY, WET, only_wet
from bridge.host.values import Audio
from console.dsp.inserts import InsertProcessor
from console.params import spec
from presets.plugins.mapping import Mapped
from presets.plugins.profile import PARAMETERS, PluginProfile, PluginRole

Array = NDArray[np.float64]

TIME, FEEDBACK, LOW_CUT, HIGH_CUT = PARAMETERS[PluginRole.DELAY]

_PULSE = 0.5
_LEAD_S, _LENGTH_S, _PRIME_S = 0.02, 4.3, 0.5
#: What comes within so many samples is the dry sound.
_DRY_SAMPLES = 12
#: An echo begins where it first reaches this share of its peak, which comes soon after.
_BEGINS, _ECHO_S = 0.01, 0.02
#: No echo is quieter, no repeat is looked at that is, and a dry sound that is counts as gone, in dB.
_QUIETEST_DB, _REPEAT_DB = -70.0, -75.0
#: Echoes are looked at for no longer.
_WINDOW_S = 0.35
_GRID_HZ = np.geomspace(25.0, 20_000.0, 97)
_TRIALS = 12
_ENOUGH = 24.0
_BANDS_HZ = 1000.0 * 2.0 ** (np.arange(-13, 13) / 3.0)

_PLAUSIBLE = {TIME: (60.0, 700.0), FEEDBACK: (0.0, 0.7), LOW_CUT: (40.0, 600.0), HIGH_CUT: (2000.0, 14_000.0)}


def pulse(channels: int) -> Audio:
    """A pulse after a little silence, with time for echoes; float32 (channels, samples)."""
    audio = np.zeros((channels, round((_LEAD_S + _LENGTH_S) * RATE_HZ)), np.float32)
    audio[:, round(_LEAD_S * RATE_HZ)] = _PULSE
    return audio


def read_echoes(out: NDArray[np.floating]) -> Reading:
    """What the echoes of the pulse tell; `in_loop` is 1 where the filters stand in the loop, 0 where they do not."""
    response = out[0, round(_LEAD_S * RATE_HZ) :].astype(np.float64) / _PULSE
    found = {DRY: max(db(float(np.max(np.abs(response[:_DRY_SAMPLES])))), -100.0)}
    rest = response[_DRY_SAMPLES:]
    if db(float(np.max(np.abs(rest)))) < _QUIETEST_DB:
        return found
    # The first echo need not be the loudest: repeats may grow.
    heard_at = int(np.argmax(20.0 * np.log10(np.maximum(np.abs(rest), 1e-9)) >= _QUIETEST_DB))
    near = np.abs(rest[heard_at : heard_at + round(_ECHO_S * RATE_HZ)])
    late = _DRY_SAMPLES + heard_at + int(np.argmax(near > _BEGINS * near.max()))
    found[TIME] = 1000.0 * late / RATE_HZ
    one, two = (_echo(response, count, late) for count in (1, 2))
    if one is None:
        return found
    cuts = nearest_cuts(_GRID_HZ, one)
    if cuts is None:
        return found
    found |= {WET: cuts.level_db, LOW_CUT: cuts.low_hz, HIGH_CUT: cuts.high_hz}
    shape = cuts.shape_db
    if two is None:
        return found
    heard = (shape > -15.0) & (one > one.max() - 20.0)
    if two.max() < one.max() + _REPEAT_DB or not heard.any():
        return found | {FEEDBACK: 0.0}
    loss = (two - one)[heard]
    inside, outside = loss - shape[heard], loss
    in_loop = np.ptp(np.percentile(inside, [10, 90])) <= np.ptp(np.percentile(outside, [10, 90]))
    gain = float(10.0 ** (np.median(inside if in_loop else outside) / 20.0))
    return found | {
        FEEDBACK: gain,
        "in_loop": 0.0 if np.ptp(shape[heard]) < 1.0 else (1.0 if in_loop else -1.0),
    }


def _echo(response: Array, number: int, late: int) -> Array | None:
    """The spectrum of an echo in dB at _GRID_HZ; None where it lies beyond the end."""
    begin = number * late - 2
    end = min((number + 1) * late - 2, begin + round(_WINDOW_S * RATE_HZ))
    if end > response.size or begin < 0:
        return None
    part = response[begin:end]
    size = max(1 << 15, 1 << (part.size - 1).bit_length())
    spectrum = np.abs(rfft(part, size))
    return np.asarray(
        20.0 * np.log10(np.maximum(np.interp(_GRID_HZ, rfftfreq(size, 1.0 / RATE_HZ), spectrum), 1e-9))
    )


class DelayLearner(ListeningLearner):
    """Finds the map of a delay on the bench."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._pulse = pulse(self.bench.channels)

    def learn(self, name: str) -> PluginProfile | None:
        """A profile; None where nothing echoes."""
        base, home = self._listener.climb(_worth, _ENOUGH)
        if WET not in home:
            return None
        sweeps = self._listener.sweep(base)
        keys = assign(sweeps, PARAMETERS[PluginRole.DELAY])
        if TIME not in keys:
            return None
        base, notes = only_wet(self._listener, base, sweeps, set(keys.values()))
        self.notes += notes
        home = self._listener.hear(base)
        knobs = self._listener.laws(base, keys)
        if TIME not in knobs:
            return None
        if home.get("in_loop", 0.0) < 0.0:
            self.notes.append("Its filters stand behind the loop: repeats do not get duller one by one.")
        self._note_sides(base)
        assumes = {
            LOW_CUT: home.get(LOW_CUT, spec(LOW_CUT).low),
            HIGH_CUT: home.get(HIGH_CUT, spec(HIGH_CUT).high),
            FEEDBACK: home.get(FEEDBACK, 0.0),
        }
        return profile_of(
            self.bench,
            name,
            PluginRole.DELAY,
            "learnt from the echoes of a pulse",
            knobs,
            assumes=assumes,
            base=base,
        )

    def _note_sides(self, base: Knobs) -> None:
        """Whether echoes change sides."""
        if 2 not in self.bench.facts.channels:
            return
        heard = self._pulse.copy()
        heard[1:] = 0.0
        out = self.bench.play(base, heard, _PRIME_S)[:, round(_LEAD_S * RATE_HZ) + _DRY_SAMPLES :]
        own, other = (db(float(np.max(np.abs(side)))) for side in out[:2])
        if other > own - 30.0:
            self.notes.append("Echoes of one side are heard on the other too.")

    def check(self, profile: PluginProfile) -> Trial:
        """How far the plugin is from the console over random settings within the map, on noise that stops.

        The error of a setting is the worst difference of a third octave of the echoes from 50 Hz to 16 kHz, where
        the console's are within 30 dB of their loudest.
        """
        audio = np.zeros((2, 3 * RATE_HZ), np.float32)
        audio[:, : RATE_HZ // 4] = 0.1 * np.random.default_rng(0).standard_normal(RATE_HZ // 4)

        def worst_db(module: Module, mapped: Mapped) -> float:
            given = audio[: self.bench.channels]
            real = third_octaves_db(self.bench.play_values(mapped.values, mapped.raw, given, _PRIME_S))
            right = third_octaves_db(InsertProcessor([module], RATE_HZ, 2).process(audio))
            return float(np.max(audible_differences_db(real, right)))

        return try_map(self._listener, profile, _PLAUSIBLE, worst_db, trials=_TRIALS)

    def _measure(self, play: Play) -> Reading:
        return read_echoes(play(self._pulse, _PRIME_S))


def third_octaves_db(audio: NDArray[np.floating]) -> Array:
    """The energy of the first channel in third octaves from 50 Hz to 16 kHz, in dB."""
    energy = np.abs(rfft(audio[0].astype(np.float64))) ** 2
    hz = rfftfreq(audio.shape[1], 1.0 / RATE_HZ)
    edges = np.searchsorted(hz, [_BANDS_HZ * 2.0 ** (-1 / 6), _BANDS_HZ * 2.0 ** (1 / 6)])
    return np.array([10.0 * math.log10(energy[a:b].sum() + 1e-20) for a, b in edges.T])


def _worth(reading: Mapping[str, float]) -> float:
    """A base to measure from: echoes are heard, come after some time, repeat, and keep their highs and lows."""
    if WET not in reading:
        return -20.0
    worth = 0.2 * min(max(reading[WET], -60.0), 0.0)
    worth += 12.0 - 3.0 * abs(math.log2(max(reading[TIME], 1.0) / 250.0))
    feedback = reading.get(FEEDBACK, 0.0)
    worth += 6.0 if 0.15 < feedback < 0.8 else -6.0 * (feedback >= 0.8)
    worth += 2.0 * math.log2(min(reading.get(HIGH_CUT, 20_000.0), 8000.0) / 1000.0)
    return worth - 2.0 * math.log2(max(reading.get(LOW_CUT, 20.0), 80.0) / 80.0)
