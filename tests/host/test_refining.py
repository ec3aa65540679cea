"""A plugin of another law is moved nearer to the prediction; one of the same law stays where the map has put it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from mixed_stems import instruments

from bridge.host.process import PluginProcess
from bridge.host.rack import Insert, Stage
from bridge.host.values import PluginRef, Setting
from bridge.render.refining import refine
from console.mix import Compressor, Limiter
from presets.plugins import PLUGIN_PROFILES, profile_for
from presets.plugins.mapping import map_processor
from presets.plugins.profile import PluginProfile

pytestmark = pytest.mark.plugin

RATE_HZ = 22_050

#: The knobs of tests/support/dpf/odd_compressor.cpp by their own formulas; its smoother is another one.
ODD = """
schema = "mixbridge.plugin-profile/1"
name = "odd"
role = "compressor"
status = "measured"
names = ["odd_comp"]
source = "its source"
[knobs]
"compressor.threshold_db" = { key = "squash", scale = -2.0 }
"compressor.ratio" = { key = "hardness", law = "slope", scale = 100.0 }
"compressor.attack_ms" = { key = "grab", law = "octaves", scale = -1.0034333, offset = 6.6666667 }
"compressor.release_ms" = { key = "let_go", law = "octaves", scale = -1.50515, offset = 16.505150 }
"compressor.knee_db" = { key = "roundness", scale = 0.0833333 }
"compressor.makeup_db" = { key = "push" }
"""


def stage(profile: PluginProfile, path: Path, compressor: Compressor | Limiter) -> Stage:
    mapped = map_processor(profile, compressor)
    setting = Setting(tuple(mapped.values.items()))
    insert = Insert(
        PluginRef(path),
        "x",
        setting,
        "",
        profile.role,
        profile,
        tunable=tuple(mapped.turned),
        links=tuple(mapped.links),
    )
    return Stage((compressor,), insert)


@pytest.mark.slow
def test_another_law_comes_nearer_by_six_decibels_or_more(
    plugin: Callable[..., Path], process: PluginProcess
) -> None:
    profile = PLUGIN_PROFILES.read(ODD, source="test")
    drums = instruments(4.0)[0] * np.float32(2.0)
    chain = stage(
        profile, plugin("odd_comp", "odd_compressor"), Compressor(True, -30.0, 3.0, 12.0, 150.0, 4.0, 3.0)
    )
    stages, (told,) = refine(
        [chain],
        lambda: iter([drums]),
        sample_rate_hz=RATE_HZ,
        channels=drums.shape[0],
        process=process,
    )
    assert told.after_db < told.before_db - 6.0
    assert {move.key for move in told.moves} <= {"squash", "hardness", "grab", "let_go", "roundness", "push"}
    assert stages[0].insert is not None
    assert stages[0].modules == chain.modules


def test_the_same_law_needs_none(zam: Callable[[str], Path], process: PluginProcess) -> None:
    profile = profile_for("ZamCompX2")
    assert profile is not None
    chain = stage(profile, zam("ZamCompX2"), Compressor(True, -30.0, 3.0, 12.0, 150.0, 0.0, 3.0))
    audio = instruments(2.0)[0]
    stages, (told,) = refine(
        [chain], lambda: iter([audio]), sample_rate_hz=RATE_HZ, channels=audio.shape[0], process=process
    )
    assert (told.moves, told.tried) == ((), 1)
    assert told.before_db < -80.0
    assert stages == (chain,)


def test_a_plugin_that_fails_stays_as_it_was(plugin: Callable[..., Path], process: PluginProcess) -> None:
    profile = PLUGIN_PROFILES.read(ODD.replace('"squash", scale = -2.0', '"gain_db"'), source="test")
    compressor = Compressor(True, -20.0, 1.0, 12.0, 150.0, 0.0, 3.0)
    insert = Insert(
        PluginRef(plugin("crashes")), "x", Setting(), "", profile.role, profile, tunable=("gain_db",)
    )
    audio = instruments(3.0)[0]
    stages, told = refine(
        [Stage((compressor,), insert)],
        lambda: iter([audio]),
        sample_rate_hz=RATE_HZ,
        channels=audio.shape[0],
        process=process,
    )
    assert stages == (Stage((compressor,), insert),)
    assert told == ()


def test_a_limiters_ceiling_is_never_moved(zam: Callable[[str], Path], process: PluginProcess) -> None:
    profile = profile_for("ZaMaximX2")
    assert profile is not None
    chain = stage(profile, zam("ZaMaximX2"), Limiter(True, -9.0, 30.0))
    audio = np.repeat(instruments(2.5)[0], 2, axis=0) * np.float32(2.0)
    stages, (told,) = refine(
        [chain], lambda: iter([audio]), sample_rate_hz=RATE_HZ, channels=2, process=process
    )
    assert told.tried > 1
    assert {move.key for move in told.moves} <= {"release_ms"}
    (insert,) = [item.insert for item in stages if item.insert]
    hosted = process.open(insert.ref, 2)
    shown = hosted.configure(replace(insert.setting, read=("threshold_db", "output_ceiling_db")))
    assert [float(back.text) for back in shown[-2:]] == pytest.approx([-9.3, -9.3], abs=1e-4)
    out = np.concatenate(list(process.stream([hosted], [audio], RATE_HZ)), axis=1)
    assert 20.0 * np.log10(np.max(np.abs(out))) < -9.25


def test_a_linked_knob_follows_the_first(plugin: Callable[..., Path], process: PluginProcess) -> None:
    text = ODD.replace('"compressor.makeup_db" = { key = "push" }\n', "")
    text += '[also]\n"compressor.threshold_db" = { key = "push", scale = -0.25, low = 0.0, high = 20.0 }\n'
    chain = stage(
        PLUGIN_PROFILES.read(text, source="test"),
        plugin("odd_comp", "odd_compressor"),
        Compressor(True, -24.0, 3.0, 12.0, 150.0, 4.0, 0.0),
    )
    audio = instruments(2.5)[0] * np.float32(2.0)
    stages, (told,) = refine(
        [chain], lambda: iter([audio]), sample_rate_hz=RATE_HZ, channels=audio.shape[0], process=process
    )
    assert {"squash", "push"} <= {move.key for move in told.moves}
    insert = stages[0].insert
    assert insert is not None
    hosted = process.open(insert.ref, audio.shape[0])
    squash, push = hosted.configure(replace(insert.setting, read=("squash", "push")))[-2:]
    assert float(push.text) == pytest.approx(float(squash.text) / 2.0 * 0.25, abs=0.01)
