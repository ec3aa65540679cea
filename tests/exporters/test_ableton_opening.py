"""Any set of Live's as a project: tracks, clips in seconds, groups, tempo, locators, and what cannot be read."""

import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from ableton_cases import load, put, save, track_named
from reaper_cases import small_mix, small_session

from console.errors import ExportError
from exporters.ableton.opening import open_project
from exporters.ableton.writer import write_project
from exporters.project import Channels, Fade, Project, TrackKind

CLIP = "DeviceChain/MainSequencer/Sample/ArrangerAutomation/Events/AudioClip"


@pytest.fixture
def own_set(tmp_path: Path) -> Path:
    """A set on the small session, whose audio lies in `song` beside its folder."""
    report = write_project(small_mix(), small_session(tmp_path / "song"), tmp_path / "out")
    return report.files[0]


def changed(path: Path, name: str, places: dict[str, str]) -> Project:
    """The project of a set after some values of a track have been changed."""
    root = load(path)
    track = track_named(root, name)
    for place, value in places.items():
        put(track, place, value)
    return open_project(save(root, path.with_name("changed.als")))


def track_of(project: Project, name: str):  # type: ignore[no-untyped-def]
    return next(track for track in project.tracks if track.name == name)


def test_a_set_of_ours_is_the_session_again(own_set: Path, tmp_path: Path) -> None:
    project = open_project(own_set)
    assert (project.format, project.sample_rate_hz) == ("ableton", 48000)
    assert [(track.name, track.kind) for track in project.tracks] == [
        ("drums", TrackKind.GROUP),
        ("Kick", TrackKind.AUDIO),
        ("OH", TrackKind.AUDIO),
        ("Gtr", TrackKind.AUDIO),
        ("Vox", TrackKind.AUDIO),
        ("A-reverb", TrackKind.RETURN),
        ("B-echo", TrackKind.RETURN),
    ]
    keys = {track.name: track.key for track in project.tracks}
    assert track_of(project, "Kick").output == keys["drums"]
    assert track_of(project, "OH").output == keys["drums"]
    assert track_of(project, "Gtr").output == "master"
    assert track_of(project, "Vox").muted
    assert all(track.plugins == () for track in project.tracks)
    (kick,) = track_of(project, "Kick").items
    assert (kick.position_s, kick.length_s, kick.offset_s, kick.gain_db) == (0.0, 3.0, 0.0, 0.0)
    assert kick.file == tmp_path / "song" / "01_Kick.wav"
    assert kick.problem == ""
    left, side = track_of(project, "OH").items
    assert (left.channels, side.channels) == (Channels.TO_LEFT, Channels.TO_RIGHT)
    assert side.position_s == pytest.approx(0.01)
    assert side.file == tmp_path / "song" / "OH R.wav"


@pytest.mark.parametrize("version", ["10.1", "11", "12"])
def test_files_are_found_from_the_folder_of_the_set(tmp_path: Path, version: str) -> None:
    report = write_project(
        small_mix(), small_session(tmp_path / "song"), tmp_path / "deep" / "out", live_version=version
    )
    project = open_project(report.files[0])
    assert track_of(project, "Vox").items[0].file == tmp_path / "song" / "vox.ogg"


def test_live_s_own_set_without_warping(shared: Path) -> None:
    """Four times one file of 52437265 samples at 44.1 kHz, end to end, as Live 10.1.7 saved them."""
    project = open_project(shared / "fixtures" / "ableton" / "dawtool_live10.1_example-120.als")
    (track,) = project.tracks
    seconds = 52437265 / 44100
    assert len(track.items) == 4
    for index, item in enumerate(track.items):
        assert item.length_s == pytest.approx(seconds, abs=1e-6)
        assert item.position_s == pytest.approx(index * seconds, abs=1e-6)
        assert (item.problem, item.gain_db, item.offset_s) == ("", 0.0, 0.0)
        assert item.file is not None
        assert item.file.name == "divineboys-v1.mp3"
    assert project.markers[0].name == "mirvs - his track你好"


#: Seconds of the locators of a set with a wildly automated tempo, as the dawtool project has them in its own test of
#: "automation-intense-unaligned", after how Live itself follows a tempo.
MEASURED_S = {
    "A": 0.0,
    "X": 0.7452763515350631,
    "B": 2.335821771598745,
    "D": 4.173841066076857,
    "C": 5.706896019728953,
    "Z": 6.905534691333889,
    "1": 7.692021891450212,
    "E": 8.974199935476374,
    "YY": 10.705147339679828,
}


