"""Examples for the role classifier: drawn by seed, from songs, folders and the synthetic singer; held-out figures."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
import torch
from scipy import signal

from console.errors import ParamError, SessionError
from console.models.roles import class_names
from console.models.roles.mel import BANDS, FRAMES, band_centres_hz
from console.session import Role
from console.training.material import Material
from console.training.registry import find_objective
from console.training.roles import make_objective
from console.training.roles.colours import coloured
from console.training.roles.patches import to_bytes, to_power
from console.training.roles.singing import sung

RATE_HZ = 22_050
SMALL = {"batch": 12, "windows": 2, "width": 4, "sung_share": 1.0}


@dataclass(frozen=True)
class MadeTrack:
    id: str
    role: Role
    role_confidence: float = 0.9
    channels: int = 1


@dataclass(frozen=True)
class MadeSong:
    """A kick, a snare, a hi-hat and a bass of noise in their bands."""

    id: str
    seed: int
    group: str = "one"
    split: str = "train"
    sample_rate_hz: int = RATE_HZ
    samples: int = 12 * RATE_HZ
    tracks: tuple[MadeTrack, ...] = (
        MadeTrack("a", Role.KICK),
        MadeTrack("b", Role.SNARE),
        MadeTrack("c", Role.HIHAT),
        MadeTrack("d", Role.BASS),
        MadeTrack("e", Role.ORGAN, 0.5),
    )

    def read(self, start: int = 0, samples: int | None = None, *, wet: bool = False) -> np.ndarray:
        rng = np.random.default_rng(self.seed)
        noise = rng.standard_normal((5, self.samples))
        for row, band in zip(
            noise, ((40, 90), (200, 3_000), (6_000, 9_000), (60, 250), (300, 900)), strict=True
        ):
            row[:] = signal.sosfilt(signal.butter(4, band, "band", fs=RATE_HZ, output="sos"), row)
        noise[:3] *= np.exp(-(np.arange(self.samples) % (RATE_HZ // 2)) / 1_500)
        stop = self.samples if samples is None else start + samples
        return np.repeat(noise[:, None, start:stop], 2, axis=1).astype(np.float32)

    def read_mix(self, start: int = 0, samples: int | None = None) -> np.ndarray:
        return self.read(start, samples).sum(axis=0)

    def strips(self) -> None:
        return None


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """So small a network is slower on more of them."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def material(cache: Path | None = None) -> Material:
    return Material((MadeSong("song", 1),), (MadeSong("other", 2, "two", "validation"),), cache=cache)


def test_it_is_what_the_registry_calls_roles() -> None:
    made = find_objective("roles")(SMALL, material(), 0)
    features, kinds = made.draw(np.random.default_rng(3), 0)
    assert features.shape == (12, 2, BANDS, FRAMES)
    assert features.min() >= 0.0
    assert features.max() <= 1.0
    there = {class_names()[kind] for kind in kinds}
    assert there <= {"kick", "snare", "hihat", "bass", "drums", "vocal"}
    assert "organ" not in there


def test_batches_are_by_seed() -> None:
    made = make_objective(SMALL, material(), 0)
    one, two, other = (made.draw(np.random.default_rng(seed), 0) for seed in (4, 4, 5))
    np.testing.assert_array_equal(one[0], two[0])
    assert not np.array_equal(one[0], other[0])


def test_it_learns_and_tells_held_out_figures() -> None:
    made = make_objective(SMALL | {"batch": 16}, material(), 0)
    before = made.validate()
    optimizer = torch.optim.AdamW(made.module.parameters(), lr=5e-3)
    rng = np.random.default_rng(0)
    for step in range(10):
        losses = made.losses(made.draw(rng, step), step)
        optimizer.zero_grad()
        losses["total"].backward()
        optimizer.step()
    after = made.validate()
    assert after == made.validate()
    assert after["score"] < 0.8 * before["score"]
    assert {"right", "right_kick", "right_bass"} <= after.keys()
    assert made.card()["tracks_and_sounds"]["drums"] == [1, 0]


def test_the_cache_gives_the_same(tmp_path: Path) -> None:
    first = make_objective(SMALL, material(tmp_path), 0)
    files = sorted(tmp_path.rglob("*"))
    second = make_objective(SMALL, material(tmp_path), 0)
    assert sorted(tmp_path.rglob("*")) == files
    assert len([path for path in files if path.suffix == ".npz"]) == 2
    for one, two in zip(*(made.draw(np.random.default_rng(1), 0) for made in (first, second)), strict=True):
        np.testing.assert_array_equal(one, two)


