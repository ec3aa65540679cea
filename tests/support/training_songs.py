"""Made-up songs for objectives: each track a band of noise that comes and goes, an author's mix that is known."""

from dataclasses import dataclass, field
from functools import cache

import numpy as np
from scipy import signal

from console.dsp.pan import output_matrix
from console.mix import Mix, TrackStrip
from console.session import Role

ROLES = (Role.KICK, Role.BASS, Role.KEYS, Role.LEAD_VOCAL, Role.PAD)
BANDS_HZ = ((40.0, 120.0), (60.0, 300.0), (300.0, 2000.0), (500.0, 4000.0), (2000.0, 10000.0))
FADERS_DB = (-2.0, -5.0, -9.0, 0.0, -12.0)
PANS = (0.0, 0.0, -0.6, 0.0, 0.5)


@dataclass(frozen=True)
class NoiseTrack:
    id: str
    channels: int
    role: Role
    role_confidence: float = 0.9


@dataclass(frozen=True)
class NoiseSong:
    """Five tracks of noise, the last one stereo; the mix is made of them by the known faders and pans."""

    id: str = "song"
    seed: int = 0
    seconds: float = 12.0
    sample_rate_hz: int = 44_100
    silent: tuple[int, ...] = ()
    group: str = "g"
    split: str = "train"
    tracks: tuple[NoiseTrack, ...] = field(init=False)

    def __post_init__(self) -> None:
        tracks = tuple(
            NoiseTrack(f"{at}", 2 if at == len(ROLES) - 1 else 1, role) for at, role in enumerate(ROLES)
        )
        object.__setattr__(self, "tracks", tracks)

    @property
    def samples(self) -> int:
        return int(self.seconds * self.sample_rate_hz)

    def read(self, start: int = 0, samples: int | None = None, *, wet: bool = False) -> np.ndarray:
        return _cut(_stems(self), start, self.samples if samples is None else samples)

    def read_mix(self, start: int = 0, samples: int | None = None) -> np.ndarray:
        stems = _stems(self)
        mix = sum(
            output_matrix(track.channels, pan, 1.0) @ stem[: track.channels] * 10.0 ** (fader / 20.0)
            for track, stem, pan, fader in zip(self.tracks, stems, PANS, FADERS_DB, strict=True)
        )
        return _cut(np.asarray(mix, np.float32), start, self.samples if samples is None else samples)

    def strips(self) -> Mix | None:
        strips = [
            TrackStrip(track.id, pan=pan, fader_db=fader)
            for track, pan, fader in zip(self.tracks, PANS, FADERS_DB, strict=True)
        ]
        return Mix(self.sample_rate_hz, tuple(strips))


def _cut(audio: np.ndarray, start: int, samples: int) -> np.ndarray:
    piece = audio[..., start : start + samples]
    return np.pad(piece, [(0, 0)] * (piece.ndim - 1) + [(0, samples - piece.shape[-1])])


@cache
def _stems(song: NoiseSong) -> np.ndarray:
    random = np.random.default_rng(song.seed)
    times = np.arange(song.samples) / song.sample_rate_hz
    stems = np.zeros((len(ROLES), 2, song.samples), np.float32)
    for at, (track, band) in enumerate(zip(song.tracks, BANDS_HZ, strict=True)):
        if at in song.silent:
            continue
        sos = signal.butter(2, band, "bandpass", fs=song.sample_rate_hz, output="sos")
        noise = signal.sosfilt(sos, random.standard_normal((track.channels, song.samples)), axis=-1)
        swell = 1.0 + 0.8 * np.sin(2.0 * np.pi * (0.7 + 0.3 * at) * times + at)
        level = 10.0 ** (random.uniform(-30.0, -14.0) / 20.0)
        noise *= level * swell / np.sqrt(np.mean(noise**2))
        stems[at] = noise if track.channels == 2 else np.repeat(noise, 2, axis=0)
    return stems
