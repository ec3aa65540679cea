"""The example session is what its README says: format, size, and every planted problem, measured."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from numpy.typing import NDArray

EXAMPLES = Path(__file__).parents[2] / "examples"
SESSION = EXAMPLES / "session"
FILES = sorted(SESSION.glob("*.flac"))
RATE_HZ = 48_000
SECONDS = 30


def load(name: str) -> NDArray[np.float64]:
    audio, rate_hz = sf.read(SESSION / f"{name}.flac", dtype="float64")
    assert rate_hz == RATE_HZ
    return np.asarray(audio)


def correlation(
    first: NDArray[np.float64], second: NDArray[np.float64], reach: int
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Normalised cross-correlation; a positive lag says that `second` is the later one."""
    size = 1 << (first.size + second.size).bit_length()
    product = np.conj(np.fft.rfft(first, size)) * np.fft.rfft(second, size)
    lags = np.arange(-reach, reach + 1)
    values = np.fft.irfft(product, size)[lags]
    return lags, values / np.sqrt(np.sum(first**2) * np.sum(second**2))


def test_the_session_has_enough_tracks_of_both_kinds() -> None:
    channels = [sf.info(path).channels for path in FILES]
    assert 14 <= len(FILES) <= 24
    assert channels.count(1) >= 12
    assert channels.count(2) >= 2


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_file_is_48_khz_24_bit_flac_of_30_seconds_and_does_not_clip(path: Path) -> None:
    info = sf.info(path)
    assert (info.format, info.subtype, info.samplerate) == ("FLAC", "PCM_24", RATE_HZ)
    assert info.frames == SECONDS * RATE_HZ
    audio, _ = sf.read(path, dtype="float64")
    peak = np.max(np.abs(audio))
    if path.stem == "19_Scratch Gtr":
        assert peak == 0.0
    else:
        assert -18.0 <= 20.0 * np.log10(peak) <= -3.0


def test_all_of_the_example_stays_under_20_megabytes() -> None:
    # the rest of the folder is text; caches beside the scripts are not the project's
    files = [path for kind in ("*.flac", "*.py", "*.md") for path in EXAMPLES.rglob(kind)]
    assert sum(path.stat().st_size for path in files) < 20_000_000


def test_the_bottom_snare_is_inverted() -> None:
    lags, values = correlation(load("03_Snare Top"), load("04_Snare Bot"), reach=480)
    strongest = int(np.argmax(np.abs(values)))
    assert values[strongest] < -0.7
    assert lags[strongest] == pytest.approx(14, abs=1)  # 10 cm of drum, not lateness


@pytest.mark.parametrize("side", ["L", "R"])
def test_the_overheads_are_7_ms_behind_the_snare_4_more_than_their_distance(side: str) -> None:
    lags, values = correlation(load("03_Snare Top"), load(f"07_OH {side}"), reach=1440)
    strongest = int(np.argmax(np.abs(values)))
    assert values[strongest] > 0.5
    assert lags[strongest] == pytest.approx(144 + 192, abs=1)


@pytest.mark.parametrize("side", ["L", "R"])
def test_the_overheads_are_as_late_against_the_kick(side: str) -> None:
    # the kick at 2.5 s sounds almost alone; its path to the overheads is 203 samples longer than to Kick In
    window = slice(round(2.45 * RATE_HZ), round(2.78 * RATE_HZ))
    lags, values = correlation(load("01_Kick In")[window], load(f"07_OH {side}")[window], reach=1440)
    strongest = int(np.argmax(np.abs(values)))
    assert values[strongest] > 0.8
    assert lags[strongest] == pytest.approx(203 + 192, abs=3)


def test_the_bass_has_an_offset_of_a_fiftieth_and_nothing_else_has_one() -> None:
    offsets = {path.stem: float(np.max(np.abs(np.mean(load(path.stem), axis=0)))) for path in FILES}
    assert offsets.pop("09_Bass DI") == pytest.approx(0.02, abs=5e-4)
    assert max(offsets.values()) < 1e-3
    # before the first bass note the file holds the offset alone
    assert np.mean(load("09_Bass DI")[: 2 * RATE_HZ]) == pytest.approx(0.02, abs=1e-4)


def test_only_the_scratch_guitar_is_silent() -> None:
    silent = [path.stem for path in FILES if not np.any(load(path.stem))]
    assert silent == ["19_Scratch Gtr"]


def test_the_click_is_periodic_at_96_bpm() -> None:
    click = np.abs(load("18_Click"))
    period = round(60.0 / 96.0 * RATE_HZ)
    beats = click.reshape(-1, period)  # 48 beats of exactly 30 000 samples
    assert beats.shape[0] == 48
    assert np.all(np.max(beats[:, :1920], axis=1) > 0.2)
    assert not np.any(beats[:, 1920:])
    np.testing.assert_array_equal(click.reshape(-1, 4 * period), np.tile(click[: 4 * period], (12, 1)))


@pytest.mark.parametrize("name", ["16_BV 1", "17_BV 2"])
def test_backing_vocals_sing_in_the_chorus_only(name: str) -> None:
    voice = load(name)
    level = np.sqrt(np.mean(voice.reshape(-1, RATE_HZ // 2) ** 2, axis=1))
    assert not np.any(level[:29])
    assert np.count_nonzero(level > 0.01) > 20


@pytest.mark.parametrize("name", ["12_AcGtr", "15_Lead Vox"])
def test_rumble_lies_under_the_vocal_and_the_acoustic_guitar(name: str) -> None:
    spectrum = np.abs(np.fft.rfft(load(name))) ** 2
    per_hz = spectrum[: 200 * SECONDS].reshape(-1, SECONDS).sum(axis=1)  # one bin is 1/30 Hz
    assert np.mean(per_hz[15:40]) > 5.0 * np.mean(per_hz[50:75])


def test_the_lead_vocal_is_dynamic() -> None:
    voice = load("15_Lead Vox")
    level_db = 20.0 * np.log10(np.sqrt(np.mean(voice.reshape(-1, RATE_HZ // 10) ** 2, axis=1)) + 1e-9)
    sung = level_db[level_db > -45.0]
    assert np.percentile(sung, 95) - np.percentile(sung, 10) > 12.0
