"""diff finds every parameter that differs, once, with its unit, and nothing else."""

from dataclasses import fields, is_dataclass, replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import mixes

from console.frozen import FrozenMap
from console.mix import (
    Automation,
    Band,
    Bus,
    BusKind,
    Change,
    Compressor,
    Equalizer,
    Input,
    Mix,
    Reason,
    Reverb,
    TrackStrip,
    diff,
)
from console.mix.diff import ABOUT
from console.params import PARAMS


@given(mixes())
@settings(max_examples=40)
def test_no_difference_from_itself(mix: Mix) -> None:
    assert diff(mix, mix) == ()


IDS = {"track_ids": ("a", "b"), "group_ids": ("drums",), "fx_ids": ("room",)}


@given(mixes(**IDS), mixes(**IDS))
@settings(max_examples=40)
def test_there_and_back_are_each_others_mirror(one: Mix, other: Mix) -> None:
    there = {(change.path, repr(change.was), repr(change.now)) for change in diff(one, other)}
    back = {(change.path, repr(change.now), repr(change.was)) for change in diff(other, one)}
    assert there == back


BASE = Mix(
    48_000,
    tracks=(TrackStrip("Snare.Top", output="drums", sends=FrozenMap({"room": -20.0})), TrackStrip("Bass")),
    buses=(Bus("drums"), Bus("room", BusKind.FX, reverb=Reverb())),
)


def _with(**changes: Any) -> Mix:
    return replace(BASE, tracks=(replace(BASE.tracks[0], **changes), BASE.tracks[1]))


def _bus(index: int, **changes: Any) -> Mix:
    buses = list(BASE.buses)
    buses[index] = replace(buses[index], **changes)
    return replace(BASE, buses=tuple(buses))


EACH: list[tuple[Mix, Change]] = [
    (_with(pan=-0.5), Change("tracks.Snare.Top.pan", 0.0, -0.5)),
    (_with(fader_db=-6.5), Change("tracks.Snare.Top.fader_db", 0.0, -6.5, "dB")),
    (_with(muted=True), Change("tracks.Snare.Top.muted", False, True)),
    (_with(role="snare"), Change("tracks.Snare.Top.role", "other", "snare")),
    (_with(output="master"), Change("tracks.Snare.Top.output", "drums", "master")),
    (_with(input=Input(delay_ms=-3.5)), Change("tracks.Snare.Top.input.delay_ms", 0.0, -3.5, "ms")),
    (_with(compressor=Compressor(ratio=4.0)), Change("tracks.Snare.Top.compressor.ratio", 2.0, 4.0)),
    (_with(sends=FrozenMap({"room": -12.0})), Change("tracks.Snare.Top.sends.room", -20.0, -12.0, "dB")),
    (_with(sends=FrozenMap()), Change("tracks.Snare.Top.sends.room", -20.0, None, "dB")),
    (_bus(0, fader_db=1.0), Change("buses.drums.fader_db", 0.0, 1.0, "dB")),
    (_bus(1, reverb=Reverb(decay_s=2.0)), Change("buses.room.reverb.decay_s", 1.4, 2.0, "s")),
    (
        replace(BASE, master=replace(BASE.master, fader_db=-3.0)),
        Change("master.fader_db", 0.0, -3.0, "dB"),
    ),
    (replace(BASE, sample_rate_hz=44_100), Change("sample_rate_hz", 48_000, 44_100)),
]


@pytest.mark.parametrize(("now", "change"), EACH, ids=lambda item: getattr(item, "path", ""))
def test_one_change_is_one_line(now: Mix, change: Change) -> None:
    assert diff(BASE, now) == (change,)


def test_a_new_band_and_a_new_break_point_are_listed_in_full() -> None:
    band = _with(equalizer=Equalizer(True, (Band(frequency_hz=400.0, gain_db=-3.0, q=1.2),)))
    assert [str(change) for change in diff(BASE, band)] == [
        "tracks.Snare.Top.equalizer.enabled: False → True",
        "tracks.Snare.Top.equalizer.bands.0.type: None → bell",
        "tracks.Snare.Top.equalizer.bands.0.frequency_hz: None → 400 Hz",
        "tracks.Snare.Top.equalizer.bands.0.gain_db: None → -3 dB",
        "tracks.Snare.Top.equalizer.bands.0.q: None → 1.2",
    ]
    moved = _with(automation=Automation(((0.0, -6.0),)))
    assert {change.now for change in diff(BASE, moved)} == {0.0, -6.0}


def test_a_new_track_is_found() -> None:
    more = replace(BASE, tracks=(*BASE.tracks, TrackStrip("Vox", pan=0.25)))
    changes = {change.path: change for change in diff(BASE, more)}
    assert changes["tracks.Vox.pan"] == Change("tracks.Vox.pan", None, 0.25)
    assert all(path.startswith("tracks.Vox.") for path in changes)


def test_the_order_of_tracks_is_no_difference() -> None:
    assert diff(BASE, replace(BASE, tracks=BASE.tracks[::-1])) == ()


def test_names_with_dots_do_not_hide_one_another() -> None:
    """Track "a" sending to a bus "width", and track "a.sends" with its own width, share a printed path."""
    bus = Bus("width", BusKind.FX, reverb=Reverb())
    was = Mix(48_000, (TrackStrip("a", sends=FrozenMap({"width": -3.0})), TrackStrip("a.sends")), (bus,))
    now = replace(was, tracks=(replace(was.tracks[0], sends=FrozenMap({"width": -6.0})), was.tracks[1]))
    assert diff(was, now) == (Change("tracks.a.sends.width", -3.0, -6.0, "dB"),)


def test_why_and_whence_are_no_part_of_the_sound() -> None:
    other = replace(_with(reasons=(Reason("pan", "because"),), locked=("pan",)), seed=7, estimator="rules")
    assert diff(BASE, other) == ()


def _knob_paths(value: Any, path: str = "") -> list[tuple[str, str]]:
    found = []
    for item in fields(value):
        if item.name in ABOUT:
            continue
        if "param" in item.metadata:
            found.append((path + item.name, item.metadata["param"]))
        elif is_dataclass(getattr(value, item.name)):
            found += _knob_paths(getattr(value, item.name), f"{path}{item.name}.")
    return found


def _replace_at(value: Any, path: list[str], new: float) -> Any:
    if len(path) > 1:
        return replace(value, **{path[0]: _replace_at(getattr(value, path[0]), path[1:], new)})
    return replace(value, **{path[0]: new})


@given(st.sampled_from(_knob_paths(TrackStrip("x"))), st.data())
@settings(max_examples=100)
def test_every_knob_of_a_strip_is_seen(knob: tuple[str, str], data: st.DataObject) -> None:
    path, name = knob
    row = PARAMS[name]
    new = data.draw(st.floats(row.low, row.high).filter(lambda value: value != row.default))
    strip = _replace_at(BASE.tracks[0], path.split("."), new)
    changes = diff(BASE, replace(BASE, tracks=(strip, BASE.tracks[1])))
    assert changes == (Change(f"tracks.Snare.Top.{path}", row.default, new, row.unit),)
