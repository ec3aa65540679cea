"""What is written comes back: read(write(mix)) is quantise(mix), and quantise(mix) is near the mix."""

import math
import tempfile
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from dawproject_cases import project_root, write_zip
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from reaper_cases import RATE_HZ, audio, small_mix, small_session, track
from round_trips import assert_same_curve, on_steps, sessions_for
from strategies import mixes

from console.errors import ExportError
from console.frozen import FrozenMap
from console.mix import Automation, Bus, BusKind, Delay, Mix, Reverb, TrackStrip
from console.session import Session
from exporters.dawproject.quantise import quantise
from exporters.dawproject.reader import read_project
from exporters.dawproject.writer import write_project

SETTINGS = settings(max_examples=50)
FADER_END_DB = 20.0 * math.log10(2.0)


def there_and_back(mix: Mix, session: Session) -> Mix:
    with tempfile.TemporaryDirectory() as folder:
        report = write_project(mix, session, Path(folder) / "out")
        return read_project(report.files[0])


def without_moves(mix: Mix) -> Mix:
    """The mix with its fader moves taken off, and faders that began one to six digits."""
    return replace(
        mix,
        tracks=tuple(
            replace(strip, automation=Automation(), fader_db=round(strip.fader_db, 6))
            if strip.automation.fader_db
            else strip
            for strip in mix.tracks
        ),
    )


@given(st.data())
@SETTINGS
def test_any_mix_comes_back_as_it_is_quantised(data: st.DataObject) -> None:
    mix = data.draw(mixes())
    session = data.draw(sessions_for(mix))
    read, wanted = there_and_back(mix, session), quantise(mix, session)
    assert without_moves(read) == without_moves(wanted)
    for ours, theirs in zip(read.tracks, wanted.tracks, strict=True):
        assert_same_curve(ours.automation, theirs.automation)


@given(st.data())
@SETTINGS
def test_reading_and_writing_again_changes_nothing_more(data: st.DataObject) -> None:
    mix = data.draw(mixes())
    session = data.draw(sessions_for(mix))
    once = quantise(mix, session)
    twice = quantise(once, session)
    assert_near(without_moves(twice), without_moves(once), relative=3e-9)


def assert_near(ours: Any, theirs: Any, relative: float, where: str = "mix") -> None:
    """Equal but for the last digits of knobs."""
    if is_dataclass(ours):
        for item in fields(ours):
            assert_near(
                getattr(ours, item.name), getattr(theirs, item.name), relative, f"{where}.{item.name}"
            )
    elif isinstance(ours, FrozenMap):
        assert set(ours) == set(theirs), where
        for key in ours:
            assert_near(ours[key], theirs[key], relative, f"{where}.{key}")
    elif isinstance(ours, tuple):
        assert len(ours) == len(theirs), where
        for index, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            assert_near(one, other, relative, f"{where}.{index}")
    elif isinstance(ours, float):
        assert ours == pytest.approx(theirs, rel=relative, abs=3e-9), where
    else:
        assert ours == theirs, where


@given(st.data())
@SETTINGS
def test_every_knob_comes_back_within_its_last_digits(data: st.DataObject) -> None:
    """Against the mix itself: only what is named here is lost."""
    mix = data.draw(mixes())
    session = data.draw(sessions_for(mix))
    for strip in quantise(mix, session).tracks:
        before, source = mix.track(strip.id), session.track(strip.id)
        for name in ("highpass", "lowpass", "gate", "compressor"):
            assert_near(getattr(strip, name), getattr(before, name), 1e-8, name)
        assert_near(strip.equalizer.bands, before.equalizer.bands, 1e-8)
        assert strip.equalizer.enabled == (before.equalizer.enabled and bool(before.equalizer.bands))
        assert strip.width == pytest.approx(before.width if source.channels == 2 else 1.0)
        assert strip.pan == pytest.approx(before.pan, abs=1e-9)
        assert strip.input.gain_db == pytest.approx(before.input.gain_db, abs=1e-9)
        assert strip.input.invert_polarity == before.input.invert_polarity
        if source.files:
            assert abs(strip.input.delay_ms - before.input.delay_ms) <= 500.1 / mix.sample_rate_hz
        assert (strip.muted, strip.output, set(strip.sends)) == (
            before.muted,
            before.output,
            set(before.sends),
        )
        for bus, level_db in strip.sends.items():
            assert level_db == pytest.approx(min(before.sends[bus], FADER_END_DB), abs=1e-8)
        if not before.automation.fader_db:
            assert strip.fader_db == pytest.approx(before.fader_db, abs=1e-8)


