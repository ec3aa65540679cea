"""Consoles by name, dasp-pytorch's among them, and what a console refuses."""

import subprocess
import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import scipy.signal
import torch

from console.dsp import design
from console.dsp.differentiable.backends import BACKENDS, PUBLISHED_RANGES, console_by_name
from console.dsp.differentiable.console import DifferentiableConsole
from console.dsp.differentiable.layout import ConsoleLayout
from console.dsp.differentiable.parameters import from_mix
from console.errors import RenderError
from console.mix import Band, BandType, Compressor, Equalizer, Mix, TrackStrip
from console.params import PARAMS

RATE_HZ = 44_100


@pytest.fixture
def mono_mix() -> Mix:
    bands = (Band(BandType.BELL, 900.0, 5.0, 1.0), Band(BandType.LOW_SHELF, 150.0, -4.0, 0.7))
    strip = TrackStrip(
        "a",
        equalizer=Equalizer(True, bands),
        compressor=Compressor(True, -24.0, 3.0, 10.0, 100.0, 6.0, 2.0),
        pan=-0.5,
        fader_db=-3.0,
    )
    return Mix(RATE_HZ, (strip, TrackStrip("b", pan=1.0)))


@pytest.mark.parametrize("name", BACKENDS)
def test_every_backend_runs_and_passes_gradients(mono_mix: Mix, make_bursts: Any, name: str) -> None:
    console = console_by_name(name, ConsoleLayout(mono_mix, (1, 1)))
    stems = torch.from_numpy(make_bursts(2, 8000)).float().unsqueeze(1)
    start = from_mix(mono_mix)
    moved = {key: start[key].clone().requires_grad_() for key in start if key.startswith("tracks.")}
    mix = console.render(stems, start.with_values(moved))
    assert mix.shape == (2, 8000)
    mix.square().mean().backward()
    for key in ("strip.fader_db", "strip.pan", "equalizer.gain_db", "compressor.threshold_db"):
        gradient = moved[f"tracks.{key}"].grad
        assert gradient is not None
        assert bool(torch.isfinite(gradient).all())
        assert float(gradient.flatten()[0]) != 0.0


def test_dasp_is_daspss_own_law(mono_mix: Mix, make_bursts: Any, null_db: Any) -> None:
    """Its mix against recursive filters with its ballistics (one time, 2.2 times as fast) and its pan law."""
    stems = make_bursts(2, 20_000)
    found = console_by_name("dasp", ConsoleLayout(mono_mix, (1, 1))).render(
        torch.from_numpy(stems).unsqueeze(1), from_mix(mono_mix, dtype=torch.float64)
    )
    expected = np.zeros((2, 20_000))
    for x, strip in zip(stems, mono_mix.tracks, strict=True):
        audio = x * 10.0 ** (strip.fader_db / 20.0)
        for band in strip.equalizer.bands:
            sos = design.BAND_DESIGNS[band.type](band.frequency_hz, band.gain_db, band.q, RATE_HZ)
            audio = scipy.signal.sosfilt(sos[None], audio)
        knobs = strip.compressor
        if knobs.enabled:
            over = 20.0 * np.log10(np.maximum(np.abs(audio), 1e-8)) - knobs.threshold_db
            bend = np.clip(over + knobs.knee_db / 2.0, 0.0, knobs.knee_db) ** 2 / (2.0 * knobs.knee_db)
            target = (1.0 / knobs.ratio - 1.0) * (bend + np.maximum(over - knobs.knee_db / 2.0, 0.0))
            keep = np.exp(-np.log(9.0) / (RATE_HZ * knobs.attack_ms / 1000.0))
            smooth = scipy.signal.lfilter([1.0 - keep], [1.0, -keep], target)
            audio = audio * 10.0 ** ((smooth + knobs.makeup_db) / 20.0)
        share = np.clip((strip.pan + 1.0) / 2.0, 1e-4, 1.0 - 1e-4)
        expected[0] += audio * np.sqrt((1.0 - share) * np.cos(share * np.pi / 2.0))
        expected[1] += audio * np.sqrt(share * np.sin(share * np.pi / 2.0))
    assert null_db(found.numpy(), expected) < -55.0


def test_published_ranges_name_rows_of_the_table() -> None:
    assert set(PUBLISHED_RANGES) <= set(PARAMS)


def test_dasp_refuses_stereo_tracks(mono_mix: Mix) -> None:
    with pytest.raises(RenderError, match=r"'b'.*stereo"):
        console_by_name("dasp", ConsoleLayout(mono_mix, (1, 2)))


def test_an_unknown_console_is_refused(mono_mix: Mix) -> None:
    layout = ConsoleLayout(mono_mix, (1, 1))
    with pytest.raises(RenderError, match="grafx"):
        console_by_name("grafx", layout)
    with pytest.raises(RenderError, match="medium"):
        DifferentiableConsole(layout, path="medium")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("stems", "message"),
    [
        (torch.zeros(2, 100), "shape"),
        (torch.zeros(3, 1, 100), "2 tracks"),
        (torch.zeros(2, 3, 100), "channels"),
        (torch.zeros(2, 1, 100, dtype=torch.int64), "int64"),
        (torch.full((2, 1, 100), float("nan")), "'a'.*not finite"),
        (torch.tensor([[[0.0]], [[float("inf")]]]), "'b'.*not finite"),
    ],
)
def test_wrong_stems_are_refused(mono_mix: Mix, stems: torch.Tensor, message: str) -> None:
    console = DifferentiableConsole(ConsoleLayout(mono_mix, (1, 1)))
    with pytest.raises(RenderError, match=message):
        console.render(stems, from_mix(mono_mix))


@pytest.mark.parametrize("samples", [0, 1, 7])
def test_short_stems(full_mix: Mix, samples: int) -> None:
    console = DifferentiableConsole(ConsoleLayout(full_mix, (1, 2, 2)))
    out = console.render_all(torch.ones(3, 2, samples) * 0.1, from_mix(full_mix), tracks=True, meters=True)
    assert out.mix.shape == (2, samples)
    assert out.tracks.shape == (3, 2, samples)
    assert bool(torch.isfinite(out.mix).all())


def test_a_mix_without_tracks_is_silent(full_mix: Mix) -> None:
    mix = replace(full_mix, tracks=())
    out = DifferentiableConsole(ConsoleLayout(mix, ())).render(torch.zeros(0, 2, 600), from_mix(mix))
    assert float(out.abs().max()) == 0.0


def test_the_exact_laws_do_not_load_torch() -> None:
    code = (
        "import sys, console.dsp, console.dsp.strip, console.dsp.bus, console.dsp.limiter; "
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
