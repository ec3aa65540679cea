"""Everything stands where its stem has it, to the sample, whatever is switched on."""

from typing import Any

import numpy as np
import pytest

from console.mix import (
    Band,
    Bus,
    BusKind,
    Compressor,
    Delay,
    Equalizer,
    FrozenMap,
    Input,
    Limiter,
    Master,
    Mix,
    TrackStrip,
)

RATES_HZ = [8_000, 44_100, 48_000, 96_000, 192_000]


def impulse(at: int, samples: int = 6_000, channels: int = 1) -> Any:
    audio = np.zeros((channels, samples))
    audio[:, at] = 0.9
    return audio


@pytest.mark.parametrize("limited", [False, True])
@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_impulse_stays_in_place(studio: Any, rate_hz: int, limited: bool) -> None:
    studio.rate_hz = rate_hz
    studio.add("mono", impulse(1234))
    studio.add("stereo", impulse(2345, channels=2))
    studio.add("late file", impulse(0), start=3456)
    busy = {
        "equalizer": Equalizer(True, (Band(gain_db=1.0),)),
        "compressor": Compressor(True, makeup_db=3.0),
    }
    tracks = (
        TrackStrip("mono", **busy),
        TrackStrip("stereo", **busy, output="group"),
        TrackStrip("late file", **busy),
    )
    mix = Mix(rate_hz, tracks, (Bus("group", **busy),), Master(**busy, limiter=Limiter(limited, -3.0, 20.0)))
    heard = studio.render(mix, block_samples=1000)
    assert heard.shape[1] == 3456 + 6_000
    for at in (1234, 2345, 3456):
        assert np.argmax(np.abs(heard[0, at - 100 : at + 100])) == 100
        before = np.abs(heard[0, at - 100 : at]).max()
        assert before < 0.05 * abs(heard[0, at])


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("samples", [-700, -1, 1, 640])
def test_delay_in_whole_samples(studio: Any, rate_hz: int, samples: int) -> None:
    studio.rate_hz = rate_hz
    delay_ms = samples * 1000.0 / rate_hz
    studio.add("only", impulse(1000))
    track = TrackStrip("only", input=Input(0.0, False, round(delay_ms, 9)), pan=-1.0)
    heard = studio.render(Mix(rate_hz, (track,)))
    assert np.flatnonzero(heard[0]).tolist() == [1000 + samples]


@pytest.mark.parametrize("block_samples", [7, 16_384])
@pytest.mark.parametrize("delay", [0.5, 12.25, -0.3, -12.5])
def test_fraction_of_a_sample(studio: Any, delay: float, block_samples: int) -> None:
    """The phase of a tone tells the delay; at the session's very start too."""
    rate_hz, cycles = 48_000, 0.11
    studio.rate_hz = rate_hz
    samples = 1_200
    phase = 2.0 * np.pi * cycles * np.arange(samples)
    studio.add("only", np.cos(phase))
    track = TrackStrip("only", input=Input(0.0, False, delay * 1000.0 / rate_hz), pan=-1.0)
    heard = studio.render(Mix(rate_hz, (track,)), block_samples=block_samples)[0]
    expected = np.cos(phase - 2.0 * np.pi * cycles * delay)
    inner = slice(60, samples - 60)
    assert np.abs(heard[inner] - expected[inner]).max() < 2e-4


def test_fraction_keeps_what_comes_first(studio: Any) -> None:
    """An impulse on the first sample is interpolated, not lost (a window keeps 99.9 % of the ideal sinc)."""
    studio.add("only", impulse(0))
    track = TrackStrip("only", input=Input(0.0, False, 0.5 * 1000.0 / 48_000), pan=-1.0)
    heard = studio.render(Mix(48_000, (track,)))[0]
    assert heard[0] == pytest.approx(0.9 * 2.0 / np.pi, rel=1e-2)
    assert heard[1] == pytest.approx(heard[0], rel=1e-6)


def test_echo_comes_on_time(studio: Any) -> None:
    studio.add("only", impulse(100))
    bus = Bus("echo", BusKind.FX, delay=Delay(50.0, 0.0, 20.0, 20_000.0))
    wet = TrackStrip("only", sends=FrozenMap({"echo": 0.0}))
    heard = studio.render(Mix(48_000, (wet,), (bus,)))
    assert np.flatnonzero(heard[0])[0] == 100
    echo = np.abs(heard[0, 101:])
    assert 101 + np.argmax(echo > 0.01) == 100 + 2400


def test_resampled_track_lines_up(studio: Any) -> None:
    """A 24 kHz file in a 48 kHz session: its impulse is at twice its sample."""
    studio.add("slow", impulse(1500), rate_hz=24_000)
    heard = studio.render(Mix(48_000, (TrackStrip("slow"),)))
    assert np.argmax(np.abs(heard[0])) == 3000
