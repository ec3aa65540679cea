"""Streaming a track: the same samples whatever the block size, at the right time."""

import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
import soxr
from scipy import signal

from console.errors import SessionError
from console.session import AudioFile, SessionTrack
from console.session.reader import CHUNK_FRAMES, TrackReader, resampled_length

RATE_HZ = 48_000


def audio_file(path: Path) -> AudioFile:
    info = sf.info(str(path))
    return AudioFile(path, info.samplerate, info.channels, info.frames, "0", encoding=info.subtype)


def track_of(*paths: Path, rate_hz: int = RATE_HZ, start: int = 0) -> SessionTrack:
    files = tuple(audio_file(path) for path in paths)
    channels = 2 if len(files) == 2 else files[0].channels
    samples = resampled_length(files[0].frames, files[0].sample_rate_hz, rate_hz)
    return SessionTrack(paths[0].stem, files, channels, samples, start)


def noise(frames: int, channels: int = 1, seed: int = 0) -> np.ndarray:
    return (np.random.default_rng(seed).standard_normal((frames, channels)) * 0.1).astype(np.float32)


def in_blocks(reader: TrackReader, total: int, block: int) -> np.ndarray:
    return np.concatenate([reader.read(min(block, total - at)) for at in range(0, total, block)], axis=1)


@pytest.mark.parametrize("block", [1, 17, 4096, CHUNK_FRAMES, 70_000])
@pytest.mark.parametrize(
    ("suffix", "subtype"),
    [("wav", "FLOAT"), ("flac", "PCM_24"), ("ogg", "VORBIS"), ("mp3", "MPEG_LAYER_III"), ("opus", "OPUS")],
)
@pytest.mark.parametrize("file_rate_hz", [48_000, 24_000])
def test_block_size_does_not_matter(
    tmp_path: Path, suffix: str, subtype: str, file_rate_hz: int, block: int
) -> None:
    path = tmp_path / f"x.{suffix}"
    frames = 5_000 if block == 1 else 40_001
    container = {"opus": "OGG"}.get(suffix)
    sf.write(path, noise(frames, 2), file_rate_hz, subtype=subtype, format=container)
    track = track_of(path, start=100)
    total = track.end_samples + 500
    with TrackReader(track, RATE_HZ) as whole, TrackReader(track, RATE_HZ) as pieces:
        expected = whole.read(total)
        assert np.abs(expected).max() > 0.1
        np.testing.assert_array_equal(in_blocks(pieces, total, block), expected)


def test_reads_what_is_in_the_file(tmp_path: Path) -> None:
    data = noise(50_000, 2)
    sf.write(tmp_path / "x.wav", data, RATE_HZ, subtype="FLOAT")
    with TrackReader(track_of(tmp_path / "x.wav"), RATE_HZ) as reader:
        block = reader.read(50_000)
    assert block.dtype == np.float32
    assert block.flags.c_contiguous
    np.testing.assert_array_equal(block, data.T)


def test_joins_left_and_right(tmp_path: Path) -> None:
    data = noise(20_000, 2)
    for side, name in enumerate(("OH L.wav", "OH R.wav")):
        sf.write(tmp_path / name, data[:, side], RATE_HZ, subtype="FLOAT")
    with TrackReader(track_of(tmp_path / "OH L.wav", tmp_path / "OH R.wav"), RATE_HZ) as reader:
        np.testing.assert_array_equal(reader.read(20_000), data.T)


@pytest.mark.parametrize("shift", [-700, -3, 0, 5, 90_000])
@pytest.mark.parametrize("file_rate_hz", [48_000, 44_100])
def test_start_and_shift_move_the_audio(tmp_path: Path, shift: int, file_rate_hz: int) -> None:
    sf.write(tmp_path / "x.wav", noise(30_000), file_rate_hz, subtype="FLOAT")
    track = track_of(tmp_path / "x.wav", start=250)
    with TrackReader(track, RATE_HZ) as plain, TrackReader(track, RATE_HZ, shift_samples=shift) as shifted:
        reference = plain.read(150_000)[0]
        expected = np.zeros(150_000, np.float32)
        if shift >= 0:
            expected[shift:] = reference[: 150_000 - shift]
        else:
            expected[:shift] = reference[-shift:]
        np.testing.assert_array_equal(in_blocks(shifted, 150_000, 1234)[0], expected)


@pytest.mark.parametrize("file_rate_hz", [8_000, 11_025, 22_050, 44_100, 88_200, 96_000, 192_000])
def test_resampling_is_the_same_as_in_one_piece(tmp_path: Path, file_rate_hz: int) -> None:
    data = noise(61_234, 2)
    sf.write(tmp_path / "x.wav", data, file_rate_hz, subtype="FLOAT")
    track = track_of(tmp_path / "x.wav")
    one_shot = soxr.resample(data, file_rate_hz, RATE_HZ, quality="HQ").T
    with TrackReader(track, RATE_HZ) as reader:
        streamed = in_blocks(reader, track.samples, 777)
    assert track.samples == int(np.floor(len(data) * RATE_HZ / file_rate_hz + 0.5))
    assert abs(track.samples - one_shot.shape[1]) <= 1
    shared = min(track.samples, one_shot.shape[1])
    np.testing.assert_allclose(streamed[:, :shared], one_shot[:, :shared], rtol=0, atol=1e-6)


