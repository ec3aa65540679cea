"""The codecs against files that REAPER wrote: every block comes back byte for byte, and ours are laid out alike."""

import base64
import struct
from pathlib import Path

import pytest
from reaper_cases import blocks, state_bytes

from console.errors import ExportError
from exporters.reaper.chunks import (
    ReaLimitState,
    decode_readelay,
    decode_realimit,
    encode_readelay,
    encode_realimit,
)
from exporters.reaper.plugins import MODULE_SUFFIXES, PLUGINS, vst_block, vst_node
from exporters.reaper.reaeq import ReaEqState, decode_reaeq, encode_reaeq
from exporters.reaper.rpp import dump, parse, read_document, to_bytes
from exporters.reaper.slots import REACOMP, REAVERBATE, decode_floats, encode_floats
from exporters.reaper.vstblock import decode_block, encode_block, header_bytes

FILES = (
    "perlence_vst.RPP",
    "rppp_send-receive.RPP",
    "rppp_vst2_reacomp.RPP",
    "rppp_vst3.RPP",
    "ultraschall_linux_StudioLink.RTrackTemplate",
    "ultraschall_linux_StudioLink_and_Soundboard.RPP",
    "ultraschall_mac_Default_Track_Chain.RfxChain",
    "ultraschall_win_StudioLink.RTrackTemplate",
)

#: Blocks of each plugin in all files together.
COUNTS = {"ReaEQ (Cockos)": 5, "ReaComp (Cockos)": 8, "ReaVerbate (Cockos)": 5}


@pytest.fixture(scope="module")
def texts(shared: Path) -> dict[str, str]:
    folder = shared / "fixtures" / "reaper"
    return {name: (folder / name).read_bytes().decode("utf-8") for name in FILES}


def all_blocks(texts: dict[str, str], name: str) -> list[list[str]]:
    return [block for text in texts.values() for block in blocks(text, name)]


def test_the_fixtures_hold_the_blocks_that_these_tests_are_about(texts: dict[str, str]) -> None:
    assert {name: len(all_blocks(texts, name)) for name in COUNTS} == COUNTS


def test_every_vst_block_comes_back_line_for_line(texts: dict[str, str]) -> None:
    found = all_blocks(texts, "")
    assert len(found) > 15
    for lines in found:
        assert encode_block(decode_block(lines)) == lines


def test_every_reaeq_state_comes_back_byte_for_byte(texts: dict[str, str]) -> None:
    for lines in all_blocks(texts, "ReaEQ (Cockos)"):
        state = state_bytes(lines)
        assert encode_reaeq(decode_reaeq(state)) == state
        assert decode_block(lines).state == state


def test_every_reacomp_state_comes_back_byte_for_byte(texts: dict[str, str]) -> None:
    for lines in all_blocks(texts, "ReaComp (Cockos)"):
        state = state_bytes(lines)
        assert encode_floats(decode_floats(state)) == state
        knobs = REACOMP.decode(state)
        for name, slot in REACOMP.slots.items():
            stored = decode_floats(state)[slot.index]
            assert slot.pack(knobs[name]) == pytest.approx(stored, rel=1e-6, abs=1e-9), name


def test_reaverbate_presets_decode_to_plausible_knobs(texts: dict[str, str]) -> None:
    for lines in all_blocks(texts, "ReaVerbate (Cockos)"):
        state = state_bytes(lines)
        assert encode_floats(decode_floats(state)) == state
        knobs = REAVERBATE.decode(state)
        assert 0.0 <= knobs["room"] <= 1.0
        assert knobs["lowpass_hz"] == pytest.approx(9000.0)
        assert knobs["highpass_hz"] == pytest.approx(100.0)


@pytest.mark.parametrize("name", ["ReaEQ", "ReaComp", "ReaVerbate"])
def test_our_headers_equal_those_of_reaper_up_to_the_length(texts: dict[str, str], name: str) -> None:
    """The state's length and the mark at the end depend on its content and REAPER's version; all before is layout."""
    ours = header_bytes(vst_block(PLUGINS[name], b"x" * 40))
    real = {base64.b64decode(lines[0])[:-12] for lines in all_blocks(texts, f"{name} (Cockos)")}
    # One fixture routes ReaComp to four outputs; the others are wired as we wire it.
    assert ours[:-12] in real
    assert {header[:8] for header in real} == {ours[:8]}
    flags = {base64.b64decode(lines[0])[-8:-4] for lines in all_blocks(texts, f"{name} (Cockos)")}
    assert flags == {ours[-8:-4]}


