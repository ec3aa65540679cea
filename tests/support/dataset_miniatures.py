"""The smallest packages, modules, MIDI files, soundfonts and projects that the data builder can be tried with."""

import io
import lzma
import struct
import tarfile
import zlib
from collections.abc import Mapping
from pathlib import Path

import mido
import numpy as np
import soundfile
from numpy.typing import NDArray

RATE_HZ = 44_100


def deb(
    path: Path, name: str, files: Mapping[str, bytes], version: str = "1.0-1", compress: str = "xz"
) -> Path:
    """A Debian package by Python's own means: an ar archive of two tar archives."""
    control = _tar({"./control": f"Package: {name}\nVersion: {version}\nArchitecture: all\n".encode()})
    data = _tar({f"./{place}": content for place, content in files.items()})
    suffix, packed = {"xz": (".xz", lzma.compress), "none": ("", bytes)}[compress]
    members = {
        "debian-binary": b"2.0\n",
        f"control.tar{suffix}": packed(control),
        f"data.tar{suffix}": packed(data),
    }
    archive = b"!<arch>\n"
    for member, content in members.items():
        archive += f"{member:<16}{0:<12}{0:<6}{0:<6}{100644:<8}{len(content):<10}`\n".encode()
        archive += content + b"\n" * (len(content) % 2)
    path.mkdir(parents=True, exist_ok=True)
    target = path / f"{name}_{version}_all.deb"
    target.write_bytes(archive)
    return target


