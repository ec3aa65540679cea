"""Finished masters and impulse responses: one file each, taken as it is."""

from bridge.datasets.build.items import Item, Rendered
from bridge.datasets.build.workbench import Workbench
from console.errors import SessionError

SUFFIXES = (".ogg", ".oga", ".opus", ".flac", ".wav", ".mp3")
IMPULSE_SUFFIXES = (".wav", ".flac")

#: Shorter than this is a jingle, longer an album in one file.
_SHORTEST_S, _LONGEST_S = 20.0, 1200.0
_LONGEST_IMPULSE_S = 30.0


def render_reference(item: Item, bench: Workbench) -> Rendered:
    """Decode a master.

    Raises:
        SessionError: it cannot be read, has more than two channels, or is no song by its length.
    """
    return _decode(item, bench, _SHORTEST_S, _LONGEST_S)


def render_impulse(item: Item, bench: Workbench) -> Rendered:
    """Decode an impulse response.

    Raises:
        SessionError: it cannot be read, has more than two channels, or lasts too long.
    """
    return _decode(item, bench, 0.0, _LONGEST_IMPULSE_S)


def _decode(item: Item, bench: Workbench, shortest_s: float, longest_s: float) -> Rendered:
    import soundfile

    try:
        with soundfile.SoundFile(item.origin.path) as file:
            rate_hz, channels, frames = file.samplerate, file.channels, file.frames
            seconds = frames / rate_hz
            if channels > 2 or frames == 0 or not shortest_s <= seconds <= longest_s:
                raise SessionError(
                    f"{item.origin.place!r} has {channels} channels and lasts {seconds:.1f} s; "
                    f"taken are 1 or 2 channels of {shortest_s:g} to {longest_s:g} s"
                )
            bench.put("mix", file.read(dtype="float32", always_2d=True).T)
    except (soundfile.SoundFileError, OSError) as error:
        raise SessionError(f"{item.origin.place!r} cannot be decoded ({error}); leave it out") from error
    return Rendered(f"libsndfile {soundfile.__libsndfile_version__}", rate_hz, mix="mix")
