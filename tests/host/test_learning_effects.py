"""Delays and reverbs that nobody has described are learnt; echoes and tails are read as the console was set."""

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.host.learning.bench import RATE_HZ
from bridge.host.learning.delays import pulse as echo_pulse
from bridge.host.learning.delays import read_echoes
from bridge.host.learning.learn import Verdict, learn
from bridge.host.learning.reverbs import pulse, read_tail, response_of
from bridge.host.learning.tails import decay_s
from bridge.host.learning.wetness import DRY, WET
from bridge.host.process import PluginProcess
from bridge.host.values import PluginRef
from console.dsp.inserts import InsertProcessor
from console.errors import PluginError
from console.mix import Delay, Reverb
from presets.plugins import PLUGIN_PROFILES
from presets.plugins.dump import dump_profile
from presets.plugins.profile import PluginRole

pytestmark = pytest.mark.plugin


@settings(max_examples=15)
@given(
    time=st.floats(60.0, 1000.0),
    feedback=st.floats(0.02, 0.9),
    low=st.floats(40.0, 600.0),
    high=st.floats(2e3, 15e3),
)
def test_what_the_consoles_delay_was_set_to_is_heard(
    time: float, feedback: float, low: float, high: float
) -> None:
    module = Delay(time, feedback, low, high)
    heard = read_echoes(InsertProcessor([module], RATE_HZ, 2).process(echo_pulse(2)))
    assert heard["delay.time_ms"] == pytest.approx(time, abs=0.05)
    assert heard["delay.feedback"] == pytest.approx(feedback, rel=0.01)
    assert heard["delay.low_cut_hz"] == pytest.approx(low, rel=0.02)
    assert heard["delay.high_cut_hz"] == pytest.approx(high, rel=0.02)
    assert heard[WET] == pytest.approx(0.0, abs=0.05)
    assert heard[DRY] < -90.0


@pytest.mark.parametrize(
    ("wanted_s", "seconds"), [(0.3, 2.5), (1.2, 2.5), (3.5, 2.5), (6.0, 10.0), (15.0, 10.0)]
)
def test_the_decay_of_noise_that_dies_away_is_read(wanted_s: float, seconds: float) -> None:
    n = np.arange(round(seconds * RATE_HZ))
    noise = np.random.default_rng(5).standard_normal((2, n.size)) * 10.0 ** (-3.0 * n / (wanted_s * RATE_HZ))
    found = decay_s(noise, 707.0, 1414.0)
    assert found is not None
    assert found == pytest.approx(wanted_s, rel=0.05)


def test_silence_and_a_click_have_no_decay() -> None:
    assert decay_s(np.zeros((2, RATE_HZ)), 707.0, 1414.0) is None
    assert read_tail(np.zeros((2, RATE_HZ)))[WET] < -100.0


@settings(max_examples=6)
@given(decay=st.floats(0.6, 4.0), predelay=st.floats(5.0, 120.0), damping=st.floats(0.05, 0.7))
def test_what_the_consoles_reverb_was_set_to_is_heard(decay: float, predelay: float, damping: float) -> None:
    module = Reverb(decay, predelay, 0.5, damping, 40.0, 18_000.0)
    heard = read_tail(response_of(InsertProcessor([module], RATE_HZ, 2).process(pulse(2, 2.5))))
    assert heard["reverb.decay_s"] == pytest.approx(decay, rel=0.05)
    assert heard["reverb.predelay_ms"] == pytest.approx(predelay, abs=1.0)
    assert heard["reverb.damping"] == pytest.approx(damping, abs=0.06)
    assert heard[WET] == pytest.approx(0.0, abs=0.3)


