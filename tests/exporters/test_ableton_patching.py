"""A Mix set in a copy of a Live set: our values are there, everything else is untouched, and it can be done again."""

import gzip
import io
import tempfile
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest
from ableton_cases import get, load, pointees, put, save, track_named
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reaper_cases import small_mix, small_session
from strategies import mixes

from console.errors import ExportError
from console.frozen import FrozenMap
from console.mix import (
    Automation,
    Band,
    Bus,
    BusKind,
    Compressor,
    Delay,
    Equalizer,
    Highpass,
    Input,
    Limiter,
    Master,
    Mix,
    Reverb,
    TrackStrip,
)
from console.session import Session, SessionTrack
from exporters.ableton.opening import open_project
from exporters.ableton.patching import patch_project
from exporters.ableton.quantise import quantise
from exporters.ableton.reader import read_project
from exporters.ableton.writer import write_project
from exporters.project import TrackKind
from exporters.report import Outcome

RATE_HZ = 48000
SETS = (
    "abletoolz_10.1.3.als",
    "abletoolz_11.0.0.als",
    "abletoolz_12.2.6.als",
    "dawtool_live10.1_automation.als",
    "dawtool_live10.1_example-120.als",
    "dawtool_live12.0_L12-automation-intense-unaligned.als",
    "dawtool_live12.0_L12-automation.als",
)


def session_of(path: Path, channels: int = 2) -> Session:
    """The audio tracks of a set as a session."""
    tracks = tuple(
        SessionTrack(f"{track.name} {track.key}", (), channels, RATE_HZ, key=track.key)
        for track in open_project(path).tracks
        if track.kind is TrackKind.AUDIO
    )
    return Session("song", path.parent, RATE_HZ, tracks, project=path)


def mix_for(session: Session, turn: int = 1) -> Mix:
    """A mix that uses everything; another turn is another mix."""
    strips = tuple(
        TrackStrip(
            track.id,
            input=Input(1.5 * turn, index == 0, 2.0 if index == 1 else 0.0),
            highpass=Highpass(True, 50.0 * turn),
            equalizer=Equalizer(True, (Band(gain_db=2.0 * turn),)),
            compressor=Compressor(True, ratio=1.0 + turn),
            width=1.0 + 0.1 * turn,
            pan=max(-1.0, 0.3 * turn - 0.1 * index),
            fader_db=-3.0 * turn - 0.1 * index,
            muted=index == turn,
            sends=FrozenMap({"room": -12.0 * turn} | ({"echo": -6.0} if turn == 1 else {})),
            output="band" if index % 2 == 0 else "master",
            automation=Automation(((0.0, -3.0), (4.0, -9.0 * turn))) if index == 1 else Automation(),
        )
        for index, track in enumerate(session.tracks)
    )
    buses = (
        Bus("room", BusKind.FX, reverb=Reverb(decay_s=1.0 + turn)),
        Bus("echo", BusKind.FX, delay=Delay()),
        Bus("band", BusKind.GROUP, compressor=Compressor(True), fader_db=-1.0 * turn),
    )
    master = Master(equalizer=Equalizer(True, (Band(gain_db=turn),)), fader_db=-0.5 * turn)
    return Mix(RATE_HZ, strips, buses, master)


def patched(mix: Mix, session: Session, place: Path) -> Path:
    """The patched set, as if it lay where its source lies."""
    assert session.project is not None
    patch_project(mix, session, place, home=session.project.with_name(f"patched {place.name}"))
    return place


def canonical(root: ET.Element) -> str:
    text = io.StringIO()
    ET.canonicalize(ET.tostring(root, encoding="unicode"), out=text)
    return text.getvalue()


