"""A mix set in the user's own project: what it sets, by the independent parser; all else to the byte; and again."""

import math
import os
import struct
from dataclasses import replace
from pathlib import Path

import pytest
import rpp
from hypothesis import given, settings
from hypothesis import strategies as st
from reaper_cases import (
    GUIDS,
    RATE_HZ,
    USERS_HEAD,
    blocks,
    floats,
    load_rpp,
    project_text,
    reaeq_bands,
    row,
    rows,
    small_mix,
    small_session,
    state_bytes,
    track_text,
    tracks_by_name,
    users_mix,
    users_session,
    users_tracks,
    wave_item,
)
from strategies import mixes

from console.errors import ExportError
from console.frozen import FrozenMap
from console.mix import Automation, Bus, BusKind, Compressor, Input, Mix, Reverb, TrackStrip
from console.session import Session
from exporters.reaper.opening import open_project
from exporters.reaper.patching import patch_project
from exporters.reaper.reader import read_project
from exporters.reaper.records import read_records
from exporters.reaper.rpp import parse, read_document, to_bytes
from exporters.reaper.undoing import undo_patch
from exporters.reaper.writer import write_project
from exporters.report import ExportReport, Outcome

IDS = ("Kick", "Snare", "Bass", "Vox", "Gtr")

#: The only lines of the user's that a patch may change.
OURS = {
    "VOLPAN",
    "PANMODE",
    "PANLAWFLAGS",
    "IPHASE",
    "MUTESOLO",
    "PLAYOFFS",
    "MAINSEND",
    "ISBUS",
    "MASTER_VOLUME",
}


def users_text(*tracks: str, head: str = USERS_HEAD) -> str:
    return project_text(*(tracks or users_tracks()), head=head)


def patched(
    tmp_path: Path, mix: Mix | None = None, text: str = "", name: str = "out.rpp", **options: str
) -> tuple[Path, ExportReport]:
    session = users_session(tmp_path, text or users_text())
    report = patch_project(mix or users_mix(), session, tmp_path / name, force=True, **options)
    return report.files[0], report


def again(path: Path, mix: Mix, out: str = "again.rpp") -> bytes:
    """The bytes of a patch of a patched project."""
    session = replace(users_session(path.parent, "", "unused"), project=path)
    return patch_project(mix, session, path.with_name(out), force=True).files[0].read_bytes()


def entries(report: ExportReport, strip: str, parameter: str) -> list[tuple[Outcome, str]]:
    return [(e.outcome, e.sentence) for e in report.entries if (e.strip, e.parameter) == (strip, parameter)]


def db(level_db: float) -> float:
    return 10.0 ** (level_db / 20.0)


def level(path: Path, name: str) -> list[float]:
    return [float(word) for word in row(tracks_by_name(load_rpp(path))[name], "VOLPAN")]


def chain_names(path: Path, name: str) -> list[str]:
    chain = tracks_by_name(load_rpp(path))[name].find("FXCHAIN")
    return [] if chain is None else [child.attrib[0] for child in chain if isinstance(child, rpp.Element)]


def lost_lines(before: str, after: str) -> list[str]:
    """The lines that do not stand in the second text in the first one's order, but for those that a patch may set."""
    left = iter(after.splitlines())
    kept = [line for line in before.splitlines() if line.split(maxsplit=1)[0] not in OURS]
    return [line for line in kept if line not in left]


def test_faders_pans_polarity_mutes_and_delays(tmp_path: Path) -> None:
    path, _ = patched(tmp_path)
    # 3 dB of make-up are more than ReaComp gives; they are on the fader
    assert level(path, "Kick") == pytest.approx([db(-6.5 + 3.0), -0.3, math.sqrt(0.5), -1.0, 1.0])
    assert level(path, "Bass") == pytest.approx([1.0, 0.25, math.sqrt(0.5), -1.0, 1.0])
    tracks = tracks_by_name(load_rpp(path))
    assert row(tracks["Kick"], "IPHASE") == ["1"]
    assert row(tracks["Vox"], "IPHASE") == ["0"]
    assert row(tracks["Kick"], "PANLAWFLAGS") == ["0"]
    assert row(tracks["Snare"], "MUTESOLO") == ["1", "0", "0"]
    assert row(tracks["Kick"], "PLAYOFFS") == ["-0.002", "0"]
    assert not rows(tracks["Snare"], "PLAYOFFS")
    assert float(row(load_rpp(path), "MASTER_VOLUME")[0]) == pytest.approx(db(-2.0))


