"""Plays a Mix over a digest by the console's own processors, and counts energies on the way.

Where the strips' own processing ends (before width, pan and fader) the energies of all channels with one another are
summed up per band: from these the model works out what faders, pans, widths, sends and equalizers do.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import fft

from console.analysis import TrackAnalyzer
from console.analysis.masking import masking
from console.dsp.bus import BusProcessor, MasterProcessor
from console.dsp.limiter import LimiterProcessor
from console.dsp.pan import FaderCurve, output_matrix
from console.dsp.strip import StripProcessor
from console.estimators.match.digest import Digest
from console.losses.bands import BANDS, bin_edges
from console.losses.sound import Sound, SoundMeter
from console.mix import Automation, BusKind, Compressor, Equalizer, Input, Master, Mix, TrackStrip
from console.mix.values import MASTER
from console.params import spec
from console.units import db_to_gain

Block = NDArray[np.float64]
Float32 = NDArray[np.float32]

#: Frames of the transform, in seconds, overlapping by half; and frames that are summed up for one moment.
_FRAME_S = 0.09
_FRAMES_A_MOMENT = 8
#: Blocks are as many moments.
_MOMENTS_A_BLOCK = 8
_SEND_OFF_DB = spec("strip.send_db").low
#: Audibility of what is silent.
_CLEAR_DB = 20.0


@dataclass(frozen=True, slots=True, eq=False)
class Played:
    """What a Mix made of a digest.

    - `covariance` (BANDS, channels, channels): mean products of all strips' channels in each band, behind the
      strips' own processing; `owners` (channels,) tells the track of each channel;
    - `moments` (moments, BANDS, tracks): power over time of each strip there, its channels summed;
    - `audibility_db` (tracks,): how far each track stands out, by console.analysis.masking;
    - `before` (2, samples): the mix as it enters the master's compressor; `master` how that was set; `sound` that of
      the finished mix.
    """

    tracks: tuple[str, ...]
    owners: NDArray[np.int64]
    covariance: Block
    moments: Block
    audibility_db: Block
    before: Block
    master: Master
    sound: Sound


def play(
    mix: Mix, digest: Digest, workers: int = 2, set_master: Callable[[Block], Master] | None = None
) -> Played:
    """Run a whole mix over the digest.

    Args:
        mix: what to play.
        digest: the audio.
        workers: threads for the tracks.
        set_master: given what enters the master's compressor, says how the master is to be set; without it
            the master is the mix's own.

    Raises:
        RenderError: a strip's audio is not finite.
        ParamError: the mix is silent.
    """
    rate = digest.sample_rate_hz
    strips = [strip for strip in mix.tracks if strip.id in digest.audio]
    running = [StripProcessor(bare(strip), rate, len(digest.audio[strip.id])) for strip in strips]
    matrices = [output_matrix(len(digest.audio[s.id]), s.pan, s.width) for s in strips]
    counter = _Counter(digest, strips)
    meters = [TrackAnalyzer(rate, 2) for _ in strips]
    buses = {bus.id: BusProcessor(bus, rate) for bus in mix.buses}
    kinds = {bus.id: bus.kind for bus in mix.buses}
    order = sorted(buses, key=lambda name: (kinds[name] is BusKind.FX, name))
    master = MasterProcessor(replace(mix.master, compressor=Compressor()), rate)
    before = np.empty((2, digest.samples))
    with ThreadPoolExecutor(workers, thread_name_prefix="match") as pool:
        for start in range(0, digest.samples, counter.block):
            end = min(start + counter.block, digest.samples)
            spans = [(running[i], digest.audio[strips[i].id][:, start:end]) for i in range(len(strips))]
            outs = list(pool.map(_strip_block, spans))
            counter.count(outs)
            sums = {name: np.zeros((2, end - start)) for name in (MASTER, *buses)}
            gains = [fader_gains(strip, digest, start, end) for strip in strips]
            panned = [(matrix @ out) * gain for matrix, out, gain in zip(matrices, outs, gains, strict=True)]
            list(pool.map(_measure, meters, panned))
            for strip, stereo in zip(strips, panned, strict=True):
                sums[strip.output] += stereo
                for name, level_db in strip.sends.items():
                    if level_db > _SEND_OFF_DB:
                        sums[name] += stereo * db_to_gain(level_db)
            for name in order:
                sums[MASTER] += buses[name].process(sums[name])
            before[:, start:end] = master.process(sums[MASTER])
    chosen = mix.master if set_master is None else set_master(before)
    finished = finish(before, chosen, rate)
    meter = SoundMeter(rate)
    for start in range(0, digest.samples, counter.block):
        meter.push(finished[:, start : start + counter.block])
    return Played(
        tracks=tuple(strip.id for strip in strips),
        owners=counter.owners,
        covariance=counter.covariance / max(counter.frames, 1),
        moments=counter.moments(),
        audibility_db=_audibility_db(meters),
        before=before,
        master=chosen,
        sound=meter.result("the mix"),
    )


def bare(strip: TrackStrip) -> TrackStrip:
    """The strip up to its compressor; its time shift is in the digest already."""
    shifted = Input(strip.input.gain_db, strip.input.invert_polarity, 0.0)
    return replace(strip, input=shifted, width=1.0, pan=0.0, fader_db=0.0, automation=Automation())


def fader_gains(strip: TrackStrip, digest: Digest, start: int, end: int) -> Block | float:
    """Gain of the fader over samples of the digest; one number where it does not move."""
    moves = strip.automation.fader_db
    if not moves:
        return float(db_to_gain(strip.fader_db))
    curve = FaderCurve(moves, digest.sample_rate_hz)
    return np.concatenate([curve.gains(first, count) for first, count in digest.pieces(start, end)])


def finish(before: Block, master: Master, sample_rate_hz: int) -> Block:
    """The master's compressor and limiter over its equalized input, (2, samples), lined up with it."""
    out = MasterProcessor(replace(master, equalizer=Equalizer()), sample_rate_hz).process(before)
    if not master.limiter.enabled:
        return out
    limiter = LimiterProcessor(master.limiter, 2, sample_rate_hz)
    late = limiter.latency
    limited, _ = limiter.process(np.concatenate((out, np.zeros((2, late))), axis=1))
    return np.asarray(limited[:, late:])


