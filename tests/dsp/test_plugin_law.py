"""The compressor's law against a real plugin that has the same one: ZamCompX2 of zam-plugins.

The plugin runs in a process of its own. Debian's build is compiled with -ffast-math, and loading it makes the
whole process round denormal numbers to zero from then on: every later test would run on other arithmetic.
"""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from console.dsp.dynamics import CompressorProcessor
from console.mix import Compressor

RATE_HZ = 48000
FOLDERS = {
    "linux": ["/usr/lib/vst3", "/usr/local/lib/vst3", "~/.vst3"],
    "darwin": ["/Library/Audio/Plug-Ins/VST3", "~/Library/Audio/Plug-Ins/VST3"],
    "win32": ["C:/Program Files/Common Files/VST3"],
}

#: Sets by raw value (attributes snap to a table of texts), primes with silence, prints what the plugin took.
RENDER = f"""
import json, sys
import numpy as np, pedalboard
path, knobs, folder = sys.argv[1], json.loads(sys.argv[2]), sys.argv[3]
plugin = pedalboard.load_plugin(path)
for name, value in knobs.items():
    knob = plugin.parameters[name]
    knob.raw_value = knob.get_raw_value_for_text(str(value))
audio = np.load(folder + "/audio.npy")
plugin.process(np.zeros((2, {RATE_HZ * 8}), dtype=np.float32), {RATE_HZ}, reset=False)
np.save(folder + "/rendered.npy", plugin.process(audio, {RATE_HZ}, reset=False))
print(json.dumps({{name: float(plugin.parameters[name].string_value) for name in knobs}}))
"""


@pytest.fixture(scope="module")
def plugin() -> Path:
    pytest.importorskip("pedalboard")
    for folder in FOLDERS.get(sys.platform, []):
        path = Path(folder).expanduser() / "ZamCompX2.vst3"
        if path.exists():
            return path
    pytest.skip("ZamCompX2.vst3 is not installed (Debian: apt install zam-plugins)")


@pytest.mark.plugin
@pytest.mark.parametrize(
    ("threshold", "ratio", "attack", "release", "makeup"),
    [(-20, 4, 10, 100, 0), (-30, 2, 1, 50, 3), (-24, 10, 30, 300, 6), (-40, 3, 0.5, 20, 0)],
)
def test_compressor_nulls_against_the_plugin(plugin, tmp_path, threshold, ratio, attack, release, makeup):
    """With a hard knee: the knee of Debian 12's build raises the level below the threshold."""
    wanted = {
        "threshold_db": threshold,
        "ratio": ratio,
        "attack_ms": attack,
        "release_ms": release,
        "knee_db": 0,
        "makeup_db": makeup,
        "stereo_detection": 1,
        "slew": 1,
    }
    rng = np.random.default_rng(0)
    levels = 10 ** (np.repeat(rng.uniform(-60, 0, (2, 20)), RATE_HZ // 10, axis=1) / 20)
    audio = (rng.uniform(-1, 1, levels.shape) * levels).astype(np.float32)
    np.save(tmp_path / "audio.npy", audio)
    words = [sys.executable, "-c", RENDER, str(plugin), json.dumps(wanted), str(tmp_path)]
    answer = subprocess.run(words, check=True, capture_output=True, text=True)
    took = json.loads(answer.stdout.splitlines()[-1])
    rendered = np.load(tmp_path / "rendered.npy")
    knobs = Compressor(
        True,
        took["threshold_db"],
        took["ratio"],
        took["attack_ms"],
        took["release_ms"],
        0.0,
        took["makeup_db"],
    )
    ours = audio.astype(np.float64)
    CompressorProcessor(knobs, RATE_HZ).process(ours)
    assert np.abs(rendered).max() > 0.1
    assert 20 * np.log10(np.abs(rendered - ours).max() / np.abs(ours).max()) < -90
