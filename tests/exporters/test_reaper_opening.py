"""Any REAPER project as a value: identities, folders, sends, items, takes, lanes, paths, tempo and markers."""

import math
from pathlib import Path

import pytest
import rpp
from reaper_cases import GUIDS, project_text, row, small_mix, small_session, track_text

from console.errors import ExportError
from exporters.project import Channels, FadeShape, Item, Marker, Project, Tempo, TrackKind
from exporters.reaper.opening import open_project
from exporters.reaper.writer import write_project


def opened(tmp_path: Path, *tracks: str, head: str = "") -> Project:
    path = tmp_path / "song.rpp"
    path.write_text(project_text(*tracks, head=head), encoding="utf-8")
    return open_project(path)


def wave(name: str = "a.wav", kind: str = "WAVE") -> str:
    return f'<SOURCE {kind}\nFILE "{name}"\n>'


def item_text(lines: str = "", source: str = "", position: float = 0.0, length: float = 2.0) -> str:
    return f"<ITEM\nPOSITION {position}\nLENGTH {length}\n{lines}\n{source or wave()}\n>"


def one_item(tmp_path: Path, lines: str = "", source: str = "", track: str = "") -> Item:
    (found,) = (
        opened(tmp_path, track_text(GUIDS[0], "A", track, items=item_text(lines, source))).tracks[0].items
    )
    return found


def test_the_tracks_of_real_projects_are_those_that_the_independent_parser_finds(shared: Path) -> None:
    for path in sorted((shared / "fixtures" / "reaper").glob("*.RPP")):
        tree = rpp.loads(path.read_text(encoding="utf-8"))
        project = open_project(path)
        assert [track.key for track in project.tracks] == [t.attrib[0] for t in tree.findall("TRACK")]
        assert [track.name for track in project.tracks] == [row(t, "NAME")[0] for t in tree.findall("TRACK")]
        rate_hz, used = row(tree, "SAMPLERATE")[:2]
        assert project.sample_rate_hz == (int(rate_hz) if used == "1" else None)


def test_a_real_project_with_midi_a_click_a_folder_and_a_region(shared: Path) -> None:
    project = open_project(shared / "fixtures" / "reaper" / "perlence_vst.RPP")
    by_name = {track.name: track for track in project.tracks}
    assert project.markers == (Marker(2.0), Marker(4.0, "", 6.0))
    assert project.tempo == (Tempo(0.0, 120.0),)
    assert "MIDI" in by_name["5.50"].problem
    assert by_name["5.50"].plugins == ("VST: ReaComp (Cockos)",)
    assert "VSTi: ReaSynth (Cockos)" in by_name["Synth"].problem
    assert by_name["|Beep Boop"].kind is TrackKind.GROUP
    assert by_name["Boop"].output == by_name["|Beep Boop"].key
    assert by_name["Boop"].plugins == ("JS: loser/3BandEQ",)
    assert by_name["<"].output == "master"


def test_plugins_that_are_bypassed_do_not_count_and_nested_ones_do(tmp_path: Path) -> None:
    chain = """<FXCHAIN
SHOW 0
BYPASS 0 0 0
<VST "VST3: Pro-Q 3 (FabFilter)" x.vst3 0 "" 1{00} ""
>
BYPASS 1 0 0
<JS a/b ""
>
BYPASS 0 1 0
<DX "DX: Old" "" 0
>
BYPASS 0 0 0
<CONTAINER Container "Drive" ""
CONTAINER_CFG 2 2 2 0
BYPASS 0 0 0
<AU "AU: AUBandpass (Apple)" "x" "" 1 2 3
>
BYPASS 0 0 0
<CONTAINER Container "Inner" ""
BYPASS 0 0 0
<VIDEO_EFFECT "Video processor" ""
>
>
>
BYPASS 0 0
<JS utility/volume "my gain"
>
>"""
    (track,) = opened(tmp_path, track_text(GUIDS[0], "A", items=chain)).tracks
    assert track.plugins == (
        "VST3: Pro-Q 3 (FabFilter)",
        "AU: AUBandpass (Apple)",
        "Video processor",
        "JS: utility/volume",
    )


