"""Learns a compressor: each knob's positions are told by the console's compressor that moves the same way."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import least_squares

from bridge.host.learning.bench import RATE_HZ, Bench, Knobs, frame_gains_db, numeric, program, steps
from bridge.host.learning.laws import Point, law_of
from bridge.host.learning.trials import Trial
from bridge.host.values import Parameter
from console.dsp.inserts import InsertProcessor
from console.frozen import FrozenMap
from console.mix import Compressor
from console.params import spec
from console.progress import Progress, no_progress
from presets.plugins.laws import Knob
from presets.plugins.mapping import map_processor
from presets.plugins.profile import PARAMETERS, PluginProfile, PluginRole, Status

Array = NDArray[np.float64]

NAMES = tuple(name.partition(".")[2] for name in PARAMETERS[PluginRole.COMPRESSOR])
#: Times in the order of the console's parameters: what each may be while it is fitted (normalised 0 … 1).
_SPECS = tuple(spec(name) for name in PARAMETERS[PluginRole.COMPRESSOR])

#: A knob has been found when it moves a parameter by this share of its range, more than any other knob does.
_MOVES = 0.08
_POSITIONS = np.linspace(0.0, 1.0, 9)
_COARSE = (0.0, 0.25, 0.5, 0.75, 1.0)
#: A base to measure from compresses the loudest step by as much, in dB, if the plugin can.
_WORKING_DB = (8.0, 16.0)
#: A fit that errs by more, in dB as a root mean square, tells nothing of a position.
_CREDIBLE_DB = 2.5
#: A fit this good needs no second try from elsewhere.
_GOOD_DB = 1.0
#: A knob that changes no frame's gain by more does nothing, in dB.
_HEARD_DB = 0.05
_TRIALS = 12


@dataclass(frozen=True, slots=True)
class Fit:
    """The console's compressor that is nearest to a plugin at one setting, and by how much it errs, in dB RMS."""

    position: Array
    error_db: float

    @property
    def module(self) -> Compressor:
        """The compressor."""
        return compressor_at(self.position)


