"""The plugins of a track as REAPER names them, and the knobs that they have on the desk."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from bridge.live.links.reaper.laws import (
    EQ_FREQUENCY,
    EQ_GAINS,
    EQ_OCTAVES,
    EQ_TYPES,
    ROWS,
    Law,
    level,
    linear,
    matches_text,
)
from bridge.live.links.reaper.units import EqBand, Floor, Plain, Unit
from bridge.live.parameters import BAND_TYPES
from bridge.live.values import Knob
from console.mix import BandType
from console.params import SLOPES_DB_PER_OCTAVE
from exporters.reaper.jsfx import STRIP, STRIP_TITLE
from exporters.reaper.jsfxsliders import SLIDERS, Slider
from exporters.reaper.slots import REAGATE

#: A switch: off below the middle.
SWITCH = Law(lambda x: 1.0 if x >= 0.5 else 0.0, float, 0.0, 1.0)
_OFF_ON = (0.0, 1.0)

#: A choice by its place, which REAPER may print where it knows no word for it.
_INDEX = Law(float, float, 0.0, 1.0)

#: What a plugin's own bypass button switches, where the plugin is that module and nothing else.
_MODULES = MappingProxyType(
    {"ReaComp": "compressor.enabled", "ReaGate": "gate.enabled", "ReaLimit": "limiter.enabled"}
)

_BAND = re.compile(r"Freq-(.+?)(?: (\d+))?$")
_FXEQ = MappingProxyType(
    {
        BandType.LOW_SHELF: "loshelf",
        BandType.BELL: "band",
        BandType.HIGH_SHELF: "hishelf",
        "highpass": "hipass",
        "lowpass": "lopass",
    }
)


@dataclass(frozen=True, slots=True)
class Parameter:
    """What REAPER said of a plugin's parameter: its number from 1, its name, where it stands, and that as text."""

    number: int
    name: str
    position: float | None
    text: str = ""


@dataclass(frozen=True, slots=True)
class Plugin:
    """A plugin in a track's chain, its place counted from 1."""

    track: int
    place: int
    name: str
    parameters: tuple[Parameter, ...] = ()
    enabled: bool = True
    #: Bands of the track's first ReaEQ that are off: "hipass", "band/2".
    bands_off: frozenset[str] = frozenset()

    @property
    def kind(self) -> str:
        """Which plugin it is: a name of the exporters' tables, the strip's, or "" for any other."""
        names = {parameter.name for parameter in self.parameters}
        if STRIP in self.name or STRIP_TITLE in self.name or {"Input gain (dB)", "Band 6: Q"} <= names:
            return STRIP
        for kind in ("ReaEQ", "ReaComp", "ReaGate", "ReaLimit", "ReaDelay", "ReaVerbate"):
            if kind in self.name:
                return kind
        return "ReaEQ" if "Global Gain" in names and any(_BAND.match(name) for name in names) else ""

    def find(self, name: str, index: int = -1) -> Parameter | None:
        """A parameter by its name; by its index from 0 where REAPER told no names at all."""
        for parameter in self.parameters:
            if _plain_name(parameter.name) == _plain_name(name):
                return parameter
        if index >= 0 and not any(parameter.name for parameter in self.parameters):
            return Parameter(index + 1, name, None)
        return None


def _plain_name(name: str) -> str:
    """A parameter's name without case and blanks, which differ between versions."""
    squeezed = "".join(letter for letter in name.lower() if letter.isalnum())
    return squeezed.replace("hipass", "highpass").replace("lopass", "lowpass")


@dataclass(frozen=True, slots=True)
class Found:
    """The knobs of a track's plugins, the fixed types of its bands, and what the engineer has to know."""

    units: tuple[Unit, ...]
    band_types: Mapping[str, int]
    notes: tuple[str, ...]


