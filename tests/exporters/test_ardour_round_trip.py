"""What is written for Ardour comes back: read(write(mix)) is quantise(mix), and quantise(mix) is near the mix."""

import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from ardour_cases import CHOICES
from hypothesis import given, settings
from hypothesis import strategies as st
from reaper_cases import RATE_HZ, small_mix, small_session, track
from round_trips import assert_alike, on_steps, sessions_for
from strategies import mixes

from console.mix import Automation, Compressor, Equalizer, Limiter, Master, Mix, TrackStrip
from console.session import Session
from exporters.ardour.quantise import quantise
from exporters.ardour.reader import read_project
from exporters.ardour.writer import write_project

SETTINGS = settings(max_examples=60)

LSP, FIL4, ACE = CHOICES


def there_and_back(mix: Mix, session: Session, choice: dict[str, str]) -> Mix:
    with tempfile.TemporaryDirectory() as folder:
        report = write_project(mix, session, Path(folder) / "out", **choice)
        return read_project(report.files[0])


def in_order(mix: Mix) -> Mix:
    """The mix with its bands sorted: one that the ACE EQ moved into x42's range is x42's the next time."""

    def ordered(equalizer: Equalizer) -> Equalizer:
        key = lambda band: (band.type, round(band.frequency_hz), band.gain_db, band.q)  # noqa: E731
        return replace(equalizer, bands=tuple(sorted(equalizer.bands, key=key)))

    return replace(
        mix,
        tracks=tuple(replace(one, equalizer=ordered(one.equalizer)) for one in mix.tracks),
        buses=tuple(replace(one, equalizer=ordered(one.equalizer)) for one in mix.buses),
        master=replace(mix.master, equalizer=ordered(mix.master.equalizer)),
    )


@given(st.data())
@SETTINGS
def test_any_mix_comes_back_as_it_is_quantised(data: st.DataObject) -> None:
    mix = data.draw(mixes())
    session = data.draw(sessions_for(mix, 10**6))
    choice = data.draw(st.sampled_from(CHOICES))
    assert_alike(there_and_back(mix, session, choice), quantise(mix, session, **choice))


@given(st.data())
@SETTINGS
def test_reading_and_writing_again_changes_nothing_more(data: st.DataObject) -> None:
    mix = data.draw(mixes())
    session = data.draw(sessions_for(mix, 10**6))
    choice = data.draw(st.sampled_from(CHOICES))
    once = quantise(mix, session, **choice)
    # A unit of the sixth digit may turn over once more.
    assert_alike(in_order(quantise(once, session, **choice)), in_order(once), within=2e-5)


@given(st.data())
@SETTINGS
def test_knobs_at_their_steps_come_back_to_the_last_digit(data: st.DataObject) -> None:
    mix = on_steps(data.draw(mixes()))
    mix = replace(mix, tracks=tuple(replace(strip, automation=Automation()) for strip in mix.tracks))
    session = data.draw(sessions_for(mix, 10**6))
    read = there_and_back(mix, session, LSP)
    assert read == quantise(mix, session, **LSP)
    nyquist = 0.49 * mix.sample_rate_hz
    for strip in read.tracks:
        before, source = mix.track(strip.id), session.track(strip.id)
        assert strip.pan == before.pan
        assert strip.gate == before.gate
        assert strip.highpass == before.highpass or before.highpass.frequency_hz > nyquist
        assert strip.sends == before.sends
        assert (strip.output, strip.muted) == (before.output, before.muted)
        assert strip.input.invert_polarity == before.input.invert_polarity
        assert strip.width == (before.width if source.channels == 2 else 1.0)
        assert strip.compressor.ratio == before.compressor.ratio
        assert strip.compressor.knee_db == before.compressor.knee_db
        assert strip.compressor.threshold_db == max(before.compressor.threshold_db, -60.0)
        total_db = before.fader_db + (before.compressor.makeup_db if before.compressor.enabled else 0.0)
        read_db = strip.fader_db + (strip.compressor.makeup_db if strip.compressor.enabled else 0.0)
        assert read_db == pytest.approx(max(total_db, -90.0), abs=1e-4) or strip.fader_db == -90.0
        for band, wanted in zip(strip.equalizer.bands, before.equalizer.bands, strict=True):
            assert (band.type, band.gain_db, band.q) == (wanted.type, wanted.gain_db, wanted.q)


