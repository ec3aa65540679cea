"""matchering (PyPI, GPL-3) on the equal-loudness sum: what matching a finished mix alone is worth."""

import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import soundfile

from bridge.evaluation.plain import equal_loudness
from bridge.evaluation.values import AbsentError, Float64, Made, Task
from console.errors import RenderError

#: What matchering works at; it resamples everything else to it.
_RATE_HZ = 44_100
_PEAK = 0.5


def matchering(task: Task) -> Made:
    """The equal-loudness sum, mastered to the reference, its limiter included.

    Raises:
        AbsentError: the package is not installed, or there is no reference.
        RenderError: matchering refuses the pair.
    """
    try:
        with _unwarned():
            import matchering as package
            from matchering.log.exceptions import ModuleError
    except ImportError:
        raise AbsentError("matchering is not installed; pip install 'mixbridge[evaluation]'") from None
    if task.reference is None:
        raise AbsentError("0 references are given; give one with --reference")
    rate, samples = task.session.sample_rate_hz, task.session.samples
    audio = equal_loudness(task).audio
    peak = float(np.abs(audio).max(initial=0.0))
    if peak <= 0.0:
        raise RenderError(f"{task.song.name!r} is silent; give stems that sound")
    with tempfile.TemporaryDirectory(prefix="mixbridge-") as scratch:
        target, reference, result = (
            Path(scratch) / f"{name}.wav" for name in ("target", "reference", "result")
        )
        _write(target, _PEAK / peak * audio, rate)
        _write(reference, task.reference.audio, rate)
        try:
            with _unwarned():
                package.process(
                    target=str(target),
                    reference=str(reference),
                    results=[package.Result(str(result), "FLOAT")],
                )
        except ModuleError as error:
            raise RenderError(
                f"matchering refuses the pair ({error}); give longer stems or a reference"
            ) from error
        made, made_rate = soundfile.read(result, always_2d=True)
    return Made(_fitted(_resampled(np.asarray(made.T), made_rate, rate), samples))


@contextmanager
def _unwarned() -> Iterator[None]:
    """What its dependencies warn of is theirs, and says nothing about the pair."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _write(path: Path, audio: Float64, rate: int) -> None:
    soundfile.write(path, _resampled(audio, rate, _RATE_HZ).T, _RATE_HZ, "FLOAT")


def _resampled(audio: Float64, from_hz: int, to_hz: int) -> Float64:
    if from_hz == to_hz:
        return audio
    import soxr

    return np.ascontiguousarray(soxr.resample(audio.T, from_hz, to_hz, "HQ").T, dtype=np.float64)


def _fitted(audio: Float64, samples: int) -> Float64:
    return np.pad(audio[:, :samples], ((0, 0), (0, max(0, samples - audio.shape[1]))))