def without_ours(root: ET.Element, source: ET.Element) -> ET.Element:
    """The set with everything taken out that a patch is allowed to add, and put back that it may set.

    Written for this test from the documentation, without the exporter's own way back.
    """
    theirs = {track.get("Id"): track for track in source.iterfind("LiveSet/Tracks/*")}
    tracks = root.find("LiveSet/Tracks")
    assert tracks is not None
    added = [track for track in tracks if track.get("Id") not in theirs]
    returns = sum(1 for track in added if track.tag == "ReturnTrack")
    for track in added:
        take_out(tracks, track)
    main = "MainTrack" if source.find("LiveSet/MainTrack") is not None else "MasterTrack"
    pairs = [(track, theirs[track.get("Id")]) for track in tracks]
    pairs.append((root.find(f"LiveSet/{main}"), source.find(f"LiveSet/{main}")))  # type: ignore[arg-type]
    for track, own in pairs:
        for place in (
            "DeviceChain/Mixer/Volume/Manual",
            "DeviceChain/Mixer/Pan/Manual",
            "DeviceChain/Mixer/PanMode",
            "DeviceChain/Mixer/Speaker/Manual",
            "TrackDelay/Value",
            "Name/Annotation",
            "DeviceChain/AudioOutputRouting/Target",
            "DeviceChain/AudioOutputRouting/UpperDisplayString",
            "DeviceChain/AudioOutputRouting/LowerDisplayString",
        ):
            put(track, place, get(own, place))
        devices = track.find("DeviceChain/DeviceChain/Devices")
        assert devices is not None
        for device in list(devices):
            name = device.find("UserName")
            if name is not None and name.get("Value", "").startswith("mixbridge "):
                take_out(devices, device)
        sends = track.find("DeviceChain/Mixer/Sends")
        for send in list(sends)[len(list(sends)) - returns :] if sends is not None and len(sends) else []:
            take_out(sends, send)  # type: ignore[arg-type]
        envelopes = track.find("AutomationEnvelopes/Envelopes")
        own_envelopes = own.find("AutomationEnvelopes/Envelopes")
        assert envelopes is not None
        assert own_envelopes is not None
        for envelope in list(envelopes)[len(own_envelopes) :]:
            take_out(envelopes, envelope)
    pre = root.find("LiveSet/SendsPre")
    assert pre is not None
    for send in list(pre)[len(pre) - returns :]:
        take_out(pre, send)
    put(root, "LiveSet/NextPointeeId", get(source, "LiveSet/NextPointeeId"))
    return root


def take_out(parent: ET.Element, child: ET.Element) -> None:
    index = list(parent).index(child)
    if index == len(parent) - 1:
        if index:
            parent[index - 1].tail = child.tail
        else:
            parent.text = None
    parent.remove(child)


@pytest.mark.parametrize("name", SETS)
def test_everything_that_is_not_ours_stays(name: str, tmp_path: Path, shared: Path) -> None:
    source = shared / "fixtures" / "ableton" / name
    session = session_of(source)
    result = load(patched(mix_for(session), session, tmp_path / "out.als"))
    before = load(source)
    assert canonical(result) != canonical(before)
    assert canonical(without_ours(result, before)) == canonical(before)


@pytest.mark.parametrize("name", SETS)
def test_the_layout_of_the_text_stays(name: str, tmp_path: Path, shared: Path) -> None:
    """Line by line: what Live wrote and we did not touch is there to the byte, in the same order."""
    source = shared / "fixtures" / "ableton" / name
    session = session_of(source)
    before = gzip.decompress(source.read_bytes()).decode().split("\n")
    after = gzip.decompress(patched(mix_for(session), session, tmp_path / "out.als").read_bytes()).decode()
    # Values that a patch sets, and lists that had been empty.
    ours = {
        "<NextPointeeId Value", "<Manual Value", "<Annotation Value", "<Target Value", "<UpperDisplayString Value",
        "<LowerDisplayString Value", "<Devices />", "<Sends />", "<SendsPre />", "<Envelopes />", "<Value Value",
    }  # fmt: skip
    kept = [line for line in before if line.strip().split("=")[0] not in ours]
    assert len(kept) > 0.7 * len(before)
    lines = iter(after.split("\n"))
    assert all(line in lines for line in kept)


