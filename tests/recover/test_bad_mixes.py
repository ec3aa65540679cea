"""What is no mix of these stems is refused, and says why; what is odd is told."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from mixed_stems import RATE_HZ, instruments, random_mix, rendered, write_session

from console.errors import ParamError, SessionError
from console.estimators.recover import RecoverSettings, recover

PLAIN = RecoverSettings(groups=frozenset({"input", "fader", "pan"}), moves=False, spectrum=False)


@pytest.fixture
def stems() -> list[np.ndarray]:
    return instruments(4.0)


def _broken(mix: np.ndarray, how: str) -> np.ndarray:
    if how == "NaN":
        mix[0, 100] = np.nan
        return mix
    return {
        "silence": np.zeros_like(mix),
        "short": mix[:, : RATE_HZ // 2],
        "three": np.repeat(mix[:1], 3, axis=0),
        "unrelated": 0.1 * np.random.default_rng(9).standard_normal(mix.shape).astype(np.float32),
    }[how]


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ("NaN", "not finite"),
        ("silence", "is silent"),
        ("short", "at least 1 s"),
        ("three", "shape"),
        ("unrelated", "shares too little with the stems"),
    ],
)
def test_refused(how: str, words: str, stems: list[np.ndarray], tmp_path: Path) -> None:
    mix = rendered(random_mix(0, compress=False, sends=False), stems)
    with pytest.raises(ParamError, match=words):
        recover(write_session(tmp_path / "stems", stems), _broken(mix, how), settings=PLAIN)


def test_silent_stems_are_refused(stems: list[np.ndarray], tmp_path: Path) -> None:
    mix = rendered(random_mix(0, compress=False, sends=False), stems)
    silent = [np.zeros_like(stem) for stem in stems]
    with pytest.raises(ParamError, match="silent"):
        recover(write_session(tmp_path / "stems", silent), mix, settings=PLAIN)


def test_no_audio_file_is_a_session_error(stems: list[np.ndarray], tmp_path: Path) -> None:
    path = tmp_path / "mix.wav"
    path.write_bytes(b"no audio")
    with pytest.raises(SessionError, match="cannot be read"):
        recover(write_session(tmp_path / "stems", stems), path, settings=PLAIN)


@pytest.mark.parametrize("factor", [0.6, 1.5])
def test_a_mix_of_another_length(factor: float, stems: list[np.ndarray], tmp_path: Path) -> None:
    mix = rendered(random_mix(0, compress=False, sends=False), stems)
    samples = round(factor * mix.shape[1])
    other = np.pad(mix, ((0, 0), (0, max(samples - mix.shape[1], 0))))[:, :samples]
    found = recover(write_session(tmp_path / "stems", stems), other, settings=PLAIN)
    assert found.residual.total_db < -3.0


def test_a_mono_mix_is_centred_and_told(stems: list[np.ndarray], tmp_path: Path) -> None:
    mix = rendered(random_mix(0, compress=False, sends=False), stems).mean(axis=0, keepdims=True)
    path = tmp_path / "mono.wav"
    soundfile.write(path, mix.T, RATE_HZ, subtype="FLOAT")
    found = recover(write_session(tmp_path / "stems", stems), path, settings=PLAIN)
    assert any("mono" in note for note in found.notes)
    assert all(abs(found.mix.tracks[index].pan) < 0.01 for index in (0, 1, 3))


def test_a_part_that_no_stem_explains_is_told_in_db(stems: list[np.ndarray], tmp_path: Path) -> None:
    mix = rendered(random_mix(0, compress=False, sends=False), stems)
    extra = np.random.default_rng(2).standard_normal(mix.shape)
    extra *= np.sqrt(np.sum(mix.astype(np.float64) ** 2) / np.sum(extra**2)) * 10.0 ** (-12.0 / 20.0)
    found = recover(
        write_session(tmp_path / "stems", stems), (mix + extra).astype(np.float32), settings=PLAIN
    )
    against_whole_db = -12.0 - 10.0 * np.log10(1.0 + 10.0**-1.2)
    assert found.residual.unexplained_db == pytest.approx(against_whole_db, abs=1.0)
    assert any("comes from no stem" in note for note in found.notes)


def test_an_interruption_gives_the_best_so_far(stems: list[np.ndarray], tmp_path: Path) -> None:
    mix = rendered(random_mix(0, compress=False, sends=False), stems)

    def stop(stage: str, done: float) -> None:
        if stage == "recover" and done > 0.05:
            raise KeyboardInterrupt

    found = recover(write_session(tmp_path / "stems", stems), mix, progress=stop)
    assert found.interrupted
    assert found.residual.total_db < -1.0
    assert any(track.fader_db != 0.0 for track in found.mix.tracks)
