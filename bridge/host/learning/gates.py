"""Learns a gate: what it makes of a loud stretch between quiet ones, and of a tone that grows."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from bridge.host.learning.bench import RATE_HZ, Knobs, hits
from bridge.host.learning.ears import ListeningLearner
from bridge.host.learning.features import Play, Reading, assign, profile_of
from bridge.host.learning.poles import nearest_pole
from bridge.host.learning.trials import Trial, gain_difference_db, try_map
from bridge.host.values import Audio
from console.params import spec
from presets.plugins.profile import PARAMETERS, PluginProfile, PluginRole

Array = NDArray[np.float64]

_PERIOD = 48  # 1 kHz
_QUIET_DB, _LOUD_DB = -70.0, 6.0
_BEFORE_S, _OPEN_S, _AFTER_S = 0.4, 0.7, 2.4
_RAMP_DB, _RAMP_S, _LOWEST_S = (-90.0, 6.0), 2.4, 0.25
_STILL_S = 0.05

#: A gate has shut when it moves by no more in the last quarter of a second, in dB.
_SETTLED_DB = 0.05
#: While it goes on shutting by more of its depth, a growing tone tells nothing of where it opens.
_STILL_SHUTTING = 0.08
#: It is no gate that shuts by less, in dB.
_SHUTS_DB = 6.0
#: A depth beyond this cannot be told from silence.
_DEEPEST_DB = 110.0
_RATIO = spec("gate.ratio")
_TRIALS = 12
#: A base of this worth needs no better one.
_ENOUGH = 44.0
#: How far gates usually shut, in dB.
_USUAL_DB = 24.0

_PLAUSIBLE = {
    "gate.threshold_db": (-50.0, -25.0), "gate.range_db": (-50.0, -8.0), "gate.ratio": (2.0, 20.0),
    "gate.attack_ms": (0.5, 20.0), "gate.hold_ms": (0.0, 150.0), "gate.release_ms": (30.0, 400.0),
}  # fmt: skip


def gate_signal(channels: int) -> Audio:
    """Quiet, loud, quiet, as a square wave whose level is its peak; then a tone that grows. float32."""
    n = np.arange(round((_BEFORE_S + _OPEN_S + _AFTER_S) * RATE_HZ))
    square = np.where(n % _PERIOD < _PERIOD // 2, 1.0, -1.0)
    loud = (n >= _BEFORE_S * RATE_HZ) & (n < (_BEFORE_S + _OPEN_S) * RATE_HZ)
    square *= 10.0 ** (np.where(loud, _LOUD_DB, _QUIET_DB) / 20.0)
    tone = 10.0 ** (_ramp_db() / 20.0)
    tone = tone * np.sin(2.0 * math.pi * (np.arange(tone.size) + 0.5) / _PERIOD)
    return np.repeat(np.concatenate([square, tone])[None], channels, axis=0).astype(np.float32)


def _ramp_db() -> Array:
    rising = np.linspace(*_RAMP_DB, round(_RAMP_S * RATE_HZ))
    return np.concatenate([np.full(round(_LOWEST_S * RATE_HZ), _RAMP_DB[0]), rising])


def read_gate(out: NDArray[np.floating], heard: Audio) -> Reading:
    """What can be told of a gate from what it makes of the signal; `level_db` is its gain when open."""
    out = out[:, : heard.shape[1]]
    ratio = np.abs(out[0].astype(np.float64)) / np.maximum(np.abs(heard[0].astype(np.float64)), 1e-12)
    up, down, end = (
        round(s * RATE_HZ) for s in (_BEFORE_S, _BEFORE_S + _OPEN_S, _BEFORE_S + _OPEN_S + _AFTER_S)
    )
    still = round(_STILL_S * RATE_HZ)
    gains = 20.0 * np.log10(np.maximum(ratio[:end], 1e-9))
    open_db = float(np.median(gains[down - still : down]))
    before_db, after_db = (float(np.median(gains[at - still : at])) for at in (up, end))
    # The tone's gain in frames of a period.
    growing = frame_gains_db_of(out[0, end:], heard[0, end:])
    lowest = round(_LOWEST_S * RATE_HZ) // _PERIOD
    start_db = float(np.median(growing[lowest // 2 : lowest]))
    depth = open_db - min(before_db, after_db, start_db)
    found = {"level_db": open_db}
    if depth > _DEEPEST_DB:
        return found | _opening(growing, open_db, depth, 0.0)
    if depth < 1.0:
        return found | {"gate.range_db": min(-depth, 0.0) + 0.0}
    attack = 0.0
    if open_db - before_db > 0.1 * depth:
        fit = nearest_pole(gains[up - 1 : down], open_db, RATE_HZ, waits=False)
        if fit is not None:
            attack = found["gate.attack_ms"] = fit.time_ms
    shuts = open_db - after_db > 0.5 * depth
    if shuts:
        arrives = abs(after_db - float(gains[end - 5 * still])) < _SETTLED_DB
        fit = nearest_pole(gains[down - 1 : end], open_db - depth, RATE_HZ, waits=True, arrives=arrives)
        if fit is not None:
            found["gate.hold_ms"], found["gate.release_ms"] = fit.wait_ms, fit.time_ms
            depth = max(depth, open_db - fit.end_db)
    return found | {"gate.range_db": -depth} | _opening(growing, open_db, depth, attack)


def frame_gains_db_of(out: NDArray[np.floating], heard: NDArray[np.floating]) -> Array:
    """The gain in each period of the tone, in dB."""
    count = heard.size // _PERIOD
    energies = [
        np.sum(signal[: count * _PERIOD].astype(np.float64).reshape(count, -1) ** 2, axis=1)
        for signal in (out, heard)
    ]
    return np.asarray(10.0 * np.log10(np.maximum(energies[0], 1e-24) / energies[1]))


def _opening(growing: Array, open_db: float, depth: float, attack_ms: float) -> dict[str, float]:
    """Threshold and ratio, from where a growing tone gets through, less what the time to open shifts that by."""
    level = _ramp_db()[: growing.size * _PERIOD].reshape(growing.size, -1).mean(axis=1)
    shut = (open_db - growing) / depth
    lowest = round(_LOWEST_S * RATE_HZ) // _PERIOD
    if shut[lowest // 2 : lowest].min() < 0.7 or shut[-10:].max() > 0.2:
        return {}
    if shut.max() > shut[lowest - 1] + _STILL_SHUTTING:
        return {}
    nine, half, one = (_last_over(level, shut, share) for share in (0.9, 0.5, 0.1))
    speed = (_RAMP_DB[1] - _RAMP_DB[0]) / (1000.0 * _RAMP_S)
    late = speed * attack_ms
    # A one-pole is half there after 0.69, and goes from 10 to 90 % in 2.2 time constants.
    width = max(one - nine - 2.2 * late, 0.0)
    ratio = _RATIO.clamp(1.0 + 0.8 * depth / max(width, 1e-3))
    # Of a gate that opens at once the console's steepest is nearest, which opens over some of what it shuts by.
    below = 0.5 * (min(depth, _USUAL_DB) if ratio == _RATIO.high else depth) / max(ratio - 1.0, 0.01)
    threshold = half - 0.69 * late + below
    return {"gate.threshold_db": threshold, "gate.ratio": ratio}


def _last_over(level: Array, shut: Array, share: float) -> float:
    """The level at which the gate was last shut by more than a share."""
    over = np.flatnonzero(shut > share)
    at = int(over[-1]) if over.size else 0
    if at + 1 >= shut.size:
        return float(level[-1])
    part = (shut[at] - share) / max(shut[at] - shut[at + 1], 1e-9)
    return float(level[at] + part * (level[at + 1] - level[at]))


class GateLearner(ListeningLearner):
    """Finds the map of a gate on the bench."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._signal = gate_signal(self.bench.channels)

    def learn(self, name: str) -> PluginProfile | None:
        """A profile; None where no setting shuts."""
        base, home = self._listener.climb(_worth, _ENOUGH)
        if home.get("gate.range_db", 0.0) > -_SHUTS_DB or "gate.threshold_db" not in home:
            return None
        names = PARAMETERS[PluginRole.GATE]
        keys = assign(self._listener.sweep(base), names)
        knobs = self._listener.laws(base, keys)
        if "gate.threshold_db" not in knobs:
            return None
        self._note_link(base)
        assumes = {key: home[key] for key in names if key in home}
        return profile_of(
            self.bench,
            name,
            PluginRole.GATE,
            "learnt from how it opens and shuts",
            knobs,
            assumes=assumes,
            base=base,
        )

    def check(self, profile: PluginProfile) -> Trial:
        """How far the plugin is from the console over random settings within the map, on hits over a floor.

        The error of a setting is the median difference of gain while either shuts.
        """
        audio = hits(self.bench.channels)
        return try_map(
            self._listener,
            profile,
            _PLAUSIBLE,
            lambda module, mapped: gain_difference_db(self.bench, module, mapped, audio),
            trials=_TRIALS,
        )

    def _note_link(self, base: Knobs) -> None:
        """Whether a loud left side opens the right one."""
        if 2 not in self.bench.facts.channels:
            return
        heard = self._signal.copy()
        down = round((_BEFORE_S + _OPEN_S) * RATE_HZ)
        heard[1, :down] *= np.where(
            np.abs(heard[0, :down]) > 1.0, 10.0 ** ((_QUIET_DB - _LOUD_DB) / 20.0), 1.0
        )
        right = np.abs(self.bench.play(base, heard)[1].astype(np.float64))
        still, up = round(_STILL_S * RATE_HZ), round(_BEFORE_S * RATE_HZ)
        linked = np.median(right[down - still : down]) > 2.0 * np.median(right[up - still : up])
        self.notes.append("Channels are linked." if linked else "Channels are not linked.")

    def _measure(self, play: Play) -> Reading:
        return read_gate(play(self._signal, 0.15), self._signal)


def _worth(reading: Reading) -> float:
    """A base to measure from shuts well, opens at once, at a middling level, and leaves the level alone."""
    worth = min(-reading.get("gate.range_db", 0.0), 36.0)
    worth -= 0.1 * min(abs(reading["level_db"]), 60.0)
    if "gate.threshold_db" in reading:
        worth += 12.0 - 0.2 * abs(reading["gate.threshold_db"] + 40.0)
    for name, at_most, each in (
        ("gate.attack_ms", 1.0, 1.0),
        ("gate.hold_ms", 50.0, 2.0),
        ("gate.release_ms", 60.0, 2.0),
    ):
        if name in reading:
            worth += 6.0 - each * max(math.log2(max(reading[name], 1e-3) / at_most), 0.0)
    return worth