@pytest.mark.parametrize("name", SETS)
def test_identifiers_stay_unique(name: str, tmp_path: Path, shared: Path) -> None:
    source = shared / "fixtures" / "ableton" / name
    session = session_of(source)
    root = load(patched(mix_for(session), session, tmp_path / "out.als"))
    taken = pointees(root)
    assert len(set(taken)) == len(taken)
    assert max(taken) < int(get(root, "LiveSet/NextPointeeId"))
    ids = [track.get("Id") for track in root.iterfind("LiveSet/Tracks/*")]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("name", SETS)
def test_a_second_patch_replaces_the_first(name: str, tmp_path: Path, shared: Path) -> None:
    source = tmp_path / "song.als"
    source.write_bytes((shared / "fixtures" / "ableton" / name).read_bytes())
    session = session_of(source)
    first = tmp_path / "first.als"
    patch_project(mix_for(session), session, first)
    for turn in (1, 2):
        direct, again = tmp_path / f"direct {turn}.als", tmp_path / f"again {turn}.als"
        patch_project(mix_for(session, turn), session, direct)
        patch_project(mix_for(session, turn), replace(session, project=first), again)
        assert again.read_bytes() == direct.read_bytes()


@pytest.mark.parametrize("version", ["10.1", "11", "12"])
def test_a_set_that_we_wrote_can_be_patched_again_and_again(version: str, tmp_path: Path) -> None:
    report = write_project(
        small_mix(), small_session(tmp_path / "song"), tmp_path / "out", live_version=version
    )
    keys = {track.name: track.key for track in open_project(report.files[0]).tracks}
    song = small_session(tmp_path / "song")
    tracks = tuple(replace(track, key=keys[track.id]) for track in song.tracks)
    session = replace(song, tracks=tracks, project=report.files[0])
    mix = small_mix()
    louder = replace(
        mix,
        tracks=tuple(
            replace(strip, fader_db=-1.0, automation=Automation(), compressor=Compressor(True, ratio=8.0))
            for strip in mix.tracks
        ),
    )
    once = tmp_path / "out" / "once.als"
    report = patch_project(louder, session, once)
    read = read_project(once)
    # The guitar's moves were ours.
    assert not [entry for entry in report.select(Outcome.DROPPED) if "automation" in entry.sentence]
    levels = [strip.fader_db for strip in read.tracks]
    assert levels == pytest.approx([-1.0] * 4, abs=2e-5)
    assert [strip.compressor.ratio for strip in read.tracks] == [8.0] * 4
    assert [bus.id for bus in read.buses] == ["drums", "reverb", "echo"]
    assert read.track("Kick").sends == mix.track("Kick").sends
    assert read.track("Kick").output == "drums"
    patch_project(louder, replace(session, project=once), tmp_path / "out" / "twice.als")
    assert (tmp_path / "out" / "twice.als").read_bytes() == once.read_bytes()


@pytest.fixture
def users_set(tmp_path: Path) -> tuple[Path, Session]:
    """A set as a user has it: three audio tracks, one with a device of its own, none with a trace of ours."""
    song = small_session(tmp_path / "song")
    tracks = tuple(track for track in song.tracks if track.id != "OH")
    plain = Mix(RATE_HZ, tuple(TrackStrip(track.id) for track in tracks))
    report = write_project(plain, replace(song, tracks=tracks), tmp_path / "out")
    root = load(report.files[0])
    for track in root.iterfind("LiveSet/Tracks/*"):
        put(track, "Name/Annotation", "my own words")
    put(root, "LiveSet/Annotation", "")
    devices = track_named(root, "Gtr").find("DeviceChain/DeviceChain/Devices")
    assert devices is not None
    saturator = ET.SubElement(devices, "Saturator", Id="3")
    ET.SubElement(saturator, "UserName", Value="Mine")
    path = save(root, tmp_path / "out" / "mine.als")
    keys = {track.name: track.key for track in open_project(path).tracks}
    session = replace(
        song,
        tracks=tuple(replace(track, key=keys[track.id]) for track in tracks),
        project=path,
    )
    return path, session


