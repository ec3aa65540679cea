"""Writes a session.toml that says what is known of a session, for the engineer to correct."""

from console.session import Session, SessionTrack

_SURE = 0.6

_HEAD = "# What mixbridge understood of this session. Correct what is wrong; remove what it shall find out itself.\n"


def write_session_template(session: Session) -> str:
    """The TOML text of a session.toml that `load_session` reads back as this session.

    Roles below a confidence of 0.6 are written as comments, so that nothing uncertain becomes certain by itself.
    """
    lines = [
        _HEAD,
        "[session]",
        f"name = {_text(session.name)}",
        f"sample_rate_hz = {session.sample_rate_hz}",
    ]
    for track in session.tracks:
        lines += ["", *_track(track, session.sample_rate_hz)]
    for track in session.tracks:
        if len(track.files) == 2:
            sides = zip(("left", "right"), track.files, strict=True)
            lines += ["", "[[join]]", *(f"{side} = {_text(file.path.name)}" for side, file in sides)]
            lines.append(f"name = {_text(track.id)}")
    return "\n".join(lines) + "\n"


def _track(track: SessionTrack, sample_rate_hz: int) -> list[str]:
    lines = [f"[tracks.{_text(track.id)}]"]
    mark = "" if track.role_confidence >= _SURE else "# "
    lines.append(f"{mark}role = {_text(track.role)}  # confidence {track.role_confidence:.2f}")
    if track.detail:
        lines.append(f"detail = {_text(track.detail)}")
    if track.group:
        lines.append(f"group = {_text(track.group)}")
    if track.locked:
        lines.append(f"lock = [{', '.join(map(_text, track.locked))}]")
    lines.append(f"leave_out = {str(not track.included).lower()}")
    if track.start_samples:
        lines.append(f"start_s = {track.start_samples / sample_rate_hz!r}")
    return lines


_ESCAPES = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\b": "\\b", "\f": "\\f"}


def _text(value: str) -> str:
    """A TOML basic string (TOML 1.0, section String)."""
    return '"' + "".join(_ESCAPES.get(letter, _plain(letter)) for letter in value) + '"'


def _plain(letter: str) -> str:
    code = ord(letter)
    return f"\\u{code:04X}" if code < 0x20 or code == 0x7F else letter
