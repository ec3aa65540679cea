"""The knobs of Ardour's strips: asked, written as messages, and heard of."""

import math
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from bridge.live.clock import Clock
from bridge.live.links.ardour.device import LARGE, Device, Outgoing
from bridge.live.links.ardour.inquiry import (
    Answer,
    Inquiry,
    Question,
    descriptor,
    plugin_list,
    send_list,
    strip_value,
)
from bridge.live.links.ardour.levels import db_of_position, level, pan_of_position, position_of_pan
from bridge.live.links.ardour.parts import ACTIVE, Part, ports_of
from bridge.live.links.ardour.strips import Strip, inserts_in, sends_in
from bridge.live.values import Channel, Control, Knob, check_value
from bridge.live.wires import Message
from console.errors import ParamError

#: What a strip says of a knob when it moves, by address: the last word of the address that also asks and moves it.
_WORDS: Final = {
    "/strip/gain": "gain",
    "/strip/trimdB": "trimdB",
    "/strip/pan_stereo_position": "pan_stereo_position",
}
_PARAMETERS: Final = {"gain": "fader_db", "trimdB": "input.gain_db", "pan_stereo_position": "pan"}

#: What a strip says of a knob's automation: 0 where hands move it, else it plays, or what moves it is recorded.
_AUTOMATION: Final = {f"{address}/automation": word for address, word in _WORDS.items()}

#: The addresses at which strips speak of themselves.
KNOWN_FEEDBACK: Final = frozenset((*_WORDS, *_AUTOMATION, "/strip/name", "/strip/pan_type"))

#: What Ardour answers when asked for a trim is computed in haste, and so much off at most; what it tells is exact.
_HASTY_DB: Final = 0.25

#: What a strip tells of its fader has more digits than what it answers, which is a fader's place; so near they are one.
_SAME_DB: Final = 1e-4

_CHANGED: Final = "the strips, sends or plugins of Ardour are others than before"


