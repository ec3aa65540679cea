"""What a compressor makes of a track, told from its levels: against the real compressor and BS.1770's K-weighting."""

from itertools import product

import numpy as np
from k_weighting import loudness
from scipy import signal

from console.dsp.dynamics import CompressorProcessor
from console.estimators.controller.strips import static_gain_db
from console.mix import Compressor
from console.models.controller.dynamics import followed_db
from console.models.controller.hearing import Reader, hear

RATE_HZ = 44_100
SECONDS = 6


def hits() -> np.ndarray:
    """A drum: noise that dies away, twice a second, every second one softer."""
    times = np.arange(SECONDS * RATE_HZ) / RATE_HZ
    beat = times % 0.5
    size = np.where(times // 0.5 % 2 == 0, 1.0, 0.4)
    return size * np.exp(-beat / 0.05) * np.random.default_rng(0).standard_normal(len(times))


def phrases() -> np.ndarray:
    """A voice: pulses through formants, in syllables of different strength, with rests."""
    rng = np.random.default_rng(1)
    times = np.arange(SECONDS * RATE_HZ) / RATE_HZ
    voice = signal.sawtooth(2.0 * np.pi * 140.0 * times) + 0.1 * rng.standard_normal(len(times))
    sos = signal.butter(2, (300.0, 3000.0), "bandpass", fs=RATE_HZ, output="sos")
    strength = np.repeat(rng.choice([0.0, 0.3, 0.6, 1.0], 24), SECONDS * RATE_HZ // 24)
    smooth = signal.sosfiltfilt(signal.butter(2, 8.0, fs=RATE_HZ, output="sos"), strength)
    return signal.sosfilt(sos, voice) * np.clip(smooth, 0.0, None)


def held() -> np.ndarray:
    """A pad: chords that swell."""
    times = np.arange(SECONDS * RATE_HZ) / RATE_HZ
    chord = sum(np.sin(2.0 * np.pi * hz * times + hz) for hz in (220.0, 277.2, 329.6, 440.0))
    return chord * (1.0 + 0.5 * np.sin(2.0 * np.pi * 0.4 * times))


def test_it_tells_what_the_compressor_takes_better_than_a_level_alone() -> None:
    told, plain = [], []
    for audio in (hits(), phrases(), held()):
        heard = hear([reader_of(audio)], [1], len(audio), RATE_HZ)
        track = audio * 10.0 ** (heard.gain_db[0] / 20.0)
        _, _, high_db, top_db = (float(level) for level in heard.levels_db[0])
        for attack_ms, below_db in product((2.0, 20.0), (4.0, 10.0)):
            level_db = followed_db(high_db, top_db, np.log2(attack_ms), np.log2(150.0))
            settings = Compressor(
                True,
                threshold_db=level_db - below_db,
                ratio=4.0,
                attack_ms=attack_ms,
                release_ms=150.0,
                knee_db=6.0,
            )
            block = track[None].copy()
            CompressorProcessor(settings, RATE_HZ).process(block)
            taken_db = loudness(track) - loudness(block[0])
            for found, at_db in ((told, level_db), (plain, high_db)):
                found.append(abs(-static_gain_db(at_db, settings.threshold_db, 4.0) - taken_db))
    assert np.mean(told) < 1.5 < np.mean(plain), (told, plain)


def reader_of(audio: np.ndarray) -> Reader:
    return lambda start, samples: audio[None, start : start + samples].astype(np.float32)
