"""Files and folders that cannot be mixed: a clear error that names them, or left out with a word."""

import os
import struct
from pathlib import Path

import pytest

from bridge.sessions import SessionOptions, load_session
from bridge.sessions.probe import Trouble, probe
from console.errors import SessionError


def broken_flac(path: Path, *, rate_hz: int | None = None, total: int | None = None) -> None:
    data = bytearray(path.read_bytes())
    packed = int.from_bytes(data[18:26], "big")
    if rate_hz is not None:
        packed = packed & ((1 << 44) - 1) | rate_hz << 44
    if total is not None:
        packed = packed >> 36 << 36 | total
    data[18:26] = packed.to_bytes(8, "big")
    path.write_bytes(bytes(data))


def cut(path: Path, share: float) -> None:
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])


def test_nothing_there(tmp_path: Path) -> None:
    with pytest.raises(SessionError, match=r"holds no audio; it must hold files of \.aif"):
        load_session([tmp_path])
    with pytest.raises(SessionError, match="does not exist"):
        load_session([tmp_path / "missing"])
    with pytest.raises(SessionError, match="no session was given"):
        load_session([])


def test_audio_one_folder_further_down(tmp_path: Path, write) -> None:
    write("stems/Kick.wav")
    with pytest.raises(SessionError, match="only folders with audio"):
        load_session([tmp_path])


@pytest.mark.parametrize("suffix", ["wav", "aif", "flac", "ogg", "mp3", "w64", "caf"])
@pytest.mark.parametrize("share", [0.9, 0.5])
def test_cut_files_are_found(tmp_path: Path, write, suffix: str, share: float) -> None:
    path = write(f"Bass.{suffix}", 200_000)
    cut(path, share)
    with pytest.raises(SessionError, match=rf"'Bass.{suffix}' is"):
        load_session([tmp_path])


def test_cut_rf64(tmp_path: Path, write) -> None:
    path = write("Bass.wav", 50_000, format="RF64")
    assert probe(path).trouble is None
    cut(path, 0.5)
    with pytest.raises(SessionError, match="promises"):
        load_session([tmp_path])


def test_message_says_how_much_is_there_and_what_to_do(tmp_path: Path, write) -> None:
    path = write("Bass.wav", 50_000)
    data = path.read_bytes()
    path.write_bytes(data[: 44 + 50_000])
    write("Kick.wav")
    with pytest.raises(SessionError) as error:
        load_session([tmp_path])
    assert "'Bass.wav' is cut short: 50.0 %" in str(error.value)
    assert "--leave-out" in str(error.value)
    assert error.value.exit_code == 3
    session = load_session([tmp_path], options=SessionOptions(leave_out=("Bass",)))
    assert [track.id for track in session.tracks] == ["Kick"]
    assert [item.code for item in session.findings if item.tracks == ("Bass",)] == ["unreadable"]


def test_wav_of_unknown_length_is_read_to_its_end(write) -> None:
    path = write("Bass.wav", 5_000)
    data = bytearray(path.read_bytes())
    data[40:44] = struct.pack("<I", 0xFFFF_FFFF)
    path.write_bytes(bytes(data))
    found = probe(path)
    assert found.file is not None
    assert found.file.frames == 5_000


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"rate_hz": 44_100}, "says 44100 Hz, and the audio itself 48000 Hz"),
        ({"total": 0}, "does not say in its header how long it is"),
        ({"total": 60_000}, "says 60000 samples, and there are 100000"),
        ({"total": 200_000}, "cut short or damaged"),
    ],
)
def test_flac_with_a_wrong_header(tmp_path: Path, write, change: dict, said: str) -> None:
    path = write("Bass.flac", 100_000)
    broken_flac(path, **change)
    with pytest.raises(SessionError, match=said):
        load_session([tmp_path])


@pytest.mark.parametrize("position", [0, 4, 20])
def test_flac_with_destroyed_bytes(tmp_path: Path, write, position: int) -> None:
    path = write("Bass.flac", 100_000)
    data = bytearray(path.read_bytes())
    data[position : position + 4] = b"\x81\x82\x83\x84"
    path.write_bytes(bytes(data))
    with pytest.raises(SessionError, match=r"'Bass.flac'"):
        load_session([tmp_path])


