"""What the rules say is what they do: the figures in the reasons hold, and no move is one to laugh at."""

import re
from pathlib import Path

import numpy as np
import pytest

from bridge.jobs.mixing import strip_meters
from bridge.jobs.reading import read_session
from bridge.render import render
from console.analysis import SessionAnalysis
from console.estimators.rules import estimate
from console.mix import Mix, Reason
from console.session import Session, neutral_mix
from presets.targets import load_target

QUOTED = re.compile(r"'[^']*'")
MADE = tuple[Session, SessionAnalysis, Mix]


def mixed(folder: Path) -> MADE:
    session, analysis = read_session([folder], cache=False)
    return session, analysis, estimate(session, analysis, load_target(), neutral_mix(session))


@pytest.fixture(scope="module")
def example(example_session: Path) -> MADE:
    return mixed(example_session)


def reasons(mix: Mix) -> list[Reason]:
    strips = [*mix.tracks, *mix.buses, mix.master]
    return [reason for strip in strips for reason in strip.reasons]


def test_numbers_have_true_minus_signs_and_no_negative_zero(example: MADE) -> None:
    texts = [QUOTED.sub("", reason.text) for reason in reasons(example[2])]
    assert any("−" in text for text in texts)
    assert [text for text in texts if re.search(r"-\d|[+−]0(\.0+)? ", text)] == []


def test_half_is_said_where_it_is_half(example: MADE) -> None:
    tones = [reason.text for reason in reasons(example[2]) if "usual for" in reason.text]
    assert {"half of that is corrected" in text for text in tones} == {True, False}
    for text in tones:
        off_db = float(re.search(r"([\d.]+) dB (?:more|less) than is usual", text)[1])
        moved_db = float(re.search(r"[+−]([\d.]+) dB\.$", text)[1])
        if "half" in text:
            assert moved_db == pytest.approx(0.5 * off_db, abs=0.11)
        else:
            assert moved_db < 0.5 * off_db


def test_nothing_yields_where_the_other_track_has_next_to_no_sound(example: MADE) -> None:
    _, analysis, mix = example
    hidden = [text for reason in reasons(mix) if (text := reason.text).startswith("Hides ")]
    assert hidden
    for text in hidden:
        name, high_hz = re.search(r"^Hides '([^']+)' .*?(\d+) Hz while", text).groups()
        track = analysis.tracks[name]
        mean = (10.0 ** (track.bark_db[track.active].astype(np.float64) / 10.0)).mean(axis=0)
        # A critical band as wide as an ear's at its upper edge, compared with the loudest there is.
        edges = [100, 200, 300, 400, 510, 630, 770, 920, 1080, 1270, 1480, 1720, 2000, 2320, 2700, 3150, 3700]
        edges += [4400, 5300, 6400, 7700, 9500, 12000, 15500]
        assert 10.0 * np.log10(mean[edges.index(int(high_hz))] / mean.max()) > -25.0, text


def test_claimed_reduction_loudness_and_audibility_are_those_of_the_render(
    example: MADE, tmp_path: Path
) -> None:
    session, _, mix = example
    meters = strip_meters(mix)
    with render(session, mix, work_folder=tmp_path, taps=meters) as rendered:
        reductions = rendered.gain_reduction
    checked = 0
    for track in (track for track in mix.tracks if not track.muted):
        claimed = {reason.parameter: reason.figures for reason in track.reasons}
        level_lufs = claimed["fader_db"]["loudness_lufs"] + track.fader_db
        assert meters[track.id].result().integrated_lufs == pytest.approx(level_lufs, abs=1.0), track.id
        if "compressor" in claimed:
            # In the loudest passages exceeded, hence reached somewhere in the song, and not by far.
            most_db = float(reductions[track.id].max())
            assert 0.0 <= most_db - claimed["compressor"]["reduction_db"] < 2.0, track.id
            checked += 1
    assert checked >= 3


def test_drums_that_nobody_played_are_not_lifted_out_of_the_noise(shared: Path) -> None:
    _, analysis, mix = mixed(shared / "audio" / "songs" / "DrumMics_MuldjordKit_Groove_CC-BY")
    unplayed = {track.id for track in mix.tracks if track.muted}
    assert unplayed == {"KdrumL", "Tom1", "Tom2", "Tom3"}
    assert all("Nothing is played" in track.reasons[0].text for track in mix.tracks if track.muted)
    assert max(analysis.tracks[name].true_peak_dbtp for name in unplayed) < -35.0
    assert max(track.input.gain_db for track in mix.tracks) <= 24.0