def test_our_devices_stand_behind_the_user_s_own(users_set: tuple[Path, Session], tmp_path: Path) -> None:
    _, session = users_set
    mix = Mix(RATE_HZ, (TrackStrip("Gtr", equalizer=Equalizer(True, (Band(gain_db=3.0),)), width=0.5),))
    report = patch_project(mix, session, tmp_path / "new.als")
    track = track_named(load(tmp_path / "new.als"), "Gtr")
    devices = track.findall("DeviceChain/DeviceChain/Devices/*")
    assert [(device.tag, get(device, "UserName")) for device in devices] == [
        ("Saturator", "Mine"),
        ("Eq8", "mixbridge EQ"),
        ("StereoGain", "mixbridge output"),
    ]
    assert len({device.get("Id") for device in devices}) == 3
    assert any(entry.parameter == "chain" for entry in report.select(Outcome.APPROXIMATED))


def test_what_stood_there_and_what_stands_there_now_is_in_the_report(
    users_set: tuple[Path, Session], tmp_path: Path
) -> None:
    _, session = users_set
    mix = Mix(RATE_HZ, (TrackStrip("Gtr", fader_db=-6.0, pan=0.5, muted=True, input=Input(delay_ms=3.0)),))
    report = patch_project(mix, session, tmp_path / "new.als")
    sentences = {entry.parameter: entry.sentence for entry in report.entries if entry.strip == "Gtr"}
    assert "the volume was 0.0 dB, now −7.9 dB" in sentences["fader_db"]
    assert "was 0, now 0.36839" in sentences["pan"]
    assert "the activator was on, now off" in sentences["muted"]
    assert "the track's delay was 0, now 3 ms" in sentences["input.delay_ms"]
    kept = {entry.strip for entry in report.entries if "stays as it is" in entry.sentence}
    assert kept == {"Kick", "Vox"}


def test_tracks_that_the_mix_leaves_out_stay_as_they_are(
    users_set: tuple[Path, Session], tmp_path: Path
) -> None:
    path, session = users_set
    patch_project(Mix(RATE_HZ, (TrackStrip("Gtr", fader_db=-6.0),)), session, tmp_path / "out" / "new.als")
    before, after = load(path), load(tmp_path / "out" / "new.als")
    for name in ("Kick", "Vox"):
        assert canonical(track_named(before, name)) == canonical(track_named(after, name))


def test_the_user_s_own_words_stay(users_set: tuple[Path, Session], tmp_path: Path) -> None:
    _, session = users_set
    patch_project(Mix(RATE_HZ, (TrackStrip("Gtr", fader_db=-6.0),)), session, tmp_path / "new.als")
    note = get(track_named(load(tmp_path / "new.als"), "Gtr"), "Name/Annotation")
    assert note.startswith("my own words [mixbridge was ")


def test_the_user_s_own_automation_of_the_volume_stays(
    users_set: tuple[Path, Session], tmp_path: Path
) -> None:
    path, session = users_set
    root = load(path)
    track = track_named(root, "Gtr")
    target = track.find("DeviceChain/Mixer/Volume/AutomationTarget")
    envelopes = track.find("AutomationEnvelopes/Envelopes")
    assert target is not None
    assert envelopes is not None
    envelope = ET.SubElement(envelopes, "AutomationEnvelope", Id="0")
    ET.SubElement(ET.SubElement(envelope, "EnvelopeTarget"), "PointeeId", Value=target.get("Id", ""))
    events = ET.SubElement(ET.SubElement(envelope, "Automation"), "Events")
    ET.SubElement(events, "FloatEvent", Id="0", Time="-63072000", Value="0.25")
    session = replace(session, project=save(root, path.with_name("moving.als")))
    for strip, parameter in (
        (TrackStrip("Gtr", fader_db=-6.0), "fader_db"),
        (TrackStrip("Gtr", automation=Automation(((0.0, -6.0), (1.0, 0.0)))), "automation.fader_db"),
    ):
        report = patch_project(Mix(RATE_HZ, (strip,)), session, tmp_path / "new.als", force=True)
        (lost,) = report.select(Outcome.DROPPED)
        assert (lost.strip, lost.parameter) == ("Gtr", parameter)
        after = track_named(load(tmp_path / "new.als"), "Gtr")
        assert len(after.findall("AutomationEnvelopes/Envelopes/AutomationEnvelope")) == 1
        assert get(after, "DeviceChain/Mixer/Volume/Manual") == "1"


