"""What of a song `match` listens to: all of a short one, windows from every part of a long one.

The song is cut into as many stretches as there is room for windows. Of each, the window is taken in which the most
goes on, among those about as loud as their stretch is, so that quiet parts stay quiet; one more window holds
the highest peak. The windows follow one another in their order and are processed as one piece.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from console.analysis.values import HOP_S, SessionAnalysis
from console.dsp.shift import split_delay
from console.mix import Mix
from console.session import Session, SessionTrack
from console.session.reader import TrackReader

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]

#: Length of a window.
WINDOW_S = 4.0
#: The most that is listened to, in seconds, and in seconds times channels: memory and time have an end.
_MOST_S = 60.0
_MOST_CHANNEL_SECONDS = 2400.0
_LEAST_S = 16.0
#: Windows further than this from their stretch's level do not stand for it.
_ALIKE_DB = 3.0
_FADE_S = 0.005


@dataclass(frozen=True, slots=True, eq=False)
class Digest:
    """The audio of each track in the chosen windows, (channels, samples), aligned as the mix asks.

    `windows` holds (first sample, end) of each window in the session.
    """

    sample_rate_hz: int
    windows: tuple[tuple[int, int], ...]
    audio: dict[str, Float32]

    @property
    def samples(self) -> int:
        """Length of the digest."""
        return sum(end - first for first, end in self.windows)

    def pieces(self, start: int, end: int) -> list[tuple[int, int]]:
        """Where in the session the samples from `start` to `end` lie: (first sample, samples) one after the other."""
        result, at = [], 0
        for first, last in self.windows:
            low, high = max(start - at, 0), min(end - at, last - first)
            if high > low:
                result.append((first + low, high - low))
            at += last - first
        return result

    def times_s(self, samples: Float64) -> Float64:
        """The time in the session of samples of the digest, in seconds."""
        lengths = np.array([end - first for first, end in self.windows])
        firsts = np.array([first for first, _ in self.windows])
        begins = np.cumsum(lengths) - lengths
        which = np.clip(np.searchsorted(begins, samples, side="right") - 1, 0, len(lengths) - 1)
        return np.asarray((firsts[which] + samples - begins[which]) / self.sample_rate_hz)


def make_digest(session: Session, analysis: SessionAnalysis, mix: Mix) -> Digest:
    """Choose the windows and read every track that sounds.

    Raises:
        SessionError: a file cannot be read.
    """
    strips = {strip.id: strip for strip in mix.tracks if not strip.muted}
    tracks = [track for track in session.tracks if track.id in strips]
    channels = sum(track.channels for track in tracks)
    budget_s = max(_LEAST_S, min(_MOST_S, _MOST_CHANNEL_SECONDS / max(channels, 1)))
    windows = choose_windows(tracks, analysis, session, budget_s)
    audio = {}
    for track in tracks:
        delay_ms = strips[track.id].input.delay_ms
        whole, fraction = split_delay(delay_ms, session.sample_rate_hz)
        audio[track.id] = _read(track, session.sample_rate_hz, windows, whole + round(fraction))
    return Digest(session.sample_rate_hz, windows, audio)


def choose_windows(
    tracks: list[SessionTrack], analysis: SessionAnalysis, session: Session, budget_s: float
) -> tuple[tuple[int, int], ...]:
    """(first sample, end) of every window, in order and without overlap."""
    rate = session.sample_rate_hz
    if session.seconds <= budget_s:
        return ((0, session.samples),)
    hops = round(WINDOW_S / HOP_S)
    total = session.samples // round(HOP_S * rate)
    playing, power, peak = np.zeros(total), np.zeros(total), np.zeros(total)
    for track in tracks:
        measured = analysis.tracks[track.id]
        count = min(total, len(measured.active))
        playing[:count] += measured.active[:count]
        power[:count] += 10.0 ** (measured.momentary_lufs[:count] / 10.0)
        peak[:count] = np.maximum(peak[:count], 10.0 ** (measured.peak_db[:count] / 20.0))
    starts = np.arange(0, total - hops + 1, hops)
    level_db = 10.0 * np.log10(np.array([power[s : s + hops].mean() for s in starts]) + 1e-10)
    activity = np.array([playing[s : s + hops].mean() for s in starts])
    count = max(1, int(budget_s / WINDOW_S) - 1)
    chosen = {int(np.argmax(peak)) // hops * hops}
    for stretch in np.array_split(np.arange(len(starts)), min(count, len(starts))):
        usual_db = float(np.median(level_db[stretch]))
        alike = stretch[np.abs(level_db[stretch] - usual_db) <= _ALIKE_DB]
        alike = alike if alike.size else stretch
        chosen.add(int(starts[alike[int(np.argmax(activity[alike]))]]))
    hop = round(HOP_S * rate)
    return tuple((s * hop, min((s + hops) * hop, session.samples)) for s in sorted(chosen))


def _read(
    track: SessionTrack, rate: int, windows: tuple[tuple[int, int], ...], shift_samples: int
) -> Float32:
    """The windows of a track one after the other, with short fades where they meet."""
    out = np.empty((track.channels, sum(end - first for first, end in windows)), np.float32)
    fade = np.linspace(0.0, 1.0, round(_FADE_S * rate), dtype=np.float32)
    at = 0
    with TrackReader(track, rate, shift_samples=shift_samples) as reader:
        for number, (first, end) in enumerate(windows):
            reader.seek(first)
            piece = out[:, at : at + end - first]
            piece[:] = reader.read(end - first)
            if number > 0:
                piece[:, : len(fade)] *= fade
            if number < len(windows) - 1:
                piece[:, -len(fade) :] *= fade[::-1]
            at += end - first
    return out
