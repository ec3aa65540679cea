"""How many transients, and how steep."""

import numpy as np
import pytest
import soundfile
from scipy import signal

RATES_HZ = [8000, 44100, 48000, 192000]


def hits(rate_hz: int, per_s: float, seconds: float = 10.0, floor: float = 0.0) -> np.ndarray:
    n = round(seconds * rate_hz)
    rng = np.random.default_rng(0)
    period = round(rate_hz / per_s)
    phase = (np.arange(n) + period // 3) % period
    return (np.exp(-30.0 * phase / rate_hz) * 0.5 + floor) * rng.standard_normal(n) * 0.3


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@pytest.mark.parametrize("per_s", [1.0, 2.0, 8.0])
def test_rate_of_hits(measure, rate_hz, per_s):
    found = measure(hits(rate_hz, per_s), rate_hz)
    # Relative to the time in which it plays, which the pauses of slow hits shorten.
    expected = per_s / found.activity
    assert found.transients_per_s == pytest.approx(expected, rel=0.12)
    assert found.transient_rise_db > 12.0


@pytest.mark.parametrize("rate_hz", RATES_HZ)
def test_steady_sounds_have_none(measure, rate_hz):
    n = np.arange(6 * rate_hz)
    steady = [
        0.1 * np.random.default_rng(1).standard_normal(len(n)),
        0.3 * np.sin(2.0 * np.pi * 55.0 * n / rate_hz),
        0.3
        * np.sin(2.0 * np.pi * 440.0 * n / rate_hz)
        * (1.0 + 0.5 * np.sin(2.0 * np.pi * 5.0 * n / rate_hz)),
    ]
    for sound in steady:
        # Its beginning is one.
        assert measure(sound, rate_hz).transients_per_s * 6.0 <= 1.01


def test_rise_of_a_step(measure):
    rate_hz = 44100
    n = np.arange(8 * rate_hz)
    loud = (n // rate_hz) % 2 == 1
    tone = np.where(loud, 0.5, 0.05) * np.sin(2.0 * np.pi * 1000.0 * n / rate_hz)
    found = measure(signal.lfilter([1.0], [1.0], tone), rate_hz)
    assert found.transient_rise_db == pytest.approx(20.0, abs=0.5)


def test_drums_have_more_than_singers(measure, shared):
    rates = {"drum": [], "singer": []}
    for kind, found in rates.items():
        for path in sorted((shared / "audio/songs").glob(f"MusicDelta*/*_{kind}*.flac")):
            audio, rate_hz = soundfile.read(path, dtype="float32", always_2d=True)
            found.append(measure(audio.T, rate_hz).transients_per_s)
    assert len(rates["drum"]) >= 4
    assert min(rates["drum"]) > max(rates["singer"])
    assert np.mean(rates["drum"]) > 2.0 * np.mean(rates["singer"])
