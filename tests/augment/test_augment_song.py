"""A song made another by a seed: what repeats, what follows, what stays."""

from dataclasses import replace

import numpy as np
import pytest

from console.dsp.pan import output_matrix
from console.errors import ParamError
from console.losses.prior import PROFESSIONAL
from console.mix import Automation, Compressor, Mix, TrackStrip
from console.session import Role
from console.training.augment import Augmented, Recipe, TrackFacts, augment, follow, random_console

RATE_HZ = 16_000
QUIET = Recipe(
    gain_db=0.0,
    filter_chance=0.0,
    room_chance=0.0,
    bleed_chance=0.0,
    drop_chance=0.0,
    speed_chance=0.0,
    narrow_chance=0.0,
    side_chance=0.0,
)
ALL = Recipe(6.0, 1.0, 1.0, 1.0, 1.0, 1.0, 2, 1.0, 1.0, 0.5, 0.5)


@pytest.fixture
def song() -> np.ndarray:
    tracks = np.random.default_rng(7).standard_normal((5, 2, 4000)).astype(np.float32) * np.float32(0.1)
    tracks[:2, 1] = tracks[:2, 0]
    return tracks


def rendered(mix: Mix, tracks: np.ndarray) -> np.ndarray:
    total = np.zeros((2, tracks.shape[2]))
    for strip, audio in zip(mix.tracks, tracks, strict=True):
        total += 10 ** (strip.fader_db / 20) * output_matrix(2, strip.pan, 1.0) @ audio
    return total


def test_nothing_asked_for_changes_nothing(song: np.ndarray) -> None:
    same = augment(song, RATE_HZ, 1, QUIET)
    np.testing.assert_array_equal(same.tracks, song)
    assert (same.kept, same.speed, any(same.coloured)) == ((0, 1, 2, 3, 4), 1.0, False)


def test_one_seed_one_song(song: np.ndarray) -> None:
    room = np.random.default_rng(0).standard_normal((2, 500)).astype(np.float32)
    before = song.copy()
    words = {"rooms": (room,), "cabinets": (room[:1],), "guitars": (1, 2)}
    first, again, other = (augment(song, RATE_HZ, seed, ALL, **words) for seed in (5, 5, 6))
    np.testing.assert_array_equal(first.tracks, again.tracks)
    assert replace(first, tracks=song) == replace(again, tracks=song)
    assert first.tracks.shape != other.tracks.shape or not np.array_equal(first.tracks, other.tracks)
    np.testing.assert_array_equal(song, before)
    assert first.tracks.dtype == np.float32
    assert np.isfinite(first.tracks).all()


def test_a_dropped_track_changes_no_other(song: np.ndarray) -> None:
    drops = replace(ALL, bleed_chance=0.0, speed_chance=0.0)
    for seed in range(8):
        whole = augment(song, RATE_HZ, seed, replace(drops, drop_chance=0.0))
        part = augment(song, RATE_HZ, seed, drops)
        assert len(part.kept) >= 2
        np.testing.assert_array_equal(part.tracks, whole.tracks[list(part.kept)])


def test_sizes_after_drop_out_are_of_every_kind(song: np.ndarray) -> None:
    recipe = replace(QUIET, drop_chance=1.0, fewest_tracks=2)
    assert {len(augment(song, RATE_HZ, seed, recipe).kept) for seed in range(60)} == {2, 3, 4, 5}


def test_the_settings_follow(song: np.ndarray) -> None:
    mix = Mix(
        RATE_HZ, tuple(TrackStrip(f"t{n}", pan=0.2 * n - 0.4, fader_db=-3.0 * n) for n in range(len(song)))
    )
    recipe = replace(QUIET, gain_db=6.0, side_chance=1.0, drop_chance=0.5)
    swapped = 0
    for seed in range(40):
        changed = augment(song, RATE_HZ, seed, recipe)
        if any(changed.coloured):
            continue
        swapped += sum(changed.swapped)
        kept = list(changed.kept)
        expected = replace(mix, tracks=tuple(mix.tracks[place] for place in kept))
        straight = rendered(follow(mix, changed), changed.tracks)
        # A track whose sides are swapped gives the mirror of what it gave.
        mirrored = np.zeros_like(straight)
        for strip, audio, turned in zip(expected.tracks, song[kept], changed.swapped, strict=True):
            own = rendered(replace(mix, tracks=(strip,)), audio[np.newaxis])
            mirrored += own[::-1] if turned else own
        np.testing.assert_allclose(straight, mirrored, atol=1e-5)
    assert swapped > 0


