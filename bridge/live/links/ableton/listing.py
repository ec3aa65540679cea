"""Learns a Live set over AbletonOSC: its tracks, what they send to, their devices, and which laws hold."""

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from bridge.live.links.ableton.chain import Device, Found, read_devices
from bridge.live.links.ableton.devices import KNOWN
from bridge.live.links.ableton.display import read_display
from bridge.live.links.ableton.laws import Law, fader, plain
from bridge.live.links.ableton.rooms import COUNT, MOST_RETURNS, NAMES, TRACKS, Room, find_rooms, track_room
from bridge.live.links.asking import Asker, Key, Question
from bridge.live.values import Channel, Control, Knob
from bridge.live.wires import Argument, Message
from console.frozen import FrozenMap

VOLUME: Final = fader(published=True)
SEND: Final = fader(-6.0, published=True)
PAN: Final = plain(-1.0, 1.0, "")

#: The most tracks that a note names.
_MOST_LISTED: Final = 4

#: How many knobs are asked what they show before their law is believed.
_PROOFS: Final = 6


@dataclass(frozen=True, slots=True)
class Place:
    """Where a knob is: the question that its number answers, and the messages that set it, without the number."""

    question: Question
    sets: tuple[tuple[str, tuple[Argument, ...]], ...]
    law: Law
    #: A device's values can be asked for at once: that question, and the number among its values.
    together: Question | None = None
    #: Two where a filter is made of two, which then stand alike.
    numbers: tuple[int, ...] = ()
    #: The kind of knob of a device, of which all have one law, and the question for what Live shows of it.
    kind: str = ""
    shows: Question | None = None

    def number_in(self, message: Message) -> float | None:
        """Its number in an answer to `together`, or where there is none, to `question`; None where two differ."""
        if self.together is None:
            return number_at(message, -1)
        found = {number_at(message, len(self.together.args) + number) for number in self.numbers}
        return found.pop() if len(found) == 1 else None


@dataclass(slots=True)
class Listing:
    """A Live set as the link knows it."""

    names: tuple[object, ...] = ()
    channels: tuple[Channel, ...] = ()
    places: dict[Control, Place] = field(default_factory=dict)
    knobs: dict[Control, Knob] = field(default_factory=dict)
    #: Knobs that always stand where they are.
    fixed: dict[Control, float] = field(default_factory=dict)
    #: Live's numbers as they were read.
    raw: dict[Control, float] = field(default_factory=dict)
    #: The classes of each track's devices, by the question for them.
    classes: dict[Key, tuple[object, ...]] = field(default_factory=dict)
    #: Of bands of EQ Eights that are none of the console's: where in an answer their shapes stand, and what they are.
    shapes: dict[Key, list[tuple[int, float]]] = field(default_factory=dict)
    #: How many different numbers of a kind of knob Live's display has confirmed.
    proved: dict[str, int] = field(default_factory=dict)
    #: The tracks that have devices.
    with_devices: list[Room] = field(default_factory=list)
    notes: tuple[str, ...] = ()

    def make_deaf(self, controls: Collection[Control]) -> None:
        """Say of knobs that Live does not tell when they move."""
        for control in controls:
            self.knobs[control] = replace(self.knobs[control], told=False)
        self.channels = tuple(
            replace(
                channel,
                knobs=FrozenMap({name: self.knobs[channel.control(name)] for name in channel.knobs}),
            )
            for channel in self.channels
        )


@dataclass(slots=True)
class _Strip:
    room: Room
    found: list[Found] = field(default_factory=list)