def test_the_panned_stereo_track_gets_the_consoles_gains_under_reapers_law(tmp_path: Path) -> None:
    path, _ = patched(tmp_path)
    volume, pan, law, *_ = level(path, "Gtr")
    assert law == pytest.approx(math.sqrt(0.5))
    left, right = (volume * f((pan + 1.0) * math.pi / 4.0) for f in (math.cos, math.sin))
    angle = 1.4 * math.pi / 4.0
    assert left == pytest.approx(db(-2.0) * min(1.0, math.sqrt(2.0) * math.cos(angle)))
    assert right == pytest.approx(db(-2.0))


def test_our_plugins_come_after_the_users_with_names_of_ours(tmp_path: Path) -> None:
    path, _ = patched(tmp_path)
    assert chain_names(path, "Bass") == ["VST3: Pro-Q 3 (FabFilter)", "VST: ReaEQ (Cockos)"]
    assert chain_names(path, "Kick") == ["VST: ReaEQ (Cockos)", "VST: ReaComp (Cockos)"]
    chain = tracks_by_name(load_rpp(path))["Kick"].find("FXCHAIN")
    assert [child.attrib[3] for child in chain if isinstance(child, rpp.Element)] == [
        "mixbridge ReaEQ",
        "mixbridge ReaComp",
    ]


def test_input_gain_is_the_gain_of_the_first_equalizer(tmp_path: Path) -> None:
    path, _ = patched(tmp_path)
    states = [state_bytes(lines) for lines in blocks(path.read_text(encoding="utf-8"), "ReaEQ (Cockos)")]
    gains = []
    for state in states:
        end = 8 + 33 * len(reaeq_bands(state))
        gains.append(20.0 * math.log10(struct.unpack_from("<d", state, end + 8)[0]))
    assert gains == pytest.approx([0.0, 3.0, -2.0], abs=1e-9)


def test_input_gain_without_an_equalizer_has_one_of_its_own(tmp_path: Path) -> None:
    mix = Mix(RATE_HZ, (TrackStrip("Kick", input=Input(-20.0), compressor=Compressor(True)),))
    path, report = patched(tmp_path, mix)
    assert chain_names(path, "Kick") == ["VST: ReaEQ (Cockos)", "VST: ReaComp (Cockos)"]
    ((outcome, sentence),) = entries(report, "Kick", "input.gain_db")
    assert outcome is Outcome.APPROXIMATED
    assert "ReaEQ" in sentence
    threshold = floats(state_bytes(blocks(path.read_text(encoding="utf-8"), "ReaComp")[0]))[0]
    assert threshold == pytest.approx(db(Compressor().threshold_db), rel=1e-6)


def test_the_folder_with_the_groups_members_is_the_group(tmp_path: Path) -> None:
    path, report = patched(tmp_path)
    assert level(path, "Drums")[:3] == pytest.approx([db(-1.0), 0.0, -1.0])
    assert chain_names(path, "Drums") == ["VST: ReaComp (Cockos)"]
    assert [track.attrib[0] for track in load_rpp(path).findall("TRACK")][:7] == list(GUIDS[:7])
    assert "'Drums'" in entries(report, "Kick", "output")[0][1]


def test_a_group_that_no_folder_sums_is_a_new_bus_at_the_end(tmp_path: Path) -> None:
    mix = users_mix()
    tracks = tuple(
        replace(strip, output="drums") if strip.id in ("Kick", "Vox") else strip for strip in mix.tracks
    )
    tracks = tuple(replace(strip, output="master") if strip.id == "Snare" else strip for strip in tracks)
    path, report = patched(tmp_path, replace(mix, tracks=tracks))
    root = load_rpp(path)
    assert [row(track, "NAME")[0] for track in root.findall("TRACK")][7:] == ["drums", "hall"]
    names = tracks_by_name(root)
    receives = rows(names["drums"], "AUXRECV")
    assert [(int(words[0]), words[1], float(words[2])) for words in receives] == [
        (1, "0", 1.0),
        (4, "0", 1.0),
    ]
    assert row(names["Kick"], "MAINSEND") == row(names["Vox"], "MAINSEND") == ["0", "0"]
    assert row(names["Snare"], "MAINSEND") == ["1", "0"]
    assert "'Drums', which does not hear it any more" in entries(report, "Kick", "output")[0][1]
    outcome, sentence = entries(report, "Snare", "output")[0]
    assert outcome is Outcome.APPROXIMATED
    assert "still goes through the project's own 'Drums'" in sentence


