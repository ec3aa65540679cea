"""Sessions and mixes for the REAPER tests, and readers of its blocks that share no code with the exporter."""

import base64
import math
import struct
from functools import partial
from pathlib import Path

import round_trips
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


#: A GUID for every track of a project by hand.
GUIDS = tuple(f"{{{index:08X}-0000-4000-8000-000000000000}}" for index in range(40))

USERS_FX = """<FXCHAIN
WNDRECT 10 20 300 400
SHOW 0
LASTSEL 0
DOCKED 0
BYPASS 0 0 0
<VST "VST3: Pro-Q 3 (FabFilter)" "FabFilter Pro-Q 3.vst3" 0 "" 756089518{72C4DB717A4D459AB97E51745D84B39D} ""
rkQRLe5e7f4CAAAAAQAAAAAAAAACAAAAAAAAAAIAAAABAAAAAAAAAAIAAAAAAAAA
AAAQAAAA
>
FLOATPOS 0 0 0 0
FXID {11111111-2222-3333-4444-555555555555}
WAK 0 0
>"""

USERS_ENVELOPE = "<VOLENV2\nEGUID {99999999-2222-3333-4444-555555555555}\nACT 1 -1\nPT 0 1 0\nPT 4 0.5 0\n>"


def wave_item(name: str, position_s: float = 0.0) -> str:
    """An item of SECONDS that plays the file `name`."""
    source = f'<SOURCE WAVE\nFILE "{name}"\n>'
    return f"<ITEM\nPOSITION {position_s:g}\nLENGTH {SECONDS}\nSOFFS 0\nVOLPAN 1 0 1 -1\n{source}\n>"


def users_tracks() -> list[str]:
    """A folder of two drums, a bass with a plugin, a voice that sends to the user's reverb, a guitar with moves."""
    return [
        track_text(GUIDS[0], "Drums", "ISBUS 1 1\nVOLPAN 0.5 0 -1 -1 1"),
        track_text(GUIDS[1], "Kick", "PANLAWFLAGS 3", items=wave_item("audio/kick.wav")),
        track_text(GUIDS[2], "Snare", "ISBUS 2 -1", items=wave_item("audio/snare.wav")),
        track_text(
            GUIDS[3], "Bass", "VOLPAN 0.25 -0.5 -1 -1 1", USERS_FX + "\n" + wave_item("audio\\bass.wav")
        ),
        track_text(GUIDS[4], "Vox", "IPHASE 1", items=wave_item("audio/vox.wav")),
        track_text(GUIDS[5], "My reverb", "AUXRECV 4 0 0.5 0 0 0 0 0 0 -1:U 0 -1 ''"),
        track_text(GUIDS[6], "Gtr", items=USERS_ENVELOPE + "\n" + wave_item("audio/gtr.wav")),
    ]


USERS_HEAD = """RIPPLE 0
PANLAW 1
PANMODE 3
SAMPLERATE 48000 1 0
TEMPO 96.5 4 4
MASTER_NCH 2 2
MASTER_VOLUME 0.9 0 -1 -1 1
MASTER_FX 1
MASTER_SEL 0
MARKER 1 2.5 Verse 0 0 1 R {00000000-1111-2222-3333-444444444444} 0
<PROJBAY
>"""


def users_session(root: Path, text: str, name: str = "user.rpp") -> Session:
    """A session of the tracks of `users_tracks` in the project file `text`, which is written below `root`."""
    path = root / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    known = {"Kick": 1, "Snare": 2, "Bass": 3, "Vox": 4, "Gtr": 6}
    tracks = tuple(
        SessionTrack(
            track_id,
            (audio(root / "audio" / f"{track_id.lower()}.wav", 2 if track_id == "Gtr" else 1),),
            2 if track_id == "Gtr" else 1,
            SECONDS * RATE_HZ,
            key=GUIDS[place],
        )
        for track_id, place in known.items()
    )
    return Session("user", root, RATE_HZ, tracks, project=path)


def users_mix() -> Mix:
    """A mix of `users_session`: the drums as a group, a reverb of ours, and something in every module."""
    return Mix(
        RATE_HZ,
        tracks=(
            TrackStrip(
                "Kick",
                input=Input(3.0, True, -2.0),
                highpass=Highpass(True, 40.0, 24),
                compressor=Compressor(True, -22.0, 3.3, 8.0, 120.0, 6.0, 9.0),
                pan=-0.3,
                fader_db=-6.5,
                output="drums",
            ),
            TrackStrip("Snare", muted=True, output="drums", sends=FrozenMap({"hall": -12.0})),
            TrackStrip(
                "Bass",
                input=Input(-2.0),
                pan=0.25,
                equalizer=Equalizer(True, (Band("bell", 400.0, -3.0, 1.2),)),
            ),
            TrackStrip(
                "Vox",
                fader_db=-3.0,
                sends=FrozenMap({"hall": -18.0}),
                automation=Automation(((0.0, -3.0), (2.0, 0.0))),
            ),
            TrackStrip("Gtr", pan=0.4, fader_db=-2.0),
        ),
        buses=(
            Bus("hall", BusKind.FX, reverb=Reverb(decay_s=1.8)),
            Bus("drums", BusKind.GROUP, compressor=Compressor(True, makeup_db=2.0), fader_db=-1.0),
        ),
        master=Master(equalizer=Equalizer(True, (Band("low_shelf", 100.0, 1.5, 0.6),)), fader_db=-2.0),
    )


#: What comes back of REAPER's 32-bit values.
assert_alike = partial(round_trips.assert_alike, within=2e-5, rel=2e-6)
