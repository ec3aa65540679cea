"""Plugins whose knobs nobody has described are learnt: their laws are those of their sources, or of their labels."""

import math
from collections.abc import Callable
from pathlib import Path

import pytest

from bridge.host.learning.laws import Point, law_of
from bridge.host.learning.learn import Verdict, learn
from bridge.host.process import PluginProcess
from bridge.host.values import PluginRef
from console.errors import PluginError
from presets.plugins import PLUGIN_PROFILES
from presets.plugins.dump import dump_profile
from presets.plugins.laws import LawKind

pytestmark = [pytest.mark.plugin, pytest.mark.slow]


def test_an_equalizer_with_unhelpful_names(plugin: Callable[..., Path], process: PluginProcess) -> None:
    lesson = learn(PluginRef(plugin("odd_eq", "odd_equalizer")), process)
    assert lesson.verdict is Verdict.FAITHFUL
    assert lesson.worst_db < 0.5
    first, second = lesson.profile.bands
    # tests/support/dpf/odd_equalizer.cpp: 20 Hz · 2^colour, 3 dB a step from 5, width in octaves.
    assert (first.frequency_hz.key, second.frequency_hz.key) == ("colour_a", "colour_b")
    assert first.frequency_hz.to_plugin(640.0) == pytest.approx(5.0, abs=0.01)
    assert first.gain_db.to_plugin(-6.0) == pytest.approx(3.0, abs=0.01)
    assert first.q is not None
    assert first.q.to_plugin(math.sqrt(2.0)) == pytest.approx(1.0, abs=0.03)
    (cut,) = lesson.profile.cuts
    assert (cut.kind, cut.slopes) == ("highpass", (12,))
    assert cut.frequency_hz.to_plugin(64.0) == pytest.approx(50.0, abs=0.5)
    again = PLUGIN_PROFILES.read(dump_profile(lesson.profile), source="test")
    assert again.bands[0].gain_db.to_plugin(4.5) == pytest.approx(first.gain_db.to_plugin(4.5), rel=1e-5)


def test_a_compressor_with_unhelpful_names_and_another_law(
    plugin: Callable[..., Path], process: PluginProcess
) -> None:
    lesson = learn(PluginRef(plugin("odd_comp", "odd_compressor")), process)
    assert lesson.verdict is Verdict.FAITHFUL
    assert lesson.error_db < 0.5
    assert {name: knob.key for name, knob in lesson.profile.knobs.items()} == {
        "compressor.threshold_db": "squash",
        "compressor.ratio": "hardness",
        "compressor.attack_ms": "grab",
        "compressor.release_ms": "let_go",
        "compressor.knee_db": "roundness",
        "compressor.makeup_db": "push",
    }
    assert "Channels are linked." in lesson.notes


def test_zamcompx2_is_found_to_hold_the_consoles_own_numbers(
    zam: Callable[[str], Path], process: PluginProcess
) -> None:
    lesson = learn(PluginRef(zam("ZamCompX2")), process)
    assert lesson.worst_db < 0.05
    for name in ("threshold_db", "ratio", "attack_ms", "release_ms", "makeup_db"):
        knob = lesson.profile.knobs[f"compressor.{name}"]
        assert (knob.key, knob.law, knob.scale, knob.offset) == (name, LawKind.LINEAR, 1.0, 0.0)
    assert lesson.profile.assumes["compressor.knee_db"] < 0.1


def test_what_is_neither_says_so(plugin: Callable[..., Path], process: PluginProcess) -> None:
    with pytest.raises(PluginError, match="can be learnt"):
        learn(PluginRef(plugin("good")), process)


@pytest.mark.parametrize(
    ("name", "values", "texts", "law"),
    [
        ("compressor.ratio", (1.5, 2.0, 4.0, 8.0), ("33.33", "50.0", "75.0", "87.5"), "slope"),
        ("equalizer.frequency_hz", (40.0, 80.0, 640.0, 5120.0), ("1.0", "2.0", "5.0", "8.0"), "octaves"),
        ("compressor.attack_ms", (1.0, 10.0, 30.0, 100.0), ("1 ms", "10 ms", "30 ms", "100 ms"), "linear"),
        ("compressor.threshold_db", (-40.0, -31.0, -10.0, 0.0), ("a", "b", "c", "d"), "table"),
    ],
)
def test_laws_are_told_from_points(
    name: str, values: tuple[float, ...], texts: tuple[str, ...], law: str
) -> None:
    points = [Point(i / 3.0, text, value) for i, (value, text) in enumerate(zip(values, texts, strict=True))]
    knob = law_of("k", name, points)
    assert knob is not None
    assert knob.law == law
    assert knob.raw == (law == "table")
    for point, value in zip(points, values, strict=True):
        number = point.raw if knob.raw else float(point.text.split()[0])
        assert knob.to_plugin(value) == pytest.approx(number, rel=1e-3, abs=1e-9)
