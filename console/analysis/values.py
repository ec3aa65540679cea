"""What the analysis measures, as values: one track, a pair of microphones, a session."""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from console.frozen import FrozenMap

FloatArray = NDArray[np.float32]

#: Hop of everything that is measured over time, in seconds.
HOP_S = 0.1

#: Edges of Zwicker's 24 critical bands (Bark), in Hz; E. Zwicker, JASA 33 (1961).
BARK_EDGES_HZ = (
    0.0, 100.0, 200.0, 300.0, 400.0, 510.0, 630.0, 770.0, 920.0, 1080.0, 1270.0, 1480.0, 1720.0,
    2000.0, 2320.0, 2700.0, 3150.0, 3700.0, 4400.0, 5300.0, 6400.0, 7700.0, 9500.0, 12000.0, 15500.0,
)  # fmt: skip
BARK_BANDS = len(BARK_EDGES_HZ) - 1


#: What moves with a gain.
_LEVELS = (
    "integrated_lufs",
    "max_momentary_lufs",
    "max_short_term_lufs",
    "true_peak_dbtp",
    "sample_peak_dbfs",
    "rms_dbfs",
    "momentary_lufs",
    "short_term_lufs",
    "bark_db",
    "peak_db",
    "spectrum_db",
)


@dataclass(frozen=True, slots=True, eq=False)
class TrackAnalysis:
    """One signal, mono or stereo, measured from its first to its last sample.

    Levels of silence are SILENCE_DB. Arrays over time have one entry per HOP_S, the first window beginning at
    sample 0; they are read-only float32.

    - `momentary_lufs` (frames): loudness of 0.4 s windows (ITU-R BS.1770), each ending at its hop's end;
    - `bark_db` (frames, 24): mean power in each critical band, channels summed (mono x², stereo L² + R²),
      in dB re 1 (a mono sine at full scale: −3.01);
    - `peak_db` (frames): sample peak in each hop, dBFS;
    - `spectrum_db` (sixth octaves): long-term mean power per 1/6-octave band, over the time it is active;
    - `spectrum_hz`: centres of those bands;
    - `level_histogram` (bins): share of time of 10 ms RMS levels, in 1 dB bins from −100 to 0 dBFS.
    """

    sample_rate_hz: int
    channels: int
    samples: int
    integrated_lufs: float
    max_momentary_lufs: float
    max_short_term_lufs: float
    loudness_range_lu: float
    true_peak_dbtp: float
    sample_peak_dbfs: float
    rms_dbfs: float
    crest_db: float
    transients_per_s: float
    transient_rise_db: float
    width_db: float
    correlation: float
    balance_db: float
    dc_offset: tuple[float, ...]
    clipped_runs: int
    longest_clip_samples: int
    nonfinite_samples: int
    dual_mono: bool
    momentary_lufs: FloatArray
    short_term_lufs: FloatArray
    bark_db: FloatArray
    peak_db: FloatArray
    spectrum_hz: FloatArray
    spectrum_db: FloatArray
    level_histogram: FloatArray

    def behind_gain(self, gain_db: float) -> "TrackAnalysis":
        """What would be measured behind a gain that clips nothing; the histogram keeps its place."""
        return replace(self, **{name: getattr(self, name) + gain_db for name in _LEVELS})

    @property
    def silent(self) -> bool:
        """Whether nothing in it rises above −80 dBFS."""
        return self.sample_peak_dbfs < -80.0

    @property
    def active(self) -> NDArray[np.bool_]:
        """Per hop, whether the track plays: momentary loudness within 20 LU below its gated loudness."""
        return np.asarray(self.momentary_lufs > max(self.integrated_lufs - 20.0, -70.0))

    @property
    def activity(self) -> float:
        """Share of the time in which the track plays, 0 … 1."""
        return float(self.active.mean()) if self.active.size else 0.0


@dataclass(frozen=True, slots=True)
class PairAnalysis:
    """Two tracks that hear the same source.

    `delay_samples` > 0: `second` hears it later than `first`. `inverted`: the strongest correlation is
    negative. `correlation` is the normalised cross-correlation at that delay, with its sign; `zero_lag_correlation` the
    one without shifting.
    """

    first: str
    second: str
    delay_samples: float
    inverted: bool
    correlation: float
    zero_lag_correlation: float


@dataclass(frozen=True, slots=True, eq=False)
class SessionAnalysis:
    """Every track of a session by its id, the plain sum of the included ones, and the correlated pairs.

    Arrays of tracks are on the session's time line: entry 0 is the session's start, whatever the track's own.
    """

    tracks: FrozenMap[TrackAnalysis]
    sum: TrackAnalysis
    pairs: tuple[PairAnalysis, ...] = field(default=())
    duplicates: tuple[tuple[str, str], ...] = ()
