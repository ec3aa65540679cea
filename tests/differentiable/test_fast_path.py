"""How far the fast path is from the exact one: spectrum and gain reduction, on real stems and the example."""

from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
import torch
from numpy.typing import NDArray

from console.dsp.differentiable.console import ConsoleOutput, DifferentiableConsole
from console.dsp.differentiable.layout import ConsoleLayout
from console.dsp.differentiable.parameters import from_mix
from console.mix import Band, BandType, Compressor, Equalizer, Mix, TrackStrip

SECONDS = 8
EXCERPTS = ("Hydrogen_222s", "Lithium_216s", "Potassium_171s", "Rubidium_181s", "Sodium_145s")


def read_stems(folder: Path) -> tuple[int, list[NDArray[np.float64]]]:
    """Rate and the loudest stretch of each file, (channels, samples) each."""
    stems, rate_hz = [], 0
    for path in sorted(folder.iterdir()):
        if path.suffix not in (".ogg", ".flac", ".wav"):
            continue
        audio, rate_hz = sf.read(path, always_2d=True)
        length = SECONDS * rate_hz
        audio = np.pad(audio, ((0, max(0, length - len(audio))), (0, 0)))
        starts = range(0, len(audio) - length + 1, rate_hz)
        start = max(starts, key=lambda at: float(np.square(audio[at : at + length]).sum()))
        stems.append(audio[start : start + length].T)
    return rate_hz, stems


def plausible_mix(rate_hz: int, stems: list[NDArray[np.float64]], seed: int) -> Mix:
    """Equalizers and compressors as engineers set them, thresholds by each track's level."""
    random = np.random.default_rng(seed)
    strips = []
    for number, audio in enumerate(stems):
        level_db = 10.0 * np.log10(np.mean(audio**2) + 1e-9)
        bands = (
            Band(BandType.LOW_SHELF, random.uniform(60.0, 200.0), random.uniform(-6.0, 6.0), 0.7),
            Band(BandType.BELL, 2.0 ** random.uniform(7.5, 12.5), random.uniform(-8.0, 6.0), 2.0),
            Band(BandType.HIGH_SHELF, random.uniform(4000.0, 10_000.0), random.uniform(-6.0, 6.0), 0.7),
        )
        compressor = Compressor(
            True,
            float(np.clip(level_db + random.uniform(-6.0, 4.0), -80.0, 0.0)),
            float(np.exp(random.uniform(np.log(1.8), np.log(8.8)))),
            float(np.exp(random.uniform(np.log(0.3), np.log(30.0)))),
            float(np.exp(random.uniform(np.log(32.0), np.log(715.0)))),
            random.uniform(0.0, 9.0),
            random.uniform(-0.7, 6.4),
        )
        strips.append(
            TrackStrip(
                f"t{number}",
                equalizer=Equalizer(True, bands),
                compressor=compressor,
                pan=random.uniform(-1.0, 1.0),
                fader_db=random.uniform(-10.0, 0.0),
            )
        )
    return Mix(rate_hz, tuple(strips))


def third_octaves_db(audio: NDArray[np.float64], rate_hz: int) -> NDArray[np.float64]:
    """Power in third-octave bands from 25 Hz to 16 kHz, in dB, summed over the channels."""
    power = np.square(np.abs(np.fft.rfft(audio, axis=1))).sum(axis=0)
    frequencies = np.fft.rfftfreq(audio.shape[1], 1.0 / rate_hz)
    centres = 1000.0 * 2.0 ** (np.arange(-16, 13) / 3.0)
    bands = [
        power[(frequencies >= hz * 2.0 ** (-1 / 6)) & (frequencies < hz * 2.0 ** (1 / 6))].sum()
        for hz in centres
    ]
    return 10.0 * np.log10(np.array(bands) + 1e-12)


def both_ways(
    rate_hz: int, stems: list[NDArray[np.float64]], seed: int
) -> tuple[ConsoleOutput, ConsoleOutput]:
    mix = plausible_mix(rate_hz, stems, seed)
    batch = torch.zeros((len(stems), 2, stems[0].shape[1]))
    for row, audio in zip(batch, stems, strict=True):
        row[: len(audio)] = torch.from_numpy(audio)
    layout = ConsoleLayout(mix, tuple(len(audio) for audio in stems))
    with torch.no_grad():
        exact, fast = (
            DifferentiableConsole(layout, path=path).render_all(batch, from_mix(mix), meters=True)
            for path in ("exact", "fast")
        )
    return exact, fast


def check(folder: Path, seed: int) -> None:
    rate_hz, stems = read_stems(folder)
    exact, fast = both_ways(rate_hz, stems, seed)
    difference = third_octaves_db(fast.mix.double().numpy(), rate_hz) - third_octaves_db(
        exact.mix.double().numpy(), rate_hz
    )
    assert float(np.abs(difference).max()) < 0.5
    reductions = exact.compressor_db["tracks"]
    assert float(reductions.min()) < -3.0
    apart = (fast.compressor_db["tracks"] - reductions).abs().numpy()
    worst = np.percentile(apart, 95.0, axis=1)
    assert float(worst.max()) < 0.5, f"gain reduction of track {int(worst.argmax())}"
    assert not torch.equal(fast.mix, exact.mix)


@pytest.mark.parametrize(("seed", "excerpt"), list(enumerate(EXCERPTS)))
def test_real_stems(shared: Path, excerpt: str, seed: int) -> None:
    folder = shared / "audio" / "excerpts" / excerpt
    if not folder.is_dir():
        pytest.skip(f"no stems in {folder.name}")
    check(folder, seed)


@pytest.mark.parametrize("seed", [0])
def test_the_example(example_session: Path, seed: int) -> None:
    check(example_session, seed)


def test_a_steady_tone_at_the_control_rate() -> None:
    """One sample in four of a tone of exactly a quarter of the rate must not stand at one phase."""
    rate_hz = 48_000
    time_s = np.arange(rate_hz) / rate_hz
    tone = 0.5 * np.sin(2.0 * np.pi * (rate_hz / 4) * time_s + 0.3)[None]
    mix = Mix(rate_hz, (TrackStrip("a", compressor=Compressor(True, -30.0, 4.0, 5.0, 100.0, 0.0, 0.0)),))
    layout = ConsoleLayout(mix, (1,))
    batch = torch.from_numpy(tone)[None]
    exact, fast = (
        DifferentiableConsole(layout, path=path).render_all(batch, from_mix(mix), meters=True)
        for path in ("exact", "fast")
    )
    apart = fast.compressor_db["tracks"] - exact.compressor_db["tracks"]
    assert float(apart[0, rate_hz // 2 :].abs().max()) < 0.5
