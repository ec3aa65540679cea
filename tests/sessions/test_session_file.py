"""session.toml: every key has its effect, every mistake is named, and the template reads back."""

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.sessions import SessionOptions, load_session, write_session_template
from console.errors import SessionError
from console.session import Role

EVERYTHING = """
[session]
name = "My song"
sample_rate_hz = 96000

[tracks."03_Snare Top"]
role = "percussion"
group = "band"
lock = ["pan", "equalizer"]
start_s = 1.5
detail = "far"

[tracks."Bass.wav"]
leave_out = true
"""


@pytest.fixture
def folder(tmp_path: Path, write) -> Path:
    for name in ("03_Snare Top", "Bass", "Kick", "Click"):
        write(f"{name}.wav", 48_000)
    return tmp_path


def say(folder: Path, text: str) -> Path:
    path = folder / "session.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_every_key(folder: Path) -> None:
    say(folder, EVERYTHING)
    session = load_session([folder])
    snare = session.track("03_Snare Top")
    assert (session.name, session.sample_rate_hz) == ("My song", 96_000)
    assert (snare.role, snare.role_confidence, snare.group, snare.detail) == (
        Role.PERCUSSION,
        1.0,
        "band",
        "far",
    )
    assert (snare.locked, snare.start_samples, snare.samples) == (("pan", "equalizer"), 144_000, 96_000)
    assert not session.track("Bass").included
    assert session.track("Kick").included


def test_options_have_the_last_word(folder: Path, tmp_path: Path) -> None:
    say(folder, EVERYTHING)
    options = SessionOptions(
        sample_rate_hz=44_100,
        leave_out=("Kick",),
        roles={"03_Snare Top": Role.TOM},
        locks={"03_Snare Top": ("all",)},
    )
    session = load_session([folder], options=options)
    assert session.sample_rate_hz == 44_100
    assert session.track("03_Snare Top").role is Role.TOM
    assert session.track("03_Snare Top").locked == ("all",)
    assert session.track("03_Snare Top").group == "band"
    assert not session.track("Kick").included


def test_file_elsewhere(folder: Path, tmp_path: Path) -> None:
    elsewhere = folder / "other.toml"
    elsewhere.write_text('[session]\nname = "Elsewhere"', encoding="utf-8")
    assert load_session([folder], options=SessionOptions(session_file=elsewhere)).name == "Elsewhere"
    with pytest.raises(SessionError, match=r"'none.toml' cannot be read"):
        load_session([folder], options=SessionOptions(session_file=folder / "none.toml"))


def test_what_is_left_out_by_name_can_be_kept(folder: Path) -> None:
    say(folder, "[tracks.Click]\nleave_out = false")
    assert load_session([folder]).track("Click").included


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[sesion]", r"unknown key 'sesion'; did you mean 'session'\?"),
        ("[session]\nrate = 1", r"unknown key 'rate'"),
        ("[session]\nsample_rate_hz = 48000.5", "whole number from 1000 to 768000 Hz"),
        ("[session]\nsample_rate_hz = 10", "is 10; give a whole number"),
        ("[session]\nname = 3", "give a text in quotes"),
        ("session = 3", "make it a table"),
        ("[tracks.Kick]\nrole = 'kik'", r"is 'kik', which is no role; did you mean 'kick'\?"),
        ("[tracks.Kick]\nroles = 'kick'", r"unknown key 'roles'; did you mean 'role'\?"),
        ("[tracks.Kick]\nlock = 'pan'", r'give a list of texts such as \["pan"'),
        ("[tracks.Kick]\nlock = ['pam']", "the lock 'pam' names nothing"),
        ("[tracks.Kick]\nleave_out = 'yes'", "give true or false"),
        ("[tracks.Kick]\nstart_s = -1", "give seconds from 0 to 86400"),
        ("[tracks.Kick]\nstart_s = nan", "give seconds from 0 to 86400"),
        ("[tracks.Kik]", r"names the track 'Kik', which is not in the session; did you mean 'Kick'\?"),
        ("[tracks.Zzzz]", "there are '03_Snare Top', '03_Snare Top.wav', 'Bass'"),
        ("[[join]]\nleft = 'Kick'", "lacks 'right'"),
        ("[join]\nleft = 'Kick'", r"write \[\[join\]\]"),
        ("[[join]]\nleft = 'Kick'\nright = 'Kick'", "one stereo track; both must be mono"),
        ("[[join]]\nleft = 'Kick'\nright = 'Bas'", "did you mean 'Bass'"),
        ("[[split]]\ntrack = 'Kick'", r"\[\[split\]\] names the track 'Kick'"),
        ("[[split]]", "lacks 'track'"),
        ("nonsense", "is not valid TOML"),
        ("[tracks.Kick]\nleave_out = true\n[tracks.Bass]\nleave_out = true\n"
         "[tracks.'03_Snare Top']\nleave_out = true", "every track .* is left out"),
    ],
)  # fmt: skip
def test_mistakes_are_named(folder: Path, text: str, said: str) -> None:
    say(folder, text)
    with pytest.raises(SessionError, match=said):
        load_session([folder])


def test_byte_order_mark_is_fine_but_other_encodings_are_not(folder: Path) -> None:
    path = say(folder, "")
    path.write_bytes("[session]\nname = 'Blöd'".encode("utf-8-sig"))
    assert load_session([folder]).name == "Blöd"
    path.write_bytes("[session]\nname = 'Blöd'".encode("latin-1"))
    with pytest.raises(SessionError, match="is not UTF-8"):
        load_session([folder])


@pytest.mark.parametrize(
    "wrong", [{"leave_out": ("Kik",)}, {"roles": {"Kik": Role.KICK}}, {"locks": {"Kik": ()}}]
)
def test_options_name_tracks_that_are_there(folder: Path, wrong: dict) -> None:
    with pytest.raises(SessionError, match="did you mean 'Kick'"):
        load_session([folder], options=SessionOptions(**wrong))


def test_template_reads_back_as_the_same_session(tmp_path: Path, write) -> None:
    names = ["OH L", "OH R", "Bass", "Click", 'a "b" \\ c', "Xyzzy", "キック", "two\nlines", "del\x7f"]
    for name in names:
        try:
            write(f"{name}.wav")
        except OSError:
            continue
    say(tmp_path, "[tracks.Bass]\nlock = ['pan']\ngroup = 'low'\nstart_s = 0.1")
    session = load_session([tmp_path])
    text = write_session_template(session)
    data = tomllib.loads(text)
    assert set(data["tracks"]) == {track.id for track in session.tracks}
    assert "role" not in data["tracks"]["Xyzzy"]
    say(tmp_path, text)
    again = load_session([tmp_path])
    sure = [replace(track, role_confidence=1.0) for track in session.tracks if track.role_confidence >= 0.6]
    unsure = [track for track in session.tracks if track.role_confidence < 0.6]
    assert set(again.tracks) == {*sure, *unsure}


def test_template_of_the_example(example_session: Path) -> None:
    session = load_session([example_session])
    data = tomllib.loads(write_session_template(session))
    assert data["tracks"]["07_OH"]["role"] == "overhead"
    assert data["tracks"]["18_Click"]["leave_out"] is True
    assert data["join"][0]["left"] == "07_OH L.flac"
