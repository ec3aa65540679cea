"""VST3 plugins in REAPER chains: numbers and blocks as REAPER wrote them, states from presets."""

import re
import struct
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.errors import ExportError
from console.mix import Bus, BusKind, Compressor, Equalizer, Highpass, Reverb, TrackStrip
from console.mix.strip import Band
from exporters.plugins import HeardPlugin, HeardPlugins, HeardStage
from exporters.reaper.heard import with_plugins
from exporters.reaper.rpp import Node, read_document
from exporters.reaper.strips import strip_kind
from exporters.reaper.vst3 import plugin_number, read_preset, vst3_node
from exporters.reaper.vstblock import VstBlock, decode_block, encode_block
from exporters.report import Ledger

FIXTURES = ("rppp_vst3.RPP", "ultraschall_linux_StudioLink_and_Soundboard.RPP")


def preset(class_id: str, component: bytes, controller: bytes = b"") -> bytes:
    """A .vstpreset, written by hand after Steinberg's layout."""
    head = 48
    chunks = [(b"Comp", component), *([(b"Cont", controller)] if controller else [])]
    at = head + sum(len(data) for _, data in chunks)
    table, place = b"", head
    for name, data in chunks:
        table += struct.pack("<4sqq", name, place, len(data))
        place += len(data)
    body = b"".join(data for _, data in chunks)
    start = struct.pack("<4si32sq", b"VST3", 1, class_id.encode(), at)
    return start + body + struct.pack("<4si", b"List", len(chunks)) + table


def written_by_reaper(shared: Path) -> list[tuple[int, str, VstBlock]]:
    found = []

    def walk(node: Node) -> None:
        for item in node.items:
            if isinstance(item, Node):
                walk(item)
                match = re.search(r"(\d+)\{([0-9A-F]{32})\}", item.head)
                if item.name == "VST" and match:
                    lines = [row for row in item.items if isinstance(row, str)]
                    found.append((int(match[1]), match[2], decode_block(lines)))

    for name in FIXTURES:
        root = read_document(shared / "fixtures" / "reaper" / name).node("REAPER_PROJECT")
        assert root is not None
        walk(root)
    return found


def test_numbers_and_states_are_as_in_what_reaper_wrote(shared: Path) -> None:
    blocks = written_by_reaper(shared)
    assert len(blocks) >= 2
    for number, class_id, block in blocks:
        assert plugin_number(class_id) == number
        assert block.fourcc == struct.pack(">I", number).decode("latin-1")
        length, one = struct.unpack_from("<II", block.state)
        assert one == 1
        component, rest = block.state[8 : 8 + length], block.state[8 + length :]
        assert rest == bytes(8)
        node = vst3_node(HeardPlugin("X", "Y", "X.vst3", preset(class_id, component)))
        ours = decode_block([row for row in node.items if isinstance(row, str)])
        assert (ours.state, ours.fourcc, ours.flag, ours.mark) == (
            block.state,
            block.fourcc,
            block.flag,
            block.mark,
        )


def test_a_node_names_the_plugin_and_its_file() -> None:
    class_id = "0123456789ABCDEF0123456789ABCDEF"
    node = vst3_node(
        HeardPlugin("Pro Q", "Maker", "Pro Q.vst3", preset(class_id, b"state")), label="equalizer"
    )
    assert node.words[:5] == ["VST", "VST3: Pro Q (Maker)", "Pro Q.vst3", "0", "equalizer"]
    assert f"{plugin_number(class_id)}{{{class_id}}}" in node.head
    block = decode_block([row for row in node.items if isinstance(row, str)])
    assert encode_block(block) == node.items
    assert block.state[8:-8] == b"state"


def test_plugins_stand_between_the_modules_that_they_stood_between() -> None:
    strip = TrackStrip(
        "Bass",
        highpass=Highpass(True, 60.0, 12),
        equalizer=Equalizer(True, (Band(gain_db=3.0),)),
        compressor=Compressor(True),
    )
    heard = HeardPlugin("Comp", "", "Comp.vst3", preset("AB" * 16, b"state"))
    stages = (
        HeardStage(("highpass",)),
        HeardStage(("compressor",), heard),
        HeardStage(("equalizer",)),
        HeardStage(plugin=heard),
    )
    ledger = Ledger("Bass")
    kind = with_plugins(strip_kind("rea"), HeardPlugins(tracks={"Bass": stages}))
    chain = kind.track(strip, 48_000, ledger)
    assert [fx.plugin for fx in chain.fx] == ["ReaEQ", "Comp", "ReaEQ", "Comp"]
    assert [fx.vst3 is not None for fx in chain.fx] == [False, True, False, True]
    assert any(entry.parameter == "compressor" and "Comp" in entry.sentence for entry in ledger.entries)
    other = kind.track(TrackStrip("Else", compressor=Compressor(True)), 48_000, Ledger("Else"))
    assert [fx.plugin for fx in other.fx] == ["ReaComp"]
    with pytest.raises(ExportError, match="JSFX"):
        with_plugins(strip_kind("jsfx"), HeardPlugins())


def test_an_effect_bus_keeps_its_effect_once() -> None:
    bus = Bus("room", BusKind.FX, reverb=Reverb(), compressor=Compressor(True))
    heard = HeardPlugin("Comp", "", "Comp.vst3", preset("AB" * 16, b"state"))
    stages = (HeardStage(("reverb",)), HeardStage(("equalizer",)), HeardStage(("compressor",), heard))
    kind = with_plugins(strip_kind("rea"), HeardPlugins(buses={"room": stages}))
    assert [fx.plugin for fx in kind.bus(bus, 48_000, Ledger("room")).fx] == ["ReaVerbate", "Comp"]


@given(component=st.binary(max_size=300), controller=st.binary(max_size=50))
def test_the_state_comes_out_of_a_preset(component: bytes, controller: bytes) -> None:
    class_id = "AB" * 16
    assert read_preset(preset(class_id, component, controller)) == (class_id, component)


@given(data=st.binary(max_size=200), cut=st.integers(0, 135))
def test_junk_is_told_and_nothing_else_happens(data: bytes, cut: int) -> None:
    whole = preset("AB" * 16, b"x" * 60)
    for junk in (data, whole[:cut], b"VST3" + data):
        with pytest.raises(ExportError):
            read_preset(junk)


@pytest.mark.parametrize("class_id", ["", "12", "ZZ" * 16, "AB" * 17])
def test_what_is_no_class_id_is_told(class_id: str) -> None:
    with pytest.raises(ExportError, match="class id"):
        plugin_number(class_id)
