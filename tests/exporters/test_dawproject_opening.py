"""Any DAWproject is opened: clips in clips, beats and seconds, loops, links, warps, fades, routing, tempo, markers."""

import os
from pathlib import Path

import numpy as np
import pytest
from dawproject_cases import audio_clip, documents, make_project, write_zip
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from reaper_cases import small_mix, small_session

from console.errors import ExportError
from exporters.dawproject.opening import open_project
from exporters.dawproject.sources import extract_audio
from exporters.dawproject.tempo import read_tempo
from exporters.dawproject.writer import write_project
from exporters.project import Channels, FadeShape, Item, Marker, Project, Tempo, TrackKind

TRACK = '<Track id="t" name="A" contentType="audio"><Channel id="c" role="regular"/></Track>'
TEMPO_60 = '<Tempo unit="bpm" value="60" id="tempo"/>'


def opened(tmp_path: Path, arrangement: str, structure: str = TRACK, transport: str = TEMPO_60) -> Project:
    return open_project(make_project(tmp_path / "a.dawproject", structure, arrangement, transport))


def items(tmp_path: Path, lanes: str, **more: str) -> tuple[Item, ...]:
    arrangement = f'<Lanes timeUnit="seconds"><Lanes track="t">{lanes}</Lanes></Lanes>'
    return opened(tmp_path, arrangement, **more).track("t").items


def place(item: Item) -> tuple[float, float, float]:
    return (round(item.position_s, 6), round(item.length_s, 6), round(item.offset_s, 6))


def test_a_clip_in_seconds(tmp_path: Path) -> None:
    clip = audio_clip(2.5, 4.0, "stems/a b.wav", contentTimeUnit="seconds", playStart=1.25, name="Take 3")
    (item,) = items(tmp_path, f"<Clips>{clip}</Clips>")
    assert place(item) == (2.5, 4.0, 1.25)
    assert item.file == tmp_path / "stems" / "a b.wav"
    assert (item.name, item.gain_db, item.muted, item.problem) == ("Take 3", 0.0, False, "")


def test_a_clip_in_beats(tmp_path: Path) -> None:
    """At 90 bpm a beat lasts two thirds of a second; the file's own time stays seconds."""
    clip = audio_clip(3, 6, contentTimeUnit="beats", playStart=1.5)
    lanes = f'<Lanes timeUnit="beats"><Lanes track="t"><Clips>{clip}</Clips></Lanes></Lanes>'
    project = opened(tmp_path, lanes, transport='<Tempo unit="bpm" value="90" id="tempo"/>')
    assert place(project.track("t").items[0]) == (2.0, 4.0, 1.0)


def test_beats_are_the_unit_where_none_is_given(tmp_path: Path) -> None:
    lanes = f'<Lanes><Clips track="t">{audio_clip(4, 4, contentTimeUnit="seconds")}</Clips></Lanes>'
    project = opened(tmp_path, lanes, transport='<Tempo unit="bpm" value="120" id="tempo"/>')
    assert place(project.track("t").items[0]) == (2.0, 2.0, 0.0)


def test_a_clip_longer_than_its_file_ends_with_it(tmp_path: Path) -> None:
    (item,) = items(tmp_path, f"<Clips>{audio_clip(1, 10, length=4.0, playStart=1.0)}</Clips>")
    assert place(item) == (1.0, 3.0, 1.0)


def test_a_file_that_starts_late_in_its_clip_starts_late(tmp_path: Path) -> None:
    (item,) = items(tmp_path, f"<Clips>{audio_clip(1, 10, length=4.0, playStart=-2.0)}</Clips>")
    assert place(item) == (3.0, 4.0, 0.0)


def test_clips_in_a_clip_are_cut_by_it(tmp_path: Path) -> None:
    inner = audio_clip(0, 3, "a.wav", playStart=0.5) + audio_clip(4, 3, "b.wav")
    outer = (
        f'<Clip time="10" duration="4" playStart="1" contentTimeUnit="seconds"><Clips>{inner}</Clips></Clip>'
    )
    found = items(tmp_path, f"<Clips>{outer}</Clips>")
    assert [place(item) for item in found] == [(10.0, 2.0, 1.5), (13.0, 1.0, 0.0)]


