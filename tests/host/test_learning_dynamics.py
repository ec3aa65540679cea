"""Gates and limiters that nobody has described are learnt; they are heard as the console was set."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.host.learning.bench import RATE_HZ, Bench
from bridge.host.learning.gates import GateLearner, gate_signal, read_gate
from bridge.host.learning.learn import Lesson, Verdict, learn
from bridge.host.learning.limiters import (
    CEILING,
    LIFT,
    RELEASE,
    LimiterLearner,
    burst,
    read_burst,
    read_stairs,
    stairs,
)
from bridge.host.learning.poles import nearest_pole
from bridge.host.learning.trials import module_of
from bridge.host.process import PluginProcess
from bridge.host.values import Audio, PluginRef
from console.dsp.inserts import InsertModule, InsertProcessor
from console.mix import Limiter
from presets.plugins import PLUGIN_PROFILES
from presets.plugins.dump import dump_profile
from presets.plugins.profile import PluginRole

pytestmark = pytest.mark.plugin


def by_console(module: InsertModule, audio: Audio) -> np.ndarray:
    processor = InsertProcessor([module], RATE_HZ, audio.shape[0])
    return np.concatenate([processor.process(audio), processor.flush()], axis=1)


@settings(max_examples=12)
@given(
    threshold=st.floats(-55.0, -25.0),
    depth=st.floats(8.0, 60.0),
    attack=st.floats(0.1, 8.0),
    hold=st.floats(5.0, 200.0),
    release=st.floats(10.0, 800.0),
)
def test_what_the_consoles_gate_was_set_to_is_heard(
    threshold: float, depth: float, attack: float, hold: float, release: float
) -> None:
    wanted = {
        "gate.threshold_db": threshold, "gate.range_db": -depth, "gate.ratio": 20.0, "gate.attack_ms": attack,
        "gate.hold_ms": hold, "gate.release_ms": release,
    }  # fmt: skip
    signal = gate_signal(1)
    heard = read_gate(by_console(module_of(PluginRole.GATE, wanted), signal), signal)
    # A tone is under its peak most of the time: a slow gate of peaks opens later than its threshold says.
    assert heard["gate.threshold_db"] == pytest.approx(threshold, abs=1.0 + 0.3 * attack)
    assert heard["gate.range_db"] == pytest.approx(-depth, abs=0.2)
    for name in ("gate.attack_ms", "gate.release_ms"):
        assert heard[name] == pytest.approx(wanted[name], rel=0.02)
    assert heard["gate.hold_ms"] == pytest.approx(hold, abs=0.5 + 0.01 * release)


@settings(max_examples=10)
@given(ratio=st.floats(1.5, 8.0), depth=st.floats(12.0, 40.0), threshold=st.floats(-40.0, -25.0))
def test_how_steeply_the_consoles_gate_shuts_is_heard(ratio: float, depth: float, threshold: float) -> None:
    wanted = {
        "gate.threshold_db": threshold, "gate.range_db": -depth, "gate.ratio": ratio, "gate.attack_ms": 0.5,
        "gate.hold_ms": 20.0, "gate.release_ms": 100.0,
    }  # fmt: skip
    signal = gate_signal(1)
    heard = read_gate(by_console(module_of(PluginRole.GATE, wanted), signal), signal)
    assert heard["gate.ratio"] == pytest.approx(ratio, rel=0.1)
    assert heard["gate.threshold_db"] == pytest.approx(threshold, abs=1.0)


@pytest.mark.parametrize("ceiling", [-0.5, -8.0])
@pytest.mark.parametrize(
    "release", [50.0, 200.0, 900.0]
)  # long against its look-ahead, which rounds the corner
def test_what_the_consoles_limiter_was_set_to_is_heard(ceiling: float, release: float) -> None:
    module = Limiter(enabled=True, ceiling_dbtp=ceiling, release_ms=release)
    heard = read_stairs(by_console(module, stairs(1)))
    assert heard[CEILING] == pytest.approx(ceiling, abs=0.01)
    assert heard[LIFT] == pytest.approx(0.0, abs=1e-3)
    loud = burst(1, heard[CEILING])
    assert read_burst(by_console(module, loud), loud)[RELEASE] == pytest.approx(release, rel=0.05)


@pytest.mark.parametrize("time_ms", [0.1, 3.0, 40.0, 500.0])
@pytest.mark.parametrize("wait_ms", [0.0, 60.0])
def test_a_one_pole_is_found_though_it_is_cut_short(time_ms: float, wait_ms: float) -> None:
    ms = 1000.0 * np.arange(RATE_HZ) / RATE_HZ
    gains = -30.0 * (1.0 - np.exp(-np.maximum(ms - wait_ms, 0.0) / time_ms))
    pole = nearest_pole(gains, float(gains[-1]), RATE_HZ, waits=True, arrives=False)
    assert pole is not None
    assert pole.time_ms == pytest.approx(time_ms, rel=0.02)
    assert pole.wait_ms == pytest.approx(wait_ms, abs=0.05 + 0.005 * time_ms)
    assert pole.end_db == pytest.approx(-30.0, abs=0.1)


def test_a_gain_that_stands_still_has_no_pole() -> None:
    assert nearest_pole(np.zeros(1000), -0.5, RATE_HZ, waits=True) is None


@pytest.mark.slow
def test_a_gate_with_unhelpful_names_and_another_law(
    plugin: Callable[..., Path], process: PluginProcess
) -> None:
    lesson = learn(PluginRef(plugin("odd_warden", "odd_gate")), process)
    assert lesson.profile.role is PluginRole.GATE
    assert lesson.verdict is Verdict.FAITHFUL
    knobs = lesson.profile.knobs
    assert {name: knob.key for name, knob in knobs.items()} == {
        "gate.threshold_db": "sill",
        "gate.range_db": "hush",
        "gate.attack_ms": "wake",
        "gate.hold_ms": "linger",
        "gate.release_ms": "fade",
    }
    # tests/support/dpf/odd_gate.cpp: -70 dB a unit, -6 dB a step, 0.2 ms · 2^wake, 2 s · 10^(-fade/4).
    assert knobs["gate.threshold_db"].to_plugin(-35.0) == pytest.approx(0.5, abs=0.02)
    assert knobs["gate.range_db"].to_plugin(-24.0) == pytest.approx(4.0, abs=0.02)
    assert knobs["gate.attack_ms"].to_plugin(3.2) == pytest.approx(4.0, abs=0.05)
    assert knobs["gate.release_ms"].to_plugin(112.47) == pytest.approx(5.0, abs=0.05)
    # The peak has to die away over 3 ms before its hold of 100 ms begins.
    assert 100.0 < knobs["gate.hold_ms"].from_plugin(10.0) < 125.0
    assert "Channels are linked." in lesson.notes
    assert any("Left as they are" in note and "gem" in note for note in lesson.notes)
    assert any("like no parameter of the console: glow." in note for note in lesson.notes)
    errors = {item.name: item for item in lesson.parameters}
    assert errors["gate.range_db"].unit == "dB"
    assert errors["gate.range_db"].worst < 0.2
    assert errors["gate.release_ms"].unit == "%"
    assert errors["gate.release_ms"].worst < 3.0
    assert errors["gate.hold_ms"].unit == "ms"
    again = PLUGIN_PROFILES.read(dump_profile(lesson.profile), source="test")
    assert again.knobs["gate.attack_ms"].to_plugin(7.0) == pytest.approx(
        knobs["gate.attack_ms"].to_plugin(7.0), rel=1e-5
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", ["odd_lid", "reverb_by_name"])
def test_a_limiter_whose_knobs_move_the_level_is_held_level(
    name: str, plugin: Callable[..., Path], process: PluginProcess
) -> None:
    lesson = learn(PluginRef(plugin(name, "odd_limiter")), process)
    assert lesson.profile.role is PluginRole.LIMITER, "a name is a hint, no more"
    assert lesson.verdict is Verdict.FAITHFUL
    ceiling, level = lesson.profile.knobs[CEILING], lesson.profile.also[CEILING]
    # tests/support/dpf/odd_limiter.cpp: a lid of -sky/5 dB, under which weight lifts; the console aims 0.3 dB lower.
    assert (ceiling.key, level.key) == ("sky", "weight")
    assert ceiling.to_plugin(-5.7) == pytest.approx(30.0, abs=0.1)
    assert level.to_plugin(-5.7) == pytest.approx(6.0, abs=0.02)
    assert lesson.profile.knobs[RELEASE].to_plugin(64.0) == pytest.approx(6.0, abs=0.1)
    assert any("true peaks of a tone pass it by 3.0 dB" in note for note in lesson.notes)
    assert any("Late by 64 samples" in note for note in lesson.notes)


@pytest.mark.slow
def test_zamaximx2_is_found_to_lift_by_its_threshold(
    zam: Callable[[str], Path], process: PluginProcess
) -> None:
    lesson = learn(PluginRef(zam("ZaMaximX2")), process)
    shipped = PLUGIN_PROFILES.load("zamaximx2")
    assert lesson.profile.knobs[CEILING].key == shipped.knobs[CEILING].key
    assert lesson.profile.also[CEILING].key == shipped.also[CEILING].key
    for ceiling in (-1.0, -6.0):
        for mine, theirs in ((lesson.profile.knobs, shipped.knobs), (lesson.profile.also, shipped.also)):
            assert mine[CEILING].to_plugin(ceiling) == pytest.approx(
                theirs[CEILING].to_plugin(ceiling), abs=0.1
            )
    assert no_worse(
        lesson, LimiterLearner(bench_of(process, lesson, zam("ZaMaximX2"))).check(shipped).error_db
    )


@pytest.mark.slow
def test_zamgatex2_is_found_as_the_shipped_profile_has_it(
    zam: Callable[[str], Path], process: PluginProcess
) -> None:
    lesson = learn(PluginRef(zam("ZamGateX2")), process)
    shipped = PLUGIN_PROFILES.load("zamgatex2")
    assert {name: knob.key for name, knob in lesson.profile.knobs.items()} == {
        name: knob.key for name, knob in shipped.knobs.items()
    }
    assert lesson.verdict is Verdict.POOR, (
        "another kind of gate: a map of numbers does not make it the console's"
    )
    mine, theirs = lesson.profile.knobs, shipped.knobs
    assert mine["gate.range_db"].to_plugin(-20.0) == pytest.approx(
        theirs["gate.range_db"].to_plugin(-20.0), abs=0.1
    )
    near = theirs["gate.threshold_db"].to_plugin(-40.0)
    assert mine["gate.threshold_db"].to_plugin(-40.0) == pytest.approx(near, abs=1.0)
    assert lesson.profile.assumes["gate.hold_ms"] == pytest.approx(shipped.assumes["gate.hold_ms"], abs=5.0)
    assert no_worse(lesson, GateLearner(bench_of(process, lesson, zam("ZamGateX2"))).check(shipped).error_db)


def bench_of(process: PluginProcess, lesson: Lesson, path: Path) -> Bench:
    return Bench(process, process.open(PluginRef(path), 2), 2)


def no_worse(lesson: Lesson, shipped_db: float) -> bool:
    """Whether what was learnt is as good as what was mapped by hand, on the same kind of settings."""
    return lesson.error_db <= 1.1 * shipped_db
