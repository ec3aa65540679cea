"""Runs a recovery: aligns, then adds processors step by step, and reports what each left unexplained."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from console.errors import ParamError
from console.estimators.recover.align import Line, laid_on, locate
from console.estimators.recover.excerpts import make_material
from console.estimators.recover.inputs import lined_up, with_inputs, without_inputs
from console.estimators.recover.material import Material
from console.estimators.recover.reasons import with_reasons
from console.estimators.recover.shifting import Shift, find_shifts
from console.estimators.recover.stages import Stages
from console.estimators.recover.target import check_target, read_target, stem_sum
from console.estimators.recover.values import Alignment, RecoverSettings, Recovery
from console.frozen import FrozenMap
from console.mix import Master, Mix, keep_locked
from console.mix.values import MASTER
from console.params import PARAMS
from console.progress import Progress, no_progress
from console.session import Session, neutral_mix

Audio = NDArray[np.float32]

#: A mix of which the stems, filtered at will, explain less than this share is no mix of them.
_LEAST_EXPLAINED = 0.15
_LEAST_OVERLAP_S = 1.0
#: An offset that short may be that of one track.
_NEAR_S = 0.1
_UNRELATED = (
    "the mix shares too little with the stems (they explain {share:.0%} of it, filtered at will); "
    "give the mix that was made of these stems"
)


def recover(
    session: Session,
    target: Path | Audio,
    *,
    start: Mix | None = None,
    settings: RecoverSettings | None = None,
    progress: Progress = no_progress,
) -> Recovery:
    """The mix that best explains a finished one.

    An interruption (KeyboardInterrupt) ends the search; the best mix so far is returned.

    Args:
        session: the stems.
        target: the finished mix: a file, or audio at the session's rate, (1 or 2, samples).
        start: locks, and FX buses whose effects are known; neutral by default.
        settings: how it is done.
        progress: told "recover", with the residual, and the share done.

    Raises:
        SessionError: a file cannot be read.
        ParamError: the target is silent, too short, not finite, or no mix of these stems.
    """
    chosen = settings or RecoverSettings()
    rate_hz = session.sample_rate_hz
    if isinstance(target, Path):
        audio, mono = read_target(target, rate_hz)
    else:
        audio, mono = check_target(target, rate_hz, rate_hz)
    base = _base(session, start)
    progress("align", 0.0)
    line, material, shifts = _aligned(session, audio, base, chosen)
    material = lined_up(material, shifts, base)
    progress("align", 1.0)
    stages = Stages(material, without_inputs(base), chosen, progress)
    if stages.explained < _LEAST_EXPLAINED:
        raise ParamError(_UNRELATED.format(share=max(stages.explained, 0.0)))
    stages.run()
    mix = replace(stages.mix, master=_with_gain(stages.mix.master, stages.gain_db))
    mix = keep_locked(base, with_inputs(mix, base, shifts, rate_hz))
    mix = replace(with_reasons(mix, base, stages.residual), estimator="recover", seed=chosen.seed)
    return Recovery(
        mix=mix,
        steps=tuple(stages.steps),
        residual=stages.residual,
        alignment=_told(line, shifts, base, rate_hz),
        interrupted=stages.interrupted,
        notes=tuple(_notes(stages, mono)),
    )


def _base(session: Session, start: Mix | None) -> Mix:
    """What is known before: locks, effects, tracks that are left out."""
    neutral = neutral_mix(session)
    if start is None:
        return neutral
    known = {track.id: track for track in start.tracks}
    tracks = tuple(
        replace(
            known.get(track.id, track),
            muted=track.muted,
            output=MASTER,
            locked=tuple(dict.fromkeys((*known.get(track.id, track).locked, *track.locked))),
            reasons=(),
        )
        for track in neutral.tracks
    )
    return replace(start, tracks=tracks, sample_rate_hz=session.sample_rate_hz)


def _aligned(
    session: Session, audio: Audio, base: Mix, settings: RecoverSettings
) -> tuple[Line, Material, list[Shift]]:
    """Where the mix lies, the passages there, and the tracks that have moved against it.

    One loud track that was moved can pass for all of them: of a found offset, none at all, and what most tracks have
    in common, that is taken which leaves the fewest tracks moved.
    """
    nowhere = Line(0.0, 0.0, 0, 0)
    line = nowhere
    if "input" in settings.groups:
        line, _ = locate(stem_sum(session), audio, session.sample_rate_hz)

    def looked_at(place: Line) -> tuple[int, Line, Material, list[Shift]]:
        material = make_material(session, laid_on(audio, place, session.samples), settings.seconds)
        if not material.excerpts or material.excerpts[0].samples < _LEAST_OVERLAP_S * session.sample_rate_hz:
            raise ParamError(_UNRELATED.format(share=0.0))
        shifts = _shifts(material, base, settings)
        return sum(bool(shift.samples) for shift in shifts), place, material, shifts

    best = looked_at(line)
    others = []
    if best[0] and line.drift == 0.0 and 0.0 < abs(line.offset) < _NEAR_S * session.sample_rate_hz:
        others.append(nowhere)
    heard = [s.samples for s, track in zip(best[3], base.tracks, strict=True) if not track.muted]
    if common := _common(heard):
        others.append(replace(line, offset=line.offset + common))
    best = min((best, *map(looked_at, others)), key=lambda found: found[0])
    return best[1:]


def _shifts(material: Material, base: Mix, settings: RecoverSettings) -> list[Shift]:
    if "input" not in settings.groups:
        return [Shift() for _ in base.tracks]
    locked = [bool({"all", "input"} & set(track.locked)) or track.muted for track in base.tracks]
    return find_shifts(material, locked)


def _with_gain(master: Master, gain_db: float) -> Master:
    return replace(master, fader_db=PARAMS["strip.fader_db"].clamp(master.fader_db + gain_db))


def _common(shifts: Sequence[float]) -> float:
    """The shift that most tracks have in common: it is the mix that has moved, not they."""
    middle = float(np.median(shifts)) if shifts else 0.0
    return middle if sum(abs(shift - middle) < 1.0 for shift in shifts) > len(shifts) / 2 else 0.0


def _told(line: Line, shifts: Sequence[Shift], base: Mix, rate_hz: int) -> Alignment:
    names = [track.id for track in base.tracks]
    return Alignment(
        offset_samples=line.offset,
        drift_ppm=line.drift * 1e6,
        delays_ms=FrozenMap(
            {n: s.samples * 1e3 / rate_hz for n, s in zip(names, shifts, strict=True) if s.samples}
        ),
        inverted=tuple(n for n, s in zip(names, shifts, strict=True) if s.inverted),
    )


def _notes(stages: Stages, mono: bool) -> list[str]:
    notes = []
    if mono:
        notes.append("The mix is mono: pans are at the centre, and nothing is told about the stereo image.")
    unexplained_db = stages.residual.unexplained_db
    if unexplained_db > -20.0:
        notes.append(
            f"A part of the mix at {unexplained_db:.1f} dB of its level comes from no stem, however filtered: "
            "a missing stem, a reverb, or distortion."
        )
    silent = [track.id for track in stages.mix.tracks if not track.muted and track.fader_db <= -60.0]
    if silent and math.isfinite(unexplained_db):
        notes.append(f"Not heard in the mix: {', '.join(silent)}.")
    if stages.ambiguous:
        notes.append(
            "Alike or hardly heard, so that their levels are not certain: "
            + ", ".join(stages.ambiguous)
            + "."
        )
    return notes
