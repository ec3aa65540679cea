"""Readers and comparers of Live's XML for the Ableton tests that share no code with the exporter."""

import gzip
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from pathlib import Path

#: Elements whose children are a list of any length.
LISTS = frozenset(
    "Tracks Devices Envelopes Events Sends SendsPre ClipSlotList Scenes SceneNames Locators Slots Grooves "
    "WarpMarkers UserOnsets RelativePath PathHint TakeLanes ExpressionLanes ContentLanes Branches "
    "DevicePresets BranchPresets Value ReturnBranches MacroSnapshots".split()
)

#: What tells where a device or a clip came from; its inside depends on how it was made, not on the format.
ORIGINS = frozenset(("LastPresetRef", "SourceContext", "Data"))

#: What only a user's mapping or an older recording leaves in an element.
PERSONAL = frozenset(("KeyMidi", "ArrangerAutomation"))

#: The elements whose Id is of the one space below NextPointeeId.
POINTEES = ("AutomationTarget", "ModulationTarget", "Pointee")


def load(path: Path) -> ET.Element:
    """The document of a packed set, rack or preset."""
    data = path.read_bytes()
    return ET.fromstring(gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data)  # noqa: S314


def is_parameter(element: ET.Element) -> bool:
    return element.find("Manual") is not None


def differences(
    ours: ET.Element, theirs: ET.Element, where: str = "", *, skip: frozenset[str] = ORIGINS
) -> Iterator[str]:
    """Every place where the names, the order or the attributes of two elements differ, values aside."""
    here = f"{where}/{ours.tag}"
    if list(ours.attrib) != list(theirs.attrib):
        yield f"{here}: attributes {list(ours.attrib)}, Live has {list(theirs.attrib)}"
    if ours.tag in skip:
        return
    mine = [child for child in ours if child.tag not in PERSONAL or not is_parameter(ours)]
    other = [child for child in theirs if child.tag not in PERSONAL or not is_parameter(theirs)]
    if ours.tag in LISTS and ours.tag != where.rsplit("/", 1)[-1]:
        models = {child.tag: child for child in reversed(other)}
        for child in mine:
            if child.tag in models:
                yield from differences(child, models[child.tag], here, skip=skip)
        return
    if [child.tag for child in mine] != [child.tag for child in other]:
        extra = [child.tag for child in mine if child.tag not in {c.tag for c in other}]
        lacking = [child.tag for child in other if child.tag not in {c.tag for c in mine}]
        yield f"{here}: extra {extra}, lacking {lacking}, order {[c.tag for c in mine][:60]}"
        models = {child.tag: child for child in reversed(other)}
        for child in mine:
            if child.tag in models:
                yield from differences(child, models[child.tag], here, skip=skip)
        return
    for child, model in zip(mine, other, strict=True):
        yield from differences(child, model, here, skip=skip)


def pointees(root: ET.Element) -> list[int]:
    """The identifiers of the one space that envelopes point into."""
    return [
        int(element.get("Id", "-1"))
        for element in root.iter()
        if element.tag in POINTEES
        or element.tag.endswith("ModulationTarget")
        or element.tag.startswith("ControllerTargets.")
    ]


def save(root: ET.Element, path: Path) -> Path:
    """Pack a document that a test has changed."""
    path.write_bytes(gzip.compress(b'<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root), mtime=0))
    return path


def put(element: ET.Element, place: str, value: str) -> None:
    """Set a Value somewhere inside an element."""
    found = element.find(place)
    assert found is not None, place
    found.set("Value", value)


def get(element: ET.Element, place: str) -> str:
    found = element.find(place)
    assert found is not None, place
    return found.get("Value", "")


def track_named(root: ET.Element, name: str) -> ET.Element:
    for track in root.iterfind("LiveSet/Tracks/*"):
        if get(track, "Name/EffectiveName") == name:
            return track
    raise AssertionError(name)
