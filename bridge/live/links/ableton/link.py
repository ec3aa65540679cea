"""The link to Ableton Live by the remote script AbletonOSC.

AbletonOSC listens on port 11000 and answers to port 11001 of whoever asked last, so that there is one client for each
computer. It looks at its port every 100 ms; a message that it cannot handle leaves the rest of the queue for the next
look and drops the rest of a bundle, which is why nothing here is bundled and every question may be asked again. A
value that is set has no answer; what fails comes as text to `/live/error`.
"""

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Final

from bridge.live.clock import Clock
from bridge.live.link import LINKS, LinkOptions, settings_of
from bridge.live.links.ableton.hearing import ERROR, LISTENED, SETTLE_S, TRANSPORT, Ear
from bridge.live.links.ableton.listing import Learner, Listing
from bridge.live.links.ableton.rooms import NAMES
from bridge.live.links.ableton.watch import MOST_MISSED, Watch
from bridge.live.links.answering import AnsweringLink
from bridge.live.links.asking import Asker, Question
from bridge.live.links.facing import listening
from bridge.live.tapping import osc_wire
from bridge.live.values import Control, Event, LinkTraits, Lost, check_value
from bridge.live.wires import UdpWire, Wire, bound_socket
from console.errors import LinkError

ANSWER_PORT: Final = 11_001

_TICK_S: Final = 0.1
_TRAITS: Final = LinkTraits(
    "ableton",
    tick_s=_TICK_S,
    messages_per_s=400.0,
    settle_s=SETTLE_S,
    transport=True,
    notes=(
        "pan is Live's own: a track in the middle plays 3 dB louder than in mixbridge if its file is mono",
        "a track or device that is inserted is noticed within a second; until then a move may reach its neighbour",
        "knobs of devices and sends are looked at in turn; a hand on them is seen later than one on a fader",
        "the song's seconds hold where its tempo does not change",
    ),
)

_VERSION: Final = Question("/live/application/get/version")
_LISTEN_TRIES: Final = 2


def open_link(options: LinkOptions, clock: Clock) -> "AbletonLink":
    """A link to Live at the host of the options, not connected yet.

    `--set returns=Reverb,Delay` names the returns of a Live whose AbletonOSC does not.

    Raises:
        LinkError: the port for the answers is taken, or the host is not known.
    """
    peer = (options.host, options.port or LINKS["ableton"].port)
    listen = listening(options, ANSWER_PORT)
    returns = settings_of(options, ("returns",), "Ableton Live").get("returns", "")
    names = [name.strip() for name in returns.split(",")] if returns else []
    wire = osc_wire(_wire, peer, clock, listen)
    return AbletonLink(wire, clock, f"ableton {peer[0]}:{peer[1]}", names)


def _wire(peer: tuple[str, int], clock: Clock, listen: tuple[str, int]) -> UdpWire:
    try:
        bound_socket(listen).close()
    except LinkError as error:
        raise LinkError(
            f"{error}. AbletonOSC answers to port {ANSWER_PORT} only, so that one program at a time can use it on a "
            "computer: close TouchOSC, another mixbridge or whatever else listens there"
        ) from None
    return UdpWire(peer, clock, listen=listen)


