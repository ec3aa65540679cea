"""The link to a Behringer X32 or Midas M32.

The desk answers a question at the sender's port and tells what other clients move as long as `/xremote` is renewed;
a value that is set has no answer. Channels, mix buses behind the fader and the main bus are moved; mutes, groups of
DCAs, monitors, inputs and matrices are left alone.
"""

import math
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Final

from bridge.live.clock import Clock
from bridge.live.link import LINKS, LinkOptions, settings_of
from bridge.live.links.answering import AnsweringLink
from bridge.live.links.asking import Asker, Question
from bridge.live.links.facing import listening
from bridge.live.links.x32.laws import Law, Setting
from bridge.live.links.x32.layout import Layout, lay_out, listing
from bridge.live.links.x32.table import BUSES, CHANNELS, MAIN, state_places
from bridge.live.tapping import osc_wire
from bridge.live.values import Control, Event, LinkTraits, Moved, Relisted, check_value
from bridge.live.wires import Message, UdpWire, Wire
from console.errors import LinkError, ParamError

_TRAITS: Final = LinkTraits(
    "x32",
    tick_s=0.02,
    messages_per_s=500.0,
    settle_s=0.1,
    echoes=False,
    lasting_keys=True,
    notes=(
        "the trim moves digital sources only; the gain of a preamp is left alone",
        "the knee and the hold of a compressor have no counterpart and are left alone",
        "a gate is the console's at its steepest ratio, and bands of the types LCut, VEQ and HCut are left alone",
    ),
)

#: The desk forgets a client after 10 s; half of that leaves room for a lost packet.
_RENEW_S: Final = 4.5
_BEAT_S: Final = 1.0
_MOST_MISSED: Final = 3

_IDENTITY: Final = Question("/xinfo")
_PAIRS: Final = tuple(
    Question(f"/config/{kind}link/{first}-{first + 1}")
    for kind, count in (("ch", 32), ("bus", 16))
    for first in range(1, count, 2)
)
#: A scene that is recalled moves everything at once.
_SCENE: Final = "/-show/prepos/current"


def open_link(options: LinkOptions, clock: Clock) -> "X32Link":
    """A link to the desk at the host of the options, not connected yet.

    `--set rate=N` is how many values a second it is sent, which not every network takes.

    Raises:
        LinkError: a port is taken, or the host is not known.
        ParamError: a setting that is unknown, or a rate out of its range.
    """
    peer = (options.host, options.port or LINKS["x32"].port)
    rate = _rate(settings_of(options, ("rate",), "the X32").get("rate", ""))
    wire = osc_wire(UdpWire, peer, clock, listen=listening(options))
    return X32Link(wire, clock, f"x32 {peer[0]}:{peer[1]}", per_s=rate)


def _rate(text: str) -> float:
    """The messages a second of `--set rate=N`."""
    try:
        rate = float(text or _TRAITS.messages_per_s)
    except ValueError:
        rate = math.nan
    if not 50.0 <= rate <= 20_000.0:
        raise ParamError(f"the setting rate is {text!r}; give 50 to 20000 messages a second")
    return rate


