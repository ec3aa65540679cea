"""From where the desk stands to where it shall stand: what is set, what is ramped, and in which order.

Nothing that sounds is switched. A module that goes off, or whose type or slope changes, is first eased to where it
changes nothing, then switched; one that comes on is switched on where it changes nothing, then moved. After that, what
makes the mix softer moves before what makes it louder.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from bridge.live.parameters import Meaning
from bridge.live.ramps import distance
from bridge.live.values import Channel, Control, Knob


@dataclass(frozen=True, slots=True)
class Move:
    """One knob from one value to another."""

    control: Control
    start: float
    end: float

    @property
    def meaning(self) -> Meaning:
        """What the knob is."""
        return self.control.meaning

    @property
    def louder(self) -> int:
        """+1 where the move makes the mix louder, −1 where softer, 0 where neither can be said."""
        return (self.end > self.start) * self.meaning.sense - (self.end < self.start) * self.meaning.sense


@dataclass(frozen=True, slots=True)
class Stage:
    """Moves that go at the same time. Without `ramped` each is one message: nobody hears what it changes."""

    title: str
    ramped: bool
    moves: tuple[Move, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """Every move of a push in its order, and the start and end of each knob over all stages."""

    stages: tuple[Stage, ...] = ()
    changes: tuple[Move, ...] = ()
    notes: tuple[str, ...] = ()

    def without(self, controls: Iterable[Control], notes: Iterable[str] = ()) -> "Plan":
        """The plan with these knobs left where they are."""
        gone = set(controls)

        def kept(moves: tuple[Move, ...]) -> tuple[Move, ...]:
            return tuple(move for move in moves if move.control not in gone)

        stages = tuple(replace(stage, moves=kept(stage.moves)) for stage in self.stages)
        return Plan(
            tuple(stage for stage in stages if stage.moves), kept(self.changes), (*self.notes, *notes)
        )


#: The modules of a strip that can be switched; a band of the equalizer is one of its own.
_SWITCHED: Final = ("highpass", "lowpass", "gate", "compressor", "limiter")
_CHOICES: Final = ("type", "slope_db_per_octave")
_EQUALIZER: Final = "equalizer"


@dataclass
class _Stages:
    ease: list[Move] = field(default_factory=list)
    prepare: list[Move] = field(default_factory=list)
    switch: list[Move] = field(default_factory=list)
    park: list[Move] = field(default_factory=list)
    go: list[Move] = field(default_factory=list)


def make_plan(
    channels: Iterable[Channel], values: Mapping[Control, float], targets: Mapping[Control, float]
) -> Plan:
    """The plan that takes a desk from its values to the targets.

    Args:
        channels: the desk's channels.
        values: where its knobs stand. A knob that is not here is left alone: nobody moves what he has not read.
        targets: where knobs shall stand, in the desk's own settings (`Knob.nearest`).
    """
    stages = _Stages()
    changes: list[Move] = []
    unread: list[str] = []
    for channel in channels:
        wanted: dict[str, float] = {}
        for name, knob in channel.knobs.items():
            control = channel.control(name)
            if control not in targets:
                continue
            if control not in values:
                unread.append(f"{channel.name}: {name}")
                continue
            wanted[name] = targets[control]
            if not knob.agree(values[control], targets[control]):
                changes.append(Move(control, values[control], targets[control]))
        now = {
            name: values[channel.control(name)] for name in channel.knobs if channel.control(name) in values
        }
        _Strip(channel, now, {**now, **wanted}, stages).plan()
    notes = (f"the desk does not say where these stand, so they are left alone: {', '.join(unread)}",)
    return Plan(tuple(_in_order(stages)), tuple(changes), notes if unread else ())


def _in_order(stages: _Stages) -> Iterable[Stage]:
    cuts = [move for move in stages.go if move.louder <= 0]
    boosts = [move for move in stages.go if move.louder > 0]
    for title, ramped, moves in (
        ("ease out what will be switched", True, stages.ease),
        ("set what does not sound", False, stages.prepare),
        ("switch", False, stages.switch),
        ("set what does not sound any more", False, stages.park),
        ("softer first", True, cuts),
        ("then louder", True, boosts),
    ):
        if moves:
            yield Stage(title, ramped, tuple(moves))


@dataclass
class _Strip:
    """The plan of one channel: `now` and `then` hold every knob whose value is known."""

    channel: Channel
    now: dict[str, float]
    then: dict[str, float]
    stages: _Stages

    def plan(self) -> None:
        modules: dict[str, list[str]] = defaultdict(list)
        for name in self.now:
            modules[_module_of(name)].append(name)
        for module, names in modules.items():
            if not module:
                self._add(self.stages.go, names, self.now, self.then)
            elif module != _EQUALIZER:
                self._module(module, names)
        switch = f"{_EQUALIZER}.enabled"
        if switch in self.now:
            self._add(self.stages.switch, [switch], self.now, self.then)

    def _module(self, module: str, names: list[str]) -> None:
        switch = f"{module}.enabled"
        inner = [name for name in names if name != switch]
        on_now, on_then = self._is_on(module, self.now), self._is_on(module, self.then)
        choices = [name for name in inner if name.rpartition(".")[2] in _CHOICES]
        rechosen = any(self.now[name] != self.then[name] for name in choices)
        still_now = {**self.now, **self._neutral(module, inner, self.now)}
        still_then = {**self.then, **self._neutral(module, inner, self.then)}
        if on_now and on_then and not rechosen and not self._is_still(inner, still_now):
            self._add(self.stages.go, [*inner, switch], self.now, self.then)
            return
        if on_now:
            self._add(self.stages.ease, inner, self.now, still_now)
        before = still_now if on_now else self.now
        if on_then:
            self._add(self.stages.prepare, inner, before, still_then)
            self._add(self.stages.go, inner, still_then, self.then)
        self._add(self.stages.switch, [switch], self.now, self.then)
        if not on_then:
            self._add(self.stages.park, inner, before, self.then)

    def _is_on(self, module: str, values: Mapping[str, float]) -> bool:
        switches = [f"{module}.enabled"]
        if module.startswith(_EQUALIZER):
            switches.append(f"{_EQUALIZER}.enabled")
        return all(values.get(switch, 1.0) >= 0.5 for switch in switches)

    def _is_still(self, inner: list[str], still: Mapping[str, float]) -> bool:
        """Whether a module stands where it changes nothing."""
        return all(self._knob(name).agree(self.now[name], still[name]) for name in inner)

    def _neutral(self, module: str, inner: list[str], values: Mapping[str, float]) -> dict[str, float]:
        knobs = {name.rpartition(".")[2]: self._knob(name) for name in inner}
        still = neutral(module, knobs)
        return {f"{module}.{name}": value for name, value in still.items() if f"{module}.{name}" in values}

    def _add(
        self,
        stage: list[Move],
        names: Iterable[str],
        start: Mapping[str, float],
        end: Mapping[str, float],
    ) -> None:
        for name in names:
            if name in start and not self._knob(name).agree(start[name], end[name]):
                stage.append(Move(self.channel.control(name), start[name], end[name]))

    def _knob(self, name: str) -> Knob:
        return self.channel.knobs[name]


def _module_of(name: str) -> str:
    """The module that is switched as one: "compressor", "equalizer.3", "equalizer" for its switch, "" for the rest."""
    parts = name.split(".")
    if parts[0] == _EQUALIZER:
        return ".".join(parts[:-1])
    return parts[0] if parts[0] in _SWITCHED else ""


def neutral(module: str, knobs: Mapping[str, Knob]) -> dict[str, float]:
    """The settings at which a module of a desk changes nothing, as far as the desk can do that.

    Args:
        module: "highpass", "lowpass", "gate", "compressor", "limiter" or "equalizer.N".
        knobs: its knobs by their last names ("frequency_hz").
    """
    wanted: dict[str, float] = {}
    if module == "highpass" and "frequency_hz" in knobs:
        wanted["frequency_hz"] = knobs["frequency_hz"].low
    elif module == "lowpass" and "frequency_hz" in knobs:
        wanted["frequency_hz"] = knobs["frequency_hz"].high
    elif module.startswith(_EQUALIZER) and "gain_db" in knobs:
        wanted["gain_db"] = knobs["gain_db"].nearest(0.0)
    elif module == "compressor":
        wanted = _still_dynamics(knobs, "ratio", 1.0, "threshold_db", +1)
        if "makeup_db" in knobs:
            wanted["makeup_db"] = knobs["makeup_db"].nearest(0.0)
    elif module == "gate":
        wanted = _still_dynamics(knobs, "range_db", 0.0, "threshold_db", -1)
    elif module == "limiter" and "ceiling_dbtp" in knobs:
        wanted["ceiling_dbtp"] = knobs["ceiling_dbtp"].high
    return wanted


def _still_dynamics(
    knobs: Mapping[str, Knob], by: str, none: float, threshold: str, away: int
) -> dict[str, float]:
    """No ratio or no range; where the knob does not go so far, the threshold where no signal reaches it."""
    wanted = {by: knobs[by].nearest(none)} if by in knobs else {}
    if not math.isclose(wanted.get(by, math.inf), none) and threshold in knobs:
        wanted[threshold] = knobs[threshold].high if away > 0 else knobs[threshold].low
    return wanted


def audible_changes(plan: Plan) -> list[Move]:
    """The changes that can be heard: a level that stays below silence is none."""
    return [move for move in plan.changes if distance(move.meaning, move.start, move.end) > 0.0]
