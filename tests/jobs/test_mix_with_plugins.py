"""The whole job through a plugin: mix, fidelity, presets and report; what cannot be is told before any work."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from mixed_stems import instruments, write_session

from bridge.jobs import MixRequest, mix_session, render_mix
from bridge.jobs.playing import PluginWish
from console.errors import ParamError, PluginError

pytestmark = pytest.mark.plugin

ZAM = Path("/usr/lib/vst3/ZamCompX2.vst3")


@pytest.fixture
def stems(tmp_path: Path) -> Path:
    if not ZAM.exists():
        pytest.skip("zam-plugins are not installed")
    write_session(tmp_path / "stems", [stem * np.float32(2.0) for stem in instruments(5.0)])
    for index, name in enumerate(("Kick", "Bass", "Lead Vox", "Keys")):
        (tmp_path / "stems" / f"track {index}.wav").rename(tmp_path / "stems" / f"{name}.wav")
    return tmp_path / "stems"


def wish(*words: str, refine: bool = False) -> PluginWish:
    return PluginWish(words, (ZAM,), refine)


def test_the_whole_job(stems: Path, tmp_path: Path) -> None:
    request = MixRequest((stems,), tmp_path / "out", plugins=wish("compressor=ZamCompX2"))
    done = mix_session(request)
    assert done.plugins is not None
    played = {strip.key: strip for strip in done.plugins.strips}
    compressed = {track.id for track in done.mix.tracks if track.compressor.enabled}
    assert compressed
    assert compressed <= set(played)
    for strip in played.values():
        assert strip.plugins == ("ZamCompX2",)
        assert strip.fidelity is not None
        assert strip.fidelity.lag_samples == 0
        assert abs(strip.fidelity.level_db) < 0.5
        assert (tmp_path / "out" / "plugins" / strip.key / "1 ZamCompX2.vstpreset").read_bytes()[
            :4
        ] == b"VST3"
    assert done.plugins.mix is not None
    assert done.plugins.mix.null_db < -25.0  # knees, which this plugin has not, are all that differs
    assert not done.plugins.faults
    assert 'id="plugins"' in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    (path,), _ = render_mix(
        done.mix, done.session, tmp_path / "again.wav", plugins=wish("compressor=ZamCompX2")
    )
    again, _ = soundfile.read(path)
    first, _ = soundfile.read(tmp_path / "out" / "mix.wav")
    assert np.array_equal(first, again)


def test_without_plugins_nothing_is_said_of_them(stems: Path, tmp_path: Path) -> None:
    done = mix_session(MixRequest((stems,), tmp_path / "out"))
    assert done.plugins is None
    assert done.to_dict()["plugins"] is None
    assert 'id="plugins"' not in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert not (tmp_path / "out" / "plugins").exists()


@pytest.mark.parametrize(
    ("words", "error", "says"),
    [
        (("compressor=nothing",), PluginError, "no plugin 'nothing'"),
        (("tuner=ZamCompX2",), ParamError, "names no plugin"),
        (("absent.toml",), ParamError, "cannot be read"),
    ],
)
def test_wrong_wishes_leave_nothing(
    words: tuple[str, ...], error: type[Exception], says: str, stems: Path, tmp_path: Path
) -> None:
    with pytest.raises(error, match=says):
        mix_session(MixRequest((stems,), tmp_path / "out", plugins=wish(*words)))
    assert not (tmp_path / "out").exists()
