"""The JSFX strip's code, run by the tests' own evaluator, against the console's strip in 64 bits.

Bounds: filters and equalizer null below −140 dB of the output's peak; gate and compressor within 1e-6 dB.
"""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from eel_jsfx import strip_effect
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import signal
from strategies import compressors, equalizers, gates, highpasses, inputs, knobs, lowpasses

from console.dsp.strip import StripProcessor
from console.mix import Band, Compressor, Equalizer, Gate, Highpass, Input, Lowpass, TrackStrip
from exporters.reaper.jsfx import settings_of, slider_values

RATES_HZ = (44100, 48000, 96000)
NULL_DB = -140.0
GAIN_DB = 1e-6
SAMPLES = 8192

SETTINGS = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])

rates = st.sampled_from(RATES_HZ)
blocks = st.sampled_from((16, 64, 441, 512, 2048))
seeds = st.integers(0, 2**32 - 1)

filtered_strips = st.builds(
    TrackStrip,
    st.just("x"),
    input=inputs.map(lambda trim: replace(trim, delay_ms=0.0)),
    highpass=highpasses,
    lowpass=lowpasses,
    equalizer=equalizers().map(lambda tone: replace(tone, enabled=True)),
    width=knobs("strip.width"),
)
moving_strips = st.builds(
    TrackStrip,
    st.just("x"),
    gate=gates.map(lambda gate: replace(gate, enabled=True)),
    compressor=compressors.map(lambda compressor: replace(compressor, enabled=True)),
)
whole_strips = st.builds(
    TrackStrip,
    st.just("x"),
    input=inputs.map(lambda trim: replace(trim, delay_ms=0.0)),
    highpass=highpasses,
    lowpass=lowpasses,
    gate=gates,
    equalizer=equalizers(),
    compressor=compressors,
    width=knobs("strip.width"),
)


