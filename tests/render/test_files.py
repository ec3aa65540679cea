"""The mix file: exact samples, formats, big sizes, and never half a file."""

import errno
import shutil
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf

from bridge.render import wav
from bridge.render.wav import ENCODINGS, WavWriter, header
from console.errors import RenderError
from console.mix import Mix, TrackStrip

STEPS = {"PCM_16": 2.0**15, "PCM_24": 2.0**23}


@pytest.fixture
def noise(studio: Any) -> Any:
    studio.add("a", np.random.default_rng(1).uniform(-0.5, 0.5, (2, 70_000)))
    return studio


def source(studio: Any) -> Any:
    audio, _ = sf.read(studio.tracks[0].files[0].path, dtype="float64")
    return audio


MIX = Mix(48_000, (TrackStrip("a"),))


@pytest.mark.parametrize("subtype", ["PCM_24", "FLOAT"])
@pytest.mark.parametrize("fader_db", [0.0, -3.7, 4.2])
def test_samples_are_rounded_once(noise: Any, tmp_path: Path, subtype: str, fader_db: float) -> None:
    with noise.rendered(MIX) as rendered:
        rendered.write(tmp_path / "mix.wav", fader_db=fader_db, subtype=subtype)
    info = sf.info(tmp_path / "mix.wav")
    assert (info.format, info.subtype, info.samplerate, info.channels) == ("WAV", subtype, 48_000, 2)
    heard, _ = sf.read(tmp_path / "mix.wav", dtype="float64")
    expected = source(noise) * 10.0 ** (fader_db / 20.0)
    half_step = 0.5 / STEPS[subtype] if subtype in STEPS else 2.0**-24 * np.abs(expected)
    assert np.all(np.abs(heard - expected) <= half_step * 1.0001)


def test_sixteen_bits_are_dithered(noise: Any, tmp_path: Path) -> None:
    """The error is noise of three quarters of a step squared, free of the signal."""
    with noise.rendered(MIX) as rendered:
        rendered.write(tmp_path / "mix.wav", fader_db=-60.0, subtype="PCM_16")
    heard, _ = sf.read(tmp_path / "mix.wav", dtype="float64")
    expected = source(noise) * 1e-3
    error = (heard - expected) * STEPS["PCM_16"]
    assert np.mean(error**2) == pytest.approx(0.25, rel=0.02)
    assert abs(np.corrcoef(error[:, 0], expected[:, 0])[0, 1]) < 0.02


def test_clipping_is_refused_and_told(noise: Any, tmp_path: Path) -> None:
    with noise.rendered(MIX) as rendered:
        assert rendered.work.peak == pytest.approx(np.abs(source(noise)).max(), rel=1e-6)
        with pytest.raises(RenderError, match=r"\+1\.98 dBFS.*fader to 6 dB or lower"):
            rendered.write(tmp_path / "mix.wav", fader_db=8.0)
        assert not (tmp_path / "mix.wav").exists()
        rendered.write(tmp_path / "mix.wav", fader_db=6.0)
        rendered.write(tmp_path / "float.wav", fader_db=8.0, subtype="FLOAT")
    assert np.abs(sf.read(tmp_path / "float.wav")[0]).max() > 1.2


def test_unknown_format(noise: Any, tmp_path: Path) -> None:
    with noise.rendered(MIX) as rendered, pytest.raises(RenderError, match="PCM_16, PCM_24, FLOAT"):
        rendered.write(tmp_path / "mix.wav", fader_db=0.0, subtype="PCM_U8")


