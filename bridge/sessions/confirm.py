"""Holds the role that a name says against the sound, and guesses from the sound where the name says nothing."""

from dataclasses import replace

from bridge.sessions.roles import NamedRole, name_roles
from bridge.sessions.sound import DISTINCT_ROLES, Sound, contradictions, guess, hear
from console.analysis.values import SessionAnalysis
from console.frozen import FrozenMap
from console.session import Finding, Role, Session, SessionTrack

#: Below this a role is uncertain, and a finding says so.
SURE = 0.6
UNCERTAIN = "role-uncertain"

#: What one contradiction leaves of the confidence, and how much of the doubt a fitting sound takes away.
_CONTRADICTED = 0.6
_CONFIRMED = 0.5


def confirm_roles(session: Session, analysis: SessionAnalysis) -> Session:
    """The session with roles and confidences adjusted by the sound, and a finding for each uncertain role.

    - A sound that contradicts the name lowers the confidence to 60 % for each figure out of range.
    - A sound that fits takes away half of the doubt where hardly anything else sounds like the role.
    - A track whose name says nothing, or little that the sound contradicts, gets a guess, which stays below 0.6;
      but even, equal ticks with silence between are a click track (0.65), which is left out.

    Roles that were given are kept, and so are silent tracks. Calling it again changes nothing.
    """
    named = name_roles([track.id for track in session.tracks])
    tracks, told = [], []
    for track, by_name in zip(session.tracks, named, strict=True):
        measured = analysis.tracks.get(track.id)
        if measured is None or measured.silent or track.role_confidence >= 1.0:
            tracks.append(track)
            continue
        sound = hear(measured)
        tracks.append(_heard(track, by_name, sound))
        told += _told(tracks[-1], track, sound)
    kept = [finding for finding in session.findings if finding.code != UNCERTAIN]
    # Uncertain roles come last, so that a second call finds them in the same place.
    kept += sorted(told, key=lambda finding: finding.code == UNCERTAIN)
    return replace(session, tracks=tuple(tracks), findings=tuple(kept))


def _heard(track: SessionTrack, by_name: NamedRole, sound: Sound) -> SessionTrack:
    against = contradictions(by_name.role, sound)
    role, confidence = by_name.role, by_name.confidence * _CONTRADICTED ** len(against)
    if by_name.confidence < SURE and (against or role is Role.OTHER):
        guessed, sureness = guess(sound)
        if guessed is not Role.OTHER or role is Role.OTHER:
            role, confidence = guessed, sureness
    elif not against and role in DISTINCT_ROLES:
        confidence += (1.0 - confidence) * _CONFIRMED
    left_out = role is Role.CLICK and by_name.role is not Role.CLICK
    return replace(
        track, role=role, role_confidence=round(confidence, 3), included=track.included and not left_out
    )


def _told(heard: SessionTrack, before: SessionTrack, sound: Sound) -> list[Finding]:
    """What is to be said of a track after listening to it."""
    figures = FrozenMap({"confidence": heard.role_confidence})
    if before.included and not heard.included:
        text = (
            f"{heard.id!r} sounds like a click track (even, equal ticks and silence between) and is left out; "
            "give its role in session.toml to keep it"
        )
        return [Finding("click", text, (heard.id,), figures=figures)]
    if not heard.included or heard.role_confidence >= SURE:
        return []
    against = "; ".join(f"it {bound.text}" for bound in contradictions(heard.role, sound))
    text = (
        f"{heard.id!r} is taken for {heard.role.replace('_', ' ')} with a confidence of "
        f"{heard.role_confidence:.2f}{f' ({against})' if against else ''}: give its role in session.toml"
    )
    return [Finding(UNCERTAIN, text, (heard.id,), figures=figures)]
