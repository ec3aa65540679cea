"""Parameters are set in the plugin's own units, exactly, and wrong ones are refused."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.host.faults import Fault, PluginFault
from bridge.host.knobs import number_in
from bridge.host.process import PluginProcess
from bridge.host.values import PluginRef, Setting

pytestmark = pytest.mark.plugin

RATE_HZ = 48_000


@pytest.mark.parametrize(
    ("key", "value"),
    [("attack_ms", 0.1), ("attack_ms", 10.37), ("threshold_db", -22.5), ("ratio", 3.3), ("knee_db", 8.0)],
)
def test_a_number_is_set_and_read_back(
    key: str, value: float, zam: Callable[[str], Path], process: PluginProcess
) -> None:
    hosted = process.open(PluginRef(zam("ZamCompX2")), 2)
    (back,) = hosted.configure(Setting(((key, value),)))
    assert back.key == key
    assert float(back.text) == pytest.approx(value, abs=1e-4)


def test_the_gain_that_is_set_is_the_gain_that_is_heard(
    plugin: Callable[..., Path], process: PluginProcess
) -> None:
    hosted = process.open(PluginRef(plugin("good")), 2)
    audio = np.full((2, RATE_HZ), 0.1, np.float32)
    for gain_db in (-24.0, -6.02, 0.0, 13.7):
        hosted.configure(Setting((("gain_db", gain_db),)))
        out = np.concatenate(list(process.stream([hosted], [audio], RATE_HZ)), axis=1)
        assert 20.0 * np.log10(out[0, -1] / 0.1) == pytest.approx(gain_db, abs=1e-3)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ((("atack_ms", 1.0),), "no parameter 'atack_ms'"),
        ((("ratio", 100.0),), "from 1 to 20"),
        ((("gain_reduction_db", 1.0),), "meter"),
        ((("buffer_size_frames", 64.0),), "belongs to the host"),
        ((("ratio", float("nan")),), "from 1 to 20"),
    ],
)
def test_what_cannot_be_set_is_refused(
    values: tuple[tuple[str, float], ...], says: str, zam: Callable[[str], Path], process: PluginProcess
) -> None:
    hosted = process.open(PluginRef(zam("ZamCompX2")), 2)
    with pytest.raises(PluginFault, match=says) as caught:
        hosted.configure(Setting(values))
    assert caught.value.fault is Fault.REFUSED


def test_a_state_can_be_taken_and_given_back(zam: Callable[[str], Path], process: PluginProcess) -> None:
    hosted = process.open(PluginRef(zam("ZamCompX2")), 2)
    hosted.configure(Setting((("ratio", 7.5), ("threshold_db", -33.0), ("makeup_db", 6.0))))
    state = hosted.state()
    assert state.startswith(b"VST3")
    audio = (np.random.default_rng(0).standard_normal((2, RATE_HZ)) * 0.2).astype(np.float32)
    heard = np.concatenate(list(process.stream([hosted], [audio], RATE_HZ)), axis=1)
    other = process.open(PluginRef(zam("ZamCompX2")), 2)
    other.configure(Setting(preset=state))
    again = np.concatenate(list(process.stream([other], [audio], RATE_HZ)), axis=1)
    assert np.array_equal(heard, again)
    assert not np.array_equal(heard, audio)
    with pytest.raises(PluginFault):
        process.open(PluginRef(zam("ZamCompX2")), 2).configure(Setting(preset=b"junk"))


@given(
    number=st.floats(-1e4, 1e4).map(lambda value: round(value, 3)),
    unit=st.sampled_from(["", " dB", " ms", "%"]),
)
def test_numbers_are_found_in_what_plugins_show(number: float, unit: str) -> None:
    assert number_in(f"{number}{unit}") == pytest.approx(number)
    assert number_in(f"{number} kHz") == pytest.approx(number * 1000.0)
    assert number_in(f"-inf{unit}") is None
