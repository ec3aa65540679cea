"""Preset libraries: one a plugin, every strip a preset, read here by base64 and struct alone."""

import base64
import struct
from pathlib import Path

import pytest
import rpp
from reaper_cases import blocks, floats, reaeq_bands, small_mix, small_session, state_bytes

from console.errors import ExportError
from exporters.reaper.chain import Fx
from exporters.reaper.rpl import libraries, read_library
from exporters.reaper.rpp import to_bytes
from exporters.reaper.writer import write_project


def presets(path: Path) -> dict[str, bytes]:
    """The bytes of every preset by the independent parser."""
    library = rpp.loads(path.read_text(encoding="utf-8"))
    assert library.tag == "REAPER_PRESET_LIBRARY"
    return {
        preset.attrib[0]: b"".join(map(base64.b64decode, preset.children))
        for preset in library.findall("PRESET")
    }


def split(data: bytes) -> tuple[bytes, bytes, bytes]:
    """Header, state and program."""
    (inputs,) = struct.unpack_from("<I", data, 8)
    (outputs,) = struct.unpack_from("<I", data, 12 + 8 * inputs)
    end = 16 + 8 * (inputs + outputs) + 12
    (length,) = struct.unpack_from("<I", data, end - 12)
    return data[:end], data[end : end + length], data[end + length :]


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("rpl")
    write_project(small_mix(), small_session(folder / "song"), folder / "out", platform="win64")
    return folder / "out"


def test_every_strip_is_a_preset_of_each_plugin_that_it_uses(out: Path) -> None:
    found = {path.stem: list(presets(path)) for path in sorted((out / "presets").iterdir())}
    assert found == {
        "ReaComp": ["drums", "Kick", "master"],
        "ReaDelay": ["echo"],
        "ReaEQ": ["Kick Filters", "Kick", "Vox", "master"],
        "ReaGate": ["Kick"],
        "ReaLimit": ["master"],
        "ReaVerbate": ["reverb"],
    }


def test_the_library_names_its_plugin_as_reaper_does(out: Path) -> None:
    first = (out / "presets" / "ReaComp.RPL").read_text(encoding="utf-8").splitlines()[:3]
    assert first[:2] == ['<REAPER_PRESET_LIBRARY "VST: ReaComp (Cockos)"', "  <PRESET `drums`"]
    assert len(first[2]) == 4 + 128


def test_a_preset_holds_the_block_of_the_project(out: Path) -> None:
    project = (out / "Small song.rpp").read_text(encoding="utf-8")
    data = presets(out / "presets" / "ReaComp.RPL")
    states = [state_bytes(lines) for lines in blocks(project, "ReaComp")]
    for name, wanted in zip(("master", "drums", "Kick"), states, strict=True):
        header, state, program = split(data[name])
        assert state == wanted
        assert header[:8] == b"mcer" + struct.pack("<I", 0xFEED5EEF)
        assert program == b"\0" + name.encode() + b"\0\x10\0\0\0"
    assert floats(split(data["Kick"])[1])[1] == pytest.approx(2.3 / 99.0)
    bands = reaeq_bands(split(presets(out / "presets" / "ReaEQ.RPL")["Vox"])[1])
    assert [(band[0], band[2]) for band in bands] == [(3, 9000.0)]


def test_a_library_reads_back(out: Path) -> None:
    path = out / "presets" / "ReaEQ.RPL"
    assert read_library(path) == {name: split(data)[1] for name, data in presets(path).items()}


def test_libraries_with_short_lines_and_without_programs_are_read(out: Path, tmp_path: Path) -> None:
    header, state, _ = split(presets(out / "presets" / "ReaGate.RPL")["Kick"])
    data = header + state
    rows = "\n".join("    " + base64.b64encode(data[at : at + 40]).decode() for at in range(0, len(data), 40))
    path = tmp_path / "old.rpl"
    path.write_text(
        f"<REAPER_PRESET_LIBRARY `VST: ReaGate (Cockos)`\n  <PRESET `stock - kick`\n{rows}\n  >\n>\n"
    )
    assert read_library(path) == {"stock - kick": state}


def test_hostile_names_make_presets_of_their_own(tmp_path: Path) -> None:
    names = ["a`b", "a\"b'c`d", "new\nline", "", "", "x" * 300]
    fx = Fx("ReaComp", bytes.fromhex("efbeadde0df0adde") + b"\0" * 84)
    off = Fx("ReaComp", fx.state, enabled=False)
    (document,) = libraries([*((name, [fx]) for name in names), ("off", [off])]).values()
    path = tmp_path / "x.RPL"
    path.write_bytes(to_bytes(document))
    found = read_library(path)
    assert list(found) == ["a`b", "a\"b'c'd", "new line", "preset", "preset (2)", "x" * 300]
    assert set(found.values()) == {fx.state}


def test_the_jsfx_strip_has_a_library_of_its_sliders(tmp_path: Path) -> None:
    write_project(small_mix(), small_session(tmp_path / "song"), tmp_path / "out", strip="jsfx")
    (path,) = [path for path in (tmp_path / "out" / "presets").iterdir() if "strip" in path.name]
    text = path.read_text(encoding="utf-8")
    assert text.startswith('<REAPER_PRESET_LIBRARY "JS: mixbridge channel strip"\n')
    data = presets(path)["Kick"]
    assert data.endswith(b" Kick\0")
    assert len(data.split()) == 65
    assert read_library(path)["Kick"] == b" ".join(data.split()[:64])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<REAPER_PROJECT 0.1\n>\n",
        "<REAPER_PRESET_LIBRARY x\n  <PRESET `a`\n    !!!\n  >\n>\n",
        "<REAPER_PRESET_LIBRARY x\n  <PRESET `a`\n    AAAA\n  >\n>\n",
        "<REAPER_PRESET_LIBRARY x\n  <PRESET `a`\n    /////////////////////w==\n  >\n>\n",
        "<REAPER_PRESET_LIBRARY x\n  <PRESET `a`\n",
    ],
)
def test_what_is_no_library_is_refused_with_its_name(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.rpl"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ExportError, match=r"x\.rpl"):
        read_library(path)
