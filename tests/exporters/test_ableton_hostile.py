"""Sets that are damaged or meant to harm: an ExportError that names the file, in bounded time and memory."""

import gzip
import time
import tracemalloc
import xml.etree.ElementTree as ET
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from ableton_cases import load, save
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from reaper_cases import RATE_HZ, audio, small_mix, small_session

from console.errors import MixbridgeError
from console.frozen import FrozenMap
from console.mix import Bus, BusKind, Highpass, Master, Mix, TrackStrip
from console.session import Session, SessionTrack
from exporters.ableton.opening import open_project
from exporters.ableton.patching import patch_project
from exporters.ableton.reader import read_project
from exporters.ableton.values import plain_text
from exporters.ableton.writer import write_project
from exporters.project import TrackKind
from exporters.report import Outcome

#: Without the time of day: parameters are part of a test's name, and workers compare those.
pack = partial(gzip.compress, mtime=0)

READERS = (open_project, read_project)

HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<Ableton MajorVersion="5" MinorVersion="11.0_433" Creator="x">'
)
MASTER = "<MasterTrack><DeviceChain><Mixer><Tempo><Manual Value='120'/></Tempo></Mixer></DeviceChain></MasterTrack>"


def packed(text: str | bytes, folder: Path, name: str = "hostile.als") -> Path:
    path = folder / name
    path.write_bytes(pack(text.encode() if isinstance(text, str) else text, 1))
    return path


def set_of(tracks: str, extra: str = "") -> str:
    return f"{HEAD}<LiveSet><Tracks>{tracks}</Tracks>{MASTER}{extra}</LiveSet></Ableton>"


