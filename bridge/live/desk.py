"""One model of the desk: what was read, what we sent, what it says, and whose hand is on what."""

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from bridge.live.clock import Clock
from bridge.live.echoes import Echoes
from bridge.live.link import Link
from bridge.live.values import (
    Channel,
    Control,
    Event,
    Knob,
    Lost,
    Moved,
    Refused,
    Relisted,
    Touched,
    Transport,
)
from console.errors import LinkError


@dataclass
class Desk:
    """A desk behind a link. `values` is where its knobs stand as far as is known.

    A channel on which a hand moved something is `held`: for as long as this desk is worked with, nobody else moves it.
    """

    link: Link
    clock: Clock
    channels: dict[str, Channel] = field(default_factory=dict)
    knobs: dict[Control, Knob] = field(default_factory=dict)
    values: dict[Control, float] = field(default_factory=dict)
    held: dict[str, str] = field(default_factory=dict)
    transport: Transport | None = None
    refusals: list[str] = field(default_factory=list)
    _read_s: dict[Control, float] = field(default_factory=dict)
    #: What hands did, knob by knob the last of it, until somebody takes it: also while something moves.
    hands: dict[Control, Moved | Touched] = field(default_factory=dict)
    #: How much the desk has said, and how many values it was sent.
    heard: int = 0
    sent: int = 0
    _echoes: Echoes | None = None

    def learn(self) -> None:
        """Ask for the channels; what was known of others is forgotten."""
        channels = self.link.channels()
        self.channels = {channel.key: channel for channel in channels}
        self.knobs = {
            channel.control(name): knob for channel in channels for name, knob in channel.knobs.items()
        }
        self.values = {control: value for control, value in self.values.items() if control in self.knobs}
        self._echoes = Echoes(self.knobs, self.link.traits.settle_s)

    def read(self, controls: Collection[Control] | None = None) -> dict[Control, float]:
        """Ask where knobs stand, all of them unless told which; what gives no answer is left out."""
        wanted = list(self.knobs) if controls is None else list(controls)
        found = self.link.read(wanted)
        self.values.update(found)
        self._read_s |= dict.fromkeys(found, self.clock.now())
        return found

    def read_lately(self, control: Control, seconds: float) -> bool:
        """Whether the desk said within the last seconds where a knob stands, when it was asked."""
        return self.clock.now() - self._read_s.get(control, -math.inf) < seconds

    def send(self, values: dict[Control, float]) -> None:
        """Send values and remember that they are ours."""
        now_s = self.clock.now()
        for control, value in values.items():
            self.echoes.sent(control, value, now_s, self.values.get(control))
        self.link.write(values)
        self.values.update(values)
        self.sent += len(values)

    def listen(self, timeout_s: float = 0.0) -> list[Moved | Touched]:
        """Take in what the desk says, and give back what hands did.

        Raises:
            LinkError: the desk does not answer any more, or its tracks are others than before. It stays as it stands.
        """
        hands: list[Moved | Touched] = []
        for event in self.link.poll(timeout_s):
            self.heard += 1
            hands += self.take(event)
        return hands

    def take(self, event: Event) -> list[Moved | Touched]:
        """Take in one thing that the desk said; what a hand did is given back.

        Raises:
            LinkError: as `listen`.
        """
        match event:
            case Lost(text):
                raise LinkError(
                    f"{text}; the desk stays as it stands, `mixbridge live restore` takes it back"
                )
            case Relisted(text):
                raise TracksChanged(
                    f"{text}; nothing more is moved. Run `mixbridge live connect` to pair them anew"
                )
            case Transport():
                self.transport = event
            case Refused(text):
                self.refusals.append(text)
            case Touched(control, down):
                if down:
                    self.hold(control, "touched")
                    self.hands.setdefault(control, event)  # that it moved says more
                    return [event]
            case Moved(control, value):
                return self._moved(event) if control in self.knobs and value == value else []
        return []

    def _moved(self, event: Moved) -> list[Moved | Touched]:
        control, value = event.control, event.value
        known = self.values.get(control)
        if self.link.traits.echoes and self.echoes.is_echo(control, value):
            return []
        self.values[control] = value
        if known is not None and self.knobs[control].agree(known, value):
            return []
        if known is None:  # the desk says for the first time where the knob stands: nobody moved it
            return []
        self.hold(control, f"moved to {value:g}")
        self.hands[control] = event
        return [event]

    def hold(self, control: Control, how: str) -> None:
        """Leave a channel to the engineer from now on."""
        self.held.setdefault(control.channel, f"{control.parameter} {how}")
        self.echoes.forget(control)

    def take_hands(self) -> list[Moved | Touched]:
        """What hands did since this was last asked, the last of each knob."""
        hands, self.hands = list(self.hands.values()), {}
        return hands

    def release(self, keys: Iterable[str] | None = None) -> None:
        """Take channels back: these, or all."""
        for key in list(self.held) if keys is None else keys:
            self.held.pop(key, None)

    @property
    def echoes(self) -> Echoes:
        """What was sent lately."""
        if self._echoes is None:
            raise LinkError("the desk's channels are not known yet; connect first")
        return self._echoes

    def name(self, control: Control) -> str:
        """A knob in words."""
        channel = self.channels.get(control.channel)
        return f"{channel.name if channel else control.channel}: {control.parameter}"


class TracksChanged(LinkError):
    """The tracks of the desk are others than before, so that no number means what it meant."""