def test_folders_and_the_tracks_that_they_sum(tmp_path: Path) -> None:
    project = opened(
        tmp_path,
        track_text(GUIDS[0], "Drums", "ISBUS 1 1"),
        track_text(GUIDS[1], "Toms", "ISBUS 1 1"),
        track_text(GUIDS[2], "T1", "ISBUS 2 -2", items=item_text()),
        track_text(GUIDS[3], "Bass", items=item_text()),
    )
    assert [track.kind for track in project.tracks] == ["group", "group", "audio", "audio"]
    assert [track.output for track in project.tracks] == ["master", GUIDS[0], GUIDS[1], "master"]


def test_sends_make_returns_and_groups(tmp_path: Path) -> None:
    project = opened(
        tmp_path,
        track_text(GUIDS[0], "Kick", "MAINSEND 0 0", items=item_text()),
        track_text(GUIDS[1], "Vox", items=item_text()),
        track_text(GUIDS[2], "Drums", "AUXRECV 0 0 1 0 0 0 0 0 0 -1:U 0 -1 ''"),
        track_text(GUIDS[3], "Reverb", "AUXRECV 1 0 0.5 0 0 0 0 0 0 -1:U 0 -1 ''"),
        track_text(GUIDS[4], "Cue only", "MAINSEND 0 0\nHWOUT 0 0 1 0 0 0 0 -1:U -1", items=item_text()),
    )
    assert [track.kind for track in project.tracks] == ["audio", "audio", "group", "return", "audio"]
    assert [track.output for track in project.tracks] == [GUIDS[2], "master", "master", "master", "master"]
    assert [track.disabled for track in project.tracks] == [False, False, False, False, True]


def test_sends_in_a_circle_are_said_and_end(tmp_path: Path) -> None:
    project = opened(
        tmp_path,
        track_text(GUIDS[0], "A", "MAINSEND 0 0\nAUXRECV 1 0 1 0 0 0 0 0 0 -1:U 0 -1 ''"),
        track_text(GUIDS[1], "B", "MAINSEND 0 0\nAUXRECV 0 0 1 0 0 0 0 0 0 -1:U 0 -1 ''"),
        track_text(GUIDS[2], "C", "MAINSEND 0 0\nAUXRECV 2 0 1 0 0 0 0 0 0 -1:U 0 -1 ''"),
    )
    assert [track.output for track in project.tracks] == ["master"] * 3
    assert ["circle" in track.problem for track in project.tracks] == [True, True, False]


def test_an_item_with_everything(tmp_path: Path) -> None:
    lines = """FADEIN 1 0.25 0 1 0 0 0
FADEOUT 0 0.5 0.75 5 0 0 0
MUTE 0 0
NAME "Verse 1"
VOLPAN 0.5 0 -0.5 -1
SOFFS 1.25
PLAYRATE 1 1 0 -1 0 0.0025
CHANMODE 3
LOOP 1"""
    assert one_item(tmp_path, lines, wave("audio/v.wav")) == Item(
        name="Verse 1",
        file=tmp_path / "audio" / "v.wav",
        position_s=0.0,
        length_s=2.0,
        offset_s=1.25,
        gain_db=pytest.approx(20.0 * math.log10(0.25)),
        fade_in=one_item(tmp_path, "FADEIN 1 0.25 0 1 0 0 0").fade_in,
        fade_out=one_item(tmp_path, "FADEOUT 0 0 0.75 5 0 0 0").fade_out,
        channels=Channels.LEFT,
        inverted=True,
        loops=True,
    )


@pytest.mark.parametrize(
    ("line", "length_s", "shape"),
    [
        ("FADEIN 0 0.5 0", 0.5, FadeShape.LINEAR),
        ("FADEIN 1 0.5 0 1 0 0", 0.5, FadeShape.FAST_START),
        ("FADEIN 1 0.5 0.125 2 0 0", 0.125, FadeShape.SLOW_START),
        ("FADEIN 1 0.5 -1 5 0 0", 0.5, FadeShape.S_CURVE),
        ("FADEIN 1 0 0 1 0 0", 0.0, FadeShape.FAST_START),
    ],
)
def test_fades(tmp_path: Path, line: str, length_s: float, shape: FadeShape) -> None:
    fade = one_item(tmp_path, line).fade_in
    assert (fade.length_s, fade.shape) == (length_s, shape)