@pytest.mark.parametrize("name", ["ReaEQ", "ReaComp", "ReaVerbate"])
def test_our_opening_lines_equal_those_of_reaper(texts: dict[str, str], name: str) -> None:
    systems = {"win64": "ultraschall_win", "linux": "ultraschall_linux", "macos": "ultraschall_mac"}
    for system, prefix in systems.items():
        found = [
            line.strip()
            for file, text in texts.items()
            if file.startswith(prefix)
            for line in text.splitlines()
            if f"{name} (Cockos)" in line
        ]
        assert found
        for real in found:
            label = real.split(" 0 ")[1].split(" ")[0].strip('"')
            node = vst_node(PLUGINS[name], b"", system=system, label=label)
            assert f"<{node.head}" == real
            assert MODULE_SUFFIXES[system] in real


def test_our_reaeq_trailer_is_the_one_of_reaper_but_for_what_version_seven_adds(
    texts: dict[str, str],
) -> None:
    for lines in all_blocks(texts, "ReaEQ (Cockos)"):
        real = state_bytes(lines)
        bands = decode_reaeq(real).bands
        ours = encode_reaeq(ReaEqState(bands))
        body = 8 + 33 * len(bands)
        assert ours[:body] == real[:body]
        # flags, global gain and selected band; then the window's size, which is the user's
        assert ours[body : body + 16] == real[body : body + 16]
        assert len(ours) == len(real) + 4


def test_lines_are_as_long_as_those_of_reaper(texts: dict[str, str]) -> None:
    longest = max(len(line) for lines in all_blocks(texts, "ReaEQ (Cockos)") for line in lines)
    state = encode_reaeq(ReaEqState(decode_reaeq(state_bytes(all_blocks(texts, "ReaEQ")[0])).bands * 4))
    ours = encode_block(vst_block(PLUGINS["ReaEQ"], state))
    assert max(len(line) for line in ours) == longest == 128


def test_every_file_keeps_its_bytes_through_the_tree(shared: Path) -> None:
    for name in FILES:
        path = shared / "fixtures" / "reaper" / name
        assert to_bytes(read_document(path)) == path.read_bytes()


def test_an_edit_touches_only_its_own_line(texts: dict[str, str]) -> None:
    text = texts["rppp_send-receive.RPP"]
    document = parse(text)
    root = document.node("REAPER_PROJECT")
    assert root is not None
    node = next(root.nodes("TRACK"))
    index = next(i for i, item in enumerate(node.items) if isinstance(item, str) and item.startswith("NAME"))
    node.items[index] = "NAME other"
    before, after = text.split("\r\n"), dump(document).split("\r\n")
    changed = [(a, b) for a, b in zip(before, after, strict=True) if a != b]
    assert changed == [("    NAME s-track", "    NAME other")]


def test_damaged_blocks_are_refused_with_a_reason(texts: dict[str, str]) -> None:
    lines = all_blocks(texts, "ReaEQ (Cockos)")[0]
    with pytest.raises(ExportError, match="cut short"):
        decode_block(lines[:2])
    with pytest.raises(ExportError, match="no base64"):
        decode_block([lines[0], "!!!!", lines[-1]])
    with pytest.raises(ExportError, match="cut short"):
        decode_block([])
    with pytest.raises(ExportError, match="version"):
        decode_reaeq(b"\0" * 80)
    with pytest.raises(ExportError, match="cut short"):
        decode_reaeq(state_bytes(lines)[:60])
    with pytest.raises(ExportError, match="starts with"):
        decode_floats(b"\0" * 16)


def test_limiter_and_delay_states_have_the_stated_sizes_and_come_back() -> None:
    limiter = ReaLimitState(-6.5, -1.5)
    assert len(encode_realimit(limiter)) == 48
    assert struct.unpack_from("<dd", encode_realimit(limiter), 8) == (-6.5, -1.5)
    assert decode_realimit(encode_realimit(limiter)) == limiter
    tap = (0.0, 1.0, 0.025, 0.015625, 0.5, 0.25, 0.0125, 1.0, 1.0, 1.0, 0.5)
    delay = struct.pack("<8xIIIIff11f", 1, 44, 2, 0, 1.0, 0.5, *tap)
    state = decode_readelay(delay)
    assert (state.wet, state.dry) == (1.0, 0.5)
    assert state.taps[0].time_ms == pytest.approx(250.0)
    assert state.taps[0].beats == 2.0
    assert state.taps[0].lowpass_hz == 5000.0
    assert state.taps[0].highpass_hz == pytest.approx(250.0)
    assert encode_readelay(state) == delay
