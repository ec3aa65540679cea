"""Masking: who stands above whom, in the critical bands that carry a track."""

import numpy as np
import pytest

from console.analysis.masking import SPREADING, masking
from console.analysis.values import BARK_BANDS, BARK_EDGES_HZ, FloatArray

HOPS = 200


def tone(band: int, level_db: float, hops: int = HOPS) -> FloatArray:
    """Power of a track that has all its sound in one critical band."""
    levels = np.full((hops, BARK_BANDS), -150.0, dtype=np.float32)
    levels[:, band] = level_db
    return levels


def always(count: int = HOPS) -> np.ndarray:
    return np.ones(count, dtype=np.bool_)


@pytest.mark.parametrize("difference_db", [-18.0, -6.0, 0.0, 6.0, 12.0])
def test_audibility_in_a_shared_band_is_the_level_difference(difference_db: float) -> None:
    found = masking(
        {"a": tone(8, -20.0 + difference_db), "b": tone(8, -20.0)}, {"a": always(), "b": always()}
    )
    assert found.audibility_db["a"] == pytest.approx(difference_db, abs=0.01)
    assert found.audibility_db["b"] == pytest.approx(-difference_db, abs=0.01)


def test_distant_bands_leave_each_other_alone() -> None:
    found = masking({"low": tone(2, -20.0), "high": tone(20, -20.0)}, {"low": always(), "high": always()})
    assert found.audibility_db["low"] == pytest.approx(20.0)
    assert found.audibility_db["high"] == pytest.approx(20.0)
    assert found.pairs == ()


def test_masking_reaches_further_upwards_than_downwards() -> None:
    upward = masking({"a": tone(12, -40.0), "b": tone(10, -20.0)}, {"a": always(), "b": always()})
    downward = masking({"a": tone(8, -40.0), "b": tone(10, -20.0)}, {"a": always(), "b": always()})
    # Schroeder's slopes over two Bark: −20 dB upwards, −50 dB downwards.
    assert upward.audibility_db["a"] == pytest.approx(-40.0 + 20.0 + 20.0, abs=0.01)
    assert downward.audibility_db["a"] == pytest.approx(20.0, abs=0.01)
    assert SPREADING[10, 12] == pytest.approx(1e-2)
    assert SPREADING[10, 8] == pytest.approx(1e-5)


def test_what_counts_is_when_the_track_sounds() -> None:
    hits = tone(8, -60.0)
    hits[::10, 8] = -10.0
    found = masking({"hits": hits, "bed": tone(8, -20.0)}, {"hits": always(), "bed": always()})
    # A tenth of the time 10 dB above, the rest 40 dB below with 1/100 000 of the power.
    assert found.audibility_db["hits"] == pytest.approx(10.0, abs=0.01)
    found = masking({"half": tone(8, -20.0), "bed": tone(8, -26.0)}, {"half": always(), "bed": always()})
    assert found.audibility_db["half"] == pytest.approx(6.0, abs=0.01)


def test_the_pair_names_masker_band_and_time() -> None:
    playing = always()
    playing[HOPS // 2 :] = False
    found = masking({"quiet": tone(8, -30.0), "loud": tone(8, -18.0)}, {"quiet": always(), "loud": playing})
    (pair,) = found.pairs
    assert (pair.masked, pair.masker) == ("quiet", "loud")
    # 12 dB for half of the time in which the quiet one sounds.
    assert pair.amount_db == pytest.approx(6.0, abs=0.01)
    assert (pair.low_hz, pair.high_hz) == (BARK_EDGES_HZ[8], BARK_EDGES_HZ[9])
    assert pair.time_share == pytest.approx(0.5, abs=0.01)


def test_silence_nothing_and_unequal_lengths() -> None:
    assert masking({}, {}).pairs == ()
    silent = np.full((HOPS, BARK_BANDS), -160.0, dtype=np.float32)
    nowhere = np.zeros(HOPS, dtype=np.bool_)
    found = masking(
        {"silent": silent, "short": tone(8, -20.0, 50), "long": tone(8, -20.0)},
        {"silent": nowhere, "short": always(50), "long": always()},
    )
    assert found.audibility_db["silent"] == 20.0
    assert found.audibility_db["short"] == pytest.approx(0.0, abs=0.01)
    # Clear for three quarters of its time, level with the other for one.
    assert found.audibility_db["long"] == pytest.approx(15.0)