@pytest.mark.parametrize("file_rate_hz", [8_000, 16_000, 96_000, 192_000])
def test_impulse_stays_at_its_time(tmp_path: Path, file_rate_hz: int) -> None:
    data = np.zeros(file_rate_hz * 3, np.float32)
    data[file_rate_hz * 2] = 0.9
    sf.write(tmp_path / "x.wav", data, file_rate_hz, subtype="FLOAT")
    track = track_of(tmp_path / "x.wav")
    with TrackReader(track, RATE_HZ) as reader:
        block = reader.read(track.samples)[0]
    assert int(np.argmax(np.abs(block))) == 2 * RATE_HZ


@pytest.mark.parametrize("file_rate_hz", [32_000, 44_100, 88_200])
def test_resampled_band_agrees_with_scipy(tmp_path: Path, file_rate_hz: int) -> None:
    low = signal.butter(8, 6_000, fs=file_rate_hz, output="sos")
    data = signal.sosfiltfilt(low, noise(file_rate_hz)[:, 0].astype(np.float64))
    sf.write(tmp_path / "x.wav", data, file_rate_hz, subtype="DOUBLE")
    track = track_of(tmp_path / "x.wav")
    greatest = np.gcd(RATE_HZ, file_rate_hz)
    expected = signal.resample_poly(
        data, RATE_HZ // greatest, file_rate_hz // greatest, window=("kaiser", 14.0)
    )
    with TrackReader(track, RATE_HZ) as reader:
        got = reader.read(track.samples)[0]
    inner = slice(2_000, -2_000)
    error = np.sqrt(np.mean((got[inner] - expected[inner]) ** 2) / np.mean(expected[inner] ** 2))
    assert 20 * np.log10(error) < -80


def test_does_not_drift_over_ten_minutes(tmp_path: Path) -> None:
    data = np.zeros(44_100 * 600, np.float32)
    data[44_100 * 599] = 0.9
    sf.write(tmp_path / "x.flac", data, 44_100)
    track = track_of(tmp_path / "x.flac")
    with TrackReader(track, RATE_HZ) as reader:
        reader.seek(598 * RATE_HZ)
        assert int(np.argmax(np.abs(reader.read(2 * RATE_HZ)[0]))) == RATE_HZ


@pytest.mark.parametrize("suffix", ["wav", "flac", "ogg", "mp3"])
@pytest.mark.parametrize("file_rate_hz", [48_000, 44_100])
def test_seek_and_release_change_nothing(tmp_path: Path, suffix: str, file_rate_hz: int) -> None:
    path = tmp_path / f"x.{suffix}"
    sf.write(path, noise(120_000), file_rate_hz)
    track = track_of(path)
    with TrackReader(track, RATE_HZ) as reader:
        whole = reader.read(track.samples)
        for sample in (90_000, 5, 40_000, 39_999, 0):
            reader.seek(sample)
            np.testing.assert_array_equal(reader.read(3_000), whole[:, sample : sample + 3_000])
            reader.release()
            np.testing.assert_array_equal(reader.read(20_000), whole[:, sample + 3_000 : sample + 23_000])
            assert reader.position == sample + 23_000


@pytest.mark.parametrize("file_rate_hz", [48_000, 44_100])
def test_nonfinite_samples_become_silence_and_are_counted_once(tmp_path: Path, file_rate_hz: int) -> None:
    data = noise(50_000, 2)
    data[[5, 20_000, 49_999], 0] = [np.nan, np.inf, -np.inf]
    sf.write(tmp_path / "x.wav", data, file_rate_hz, subtype="FLOAT")
    track = track_of(tmp_path / "x.wav")
    with TrackReader(track, RATE_HZ) as reader:
        assert np.isfinite(reader.read(track.samples)).all()
        assert reader.nonfinite_samples == 3
        reader.seek(0)
        reader.read(track.samples)
        assert reader.nonfinite_samples == 3


def test_a_file_that_shrank_is_named(tmp_path: Path) -> None:
    path = tmp_path / "Bass.wav"
    sf.write(path, noise(50_000), RATE_HZ)
    track = track_of(path)
    sf.write(path, noise(20_000), RATE_HZ)
    with TrackReader(track, RATE_HZ) as reader, pytest.raises(SessionError, match=r"'Bass.wav' ends after"):
        reader.read(50_000)


def test_a_file_that_vanished_is_named(tmp_path: Path) -> None:
    path = tmp_path / "Bass.wav"
    sf.write(path, noise(50_000), RATE_HZ)
    track = track_of(path)
    path.unlink()
    with TrackReader(track, RATE_HZ) as reader, pytest.raises(SessionError, match=r"'Bass.wav' cannot be"):
        reader.read(50_000)


@pytest.mark.parametrize("file_rate_hz", [48_000, 44_100])
def test_ten_minutes_are_not_held_in_memory(tmp_path: Path, file_rate_hz: int) -> None:
    path = tmp_path / "long.flac"
    with sf.SoundFile(path, "w", file_rate_hz, 1) as handle:
        for _ in range(600):
            handle.write(np.zeros(file_rate_hz, np.float32))
    track = track_of(path)
    with TrackReader(track, RATE_HZ) as reader:
        reader.read(65_536)
        tracemalloc.start()
        for _ in range(track.samples // 65_536):
            reader.read(65_536)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 2_000_000
