"""What is written comes back: read(write(mix)) is quantise(mix), and quantise(mix) is near the mix."""

import math
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reaper_cases import RATE_HZ, assert_alike, small_mix, small_session, track
from round_trips import on_steps, sessions_for
from strategies import mixes

from console.errors import ExportError
from console.mix import Automation, Compressor, Limiter, Master, Mix, TrackStrip
from console.session import Session
from exporters.reaper.quantise import quantise
from exporters.reaper.reader import read_project
from exporters.reaper.rpp import read_document, to_bytes
from exporters.reaper.writer import write_project

SETTINGS = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def there_and_back(mix: Mix, session: Session) -> Mix:
    with tempfile.TemporaryDirectory() as folder:
        report = write_project(mix, session, Path(folder) / "out")
        return read_project(report.files[0])


@given(st.data())
@SETTINGS
def test_any_mix_comes_back_as_it_is_quantised(data: st.DataObject) -> None:
    mix = data.draw(mixes())
    session = data.draw(sessions_for(mix))
    assert_alike(there_and_back(mix, session), quantise(mix, session))


@given(st.data())
@SETTINGS
def test_reading_and_writing_again_changes_nothing_more(data: st.DataObject) -> None:
    mix = data.draw(mixes())
    session = data.draw(sessions_for(mix))
    once = quantise(mix, session)
    assert_alike(quantise(once, session), once)


@given(st.data())
@SETTINGS
def test_knobs_at_their_steps_come_back_to_the_last_digit(data: st.DataObject) -> None:
    mix = on_steps(data.draw(mixes()))
    mix = replace(mix, tracks=tuple(replace(strip, automation=Automation()) for strip in mix.tracks))
    session = data.draw(sessions_for(mix))
    read = there_and_back(mix, session)
    assert read == quantise(mix, session)
    for strip in read.tracks:
        before = mix.track(strip.id)
        assert strip.pan == before.pan
        assert strip.highpass == before.highpass or before.highpass.frequency_hz > 0.49 * mix.sample_rate_hz
        assert strip.sends == before.sends
        assert strip.output == before.output
        assert strip.muted == before.muted
        assert strip.input.invert_polarity == before.input.invert_polarity
        assert strip.compressor.threshold_db == pytest.approx(before.compressor.threshold_db, abs=1e-4)
        assert strip.compressor.ratio == before.compressor.ratio
        assert strip.compressor.attack_ms == before.compressor.attack_ms
        assert strip.compressor.knee_db == before.compressor.knee_db
        # make-up and fader may share it out anew, but their sum stays
        total_db = before.fader_db + (before.compressor.makeup_db if before.compressor.enabled else 0.0)
        read_db = strip.fader_db + (strip.compressor.makeup_db if strip.compressor.enabled else 0.0)
        assert read_db == pytest.approx(total_db, abs=1e-4)
        assert len(strip.equalizer.bands) == len(before.equalizer.bands)
        for band, wanted in zip(strip.equalizer.bands, before.equalizer.bands, strict=True):
            assert (band.type, band.gain_db) == (wanted.type, wanted.gain_db)


def test_the_small_mix_comes_back_in_its_own_words(tmp_path: Path) -> None:
    """Against the mix itself, not the quantised one: what REAPER can hold is there, the rest is named here."""
    mix, session = small_mix(), small_session(tmp_path / "song")
    read = read_project(write_project(mix, session, tmp_path / "out").files[0])
    assert [strip.id for strip in read.tracks] == ["Kick", "OH", "Gtr", "Vox"]
    assert [bus.id for bus in read.buses] == ["drums", "reverb", "echo"]
    kick, wanted = read.track("Kick"), mix.track("Kick")
    assert kick.input == wanted.input
    assert kick.highpass == wanted.highpass
    assert kick.equalizer == wanted.equalizer
    assert kick.gate == replace(wanted.gate, ratio=20.0)
    assert kick.compressor == replace(wanted.compressor, makeup_db=6.0)
    assert (kick.pan, kick.fader_db) == (-0.3, -3.5)
    assert kick.sends == wanted.sends
    assert kick.output == "drums"
    assert kick.files == ("01_Kick.wav",)
    overheads = read.track("OH")
    assert overheads.files == ("OH L.wav", "OH R.wav")
    assert (overheads.pan, overheads.input.delay_ms, overheads.output) == (-0.2, 1.5, "drums")
    assert read.track("Gtr").automation == mix.track("Gtr").automation
    assert read.track("Vox").muted
    assert read.bus("drums") == mix.bus("drums")
    assert read.bus("echo") == mix.bus("echo")
    assert read.bus("reverb") == mix.bus("reverb")
    assert read.master.compressor.makeup_db == pytest.approx(8.0)
    assert read.master.limiter == mix.master.limiter
    assert read.master.equalizer == mix.master.equalizer
    assert read.master.fader_db == -2.0


