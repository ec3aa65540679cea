"""Turns what AbletonOSC says into events: moves, other lists of tracks, errors, the song's place."""

import math
from collections.abc import Iterable
from typing import Final

from bridge.live.clock import Clock
from bridge.live.links.ableton.listing import Listing, number_at, shows_that
from bridge.live.links.ableton.rooms import NAMES
from bridge.live.links.ableton.watch import Watch
from bridge.live.links.asking import Key, Question
from bridge.live.values import Control, Event, Moved, Refused, Relisted, Transport
from bridge.live.wires import Message

#: How long a value may take until Live has it.
SETTLE_S: Final = 0.4

ERROR: Final = "/live/error"
_STARTUP: Final = "/live/startup"
_TIME: Final = Question("/live/song/get/current_song_time")
_PLAYING: Final = Question("/live/song/get/is_playing")
_TEMPO: Final = Question("/live/song/get/tempo")
TRANSPORT: Final = (_TIME, _PLAYING, _TEMPO)

#: Of what a listener tells by itself: the end of its question's address.
LISTENED: Final = ("/get/volume", "/get/panning")

#: After so many displays that agree with it, a law is believed.
_PROOFS: Final = 3

#: Two numbers of Live's that differ by less are one, sent as float32.
_SAME: Final = 1e-6

_SHAPE: Final = "a filter of an EQ Eight has another shape than before"


class Ear:
    """Hears what Live says of one listing, and knows where knobs stand.

    Args:
        clock: the time it goes by.
        watch: asks again what is not told.
    """

    def __init__(self, clock: Clock, watch: Watch) -> None:
        self._clock = clock
        self._watch = watch
        self._listing = Listing()
        self._by_key: dict[Key, Control] = {}
        self._by_device: dict[Key, list[Control]] = {}
        self._by_display: dict[Key, Control] = {}
        self._raw: dict[Control, float] = {}
        self._written_s: dict[Control, float] = {}
        self._unproved: set[Control] = set()
        #: Moved by us, and not heard of since: a message may have been lost on either way.
        self._unsure: set[Control] = set()
        self._transport: dict[Question, float] = {}
        self._told_transport: Transport | None = None
        self._void = False
        #: The questions whose answers Live tells by itself.
        self.listening: set[Question] = set()

    @property
    def is_void(self) -> bool:
        """Whether the listing does not hold any more."""
        return self._void

    def take(self, listing: Listing) -> None:
        """Hear of this listing from now on."""
        self._listing = listing
        self._raw = dict(listing.raw)
        self._void = False
        self._unproved, self._unsure = set(), set()
        places = listing.places.items()
        self._by_key = {place.question.key: control for control, place in places if place.question.is_certain}
        self._by_display = {place.shows.key: control for control, place in places if place.shows is not None}
        self._by_device = {}
        for control, place in places:
            if place.together is not None:
                self._by_device.setdefault(place.together.key, []).append(control)

    def note_read(self, control: Control, raw: float) -> None:
        """Take notice of where a knob was found."""
        self._raw[control] = raw
        self._unsure.discard(control)

    def note_written(self, control: Control, raw: float) -> None:
        """Take notice of where we have put a knob."""
        place = self._listing.places[control]
        self._raw[control] = raw
        self._unsure.add(control)
        self._written_s[control] = self._clock.now()
        if place.shows is not None and self._listing.proved.get(place.kind, 0) < _PROOFS:
            self._unproved.add(control)

    def events(self, messages: Iterable[Message]) -> list[Event]:
        """What messages say, in order."""
        events: list[Event] = []
        for message in messages:
            if message.address == ERROR:
                events.append(
                    Refused(" ".join(str(part) for part in message.args) or "an error without a text")
                )
            elif message.address == _STARTUP:
                self._relist(events, "AbletonOSC was started anew")
            elif message.address == NAMES.address:
                if message.args != self._listing.names:
                    self._relist(events, "tracks were added, removed, renamed or moved")
            elif self.is_about_transport(message):
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
                self._relist(events, _SHAPE)
        shown = self._by_display.get((message.address, message.args[:-1]))
        if shown is not None:
            self._check_display(events, shown, message)
        control_here = self._by_key.get((message.address, message.args[:-1]))
        if control_here is not None:
            heard = self._listing.places[control_here].question in self.listening
            if heard or not message.address.endswith(LISTENED):
                self._tell(events, control_here, number_at(message, -1), pushed=heard)

    def look_at_displays(self) -> None:
        """Ask what Live shows of knobs that were moved and rest, as long as their law has seen few displays."""
        now = self._clock.now()
        for control in [one for one in self._unproved if now - self._written_s[one] > 2.0 * SETTLE_S]:
            self._unproved.discard(control)
            place = self._listing.places[control]
            if place.shows is not None and self._listing.proved.get(place.kind, 0) < _PROOFS:
                self._watch.look_soon([place.together or place.question, place.shows])

    def _check_display(self, events: list[Event], control: Control, message: Message) -> None:
        if self._clock.now() - self._written_s.get(control, -math.inf) < SETTLE_S:
            return
        if control in self._unsure:  # what is shown may be of another place than that where we wanted it
            self._unproved.add(control)
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
                self._relist(events, _SHAPE)
            return
        before = self._raw.get(control, math.nan)
        if not pushed and self._clock.now() - self._written_s.get(control, -math.inf) < SETTLE_S:
            return
        self._unsure.discard(control)
        if not pushed and abs(raw - before) <= _SAME * max(abs(raw), 1.0):
            return
        self._raw[control] = raw
        events.append(Moved(control, min(max(value, law.low), law.high)))

    def _relist(self, events: list[Event], text: str) -> None:
        if not self._void:
            self._void = True
            self._watch.rest()
            events.append(Relisted(text))

    def is_about_transport(self, message: Message) -> bool:
        """Take notice of a message about the transport; false for any other."""
        for question in TRANSPORT:
            if message.address == question.address:
                number = number_at(message, -1)
                if number is not None:
                    self._transport[question] = number
                return True
        return False

    def _tell_transport(self, events: list[Event]) -> None:
        if len(self._transport) < len(TRANSPORT) or self._transport[_TEMPO] <= 0.0:
            return
        seconds = self._transport[_TIME] * 60.0 / self._transport[_TEMPO]
        told = Transport(seconds, self._transport[_PLAYING] != 0.0)
        if told != self._told_transport:
            self._told_transport = told
            events.append(told)
