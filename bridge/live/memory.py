"""A desk in memory, for tests and for users' own programs: what a link promises, without a wire."""

from collections import deque
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from bridge.live.clock import Clock, ManualClock
from bridge.live.values import (
    Channel,
    Control,
    Event,
    Knob,
    LinkTraits,
    Lost,
    Moved,
    Relisted,
    Transport,
    check_value,
)
from console.errors import LinkError
from console.frozen import FrozenMap


@dataclass
class MemoryDesk:
    """The desk itself: its channels and where their knobs stand. A test moves it as an engineer's hand would."""

    channels: tuple[Channel, ...]
    values: dict[Control, float] = field(default_factory=dict)
    #: Events that no link has fetched yet.
    events: deque[Event] = field(default_factory=deque)
    alive: bool = True
    _knobs: dict[Control, Knob] = field(default_factory=dict, repr=False)
    _knobs_of: tuple[Channel, ...] | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        for control, knob in self.knobs().items():
            self.values.setdefault(control, _rest(knob))

    def knobs(self) -> dict[Control, Knob]:
        """Every knob of the desk by its control."""
        if self._knobs_of is not self.channels:
            self._knobs_of = self.channels
            self._knobs = {
                channel.control(name): knob
                for channel in self.channels
                for name, knob in channel.knobs.items()
            }
        return self._knobs

    def move(self, control: Control, value: float) -> None:
        """Move a knob by hand."""
        self.values[control] = value
        self.events.append(Moved(control, value))

    def rename(self, key: str, name: str) -> None:
        """Rename a channel."""
        self.relist(tuple(replace(one, name=name) if one.key == key else one for one in self.channels))

    def relist(self, channels: Iterable[Channel]) -> None:
        """Give the desk other channels, or the same ones in another order."""
        self.channels = tuple(channels)
        for control, knob in self.knobs().items():
            self.values.setdefault(control, _rest(knob))
        self.events.append(Relisted("the tracks of the desk are others than before"))

    def play(self, position_s: float, *, playing: bool = True) -> None:
        """Say where the transport stands."""
        self.events.append(Transport(position_s, playing))


def _rest(knob: Knob) -> float:
    return knob.nearest(0.0)


class MemoryLink:
    """A link to a `MemoryDesk`; everything arrives at once and comes back as an echo.

    Args:
        desk: the desk.
        clock: the time it goes by.
        traits: another tick or rate than 20 ms and 2000 messages a second.
        identity: which desk it says it is.
    """

    def __init__(
        self,
        desk: MemoryDesk,
        clock: Clock | None = None,
        traits: LinkTraits | None = None,
        identity: str = "memory",
    ) -> None:
        self.desk = desk
        self.clock = clock if clock is not None else ManualClock()
        self._traits = traits or LinkTraits("memory", tick_s=0.02, messages_per_s=2_000.0, settle_s=0.0)
        self._identity = identity
        self._told_lost = False

    @property
    def traits(self) -> LinkTraits:
        """What the link can do, and how fast."""
        return self._traits

    @property
    def identity(self) -> str:
        """Which desk this is."""
        return self._identity

    def connect(self) -> None:
        """Find the desk alive.

        Raises:
            LinkError: it is not.
        """
        self._check_alive()
        self.desk.events.clear()

    def channels(self) -> tuple[Channel, ...]:
        """The channels as the desk has them now."""
        self._check_alive()
        return self.desk.channels

    def read(self, controls: Collection[Control]) -> dict[Control, float]:
        """Where knobs stand; one that cannot be read is left out."""
        self._check_alive()
        knobs = self.desk.knobs()
        return {
            control: self.desk.values[control]
            for control in controls
            if control in knobs and knobs[control].readable
        }

    def write(self, values: Mapping[Control, float]) -> None:
        """Set values.

        Raises:
            ParamError: no such control, or a value outside its range or not finite.
        """
        knobs = self.desk.knobs()
        for control, value in values.items():
            check_value(control, knobs.get(control), value)
        if not self.desk.alive:
            return  # as over UDP: nobody says that nobody hears
        for control, value in values.items():
            self.set(control, value)

    def set(self, control: Control, value: float) -> None:
        """What the desk does with a value that arrives; a test of bad desks overrides it."""
        self.desk.values[control] = value
        if self.desk.knobs()[control].told:
            self.desk.events.append(Moved(control, value))

    def poll(self, timeout_s: float = 0.0) -> list[Event]:
        """What the desk said since the last call."""
        if not self.desk.events:
            self.clock.sleep(timeout_s)
        if not self.desk.alive:
            if self._told_lost:
                return []
            self._told_lost = True
            return [Lost("the desk does not answer")]
        events = list(self.desk.events)
        self.desk.events.clear()
        return events

    def close(self) -> None:
        """Leave the desk as it stands."""

    def _check_alive(self) -> None:
        if not self.desk.alive:
            raise LinkError("the desk in memory does not answer; switch it on")


def plain_channel(key: str, name: str, kind: str = "track", knobs: Iterable[Knob] = ()) -> Channel:
    """A channel with fader, pan and whatever else is given.

    Args:
        key: its key.
        name: its name.
        kind: "track", "group", "fx" or "master".
        knobs: more knobs, or others in the place of the fader (−90 … +12 dB) and the pan.
    """
    given = [Knob("fader_db", -90.0, 12.0), Knob("pan", -1.0, 1.0), *knobs]
    return Channel(key, name, kind, FrozenMap({knob.parameter: knob for knob in given}))
