"""Racks (.adg) and presets (.adv): the devices of a strip to put on any track of any set."""

from collections.abc import Sequence

from exporters.ableton.device import Device, device_xml, preset_xml
from exporters.ableton.outline import Ids, Value, outline, render
from exporters.ableton.schema import Schema


def rack_document(name: str, devices: Sequence[Device], schema: Schema) -> bytes:
    """An Audio Effect Rack of one chain that holds the devices; every identifier in a preset is 0."""
    form = outline("rack", schema, 1)
    nothing = Ids(None)
    presets = "".join(
        _device_preset(device, index, schema, form.depths["presets"]) for index, device in enumerate(devices)
    )
    inserts = {
        "preset": preset_xml("AudioEffectGroupDevice", schema, form.depths["preset"]),
        "presets": presets,
    }
    values: dict[str, Value] = {"name": name, "Device/AudioEffectGroupDevice/On": True, "user_name": ""}
    return _document(render(form, values, nothing, inserts), schema)


def preset_document(device: Device, schema: Schema) -> bytes:
    """A preset of one device."""
    return _document(device_xml(device, schema, 1, Ids(None), None), schema)


def _device_preset(device: Device, number: int, schema: Schema, depth: int) -> str:
    form = outline("device_preset", schema, depth)
    inserts = {
        "device": device_xml(device, schema, form.depths["device"], Ids(None), 0),
        "preset": preset_xml(device.tag, schema, form.depths["preset"]),
    }
    return render(form, {"id": number}, Ids(None), inserts)


def _document(body: str, schema: Schema) -> bytes:
    return f"{schema.header}{body}</Ableton>\n".encode()
