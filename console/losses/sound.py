"""The sound of a finished mix in figures: crest, width, balance, spectra of mid and side, spread of levels.

All of it refers to the signal at −18 LUFS, so that two mixes are compared at one loudness. With M = (L + R)/√2 and
S = (L − R)/√2:

- crest: sample peak over the root of the mean square of the whole signal, in dB;
- width: energy of S over that of M in dB, no lower than −60 dB;
- balance: energy of R over that of L in dB;
- mid, side: mean power of M and of S in each of the 24 critical bands (Bark) in dB re 1, no lower than −100 dB
  and −80 dB: below that nobody hears it, and silence may not outweigh everything else;
- spread: the 95th less the 10th percentile of the levels of successive 0.4 s, in dB.

After the audio features of Diff-MST (Vanka et al., ISMIR 2024), but in dB and with the side floored.
"""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from console.analysis.parts import BarkMeter, LoudnessMeter
from console.analysis.values import BARK_BANDS
from console.errors import ParamError

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]

#: The loudness at which sounds are compared, in LUFS.
LOUDNESS_LUFS = -18.0
WIDTH_FLOOR_DB = -60.0
MID_FLOOR_DB, SIDE_FLOOR_DB = -100.0, -80.0
#: Length of the levels whose spread is told, and the percentiles that it spans.
LEVEL_S = 0.4
SPREAD_PERCENTILES = (10.0, 95.0)
#: Less than this says nothing about a song.
SHORTEST_S = 1.0

_LEVEL_FLOOR = 1e-10


@dataclass(frozen=True, slots=True)
class Sound:
    """How a finished mix, or a style, sounds; see the module for what each figure is.

    `mid_db` and `side_db` have one entry a critical band. `loudness_lufs` is that of the original; it takes part in
    no comparison.
    """

    crest_db: float
    width_db: float
    balance_db: float
    spread_db: float
    mid_db: tuple[float, ...]
    side_db: tuple[float, ...]
    loudness_lufs: float = LOUDNESS_LUFS

    def __post_init__(self) -> None:
        for name in ("mid_db", "side_db"):
            if len(getattr(self, name)) != BARK_BANDS:
                raise ParamError(
                    f"{name} has {len(getattr(self, name))} entries; give {BARK_BANDS}, one a critical band"
                )
        values = (self.crest_db, self.width_db, self.balance_db, self.spread_db, self.loudness_lufs)
        if not np.isfinite([*values, *self.mid_db, *self.side_db]).all():
            raise ParamError(
                "a figure of a sound is not finite; give numbers, −80 or −100 dB where a band is silent"
            )

    @property
    def mono(self) -> bool:
        """Whether it has next to no side, so that it says nothing about a stereo image."""
        return self.width_db <= -45.0


@dataclass(frozen=True, slots=True)
class Terms:
    """How far two sounds lie apart, term by term, in dB; of the spectra the mean over the bands."""

    crest_db: float
    width_db: float
    balance_db: float
    mid_db: float
    side_db: float
    spread_db: float

    @property
    def total(self) -> float:
        """The sum of all terms."""
        return float(sum(getattr(self, item.name) for item in fields(self)))


def distance(first: Sound, second: Sound) -> Terms:
    """How far two sounds lie apart, each term an absolute difference in dB."""

    def apart(name: str) -> float:
        return float(np.mean(np.abs(np.subtract(getattr(first, name), getattr(second, name)))))

    return Terms(**{item.name: apart(item.name) for item in fields(Terms)})


def mean_sound(sounds: tuple[Sound, ...]) -> Sound:
    """The sound between several: each figure the mean in dB.

    Raises:
        ParamError: there is none.
    """
    if not sounds:
        raise ParamError("0 sounds have no mean; give at least one reference")
    means: dict[str, float | tuple[float, ...]] = {}
    for item in fields(Sound):
        value = np.mean([getattr(sound, item.name) for sound in sounds], axis=0)
        means[item.name] = tuple(value.tolist()) if isinstance(value, np.ndarray) else float(value)
    return Sound(**means)  # type: ignore[arg-type]


