"""Reads the finished mix, refuses what none is, and lays it on the session's time line."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from console.errors import ParamError, SessionError
from console.losses.sound import SHORTEST_S
from console.session import Session
from console.session.reader import TrackReader, open_sound

Audio = NDArray[np.float32]

_SILENT = 1e-5
_BLOCK_S = 10


def read_target(path: Path, sample_rate_hz: int) -> tuple[Audio, bool]:
    """A finished mix at the session's rate, (2, samples), and whether the file is mono.

    Raises:
        SessionError: it cannot be read, or is no audio.
        ParamError: silent, under a second, not finite, or of more than two channels.
    """
    import soundfile

    name = path.name
    try:
        with open_sound(path) as file:
            if file.channels > 2:
                raise ParamError(
                    f"the mix {name!r} has {file.channels} channels; give a stereo or mono mixdown"
                )
            rate_hz = file.samplerate
            data = file.read(dtype="float32", always_2d=True)
    except (soundfile.SoundFileError, OSError) as error:
        raise SessionError(f"the mix {str(path)!r} cannot be read ({error}); give an audio file") from None
    return check_target(np.ascontiguousarray(data.T), rate_hz, sample_rate_hz, name)


def check_target(
    audio: Audio, rate_hz: int, sample_rate_hz: int, name: str = "the mix"
) -> tuple[Audio, bool]:
    """A finished mix, (1 or 2, samples), as stereo at the session's rate, and whether it is mono.

    Raises:
        ParamError: silent, under a second, not finite, or of another shape.
    """
    if audio.ndim != 2 or len(audio) not in (1, 2):
        raise ParamError(f"{name!r} has the shape {audio.shape}; give (1 or 2 channels, samples)")
    seconds = audio.shape[1] / rate_hz
    if seconds < SHORTEST_S:
        raise ParamError(
            f"the mix {name!r} is {seconds:.2f} s long; give at least {SHORTEST_S:g} s, best all of it"
        )
    if not np.isfinite(audio).all():
        raise ParamError(f"the mix {name!r} holds samples that are not finite numbers; export it again")
    if float(np.abs(audio).max()) < _SILENT:
        raise ParamError(
            f"the mix {name!r} is silent (below {20 * math.log10(_SILENT):.0f} dBFS); give one that sounds"
        )
    mono = len(audio) == 1 or np.array_equal(audio[0], audio[1])
    if len(audio) == 1:
        # A mono fold of centred tracks has them at -3 dB on either side.
        audio = np.repeat(audio, 2, axis=0)
    if rate_hz != sample_rate_hz:
        import soxr

        audio = np.ascontiguousarray(soxr.resample(audio.T, rate_hz, sample_rate_hz, quality="VHQ").T)
    return audio.astype(np.float32, copy=False), mono


def stem_sum(session: Session) -> Audio:
    """The sum of all stems to be mixed, each brought to one level, mono, (samples,).

    Raises:
        SessionError: a file cannot be decoded.
        ParamError: everything is silent.
    """
    total = np.zeros(session.samples, dtype=np.float32)
    block = _BLOCK_S * session.sample_rate_hz
    heard = False
    for track in session.included:
        with TrackReader(track, session.sample_rate_hz) as reader:
            parts = [
                reader.read(min(block, session.samples - at)).mean(axis=0)
                for at in range(0, session.samples, block)
            ]
        signal = np.concatenate(parts) if parts else np.zeros(0, np.float32)
        level = float(np.sqrt(np.mean(np.square(signal, dtype=np.float64)))) if len(signal) else 0.0
        if level > 0.0:
            heard = True
            total += signal / np.float32(level)
    if not heard:
        raise ParamError("every stem of the session is silent; give the stems that the mix was made of")
    return total
