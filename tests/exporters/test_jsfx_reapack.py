"""The ReaPack index: what ReaPack's own reader wants is there, and the files are those that are shipped."""

import hashlib
import tomllib
from pathlib import Path, PurePosixPath

import pytest
from lxml import etree

from console.errors import ExportError
from exporters.reaper.jsfx import EFFECT_FILE, effect_source
from presets.reaper.reapack import INDEX_FILE, PACKAGES, PLACEHOLDER_URL, package_source, reapack_index

ROOT = Path(__file__).resolve().parents[2]
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
SHIPPED = (ROOT / "presets" / "reaper" / INDEX_FILE).read_bytes()


def installed(kind: str, index: str, category: str, file: str) -> PurePosixPath:
    """Where ReaPack puts a file, by its source.cpp: category and file joined, kept inside the index's folder."""
    parts: list[str] = []
    for part in (*PurePosixPath(category).parts, *PurePosixPath(file).parts):
        if part == "..":
            parts = parts[:-1]
        else:
            parts.append(part)
    return PurePosixPath({"effect": "Effects", "script": "Scripts"}[kind], index, *parts)


def test_the_shipped_index_is_that_of_the_shipped_files_and_version() -> None:
    """Fails when a file has changed: write the index anew, and raise the version with the next release."""
    assert reapack_index(VERSION) == SHIPPED


def test_every_package_has_what_the_reader_asks_for() -> None:
    root = etree.fromstring(SHIPPED)
    assert (root.tag, root.get("version"), root.get("name")) == ("index", "1", "mixbridge")
    entries = root.findall("category/reapack")
    assert [entry.get("name") for entry in entries] == [package.file for package in PACKAGES]
    for entry, package in zip(entries, PACKAGES, strict=True):
        assert entry.get("type") in ("effect", "script")
        assert entry.get("desc")
        (version,) = entry.findall("version")
        assert version.get("name") == VERSION
        (source,) = version.findall("source")
        assert source.text == f"{PLACEHOLDER_URL}/{package.file}"
        digest = hashlib.sha256((ROOT / "presets" / "reaper" / package.file).read_bytes()).hexdigest()
        assert source.get("hash") == f"1220{digest}"
        assert source.get("main") == ("main" if entry.get("type") == "script" else None)


def test_the_effect_is_installed_where_projects_look_for_it() -> None:
    root = etree.fromstring(SHIPPED)
    category = root.find("category")
    entry = next(entry for entry in category if entry.get("type") == "effect")
    source = entry.find("version/source")
    place = installed("effect", root.get("name"), category.get("name"), source.get("file"))
    assert place == PurePosixPath("Effects") / EFFECT_FILE
    assert package_source(PACKAGES[0]) == effect_source()


def test_another_address_can_be_given() -> None:
    root = etree.fromstring(reapack_index("1.2.3", "https://example.org/mb/"))
    assert root.find(".//source").text == "https://example.org/mb/mixbridge_strip.jsfx"
    assert {version.get("name") for version in root.iter("version")} == {"1.2.3"}


def test_what_is_no_address_is_refused() -> None:
    with pytest.raises(ExportError, match="https://"):
        reapack_index("1.0", "presets/reaper")
