"""The whole console against a mixer that is written here, in numpy and scipy, from the laws in the design."""

import math
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import signal

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
    Highpass,
    Input,
    Lowpass,
    Master,
    Mix,
    TrackStrip,
)

Audio = NDArray[np.float64]


def gain(level_db: float) -> float:
    return 10.0 ** (level_db / 20.0)


def rbj(band: Band, rate_hz: int) -> Audio:
    """The cookbook's formulas as printed there."""
    a, w = 10.0 ** (band.gain_db / 40.0), 2.0 * math.pi * band.frequency_hz / rate_hz
    c, alpha = math.cos(w), math.sin(w) / (2.0 * band.q)
    s = 2.0 * math.sqrt(a) * alpha
    if band.type is BandType.BELL:
        b0, b1, b2, a0, a1, a2 = 1 + alpha * a, -2 * c, 1 - alpha * a, 1 + alpha / a, -2 * c, 1 - alpha / a
    elif band.type is BandType.LOW_SHELF:
        b0, b1, b2 = (
            a * (a + 1 - (a - 1) * c + s),
            2 * a * (a - 1 - (a + 1) * c),
            a * (a + 1 - (a - 1) * c - s),
        )
        a0, a1, a2 = a + 1 + (a - 1) * c + s, -2 * (a - 1 + (a + 1) * c), a + 1 + (a - 1) * c - s
    else:
        b0, b1, b2 = (
            a * (a + 1 + (a - 1) * c + s),
            -2 * a * (a - 1 + (a + 1) * c),
            a * (a + 1 + (a - 1) * c - s),
        )
        a0, a1, a2 = a + 1 - (a - 1) * c + s, 2 * (a - 1 - (a + 1) * c), a + 1 - (a - 1) * c - s
    return np.array([[b0, b1, b2, a0, a1, a2]]) / a0


def equalize(x: Audio, equalizer: Equalizer, rate_hz: int) -> Audio:
    for band in equalizer.bands if equalizer.enabled else ():
        x = signal.sosfilt(rbj(band, rate_hz), x)
    return x


def compress(x: Audio, law: Compressor, rate_hz: int) -> Audio:
    if not law.enabled:
        return x
    attack, release = (math.exp(-1000.0 / (t * rate_hz)) for t in (law.attack_ms, law.release_ms))
    smoothed, gains = 0.0, []
    for level in np.abs(x).max(axis=0):
        over = 20.0 * math.log10(max(level, 1e-300)) - law.threshold_db
        if 2.0 * over <= -law.knee_db:
            reduced = 0.0
        elif 2.0 * abs(over) <= law.knee_db:
            reduced = (1.0 / law.ratio - 1.0) * (over + law.knee_db / 2.0) ** 2 / (2.0 * law.knee_db)
        else:
            reduced = (1.0 / law.ratio - 1.0) * over
        keep = attack if reduced < smoothed else release
        smoothed = keep * smoothed + (1.0 - keep) * reduced
        gains.append(gain(smoothed + law.makeup_db))
    return x * np.array(gains)


def strip_out(x: Audio, strip: TrackStrip, rate_hz: int, samples: int) -> Audio:
    x = np.pad(x, ((0, 0), (0, samples - x.shape[1])))
    x = x * gain(strip.input.gain_db) * (-1.0 if strip.input.invert_polarity else 1.0)
    shift = round(strip.input.delay_ms * rate_hz / 1000.0)
    x = np.pad(x, ((0, 0), (max(shift, 0), max(-shift, 0))))[:, max(-shift, 0) :][:, :samples]
    for kind, cut in (("highpass", strip.highpass), ("lowpass", strip.lowpass)):
        if cut.enabled:
            order = cut.slope_db_per_octave // 6
            x = signal.sosfilt(signal.butter(order, cut.frequency_hz, kind, fs=rate_hz, output="sos"), x)
    x = compress(equalize(x, strip.equalizer, rate_hz), strip.compressor, rate_hz)
    angle = (strip.pan + 1.0) * math.pi / 4.0
    if len(x) == 1:
        x = np.concatenate([x * math.cos(angle), x * math.sin(angle)])
    else:
        mid, side = (x[0] + x[1]) / 2.0, (x[0] - x[1]) / 2.0 * strip.width
        balance = np.minimum(1.0, math.sqrt(2.0) * np.array([[math.cos(angle)], [math.sin(angle)]]))
        x = np.stack([mid + side, mid - side]) * balance
    points = strip.automation.fader_db
    times = np.arange(samples) / rate_hz
    level_db = np.interp(times, *zip(*points, strict=True)) if points else strip.fader_db
    return np.asarray(x * 10.0 ** (np.asarray(level_db) / 20.0))


def echo_once(x: Audio, delay: Delay, rate_hz: int) -> Audio:
    """A delay without feedback: late and filtered."""
    assert delay.feedback == 0.0
    late = np.pad(x, ((0, 0), (round(delay.time_ms * rate_hz / 1000.0), 0)))[:, : x.shape[1]]
    for kind, frequency_hz in (("highpass", delay.low_cut_hz), ("lowpass", delay.high_cut_hz)):
        late = signal.sosfilt(signal.butter(2, frequency_hz, kind, fs=rate_hz, output="sos"), late)
    return late


