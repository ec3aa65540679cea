"""Offset, clock drift, polarity and single moved tracks are found."""

from pathlib import Path

import numpy as np
import pytest
from mixed_stems import RATE_HZ, instruments, random_mix, rendered, write_session
from scipy.interpolate import CubicSpline

from console.estimators.recover import RecoverSettings, recover
from console.estimators.recover.align import find_line, is_credible, locate

PLAIN = RecoverSettings(groups=frozenset({"input", "fader", "pan"}), moves=False, spectrum=False)


def _song(seconds: float = 8.0) -> tuple[list[np.ndarray], np.ndarray]:
    stems = instruments(seconds)
    return stems, rendered(random_mix(0, compress=False, sends=False), stems)


@pytest.mark.parametrize("offset", [0, 7, 4410, -3001])
def test_a_mix_that_starts_elsewhere(offset: int) -> None:
    stems, mix = _song()
    total = np.sum([stem.mean(axis=0) for stem in stems], axis=0)
    moved = np.pad(mix, ((0, 0), (offset, 0))) if offset > 0 else mix[:, -offset:]
    line = find_line(total, moved.mean(axis=0), RATE_HZ)
    assert is_credible(line)
    assert line.offset == pytest.approx(offset, abs=1.0)
    assert line.drift == 0.0


@pytest.mark.parametrize("drift_ppm", [120.0, -300.0])
def test_a_clock_that_runs_away(drift_ppm: float) -> None:
    stems, mix = _song(20.0)
    total = np.sum([stem.mean(axis=0) for stem in stems], axis=0)
    samples = np.arange(mix.shape[1])
    places = samples / (1.0 + drift_ppm * 1e-6)
    drifted = CubicSpline(samples, mix.mean(axis=0))(places[places <= samples[-1]])
    line, back = locate(total, np.stack([drifted, drifted]).astype(np.float32), RATE_HZ)
    assert line.drift * 1e6 == pytest.approx(drift_ppm, abs=1.0)
    inner = slice(RATE_HZ, -RATE_HZ)
    left = back[0, inner] - mix.mean(axis=0)[inner]
    assert np.sum(left**2) < 0.05 * np.sum(mix.mean(axis=0)[inner] ** 2)


def test_something_else_has_no_place() -> None:
    stems, _ = _song(6.0)
    noise = np.random.default_rng(5).standard_normal(stems[0].shape[1])
    assert not is_credible(find_line(np.sum([stem.mean(axis=0) for stem in stems], axis=0), noise, RATE_HZ))


def test_a_turned_and_a_moved_track(tmp_path: Path) -> None:
    stems = instruments(8.0)
    mix = random_mix(0, compress=False, sends=False)
    played = [stem.copy() for stem in stems]
    played[0] = -played[0]
    played[3] = np.pad(played[3], ((0, 0), (40, 0)))[:, : stems[3].shape[1]]
    found = recover(write_session(tmp_path / "stems", stems), rendered(mix, played), settings=PLAIN)
    assert found.alignment.inverted == ("track 0",)
    assert found.mix.tracks[0].input.invert_polarity
    assert found.alignment.delays_ms["track 3"] == pytest.approx(40e3 / RATE_HZ, abs=0.05)
    assert set(found.alignment.delays_ms) == {"track 3"}


def test_an_offset_of_the_whole_mix_is_told_and_taken_out(tmp_path: Path) -> None:
    stems, mix = _song()
    late = np.pad(mix, ((0, 0), (2205, 0)))
    found = recover(write_session(tmp_path / "stems", stems), late, settings=PLAIN)
    assert found.alignment.offset_samples == pytest.approx(2205, abs=1.0)
    assert not found.alignment.delays_ms