class Finder:
    """Makes knobs of the plugins of one track.

    Args:
        told_at: the end of the address that tells a plugin's parameter ("told" with our pattern file).
        sample_rate_hz: the project's, on which ReaEQ's bandwidths depend near its half.
    """

    def __init__(self, told_at: str, sample_rate_hz: float) -> None:
        self._told_at = told_at
        self._rate_hz = sample_rate_hz
        self._units: dict[str, Unit] = {}
        self._types: dict[str, int] = {}
        self._notes: list[str] = []
        #: The places of plugins whose bypass is a knob.
        self._switched: set[int] = set()

    def find(self, plugins: Sequence[Plugin]) -> Found:
        """The knobs of a chain. The strip comes before all others: it is the whole channel."""
        chain = sorted(plugins, key=lambda plugin: plugin.kind != STRIP)
        eq_seen = False
        for plugin in chain:
            kind = plugin.kind
            if kind == STRIP:
                self._strip(plugin)
            elif kind == "ReaEQ":
                self._equalizer(plugin, first=not eq_seen)
                eq_seen = True
            else:
                self._rows(plugin, kind)
            if kind and not plugin.enabled and plugin.place not in self._switched:
                self._notes.append(
                    f"{plugin.name} on track {plugin.track} is bypassed; what is moved in it is not heard"
                )
            if kind == STRIP:
                break
        return Found(tuple(dict.fromkeys(self._units.values())), self._types, tuple(self._notes))

    def _add(self, unit: Unit) -> None:
        """Keep a unit unless another has one of its knobs already."""
        if not any(knob.parameter in self._units for knob in unit.knobs):
            for knob in unit.knobs:
                self._units[knob.parameter] = unit

    def _plain(self, plugin: Plugin, number: int, knob: Knob, law: Law, direct: str = "") -> Plain:
        """A knob on one parameter; `direct` is an address that takes the console's unit itself."""
        stem = f"/track/{plugin.track}/fx/{plugin.place}/fxparam/{number}"
        answer = f"{stem}/{self._told_at}" if plugin.track else f"/fx/{plugin.place}/fxparam/{number}/value"
        if direct:
            return Plain(knob, direct, answer, law, direct=True)
        return Plain(knob, f"{stem}/value", answer, law)

    def _doubtful(self, plugin: Plugin, parameter: Parameter, laws: Sequence[Law]) -> Law | None:
        """The first law that agrees with what REAPER prints, None (and a note) where none does."""
        if parameter.position is None:
            return laws[0]
        for law in laws:
            if matches_text(law, parameter.position, parameter.text) is not False:
                return law
        self._notes.append(
            f"{parameter.name} of {plugin.name} on track {plugin.track} stands at {parameter.position:g}, which REAPER "
            f"shows as {parameter.text!r}: this version's scale is another than known, so the knob is left alone"
        )
        return None

    def _rows(self, plugin: Plugin, kind: str) -> None:
        for row in ROWS.get(kind, ()):
            parameter = plugin.find(row.name, row.index)
            if parameter is None or self._doubtful(plugin, parameter, row.printed or (row.law,)) is None:
                continue
            knob = row.law.knob(row.parameter, told=plugin.track > 0)
            self._add(self._plain(plugin, parameter.number, knob, row.law))
        if kind == "ReaGate":
            self._floor(plugin)
        if kind in _MODULES:
            self._bypass(plugin, _MODULES[kind])

    def _floor(self, plugin: Plugin) -> None:
        slots = REAGATE.slots
        dry = plugin.find("Dry", slots["dry"].index)
        wet = plugin.find("Wet", slots["wet"].index)
        if dry is None or wet is None:
            return
        law = self._doubtful(plugin, dry, (level(slots["dry"]),))
        if law is None:
            return
        knob = Knob("gate.range_db", law.low, 0.0, law.resolution, told=plugin.track > 0)
        wet_plain = self._plain(plugin, wet.number, knob, linear(slots["wet"]))
        self._add(
            Floor(knob, self._plain(plugin, dry.number, knob, law), wet_plain.address, slots["wet"].top)
        )

    def _bypass(self, plugin: Plugin, parameter: str) -> None:
        """REAPER's bypass button says 1 while the plugin is heard."""
        self._switched.add(plugin.place)
        knob = Knob(parameter, 0.0, 1.0, choices=_OFF_ON, told=plugin.track > 0)
        address = f"/track/{plugin.track}/fx/{plugin.place}/bypass"
        answer = address if plugin.track else f"/fx/{plugin.place}/bypass"
        self._add(Plain(knob, address, answer, SWITCH))

    def _equalizer(self, plugin: Plugin, *, first: bool) -> None:
        """The bands of a ReaEQ. REAPER's own EQ addresses reach its first one alone, and there one of most types."""
        seen: dict[str, int] = {}
        modules: set[str] = set()
        bands = [(one, found) for one in plugin.parameters if (found := _BAND.match(one.name))]
        # Which number REAPER's EQ addresses give a bell beside one of another make is not known.
        plain_bells = not any(found.group(1).startswith("Band (") for _, found in bands)
        for parameter, found in bands:
            word = found.group(1)
            kind = EQ_TYPES.get(word)
            if kind is None:
                modules.add("other")
                continue
            count = seen.get(word, 0)
            seen[word] = count + 1
            bell = kind is BandType.BELL
            band = _FXEQ[kind] + (f"/{count}" if bell else "")
            stem = f"/track/{plugin.track}/fxeq/{band}"
            if not first or (not plain_bells if bell else count > 0):
                stem = ""
            elif band in plugin.bands_off:
                modules.add("other")
                self._notes.append(
                    f"{parameter.name.removeprefix('Freq-')} of {plugin.name} on track {plugin.track} is off; "
                    "switch it on in the plugin, then connect anew, to have it moved"
                )
                continue
            if isinstance(kind, BandType):
                modules.add("equalizer")
                self._band(plugin, parameter, parameter.name.removeprefix("Freq-"), kind, stem)
                continue
            modules.add(kind)
            if count:
                self._notes.append(
                    f"the second {word} of {plugin.name} on track {plugin.track} is not moved along"
                )
            law = self._doubtful(plugin, parameter, (EQ_FREQUENCY,))
            if law is not None:
                knob = law.knob(f"{kind}.frequency_hz", told=plugin.track > 0)
                self._add(self._plain(plugin, parameter.number, knob, law, f"{stem}/freq/hz" if stem else ""))
        if len(modules) == 1 and "other" not in modules:
            self._bypass(plugin, f"{modules.pop()}.enabled")

    def _band(self, plugin: Plugin, frequency: Parameter, label: str, kind: BandType, stem: str) -> None:
        gain = plugin.find(f"Gain-{label}")
        octaves = plugin.find(f"BW-{label}") or plugin.find(f"Q-{label}")
        if gain is None or octaves is None:
            return
        laws = [
            self._doubtful(plugin, parameter, known)
            for parameter, known in (
                (frequency, (EQ_FREQUENCY,)),
                (gain, EQ_GAINS),
                (octaves, (EQ_OCTAVES,)),
            )
        ]
        number = len(self._types)
        told = plugin.track > 0
        ends = (("frequency_hz", "freq/hz"), ("gain_db", "gain/db"), ("q", "q/oct"))
        plains = []
        for parameter, law, (name, end) in zip((frequency, gain, octaves), laws, ends, strict=True):
            if law is None:
                return
            knob = law.knob(f"equalizer.{number}.{name}", told=told)
            direct = f"{stem}/{end}" if stem else ""
            plains.append(self._plain(plugin, parameter.number, knob, law, direct))
        self._types[str(number)] = BAND_TYPES.index(kind)
        self._add(EqBand(number, kind, plains[0], plains[1], plains[2], self._rate_hz))

    def _strip(self, plugin: Plugin) -> None:
        """The JSFX strip: OSC says a slider as a share of its range."""
        for index, slider in enumerate(SLIDERS):
            name = strip_parameter(slider.variable)
            parameter = plugin.find(slider.label, index)
            if not name or parameter is None:
                continue
            law = slider_law(slider)
            printed = (law, _INDEX) if slider.choices else (law,)
            if self._doubtful(plugin, parameter, printed) is None:
                continue
            knob = law.knob(name, told=plugin.track > 0)
            if slider.choices:
                choices = tuple(law.decode(place / slider.high) for place in range(len(slider.choices)))
                knob = Knob(name, law.low, law.high, choices=choices, told=plugin.track > 0)
            self._add(self._plain(plugin, parameter.number, knob, law))