def reference_mix(audio: dict[str, Audio], mix: Mix, samples: int) -> Audio:
    rate_hz = mix.sample_rate_hz
    inputs = {name: np.zeros((2, samples)) for name in ("master", *(bus.id for bus in mix.buses))}
    for strip in mix.tracks:
        if strip.muted:
            continue
        out = strip_out(audio[strip.id], strip, rate_hz, samples)
        inputs[strip.output] += out
        for bus, level_db in strip.sends.items():
            inputs[bus] += out * gain(level_db)
    for bus in mix.buses:
        out = echo_once(inputs[bus.id], bus.delay, rate_hz) if bus.delay else inputs[bus.id]
        out = compress(equalize(out, bus.equalizer, rate_hz), bus.compressor, rate_hz)
        inputs["master"] += out * gain(bus.fader_db)
    out = equalize(inputs["master"], mix.master.equalizer, rate_hz)
    return compress(out, mix.master.compressor, rate_hz)


SIX_BANDS = Equalizer(
    True,
    (
        Band(BandType.LOW_SHELF, 120.0, -4.0, 0.71),
        Band(BandType.BELL, 250.0, 3.0, 1.4),
        Band(BandType.BELL, 700.0, -6.0, 4.0),
        Band(BandType.BELL, 1500.0, 2.0, 0.5),
        Band(BandType.BELL, 2600.0, 5.0, 2.0),
        Band(BandType.HIGH_SHELF, 3000.0, -3.0, 0.9),
    ),
)
SHAPED = TrackStrip(
    id="",
    input=Input(3.0, True, 10.0),
    highpass=Highpass(True, 70.0, 24),
    lowpass=Lowpass(True, 3500.0, 12),
    equalizer=SIX_BANDS,
    compressor=Compressor(True, -24.0, 4.0, 5.0, 60.0, 6.0, 3.0),
    pan=0.4,
    fader_db=-5.0,
)


def strips(name: str, **changes: Any) -> TrackStrip:
    from dataclasses import replace

    return replace(SHAPED, id=name, **changes)


GRAPHS: dict[str, dict[str, Any]] = {
    "strips alone": {"tracks": (strips("mono"), strips("stereo", pan=-0.7, width=1.6))},
    "pan ends": {"tracks": (strips("mono", pan=-1.0), strips("stereo", pan=1.0, width=0.0))},
    "played earlier": {"tracks": (strips("mono", input=Input(0.0, False, -10.0)), strips("stereo"))},
    "one muted": {
        "tracks": (strips("mono", muted=True, sends=FrozenMap({"echo": 0.0})), strips("stereo")),
        "buses": (Bus("echo", BusKind.FX, delay=Delay(10.0, 0.0, 100.0, 3000.0)),),
    },
    "moving fader": {
        "tracks": (
            strips("mono", automation=Automation(((0.05, -20.0), (0.2, 3.0), (0.31, -6.0)))),
            strips("stereo", automation=Automation(((0.1, -3.0),))),
        )
    },
    "group": {
        "tracks": (strips("mono", output="drums"), strips("stereo", output="drums")),
        "buses": (
            Bus(
                "drums",
                equalizer=SIX_BANDS,
                compressor=Compressor(True, -18.0, 3.0, 10.0, 80.0, 0.0, 1.0),
                fader_db=-2.0,
            ),
        ),
    },
    "group and sends": {
        "tracks": (
            strips("mono", output="drums", sends=FrozenMap({"echo": -6.0})),
            strips("stereo", sends=FrozenMap({"echo": -12.0, "slap": 2.0})),
        ),
        "buses": (
            Bus("drums", compressor=Compressor(True)),
            Bus("echo", BusKind.FX, delay=Delay(60.0, 0.0, 150.0, 3000.0), fader_db=-1.0),
            Bus(
                "slap",
                BusKind.FX,
                delay=Delay(20.0, 0.0, 300.0, 2000.0),
                equalizer=SIX_BANDS,
                compressor=Compressor(True, -40.0, 5.0),
            ),
        ),
        "master": Master(equalizer=SIX_BANDS, compressor=Compressor(True, -12.0, 2.0, 30.0, 200.0, 8.0, 1.5)),
    },
}


@pytest.mark.parametrize("rate_hz", [8_000, 44_100])
@pytest.mark.parametrize("name", GRAPHS)
def test_mix_is_that_of_the_reference(studio: Any, null_db: Any, name: str, rate_hz: int) -> None:
    studio.rate_hz = rate_hz
    samples = round(0.4 * rate_hz)
    random = np.random.default_rng(7)
    envelope = 0.05 + np.abs(np.sin(np.arange(samples) / rate_hz * 2.0 * np.pi * 4.0))
    audio = {
        "mono": (random.standard_normal((1, samples)) * 0.1 * envelope).astype(np.float32).astype(float),
        "stereo": (random.standard_normal((2, samples - 1500)) * 0.1).astype(np.float32).astype(float),
    }
    for track, sound in audio.items():
        studio.add(track, sound)
    mix = Mix(sample_rate_hz=rate_hz, **GRAPHS[name])
    heard = studio.render(mix, tail_s=0.1, block_samples=777)
    expected = reference_mix(audio, mix, samples + math.ceil(0.1 * rate_hz))
    assert np.abs(expected).max() > 0.01
    assert null_db(heard, expected) < -135.0