def test_lanes_in_a_clip_play_together(tmp_path: Path) -> None:
    inner = "".join(f"<Clips>{audio_clip(0, 3, name)}</Clips>" for name in ("a.wav", "b.wav"))
    found = items(tmp_path, f'<Clips><Clip time="5" duration="2"><Lanes>{inner}</Lanes></Clip></Clips>')
    assert [(item.file.name if item.file else "", place(item)) for item in found] == [
        ("a.wav", (5.0, 2.0, 0.0)),
        ("b.wav", (5.0, 2.0, 0.0)),
    ]


def test_a_loop_becomes_as_many_items_as_it_turns(tmp_path: Path) -> None:
    clip = audio_clip(1, 9, playStart=1.0, loopStart=0.5, loopEnd=4.0)
    found = items(tmp_path, f"<Clips>{clip}</Clips>")
    assert [place(item) for item in found] == [(1.0, 3.0, 1.0), (4.0, 3.5, 0.5), (7.5, 2.5, 0.5)]


def test_a_loop_that_is_not_reached_does_not_turn(tmp_path: Path) -> None:
    """As Bitwig writes every clip; durations are rounded there."""
    for length in (8.0, 8.00003):
        clip = audio_clip(0, length, playStart=0.0, loopStart=0.0, loopEnd=8.0)
        assert [place(item)[:1] for item in items(tmp_path, f"<Clips>{clip}</Clips>")] == [(0.0,)]


def test_a_clip_stops_where_its_content_is_to_stop(tmp_path: Path) -> None:
    (item,) = items(tmp_path, f"<Clips>{audio_clip(0, 9, playStart=1.0, playStop=3.0)}</Clips>")
    assert place(item) == (0.0, 2.0, 1.0)


def test_a_linked_clip_plays_what_it_refers_to(tmp_path: Path) -> None:
    first = audio_clip(0, 3).replace("<Audio ", '<Audio id="shared" ')
    link = '<Clip time="7" duration="2" playStart="1" reference="shared"/>'
    assert [place(item) for item in items(tmp_path, f"<Clips>{first}{link}</Clips>")] == [
        (0.0, 3.0, 0.0),
        (7.0, 2.0, 1.0),
    ]


def test_a_clip_that_is_off_is_muted(tmp_path: Path) -> None:
    (item,) = items(tmp_path, f"<Clips>{audio_clip(0, 3, enable='false')}</Clips>")
    assert item.muted


def test_fades_are_linear_in_seconds_of_the_project(tmp_path: Path) -> None:
    clip = audio_clip(2, 8, fadeInTime=1, fadeOutTime=2, fadeTimeUnit="beats")
    lanes = f'<Lanes timeUnit="seconds"><Clips track="t">{clip}</Clips></Lanes>'
    project = opened(tmp_path, lanes, transport='<Tempo unit="bpm" value="120" id="tempo"/>')
    (item,) = project.track("t").items
    assert (item.fade_in.length_s, item.fade_out.length_s) == (pytest.approx(0.5), pytest.approx(1.0))
    assert item.fade_in.shape is FadeShape.LINEAR


def test_a_fade_over_several_pieces_is_said(tmp_path: Path) -> None:
    inner = audio_clip(0, 1, "a.wav") + audio_clip(1, 4, "b.wav")
    outer = f'<Clip time="0" duration="5" fadeInTime="2" fadeOutTime="1"><Clips>{inner}</Clips></Clip>'
    one, two = items(tmp_path, f"<Clips>{outer}</Clips>")
    assert "fade" in one.problem
    assert "fade" in two.problem
    outer = outer.replace('fadeInTime="2"', 'fadeInTime="0.5"')
    one, two = items(tmp_path, f"<Clips>{outer}</Clips>")
    assert (one.problem, one.fade_in.length_s, two.problem, two.fade_out.length_s) == ("", 0.5, "", 1.0)


