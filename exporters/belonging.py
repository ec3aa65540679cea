"""Whether a mix and a session belong together."""

from console.errors import ExportError
from console.mix import Mix
from console.session import Session, SessionTrack


def session_tracks(mix: Mix, session: Session) -> dict[str, SessionTrack]:
    """The session's tracks by their ids, every strip's among them.

    Raises:
        ExportError: the mix is at another sample rate, or has a track that the session lacks.
    """
    if mix.sample_rate_hz != session.sample_rate_hz:
        raise ExportError(
            f"the mix is at {mix.sample_rate_hz} Hz and the session at {session.sample_rate_hz} Hz; "
            "give the mix that was made from this session"
        )
    known = {track.id: track for track in session.tracks}
    missing = next((strip.id for strip in mix.tracks if strip.id not in known), None)
    if missing is not None:
        raise ExportError(
            f"the mix has a track {missing!r} that the session lacks; give the mix that was made from it"
        )
    return known
