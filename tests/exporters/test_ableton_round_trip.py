"""What is written comes back: read(write(mix)) is quantise(mix), and quantise(mix) is near the mix."""

import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reaper_cases import RATE_HZ, small_mix, small_session, track
from round_trips import sessions_for
from strategies import mixes

from console.frozen import FrozenMap
from console.mix import (
    Automation,
    Band,
    Compressor,
    Equalizer,
    Gate,
    Highpass,
    Limiter,
    Lowpass,
    Mix,
    TrackStrip,
)
from console.session import Session
from exporters.ableton.quantise import quantise
from exporters.ableton.reader import read_project
from exporters.ableton.writer import write_project

SETTINGS = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
VERSIONS = ("10.1", "11", "12")


def there_and_back(mix: Mix, session: Session, version: str = "11") -> Mix:
    with tempfile.TemporaryDirectory() as folder:
        report = write_project(mix, session, Path(folder) / "out", live_version=version)
        return read_project(report.files[0])


@given(st.data())
@SETTINGS
def test_any_mix_comes_back_as_it_is_quantised(data: st.DataObject) -> None:
    mix = data.draw(mixes())
    session = data.draw(sessions_for(mix))
    version = data.draw(st.sampled_from(VERSIONS))
    assert there_and_back(mix, session, version) == quantise(mix, session, version)


def strip_of(mix: Mix, session: Session, version: str = "11") -> TrackStrip:
    return there_and_back(mix, session, version).tracks[0]


@pytest.mark.parametrize("version", VERSIONS)
def test_the_small_mix_comes_back_in_its_own_words(tmp_path: Path, version: str) -> None:
    """Against the mix itself, not the quantised one: what Live can hold is there, the rest is named here."""
    mix, session = small_mix(), small_session(tmp_path / "song")
    read = there_and_back(mix, session, version)
    assert [strip.id for strip in read.tracks] == ["Kick", "OH", "Gtr", "Vox"]
    assert [bus.id for bus in read.buses] == ["drums", "reverb", "echo"]
    kick, wanted = read.track("Kick"), mix.track("Kick")
    assert kick == replace(wanted, gate=Gate(), files=("01_Kick.wav",), highpass=Highpass(True, 40.0, 24))
    overheads = read.track("OH")
    assert overheads.files == ("OH L.wav", "OH R.wav")
    assert overheads.pan == pytest.approx(-0.2, abs=1e-6)
    assert (overheads.input.delay_ms, overheads.output) == (1.5, "drums")
    assert overheads.sends == FrozenMap({"reverb": -12.0, "echo": -20.0})
    guitar = read.track("Gtr")
    assert [time_s for time_s, _ in guitar.automation.fader_db] == [0.0, 10.0, 20.5]
    assert [level for _, level in guitar.automation.fader_db] == pytest.approx([-6.5, -5.0, 0.0], abs=1e-5)
    assert read.track("Vox").muted
    assert read.track("Vox").lowpass == Lowpass(True, 9000.0, 12)
    assert read.bus("drums") == mix.bus("drums")
    echo = read.bus("echo").delay
    assert echo is not None
    assert (echo.time_ms, echo.feedback) == (250.0, 0.4)
    assert (echo.low_cut_hz, echo.high_cut_hz) == pytest.approx((200.0, 6000.0), rel=1e-5)
    reverb = read.bus("reverb").reverb
    assert reverb is not None
    assert (reverb.decay_s, reverb.predelay_ms) == (1.8, 40.0)
    assert (reverb.size, reverb.damping) == pytest.approx((0.5, 0.4), abs=1e-4)
    assert read.master.equalizer == mix.master.equalizer
    assert read.master.compressor == mix.master.compressor
    assert read.master.fader_db == -2.0
    assert read.master.limiter == (Limiter() if version == "12" else mix.master.limiter)


def one(tmp_path: Path, strip: TrackStrip, channels: int = 1) -> tuple[Mix, Session]:
    return Mix(RATE_HZ, (strip,)), Session(
        "s", tmp_path, RATE_HZ, (track(tmp_path, "A", "a.wav", channels=channels),)
    )