@pytest.mark.parametrize(
    ("lines", "source", "said"),
    [
        ("PLAYRATE 0.98 1 0 -1 0 0.0025", "", "stretched"),
        ("PLAYRATE 1 1 -2 -1 0 0.0025", "", "stretched"),
        ("SM 0 0 + 1 1.5", "", "stretch markers"),
        ('<TAKEFX\nBYPASS 0 0 0\n<JS a/b ""\n>\n>', "", "take FX"),
        ("<VOLENV\nACT 1 -1\nPT 0 1 0\n>", "", "take envelopes"),
        ("ALLTAKES 1", "", "all its takes"),
        ("VOLPAN 1 0.5 1 -1", "", "panned"),
        ("CHANMODE 67", "", "single channels"),
        ("", "<SOURCE MIDI\nHASDATA 1 960 QN\n>", "MIDI"),
        ("", wave("x.rpp", "RPP_PROJECT"), "project of its own"),
        ("", wave("x.mp4", "VIDEO"), "video"),
        ("", f"<SOURCE SECTION\nLENGTH 4\nMODE 2\nSTARTPOS 1\n{wave()}\n>", "backwards"),
        ("LOOP 1", f"<SOURCE SECTION\nLENGTH 1\nSTARTPOS 1\n{wave()}\n>", "repeats"),
        ("SOFFS -1\nLOOP 1", "", "before its start"),
        ("", "<SOURCE WAVE\n>", "names no file"),
    ],
)
def test_what_cannot_be_read_is_said(tmp_path: Path, lines: str, source: str, said: str) -> None:
    assert said in one_item(tmp_path, lines, source).problem


@pytest.mark.parametrize(
    "lines",
    [
        '<TAKEFX\nBYPASS 1 0 0\n<JS a/b ""\n>\n>',
        "<VOLENV\nACT 0 -1\nPT 0 1 0\n>",
        "<VOLENV\nACT 1 -1\n>",
        "PLAYRATE 1 0 0 -1 0 0.0025",
        "TKM 0.5 mark 0",
    ],
)
def test_what_does_not_sound_is_no_problem(tmp_path: Path, lines: str) -> None:
    assert one_item(tmp_path, lines).problem == ""


def test_sections_shift_and_end_what_is_played(tmp_path: Path) -> None:
    inner = f"<SOURCE SECTION\nLENGTH 10\nSTARTPOS 0.5\nMODE 0\n{wave()}\n>"
    outer = f"<SOURCE SECTION\nLENGTH 1.5\nSTARTPOS 2\n{inner}\n>"
    item = one_item(tmp_path, "SOFFS 0.25", outer)
    assert (item.offset_s, item.length_s, item.problem) == (2.75, 1.25, "")
    whole = one_item(tmp_path, "", f"<SOURCE SECTION\nLENGTH 1\nSTARTPOS 2\nMODE 1\n{wave()}\n>")
    assert (whole.offset_s, whole.length_s) == (0.0, 2.0)


def test_the_active_take_is_read(tmp_path: Path) -> None:
    takes = f"""NAME first
VOLPAN 0.5 0 1 -1
{wave("1.wav")}
TAKE
NAME second
TAKEVOLPAN 0 1 -1
{wave("2.wav")}
TAKE SEL
NAME third
TAKEVOLPAN 0 -0.25 -1
SOFFS 3
{wave("3.wav")}"""
    text = f"<ITEM\nPOSITION 1\nLENGTH 2\n{takes}\n>"
    (item,) = opened(tmp_path, track_text(GUIDS[0], "A", items=text)).tracks[0].items
    assert (item.name, item.file, item.offset_s) == ("third", tmp_path / "3.wav", 3.0)
    assert item.gain_db == pytest.approx(20.0 * math.log10(0.125))
    assert item.inverted
    (item,) = (
        opened(tmp_path, track_text(GUIDS[0], "A", items=text.replace("TAKE SEL", "TAKE"))).tracks[0].items
    )
    assert item.name == "first"
    nothing = text.replace("TAKE SEL", "TAKE NULL SEL")
    assert opened(tmp_path, track_text(GUIDS[0], "A", items=nothing)).tracks[0].items == ()


