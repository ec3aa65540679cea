"""Runs a match, from the mix it departs from to the mix with its reasons."""

import os
from collections.abc import Collection, Sequence
from dataclasses import replace

from console.analysis.values import SessionAnalysis
from console.errors import ParamError
from console.estimators.match.explain import explained
from console.estimators.match.knobs import ALL_GROUPS
from console.estimators.match.prepare import (
    departure,
    free_knobs,
    least_audible,
    with_reverb,
    without_idle_reverb,
)
from console.estimators.match.result import STEPS, Match
from console.estimators.target import Target
from console.frozen import FrozenMap
from console.losses.sound import Sound
from console.mix import Mix, Reason, keep_locked
from console.progress import Progress, no_progress
from console.session import Session

#: A match that brings the sum of the terms less than this nearer is no match, in dB.
_WORTH_DB = 0.3
_MOST_WORKERS = 8
_MONO_NOTE = (
    "The reference is mono ({width:.0f} dB side over mid); the stereo image takes no part in the match."
)
_IN_VAIN_NOTE = "No move brings the mix nearer to the reference; it is returned as it started."


def estimate(
    session: Session,
    analysis: SessionAnalysis,
    target: Target,
    start: Mix,
    *,
    seed: int = 0,
    groups: Collection[str] = ALL_GROUPS,
    threads: int | None = None,
    progress: Progress = no_progress,
) -> Mix:
    """The mix matched to `target.reference`. See console.estimators.base.Estimator.

    What there is to say about the match as a whole is a reason of the master named "match".

    Raises:
        ParamError: the target has no reference, or everything is silent.
    """
    if target.reference is None:
        raise ParamError("match has 0 references to go by; give a song or a saved profile with --reference")
    found = match(
        session,
        analysis,
        target,
        start,
        target.reference,
        seed=seed,
        groups=groups,
        workers=threads or min(os.cpu_count() or 1, _MOST_WORKERS),
        progress=progress,
    )
    notes = tuple(Reason("match", note) for note in found.notes)
    return replace(found.mix, master=replace(found.mix.master, reasons=(*found.mix.master.reasons, *notes)))


def match(
    session: Session,
    analysis: SessionAnalysis,
    target: Target,
    start: Mix,
    reference: Sound,
    *,
    seed: int = 0,
    groups: Collection[str] = ALL_GROUPS,
    workers: int = 2,
    progress: Progress = no_progress,
    steps: Sequence[int] = STEPS,
) -> Match:
    """Bring a mix as near to the sound of a reference as plausible moves can.

    An interruption (KeyboardInterrupt) ends the search; the best mix so far is returned.

    Args:
        session: the tracks.
        analysis: what was measured of them.
        target: the style that the rules start from; its audible floor holds.
        start: the mix to depart from, with its locks; one that no estimator has made is first set by rule.
        reference: the sound aimed at.
        seed: kept in the mix; nothing here is left to chance.
        groups: of console.mix.blend.GROUPS; the others stay as they are.
        workers: threads that play tracks.
        progress: told "match" with the share done.
        steps: the most steps of the descent of each turn, and so the most turns.

    Raises:
        SessionError: a file cannot be read.
        RenderError: a track cannot be played.
        ParamError: everything is silent, or shorter than a second.
    """
    from console.estimators.match.digest import make_digest
    from console.estimators.match.gradient.turns import Turns

    if all(analysis.tracks[track.id].silent for track in session.included):
        raise ParamError(f"all {len(session.included)} tracks are silent; give at least one that sounds")
    base = departure(session, analysis, target, start, groups, seed)
    prepared = with_reverb(base, groups)
    digest = make_digest(session, analysis, prepared)
    knobs = free_knobs(session, prepared, digest, target, groups)
    least = least_audible(session, knobs, target)
    turns = Turns(knobs, digest, least, reference, groups, workers, progress, steps)
    first, best, interrupted = turns.run(prepared)
    notes = [_MONO_NOTE.format(width=reference.width_db)] if reference.mono else []
    gained = turns.cost(first) - turns.cost(best)
    if gained < _WORTH_DB:
        return Match(
            base, first.terms, first.terms, first.played.sound, first.played.sound, FrozenMap(), False,
            interrupted, (*notes, _IN_VAIN_NOTE), turns.history,
        )  # fmt: skip
    contributions = turns.contributions(first, best)
    mix = without_idle_reverb(best.mix, base)
    mix = explained(base, mix, first, best, reference, contributions)
    mix = replace(keep_locked(base, mix), estimator="match", seed=seed)
    return Match(
        mix, first.terms, best.terms, first.played.sound, best.played.sound, contributions, True, interrupted,
        tuple(notes), turns.history,
    )  # fmt: skip