def _strip_block(span: tuple[StripProcessor, Float32]) -> Block:
    """The next block of a strip's channels, (1 or 2, samples); a mono one without the pan's −3 dB."""
    running, audio = span
    out = running.process(audio)
    return out if len(audio) == 2 else out[:1] * np.sqrt(2.0)


def _measure(meter: TrackAnalyzer, stereo: Block) -> None:
    meter.push(stereo.astype(np.float32))


def _audibility_db(meters: Sequence[TrackAnalyzer]) -> Block:
    """How far each track stands out among those that sound, (tracks,)."""
    results = {str(number): meter.result() for number, meter in enumerate(meters)}
    heard = {name: result for name, result in results.items() if not result.silent}
    found = masking(
        {name: result.bark_db for name, result in heard.items()},
        {name: result.active for name, result in heard.items()},
    ).audibility_db
    return np.array([found[name] if name in heard else _CLEAR_DB for name in results])


class _Counter:
    """Sums up products of spectra over the whole digest."""

    def __init__(self, digest: Digest, strips: Sequence[TrackStrip]) -> None:
        rate = digest.sample_rate_hz
        self._hop = fft.next_fast_len(round(0.5 * _FRAME_S * rate), real=True)
        self._edges = bin_edges(rate, 2 * self._hop)
        self._window = np.hanning(2 * self._hop + 1)[:-1].astype(np.float32)
        self.block = self._hop * _FRAMES_A_MOMENT * _MOMENTS_A_BLOCK
        channels = [len(digest.audio[strip.id]) for strip in strips]
        self.owners = np.repeat(np.arange(len(strips)), channels)
        self.covariance = np.zeros((BANDS, len(self.owners), len(self.owners)))
        self.frames = 0
        self._tail = np.zeros((len(self.owners), self._hop), np.float32)
        self._moments: list[Block] = []
        self._first_channels = np.cumsum([0, *channels])[:-1]

    def count(self, outs: Sequence[Block]) -> None:
        """Take the next block of every strip."""
        audio = np.concatenate(outs).astype(np.float32)
        spare = -audio.shape[1] % self._hop
        audio = np.concatenate((self._tail, np.pad(audio, ((0, 0), (0, spare)))), axis=1)
        self._tail = audio[:, -self._hop :]
        count = audio.shape[1] // self._hop - 1
        frames = np.lib.stride_tricks.sliding_window_view(audio, 2 * self._hop, axis=1)[:, :: self._hop]
        spectra = fft.rfft(frames * self._window, axis=-1)
        # Scaled so that a band's figure is its mean square: Hann's own mean square is 3/8.
        spectra *= np.float32(np.sqrt(2.0 / (0.375 * (2.0 * self._hop) ** 2)))
        power = np.zeros((count, BANDS, len(self.owners)))
        for band in range(BANDS):
            low, high = self._edges[band], self._edges[band + 1]
            if high <= low:
                continue
            part = np.ascontiguousarray(spectra[:, :, low:high]).view(np.float32)
            flat = part.reshape(len(part), -1)
            self.covariance[band] += flat @ flat.T
            power[:, band] = np.einsum("cfk,cfk->fc", part, part)
        self.frames += count
        whole = np.add.reduceat(power, np.arange(0, count, _FRAMES_A_MOMENT), axis=0)
        lengths = np.diff(np.append(np.arange(0, count, _FRAMES_A_MOMENT), count))
        by_track = np.add.reduceat(whole, self._first_channels, axis=2)
        self._moments.append(by_track / lengths[:, None, None])

    def moments(self) -> Block:
        """Power of each strip over time, (moments, BANDS, tracks)."""
        return np.concatenate(self._moments)
