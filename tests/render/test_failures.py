"""Whatever goes wrong on the way: a clear error, nothing left behind, no thread left running."""

import errno
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bridge.render import workfile
from console.dsp.strip import StripProcessor
from console.errors import RenderError, SessionError
from console.mix import Bus, BusKind, FrozenMap, Mix, Reverb, TrackStrip

MIX = Mix(
    48_000,
    tuple(TrackStrip(f"t{index}", sends=FrozenMap({"verb": -6.0})) for index in range(6)),
    (Bus("verb", BusKind.FX, reverb=Reverb(0.2)),),
)


@pytest.fixture
def six(studio: Any) -> Any:
    for index in range(6):
        studio.add(f"t{index}", np.random.default_rng(index).standard_normal((2, 40_000)) * 0.1)
    return studio


def quiet() -> bool:
    return not [thread for thread in threading.enumerate() if thread.name.startswith("render")]


@pytest.mark.parametrize("key", ["t3", "verb", "master"])
@pytest.mark.parametrize("interruption", [KeyboardInterrupt, RenderError, MemoryError])
def test_interruption_leaves_nothing(six: Any, tmp_path: Path, key: str, interruption: Any) -> None:
    class Stop:
        count = 0

        def push(self, block: Any) -> None:
            self.count += 1
            if self.count == 4:
                raise interruption("enough")

    with pytest.raises(interruption):
        six.rendered(MIX, taps={key: Stop()}, stems=tmp_path / "stems", block_samples=2_000)
    assert six.leftovers() == []
    assert not (tmp_path / "stems").exists()
    assert quiet()


def test_strip_that_goes_wrong_is_named(six: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    process = StripProcessor.process

    def broken(self: Any, block: Any) -> Any:
        out = process(self, block)
        if self._id == "t4":
            out[1, 17] = np.nan
        return out

    monkeypatch.setattr(StripProcessor, "process", broken)
    with pytest.raises(RenderError, match=r"track 't4'.*not finite"):
        six.rendered(MIX)
    assert six.leftovers() == []


def test_overdriven_float_is_no_number_any_more(studio: Any) -> None:
    """What a float32 file cannot hold is refused, not written as infinity."""
    studio.add("t", np.full((2, 100), 3e38, np.float32))
    with pytest.raises(RenderError, match="not finite"):
        studio.render(Mix(48_000, (TrackStrip("t", fader_db=12.0),)))
    assert studio.leftovers() == []


def test_nan_in_a_file_is_silence(studio: Any) -> None:
    audio = np.full((2, 100), 0.25)
    audio[0, 10:20], audio[1, 5] = np.nan, np.inf
    studio.add("t", audio)
    heard = studio.render(Mix(48_000, (TrackStrip("t"),)))
    assert np.array_equal(heard, np.where(np.isfinite(audio), 0.25, 0.0))


def test_file_that_shrinks_is_named(six: Any) -> None:
    path = six.tracks[2].files[0].path
    path.write_bytes(path.read_bytes()[:10_000])
    with pytest.raises(SessionError, match=r"002\.wav"):
        six.rendered(MIX)
    assert six.leftovers() == []
    assert quiet()


def test_full_disk_while_rendering(six: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Full:
        def __init__(self, file: Any) -> None:
            self._file = file

        def write(self, data: Any) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

        def close(self) -> None:
            self._file.close()

    make = workfile.WorkFile.__init__

    def made(self: Any, folder: Path) -> None:
        make(self, folder)
        self._file = Full(self._file)

    monkeypatch.setattr(workfile.WorkFile, "__init__", made)
    with pytest.raises(RenderError, match=r"work.*disk is full \(\d+ MB free\); free some space"):
        six.rendered(MIX, stems=tmp_path / "stems")
    assert six.leftovers() == []
    assert not (tmp_path / "stems").exists()
    assert quiet()


def test_full_disk_at_a_stem(six: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from bridge.render.wav import WavWriter

    write = WavWriter.write

    def full(self: Any, frames: Any) -> None:
        if self.frames > 10_000:
            raise OSError(errno.ENOSPC, "No space left on device")
        write(self, frames)

    monkeypatch.setattr(WavWriter, "write", full)
    with pytest.raises(RenderError, match="disk is full"):
        six.rendered(MIX, stems=tmp_path / "stems", block_samples=4_000)
    assert six.leftovers() == []
    assert not (tmp_path / "stems").exists()


def test_work_folder_that_is_a_file(six: Any, tmp_path: Path) -> None:
    (tmp_path / "work").write_text("mine", encoding="utf-8")
    with pytest.raises(RenderError, match="cannot write"):
        six.rendered(MIX)
    assert (tmp_path / "work").read_text(encoding="utf-8") == "mine"
