"""The link to Ardour: sets its surface up, asks, sends and hears its knobs, and watches its strips for changes."""

import logging
import math
from collections import deque
from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import Final

from bridge.live.clock import Clock
from bridge.live.links.ardour.inquiry import Inquiry
from bridge.live.links.ardour.knobs import KNOWN_FEEDBACK, Knobs
from bridge.live.links.ardour.listing import Listing
from bridge.live.links.ardour.pace import MESSAGES_PER_S, Pace
from bridge.live.links.ardour.strips import channels_of, learn_chains
from bridge.live.links.ardour.watch import Watch
from bridge.live.values import Channel, Control, Event, LinkTraits, Lost, Moved, Relisted, Transport
from bridge.live.wires import Message, Wire
from console.errors import LinkError, ParamError

log = logging.getLogger(__name__)

#: The least time that is waited, so that a wait for a clock's last digit comes to an end.
_LEAST_S: Final = 1e-4

#: Its heart beats once a second.
_SILENCE_S: Final = 3.5

_WHAT_TO_CLICK: Final = (
    "in Ardour open Edit > Preferences > Control Surfaces, switch on Open Sound Control (OSC), and under Show Protocol "
    "Settings leave Port Mode at Auto; the port is shown there: give another than 3819 by --port"
)

_NOTES: Final = (
    "Ardour does not tell when a plugin's knob or a send is moved by hand: it is asked in turns, and a move may be "
    "seen some seconds late",
    "a stereo track with Ardour's equal-power panner has no pan here; one with its balance panner has",
    "sends that are off have no knob here, nor have faders, trims and pans whose automation plays or records",
    "Ardour's mono panner is up to 0.09 dB off the console's level between its places",
)