@dataclass(slots=True)
class CompressorLearner:
    """Finds the map of a compressor on the bench."""

    bench: Bench
    progress: Progress = no_progress
    notes: list[str] = field(default_factory=list)
    moves: dict[str, float] = field(default_factory=dict)
    _steps: NDArray[np.float32] = field(init=False)

    def __post_init__(self) -> None:
        self._steps = steps(self.bench.channels)

    def learn(self, name: str) -> PluginProfile | None:
        """A profile; None where no setting compresses, or no knob can be told."""
        base = self._base()
        if base is None:
            return None
        home = self._fit(self.bench.gains_db(base), None)
        sweeps: dict[str, list[tuple[float, str, Fit]]] = {}
        knobs = numeric(self.bench.parameters)
        gains_db = self.bench.gains_db(base)
        for index, parameter in enumerate(knobs):
            if self._matters(base, parameter, gains_db):
                sweeps[parameter.key] = self._sweep(base, parameter, home)
            self.progress("learn the knobs", (index + 1) / (len(knobs) + 1))
        found = self._assign(sweeps)
        if not found:
            return None
        assumed = {
            row.name: float(row.denormalise(home.position[i]))
            for i, row in enumerate(_SPECS)
            if row.name not in found
        }
        fixed = {key: raw for key, raw in base.raw if key not in {knob.key for knob in found.values()}}
        profile = PluginProfile(
            name=name,
            role=PluginRole.COMPRESSOR,
            status=Status.MEASURED,
            names=(self.bench.facts.name,),
            makers=(self.bench.facts.manufacturer,) if self.bench.facts.manufacturer else (),
            versions=(self.bench.facts.version,) if self.bench.facts.version else (),
            source="learnt from how it plays steps of a tone",
            knobs=FrozenMap(found),
            assumes=FrozenMap({key: spec(key).clamp(value) for key, value in assumed.items()}),
            fixed_raw=FrozenMap(fixed),
        )
        return profile

    def check(self, profile: PluginProfile) -> Trial:
        """How far the plugin then is from the console."""
        return Trial(*check_compressor(self.bench, profile))

    def _base(self) -> Knobs | None:
        """A setting that compresses well: knobs are turned one after the other to where they bring most."""
        knobs = Knobs()
        parameters = numeric(self.bench.parameters)
        depth = self._depth(knobs)
        for _ in range(2):
            best = (depth, knobs)
            for parameter in parameters:
                for raw in _COARSE:
                    tried = knobs.moved({parameter.key: raw})
                    best = max(best, (self._depth(tried), tried), key=lambda item: self._worth(item[0]))
            if best[1] == knobs:
                break
            depth, knobs = best
            if _WORKING_DB[0] <= depth <= _WORKING_DB[1]:
                break
        return knobs if depth > 2.0 else None

    @staticmethod
    def _worth(depth_db: float) -> float:
        """More compression is better, up to where there is enough of it."""
        low, high = _WORKING_DB
        return (
            depth_db if depth_db < low else (low + 1.0 if depth_db <= high else low - 0.1 * (depth_db - high))
        )

    def _depth(self, knobs: Knobs) -> float:
        """By how much the loudest step is turned down against the quietest, in dB."""
        gains = self.bench.gains_db(knobs)
        steps_db = gains.reshape(-1, gains.size // 16)[:, -10:].mean(axis=1)
        return float(steps_db[0] - steps_db[13])

    def _matters(self, base: Knobs, parameter: Parameter, gains_db: Array) -> bool:
        """Whether a knob changes anything that a tone tells."""
        ends = (self.bench.gains_db(base.moved({parameter.key: raw})) for raw in (0.0, 1.0))
        return any(float(np.max(np.abs(end - gains_db))) > _HEARD_DB for end in ends)

    def _sweep(self, base: Knobs, parameter: Parameter, home: Fit) -> list[tuple[float, str, Fit]]:
        """The fits at positions of one knob, outwards from where it stands, each beginning at its neighbour's."""
        here = dict(base.raw).get(parameter.key, parameter.raw)
        rows = []
        for side in (
            [raw for raw in _POSITIONS if raw >= here],
            [raw for raw in _POSITIONS[::-1] if raw < here],
        ):
            near = home
            for raw in side:
                knobs = base.moved({parameter.key: float(raw)})
                fit = self._fit(self.bench.gains_db(knobs), near)
                text = self.bench.set(knobs)[parameter.key].text
                rows.append((float(raw), text, fit))
                near = fit if fit.error_db < _CREDIBLE_DB else near
        return sorted(rows, key=lambda row: row[0])

    def _assign(self, sweeps: dict[str, list[tuple[float, str, Fit]]]) -> dict[str, Knob]:
        """Which knob is which parameter: the one that moves it most, and moves nothing else more."""
        found: dict[str, Knob] = {}
        reach = {}
        for key, rows in sweeps.items():
            good = [fit.position for _, _, fit in rows if fit.error_db < _CREDIBLE_DB]
            reach[key] = np.ptp(np.array(good), axis=0) if len(good) >= 3 else np.zeros(len(_SPECS))
        for index, row in enumerate(_SPECS):
            ranked = sorted(reach, key=lambda key: -reach[key][index])
            for key in ranked:
                if reach[key][index] < _MOVES or int(np.argmax(reach[key])) != index:
                    continue
                points = [
                    Point(raw, text, row.denormalise(fit.position[index]))
                    for raw, text, fit in sweeps[key]
                    if fit.error_db < _CREDIBLE_DB and _inside(fit.position[index])
                ]
                knob = law_of(key, row.name, points)
                if knob is not None:
                    found[row.name] = knob
                    break
        return found

    def _fit(self, gains_db: Array, near: Fit | None) -> Fit:
        """The console's compressor whose gains on the same steps are nearest."""
        starts = [near.position] if near is not None else []
        if near is None or near.error_db > _CREDIBLE_DB:
            starts += list(_STARTS)
        fits = [self._descend(gains_db, start) for start in starts]
        best = min(fits, key=lambda fit: fit.error_db)
        if near is not None and near.error_db <= _CREDIBLE_DB and best.error_db > _GOOD_DB:
            more = [self._descend(gains_db, start) for start in _STARTS]
            best = min([best, *more], key=lambda fit: fit.error_db)
        return best

    def _descend(self, gains_db: Array, start: Array) -> Fit:
        def residual(position: Array) -> Array:
            return console_gains_db(compressor_at(position), self._steps) - gains_db

        result = least_squares(
            residual,
            np.clip(start, 0.001, 0.999),
            bounds=(0.0, 1.0),
            diff_step=1e-3,
            max_nfev=20,
            loss="soft_l1",
        )
        position = np.asarray(result.x)
        return Fit(position, float(np.sqrt(np.mean(residual(position) ** 2))))


def compressor_at(position: Sequence[float] | Array) -> Compressor:
    """The console's compressor at normalised positions of its parameters."""
    values = {name: row.denormalise(float(x)) for name, row, x in zip(NAMES, _SPECS, position, strict=True)}
    return Compressor(enabled=True, **values)


def console_gains_db(compressor: Compressor, audio: NDArray[np.float32]) -> Array:
    """The gains in frames of 5 ms of the console's compressor, in dB."""
    return frame_gains_db(InsertProcessor([compressor], RATE_HZ, audio.shape[0]).process(audio), audio)


def _inside(position: float) -> bool:
    """A fit at the end of a range says that it lies there or beyond."""
    return 0.004 < position < 0.996


def _start(**values: float) -> Array:
    return np.array(
        [row.normalise(values.get(name, row.default)) for name, row in zip(NAMES, _SPECS, strict=True)]
    )


_STARTS = (
    _start(threshold_db=-25.0, ratio=4.0, attack_ms=10.0, release_ms=100.0, knee_db=2.0),
    _start(threshold_db=-40.0, ratio=2.0, attack_ms=3.0, release_ms=300.0, knee_db=8.0),
    _start(threshold_db=-12.0, ratio=6.0, attack_ms=1.0, release_ms=60.0, knee_db=1.0),
)


def check_compressor(bench: Bench, profile: PluginProfile, seed: int = 1) -> tuple[float, float]:
    """How far the plugin is from the console over random settings within the map, on something like drums.

    Returns:
        the median over settings of the median difference of gain while either reduces, in dB, and the worst of them.
    """
    chance = np.random.default_rng(seed)
    audio = program(bench.channels)
    ranges = {
        item.key: (item.low, item.high)
        for item in bench.parameters
        if item.low is not None and item.high is not None
    }
    errors = []
    for _ in range(_TRIALS):
        module = _within(profile, chance)
        mapped = map_processor(profile, module, ranges)
        out = bench.play_values(mapped.values, mapped.raw, audio)
        real = frame_gains_db(out, audio)
        wanted = console_gains_db(module, audio)
        working = (wanted < wanted.max() - 0.5) | (real < real.max() - 0.5)
        difference = np.abs(real - wanted)[working] if working.any() else np.abs(real - wanted)
        errors.append(float(np.median(difference)))
    return float(np.median(errors)), max(errors)


def _within(profile: PluginProfile, chance: np.random.Generator) -> Compressor:
    """A plausible compressor that the map can hold."""
    plausible = {
        "compressor.threshold_db": (-40.0, -12.0), "compressor.ratio": (1.5, 8.0), "compressor.attack_ms": (2.0, 40.0),
        "compressor.release_ms": (40.0, 400.0), "compressor.knee_db": (0.0, 9.0), "compressor.makeup_db": (0.0, 8.0),
    }  # fmt: skip
    values = {}
    for row in _SPECS:
        low, high = (row.normalise(end) for end in plausible[row.name])
        value = row.denormalise(chance.uniform(low, high))
        knob = profile.knobs.get(row.name)
        if knob is None:
            value = profile.assumes.get(row.name, row.default)
        elif knob.low is not None and knob.high is not None:
            ends = sorted((knob.from_plugin(knob.low), knob.from_plugin(knob.high)))
            value = min(max(value, ends[0]), ends[1])
        values[row.name.partition(".")[2]] = row.clamp(value)
    return Compressor(enabled=True, **values)