def test_a_group_with_the_same_members_gets_the_bus_s_strip(tmp_path: Path) -> None:
    mix, song = small_mix(), small_session(tmp_path / "song")
    report = write_project(mix, song, tmp_path / "out")
    root = load(report.files[0])
    put(track_named(root, "drums"), "Name/Annotation", "")
    path = save(root, tmp_path / "out" / "grouped.als")
    keys = {track.name: track.key for track in open_project(path).tracks}
    tracks = tuple(replace(track, key=keys[track.id]) for track in song.tracks)
    session = replace(song, tracks=tracks, project=path)
    strips = tuple(replace(strip, sends=FrozenMap()) for strip in mix.tracks)
    renamed = tuple(replace(strip, output="kit") if strip.output == "drums" else strip for strip in strips)
    kit = Bus("kit", BusKind.GROUP, fader_db=-4.0, compressor=Compressor(True, ratio=5.0))
    patch_project(replace(mix, tracks=renamed, buses=(kit,)), session, tmp_path / "out" / "new.als")
    after = load(tmp_path / "out" / "new.als")
    assert len(after.findall("LiveSet/Tracks/*")) == len(root.findall("LiveSet/Tracks/*"))
    group = track_named(after, "drums")
    assert float(get(group, "DeviceChain/Mixer/Volume/Manual")) == pytest.approx(10 ** (-4 / 20), rel=1e-6)
    assert [device.tag for device in group.findall("DeviceChain/DeviceChain/Devices/*")] == ["Compressor2"]


def test_a_group_that_the_set_lacks_is_a_bus_track_that_others_are_routed_to(
    users_set: tuple[Path, Session], tmp_path: Path
) -> None:
    path, session = users_set
    band = Bus("band", BusKind.GROUP, fader_db=-2.0)
    strips = (TrackStrip("Gtr", output="band"), TrackStrip("Vox", output="band"), TrackStrip("Kick"))
    patch_project(Mix(RATE_HZ, strips, (band,)), session, tmp_path / "out" / "new.als")
    root = load(tmp_path / "out" / "new.als")
    order = [get(track, "Name/EffectiveName") for track in root.iterfind("LiveSet/Tracks/*")]
    assert order == [*(track.name for track in open_project(path).tracks), "band"]
    bus = track_named(root, "band")
    assert get(bus, "DeviceChain/MainSequencer/MonitoringEnum") == "0"
    for name in ("Gtr", "Vox"):
        routing = track_named(root, name).find("DeviceChain/AudioOutputRouting")
        assert routing is not None
        assert get(routing, "Target") == f"AudioOut/Track.{bus.get('Id')}/TrackIn"
        assert (get(routing, "UpperDisplayString"), get(routing, "LowerDisplayString")) == (
            "band",
            "Track In",
        )
    opened = {track.name: track for track in open_project(tmp_path / "out" / "new.als").tracks}
    assert (opened["band"].kind, opened["Gtr"].output) == (TrackKind.GROUP, opened["band"].key)
    read = read_project(tmp_path / "out" / "new.als")
    assert {strip.id: strip.output for strip in read.tracks} == {
        "Kick": "master",
        "Gtr": "band",
        "Vox": "band",
    }
    assert read.bus("band").fader_db == pytest.approx(-2.0, abs=2e-5)


def test_limits_of_the_master_and_sends(users_set: tuple[Path, Session], tmp_path: Path) -> None:
    _, session = users_set
    mix = Mix(
        RATE_HZ,
        (TrackStrip("Gtr", sends=FrozenMap({"room": -12.0})),),
        (Bus("room", BusKind.FX, reverb=Reverb()),),
        Master(limiter=Limiter(True, -1.5), fader_db=-2.0),
    )
    patch_project(mix, session, tmp_path / "new.als")
    read = read_project(tmp_path / "new.als")
    assert read.track("Gtr").sends == FrozenMap({"room": -12.0})
    assert read.track("Kick").sends == FrozenMap()
    assert read.master.limiter == Limiter(True, -1.5)
    assert read.master.fader_db == pytest.approx(-2.0, abs=2e-5)