def warped(points: str, unit: str = "beats") -> str:
    inner = (
        '<Audio channels="2" sampleRate="48000" duration="20" timeUnit="seconds"><File path="a.wav" external="true"/>'
        "</Audio>"
    )
    return (
        '<Clips timeUnit="beats"><Clip time="4" duration="8" contentTimeUnit="beats" playStart="2">'
        f'<Warps timeUnit="{unit}" contentTimeUnit="seconds">{inner}{points}</Warps></Clip></Clips>'
    )


def test_warps_that_are_straight_are_none(tmp_path: Path) -> None:
    """60 bpm: a beat is a second; the clip begins 2 s into its content, which begins 0.5 s into the file."""
    points = '<Warp time="0" contentTime="0.5"/><Warp time="10" contentTime="10.5003"/>'
    (item,) = items(tmp_path, warped(points))
    assert place(item) == (4.0, 8.0, 2.5)
    assert item.problem == ""


def test_warps_that_bend_time_are_said(tmp_path: Path) -> None:
    (item,) = items(tmp_path, warped('<Warp time="0" contentTime="0"/><Warp time="10" contentTime="8"/>'))
    assert "stretched" in item.problem
    assert "0.8 of its file's speed" in item.problem
    assert place(item)[:2] == (4.0, 8.0)
    bent = (
        '<Warp time="0" contentTime="0"/><Warp time="5" contentTime="4"/><Warp time="10" contentTime="10"/>'
    )
    assert "stretched" in items(tmp_path, warped(bent))[0].problem


def test_warps_follow_a_tempo_that_changes(tmp_path: Path) -> None:
    """120 bpm for eight beats, then 60: warps that follow it play the file at its own speed."""
    arrangement = (
        '<Lanes timeUnit="beats"><Lanes track="t">'
        + warped(
            '<Warp time="0" contentTime="0"/><Warp time="4" contentTime="2"/><Warp time="10" contentTime="8"/>'
        ).replace('playStart="2"', 'playStart="0"')
        + "</Lanes></Lanes>"
        '<TempoAutomation timeUnit="beats"><Target parameter="tempo"/>'
        '<RealPoint time="0" value="120" interpolation="hold"/><RealPoint time="8" value="60"/></TempoAutomation>'
    )
    (item,) = opened(tmp_path, arrangement).track("t").items
    assert (item.problem, place(item)) == ("", (2.0, 6.0, 0.0))


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ('<Notes><Note time="0" duration="1" channel="0" key="60"/></Notes>', "MIDI"),
        (
            '<Video channels="2" sampleRate="48000" duration="3"><File path="a.mov"/></Video>',
            "video",
        ),
        (
            '<Lanes><Points><Target expression="gain"/><RealPoint time="0" value="0.5"/></Points>'
            f"<Clips>{audio_clip(0, 3)}</Clips></Lanes>",
            "moves inside the clip",
        ),
    ],
)
def test_what_cannot_be_read_is_said(tmp_path: Path, content: str, problem: str) -> None:
    (item,) = items(tmp_path, f'<Clips><Clip time="1" duration="2">{content}</Clip></Clips>')
    assert problem in item.problem
    assert place(item)[:2] == (1.0, 2.0)


def test_a_track_of_notes_alone_is_to_be_rendered(tmp_path: Path) -> None:
    notes = '<Notes><Note time="0" duration="1" channel="0" key="60"/></Notes>'
    arrangement = f'<Lanes><Clips track="t"><Clip time="0" duration="4">{notes}</Clip></Clips></Lanes>'
    assert "render it first" in opened(tmp_path, arrangement).track("t").problem


