"""Holds the role that a name says against the sound, and guesses from the sound where the name says nothing."""

from dataclasses import replace

from bridge.sessions.roles import NamedRole, name_roles
from bridge.sessions.sound import DISTINCT_ROLES, Sound, contradictions, guess, hear
from console.analysis.values import SessionAnalysis
from console.frozen import FrozenMap
from console.session import Finding, Role, Session, SessionTrack

#: Below this a role is uncertain, and a finding says so.
SURE = 0.6

#: What one contradiction leaves of the confidence, and how much of the doubt a fitting sound takes away.
_CONTRADICTED = 0.6
_CONFIRMED = 0.5


def confirm_roles(session: Session, analysis: SessionAnalysis) -> Session:
    """The session with roles and confidences adjusted by the sound, and a finding for each uncertain role.

    - A sound that contradicts the name lowers the confidence to 60 % for each figure out of range.
    - A sound that fits takes away half of the doubt where hardly anything else sounds like the role.
    - A track whose name says nothing gets a guess, which stays below 0.6; but even, equal ticks with silence
      between are a click track (0.65), which is left out.

    Roles that were given are kept, and so are silent tracks. Calling it again changes nothing.
    """
    named = name_roles([track.id for track in session.tracks])
    tracks = []
    found = [finding for finding in session.findings if finding.code != "role-uncertain"]
    for track, by_name in zip(session.tracks, named, strict=True):
        measured = analysis.tracks.get(track.id)
        given = track.role_confidence >= 1.0
        heard = (
            track if measured is None or measured.silent or given else _heard(track, by_name, hear(measured))
        )
        reason = _finding(heard, track, None if measured is None else hear(measured))
        tracks.append(heard)
        if reason is not None and reason not in found:
            found.append(reason)
    return replace(session, tracks=tuple(tracks), findings=tuple(found))


def _heard(track: SessionTrack, by_name: NamedRole, sound: Sound) -> SessionTrack:
    if by_name.role is Role.OTHER and by_name.confidence < SURE:
        role, confidence = guess(sound)
        is_click = role is Role.CLICK
        return replace(track, role=role, role_confidence=confidence, included=track.included and not is_click)
    against = contradictions(by_name.role, sound)
    confidence = by_name.confidence * _CONTRADICTED ** len(against)
    if not against and by_name.role in DISTINCT_ROLES:
        confidence += (1.0 - confidence) * _CONFIRMED
    return replace(track, role=by_name.role, role_confidence=round(confidence, 3))


def _finding(heard: SessionTrack, before: SessionTrack, sound: Sound | None) -> Finding | None:
    """What is to be said of a track after listening to it; None when there is nothing."""
    figures = FrozenMap({"confidence": heard.role_confidence})
    if heard.role is Role.CLICK and sound is not None and sound.clicking and before.role_confidence < SURE:
        text = (
            f"{heard.id!r} sounds like a click track (even, equal ticks and silence between) and is left out; "
            "give its role in session.toml to keep it"
        )
        return Finding("click", text, (heard.id,), figures=figures)
    if not heard.included or heard.role_confidence >= SURE or sound is None:
        return None
    against = "; ".join(f"it {bound.text}" for bound in contradictions(heard.role, sound))
    text = (
        f"{heard.id!r} is taken for {heard.role.replace('_', ' ')} with a confidence of "
        f"{heard.role_confidence:.2f}{f' ({against})' if against else ''}: give its role in session.toml"
    )
    return Finding("role-uncertain", text, (heard.id,), figures=figures)
