"""A finished render: its measurements, and the mix file that is written from it at any master fader."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import numpy as np

from bridge.files import check_target, whole_file
from bridge.render.wav import WavWriter, encoding
from bridge.render.workfile import WorkFile
from console.analysis.values import FloatArray, TrackAnalysis
from console.errors import RenderError
from console.units import db_to_gain, gain_to_db

_CHANNELS = 2


@dataclass(frozen=True, slots=True, eq=False)
class Rendered:
    """The mix before the master's fader; a context manager whose end deletes the temporary file.

    Attributes:
        sample_rate_hz: the session's rate.
        measurement: of the master before its fader.
        gain_reduction: per compressor in use, the most reduction in dB (at or above 0) of each 0.1 s; keys are
            track ids, and `bus_key` of the buses and of "master".
        gate_reduction: the same of the gates in use.
        limiter_reduction: the same of the master's limiter; all 0 when it is off.
        stems: the stem files that were written.
        sources: the session's own files, which are never written.
    """

    sample_rate_hz: int
    measurement: TrackAnalysis
    gain_reduction: Mapping[str, FloatArray]
    gate_reduction: Mapping[str, FloatArray]
    limiter_reduction: FloatArray
    stems: tuple[Path, ...]
    sources: tuple[Path, ...]
    work: WorkFile

    @property
    def samples(self) -> int:
        """Length of the mix, its tail included."""
        return self.work.samples

    def write(self, path: Path, *, fader_db: float, subtype: str = "PCM_24", force: bool = False) -> None:
        """Write the mix through the master's fader as WAV (RF64 over 4 GB); the same bytes every time.

        Args:
            path: appears whole or not at all.
            fader_db: level of the master's fader.
            subtype: PCM_16 (with dither), PCM_24 or FLOAT.
            force: replace a file that is there, unless it belongs to the session.

        Raises:
            RenderError: the file is there, the mix would clip in an integer format, the subtype is unknown,
                the disk is full, or the place cannot be written to.
        """
        form = encoding(subtype)
        gain = db_to_gain(fader_db)
        peak_db = gain_to_db(self.work.peak * gain)
        if form.integer and self.work.peak * gain > 1.0:
            raise RenderError(
                f"the mix would clip: its peak is {peak_db:+.2f} dBFS with the master fader at {fader_db:g} dB, "
                f"and {subtype} ends at 0 dBFS; set the fader to {_highest_fader_db(self.work.peak):g} dB or "
                "lower, switch the limiter on, or write FLOAT"
            )
        check_target(path, force=force, sources=self.sources)
        with whole_file(path) as temporary:
            writer = WavWriter(temporary, form, _CHANNELS, self.sample_rate_hz)
            for frames in self.work.blocks():
                writer.write(frames * np.float64(gain))
            writer.finish()

    def close(self) -> None:
        """Delete the temporary file."""
        self.work.delete()

    def __enter__(self) -> Rendered:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _highest_fader_db(peak: float) -> float:
    """The highest level, in tenths of a dB, that keeps the peak at or under full scale."""
    return math.floor(-200.0 * math.log10(peak)) / 10.0