def test_a_bus_that_is_fed_by_sends_is_used_too(tmp_path: Path) -> None:
    tracks = [
        track_text(GUIDS[1], "Kick", "MAINSEND 0 0", items=wave_item("k.wav")),
        track_text(GUIDS[2], "Snare", "MAINSEND 0 0", items=wave_item("s.wav")),
        track_text(
            GUIDS[8],
            "Drum bus",
            "AUXRECV 0 0 1 0 0 0 0 0 0 -1:U 0 -1 ''\nAUXRECV 1 0 1 0 0 0 0 0 0 -1:U 0 -1 ''",
        ),
    ]
    mix = users_mix()
    mix = replace(mix, tracks=mix.tracks[:2])
    path, _ = patched(tmp_path, mix, users_text(*tracks))
    assert level(path, "Drum bus")[0] == pytest.approx(db(-1.0))
    assert [row(track, "NAME")[0] for track in load_rpp(path).findall("TRACK")] == [
        "Kick",
        "Snare",
        "Drum bus",
        "hall",
    ]


def test_a_folder_whose_member_goes_elsewhere_is_no_group(tmp_path: Path) -> None:
    text = (
        users_text().replace("ISBUS 2 -1", "ISBUS 2 -1\n    X 1").replace("MAINSEND 1 0", "MAINSEND 0 0", 2)
    )
    path, _ = patched(tmp_path, text=text)
    assert "drums" in tracks_by_name(load_rpp(path))


def test_returns_are_fed_by_the_tracks_places(tmp_path: Path) -> None:
    path, _ = patched(tmp_path)
    root = load_rpp(path)
    last = root.findall("TRACK")[-1]
    assert row(last, "NAME") == ["hall"]
    assert last.attrib[0] == row(last, "TRACKID")[0]
    assert [(int(words[0]), words[1], float(words[2])) for words in rows(last, "AUXRECV")] == [
        (2, "0", pytest.approx(db(-12.0))),
        (4, "0", pytest.approx(db(-18.0))),
    ]
    mine = tracks_by_name(root)["My reverb"]
    assert rows(mine, "AUXRECV") == [["4", "0", "0.5", *["0"] * 6, "-1:U", "0", "-1", ""]]


def test_new_tracks_lie_outside_folders_that_the_last_track_leaves_open(tmp_path: Path) -> None:
    tracks = users_tracks()
    tracks = [
        tracks[3],
        tracks[4],
        tracks[5],
        tracks[0],
        tracks[1].replace("AUTOMODE 0", "AUTOMODE 0\nISBUS 1 1"),
    ]
    tracks[4] = tracks[4].replace("ISBUS 0 0\n", "")
    tracks.append(track_text(GUIDS[2], "Snare", "ISBUS 2 -1", items=wave_item("s.wav")))
    mix = users_mix()
    mix = replace(mix, tracks=tuple(strip for strip in mix.tracks if strip.id != "Gtr"))
    path, _ = patched(tmp_path, mix, users_text(*tracks))
    root = load_rpp(path)
    depth = 0
    for track in root.findall("TRACK"):
        if row(track, "NAME") == ["hall"]:
            assert depth == 0
        change = int(row(track, "ISBUS")[1])
        depth += change
    assert row(tracks_by_name(root)["Snare"], "ISBUS") == ["2", "-2"]
    assert again(path, mix) == path.read_bytes()


def test_nothing_else_changes_by_a_byte(tmp_path: Path) -> None:
    text = users_text()
    path, _ = patched(tmp_path, text=text)
    after = path.read_bytes().decode("utf-8")
    assert lost_lines(text, after) == []
    document = parse(after)
    root = document.node("REAPER_PROJECT")
    assert root is not None
    records = read_records(root)
    assert records is not None
    undo_patch(root, records)
    assert to_bytes(document) == text.encode("utf-8")


