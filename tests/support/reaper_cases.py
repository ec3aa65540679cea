"""Sessions and mixes for the REAPER tests, and readers of its blocks that share no code with the exporter."""

import base64
import math
import struct
from pathlib import Path

import rpp

from console.frozen import FrozenMap
from console.mix import (
    Automation,
    Band,
    Bus,
    BusKind,
    Compressor,
    Delay,
    Equalizer,
    Gate,
    Highpass,
    Input,
    Limiter,
    Lowpass,
    Master,
    Mix,
    Reverb,
    TrackStrip,
)
from console.session import AudioFile, Session, SessionTrack

RATE_HZ = 48000
SECONDS = 3


def audio(path: Path, channels: int = 1, rate_hz: int = RATE_HZ) -> AudioFile:
    return AudioFile(path, rate_hz, channels, SECONDS * rate_hz, "00")


def track(root: Path, track_id: str, *names: str, channels: int = 1, start: int = 0) -> SessionTrack:
    pair = len(names) == 2
    files = tuple(audio(root / name, 1 if pair else channels) for name in names)
    return SessionTrack(track_id, files, 2 if pair else channels, SECONDS * RATE_HZ, start)


def small_session(root: Path) -> Session:
    """Four tracks: mono, an L/R pair with an offset, stereo, mono."""
    return Session(
        "Small song",
        root,
        RATE_HZ,
        (
            track(root, "Kick", "01_Kick.wav"),
            track(root, "OH", "OH L.wav", "OH R.wav", start=480),
            track(root, "Gtr", "gtr.flac", channels=2),
            track(root, "Vox", "vox.ogg"),
        ),
    )


def small_mix() -> Mix:
    """A mix of small_session that uses every module."""
    return Mix(
        RATE_HZ,
        tracks=(
            TrackStrip(
                "Kick",
                input=Input(3.0, True, -2.0),
                highpass=Highpass(True, 40.0, 24),
                gate=Gate(True, -40.0, -20.0, 4.0, 1.5, 30.0, 150.0),
                equalizer=Equalizer(
                    True, (Band("bell", 400.0, -3.0, 1.2), Band("high_shelf", 8000.0, 4.0, 0.71))
                ),
                compressor=Compressor(True, -22.0, 3.3, 8.0, 120.0, 6.0, 9.0),
                pan=-0.3,
                fader_db=-6.5,
                sends=FrozenMap({"reverb": -18.0}),
                output="drums",
            ),
            TrackStrip(
                "OH",
                input=Input(0.0, False, 1.5),
                pan=-0.2,
                output="drums",
                sends=FrozenMap({"reverb": -12.0, "echo": -20.0}),
            ),
            TrackStrip("Gtr", pan=0.4, automation=Automation(((0.0, -6.5), (10.0, -5.0), (20.5, 0.0)))),
            TrackStrip("Vox", muted=True, lowpass=Lowpass(True, 9000.0, 12)),
        ),
        buses=(
            Bus("reverb", BusKind.FX, reverb=Reverb(decay_s=1.8, predelay_ms=40.0)),
            Bus("drums", BusKind.GROUP, compressor=Compressor(True, makeup_db=2.0), fader_db=-1.0),
            Bus("echo", BusKind.FX, delay=Delay(time_ms=250.0, feedback=0.4)),
        ),
        master=Master(
            equalizer=Equalizer(True, (Band("low_shelf", 100.0, 1.5, 0.6),)),
            compressor=Compressor(True, makeup_db=8.0),
            limiter=Limiter(True, -1.5),
            fader_db=-2.0,
        ),
    )


def load_rpp(path: Path) -> rpp.Element:
    """The tree by the independent parser."""
    return rpp.loads(path.read_text(encoding="utf-8"))


def row(element: rpp.Element, key: str) -> list[str]:
    """The values of the first line of this key."""
    return next(child[1:] for child in element.children if isinstance(child, list) and child[0] == key)


def rows(element: rpp.Element, key: str) -> list[list[str]]:
    return [child[1:] for child in element.children if isinstance(child, list) and child[0] == key]