def stems(folder: Path) -> Path:
    rng = np.random.default_rng(0)
    for name, seconds in (("kick/a", 0.2), ("kick/b", 0.3), ("lead_vocal/long", 6.0), ("keys/short", 0.5)):
        path = folder / f"{name}.wav"
        path.parent.mkdir(parents=True, exist_ok=True)
        sf.write(path, rng.standard_normal((round(seconds * 8_000), 1)) * 0.1, 8_000)
    return folder


def test_folders_of_stems(tmp_path: Path) -> None:
    section = {"stems": {"mine": {"folder": str(stems(tmp_path)), "credit": "me"}}, "batch": 64, "width": 4}
    made = make_objective(section, Material(()), 0)
    _, kinds = made.draw(np.random.default_rng(0), 0)
    assert {class_names()[kind] for kind in kinds} == {"kick", "vocal", "keys"}
    card = made.card()
    assert card["tracks_and_sounds"]["kick"] == [0, 2]
    assert card["settings"]["stems"]["mine"] == {"credit": "me", "held_out": False}
    assert str(tmp_path) not in str(card)


def test_held_out_stems_are_only_judged(tmp_path: Path) -> None:
    section = {"stems": {"mine": {"folder": str(stems(tmp_path)), "held_out": True}}, "width": 4}
    made = make_objective(section, material(), 0)
    assert made.card()["tracks_and_sounds"]["keys"] == [0, 0]
    assert "right_vocal" in made.validate()


def test_what_is_wrong_is_told(tmp_path: Path) -> None:
    with pytest.raises(ParamError, match="did you mean 'batch'"):
        make_objective({"bath": 3}, material(), 0)
    with pytest.raises(ParamError, match="no songs and no stems"):
        make_objective({}, Material(()), 0)
    with pytest.raises(ParamError, match="is no folder"):
        make_objective({"stems": {"x": {"folder": str(tmp_path / "none")}}}, material(), 0)
    (tmp_path / "snair").mkdir()
    with pytest.raises(ParamError, match="did you mean 'snare'"):
        make_objective({"stems": {"x": {"folder": str(tmp_path)}}}, material(), 0)
    (tmp_path / "snair").rename(tmp_path / "snare")
    (tmp_path / "snare" / "a.wav").write_bytes(b"no sound")
    with pytest.raises(SessionError, match="take it out"):
        make_objective({"stems": {"x": {"folder": str(tmp_path)}}}, material(), 0)


def test_songs_can_be_left_out() -> None:
    with pytest.raises(ParamError, match="no songs"):
        make_objective({"leave_out": ["son"]}, material(), 0)


def test_bytes_hold_half_decibels() -> None:
    power = np.random.default_rng(0).uniform(1e-9, 1.0, (3, BANDS, 7)).astype(np.float32)
    data, loudest_db = to_bytes(power)
    level_db = 10 * np.log10(to_power(data)) + loudest_db
    assert np.abs(level_db - 10 * np.log10(power)).max() <= 0.26
    assert not to_power(to_bytes(np.zeros((BANDS, 4), np.float32))[0]).any()


def test_the_singer_sings() -> None:
    """Between 80 Hz and 5 kHz, and never twice the same."""
    rng = np.random.default_rng(0)
    phrases = np.stack([sung(rng) for _ in range(40)])
    assert phrases.shape == (40, BANDS, FRAMES)
    assert np.isfinite(phrases).all()
    share = phrases.sum(axis=2) / phrases.sum(axis=(1, 2))[:, None]
    hz = band_centres_hz()
    assert share[:, (hz > 80) & (hz < 5_000)].sum(axis=1).min() > 0.7
    centroid_hz = share @ hz
    assert 150 < centroid_hz.min() < centroid_hz.max() < 2_500
    assert np.std(np.log2(centroid_hz)) > 0.3


@pytest.mark.parametrize("silent", [False, True])
def test_another_colour_is_finite(silent: bool) -> None:
    power = (
        np.random.default_rng(1).exponential(0.0 if silent else 1.0, (2, BANDS, FRAMES)).astype(np.float32)
    )
    for seed in range(60):
        found = coloured(np.random.default_rng(seed), power, power if seed % 2 else None)
        assert found.shape == power.shape
        assert np.isfinite(found).all()
        assert found.min() >= 0.0
