"""blend: exact at both ends, monotone in between on each knob's own scale, and never an invalid mix."""

import math
from dataclasses import fields, replace
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from strategies import bands, mixes

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
    Gate,
    Highpass,
    Input,
    Limiter,
    Lowpass,
    Master,
    Mix,
    Reverb,
    TrackStrip,
    blend,
)
from console.mix.blend import GROUPS
from console.params import EQUALIZER_BANDS, PARAMS

IDS = {"track_ids": ("a", "b", "c"), "group_ids": ("drums",), "fx_ids": ("room", "echo")}
PAIRS = st.tuples(mixes(**IDS), mixes(**IDS))
AMOUNTS = st.floats(0.0, 1.0)

#: Fields by which a mix says whence it comes, not how it sounds.
ABOUT_MIX = ("estimator", "seed", "tool", "inputs", "sample_rate_hz")


def _sound_of_bus(bus: Bus) -> Bus:
    return replace(bus, reasons=(), locked=())


def _sound_of_master(master: Master) -> Master:
    return replace(master, reasons=(), locked=())


def _sound(mix: Mix) -> tuple[Any, ...]:
    """All of a mix but its identity."""
    strips = tuple(
        replace(track, files=(), role="", role_confidence=0.0, locked=(), reasons=()) for track in mix.tracks
    )
    return strips, {bus.id: _sound_of_bus(bus) for bus in mix.buses}, _sound_of_master(mix.master)


@given(PAIRS)
@settings(max_examples=40, deadline=None)
def test_the_ends_are_exact(pair: tuple[Mix, Mix]) -> None:
    start, end = pair
    assert blend(start, end, 1.0) == end
    assert _sound(blend(start, end, 0.0)) == _sound(start)


@given(PAIRS)
@settings(max_examples=20, deadline=None)
def test_each_group_at_full_amount_is_the_end(pair: tuple[Mix, Mix]) -> None:
    assert blend(*pair, dict.fromkeys(GROUPS, 1.0)) == pair[1]


@given(mixes(), AMOUNTS)
@settings(max_examples=30, deadline=None)
def test_a_mix_blended_with_itself_stays(mix: Mix, amount: float) -> None:
    assert blend(mix, mix, amount) == mix


@given(PAIRS, AMOUNTS)
@settings(max_examples=40, deadline=None)
def test_between_the_ends_lies_a_valid_mix(pair: tuple[Mix, Mix], amount: float) -> None:
    mix = blend(*pair, amount)
    for track in mix.tracks:
        assert len(track.equalizer.bands) <= EQUALIZER_BANDS
        assert Equalizer(True, track.equalizer.bands)  # the limits for each shape are checked as it is made


def _between(start: float, end: float, early: float, late: float) -> None:
    """early and late lie on the way from start to end, in this order."""
    slack = 1e-9 * max(1.0, abs(start), abs(end))
    way = [start, early, late, end] if start <= end else [end, late, early, start]
    for before, after in pairwise(way):
        assert before <= after + slack, way


@given(PAIRS, AMOUNTS, AMOUNTS)
@settings(max_examples=60, deadline=None)
def test_knobs_move_one_way(pair: tuple[Mix, Mix], one: float, other: float) -> None:
    early, late = sorted((one, other))
    at_early, at_late = blend(*pair, early), blend(*pair, late)
    for start, end, now, then in zip(
        pair[0].tracks, pair[1].tracks, at_early.tracks, at_late.tracks, strict=True
    ):
        for name in ("pan", "width", "fader_db"):
            _between(*(getattr(strip, name) for strip in (start, end, now, then)))
        _between(*(strip.input.gain_db for strip in (start, end, now, then)))
        for name in ("compressor", "gate", "highpass", "lowpass"):
            modules = [getattr(strip, name) for strip in (start, end)]
            if all(module.enabled for module in modules):
                for item in fields(modules[0]):
                    if "param" in item.metadata:
                        _between(
                            *(getattr(module, item.name) for module in modules),
                            getattr(getattr(now, name), item.name),
                            getattr(getattr(then, name), item.name),
                        )


def _of(**changes: Any) -> Mix:
    return Mix(
        48_000,
        tracks=(TrackStrip("a", **changes),),
        buses=(Bus("drums"), Bus("room", BusKind.FX, reverb=Reverb())),
    )