def strip_parameter(variable: str) -> str:
    """The desk's parameter of a slider of the strip, "" where a desk has none (polarity)."""
    fixed = {"input_gain_db": "input.gain_db", "width": "width"}
    if variable in fixed:
        return fixed[variable]
    module, _, knob = variable.partition("_")
    knob = {"on": "enabled", "slope": "slope_db_per_octave"}.get(knob, knob)
    if module.startswith("band"):
        return f"equalizer.{int(module.removeprefix('band')) - 1}.{knob}"
    return "" if module == "invert" else f"{module}.{knob}"


def slider_law(slider: Slider) -> Law:
    """The law of a slider: a share of its range, or the one of its choices that lies nearest."""
    low, high = slider.low, slider.high
    if slider.variable.endswith("_slope"):
        slopes = SLOPES_DB_PER_OCTAVE
        return Law(
            lambda x: float(slopes[round(min(max(x, 0.0), 1.0) * (len(slopes) - 1))]),
            lambda value: slopes.index(round(value)) / (len(slopes) - 1),
            float(slopes[0]),
            float(slopes[-1]),
        )
    if slider.choices:
        return Law(
            lambda x: float(round(min(max(x, 0.0), 1.0) * high)), lambda value: value / high, low, high
        )
    span = high - low
    return Law(lambda x: low + span * x, lambda value: (value - low) / span, low, high)
