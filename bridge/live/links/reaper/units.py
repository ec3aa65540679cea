"""Knobs of the desk as links move them: what is sent for a value, and which address tells where it stands."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from bridge.live.links.reaper.laws import EQ_OCTAVES, Law
from bridge.live.links.reaper.surface import Surface
from bridge.live.values import Knob
from console.mix import Band, BandType
from console.params import spec
from exporters.reaper.eqmap import SHELF_FLOOR_OCTAVES, bandwidth_of, q_of

#: What is sent: an address and a number, always as a float.
Sent = tuple[str, float]


class Unit(Protocol):
    """One knob, or a few that can only be moved together."""

    @property
    def knobs(self) -> tuple[Knob, ...]:
        """The knobs."""
        ...

    @property
    def told(self) -> Mapping[str, str]:
        """The addresses that tell, each with the knob's parameter."""
        ...

    def value(self, parameter: str, surface: Surface) -> float | None:
        """Where a knob stands by what was told last; None while nothing was."""
        ...

    def messages(self, wanted: Mapping[str, float], surface: Surface) -> list[Sent]:
        """What to send for values of its knobs."""
        ...


@dataclass(frozen=True)
class Plain:
    """One knob on one parameter."""

    knob: Knob
    address: str
    answer: str
    law: Law
    #: Where the address takes the console's unit itself.
    direct: bool = False

    @property
    def knobs(self) -> tuple[Knob, ...]:
        """The knob."""
        return (self.knob,)

    @property
    def told(self) -> Mapping[str, str]:
        """Its address."""
        return {self.answer: self.knob.parameter}

    def value(self, parameter: str, surface: Surface) -> float | None:
        """Where it stands."""
        number = surface.number(self.answer)
        return None if number is None else self.law.decode(number)

    def messages(self, wanted: Mapping[str, float], surface: Surface) -> list[Sent]:
        """One message."""
        value = wanted[self.knob.parameter]
        return [(self.address, value if self.direct else self.law.encode(value))]


@dataclass(frozen=True)
class Floor:
    """ReaGate's range: its dry signal, and the gated one made so much softer, which keeps the open gate at 0 dB."""

    knob: Knob
    dry: Plain
    wet_address: str
    top: float

    @property
    def knobs(self) -> tuple[Knob, ...]:
        """The knob."""
        return (self.knob,)

    @property
    def told(self) -> Mapping[str, str]:
        """The dry signal tells it."""
        return {self.dry.answer: self.knob.parameter}

    def value(self, parameter: str, surface: Surface) -> float | None:
        """Where it stands."""
        return self.dry.value(parameter, surface)

    def messages(self, wanted: Mapping[str, float], surface: Surface) -> list[Sent]:
        """Both signals, what becomes softer first."""
        dry = self.dry.messages({self.dry.knob.parameter: wanted[self.knob.parameter]}, surface)
        wet = (self.wet_address, 1.0 / self.top - dry[0][1])
        now = surface.number(self.dry.answer)
        return [*dry, wet] if now is None or dry[0][1] <= now else [wet, *dry]


#: The q that a shelf of ReaEQ reaches at every gain: at 4 octaves and 18 dB, and at its steepest and 0 dB.
_SHELF_Q = (
    q_of(BandType.LOW_SHELF, 1000.0, 0.0, 4.0, 48000.0),
    q_of(BandType.LOW_SHELF, 1000.0, 0.0, 0.0, 48000.0),
)
#: And a bell at every frequency.
_BELL_Q = (q_of(BandType.BELL, 20.0, 0.0, 4.0, 48000.0), spec("equalizer.q").high)

#: What may be written so that what was found can be put back: everything that ReaEQ can be set to.
WIDEST_Q = (1e-3, 1e3)

_SAME_OCTAVES = 1e-5
_REMEMBERED = 64
_HALVINGS = 48
_FURTHEST_DB = 40.0