class ArdourLink:
    """A link to Ardour 6 or newer.

    Args:
        wire: the way to it.
        clock: the time it goes by.
        identity: which desk this is.
        transport: whether to ask where the song stands.
        watch: whether to go round the plugins and sends, of which Ardour says nothing by itself.
    """

    def __init__(
        self,
        wire: Wire,
        clock: Clock,
        identity: str = "ardour",
        *,
        transport: bool = False,
        watch: bool = True,
    ) -> None:
        self._wire, self._clock, self._identity, self._transport = wire, clock, identity, transport
        self._events: deque[Event] = deque()
        self._inquiry = Inquiry(wire, clock, self._hear)
        self._knobs = Knobs(self._inquiry, clock, self._moved, self._relisted)
        self._watch = Watch(self._knobs, wire, clock) if watch else None
        self._pace = Pace(wire, clock, self._take_in)
        self._listing = Listing(wire, clock, self._take_in, transport)
        self._playing, self._position_s = False, 0.0
        self._beat_s = 0.0
        self._state = "unconnected"
        self._void = True

    @property
    def traits(self) -> LinkTraits:
        """What the link can do, and how fast."""
        return LinkTraits(
            "ardour",
            tick_s=0.02,
            messages_per_s=MESSAGES_PER_S,
            settle_s=0.05,
            transport=self._transport,
            notes=_NOTES,
        )

    @property
    def identity(self) -> str:
        """Which desk this is."""
        return self._identity

    def connect(self) -> None:
        """Reach Ardour, set its surface up, and learn its strips.

        Raises:
            LinkError: nobody answers, or there is no session.
        """
        self._state, self._beat_s = "connected", self._clock.now()
        try:
            self.channels()
        except LinkError:
            self._state = "unconnected"
            raise
        self._beat_s = self._clock.now()
        self._events.clear()

    def channels(self) -> tuple[Channel, ...]:
        """The channels as Ardour has them now, asked anew."""
        self._check_connected()
        self._void = True
        self._knobs.forget()
        strips = self._listing.strips(self._knobs)
        if strips is None:
            raise LinkError(f"{self._identity} does not answer, or has no session open; {_WHAT_TO_CLICK}")
        missing = learn_chains(strips, self._inquiry, self._listing.rate_hz)
        if missing:
            log.warning("Ardour gave no answer to %d questions, the first %s", len(missing), missing[0])
        channels = channels_of(strips)
        self._knobs.know(strips, channels)
        if self._watch is not None:
            self._watch.begin(strips)
        self._void = False
        return channels

    def read(self, controls: Collection[Control]) -> dict[Control, float]:
        """Where knobs stand, asked anew."""
        self._check_connected()
        self._take_in(0.0)
        found = self._knobs.read(controls, self._listing.refresh)
        return {} if self._void else found

    def write(self, values: Mapping[Control, float]) -> None:
        """Send values as fast as Ardour takes them.

        Raises:
            ParamError: a control that Ardour does not have, not any more, or a value outside its range or not finite.
            LinkError: Ardour does not answer any more.
        """
        self._check_connected()
        self._take_in(0.0)
        if self._void:
            raise ParamError("the strips of Ardour are others than before; ask for its channels anew")
        for message in self._knobs.messages(values):
            self._pace.wait()
            if self._void:
                raise ParamError(
                    "the strips of Ardour have changed while they were moved; ask for its channels anew"
                )
            self._wire.send(message[0], *message[1])

    def poll(self, timeout_s: float = 0.0) -> list[Event]:
        """What Ardour said since the last call, in order; waits at most so long for the first."""
        if self._state != "connected":
            if not self._events:
                self._clock.sleep(timeout_s)
            return self._fetched()
        until = self._clock.now() + timeout_s
        self._take_in(0.0)
        while not self._events:
            left_s = until - self._clock.now()
            self._keep_alive()
            if left_s <= 0.0 or self._events:
                break
            due_s = self._watch.due_s - self._clock.now() if self._watch and not self._void else left_s
            self._take_in(max(min(left_s, due_s, 0.25), _LEAST_S))
        else:
            self._keep_alive()
        return self._fetched()

    def close(self) -> None:
        """Have Ardour say nothing more, and leave it as it stands."""
        with suppress(LinkError, OSError):
            if self._state == "connected":
                self._listing.silence()
        self._state = "closed"
        self._wire.close()

    def _fetched(self) -> list[Event]:
        events = list(self._events)
        self._events.clear()
        return events

    def _check_connected(self) -> None:
        if self._state != "connected":
            raise LinkError(f"the link to {self._identity} is {self._state}; connect it first")

    def _keep_alive(self) -> None:
        now = self._clock.now()
        if now - self._beat_s > _SILENCE_S:
            self._state = "lost"
            self._events.append(
                Lost(
                    f"{self._identity} has said nothing for {_SILENCE_S:g} s: it was closed, opened anew or hangs"
                )
            )
        elif self._watch is not None and not self._void:
            self._watch.step()

    def _take_in(self, timeout_s: float) -> None:
        for message in self._wire.receive(timeout_s):
            self._hear(message)

    def _hear(self, message: Message) -> None:
        """Take what Ardour says by itself, or late."""
        address = message.address
        if address == "/heartbeat":
            self._beat_s = self._clock.now()
        elif address == "/reply":
            self._listing.hear_row(message)
        elif address in KNOWN_FEEDBACK:
            self._listing.hear_strip()
            self._knobs.hear(message)
        elif address == "/transport_play":
            self._moves(self._position_s, message.number(0, 0.0) > 0.0)
        elif address == "/position/samples":
            rate_hz = self._listing.rate_hz
            self._moves(_number(message, self._position_s * rate_hz) / rate_hz, self._playing)
        elif not self._pace.hear(address) and self._watch is not None and not self._void:
            self._watch.hear(message)

    def _moves(self, position_s: float, playing: bool) -> None:
        if (position_s, playing) != (self._position_s, self._playing):
            self._position_s, self._playing = position_s, playing
            self._events.append(Transport(position_s, playing))

    def _moved(self, control: Control, value: float) -> None:
        if not self._void:
            self._events.append(Moved(control, value))

    def _relisted(self, text: str) -> None:
        if not self._void:
            self._void = True
            self._events.append(Relisted(text))


def _number(message: Message, default: float) -> float:
    """A number, which Ardour says as text."""
    try:
        value = float(message.text(0))
    except ValueError:
        return default
    return value if math.isfinite(value) else default
