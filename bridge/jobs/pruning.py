"""Pruning: a mix file and its session in; the mix with the fewest processors that sound the same out."""

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from bridge.version import tool_version
from console.codec import encode
from console.errors import ParamError
from console.estimators.prune import PruneSettings, Pruning, Tolerance, prune
from console.mix import Mix
from console.progress import Progress, no_progress
from console.session import Session

PRUNING_SCHEMA = "mixbridge.pruning/1"


@dataclass(frozen=True, slots=True)
class PruneRequest:
    """A mix that is to be pruned; `target` is a finished mix that it came from, on the stems' time line."""

    mix: Mix
    session: Session
    target: Path | None = None
    tolerance: Tolerance | None = None
    settings: PruneSettings = field(default_factory=PruneSettings)


def prune_mix(request: PruneRequest, progress: Progress = no_progress) -> Pruning:
    """Prune a mix; nothing is written.

    Raises:
        SessionError: a file cannot be read.
        ParamError: the mix is not of this session, or the target is none.
    """
    audio = None
    if request.target is not None:
        from console.estimators.recover.target import read_target

        audio, _ = read_target(request.target, request.session.sample_rate_hz)
        if abs(audio.shape[1] - request.session.samples) > 0.2 * request.session.samples:
            raise ParamError(
                f"the target lasts {audio.shape[1] / request.session.sample_rate_hz:.1f} s, the stems "
                f"{request.session.seconds:.1f} s; give the finished mix of these stems"
            )
    result = prune(
        request.mix,
        request.session,
        request.tolerance,
        target=audio,
        settings=request.settings,
        progress=progress,
    )
    return replace(result, mix=replace(result.mix, tool=tool_version()))


def pruning_report(result: Pruning) -> dict[str, Any]:
    """A pruning without its mix, as plain values for JSON."""
    return {
        "schema": PRUNING_SCHEMA,
        "tool": tool_version(),
        "interrupted": result.interrupted,
        "processors_before": result.before,
        "processors_after": result.after,
        "loss_before": result.loss_before,
        "loss": result.loss,
        "change_db": result.change_db,
        "removed": [encode(removal) for removal in result.removed],
    }