def test_a_track_of_launcher_clips_alone_is_to_be_recorded(tmp_path: Path) -> None:
    scene = (
        f'<Scenes><Scene><Lanes><ClipSlot track="t">{audio_clip(0, 3)}</ClipSlot></Lanes></Scene></Scenes>'
    )
    path = make_project(tmp_path / "a.dawproject", TRACK)
    xml = documents(path)["project.xml"].decode().replace("<Scenes/>", scene)
    assert "launcher" in open_project(write_zip(path, {"project.xml": xml})).track("t").problem
    lanes = f'<Lanes><Clips track="t">{audio_clip(0, 3)}</Clips></Lanes>'
    xml = xml.replace("<Arrangement id='arrangement'>", f"<Arrangement id='arrangement'>{lanes}")
    assert open_project(write_zip(path, {"project.xml": xml})).track("t").problem == ""


STRUCTURE = """
  <Track id="g" name="Drums" contentType="tracks"><Channel id="gc" role="submix" destination="mc"/>
    <Track id="a" name="Kick" contentType="audio"><Channel id="ac" destination="gc" solo="true">
      <Devices><Vst2Plugin deviceName="X" deviceRole="audioFX"/><Equalizer deviceName="EQ" deviceRole="audioFX">
        <Enabled value="false"/></Equalizer><Compressor deviceName="C" name="mixbridge Compressor"
        deviceRole="audioFX"/></Devices><Mute value="true"/></Channel></Track>
    <Track id="f" name="Folder" contentType="tracks"><Track id="b" name="Snare" loaded="false"/></Track>
  </Track>
  <Track id="r" name="Hall"><Channel id="rc" role="effect" destination="mc"/></Track>
  <Track id="v" name="VCA"><Channel role="vca"/></Track>
  <Track id="o" name="Odd"><Channel id="oc" destination="nowhere"/></Track>
  <Channel id="lone" name="Bus" role="submix" destination="mc"/>
  <Channel id="mc" role="master"/>
"""


def test_groups_returns_and_their_routing(tmp_path: Path) -> None:
    project = opened(tmp_path, "", STRUCTURE)
    assert [(one.key, one.kind, one.output) for one in project.tracks] == [
        ("g", TrackKind.GROUP, "master"),
        ("a", TrackKind.AUDIO, "g"),
        ("f", TrackKind.GROUP, "g"),
        ("b", TrackKind.AUDIO, "g"),
        ("r", TrackKind.RETURN, "master"),
        ("v", TrackKind.GROUP, "master"),
        ("o", TrackKind.AUDIO, "master"),
        ("lone", TrackKind.GROUP, "master"),
    ]
    kick = project.track("a")
    assert (kick.muted, kick.soloed, kick.plugins) == (True, True, ("X",))
    assert project.track("b").disabled
    assert "VCA" in project.track("v").problem
    assert project.track("lone").name == "Bus"


def test_a_circle_of_outputs_is_refused(tmp_path: Path) -> None:
    circle = "".join(
        f'<Track id="t{index}"><Channel id="c{index}" role="submix" destination="c{(index + 1) % 3}"/></Track>'
        for index in range(3)
    )
    with pytest.raises(ExportError, match="circle"):
        opened(tmp_path, "", circle)


@pytest.mark.parametrize("what", ["tracks", "channels"])
def test_an_identity_that_stands_twice_is_refused(tmp_path: Path, what: str) -> None:
    ids = ('id="x"', "") if what == "tracks" else ("", 'id="x"')
    track = f"<Track {ids[0]}><Channel {ids[1]}/></Track>"
    with pytest.raises(ExportError, match=f"two {what} have the identity 'x'"):
        opened(tmp_path, "", track * 2)


def test_tempo_signatures_and_markers(tmp_path: Path) -> None:
    arrangement = (
        '<Markers><Marker time="8" name="Chorus"/><Marker time="0" name="Verse"/></Markers>'
        '<TempoAutomation timeUnit="beats"><Target parameter="tempo"/>'
        '<RealPoint time="0" value="120" interpolation="hold"/><RealPoint time="4" value="60"/></TempoAutomation>'
        '<TimeSignatureAutomation timeUnit="beats"><Target parameter="sig"/>'
        '<TimeSignaturePoint time="6" numerator="7" denominator="8"/></TimeSignatureAutomation>'
    )
    project = opened(
        tmp_path, arrangement, transport='<TimeSignature numerator="3" denominator="4" id="sig"/>'
    )
    assert project.tempo == (Tempo(0.0, 120.0, 3, 4), Tempo(2.0, 60.0, 3, 4), Tempo(4.0, 60.0, 7, 8))
    assert project.markers == (Marker(0.0, "Verse"), Marker(6.0, "Chorus"))