class Learner:
    """Learns a set by asking.

    Args:
        asker: asks AbletonOSC.
        return_names: what the user calls the returns, in order.
    """

    def __init__(self, asker: Asker, return_names: Sequence[str] = ()) -> None:
        self._asker = asker
        self._return_names = return_names

    def learn(self) -> Listing:
        """The set as it is now. A track that gives no answer has no knobs."""
        listing = Listing()
        told = self._asker.ask([COUNT, NAMES])
        listing.names = told[NAMES].args if NAMES in told else ()
        # some forks name the master and the returns behind the tracks
        count = told[COUNT].whole(0, len(listing.names)) if COUNT in told else len(listing.names)
        tracks = [track_room(index, str(name)) for index, name in enumerate(listing.names[:count])]
        known = [str(name) for name in listing.names[count + 1 :]]
        sends, repeats = self._sends(tracks)
        rooms = [*tracks, *find_rooms(self._asker, sends, self._return_names, known)]
        targets = [room.name for room in rooms if room.kind == "fx"]
        strips = [_Strip(room) for room in rooms]
        notes = self._devices(strips, listing)
        refuted, unproved = self._prove(strips, listing)
        notes += [
            f"Live shows other numbers than the known law of {kind}: it is left alone"
            for kind in sorted(refuted)
        ]
        notes += [
            f"Live does not show what {kind} is, and its law is not public: it is left alone"
            for kind in sorted(unproved)
        ]
        mixers = self._mixers(tracks, rooms, sends, repeats)
        for strip in strips:
            strip.found = [one for one in strip.found if one.kind not in refuted | unproved]
            listing.channels += (self._channel(listing, strip, mixers, targets, repeats),)
        if not any(room.kind == "master" for room in rooms):
            notes.append("this AbletonOSC does not reach the master: its fader and devices are left alone")
        if any(room.kind == "fx" and not room.prefix for room in rooms):
            notes.append("this AbletonOSC does not reach returns: only the sends to them are moved")
        listing.notes = tuple(dict.fromkeys(notes))
        return listing

    def _sends(self, tracks: Sequence[Room]) -> tuple[int, bool]:
        """How many sends tracks have, and whether an answer repeats which send it is about."""
        count, repeats = 0, True
        while tracks and count < MOST_RETURNS:
            question = send_question(tracks[0], count, repeats=False)
            answer = self._asker.ask([question]).get(question)
            if answer is None:
                break
            repeats = len(answer.args) > 2
            count += 1
        return count, repeats

    def _mixers(
        self, tracks: Sequence[Room], rooms: Sequence[Room], sends: int, repeats: bool
    ) -> Mapping[Question, Message]:
        questions = [room.ask(what) for room in rooms if room.prefix for what in ("volume", "panning")]
        questions += [send_question(room, send, repeats=repeats) for room in tracks for send in range(sends)]
        questions += [room.ask("is_foldable") for room in tracks]
        return self._asker.ask(questions)

    def _devices(self, strips: Sequence[_Strip], listing: Listing) -> list[str]:
        """Read every strip's devices into it; what there is to say of them."""
        reached = [strip for strip in strips if strip.room.device_prefix]
        lists = self._asker.ask(
            strip.room.ask(what) for strip in reached for what in ("devices/class_name", "devices/name")
        )
        wanted: list[tuple[_Strip, int, str, str]] = []
        for strip in reached:
            heard = lists.get(strip.room.ask("devices/class_name"))
            if heard is None:
                continue
            skip = len(strip.room.ids)
            classes = heard.args[skip:]
            if strip.room.prefix == TRACKS:
                listing.classes[strip.room.ask("devices/class_name").key] = classes
                if classes:
                    listing.with_devices.append(strip.room)
            named = lists.get(strip.room.ask("devices/name"))
            names = named.args[skip:] if named else ()
            for index, class_name in enumerate(classes):
                if class_name in KNOWN:
                    name = names[index] if index < len(names) else ""
                    wanted.append((strip, index, str(class_name), str(name)))
        whats = [f"parameters/{what}" for what in ("name", "min", "max", "value")]
        heard_of = self._asker.ask(
            strip.room.ask_device(what, index) for strip, index, _, _ in wanted for what in whats
        )
        devices: dict[int, list[Device]] = defaultdict(list)
        for strip, index, class_name, name in wanted:
            answers = [heard_of.get(strip.room.ask_device(what, index)) for what in whats]
            device = _device(index, class_name, name, answers, len(strip.room.ids) + 1)
            if device is not None:
                devices[id(strip)].append(device)
        notes: dict[str, list[str]] = {}
        for strip in reached:
            chain = read_devices(devices[id(strip)])
            strip.found = chain.found
            for place, number, shape in chain.shapes:
                key = strip.room.ask_device("parameters/value", place).key
                listing.shapes.setdefault(key, []).append((len(key[1]) + number, shape))
            for note in chain.notes:
                notes.setdefault(note, []).append(strip.room.name)
        return [f"{_listed(names)}: {note}" for note, names in notes.items()]

    def _prove(self, strips: Iterable[_Strip], listing: Listing) -> tuple[set[str], set[str]]:
        """The kinds of knobs whose law Live's display denies, and those whose law nobody has confirmed."""
        samples: dict[str, dict[float, tuple[Room, Found]]] = defaultdict(dict)
        for strip in strips:
            for one in strip.found:
                if one.numbers and not one.law.choices:
                    samples[one.kind].setdefault(one.raw, (strip.room, one))
        chosen = {
            kind: [by_raw[raw] for raw in _spread(sorted(by_raw), _PROOFS)]
            for kind, by_raw in samples.items()
        }
        pairs = [proof(room, one) for some in chosen.values() for room, one in some]
        heard = self._asker.ask((question for pair in pairs for question in pair), tries=2)
        refuted, unproved = set(), set()
        for kind, some in chosen.items():
            verdicts = {agrees(one.law, *proof(room, one), heard) for room, one in some}
            if False in verdicts:  # or somebody has just moved it
                verdicts = {
                    agrees(one.law, *proof(room, one), self._asker.ask(proof(room, one)))
                    for room, one in some
                }
            if False in verdicts:
                refuted.add(kind)
            elif True not in verdicts and not all(one.law.published for _, one in some):
                unproved.add(kind)
        return refuted, unproved

    def _channel(
        self,
        listing: Listing,
        strip: _Strip,
        mixers: Mapping[Question, Message],
        targets: Sequence[str],
        repeats: bool,
    ) -> Channel:
        room = strip.room
        entries: dict[str, tuple[Place, float | None, bool]] = {}
        if room.prefix:
            for parameter, what, law in (("fader_db", "volume", VOLUME), ("pan", "panning", PAN)):
                question = room.ask(what)
                place = Place(question, ((f"{room.prefix}/set/{what}", room.ids),), law)
                entries[parameter] = place, _number(mixers.get(question)), True
        if room.kind == "track":
            for index in range(len(targets)):
                question = send_question(room, index, repeats=repeats)
                place = Place(question, ((f"{room.prefix}/set/send", (*room.ids, index)),), SEND)
                entries[f"send.{index}"] = place, _number(mixers.get(question)), repeats
        for one in strip.found:
            control = Control(room.key, one.parameter)
            if one.fixed is not None:
                listing.fixed[control] = one.fixed
                continue
            entries[one.parameter] = _device_place(room, one), one.raw, True
        knobs = {}
        for parameter, (place, raw, told) in entries.items():
            if raw is None or not math.isfinite(raw) or not math.isfinite(place.law.value(raw)):
                continue
            control = Control(room.key, parameter)
            knobs[parameter] = listing.knobs[control] = _knob(parameter, place.law, told=told)
            listing.places[control] = place
            listing.raw[control] = raw
        for control, value in listing.fixed.items():
            if control.channel == room.key:
                knobs[control.parameter] = listing.knobs[control] = Knob(
                    control.parameter, value, value, choices=(value,)
                )
        folds = mixers.get(room.ask("is_foldable")) if room.kind == "track" else None
        kind = "group" if folds is not None and folds.args[-1] in (True, 1) else room.kind
        sends = {name: targets[int(name.split(".")[1])] for name in knobs if name.startswith("send.")}
        return Channel(room.key, room.name, kind, FrozenMap(knobs), FrozenMap(sends))


