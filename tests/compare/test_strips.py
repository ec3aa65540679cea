"""What changed on a strip, in words: whole processors, bands that moved, and nothing that is not heard."""

from dataclasses import replace

import pytest
from hypothesis import given
from strategies import mixes

from bridge.compare import strip_changes
from console.frozen import FrozenMap
from console.mix import (
    Automation,
    Band,
    Bus,
    BusKind,
    Compressor,
    Delay,
    Equalizer,
    Gate,
    Highpass,
    Input,
    Limiter,
    Mix,
    Reverb,
    TrackStrip,
)
from console.mix.strip import Module

BELL, SHELF = Band("bell", 400.0, -3.0, 1.2), Band("high_shelf", 8_000.0, 2.0, 0.71)


def changes(was: TrackStrip, now: TrackStrip) -> list[str]:
    buses = (Bus("room", BusKind.FX, reverb=Reverb()), Bus("drums"))
    found = strip_changes(Mix(48_000, (was,), buses), Mix(48_000, (now,), buses))
    return [text.replace("\u00a0", " ") for one in found for text in one.changes]


@pytest.mark.parametrize(
    ("was", "now", "expected"),
    [
        ({"fader_db": -6.0}, {"fader_db": -4.5}, ["fader −6.0 → −4.5 dB"]),
        ({"fader_db": -6.0}, {"fader_db": -6.01}, ["fader −6 → −6.01"]),
        ({"pan": -0.35}, {"pan": 0.2}, ["pan L 35 → R 20"]),
        ({}, {"muted": True}, ["muted"]),
        ({"muted": True}, {}, ["no longer muted"]),
        ({}, {"output": "drums"}, ["output master → drums"]),
        ({}, {"sends": FrozenMap({"room": -18.0})}, ["send to room at −18.0 dB added"]),
        ({"sends": FrozenMap({"room": -18.0})}, {}, ["send to room at −18.0 dB removed"]),
        (
            {"sends": FrozenMap({"room": -18.0})},
            {"sends": FrozenMap({"room": -9.0})},
            ["send to room −18.0 → −9.0 dB"],
        ),
        ({}, {"equalizer": Equalizer(True, (BELL,))}, ["EQ bell 400 Hz −3.0 dB Q 1.20 added"]),
        ({"equalizer": Equalizer(True, (BELL,))}, {}, ["EQ bell 400 Hz −3.0 dB Q 1.20 removed"]),
        (
            {"equalizer": Equalizer(True, (BELL, SHELF))},
            {"equalizer": Equalizer(True, (SHELF, replace(BELL, frequency_hz=450.0, gain_db=-5.0)))},
            ["EQ bell 400 Hz −3.0 dB Q 1.20 → 450 Hz −5.0 dB Q 1.20"],
        ),
        (
            {"equalizer": Equalizer(True, (BELL,))},
            {"equalizer": Equalizer(True, (replace(BELL, frequency_hz=2_000.0),))},
            ["EQ bell 2 kHz −3.0 dB Q 1.20 added", "EQ bell 400 Hz −3.0 dB Q 1.20 removed"],
        ),
        ({}, {"highpass": Highpass(True, 80.0, 24)}, ["high-pass on: 80 Hz, 24 dB/oct"]),
        (
            {"highpass": Highpass(True, 80.0)},
            {"highpass": Highpass(False, 80.0)},
            ["high-pass off, was: 80 Hz, 12 dB/oct"],
        ),
        (
            {"compressor": Compressor(True, ratio=2.0)},
            {"compressor": Compressor(True, ratio=3.3, attack_ms=5.0)},
            ["compressor ratio 2.0:1 → 3.3:1", "compressor attack 10 → 5 ms"],
        ),
        ({"gate": Gate(False, -60.0)}, {"gate": Gate(False, -40.0)}, []),
        ({"equalizer": Equalizer(False, (BELL,))}, {}, []),
        ({}, {"input": Input(3.0, True)}, ["input gain 0.0 → +3.0 dB", "input polarity as recorded → inverted"]),
        (
            {},
            {"automation": Automation(((0.0, -6.0), (4.0, -3.0)))},
            ["fader automation: none → 2 points, −6.0 dB to −3.0 dB"],
        ),
    ],
)  # fmt: skip
def test_changes(was: dict[str, Module], now: dict[str, Module], expected: list[str]) -> None:
    assert changes(TrackStrip("Vox", **was), TrackStrip("Vox", **now)) == expected


def test_buses_and_master() -> None:
    was = Mix(48_000, (), (Bus("space", BusKind.FX, reverb=Reverb(decay_s=1.0)), Bus("drums")))
    now = Mix(
        48_000,
        (),
        (Bus("space", BusKind.FX, delay=Delay()),),
        replace(was.master, limiter=Limiter(True, -1.0, 100.0)),
    )
    found = {
        one.strip: [text.replace("\u00a0", " ") for text in one.changes] for one in strip_changes(was, now)
    }
    assert found["space"] == [
        "reverb removed",
        "delay added: 375 ms, feedback 30 %, 200 Hz to 6 kHz",
    ]
    assert found["drums"] == ["only in the first"]
    assert found["master"] == ["limiter on: ceiling −1.0 dBTP, release 100 ms"]


@given(mixes(), mixes())
def test_any_two_mixes_can_be_told_apart(was: Mix, now: Mix) -> None:
    assert strip_changes(was, was) == ()
    for one in strip_changes(was, now):
        assert one.changes
        assert all(one.changes)


@given(mixes(track_ids=("a", "b")))
def test_what_is_heard_is_never_silent(mix: Mix) -> None:
    louder = replace(
        mix, tracks=(replace(mix.tracks[0], fader_db=mix.tracks[0].fader_db / 2 - 1.0), mix.tracks[1])
    )
    assert [one.strip for one in strip_changes(mix, louder)] == ["a"]
