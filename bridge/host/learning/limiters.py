"""Learns a limiter: where its ceiling is, whether quiet sounds keep their level under it, how its gain comes back."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.signal import resample_poly

from bridge.host.learning.bench import RATE_HZ, Knobs, program
from bridge.host.learning.ears import ListeningLearner
from bridge.host.learning.features import MOVES, Play, Reading, Row, assign, db, profile_of, reach_of
from bridge.host.learning.laws import Point, law_of
from bridge.host.learning.poles import nearest_pole
from bridge.host.learning.trials import Trial, gain_difference_db, try_map
from bridge.host.values import Audio
from console.dsp.limiter import MARGIN_DB
from presets.plugins.laws import Knob
from presets.plugins.profile import PluginProfile, PluginRole

Array = NDArray[np.float64]

CEILING, RELEASE, LIFT = "limiter.ceiling_dbtp", "limiter.release_ms", "lift_db"

_PERIOD = 48  # 1 kHz
_QUIET_DB, _QUIET_S = -50.0, 0.15
_LEVELS_DB = tuple(range(-30, 22, 3))
_LEVEL_S = 0.08
#: For the release: so much over where it begins to limit, and so far under it, in dB.
_OVER_DB, _UNDER_DB = 6.0, 14.0
_BURST_S, _RECOVERY_S = 0.2, 1.2
#: A limiter lets through no more of what is beyond its ceiling.
_LEAKS = 0.15
#: A level that has been kept, in dB.
_KEPT_DB = 0.1
_FEW = (0.0, 0.25, 0.5, 0.75, 1.0)
_POSITIONS = np.linspace(0.0, 1.0, 9)
_TRIALS = 8
#: A base of this worth needs no better one.
_ENOUGH = 30.0
_PLAUSIBLE = {CEILING: (-9.0, -0.3), RELEASE: (10.0, 300.0)}


def stairs(channels: int) -> Audio:
    """A quiet tone, then one that grows in steps far over full scale; float32 (channels, samples)."""
    level = np.concatenate(
        [
            np.full(round(_QUIET_S * RATE_HZ), float(_QUIET_DB)),
            np.repeat(np.array(_LEVELS_DB, float), round(_LEVEL_S * RATE_HZ)),
        ]
    )
    return _tone(level, channels)


def burst(channels: int, threshold_db: float) -> Audio:
    """A square wave over a threshold, then the same well under it: its level is its peak, and stands still."""
    level = np.concatenate(
        [
            np.full(round(_BURST_S * RATE_HZ), threshold_db + _OVER_DB),
            np.full(round(_RECOVERY_S * RATE_HZ), threshold_db - _UNDER_DB),
        ]
    )
    square = np.where(np.arange(level.size) % _PERIOD < _PERIOD // 2, 1.0, -1.0)
    return np.repeat((10.0 ** (level / 20.0) * square)[None], channels, axis=0).astype(np.float32)


def _tone(level_db: Array, channels: int) -> Audio:
    tone = 10.0 ** (level_db / 20.0) * np.sin(2.0 * math.pi * np.arange(level_db.size) / _PERIOD)
    return np.repeat(tone[None], channels, axis=0).astype(np.float32)


def read_stairs(out: NDArray[np.floating]) -> Reading:
    """The level of quiet sounds (`lift_db`) and the ceiling; a ceiling only where one holds."""
    step, quiet = round(_LEVEL_S * RATE_HZ), round(_QUIET_S * RATE_HZ)
    lift = _lift_db(out)
    ends = [quiet + (index + 1) * step for index in range(len(_LEVELS_DB))]
    peaks = np.array([db(float(np.max(np.abs(out[0, end - 10 * _PERIOD : end - _PERIOD])))) for end in ends])
    slope = (peaks[-1] - peaks[-4]) / (_LEVELS_DB[-1] - _LEVELS_DB[-4])
    found = {LIFT: lift}
    if abs(slope) < _LEAKS and lift > -60.0:
        # The console's own limiter aims as far under its ceiling.
        found[CEILING] = float(peaks[-1]) + MARGIN_DB
    return found


def _lift_db(out: NDArray[np.floating]) -> float:
    """The gain of the quiet tone that the stairs begin with."""
    quiet = round(_QUIET_S * RATE_HZ)
    return db(float(np.max(np.abs(out[0, quiet - 10 * _PERIOD : quiet - _PERIOD])))) - _QUIET_DB


def read_burst(out: NDArray[np.floating], heard: Audio) -> dict[str, float]:
    """The time in which the gain recovers after a burst."""
    played, given = (np.abs(signal[0, : heard.shape[1]].astype(np.float64)) for signal in (out, heard))
    gains = 20.0 * np.log10(np.maximum(played, 1e-12) / given[: played.size])
    over, still = round(_BURST_S * RATE_HZ), round(0.02 * RATE_HZ)
    settled = float(np.median(gains[-still:]))
    arrives = abs(settled - float(np.median(gains[-11 * still : -10 * still]))) < 0.05
    fit = nearest_pole(gains[over - 1 :], settled, RATE_HZ, waits=True, arrives=arrives)
    return {} if fit is None else {RELEASE: fit.time_ms}


class LimiterLearner(ListeningLearner):
    """Finds the map of a limiter on the bench."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._stairs = stairs(self.bench.channels)

    def learn(self, name: str) -> PluginProfile | None:
        """A profile; None where nothing holds a ceiling that can be moved."""
        base, home = self._listener.climb(_worth, _ENOUGH)
        if CEILING not in home:
            return None
        sweeps = self._listener.sweep(base)
        choice = self._choose(base, sweeps)
        if choice is None:
            return None
        lid, level = choice
        found, also, kept = self._ceiling(base, lid, level)
        if found is None:
            return None
        base = base.moved(kept)
        rest = {key: rows for key, rows in sweeps.items() if key not in (lid, level)}
        release = assign(rest, (RELEASE,))
        knobs = {CEILING: found, **self._listener.laws(base, release)}
        assumes = {RELEASE: home[RELEASE]} if RELEASE in home else {}
        self._note_peaks(base)
        self._note_link(base)
        return profile_of(
            self.bench,
            name,
            PluginRole.LIMITER,
            "learnt from how it holds a tone",
            knobs,
            also={CEILING: also} if also is not None else {},
            assumes=assumes,
            base=base,
        )

    def _choose(self, base: Knobs, sweeps: Mapping[str, list[Row]]) -> tuple[str, str | None] | None:
        """The knob of the ceiling, and the one that keeps the level of quiet sounds meanwhile, if one has to.

        Of all pairs the one whose ceiling goes farthest while the level is kept.
        """
        reach = {key: reach_of(rows) for key, rows in sweeps.items()}
        lids = [key for key in reach if reach[key].get(CEILING, 0.0) >= MOVES]
        levels = [key for key in reach if reach[key].get(LIFT, 0.0) >= 0.02]
        best: tuple[float, str, str | None] = (MOVES, "", None)
        for lid in lids:
            for level in (None, *(key for key in levels if key != lid)):
                ceilings = [
                    kept[1][CEILING]
                    for raw in _FEW
                    if (kept := self._kept(base, lid, raw, level)) is not None
                ]
                width = float(np.ptp(np.clip(ceilings, -20.0, 0.0))) / 20.0 if len(ceilings) >= 2 else 0.0
                if width > best[0] + 0.05:
                    best = (width, lid, level)
        return (best[1], best[2]) if best[1] else None

    def _ceiling(
        self, base: Knobs, lid: str, level: str | None
    ) -> tuple[Knob | None, Knob | None, dict[str, float]]:
        """The law of the ceiling, that of what goes with it, and where that stands if it need not move."""
        first, second, raws = [], [], []
        for raw in _POSITIONS:
            kept = self._kept(base, lid, float(raw), level)
            if kept is None:
                continue
            knobs, reading = kept
            shown = self.bench.set(knobs.moved({lid: float(raw)}))
            first.append(Point(float(raw), shown[lid].text, reading[CEILING]))
            if level is not None:
                at = dict(knobs.raw)[level]
                raws.append(at)
                second.append(Point(at, shown[level].text, reading[CEILING]))
        knob = law_of(lid, CEILING, first)
        if level is None or not raws:
            return knob, None, {}
        if float(np.ptp(raws)) < 0.01:
            return knob, None, {level: float(np.median(raws))}
        return knob, law_of(level, CEILING, second), {}

    def _kept(self, base: Knobs, lid: str, raw: float, level: str | None) -> tuple[Knobs, Reading] | None:
        """The setting at a position of the ceiling at which quiet sounds keep their level; None where there is none."""
        knobs = base.moved({lid: raw})
        if level is not None:
            found = self._unity(knobs, level)
            if found is None:
                return None
            knobs = knobs.moved({level: found})
        reading = read_stairs(self.bench.play(knobs, self._stairs))
        return (knobs, reading) if abs(reading[LIFT]) < _KEPT_DB and CEILING in reading else None

    def _unity(self, knobs: Knobs, level: str) -> float | None:
        """The position of a knob at which quiet sounds keep their level."""

        def lift(raw: float) -> float:
            return _lift_db(
                self.bench.play(knobs.moved({level: raw}), self._stairs[:, : round(_QUIET_S * RATE_HZ)])
            )

        ends = (lift(0.0), lift(1.0))
        for raw, end in zip((0.0, 1.0), ends, strict=True):
            if abs(end) < 0.02:
                return raw
        if ends[0] * ends[1] > 0.0:
            return None
        return float(brentq(lift, 0.0, 1.0, xtol=1e-4, maxiter=20))

    def _note_peaks(self, base: Knobs) -> None:
        """Whether the ceiling is one of samples or of the true peak: a tone whose samples miss its peaks tells."""
        n = np.arange(RATE_HZ // 2)
        tone = 4.0 * np.sin(0.5 * math.pi * n + 0.25 * math.pi)
        heard = np.repeat(tone[None], self.bench.channels, axis=0).astype(np.float32)
        out = self.bench.play(base, heard)[0, RATE_HZ // 4 :].astype(np.float64)
        true_db = db(float(np.max(np.abs(resample_poly(out, 8, 1)[800:-800]))))
        ceiling = read_stairs(self.bench.play(base, self._stairs)).get(CEILING)
        if ceiling is not None:
            over = true_db - (ceiling - MARGIN_DB)
            self.notes.append(
                f"Its ceiling is one of samples: true peaks of a tone pass it by {over:.1f} dB."
                if over > 0.5
                else "Its ceiling is one of true peaks."
            )

    def _note_link(self, base: Knobs) -> None:
        """Whether a loud left side turns the right one down."""
        if 2 not in self.bench.facts.channels:
            return
        heard = self._stairs.copy()
        heard[1] *= np.float32(0.01)
        end = self.bench.play(base, heard)[1, -20 * _PERIOD :].astype(np.float64)
        given = heard[1, -20 * _PERIOD :].astype(np.float64)
        lift = read_stairs(self.bench.play(base, self._stairs))[LIFT]
        moved = 10.0 * math.log10(max(float(np.sum(end**2)), 1e-20) / float(np.sum(given**2))) - lift
        self.notes.append("Channels are linked." if moved < -3.0 else "Channels are not linked.")

    def check(self, profile: PluginProfile) -> Trial:
        """How far the plugin is from the console over random settings within the map, on something like drums.

        The error of a setting is the median difference of gain while either limits.
        """
        audio = program(self.bench.channels, 2.5) * np.float32(1.4)
        return try_map(
            self._listener,
            profile,
            _PLAUSIBLE,
            lambda module, mapped: gain_difference_db(self.bench, module, mapped, audio),
            trials=_TRIALS,
        )

    def _measure(self, play: Play) -> Reading:
        found = dict(read_stairs(play(self._stairs, 0.15)))
        if CEILING in found:
            threshold = found[CEILING] - MARGIN_DB - found[LIFT]
            heard = burst(self.bench.channels, threshold)
            found.update(read_burst(play(heard, 0.15), heard))
        return found


def _worth(reading: Reading) -> float:
    """A base to measure from holds a ceiling, keeps the level of what is quiet, and is quick."""
    worth = 30.0 if CEILING in reading else 0.0
    worth -= min(abs(reading[LIFT]), 60.0)
    if RELEASE in reading:
        worth += 6.0 - 0.5 * abs(math.log2(reading[RELEASE] / 50.0))
    return worth
