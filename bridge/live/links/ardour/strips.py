"""What Ardour says of its strips, put together as channels: names, kinds, sends, plugins and their knobs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from bridge.live.links.ardour.chains import Chain, chain_of
from bridge.live.links.ardour.device import LARGE, Device, kind_of
from bridge.live.links.ardour.inquiry import Answer, Inquiry, Question, descriptor, plugin_list, send_list
from bridge.live.links.ardour.levels import HIGHEST_DB, PLACE_DB, SILENT_DB, TRIM_DB
from bridge.live.links.ardour.parts import ports_of
from bridge.live.values import Channel, Knob
from bridge.live.wires import Message
from console.frozen import FrozenMap

#: The panners that have a place, and how many channels a strip with one has.
PANNERS: Final = {"panner_1in2out": 1, "panner_balance": 2}

_TRACKS: Final = ("AT", "MT")
_MASTER: Final = "MA"
#: Group buses, returns, and foldback buses. VCAs and the monitor section are no channels.
_BUSES: Final = ("B", "MB", "AX", "FB")

#: Rows of an answer: strip, then so many words for each plugin or send.
_PLUGIN_WORDS: Final = 3
_SEND_WORDS: Final = 5


@dataclass(frozen=True, slots=True)
class Send:
    """A send: the strip and the name that it goes to, its number, its fader's place, whether it is on."""

    target: int
    name: str
    number: int
    position: float
    on: bool


@dataclass(frozen=True, slots=True)
class Insert:
    """A plugin in a strip's list: its number, its name, whether it is on."""

    number: int
    name: str
    on: bool


@dataclass(slots=True)
class Strip:
    """A strip as Ardour numbers it, with all that is known of it."""

    number: int
    sort: str
    name: str
    inputs: int
    #: What it has said of fader, trim and pan, in Ardour's own numbers, by the last word of the address.
    said: dict[str, float] = field(default_factory=dict)
    panner: str = ""
    #: Those of them that automation moves, or would record: they are no knobs of ours.
    automated: set[str] = field(default_factory=set)
    sends: tuple[Send, ...] = ()
    inserts: tuple[Insert, ...] = ()
    devices: tuple[Device, ...] = ()
    chain: Chain = field(default_factory=Chain)

    @property
    def key(self) -> str:
        """The key of its channel."""
        return str(self.number)

    @property
    def pan_channels(self) -> int:
        """How many channels its panner places; 0 for a panner without a place of the console's."""
        return PANNERS.get(self.panner, 0)

    @property
    def lacks(self) -> int:
        """How much of what a strip says of itself it has not said; one without a panner never says all."""
        return (not self.panner) + len({"gain", "trimdB", "pan_stereo_position"} - self.said.keys())

    def channel(self, kind: str) -> Channel:
        """The channel that it is."""
        free = self.said.keys() - self.automated
        knobs = []
        if "gain" in free:
            knobs.append(Knob("fader_db", SILENT_DB, HIGHEST_DB, PLACE_DB))
        if "trimdB" in free:
            knobs.append(Knob("input.gain_db", -TRIM_DB, TRIM_DB))
        if "pan_stereo_position" in free and self.pan_channels:
            knobs.append(Knob("pan", -1.0, 1.0))
        sends = {f"send.{index}": send for index, send in enumerate(self.sends) if send.on}
        knobs += [Knob(parameter, SILENT_DB, HIGHEST_DB, PLACE_DB, told=False) for parameter in sends]
        return Channel(
            self.key,
            self.name,
            kind,
            FrozenMap({knob.parameter: knob for knob in knobs} | self.chain.knobs),
            FrozenMap({parameter: send.name for parameter, send in sends.items()}),
            FrozenMap(self.chain.band_types),
        )


def strips_of(rows: Iterable[Message]) -> dict[int, Strip]:
    """The strips of a list's rows by number: sort, name, inputs, outputs, mute, solo, number."""
    found = {}
    for row in rows:
        number = row.whole(6)
        if number > 0 and row.text(0) in (*_TRACKS, *_BUSES, _MASTER):
            found[number] = Strip(number, row.text(0), row.text(1), row.whole(2))
    return found


def channels_of(strips: Mapping[int, Strip]) -> tuple[Channel, ...]:
    """The channels in Ardour's order."""
    returns = {send.target for strip in strips.values() for send in strip.sends}
    return tuple(strip.channel(_kind(strip, returns)) for _, strip in sorted(strips.items()))


def _kind(strip: Strip, returns: set[int]) -> str:
    if strip.sort == _MASTER:
        return "master"
    if strip.sort in _TRACKS:
        return "track"
    return "fx" if strip.number in returns or strip.sort == "FB" else "group"


def sends_in(answer: Message) -> tuple[Send, ...]:
    """The sends that an answer of `/strip/sends` names."""
    return tuple(
        Send(
            answer.whole(at),
            answer.text(at + 1),
            answer.whole(at + 2),
            answer.number(at + 3),
            answer.number(at + 4) > 0.0,
        )
        for at in range(1, len(answer.args) - _SEND_WORDS + 1, _SEND_WORDS)
    )


def inserts_in(answer: Message) -> tuple[Insert, ...]:
    """The plugins that an answer of `/strip/plugin/list` names."""
    return tuple(
        Insert(answer.whole(at), answer.text(at + 1), answer.number(at + 2) > 0.0)
        for at in range(1, len(answer.args) - _PLUGIN_WORDS + 1, _PLUGIN_WORDS)
    )


def learn_chains(strips: Mapping[int, Strip], inquiry: Inquiry, rate_hz: float) -> tuple[Question, ...]:
    """Ask all strips for their sends and plugins, and the plugins that are known for their ports.

    Returns the questions that got no answer.
    """
    lists = inquiry.ask(
        question for number in strips for question in (send_list(number), plugin_list(number))
    )
    asked: list[Question] = []
    for number, strip in strips.items():
        sends, plugins = lists.get(send_list(number)), lists.get(plugin_list(number))
        strip.sends = sends_in(sends[0]) if sends else ()
        strip.inserts = inserts_in(plugins[0]) if plugins else ()
        asked += [
            descriptor(number, insert.number, large=kind in LARGE)
            for insert in strip.inserts
            if (kind := kind_of(insert.name))
        ]
    rows = inquiry.ask(asked)
    for strip in strips.values():
        strip.devices = tuple(_devices(strip, rows))
        strip.chain = chain_of(strip.devices, strip.inputs, rate_hz)
    questions = [*(ask(number) for number in strips for ask in (send_list, plugin_list)), *asked]
    return tuple(question for question in questions if question not in lists and question not in rows)


def _devices(strip: Strip, rows: Mapping[Question, Answer]) -> Iterable[Device]:
    for insert in strip.inserts:
        answer = rows.get(descriptor(strip.number, insert.number))
        if answer is not None:
            yield Device(strip.number, insert.number, insert.name, ports_of(answer), insert.on)
