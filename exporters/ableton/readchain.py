"""Live's devices read back as the console's modules, each number held to the console's range."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from lxml import etree

from console.errors import ExportError
from console.mix import Compressor, Delay, Equalizer, Highpass, Limiter, Lowpass, Reverb
from console.units import gain_to_db
from exporters.ableton.chain import INPUT, OUTPUT
from exporters.ableton.device import Device
from exporters.ableton.equalizer import BANDS, Eq8Band, from_bands
from exporters.ableton.space import delay_of, reverb_of
from exporters.ableton.values import attribute, neat_value
from exporters.neat import held, neat_single_db

_BAND_KNOBS = tuple(
    f"Bands.{index}/ParameterA/{knob}"
    for index in range(BANDS)
    for knob in ("IsOn", "Mode", "Freq", "Gain", "Q")
)

#: The knobs that are read of each device, with what stands where one is missing.
KNOBS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "Eq8": {
            name: {"IsOn": "false", "Mode": "3", "Freq": "1000", "Gain": "0", "Q": "0.7071067691"}[
                name.rsplit("/", 1)[1]
            ]
            for name in _BAND_KNOBS
        },
        "Compressor2": {
            "Threshold": "1", "Ratio": "4", "Attack": "1", "Release": "30", "Knee": "6", "Gain": "0",
        },
        "StereoGain": {"PhaseInvertL": "false", "PhaseInvertR": "false", "StereoWidth": "1", "Gain": "1"},
        "Limiter": {"Ceiling": "-0.3", "Release": "300"},
        "Reverb": {
            "PreDelay": "2.5", "BandFreq": "830", "BandWidth": "5.85", "ShelfHiGain": "0.7", "DecayTime": "1200",
            "RoomSize": "100",
        },
        "Delay": {
            "DelayLine_TimeL": "0.375", "DelayLine_PingPong": "false", "Feedback": "0.5", "Filter_Frequency": "1000",
            "Filter_Bandwidth": "8",
        },
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Seen:
    """A device as it stands in a file: its element, its name, whether it is on, and its knobs as text."""

    tag: str
    name: str
    enabled: bool
    knobs: Mapping[str, str]

    def number(self, knob: str) -> float:
        """The number of a knob.

        Raises:
            ExportError: it is none.
        """
        return finite(self.knobs[knob], f"{self.tag}/{knob}")

    def switch(self, knob: str) -> bool:
        """Whether a switch is on."""
        return self.knobs[knob] == "true"


@dataclass(slots=True)
class Modules:
    """What a chain holds. `level_db` is the gain of Utilities behind it, which belongs to the fader."""

    gain_db: float = 0.0
    invert_polarity: bool = False
    width: float = 1.0
    level_db: float = 0.0
    highpass: Highpass = field(default_factory=Highpass)
    lowpass: Lowpass = field(default_factory=Lowpass)
    equalizer: Equalizer = field(default_factory=Equalizer)
    compressor: Compressor = field(default_factory=Compressor)
    limiter: Limiter = field(default_factory=Limiter)
    reverb: Reverb | None = None
    delay: Delay | None = None


def finite(text: str, place: str) -> float:
    """The number that a text states.

    Raises:
        ExportError: it states none, or none that is finite.
    """
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise ExportError(f"{place} is {text[:40]!r}, which is not a number; save the set again in Live")
    return value


def planned(device: Device) -> Seen:
    """A device of ours as it will stand in the file."""
    knobs = {
        name: attribute(device.values[name]) if name in device.values else default
        for name, default in KNOBS[device.tag].items()
    }
    return Seen(device.tag, device.name, device.enabled, knobs)


def seen(element: etree._Element) -> Seen | None:
    """A device of a file, None for one that the console has no module for."""
    defaults = KNOBS.get(str(element.tag))
    if defaults is None:
        return None
    knobs = {}
    for name, default in defaults.items():
        knob = element.find(f"{name}/Manual")
        knobs[name] = default if knob is None else knob.get("Value", default)
    on = element.find("On/Manual")
    name = element.find("UserName")
    return Seen(
        str(element.tag),
        name.get("Value", "") if name is not None else "",
        on is None or on.get("Value") != "false",
        knobs,
    )


def read_chain(devices: Iterable[Seen]) -> Modules:
    """The modules of a chain; of two devices for one module the last counts.

    Raises:
        ExportError: a knob holds no number.
    """
    modules = Modules()
    behind = False
    for device in devices:
        if device.tag == "StereoGain":
            ahead = device.name == INPUT or (device.name != OUTPUT and not behind)
            if device.enabled:
                _read_utility(modules, device, ahead=ahead)
            continue
        behind = True
        if device.tag == "Eq8":
            shape = from_bands([_band(device, index) for index in range(BANDS)], device.enabled)
            modules.highpass, modules.lowpass, modules.equalizer = (
                shape.highpass,
                shape.lowpass,
                shape.equalizer,
            )
        elif device.tag == "Compressor2":
            modules.compressor = _compressor(device)
        elif device.tag == "Limiter":
            modules.limiter = Limiter(
                device.enabled,
                held("limiter.ceiling_dbtp", neat_value(device.number("Ceiling"))),
                held("limiter.release_ms", neat_value(device.number("Release"))),
            )
        elif device.tag == "Reverb":
            modules.reverb = reverb_of({name: device.number(name) for name in device.knobs})
        elif device.tag == "Delay":
            knobs = {name: device.number(name) for name in device.knobs if name != "DelayLine_PingPong"}
            modules.delay = delay_of(knobs, ping_pong=device.switch("DelayLine_PingPong"))
    return modules


def _read_utility(modules: Modules, device: Seen, *, ahead: bool) -> None:
    gain_db = gain_to_db(device.number("Gain"))
    if ahead:
        modules.gain_db = held("input.gain_db", neat_single_db(gain_db))
        modules.invert_polarity = device.switch("PhaseInvertL") and device.switch("PhaseInvertR")
    else:
        modules.level_db += gain_db
    if not ahead or device.name != INPUT:
        modules.width = held("strip.width", neat_value(device.number("StereoWidth")))


def _band(device: Seen, index: int) -> Eq8Band:
    place = f"Bands.{index}/ParameterA"
    return Eq8Band(
        round(device.number(f"{place}/Mode")),
        device.switch(f"{place}/IsOn"),
        device.number(f"{place}/Freq"),
        device.number(f"{place}/Gain"),
        device.number(f"{place}/Q"),
    )


def _compressor(device: Seen) -> Compressor:
    return Compressor(
        enabled=device.enabled,
        threshold_db=held("compressor.threshold_db", neat_single_db(gain_to_db(device.number("Threshold")))),
        ratio=held("compressor.ratio", neat_value(device.number("Ratio"))),
        attack_ms=held("compressor.attack_ms", neat_value(device.number("Attack"))),
        release_ms=held("compressor.release_ms", neat_value(device.number("Release"))),
        knee_db=held("compressor.knee_db", neat_value(device.number("Knee"))),
        makeup_db=held("compressor.makeup_db", round(neat_value(device.number("Gain")), 5) + 0.0),
    )
