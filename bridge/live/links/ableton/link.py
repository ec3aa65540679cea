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
from bridge.live.link import LINKS, LinkOptions
from bridge.live.links.ableton.listing import Learner, Listing, number_at, shows_that
from bridge.live.links.ableton.rooms import NAMES
from bridge.live.links.ableton.watch import MOST_MISSED, Watch
from bridge.live.links.asking import Asker, Key, Question
from bridge.live.links.facing import listening
from bridge.live.values import (
    Channel,
    Control,
    Event,
    LinkTraits,
    Lost,
    Moved,
    Refused,
    Relisted,
    Transport,
    check_value,
)
from bridge.live.wires import Message, UdpWire, Wire
from console.errors import LinkError

ANSWER_PORT: Final = 11_001

_TICK_S: Final = 0.1
_TRAITS: Final = LinkTraits(
    "ableton",
    tick_s=_TICK_S,
    messages_per_s=400.0,
    settle_s=0.4,
    transport=True,
    notes=(
        "pan is Live's own: a track in the middle plays 3 dB louder than in mixbridge if its file is mono",
        "a track or device that is inserted is noticed within a second; until then a move may reach its neighbour",
        "knobs of devices and sends are looked at in turn; a hand on them is seen later than one on a fader",
        "the song's seconds hold where its tempo does not change",
    ),
)

_VERSION: Final = Question("/live/application/get/version")
_ERROR: Final = "/live/error"
_STARTUP: Final = "/live/startup"
_TIME: Final = Question("/live/song/get/current_song_time")
_PLAYING: Final = Question("/live/song/get/is_playing")
_TEMPO: Final = Question("/live/song/get/tempo")
_TRANSPORT: Final = (_TIME, _PLAYING, _TEMPO)

#: Of what a listener tells by itself: the end of its question's address.
_LISTENED: Final = ("/get/volume", "/get/panning")
_LISTEN_TRIES: Final = 3

#: After so many displays that agree with it, a law is believed.
_PROOFS: Final = 3

#: Two numbers of Live's that differ by less are one, sent as float32.
_SAME: Final = 1e-6


def open_link(options: LinkOptions, clock: Clock) -> "AbletonLink":
    """A link to Live at the host of the options, not connected yet.

    `--set returns=Reverb,Delay` names the returns of a Live whose AbletonOSC does not.

    Raises:
        LinkError: the port for the answers is taken, or the host is not known.
    """
    peer = (options.host, options.port or LINKS["ableton"].port)
    listen = listening(options, ANSWER_PORT)
    try:
        wire = UdpWire(peer, clock, listen=listen)
    except LinkError as error:
        raise LinkError(
            f"{error}. AbletonOSC answers to port {ANSWER_PORT} only, so that one program at a time can use it on a "
            "computer: close TouchOSC, another mixbridge or whatever else listens there"
        ) from None
    returns = dict(options.settings).get("returns", "")
    names = [name.strip() for name in returns.split(",")] if returns else []
    return AbletonLink(wire, clock, f"ableton {peer[0]}:{peer[1]}", names)