def bursts(seed: int, samples: int = SAMPLES) -> NDArray[np.float64]:
    """Noise in stereo that rises and falls by 40 dB, with a stretch of digital silence."""
    noise = np.random.default_rng(seed).normal(0.0, 0.2, (2, samples))
    loud = np.where((np.arange(samples) // 1111) % 2, 1.0, 0.01)
    loud[samples // 2 : samples // 2 + 300] = 0.0
    return noise * loud * np.array([[1.0], [0.6]])


def impulse() -> NDArray[np.float64]:
    audio = np.zeros((2, SAMPLES))
    audio[0, 10], audio[1, 20] = 1.0, -0.5
    return audio


def sweep(rate_hz: int) -> NDArray[np.float64]:
    time_s = np.arange(SAMPLES) / rate_hz
    row = signal.chirp(time_s, 20.0, time_s[-1], 0.45 * rate_hz, method="logarithmic")
    return np.stack([row, 0.5 * np.roll(row, 100)])


def by_console(
    strip: TrackStrip, audio: NDArray[np.float64], rate_hz: int, *, mono: bool
) -> NDArray[np.float64]:
    """The console's strip up to its width; a mono track's pan in the middle is taken out again."""
    processor = StripProcessor(strip, rate_hz, 1 if mono else 2)
    stereo = processor.process(audio[:1] if mono else audio)
    return stereo * math.sqrt(2.0) if mono else stereo


def by_jsfx(
    strip: TrackStrip, audio: NDArray[np.float64], rate_hz: int, *, block: int = 512, zeroing: bool = True
) -> NDArray[np.float64]:
    effect = strip_effect(zeroing=zeroing)
    effect.start(float(rate_hz), slider_values(settings_of(strip)))
    return effect.process(audio, block)


def null_db(ours: NDArray[np.float64], theirs: NDArray[np.float64]) -> float:
    """The largest difference, in dB of the peak of what it is compared with."""
    assert np.isfinite(ours).all()
    peak = float(np.abs(theirs).max())
    return 20.0 * math.log10(max(float(np.abs(ours - theirs).max()) / max(peak, 1e-30), 1e-30))


@given(filtered_strips, rates, blocks, seeds, st.booleans(), st.sampled_from(("bursts", "impulse", "sweep")))
@SETTINGS
def test_filters_and_equalizer_null_against_the_console(
    strip: TrackStrip, rate_hz: int, block: int, seed: int, mono: bool, what: str
) -> None:
    audio = {"bursts": lambda: bursts(seed), "impulse": impulse, "sweep": lambda: sweep(rate_hz)}[what]()
    if mono:
        audio[1] = audio[0]
    ours = by_jsfx(strip, audio, rate_hz, block=block)
    assert null_db(ours, by_console(strip, audio, rate_hz, mono=mono)) < NULL_DB


@given(moving_strips, rates, blocks, seeds, st.booleans())
@SETTINGS
def test_gate_and_compressor_have_the_console_s_gain(
    strip: TrackStrip, rate_hz: int, block: int, seed: int, mono: bool
) -> None:
    audio = bursts(seed)
    if mono:
        audio[1] = audio[0]
    ours = by_jsfx(strip, audio, rate_hz, block=block)
    theirs = by_console(strip, audio, rate_hz, mono=mono)
    heard = np.abs(theirs) > 1e-12
    off_db = np.abs(20.0 * np.log10(ours[heard] / theirs[heard]))
    assert off_db.max(initial=0.0) < GAIN_DB
    assert np.abs(ours[~heard]).max(initial=0.0) < 1e-11


@given(whole_strips, rates, blocks, seeds, st.booleans())
@SETTINGS
def test_whole_strips_null_against_the_console(
    strip: TrackStrip, rate_hz: int, block: int, seed: int, mono: bool
) -> None:
    audio = bursts(seed)
    if mono:
        audio[1] = audio[0]
    ours = by_jsfx(strip, audio, rate_hz, block=block)
    assert null_db(ours, by_console(strip, audio, rate_hz, mono=mono)) < NULL_DB


EDGES = {
    "hard knee": TrackStrip("x", compressor=Compressor(True, -40.0, 20.0, 0.05, 1.0, 0.0, 24.0)),
    "knee too small to see": TrackStrip("x", compressor=Compressor(True, -30.0, 4.0, 5.0, 50.0, 1e-300, 0.0)),
    "widest knee": TrackStrip("x", compressor=Compressor(True, -80.0, 1.5, 250.0, 4000.0, 24.0, -12.0)),
    "ratio 1 with make-up": TrackStrip("x", compressor=Compressor(True, -20.0, 1.0, 1.0, 1.0, 6.0, 24.0)),
    "gate without hold": TrackStrip("x", gate=Gate(True, -20.0, -90.0, 20.0, 0.05, 0.0, 1.0)),
    "gate held for most of a sample more": TrackStrip(
        "x", gate=Gate(True, -20.0, -60.0, 8.0, 0.05, 3.4, 5.0)
    ),
    "gate held for an odd half sample": TrackStrip("x", gate=Gate(True, -20.0, -60.0, 8.0, 0.05, 5.0, 5.0)),
    "gate with ratio 1": TrackStrip("x", gate=Gate(True, -20.0, -60.0, 1.0, 1.0, 5.0, 5.0)),
    "gate that hardly expands": TrackStrip("x", gate=Gate(True, 0.0, -90.0, 1.0 + 1e-7, 0.05, 0.0, 1.0)),
    "steepest q": TrackStrip("x", equalizer=Equalizer(True, (Band("bell", 20.0, 18.0, 18.0),) * 4)),
    "steep shelves": TrackStrip(
        "x",
        equalizer=Equalizer(True, (Band("low_shelf", 50.0, 18.0, 5.0), Band("high_shelf", 9e3, -18.0, 18.0))),
    ),
    "over nyquist": TrackStrip("x", lowpass=Lowpass(True, 22000.0, 24), highpass=Highpass(True, 10.0, 24)),
    "band at nyquist": TrackStrip("x", equalizer=Equalizer(True, (Band("high_shelf", 2e4, 9.0, 0.71),))),
    "polarity": TrackStrip("x", input=Input(-48.0, True, 0.0)),
    "mono": TrackStrip("x", width=0.0),
    "wide": TrackStrip("x", width=2.0),
    "nothing": TrackStrip("x"),
    "all off but set": TrackStrip(
        "x",
        highpass=Highpass(False, 500.0, 24),
        gate=Gate(False, 0.0, -90.0, 20.0),
        equalizer=Equalizer(False, (Band("bell", 500.0, 12.0, 2.0),)),
        compressor=Compressor(False, -60.0, 20.0, makeup_db=20.0),
    ),
}


@pytest.mark.parametrize("zeroing", [True, False], ids=["as on x86", "keeping all numbers"])
@pytest.mark.parametrize("rate_hz", [8000, *RATES_HZ, 192000])
@pytest.mark.parametrize("name", EDGES)
def test_the_ends_of_the_ranges_null_too(name: str, rate_hz: int, zeroing: bool) -> None:
    strip, audio = EDGES[name], bursts(1)
    ours = by_jsfx(strip, audio, rate_hz, zeroing=zeroing)
    assert null_db(ours, by_console(strip, audio, rate_hz, mono=False)) < NULL_DB


@pytest.mark.parametrize("name", ["nothing", "all off but set", "gate with ratio 1"])
def test_what_changes_nothing_changes_no_bit(name: str) -> None:
    audio = bursts(2)
    np.testing.assert_array_equal(by_jsfx(EDGES[name], audio, 48000), audio)


@pytest.mark.parametrize("name", ["Snare_top", "Kdrum", "OH"])
def test_real_drums_null_too(shared: Path, name: str) -> None:
    folder = shared / "audio" / "songs" / "DrumMics_MuldjordKit_Groove_CC-BY"
    path = next(path for path in sorted(folder.iterdir()) if path.stem.startswith(name))
    audio, rate_hz = soundfile.read(path, frames=5 * 48000, dtype="float64", always_2d=True)
    stereo = np.ascontiguousarray(np.broadcast_to(audio.T, (2, len(audio))))
    strip = TrackStrip(
        "x",
        input=Input(4.0, True, 0.0),
        highpass=Highpass(True, 80.0, 24),
        gate=Gate(True, -38.0, -20.0, 4.0, 0.5, 40.0, 120.0),
        equalizer=Equalizer(
            True,
            (
                Band("low_shelf", 120.0, 3.0, 0.71),
                Band("bell", 420.0, -6.0, 2.0),
                Band("high_shelf", 7e3, 4.0, 1.2),
            ),
        ),
        compressor=Compressor(True, -24.0, 4.0, 6.0, 90.0, 6.0, 5.0),
        width=1.4,
    )
    ours = by_jsfx(strip, stereo, rate_hz)
    assert null_db(ours, by_console(strip, stereo, rate_hz, mono=False)) < NULL_DB


def test_the_channels_share_one_gain_and_the_louder_one_sets_it() -> None:
    audio = np.zeros((2, 4096))
    audio[0], audio[1] = 0.9, 0.001
    strip = TrackStrip("x", compressor=Compressor(True, -20.0, 4.0, 0.05, 50.0, 0.0, 0.0))
    ours = by_jsfx(strip, audio, 48000)
    gain_db = 20.0 * np.log10(ours[:, -1] / audio[:, -1])
    wanted_db = (1.0 / 4.0 - 1.0) * (20.0 * math.log10(0.9) + 20.0)
    assert gain_db == pytest.approx([wanted_db, wanted_db], abs=1e-9)


def test_a_band_has_the_cookbook_s_response_by_scipy() -> None:
    """Not by the console's own design: coefficients written out here, the response by scipy."""
    rate_hz, gain_db, q, frequency_hz = 48000, 6.0, 2.0, 1000.0
    w, a = 2.0 * math.pi * frequency_hz / rate_hz, 10.0 ** (gain_db / 40.0)
    alpha = math.sin(w) / (2.0 * q)
    b = np.array([1.0 + alpha * a, -2.0 * math.cos(w), 1.0 - alpha * a])
    c = np.array([1.0 + alpha / a, -2.0 * math.cos(w), 1.0 - alpha / a])
    strip = TrackStrip("x", equalizer=Equalizer(True, (Band("bell", frequency_hz, gain_db, q),)))
    ours = by_jsfx(strip, impulse(), rate_hz)
    theirs = signal.lfilter(b, c, impulse())
    assert null_db(ours, theirs) < NULL_DB


def test_a_time_is_the_63_percent_of_a_step() -> None:
    rate_hz, attack_ms = 48000, 10.0
    audio = np.full((2, 4800), 1.0)
    strip = TrackStrip("x", compressor=Compressor(True, -20.0, 20.0, attack_ms, 100.0, 0.0, 0.0))
    gain_db = 20.0 * np.log10(by_jsfx(strip, audio, rate_hz)[0])
    final_db = (1.0 / 20.0 - 1.0) * 20.0
    after = round(attack_ms * rate_hz / 1000.0) - 1
    assert gain_db[after] / final_db == pytest.approx(1.0 - math.exp(-1.0), abs=1e-9)