def refused(path: Path) -> None:
    """Every way in says no, and names the file."""
    session = Session("s", path.parent, RATE_HZ, (), project=path)
    for reader in READERS:
        with pytest.raises(MixbridgeError, match=path.name):
            reader(path)
    with pytest.raises(MixbridgeError, match=path.name):
        patch_project(Mix(RATE_HZ), session, path.parent / "out.als")
    assert not (path.parent / "out.als").exists()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00" * 100,
        b"RIFF....WAVE",
        b"\x1f\x8b",
        b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03",
        pack(b""),
        pack(b"not xml"),
        pack(b"<Ableton/>"),
        pack(b"<Other><LiveSet/></Other>"),
        pack(b"\xff\xfe<\x00A\x00"),
        pack(f"{HEAD}<LiveSet/></Ableton>".encode()),
        pack(f"{HEAD}<LiveSet><Tracks>".encode()),
        pack(set_of("").encode())[:-9],
        pack(set_of("").replace("120", "0").encode()),
        pack(set_of("").replace("120", "nan").encode()),
        pack(set_of("").replace("120", "-1e999").encode()),
        pack(set_of("<AudioTrack Id='1'/><AudioTrack Id='1'/>").encode()),
    ],
)
def test_what_is_no_set_is_refused_with_its_name(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "hostile.als"
    path.write_bytes(data)
    refused(path)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    refused(tmp_path / "nowhere.als")


def test_a_bomb_of_gzip_is_not_unfolded(tmp_path: Path) -> None:
    """Six hundred million blanks in half a million bytes."""
    path = tmp_path / "hostile.als"
    block = b" " * (1 << 20)
    with gzip.open(path, "wb", compresslevel=1) as file:
        for _ in range(600):
            file.write(block)
    tracemalloc.start()
    started = time.perf_counter()
    refused(path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert time.perf_counter() - started < 20.0
    assert peak < 3 * 512 * 2**20


@pytest.mark.parametrize(
    "document_type",
    [
        "<!DOCTYPE a [" + "<!ENTITY a0 'aaaaaaaaaa'>"
        + "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 12)) + "]>",
        "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]>",
        "<!DOCTYPE a SYSTEM 'http://127.0.0.1:9/a.dtd'>",
    ],
)  # fmt: skip
def test_entities_are_not_unfolded_nor_fetched(document_type: str, tmp_path: Path) -> None:
    text = set_of("<AudioTrack Id='1'><Name><EffectiveName Value='n'/></Name>&a11;&x;</AudioTrack>")
    head, body = text.split("\n", 1)
    refused(packed(f"{head}\n{document_type}{body}", tmp_path))


def test_depth_does_not_break_the_stack(tmp_path: Path) -> None:
    """A hundred thousand elements inside each other: read or refused, never a crash."""
    deep = "<a>" * 100_000 + "</a>" * 100_000
    path = packed(set_of(f"<AudioTrack Id='1'>{deep}</AudioTrack>"), tmp_path)
    for reader in READERS:
        with suppress(MixbridgeError):
            reader(path)


def test_a_hundred_thousand_tracks_take_bounded_time(tmp_path: Path) -> None:
    tracks = "".join(
        f"<AudioTrack Id='{index}'><Name><EffectiveName Value='T'/></Name>"
        f"<TrackGroupId Value='{-1 if index % 2 else 100_000}'/></AudioTrack>"
        for index in range(100_000)
    )
    path = packed(set_of("<GroupTrack Id='100000'/>" + tracks), tmp_path)
    started = time.perf_counter()
    assert len(open_project(path).tracks) == 100_001
    assert time.perf_counter() - started < 60.0


def test_ten_thousand_strips_of_one_name_get_names_of_their_own(tmp_path: Path) -> None:
    tracks = "".join(
        f"<AudioTrack Id='{index}'><Name><EffectiveName Value='T'/></Name></AudioTrack>"
        for index in range(10_000)
    )
    started = time.perf_counter()
    mix = read_project(packed(set_of(tracks), tmp_path))
    assert len({strip.id for strip in mix.tracks}) == 10_000
    assert time.perf_counter() - started < 30.0


def test_a_chain_of_a_hundred_thousand_groups_takes_bounded_time(tmp_path: Path) -> None:
    tracks = "".join(
        f"<GroupTrack Id='{index}'><TrackGroupId Value='{index + 1}'/></GroupTrack>"
        for index in range(100_000)
    )
    path = packed(set_of(tracks), tmp_path)
    started = time.perf_counter()
    assert len(open_project(path).tracks) == 100_000
    assert time.perf_counter() - started < 30.0
    short = tracks[: tracks.index("<GroupTrack Id='20000'>")]
    circle = short.replace("<TrackGroupId Value='20000'/>", "<TrackGroupId Value='0'/>")
    with pytest.raises(MixbridgeError, match="circle"):
        open_project(packed(set_of(circle), tmp_path))


@pytest.mark.parametrize("last", ["1e15", "1e300", "63072000"])
def test_a_tempo_ramp_without_end_takes_bounded_time(last: str, tmp_path: Path) -> None:
    events = f"<FloatEvent Time='-63072000' Value='60'/><FloatEvent Time='{last}' Value='200'/>"
    master = (
        "<MasterTrack><AutomationEnvelopes><Envelopes><AutomationEnvelope Id='0'><EnvelopeTarget>"
        f"<PointeeId Value='8'/></EnvelopeTarget><Automation><Events>{events}</Events></Automation>"
        "</AutomationEnvelope></Envelopes></AutomationEnvelopes><DeviceChain><Mixer><Tempo><Manual Value='120'/>"
        "<AutomationTarget Id='8'/></Tempo></Mixer></DeviceChain></MasterTrack>"
    )
    locator = "<Locators><Locators><Locator Id='0'><Time Value='100'/></Locator></Locators></Locators>"
    path = packed(set_of("", locator).replace(MASTER, master), tmp_path)
    started = time.perf_counter()
    (marker,) = open_project(path).markers
    # A ramp that long is flat over a hundred beats at 60 a minute, up to a tempo that can be told from it.
    assert 0.0 < marker.position_s <= 100.0
    assert time.perf_counter() - started < 10.0


def test_tens_of_thousands_of_tempo_events_take_bounded_time(tmp_path: Path) -> None:
    events = "".join(
        f"<FloatEvent Time='{index / 7}' Value='{60 + index % 100}'/>" for index in range(30_000)
    )
    master = (
        "<MasterTrack><AutomationEnvelopes><Envelopes><AutomationEnvelope Id='0'><EnvelopeTarget>"
        f"<PointeeId Value='8'/></EnvelopeTarget><Automation><Events>{events}</Events></Automation>"
        "</AutomationEnvelope></Envelopes></AutomationEnvelopes><DeviceChain><Mixer><Tempo><Manual Value='120'/>"
        "<AutomationTarget Id='8'/></Tempo></Mixer></DeviceChain></MasterTrack>"
    )
    path = packed(set_of("").replace(MASTER, master), tmp_path)
    started = time.perf_counter()
    assert len(open_project(path).tempo) == 30_000
    assert time.perf_counter() - started < 10.0


@pytest.fixture(scope="module")
def document(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The XML of a small set of ours with a group, a return and moves."""
    folder = tmp_path_factory.mktemp("set")
    mix, session = small_mix(), small_session(folder / "song")
    kept = tuple(
        replace(strip, sends=FrozenMap({"reverb": -9.0}), automation=mix.track("Gtr").automation)
        for strip in mix.tracks[:1]
    )
    small = replace(mix, tracks=kept, buses=mix.buses[:2], master=Master())
    report = write_project(small, replace(session, tracks=session.tracks[:1]), folder / "out")
    return gzip.decompress(report.files[0].read_bytes())


_PIECES = st.sampled_from(
    (
        b"", b"-1", b"1e999", b"NaN", b"true", b'"', b"<", b"/>", b"</Mixer>", b"&amp;", b"&x;", b"\x00", b"\xff",
        b"99999999999999999999", b"..", b"C:/", b"Id", b'Value="', b"<AudioTrack>", b"\n",
    )
)  # fmt: skip


@given(data=st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_set_with_a_few_changed_bytes_is_read_or_refused(
    data: st.DataObject, document: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    changed = bytearray(document)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(changed) - 1))
        length = data.draw(st.integers(0, 40))
        changed[place : place + length] = data.draw(st.one_of(_PIECES, st.binary(max_size=8)))
    folder = tmp_path_factory.mktemp("fuzz")
    path = packed(bytes(changed), folder)
    with suppress(MixbridgeError):
        read_project(path)
    try:
        project = open_project(path)
    except MixbridgeError:
        return
    tracks = tuple(
        SessionTrack(f"T{index}", (), 2, RATE_HZ, key=track.key) for index, track in enumerate(project.tracks)
    )
    session = Session("s", folder, RATE_HZ, tracks, project=path)
    mix = Mix(
        RATE_HZ,
        tuple(TrackStrip(track.id, fader_db=-3.0, highpass=Highpass(True)) for track in tracks[:3]),
    )
    with suppress(MixbridgeError):
        patch_project(mix, session, folder / "out.als")


@given(data=st.data())
@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_set_with_any_value_anywhere_is_read_or_refused(
    data: st.DataObject, document: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Still XML, but with numbers, texts and elements where they do not belong."""
    root = ET.fromstring(document)  # noqa: S314
    elements = list(root.iter())
    for _ in range(data.draw(st.integers(1, 6))):
        element = data.draw(st.sampled_from(elements))
        act = data.draw(st.integers(0, 3))
        if act == 0:
            element.set("Value", data.draw(st.one_of(st.text(max_size=6), st.floats().map(str))).encode(
                "ascii", "ignore").decode().replace("\x00", ""))  # fmt: skip
        elif act == 1:
            element.clear()
        elif act == 2:
            element.tag = data.draw(
                st.sampled_from(("AudioTrack", "Mixer", "Eq8", "Name", "LiveSet", "FileRef"))
            )
        else:
            element.set("Id", data.draw(st.sampled_from(("", "1", "-5", "x", "99999999999"))))
    folder = tmp_path_factory.mktemp("values")
    text = "".join(sign for sign in ET.tostring(root, encoding="unicode") if sign >= " " or sign in "\n\t")
    path = packed(text, folder)
    for reader in READERS:
        with suppress(MixbridgeError):
            reader(path)


NAMES = (
    'say "hey"', "all \" ' ` three", "two\nlines\rand\x00nul", "CON", "aux.wav", "com¹", "../../etc/passwd",
    "C:\\Windows\\x", "...", " ", "trailing. ", "-rf", "kick", "KICK", "Kick", "ü" * 127, "u\u0308", "ü", "漢" * 85,
    "🎤" * 63 + "abc", "<AudioTrack", "&amp;", "]]>", "\u202emirrored", "\udcff bytes that are no text", "master",
    "mixbridge EQ", "[mixbridge was volume=0]", "%41", "{11+}", "$name", "\ufffe",
)  # fmt: skip


def session_of(root: Path, names: tuple[str, ...]) -> Session:
    tracks = tuple(
        SessionTrack(name, (audio(root / f"{index}.wav"),), 1, RATE_HZ) for index, name in enumerate(names)
    )
    return Session(names[0], root, RATE_HZ, tracks)


@pytest.mark.parametrize("version", ["10.1", "11", "12"])
def test_every_name_comes_back_and_no_file_lands_elsewhere(version: str, tmp_path: Path) -> None:
    homes = {NAMES[-2]: "\udc80", NAMES[-1]: "a\tb"}
    strips = tuple(
        TrackStrip(name, highpass=Highpass(True), output=homes.get(name, "master")) for name in NAMES
    )
    buses = (Bus("a\tb", BusKind.GROUP), Bus("\udc80", BusKind.GROUP), Bus("empty", BusKind.GROUP))
    mix = Mix(RATE_HZ, strips, buses)
    report = write_project(mix, session_of(tmp_path, NAMES), tmp_path / "out", live_version=version)
    read = read_project(report.files[0])
    assert [strip.id for strip in read.tracks] == list(NAMES)
    assert [bus.id for bus in read.buses] == ["\udc80", "a\tb"]
    racks = [path for path in report.files if path.suffix == ".adg"]
    assert len(racks) == len(NAMES)
    assert len({path.name.casefold() for path in report.files}) == len(report.files)
    for path in report.files:
        assert path.is_file()
        assert path.resolve().is_relative_to((tmp_path / "out").resolve())
        assert len(path.name.encode()) <= 240
        load(path)
    project = open_project(report.files[0])
    shown = [track.name for track in project.tracks if track.kind is TrackKind.AUDIO]
    assert shown == [plain_text(name) for name in NAMES]


def test_a_name_or_a_path_that_had_to_change_is_in_the_report(tmp_path: Path) -> None:
    names = ("fine", "two\nlines")
    session = session_of(tmp_path, names)
    bad = SessionTrack("bad", (audio(tmp_path / "a\x01b.wav"),), 1, RATE_HZ)
    session = replace(session, tracks=(*session.tracks, bad))
    mix = Mix(RATE_HZ, tuple(TrackStrip(track.id) for track in session.tracks), (Bus("a\tb", BusKind.GROUP),))
    report = write_project(mix, session, tmp_path / "out")
    assert {entry.strip for entry in report.entries if entry.parameter == "id"} == {"two\nlines", "a\tb"}
    (lost,) = report.select(Outcome.DROPPED)
    assert (lost.strip, lost.parameter) == ("bad", "files")


def test_a_trace_that_someone_forged_does_no_harm(tmp_path: Path) -> None:
    """What a patch finds in the info text only ever goes into the values that a patch sets."""
    report = write_project(small_mix(), small_session(tmp_path / "song"), tmp_path / "out")
    root = load(report.files[0])
    for track in root.iterfind("LiveSet/Tracks/*"):
        note = track.find("Name/Annotation")
        assert note is not None
        note.set(
            "Value", f"{note.get('Value')} [mixbridge was LiveSet=1&..=2&volume=%22%3E%3Cx&next=x&moves=1]"
        )
    path = save(root, tmp_path / "out" / "forged.als")
    keys = {track.name: track.key for track in open_project(path).tracks}
    song = small_session(tmp_path / "song")
    tracks = tuple(replace(track, key=keys[track.id]) for track in song.tracks)
    session = replace(song, tracks=tracks, project=path)
    mix = Mix(RATE_HZ, (TrackStrip("Kick", fader_db=-3.0),))
    with pytest.raises(MixbridgeError, match="not a number"):
        patch_project(mix, session, tmp_path / "out" / "new.als")


@example(text="\r\n")
@given(text=st.text(max_size=20))
@settings(max_examples=50, deadline=None)
def test_plain_text_is_text_that_xml_holds(text: str) -> None:
    plain = plain_text(text)
    assert len(plain) == len(text)
    assert ET.fromstring(f'<a b="{plain.translate({34: 32, 38: 32, 60: 32})}"/>').get("b") is not None  # noqa: S314