def test_the_users_elements_stand_as_they_were_in_the_independent_parsers_tree(tmp_path: Path) -> None:
    text = users_text()
    path, _ = patched(tmp_path, text=text)
    before, after = rpp.loads(text), load_rpp(path)

    def plain(element: rpp.Element) -> list[object]:
        return [child for child in element.children if isinstance(child, list) and child[0] not in OURS]

    assert plain(before) == plain(after)
    ours, theirs = tracks_by_name(after), tracks_by_name(before)
    for name, track in theirs.items():
        assert plain(track) == plain(ours[name])
        for kind in ("ITEM", "VOLENV2", "PROJBAY"):
            assert [rpp.dumps(item) for item in track.findall(kind)] == [
                rpp.dumps(item) for item in ours[name].findall(kind) if kind == "ITEM" or name != "Vox"
            ]


def test_crlf_tabs_and_bytes_that_are_no_text_survive(tmp_path: Path) -> None:
    text = users_text().replace('NAME "Bass"', 'NAME "B\udcff\udcfess"')
    text = text.replace("    VOLPAN 0.25", "\tVOLPAN 0.25").replace("\n", "\r\n")
    path, _ = patched(tmp_path, text=text)
    data = path.read_bytes()
    assert data.count(b"\n") == data.count(b"\r\n")
    assert b"B\xff\xfess" in data
    assert b"\tVOLPAN 1 0.25" in data
    assert again(path, users_mix()) == data


def test_patching_twice_changes_nothing_and_another_mix_replaces_the_first(tmp_path: Path) -> None:
    path, _ = patched(tmp_path)
    assert again(path, users_mix()) == path.read_bytes()
    other = Mix(
        RATE_HZ,
        (TrackStrip("Bass", fader_db=-9.0), TrackStrip("Vox", sends=FrozenMap({"r": -6.0}))),
        (Bus("r", BusKind.FX, reverb=Reverb()),),
    )
    straight, _ = patched(tmp_path, other, name="straight.rpp")
    assert again(path, other) == straight.read_bytes()