def test_muted_offline_soloed_and_silent_items(tmp_path: Path) -> None:
    assert one_item(tmp_path, "MUTE 1 0").muted
    assert not one_item(tmp_path, "MUTE 1 -1").muted
    assert one_item(tmp_path, "", wave(kind="_OFFLINE_WAVE")).muted
    empty = opened(tmp_path, track_text(GUIDS[0], "A", items=item_text(source="<SOURCE EMPTY\n>")))
    assert empty.tracks[0].items == ()
    none = opened(
        tmp_path, track_text(GUIDS[0], "A", items="<ITEM\nPOSITION 0\nLENGTH 2\n<NOTES\n|hey\n>\n>")
    )
    assert none.tracks[0].items == ()


def test_only_the_lanes_that_play_are_heard(tmp_path: Path) -> None:
    items = "\n".join(item_text(f"YPOS {lane * 0.25} 0.25 2\nNAME L{lane}") for lane in range(4))
    lanes = "FREEMODE 2\nFIXEDLANES 9 0 0 0 0\nLANESOLO 10 0 0 0 0 0 0 0"
    (track,) = opened(tmp_path, track_text(GUIDS[0], "A", lanes, items=items)).tracks
    assert [item.name for item in track.items if not item.muted] == ["L1", "L3"]
    (track,) = opened(tmp_path, track_text(GUIDS[0], "A", "FREEMODE 2", items=items)).tracks
    assert not any(item.muted for item in track.items)
    masked = "FREEMODE 2\nFIXEDLANES 9 0 0 1 0"
    (track,) = opened(tmp_path, track_text(GUIDS[0], "A", masked, items=items)).tracks
    assert "cover one another" in track.problem


def test_an_item_that_starts_before_its_file_starts_later(tmp_path: Path) -> None:
    item = one_item(tmp_path, "SOFFS -0.5\nFADEIN 1 0.75 0")
    assert (item.position_s, item.length_s, item.offset_s, item.fade_in.length_s) == (0.5, 1.5, 0.0, 0.25)


@pytest.mark.parametrize(
    ("line", "position_s"),
    [
        ("PLAYOFFS 0.25 0", 0.25),
        ("PLAYOFFS -480 2", -0.01),
        ("PLAYOFFS 0.25 1", 0.0),
        ("PLAYOFFS 0 1", 0.0),
    ],
)
def test_a_tracks_media_offset_moves_its_items(tmp_path: Path, line: str, position_s: float) -> None:
    project = opened(
        tmp_path, track_text(GUIDS[0], "A", line, items=item_text()), head="SAMPLERATE 48000 1 0"
    )
    assert project.tracks[0].items[0].position_s == pytest.approx(position_s)


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("audio/a.wav", ("audio", "a.wav")),
        ("audio\\a.wav", ("audio", "a.wav")),
        ("..\\takes\\a b.wav", ("..", "takes", "a b.wav")),
    ],
)
def test_relative_paths_of_any_system(tmp_path: Path, name: str, parts: tuple[str, ...]) -> None:
    assert one_item(tmp_path, "", wave(name)).file == tmp_path.joinpath(*parts)


def test_windows_paths_keep_their_names(tmp_path: Path) -> None:
    for name in (r"C:\Users\me\Song\vox 1.wav", r"\\nas\audio\vox 1.wav", "D:/x/vox 1.wav"):
        file = one_item(tmp_path, "", wave(name)).file
        assert file is not None
        assert file.name == "vox 1.wav"
        assert file.is_absolute()
        assert not file.exists()


def test_absolute_paths_and_files_with_a_backslash_in_their_name(tmp_path: Path) -> None:
    elsewhere = tmp_path / "else" / "a.wav"
    assert one_item(tmp_path, "", wave(elsewhere.as_posix())).file == elsewhere
    odd = tmp_path / "odd\\name.wav"
    try:
        odd.write_bytes(b"")
    except OSError:
        pytest.skip("this file system has no backslashes in names")
    assert one_item(tmp_path, "", wave("odd\\name.wav")).file == odd