@pytest.mark.slow
def test_a_delay_with_unhelpful_names_and_laws(plugin: Callable[..., Path], process: PluginProcess) -> None:
    lesson = learn(PluginRef(plugin("odd_canyon", "odd_echo")), process)
    assert lesson.profile.role is PluginRole.DELAY
    assert lesson.verdict is Verdict.FAITHFUL
    assert lesson.worst_db < 0.5
    knobs = lesson.profile.knobs
    assert {name: knob.key for name, knob in knobs.items()} == {
        "delay.time_ms": "far",
        "delay.feedback": "again",
        "delay.low_cut_hz": "thin",
        "delay.high_cut_hz": "dust",
    }
    # tests/support/dpf/odd_echo.cpp: metres at 343 m/s, dB a repeat, Hz, octaves under 16 kHz.
    assert knobs["delay.time_ms"].to_plugin(500.0) == pytest.approx(171.5, abs=0.1)
    assert knobs["delay.feedback"].to_plugin(0.5) == pytest.approx(6.0206, abs=0.05)
    assert knobs["delay.low_cut_hz"].to_plugin(300.0) == pytest.approx(300.0, rel=0.01)
    assert knobs["delay.high_cut_hz"].to_plugin(4000.0) == pytest.approx(2.0, abs=0.02)
    assert lesson.profile.fixed_raw["self"] == 0.0, "the dry sound is out"
    assert lesson.profile.fixed_raw["other"] == pytest.approx(0.5, abs=0.005), "and the echoes are at unity"
    errors = {item.name: (item.unit, item.worst) for item in lesson.parameters}
    assert errors["delay.time_ms"][0] == "%"
    assert errors["delay.time_ms"][1] < 0.1
    again = PLUGIN_PROFILES.read(dump_profile(lesson.profile), source="test")
    assert again.knobs["delay.feedback"].to_plugin(0.4) == pytest.approx(
        knobs["delay.feedback"].to_plugin(0.4), rel=1e-5
    )


@pytest.mark.slow
def test_a_reverb_with_unhelpful_names_and_laws(plugin: Callable[..., Path], process: PluginProcess) -> None:
    lesson = learn(PluginRef(plugin("odd_cavern", "odd_reverb")), process)
    assert lesson.profile.role is PluginRole.REVERB
    knobs = lesson.profile.knobs
    assert {name: knob.key for name, knob in knobs.items()} == {
        "reverb.decay_s": "age",
        "reverb.predelay_ms": "gap",
        "reverb.damping": "wool",
        "reverb.low_cut_hz": "cellar",
        "reverb.high_cut_hz": "attic",
    }
    # tests/support/dpf/odd_reverb.cpp: 0.25 s · 2^age less what wool damps at 1 kHz; hundredths of a second; Hz; kHz.
    assert knobs["reverb.decay_s"].to_plugin(1.0) == pytest.approx(2.0, abs=0.1)
    distance = knobs["reverb.predelay_ms"].to_plugin(100.0) - knobs["reverb.predelay_ms"].to_plugin(50.0)
    assert distance == pytest.approx(5.0, abs=0.05)
    assert knobs["reverb.low_cut_hz"].to_plugin(300.0) == pytest.approx(300.0, rel=0.1)
    assert knobs["reverb.high_cut_hz"].to_plugin(6000.0) == pytest.approx(6.0, rel=0.05)
    assert lesson.profile.fixed_raw["blend"] == 1.0
    assert lesson.verdict is Verdict.POOR, "another reverb stays another reverb"
    assert any("louder as it gets longer" in note for note in lesson.notes)
    errors = {item.name: (item.unit, item.median) for item in lesson.parameters}
    assert errors["reverb.decay_s"][1] < 5.0
    assert errors["reverb.predelay_ms"] == ("ms", pytest.approx(0.0, abs=0.5))


@pytest.mark.slow
def test_zamdelay_is_found_as_the_shipped_profile_has_it(
    zam: Callable[[str], Path], process: PluginProcess
) -> None:
    lesson = learn(PluginRef(zam("ZamDelay")), process)
    shipped = PLUGIN_PROFILES.load("zamdelay")
    mine, theirs = lesson.profile.knobs, shipped.knobs
    assert {name: knob.key for name, knob in mine.items()} == {
        name: knob.key for name, knob in theirs.items()
    }
    for name, value in (("time_ms", 375.0), ("feedback", 0.4), ("high_cut_hz", 6000.0)):
        key = f"delay.{name}"
        assert math.isclose(mine[key].to_plugin(value), theirs[key].to_plugin(value), rel_tol=2e-3)
    assert lesson.profile.fixed_raw["dry_wet"] == shipped.fixed["dry_wet"] == 1.0
    assert any("behind the loop" in note for note in lesson.notes)


@pytest.mark.slow
def test_a_saturator_without_knobs_is_none_of_them(
    zam: Callable[[str], Path], process: PluginProcess
) -> None:
    with pytest.raises(PluginError, match="does nothing that can be learnt"):
        learn(PluginRef(zam("ZamAutoSat")), process)


@pytest.mark.slow
def test_a_limiter_is_no_reverb_though_one_is_asked_for(
    plugin: Callable[..., Path], process: PluginProcess
) -> None:
    with pytest.raises(PluginError, match="learnt as a reverb"):
        learn(PluginRef(plugin("odd_lid", "odd_limiter")), process, role=PluginRole.REVERB)
