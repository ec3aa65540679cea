"""What the controller takes for the same session, and what it makes of odd ones."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from controller_cases import tone, write_session

from bridge.jobs.reading import read_session
from console.analysis import SessionAnalysis
from console.errors import ParamError
from console.mix import Mix
from console.session import Session

Heard = tuple[Session, SessionAnalysis]
Run = Callable[..., Mix]


def _strips(mix: Mix) -> dict[str, object]:
    return {strip.id: strip for strip in mix.tracks}


def test_the_order_of_tracks_changes_nothing(run: Run, heard: Heard) -> None:
    session, analysis = heard
    turned = replace(session, tracks=session.tracks[::-1])
    one, other = run(heard), run((turned, analysis))
    assert [strip.id for strip in other.tracks] == [strip.id for strip in one.tracks][::-1]
    assert _strips(one) == _strips(other)
    assert (one.master, one.buses, one.inputs) == (other.master, other.buses, other.inputs)


def test_the_same_input_gives_the_same_mix(run: Run, heard: Heard) -> None:
    assert run(heard, seed=7) == run(heard, seed=7)
    assert run(heard, seed=7).seed == 7


def test_a_silent_track_changes_nothing(run: Run, heard: Heard, stems: Path, tmp_path: Path) -> None:
    quiet = tmp_path / "Room.wav"
    # Longer than the others, and not quite digital silence.
    noise = 1e-5 * np.random.default_rng(0).standard_normal(44_100 * 9)
    soundfile.write(quiet, noise, 44_100, subtype="FLOAT")
    alone, more = run(heard), run(read_session([*sorted(stems.iterdir()), quiet], cache=False))
    strips = _strips(more)
    assert strips.pop("Room").muted
    assert strips == _strips(alone)
    assert more.master == alone.master


@pytest.mark.parametrize("count", [1, 3, 16, 100])
def test_any_number_of_tracks(run: Run, tmp_path: Path, count: int) -> None:
    names = tuple(f"{number:03}.wav" for number in range(count))
    mix = run(read_session([write_session(tmp_path, names, seconds=1.0, rate=16_000)], cache=False))
    assert len(mix.tracks) == count
    assert sum(not strip.muted for strip in mix.tracks) == count
    assert len({strip.fader_db for strip in mix.tracks}) >= min(count, 2)


@pytest.mark.parametrize("rate", [8_000, 96_000])
def test_any_rate(run: Run, tmp_path: Path, rate: int) -> None:
    mix = run(read_session([write_session(tmp_path, rate=rate, seconds=2.0)], cache=False))
    assert mix.sample_rate_hz == rate
    for strip in mix.tracks:
        assert all(band.frequency_hz < 0.5 * rate for band in strip.equalizer.bands)
        assert any(reason.parameter == "fader_db" for reason in strip.reasons)


def test_gain_changes_the_trim_alone(run: Run, heard: Heard, tmp_path: Path) -> None:
    write_session(tmp_path)
    audio, rate = soundfile.read(tmp_path / "Bass.wav")
    soundfile.write(tmp_path / "Bass.wav", 0.1 * audio, rate, subtype="FLOAT")
    before, after = run(heard), run(read_session([tmp_path], cache=False))
    assert after.track("Bass").input.gain_db == pytest.approx(
        before.track("Bass").input.gain_db + 20.0, abs=0.11
    )
    for one, other in zip(before.tracks, after.tracks, strict=True):
        assert other.fader_db == pytest.approx(one.fader_db, abs=0.11)
        assert other.pan == pytest.approx(one.pan, abs=0.011)


def test_samples_that_are_no_numbers_do_no_harm(run: Run, heard: Heard, tmp_path: Path) -> None:
    write_session(tmp_path)
    audio, rate = soundfile.read(tmp_path / "Keys.wav")
    audio[1000:1010] = np.nan
    audio[5000] = np.inf
    soundfile.write(tmp_path / "Keys.wav", audio, rate, subtype="FLOAT")
    before, after = run(heard), run(read_session([tmp_path], cache=False))
    assert after.track("Keys").fader_db == pytest.approx(before.track("Keys").fader_db, abs=0.5)


def test_mono_and_stereo(run: Run, heard: Heard) -> None:
    mix = run(heard)
    for track in heard[0].tracks:
        strip = mix.track(track.id)
        assert (strip.width == 1.0) or track.channels == 2
    # What carries the song stays in the middle when it is mono.
    assert mix.track("Kick").pan == mix.track("Bass").pan == mix.track("Lead Vox").pan == 0.0
    assert mix.track("Gtr L").pan != 0.0 or mix.track("Keys").pan != 0.0


def test_silence_alone_is_refused(run: Run, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "a.wav", np.zeros(44_100), 44_100)
    with pytest.raises(ParamError, match="all 1 tracks are silent"):
        run(read_session([tmp_path], cache=False))


def test_a_track_that_hardly_sounds_gets_what_the_trim_lacks_from_its_fader(run: Run, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "Pad.wav", tone(3, gain=5e-4), 44_100, subtype="FLOAT")
    soundfile.write(tmp_path / "Keys.wav", tone(4), 44_100, subtype="FLOAT")
    mix = run(read_session([tmp_path], cache=False))
    strip = mix.track("Pad")
    assert strip.input.gain_db == 48.0
    assert strip.fader_db <= 12.0