def test_the_set_itself_is_never_written(users_set: tuple[Path, Session], tmp_path: Path) -> None:
    path, session = users_set
    before = path.read_bytes()
    mix = Mix(RATE_HZ, (TrackStrip("Gtr"),))
    link = tmp_path / "link.als"
    link.symlink_to(path)
    for destination in (path, link, path.parent / "." / path.name):
        with pytest.raises(ExportError, match="is the set itself"):
            patch_project(mix, session, destination, force=True)
        with pytest.raises(ExportError, match="is the set itself"):
            patch_project(mix, session, tmp_path / "stage.als", home=destination)
    assert path.read_bytes() == before
    other = tmp_path / "there.als"
    other.write_bytes(b"mine")
    with pytest.raises(ExportError, match="exists already"):
        patch_project(mix, session, other)
    assert other.read_bytes() == b"mine"


def test_a_session_without_a_set_is_refused(tmp_path: Path) -> None:
    session = small_session(tmp_path)
    with pytest.raises(ExportError, match="was not read from a set"):
        patch_project(Mix(RATE_HZ), session, tmp_path / "new.als")


def test_a_track_that_is_gone_is_reported(users_set: tuple[Path, Session], tmp_path: Path) -> None:
    _, session = users_set
    tracks = tuple(replace(track, key="99999") for track in session.tracks if track.id == "Gtr")
    report = patch_project(
        Mix(RATE_HZ, (TrackStrip("Gtr"),)), replace(session, tracks=tracks), tmp_path / "new.als"
    )
    (lost,) = report.select(Outcome.DROPPED)
    assert lost.strip == "Gtr"
    assert "99999" in lost.sentence


@pytest.mark.parametrize("version", ["10.1", "11", "12"])
def test_a_set_that_moves_finds_its_audio(version: str, tmp_path: Path) -> None:
    song = small_session(tmp_path / "song")
    report = write_project(small_mix(), song, tmp_path / "out", live_version=version)
    keys = {track.name: track.key for track in open_project(report.files[0]).tracks}
    tracks = tuple(replace(track, key=keys[track.id]) for track in song.tracks)
    session = replace(song, tracks=tracks, project=report.files[0])
    far = tmp_path / "far" / "away" / "new.als"
    patch_project(small_mix(), session, far)
    root = load(far)
    for reference in root.iter("FileRef"):
        for path in reference.findall("Path"):
            path.set("Value", "")
        for hint in reference.findall("SearchHint/PathHint"):
            hint.clear()
    alone = open_project(save(root, far))
    files = {item.file for track in alone.tracks for item in track.items}
    assert files == {file.path for track in song.tracks for file in track.files}


def test_the_sides_of_a_pair_into_whose_group_the_user_has_put_a_track_are_tracks(tmp_path: Path) -> None:
    song = small_session(tmp_path / "song")
    plain = Mix(RATE_HZ, tuple(TrackStrip(track.id) for track in song.tracks))
    report = write_project(plain, song, tmp_path / "out")
    root = load(report.files[0])
    pair = track_named(root, "OH").get("Id", "")
    put(track_named(root, "Gtr"), "TrackGroupId", pair)
    put(track_named(root, "Gtr"), "DeviceChain/AudioOutputRouting/Target", "AudioOut/GroupTrack")
    session = session_of(save(root, report.files[0]), channels=1)
    mix = Mix(
        RATE_HZ,
        tuple(TrackStrip(track.id, fader_db=-4.0) for track in session.tracks if track.id.startswith("OH")),
    )
    patch_project(mix, session, tmp_path / "out" / "new.als")
    read = read_project(tmp_path / "out" / "new.als")
    assert [strip.id for strip in read.tracks] == ["Kick", "OH L", "OH R", "Gtr", "Vox"]
    assert [bus.id for bus in read.buses] == ["OH"]
    for name in ("OH L", "OH R"):
        assert read.track(name).output == "OH"
        assert read.track(name).fader_db == pytest.approx(-4.0, abs=2e-5)


