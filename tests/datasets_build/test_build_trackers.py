"""Tracker modules: stems that sum to the module, pans that are the composer's, instruments by name."""

from pathlib import Path

import numpy as np
import pytest
from dataset_miniatures import deb, module

from bridge.datasets.build import BuildRequest, build_store, openmpt
from bridge.datasets.build.workbench import one_signal
from bridge.datasets.store import open_store
from console.dsp.pan import output_matrix
from console.errors import RenderError

pytestmark = pytest.mark.skipif(bool(openmpt.missing()), reason=openmpt.missing() or "libopenmpt is here")

TABLE = """
allowed = ["CC0-1.0"]
[[package]]
name = "mods"
source = "tracker"
files = [{ match = "*", spdx = "CC0-1.0", credit = "A", may_train_weights = true }]
"""


def test_one_instrument_plays_alone() -> None:
    data = module()
    with openmpt.Module(data, 44_100) as whole:
        facts = whole.facts
        everything = whole.play(60.0)
    assert facts.type == "mod"
    assert facts.instruments[:3] == ("tone a", "tone b", "tone c")
    total = np.zeros_like(everything)
    for number in range(3):
        with openmpt.Module(data, 44_100) as one:
            one.solo({number}, len(facts.instruments))
            alone = one.play(60.0)
        assert np.abs(alone).max() > 0.01
        total += alone
    assert ((total - everything) ** 2).sum() < 1e-6 * (everything**2).sum()


def test_what_is_no_module_is_told() -> None:
    with pytest.raises(RenderError, match="leave the file out"):
        openmpt.Module(b"nothing", 44_100)


def test_a_module_is_built(tmp_path: Path) -> None:
    names = ("kick drum", "chord1", "chord 2")
    deb(tmp_path, "mods", {"usr/a.mod": module((10, 200, 200), names=names), "usr/one.mod": module((128,))})
    (tmp_path / "table.toml").write_text(TABLE, "utf-8")
    result = build_store(
        BuildRequest(
            tmp_path / "store", ("tracker",), packages=tmp_path, licences=tmp_path / "table.toml", bits=24
        )
    )
    assert len(result.built) == 1
    assert "1 instruments that play" in result.failed[0][1]
    song = open_store(tmp_path / "store").songs()[0]
    assert [track.name for track in song.tracks] == ["kick drum", "chord1"]
    assert song.tracks[0].role == "kick"
    assert song.tracks[1].labels["instruments"] == 2.0
    strips = song.strips()
    assert strips is not None
    assert strips.tracks[0].pan < -0.5 < 0.2 < strips.tracks[1].pan
    total = np.zeros((2, song.samples))
    for strip, track, audio in zip(strips.tracks, song.tracks, song.read(), strict=True):
        total += output_matrix(track.channels, strip.pan, 1.0) @ audio[: track.channels]
    mix = song.read_mix()
    assert ((total - mix) ** 2).sum() < 1e-6 * (mix**2).sum()
    with openmpt.Module(module((10, 200, 200), names=names), 44_100) as whole:
        expected = whole.play(60.0) * 10 ** (song.gain_db / 20)
    assert ((mix - expected) ** 2).sum() < 1e-6 * (expected**2).sum()


@pytest.mark.parametrize("pan", [-1.0, -0.4, 0.0, 0.25, 1.0])
def test_a_panned_signal_is_one_signal(pan: float) -> None:
    tone = np.random.default_rng(1).standard_normal((1, 5000)).astype(np.float32)
    found = one_signal((output_matrix(1, pan, 1.0) @ tone).astype(np.float32))
    assert found is not None
    assert found[1] == pytest.approx(pan, abs=1e-4)
    np.testing.assert_allclose(found[0], tone, atol=1e-5)


def test_what_is_not_one_signal_stays_stereo() -> None:
    left, right = np.random.default_rng(2).standard_normal((2, 5000)).astype(np.float32)
    assert one_signal(np.stack([left, right])) is None
    assert one_signal(np.stack([left, -left])) is None
    assert one_signal(np.stack([left, left + 0.01 * right])) is None
    assert one_signal(np.zeros((2, 100), np.float32)) is None
