"""Compressor and gate against a plain float64 reference written from the formulas, sample by sample."""

import math

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from console.dsp.curves import compressor_curve_db, gate_curve_db
from console.dsp.dynamics import CONTROL_INTERVAL_SAMPLES, CompressorProcessor, GateProcessor
from console.mix import Compressor, Gate

RATES_HZ = (44100, 48000, 96000)


def bursts(channels, samples, seed=0):
    """Noise whose level jumps between silence and full scale, different in each channel."""
    rng = np.random.default_rng(seed)
    levels = 10 ** (rng.uniform(-90, 0, (channels, samples // 500 + 1)) / 20)
    levels[:, rng.random(levels.shape[1]) < 0.15] = 0.0
    return rng.uniform(-1, 1, (channels, samples)) * np.repeat(levels, 500, axis=1)[:, :samples]


def level_of(frame):
    peak = max(abs(value) for value in frame)
    return 20 * math.log10(peak) if peak > 0 else -1023 * 20 * math.log10(2)  # the law's level of silence


def reference_compressor(audio, knobs, sample_rate_hz):
    attack = math.exp(-1 / (sample_rate_hz * knobs.attack_ms / 1000))
    release = math.exp(-1 / (sample_rate_hz * knobs.release_ms / 1000))
    gain_db, gains = 0.0, []
    for frame in audio.T.tolist():
        over = level_of(frame) - knobs.threshold_db
        if 2 * over < -knobs.knee_db:
            wanted = 0.0
        elif 2 * abs(over) <= knobs.knee_db and knobs.knee_db > 0:
            wanted = (1 / knobs.ratio - 1) * (over + knobs.knee_db / 2) ** 2 / (2 * knobs.knee_db)
        else:
            wanted = over / knobs.ratio - over
        keep = attack if wanted < gain_db else release
        gain_db = keep * gain_db + (1 - keep) * wanted
        gains.append(gain_db)
    return audio * 10 ** ((np.array(gains) + knobs.makeup_db) / 20), np.array(gains)


def reference_gate(audio, knobs, sample_rate_hz):
    attack = math.exp(-1 / (sample_rate_hz * knobs.attack_ms / 1000))
    release = math.exp(-1 / (sample_rate_hz * knobs.release_ms / 1000))
    hold = round(knobs.hold_ms * sample_rate_hz / 1000)
    since_open = math.inf
    gain_db, gains = 0.0, []
    for frame in audio.T.tolist():
        under = level_of(frame) - knobs.threshold_db
        since_open = 0 if under >= 0 else since_open + 1
        wanted = 0.0 if under >= 0 else max(knobs.range_db, (knobs.ratio - 1) * under)
        if wanted >= gain_db:
            gain_db = attack * gain_db + (1 - attack) * wanted
        elif since_open > hold:
            gain_db = release * gain_db + (1 - release) * wanted
        gains.append(gain_db)
    return audio * 10 ** (np.array(gains) / 20), np.array(gains)


def null_db(result, expected):
    return 20 * math.log10(np.abs(result - expected).max() / max(np.abs(expected).max(), 1e-300) + 1e-300)


def processed(processor, audio, size=None):
    size = size or audio.shape[1]
    blocks = [audio[:, i : i + size].copy() for i in range(0, audio.shape[1], size)]
    for block in blocks:
        processor.process(block)
    return np.concatenate(blocks, axis=1)


compressors = st.builds(
    Compressor,
    enabled=st.just(True),
    threshold_db=st.floats(-80, 0),
    ratio=st.floats(1, 20),
    attack_ms=st.floats(0.05, 250),
    release_ms=st.floats(1, 4000),
    knee_db=st.one_of(st.just(0.0), st.floats(0, 24)),
    makeup_db=st.one_of(st.just(0.0), st.floats(-12, 24)),
)
gates = st.builds(
    Gate,
    enabled=st.just(True),
    threshold_db=st.floats(-90, 0),
    range_db=st.floats(-90, 0),
    ratio=st.floats(1, 20),
    attack_ms=st.floats(0.05, 250),
    hold_ms=st.one_of(st.just(0.0), st.floats(0, 100)),
    release_ms=st.floats(1, 4000),
)


@settings(max_examples=40, deadline=None)
@given(
    knobs=compressors,
    channels=st.sampled_from([1, 2]),
    rate=st.sampled_from(RATES_HZ),
    seed=st.integers(0, 99),
)
@example(Compressor(True, -6.0, 4.0, 1.0, 1.0, 5e-324, 0.0), 1, 44100, 0)
def test_compressor_nulls_against_the_formula(knobs, channels, rate, seed):
    audio = bursts(channels, 8000, seed)
    expected, _ = reference_compressor(audio, knobs, rate)
    assert null_db(processed(CompressorProcessor(knobs, rate), audio), expected) < -200


@settings(max_examples=40, deadline=None)
@given(knobs=gates, channels=st.sampled_from([1, 2]), rate=st.sampled_from(RATES_HZ), seed=st.integers(0, 99))
def test_gate_nulls_against_the_formula(knobs, channels, rate, seed):
    audio = bursts(channels, 8000, seed)
    expected, _ = reference_gate(audio, knobs, rate)
    assert null_db(processed(GateProcessor(knobs, rate), audio), expected) < -200


@pytest.mark.parametrize("rate", RATES_HZ)
@pytest.mark.parametrize(("attack_ms", "release_ms"), [(10.0, 100.0), (0.5, 32.0), (250.0, 715.0)])
def test_compressor_covers_63_percent_of_a_step_in_its_times(rate, attack_ms, release_ms):
    hold = int(rate * (attack_ms + release_ms) / 1000 * 8)
    quiet, loud = 0.01, 1.0
    audio = np.concatenate([np.full(hold, quiet), np.full(hold, loud), np.full(hold, quiet)])[None]
    knobs = Compressor(True, -20.0, 4.0, attack_ms, release_ms, 0.0, 0.0)
    gain_db = 20 * np.log10(processed(CompressorProcessor(knobs, rate), audio)[0] / audio[0])
    share = 1 - math.exp(-1)
    assert gain_db[2 * hold - 1] == pytest.approx(-15.0, abs=0.01)
    attack = np.argmax(gain_db[hold:] <= -15.0 * share) + 1
    release = np.argmax(gain_db[2 * hold :] >= -15.0 * (1 - share)) + 1
    assert attack == pytest.approx(rate * attack_ms / 1000, abs=2)
    assert release == pytest.approx(rate * release_ms / 1000, rel=0.001, abs=2)


@pytest.mark.parametrize("rate", RATES_HZ)
def test_gate_waits_for_its_hold_and_closes_with_its_release(rate):
    knobs = Gate(True, -40.0, -20.0, 20.0, 1.0, 50.0, 120.0)
    loud, rest = rate // 10, rate
    audio = np.concatenate([np.full(loud, 0.5), np.full(rest, 1e-4)])[None]
    gain_db = 20 * np.log10(processed(GateProcessor(knobs, rate), audio)[0] / audio[0])
    held = loud + round(rate * 0.050)
    np.testing.assert_allclose(gain_db[:held], 0.0, atol=1e-9)
    closed = np.argmax(gain_db[held:] <= -20.0 * (1 - math.exp(-1))) + 1
    assert closed == pytest.approx(rate * 0.120, abs=2)


@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("size", [1, 7, 512, 65536])
@pytest.mark.parametrize(
    "make",
    [
        lambda: CompressorProcessor(Compressor(True, -30.0, 4.0, 3.0, 40.0, 6.0, 3.0), 48000),
        lambda: CompressorProcessor(Compressor(True, -6.0, 4.0, 0.05, 1.0, 0.0, 0.0), 48000),
        lambda: GateProcessor(Gate(True, -30.0, -40.0, 4.0, 0.5, 5.0, 20.0), 48000),
    ],
    ids=["soft", "seldom", "gate"],
)
def test_dynamics_give_the_same_bits_in_any_block_size(make, channels, size):
    audio = bursts(channels, 9000)
    whole, blocks = make(), make()
    np.testing.assert_array_equal(processed(blocks, audio, size), processed(whole, audio))
    np.testing.assert_array_equal(blocks.gain_reduction_db(), whole.gain_reduction_db())


def test_shortcuts_give_the_bits_of_the_long_way():
    """A lone loud channel switches the shortcuts off; what the quiet start gets must not depend on it."""
    knobs = Compressor(True, -10.0, 4.0, 1.0, 5.0, 4.0, 2.5)
    audio = bursts(1, 40 * 512, seed=3) * 0.05
    audio[0, 10 * 512 : 10 * 512 + 40] = 0.9
    shifted = np.concatenate([np.zeros((1, 100)), audio], axis=1)
    plain = processed(CompressorProcessor(knobs, 48000), audio)
    expected, _ = reference_compressor(shifted, knobs, 48000)
    moved = processed(CompressorProcessor(knobs, 48000), shifted)[:, 100:]
    assert null_db(plain, expected[:, 100:]) < -200
    assert null_db(moved, plain) < -200
    np.testing.assert_array_equal(plain[:, : 10 * 512], moved[:, : 10 * 512])


@pytest.mark.parametrize("samples", [CONTROL_INTERVAL_SAMPLES * 4, CONTROL_INTERVAL_SAMPLES * 4 + 100])
def test_meter_holds_the_lowest_gain_of_each_interval(samples):
    knobs = Compressor(True, -30.0, 4.0, 3.0, 40.0, 6.0, 3.0)
    audio = bursts(2, samples)
    processor = CompressorProcessor(knobs, 48000)
    processed(processor, audio, 300)
    gains = np.minimum(reference_compressor(audio, knobs, 48000)[1], 0.0)
    expected = [
        gains[i : i + CONTROL_INTERVAL_SAMPLES].min() for i in range(0, samples, CONTROL_INTERVAL_SAMPLES)
    ]
    np.testing.assert_allclose(processor.gain_reduction_db(), expected, atol=1e-9)


@pytest.mark.parametrize(
    "make",
    [
        lambda: CompressorProcessor(Compressor(True, -30.0, 4.0, 3.0, 40.0, 6.0, 0.0), 48000),
        lambda: GateProcessor(Gate(True, -30.0, -40.0, 4.0, 0.5, 5.0, 20.0), 48000),
    ],
    ids=["compressor", "gate"],
)
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_bad_sample_stays_alone(make, bad):
    audio = bursts(2, 48000)
    clean = processed(make(), audio)
    audio[1, 1000] = bad
    result = processed(make(), audio)
    assert np.isfinite(np.delete(result, 1000, axis=1)).all()
    np.testing.assert_allclose(result[:, -4096:], clean[:, -4096:], atol=1e-3)


def test_silence_stays_silence_and_denormals_stay_harmless():
    audio = np.zeros((2, 4096))
    audio[0] = 1e-310
    for processor in (
        CompressorProcessor(Compressor(True, -80.0, 20.0, 1.0, 5.0, 0.0, 0.0), 48000),
        GateProcessor(Gate(True, -60.0, -90.0, 4.0, 0.5, 0.0, 20.0), 48000),
    ):
        result = processed(processor, audio)
        assert np.isfinite(result).all()
        assert np.abs(result).max() <= 1e-310
        assert not result[1].any()


def test_a_settled_compressor_changes_no_bit():
    audio = bursts(2, 200000) * 1e-3
    audio[:, :100] = 1.0
    result = processed(CompressorProcessor(Compressor(True, -20.0, 4.0, 1.0, 20.0, 6.0, 0.0), 48000), audio)
    np.testing.assert_array_equal(result[:, 100000:], audio[:, 100000:])
    assert (result[:, 50:100] < audio[:, 50:100]).all()


def test_curves_are_the_static_laws():
    knobs = Compressor(True, -20.0, 4.0, 1.0, 5.0, 6.0, 9.0)
    np.testing.assert_allclose(
        compressor_curve_db(knobs, np.array([-np.inf, -23.0, -20.0, -17.0, 0.0])), [0, 0, -0.5625, -2.25, -15]
    )
    hard = Compressor(True, -20.0, 2.0, 1.0, 5.0, 0.0, 0.0)
    np.testing.assert_allclose(compressor_curve_db(hard, np.array([-20.0, -10.0])), [0, -5])
    gate = Gate(True, -40.0, -20.0, 3.0)
    np.testing.assert_allclose(
        gate_curve_db(gate, np.array([-np.inf, -60, -45, -40, 0])), [-20, -20, -10, 0, 0]
    )
