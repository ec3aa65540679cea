"""Diff-MST as published: its size, its blindness to the order of tracks and to padding, its console's ranges."""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
import torch

from console.dsp.bus import MasterProcessor
from console.dsp.differentiable.backends import PUBLISHED_RANGES, console_by_name
from console.dsp.strip import StripProcessor
from console.errors import ParamError
from console.mix import BandType
from console.models.published.knobs import (
    MASTER_KNOBS,
    STRIP_KNOBS,
    console_parameters,
    published_layout,
    published_mix,
    published_template,
)
from console.models.published.network import PublishedNetwork, parameter_count
from console.models.published.sizes import PublishedSizes

RATE_HZ = 44_100
TINY = PublishedSizes(width=2, blocks=3, embedding=16, layers=2, heads=2, feedforward=16)


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Networks this small lose more by waiting for other threads than they gain."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def network() -> PublishedNetwork:
    torch.manual_seed(0)
    return PublishedNetwork(TINY).eval()


@pytest.fixture
def sounds() -> tuple[torch.Tensor, torch.Tensor]:
    """Five tracks and a reference of 0.2 s, (1, 5, samples) and (1, 2, samples)."""
    generator = torch.Generator().manual_seed(1)
    tracks = torch.randn(1, 5, 8820, generator=generator) * torch.logspace(-2, 0, 5)[None, :, None]
    return tracks, torch.randn(1, 2, 8820, generator=generator)


def test_the_published_sizes_give_the_published_count() -> None:
    """190.9 M: counted here by hand from the layers' shapes, and held against the paper's figure."""
    with torch.device("meta"):
        found = parameter_count(PublishedNetwork(PublishedSizes()))
    channels = [1, 64, 128, 256, 512, 1024, 2048]
    encoder = sum(9 * a * b + 9 * b * b + 4 * b for a, b in pairwise(channels)) + 2048 * 512 + 512
    layer = 4 * (512 * 512 + 512) + (512 * 2048 + 2048) + (2048 * 512 + 512) + 4 * 512
    heads = 513 * (1 + 18 + 6 + 1) + 513 * (18 + 6 + 1)
    assert found == 2 * encoder + 12 * layer + heads + 5 * 512
    assert round(found / 1e6, 1) == 190.9


def test_the_order_of_tracks_is_the_order_of_strips(network: PublishedNetwork, sounds: tuple) -> None:
    tracks, reference = sounds
    order = [3, 0, 4, 1, 2]
    with torch.no_grad():
        plain, turned = network(tracks, reference), network(tracks[:, order], reference)
    assert torch.allclose(turned.strips, plain.strips[:, order], atol=1e-6)
    assert torch.allclose(turned.master, plain.master, atol=1e-6)
    assert float((plain.strips[:, 0] - plain.strips[:, 4]).abs().max()) > 1e-3


@pytest.mark.parametrize("filling", [0.0, 1.0, float("nan")])
def test_padding_changes_nothing(network: PublishedNetwork, sounds: tuple, filling: float) -> None:
    tracks, reference = sounds
    padded = torch.cat([tracks, torch.full((1, 3, 8820), filling)], dim=1)
    present = torch.tensor([[True] * 5 + [False] * 3])
    with torch.no_grad():
        plain, found = network(tracks, reference), network(padded, reference, present)
    assert torch.allclose(found.strips[:, :5], plain.strips, atol=1e-6)
    assert torch.allclose(found.master, plain.master, atol=1e-6)


@pytest.mark.parametrize("count", [1, 40])
def test_any_number_of_tracks(network: PublishedNetwork, count: int) -> None:
    with torch.no_grad():
        found = network(torch.zeros(1, count, 500), torch.zeros(1, 2, 700))
    assert found.strips.shape == (1, count, len(STRIP_KNOBS))
    assert bool(torch.isfinite(found.strips).all())


def test_the_sides_of_the_reference_are_told_apart(network: PublishedNetwork, sounds: tuple) -> None:
    tracks, reference = sounds
    reference = reference * torch.tensor([1.0, 0.1])[None, :, None]
    with torch.no_grad():
        one, other = network(tracks, reference), network(tracks, reference.flip(1))
    assert float((one.strips - other.strips).abs().max()) > 1e-6


