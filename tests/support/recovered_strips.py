"""How near a recovered strip is to the true one, where the track can be heard."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from console.dsp.strip import StripProcessor
from console.mix import Compressor, FrozenMap, TrackStrip

Audio = NDArray[np.float32]

#: A band counts where the track is within this of its own loudest band, and within that of the mix, in dB.
OWN_DB, MIX_DB = 40.0, 15.0
#: Gain reduction counts where the true or the found one is more than this, in dB.
_WORKING_DB = 0.5


@dataclass(frozen=True)
class Judged:
    """Errors of one strip.

    `fader_db`: of fader, make-up and the mean of the response where the track is heard, which are one number to the
    ear; `bare_fader_db`: of the fader as it stands; `level_db`: of the level at which the track comes out; `tone_db`:
    the largest of the response where it is heard, its mean there taken out; `reduction_db`: the median of the gain
    reduction while the compressor works.
    """

    fader_db: float
    bare_fader_db: float
    level_db: float
    pan: float
    tone_db: float
    reduction_db: float


def judge(truth: TrackStrip, found: TrackStrip, stem: Audio, mix: Audio, rate_hz: int) -> Judged:
    """Compare a strip with the true one on its stem, which sounds, in the mix (2, samples) that it came from."""
    grid_hz = np.geomspace(50.0, min(16000.0, 0.45 * rate_hz), 60)
    out = _dry(truth, stem, rate_hz)
    heard = _heard(_third_octaves(out, grid_hz, rate_hz), _third_octaves(mix, grid_hz, rate_hz))
    made = _dry(found, stem, rate_hz)
    fader_db = found.fader_db + _makeup_db(found) - truth.fader_db - _makeup_db(truth)
    apart = _response_db(found, len(stem), grid_hz, rate_hz) - _response_db(
        truth, len(stem), grid_hz, rate_hz
    )
    apart = apart[heard]
    mean_db = float(apart.mean()) if heard.any() else 0.0
    level_db = 10.0 * np.log10(np.square(made).sum() / np.square(out).sum())
    return Judged(
        fader_db=abs(fader_db + mean_db),
        bare_fader_db=abs(fader_db),
        level_db=abs(float(level_db)),
        pan=abs(found.pan - truth.pan),
        tone_db=float(np.abs(apart - mean_db).max(initial=0.0)),
        reduction_db=_reduction_apart(truth, found, stem, rate_hz),
    )


def _makeup_db(strip: TrackStrip) -> float:
    return strip.compressor.enabled * strip.compressor.makeup_db


def _dry(strip: TrackStrip, stem: Audio, rate_hz: int) -> NDArray[np.float64]:
    return StripProcessor(replace(strip, sends=FrozenMap()), rate_hz, len(stem)).process(stem)


def _response_db(
    strip: TrackStrip, channels: int, grid_hz: NDArray[np.float64], rate_hz: int
) -> NDArray[np.float64]:
    impulse = np.zeros((channels, 16384), np.float32)
    impulse[:, 0] = 1.0
    bare = replace(strip, compressor=Compressor(), pan=0.0, fader_db=0.0)
    spectrum = np.abs(np.fft.rfft(StripProcessor(bare, rate_hz, channels).process(impulse)[0]))
    hz = np.fft.rfftfreq(16384, 1.0 / rate_hz)
    return np.asarray(20.0 * np.log10(np.interp(grid_hz, hz, spectrum) + 1e-9))


def _third_octaves(
    audio: NDArray[np.floating], grid_hz: NDArray[np.float64], rate_hz: int
) -> NDArray[np.float64]:
    power = np.square(np.abs(np.fft.rfft(audio, axis=1))).sum(axis=0)
    hz = np.fft.rfftfreq(audio.shape[1], 1.0 / rate_hz)
    total = np.concatenate([[0.0], np.cumsum(power)])
    low, high = (np.searchsorted(hz, grid_hz * 2.0**x) for x in (-1.0 / 6.0, 1.0 / 6.0))
    return np.asarray(10.0 * np.log10(total[high] - total[low] + 1e-20))


def _heard(own_db: NDArray[np.float64], mix_db: NDArray[np.float64]) -> NDArray[np.bool_]:
    return np.asarray((own_db > own_db.max() - OWN_DB) & (own_db > mix_db - MIX_DB))


def _reduction_apart(truth: TrackStrip, found: TrackStrip, stem: Audio, rate_hz: int) -> float:
    gains = []
    for strip in (truth, found):
        running = StripProcessor(strip, rate_hz, len(stem))
        running.process(stem)
        gain = running.compressor_gain_db()
        gains.append(gain if len(gain) else np.zeros(stem.shape[1] // 512 + 1))
    length = min(map(len, gains))
    wanted, made = (gain[:length] for gain in gains)
    working = np.minimum(wanted, made) < -_WORKING_DB
    return float(np.median(np.abs(wanted - made)[working])) if working.any() else 0.0
