"""The same Mix gives the same bytes: over runs, threads, blocks and the order of the list."""

from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from console.mix import (
    Automation,
    Band,
    BandType,
    Bus,
    BusKind,
    Compressor,
    Delay,
    Equalizer,
    FrozenMap,
    Gate,
    Highpass,
    Input,
    Limiter,
    Lowpass,
    Master,
    Mix,
    Reverb,
    TrackStrip,
)

RATE_HZ = 44_100
EQUALIZER = Equalizer(True, (Band(BandType.LOW_SHELF, 90.0, 3.0, 0.7), Band(BandType.BELL, 900.0, -5.0, 3.0)))
TRACKS = tuple(
    TrackStrip(
        id=f"track {index}",
        input=Input(-2.0 * index, index % 2 == 1, 0.137 * index),
        highpass=Highpass(index != 2, 60.0, 24),
        lowpass=Lowpass(index == 2, 9000.0, 12),
        gate=Gate(index == 3, -40.0),
        equalizer=EQUALIZER,
        compressor=Compressor(True, -30.0, 4.0, 3.0, 90.0, 6.0, 4.0),
        pan=index / 4.0 - 0.5,
        fader_db=3.0,
        sends=FrozenMap({"room": -9.0, "echo": -12.0}),
        output="group" if index % 2 else "master",
        automation=Automation(((0.2, 0.0), (0.9, 9.0))) if index == 1 else Automation(),
    )
    for index in range(5)
)
MIX = Mix(
    sample_rate_hz=RATE_HZ,
    tracks=TRACKS,
    buses=(
        Bus("group", compressor=Compressor(True)),
        Bus("room", BusKind.FX, reverb=Reverb(0.6)),
        Bus("echo", BusKind.FX, delay=Delay(110.0, 0.3, ping_pong=True), equalizer=EQUALIZER),
    ),
    master=Master(
        equalizer=EQUALIZER,
        compressor=Compressor(True, -10.0),
        limiter=Limiter(True, -6.0, 50.0),
        fader_db=-1.0,
    ),
)


@pytest.fixture
def band(studio: Any) -> Any:
    studio.rate_hz = RATE_HZ
    random = np.random.default_rng(3)
    for index in range(5):
        samples = RATE_HZ + 1000 * index
        bursts = (np.arange(samples) // 5000 + index) % 3 / 2.0
        audio = random.standard_normal((1 + index % 2, samples)) * 0.2 * bursts
        rate_hz = 48_000 if index == 4 else RATE_HZ
        studio.add(f"track {index}", audio, rate_hz=rate_hz, start=311 * index)
    return studio


def print_of(studio: Any, mix: Mix, name: str, **settings: Any) -> dict[str, str]:
    """Hashes of the mix file and of every stem."""
    folder = studio.folder / name
    with studio.rendered(mix, stems=folder / "stems", **settings) as rendered:
        rendered.write(folder / "mix.wav", fader_db=mix.master.fader_db)
        assert rendered.limiter_reduction.max() > 1.0
    return {
        str(path.relative_to(folder)): sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*.wav"))
    }


def test_threads_blocks_and_runs(band: Any) -> None:
    expected = print_of(band, MIX, "first", block_samples=4096, threads=1)
    assert len(expected) == 1 + 5 + 3
    for number, settings in enumerate(
        (
            {},
            {"block_samples": 4096, "threads": 1},
            {"block_samples": 1000, "threads": 3},
            {"block_samples": 65_536, "threads": 2},
            {"block_samples": 9973, "threads": 8},
        )
    ):
        assert print_of(band, MIX, f"again {number}", **settings) == expected


def test_one_sample_at_a_time(studio: Any) -> None:
    studio.rate_hz = 8_000
    for index in range(5):
        studio.add(f"track {index}", np.random.default_rng(index).standard_normal((2, 400)) * 0.1)
    mix = replace(MIX, sample_rate_hz=8_000)
    whole = studio.render(mix, tail_s=0.01)
    assert np.array_equal(studio.render(mix, tail_s=0.01, block_samples=1), whole)


def test_order_of_the_list_does_not_matter(band: Any) -> None:
    turned = replace(MIX, tracks=MIX.tracks[::-1], buses=MIX.buses[::-1])
    assert np.array_equal(band.render(turned), band.render(MIX))


def test_written_twice(band: Any, tmp_path: Path) -> None:
    with band.rendered(MIX) as rendered:
        for subtype in ("PCM_16", "PCM_24", "FLOAT"):
            rendered.write(tmp_path / f"a {subtype}.wav", fader_db=-3.0, subtype=subtype)
            rendered.write(tmp_path / f"b {subtype}.wav", fader_db=-3.0, subtype=subtype)
            first = (tmp_path / f"a {subtype}.wav").read_bytes()
            assert first == (tmp_path / f"b {subtype}.wav").read_bytes()