@pytest.mark.parametrize("shapes", [((2, 3), (1, 2, 9)), ((1, 3, 9), (1, 1, 9)), ((2, 3, 9), (1, 2, 9))])
def test_wrong_shapes_are_refused(network: PublishedNetwork, shapes: tuple) -> None:
    with pytest.raises(ParamError, match="shape"):
        network(*map(torch.zeros, shapes))
    with pytest.raises(ParamError, match="mask"):
        network(torch.zeros(1, 3, 9), torch.zeros(1, 2, 9), torch.ones(1, 2, dtype=torch.bool))


@pytest.mark.parametrize(("position", "end"), [(0.0, "low"), (1.0, "high")])
def test_the_ends_are_those_that_were_published(position: float, end: str) -> None:
    strips, master = torch.full((1, len(STRIP_KNOBS)), position), torch.full((len(MASTER_KNOBS),), position)
    mix = published_mix(strips, master, published_template(["a"], RATE_HZ))
    wanted = {row: ends[int(position)] for row, ends in PUBLISHED_RANGES.items()}
    for strip in (mix.tracks[0], mix.master):
        for name in ("threshold_db", "ratio", "attack_ms", "release_ms", "knee_db", "makeup_db"):
            assert getattr(strip.compressor, name) == pytest.approx(wanted[f"compressor.{name}"])
        assert {band.gain_db for band in strip.equalizer.bands} == {wanted["equalizer.gain_db"]}
        kinds = [band.type for band in strip.equalizer.bands]
        assert kinds == [BandType.LOW_SHELF, *[BandType.BELL] * 4, BandType.HIGH_SHELF]
    assert mix.tracks[0].input.gain_db == (48.0 if position else -48.0)
    assert mix.tracks[0].pan == 2.0 * position - 1.0
    assert mix.tracks[0].fader_db == 0.0
    assert mix.master.fader_db == (12.0 if position else -48.0)
    assert not mix.master.limiter.enabled


def test_frequencies_are_linear() -> None:
    """Half of the knob's way is half of the hertz, as published, though this project's scale is logarithmic."""
    strips, master = torch.full((1, len(STRIP_KNOBS)), 0.5), torch.full((len(MASTER_KNOBS),), 0.5)
    (strip,) = published_mix(strips, master, published_template(["a"], RATE_HZ)).tracks
    assert strip.equalizer.bands[2].frequency_hz == pytest.approx(5000.0)
    assert strip.compressor.attack_ms == pytest.approx(127.5)


def test_the_mix_plays_what_training_heard() -> None:
    """The differentiable console at positions against the renderer's strips at the same positions' mix."""
    rng = np.random.default_rng(3)
    audio = 0.1 * rng.standard_normal((2, 8000)) * np.hanning(8000)
    strips = torch.from_numpy(rng.uniform(0.2, 0.6, (2, len(STRIP_KNOBS)))).float()
    master = torch.from_numpy(rng.uniform(0.2, 0.6, len(MASTER_KNOBS))).float()
    layout = published_layout(2, RATE_HZ)
    stems = torch.from_numpy(audio).unsqueeze(1)
    heard = console_by_name("exact", layout).render(stems, console_parameters(strips, master, layout))
    mix = published_mix(strips, master, layout.mix)
    total = sum(
        StripProcessor(strip, RATE_HZ, 1).process(row[None])
        for strip, row in zip(mix.tracks, audio, strict=True)
    )
    bus = MasterProcessor(mix.master, RATE_HZ)
    expected = bus.process(total) * bus.fader_gain
    assert np.abs(heard.numpy() - expected).max() < 1e-5 * np.abs(expected).max()


@pytest.mark.parametrize(
    ("sizes", "message"),
    [({"width": 0}, "width"), ({"embedding": 10, "heads": 4}, "heads"), ({"dropout": 1.0}, "dropout")],
)
def test_impossible_sizes_are_refused(sizes: dict, message: str) -> None:
    with pytest.raises(ParamError, match=message):
        PublishedSizes(**sizes)