def test_nothing_is_replaced_unasked(noise: Any, tmp_path: Path) -> None:
    target = tmp_path / "mix.wav"
    target.write_bytes(b"mine")
    with noise.rendered(MIX) as rendered:
        with pytest.raises(RenderError, match="already there"):
            rendered.write(target, fader_db=0.0)
        assert target.read_bytes() == b"mine"
        rendered.write(target, fader_db=0.0, force=True)
        assert sf.info(target).frames == 70_000
        stem = noise.tracks[0].files[0].path
        before = stem.read_bytes()
        for name in (stem, stem.parent / ".." / stem.parent.name / stem.name):
            with pytest.raises(RenderError, match="file of the session"):
                rendered.write(name, fader_db=0.0, force=True)
        with pytest.raises(RenderError, match="is a folder"):
            rendered.write(tmp_path, fader_db=0.0, force=True)
        assert stem.read_bytes() == before


def test_temporary_file_goes_with_the_render(noise: Any) -> None:
    with noise.rendered(MIX):
        assert len(noise.leftovers()) == 1
    assert noise.leftovers() == []


def test_full_disk_while_writing(noise: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with noise.rendered(MIX) as rendered:
        encode = wav.Encoding.encode
        calls = []

        def full(self: Any, *args: Any) -> bytes:
            calls.append(1)
            if len(calls) > 1:
                raise OSError(errno.ENOSPC, "No space left on device")
            return encode(self, *args)

        monkeypatch.setattr(wav.Encoding, "encode", full)
        with pytest.raises(RenderError, match=r"out\.wav.*disk is full \(\d+ MB free\)"):
            rendered.write(tmp_path / "new" / "out.wav", fader_db=0.0)
        assert len(calls) == 2
        assert list((tmp_path / "new").iterdir()) == []


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full on this system")
def test_full_disk_for_real(tmp_path: Path) -> None:
    from bridge.render.workfile import WorkFile

    work = WorkFile(tmp_path)
    work.delete()
    work.path.symlink_to("/dev/full")
    work._file = work.path.open("r+b", buffering=0)
    with pytest.raises(RenderError, match="disk is full"):
        work.write(np.zeros((2, 100_000), np.float32))
    work.delete()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24", "FLOAT"])
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize("frames", [0, 1, 999])
def test_rf64_and_riff_hold_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, subtype: str, channels: int, frames: int
) -> None:
    audio = np.random.default_rng(0).uniform(-1, 1, (frames, channels))
    for name, limit in (("RF64", 10), ("WAV", 0xFFFF_FFFF)):
        monkeypatch.setattr(wav, "RIFF_LIMIT_BYTES", limit)
        path = tmp_path / f"{name}.wav"
        writer = WavWriter(path, ENCODINGS[subtype], channels, 192_000)
        for part in np.array_split(audio, 3):
            writer.write(part)
        writer.finish()
        info = sf.info(path)
        assert (info.format, info.subtype, info.frames, info.channels) == (name, subtype, frames, channels)
        assert info.samplerate == 192_000
        assert path.stat().st_size % 2 == 0
    plain, big = (sf.read(tmp_path / f"{name}.wav")[0] for name in ("WAV", "RF64"))
    assert np.array_equal(plain, big)


def test_header_of_five_gigabytes() -> None:
    """By EBU Tech 3306: sizes of 0xFFFFFFFF, the true ones in ds64."""
    frames = 5 * 10**9 // 8
    data = header(ENCODINGS["FLOAT"], 2, 96_000, frames)
    assert data[:4] == b"RF64"
    assert data[8:16] == b"WAVEds64"
    sizes = struct.unpack_from("<QQQI", data, 20)
    assert sizes == (len(data) - 8 + frames * 8, frames * 8, frames, 0)
    assert data[-8:] == b"data" + b"\xff" * 4


def test_no_mention_of_free_space_is_invented(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(path: Any) -> Any:
        raise OSError("no such device")

    from bridge.files import told_clearly

    monkeypatch.setattr(shutil, "disk_usage", unknown)
    with pytest.raises(RenderError, match="free space unknown"), told_clearly(tmp_path / "x"):
        raise OSError(errno.ENOSPC, "full")
    with pytest.raises(RenderError, match="Permission denied; choose another place"), told_clearly(tmp_path):
        raise OSError(errno.EACCES, "Permission denied")