@dataclass(slots=True)
class Knobs:
    """What is known of the strips and their knobs, and how they are asked and moved."""

    inquiry: Inquiry
    clock: Clock
    #: Told when a knob has moved, and when strips are no more what they were.
    moved: Callable[[Control, float], None]
    relisted: Callable[[str], None]
    strips: dict[int, Strip] = field(default_factory=dict)
    table: dict[Control, Knob] = field(default_factory=dict)
    #: Where knobs stood when they were last read or written, and when that was written.
    known: dict[Control, float] = field(default_factory=dict)
    before: dict[Control, float] = field(default_factory=dict)
    written_s: dict[Control, float] = field(default_factory=dict)
    _said: dict[int, dict[str, float]] = field(default_factory=dict)
    _panners: dict[int, str] = field(default_factory=dict)
    _automated: dict[int, set[str]] = field(default_factory=dict)

    def forget(self) -> None:
        """Strips are about to be listed: what they say from now on is of those in the list."""
        self.strips, self.table = {}, {}
        for row in (self._said, self._panners, self._automated, self.known, self.before, self.written_s):
            row.clear()

    def join(self, strips: Mapping[int, Strip]) -> None:
        """Give listed strips what they have said of themselves."""
        for number, strip in strips.items():
            strip.said = self._said.setdefault(number, {})
            strip.panner = self._panners.get(number, "")
            strip.automated = self._automated.setdefault(number, set())

    def know(self, strips: Mapping[int, Strip], channels: Collection[Channel]) -> None:
        """From now on these are the strips and their channels."""
        self.strips = dict(strips)
        self.table = {
            channel.control(name): knob for channel in channels for name, knob in channel.knobs.items()
        }
        for strip in strips.values():
            self._know_sends(strip)
            for name, (device, part) in strip.chain.places.items():
                self.known[Control(strip.key, name)] = part.decode(device.values)[name]

    def _know_sends(self, strip: Strip) -> None:
        for index, send in enumerate(strip.sends):
            self.known[Control(strip.key, f"send.{index}")] = db_of_position(send.position)

    # What strips say

    def hear(self, message: Message) -> None:
        """Take what a strip says of itself."""
        number = message.whole(0)
        if message.address == "/strip/name":
            self._hear_name(number, message.text(1))
        elif message.address == "/strip/pan_type":
            self._hear_panner(number, message.text(1))
        elif message.address in _AUTOMATION:
            self._hear_automation(number, _AUTOMATION[message.address], message.number(1, 0.0))
        else:
            self._hear_value(number, _WORDS[message.address], message.number(1))

    def _hear_name(self, number: int, name: str) -> None:
        if self.strips and (number not in self.strips or self.strips[number].name != name):
            old = self.strips[number].name if number in self.strips else "nothing"
            self.relisted(f"{_CHANGED}: strip {number} was {old!r} and is {name!r}")

    def _hear_panner(self, number: int, panner: str) -> None:
        if self.strips and panner != self._panners.get(number, panner):
            self.relisted(f"{_CHANGED}: strip {number} has another panner")
        self._panners[number] = panner

    def _hear_automation(self, number: int, word: str, mode: float) -> None:
        automated = self._automated.setdefault(number, set())
        if number in self.strips and (word in automated) != (mode != 0.0):
            self.relisted(f"{_CHANGED}: strip {number} has automation of its {_PARAMETERS[word]} switched")
        if mode != 0.0:
            automated.add(word)
        else:
            automated.discard(word)

    def _hear_value(self, number: int, word: str, value: float) -> None:
        if not math.isfinite(value):
            return
        said = self._said.setdefault(number, {})
        same = said.get(word) == value
        said[word] = value
        strip = self.strips.get(number)
        control = Control(str(number), _PARAMETERS[word])
        if strip is not None and not same and control in self.table:
            self.moved(control, self._in_console_units(strip, word, value))

    def _in_console_units(self, strip: Strip, word: str, value: float) -> float:
        if word == "pan_stereo_position":
            return pan_of_position(value, strip.pan_channels)
        return level(value) if word == "gain" else value

    # Reading

    def read(self, controls: Collection[Control], refresh: Callable[[], None]) -> dict[Control, float]:
        """Where knobs stand; `refresh` has the strips say it all anew."""
        wanted = [control for control in dict.fromkeys(controls) if control in self.table]
        self.inquiry.settle()
        answers = self.inquiry.ask(question for control in wanted for question in self._questions(control))
        if self._hasty(wanted, answers):
            refresh()
        for question, answer in answers.items():
            self.learn(question, answer)
        found = {}
        for control in wanted:
            if all(question in answers for question in self._questions(control)):
                value = self._value(control, answers)
                if math.isfinite(value):
                    found[control] = self.known[control] = value
                    self.before.pop(control, None)
        return found

    def _questions(self, control: Control) -> Iterator[Question]:
        strip, name = self.strips[int(control.channel)], control.parameter
        if name == "fader_db":
            yield strip_value("fader", strip.number)
        elif name in ("pan", "input.gain_db"):
            yield strip_value("pan_stereo_position" if name == "pan" else "trimdB", strip.number)
        elif name.startswith("send."):
            yield send_list(strip.number)
        else:
            device, _ = strip.chain.places[name]
            yield plugin_list(strip.number)
            yield descriptor(strip.number, device.plugin, large=device.kind in LARGE)

    def _hasty(self, wanted: Collection[Control], answers: Mapping[Question, Answer]) -> bool:
        """Whether a trim stands elsewhere than the strip has told: its word was lost."""
        for control in wanted:
            number = int(control.channel)
            answer = answers.get(strip_value("trimdB", number))
            if control.parameter == "input.gain_db" and answer is not None:
                told = self._said[number].get("trimdB", math.nan)
                if not abs(told - answer[0].number(0)) <= _HASTY_DB:
                    return True
        return False

    def _value(self, control: Control, answers: Mapping[Question, Answer]) -> float:
        strip, name = self.strips[int(control.channel)], control.parameter
        if name == "fader_db":
            answered_db = db_of_position(answers[strip_value("fader", strip.number)][0].number(0))
            told_db = level(strip.said.get("gain", math.nan))
            return told_db if abs(told_db - answered_db) <= _SAME_DB else answered_db
        if name == "pan":
            place = answers[strip_value("pan_stereo_position", strip.number)][0].number(0)
            return pan_of_position(place, strip.pan_channels)
        if name == "input.gain_db":
            return self._said[strip.number]["trimdB"]
        if name.startswith("send."):
            return db_of_position(strip.sends[int(name[5:])].position)
        device, part = strip.chain.places[name]
        return part.decode(device.values)[name]

    # What answers tell

    def learn(self, question: Question, answer: Answer) -> tuple[Device, ...]:
        """Take an answer about sends or plugins; returns the devices of which something is new."""
        strip = self.strips.get(question.args[0]) if question.args else None
        if strip is None:
            return ()
        if question == send_list(strip.number):
            sends = sends_in(answer[0])
            if [(one.target, one.number, one.on) for one in sends] != [
                (one.target, one.number, one.on) for one in strip.sends
            ]:
                self.relisted(f"{_CHANGED}: strip {strip.number}, {strip.name!r}, has other sends")
            else:
                strip.sends = sends
        elif question == plugin_list(strip.number):
            inserts = inserts_in(answer[0])
            if [(one.number, one.name) for one in inserts] != [
                (one.number, one.name) for one in strip.inserts
            ]:
                self.relisted(f"{_CHANGED}: strip {strip.number}, {strip.name!r}, has other plugins")
                return ()
            on = {insert.number: insert.on for insert in inserts}
            return tuple(one for one in strip.devices if one.learn({ACTIVE: float(on[one.plugin])}))
        else:
            ports = {label: port.value for label, port in ports_of(answer).items()}
            return tuple(one for one in strip.devices if one.plugin == question.args[1] and one.learn(ports))
        return ()

    # Writing

    def messages(self, values: Mapping[Control, float]) -> Iterator[Outgoing]:
        """The messages that set knobs; of each part of a plugin those of all its ports, once.

        Raises:
            ParamError: a knob that is none, or a value outside its range; nothing has been sent then.
        """
        for control, value in values.items():
            check_value(control, self.table.get(control), value)
        now = self.clock.now()
        groups: dict[int, tuple[Device, Part, dict[str, float]]] = {}
        for control, value in values.items():
            if control in self.known and self.known[control] != value:
                self.before[control] = self.known[control]
            self.known[control], self.written_s[control] = value, now
            strip = self.strips[int(control.channel)]
            if control.parameter in strip.chain.places:
                device, part = strip.chain.places[control.parameter]
                groups.setdefault(id(part), (device, part, {}))[2][control.parameter] = value
            else:
                yield self._plain(strip, control.parameter, value)
        for device, part, wanted in groups.values():
            yield from device.messages(part, wanted)

    def _plain(self, strip: Strip, name: str, value: float) -> Outgoing:
        if name == "fader_db":
            return "/strip/gain", (strip.number, float(value))
        if name == "pan":
            return "/strip/pan_stereo_position", (strip.number, position_of_pan(value, strip.pan_channels))
        if name == "input.gain_db":
            return "/strip/trimdB", (strip.number, float(value))
        if name.startswith("send."):
            return "/strip/send/gain", (strip.number, strip.sends[int(name[5:])].number, float(value))
        raise ParamError(f"{name} of {strip.name!r} cannot be moved in Ardour; list the channels anew")