class AbletonLink:
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
        self._wire = wire
        self._clock = clock
        self._identity = identity
        self._traits = _TRAITS
        self._asker = Asker(
            wire, clock, window=48, patience_s=0.5, tries=4, spacing_s=1.0 / 1_000.0, refusal=_ERROR
        )
        self._learner = Learner(self._asker, tuple(return_names))
        self._listing = Listing()
        self._watch = Watch(wire, clock, NAMES)
        self._by_key: dict[Key, Control] = {}
        self._by_device: dict[Key, list[Control]] = {}
        self._raw: dict[Control, float] = {}
        self._written_s: dict[Control, float] = {}
        self._unproved: set[Control] = set()
        self._by_display: dict[Key, Control] = {}
        self._transport: dict[Question, float] = {}
        self._told_transport: Transport | None = None
        self._later: list[Event] = []
        self._void = False
        self._listening: set[Question] = set()
        self._lost = ""
        self._told_lost = False

    @property
    def traits(self) -> LinkTraits:
        """What the link can do, and how fast."""
        return self._traits

    @property
    def identity(self) -> str:
        """Which Live this is."""
        return self._identity

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
        self.channels()

    def channels(self) -> tuple[Channel, ...]:
        """The tracks as Live has them now.

        Raises:
            LinkError: Live does not answer.
        """
        self._check()
        listing = self._learner.learn()
        if not listing.names and NAMES not in self._asker.ask([NAMES]):
            self._lost = "Live does not answer"
            self._check()
        self._listing = listing
        self._raw = dict(listing.raw)
        self._void = False
        self._by_key = {
            place.question.key: control
            for control, place in listing.places.items()
            if place.question.is_certain
        }
        self._by_display = {
            place.shows.key: control for control, place in listing.places.items() if place.shows is not None
        }
        self._unproved = set()
        self._by_device = {}
        for control, place in listing.places.items():
            if place.together is not None:
                self._by_device.setdefault(place.together.key, []).append(control)
        self._listen()
        together = {place.together for place in listing.places.values() if place.together is not None}
        sends = [
            listing.places[control].question
            for control, knob in listing.knobs.items()
            if knob.told and control in listing.places and control.parameter.startswith("send.")
        ]
        self._watch.every_beat = (
            *_TRANSPORT,
            *(track.ask("devices/class_name") for track in listing.with_devices),
        )
        self._watch.in_turn = (*sorted(together, key=str), *sends)
        self._watch.hear(NAMES.address)
        self._traits = replace(_TRAITS, notes=(*_TRAITS.notes, *listing.notes))
        # Errors of questions that this Live did not know are no news, and what is to come starts from here.
        self._later = [event for event in self._later if isinstance(event, Lost)]
        self._asker.heard()
        return listing.channels

    def read(self, controls: Collection[Control]) -> dict[Control, float]:
        """Where knobs stand; one that gives no answer is left out.

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
        self._later += self._events([answers[NAMES]] if NAMES in answers else [])
        found = {one: value for one, value in self._listing.fixed.items() if one in set(controls)}
        for control, place in places.items():
            message = answers.get(place.together or place.question)
            if message is None:
                continue
            raw = place.number_in(message)
            value = math.nan if raw is None else place.law.value(raw)
            if raw is not None and math.isfinite(value):
                self._raw[control] = raw
                found[control] = min(max(value, place.law.low), place.law.high)
        return found

    def write(self, values: Mapping[Control, float]) -> None:
        """Send values.

        Raises:
            LinkError: Live is lost.
            ParamError: no such control, or a value outside its range or not finite.
        """
        self._check()
        for control, value in values.items():
            check_value(control, self._listing.knobs.get(control), value)
        now = self._clock.now()
        for control, value in values.items():
            place = self._listing.places.get(control)
            if place is None:
                continue  # a knob that always stands where it is
            raw = float(place.law.raw(value))
            for address, ids in place.sets:
                self._wire.send(address, *ids, raw)
            self._raw[control] = raw
            self._written_s[control] = now
            if place.shows is not None and self._listing.proved.get(place.kind, 0) < _PROOFS:
                self._unproved.add(control)

    def poll(self, timeout_s: float = 0.0) -> list[Event]:
        """What Live said since the last call; waits at most so long for the first."""
        if self._lost:
            return self._tell_lost()
        deadline_s = self._clock.now() + max(timeout_s, 0.0)
        while True:
            if not self._watch.tend():
                self._lost = f"Live has not answered for {MOST_MISSED} s"
                return self._tell_lost()
            self._look_at_displays()
            left_s = deadline_s - self._clock.now()
            messages = self._asker.heard(0.0 if self._later else min(max(left_s, 0.0), _TICK_S))
            for message in messages:
                self._watch.hear(message.address)
            events = [*self._later, *self._events(messages)]
            self._later = []
            if events or left_s <= 0.0:
                return events

    def close(self) -> None:
        """Leave Live as it stands, without our listeners."""
        if not self._lost:
            try:
                self._unlisten()
            except LinkError:
                self._listening.clear()
        self._lost = self._lost or "the link is closed"
        self._told_lost = True
        self._wire.close()

    def _events(self, messages: Iterable[Message]) -> list[Event]:
        events: list[Event] = []
        for message in messages:
            if message.address == _ERROR:
                events.append(
                    Refused(" ".join(str(part) for part in message.args) or "an error without a text")
                )
            elif message.address == _STARTUP:
                self._relist(events, "AbletonOSC was started anew")
            elif message.address == NAMES.address:
                if message.args != self._listing.names:
                    self._relist(events, "tracks were added, removed, renamed or moved")
            elif self._is_about_transport(message):
                self._tell_transport(events)
            else:
                self._hear(message, events)
        return events

    def _hear(self, message: Message, events: list[Event]) -> None:
        classes = self._listing.classes.get((message.address, message.args[:1]))
        if classes is not None and message.args[1:] != classes:
            self._relist(events, "devices were added, removed or moved")
        device = (message.address, message.args[:2])
        for control in self._by_device.get(device, ()):
            self._tell(events, control, self._listing.places[control].number_in(message))
        for place, shape in self._listing.shapes.get(device, ()):
            if number_at(message, place) not in (shape, None):
                self._relist(events, "a filter of an EQ Eight has another shape than before")
        shown = self._by_display.get((message.address, message.args[:-1]))
        if shown is not None:
            self._check_display(events, shown, message)
        control_here = self._by_key.get((message.address, message.args[:-1]))
        if control_here is not None:
            heard = self._listing.places[control_here].question in self._listening
            if heard or not message.address.endswith(_LISTENED):
                self._tell(events, control_here, number_at(message, -1), pushed=heard)

    def _look_at_displays(self) -> None:
        """Ask what Live shows of knobs that were moved and rest, as long as their law has seen few displays."""
        now = self._clock.now()
        for control in [one for one in self._unproved if now - self._written_s[one] > 2.0 * _TRAITS.settle_s]:
            self._unproved.discard(control)
            place = self._listing.places[control]
            if place.shows is not None and self._listing.proved.get(place.kind, 0) < _PROOFS:
                self._watch.look_soon([place.question, place.shows])

    def _check_display(self, events: list[Event], control: Control, message: Message) -> None:
        if self._clock.now() - self._written_s.get(control, -math.inf) < _TRAITS.settle_s:
            return
        place = self._listing.places[control]
        verdict = shows_that(place.law, self._raw[control], message)
        if verdict:
            self._listing.proved[place.kind] = self._listing.proved.get(place.kind, 0) + 1
        elif verdict is False:
            value = place.law.value(self._raw[control])
            text = (
                f"Live shows {message.text(len(message.args) - 1)!r} where {control.parameter} of {control.channel} "
                f"was set to {value:.4g}: this version of Live has another law, and the knob is left alone from now on"
            )
            events.append(Refused(text))
            self._relist(events, text)

    def _tell(
        self, events: list[Event], control: Control, raw: float | None, *, pushed: bool = False
    ) -> None:
        """Take a number as news: what a listener says always is, what was asked for only where it is another."""
        law = self._listing.places[control].law
        if raw is None:
            return
        value = law.value(raw)
        if not math.isfinite(value):
            if law.choices:
                self._relist(events, "a filter of an EQ Eight has another shape than before")
            return
        before = self._raw.get(control, math.nan)
        if not pushed:
            fresh = self._clock.now() - self._written_s.get(control, -math.inf) < _TRAITS.settle_s
            if fresh or abs(raw - before) <= _SAME * max(abs(raw), 1.0):
                return
        self._raw[control] = raw
        events.append(Moved(control, min(max(value, law.low), law.high)))

    def _relist(self, events: list[Event], text: str) -> None:
        if not self._void:
            self._void = True
            self._watch.rest()
            events.append(Relisted(text))

    def _is_about_transport(self, message: Message) -> bool:
        for question in _TRANSPORT:
            if message.address == question.address:
                number = number_at(message, -1)
                if number is not None:
                    self._transport[question] = number
                return True
        return False

    def _tell_transport(self, events: list[Event]) -> None:
        if len(self._transport) < len(_TRANSPORT) or self._transport[_TEMPO] <= 0.0:
            return
        seconds = self._transport[_TIME] * 60.0 / self._transport[_TEMPO]
        told = Transport(seconds, self._transport[_PLAYING] != 0.0)
        if told != self._told_transport:
            self._told_transport = told
            events.append(told)

    def _listen(self) -> None:
        """Have Live tell faders, pans and the transport; whom it cannot listen to is not told."""
        questions = {
            place.question: control
            for control, place in self._listing.places.items()
            if place.question.address.endswith(_LISTENED)
        }
        self._listening = set()
        for chunk in _chunks([*questions, *_TRANSPORT], self._asker.window):
            self._listening |= self._heard_after(chunk, "start_listen")
        deaf = {control for question, control in questions.items() if question not in self._listening}
        self._listing.make_deaf(deaf)

    def _heard_after(self, questions: list[Question], what: str) -> set[Question]:
        """Send start_listen for questions; those of which Live then told the value, as it does at once."""
        missing = {question.key: question for question in questions}
        for _ in range(_LISTEN_TRIES):
            for question in missing.values():
                self._wire.send(question.address.replace("/get/", f"/{what}/"), *question.args)
            until_s = self._clock.now() + self._asker.patience_s
            while missing and (left_s := until_s - self._clock.now()) > 0.0:
                for message in self._asker.heard(min(left_s, _TICK_S)):
                    missing.pop((message.address, message.args[:-1]), None)
                    self._is_about_transport(message)
        return set(questions) - set(missing.values())

    def _unlisten(self) -> None:
        for question in self._listening:
            self._wire.send(question.address.replace("/get/", "/stop_listen/"), *question.args)
        self._listening = set()

    def _tell_lost(self) -> list[Event]:
        if self._told_lost:
            return []
        self._told_lost = True
        return [Lost(self._lost)]

    def _check(self) -> None:
        if self._lost:
            raise LinkError(f"{self._identity}: {self._lost}; connect again when it is there")


def _chunks(questions: list[Question], size: int) -> Iterable[list[Question]]:
    return (questions[start : start + size] for start in range(0, len(questions), size))