def test_a_tempo_that_moves_is_followed_as_live_follows_it(shared: Path) -> None:
    name = "dawtool_live12.0_L12-automation-intense-unaligned.als"
    project = open_project(shared / "fixtures" / "ableton" / name)
    found = {marker.name: marker.position_s for marker in project.markers}
    assert found == pytest.approx(MEASURED_S, abs=1e-9)
    assert len(project.tempo) == 19
    assert project.tempo[0].bpm == 120.760574


def test_locators_come_in_order_of_time(shared: Path) -> None:
    project = open_project(shared / "fixtures" / "ableton" / "dawtool_live10.1_automation.als")
    assert [marker.name for marker in project.markers] == ["A", "B", "D", "C", "Z", "E"]
    times = [marker.position_s for marker in project.markers]
    assert times == sorted(times)
    assert times[:2] == [0.0, 4.0]


def test_what_live_s_own_sets_hold_is_told(shared: Path) -> None:
    folder = shared / "fixtures" / "ableton"
    project = open_project(folder / "abletoolz_11.0.0.als")
    first = project.tracks[1]
    assert (first.name, first.output, first.plugins) == ("2-Audio", "71", ("EQ Eight",))
    assert all(item.problem.startswith("is warped") for item in first.items)
    assert track_of(project, "Kick").problem == "holds MIDI: render it first"
    assert project.tempo[0].bpm == 171.0
    project = open_project(folder / "abletoolz_12.2.6.als")
    assert track_of(project, "4-Oceans of Haze").problem.startswith("has clips in the session view only")
    assert track_of(project, "A-Reverb").kind is TrackKind.RETURN


def test_a_clip_has_its_gain_its_place_in_the_file_and_its_mute(own_set: Path) -> None:
    project = changed(
        own_set,
        "Gtr",
        {
            f"{CLIP}/SampleVolume": "0.5",
            f"{CLIP}/CurrentStart": "4",
            f"{CLIP}/CurrentEnd": "7",
            f"{CLIP}/Loop/LoopStart": "0.5",
            f"{CLIP}/Loop/StartRelative": "0.25",
            f"{CLIP}/Disabled": "true",
        },
    )
    (item,) = track_of(project, "Gtr").items
    assert item.gain_db == pytest.approx(-6.0206, abs=1e-4)
    assert (item.position_s, item.length_s, item.offset_s) == (2.0, 1.5, 0.75)
    assert item.muted
    assert item.problem == ""


@pytest.mark.parametrize(
    ("places", "problem"),
    [
        ({f"{CLIP}/IsWarped": "true"}, "is warped: switch Warp off, or render it first"),
        ({f"{CLIP}/PitchCoarse": "-3"}, "is transposed: render it first"),
        ({f"{CLIP}/PitchFine": "7"}, "is transposed: render it first"),
        (
            {f"{CLIP}/Fade": "true", f"{CLIP}/Fades/FadeOutLength": "2"},
            "has fades, whose unit in Live's format is not known: render it first",
        ),
        ({f"{CLIP}/Fade": "false", f"{CLIP}/Fades/FadeOutLength": "2"}, ""),
        ({f"{CLIP}/Fade": "true", f"{CLIP}/Fades/FadeInLength": "0.01"}, ""),
    ],
)
def test_a_clip_that_cannot_be_read_says_why(own_set: Path, places: dict[str, str], problem: str) -> None:
    (item,) = track_of(changed(own_set, "Gtr", places), "Gtr").items
    assert item.problem == problem
    if places.get(f"{CLIP}/Fade") == "true" and not problem:
        assert item.fade_in == Fade(0.01)


def test_a_frozen_track_says_so(own_set: Path) -> None:
    assert track_of(changed(own_set, "Gtr", {"Freeze": "true"}), "Gtr").problem.startswith("is frozen")


def test_take_lanes_do_not_play(own_set: Path) -> None:
    root = load(own_set)
    track = track_named(root, "Gtr")
    lane = ET.SubElement(track.find("TakeLanes/TakeLanes"), "TakeLane", Id="0")  # type: ignore[arg-type]
    automation = ET.SubElement(ET.SubElement(lane, "ClipAutomation"), "Events")
    automation.append(track.find(CLIP))  # type: ignore[arg-type]
    project = open_project(save(root, own_set.with_name("lanes.als")))
    assert len(track_of(project, "Gtr").items) == 1