def test_make_up_over_the_end_of_the_fader_stays_make_up(tmp_path: Path) -> None:
    session = Session("s", tmp_path, RATE_HZ, (track(tmp_path, "A", "a.wav"),))
    mix = Mix(RATE_HZ, (TrackStrip("A", compressor=Compressor(True, makeup_db=24.0), fader_db=10.0),))
    strip = there_and_back(mix, session).track("A")
    assert strip.fader_db == 12.0
    assert strip.compressor.makeup_db == pytest.approx(22.0)


def test_make_up_beside_a_moving_fader_stays_make_up(tmp_path: Path) -> None:
    session = Session("s", tmp_path, RATE_HZ, (track(tmp_path, "A", "a.wav"),))
    strip = TrackStrip(
        "A", compressor=Compressor(True, makeup_db=10.0), automation=Automation(((0.0, -3.0), (1.0, 0.0)))
    )
    read = there_and_back(Mix(RATE_HZ, (strip,)), session).track("A")
    assert read.compressor.makeup_db == pytest.approx(10.0)
    assert read.automation == strip.automation


def test_a_driven_limiter_on_the_master_comes_back_as_make_up(tmp_path: Path) -> None:
    master = Master(compressor=Compressor(True, makeup_db=11.0), limiter=Limiter(True, -3.0), fader_db=-1.0)
    read = there_and_back(Mix(RATE_HZ, master=master), Session("s", tmp_path, RATE_HZ, ()))
    assert read.master.compressor.makeup_db == pytest.approx(11.0)
    assert read.master.fader_db == -1.0
    assert read.master.limiter.ceiling_dbtp == -3.0


def test_a_project_without_our_notes_is_still_read(tmp_path: Path) -> None:
    """As after a DAW that drops what it does not know: names stand in for ids."""
    path = write_project(small_mix(), small_session(tmp_path), tmp_path / "out").files[0]
    document = read_document(path)
    root = document.node("REAPER_PROJECT")
    assert root is not None
    root.items.remove(root.node("EXTSTATE"))
    path.write_bytes(to_bytes(document))
    read = read_project(path)
    assert {"Kick", "Gtr", "Vox"} <= {strip.id for strip in read.tracks}
    assert {bus.id for bus in read.buses} == {"drums", "OH", "reverb", "echo"}
    assert read.track("Kick").compressor.ratio == pytest.approx(3.3)


def test_a_real_project_is_read_without_a_crash(shared: Path) -> None:
    read = read_project(shared / "fixtures" / "reaper" / "rppp_send-receive.RPP")
    assert [strip.id for strip in read.tracks] == ["s-track", "r-track"]
    assert read.sample_rate_hz == 44100
    read = read_project(shared / "fixtures" / "reaper" / "rppp_vst2_reacomp.RPP")
    compressor = read.track("Two VST2s").compressor
    assert compressor.enabled
    assert compressor.ratio > 1.0
    assert math.isfinite(compressor.threshold_db)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no <REAPER_PROJECT"),
        ("<REAPER_PROJECT 0.1\n", "no end"),
        ("<REAPER_PROJECT 0.1\n  SAMPLERATE fast\n>\n", "SAMPLERATE"),
        ("<REAPER_PROJECT 0.1\n  <TRACK\n    VOLPAN loud 0\n  >\n>\n", "VOLPAN"),
    ],
)
def test_what_is_no_project_is_refused_with_its_name(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "x.rpp"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ExportError, match=message):
        read_project(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"nowhere\.rpp"):
        read_project(tmp_path / "nowhere.rpp")