@dataclass(eq=False)
class EqBand:
    """A band of ReaEQ: its bandwidth in octaves stands for a q that depends on frequency and gain.

    So whoever moves frequency or gain has the bandwidth moved along, and the q stays.
    """

    number: int
    kind: BandType
    frequency: Plain
    gain: Plain
    octaves: Plain
    sample_rate_hz: float
    _q: float | None = None
    _sent: deque[float] = field(default_factory=lambda: deque(maxlen=_REMEMBERED))

    @property
    def q_knob(self) -> Knob:
        """The knob of the q."""
        low, high = _BELL_Q if self.kind is BandType.BELL else _SHELF_Q
        return Knob(self._name("q"), low, high, resolution=1e-4, told=self.gain.knob.told)

    @property
    def knobs(self) -> tuple[Knob, ...]:
        """Frequency, gain, q."""
        return (self.frequency.knob, self.gain.knob, self.q_knob)

    @property
    def told(self) -> Mapping[str, str]:
        """The three parameters' addresses."""
        return {
            self.frequency.answer: self._name("frequency_hz"),
            self.gain.answer: self._name("gain_db"),
            self.octaves.answer: self._name("q"),
        }

    def value(self, parameter: str, surface: Surface) -> float | None:
        """Where a knob stands."""
        if parameter == self._name("frequency_hz"):
            return self.frequency.value(parameter, surface)
        if parameter == self._name("gain_db"):
            return self.gain.value(parameter, surface)
        frequency_hz, gain_db, octaves = (
            one.value(parameter, surface) for one in (self.frequency, self.gain, self.octaves)
        )
        if frequency_hz is None or gain_db is None or octaves is None:
            return None
        return self._q_of(frequency_hz, gain_db, octaves)

    def messages(self, wanted: Mapping[str, float], surface: Surface) -> list[Sent]:
        """What was asked for, and the bandwidth that keeps the q."""
        asked = {name: wanted.get(self._name(name)) for name in ("frequency_hz", "gain_db", "q")}
        sent: list[Sent] = []
        standing: list[float] = []
        for plain, name in ((self.frequency, "frequency_hz"), (self.gain, "gain_db")):
            value = asked[name]
            if value is not None:
                sent += plain.messages({plain.knob.parameter: value}, surface)
            else:
                value = plain.value(plain.knob.parameter, surface)
            if value is None:
                return sent
            standing.append(value)
        octaves_now = self.octaves.value("", surface)
        q = asked["q"] if asked["q"] is not None else self._standing_q(surface)
        if q is None:
            return sent
        self._q = q
        octaves = self._octaves_of(standing[0], standing[1], q)
        latest = self._sent[-1] if self._sent else octaves_now
        if asked["q"] is None and latest is not None and abs(octaves - latest) <= _SAME_OCTAVES:
            return sent
        self._sent.append(octaves)
        return sent + self.octaves.messages({self.octaves.knob.parameter: octaves}, surface)

    def follows(self, surface: Surface) -> bool:
        """Whether the bandwidth stands where it was moved along with frequency or gain."""
        octaves = self.octaves.value("", surface)
        return octaves is not None and any(abs(octaves - one) <= _SAME_OCTAVES * 10.0 for one in self._sent)

    def _standing_q(self, surface: Surface) -> float | None:
        """The q that was set last, unless somebody has moved the bandwidth since."""
        if self._q is not None and self.follows(surface):
            return self._q
        return self.value(self._name("q"), surface)

    def _q_of(self, frequency_hz: float, gain_db: float, octaves: float) -> float:
        # Further out than this a steep shelf has no q.
        held_db = min(max(gain_db, -_FURTHEST_DB), _FURTHEST_DB)
        return q_of(self.kind, max(frequency_hz, 1.0), held_db, max(octaves, 0.01), self.sample_rate_hz)

    def _octaves_of(self, frequency_hz: float, gain_db: float, q: float) -> float:
        """The bandwidth with this q; outside of a Band's ranges, which are narrower than the desk's, by halving."""
        inside = {"frequency_hz": frequency_hz, "gain_db": gain_db, "q": q}
        if all(
            spec(f"equalizer.{name}").low <= v <= spec(f"equalizer.{name}").high for name, v in inside.items()
        ):
            return bandwidth_of(Band(self.kind, **inside), self.sample_rate_hz)
        low, high = EQ_OCTAVES.low, EQ_OCTAVES.high
        if self.kind is not BandType.BELL:
            low = SHELF_FLOOR_OCTAVES
        for _ in range(_HALVINGS):
            middle = (low + high) / 2.0
            if self._q_of(frequency_hz, gain_db, middle) > q:
                low = middle
            else:
                high = middle
        return (low + high) / 2.0

    def _name(self, knob: str) -> str:
        return f"equalizer.{self.number}.{knob}"
