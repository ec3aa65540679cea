"""Finds which knob moves which feature of a plugin's sound, and by what law."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from time import monotonic

import numpy as np

from bridge.host.faults import Fault, PluginFault
from bridge.host.learning.bench import Bench, Knobs, numeric
from bridge.host.learning.filters import is_cut
from bridge.host.learning.laws import Point, law_of
from bridge.host.values import Audio
from console.errors import ParamError
from console.frozen import FrozenMap
from console.params import spec
from console.progress import Progress, no_progress
from presets.plugins.laws import Knob
from presets.plugins.profile import PARAMETERS, PluginProfile, PluginRole, Status

#: Plays audio at some setting: what becomes of it, after so much silence.
Play = Callable[[Audio, float], Audio]
#: What is heard at a setting: parameters of the console by name, and other features, in dB. What cannot be told is
#: left out.
Reading = Mapping[str, float]
Measure = Callable[[Play], Reading]

COARSE = (0.0, 0.25, 0.5, 0.75, 1.0)
_FINE = np.linspace(0.0, 1.0, 13)
#: Neighbours on a knob that a parameter moves between by more of its range get a point between them, up to a number.
_GAP, _BETWEEN = 0.06, 10
#: A knob has been found when it moves a parameter by this share of its range, and no other by more.
MOVES = 0.08
#: What counts as the whole range of a feature that is no parameter, in dB.
_OTHER_DB = 60.0
_ROUNDS = 4
#: A setting to measure at is sought for no longer, however many knobs there are.
_LONGEST_S = 120.0
#: A setting at which a plugin does this is none to measure at; the next is tried.
NOTHING_TOLD = (Fault.RUNAWAY, Fault.NOT_FINITE)


@dataclass(frozen=True, slots=True)
class Row:
    """What was heard at a position of a knob, and what the plugin shows there."""

    raw: float
    text: str
    reading: Reading


@dataclass(slots=True)
class Listener:
    """Hears features of a plugin at settings of its knobs."""

    bench: Bench
    measure: Measure
    progress: Progress = no_progress
    moves: dict[str, float] = field(default_factory=dict)
    _known: dict[Knobs, Reading] = field(default_factory=dict)

    def hear(self, knobs: Knobs) -> Reading:
        """What is heard at a setting; each is played once. Where the plugin runs away nothing is."""
        if knobs not in self._known:
            try:
                self._known[knobs] = self.measure(
                    lambda audio, prime_s: self.bench.play(knobs, audio, prime_s)
                )
            except PluginFault as fault:
                if fault.fault not in NOTHING_TOLD:
                    raise
                self._known[knobs] = {}
        return self._known[knobs]

    def hear_values(self, values: Mapping[str, float | str], raw: Mapping[str, float]) -> Reading:
        """The same at a setting in the plugin's own numbers."""
        return self.measure(lambda audio, prime_s: self.bench.play_values(values, raw, audio, prime_s))

    def climb(
        self, worth: Callable[[Reading], float], enough: float, begin: Knobs | None = None
    ) -> tuple[Knobs, Reading]:
        """A setting of high worth: of all knobs and positions the best is taken, again and again, up to enough."""
        knobs = begin or Knobs()
        reading = self.hear(knobs)
        best = (worth(reading) if reading else -math.inf, knobs, reading)
        parameters = numeric(self.bench.parameters)
        late = monotonic() + _LONGEST_S
        for turn in range(_ROUNDS):
            before = best
            if before[0] >= enough or monotonic() > late:
                break
            for index, parameter in enumerate(parameters):
                for raw in COARSE if monotonic() < late else ():
                    tried = before[1].moved({parameter.key: raw})
                    heard = self.hear(tried)
                    if heard:
                        best = max(best, (worth(heard), tried, heard), key=lambda item: item[0])
                self.progress("learn the knobs", 0.3 * (turn + (index + 1) / len(parameters)) / _ROUNDS)
            if best[0] < before[0] + 0.5:
                return before[1], before[2]
        return best[1], best[2]

    def sweep(self, base: Knobs, positions: Sequence[float] = COARSE) -> dict[str, list[Row]]:
        """What each knob does by itself, by key."""
        knobs = numeric(self.bench.parameters)
        rows = {}
        for index, parameter in enumerate(knobs):
            rows[parameter.key] = self.rows(base, parameter.key, positions)
            self.moves[parameter.key] = max(reach_of(rows[parameter.key]).values(), default=0.0)
            self.progress("learn the knobs", 0.3 + 0.3 * (index + 1) / len(knobs))
        return rows

    def rows(self, base: Knobs, key: str, positions: Sequence[float]) -> list[Row]:
        """What is heard at positions of one knob."""
        return [self._row(base, key, raw) for raw in positions]

    def close_rows(self, base: Knobs, key: str, name: str) -> list[Row]:
        """The same, closer where the knob moves a parameter most."""
        return closer(lambda raw: self._row(base, key, raw), name)

    def _row(self, base: Knobs, key: str, raw: float) -> Row:
        knobs = base.moved({key: raw})
        return Row(raw, self.shown(knobs, key), self.hear(knobs))

    def shown(self, knobs: Knobs, key: str) -> str:
        """The text of a parameter at a setting."""
        return self.bench.set(knobs)[key].text

    def laws(self, base: Knobs, keys: Mapping[str, str]) -> dict[str, Knob]:
        """The knobs of parameters whose keys are known, as far as they follow a law."""
        found = {}
        for index, (name, key) in enumerate(keys.items()):
            knob = law_of(key, name, points_of(self.close_rows(base, key, name), name))
            if knob is not None:
                found[name] = knob
            self.progress("learn the knobs", 0.6 + 0.3 * (index + 1) / len(keys))
        return found