def test_a_frozen_track_is_reported(users_set: tuple[Path, Session], tmp_path: Path) -> None:
    path, session = users_set
    root = load(path)
    put(track_named(root, "Gtr"), "Freeze", "true")
    session = replace(session, project=save(root, path.with_name("frozen.als")))
    report = patch_project(
        Mix(RATE_HZ, (TrackStrip("Gtr", highpass=Highpass(True)),)), session, tmp_path / "new.als"
    )
    (lost,) = report.select(Outcome.DROPPED)
    assert (lost.strip, lost.parameter) == ("Gtr", "chain")


def test_line_ends_stay_as_they_are(users_set: tuple[Path, Session]) -> None:
    path, session = users_set
    text = gzip.decompress(path.read_bytes()).replace(b"\n", b"\r\n")
    windows = path.with_name("windows.als")
    windows.write_bytes(gzip.compress(text))
    mix = Mix(RATE_HZ, (TrackStrip("Gtr", fader_db=-3.0, highpass=Highpass(True)),))
    patch_project(mix, session, path.with_name("unix new.als"))
    patch_project(mix, replace(session, project=windows), path.with_name("windows new.als"))
    unix = gzip.decompress(path.with_name("unix new.als").read_bytes())
    assert gzip.decompress(path.with_name("windows new.als").read_bytes()) == unix.replace(b"\n", b"\r\n")


def test_no_more_returns_than_live_has(users_set: tuple[Path, Session], tmp_path: Path) -> None:
    _, session = users_set
    buses = tuple(Bus(f"fx {index}", BusKind.FX, reverb=Reverb()) for index in range(14))
    sends = FrozenMap({bus.id: -6.0 for bus in buses})
    report = patch_project(
        Mix(RATE_HZ, (TrackStrip("Gtr", sends=sends),), buses), session, tmp_path / "new.als"
    )
    lost = {(entry.strip, entry.parameter) for entry in report.select(Outcome.DROPPED)}
    assert lost == {("fx 12", ""), ("fx 13", ""), ("Gtr", "sends.fx 12"), ("Gtr", "sends.fx 13")}
    assert len(list(load(tmp_path / "new.als").iter("ReturnTrack"))) == 12


def test_a_set_keeps_its_version(users_set: tuple[Path, Session], tmp_path: Path) -> None:
    _, session = users_set
    mix = Mix(RATE_HZ, (TrackStrip("Gtr", highpass=Highpass(True)),))
    report = patch_project(mix, session, tmp_path / "new.als", live_version="12")
    assert any(entry.parameter == "live_version" for entry in report.entries)
    assert load(tmp_path / "new.als").get("MinorVersion") == "11.0_433"


@given(st.data())
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
def test_what_is_patched_comes_back_as_it_is_quantised(data: st.DataObject) -> None:
    """A patch of a bare set holds of a mix what a set that is written anew holds."""
    mix = data.draw(mixes())
    version = data.draw(st.sampled_from(("10.1", "11", "12")))
    tracks = tuple(SessionTrack(strip.id, (), data.draw(st.sampled_from((1, 2))), 0) for strip in mix.tracks)
    session = Session("s", Path("song"), mix.sample_rate_hz, tracks)
    bare = Mix(mix.sample_rate_hz, tuple(TrackStrip(strip.id) for strip in mix.tracks))
    with tempfile.TemporaryDirectory() as folder:
        source = write_project(bare, session, Path(folder) / "out", live_version=version).files[0]
        keys = [track.key for track in open_project(source).tracks]
        keyed = tuple(replace(track, key=key) for track, key in zip(tracks, keys, strict=False))
        patch_project(mix, replace(session, tracks=keyed, project=source), Path(folder) / "new.als")
        read = read_project(Path(folder) / "new.als")
    wanted = quantise(mix, session, version)
    assert {strip.id: strip for strip in read.tracks} == {strip.id: strip for strip in wanted.tracks}
    buses = {bus.id: bus for bus in read.buses}
    assert {bus.id: buses[bus.id] for bus in wanted.buses} == {bus.id: bus for bus in wanted.buses}
    assert read.master == wanted.master
