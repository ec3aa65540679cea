"""REAPER's OSC pattern file: the shipped file, its table, and that nothing in it can do harm."""

import pytest
from live_reaper import STOCK, PatternTable

from console.errors import ExportError
from presets.reaper.oscpattern import TYPES, pattern_source, pattern_text, read_pattern

#: The actions that REAPER's own file names, as far as they are used here; it refuses any other word.
ACTIONS = {
    *("DEVICE_TRACK_COUNT", "DEVICE_SEND_COUNT", "DEVICE_FX_COUNT", "DEVICE_FX_PARAM_COUNT"),
    *("REAPER_TRACK_FOLLOWS", "DEVICE_TRACK_FOLLOWS", "DEVICE_TRACK_BANK_FOLLOWS", "DEVICE_FX_FOLLOWS"),
    *("DEVICE_TRACK_SELECT", "DEVICE_TRACK_BANK_SELECT", "DEVICE_FX_SELECT"),
    *("REWIND_FORWARD_BYMARKER", "ACTION", "TIME", "PLAY", "MASTER_VOLUME", "MASTER_PAN"),
    *("TRACK_NAME", "TRACK_VOLUME", "TRACK_PAN", "TRACK_SEND_NAME", "TRACK_SEND_VOLUME"),
    *("FX_NAME", "FX_BYPASS", "FX_PARAM_NAME", "FX_PARAM_VALUE"),
    *(
        f"FX_EQ_{band}_{part}"
        for band in ("LOSHELF", "HISHELF", "BAND")
        for part in ("BYPASS", "FREQ", "GAIN", "Q")
    ),
    *(f"FX_EQ_{band}_{part}" for band in ("HIPASS", "LOPASS") for part in ("BYPASS", "FREQ", "Q")),
}


def test_the_shipped_file_is_the_table():
    assert pattern_source().decode("ascii") == pattern_text()


def test_every_line_is_one_that_reaper_takes():
    found = read_pattern(pattern_text())
    assert set(found.patterns) | set(found.settings) <= ACTIONS
    for action, patterns in found.patterns.items():
        for kind, address in patterns:
            assert kind in TYPES
            assert address.startswith("/")
            assert not set(address) & set("*?# "), (action, address)
            assert len(address) < 512


def test_no_address_stands_twice():
    addresses = [place for found in read_pattern(pattern_text()).patterns.values() for _, place in found]
    assert len(addresses) == len(set(addresses))


def test_nothing_can_mute_solo_arm_or_insert():
    text = pattern_text()
    for word in ("MUTE", "SOLO", "REC_ARM", "MONITOR", "RECORD", "DEVICE_EQ", "STOP", "OPEN_UI", "PRESET"):
        assert not any(
            line.startswith(word) or f"_{word}" in line.split()[0] for line in text.splitlines() if line
        )
    assert "INSERT" not in text.replace("insert", "")


def test_what_is_written_is_told_at_another_address_too():
    found = read_pattern(pattern_text())
    for action in ("MASTER_VOLUME", "TRACK_VOLUME", "MASTER_PAN", "TRACK_PAN", "FX_PARAM_VALUE"):
        numbers = {"T": 1, "M": 0, "F": 3}[action[0]]
        told = [place for _, place in found.patterns[action] if place.endswith("/told")]
        assert told, action
        assert all(place.count("@") == numbers for place in told)
    assert found.address("TRACK_VOLUME", "f", 1) == "/track/@/volume/db"
    assert found.address("TRACK_MUTE", "b", 1) == ""


def test_track_and_plugin_banks_are_raised():
    settings = read_pattern(pattern_text()).settings
    assert int(settings["DEVICE_TRACK_COUNT"]) >= 64
    assert int(settings["DEVICE_SEND_COUNT"]) >= 8
    assert int(settings["DEVICE_FX_COUNT"]) >= 8


@pytest.mark.parametrize("text", [STOCK, pattern_text()])
def test_two_readers_agree(text):
    ours, theirs = read_pattern(text), PatternTable(text)
    assert ours.settings == theirs.settings
    assert {key: list(found) for key, found in ours.patterns.items()} == theirs.patterns


@pytest.mark.parametrize(
    "line", ["TRACK_PAN x/track/@/pan", "TRACK_PAN n", "TRACK_PAN /track", "A n/" + "b" * 600]
)
def test_a_line_that_reaper_refuses_is_named(line):
    with pytest.raises(ExportError, match="line 2"):
        read_pattern(f"# comment\n{line}\n")