@given(st.data())
@SETTINGS
def test_knobs_at_their_steps_come_back_to_the_last_digit(data: st.DataObject) -> None:
    mix = on_steps(data.draw(mixes()))
    session = data.draw(sessions_for(mix))
    read = there_and_back(mix, session)
    for strip in read.tracks:
        before = mix.track(strip.id)
        for name in ("highpass", "lowpass", "gate", "compressor", "pan"):
            assert getattr(strip, name) == getattr(before, name), name
        assert strip.equalizer.bands == before.equalizer.bands
        if not before.automation.fader_db:
            assert strip.fader_db == before.fader_db
    for bus in read.buses:
        wanted = mix.bus(bus.id)
        assert (bus.reverb, bus.delay, bus.compressor) == (wanted.reverb, wanted.delay, wanted.compressor)
        assert bus.fader_db == wanted.fader_db
    assert (read.master.limiter, read.master.compressor) == (mix.master.limiter, mix.master.compressor)
    assert read.master.fader_db == mix.master.fader_db


def test_the_small_mix_comes_back_in_its_own_words(tmp_path: Path) -> None:
    mix, session = small_mix(), small_session(tmp_path / "song")
    read = read_project(write_project(mix, session, tmp_path / "out").files[0])
    assert [strip.id for strip in read.tracks] == ["Kick", "OH", "Gtr", "Vox"]
    assert [bus.id for bus in read.buses] == ["drums", "reverb", "echo"]
    for bus in read.buses:
        assert bus == mix.bus(bus.id)
    assert read.master == mix.master
    for strip in read.tracks:
        files = tuple(file.path.name for file in session.track(strip.id).files)
        wanted = replace(mix.track(strip.id), files=files)
        if strip.id == "Gtr":
            assert_same_curve(strip.automation, wanted.automation)
            wanted = replace(wanted, fader_db=-6.5, automation=strip.automation)
        assert strip == wanted


@pytest.mark.parametrize("over_db", [0.0, 0.1, 5.9794])
def test_what_lies_over_the_end_of_a_fader_is_a_gain_behind_the_chain(tmp_path: Path, over_db: float) -> None:
    level_db = 6.0206 + over_db
    strip = TrackStrip("A", fader_db=level_db)
    session = Session("s", tmp_path, RATE_HZ, (track(tmp_path, "A", "a.wav"),))
    path = write_project(Mix(RATE_HZ, (strip,)), session, tmp_path / "out").files[0]
    root = project_root(path)
    volume = float(root.find("Structure/Track/Channel/Volume").get("value"))
    gain = root.find("Structure/Track/Channel/Devices/Equalizer/OutputGain")
    assert volume == pytest.approx(2.0)
    assert float(gain.get("value")) == pytest.approx(level_db - FADER_END_DB)
    assert read_project(path).track("A").fader_db == level_db


def test_moves_over_the_end_of_a_fader_come_back(tmp_path: Path) -> None:
    moves = ((0.0, -3.0), (2.0, 10.0), (5.0, -90.0))
    strip = TrackStrip("A", automation=Automation(moves))
    session = Session("s", tmp_path, RATE_HZ, (track(tmp_path, "A", "a.wav"),))
    path = write_project(Mix(RATE_HZ, (strip,)), session, tmp_path / "out").files[0]
    points = project_root(path).findall("Arrangement/Lanes/Lanes/Points/RealPoint")
    assert max(float(point.get("value")) for point in points) <= 2.0
    read = read_project(path).track("A")
    assert_same_curve(read.automation, strip.automation)
    assert [time_s for time_s, _ in read.automation.fader_db] == [0.0, 2.0, 5.0]


def test_a_project_without_our_notes_is_still_read(tmp_path: Path) -> None:
    """As after a DAW that drops what it does not know: names stand in for ids."""
    path = write_project(small_mix(), small_session(tmp_path), tmp_path / "out").files[0]
    bare = write_zip(tmp_path / "bare.dawproject", {"project.xml": etree.tostring(project_root(path))})
    read = read_project(bare)
    assert {"Kick", "Gtr", "Vox"} <= {strip.id for strip in read.tracks}
    assert {bus.id for bus in read.buses} == {"drums", "OH", "reverb", "echo"}
    assert read.track("Kick").compressor.ratio == 3.3
    assert read.track("Kick").sends == {"reverb": -18.0}
    assert read.sample_rate_hz == RATE_HZ