@given(st.data())
def test_beats_and_seconds_agree_with_a_fine_sum(data: st.DataObject) -> None:
    """Against the integral of 60/bpm (or bpm/60) by many small steps: holds and ramps, over beats or seconds."""
    unit = data.draw(st.sampled_from(("beats", "seconds")))
    places = sorted(data.draw(st.sets(st.integers(1, 40), min_size=1, max_size=4)))
    points = [(place, data.draw(st.integers(30, 300)), data.draw(st.booleans())) for place in (0, *places)]
    rows = "".join(
        f'<RealPoint time="{at}" value="{bpm}" interpolation="{"linear" if ramps else "hold"}"/>'
        for at, bpm, ramps in points
    )
    root = etree.fromstring(
        f'<Project><Arrangement><TempoAutomation timeUnit="{unit}">{rows}</TempoAutomation></Arrangement></Project>'
    )
    tempo, _ = read_tempo(root)
    grid = np.linspace(0.0, 50.0, 500_001)
    bpm = np.empty_like(grid)
    for index, (at, value, ramps) in enumerate(points):
        here = grid >= at
        bpm[here] = value
        if ramps and index + 1 < len(points):
            until, after, _ = points[index + 1]
            bpm[here] = value + (after - value) * (grid[here] - at) / (until - at)
    rate = 60.0 / bpm if unit == "beats" else bpm / 60.0
    # each step by its left value at jumps and its middle on ramps
    total = np.concatenate([[0.0], np.cumsum((rate[1:] + rate[:-1]) / 2.0) * (grid[1] - grid[0])])
    for index in data.draw(st.lists(st.integers(0, 500_000), min_size=5, max_size=5)):
        there = tempo.to_seconds(grid[index]) if unit == "beats" else tempo.to_beats(grid[index])
        back = tempo.to_beats(there) if unit == "beats" else tempo.to_seconds(there)
        assert there == pytest.approx(total[index], abs=2e-3)
        assert back == pytest.approx(grid[index], abs=1e-6)


def test_audio_inside_is_taken_out_when_a_folder_is_given(tmp_path: Path) -> None:
    clip = audio_clip(0, 3).replace('path="a.wav" external="true"', 'path="audio/Drum 1.wav"')
    other = audio_clip(4, 3).replace('path="a.wav" external="true"', 'path="other/Drum 1.wav"')
    arrangement = f'<Lanes><Clips track="t">{clip}{other}</Clips></Lanes>'
    path = make_project(
        tmp_path / "a.dawproject",
        TRACK,
        arrangement,
        **{"audio/Drum 1.wav": b"one", "other/Drum 1.wav": b"two", "audio/unused.wav": b"three"},
    )
    virtual = [item.file for item in open_project(path).track("t").items]
    assert virtual == [path / "audio/Drum 1.wav", path / "other/Drum 1.wav"]
    cache = tmp_path / "cache"
    found = [item.file for item in open_project(path, audio_folder=cache).track("t").items]
    assert [file.read_bytes() for file in found if file] == [b"one", b"two"]
    assert {file.name for file in found if file} == {"Drum 1.wav"}
    assert sum(one.is_file() for one in cache.rglob("*")) == 2
    stamps = [file.stat().st_mtime_ns for file in found if file]
    again = extract_audio(path, cache)
    assert again["audio/Drum 1.wav"] == found[0]
    assert [file.stat().st_mtime_ns for file in found if file] == stamps
    assert set(again) == {"audio/Drum 1.wav", "other/Drum 1.wav", "audio/unused.wav"}


