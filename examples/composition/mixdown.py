"""Mix the reference: levels, equalisers, compressors, pans and a room by table; then bus and limiter."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import ndimage, signal

from composition.audio import (
    SAMPLE_RATE_HZ,
    Audio,
    bell,
    convolve,
    delay,
    filtered,
    from_db,
    room_response,
    shelf,
)

TARGET_LUFS = -14.0
CEILING_DBFS = -1.5  # of the samples; what lies between them stays under -1 dBTP
LOOKAHEAD = 240  # samples, 5 ms


@dataclass(frozen=True, slots=True)
class Channel:
    """One strip of the reference's mix; bells are (Hz, dB, q), pan is -1 left to +1 right."""

    level_lufs: float
    pan: float = 0.0
    highpass_hz: float = 30.0
    bells: tuple[tuple[float, float, float], ...] = ()
    air_db: float = 0.0
    ratio: float = 1.0
    room_db: float = -60.0


CHANNELS: Mapping[str, Channel] = {
    "kick": Channel(-19.5, 0.0, 35.0, ((60.0, 3.0, 1.2), (350.0, -5.0, 1.2), (3500.0, 4.0, 1.5)), ratio=3.0),
    "snare": Channel(-18.5, 0.0, 90.0, ((200.0, 2.0, 1.2), (700.0, -3.0, 1.5)), 3.0, 3.0, -14.0),
    "hat": Channel(-34.0, 0.35, 300.0, (), 2.0),
    "tom": Channel(-26.0, -0.3, 60.0, ((400.0, -5.0, 1.2),), 2.0, room_db=-16.0),
    "floor": Channel(-26.0, 0.4, 50.0, ((400.0, -5.0, 1.2),), 2.0, room_db=-16.0),
    "crash": Channel(-29.0, -0.35, 250.0, room_db=-18.0),
    "bass": Channel(-19.0, 0.0, 35.0, ((250.0, -2.0, 1.0), (800.0, 2.0, 1.2)), ratio=4.0),
    "guitar_left": Channel(-24.0, -0.85, 110.0, ((300.0, -3.0, 1.0), (2600.0, -3.0, 1.0)), room_db=-24.0),
    "guitar_right": Channel(-24.5, 0.85, 140.0, ((400.0, -3.0, 1.0), (2600.0, -3.0, 1.0)), room_db=-24.0),
    "piano": Channel(-26.0, 0.0, 120.0, ((300.0, -2.0, 1.0), (2500.0, -2.0, 1.0)), 1.5, 2.0, -18.0),
    "strings": Channel(-28.0, 0.0, 180.0, ((2800.0, -2.0, 0.9),), 2.0, room_db=-12.0),
    "lead": Channel(-17.5, 0.0, 100.0, ((300.0, -2.0, 1.2), (3200.0, 2.0, 1.2)), 4.0, 3.5, -17.0),
    "choir_left": Channel(-27.0, -0.55, 160.0, ((400.0, -3.0, 1.0),), 3.0, 3.0, -12.0),
    "choir_right": Channel(-27.0, 0.55, 160.0, ((400.0, -3.0, 1.0),), 3.0, 3.0, -12.0),
}


def loudness_lufs(audio: Audio) -> float:
    """Integrated loudness of (channels, samples) at 48 kHz after ITU-R BS.1770-4, both gates."""
    weighted = signal.lfilter(
        [1.53512485958697, -2.69169618940638, 1.19839281085285],
        [1.0, -1.69065929318241, 0.73248077421585],
        audio,
    )
    weighted = signal.lfilter([1.0, -2.0, 1.0], [1.0, -1.99004745483398, 0.99007225036621], weighted)
    block, hop = round(0.4 * SAMPLE_RATE_HZ), round(0.1 * SAMPLE_RATE_HZ)
    total = np.concatenate(([0.0], np.cumsum(np.sum(weighted**2, axis=0))))
    starts = np.arange(0, audio.shape[-1] - block + 1, hop)
    power = (total[starts + block] - total[starts]) / block
    loud = power[power > 10.0 ** ((-70.0 + 0.691) / 10.0)]
    if loud.size == 0:
        return -math.inf
    kept = loud[loud > np.mean(loud) / 10.0]
    return float(-0.691 + 10.0 * np.log10(np.mean(kept)))


