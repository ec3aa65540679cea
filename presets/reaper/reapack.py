"""The ReaPack index of the JSFX strip and the ReaScript: what REAPER's package manager installs and updates.

The layout is version 1 of ReaPack's index, from its own reader (cfillion/reapack, index_v1.cpp and source.cpp).
"""

import hashlib
from dataclasses import dataclass
from importlib import resources
from urllib.parse import quote

from lxml import etree

from console.errors import ExportError

#: Name of the index; ReaPack installs below a folder of this name in Effects and in Scripts.
NAME = "mixbridge"

#: Stands in the shipped index for the address where somebody publishes it; no such host can ever be reached.
PLACEHOLDER_URL = "https://mixbridge.invalid/presets/reaper"

INDEX_FILE = "index.xml"

_SHA2_256 = "1220"  # multihash: the code of SHA2-256, and its 32 bytes
_SCHEMES = ("https://", "http://", "file:///")


@dataclass(frozen=True, slots=True)
class Package:
    """One file that ReaPack installs: its kind, what the browser shows, and where a script is offered."""

    file: str
    kind: str
    title: str
    sections: str = ""


PACKAGES = (
    Package("mixbridge_strip.jsfx", "effect", "mixbridge channel strip"),
    Package(
        "mixbridge_apply.lua",
        "script",
        "mixbridge: apply a mix, or write the project's settings as one",
        "main",
    ),
)


def package_source(package: Package) -> bytes:
    """The file itself, as it is shipped."""
    return resources.files("presets").joinpath("reaper", package.file).read_bytes()


def reapack_index(version: str, base_url: str = PLACEHOLDER_URL) -> bytes:
    """The index as XML, of one version of every package.

    Args:
        version: the version of mixbridge; ReaPack offers an update when it rises.
        base_url: the address of the folder that the files lie in.

    Raises:
        ExportError: the address is none.
    """
    if not base_url.startswith(_SCHEMES):
        raise ExportError(f"{base_url!r} is no address; give one that starts with {', '.join(_SCHEMES)}")
    root = etree.Element("index", version="1", name=NAME)
    category = etree.SubElement(root, "category", name=NAME)
    for package in PACKAGES:
        entry = etree.SubElement(
            category, "reapack", name=package.file, type=package.kind, desc=package.title
        )
        release = etree.SubElement(entry, "version", name=version, author=NAME)
        checksum = _SHA2_256 + hashlib.sha256(package_source(package)).hexdigest()
        # Out of the category's folder: REAPER finds the effect as mixbridge/mixbridge_strip.jsfx, as projects name it.
        source = etree.SubElement(release, "source", file=f"../{package.file}", hash=checksum)
        if package.sections:
            source.set("main", package.sections)
        source.text = f"{base_url.rstrip('/')}/{quote(package.file)}"
    etree.indent(root, "  ")
    body: bytes = etree.tostring(root, xml_declaration=True, encoding="utf-8")
    return body + b"\n"