def _tar(files: Mapping[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def sound(
    seconds: float, hz: float = 220.0, channels: int = 2, rate_hz: int = RATE_HZ, level: float = 0.3
) -> bytes:
    """A WAV of a tone that differs between its channels."""
    time = np.arange(round(seconds * rate_hz)) / rate_hz
    tone = np.stack([level * np.sin(2 * np.pi * hz * (1 + 0.5 * side) * time) for side in range(channels)], 1)
    buffer = io.BytesIO()
    soundfile.write(buffer, tone, rate_hz, "FLOAT", format="WAV")
    return buffer.getvalue()


def module(
    pans: tuple[int, ...] = (0, 64, 255), rows_per_note: int = 16, names: tuple[str, ...] = ()
) -> bytes:
    """A ProTracker module of four channels: one looped square wave per instrument, each note with its pan (8xx)."""
    count = len(pans)
    names = names or tuple(f"tone {chr(97 + number)}" for number in range(count))
    head = b"miniature".ljust(20, b"\0")
    length = 64
    for number in range(31):
        used = number < count
        name = names[number] if used else ""
        head += name.encode().ljust(22, b"\0")
        head += struct.pack(
            ">HBBHH", length // 2 if used else 0, 0, 64 if used else 0, 0, length // 2 if used else 1
        )
    head += bytes([1, 127]) + bytes(128) + b"M.K."
    pattern = bytearray(64 * 4 * 4)
    for number, pan in enumerate(pans):
        for row in range(0, 64, rows_per_note):
            period, instrument = 428 // (number + 1), number + 1
            at = (row * 4 + number) * 4
            pattern[at : at + 4] = bytes(
                [(instrument & 0xF0) | period >> 8, period & 0xFF, (instrument & 0x0F) << 4 | 0x8, pan]
            )
    square = np.where(np.arange(length) % 32 < 16, 40, -40).astype(np.int8).tobytes()
    return head + bytes(pattern) + square * count


def song(
    channels: Mapping[int, Mapping[str, int]],
    seconds: float = 6.0,
    notes: Mapping[int, tuple[int, ...]] | None = None,
) -> bytes:
    """A MIDI file: each channel plays a note a half second, after the program and controllers given for it."""
    file = mido.MidiFile(ticks_per_beat=480)
    for number, (channel, settings) in enumerate(channels.items()):
        track = mido.MidiTrack()
        file.tracks.append(track)
        for name, value in settings.items():
            if name == "program":
                track.append(mido.Message("program_change", channel=channel, program=value))
            else:
                control = int(name.removeprefix("cc"))
                track.append(mido.Message("control_change", channel=channel, control=control, value=value))
        pitches = (notes or {}).get(channel, (48 + 5 * number,))
        for step in range(round(seconds * 2)):
            note = pitches[step % len(pitches)]
            track.append(mido.Message("note_on", channel=channel, note=note, velocity=90))
            track.append(mido.Message("note_off", channel=channel, note=note, velocity=0, time=480))
    buffer = io.BytesIO()
    file.save(file=buffer)
    return buffer.getvalue()


def soundfont() -> bytes:
    """A SoundFont 2 of one looped triangle wave, as program 0 of the melodic bank and of the drum bank."""
    period = np.abs(np.arange(200) % 100 - 50) * 400 - 10_000
    wave: NDArray[np.int16] = np.concatenate([np.tile(period, 4), np.zeros(46, np.int64)]).astype("<i2")
    info = (
        _chunk(b"ifil", struct.pack("<HH", 2, 1))
        + _chunk(b"isng", b"EMU8000\0")
        + _chunk(b"INAM", b"tiny\0\0")
    )
    zone = struct.pack("<HH", 54, 1) + struct.pack("<HH", 53, 0)  # loop; the sample
    hydra = {
        b"phdr": _preset("low", 0, 0, 0) + _preset("kit", 0, 128, 1) + _preset("EOP", 0, 0, 2),
        b"pbag": struct.pack("<HHHHHH", 0, 0, 1, 0, 2, 0),
        b"pmod": bytes(10),
        b"pgen": struct.pack("<HHHH", 41, 0, 41, 0) + bytes(4),
        b"inst": b"low".ljust(20, b"\0")
        + struct.pack("<H", 0)
        + b"EOI".ljust(20, b"\0")
        + struct.pack("<H", 1),
        b"ibag": struct.pack("<HHHH", 0, 0, 2, 0),
        b"imod": bytes(10),
        b"igen": zone + bytes(4),
        b"shdr": _sample("tri", 0, 800, 100, 700) + _sample("EOS", 0, 0, 0, 0),
    }
    body = b"sfbk"
    body += _chunk(b"LIST", b"INFO" + info)
    body += _chunk(b"LIST", b"sdta" + _chunk(b"smpl", wave.tobytes()))
    body += _chunk(b"LIST", b"pdta" + b"".join(_chunk(key, value) for key, value in hydra.items()))
    return _chunk(b"RIFF", body)


def _chunk(key: bytes, data: bytes) -> bytes:
    return key + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def _preset(name: str, program: int, bank: int, bag: int) -> bytes:
    return name.encode().ljust(20, b"\0") + struct.pack("<HHHIII", program, bank, bag, 0, 0, 0)


def _sample(name: str, start: int, end: int, loop: int, loop_end: int) -> bytes:
    numbers = struct.pack("<IIIIIBbHH", start, end, loop, loop_end, RATE_HZ, 60, 0, 0, 1 if end else 0)
    return name.encode().ljust(20, b"\0") + numbers


def wad(lumps: Mapping[str, bytes]) -> bytes:
    """A PWAD of these lumps."""
    body, directory = b"", b""
    for name, data in lumps.items():
        directory += struct.pack("<ii8s", 12 + len(body), len(data), name.encode())
        body += data
    return struct.pack("<4sii", b"PWAD", len(lumps), 12 + len(body)) + body + directory


def lmms_project(tracks: str, channels: str) -> bytes:
    """An .mmpz: its length in four bytes, then zlib."""
    text = (
        '<?xml version="1.0"?><!DOCTYPE lmms-project><lmms-project type="song"><head mastervol="80" bpm="120"/>'
        f"<song><trackcontainer>{tracks}</trackcontainer><fxmixer>{channels}</fxmixer></song></lmms-project>"
    ).encode()
    return struct.pack(">I", len(text)) + zlib.compress(text)
