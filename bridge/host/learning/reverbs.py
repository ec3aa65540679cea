"""Learns a reverb: the tail of a pulse tells decay, pre-delay, damping, level, and by how it changes the cuts."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import partial

import numpy as np
from numpy.typing import NDArray

from bridge.host.learning.bench import RATE_HZ, Knobs
from bridge.host.learning.ears import ListeningLearner
from bridge.host.learning.features import (
    COARSE,
    MOVES,
    Play,
    Reading,
    Row,
    assign,
    closer,
    db,
    points_of,
    profile_of,
)
from bridge.host.learning.filters import nearest_cuts
from bridge.host.learning.laws import law_of
from bridge.host.learning.tails import BANDS_HZ, bands_db, damping_of, decay_s, energy_db, onset_ms
from bridge.host.learning.trials import Module, Trial, audible_differences_db, try_map
from bridge.host.learning.wetness import DRY, WET, only_wet
from bridge.host.values import Audio
from console.dsp.inserts import InsertProcessor
from console.mix import Reverb
from console.params import spec
from presets.plugins.laws import Knob
from presets.plugins.mapping import Mapped
from presets.plugins.profile import PluginProfile, PluginRole

Array = NDArray[np.float64]

DECAY, PREDELAY, DAMPING = "reverb.decay_s", "reverb.predelay_ms", "reverb.damping"
LOW_CUT, HIGH_CUT = "reverb.low_cut_hz", "reverb.high_cut_hz"
_FEATURES = (DECAY, PREDELAY, DAMPING)

_PULSE = 0.5
_LEAD_S, _PRIME_S = 0.02, 0.5
#: Tails are heard for so long, and for longer where they have not fallen far by then.
_LENGTHS_S = (2.5, 10.0)
_FALLEN_DB = 40.0
_DRY_SAMPLES = 12
_QUIETEST_DB = -70.0
#: The console's reverb of middling size begins so long after its pre-delay.
_CONSOLE_BEGINS_MS = 12.0
_MIDDLE_HZ, _HIGH_OCTAVE_HZ = (707.0, 1414.0), 8000.0
#: A change of the tail that cuts meet no better is none of them, in dB RMS.
_LIKE_DB = 1.5
_ENOUGH = 20.0
_TRIALS = 8

_PLAUSIBLE = {
    DECAY: (0.5, 4.0), PREDELAY: (0.0, 80.0), "reverb.size": (0.5, 0.5), DAMPING: (0.1, 0.7), LOW_CUT: (60.0, 500.0),
    HIGH_CUT: (4000.0, 14_000.0),
}  # fmt: skip


def pulse(channels: int, seconds: float) -> Audio:
    """A pulse on the left after a little silence, with time for its tail; float32 (channels, samples)."""
    audio = np.zeros((channels, round((_LEAD_S + seconds) * RATE_HZ)), np.float32)
    audio[0, round(_LEAD_S * RATE_HZ)] = _PULSE
    return audio


def response_of(out: NDArray[np.floating]) -> Array:
    """The response to the pulse, (channels, samples)."""
    return out[:, round(_LEAD_S * RATE_HZ) :].astype(np.float64) / _PULSE


def read_tail(response: Array) -> Reading:
    """What the response to a pulse tells of a reverb."""
    found = {DRY: max(db(float(np.max(np.abs(response[:, :_DRY_SAMPLES])))), -100.0)}
    tail = response[:, _DRY_SAMPLES:]
    found[WET] = energy_db(tail)
    if found[WET] < _QUIETEST_DB:
        return found
    found[PREDELAY] = onset_ms(tail) + 1000.0 * _DRY_SAMPLES / RATE_HZ - _CONSOLE_BEGINS_MS
    middle = decay_s(tail, *_MIDDLE_HZ)
    high = decay_s(tail, _HIGH_OCTAVE_HZ / math.sqrt(2.0), _HIGH_OCTAVE_HZ * math.sqrt(2.0))
    if middle is not None:
        found[DECAY] = middle
        if high is not None:
            found[DAMPING] = damping_of(high / middle, _HIGH_OCTAVE_HZ)
    return found


class ReverbLearner(ListeningLearner):
    """Finds the map of a reverb on the bench."""

    def learn(self, name: str) -> PluginProfile | None:
        """A profile; None where nothing reverberates, or no knob moves how long."""
        base, home = self._listener.climb(_worth, _ENOUGH)
        if DECAY not in home:
            return None
        sweeps = self._listener.sweep(base)
        keys = assign(sweeps, _FEATURES)
        if DECAY not in keys:
            return None
        base, notes = only_wet(self._listener, base, sweeps, set(keys.values()))
        self.notes += notes
        cuts = self._cuts(base, {key for key in sweeps if key not in keys.values()})
        # Cuts that the base has in the sound would take from what the rest is read from.
        for _, open_raw, key in cuts.values():
            base = base.moved({key: open_raw})
        knobs = {**self._listener.laws(base, keys), **{name: knob for name, (knob, _, _) in cuts.items()}}
        if DECAY not in knobs:
            return None
        home = self._listener.hear(base)
        levels = [row.reading[WET] for row in sweeps[keys[DECAY]] if DECAY in row.reading]
        if np.ptp(levels) > 3.0:
            self.notes.append(
                f"It gets louder as it gets longer, by {np.ptp(levels):.0f} dB from end to end; the console does not."
            )
        assumes = {
            "reverb.size": spec("reverb.size").default,
            DAMPING: home.get(DAMPING, 0.0),
            PREDELAY: home.get(PREDELAY, 0.0),
            LOW_CUT: spec(LOW_CUT).low,
            HIGH_CUT: spec(HIGH_CUT).high,
        }
        return profile_of(
            self.bench,
            name,
            PluginRole.REVERB,
            "learnt from the tail of a pulse",
            knobs,
            assumes=assumes,
            base=base,
        )

    def _cuts(self, base: Knobs, keys: set[str]) -> dict[str, tuple[Knob, float, str]]:
        """The knobs of low cut and high cut, with where each is out of the way: by what they take from the spectrum.

        All else being equal, a cut changes the spectrum by its own response, whatever the room.
        """
        found: dict[str, tuple[float, str, float]] = {}
        for key in sorted(keys):
            spectra = {raw: self._bands(base.moved({key: raw})) for raw in COARSE}
            for name, open_raw, reach in _cut_of(spectra):
                if reach > found.get(name, (MOVES, "", 0.0))[0]:
                    found[name] = (reach, key, open_raw)
        maps = {}
        for name, (_, key, open_raw) in found.items():
            rows = closer(partial(self._cut_row, base, key, name, open_raw), name)
            points = points_of(rows, name)
            knob = law_of(key, name, points)
            if knob is not None:
                maps[name] = (knob, open_raw, key)
        return maps

    def _cut_row(self, base: Knobs, key: str, name: str, open_raw: float, raw: float) -> Row:
        """The cut at a position of its knob, told from where it is out of the way."""
        knobs = base.moved({key: raw})
        hz = _cut_hz(self._bands(knobs) - self._bands(base.moved({key: open_raw})), name)
        return Row(raw, self._listener.shown(knobs, key), {} if hz is None else {name: hz})

    def _bands(self, knobs: Knobs) -> Array:
        out = self.bench.play(knobs, pulse(self.bench.channels, _LENGTHS_S[0]), _PRIME_S)
        return bands_db(response_of(out)[:, _DRY_SAMPLES:])

    def check(self, profile: PluginProfile) -> Trial:
        """How far the plugin is from the console over random settings within the map.

        The error of a setting is the RMS over third octaves from 31 Hz to 16 kHz, where the console's tail is within
        30 dB of its loudest, of the difference of energy.
        """

        def rms_db(module: Module, mapped: Mapped) -> float:
            audio = pulse(2, 1.5 * module.decay_s + 0.5 if isinstance(module, Reverb) else _LENGTHS_S[0])
            given = audio[: self.bench.channels]
            real = bands_db(response_of(self.bench.play_values(mapped.values, mapped.raw, given, _PRIME_S)))
            right = bands_db(response_of(InsertProcessor([module], RATE_HZ, 2).process(audio)))
            return float(np.sqrt(np.mean(audible_differences_db(real, right) ** 2)))

        return try_map(self._listener, profile, _PLAUSIBLE, rms_db, trials=_TRIALS)

    def _measure(self, play: Play) -> Reading:
        reading: Reading = {}
        for seconds in _LENGTHS_S:
            response = response_of(play(pulse(self.bench.channels, seconds), _PRIME_S))
            reading = read_tail(response)
            if reading.get(DECAY, 0.0) * _FALLEN_DB / 60.0 < seconds:
                break
        return reading


def _cut_of(spectra: Mapping[float, Array]) -> list[tuple[str, float, float]]:
    """The cut that a knob is, where it is out of the way, and how far it moves, as a share of its range."""
    open_raw = max(spectra, key=lambda raw: float(np.sum(spectra[raw])))
    found = []
    for name in (LOW_CUT, HIGH_CUT):
        row = spec(name)
        end = row.low if name == LOW_CUT else row.high
        hz = [_cut_hz(spectra[raw] - spectra[open_raw], name) for raw in spectra if raw != open_raw]
        if all(item is not None for item in hz):
            told = [row.normalise(row.clamp(item)) for item in (*hz, end) if item is not None]
            found.append((name, open_raw, float(np.ptp(told))))
    return found


def _cut_hz(change_db: Array, name: str) -> float | None:
    """The frequency of the cut that changes a spectrum so; None where none does."""
    cuts = nearest_cuts(BANDS_HZ, change_db)
    if cuts is None or abs(cuts.level_db) > _LIKE_DB:
        return None
    heard = change_db > change_db.max() - 40.0
    if float(np.sqrt(np.mean((cuts.level_db + cuts.shape_db - change_db)[heard] ** 2))) > _LIKE_DB:
        return None
    other = cuts.high_hz < 0.8 * BANDS_HZ[-1] if name == LOW_CUT else cuts.low_hz > 1.25 * BANDS_HZ[0]
    if other:
        return None
    return cuts.low_hz if name == LOW_CUT else cuts.high_hz


def _worth(reading: Mapping[str, float]) -> float:
    """A base to measure from: a tail is heard, and lasts for a second or two."""
    if DECAY not in reading:
        return -20.0
    worth = 0.5 * min(max(reading[WET], -60.0), -10.0) + 5.0
    worth += 20.0 - 4.0 * max(abs(math.log2(reading[DECAY] / 1.2)) - 1.0, 0.0)
    return worth - 4.0 * max(abs(reading.get(DAMPING, 0.5) - 0.3) - 0.3, 0.0)
