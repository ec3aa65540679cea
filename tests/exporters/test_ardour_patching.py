"""A Mix in a copy of the user's own Ardour session: our values are set, all else stays, patches replace each other."""

import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from ardour_cases import CHOICES, foreign_session
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from reaper_cases import RATE_HZ, audio, small_mix, small_session
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
    Input,
    Mix,
    Reverb,
    TrackStrip,
)
from console.session import Session, SessionTrack
from exporters.ardour.opening import open_project
from exporters.ardour.patching import patch_project
from exporters.ardour.reader import read_project
from exporters.ardour.writer import write_project

LSP, FIL4, ACE = CHOICES
TRACKS = {"Kick": ("20", 1), "OH": ("30", 2), "Bass": ("40", 1), "Vox": ("45", 1), "Old": ("70", 1)}


def session_of(project: Path) -> Session:
    root = project.parent
    tracks = tuple(
        SessionTrack(name, (audio(root / f"{name}.wav", channels),), channels, 96_000, key=key)
        for name, (key, channels) in TRACKS.items()
    )
    return Session("song", root, RATE_HZ, tracks, project=project)


def plain_mix(**strips: TrackStrip) -> Mix:
    buses = (
        Bus("kit", BusKind.GROUP, compressor=Compressor(True, makeup_db=1.0), fader_db=-2.0),
        Bus("rhythm", BusKind.GROUP, fader_db=-1.0),
        Bus("plate", BusKind.FX, reverb=Reverb()),
        Bus("echo", BusKind.FX, delay=Delay()),
    )
    given = {
        "Kick": TrackStrip("Kick", output="kit", fader_db=-4.0, sends=FrozenMap({"plate": -15.0})),
        "OH": TrackStrip(
            "OH", output="kit", pan=-0.25, equalizer=Equalizer(True, (Band("bell", 300.0, -3.0, 1.0),))
        ),
        "Bass": TrackStrip("Bass", output="rhythm", pan=0.5, input=Input(2.0, True)),
        "Vox": TrackStrip("Vox", fader_db=-3.0, muted=True),
        "Old": TrackStrip("Old"),
    } | strips
    return Mix(RATE_HZ, tuple(given.values()), buses)


def patched(mix: Mix, session: Session, name: str, **options: str) -> Path:
    assert session.project is not None
    target = session.project.with_name(name)
    patch_project(mix, session, target, force=True, **(ACE | options))
    return target


def routes(path: Path) -> dict[str, etree._Element]:
    root = etree.parse(str(path)).getroot()
    return {route.get("name"): route for route in root.find("Routes")}


def control(route: etree._Element, kind: str, name: str) -> float:
    """A processor's control, read without our reader."""
    (value,) = route.xpath(f"Processor[@type='{kind}']/Controllable[@name='{name}']/@value")
    return float(value)


def without_ours(path: Path) -> bytes:
    """The canonical form of a session, with everything taken out that a patch of plain_mix is to set."""
    root = etree.parse(str(path)).getroot()
    for item in root.xpath("//Processor[starts-with(@name, 'mixbridge ')] | //Extra/Mixbridge"):
        parent, previous = item.getparent(), item.getprevious()
        if previous is not None and item.getnext() is None:
            previous.tail = item.tail
        parent.remove(item)
    for route in root.xpath("Routes/Route[@name='plate' or @name='rhythm' or @name='echo']"):
        route.getparent().remove(route)
    for item in root.xpath("//Processor[@type='intsend'][@name='plate' or @name='echo'] | Extra"):
        item.getparent().remove(item)
    root.attrib.pop("id-counter")
    for item in root.xpath(
        "//Controllable[@name='gaincontrol' or @name='trimcontrol' or @name='pan-azimuth']"
        " | //Controllable[@name='mute' or @name='phase']"
        " | //MuteMaster | //PannerShell | //Panner | //Connection"
    ):
        item.attrib.clear()
    for link in root.xpath("//Connection"):
        link.getparent().remove(link)
    for item in root.iter():
        item.text = (item.text or "").strip() if isinstance(item.tag, str) else item.text
        item.tail = ""
    return etree.tostring(root, method="c14n")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return foreign_session(tmp_path)


@pytest.fixture
def session(project: Path) -> Session:
    return session_of(project)


