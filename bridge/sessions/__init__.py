"""Sessions in: a folder or a list of audio files becomes a Session with roles, and says what it found."""

from bridge.sessions.confirm import confirm_roles
from bridge.sessions.loading import load_session
from bridge.sessions.options import SessionOptions
from bridge.sessions.roles import NamedRole, name_roles
from bridge.sessions.template import write_session_template

__all__ = [
    "NamedRole",
    "SessionOptions",
    "confirm_roles",
    "load_session",
    "name_roles",
    "write_session_template",
]
