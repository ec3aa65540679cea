"""Mixes through the console: what estimators decide, and what chance does, played by the renderer."""

import tempfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from bridge.estimators import CONTROLLER, estimator_names, find_estimator, has_weights
from bridge.evaluation.values import AbsentError, Made, Task
from bridge.jobs.mixing import heard_masking
from bridge.jobs.starting import start_mix
from bridge.render import RenderSettings, render
from console.analysis import TrackAnalyzer
from console.estimators.rules import leave_headroom
from console.mix import Mix
from console.units import db_to_gain

Maker = Callable[[Task], Made]


def by_estimators(*names: str, needs_reference: bool = False) -> Maker:
    """A system of estimators, each of which starts from the mix of the one before it."""

    def make(task: Task) -> Made:
        for name in names:
            if name not in estimator_names():
                raise AbsentError(
                    f"there is no estimator {name!r} here; there are {', '.join(estimator_names())}"
                )
        if CONTROLLER in names and not has_weights():
            raise AbsentError(
                "the controller's weights are not installed; train some, or name a folder of them by MIXBRIDGE_WEIGHTS"
            )
        if needs_reference and task.reference is None:
            raise AbsentError("0 references are given; give one with --reference")
        target = replace(task.target, reference=task.reference.sound if task.reference else None)
        mix, _ = start_mix(task.session)
        mix = find_estimator("+".join(names))(
            task.session,
            task.analysis,
            target,
            mix,
            seed=task.seed,
            threads=task.threads,
            progress=task.progress,
        )
        return played(task, mix)

    return make


def by_chance(task: Task) -> Made:
    """The random console."""
    from bridge.evaluation.chance import random_mix

    return played(task, random_mix(task))


def played(task: Task, mix: Mix) -> Made:
    """A mix as the console plays it, its master's fader set as `mixbridge mix` sets it, without its tail.

    Raises:
        RenderError: it cannot be played.
        SessionError: a file cannot be read.
    """
    rate = mix.sample_rate_hz
    meters = {track.id: TrackAnalyzer(rate, 2) for track in mix.tracks if not track.muted}
    with tempfile.TemporaryDirectory(prefix="mixbridge-") as scratch:
        settings = RenderSettings(threads=task.threads, tail_s=0.0)
        with render(
            task.session,
            mix,
            work_folder=Path(scratch),
            taps=meters,
            settings=settings,
            progress=task.progress,
        ) as result:
            blocks = [np.array(block, dtype=np.float64) for block in result.work.blocks()]
            measured = result.measurement
    mix = leave_headroom(
        mix, task.target, loudness_lufs=measured.integrated_lufs, true_peak_dbtp=measured.true_peak_dbtp
    )
    audio = np.concatenate(blocks)[: task.session.samples].T * db_to_gain(mix.master.fader_db)
    strips = {name: meter.result() for name, meter in meters.items()}
    return Made(np.ascontiguousarray(audio), heard_masking(strips, task.session))
