"""The versions of Live's document format that are written, and what tells them apart."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from lxml import etree

from console.errors import ExportError

#: The version that is written unless another is asked for; newer Lives open older sets.
DEFAULT_VERSION = "11"

_TOOLS = ' SelectedToolPanel="7" SelectedTransformationName="" SelectedGeneratorName=""'


@dataclass(frozen=True, slots=True)
class Schema:
    """One version of the format.

    `marks` are the conditions that hold in the outlines ("11+": elements that Live 11 brought), `words` what stands
    there for a name of the version's own.
    """

    name: str
    minor_version: str
    change_count: str
    marks: frozenset[str]
    overwrite_protection: int

    @property
    def main_tag(self) -> str:
        """The element of the master track."""
        return "MainTrack" if "12+" in self.marks else "MasterTrack"

    @property
    def main_target(self) -> str:
        """Where a track goes that goes to the master."""
        return "AudioOut/Main" if "12+" in self.marks else "AudioOut/Master"

    @property
    def words(self) -> dict[str, str]:
        """Words of the outlines that depend on the version."""
        return {
            "%overwrite": str(self.overwrite_protection),
            "%tools": _TOOLS if "12.2+" in self.marks else "",
            "%main_target": self.main_target,
            "%main": self.main_tag,
        }

    @property
    def header(self) -> str:
        """The first two lines of a document, without the closing element."""
        count = f' SchemaChangeCount="{self.change_count}"' if self.change_count else ""
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f'<Ableton MajorVersion="5" MinorVersion="{self.minor_version}"{count} Creator="mixbridge" Revision="">\n'
        )


#: What can be written, by the name a user gives.
SCHEMAS: Mapping[str, Schema] = MappingProxyType(
    {
        "10.1": Schema("10.1", "10.0_377", "3", frozenset(), 2561),
        "11": Schema("11", "11.0_433", "", frozenset({"11+"}), 2816),
        "12": Schema("12", "12.0_12203", "3", frozenset({"11+", "11.3+", "12+", "12.2+"}), 3074),
    }
)

_MINOR = re.compile(r"(\d{1,3})\.\d{1,3}_(\d{1,6})")


def schema_named(name: str) -> Schema:
    """The version that a user asks for.

    Raises:
        ExportError: there is none of that name.
    """
    try:
        return SCHEMAS[name]
    except KeyError:
        raise ExportError(f"Live {name!r} is not written; give one of {', '.join(SCHEMAS)}") from None


def schema_of(root: etree._Element, source: str) -> Schema:
    """The version of a set that Live wrote, its finer differences read off the set itself.

    Raises:
        ExportError: it is older than 10, newer than 12, or no set of Live's.
    """
    minor = root.get("MinorVersion", "")
    match = _MINOR.fullmatch(minor)
    major = int(match[1]) if match else 0
    if match is None or major not in (10, 11, 12):
        raise ExportError(
            f"{source} has the version {minor!r}; sets of Live 10, 11 and 12 are understood: save it in one of these"
        )
    build = int(match[2])
    live_set = root.find("LiveSet")
    marks = set()
    if major >= 11:
        marks.add("11+")
        if live_set is not None and live_set.find(".//AudioOutputRouting/MpeSettings") is not None:
            marks.add("11.3+")
    if major >= 12:
        marks.add("12+")
        if live_set is not None and live_set.find(".//Mixer/BreakoutIsExpanded") is not None:
            marks.add("12.2+")
        if build >= 12300:
            marks.add("12.3+")
    number = live_set.find("OverwriteProtectionNumber") if live_set is not None else None
    text = number.get("Value", "") if number is not None else ""
    protection = (
        int(text) if text.isdecimal() and len(text) < 10 else SCHEMAS[DEFAULT_VERSION].overwrite_protection
    )
    return Schema(f"{major}", minor, root.get("SchemaChangeCount", ""), frozenset(marks), protection)
