"""The equalizers that a link to Ardour knows, as parts: ACE EQ, x42's fil4, LSP's parametric equalizer."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from bridge.live.links.ardour.parts import ACTIVE, Part, Ports, Values, direct, silent_knob, switch, toggle
from bridge.live.parameters import BAND_TYPES
from console.mix.strip import BandType
from console.units import db_to_gain, gain_to_db
from exporters.ardour import aceeq, fil4, lspeq

_LOW_SHELF: Final = BAND_TYPES.index(BandType.LOW_SHELF)
_BELL: Final = BAND_TYPES.index(BandType.BELL)
_HIGH_SHELF: Final = BAND_TYPES.index(BandType.HIGH_SHELF)


@dataclass(slots=True)
class Tone:
    """The parts of an equalizer, with the types of its bands by number."""

    parts: list[Part] = field(default_factory=list)
    band_types: dict[str, int] = field(default_factory=dict)
    #: The number of the next band.
    next_band: int = 0
    #: Whether the plugin is nothing but the equalizer, so that its own switch is the equalizer's.
    is_alone: bool = True

    def band(self, kind: int | None) -> str:
        """The beginning of the next band's parameters; None for one whose type can be chosen."""
        number = self.next_band
        self.next_band += 1
        if kind is not None:
            self.band_types[str(number)] = kind
        return f"equalizer.{number}."


def ace(ports: Ports, rate_hz: float, first: int) -> Tone:
    """Ardour's own equalizer: a low shelf, four bells, a high shelf."""
    tone = Tone(next_band=first)
    for place in ("L", "1", "2", "3", "4", "H"):
        frequency, gain, width = f"Frequency {place}", f"Gain {place}", f"Bandwidth {place}"
        if frequency not in ports or gain not in ports:
            continue
        kind = {"L": _LOW_SHELF, "H": _HIGH_SHELF}.get(place, _BELL)
        name = tone.band(kind)
        tone.parts += toggle(f"{name}enabled", f"Filter {place}", ports)
        if kind == _BELL:
            tone.parts += direct(f"{name}frequency_hz", frequency, ports)
            tone.parts += direct(f"{name}gain_db", gain, ports)
            tone.parts += direct(f"{name}q", width, ports, aceeq.q_of_octaves, aceeq.octaves_of_q)
        else:
            tone.parts.append(_ace_shelf(name, BAND_TYPES[kind], frequency, gain, ports, rate_hz))
    return tone


def _ace_shelf(name: str, kind: BandType, frequency: str, gain: str, ports: Ports, rate_hz: float) -> Part:
    """A shelf, whose frequency moves with its gain."""
    hz, db = f"{name}frequency_hz", f"{name}gain_db"

    def decode(values: Values) -> dict[str, float]:
        gain_db = values[gain]
        return {hz: aceeq.shelf_hz(kind, values[frequency], gain_db, rate_hz), db: gain_db}

    def encode(wanted: Values) -> dict[str, float]:
        knob_hz = aceeq.shelf_knob_hz(kind, wanted[hz], wanted[db], rate_hz)
        return {frequency: knob_hz, gain: wanted[db]}

    ends = [
        aceeq.shelf_hz(kind, knob_hz, gain_db, rate_hz)
        for knob_hz in (ports[frequency].low, ports[frequency].high)
        for gain_db in (ports[gain].low, ports[gain].high)
    ]
    knobs = (
        silent_knob(hz, min(ends), max(ends)),
        silent_knob(db, ports[gain].low, ports[gain].high),
    )
    return Part((frequency, gain), knobs, decode, encode)


#: The words of fil4's sections in the order of the exporter's table.
_SECTIONS: Final = (
    ("Lowshelf", "Lowshelf Frequency", "Lowshelf Bandwidth", "Lowshelf Gain"),
    *((f"Section {n}", f"Frequency {n}", f"Bandwidth {n}", f"Gain {n}") for n in (1, 2, 3, 4)),
    ("Highshelf", "Highshelf Frequency", "Highshelf Bandwidth", "Highshelf Gain"),
)


def x42(ports: Ports, rate_hz: float, first: int) -> Tone:
    """The x42 equalizer: a low shelf, four bells, a high shelf. Its own cuts are not the console's."""
    tone = Tone(next_band=first)
    for section, labels in zip(fil4.SECTIONS, _SECTIONS, strict=True):
        on, frequency, width, gain = labels
        if not all(label in ports for label in labels):
            continue
        name = tone.band(BAND_TYPES.index(section.type))
        tone.parts += toggle(f"{name}enabled", on, ports)
        tone.parts.append(_x42_curve(name, section.type, frequency, width, ports, rate_hz))
        tone.parts += direct(f"{name}gain_db", gain, ports)
    return tone


