"""What match does with stems that are odd: silent, broken, short, few, at other rates."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

pytest.importorskip("torch")

from match_cases import RATE, SECONDS, noise, reference, write_stems

from bridge.jobs.reading import read_session
from console.errors import ParamError
from console.estimators.match import Match, match
from console.session import neutral_mix
from presets.targets import load_target


def matched(paths: list[Path]) -> Match:
    session, analysis = read_session(paths, cache=False)
    return match(session, analysis, load_target(), neutral_mix(session), reference())


@pytest.mark.parametrize("rate", [8000, 48_000])
def test_other_sample_rates(tmp_path: Path, rate: int) -> None:
    found = matched(write_stems(tmp_path, rate)[:2])
    assert found.improved
    assert found.after.total < 0.8 * found.before.total


def test_one_track(tmp_path: Path) -> None:
    found = matched(write_stems(tmp_path)[4:5])
    assert found.after.total < found.before.total


def test_a_silent_and_a_broken_stem_do_no_harm(tmp_path: Path) -> None:
    paths = write_stems(tmp_path)[:3]
    silent, broken = tmp_path / "Keys.wav", tmp_path / "Organ.wav"
    soundfile.write(silent, np.zeros(RATE * SECONDS), RATE, "FLOAT")
    audio = noise(9, 200.0, 3000.0)
    audio[1000:2000] = np.nan
    soundfile.write(broken, audio, RATE, "FLOAT")
    found = matched([*paths, silent, broken])
    assert found.improved
    assert np.isfinite(found.after.total)


def test_nothing_but_silence_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "Keys.wav"
    soundfile.write(path, np.zeros(RATE * 3), RATE, "FLOAT")
    with pytest.raises(ParamError, match="silent"):
        matched([path])


def test_less_than_a_second_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "Keys.wav"
    soundfile.write(path, noise(1, 100.0, 4000.0, 0.5), RATE, "FLOAT")
    with pytest.raises(ParamError, match=r"0\.5\d? s"):
        matched([path])