def closer(heard_at: Callable[[float], Row], name: str) -> list[Row]:
    """Rows at even positions of a knob, and between those where it moves a parameter most."""
    rows = [heard_at(float(raw)) for raw in _FINE]
    for _ in range(_BETWEEN):
        told = [row for row in rows if name in row.reading]
        gaps = [
            (abs(_position(name, b.reading[name]) - _position(name, a.reading[name])), (a.raw + b.raw) / 2.0)
            for a, b in pairwise(told)
        ]
        widest, raw = max(gaps, default=(0.0, 0.0))
        if widest < _GAP:
            break
        rows = sorted([*rows, heard_at(raw)], key=lambda row: row.raw)
    return rows


def points_of(rows: Sequence[Row], name: str) -> list[Point]:
    """The points of a feature that could be told."""
    return [
        Point(row.raw, row.text, row.reading[name])
        for row in rows
        if name in row.reading and (not name.endswith("_cut_hz") or is_cut(row.reading[name]))
    ]


def assign(sweeps: Mapping[str, Sequence[Row]], names: Collection[str]) -> dict[str, str]:
    """Which knob is which parameter: what a knob moves farthest comes first, and no two are the same. Keys by name.

    A knob that moves some other feature most is none of them, and what it moves by less than half as far is by the way.
    """
    reach = {key: reach_of(rows) for key, rows in sweeps.items()}
    pairs = sorted(
        ((moved, name, key) for key, moves in reach.items() for name, moved in moves.items()), reverse=True
    )
    found: dict[str, str] = {}
    taken: set[str] = set()
    for moved, name, key in pairs:
        if moved < MOVES or key in taken or moved < 0.5 * max(reach[key].values()):
            continue
        if name not in names:
            taken.add(key)
        elif name not in found:
            found[name] = key
            taken.add(key)
    return found


def reach_of(rows: Sequence[Row]) -> dict[str, float]:
    """By how much of its range a knob moves each feature."""
    names = {name for row in rows for name in row.reading}
    reach = {}
    for name in names:
        values = [row.reading[name] for row in rows if name in row.reading]
        if len(values) >= 3:
            reach[name] = float(np.ptp([_position(name, value) for value in values]))
    return reach


def _position(name: str, value: float) -> float:
    try:
        row = spec(name)
    except ParamError:
        return value / _OTHER_DB
    return row.normalise(row.clamp(value))


def profile_of(
    bench: Bench,
    name: str,
    role: PluginRole,
    source: str,
    knobs: Mapping[str, Knob],
    *,
    also: Mapping[str, Knob] | None = None,
    assumes: Mapping[str, float] | None = None,
    base: Knobs,
) -> PluginProfile:
    """The profile of what was found; what the base has moved and no knob holds is fixed there."""
    facts = bench.facts
    held = {knob.key for knob in (*knobs.values(), *(also or {}).values())}
    assumed = {key: spec(key).clamp(value) for key, value in (assumes or {}).items() if key not in knobs}
    return PluginProfile(
        name=name,
        role=role,
        status=Status.MEASURED,
        names=(facts.name,),
        makers=(facts.manufacturer,) if facts.manufacturer else (),
        versions=(facts.version,) if facts.version else (),
        source=source,
        knobs=FrozenMap({key: knobs[key] for key in PARAMETERS[role] if key in knobs}),
        also=FrozenMap(also or {}),
        assumes=FrozenMap(assumed),
        fixed_raw=FrozenMap({key: raw for key, raw in base.raw if key not in held}),
    )


def db(value: float, floor: float = 1e-9) -> float:
    """An amplitude in dB."""
    return 20.0 * math.log10(max(value, floor))