def _to_loudness(audio: Audio, level_lufs: float) -> Audio:
    return audio * from_db(level_lufs - loudness_lufs(audio))


def compress(audio: Audio, threshold_db: float, ratio: float, attack_ms: float, release_ms: float) -> Audio:
    """Peak compressor, channels linked, gain smoothed in dB once a millisecond; hard knee, no make-up."""
    step = SAMPLE_RATE_HZ // 1000
    peaks = np.max(np.abs(audio), axis=0)
    peaks = np.pad(peaks, (0, -peaks.size % step)).reshape(-1, step).max(axis=1)
    wanted_db = np.minimum(0.0, (threshold_db - 20.0 * np.log10(peaks + 1e-9)) * (1.0 - 1.0 / ratio))
    attack, release = math.exp(-1.0 / attack_ms), math.exp(-1.0 / release_ms)
    gain_db, state = np.empty_like(wanted_db), 0.0
    for index, wanted in enumerate(wanted_db):
        keep = attack if wanted < state else release
        state = keep * state + (1.0 - keep) * wanted
        gain_db[index] = state
    at = np.arange(audio.shape[-1])
    curve = np.interp(at, np.arange(gain_db.size) * step + step / 2, gain_db)
    return np.asarray(audio * 10.0 ** (curve / 20.0))


def limit(audio: Audio, ceiling_dbfs: float) -> Audio:
    """Brick wall with 5 ms of foresight: the least gain in reach, smoothed by a window of that length."""
    ceiling = from_db(ceiling_dbfs)
    gain = np.minimum(1.0, ceiling / np.maximum(np.max(np.abs(audio), axis=0), 1e-9))
    held = ndimage.minimum_filter1d(gain, 2 * LOOKAHEAD + 1)
    window = np.hanning(2 * LOOKAHEAD + 3)[1:-1]
    smooth = ndimage.convolve1d(held, window / window.sum(), mode="nearest")
    return np.asarray(audio * smooth)


def _strip(audio: Audio, channel: Channel) -> Audio:
    """One channel as stereo (2, samples): filter, equaliser, compressor, level, sine/cosine pan."""
    shaped = filtered(audio, "highpass", channel.highpass_hz)
    for frequency_hz, gain_db, q in channel.bells:
        shaped = bell(shaped, frequency_hz, gain_db, q)
    shaped = shelf(np.atleast_2d(shaped), 8000.0, channel.air_db)
    shaped = _to_loudness(shaped, -20.0)
    if channel.ratio > 1.0:
        shaped = compress(shaped, -18.0, channel.ratio, 8.0, 120.0)
    if shaped.shape[0] == 1:
        angle = (channel.pan + 1.0) * math.pi / 4.0
        shaped = np.concatenate([math.cos(angle) * shaped, math.sin(angle) * shaped])
    return _to_loudness(shaped, channel.level_lufs)


def mix(sources: Mapping[str, Audio]) -> Audio:
    """The finished reference, (2, samples), at -14 LUFS; sources are mono (samples,) or (2, samples)."""
    samples = next(iter(sources.values())).shape[-1]
    total, send = np.zeros((2, samples)), np.zeros((2, samples))
    for name, channel in CHANNELS.items():
        strip = _strip(sources[name], channel)
        total += strip
        send += from_db(channel.room_db + 12.0) * strip
    response = room_response(decay_s=1.3, length_s=1.8, seed=77, cutoff_hz=6000.0)
    wet = delay(convolve(filtered(send, "highpass", 200.0), response), round(0.022 * SAMPLE_RATE_HZ))
    bus = shelf(_to_loudness(total + wet, -18.0), 9000.0, 1.5)
    bus = compress(bus, -10.0, 2.0, 25.0, 150.0)
    fade = np.ones(samples)
    fade[-SAMPLE_RATE_HZ // 2 :] = np.cos(np.linspace(0.0, math.pi / 2.0, SAMPLE_RATE_HZ // 2)) ** 2
    gain_db, mixed = TARGET_LUFS - loudness_lufs(bus), bus
    for _ in range(6):  # the limiter takes a little loudness; give it back
        mixed = limit(bus * fade * from_db(gain_db), CEILING_DBFS)
        gain_db += TARGET_LUFS - loudness_lufs(mixed)
    return mixed
