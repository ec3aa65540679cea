"""One of Live's devices as a value: what it is, what it is called, and its knobs."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from exporters.ableton.outline import Ids, Value, outline, render
from exporters.ableton.schema import Schema

#: How the names of our devices begin, so that they are found again.
OUR_NAME = "mixbridge"

#: The outline of each device that is written, by its element.
SECTIONS: Mapping[str, str] = MappingProxyType(
    {
        "Eq8": "eq8",
        "Compressor2": "compressor2",
        "StereoGain": "stereo_gain",
        "Limiter": "limiter",
        "Reverb": "reverb",
        "Delay": "delay",
    }
)

#: What Live calls them.
TITLES: Mapping[str, str] = MappingProxyType(
    {
        "Eq8": "EQ Eight",
        "Compressor2": "Compressor",
        "StereoGain": "Utility",
        "Limiter": "Limiter",
        "Reverb": "Reverb",
        "Delay": "Delay",
    }
)


@dataclass(frozen=True, slots=True)
class Device:
    """A device: its element, its name in the set, its knobs by their path, and whether it is on.

    Numbers are as Live stores them.
    """

    tag: str
    name: str
    values: Mapping[str, Value]
    enabled: bool = True


def device_xml(device: Device, schema: Schema, depth: int, ids: Ids, number: int | None) -> str:
    """The device's element, indented by so many tabs; `number` is its Id, None for one that has none."""
    form = outline(SECTIONS[device.tag], schema, depth)
    values: dict[str, Value] = {**device.values, "On": device.enabled, "user_name": device.name}
    if number is not None:
        values["id"] = number
    preset = preset_xml(device.tag, schema, form.depths["preset"])
    return render(form, values, ids, {"preset": preset})


def preset_xml(tag: str, schema: Schema, depth: int) -> str:
    """The reference to the default preset of a device."""
    return render(outline("default_preset", schema, depth), {"device": tag}, Ids(None))
