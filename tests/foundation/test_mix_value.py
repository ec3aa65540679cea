"""The Mix is a value: frozen, hashable, equal by content, and checked when it is made."""

import dataclasses
import math
import pickle

import pytest
from hypothesis import given, settings
from strategies import mixes

from console.errors import ParamError
from console.frozen import FrozenMap
from console.mix import (
    Automation,
    Band,
    BandType,
    Bus,
    BusKind,
    Compressor,
    Delay,
    Equalizer,
    Highpass,
    Mix,
    Reason,
    Reverb,
    TrackStrip,
)

ROOM = Bus("room", BusKind.FX, reverb=Reverb())
DRUMS = Bus("drums")


@given(mixes())
@settings(max_examples=40)
def test_equal_mixes_hash_alike_and_survive_another_process(mix: Mix) -> None:
    twin = pickle.loads(pickle.dumps(mix))  # noqa: S301  # our own bytes: what multiprocessing by spawn does
    assert twin == mix
    assert hash(twin) == hash(mix)


def test_no_part_can_be_changed() -> None:
    mix = Mix(48_000, tracks=(TrackStrip("a"),))
    with pytest.raises(dataclasses.FrozenInstanceError):
        mix.seed = 1
    with pytest.raises(dataclasses.FrozenInstanceError):
        mix.tracks[0].compressor.ratio = 2.0
    with pytest.raises(TypeError):
        mix.tracks[0].sends["room"] = 0.0


def test_the_order_of_sends_does_not_matter() -> None:
    there, back = FrozenMap({"a": 1.0, "b": 2.0}), FrozenMap({"b": 2.0, "a": 1.0})
    assert there == back
    assert hash(there) == hash(back)


BELL, LOW, HIGH = (Band(kind) for kind in (BandType.BELL, BandType.LOW_SHELF, BandType.HIGH_SHELF))

BROKEN = {
    "ratio below 1": (lambda: Compressor(ratio=0.5), r"compressor\.ratio is 0\.5.*from 1 to 20"),
    "NaN threshold": (lambda: Compressor(threshold_db=math.nan), r"threshold_db is nan.*-80 to 0 dB"),
    "text for a number": (lambda: TrackStrip("a", pan="left"), r"pan is 'left', which is not a number"),
    "slope": (lambda: Highpass(slope_db_per_octave=18), r"is 18; give 12 or 24"),
    "five bells": (lambda: Equalizer(True, (BELL,) * 5), r"5 bell bands; give at most 4"),
    "two low shelves": (lambda: Equalizer(True, (LOW,) * 2), r"2 low_shelf bands; give at most 1"),
    "two high shelves": (lambda: Equalizer(True, (HIGH,) * 2), r"2 high_shelf bands; give at most 1"),
    "send level": (lambda: TrackStrip("a", sends=FrozenMap({"room": 13.0})), r"tracks\.a\.sends\.room is 13"),
    "confidence": (lambda: TrackStrip("a", role_confidence=1.5), r"role_confidence is 1\.5"),
    "NaN confidence": (lambda: TrackStrip("a", role_confidence=math.nan), r"role_confidence is nan"),
    "NaN figure": (lambda: Reason("pan", "", FrozenMap({"width": math.nan})), r"figure 'width'.*is nan"),
    "times backwards": (lambda: Automation(((2.0, 0.0), (1.0, 0.0))), r"rising order"),
    "one time twice": (lambda: Automation(((1.0, 0.0), (1.0, 3.0))), r"rising order"),
    "before the start": (lambda: Automation(((-0.1, 0.0),)), r"from 0 s on"),
    "NaN time": (lambda: Automation(((0.0, 0.0), (math.nan, 0.0))), r"break points"),
    "endless time": (lambda: Automation(((math.inf, 0.0),)), r"break points"),
    "automation level": (lambda: Automation(((0.0, 99.0),)), r"automation\.fader_db is 99"),
    "an FX bus without effect": (lambda: Bus("fx", BusKind.FX), r"0 effects; give 1"),
    "an FX bus with two": (
        lambda: Bus("fx", BusKind.FX, reverb=Reverb(), delay=Delay()),
        r"2 effects; give 1",
    ),
    "a group with an effect": (lambda: Bus("drums", reverb=Reverb()), r"1 effects; give 0"),
    "two tracks of one id": (
        lambda: Mix(48_000, (TrackStrip("a"), TrackStrip("a"))),
        r"'a' stands more than once",
    ),
    "two buses of one id": (lambda: Mix(48_000, buses=(DRUMS, DRUMS)), r"'drums' stands more than once"),
    "a bus called master": (lambda: Mix(48_000, buses=(Bus("master"),)), r"'master' stands more than once"),
    "no such group": (lambda: Mix(48_000, (TrackStrip("a", output="drums"),)), r"goes to 'drums'.*no group"),
    "out to an FX bus": (lambda: Mix(48_000, (TrackStrip("a", output="room"),), (ROOM,)), r"goes to 'room'"),
    "send to a group": (
        lambda: Mix(48_000, (TrackStrip("a", sends=FrozenMap({"drums": 0.0})),), (DRUMS,)),
        r"sends to 'drums'.*no FX bus",
    ),
    "no sample rate": (lambda: Mix(0), r"sample_rate_hz is 0; give a value from 1000 to 768000 Hz"),
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_value_cannot_be_made(case: str) -> None:
    make, message = BROKEN[case]
    with pytest.raises(ParamError, match=message):
        make()


def test_a_strip_is_found_by_its_id() -> None:
    mix = Mix(48_000, (TrackStrip("a"), TrackStrip("b", pan=0.5)), (ROOM,))
    assert mix.track("b").pan == 0.5
    assert mix.bus("room") is ROOM
    with pytest.raises(ParamError, match=r"no track 'c'; it has 'a', 'b'"):
        mix.track("c")
    with pytest.raises(ParamError, match=r"no bus 'hall'; it has 'room'"):
        mix.bus("hall")