@pytest.mark.parametrize(("channels", "fader_db"), [(1, 12.0), (2, 12.0), (2, 6.5), (1, 9.5)])
def test_a_fader_over_its_end_goes_to_a_utility_and_comes_back(
    tmp_path: Path, channels: int, fader_db: float
) -> None:
    read = strip_of(*one(tmp_path, TrackStrip("A", fader_db=fader_db), channels))
    assert read.fader_db == pytest.approx(fader_db, abs=2e-5)


def test_moves_over_the_end_of_the_fader_come_back(tmp_path: Path) -> None:
    moves = ((0.0, 0.0), (2.0, 12.0), (4.0, -20.0))
    read = strip_of(*one(tmp_path, TrackStrip("A", automation=Automation(moves)), 2))
    assert [time_s for time_s, _ in read.automation.fader_db] == [0.0, 2.0, 4.0]
    assert [level for _, level in read.automation.fader_db] == pytest.approx([0.0, 12.0, -20.0], abs=2e-5)


def test_a_level_under_the_end_of_the_fader_is_the_end(tmp_path: Path) -> None:
    read = strip_of(*one(tmp_path, TrackStrip("A", fader_db=-85.0), 2))
    assert read.fader_db == pytest.approx(-70.0, abs=1e-4)


def test_eight_bands_hold_the_steepest_filters_only_with_live_s_steep_ones(tmp_path: Path) -> None:
    bands = tuple(Band(frequency_hz=hz, gain_db=3.0) for hz in (200.0, 400.0, 800.0, 1600.0))
    full = Equalizer(True, (Band("low_shelf", 90.0, 2.0), *bands, Band("high_shelf", 9000.0, -2.0)))
    strip = TrackStrip(
        "A", highpass=Highpass(True, 60.0, 24), lowpass=Lowpass(True, 15000.0, 24), equalizer=full
    )
    mix, session = one(tmp_path, strip)
    assert strip_of(mix, session).equalizer == full
    assert strip_of(mix, session).highpass == strip.highpass
    assert strip_of(mix, session).lowpass == strip.lowpass
    report = write_project(mix, session, tmp_path / "out")
    steep = [entry for entry in report.entries if entry.parameter.endswith("slope_db_per_octave")]
    assert [entry.parameter for entry in steep] == [
        "highpass.slope_db_per_octave",
        "lowpass.slope_db_per_octave",
    ]


def test_what_live_s_knobs_cannot_reach_is_held_and_reported(tmp_path: Path) -> None:
    strip = TrackStrip(
        "A",
        equalizer=Equalizer(True, (Band(gain_db=18.0),)),
        compressor=Compressor(True, -80.0, 20.0, 0.05, 4000.0, 24.0, 24.0),
        gate=Gate(True),
    )
    mix, session = one(tmp_path, strip)
    read = strip_of(mix, session)
    assert read.equalizer.bands[0].gain_db == 15.0
    assert read.compressor == Compressor(True, -70.0, 20.0, 0.05, 3000.0, 18.0, 24.0)
    report = write_project(mix, session, tmp_path / "out")
    noted = {entry.parameter: entry for entry in report.entries if entry.deviation}
    assert noted["equalizer.bands.0.gain_db"].deviation == 3.0
    assert noted["compressor.threshold_db"].deviation == 10.0
    assert noted["compressor.knee_db"].deviation == 6.0
    assert noted["compressor.release_ms"].deviation == 1000.0
    assert [entry.parameter for entry in report.entries if entry.outcome == "dropped"] == ["gate"]
    assert report.partial


def test_a_module_that_is_off_keeps_its_settings(tmp_path: Path) -> None:
    strip = TrackStrip(
        "A",
        highpass=Highpass(False, 55.0, 24),
        equalizer=Equalizer(False, (Band("bell", 700.0, 2.0, 1.1),)),
        compressor=Compressor(False, ratio=6.0),
    )
    read = strip_of(*one(tmp_path, strip))
    assert (read.highpass, read.equalizer, read.compressor) == (
        strip.highpass,
        strip.equalizer,
        strip.compressor,
    )


def test_equal_input_gives_equal_bytes(tmp_path: Path) -> None:
    session = small_session(tmp_path / "song")
    one_, two = (write_project(small_mix(), session, tmp_path / "a", force=True) for _ in range(2))
    first = [path.read_bytes() for path in one_.files]
    assert first == [path.read_bytes() for path in two.files]