@pytest.mark.parametrize("rate_hz", [8_000, 44_100, 47_999, 96_000, 192_000])
@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24"])
@pytest.mark.parametrize("frames", [1, 4_095, 4_096, 4_097, 123_456])
def test_healthy_flacs_are_not_accused(write, rate_hz: int, subtype: str, frames: int) -> None:
    found = probe(write("x.flac", frames, rate_hz, 2, subtype=subtype))
    assert found.trouble is None
    assert found.file is not None
    assert found.file.frames == frames


def test_real_flacs_are_not_accused(shared: Path) -> None:
    files = [*(shared / "audio").rglob("*.flac"), *(shared / "audio").rglob("*.ogg")]
    assert len(files) > 100
    assert [(str(file), found.text) for file in files if (found := probe(file)).trouble] == []


@pytest.mark.parametrize(("frames", "data"), [(0, None), (None, b"")])
def test_without_samples_is_left_out_with_a_warning(
    tmp_path: Path, write, frames: int | None, data: bytes
) -> None:
    write("Kick.wav")
    if frames is None:
        (tmp_path / "Bass.wav").write_bytes(data)
    else:
        write("Bass.wav", frames)
    session = load_session([tmp_path])
    assert [track.id for track in session.tracks] == ["Kick"]
    assert [item.code for item in session.findings if "Bass.wav" in item.text] == ["left-out"]


def test_only_empty_files(tmp_path: Path, write) -> None:
    write("Bass.wav", 0)
    with pytest.raises(SessionError, match=r"no audio that can be mixed; 'Bass.wav' holds no samples"):
        load_session([tmp_path])


def test_six_channels(tmp_path: Path, write) -> None:
    write("Surround.wav", channels=6)
    write("Kick.wav")
    with pytest.raises(SessionError, match=r"'Surround.wav' has 6 channels; a track has 1 or 2: split"):
        load_session([tmp_path])
    session = load_session([tmp_path], options=SessionOptions(leave_out=("Surround.wav",)))
    assert [item.code for item in session.findings if item.tracks == ("Surround",)] == ["multichannel"]


@pytest.mark.parametrize(
    "content", [b"not audio", b"RIFF\xff\xff\xff\xffWAVE", os.urandom(5_000), b"OggS" * 100]
)
@pytest.mark.parametrize("suffix", ["wav", "flac", "mp3", "ogg", "aiff"])
def test_no_audio_inside(tmp_path: Path, content: bytes, suffix: str) -> None:
    (tmp_path / f"Bass.{suffix}").write_bytes(content)
    with pytest.raises(SessionError, match=rf"'Bass.{suffix}'"):
        load_session([tmp_path])


def test_formats_that_cannot_be_read_are_not_passed_over(tmp_path: Path, write) -> None:
    write("Kick.wav")
    (tmp_path / "Vox.m4a").write_bytes(b"x" * 100)
    with pytest.raises(SessionError, match=r"'Vox.m4a' is in a format that cannot be read here"):
        load_session([tmp_path])


def test_forbidden_file(tmp_path: Path, write, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write("Kick.wav")
    opened = Path.open

    def deny(self: Path, *args: object, **more: object) -> object:
        if self == path:
            raise PermissionError(13, "Permission denied", str(self))
        return opened(self, *args, **more)

    monkeypatch.setattr(Path, "open", deny)
    with pytest.raises(SessionError, match=r"'Kick.wav' may not be read: permission denied"):
        load_session([tmp_path])


def test_forbidden_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def deny(self: Path) -> object:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "iterdir", deny)
    with pytest.raises(SessionError, match="may not be read"):
        load_session([tmp_path])


def test_link_to_nowhere(tmp_path: Path) -> None:
    try:
        (tmp_path / "Kick.wav").symlink_to(tmp_path / "gone.wav")
    except OSError:
        pytest.skip("links are not allowed here")
    with pytest.raises(SessionError, match=r"'Kick.wav' cannot be read"):
        load_session([tmp_path])


def test_all_broken_files_are_named_at_once(tmp_path: Path) -> None:
    for number in range(12):
        (tmp_path / f"Bass {number}.wav").write_bytes(b"x")
    with pytest.raises(SessionError, match="12 files cannot be mixed") as error:
        load_session([tmp_path])
    assert "'Bass 9.wav'" in str(error.value)
    assert "and 2 more" in str(error.value)


def test_trouble_codes_are_those_of_findings() -> None:
    assert {item.value for item in Trouble} == {"unreadable", "multichannel", "empty"}
