"""A mix that changes nothing changes nothing."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf

from console.mix import Mix, TrackStrip
from console.session import neutral_mix


@pytest.mark.parametrize("rate_hz", [8_000, 44_100, 48_000, 96_000, 192_000])
def test_stereo_file_comes_back_to_the_bit(studio: Any, tmp_path: Path, rate_hz: int) -> None:
    studio.rate_hz = rate_hz
    noise = np.random.default_rng(1).uniform(-1.0, 1.0, (2, 30_000))
    noise[:, :2] = [[-1.0, 1.0], [1.0, -1.0]]
    studio.add("only", noise, subtype="PCM_24")
    with studio.rendered(neutral_mix(studio.session())) as rendered:
        rendered.write(tmp_path / "mix.wav", fader_db=0.0)
    source, _ = sf.read(studio.tracks[0].files[0].path, dtype="int32")
    mixed, heard_rate_hz = sf.read(tmp_path / "mix.wav", dtype="int32")
    assert heard_rate_hz == rate_hz
    assert np.array_equal(mixed, source)


@pytest.mark.parametrize(("channels", "pan", "left"), [(1, 0.0, np.sqrt(0.5)), (1, -1.0, 1.0), (2, 0.0, 1.0)])
def test_a_bypassed_strip_nulls(studio: Any, null_db: Any, channels: int, pan: float, left: float) -> None:
    noise = np.random.default_rng(2).standard_normal((channels, 50_000)).astype(np.float32) * 0.1
    studio.add("only", noise)
    heard = studio.render(Mix(48_000, (TrackStrip("only", pan=pan),)))
    assert null_db(heard[0], noise[0].astype(float) * left) < -140.0


def test_gain_and_its_opposite_null(studio: Any, null_db: Any) -> None:
    noise = np.random.default_rng(2).standard_normal((2, 20_000)).astype(np.float32) * 0.1
    studio.add("only", noise)
    from console.mix import Input

    heard = studio.render(Mix(48_000, (TrackStrip("only", input=Input(7.3), fader_db=-7.3),)))
    assert null_db(heard, noise.astype(float)) < -140.0


def test_sum_of_real_stems(studio: Any, shared: Path, null_db: Any) -> None:
    """Against a plain sum of the decoded files, centre at -3 dB for mono."""
    folder = next((shared / "audio" / "songs").glob("MusicDelta_Rock*"))
    files = sorted(path for path in folder.glob("*.flac") if "HUMAN" not in path.name)
    assert len(files) >= 4
    studio.rate_hz = 44_100
    expected = np.zeros((2, max(sf.info(path).frames for path in files)))
    for path in files:
        audio, _ = sf.read(path, dtype="float32", always_2d=True)
        studio.add(path.stem, audio.T)
        side = audio.T.astype(float)
        expected[:, : len(audio)] += side if len(side) == 2 else side * np.sqrt(0.5)
    heard = studio.render(neutral_mix(studio.session()))
    assert null_db(heard, expected) < -140.0