@pytest.mark.parametrize("choice", CHOICES, ids=lambda choice: choice["equalizer"])
def test_the_small_mix_comes_back_in_its_own_words(tmp_path: Path, choice: dict[str, str]) -> None:
    """Against the mix itself, not the quantised one: what Ardour can hold is there, the rest is named here."""
    mix, session = small_mix(), small_session(tmp_path / "song")
    read = read_project(write_project(mix, session, tmp_path / "out", **choice).files[0])
    assert [strip.id for strip in read.tracks] == ["Kick", "OH", "Gtr", "Vox"]
    assert [bus.id for bus in read.buses] == ["drums", "reverb", "echo"]
    kick, wanted = read.track("Kick"), mix.track("Kick")
    assert kick.input == wanted.input
    assert kick.highpass == wanted.highpass
    script = choice["gate"] == "mixbridge"
    assert kick.gate == (wanted.gate if script else replace(wanted.gate, range_db=-90.0, hold_ms=0.0))
    bell, shelf = kick.equalizer.bands
    assert bell == wanted.equalizer.bands[0]
    assert shelf == replace(wanted.equalizer.bands[1], q=shelf.q)
    assert shelf.q == pytest.approx(0.71, abs=0.003 if choice["equalizer"] == "ace" else 1e-6)
    assert kick.compressor == wanted.compressor
    assert (kick.pan, kick.fader_db) == (-0.3, -6.5)
    assert kick.sends == wanted.sends
    assert kick.output == "drums"
    assert kick.files == ("01_Kick.wav",)
    overheads = read.track("OH")
    assert overheads.files == ("OH L.wav", "OH R.wav")
    assert (overheads.pan, overheads.input.delay_ms, overheads.output) == (-0.2, 1.5, "drums")
    assert read.track("Gtr").automation == mix.track("Gtr").automation
    assert read.track("Vox").muted
    assert read.track("Vox").lowpass == mix.track("Vox").lowpass
    assert read.bus("drums") == mix.bus("drums")
    assert read.bus("echo") == mix.bus("echo")
    reverb = read.bus("reverb").reverb
    assert reverb is not None
    assert (reverb.decay_s, reverb.low_cut_hz, reverb.high_cut_hz) == (1.8, 180.0, 9000.0)
    assert read.master.compressor == mix.master.compressor
    if choice["limiter"] == "dpl":
        assert read.master.limiter == mix.master.limiter
    assert read.master.fader_db == -2.0


def test_a_negative_make_up_goes_to_the_fader(tmp_path: Path) -> None:
    session = Session("s", tmp_path, RATE_HZ, (track(tmp_path, "A", "a.wav"),))
    mix = Mix(RATE_HZ, (TrackStrip("A", compressor=Compressor(True, makeup_db=-5.0), fader_db=-3.0),))
    strip = there_and_back(mix, session, LSP).track("A")
    assert (strip.fader_db, strip.compressor.makeup_db) == (-8.0, 0.0)


@pytest.mark.parametrize(("makeup_db", "fader_db"), [(-4.0, -1.0), (-12.0, -3.0)])
def test_a_negative_make_up_before_the_limiter_stays_before_it(makeup_db: float, fader_db: float) -> None:
    """x42's limiter takes 10 dB away at most; what is left must stand behind it."""
    master = Master(
        compressor=Compressor(True, makeup_db=makeup_db), limiter=Limiter(True, -3.0), fader_db=-1.0
    )
    read = there_and_back(Mix(RATE_HZ, master=master), Session("s", Path(), RATE_HZ, ()), LSP)
    assert read.master.compressor.makeup_db == pytest.approx(max(makeup_db, -10.0))
    assert read.master.fader_db == pytest.approx(fader_db)


def test_gain_beyond_the_trim_stands_on_the_region(tmp_path: Path) -> None:
    session = Session("s", tmp_path, RATE_HZ, (track(tmp_path, "A", "a.wav"),))
    strip = TrackStrip("A", input=replace(TrackStrip("A").input, gain_db=31.5))
    assert there_and_back(Mix(RATE_HZ, (strip,)), session, ACE).track("A").input.gain_db == 31.5