def test_a_track_with_clips_in_the_session_alone_says_so(own_set: Path) -> None:
    root = load(own_set)
    track = track_named(root, "Gtr")
    events = track.find(CLIP.removesuffix("/AudioClip"))
    slot = track.find("DeviceChain/MainSequencer/ClipSlotList/ClipSlot/ClipSlot/Value")
    assert events is not None
    assert slot is not None
    clip = events[0]
    events.remove(clip)
    slot.append(clip)
    project = open_project(save(root, own_set.with_name("session.als")))
    assert track_of(project, "Gtr").problem.startswith("has clips in the session view only")
    assert track_of(project, "Gtr").items == ()


@pytest.mark.parametrize(
    ("places", "expected"),
    [
        ({"RelativePath": "../other/take.wav", "Path": "/nowhere/take.wav"}, "other/take.wav"),
        ({"RelativePath": "", "Path": "/nowhere/take.wav"}, "/nowhere/take.wav"),
        ({"RelativePath": "", "Path": "C:/Music/take.wav"}, "C:/Music/take.wav"),
        ({"RelativePath": "", "Path": "C:\\Music\\take.wav"}, "C:/Music/take.wav"),
        ({"RelativePath": "C:/Music/take.wav", "Path": ""}, None),
        ({"RelativePath": "../../../../../../../../../../../../etc/x.wav", "Path": ""}, "/etc/x.wav"),
        ({"RelativePath": "Samples/Imported/ü.wav", "Path": ""}, "out/Samples/Imported/ü.wav"),
    ],
)
def test_files_from_anywhere(
    own_set: Path, tmp_path: Path, places: dict[str, str], expected: str | None
) -> None:
    reference = f"{CLIP}/SampleRef/FileRef"
    project = changed(own_set, "Gtr", {f"{reference}/{name}": value for name, value in places.items()})
    (item,) = track_of(project, "Gtr").items
    if expected is None or ":" in expected:
        assert (item.file.as_posix() if item.file else None) == expected
    else:
        assert item.file == tmp_path / expected


def test_the_file_that_is_there_is_taken(own_set: Path, tmp_path: Path) -> None:
    """A set that was moved: its relative path is wrong, its absolute one right."""
    there = tmp_path / "elsewhere.wav"
    there.write_bytes(b"x")
    reference = f"{CLIP}/SampleRef/FileRef"
    project = changed(
        own_set, "Gtr", {f"{reference}/RelativePath": "gone.wav", f"{reference}/Path": there.as_posix()}
    )
    assert track_of(project, "Gtr").items[0].file == there


def test_a_plugin_is_called_by_its_name(own_set: Path) -> None:
    root = load(own_set)
    devices = track_named(root, "Gtr").find("DeviceChain/DeviceChain/Devices")
    assert devices is not None
    for tag, name in (("PluginDevice", "Saturn"), ("AutoFilter", ""), ("Saturator", "Warm")):
        device = ET.SubElement(devices, tag, Id=str(len(devices)))
        ET.SubElement(device, "UserName", Value="" if tag == "PluginDevice" else name)
        if tag == "PluginDevice":
            info = ET.SubElement(ET.SubElement(device, "PluginDesc"), "VstPluginInfo", Id="0")
            ET.SubElement(info, "PlugName", Value=name)
    project = open_project(save(root, own_set.with_name("plugins.als")))
    assert track_of(project, "Gtr").plugins == ("Saturn", "AutoFilter", "Warm")


def test_groups_in_a_circle_are_refused(own_set: Path) -> None:
    root = load(own_set)
    groups = {track.get("Id", ""): track for track in root.iter("GroupTrack")}
    one, two = groups
    put(groups[one], "TrackGroupId", two)
    put(groups[two], "TrackGroupId", one)
    with pytest.raises(ExportError, match="circle"):
        open_project(save(root, own_set.with_name("circle.als")))


def test_two_tracks_of_one_id_are_refused(own_set: Path) -> None:
    root = load(own_set)
    tracks = list(root.iterfind("LiveSet/Tracks/*"))
    tracks[1].set("Id", tracks[0].get("Id", ""))
    with pytest.raises(ExportError, match="two tracks have the Id"):
        open_project(save(root, own_set.with_name("twice.als")))


@pytest.mark.parametrize("minor", ["9.5_327", "13.0_1", "", "junk"])
def test_a_version_that_is_not_known_is_refused(own_set: Path, minor: str) -> None:
    root = load(own_set)
    root.set("MinorVersion", minor)
    with pytest.raises(ExportError, match="Live 10, 11 and 12"):
        open_project(save(root, own_set.with_name("version.als")))