class SoundMeter:
    """Measures a stereo signal block by block; the size of the blocks does not matter."""

    def __init__(self, sample_rate_hz: int) -> None:
        """Prepare for a stereo signal at this rate in Hz.

        Raises:
            ParamError: a sample rate that cannot be analysed.
        """
        self._rate_hz = sample_rate_hz
        self._loudness = LoudnessMeter(sample_rate_hz, 2)
        self._mid, self._side = BarkMeter(sample_rate_hz), BarkMeter(sample_rate_hz)
        self._frame = round(LEVEL_S * sample_rate_hz)
        self._rest = np.zeros(0)
        self._levels: list[Float64] = []
        self._energy = np.zeros(4)  # of L, R, M and S
        self._peak = 0.0
        self._samples = 0

    def push(self, block: NDArray[np.floating]) -> None:
        """Take the next samples, (2, samples)."""
        left, right = (side.astype(np.float64) for side in block)
        mid, side = (left + right) * np.sqrt(0.5), (left - right) * np.sqrt(0.5)
        self._loudness.push(np.ascontiguousarray(block, dtype=np.float32))
        self._mid.push(mid[None].astype(np.float32))
        self._side.push(side[None].astype(np.float32))
        # Not x @ x: its threads wait for one another longer than one of them counts.
        self._energy += [float(np.square(x).sum()) for x in (left, right, mid, side)]
        self._peak = max(self._peak, float(np.abs(block).max(initial=0.0)))
        self._samples += block.shape[1]
        power = np.concatenate((self._rest, 0.5 * (left * left + right * right)))
        whole = len(power) // self._frame * self._frame
        self._levels.append(power[:whole].reshape(-1, self._frame).mean(axis=1))
        self._rest = power[whole:]

    def result(self, name: str = "the audio") -> Sound:
        """The sound of everything that was pushed.

        Raises:
            ParamError: shorter than a second, silent, or not finite.
        """
        seconds = self._samples / self._rate_hz
        if seconds < SHORTEST_S:
            raise ParamError(
                f"{name} is {seconds:.2f} s long; give at least {SHORTEST_S:g} s, better a whole section of a song"
            )
        if not np.isfinite(self._energy).all():
            raise ParamError(f"{name} holds samples that are not finite numbers; export it again")
        loudness_lufs = self._loudness.result()
        if loudness_lufs < -70.0:
            raise ParamError(f"{name} is silent ({loudness_lufs:.0f} LUFS); give a passage that sounds")
        gain_db = LOUDNESS_LUFS - loudness_lufs
        left, right, mid, side = self._energy
        mean_square = 0.5 * (left + right) / self._samples
        power = np.concatenate(self._levels) * 10.0 ** (gain_db / 10.0)
        levels_db = 10.0 * np.log10(power + _LEVEL_FLOOR)
        low_db, high_db = np.percentile(levels_db, SPREAD_PERCENTILES)
        return Sound(
            crest_db=20.0 * float(np.log10(self._peak)) - 10.0 * float(np.log10(mean_square)),
            width_db=max(WIDTH_FLOOR_DB, _ratio_db(side, mid)),
            balance_db=_ratio_db(right, left),
            spread_db=float(high_db - low_db),
            mid_db=_band_levels_db(self._mid, gain_db, MID_FLOOR_DB),
            side_db=_band_levels_db(self._side, gain_db, SIDE_FLOOR_DB),
            loudness_lufs=loudness_lufs,
        )


def _ratio_db(over: float, under: float) -> float:
    """A ratio of energies in dB, within ±60 dB."""
    return float(10.0 * np.log10(max(over, 1e-6 * under, 1e-30) / max(under, 1e-6 * over, 1e-30)))


def _band_levels_db(meter: BarkMeter, gain_db: float, floor_db: float) -> tuple[float, ...]:
    bark_db = meter.result().astype(np.float64)
    mean_db = 10.0 * np.log10(np.mean(10.0 ** (bark_db / 10.0), axis=0)) + gain_db
    return tuple(np.maximum(mean_db, floor_db).tolist())


def measure_sound(audio: NDArray[np.floating], sample_rate_hz: int, name: str = "the audio") -> Sound:
    """The sound of a whole signal, (2, samples).

    Raises:
        ParamError: shorter than a second, silent, not finite, or not stereo.
    """
    if audio.ndim != 2 or len(audio) != 2:
        raise ParamError(f"{name} has the shape {audio.shape}; give (2, samples)")
    meter = SoundMeter(sample_rate_hz)
    for start in range(0, audio.shape[1], 10 * sample_rate_hz):
        meter.push(audio[:, start : start + 10 * sample_rate_hz])
    return meter.result(name)
