"""Runs the controller, from a session to the mix with its reasons."""

from __future__ import annotations

import os
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np

from console.analysis.values import SessionAnalysis
from console.errors import ParamError
from console.estimators.base import Estimator
from console.estimators.controller.departure import base_strips
from console.estimators.controller.listening import listen, sounding
from console.estimators.controller.mastering import (
    about_the_mix,
    make_master,
    reverb_bus,
    reverb_name,
)
from console.estimators.controller.network import Network, ask
from console.estimators.controller.strips import Heard, set_strip
from console.estimators.match.prepare import without_idle_reverb
from console.estimators.rules.estimate import inputs_hash
from console.estimators.target import Target
from console.losses.sound import Sound
from console.mix import Mix, TrackStrip, blend, keep_locked
from console.mix.blend import GROUPS
from console.params import PARAMS
from console.progress import Progress, no_progress
from console.session import Session

NAME = "controller"
_MOST_THREADS = 8
#: What the mix aims at, in words.
_REFERENCE, _STYLE = "the reference", "a broad style, for want of a reference"


def make_controller(network: Network, *, style: Sound | None = None, candidate: int = 0) -> Estimator:
    """The estimator that a network makes.

    Args:
        network: what decides.
        style: the sound to aim at where the target has no reference.
        candidate: which of the network's answers to give, from 0 on.

    Returns:
        An estimator (see console.estimators.base). It raises ParamError where everything is silent, where there is
        neither a reference nor a style, or where the network has no such answer; SessionError for a file that cannot be
        read. Chance is not used; the seed is kept in the mix.
    """

    def estimate(
        session: Session,
        analysis: SessionAnalysis,
        target: Target,
        start: Mix,
        *,
        seed: int = 0,
        groups: Collection[str] = GROUPS,
        threads: int | None = None,
        progress: Progress = no_progress,
    ) -> Mix:
        progress("estimate", 0.0)
        aim, source = (target.reference, _REFERENCE) if target.reference else (style, _STYLE)
        if aim is None:
            raise ParamError(
                "the controller has 0 sounds to aim at; give a song or a saved style with --reference"
            )
        chosen = threads or min(os.cpu_count() or 1, _MOST_THREADS)
        proposed = _propose(session, analysis, target, start, network, aim, source, candidate, groups, chosen)
        proposed = replace(proposed, seed=seed)
        progress("estimate", 1.0)
        if set(groups) >= set(GROUPS):
            return keep_locked(start, proposed)
        partly = keep_locked(start, blend(start, proposed, dict.fromkeys(groups, 1.0)))
        return without_idle_reverb(partly, start)

    return estimate


def _propose(
    session: Session,
    analysis: SessionAnalysis,
    target: Target,
    start: Mix,
    network: Network,
    aim: Sound,
    source: str,
    candidate: int,
    groups: Collection[str],
    threads: int,
) -> Mix:
    rate = session.sample_rate_hz
    strips = base_strips(session, analysis, target, start)
    tracks = sounding(session, analysis, strips)
    tracks, hearing = listen(tracks, rate, threads=threads)
    if not tracks:
        raise ParamError(f"all {len(session.included)} tracks are silent; give at least one that sounds")
    answer = ask(network, hearing, tracks, aim, candidate)
    by_id = {strip.id: strip for strip in strips}
    reverb = reverb_name(start)
    median_db = float(np.median([dials["level_db"] for dials in answer.tracks]))
    bases = [by_id[track.id] for track in tracks]
    heard = [
        Heard.of(hearing, at, base, free="input" in groups and not _is_locked(base, "input", "gain_db"))
        for at, base in enumerate(bases)
    ]
    # Where a fader would go beyond its end all go down together, and what follows them on the master with them.
    highest_db = max(dials["level_db"] + one.rest_db for dials, one in zip(answer.tracks, heard, strict=True))
    less_db = max(0.0, highest_db - PARAMS["strip.fader_db"].high)

    def strip_of(at: int) -> TrackStrip:
        track = tracks[at]
        return set_strip(
            bases[at],
            track,
            analysis.tracks[track.id],
            heard[at],
            answer.tracks[at],
            reverb=reverb,
            central=target.role(track.role).pan_width == 0.0,
            less_db=less_db,
            median_db=median_db,
            sample_rate_hz=rate,
        )

    with ThreadPoolExecutor(threads) as pool:
        made = {strip.id: strip for strip in pool.map(strip_of, range(len(tracks)))}
    return Mix(
        sample_rate_hz=rate,
        tracks=tuple(made.get(strip.id, strip) for strip in strips),
        buses=(reverb_bus(reverb, answer.master),) if any(strip.sends for strip in made.values()) else (),
        master=make_master(answer.master, about_the_mix(aim, source, answer), less_db, rate),
        estimator=NAME,
        inputs=inputs_hash(session),
    )


def _is_locked(strip: TrackStrip, module: str, knob: str) -> bool:
    return bool({"all", module, f"{module}.{knob}"} & set(strip.locked))