class AbletonLink(AnsweringLink):
    """A link to Live behind a wire.

    Args:
        wire: the wire; closed with the link.
        clock: the time it goes by.
        identity: which Live it is.
        return_names: what the user calls the returns, in order.
    """

    def __init__(
        self, wire: Wire, clock: Clock, identity: str = "ableton", return_names: Collection[str] = ()
    ) -> None:
        asker = Asker(wire, clock, window=48, patience_s=0.5, tries=4, spacing_s=1.0 / 1_000.0, refusal=ERROR)
        super().__init__(wire, clock, identity, _TRAITS, asker)
        self._learner = Learner(asker, tuple(return_names))
        self._listing = Listing()
        self._watch = Watch(wire, clock, NAMES)
        self._ear = Ear(clock, self._watch)
        self._later: list[Event] = []
        #: What name a track had when a listener was put on it under a number.
        self._listened: dict[Question, str] = {}

    def connect(self) -> None:
        """Find Live and learn its tracks.

        Raises:
            LinkError: AbletonOSC does not answer.
        """
        answers = self._asker.ask([_VERSION, NAMES])
        if not answers:
            raise LinkError(
                f"{self._identity}: AbletonOSC does not answer; in Live, choose AbletonOSC as a control surface "
                "(Settings > Link, Tempo & MIDI), and close other programs that use it"
            )
        self._learn()
        self._fresh = True

    def _learn(self) -> None:
        listing = self._learner.learn()
        if not listing.names and NAMES not in self._asker.ask([NAMES]):
            self._lost = "Live does not answer"
            self._check()
        self._listing = listing
        self._ear.take(listing)
        self._listen()
        self._channels = listing.channels
        together = {place.together for place in listing.places.values() if place.together is not None}
        sends = [
            listing.places[control].question
            for control, knob in listing.knobs.items()
            if knob.told and control in listing.places and control.parameter.startswith("send.")
        ]
        self._watch.every_beat = (
            *TRANSPORT,
            *(track.ask("devices/class_name") for track in listing.with_devices),
        )
        self._watch.in_turn = (*sorted(together, key=str), *sends)
        self._watch.hear(NAMES.address)
        self._traits = replace(_TRAITS, notes=(*_TRAITS.notes, *listing.notes))
        # Errors of questions that this Live did not know are no news, and what is to come starts from here.
        self._later = [event for event in self._later if isinstance(event, Lost)]
        self._asker.heard()

    def read(self, controls: Collection[Control]) -> dict[Control, float]:
        """Where knobs stand; one that gives no answer is left out, and all are where the tracks are others by now.

        Raises:
            LinkError: Live does not answer at all.
        """
        self._check()
        places = {one: self._listing.places[one] for one in controls if one in self._listing.places}
        bulk = {place.together for place in places.values() if place.together is not None}
        single = {place.question for place in places.values() if place.together is None}
        answers = self._asker.ask([*bulk, *single, NAMES])
        if not answers:
            self._lost = "Live does not answer"
            self._check()
        self._watch.hear(NAMES.address)
        self._later += self._ear.events([answers[NAMES]] if NAMES in answers else [])
        if self._ear.is_void:
            return {}
        found = {one: value for one, value in self._listing.fixed.items() if one in set(controls)}
        for control, place in places.items():
            message = answers.get(place.together or place.question)
            if message is None:
                continue
            raw = place.number_in(message)
            value = math.nan if raw is None else place.law.value(raw)
            if raw is not None and math.isfinite(value):
                self._ear.note_read(control, raw)
                found[control] = min(max(value, place.law.low), place.law.high)
        return found

    def write(self, values: Mapping[Control, float]) -> None:
        """Send values.

        Raises:
            LinkError: Live is lost, or its tracks are others than those that `channels` has told.
            ParamError: no such control, or a value outside its range or not finite.
        """
        self._check()
        if self._ear.is_void:
            raise LinkError(
                f"{self._identity}: tracks or devices are others than before, and a number would reach another one; "
                "nothing is moved until they are listed anew"
            )
        for control, value in values.items():
            check_value(control, self._listing.knobs.get(control), value)
        self._fresh = False
        for control, value in values.items():
            place = self._listing.places.get(control)
            if place is None:
                continue  # a knob that always stands where it is
            raw = float(place.law.raw(value))
            for address, ids in place.sets:
                self._wire.send(address, *ids, raw)
            self._ear.note_written(control, raw)

    def _keep_alive(self) -> bool:
        if not self._watch.tend():
            self._lost = f"Live has not answered for {MOST_MISSED} s"
            return False
        self._ear.look_at_displays()
        return True

    def _news(self, wait_s: float) -> list[Event]:
        messages = self._asker.heard(0.0 if self._later else min(wait_s, _TICK_S))
        for message in messages:
            self._watch.hear(message.address)
        events = [*self._later, *self._ear.events(messages)]
        self._later = []
        return events

    def close(self) -> None:
        """Leave Live as it stands, without our listeners."""
        if not self._lost:
            try:
                self._unlisten()
            except LinkError:
                self._ear.listening.clear()
        super().close()

    def _listen(self) -> None:
        """Have Live tell faders, pans and the transport; whom it cannot listen to is not told.

        A listener that was put on a track stays with it when the track gets another number, and upstream's
        AbletonOSC then fails to put a new one under the old number, each time at the cost of a look. Where one such
        number fails, none of the others is tried.
        """
        names = {channel.key: channel.name for channel in self._listing.channels}
        questions = {
            place.question: control
            for control, place in self._listing.places.items()
            if place.question.address.endswith(LISTENED)
        }
        moved = [
            question
            for question, control in questions.items()
            if self._listened.get(question, names[control.channel]) != names[control.channel]
        ]
        others = [question for question in questions if question not in moved]
        self._ear.listening = set()
        for chunk in _chunks([*others, *TRANSPORT], self._asker.window):
            self._ear.listening |= self._heard_after(chunk)
        if moved and self._heard_after(moved[:1]):
            for chunk in _chunks(moved, self._asker.window):
                self._ear.listening |= self._heard_after(chunk)
        for question in self._ear.listening & set(questions):
            self._listened[question] = names[questions[question].channel]
        self._listing.make_deaf({questions[question] for question in set(questions) - self._ear.listening})

    def _heard_after(self, questions: list[Question]) -> set[Question]:
        """Send start_listen for questions; those of which Live then told the value, as it does at once."""
        missing = {question.key: question for question in questions}
        for _ in range(_LISTEN_TRIES):
            for question in missing.values():
                self._wire.send(question.address.replace("/get/", "/start_listen/"), *question.args)
            until_s = self._clock.now() + self._asker.patience_s
            while missing and (left_s := until_s - self._clock.now()) > 0.0:
                for message in self._asker.heard(min(left_s, _TICK_S)):
                    missing.pop((message.address, message.args[:-1]), None)
                    self._ear.is_about_transport(message)
        return set(questions) - set(missing.values())

    def _unlisten(self) -> None:
        for question in self._ear.listening:
            self._wire.send(question.address.replace("/get/", "/stop_listen/"), *question.args)
        self._ear.listening = set()


def _chunks(questions: list[Question], size: int) -> Iterable[list[Question]]:
    return (questions[start : start + size] for start in range(0, len(questions), size))