class X32Link(AnsweringLink):
    """A link to a desk behind a wire.

    Args:
        wire: the wire; closed with the link.
        clock: the time it goes by.
        identity: which desk it is.
        per_s: how many values a second it is sent; it is asked twice as fast.
    """

    def __init__(
        self, wire: Wire, clock: Clock, identity: str = "x32", *, per_s: float = _TRAITS.messages_per_s
    ) -> None:
        asker = Asker(wire, clock, window=24, patience_s=0.25, tries=4, spacing_s=0.5 / per_s)
        super().__init__(wire, clock, identity, replace(_TRAITS, messages_per_s=per_s), asker)
        self._layout = Layout()
        self._state: dict[str, object] = {}
        self._renewed_s = self._beaten_s = -math.inf
        self._missed = 0

    def connect(self) -> None:
        """Find the desk and learn its channels.

        Raises:
            LinkError: nobody answers, or somebody who is no X32 or M32.
        """
        old = Question("/info")
        answers = self._asker.ask([_IDENTITY]) or self._asker.ask([old])
        if not answers:
            raise LinkError(
                f"{self._identity}: nobody answers; check that the console is on, that its address "
                "(Setup > Network) is the one given, and that this computer is in the same network"
            )
        model = next(iter(answers.values())).text(2)
        if not model.upper().startswith(("X32", "M32")):
            raise LinkError(f"{self._identity}: {model[:40]!r} answers, which is no X32 or M32")
        self._learn()
        self._fresh = True

    def _learn(self) -> None:
        self._keep_alive()
        places = [
            Question(f"/{key}/{place}") for key in (*CHANNELS, *BUSES, MAIN) for place in state_places(key)
        ]
        for question, message in self._ask([*places, *_PAIRS]).items():
            if message.args:
                self._state[question.address] = message.args[0]
        self._layout = lay_out(self._state)
        self._channels = self._layout.channels
        self._traits = replace(self._traits, notes=(*_TRAITS.notes, *self._layout.notes))

    def read(self, controls: Collection[Control]) -> dict[Control, float]:
        """Where knobs stand; one that gives no answer, or stands at what the console has no word for, is left out.

        Raises:
            LinkError: the desk does not answer at all.
        """
        self._check()
        self._keep_alive()
        asked = {
            Question(self._layout.places[control][0]): control
            for control in controls
            if control in self._layout.places
        }
        found: dict[Control, float] = {}
        for question, message in self._ask(list(asked)).items():
            control = asked[question]
            value = _value(self._layout.places[control][1], message)
            if value is not None:
                self._state[question.address] = message.args[0]
                found[control] = value
        return found

    def write(self, values: Mapping[Control, float]) -> None:
        """Send values, each on the nearest step of its knob.

        Raises:
            LinkError: the desk is lost.
            ParamError: no such control, or a value outside its range or not finite.
        """
        self._check()
        for control, value in values.items():
            check_value(control, self._layout.knobs.get(control), value)
        self._fresh = False
        for control, value in values.items():
            address, law = self._layout.places[control]
            sent = law.wire(value)
            self._wire.send(address, sent)
            self._state[address] = sent

    def _ask(self, questions: list[Question]) -> dict[Question, Message]:
        """The answers to questions, and with them the proof that the desk is there at all."""
        answers = self._asker.ask([*questions, _IDENTITY])
        if answers.pop(_IDENTITY, None) is None and not answers:
            self._lost = "the desk does not answer"
            self._check()
        return answers

    def _keep_alive(self) -> bool:
        now = self._clock.now()
        if now - self._renewed_s >= _RENEW_S:
            self._wire.send("/xremote")
            self._renewed_s = now
        if now - self._beaten_s >= _BEAT_S:
            silent = self._asker.last_heard_s < self._beaten_s
            self._missed = self._missed + 1 if silent else 0
            if self._missed >= _MOST_MISSED:
                self._lost = f"the desk has not answered for {_MOST_MISSED} s"
                return False
            self._wire.send(_IDENTITY.address)
            self._beaten_s = now
        return True

    def _news(self, wait_s: float) -> list[Event]:
        return self._events(self._asker.heard(min(wait_s, _BEAT_S / 2.0)))

    def _events(self, messages: list[Message]) -> list[Event]:
        events: list[Event] = []
        relisted = ""
        for message in messages:
            value = message.args[0] if message.args else None
            before = self._state.get(message.address)
            if message.address == _SCENE:
                relisted = relisted or "a scene was recalled on the desk"
            elif message.address in self._state and listing(message.address, value) != listing(
                message.address, before
            ):
                relisted = relisted or f"{message.address} has changed, and with it the list of channels"
            control = self._layout.controls.get(message.address)
            moved = None if control is None else _value(self._layout.places[control][1], message)
            if control is not None and moved is not None and value != before:
                events.append(Moved(control, moved))
            if moved is not None or (
                control is None and message.address in self._state and value is not None
            ):
                self._state[message.address] = value
        return [*events, Relisted(relisted)] if relisted else events


def _value(law: Law, message: Message) -> float | None:
    """What a message says about a knob; None for what is no setting of it."""
    if isinstance(law, Setting):
        return law.value(message.whole(0))
    given = message.args[0] if message.args else None
    return law.value(given) if isinstance(given, float) and math.isfinite(given) else None