def test_returns_of_others_are_known_by_their_devices(tmp_path: Path) -> None:
    mix = Mix(
        RATE_HZ,
        (TrackStrip("A", sends=FrozenMap({"Tape Echo": -6.0, "Plate": -9.0})),),
        (Bus("Tape Echo", BusKind.FX, delay=Delay()), Bus("Plate", BusKind.FX, reverb=Reverb(3.0))),
    )
    session = Session("s", tmp_path, RATE_HZ, (track(tmp_path, "A", "a.wav"),))
    root = project_root(write_project(mix, session, tmp_path / "out").files[0])
    for device in root.findall(".//BuiltinDevice"):
        device.getparent().remove(device)
    read = read_project(write_zip(tmp_path / "b.dawproject", {"project.xml": etree.tostring(root)}))
    assert read.bus("Tape Echo").delay == Delay()
    assert read.bus("Plate").reverb == Reverb()
    assert read.track("A").sends == {"Tape Echo": -6.0, "Plate": -9.0}


def test_the_project_of_another_exporter_is_read(shared: Path) -> None:
    """RoEx's file: six bells and a compressor on each of five tracks, in hertz and percent."""
    path = shared / "fixtures" / "dawproject" / "roex_RoEx_Automix.dawproject"
    read, root = read_project(path), project_root(path)
    assert read.sample_rate_hz == 44100
    assert len(read.tracks) == 5
    for strip in read.tracks:
        (element,) = root.xpath("//Track[@name=$name]", name=strip.id)
        compressor = element.find(".//Compressor")
        percent = float(compressor.find("Ratio").get("value"))
        assert strip.compressor.ratio == pytest.approx(1.0 / (1.0 - percent / 100.0), rel=1e-8)
        assert strip.compressor.attack_ms == pytest.approx(
            1000.0 * float(compressor.find("Attack").get("value"))
        )
        gain = float(element.find("Channel/Volume").get("value"))
        assert 10.0 ** (strip.fader_db / 20.0) == pytest.approx(gain)
        for band, ours in zip(element.findall(".//Band"), strip.equalizer.bands, strict=False):
            assert ours.frequency_hz == pytest.approx(max(float(band.find("Freq").get("value")), 20.0))
            assert ours.gain_db == pytest.approx(float(band.find("Gain").get("value")))
        assert len(strip.equalizer.bands) == 4


def test_a_project_of_bitwigs_is_read(shared: Path, tmp_path: Path) -> None:
    fixture = shared / "fixtures" / "dawproject" / "bitwig5.0_readme_example.project.xml"
    read = read_project(write_zip(tmp_path / "b.dawproject", {"project.xml": fixture.read_bytes()}))
    assert [strip.id for strip in read.tracks] == ["Bass", "Drumloop"]
    assert read.track("Bass").fader_db == pytest.approx(-3.6204, abs=1e-3)
    assert read.track("Drumloop").fader_db == pytest.approx(-15.0344, abs=1e-3)
    assert read.master.fader_db == 0.0


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ({}, "no 'project.xml'"),
        ({"project.xml": "<Project"}, "no XML"),
        ({"project.xml": "<Ableton/>"}, "<Ableton> document"),
        ({"project.xml": "<Project/>", "mixbridge.json": "{"}, "damaged"),
        ({"project.xml": "<Project/>", "mixbridge.json": "[]"}, "schema"),
        (
            {"project.xml": "<Project/>", "mixbridge.json": '{"schema": "mixbridge.dawproject/1"}'},
            "no tracks",
        ),
    ],
)
def test_what_is_no_project_is_refused_with_its_name(
    tmp_path: Path, entries: dict[str, str], message: str
) -> None:
    path = write_zip(tmp_path / "x.dawproject", entries)
    with pytest.raises(ExportError, match=message) as caught:
        read_project(path)
    assert "x.dawproject" in str(caught.value)


def test_an_empty_project_is_an_empty_mix(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "x.dawproject", {"project.xml": "<Project/>"})
    assert read_project(path) == Mix(48_000)


def test_files_inside_come_back_by_their_names(tmp_path: Path) -> None:
    for name in ("a.wav", "A.wav"):
        (tmp_path / name).write_bytes(b"RIFF" * 100)
    session = Session(
        "s",
        tmp_path,
        RATE_HZ,
        tuple(replace(track(tmp_path, name), files=(audio(tmp_path / name),)) for name in ("a.wav", "A.wav")),
    )
    mix = Mix(RATE_HZ, (TrackStrip("a.wav"), TrackStrip("A.wav")))
    read = read_project(write_project(mix, session, tmp_path / "out", audio="inside").files[0])
    assert read == quantise(mix, session, audio="inside")
    assert [strip.files for strip in read.tracks] == [("a.wav",), ("A (2).wav",)]
