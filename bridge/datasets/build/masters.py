"""Finished masters and impulse responses: one file each, taken as it is."""

from pathlib import Path

from bridge.datasets.build.items import Item, Rendered
from bridge.datasets.build.workbench import Workbench
from console.errors import SessionError
from console.session.reader import open_sound

#: Shorter than this is a jingle, longer an album in one file.
_SHORTEST_S, _LONGEST_S = 20.0, 1200.0
_LONGEST_IMPULSE_S = 30.0


def render_reference(item: Item, bench: Workbench) -> Rendered:
    """Decode a master.

    Raises:
        SessionError: it cannot be read, has more than two channels, or is no song by its length.
    """
    return decode(item.origin.path, bench, name=item.origin.place)


def render_impulse(item: Item, bench: Workbench) -> Rendered:
    """Decode an impulse response.

    Raises:
        SessionError: it cannot be read, has more than two channels, or lasts too long.
    """
    return decode(item.origin.path, bench, 0.0, _LONGEST_IMPULSE_S, name=item.origin.place)


def decode(
    path: Path,
    bench: Workbench,
    shortest_s: float = _SHORTEST_S,
    longest_s: float = _LONGEST_S,
    *,
    name: str = "",
) -> Rendered:
    """A file as the mix of a song, of a song's length unless told otherwise.

    Raises:
        SessionError: it cannot be read, has more than two channels, or another length.
    """
    import soundfile

    name = name or str(path)
    try:
        with open_sound(path) as file:
            rate_hz, channels, frames = file.samplerate, file.channels, file.frames
            seconds = frames / rate_hz
            if channels > 2 or frames == 0 or not shortest_s <= seconds <= longest_s:
                raise SessionError(
                    f"{name!r} has {channels} channels and lasts {seconds:.1f} s; "
                    f"taken are 1 or 2 channels of {shortest_s:g} to {longest_s:g} s"
                )
            bench.put("mix", file.read(dtype="float32", always_2d=True).T)
    except (soundfile.SoundFileError, OSError) as error:
        raise SessionError(f"{name!r} cannot be decoded ({error}); leave it out") from error
    return Rendered(f"libsndfile {soundfile.__libsndfile_version__}", rate_hz, mix="mix")
