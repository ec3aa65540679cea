"""Gain-reduction meters against the compressor's own static law and against a plain loop."""

import math
from typing import Any

import numpy as np
import pytest

from bridge.render.meters import PeakHolder, reduction_per_hop
from console.mix import Bus, Compressor, Gate, Master, Mix, TrackStrip


@pytest.mark.parametrize("rate_hz", [8_000, 11_025, 44_100, 192_000])
@pytest.mark.parametrize("samples", [0, 1, 4_410, 100_001])
def test_hops_against_a_loop(rate_hz: int, samples: int) -> None:
    gain_db = -np.random.default_rng(1).random(-(-samples // 512)) * 20.0
    heard = reduction_per_hop(gain_db, samples, rate_hz)
    edges = [math.floor(index * rate_hz / 10 + 0.5) for index in range(500)]
    assert len(heard) == sum(edge < samples for edge in edges)
    for index, value in enumerate(heard):
        first, end = edges[index], edges[index + 1]
        touched = [-g for k, g in enumerate(gain_db) if k * 512 < end and (k + 1) * 512 > first]
        assert value == pytest.approx(max(touched))


@pytest.mark.parametrize("sizes", [(700, 1, 511, 512, 1000), (2724,), (1,) * 2724])
def test_held_peaks_do_not_depend_on_blocks(sizes: tuple[int, ...]) -> None:
    gains = -np.random.default_rng(2).random(2724)
    holder = PeakHolder()
    for part in np.split(gains, np.cumsum(sizes)[:-1]):
        holder.push(part)
    expected = [gains[start : start + 512].min() for start in range(0, 2724, 512)]
    assert holder.gain_db().tolist() == expected


def test_meters_of_a_render(studio: Any) -> None:
    """A steady tone of -10 dBFS peak through 4:1 at -30 dB loses 15 dB."""
    samples = 96_000
    tone = 10.0 ** (-10.0 / 20.0) * np.sign(np.sin(np.arange(samples) * 0.05) + 1e-9)
    studio.add("tone", tone)
    studio.add("quiet", tone * 1e-4)
    law = Compressor(True, -30.0, 4.0, 1.0, 100.0, 0.0, 0.0)
    tracks = (
        TrackStrip("tone", compressor=law, pan=-1.0, output="g"),
        TrackStrip("quiet", gate=Gate(True, -60.0, -12.0, 20.0, 1.0, 5.0, 10.0)),
    )
    mix = Mix(48_000, tracks, (Bus("g", compressor=law),), Master(compressor=Compressor(True, 0.0)))
    with studio.rendered(mix) as rendered:
        assert set(rendered.gain_reduction) == {"tone", "g", "master"}
        assert set(rendered.gate_reduction) == {"quiet"}
        assert len(rendered.gain_reduction["tone"]) == 20
        assert rendered.gain_reduction["tone"][5] == pytest.approx(15.0, abs=1e-3)
        assert rendered.gain_reduction["g"][18] == pytest.approx(0.75 * (30.0 - 25.0), abs=1e-3)
        assert not rendered.gain_reduction["master"].any()
        assert rendered.gate_reduction["quiet"][5] == pytest.approx(12.0, abs=1e-3)
        assert not rendered.limiter_reduction.any()
        assert not rendered.gain_reduction["tone"].flags.writeable