def test_names_in_the_zip_lead_nowhere_else(tmp_path: Path) -> None:
    names = ("audio/CON.wav", "audio/..wav", "audio/a\\b.wav", "audio/x:y.wav", "audio/" + "n" * 300)
    path = write_zip(
        tmp_path / "a.dawproject", {"project.xml": "<Project/>", **{name: name for name in names}}
    )
    found = extract_audio(path, tmp_path / "cache")
    assert len(set(found.values())) == len(names)
    for name, file in found.items():
        assert file.resolve().is_relative_to((tmp_path / "cache").resolve())
        assert file.read_text(encoding="utf-8") == name


def test_damaged_audio_leaves_nothing_behind(tmp_path: Path) -> None:
    path = write_zip(tmp_path / "a.dawproject", {"project.xml": "<Project/>", "audio/a.wav": b"RIFF" * 100})
    path.write_bytes(path.read_bytes().replace(b"RIFFRIFF", b"RIFXRIFF", 1))
    with pytest.raises(ExportError, match=r"audio/a\.wav"):
        extract_audio(path, tmp_path / "cache")
    assert not [one for one in (tmp_path / "cache").rglob("*") if one.is_file()]


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/Users/me/a b.wav", "a b.wav"),
        ("C:\\Audio\\a b.wav", "a b.wav"),
        ("file:///Users/me/a%20b.wav", "a b.wav"),
        ("file:///C:/Audio/a%20b.wav", "a b.wav"),
        ("..\\stems\\a b.wav", "a b.wav"),
        ("\\\\server\\share\\a b.wav", "a b.wav"),
    ],
)
def test_files_outside_are_absolute_and_keep_their_names(tmp_path: Path, path: str, name: str) -> None:
    (item,) = items(tmp_path, f"<Clips>{audio_clip(0, 3, path)}</Clips>")
    assert item.file is not None
    assert item.file.is_absolute() or os.name == "nt"
    assert item.file.name == name


def test_our_own_project_opens_as_it_was_planned(tmp_path: Path) -> None:
    session = small_session(tmp_path / "song")
    project = open_project(write_project(small_mix(), session, tmp_path / "out").files[0])
    names = {one.name: one for one in project.tracks}
    assert list(names) == ["drums", "Kick", "OH", "Gtr", "Vox", "reverb", "echo"]
    assert names["OH"].output == names["drums"].key
    assert names["Vox"].muted
    assert all(one.plugins == () for one in project.tracks)
    (kick,), (left, right) = names["Kick"].items, names["OH"].items
    # The mix has the kick 2 ms ahead of the project's start, and the overheads 1.5 ms later: that is the mix's.
    assert place(kick) == (0.0, 3.0, 0.0)
    assert place(left) == place(right) == (0.01, 3.0, 0.0)
    assert (left.channels, right.channels) == (Channels.TO_LEFT, Channels.TO_RIGHT)
    assert kick.file is not None
    assert kick.file.resolve() == (tmp_path / "song" / "01_Kick.wav").resolve()


def test_the_real_projects_open(shared: Path, tmp_path: Path) -> None:
    folder = shared / "fixtures" / "dawproject"
    roex = open_project(folder / "roex_RoEx_Automix.dawproject")
    assert [place(item) for one in roex.tracks for item in one.items] == [(0.0, 96.0, 0.0)] * 5
    assert {plugin for one in roex.tracks for plugin in one.plugins} >= {"Eq_1", "Compressor_5"}
    assert documents(folder / "roex_RoEx_Automix.dawproject").keys() == {"project.xml", "metadata.xml"}
    bitwig = open_project(
        write_zip(
            tmp_path / "b.dawproject",
            {"project.xml": (folder / "bitwig5.0_readme_example.project.xml").read_bytes()},
        )
    )
    bass, drums = bitwig.tracks
    assert "MIDI" in bass.problem
    (loop,) = drums.items
    assert "0.8765 of its file's speed" in loop.problem  # 170 bpm played at 149
    assert loop.length_s == pytest.approx(8.00003433227539 * 60.0 / 149.0)
