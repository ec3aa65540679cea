"""A session: the tracks that go in, as values, and the reader that streams their audio."""

from console.session.findings import Finding, Severity
from console.session.roles import DRUM_ROLES, DRY_ROLES, ROLE_PHRASES, VOCAL_ROLES, Role
from console.session.values import AudioFile, Session, SessionTrack, neutral_mix

__all__ = [
    "DRUM_ROLES",
    "DRY_ROLES",
    "ROLE_PHRASES",
    "VOCAL_ROLES",
    "AudioFile",
    "Finding",
    "Role",
    "Session",
    "SessionTrack",
    "Severity",
    "neutral_mix",
]
