"""The exact path against the renderer: the same mix from the same stems, for any Mix drawn from the ranges."""

import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from strategies import mixes

from bridge.render import RenderSettings, render
from console.dsp.differentiable.console import DifferentiableConsole
from console.dsp.differentiable.layout import layout_of
from console.dsp.differentiable.parameters import from_mix
from console.mix import Mix
from console.session.values import Session

Null = Callable[[NDArray[Any], NDArray[Any]], float]
CHANNELS = (1, 2, 2)


def rendered(session: Session, mix: Mix, folder: Path) -> NDArray[np.float64]:
    """What the renderer makes of a session, (2, samples), before the master's fader."""
    with render(session, mix, work_folder=folder / "work", settings=RenderSettings(tail_s=0.0)) as result:
        return np.concatenate([part.T for part in result.work.blocks()], axis=1).astype(np.float64)


def as_tensor(stems: list[NDArray[np.float64]], dtype: torch.dtype) -> torch.Tensor:
    batch = torch.zeros((len(stems), 2, stems[0].shape[1]), dtype=dtype)
    for row, audio in zip(batch, stems, strict=True):
        row[: audio.shape[0]] = torch.from_numpy(audio)
    return batch


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(
    mix=mixes(track_ids=("a", "b", "c"), group_ids=("g",), fx_ids=("f", "h")).filter(
        lambda mix: mix.sample_rate_hz <= 48_000
    ),
    seed=st.integers(0, 99),
)
def test_any_mix_is_rendered_alike(
    null_db: Null, make_session: Any, make_bursts: Any, mix: Mix, seed: int
) -> None:
    samples = mix.sample_rate_hz // 5
    stems = [make_bursts(channels, samples, seed + number) for number, channels in enumerate(CHANNELS)]
    with tempfile.TemporaryDirectory() as name:
        session = make_session(Path(name), mix, stems)
        expected = rendered(session, mix, Path(name))
    parameters = from_mix(mix, dtype=torch.float64)
    console = DifferentiableConsole(layout_of(mix, session))
    with torch.no_grad():
        found = console.render_all(as_tensor(stems, torch.float64), parameters).before_fader.numpy()
    assert null_db(found, expected) < -90.0


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_tracks_buses_and_fader(
    null_db: Null, make_session: Any, make_bursts: Any, tmp_path: Path, dtype: torch.dtype, full_mix: Mix
) -> None:
    """Everything switched on at once, in both types; the outputs on the way add up to the master's input."""
    stems = [make_bursts(channels, 20_000, number) for number, channels in enumerate(CHANNELS)]
    session = make_session(tmp_path, full_mix, stems)
    expected = rendered(session, full_mix, tmp_path)
    console = DifferentiableConsole(layout_of(full_mix, session))
    out = console.render_all(
        as_tensor(stems, dtype), from_mix(full_mix, dtype=dtype), tracks=True, meters=True
    )
    assert out.mix.dtype == dtype
    assert null_db(out.before_fader.numpy(), expected) < -110.0
    fader = 10.0 ** (full_mix.master.fader_db / 20.0)
    assert null_db(out.mix.numpy(), fader * expected) < -110.0
    assert out.tracks.shape == (3, 2, 20_000)
    assert set(out.buses) == {"g", "reverb", "delay"}
    assert {place: tuple(gain.shape) for place, gain in out.compressor_db.items()} == {
        "tracks": (3, 20_000),
        "groups": (1, 20_000),
        "effects": (2, 20_000),
        "master": (1, 20_000),
    }
    assert all(float(gain.max()) <= 0.0 for gain in out.compressor_db.values())
    assert float(out.compressor_db["tracks"][0].min()) < -3.0


def test_a_later_window_hears_later_moves(make_bursts: Any, full_mix: Mix) -> None:
    """Automation stands still where the session does: a window of one track, its strip without memory."""
    from dataclasses import replace

    from console.dsp.differentiable.layout import ConsoleLayout
    from console.mix import Automation, TrackStrip

    strip = TrackStrip("a", automation=Automation(((0.05, -20.0), (0.2, 3.0))))
    mix = replace(full_mix, tracks=(strip,), buses=(), master=type(full_mix.master)())
    console = DifferentiableConsole(ConsoleLayout(mix, (1,)))
    stems = torch.from_numpy(make_bursts(1, 12_000))[None]
    parameters = from_mix(mix, dtype=torch.float64)
    whole = console.render(stems, parameters)
    part = console.render(stems[:, :, 5000:], parameters, start_sample=5000)
    torch.testing.assert_close(part, whole[:, 5000:])