def test_thresholds_and_break_points_follow() -> None:
    strip = TrackStrip(
        "a",
        compressor=Compressor(enabled=True, threshold_db=-30.0),
        automation=Automation(((0.0, 0.0), (2.0, -6.0))),
    )
    song = Augmented(np.zeros((1, 2, 8), np.float32), (0,), (4.0,), (False,), (False,), 2.0)
    (told,) = follow(Mix(RATE_HZ, (strip,)), song).tracks
    assert (told.fader_db, told.compressor.threshold_db) == (-4.0, -26.0)
    assert told.automation.fader_db == ((0.0, -4.0), (1.0, -10.0))
    with pytest.raises(ParamError, match="the mix of this song"):
        follow(Mix(RATE_HZ), song)


@pytest.mark.parametrize(
    "tracks", [np.zeros((0, 2, 5)), np.zeros((1, 1, 5)), np.zeros((2, 5)), np.full((1, 2, 5), np.nan)]
)
def test_what_is_no_song_is_told(tracks: np.ndarray) -> None:
    with pytest.raises(ParamError, match="tracks"):
        augment(tracks.astype(np.float32), RATE_HZ, 0)


@pytest.mark.parametrize(
    "words", [{"drop_chance": 1.5}, {"gain_db": -1.0}, {"speed_semitones": float("nan")}]
)
def test_a_wrong_recipe_is_told(words: dict[str, float]) -> None:
    with pytest.raises(ParamError, match=next(iter(words))):
        Recipe(**words)


def test_silence_and_one_sample_stay_well() -> None:
    for samples in (1, 700):
        changed = augment(np.zeros((2, 2, samples), np.float32), RATE_HZ, 3, replace(ALL, fewest_tracks=2))
        assert not changed.tracks.any()


FACTS = [
    TrackFacts("kick", Role.KICK, 1, -20.0),
    TrackFacts("pad", Role.PAD, 2, -35.0),
    TrackFacts("silent", Role.OTHER, 1, float("-inf")),
]


def test_random_consoles_repeat_and_differ() -> None:
    first, again, other = (random_console(FACTS, np.random.default_rng(seed), 44_100) for seed in (1, 1, 2))
    assert first == again != other
    assert first.tracks[0].input.gain_db == pytest.approx(2.0)
    assert first.tracks[2].input.gain_db == 0.0
    with pytest.raises(ParamError, match="no tracks"):
        random_console([], np.random.default_rng(0), 44_100)


@pytest.mark.parametrize("name", sorted(PROFESSIONAL))
def test_knobs_stand_where_professionals_keep_them(name: str) -> None:
    module, knob = name.split(".")
    rng = np.random.default_rng(0)
    values = [
        getattr(getattr(strip, module), knob)
        for _ in range(700)
        for strip in random_console(FACTS, rng, 44_100).tracks
    ]
    low, median, high = PROFESSIONAL[name]
    found = np.percentile(values, [10, 50, 90])
    scale = (high - low) / 10
    assert found[1] == pytest.approx(median, abs=scale)
    assert found[0] == pytest.approx(low, abs=scale)
    assert found[2] == pytest.approx(high, abs=3 * scale)


def test_leading_roles_are_central_and_forward() -> None:
    rng = np.random.default_rng(0)
    mixes = [random_console(FACTS, rng, 44_100) for _ in range(400)]
    kick, pad = (np.array([(m.tracks[n].pan, m.tracks[n].fader_db) for m in mixes]) for n in (0, 1))
    assert np.abs(kick[:, 0]).mean() < 0.1 < 0.2 < np.abs(pad[:, 0]).mean()
    assert kick[:, 1].mean() - pad[:, 1].mean() == pytest.approx(5.0, abs=1.0)
    assert {m.tracks[0].width for m in mixes} == {1.0}
