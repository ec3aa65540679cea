"""Opens a Mackie link by what the user said: which DAW, which ports, how many units."""

from dataclasses import replace

from bridge.live.clock import Clock
from bridge.live.link import LinkOptions
from bridge.live.links.mackie.daws import Daw, daw_named, law_of_marks
from bridge.live.links.mackie.link import Habits, MackieLink
from bridge.live.links.mackie.surface import Surface
from bridge.live.links.mackie.unit import Unit
from bridge.live.midiports import open_ports
from bridge.live.midiwire import MidiWire
from bridge.live.tapping import midi_wire
from console.codec import did_you_mean
from console.errors import LinkError, ParamError

#: What `--set` knows: word → what it is when not said.
_SETTINGS = {
    "daw": "plain",
    "main": "",
    "mono": "",
    "buses": "",
    "law": "",
    "api": "",
    "look": "yes",
    "wait": "",
}
#: How Ardour calls its Mackie ports; other DAWs are given ours.
_ARDOUR_PORTS = ("mackie control out", "mackie control in")
_MAIN, _EXTENDER = 0x14, 0x15
#: How long the engineer may take to choose our ports in the DAW, in s.
_OWN_PORTS_WAIT_S = 60.0


def open_link(options: LinkOptions, clock: Clock) -> MackieLink:
    """A link by options: `midi_in` and `midi_out` are ports, more than one parted by ";" for extenders.

    Raises:
        ParamError: a setting that there is not, or a value that it cannot have.
        LinkError: no such port.
    """
    settings = dict(_SETTINGS)
    for word, value in options.settings:
        if word not in settings:
            raise ParamError(f"{word!r} is no setting of the Mackie link{did_you_mean(word, list(settings))}")
        settings[word] = value.strip()
    daw = _daw(settings)
    wait_s = _seconds(settings["wait"])
    wires = _wires(options, settings)
    main = _whole("main", settings["main"] or str(len(wires)), len(wires)) - 1
    units = [Unit(wire, clock, _MAIN if index == main else _EXTENDER) for index, wire in enumerate(wires)]
    own = not options.midi_in and not options.midi_out and settings["daw"] != "ardour"
    habits = Habits(
        _words(settings["mono"]),
        _words(settings["buses"]),
        _yes("look", settings["look"]),
        wait_s if wait_s is not None else (_OWN_PORTS_WAIT_S if own else Habits().patience_s),
    )
    return MackieLink(Surface(units, clock, main), clock, daw, settings["daw"], habits)


def _wires(options: LinkOptions, settings: dict[str, str]) -> list[MidiWire]:
    ins, outs = _names(options.midi_in), _names(options.midi_out)
    if not ins and not outs and settings["daw"] == "ardour":
        ins, outs = [_ARDOUR_PORTS[0]], [_ARDOUR_PORTS[1]]
    ins, outs = ins or outs or [""], outs or ins or [""]
    if len(ins) != len(outs):
        raise LinkError(f"{len(ins)} MIDI inputs and {len(outs)} outputs were given; give as many of both")
    wires: list[MidiWire] = []
    try:
        for incoming, outgoing in zip(ins, outs, strict=True):
            wires.append(midi_wire(open_ports, incoming, outgoing, settings["api"]))
    except LinkError:
        for wire in wires:
            wire.close()
        raise
    return wires


def _words(text: str) -> frozenset[str]:
    return frozenset(word.strip().lower() for word in text.split(",") if word.strip())


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(";") if name.strip()]


def _daw(settings: dict[str, str]) -> Daw:
    daw = daw_named(settings["daw"])
    if not settings["law"]:
        return daw
    try:
        pairs = [mark.split(":") for mark in settings["law"].split(",")]
        marks = tuple((float(place), float(level)) for place, level in pairs)
    except ValueError:
        raise ParamError(
            f"law={settings['law']!r:.60} is no list of marks; give PLACE:DB,PLACE:DB,… with places 0 … 1"
        ) from None
    if any(not 0.0 <= place <= 1.0 or not -200.0 <= level <= 24.0 for place, level in marks):
        raise ParamError(f"law={settings['law']!r:.60} has marks outside 0 … 1 and −200 … 24 dB")
    return replace(daw, law=law_of_marks(marks))


def _whole(word: str, text: str, most: int) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= most:
        raise ParamError(f"{word}={text!r} is no unit; give a number from 1 to {most}")
    return int(text)


def _yes(word: str, text: str) -> bool:
    if text not in ("yes", "no"):
        raise ParamError(f"{word}={text!r} is neither yes nor no")
    return text == "yes"


def _seconds(text: str) -> float | None:
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0.0 <= seconds <= 3600.0:
        raise ParamError(f"wait={text!r} is no time; give seconds from 0 to 3600")
    return seconds
