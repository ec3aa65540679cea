"""Sessions in: audio files or a DAW's project become a Session with roles, and what there is to say of it."""

from bridge.sessions.collect import find_files
from bridge.sessions.confirm import confirm_roles
from bridge.sessions.loading import load_session
from bridge.sessions.options import SessionOptions
from bridge.sessions.projects import exporter_of, open_project
from bridge.sessions.roles import NamedRole, name_roles
from bridge.sessions.template import write_session_template

__all__ = [
    "NamedRole",
    "SessionOptions",
    "confirm_roles",
    "exporter_of",
    "find_files",
    "load_session",
    "name_roles",
    "open_project",
    "write_session_template",
]
