"""Looks at the headers of audio files without decoding them: length, rate, channels, whether all of it is there."""

from pathlib import Path

from bridge.datasets.values import Header, Trouble
from bridge.sessions.chunks import read_container
from bridge.sessions.collect import FOREIGN_SUFFIXES
from bridge.sessions.flac import contradiction
from console.mix.values import SAMPLE_RATES_HZ
from console.session.reader import open_sound

_MOST_CHANNELS = 2


def look(path: Path, *, channels: int = _MOST_CHANNELS) -> Header | Trouble:
    """The header of one file, or what is wrong with it; never raises for bad files.

    A file of more than `channels` channels is trouble, and so is one that is shorter than its header says, where
    that can be told without decoding it (WAV, AIFF, RF64 and their kin).
    """
    import soundfile

    try:
        return _look(path, channels)
    except FileNotFoundError:
        return Trouble(path, "is missing", missing=True)
    except PermissionError:
        return Trouble(path, "may not be read: permission denied")
    except OSError as error:
        return Trouble(path, f"cannot be read: {error.strerror or error}")
    except ValueError:
        return Trouble(path, "has a name that no file can have")
    except soundfile.SoundFileError as error:
        reason = str(getattr(error, "error_string", error)).rstrip(". ")
        return Trouble(path, f"is not audio that can be decoded: {reason}")


def _look(path: Path, channels: int) -> Header | Trouble:
    if not path.stat().st_size:
        return Trouble(path, "is an empty file")
    if not path.is_file():
        return Trouble(path, "is not a file")
    if path.suffix.lower() in FOREIGN_SUFFIXES:
        return Trouble(path, "is in a format that cannot be read here")
    container = read_container(path)
    with open_sound(path) as sound:
        found = Header(int(sound.samplerate), int(sound.channels), int(sound.frames))
    wrong = contradiction(path)
    low_hz, high_hz = SAMPLE_RATES_HZ
    if wrong:
        return Trouble(path, wrong)
    if not low_hz <= found.sample_rate_hz <= high_hz:
        return Trouble(path, f"says it has {found.sample_rate_hz} Hz; {low_hz} … {high_hz} Hz can be")
    if container and not container.complete:
        share = 100.0 * container.present_bytes / container.promised_bytes
        return Trouble(path, f"is cut short: {share:.1f} % of what its header promises is there")
    if not found.frames:
        return Trouble(path, "holds no samples")
    if found.channels > channels:
        return Trouble(path, f"has {found.channels} channels; a track has 1 or 2")
    return found