def proof(room: Room, one: Found) -> tuple[Question, Question]:
    """The questions for a knob's number and for what Live shows of it."""
    return (
        room.ask_device("parameter/value", one.device, one.numbers[0]),
        room.ask_device("parameter/value_string", one.device, one.numbers[0]),
    )


def agrees(law: Law, stands: Question, shows: Question, heard: Mapping[Question, Message]) -> bool | None:
    """Whether Live's display agrees with a law; None where it shows nothing that can be read."""
    raw = _number(heard.get(stands))
    return None if raw is None or shows not in heard else shows_that(law, raw, heard[shows])


def shows_that(law: Law, raw: float, message: Message) -> bool | None:
    """Whether a display shows what a law makes of a number; None where that cannot be read."""
    shown = read_display(message.text(len(message.args) - 1), law.unit)
    if shown is None or math.isinf(shown.value):
        return None
    return shown.agrees(law.value(raw) * law.shown)


def send_question(room: Room, send: int, *, repeats: bool) -> Question:
    """The question for a send. Some versions answer with the track only, not with the send."""
    return Question(f"{TRACKS}/get/send", (*room.ids, send), -1 if repeats else 1)


def _device_place(room: Room, one: Found) -> Place:
    address = f"{room.device_prefix}/set/parameter/value"
    return Place(
        room.ask_device("parameter/value", one.device, one.numbers[0]),
        tuple((address, (*room.ids, one.device, number)) for number in one.numbers),
        one.law,
        room.ask_device("parameters/value", one.device),
        one.numbers,
        one.kind,
        proof(room, one)[1],
    )


def _knob(parameter: str, law: Law, *, told: bool) -> Knob:
    position = None if law.choices or law.name.startswith("plain") else law.raw
    return Knob(parameter, law.low, law.high, choices=law.choices, position=position, told=told)


def _device(
    index: int, class_name: str, name: str, answers: Sequence[Message | None], skip: int
) -> Device | None:
    """A device of whose parameters everything is known; None where an answer is missing or does not fit."""
    names, *numbers = [answer.args[skip:] if answer is not None else () for answer in answers]
    lows, highs, values = [[_finite(value) for value in row] for row in numbers]
    if not names or any(len(row) != len(names) for row in (lows, highs, values)):
        return None
    return Device(index, class_name, name, tuple(map(str, names)), tuple(lows), tuple(highs), tuple(values))


def number_at(message: Message, index: int) -> float | None:
    """A number of an answer; None for none, or one that is not finite."""
    value = _finite(message.args[index]) if -len(message.args) <= index < len(message.args) else math.nan
    return value if math.isfinite(value) else None


def _finite(value: object) -> float:
    return float(value) if isinstance(value, int | float) else math.nan


def _number(message: Message | None) -> float | None:
    return None if message is None else number_at(message, -1)


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _MOST_LISTED
    return ", ".join(names[:_MOST_LISTED]) + (f" and {more} more" if more > 0 else "")


def _spread(values: Sequence[float], most: int) -> list[float]:
    """At most so many of some sorted values, from end to end."""
    if len(values) <= most:
        return list(values)
    return [values[round(part * (len(values) - 1) / (most - 1))] for part in range(most)]
