"""A DAW's project as a session: its tracks, groups, mutes and media, and what is said where something is wrong."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from fake_daw import REGISTRY, item, save, track
from hypothesis import given
from hypothesis import strategies as st

from bridge.sessions import SessionOptions, load_session
from bridge.sessions.playing import MOST_TRACKS
from console.errors import SessionError
from console.frozen import FrozenMap
from console.session import Finding, Role, Session, neutral_mix
from exporters import registry
from exporters.project import Channels, FadeShape, TrackKind

WriteSound = Callable[..., Path]
RATE_HZ = 48_000
SECONDS = 0.1


@pytest.fixture(autouse=True)
def _fake_daw(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "EXPORTERS", REGISTRY)


def found(session: Session, code: str) -> Finding:
    (finding,) = (one for one in session.findings if one.code == code)
    return finding


def load(tmp_path: Path, *tracks: dict[str, Any], **about: Any) -> Session:
    options = about.pop("options", None)
    return load_session([save(tmp_path / "song.fake", *tracks, **about)], options=options)


def test_a_whole_file_is_used_as_it_is(write: WriteSound, tmp_path: Path) -> None:
    file = write("audio/gtr.wav", channels=2)
    session = load(tmp_path, track("Gtr", item(file, 1.5, SECONDS)), sample_rate_hz=RATE_HZ)
    (one,) = session.tracks
    assert (one.id, one.key, one.channels, one.role) == ("Gtr", "Gtr", 2, Role.ELECTRIC_GUITAR)
    assert (one.start_samples, one.samples) == (72_000, 4_800)
    assert one.files[0].path == file
    assert (session.name, session.root, session.project) == ("song", tmp_path, tmp_path / "song.fake")
    assert session.sample_rate_hz == RATE_HZ


@pytest.mark.parametrize(
    "about",
    [
        {"offset_s": 0.01},
        {"gain_db": -3.0},
        {"fade_in": (0.01, "linear")},
        {"fade_out": (0.01, "s_curve")},
        {"inverted": True},
        {"channels": "left"},
    ],
    ids=str,
)
def test_anything_else_becomes_a_file_in_the_cache(
    about: dict[str, Any], write: WriteSound, tmp_path: Path
) -> None:
    file = write("gtr.wav", channels=2)
    before = file.read_bytes()
    session = load(tmp_path, track("Gtr", item(file, 0.25, SECONDS, **about)))
    (one,) = session.tracks
    assert one.files[0].path.is_relative_to(os.environ["MIXBRIDGE_CACHE"])
    assert one.files[0].path.name == "Gtr.wav"
    assert one.start_samples == 12_000
    assert found(session, "joined-items").tracks == ("Gtr",)
    assert file.read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["gtr.wav", "song.fake"]


def test_the_rate_is_the_projects_unless_someone_says_otherwise(write: WriteSound, tmp_path: Path) -> None:
    plain = track("Gtr", item(write("gtr.wav"), 0.0, SECONDS))
    assert load(tmp_path, plain, sample_rate_hz=44_100).sample_rate_hz == 44_100
    assert load(tmp_path, plain).sample_rate_hz == RATE_HZ
    said = SessionOptions(sample_rate_hz=96_000)
    assert load(tmp_path, plain, sample_rate_hz=44_100, options=said).sample_rate_hz == 96_000
    with pytest.raises(SessionError, match="1000 to 768000 Hz"):
        load(tmp_path, plain, sample_rate_hz=17)


def test_groups_are_the_ones_that_tracks_sound_through(write: WriteSound, tmp_path: Path) -> None:
    audio = item(write("a.wav"), 0.0, SECONDS)
    session = load(
        tmp_path,
        track("{1}", name="Band", kind="group"),
        track("{2}", name="Kick", kind="group", output="{1}"),
        track("k", audio, name="Kick", output="{2}"),
        track("v", audio, name="Vox", output="{1}"),
        track("b", audio, name="Bass"),
    )
    groups = {one.id: one.group for one in session.tracks}
    assert groups == {"Kick": "Kick (2)", "Vox": "Band", "Bass": ""}, "no group has the name of a track"
    assert [one.key for one in session.tracks] == ["k", "v", "b"]


def test_muted_tracks_stay_and_are_not_mixed(write: WriteSound, tmp_path: Path) -> None:
    audio = item(write("a.wav"), 0.0, SECONDS)
    tracks = (
        track("Gtr", audio, muted=True),
        track("{g}", name="Drums", kind="group", muted=True),
        track("Snare", audio, output="{g}"),
        track("Vox", audio, soloed=True),
        track("Old", audio, disabled=True),
        track("Take", item(tmp_path / "gone.wav", 0.0, 1.0), muted=True),
    )
    session = load(tmp_path, *tracks)
    assert {one.id: one.included for one in session.tracks} == {"Gtr": False, "Snare": False, "Vox": True}
    assert found(session, "muted").tracks == ("Gtr", "Snare", "Take")
    assert found(session, "soloed").tracks == ("Vox",)
    assert "'Old'" in found(session, "left-out").text
    (tmp_path / "session.toml").write_text("[tracks.Gtr]\nleave_out = false\n", encoding="utf-8")
    assert load(tmp_path, *tracks).track("Gtr").included


def test_muted_items_are_silent(write: WriteSound, tmp_path: Path) -> None:
    used, unused = write("used.wav"), tmp_path / "gone.wav"
    session = load(
        tmp_path,
        track("Gtr", item(unused, 0.0, 9.0, muted=True), item(used, 0.0, SECONDS)),
        track("Empty", item(used, 0.0, 9.0, muted=True)),
    )
    assert [one.id for one in session.tracks] == ["Gtr"]
    assert session.track("Gtr").files[0].path == used


def test_a_group_in_a_circle_ends(write: WriteSound, tmp_path: Path) -> None:
    audio = item(write("a.wav"), 0.0, SECONDS)
    session = load(
        tmp_path,
        track("a", kind="group", output="b"),
        track("b", kind="group", output="a"),
        track("Vox", audio, output="a"),
    )
    assert session.track("Vox").group == "a"


@pytest.mark.parametrize(
    ("tracks", "reason"),
    [
        ([track("Synth", problem="holds MIDI")], "holds MIDI"),
        ([track("Synth", item(None, 0.0, 1.0, problem="is MIDI"))], "its item 'take' is MIDI"),
        ([track("Synth", item(None, 0.0, 1.0))], "plays no file"),
        ([track("Synth", item("a.wav", 0.0, 1.0), kind="group")], "is a group that plays items of its own"),
        ([track("Synth", item("a.wav", 0.0, 1e9))], "up to 86400 s"),
        ([track("Synth", item("a.wav", float("nan"), 1.0))], "is no number"),
        ([track("Synth", item("a.wav", 0.0, 1.0, gain_db=4000.0))], "up to 100 dB"),
        ([track("Synth", *[item("a.wav", 0.0, 80_000.0, loops=True)] * 2)], "of 44 hours in all"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_read_is_to_be_rendered_first(
    tracks: list[dict[str, Any]], reason: str, write: WriteSound, tmp_path: Path
) -> None:
    audio = item(write("a.wav"), 0.0, SECONDS)
    session = load(tmp_path, *tracks, track("Vox", audio))
    assert [one.id for one in session.tracks] == ["Vox"]
    told = found(session, "render-first")
    assert told.tracks == ("Synth",)
    assert reason in told.text
    assert "render it first" in told.text
    with pytest.raises(SessionError, match="render its tracks to audio first"):
        load(tmp_path, *tracks)


def test_own_plugins_and_returns_are_told(write: WriteSound, tmp_path: Path) -> None:
    audio = item(write("a.wav"), 0.0, SECONDS)
    session = load(
        tmp_path,
        track("Vox", audio, plugins=["ReaComp", "Saturn"]),
        track("Bass", audio),
        track("Plate", kind="return", plugins=["Plate 140"]),
    )
    assert "'Vox' (ReaComp, Saturn)" in found(session, "own-plugins").text
    assert found(session, "own-plugins").tracks == ("Vox",)
    assert "'Plate'" in found(session, "own-returns").text


@pytest.mark.parametrize(
    ("named", "there"),
    [
        ("Media/Vox.wav", "Media/Vox.wav"),
        ("C:\\Songs\\Media\\VOX.WAV", "Media/vox.wav"),
        ("Media\\Vox.wav", "Media/Vox.wav"),
        ("../elsewhere/vox.wav", "deep/er/Vox.wav"),
        ("/Users/me/Song/Media/Vox.wav", "Media/Vox.wav"),
    ],
)
def test_media_are_found_by_name(named: str, there: str, write: WriteSound, tmp_path: Path) -> None:
    file = write(f"song/{there}")
    write("song/other/vox.wav", frames=100)
    session = load(tmp_path / "song", track("Vox", item(named, 0.0, SECONDS)))
    path = session.track("Vox").files[0].path
    if "deep" not in there:
        assert path == file
    assert [one.code for one in session.findings if one.code == "media-found"] == (
        [] if path == tmp_path / "song" / named else ["media-found"]
    )


def test_links_are_not_followed_in_the_search(write: WriteSound, tmp_path: Path) -> None:
    write("far/vox.wav")
    song = tmp_path / "song"
    song.mkdir()
    try:
        (song / "link").symlink_to(tmp_path, target_is_directory=True)
    except OSError:
        pytest.skip("links cannot be made here")
    with pytest.raises(SessionError, match="lost the audio of 'Vox'"):
        load(song, track("Vox", item("vox.wav", 0.0, SECONDS)))


def test_all_that_is_lost_is_named(write: WriteSound, tmp_path: Path) -> None:
    broken = tmp_path / "broken.wav"
    broken.write_bytes(b"RIFFnothing")
    kept = item(write("a.wav"), 0.0, SECONDS)
    tracks = (
        track("Vox", item("vox 1.wav", 0.0, 1.0), item("vox 2.wav", 0.0, 1.0)),
        track("Gtr", item(broken, 0.0, 1.0)),
        track("Bass", kept, item("more bass.wav", 2.0, 1.0)),
    )
    with pytest.raises(SessionError) as error:
        load(tmp_path, *tracks)
    for text in ("'Vox', 'Gtr'", "vox 1.wav", "vox 2.wav", "broken.wav", "more bass.wav", "--leave-out"):
        assert text in str(error.value)
    session = load(tmp_path, *tracks, options=SessionOptions(leave_out=("Vox", "broken.wav")))
    assert [one.id for one in session.tracks] == ["Bass"]
    assert [one.tracks for one in session.findings if one.code == "left-out"] == [("Vox",), ("Gtr",)]
    assert "more bass.wav" in found(session, "media-missing").text


def test_settings_speak_of_tracks_by_name_or_file(write: WriteSound, tmp_path: Path) -> None:
    audio = [item(write(name), 0.0, SECONDS) for name in ("one.wav", "two.wav")]
    tracks = track("a", audio[0], name="Audio"), track("b", audio[1], name="Audio")
    text = '[session]\nname = "Song"\n[tracks.Audio]\nrole = "kick"\n[tracks."two.wav"]\nrole = "snare"\n'
    (tmp_path / "session.toml").write_text(text, encoding="utf-8")
    session = load(tmp_path, *tracks, options=SessionOptions(locks=FrozenMap({"Audio (2)": ("pan",)})))
    assert session.name == "Song"
    assert [(one.id, one.role, one.locked) for one in session.tracks] == [
        ("Audio", Role.KICK, ()),
        ("Audio (2)", Role.SNARE, ("pan",)),
    ]
    with pytest.raises(SessionError, match="did you mean 'Audio'"):
        load(tmp_path, *tracks, options=SessionOptions(leave_out=("Adio",)))


def test_starts_are_for_files(write: WriteSound, tmp_path: Path) -> None:
    (tmp_path / "session.toml").write_text("[tracks.Vox]\nstart_s = 1.0\n", encoding="utf-8")
    with pytest.raises(SessionError, match="move the items of the track"):
        load(tmp_path, track("Vox", item(write("a.wav"), 0.0, SECONDS)))


def test_pairs_are_for_folders(write: WriteSound, tmp_path: Path) -> None:
    (tmp_path / "session.toml").write_text('[[join]]\nleft = "a"\nright = "b"\n', encoding="utf-8")
    files = [item(write(name), 0.0, SECONDS) for name in ("OH L.wav", "OH R.wav")]
    session = load(tmp_path, track("OH L", files[0]), track("OH R", files[1]))
    assert [one.id for one in session.tracks] == ["OH L", "OH R"]
    assert "[[join]]" in found(session, "left-out").text


def test_hostile_names(write: WriteSound, tmp_path: Path) -> None:
    plain = item(write("a.wav"), 0.0, SECONDS, gain_db=-1.0)
    names = ["../../up", "master", "", "  ", "nul\0byte", "CON", "a" * 400, "\udcff", "new\nline", "{}"]
    tracks = [track(f"k{index}", plain, name=name) for index, name in enumerate(names)]
    gone = track("g", item("x" * 5_000, 0.0, 1.0), item("nul\0.wav", 0.0, 1.0), muted=True, name="Gone")
    session = load(tmp_path, *tracks, gone)
    assert len({one.id for one in session.tracks}) == len(names)
    assert "master" not in {one.id for one in session.tracks}
    cache = Path(os.environ["MIXBRIDGE_CACHE"]) / "audio"
    assert all(one.files[0].path.resolve().is_relative_to(cache.resolve()) for one in session.tracks)


def test_what_is_no_audio_is_not_read(tmp_path: Path, write: WriteSound) -> None:
    kept = track("Vox", item(write("a.wav"), 0.0, SECONDS))
    folder = track("Gtr", item(tmp_path, 0.0, 1.0))
    with pytest.raises(SessionError, match="is not a file"):
        load(tmp_path, kept, folder)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.wav")
        with pytest.raises(SessionError, match="is not a file"):
            load(tmp_path, kept, track("Gtr", item("pipe.wav", 0.0, 1.0)))


def test_too_many_tracks_are_told_quickly(tmp_path: Path, write: WriteSound) -> None:
    plain = item(write("a.wav"), 0.0, SECONDS)
    many = [track(str(index), plain, name="Vox") for index in range(MOST_TRACKS + 1)]
    with pytest.raises(SessionError, match=f"at most {MOST_TRACKS}"):
        load(tmp_path, *many)


def test_errors_of_the_format_are_the_sessions(tmp_path: Path, write: WriteSound) -> None:
    with pytest.raises(SessionError, match="cannot be read"):
        load_session([tmp_path / "none.fake"])
    (tmp_path / "junk.FAKE").write_bytes(os.urandom(100))
    with pytest.raises(SessionError, match="cannot be read"):
        load_session([tmp_path / "junk.FAKE"])
    twice = [track("k", item(write("a.wav"), 0.0, 1.0))] * 2
    with pytest.raises(SessionError, match="two tracks have the identity 'k'"):
        load(tmp_path, *twice)


def test_a_project_is_given_alone(tmp_path: Path, write: WriteSound) -> None:
    project = save(tmp_path / "song.fake", track("Vox", item(write("a.wav"), 0.0, SECONDS)))
    with pytest.raises(SessionError, match="give it alone"):
        load_session([project, tmp_path / "a.wav"])
    assert [one.id for one in load_session([tmp_path]).tracks] == ["a"], "a folder is a folder of files"
    assert json.loads(project.read_text("utf-8"))["tracks"]


_numbers = st.one_of(
    st.floats(-5.0, 5.0), st.sampled_from([0.0, 1e300, -1e300, float("inf"), float("nan"), 5e-324])
)
_items = st.fixed_dictionaries(
    {
        "name": st.text(max_size=3),
        "file": st.sampled_from(["a.wav", "A.WAV", "gone.wav", "", ".", "..", "nul\0", "\udcff.wav", None]),
        "position_s": _numbers,
        "length_s": _numbers,
    },
    optional={
        "offset_s": _numbers,
        "gain_db": _numbers,
        "fade_in": st.tuples(_numbers, st.sampled_from(FadeShape)),
        "fade_out": st.tuples(_numbers, st.sampled_from(FadeShape)),
        "channels": st.sampled_from(Channels),
        "muted": st.booleans(),
        "inverted": st.booleans(),
        "problem": st.sampled_from(["", "is MIDI"]),
    },
)
_keys = st.sampled_from("abcdefgh")
_tracks = st.lists(
    st.fixed_dictionaries(
        {"key": _keys, "name": st.text(max_size=4), "items": st.lists(_items, max_size=3)},
        optional={
            "kind": st.sampled_from(TrackKind),
            "output": st.one_of(_keys, st.just("master")),
            "muted": st.booleans(),
            "disabled": st.booleans(),
            "plugins": st.lists(st.text(max_size=3), max_size=2),
            "problem": st.sampled_from(["", "is frozen"]),
        },
    ),
    max_size=6,
    unique_by=lambda one: one["key"],
)


@given(_tracks, st.sampled_from([None, 44_100, 48_000, 96_000]))
def test_any_project_is_a_session_or_an_error_of_one(
    tmp_path_factory: pytest.TempPathFactory, tracks: list[dict[str, Any]], rate_hz: int | None
) -> None:
    folder = tmp_path_factory.getbasetemp() / "any"
    folder.mkdir(exist_ok=True)
    if not (folder / "a.wav").exists():
        soundfile.write(folder / "a.wav", np.full(4_800, 0.25), RATE_HZ)
    (folder / "song.fake").write_text(
        json.dumps({"tracks": tracks, "sample_rate_hz": rate_hz}), encoding="utf-8"
    )
    try:
        session = load_session([folder / "song.fake"])
    except SessionError:
        return
    assert session.included
    assert len({one.id for one in session.tracks}) == len(session.tracks)
    assert all(one.start_samples >= 0 and one.samples >= 0 and one.key for one in session.tracks)
    assert not {one.group for one in session.tracks if one.group} & {one.id for one in session.tracks}
    neutral_mix(session)


def test_a_folder_with_nothing_but_a_project_names_it(tmp_path: Path) -> None:
    save(tmp_path / "song.fake", track("Vox"))
    with pytest.raises(SessionError, match=r"holds no audio.*'song\.fake'"):
        load_session([tmp_path])