def _strip(start: Mix, end: Mix, amount: Any) -> TrackStrip:
    return blend(start, end, amount).tracks[0]


def test_each_scale_has_its_own_middle() -> None:
    start = _of(pan=-1.0, fader_db=-20.0, compressor=Compressor(True, ratio=1.0, attack_ms=1.0))
    end = _of(pan=1.0, fader_db=0.0, compressor=Compressor(True, ratio=4.0, attack_ms=100.0))
    half = _strip(start, end, 0.5)
    assert half.pan == pytest.approx(0.0)
    assert half.fader_db == pytest.approx(-10.0)
    assert half.compressor.ratio == pytest.approx(2.0)
    assert half.compressor.attack_ms == pytest.approx(10.0)


MODULES: list[tuple[str, Any, str, float, float]] = [
    # field, the module switched on, a knob of it, its neutral value, its value at 60 %
    ("compressor", Compressor(True, -30.0, 4.0), "ratio", 1.0, 4.0**0.6),
    ("compressor", Compressor(True, makeup_db=5.0), "makeup_db", 0.0, 3.0),
    ("compressor", Compressor(True, -30.0, 4.0), "threshold_db", -30.0, -30.0),
    ("gate", Gate(True, range_db=-40.0), "range_db", 0.0, -24.0),
    ("highpass", Highpass(True, 100.0), "frequency_hz", 10.0, 10.0 * 10.0**0.6),
    ("lowpass", Lowpass(True, 5000.0), "frequency_hz", 22_000.0, 22_000.0 * (5000.0 / 22_000.0) ** 0.6),
]


@pytest.mark.parametrize(("name", "module", "knob", "neutral", "value"), MODULES)
def test_a_module_that_is_off_counts_as_neutral(
    name: str, module: Any, knob: str, neutral: float, value: float
) -> None:
    off, on = _of(), _of(**{name: module})
    dialled = getattr(_strip(off, on, 0.6), name)
    assert dialled.enabled
    assert getattr(dialled, knob) == pytest.approx(value)
    backwards = getattr(_strip(on, off, 0.4), name)
    assert backwards.enabled
    assert getattr(backwards, knob) == pytest.approx(value)
    barely = getattr(_strip(off, on, 1e-9), name)
    assert getattr(barely, knob) == pytest.approx(neutral, rel=1e-6, abs=1e-6)


def test_a_limiter_fades_in_from_its_highest_ceiling() -> None:
    on = replace(_of(), master=Master(limiter=Limiter(True, -2.0)))
    limiter = blend(_of(), on, 0.5).master.limiter
    assert limiter.enabled
    assert limiter.ceiling_dbtp == pytest.approx(-1.0)


def test_bands_fade_in_where_they_stand() -> None:
    end = _of(equalizer=Equalizer(True, (Band(BandType.BELL, 400.0, -3.0, 1.2),)))
    assert _strip(_of(), end, 0.5).equalizer.bands == (Band(BandType.BELL, 400.0, -1.5, 1.2),)


@given(
    st.lists(bands(BandType.BELL), max_size=4),
    st.lists(bands(BandType.BELL), max_size=4),
    st.floats(0.01, 0.99),
)
def test_bells_pair_up_instead_of_adding_up(was: list[Band], now: list[Band], amount: float) -> None:
    start, end = (_of(equalizer=Equalizer(True, tuple(drawn))) for drawn in (was, now))
    assume(was != now)
    assert len(_strip(start, end, amount).equalizer.bands) == max(len(was), len(now))


def test_a_send_fades_in_amplitude() -> None:
    end = _of(sends=FrozenMap({"room": -12.0}))
    assert _strip(_of(), end, 0.5).sends["room"] == pytest.approx(-12.0 + 20 * math.log10(0.5))
    assert _strip(end, _of(), 0.25).sends["room"] == pytest.approx(-12.0 + 20 * math.log10(0.75))
    louder = _of(sends=FrozenMap({"room": -6.0}))
    assert _strip(end, louder, 0.5).sends["room"] == pytest.approx(-9.0)
    assert _strip(_of(), end, 0.0).sends == FrozenMap()
    low = PARAMS["strip.send_db"].low
    assert _strip(_of(), _of(sends=FrozenMap({"room": low})), 0.5).sends["room"] == low


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"input": Input(invert_polarity=True, delay_ms=3.0)}, "input"),
        ({"muted": True}, "muted"),
        ({"output": "drums"}, "output"),
        ({"automation": Automation(((0.0, -3.0),))}, "automation"),
    ],
)
def test_decisions_come_whole(changes: dict[str, Any], field: str) -> None:
    end = _of(**changes)
    assert getattr(_strip(_of(), end, 0.01), field) == getattr(end.tracks[0], field)
    assert getattr(_strip(_of(), end, 0.0), field) == getattr(_of().tracks[0], field)


