"""Desks in memory for the tests of live work: strips with every module, and links that misbehave."""

import math
import random
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from bridge.live.clock import ManualClock
from bridge.live.memory import MemoryDesk, MemoryLink, plain_channel
from bridge.live.values import Channel, Control, Event, Knob, LinkTraits, Moved
from console.frozen import FrozenMap

SWITCH = (0.0, 1.0)


def full_knobs() -> list[Knob]:
    """The knobs of a strip that has everything."""
    knobs = [
        Knob("input.gain_db", -18.0, 18.0),
        Knob("width", 0.0, 2.0),
        Knob("highpass.enabled", 0.0, 1.0, choices=SWITCH),
        Knob("highpass.frequency_hz", 20.0, 400.0),
        Knob("highpass.slope_db_per_octave", 12.0, 24.0, choices=(12.0, 24.0)),
        Knob("gate.enabled", 0.0, 1.0, choices=SWITCH),
        Knob("gate.threshold_db", -80.0, 0.0),
        Knob("gate.range_db", -60.0, 0.0),
        Knob("gate.attack_ms", 0.1, 120.0),
        Knob("compressor.enabled", 0.0, 1.0, choices=SWITCH),
        Knob("compressor.threshold_db", -60.0, 0.0),
        Knob("compressor.ratio", 1.0, 20.0),
        Knob("compressor.attack_ms", 0.1, 200.0),
        Knob("compressor.release_ms", 5.0, 2000.0),
        Knob("compressor.makeup_db", 0.0, 24.0),
        Knob("equalizer.enabled", 0.0, 1.0, choices=SWITCH),
    ]
    for number in range(4):
        knobs += [
            Knob(f"equalizer.{number}.type", 0.0, 2.0, choices=(0.0, 1.0, 2.0)),
            Knob(f"equalizer.{number}.frequency_hz", 20.0, 20000.0),
            Knob(f"equalizer.{number}.gain_db", -15.0, 15.0),
            Knob(f"equalizer.{number}.q", 0.3, 10.0),
        ]
    return knobs


def strip(key: str, name: str, sends: Mapping[str, str] | None = None, kind: str = "track") -> Channel:
    """A channel with every module and sends by parameter."""
    sends = dict(sends or {})
    extra = [Knob(parameter, -90.0, 12.0) for parameter in sends]
    return replace(plain_channel(key, name, kind, [*full_knobs(), *extra]), sends=FrozenMap(sends))


def band(names: Iterable[str] = ("Kick", "Snare", "Bass", "Lead Vox")) -> MemoryDesk:
    """A desk with these tracks, a reverb that all can be sent to, and a master."""
    tracks = [strip(str(i), name, {"send.0": "Reverb"}) for i, name in enumerate(names, 1)]
    fx = plain_channel("91", "Reverb", "fx")
    return MemoryDesk((*tracks, fx, plain_channel("99", "Master", "master")))


@dataclass
class Faults:
    """What goes wrong on a `FaultyLink`, each with the chance that it does so at one message or one poll."""

    lose: float = 0.0
    late: float = 0.0
    late_s: float = 0.5
    noise: float = 0.0
    nan: float = 0.0
    strangers: float = 0.0
    hand: float = 0.0
    vanish: float = 0.0
    rename: float = 0.0
    reorder: float = 0.0
    restart: float = 0.0
    mute_feedback: bool = False
    silent_reads: float = 0.0


@dataclass
class Witness:
    """Every value that ever stood on the desk, so that jumps can be looked for."""

    #: (time in s, value, messages lost since the value before); NaN is a hand that takes the knob.
    history: dict[Control, list[tuple[float, float, int]]] = field(default_factory=dict)
    hands: set[Control] = field(default_factory=set)
    _lost: dict[Control, int] = field(default_factory=dict)

    def saw(self, control: Control, at_s: float, value: float) -> None:
        """Note a value."""
        self.history.setdefault(control, []).append((at_s, value, self._lost.pop(control, 0)))

    def lost(self, control: Control) -> None:
        """Note a message that did not arrive."""
        self._lost[control] = self._lost.get(control, 0) + 1


class FaultyLink(MemoryLink):
    """A link to a desk in memory on which things go wrong by chance, always in the same way for one seed."""

    def __init__(
        self, desk: MemoryDesk, clock: ManualClock, faults: Faults, seed: int, **traits: object
    ) -> None:
        plain = LinkTraits("memory", tick_s=0.02, messages_per_s=2_000.0, settle_s=0.05)
        super().__init__(desk, clock, replace(plain, **traits))
        self.faults = faults
        self.random = random.Random(seed)  # noqa: S311 - chance, not secrets
        self.witness = Witness()
        self._flying: list[tuple[float, Control, float]] = []
        for control, value in desk.values.items():
            self.witness.saw(control, 0.0, value)

    def mend(self) -> None:
        """Nothing goes wrong any more, and what was late never comes."""
        self.faults = Faults()
        self._flying.clear()

    def set(self, control: Control, value: float) -> None:
        """A message arrives, or not; its echo comes at once, late or never."""
        if self._draw(self.faults.lose):
            self.witness.lost(control)
            return
        self.witness.saw(control, self.clock.now(), value)
        self.desk.values[control] = value
        if self.faults.mute_feedback or not self.desk.knobs()[control].told:
            return
        if self._draw(self.faults.late):
            self._flying.append((self.clock.now() + self.faults.late_s, control, value))
        else:
            self.desk.events.append(Moved(control, value))

    def _arrive(self) -> None:
        """Echoes that were held up come in."""
        now = self.clock.now()
        here = [one for one in self._flying if one[0] <= now]
        self._flying = [one for one in self._flying if one[0] > now]
        self.desk.events.extend(Moved(control, value) for _, control, value in here)

    def read(self, controls: Iterable[Control]) -> dict[Control, float]:
        """Some questions get no answer."""
        self._arrive()
        found = super().read(list(controls))
        return {c: v for c, v in found.items() if self.random.random() >= self.faults.silent_reads}

    def poll(self, timeout_s: float = 0.0) -> list[Event]:
        """What the desk says, and what should not have been said."""
        self._arrive()
        self._mischief()
        return super().poll(timeout_s)

    def _mischief(self) -> None:
        faults, desk = self.faults, self.desk
        controls = list(desk.knobs())
        if self._draw(faults.vanish):
            desk.alive = False
        if self._draw(faults.nan):
            desk.events.append(Moved(self.random.choice(controls), math.nan))
        if self._draw(faults.noise):
            desk.events.append(Moved(Control("no such channel", "fader_db"), -3.0))
        if self._draw(faults.hand):
            control = self.random.choice(controls)
            knob = desk.knobs()[control]
            value = knob.nearest(self.random.uniform(knob.low, knob.high))
            self.witness.hands.add(control)
            self.witness.saw(control, self.clock.now(), math.nan)
            self.witness.saw(control, self.clock.now(), value)
            desk.move(control, value)
        if self._draw(faults.rename):
            desk.rename(self.random.choice(desk.channels).key, "Renamed")
        if self._draw(faults.reorder):
            channels = list(desk.channels)
            self.random.shuffle(channels)
            desk.relist(channels)
        if self._draw(faults.restart):
            desk.alive = False

    def _draw(self, chance: float) -> bool:
        return chance > 0.0 and self.random.random() < chance
