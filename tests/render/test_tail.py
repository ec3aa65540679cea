"""How long a mix is."""

import math

import numpy as np
import pytest

from bridge.render import RenderSettings, tail_s
from console.errors import RenderError
from console.mix import Bus, BusKind, Delay, FrozenMap, Mix, Reverb, TrackStrip

REVERB = Bus("verb", BusKind.FX, reverb=Reverb(1.5, 100.0))
ECHO = Bus("echo", BusKind.FX, delay=Delay(100.0, 0.5))


def one(studio, **strip):
    studio.rate_hz = 8_000
    studio.add("one", np.random.default_rng(0).standard_normal((1, 4_000)) * 0.1)
    return Mix(8_000, (TrackStrip("one", **strip),), (REVERB, ECHO))


def test_tail_of_each_effect():
    assert tail_s(REVERB) == pytest.approx(1.6)
    assert tail_s(ECHO) == pytest.approx(0.1 * (1 + math.ceil(math.log(1e-3) / math.log(0.5))))
    assert tail_s(Bus("x", BusKind.FX, delay=Delay(100.0, 0.0))) == pytest.approx(0.1)
    assert tail_s(Bus("x", BusKind.FX, delay=Delay(2000.0, 0.95))) == 20.0
    assert tail_s(Bus("x", BusKind.FX, reverb=Reverb(20.0, 250.0))) == 20.0
    assert tail_s(Bus("group")) == 0.0


@pytest.mark.parametrize(
    ("strip", "seconds"),
    [
        ({}, 0.5),
        ({"sends": FrozenMap({"verb": -90.0})}, 0.5),
        ({"sends": FrozenMap({"verb": -12.0}), "muted": True}, 0.5),
        ({"sends": FrozenMap({"verb": -12.0})}, 0.5 + 1.6),
        ({"sends": FrozenMap({"echo": -12.0})}, 0.5 + 1.1),
        ({"sends": FrozenMap({"echo": -12.0, "verb": -30.0})}, 0.5 + 1.6),
    ],
)
def test_length(studio, strip, seconds):
    assert studio.render(one(studio, **strip)).shape == (2, round(seconds * 8_000))


def test_length_is_overridden(studio):
    mix = one(studio, sends=FrozenMap({"verb": -12.0}))
    whole = studio.render(mix)
    short = studio.render(mix, tail_s=0.25)
    assert short.shape == (2, 6_000)
    assert np.array_equal(short, whole[:, :6_000])


def test_reverb_fades_by_60_db_within_its_tail(studio):
    studio.rate_hz = 48_000
    burst = np.random.default_rng(0).standard_normal((1, 24_000)) * 0.2
    studio.add("one", burst)
    mix = Mix(48_000, (TrackStrip("one", sends=FrozenMap({"verb": 0.0})),), (REVERB,))
    heard = studio.render(mix)
    last = heard[:, -2_400:]
    fresh = heard[:, 24_000 + 4_800 : 24_000 + 7_200]
    fallen_db = 10.0 * np.log10(np.mean(last**2) / np.mean(fresh**2))
    assert -75.0 < fallen_db < -45.0


@pytest.mark.parametrize(
    "wrong", [{"block_samples": 0}, {"threads": 0}, {"tail_s": -1.0}, {"tail_s": float("nan")}]
)
def test_settings_are_checked(wrong):
    with pytest.raises(RenderError, match="give"):
        RenderSettings(**wrong)