def tracks_by_name(root: rpp.Element) -> dict[str, rpp.Element]:
    return {row(item, "NAME")[0]: item for item in root.findall("TRACK")}


def blocks(text: str, name: str) -> list[list[str]]:
    """The base64 lines of every <VST block whose title holds `name`, straight from a file's text."""
    found: list[list[str]] = []
    inside = None
    for line in text.splitlines():
        content = line.strip()
        if inside is not None:
            if content == ">":
                found.append(inside)
                inside = None
            else:
                inside.append(content)
        elif content.startswith("<VST") and name in content:
            inside = []
    return found


def state_bytes(lines: list[str]) -> bytes:
    """The state of a block: all lines but the header and the program."""
    return b"".join(base64.b64decode(line) for line in lines[1:-1])


def reaeq_bands(state: bytes) -> list[tuple[int, int, float, float, float]]:
    """(type, enabled, Hz, linear gain, octaves) of every band."""
    count = struct.unpack_from("<i", state, 4)[0]
    return [struct.unpack_from("<iiddd", state, 8 + 33 * index) for index in range(count)]


def reaeq_section(
    kind: int, hz: float, gain: float, octaves: float, rate_hz: float
) -> tuple[tuple[float, float, float], tuple[float, float, float]]:
    """(b, a) of a band by the formulas of ReaEQ's design: RBJ with alpha, S or q from the bandwidth."""
    w = 2.0 * math.pi * hz / rate_hz
    c, s, a = math.cos(w), math.sin(w), math.sqrt(gain)
    if kind == 8:
        alpha = s * math.sinh(math.log(2) / 2 * octaves * w / s)
        return (1 + alpha * a, -2 * c, 1 - alpha * a), (1 + alpha / a, -2 * c, 1 - alpha / a)
    if kind in (0, 1):
        slope = 1 / max(octaves, 0.915) ** 2
        k = 2 * math.sqrt(a) * s / 2 * math.sqrt((a + 1 / a) * (1 / slope - 1) + 2)
        m = 1 if kind == 0 else -1
        return (
            a * ((a + 1) - m * (a - 1) * c + k),
            m * 2 * a * ((a - 1) - m * (a + 1) * c),
            a * ((a + 1) - m * (a - 1) * c - k),
        ), (
            (a + 1) + m * (a - 1) * c + k,
            m * -2 * ((a - 1) + m * (a + 1) * c),
            (a + 1) + m * (a - 1) * c - k,
        )
    alpha = s / 2 * (2 * math.sinh(math.log(2) / 2 * octaves))
    b = ((1 - c) / 2, 1 - c, (1 - c) / 2) if kind == 3 else ((1 + c) / 2, -(1 + c), (1 + c) / 2)
    return b, (1 + alpha, -2 * c, 1 - alpha)


def floats(state: bytes) -> tuple[float, ...]:
    """The 32-bit floats behind the eight bytes that open a state."""
    return struct.unpack(f"<{len(state) // 4 - 2}f", state[8:])


def track_text(guid: str, name: str, lines: str = "", items: str = "") -> str:
    """A track of a project by hand: its own lines after the usual ones, which they replace."""
    keys = {text.split()[0] for text in lines.splitlines() if text}
    usual = [
        f'NAME "{name}"',
        "AUTOMODE 0",
        "VOLPAN 1 0 -1 -1 1",
        "MUTESOLO 0 0 0",
        "IPHASE 0",
        "ISBUS 0 0",
        "NCHAN 2",
        "FX 1",
        "MAINSEND 1 0",
    ]
    kept = [text for text in usual if text.split()[0] not in keys]
    return "\n".join([f"<TRACK {guid}".rstrip(), *kept, *filter(None, [lines, items]), ">"])


def project_text(*tracks: str, head: str = "") -> str:
    """A project by hand, every line with REAPER's indentation."""
    first = '<REAPER_PROJECT 0.1 "6.78/win64" 1700000000'
    depth, lines = 0, []
    for text in "\n".join(filter(None, [first, head, *tracks, ">"])).splitlines():
        depth -= text == ">"
        lines.append("  " * depth + text)
        depth += text.startswith("<")
    return "\n".join([*lines, ""])