def test_our_values_are_set_and_nothing_else(session: Session, project: Path) -> None:
    before = project.read_bytes()
    target = patched(plain_mix(), session, "mixed.ardour")
    assert project.read_bytes() == before
    assert without_ours(target) == without_ours(project)
    now = routes(target)
    assert list(now)[:9] == list(routes(project)), "the user's tracks stay in their order"
    assert list(now)[9:] == ["rhythm", "plate"], "what nothing is sent to is left out"
    assert control(now["Bass"], "trim", "trimcontrol") == pytest.approx(10 ** (2.0 / 20))
    assert now["Bass"].xpath("Controllable[@name='phase']/@phase-invert") == ["1"]
    assert now["Vox"].xpath("Controllable[@name='mute']/@value") == ["1"]
    assert control(now["Vox"], "amp", "gaincontrol") == 0.5, (
        "the user's automation stays, and so does the fader"
    )
    (azimuth,) = now["OH"].xpath("Pannable/Controllable[@name='pan-azimuth']/@value")
    # Balance: the far side is at √2 cos(5π/16), and Ardour's balance panner gives 2 − 2p there, mirrored to the left.
    assert float(azimuth) == pytest.approx(0.5 * 2**0.5 * 0.555570233, abs=1e-6)
    assert now["OH"].xpath("Processor[@type='main-outs']/PannerShell/@user-panner") == [
        "http://ardour.org/plugin/panner_balance"
    ]


def test_our_plugins_stand_behind_the_users(session: Session) -> None:
    kick = replace(plain_mix().track("Kick"), compressor=Compressor(True))
    now = routes(patched(plain_mix(Kick=kick), session, "mixed.ardour"))["Kick"]
    names = [item.get("name") for item in now.findall("Processor")]
    assert names.index("Magic Chorus") < names.index("mixbridge Compressor") < names.index("Amp", 3)
    assert names.index("plate") > names.index("Amp", 3), "the send comes after the fader"
    assert names[-1] == "Kick"


def test_a_group_with_the_same_members_is_used_and_another_is_added(session: Session, project: Path) -> None:
    target = patched(plain_mix(), session, "mixed.ardour")
    now = routes(target)
    assert control(now["Drums"], "amp", "gaincontrol") == pytest.approx(10 ** (-2.0 / 20))
    assert now["Drums"].xpath("Processor/@name").count("mixbridge Compressor") == 1
    assert now["Bass"].xpath("IO[@direction='Output']/Port/Connection/@other") == [
        "rhythm/audio_in 1",
        "rhythm/audio_in 2",
    ]
    assert "Bass/audio_out 1" not in now["Master"].xpath("IO/Port/Connection/@other")
    assert "Drums/audio_out 1" in now["Master"].xpath("IO/Port/Connection/@other")
    opened = open_project(target)
    by_name = {track.name: track for track in opened.tracks}
    assert by_name["Bass"].output == by_name["rhythm"].key
    assert by_name["Kick"].output == by_name["Drums"].key == "50"


def test_the_report_tells_what_was_and_what_stays(session: Session, project: Path) -> None:
    report = patch_project(plain_mix(), session, project.with_name("m.ardour"), **ACE)
    said = {(entry.strip, entry.parameter): entry for entry in report.entries}
    assert said["Kick", "fader_db"].sentence == "the fader: −6.02 → −4.01 dB"
    vox = said["Vox", "fader_db"]
    assert vox.outcome == "dropped"
    assert "automation" in vox.sentence
    assert said["echo", "delay"].outcome == "dropped"
    assert said["Bass", "input.invert_polarity"].sentence == "the polarity: as it is → turned"


def test_moves_are_drawn_where_the_user_has_none(session: Session, project: Path) -> None:
    moves = Automation(((0.0, -6.0), (2.0, -3.0)))
    mix = plain_mix(
        Kick=TrackStrip("Kick", output="kit", automation=moves), Vox=TrackStrip("Vox", automation=moves)
    )
    target = patched(mix, session, "mixed.ardour")
    read = read_project(target)
    assert read.track("Kick").automation.fader_db == moves.fader_db
    assert read.track("Vox").automation == read_project(project).track("Vox").automation
    again = patched(plain_mix(), replace(session, project=target), "again.ardour")
    assert again.read_bytes() == patched(plain_mix(), session, "once.ardour").read_bytes()


def canonical(path: Path) -> bytes:
    return etree.tostring(etree.parse(str(path)), method="c14n")


@given(st.data())
@settings(max_examples=25)
def test_patches_replace_each_other(data: st.DataObject) -> None:
    """patch(patch(p, m1), m2) is patch(p, m2), to the byte."""
    ids = tuple(TRACKS)
    drawn = [
        data.draw(mixes(track_ids=ids, group_ids=("kit", "more"), fx_ids=("hall", "slap"))) for _ in range(2)
    ]
    first, second = (replace(mix, sample_rate_hz=RATE_HZ) for mix in drawn)
    with tempfile.TemporaryDirectory() as folder:
        session = session_of(foreign_session(Path(folder)))
        once = patched(first, session, "1.ardour")
        twice = patched(second, replace(session, project=once), "2.ardour")
        assert twice.read_bytes() == patched(second, session, "3.ardour").read_bytes()
        assert patched(second, replace(session, project=twice), "4.ardour").read_bytes() == twice.read_bytes()


