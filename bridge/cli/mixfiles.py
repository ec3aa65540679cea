"""Mix files named on the command line, and the sessions that they belong to."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from console.errors import ParamError
from console.progress import Progress

if TYPE_CHECKING:
    from console.mix import Mix
    from console.session import Session


def read_mix(path: Path) -> "Mix":
    """The mix in a file.

    Raises:
        ParamError: it cannot be read, or is no mix.
    """
    from console.mix import load_mix

    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ParamError(
            f"{path} is not UTF-8 (byte {error.start}); give a mix.json that mixbridge wrote"
        ) from None
    except OSError as error:
        raise ParamError(
            f"cannot read {path}: {error.strerror}; give a mix.json that mixbridge wrote"
        ) from None
    return load_mix(text, source=str(path))


def session_of(
    mix: "Mix", inputs: Sequence[Path], session_file: Path | None, progress: Progress
) -> "Session":
    """The session on whose stems a mix was made, at the mix's sample rate.

    Raises:
        SessionError: it cannot be read.
        ParamError: its tracks are not those of the mix.
    """
    from bridge.sessions import SessionOptions, load_session

    options = SessionOptions(sample_rate_hz=mix.sample_rate_hz, session_file=session_file)
    session = load_session(inputs, options=options, progress=progress)
    missing = sorted({track.id for track in mix.tracks} - {track.id for track in session.tracks})
    if missing:
        raise ParamError(
            f"the mix has the track {missing[0]!r}, the session has not; give the stems that the mix was made of"
        )
    return session
