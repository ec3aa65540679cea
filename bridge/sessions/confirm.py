"""Holds the role that a name says against the sound, and guesses from the sound where the name says nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from bridge.sessions.hearing import WEIGHTS, Chances, can_listen, sound_chances
from bridge.sessions.roles import NamedRole, name_roles
from bridge.sessions.sound import Sound, clicks, contradictions, hear
from bridge.sessions.weighing import NOTHING, SURE, Weighed, weigh
from console.analysis.values import SessionAnalysis, TrackAnalysis
from console.frozen import FrozenMap
from console.models.roles import class_of
from console.session import Finding, Role, Session, SessionTrack
from console.session.findings import Severity
from console.session.roles import ROLE_PHRASES, VOCAL_ROLES

UNCERTAIN, DEAF = "role-uncertain", "roles-by-name"

#: How sure a click is that no name told of.
_CLICK = 0.65
#: 1 is for roles that were given.
_SUREST = 0.99
#: What one figure that is out of range leaves of the confidence.
_CONTRADICTED = 0.6


def confirm_roles(
    session: Session,
    analysis: SessionAnalysis,
    *,
    listen: bool = True,
    weights: str | Path = WEIGHTS,
    threads: int | None = None,
) -> Session:
    """The session with roles and confidences by name and sound, and a finding for each uncertain role.

    - A name that is sure (0.6) keeps its role; the sound raises or lowers the confidence, below 0.6 only if both the
      ear and a figure of the analysis contradict.
    - A name that says little, or nothing, gives way to what the sound says; that stays below 0.6.
    - Even, equal ticks with silence between are a click track (0.65) where no name is sure, and left out.

    Roles that were given are kept, and so are silent tracks. Calling it again changes nothing.

    Args:
        session: whose tracks are to be confirmed; some seconds of their files are read.
        analysis: its analysis; tracks that are not in it are kept.
        listen: whether the network is to hear the tracks; without it (or without ONNX Runtime, which a finding
            tells) only a few figures of the analysis are held against the names.
        weights: of the network, by name or path.
        threads: how many to read with; None takes as many as there are processors.

    Raises:
        SessionError: a file cannot be read.
        ParamError: the network's weights are not there, or damaged.
    """
    names = [track.id for track in session.tracks]
    named = dict(zip(names, name_roles(names), strict=True))
    open_tracks = [track for track in session.tracks if _is_open(track, analysis.tracks.get(track.id))]
    deaf = listen and bool(open_tracks) and not can_listen()
    chances = (
        sound_chances(open_tracks, analysis.tracks, session.sample_rate_hz, weights=weights, threads=threads)
        if listen and open_tracks and not deaf
        else {}
    )
    weighed = {
        track.id: _weighed(named[track.id], hear(analysis.tracks[track.id]), chances.get(track.id))
        for track in open_tracks
    }
    weighed = _one_lead(session.tracks, weighed, analysis.tracks)
    tracks, told = [], []
    for track in session.tracks:
        if track.id not in weighed:
            tracks.append(track)
            continue
        sound = hear(analysis.tracks[track.id])
        tracks.append(_heard(track, named[track.id], weighed[track.id], sound))
        told += _told(tracks[-1], track, weighed[track.id], sound)
    kept = [finding for finding in session.findings if finding.code not in (UNCERTAIN, DEAF)]
    # Uncertain roles come last, so that a second call finds them in the same place.
    kept += sorted(told, key=lambda finding: finding.code == UNCERTAIN)
    return replace(session, tracks=tuple(tracks), findings=(*kept, *([_DEAF] if deaf else [])))


_DEAF = Finding(
    DEAF,
    "ONNX Runtime cannot be imported, so that roles are by the tracks' names; pip install onnxruntime",
    (),
    severity=Severity.NOTE,
)


def _is_open(track: SessionTrack, measured: TrackAnalysis | None) -> bool:
    return measured is not None and not measured.silent and track.role_confidence < 1.0


def _weighed(name: NamedRole, sound: Sound, chances: Chances | None) -> Weighed:
    """By name and ear; without ears, the name's role, if it says one.

    It takes both the ear and a figure to doubt a sure name, which errs far less often than the ear.
    """
    if chances is not None:
        found = weigh(name, chances)
        if found.by_sound or class_of(found.sounds) == class_of(found.role):
            return found
    elif name.role is Role.OTHER and name.confidence < SURE:
        return Weighed(*NOTHING, True, Role.OTHER)
    else:
        found = Weighed(name.role, name.confidence, False, name.role)
    against = contradictions(found.role, sound)
    if name.confidence >= SURE and not against:
        return replace(found, confidence=max(found.confidence, SURE))
    return replace(found, confidence=found.confidence * _CONTRADICTED ** len(against))


def _one_lead(
    tracks: Sequence[SessionTrack], weighed: Mapping[str, Weighed], analyses: Mapping[str, TrackAnalysis]
) -> dict[str, Weighed]:
    """Of the voices that only the sound tells of, the one that sings most leads, if no other does."""
    voices = [name for name, item in weighed.items() if item.by_sound and item.role in VOCAL_ROLES]
    roles = {track.id: track.role for track in tracks} | {name: item.role for name, item in weighed.items()}
    led = any(role is Role.LEAD_VOCAL for name, role in roles.items() if name not in voices)
    lead = max(voices, key=lambda name: (analyses[name].activity, name), default=None)
    return {
        name: replace(item, role=Role.LEAD_VOCAL if name == lead and not led else Role.BACKING_VOCAL)
        if name in voices
        else item
        for name, item in weighed.items()
    }


def _heard(track: SessionTrack, name: NamedRole, weighed: Weighed, sound: Sound) -> SessionTrack:
    doubtful = name.role is Role.OTHER or contradictions(name.role, sound)
    if name.confidence < SURE and doubtful and clicks(sound):
        return replace(track, role=Role.CLICK, role_confidence=_CLICK, included=False)
    return replace(track, role=weighed.role, role_confidence=min(round(weighed.confidence, 3), _SUREST))


def _told(heard: SessionTrack, before: SessionTrack, weighed: Weighed, sound: Sound) -> list[Finding]:
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
    why = _why(heard.role, weighed, sound)
    text = (
        f"{heard.id!r} is taken for {heard.role.replace('_', ' ')} with a confidence of "
        f"{heard.role_confidence:.2f}{f' ({why})' if why else ''}: give its role in session.toml"
    )
    return [Finding(UNCERTAIN, text, (heard.id,), figures=figures)]


def _why(role: Role, weighed: Weighed, sound: Sound) -> str:
    if weighed.by_sound:
        return "by its sound alone" if role is not Role.OTHER else ""
    against = [f"it {bound.text}" for bound in contradictions(role, sound)]
    if class_of(weighed.sounds) != class_of(role):
        against.insert(0, f"it sounds like {ROLE_PHRASES[weighed.sounds]}")
    return "; ".join(against)
