"""The first half of every job: read the session, measure it, know its parts, set its strips."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from bridge.estimators import find_estimator
from bridge.jobs.references import read_sound
from bridge.jobs.request import MixRequest
from bridge.jobs.starting import start_mix
from bridge.sessions import SessionOptions, confirm_roles, load_session
from bridge.version import tool_version
from console.analysis import AnalysisCache, SessionAnalysis, analyze, check
from console.estimators.target import Target
from console.mix import Mix, blend, keep_locked
from console.mix.blend import group_amounts
from console.progress import Progress, no_progress
from console.session import Finding, Session, neutral_mix
from presets.targets import load_target


def read_session(
    inputs: Sequence[Path],
    options: SessionOptions | None = None,
    *,
    cache: bool = True,
    threads: int | None = None,
    progress: Progress = no_progress,
) -> tuple[Session, SessionAnalysis]:
    """A session with its roles confirmed by the sound and everything that the import found, and its analysis.

    Raises:
        SessionError: the session, or a file of it, cannot be read.
    """
    options = options or SessionOptions()
    session = load_session(inputs, options=options, progress=progress)
    store = AnalysisCache() if cache else None
    analysis = analyze(session, cache=store, threads=threads, progress=progress)
    confirmed = confirm_roles(session, analysis, listen=options.listen, threads=threads)
    if [track.id for track in confirmed.included] != [track.id for track in session.included]:
        # The sound has shown a click that no name told of: the plain sum is to be without it.
        analysis = analyze(confirmed, cache=store, threads=threads, progress=progress)
    return replace(confirmed, findings=_merged(confirmed.findings, check(confirmed, analysis))), analysis


def _merged(first: tuple[Finding, ...], second: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """Findings of two sources, one for each fact."""
    known = {(finding.code, finding.tracks) for finding in first}
    return first + tuple(finding for finding in second if (finding.code, finding.tracks) not in known)


def suggest(
    request: MixRequest, progress: Progress = no_progress
) -> tuple[Session, SessionAnalysis, Target, Mix]:
    """Read a session and set its strips, dialled back and locked as asked; nothing is rendered.

    Raises:
        SessionError: the session, or a reference, cannot be read.
        ParamError: an unknown estimator or target, an amount outside 0 … 1, or a reference that is none.
    """
    session, analysis, target, _, mix = decide(request, progress)
    return session, analysis, target, mix


def decide(
    request: MixRequest, progress: Progress = no_progress
) -> tuple[Session, SessionAnalysis, Target, Mix, Mix]:
    """As `suggest`, with the mix that the session set out from ahead of the one that was decided on.

    Amounts count from the start, which is also what locks keep: for a project its faders and pans as they stand.
    """
    target = load_target(request.target)
    name = request.estimator or ("match" if request.references else "rules")
    estimator = find_estimator(name, candidate=request.candidate)
    session, analysis = read_session(
        request.inputs, request.session, cache=request.cache, threads=request.threads, progress=progress
    )
    if request.references:
        target = replace(target, reference=read_sound(request.references, session))
    start, told = start_mix(session)
    session = replace(session, findings=session.findings + told)
    groups = [name for name, amount in group_amounts(request.amounts).items() if amount > 0.0]
    proposed = estimator(
        session,
        analysis,
        target,
        keep_locked(start, neutral_mix(session)),
        seed=request.seed,
        groups=groups,
        threads=request.threads,
        progress=progress,
    )
    mix = keep_locked(start, blend(start, proposed, request.amounts))
    progress("estimate", 1.0)
    return session, analysis, target, start, replace(mix, tool=tool_version())
