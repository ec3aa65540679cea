"""Sessions of made-up instruments, and random plausible mixes of them, rendered by the exact processors."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from console.dsp.bus import BusProcessor
from console.dsp.strip import StripProcessor
from console.mix import Band, Bus, Compressor, Equalizer, FrozenMap, Highpass, Mix, Reverb, TrackStrip
from console.session import Session, SessionTrack
from console.session.values import AudioFile

RATE_HZ = 22050
Audio = NDArray[np.float32]


def instruments(seconds: float = 8.0, seed: int = 0, rate_hz: int = RATE_HZ) -> list[Audio]:
    """Drums, bass, stereo chords and a voice, each with dynamics of its own."""
    chance = np.random.default_rng(seed)
    samples = round(seconds * rate_hz)
    time_s = np.arange(samples) / rate_hz
    drums = np.zeros(samples)
    for at in np.arange(0.05, seconds - 0.3, 0.25):
        start, length = round(at * rate_hz), round(0.2 * rate_hz)
        hit = chance.standard_normal(length) * np.exp(-np.arange(length) / (0.03 * rate_hz))
        drums[start : start + length] += hit * 10.0 ** (chance.uniform(-14.0, 0.0) / 20.0)
    bass = np.zeros(samples)
    voice = np.zeros(samples)
    for at in np.arange(0.0, seconds - 0.5, 0.5):
        cut = slice(round(at * rate_hz), round((at + 0.45) * rate_hz))
        t = time_s[cut] - at
        loud = 10.0 ** (chance.uniform(-16.0, 0.0) / 20.0)
        tone_hz = 55.0 * 2.0 ** (chance.integers(0, 12) / 12.0)
        bass[cut] += loud * np.exp(-3.0 * t) * ((tone_hz * t) % 1.0 - 0.5)
        pitch_hz = 220.0 * 2.0 ** (chance.integers(0, 12) / 12.0)
        vibrato = pitch_hz * t + 0.4 * np.sin(2.0 * np.pi * 5.0 * t)
        breath = 0.05 * chance.standard_normal(len(t))
        voice[cut] += chance.uniform(0.1, 1.0) * np.hanning(len(t)) * ((vibrato % 1.0) - 0.5 + breath)
    chords = np.zeros((2, samples))
    for at in np.arange(0.0, seconds, 1.0):
        cut = slice(round(at * rate_hz), round((at + 1.0) * rate_hz))
        t = time_s[cut] - at
        for step in (0, 4, 7):
            hz = 196.0 * 2.0 ** ((step + chance.integers(0, 5)) / 12.0)
            for side in range(2):
                chords[side, cut] += np.exp(-t) * (((hz + 0.4 * side) * t + chance.random()) % 1.0 - 0.5)
    chords += 0.01 * chance.standard_normal(chords.shape)
    parts = [drums[None], bass[None], chords, voice[None]]
    return [(0.4 * part / np.abs(part).max()).astype(np.float32) for part in parts]


def random_mix(seed: int, *, tracks: int = 4, compress: bool = True, sends: bool = True) -> Mix:
    """A plausible mix: faders, pans, four bands and a high-pass each, half of them compressed, some in a reverb."""
    chance = np.random.default_rng(1000 + seed)

    def between(low: float, high: float) -> float:
        return float(chance.uniform(low, high))

    def by_octaves(low: float, high: float) -> float:
        return float(np.exp(chance.uniform(np.log(low), np.log(high))))

    strips = []
    for index in range(tracks):
        bands = (
            Band("low_shelf", by_octaves(80.0, 250.0), between(-5.0, 5.0), 0.71),
            Band("bell", by_octaves(250.0, 900.0), between(-6.0, 6.0), by_octaves(0.7, 2.0)),
            Band("bell", by_octaves(1000.0, 4000.0), between(-6.0, 6.0), by_octaves(0.7, 2.0)),
            Band("high_shelf", by_octaves(3000.0, 7000.0), between(-5.0, 5.0), 0.71),
        )
        compressor = Compressor(
            compress and chance.random() < 0.6,
            between(-26.0, -16.0),
            between(1.8, 4.5),
            by_octaves(1.0, 20.0),
            by_octaves(50.0, 400.0),
            6.0,
            0.0,
        )
        strips.append(
            TrackStrip(
                f"track {index}",
                highpass=Highpass(bool(chance.random() < 0.5), by_octaves(30.0, 90.0)),
                equalizer=Equalizer(True, bands),
                compressor=compressor,
                pan=between(-0.7, 0.7),
                fader_db=between(-9.0, 0.0),
                sends=FrozenMap({"reverb": between(-22.0, -12.0)} if sends and chance.random() < 0.6 else {}),
            )
        )
    buses = (Bus("reverb", "fx", reverb=Reverb(decay_s=0.8)),) if sends else ()
    return Mix(RATE_HZ, tuple(strips), buses)


def rendered(mix: Mix, stems: Sequence[Audio]) -> Audio:
    """The mix of stems, (2, samples), by the exact processors; without group buses and master."""
    total = np.zeros((2, stems[0].shape[1]))
    fed: dict[str, Any] = {}
    for strip, stem in zip(mix.tracks, stems, strict=True):
        part = StripProcessor(strip, mix.sample_rate_hz, len(stem)).process(stem)
        total += part
        for bus, level_db in strip.sends.items():
            fed[bus] = fed.get(bus, 0.0) + part * 10.0 ** (level_db / 20.0)
    for bus in mix.buses:
        if bus.id in fed:
            total += BusProcessor(bus, mix.sample_rate_hz).process(fed[bus.id])
    return total.astype(np.float32)


def write_session(folder: Path, stems: Sequence[Audio], rate_hz: int = RATE_HZ) -> Session:
    """Write stems as files, and give the session of them."""
    folder.mkdir(parents=True, exist_ok=True)
    tracks = []
    for index, stem in enumerate(stems):
        path = folder / f"track {index}.wav"
        soundfile.write(path, stem.T, rate_hz, subtype="FLOAT")
        file = AudioFile(path, rate_hz, len(stem), stem.shape[1], f"hash {index}")
        tracks.append(SessionTrack(f"track {index}", (file,), len(stem), stem.shape[1]))
    return Session("song", folder, rate_hz, tuple(tracks))


def only_buses(mix: Mix) -> Mix:
    """What is known of a mix before it is recovered: its effects."""
    return replace(mix, tracks=())
