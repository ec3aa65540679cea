"""Reverse engineering: a session and its finished mix in; the mix as parameters, its render and the rest out."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bridge.jobs.output import refuse_existing, staged
from bridge.render import RenderSettings, render
from bridge.sessions import SessionOptions, load_session
from bridge.version import tool_version
from console.codec import encode
from console.estimators.recover import RecoverSettings, Recovery, recover
from console.mix import Mix, blend, dump_mix, keep_locked
from console.mix.blend import group_amounts
from console.progress import Progress, no_progress
from console.session import Session, neutral_mix

MIX_JSON, RECOVERY_JSON, MIX_WAV, RESIDUAL_WAV = "mix.json", "recovery.json", "recovered.wav", "residual.wav"
RECOVERY_SCHEMA = "mixbridge.recovery/1"


@dataclass(frozen=True, slots=True)
class RecoverRequest:
    """A finished mix that is to be taken apart.

    `start` is a mix whose locks and FX buses are taken as known; `amounts` is as in console.mix.blend, from the
    stems as they are to what was recovered.
    """

    inputs: tuple[Path, ...]
    target: Path
    output: Path
    session: SessionOptions = field(default_factory=SessionOptions)
    start: Mix | None = None
    amounts: float | Mapping[str, float] = 1.0
    settings: RecoverSettings = field(default_factory=RecoverSettings)
    audio: bool = True
    threads: int | None = None
    force: bool = False


@dataclass(frozen=True, slots=True)
class RecoverOutcome:
    """What `recover_session` made: the recovery, and its files."""

    session: Session
    recovery: Recovery
    mix: Mix
    files: tuple[Path, ...]

    def to_dict(self) -> dict[str, Any]:
        """The outcome as plain values for JSON."""
        return {**report_of(self.session, self.recovery), "files": [str(path) for path in self.files]}


def report_of(session: Session, recovery: Recovery) -> dict[str, Any]:
    """A recovery without its mix, as plain values for JSON."""
    return {
        "schema": RECOVERY_SCHEMA,
        "tool": tool_version(),
        "session": session.name,
        "interrupted": recovery.interrupted,
        "steps": [encode(step) for step in recovery.steps],
        "residual": encode(recovery.residual),
        "alignment": encode(recovery.alignment),
        "notes": list(recovery.notes),
    }


def recover_session(request: RecoverRequest, progress: Progress = no_progress) -> RecoverOutcome:
    """Take a finished mix apart; the output folder is filled at the end, or stays as it was.

    Raises:
        SessionError: the session, or the finished mix, cannot be read.
        ParamError: the finished mix is no mix of these stems, or an amount is out of range.
        RenderError: the output exists already, or cannot be written.
    """
    names = (MIX_JSON, RECOVERY_JSON, *((MIX_WAV, RESIDUAL_WAV) if request.audio else ()))
    refuse_existing(request.output, names, force=request.force)
    amounts = group_amounts(request.amounts)
    session = load_session(request.inputs, options=request.session, progress=progress)
    groups = frozenset(name for name, amount in amounts.items() if amount > 0.0)
    settings = replace(request.settings, groups=groups & request.settings.groups)
    recovery = recover(session, request.target, start=request.start, settings=settings, progress=progress)
    neutral = neutral_mix(session)
    mix = recovery.mix
    if any(amount < 1.0 for amount in amounts.values()):
        mix = keep_locked(request.start or neutral, blend(request.start or neutral, mix, request.amounts))
    mix = replace(mix, tool=tool_version())
    with staged(request.output, session) as stage:
        (stage / MIX_JSON).write_text(dump_mix(mix), encoding="utf-8", newline="\n")
        text = json.dumps(report_of(session, recovery), indent=1, ensure_ascii=False, allow_nan=False)
        (stage / RECOVERY_JSON).write_text(text + "\n", encoding="utf-8", newline="\n")
        if request.audio:
            threads = RenderSettings(threads=request.threads)
            with render(session, mix, work_folder=stage, settings=threads, progress=progress) as rendered:
                rendered.write(stage / MIX_WAV, fader_db=mix.master.fader_db)
            _write_residual(stage, request.target, session, recovery)
        made = tuple(sorted(path.relative_to(stage) for path in stage.rglob("*") if path.is_file()))
    return RecoverOutcome(session, recovery, mix, tuple(request.output / path for path in made))


def _write_residual(stage: Path, target: Path, session: Session, recovery: Recovery) -> None:
    """What the recovered mix leaves of the finished one, over the whole song, to be listened to."""
    import soundfile

    from console.estimators.recover.align import Line, laid_on
    from console.estimators.recover.target import read_target

    line = Line(recovery.alignment.offset_samples, recovery.alignment.drift_ppm * 1e-6, 0, 0)
    audio, _ = read_target(target, session.sample_rate_hz)
    made, _ = soundfile.read(stage / MIX_WAV, dtype="float32", always_2d=True)
    samples = min(len(made), session.samples)
    left: NDArray[np.float32] = laid_on(audio, line, samples) - made[:samples].T
    soundfile.write(stage / RESIDUAL_WAV, left.T, session.sample_rate_hz, subtype="FLOAT")