MOVED = _of(
    input=Input(6.0),
    highpass=Highpass(True, 100.0),
    lowpass=Lowpass(True, 9000.0),
    gate=Gate(True),
    equalizer=Equalizer(True, (Band(gain_db=3.0),)),
    compressor=Compressor(True),
    width=1.5,
    pan=0.5,
    fader_db=-6.0,
    muted=True,
    automation=Automation(((0.0, -3.0),)),
    sends=FrozenMap({"room": -12.0}),
    output="drums",
)


@pytest.mark.parametrize("group", [name for name in GROUPS if name != "master"])
def test_an_amount_for_one_group_moves_only_that_group(group: str) -> None:
    strip = _strip(_of(), MOVED, {group: 1.0})
    neutral = _of().tracks[0]
    for item in fields(strip):
        if item.name == "id" or not item.compare:
            continue
        source = MOVED.tracks[0] if item.name in GROUPS[group] else neutral
        assert getattr(strip, item.name) == getattr(source, item.name), item.name


def test_every_field_of_a_strip_belongs_to_one_group() -> None:
    identity = {"id", "files", "role", "role_confidence", "locked", "reasons"}
    grouped = [name for members in GROUPS.values() for name in members]
    assert sorted(grouped) == sorted({item.name for item in fields(TrackStrip)} - identity)


def test_the_master_group_moves_master_and_buses() -> None:
    end = replace(
        MOVED, master=Master(fader_db=-4.0), buses=(replace(MOVED.buses[0], fader_db=2.0), MOVED.buses[1])
    )
    half = blend(_of(), end, {"master": 0.5})
    assert half.master.fader_db == pytest.approx(-2.0)
    assert half.bus("drums").fader_db == pytest.approx(1.0)
    assert half.tracks == _of().tracks


def test_a_send_of_the_start_keeps_its_bus() -> None:
    start = Mix(
        48_000,
        (TrackStrip("a", sends=FrozenMap({"hall": -9.0})),),
        (Bus("hall", BusKind.FX, reverb=Reverb()),),
    )
    end = Mix(48_000, (TrackStrip("a"),))
    assert blend(start, end, 0.5).bus("hall").reverb == Reverb()
    assert blend(start, end, 1.0) == end


def test_one_name_for_a_group_here_and_an_effect_there_is_refused() -> None:
    start = Mix(48_000, (TrackStrip("a", output="x"),), (Bus("x"),))
    end = Mix(
        48_000, (TrackStrip("a", sends=FrozenMap({"x": -9.0})),), (Bus("x", BusKind.FX, delay=Delay()),)
    )
    with pytest.raises(ParamError, match="'x'"):
        blend(start, end, {"sends": 0.5})


def test_tracks_of_the_end_alone_come_as_they_are() -> None:
    end = replace(MOVED, tracks=(*MOVED.tracks, TrackStrip("new", pan=1.0)))
    assert blend(_of(), end, 0.1).track("new").pan == 1.0
    assert [track.id for track in blend(end, _of(), 0.5).tracks] == ["a"]


@pytest.mark.parametrize("amount", [-0.1, 1.1, math.nan, 60, {"eq": 2.0}, {"pan": math.nan}])
def test_an_amount_outside_is_refused(amount: Any) -> None:
    with pytest.raises(ParamError, match=r"give 0 to 1"):
        blend(_of(), MOVED, amount)


def test_an_unknown_group_is_named() -> None:
    with pytest.raises(ParamError, match=r"'reverb' is no part of a strip; give some of input, eq"):
        blend(_of(), MOVED, {"reverb": 0.5})
