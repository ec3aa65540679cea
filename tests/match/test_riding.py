"""Faders that move over time: found only where they help, heard as the renderer plays them, held by locks."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

pytest.importorskip("torch")

from match_cases import RATE, noise, reference

from bridge.jobs.reading import read_session
from bridge.render import RenderSettings, render
from console.estimators.match import match
from console.estimators.match.digest import Digest, make_digest
from console.estimators.match.playing import play
from console.estimators.match.riding import MOST_POINTS, MOST_RIDE_DB, find_ride, ridden, spread_db
from console.losses.sound import measure_sound
from console.mix import Automation, Mix, TrackStrip
from console.session import neutral_mix
from presets.targets import load_target

SECONDS = 24


def song(verse_db: float, seconds: int = SECONDS) -> np.ndarray:
    """Noise whose first half is a verse below the second."""
    random = np.random.default_rng(1)
    level_db = np.where(np.arange(seconds * RATE) < seconds * RATE // 2, verse_db, 0.0)
    return 0.1 * 10.0 ** (level_db / 20.0) * random.standard_normal((2, seconds * RATE))


def whole(audio: np.ndarray) -> Digest:
    return Digest(RATE, ((0, audio.shape[1]),), {})


@pytest.mark.parametrize("wanted_db", [1.0, 3.0, 7.0, 9.0])
def test_a_ride_brings_the_spread(wanted_db: float) -> None:
    audio = song(-5.0)
    ride = find_ride(audio, whole(audio), wanted_db)
    times_s, moves_db = np.array(ride).T
    assert len(ride) <= MOST_POINTS
    assert np.abs(moves_db).max() <= MOST_RIDE_DB
    assert (np.diff(times_s) > 2.0).all()
    gains = 10.0 ** (np.interp(np.arange(audio.shape[1]) / RATE, times_s, moves_db) / 20.0)
    was, now = (measure_sound(sound, RATE).spread_db for sound in (audio, audio * gains))
    assert abs(now - wanted_db) < 0.6 * abs(was - wanted_db)
    # The louder half goes up where more is wanted, and down where less is.
    assert (moves_db[-1] > moves_db[0]) == (wanted_db > was)


@pytest.mark.parametrize(
    ("audio", "wanted_db"),
    [
        (song(-5.0), 5.5),  # next to right
        (song(0.0), 8.0),  # no course that could be followed
        (song(-5.0, seconds=2), 9.0),  # too short for two points
        (np.zeros((2, 100)), 9.0),
        (np.zeros((2, SECONDS * RATE)), 6.0),
    ],
)
def test_where_no_ride_helps_there_is_none(audio: np.ndarray, wanted_db: float) -> None:
    assert find_ride(audio, whole(audio), wanted_db) == ()


def test_points_lie_where_the_windows_lie_in_the_song() -> None:
    audio = song(-5.0)
    cut = SECONDS * RATE // 2
    digest = Digest(RATE, ((0, cut), (100 * RATE, 100 * RATE + cut)), {})
    ride = find_ride(audio, digest, 8.0)
    assert ride[0][0] < 1.0
    assert ride[-1][0] > 110.0
    assert digest.pieces(cut - 10, cut + 20) == [(cut - 10, 10), (100 * RATE, 20)]


def test_what_may_not_move_stays() -> None:
    strips = (
        TrackStrip("free", fader_db=-3.0),
        TrackStrip("locked", locked=("fader_db",)),
        TrackStrip("held", locked=("all",)),
        TrackStrip("ridden", automation=Automation(((0.0, -1.0), (5.0, 0.0)))),
        TrackStrip("unheard"),
        TrackStrip("loudest", fader_db=12.0),
    )
    mix = Mix(RATE, strips)
    heard = {strip.id for strip in strips} - {"unheard"}
    ride = ((0.0, -2.0), (9.0, 2.0))
    moved = ridden(mix, ride, {"fader"}, heard)
    assert [a.id for a, b in zip(moved.tracks, mix.tracks, strict=True) if a != b] == ["free", "loudest"]
    assert moved.track("free").automation.fader_db == ((0.0, -5.0), (9.0, -1.0))
    assert max(level for _, level in moved.track("loudest").automation.fader_db) == 12.0
    assert ridden(mix, ride, {"eq"}, heard) == mix
    assert ridden(mix, (), {"fader"}, heard) == mix


def test_a_match_rides_where_one_level_cannot_do_it(tmp_path: Path) -> None:
    course = 10.0 ** (np.repeat([-5.0, 0.0], 6 * RATE) / 20.0)
    bands = {"Drums": (60.0, 9000.0), "Bass": (50.0, 300.0), "Lead Vox": (200.0, 7000.0)}
    paths = []
    for seed, (name, (low_hz, high_hz)) in enumerate(bands.items()):
        paths.append(tmp_path / f"{name}.wav")
        soundfile.write(paths[-1], course * noise(seed, low_hz, high_hz, seconds=12), RATE, "FLOAT")
    session, analysis = read_session(paths, cache=False)
    wanted = replace(reference(), spread_db=9.5, crest_db=24.0)
    # Somebody's own mix without compressors: they would take back what the faders do.
    start = replace(neutral_mix(session), estimator="hand")
    start = replace(start, tracks=(replace(start.tracks[0], locked=("fader_db",)), *start.tracks[1:]))
    found = match(session, analysis, load_target(), start, wanted, groups={"fader"})
    moving = [strip for strip in found.mix.tracks if strip.automation.fader_db]
    assert [strip.id for strip in moving] == [track.id for track in session.tracks[1:]]
    assert all("automation.fader_db" in {reason.parameter for reason in strip.reasons} for strip in moving)
    assert found.after.spread_db < found.before.spread_db - 0.5
    # What was played on the way is what the renderer makes of it.
    with render(session, found.mix, work_folder=tmp_path, settings=RenderSettings(threads=1)) as result:
        audio = np.concatenate([np.array(block) for block in result.work.blocks()])[: session.samples].T
    played = play(found.mix, make_digest(session, analysis, found.mix)).sound
    assert measure_sound(audio, RATE).spread_db == pytest.approx(played.spread_db, abs=0.05)


def test_levels_that_do_not_change_have_no_spread() -> None:
    assert spread_db(np.zeros(3)) == 0.0
