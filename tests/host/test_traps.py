"""Traps in hosting that no fault tells of: each was seen in Pedalboard, or in plugins of Debian's."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from bridge.host.process import PluginProcess
from bridge.host.values import Audio, PluginRef, Setting

pytestmark = pytest.mark.plugin

RATE_HZ = 44_100


def noise(seconds: float = 1.0, channels: int = 2) -> Audio:
    samples = int(seconds * RATE_HZ)
    return (np.random.default_rng(2).standard_normal((channels, samples)) * 0.1).astype(np.float32)


def played(
    process: PluginProcess, path: Path, setting: Setting, audio: Audio, rate_hz: int = RATE_HZ
) -> Audio:
    hosted = process.open(PluginRef(path), audio.shape[0])
    hosted.configure(setting)
    return np.concatenate(list(process.stream([hosted], [audio], rate_hz)), axis=1)


def test_a_raw_position_arrives(plugin: Callable[..., Path], process: PluginProcess) -> None:
    """Pedalboard ignores a raw value that is set on what an attribute returns."""
    half = noise() * np.float32(10.0 ** (-12.0 / 20.0))
    out = played(process, plugin("good"), Setting(raw=(("gain_db", 0.25),)), noise())
    assert np.allclose(out, half, rtol=1e-5, atol=0.0)


@pytest.mark.parametrize("hz", [103.0, 997.3, 12_345.0])
def test_a_number_is_not_snapped_to_a_table(
    hz: float, zam: Callable[[str], Path], process: PluginProcess
) -> None:
    """Pedalboard takes the nearest of a thousand texts when an attribute is assigned: 103 becomes 103.88."""
    hosted = process.open(PluginRef(zam("ZamEQ2")), 1)
    (back,) = hosted.configure(Setting((("frequency_1_hz", hz),)))
    assert float(back.text) == pytest.approx(hz, rel=1e-5)


@pytest.mark.parametrize("name", ["ZamCompX2", "ZamGateX2", "ZaMaximX2", "ZamDelay", "ZamEQ2"])
def test_the_first_render_is_the_second(
    name: str, zam: Callable[[str], Path], process: PluginProcess
) -> None:
    """Plugins begin with their knobs on the way from where they were; silence is played to them first."""
    hosted = process.open(PluginRef(zam(name)), 2)
    key, value = {"ZamEQ2": ("boost_cut_1_db", 9.0), "ZamDelay": ("time_ms", 50.0)}.get(
        name, ("release_ms", 60.0)
    )
    hosted.configure(Setting(((key, value),)))
    audio = noise() * np.float32(3.0)
    first, second = (
        np.concatenate(list(process.stream([hosted], [audio], RATE_HZ)), axis=1) for _ in range(2)
    )
    assert np.array_equal(first, second)


def test_threads_with_a_process_each_do_not_hear_each_other(zam: Callable[[str], Path]) -> None:
    """Plugins are to be loaded by the main thread of their process, whichever thread asks for them."""
    settings = [Setting((("threshold_db", -20.0 - 5.0 * n), ("ratio", 4.0))) for n in range(4)]
    path = zam("ZamCompX2")

    def render(setting: Setting) -> Audio:
        with PluginProcess() as process:
            return played(process, path, setting, noise())

    one_by_one = [render(setting) for setting in settings]
    with ThreadPoolExecutor(2) as pool:
        at_once = list(pool.map(render, settings))
    assert all(np.array_equal(a, b) for a, b in zip(one_by_one, at_once, strict=True))
    assert not np.array_equal(one_by_one[0], one_by_one[1])


def test_what_belongs_to_the_host_is_no_knob(zam: Callable[[str], Path], process: PluginProcess) -> None:
    """DPF shows the host's buffer size and sample rate among a plugin's parameters; setting them breaks it."""
    shown = {
        item.key: item.settable for item in process.open(PluginRef(zam("ZamCompX2")), 2).facts.parameters
    }
    assert not any(shown[key] for key in ("buffer_size_frames", "sample_rate_frames"))
    assert not shown["gain_reduction_db"]
    assert shown["ratio"]


def test_a_new_sample_rate_is_a_new_start(zam: Callable[[str], Path], process: PluginProcess) -> None:
    setting = Setting((("threshold_db", -30.0), ("ratio", 8.0), ("attack_ms", 20.0)))
    hosted = process.open(PluginRef(zam("ZamCompX2")), 2)
    hosted.configure(setting)
    rates = (44_100, 96_000, 22_050, 44_100)
    in_turn = [np.concatenate(list(process.stream([hosted], [noise()], rate)), axis=1) for rate in rates]
    afresh = [played(process, zam("ZamCompX2"), setting, noise(), rate) for rate in rates]
    assert all(np.array_equal(a, b) for a, b in zip(in_turn, afresh, strict=True))
    assert not np.array_equal(in_turn[0], in_turn[1])


def test_more_streams_in_a_row_than_a_strip_has_modules(
    plugin: Callable[..., Path], process: PluginProcess
) -> None:
    """Each plugin behind a module of the console is a stream of its own; all of a strip run at once."""
    chain = [process.open(PluginRef(plugin(name)), 2) for name in ("late", "good") * 4]
    audio = noise(4.0)
    blocks = iter([audio])
    for hosted in chain:
        blocks = process.stream([hosted], blocks, RATE_HZ)
    assert np.array_equal(np.concatenate(list(blocks), axis=1), audio)