def test_tempo_and_markers(tmp_path: Path) -> None:
    head = """TEMPO 100 3 4
<TEMPOENVEX
ACT 1 -1
PT 0 100 1 262147 0 1
PT 8.5 90.5 0
PT 20 120 1 524295
>
MARKER 1 0.5 Intro 0 0 1 R
MARKER 1 2 "Verse 1" 1 0 1 R
MARKER 2 3 Chorus 1 0
MARKER 1 4 "" 1
MARKER 2 6 "" 1"""
    project = opened(tmp_path, head=head)
    assert project.tempo == (Tempo(0.0, 100.0, 3, 4), Tempo(8.5, 90.5, 3, 4), Tempo(20.0, 120.0, 7, 8))
    assert project.markers == (
        Marker(0.5, "Intro"),
        Marker(2.0, "Verse 1", 4.0),
        Marker(3.0, "Chorus", 6.0),
    )


def test_a_frozen_track_is_read_as_frozen(tmp_path: Path) -> None:
    frozen = f'<FREEZE 0\n<FXCHAIN\nBYPASS 0 0 0\n<JS a/b ""\n>\n>\n{item_text(source=wave("raw.wav"))}\n>'
    text = frozen + "\n" + item_text(source=wave("frozen.wav"))
    (track,) = opened(tmp_path, track_text(GUIDS[0], "A", items=text)).tracks
    assert [item.file for item in track.items] == [tmp_path / "frozen.wav"]
    assert track.plugins == ()


def test_old_projects_without_identities_are_read_by_place(tmp_path: Path) -> None:
    project = opened(tmp_path, track_text("", "A"), track_text("", "B"))
    assert [track.key for track in project.tracks] == ["track 1", "track 2"]


def test_two_tracks_with_one_identity_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ExportError, match=r"song\.rpp.*'A' and 'B'"):
        opened(tmp_path, track_text(GUIDS[0], "A"), track_text(GUIDS[0], "B"))


def test_a_folder_with_sound_of_its_own_is_said(tmp_path: Path) -> None:
    project = opened(
        tmp_path,
        track_text(GUIDS[0], "Drums", "ISBUS 1 1", items=item_text()),
        track_text(GUIDS[1], "Kick", "ISBUS 2 -1"),
    )
    assert "items of its own" in project.tracks[0].problem


def test_our_own_project_is_opened(tmp_path: Path) -> None:
    session = small_session(tmp_path / "song")
    project = open_project(write_project(small_mix(), session, tmp_path / "out").files[0])
    by_name = {track.name: track for track in project.tracks}
    assert project.sample_rate_hz == session.sample_rate_hz
    assert by_name["Kick"].output == by_name["drums"].key
    assert by_name["drums"].kind is TrackKind.GROUP
    assert by_name["reverb"].kind is TrackKind.RETURN
    (item,) = by_name["Gtr"].items
    assert item.file is not None
    assert item.file.resolve() == session.track("Gtr").files[0].path.resolve()


@pytest.mark.parametrize(
    "line", ["SAMPLERATE nan 1 0", "TEMPO inf 4 4", "MARKER 1 nan x 0", "TEMPO fast 4 4"]
)
def test_numbers_that_are_none_are_named(tmp_path: Path, line: str) -> None:
    with pytest.raises(ExportError, match=rf"song\.rpp.*{line.split()[0]}"):
        opened(tmp_path, head=line)


def test_absurd_places_and_gains_stay_numbers(tmp_path: Path) -> None:
    lines = "SOFFS 1e308\nVOLPAN 1e300 0 1e300 -1\nFADEIN 0 1e308 0\nYPOS 1e308 1e-5 2"
    track = "PLAYOFFS 1e308 0\nFREEMODE 2\nLANESOLO 1"
    text = track_text(GUIDS[0], "A", track, items=item_text(lines, position=1e308, length=1e308))
    (item,) = opened(tmp_path, text).tracks[0].items
    assert all(map(math.isfinite, (item.position_s, item.length_s, item.offset_s, item.gain_db, item.end_s)))
    assert item.muted


def test_no_project_is_refused(tmp_path: Path) -> None:
    for text in ("", "<TRACK\n>\n", "RIFF\0\0WAVE", "<REAPER_PROJECT 0.1\n"):
        path = tmp_path / "x.rpp"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(ExportError, match=r"x\.rpp"):
            open_project(path)
