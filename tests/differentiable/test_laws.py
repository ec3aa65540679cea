"""The exact path's processors against the renderer's and against scipy."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import scipy.signal
import torch
from numpy.typing import NDArray

from console.dsp import design as exact_design
from console.dsp.delay import DelayProcessor
from console.dsp.differentiable import design, dynamics, effects, shift
from console.dsp.differentiable.cascade import filter_cascade
from console.dsp.dynamics import CompressorProcessor, GateProcessor
from console.dsp.filters import FirFilter
from console.dsp.reverb import ReverbProcessor
from console.dsp.shift import LATENCY_SAMPLES, fractional_delay_taps
from console.mix import Compressor, Delay, Gate, Reverb

Null = Callable[[NDArray[Any], NDArray[Any]], float]
Bursts = Callable[..., NDArray[np.float64]]
RATES_HZ = (8_000, 44_100, 192_000)


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize(("code", "kind"), [(1, "low_shelf"), (2, "bell"), (3, "high_shelf")])
def test_bands_are_the_renderers(rate_hz: int, code: int, kind: str) -> None:
    for frequency_hz, gain_db, q in ((20.0, -18.0, 18.0), (1000.0, 3.0, 0.71), (20_000.0, 18.0, 0.1)):
        knobs = (torch.tensor([value], dtype=torch.float64) for value in (frequency_hz, gain_db, q))
        found = design.design_bands(torch.tensor([code]), *knobs, rate_hz)[0].numpy()
        expected = exact_design.BAND_DESIGNS[kind](frequency_hz, gain_db, q, rate_hz)[[0, 1, 2, 4, 5]]
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("slope", [12, 24])
def test_cuts_are_the_renderers(rate_hz: int, slope: int) -> None:
    for ours, theirs in (
        (design.design_highpass, exact_design.design_highpass),
        (design.design_lowpass, exact_design.design_lowpass),
    ):
        sections, used = ours(torch.tensor([150.0]).double(), torch.tensor([slope]), rate_hz)
        expected = theirs(150.0, slope, rate_hz)[:, [0, 1, 2, 4, 5]]
        np.testing.assert_allclose(sections[0][used[0]].numpy(), expected, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("strips", [1, 7, 19])
@pytest.mark.parametrize("samples", [1, 511, 3000])
def test_filters_are_scipys(
    null_db: Null, make_bursts: Bursts, dtype: torch.dtype, strips: int, samples: int
) -> None:
    """Every strip with sections of its own, some with none; mono strips leave their second channel silent."""
    random = np.random.default_rng(strips)
    x = torch.from_numpy(make_bursts(strips * 2, samples)).reshape(strips, 2, samples).to(dtype)
    codes = torch.from_numpy(random.integers(1, 4, (strips, 5)))
    used = torch.from_numpy(random.random((strips, 5)) < 0.7)
    knobs = (random.uniform(low, high, (strips, 5)) for low, high in ((40, 15_000), (-12, 12), (0.3, 5)))
    sections = design.design_bands(codes, *map(torch.from_numpy, knobs), 44_100.0)
    channels = tuple(1 + strip % 2 for strip in range(strips))
    found = filter_cascade(x, sections, used, channels)
    assert found.dtype == dtype
    expected = np.zeros((strips, 2, samples))
    for strip in range(strips):
        rows = sections[strip][used[strip]].numpy()
        sos = np.insert(rows, 3, 1.0, axis=1)
        audio = x[strip, : channels[strip]].double().numpy()
        expected[strip, : channels[strip]] = scipy.signal.sosfilt(sos, audio) if len(sos) else audio
    assert null_db(found.numpy(), expected) < (-140.0 if dtype == torch.float32 else -250.0)


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("knee_db", [0.0, 9.0])
@pytest.mark.parametrize(("attack_ms", "release_ms"), [(0.05, 1.0), (10.0, 120.0), (250.0, 4000.0)])
def test_the_compressor_is_the_renderers(
    null_db: Null, make_bursts: Bursts, channels: int, knee_db: float, attack_ms: float, release_ms: float
) -> None:
    settings = Compressor(True, -28.0, 5.0, attack_ms, release_ms, knee_db, 4.0)
    knobs = {
        name: torch.tensor([getattr(settings, name)] * 9, dtype=torch.float64)
        for name in ("threshold_db", "ratio", "attack_ms", "release_ms", "knee_db", "makeup_db")
    }
    x = make_bursts(channels, 20_000)
    law = dynamics.compressor_law(knobs, 44_100.0)
    used = (True,) * 8 + (False,)
    batch = torch.from_numpy(x).repeat(9, 1, 1)
    found, gain_db = dynamics.compress(batch, law, used, (channels,) * 9, meter=True)
    processor = CompressorProcessor(settings, 44_100)
    expected = x.copy()
    processor.process(expected)
    assert null_db(found[3].numpy(), expected) < -200.0
    np.testing.assert_array_equal(found[8].numpy(), x)
    meter = processor.gain_reduction_db()
    lowest = [float(part.min()) for part in gain_db[7].split(512)]
    np.testing.assert_allclose(np.minimum(lowest, 0.0), meter, atol=1e-9)


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("hold_ms", [0.0, 7.3])
def test_the_gate_is_the_renderers(null_db: Null, make_bursts: Bursts, channels: int, hold_ms: float) -> None:
    settings = Gate(True, -25.0, -40.0, 6.0, 0.8, hold_ms, 30.0)
    names = ("threshold_db", "range_db", "ratio", "attack_ms", "hold_ms", "release_ms")
    knobs = {name: torch.tensor([getattr(settings, name)], dtype=torch.float64) for name in names}
    x = make_bursts(channels, 20_000)
    law = dynamics.gate_law(knobs, 44_100.0)
    found, _ = dynamics.gate(torch.from_numpy(x)[None], law, (True,), (channels,))
    expected = x.copy()
    GateProcessor(settings, 44_100).process(expected)
    assert null_db(found[0].numpy(), expected) < -200.0


@pytest.mark.parametrize("samples_late", [0.0, 12.0, 12.3, -7.75, -3000.0])
def test_the_delay_is_the_renderers(null_db: Null, make_bursts: Bursts, samples_late: float) -> None:
    x = make_bursts(2, 2000)
    delay_ms = torch.tensor([samples_late / 48.0], dtype=torch.float64)
    found = shift.shift(torch.from_numpy(x)[None], delay_ms, 48_000.0)[0].numpy()
    whole = int(np.floor(samples_late))
    taps = fractional_delay_taps(samples_late - whole)
    long = np.pad(x, ((0, 0), (4000, 4000)))
    FirFilter(taps, 2).process(long)
    start = 4000 + LATENCY_SAMPLES - whole
    assert null_db(found, long[:, start : start + 2000]) < -200.0


@pytest.mark.parametrize("rate_hz", [8_000, 48_000])
@pytest.mark.parametrize(
    "settings",
    [Reverb(0.4, 12.0, 0.3, 0.0, 20.0, 20_000.0), Reverb(1.4), Reverb(0.1, 0.0, 1.0, 1.0, 2000.0, 500.0)],
)
def test_the_reverb_is_the_renderers(
    null_db: Null, make_bursts: Bursts, rate_hz: int, settings: Reverb
) -> None:
    x = make_bursts(2, rate_hz)
    knobs = {
        name: torch.tensor(getattr(settings, name), dtype=torch.float64)
        for name in ("decay_s", "predelay_ms", "size", "damping", "low_cut_hz", "high_cut_hz")
    }
    responses = effects.reverb_responses(knobs, rate_hz, x.shape[1])
    found = effects.convolve(torch.from_numpy(x), responses).numpy()
    expected = x.copy()
    ReverbProcessor(settings, rate_hz).process(expected)
    assert null_db(found, expected) < -120.0


@pytest.mark.parametrize("ping_pong", [False, True])
@pytest.mark.parametrize(("time_ms", "feedback"), [(1.0, 0.95), (37.0, 0.5), (300.0, 0.0), (900.0, 0.9)])
def test_the_echo_is_the_renderers(
    null_db: Null, make_bursts: Bursts, ping_pong: bool, time_ms: float, feedback: float
) -> None:
    x = make_bursts(2, 48_000)
    settings = Delay(time_ms, feedback, 150.0, 5000.0, ping_pong)
    knobs = {
        name: torch.tensor(getattr(settings, name), dtype=torch.float64)
        for name in ("time_ms", "feedback", "low_cut_hz", "high_cut_hz")
    }
    responses = effects.delay_responses(knobs, ping_pong, 48_000.0, x.shape[1])
    found = effects.convolve(torch.from_numpy(x), responses).numpy()
    expected = x.copy()
    DelayProcessor(settings, 48_000).process(expected)
    assert null_db(found, expected) < -115.0
