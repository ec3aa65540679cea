"""BWF time stamps: where tracks start, by chunks that are built here by hand (EBU Tech 3285)."""

import struct
from pathlib import Path

import numpy as np
import pytest

from bridge.sessions import load_session
from bridge.sessions.chunks import read_container
from console.session import Session


def chunk(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def bext(stamp: int) -> bytes:
    """Description, originator, reference, date, time, the stamp in two halves, version, UMID, …."""
    text = b"take 1".ljust(256, b"\0") + b"recorder".ljust(32, b"\0") + b"ref".ljust(32, b"\0")
    return (
        text
        + b"2024-01-01"
        + b"12:00:00"
        + struct.pack("<II", stamp & 0xFFFF_FFFF, stamp >> 32)
        + b"\0" * 256
    )


def write_wave(
    path: Path,
    frames: int,
    stamp: int | None,
    rate_hz: int = 48_000,
    *,
    last: bool = False,
    long: bool = False,
) -> None:
    data = (np.arange(frames) % 100 * 100).astype("<i2").tobytes()
    head = chunk(b"fmt ", struct.pack("<HHIIHH", 1, 1, rate_hz, rate_hz * 2, 2, 16))
    stamped = b"" if stamp is None else chunk(b"bext", bext(stamp))
    odd = chunk(b"LIST", b"odd")
    sound = chunk(b"data", data)
    if long:
        sound = b"data\xff\xff\xff\xff" + data
        head = chunk(b"ds64", struct.pack("<QQQI", 0, len(data), frames, 0)) + head
    body = head + odd + (sound + stamped if last else stamped + sound)
    magic = b"RF64\xff\xff\xff\xff" if long else b"RIFF" + struct.pack("<I", len(body) + 4)
    path.write_bytes(magic + b"WAVE" + body)


def starts(session: Session) -> dict[str, int]:
    return {track.id: track.start_samples for track in session.tracks}


def codes(session: Session) -> set[str]:
    return {item.code for item in session.findings}


@pytest.mark.parametrize("stamp", [0, 1, 172_800_000, 2**32 + 5, 2**40])
@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize("long", [False, True])
def test_stamp_is_read(tmp_path: Path, stamp: int, last: bool, long: bool) -> None:
    write_wave(tmp_path / "x.wav", 1_001, stamp, last=last, long=long)
    found = read_container(tmp_path / "x.wav")
    assert found is not None
    assert (found.time_reference_samples, found.promised_bytes, found.complete) == (stamp, 2_002, True)


def test_tracks_start_by_their_stamps(tmp_path: Path) -> None:
    hour = 3600
    write_wave(tmp_path / "Kick.wav", 96_000, hour * 48_000)
    write_wave(tmp_path / "Bass.wav", 48_000, hour * 48_000 + 12_345)
    write_wave(tmp_path / "Vox.wav", 44_100, hour * 44_100 + 44_100, rate_hz=44_100)
    session = load_session([tmp_path])
    assert session.sample_rate_hz == 48_000
    assert starts(session) == {"Kick": 0, "Bass": 12_345, "Vox": 48_000}
    assert session.track("Bass").files[0].time_reference_samples == hour * 48_000 + 12_345
    assert "uneven-start" not in codes(session)


def test_start_s_goes_before_the_stamp(tmp_path: Path) -> None:
    write_wave(tmp_path / "Kick.wav", 96_000, 0)
    write_wave(tmp_path / "Bass.wav", 48_000, 12_345)
    (tmp_path / "session.toml").write_text("[tracks.Bass]\nstart_s = 0.5", encoding="utf-8")
    assert starts(load_session([tmp_path])) == {"Kick": 0, "Bass": 24_000}


def test_equal_stamps_mean_nothing(tmp_path: Path) -> None:
    write_wave(tmp_path / "Kick.wav", 1_000, 999_999)
    write_wave(tmp_path / "Bass.wav", 1_000, 999_999)
    write_wave(tmp_path / "Vox.wav", 1_000, None)
    session = load_session([tmp_path])
    assert set(starts(session).values()) == {0}
    assert "uneven-start" not in codes(session)


def test_some_without_a_stamp_are_named(tmp_path: Path) -> None:
    write_wave(tmp_path / "Kick.wav", 96_000, 0)
    write_wave(tmp_path / "Bass.wav", 48_000, 480)
    write_wave(tmp_path / "Vox.wav", 48_000, None)
    session = load_session([tmp_path])
    assert starts(session) == {"Kick": 0, "Bass": 480, "Vox": 0}
    assert [item.tracks for item in session.findings if item.code == "uneven-start"] == [("Vox",)]


def test_stamps_of_different_days_are_not_one_time_line(tmp_path: Path) -> None:
    write_wave(tmp_path / "Kick.wav", 96_000, 0)
    write_wave(tmp_path / "Bass.wav", 48_000, 3600 * 48_000)
    session = load_session([tmp_path])
    assert set(starts(session).values()) == {0}
    found = next(item for item in session.findings if item.code == "uneven-start")
    assert found.figures["gap_s"] == 3598.0


def test_sides_with_different_stamps_are_not_joined(tmp_path: Path) -> None:
    write_wave(tmp_path / "OH L.wav", 48_000, 0)
    write_wave(tmp_path / "OH R.wav", 48_000, 10)
    assert starts(load_session([tmp_path])) == {"OH L": 0, "OH R": 10}


def test_broken_stamp_is_no_stamp(tmp_path: Path) -> None:
    write_wave(tmp_path / "x.wav", 10, None)
    data = (tmp_path / "x.wav").read_bytes()
    (tmp_path / "x.wav").write_bytes(data + chunk(b"bext", b"short"))
    found = read_container(tmp_path / "x.wav")
    assert found is not None
    assert found.time_reference_samples is None
