"""The rules in their order, from a session to a Mix."""

import hashlib
import os
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from console.analysis.values import SessionAnalysis
from console.estimators.rules.alignment import align
from console.estimators.rules.balance import set_faders
from console.estimators.rules.buses import make_buses
from console.estimators.rules.cleanup import clean_up
from console.estimators.rules.dynamics import tame_dynamics
from console.estimators.rules.filters import set_highpass
from console.estimators.rules.panning import place
from console.estimators.rules.parts import Part, make_parts
from console.estimators.rules.space import add_space
from console.estimators.rules.tone import shape_tone, unmask
from console.estimators.target import Target
from console.mix import Mix, TrackStrip, keep_locked
from console.mix.blend import GROUPS
from console.progress import Progress, no_progress
from console.session import Session

_MOST_THREADS = 8


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
    """Set every strip by rule, whatever the groups. See console.estimators.base.Estimator; no chance is used."""
    progress("estimate", 0.0)
    parts = make_parts(session, analysis, target, start.tracks)
    clean_up(parts, session, analysis)
    align(parts, analysis)
    heard = [part for part in parts if part.heard]
    # Each track by itself, and the kernels release the interpreter: threads change nothing but the time.
    with ThreadPoolExecutor(threads or min(os.cpu_count() or 1, _MOST_THREADS)) as pool:
        list(pool.map(_prepare, heard))
    set_faders(parts, target)
    unmask(parts)
    set_faders(parts, target)
    place(parts)
    effects = add_space(parts, target)
    families, master = make_buses(parts, analysis, target)
    strips = {part.track.id: _strip(part) for part in parts}
    mix = Mix(
        sample_rate_hz=session.sample_rate_hz,
        tracks=tuple(strips[track.id] for track in session.tracks),
        buses=families + effects,
        master=master,
        estimator="rules",
        seed=seed,
        inputs=inputs_hash(session),
    )
    return keep_locked(start, mix)


def _prepare(part: Part) -> None:
    """Filters, tone and dynamics of one track."""
    set_highpass(part)
    shape_tone(part)
    tame_dynamics(part)


def inputs_hash(session: Session) -> str:
    """A hash over the audio of a session, whatever the order of its tracks."""
    digest = hashlib.sha256()
    for content in sorted(f"{track.content_hash}@{track.start_samples}" for track in session.tracks):
        digest.update(content.encode())
    return digest.hexdigest()[:32]


def _strip(part: Part) -> TrackStrip:
    track = part.track
    latest = {reason.parameter: reason for reason in part.reasons}
    return replace(
        part.strip,
        files=tuple(file.path.name for file in track.files),
        role=track.role.value,
        role_confidence=round(track.role_confidence, 3),
        locked=tuple(sorted(part.locked)),
        reasons=tuple(latest.values()),
    )