def test_a_patch_of_our_own_hand_over_replaces_what_it_held(tmp_path: Path) -> None:
    mix = small_mix()
    origin = small_session(tmp_path / "song")
    own = write_project(mix, origin, tmp_path / "out", **LSP).files[0]
    keys = {track.name: track.key for track in open_project(own).tracks}
    session = replace(
        origin, tracks=tuple(replace(track, key=keys[track.id]) for track in origin.tracks), project=own
    )
    target = patched(mix, session, "again.ardour", **LSP)
    read, before = read_project(target), read_project(own)
    assert read.tracks == before.tracks
    assert {bus.id: bus for bus in read.buses} == {bus.id: bus for bus in before.buses}
    assert read.master == before.master


def test_a_copy_elsewhere_finds_the_audio(session: Session, tmp_path: Path) -> None:
    target = tmp_path / "elsewhere" / "mixed.ardour"
    report = patch_project(plain_mix(), session, target, **ACE)
    (path,) = etree.parse(str(target)).xpath("Config/Option[@name='audio-search-path']/@value")
    assert session.project is not None
    assert path == str(session.project.parent / "interchange" / "song" / "audiofiles")
    assert any(entry.parameter == "files" and "search path" in entry.sentence for entry in report.entries)


def test_the_source_is_never_written(session: Session, project: Path) -> None:
    before = project.read_bytes()
    with pytest.raises(ExportError, match="file of the session itself"):
        patch_project(plain_mix(), session, project, force=True)
    link = project.with_name("link.ardour")
    link.hardlink_to(project)
    with pytest.raises(ExportError, match="file of the session itself"):
        patch_project(plain_mix(), session, link, force=True)
    there = project.with_name("there.ardour")
    there.write_text("keep me", encoding="utf-8")
    with pytest.raises(ExportError, match="exists already"):
        patch_project(plain_mix(), session, there)
    assert there.read_text(encoding="utf-8") == "keep me"
    assert project.read_bytes() == before


def test_tracks_that_are_gone_and_tracks_of_many_channels_are_told(session: Session, project: Path) -> None:
    text = project.read_text(encoding="utf-8")
    many = '<ConfiguredOutput><Channels type="audio" count="6"/></ConfiguredOutput>'
    text = text.replace('<ConfiguredOutput><Channels type="audio" count="1"/></ConfiguredOutput>', many)
    project.write_text(text, encoding="utf-8")
    tracks = tuple(replace(track, key="9" if track.id == "Old" else track.key) for track in session.tracks)
    report = patch_project(plain_mix(), replace(session, tracks=tracks), project.with_name("m.ardour"))
    dropped = {entry.strip: entry.sentence for entry in report.entries if entry.outcome == "dropped"}
    assert "no such track" in dropped["Old"]
    assert "6 channels" in dropped["Kick"]
    assert control(routes(project.with_name("m.ardour"))["Kick"], "amp", "gaincontrol") == 0.5


def test_a_session_without_a_master_is_told(session: Session, project: Path) -> None:
    root = etree.parse(str(project))
    master = root.find("Routes")[0]
    master.getparent().remove(master)
    root.write(str(project), encoding="UTF-8", xml_declaration=True)
    report = patch_project(plain_mix(), session, project.with_name("m.ardour"))
    assert any(entry.strip == "master" and entry.outcome == "dropped" for entry in report.entries)


def test_an_edit_between_two_patches_stays(session: Session, project: Path) -> None:
    """Between the patches the user turns a mute of ours off, and routes a track anew."""
    target = patched(plain_mix(), session, "mixed.ardour")
    tree = etree.parse(str(target))
    bass = next(route for route in tree.find("Routes") if route.get("name") == "Bass")
    for link in bass.xpath("IO[@direction='Output']/Port/Connection"):
        link.set("other", link.get("other").replace("rhythm", "Drums"))
    tree.write(str(target), encoding="UTF-8", xml_declaration=True)
    again = patched(plain_mix(), replace(session, project=target), "again.ardour")
    now = routes(again)["Bass"]
    assert now.xpath("IO[@direction='Output']/Port/Connection/@other") == [
        "Drums/audio_in 1",
        "Drums/audio_in 2",
    ]
