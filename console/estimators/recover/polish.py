"""A last descent on the spectra: all knobs by gradient through the differentiable console, master included.

Where the finished mix went through processors that the console has not, the waveform cannot be met; the spectra of sum
and difference can. Only a setting that lowers the distance on the exact console is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from console.estimators.recover.material import Material
from console.estimators.recover.measuring import play, spectral_loss
from console.mix import Band, BandType, Compressor, Equalizer, Master, Mix

_RATE = 0.003
#: Weight of the waveform's error, as a share of the target's energy, beside the spectral distance: spectra alone
#: are met by filters whose phase is wrong.
_WAVEFORM = 1.0
_WINDOW_S = 5.0
_MASTER_BANDS = (
    Band(BandType.LOW_SHELF, 100.0, 0.0, 0.71),
    Band(BandType.BELL, 400.0, 0.0, 0.7),
    Band(BandType.BELL, 2500.0, 0.0, 0.7),
    Band(BandType.HIGH_SHELF, 8000.0, 0.0, 0.71),
)


def with_master(mix: Mix) -> Mix:
    """The mix with a master equalizer and compressor that change nothing yet, where they are not locked."""
    master = mix.master
    locked = set(master.locked)
    if not {"all", "equalizer"} & locked and not master.equalizer.enabled:
        master = replace(master, equalizer=Equalizer(True, _MASTER_BANDS))
    if not {"all", "compressor"} & locked and not master.compressor.enabled:
        master = replace(master, compressor=Compressor(True, -18.0, 1.05, 20.0, 150.0, 6.0, 0.0))
    return replace(mix, master=master)


def without_idle_master(master: Master) -> Master:
    """The master without what came to nothing."""
    bands = tuple(band for band in master.equalizer.bands if abs(band.gain_db) >= 0.1)
    compressor = master.compressor
    if compressor.enabled and compressor.ratio < 1.02 and abs(compressor.makeup_db) < 0.05:
        compressor = Compressor()
    return replace(master, equalizer=Equalizer(bool(bands), bands), compressor=compressor)


def worth_of(mix: Mix, material: Material) -> float:
    """How far a mix is from the targets: the spectral distance, and the share of the waveform that is wrong."""
    mixes = [play(mix, excerpt) for excerpt in material.excerpts]
    left = sum(
        float(np.square(e.target[:, e.run_in :] - made[:, e.run_in :]).sum())
        for e, made in zip(material.excerpts, mixes, strict=True)
    )
    return float(spectral_loss(material)(mixes)) + _WAVEFORM * left / material.energy


def polished(
    mix: Mix,
    material: Material,
    *,
    groups: Collection[str],
    steps: int,
    seconds: float = _WINDOW_S,
    told: Callable[[Mix, float], None] | None = None,
    progress: Callable[[float], None] | None = None,
) -> tuple[Mix, float]:
    """The mix after a descent on the spectral distance, and what it is worth (distance and waveform) over all passages.

    Args:
        mix: where to start; every track plays into the master, stems as in the material.
        material: stems and target.
        groups: of console.mix.blend.GROUPS.
        steps: gradient steps.
        seconds: of audio for a step.
        told: every better mix with its distance.
        progress: told the share done.
    """
    import torch
    from threadpoolctl import threadpool_limits

    from console.dsp.differentiable.console import DifferentiableConsole
    from console.dsp.differentiable.free import free_parameters
    from console.dsp.differentiable.layout import ConsoleLayout
    from console.dsp.differentiable.parameters import from_mix, to_mix
    from console.dsp.differentiable.variables import Variables
    from console.losses.spectral import Mrstft

    judge = partial(worth_of, material=material)
    best, best_loss = mix, judge(mix)
    short = material.shorter(seconds)
    channels = tuple(len(stem) for stem in material.excerpts[0].stems)
    console = DifferentiableConsole(ConsoleLayout(mix, channels=channels), path="fast")
    variables = Variables(from_mix(mix), free_parameters(mix, only=tuple(groups)))
    if not variables.tensors():
        return best, best_loss
    optimiser: Any = torch.optim.Adam(variables.tensors(), lr=_RATE, betas=(0.9, 0.98))
    passages = []
    for e in short.excerpts:
        wanted = torch.from_numpy(e.target[:, e.run_in :])
        passages.append((torch.from_numpy(_stacked(e.stems)), wanted, Mrstft(wanted), e))
    for step in range(steps):
        stems, wanted, loss, excerpt = passages[step % len(passages)]
        for group in optimiser.param_groups:
            group["lr"] = _RATE * (1.0 - 0.9 * step / steps)
        optimiser.zero_grad()
        # Short transforms: threads of the library would wait for each other more than they work.
        with threadpool_limits(1):
            out = console.render(stems, variables.parameters(), start_sample=excerpt.start_sample)
            heard = out[:, excerpt.run_in :]
            error = (heard - wanted).square().sum() / wanted.square().sum().clamp_min(1e-12)
            distance: Any = loss(heard) + _WAVEFORM * error
            distance.backward()
        optimiser.step()
        variables.settle()
        if (step + 1) % max(1, steps // 5) == 0:
            candidate = to_mix(variables.parameters(), mix)
            reached = judge(candidate)
            if reached < best_loss:
                best, best_loss = candidate, reached
                if told is not None:
                    told(best, best_loss)
        if progress is not None:
            progress((step + 1) / steps)
    return best, best_loss


def _stacked(stems: tuple[NDArray[np.float32], ...]) -> NDArray[np.float32]:
    """Stems as (tracks, most channels, samples)."""
    most = max(len(stem) for stem in stems)
    out = np.zeros((len(stems), most, stems[0].shape[1]), dtype=np.float32)
    for index, stem in enumerate(stems):
        out[index, : len(stem)] = stem
    return out
