"""Diff-MST's two methods of training on made-up songs: what they draw, minimise and refuse."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
import pytest
import torch

from console.errors import ParamError
from console.losses.features import WEIGHTS, feature_loss
from console.losses.levels import loudness_lufs
from console.session import Role
from console.training.material import Material
from console.training.published import make_objective
from console.training.published.drawing import draw_example
from console.training.published.settings import PublishedSettings

TINY = {"width": 2, "blocks": 3, "embedding": 16, "layers": 1, "heads": 2, "feedforward": 16}
SHORT = {"segment_s": 0.4, "fewest_tracks": 3, "first_most_tracks": 3, "most_tracks": 3, "network": TINY}


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Networks this small lose more by waiting for other threads than they gain."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@dataclass(frozen=True)
class Track:
    id: str
    channels: int
    role: Role = Role.OTHER
    role_confidence: float = 0.0


@dataclass(frozen=True)
class MadeUpSong:
    """Noise at several levels; tracks are silent where asked."""

    id: str = "song"
    sample_rate_hz: int = 44_100
    seconds: float = 3.0
    channels: tuple[int, ...] = (1, 2, 1, 1)
    silent: tuple[int, ...] = ()
    group: str = "g"
    split: str = "train"
    tracks: tuple[Track, ...] = field(init=False)

    def __post_init__(self) -> None:
        tracks = tuple(Track(str(number), count) for number, count in enumerate(self.channels))
        object.__setattr__(self, "tracks", tracks)

    @property
    def samples(self) -> int:
        return int(self.seconds * self.sample_rate_hz)

    def read(self, start: int = 0, samples: int | None = None, *, wet: bool = False) -> np.ndarray:
        stop = self.samples if samples is None else start + samples
        heard = _sound(self)[..., start:stop]
        return np.pad(heard, [(0, 0), (0, 0), (0, stop - start - heard.shape[-1])])

    def read_mix(self, start: int = 0, samples: int | None = None) -> np.ndarray:
        return self.read(start, samples).sum(axis=0)

    def strips(self) -> None:
        return None


@cache
def _sound(song: MadeUpSong) -> np.ndarray:
    out = np.zeros((len(song.tracks), 2, song.samples), np.float32)
    for number, track in enumerate(song.tracks):
        rng = np.random.default_rng(number)
        noise = np.cumsum(rng.standard_normal((track.channels, song.samples)), axis=1) % 1.0 - 0.5
        out[number] = 0.0 if number in song.silent else 0.05 * (number + 1) * noise
    return out


SONGS = Material((MadeUpSong(),), (MadeUpSong(),), (MadeUpSong(),), (MadeUpSong(),))


def _example(song: MadeUpSong, step: int = 0, **settings: Any) -> Any:
    chosen = {**{key: value for key, value in SHORT.items() if key != "network"}, **settings}
    return draw_example([song], [song], PublishedSettings(**chosen), np.random.default_rng(0), step)


@pytest.mark.parametrize("rate_hz", [44_100, 48_000, 22_050])
@pytest.mark.parametrize(("method", "halves"), [(1, 2), (2, 1)])
def test_examples_have_one_rate_and_one_loudness(rate_hz: int, method: int, halves: int) -> None:
    example = _example(MadeUpSong(sample_rate_hz=rate_hz), method=method, track_lufs=-40.0)
    assert example.tracks.shape == (3, halves * 17_640)
    # a stereo track has the loudness as a whole; the other three are mono
    levels = [float(loudness_lufs(torch.from_numpy(row[None]), 44_100)) for row in example.tracks]
    assert sum(abs(level + 40.0) < 0.01 for level in levels) >= 1
    assert all(-44.0 < level < -39.9 for level in levels)
    if method == 2:
        assert float(loudness_lufs(torch.from_numpy(example.reference), 44_100)) == pytest.approx(
            -16.0, abs=0.01
        )


def test_silent_tracks_are_not_drawn() -> None:
    assert len(_example(MadeUpSong(silent=(0, 2)), most_tracks=8, first_most_tracks=8).tracks) == 3
    with pytest.raises(ParamError, match="nothing sounds"):
        _example(MadeUpSong(seconds=0.1, silent=(0, 1, 2, 3)), segment_s=0.1)


def test_a_song_shorter_than_a_segment_is_followed_by_silence() -> None:
    example = _example(MadeUpSong(seconds=0.2))
    assert example.tracks.shape == (3, 17_640)
    assert np.all(example.tracks[:, 9000:] == 0.0)


def test_the_number_of_tracks_grows() -> None:
    settings = PublishedSettings(fewest_tracks=2, first_most_tracks=4, most_tracks=16, curriculum_steps=12)
    assert [settings.most_tracks_at(step) for step in (0, 3, 6, 12, 99)] == [4, 7, 10, 16, 16]
    song = MadeUpSong(seconds=0.2, channels=(1,) * 12)
    few = {
        "segment_s": 0.1,
        "fewest_tracks": 1,
        "first_most_tracks": 1,
        "most_tracks": 12,
        "curriculum_steps": 10,
    }
    assert len(_example(song, 0, **few).tracks) == 1
    counts = set()
    for seed in range(20):
        drawn = PublishedSettings(**few)
        counts.add(len(draw_example([song], [song], drawn, np.random.default_rng(seed), 10).tracks))
    assert max(counts) > 8


@pytest.mark.parametrize("method", [1, 2])
def test_a_draw_is_chance_of_its_generator_alone(method: int) -> None:
    objective = make_objective({**SHORT, "method": method}, SONGS, 0)
    one, other = (objective.draw(np.random.default_rng(5), 0) for _ in range(2))
    assert np.array_equal(one.tracks, other.tracks)
    first, second = (objective.losses(example, 0) for example in (one, other))
    assert float(first["total"].detach()) == float(second["total"].detach())


@pytest.mark.parametrize("console", ["fast", "exact", "dasp"])
def test_every_console_teaches_all_of_the_network(console: str) -> None:
    objective = make_objective({**SHORT, "method": 1, "console": console}, SONGS, 0)
    losses = objective.losses(objective.draw(np.random.default_rng(0), 0), 0)
    assert {*losses} == {*WEIGHTS, "total"}
    losses["total"].backward()
    for name, parameter in objective.module.named_parameters():
        assert parameter.grad is not None, name
        assert bool(torch.isfinite(parameter.grad).all()), name
    encoders = (objective.network.track_encoder, objective.network.reference_encoder)
    assert all(float(encoder.blocks[0].first.weight.grad.abs().max()) > 0.0 for encoder in encoders)


def test_method_one_asks_for_the_second_half_of_its_own_mix() -> None:
    """A network that says what the random console was has a loss of nothing but the run-up of the first half."""
    objective = make_objective({**SHORT, "method": 1, "segment_s": 1.0}, SONGS, 0)
    example = objective.draw(np.random.default_rng(1), 0)
    tracks = torch.from_numpy(example.tracks)
    _, truth = objective._halves(tracks, example)
    strips, master = torch.from_numpy(example.strips), torch.from_numpy(example.master)
    mix = objective._render(tracks[:, truth.shape[1] :], strips, master)
    mix = mix * 10.0 ** ((loudness_lufs(truth, 44_100) - loudness_lufs(mix, 44_100)) / 20.0).float()
    elsewhere = objective._render(tracks[:, truth.shape[1] :], strips.flip(0), master)
    assert float(feature_loss(mix, truth, 44_100)) < 0.1 * float(feature_loss(elsewhere, truth, 44_100))


def test_one_example_is_learned_by_heart() -> None:
    objective = make_objective({**SHORT, "method": 1}, SONGS, 0)
    example = objective.draw(np.random.default_rng(2), 0)
    optimiser = torch.optim.Adam(objective.module.parameters(), lr=5e-3)
    totals = []
    for step in range(8):
        loss = objective.losses(example, step)["total"]
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        totals.append(float(loss.detach()))
    assert totals[-1] < 0.5 * totals[0]


def test_features_follow_the_spectral_distance() -> None:
    objective = make_objective({**SHORT, "method": 1, "features_from_step": 3}, SONGS, 0)
    example = objective.draw(np.random.default_rng(2), 0)
    early, late = (objective.losses(example, step) for step in (2, 3))
    assert {*early} == {"linear", "log", "total"}
    assert {*late} == {*WEIGHTS, "total"}
    assert float(early["total"].detach()) == pytest.approx(float((early["linear"] + early["log"]).detach()))


def test_validation_is_the_same_for_the_same_weights() -> None:
    objective = make_objective({**SHORT, "validation_examples": 2}, SONGS, 0)
    first = objective.validate()
    assert objective.module.training
    assert first == objective.validate()
    assert first["score"] == pytest.approx(sum(first[name] for name in WEIGHTS))
    with torch.no_grad():
        for parameter in objective.network.strip_head.parameters():
            parameter.add_(1.0)
    assert objective.validate() != first


def test_the_seed_makes_the_network_and_leaves_chance_elsewhere_alone() -> None:
    torch.manual_seed(7)
    expected = torch.rand(1)
    torch.manual_seed(7)
    one, other = (make_objective(SHORT, SONGS, seed).module.state_dict() for seed in (0, 1))
    assert torch.equal(torch.rand(1), expected)
    again = make_objective(SHORT, SONGS, 0).module.state_dict()
    assert all(torch.equal(again[name], one[name]) for name in one)
    assert not torch.equal(one["strip_head.weight"], other["strip_head.weight"])
    card = make_objective(SHORT, SONGS, 0).card()
    assert card["settings"]["network"]["width"] == 2
    assert card["parameters"] < 20_000


@pytest.mark.parametrize(
    ("section", "material", "message"),
    [
        ({"metod": 1}, SONGS, "did you mean 'method'"),
        ({"network": {"withd": 1}}, SONGS, "did you mean 'width'"),
        ({"method": 3}, SONGS, "method"),
        ({"console": "grafx"}, SONGS, "console"),
        ({"segment_s": 0.0}, SONGS, "segment_s"),
        ({"fewest_tracks": 9}, SONGS, "fewest_tracks"),
        ({"curriculum_steps": -1}, SONGS, "curriculum_steps"),
        ({"track_lufs": 3.0}, SONGS, "track_lufs"),
        ({"validation_examples": 0}, SONGS, "validation_examples"),
        ({}, Material(()), "0 songs"),
        ({}, Material((MadeUpSong(),)), "0 references"),
    ],
)
def test_what_cannot_be_is_refused(section: dict, material: Material, message: str) -> None:
    with pytest.raises(ParamError, match=message):
        make_objective({**SHORT, **section}, material, 0)