def _x42_curve(name: str, kind: BandType, frequency: str, width: str, ports: Ports, rate_hz: float) -> Part:
    """Frequency and bandwidth: the same bandwidth is another q at another frequency."""
    hz, q = f"{name}frequency_hz", f"{name}q"

    def decode(values: Values) -> dict[str, float]:
        knob_hz = values[frequency]
        return {hz: knob_hz, q: fil4.q_of_bandwidth(kind, knob_hz, values[width], rate_hz)}

    def encode(wanted: Values) -> dict[str, float]:
        return {
            frequency: wanted[hz],
            width: fil4.bandwidth_of_q(kind, wanted[hz], wanted[q], rate_hz),
        }

    reach = ports[frequency], ports[width]
    ends = [
        fil4.q_of_bandwidth(kind, knob_hz, knob, rate_hz)
        for knob_hz in (reach[0].low, reach[0].high)
        for knob in (reach[1].low, reach[1].high)
    ]
    knobs = (silent_knob(hz, reach[0].low, reach[0].high), silent_knob(q, min(ends), max(ends)))
    return Part((frequency, width), knobs, decode, encode)


@dataclass(frozen=True, slots=True)
class _Slot:
    """One filter of LSP's equalizer, by its number among them."""

    number: int
    kind: int

    def label(self, what: str) -> str:
        return f"{what} {self.number}"


def lsp(ports: Ports, rate_hz: float, first: int) -> Tone:
    """LSP's equalizer: its filters that are on, in the mode which has the console's law; cuts and bands."""
    del rate_hz  # its frequencies are the console's
    tone = Tone(next_band=first)
    slots = list(_slots(ports))
    for kind, name in ((lspeq.HIGHPASS, "highpass"), (lspeq.LOWPASS, "lowpass")):
        cuts = [slot for slot in slots if slot.kind == kind]
        if 1 <= len(cuts) <= 2:
            tone.parts += _lsp_cut(name, cuts, ports)
            tone.is_alone = False
    for slot in slots:
        if slot.kind in lspeq.KINDS_BACK:
            tone.parts += _lsp_band(tone.band(None), slot, ports)
    return tone


def _slots(ports: Ports) -> Iterator[_Slot]:
    for number in range(lspeq.SLOTS):
        labels = [f"{what} {number}" for what in (*_LSP, "Filter mode", "Filter slope")]
        if not all(label in ports for label in labels):
            continue
        kind, mode, slope = (int(ports[label].value) for label in (labels[0], labels[-2], labels[-1]))
        if kind != lspeq.OFF and mode == lspeq.APO_MODE and slope == 0:
            yield _Slot(number, kind)


_LSP: Final = ("Filter type", "Filter mute", "Frequency", "Gain", "Quality factor")


def _lsp_cut(name: str, cuts: list[_Slot], ports: Ports) -> list[Part]:
    """A cut of one filter, or of two that are moved as one; how many there are says how steep it is."""
    hz = f"{name}.frequency_hz"
    places = [cut.label("Frequency") for cut in cuts]
    mutes = [cut.label("Filter mute") for cut in cuts]
    slope, on = f"{name}.slope_db_per_octave", f"{name}.enabled"
    steepness = 12.0 * len(cuts)
    first = ports[places[0]]
    return [
        Part(
            (*mutes, ACTIVE),
            (switch(on),),
            lambda values: {on: float(values[ACTIVE] > 0.0 and values[mutes[0]] == 0.0)},
            lambda wanted: dict.fromkeys(mutes, float(wanted[on] == 0.0)),
        ),
        Part(
            tuple(places),
            (silent_knob(hz, first.low, first.high),),
            lambda values: {hz: values[places[0]]},
            lambda wanted: dict.fromkeys(places, wanted[hz]),
        ),
        Part(
            (),
            (silent_knob(slope, steepness, steepness, choices=(steepness,)),),
            lambda values: {slope: steepness},
            lambda wanted: {},
        ),
    ]


def _lsp_band(name: str, slot: _Slot, ports: Ports) -> list[Part]:
    kind = f"{name}type"
    choice = slot.label("Filter type")
    theirs = {index: lspeq.KINDS[shape] for index, shape in enumerate(BAND_TYPES)}
    ours = {port: index for index, port in theirs.items()}
    parts = toggle(f"{name}enabled", slot.label("Filter mute"), ports, inverted=True)
    parts.append(
        Part(
            (choice,),
            (silent_knob(kind, 0.0, float(max(theirs)), choices=tuple(map(float, theirs))),),
            lambda values: {kind: float(ours.get(round(values[choice]), _BELL))},
            lambda wanted: {choice: float(theirs[round(wanted[kind])])},
        )
    )
    parts += direct(f"{name}frequency_hz", slot.label("Frequency"), ports)
    parts += direct(f"{name}gain_db", slot.label("Gain"), ports, gain_to_db, db_to_gain)
    parts += direct(f"{name}q", slot.label("Quality factor"), ports)
    return parts
