"""What a controller's mix is built on: strips that are cleaned up and lined up, as the rules do it."""

from __future__ import annotations

from dataclasses import replace

from console.analysis.values import SessionAnalysis
from console.estimators.rules.alignment import align
from console.estimators.rules.cleanup import clean_up
from console.estimators.rules.parts import make_parts
from console.estimators.target import Target
from console.frozen import FrozenMap
from console.mix import Mix, TrackStrip
from console.session import Session


def base_strips(
    session: Session, analysis: SessionAnalysis, target: Target, start: Mix
) -> tuple[TrackStrip, ...]:
    """One strip a track of the session, in its order, that goes to the master and sends nowhere.

    Of a mix that an estimator made the strips stay as they are. Otherwise what is silent, a click, a copy, unplayed or
    left out is muted, and microphones of one source are lined up: no network that hears tracks one by one can know it.
    """
    if start.estimator != "none":
        strips = {strip.id: strip for strip in start.tracks}
    else:
        parts = make_parts(session, analysis, target, start.tracks)
        clean_up(parts, session, analysis)
        align(parts, analysis)
        strips = {part.track.id: replace(part.strip, reasons=tuple(part.reasons)) for part in parts}
    return tuple(
        replace(
            strips.get(track.id, TrackStrip(track.id)),
            files=tuple(file.path.name for file in track.files),
            role=track.role.value,
            role_confidence=round(track.role_confidence, 3),
            locked=tuple(sorted({*track.locked, *strips.get(track.id, TrackStrip(track.id)).locked})),
            sends=FrozenMap(),
            output="master",
        )
        for track in session.tracks
    )