@given(st.data())
@settings(max_examples=25)
def test_any_two_mixes_one_after_the_other_are_the_second(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    tmp_path = tmp_path_factory.mktemp("p")
    fx = data.draw(st.sampled_from(("after", "container")))
    strip = data.draw(st.sampled_from(("rea", "jsfx")))
    groups = data.draw(st.sampled_from((("drums",), ("drums", "all"))))
    drawn = [
        replace(data.draw(mixes(track_ids=IDS, group_ids=groups, fx_ids=("hall",))), sample_rate_hz=RATE_HZ)
        for _ in range(2)
    ]
    text = users_text(
        head=data.draw(st.sampled_from((USERS_HEAD, USERS_HEAD.replace("PANLAW 1", "PANLAW 0.5"))))
    )
    session = users_session(tmp_path, text)
    first = patch_project(drawn[0], session, tmp_path / "1.rpp", fx=fx, strip=strip).files[0]
    document = read_document(first)
    root = document.node("REAPER_PROJECT")
    assert root is not None
    records = read_records(root)
    assert records is not None
    undo_patch(root, records)
    assert to_bytes(document) == text.encode("utf-8")
    straight = patch_project(drawn[1], session, tmp_path / "2.rpp", fx=fx, strip=strip).files[0]
    on_first = replace(session, project=first)
    second = patch_project(drawn[1], on_first, tmp_path / "1-2.rpp", fx=fx, strip=strip).files[0]
    assert second.read_bytes() == straight.read_bytes()
    on_second = replace(session, project=second)
    third = patch_project(drawn[1], on_second, tmp_path / "1-2-2.rpp", fx=fx, strip=strip).files[0]
    assert third.read_bytes() == second.read_bytes()


def test_what_the_user_did_after_a_patch_stays(tmp_path: Path) -> None:
    path, _ = patched(tmp_path)
    text = path.read_text(encoding="utf-8")
    mine = track_text(
        GUIDS[9],
        "Added later",
        "AUXRECV 7 0 0.25 0 0 0 0 0 0 -1:U 0 -1 ''\nAUXRECV 3 0 1 0 0 0 0 0 0 -1:U 0 -1 ''",
    )
    text = text.replace("  <EXTSTATE", "\n".join("  " + line for line in mine.splitlines()) + "\n  <EXTSTATE")
    # The user unmutes the snare, which the patch muted, and mutes the bass.
    text = text.replace("MUTESOLO 1 0 0", "MUTESOLO 0 1 0", 1)
    bass = text.index("NAME Bass") if "NAME Bass" in text else text.index('NAME "Bass"')
    text = text[:bass] + text[bass:].replace("MUTESOLO 0 0 0", "MUTESOLO 1 0 0", 1)
    edited = path.with_name("edited.rpp")
    edited.write_text(text, encoding="utf-8")
    mix = users_mix()
    mix = replace(mix, tracks=tuple(replace(strip, muted=False) for strip in mix.tracks))
    out = again(edited, mix)
    tracks = tracks_by_name(rpp.loads(out.decode("utf-8")))
    assert row(tracks["Bass"], "MUTESOLO") == ["1", "0", "0"]
    assert row(tracks["Snare"], "MUTESOLO") == ["0", "1", "0"]
    assert list(tracks) == [
        "Drums",
        "Kick",
        "Snare",
        "Bass",
        "Vox",
        "My reverb",
        "Gtr",
        "Added later",
        "hall",
    ]
    # its receive from our return, which was made anew, is gone; the other still names the bass
    assert [words[0] for words in rows(tracks["Added later"], "AUXRECV")] == ["3"]


def test_a_container_holds_our_plugins_where_that_is_asked_for(tmp_path: Path) -> None:
    path, report = patched(tmp_path, fx="container")
    chain = tracks_by_name(load_rpp(path))["Bass"].find("FXCHAIN")
    container = chain.find("CONTAINER")
    assert container.attrib == ["Container", "mixbridge", ""]
    assert [child.attrib[0] for child in container.findall("VST")] == ["VST: ReaEQ (Cockos)"]
    assert [child.tag for child in chain if isinstance(child, rpp.Element)] == ["VST", "CONTAINER"]
    ((outcome, sentence),) = entries(report, "master", "plugins")
    assert outcome is Outcome.APPROXIMATED
    assert "6.78" in sentence
    # and a patch the other way replaces it
    plain, _ = patched(tmp_path, name="plain.rpp")
    assert again(path, users_mix()) == plain.read_bytes()


def test_a_volume_envelope_of_the_users_stays_and_is_told_of(tmp_path: Path) -> None:
    path, report = patched(tmp_path)
    text = path.read_text(encoding="utf-8")
    assert "{99999999-2222-3333-4444-555555555555}" in text
    ((outcome, sentence),) = entries(report, "Gtr", "fader_db")
    assert outcome is Outcome.DROPPED
    assert "yours and stays" in sentence
    moving = replace(users_mix().track("Gtr"), automation=Automation(((0.0, -3.0), (1.0, 0.0))))
    mix = replace(users_mix(), tracks=tuple(moving if s.id == "Gtr" else s for s in users_mix().tracks))
    path, report = patched(tmp_path, mix)
    assert len(rows(tracks_by_name(load_rpp(path))["Gtr"].find("VOLENV2"), "PT")) == 2
    assert entries(report, "Gtr", "automation.fader_db")[0][0] is Outcome.DROPPED


def test_moves_of_ours_are_an_envelope(tmp_path: Path) -> None:
    path, _ = patched(tmp_path)
    track = tracks_by_name(load_rpp(path))["Vox"]
    points = [(float(words[0]), float(words[1])) for words in rows(track.find("VOLENV2"), "PT")]
    assert points[0] == (0.0, pytest.approx(db(-3.0)))
    assert points[-1] == (2.0, pytest.approx(1.0))
    assert level(path, "Vox")[0] == 1.0


def test_moves_hold_the_whole_level_where_the_envelope_is_the_fader(tmp_path: Path) -> None:
    tracks = users_tracks()
    tracks[4] = tracks[4].replace("AUTOMODE 0", "AUTOMODE 1")
    vox = replace(users_mix().track("Vox"), compressor=Compressor(True, makeup_db=8.0))
    mix = replace(users_mix(), tracks=tuple(vox if s.id == "Vox" else s for s in users_mix().tracks))
    path, _ = patched(tmp_path, mix, users_text(*tracks))
    track = tracks_by_name(load_rpp(path))["Vox"]
    assert float(rows(track.find("VOLENV2"), "PT")[-1][1]) == pytest.approx(db(2.0))
    assert level(path, "Vox")[0] == 1.0


@pytest.mark.parametrize("law", ["0.5", "0.70710678", "1.41421356", "-0.70710678"])
def test_another_pan_law_of_the_project_is_made_up_for(tmp_path: Path, law: str) -> None:
    path, report = patched(tmp_path, text=users_text(head=USERS_HEAD.replace("PANLAW 1", f"PANLAW {law}")))
    assert level(path, "Drums")[2] == 1.0
    assert level(path, "hall")[2] == 1.0
    assert level(path, "Kick")[2] == pytest.approx(math.sqrt(0.5))
    assert level(path, "My reverb")[2] == -1.0
    assert row(load_rpp(path), "MASTER_VOLUME")[2] == "1"
    assert row(load_rpp(path), "PANLAW") == [law]
    assert entries(report, "drums", "pan.law")
    assert entries(report, "hall", "pan.law")


@pytest.mark.parametrize(("head", "flags"), [("PANMODE 3", False), ("PANMODE 3\nPANLAWFLAGS 3", True)])
def test_the_taper_is_the_sine_where_a_law_of_ours_stands(tmp_path: Path, head: str, flags: bool) -> None:
    path, _ = patched(tmp_path, text=users_text(head=USERS_HEAD.replace("PANMODE 3", head)))
    tracks = tracks_by_name(load_rpp(path))
    assert bool(rows(tracks["Bass"], "PANLAWFLAGS")) is flags
    assert rows(tracks["Drums"], "PANLAWFLAGS") == []


def test_tracks_in_another_pan_mode_go_to_the_one_that_was_measured(tmp_path: Path) -> None:
    path, _ = patched(tmp_path, text=users_text(head=USERS_HEAD.replace("PANMODE 3", "PANMODE 5")))
    tracks = tracks_by_name(load_rpp(path))
    assert row(tracks["Bass"], "PANMODE") == row(tracks["hall"], "PANMODE") == ["3"]
    assert rows(tracks["My reverb"], "PANMODE") == []


def test_audio_is_found_from_the_copys_own_folder(tmp_path: Path) -> None:
    session = users_session(tmp_path / "song", users_text())
    out = tmp_path / "hand-over" / "copy.rpp"
    report = patch_project(users_mix(), session, out)
    files = [track.items[0].file for track in open_project(out).tracks if track.items]
    assert session.project is not None
    wanted = [track.items[0].file for track in open_project(session.project).tracks if track.items]
    assert [os.path.normpath(file) for file in files if file] == [
        os.path.normpath(file) for file in wanted if file
    ]
    assert "5 names of audio files" in entries(report, "", "files")[0][1]
    moved = patch_project(users_mix(), session, tmp_path / "x.rpp", home=tmp_path / "song" / "x.rpp").files[0]
    assert 'FILE "audio\\bass.wav"' in moved.read_text(encoding="utf-8")


def test_the_offset_of_the_users_and_ours_add_up_once(tmp_path: Path) -> None:
    tracks = users_tracks()
    tracks[1] = tracks[1].replace("AUTOMODE 0", "AUTOMODE 0\nPLAYOFFS 0.01 0")
    path, _ = patched(tmp_path, text=users_text(*tracks))
    assert row(tracks_by_name(load_rpp(path))["Kick"], "PLAYOFFS") == ["0.008", "0"]
    assert again(path, users_mix()) == path.read_bytes()
    before = open_project(tmp_path / "user.rpp").track(GUIDS[1]).items[0].position_s
    assert open_project(path).track(GUIDS[1]).items[0].position_s == before == 0.01


def test_a_patched_project_opens_as_the_users(tmp_path: Path) -> None:
    path, _ = patched(tmp_path)
    before, after = open_project(tmp_path / "user.rpp"), open_project(path)
    for one in before.tracks:
        other = after.track(one.key)
        assert replace(other, muted=False, channels=0) == one
    assert [track.kind for track in after.tracks[7:]] == ["return"]


def test_chains_that_are_switched_off_are_told_of(tmp_path: Path) -> None:
    tracks = users_tracks()
    tracks[3] = tracks[3].replace("FX 1", "FX 0")
    _, report = patched(tmp_path, text=users_text(*tracks))
    assert entries(report, "Bass", "plugins")[0][0] is Outcome.DROPPED


def test_the_jsfx_strip_holds_input_gain_and_polarity(tmp_path: Path) -> None:
    path, report = patched(tmp_path, strip="jsfx")
    tracks = tracks_by_name(load_rpp(path))
    assert row(tracks["Kick"], "IPHASE") == ["0"]
    assert tracks["Kick"].find("FXCHAIN").find("JS").attrib[1] == "mixbridge strip"
    assert level(path, "Kick")[0] == pytest.approx(db(-6.5))
    assert "installed" in entries(report, "master", "strip")[0][1]


def test_a_track_that_the_session_leaves_out_stays_as_it_is(tmp_path: Path) -> None:
    session = users_session(tmp_path, users_text())
    out_of_it = tuple(replace(track, included=track.id != "Kick") for track in session.tracks)
    mix = users_mix()
    mix = replace(mix, tracks=(replace(mix.tracks[0], muted=True), *mix.tracks[1:]))
    path = patch_project(mix, replace(session, tracks=out_of_it), tmp_path / "out.rpp").files[0]
    before, after = (tracks_by_name(load_rpp(one))["Kick"] for one in (tmp_path / "user.rpp", path))
    assert rpp.dumps(before) == rpp.dumps(after)
    # the folder still is the group's, of which the other member plays
    assert level(path, "Drums")[0] == pytest.approx(db(-1.0))


@pytest.mark.parametrize(
    ("version", "module"),
    [
        ("7.38/win64", "reaeq.dll"),
        ("6.25/OSX64-clang", "reaeq.vst.dylib"),
        ("7.0/macOS-arm64", "reaeq.vst.dylib"),
        ("6.27/linux-x86_64", "reaeq.vst.so"),
        ("5.50c", "reaeq.dll"),
    ],
)
def test_plugins_are_those_of_the_projects_system(tmp_path: Path, version: str, module: str) -> None:
    path, _ = patched(tmp_path, text=users_text().replace("6.78/win64", version))
    assert f'(Cockos)" {module} ' in path.read_text(encoding="utf-8")
    path, _ = patched(tmp_path, platform="linux")
    assert '(Cockos)" reaeq.vst.so ' in path.read_text(encoding="utf-8")


def test_the_project_itself_and_its_audio_are_never_written(tmp_path: Path) -> None:
    session = users_session(tmp_path, users_text())
    source = tmp_path / "user.rpp"
    before = source.read_bytes()
    link, hard = tmp_path / "link.rpp", tmp_path / "hard.rpp"
    try:
        link.symlink_to(source)
        hard.hardlink_to(source)
    except OSError:
        pytest.skip("this file system has no links")
    for path in (source, tmp_path / "." / "user.rpp", link, hard):
        with pytest.raises(ExportError, match="belongs to the session"):
            patch_project(users_mix(), session, path, force=True)
    with pytest.raises(ExportError, match="belongs to the session"):
        patch_project(users_mix(), session, tmp_path / "audio" / "kick.wav", force=True)
    assert source.read_bytes() == before


def test_an_existing_file_needs_force(tmp_path: Path) -> None:
    patched(tmp_path)
    session = users_session(tmp_path, users_text())
    with pytest.raises(ExportError, match="exists already"):
        patch_project(users_mix(), session, tmp_path / "out.rpp")


def test_a_session_and_a_mix_that_do_not_belong_together_are_refused(tmp_path: Path) -> None:
    session = users_session(tmp_path, users_text())
    mix = users_mix()
    out = tmp_path / "x.rpp"
    for wrong_mix, wrong_session, said in (
        (mix, replace(session, project=None), "not read from a project"),
        (replace(mix, sample_rate_hz=44100), session, "44100 Hz"),
        (replace(mix, tracks=(TrackStrip("Flute"),)), session, "Flute"),
        (mix, lost_track(session), "not in the project any more"),
        (mix, twice(session), "one track of the project"),
    ):
        with pytest.raises(ExportError, match=said):
            patch_project(wrong_mix, wrong_session, out)
    with pytest.raises(ExportError, match="no place"):
        patch_project(mix, session, out, fx="before")
    assert not out.exists()


def lost_track(session: Session) -> Session:
    return replace(session, tracks=(*session.tracks[:-1], replace(session.tracks[-1], key=GUIDS[30])))


def twice(session: Session) -> Session:
    return replace(session, tracks=(*session.tracks[:-1], replace(session.tracks[-1], key=GUIDS[1])))


def test_damaged_notes_of_an_earlier_patch_are_refused(tmp_path: Path) -> None:
    path, _ = patched(tmp_path)
    text = path.read_text(encoding="utf-8")
    at = text.index("TRACK0 ") + len("TRACK0 ")
    for damage in ("!!!!", "W10=", "eyJrZXkiOjF9"):
        path.write_text(text[:at] + damage + "\n" + text[text.index("\n", at) + 1 :], encoding="utf-8")
        with pytest.raises(ExportError, match="earlier patch"):
            again(path, users_mix())


def test_every_change_is_told_from_what_to_what(tmp_path: Path) -> None:
    _, report = patched(tmp_path)
    assert entries(report, "Bass", "fader_db") == [(Outcome.EXACT, "the track's volume: −12.04 dB → 0.00 dB")]
    assert entries(report, "master", "fader_db") == [
        (Outcome.EXACT, "the master's volume: −0.92 dB → −2.00 dB")
    ]
    assert "it was −0.50" in entries(report, "Bass", "pan")[0][1]
    assert entries(report, "Snare", "muted") == [(Outcome.EXACT, "the track's mute: off → on")]
    assert report.partial


REAL = (
    "perlence_vst.RPP",
    "rppp_send-receive.RPP",
    "rppp_vst2_reacomp.RPP",
    "rppp_vst3.RPP",
    "ultraschall_linux_StudioLink_and_Soundboard.RPP",
    "ultraschall_linux_StudioLink.RTrackTemplate",
    "ultraschall_win_StudioLink.RTrackTemplate",
)


def same_tree(before: rpp.Element, after: rpp.Element) -> bool:
    """Whether all of an element stands in another in its order, but for the lines that a patch may set."""
    left = iter(after.children)
    for child in before.children:
        if isinstance(child, rpp.Element):
            head = (child.tag, child.attrib)
            found = next((c for c in left if isinstance(c, rpp.Element) and (c.tag, c.attrib) == head), None)
            if found is None or not same_tree(child, found):
                return False
        elif child[0] not in OURS and child not in left:
            return False
    return True


@pytest.mark.parametrize("fx", ["after", "container"])
@pytest.mark.parametrize("name", REAL)
def test_real_files_keep_all_that_is_not_ours(shared: Path, tmp_path: Path, name: str, fx: str) -> None:
    """Templates are put into a project for that, as the lines stand in them."""
    real = (shared / "fixtures" / "reaper" / name).read_bytes()
    source = tmp_path / "song" / "real.rpp"
    source.parent.mkdir()
    source.write_bytes(real if name.endswith("RPP") else b"<REAPER_PROJECT 0.1\n" + real + b">\n")
    before = source.read_bytes()
    model = users_session(tmp_path, users_text()).tracks[0]
    tracks = tuple(
        replace(model, id=f"t{place}", key=track.key)
        for place, track in enumerate(open_project(source).tracks)
    )
    session = Session("real", tmp_path, RATE_HZ, tracks, project=source)
    strips = tuple(
        replace(users_mix().tracks[place % 5], id=track.id, output="master")
        for place, track in enumerate(tracks)
    )
    out = patch_project(
        replace(users_mix(), tracks=strips), session, tmp_path / "song" / "out.rpp", fx=fx
    ).files[0]
    text = before.decode("utf-8", "surrogateescape")
    assert lost_lines(text, out.read_bytes().decode("utf-8", "surrogateescape")) == []
    assert same_tree(rpp.loads(text), load_rpp(out))
    document = read_document(out)
    root = document.node("REAPER_PROJECT")
    assert root is not None
    records = read_records(root)
    assert records is not None
    undo_patch(root, records)
    assert to_bytes(document) == before


def test_a_folder_of_the_writers_that_is_no_group_of_the_mix_any_more_gives_way_to_a_new_bus(
    tmp_path: Path,
) -> None:
    written, mix = small_session(tmp_path), small_mix()
    (path,) = (file for file in write_project(mix, written, tmp_path).files if file.suffix == ".rpp")
    keys = {track.name: track.key for track in open_project(path).tracks}
    tracks = tuple(replace(track, key=keys[track.id]) for track in written.tracks)
    session = replace(written, tracks=tracks, project=path)
    members = [track.id for track in mix.tracks if track.output == "drums"]
    fewer = tuple(
        replace(track, output="master") if track.id == members[0] else track for track in mix.tracks
    )
    patch_project(replace(mix, tracks=fewer), session, tmp_path / "again.rpp")
    read = read_project(tmp_path / "again.rpp")
    assert {bus.id for bus in read.buses} == {bus.id for bus in mix.buses}
    assert {track.id: track.output for track in read.tracks} == {track.id: track.output for track in fewer}
    folder = tracks_by_name(load_rpp(path))["drums"].attrib[0]
    emptied = next(t for t in load_rpp(tmp_path / "again.rpp").findall("TRACK") if t.attrib[0] == folder)
    assert row(emptied, "ISBUS") == ["0", "0"]
