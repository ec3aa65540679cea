"""What a controller's mix is built on: strips that are cleaned up and lined up, as the rules do it."""

from __future__ import annotations

from dataclasses import replace

from console.analysis.values import SessionAnalysis
from console.estimators.rules.alignment import align
from console.estimators.rules.cleanup import clean_up
from console.estimators.rules.parts import Part, make_parts
from console.estimators.target import Target
from console.frozen import FrozenMap
from console.mix import Input, Mix, TrackStrip
from console.session import Session


def base_strips(
    session: Session, analysis: SessionAnalysis, target: Target, start: Mix
) -> tuple[TrackStrip, ...]:
    """One strip a track of the session, in its order, that goes to the master and sends nowhere.

    Of a mix that an estimator made the strips stay as they are. Otherwise what is silent, a click, a copy, unplayed or
    left out is muted, and microphones of one source are lined up: no network that hears tracks one by one can know it.
    """
    strips = {strip.id: strip for strip in start.tracks}
    if start.estimator == "none":
        parts = make_parts(session, analysis, target, start.tracks)
        clean_up(parts, session, analysis)
        align(parts, analysis)
        strips = {part.track.id: _with_trim(part, strips.get(part.track.id)) for part in parts}
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


def _with_trim(part: Part, start: TrackStrip | None) -> TrackStrip:
    """The strip of a part with the trim that the start has: the controller sets its own, or leaves that."""
    gain_db = start.input.gain_db if start is not None else Input().gain_db
    reasons = tuple(reason for reason in part.reasons if reason.parameter != "input.gain_db")
    return replace(part.strip, input=replace(part.strip.input, gain_db=gain_db), reasons=reasons)
