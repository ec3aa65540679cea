"""A folder or a list of files becomes a session: formats, order, ids, rates, findings."""

import hashlib
from pathlib import Path

import pytest

from bridge.sessions import SessionOptions, load_session
from console.errors import SessionError
from console.session import Finding, Role, Session
from console.session.reader import TrackReader


def finding(session: Session, code: str) -> Finding:
    found = [item for item in session.findings if item.code == code]
    assert len(found) == 1, session.findings
    return found[0]


def codes(session: Session) -> set[str]:
    return {item.code for item in session.findings}


@pytest.mark.parametrize(
    ("name", "how"),
    [
        ("Bass.wav", {}),
        ("Bass.WAV", {"format": "WAV"}),
        ("Bass.wav", {"subtype": "FLOAT"}),
        ("Bass.wav", {"format": "RF64"}),
        ("Bass.w64", {}),
        ("Bass.flac", {"subtype": "PCM_24"}),
        ("Bass.aif", {}),
        ("Bass.caf", {}),
        ("Bass.ogg", {}),
        ("Bass.opus", {"subtype": "OPUS"}),
        ("Bass.mp3", {"subtype": "MPEG_LAYER_III"}),
    ],
)
@pytest.mark.parametrize("channels", [1, 2])
def test_reads_every_format(tmp_path: Path, write, name: str, how: dict, channels: int) -> None:
    path = write(name, 30_000, channels=channels, **how)
    session = load_session([tmp_path])
    track = session.track("Bass")
    assert (track.channels, track.samples, session.sample_rate_hz) == (channels, 30_000, 48_000)
    assert track.content_hash == hashlib.blake2b(path.read_bytes(), digest_size=16).hexdigest()
    with TrackReader(track, session.sample_rate_hz) as reader:
        assert abs(reader.read(30_000)).max() > 0.05


def test_what_is_no_track_is_passed_over(tmp_path: Path, write) -> None:
    write("Kick.wav")
    for name in (".hidden.wav", "._Kick.wav", "Kick.wav.asd", "Kick.wav.reapeaks", "notes.txt", "song.rpp"):
        (tmp_path / name).write_bytes(b"no audio")
    (tmp_path / "Bounces.wav").mkdir()
    write("takes/Snare.wav")
    assert [track.id for track in load_session([tmp_path]).tracks] == ["Kick"]
    both = load_session([tmp_path], options=SessionOptions(recursive=True))
    assert [track.id for track in both.tracks] == ["Kick", "Snare"]


def test_order_is_natural_and_does_not_depend_on_the_list(write) -> None:
    paths = [write(f"{name}.wav") for name in ("10_Bass", "2_Snare", "1_Kick", "Vox 12", "vox 3")]
    session = load_session(paths)
    assert [track.id for track in session.tracks] == ["1_Kick", "2_Snare", "10_Bass", "vox 3", "Vox 12"]
    assert load_session(paths[::-1]) == session
    assert load_session([*paths, paths[0]]) == session


def test_same_names_get_their_own_ids(write) -> None:
    session = load_session(
        [write("one/a.wav"), write("two/a.wav"), write("one/Kick.wav"), write("one/Kick.flac")]
    )
    assert [track.id for track in session.tracks] == ["a", "a (2)", "Kick", "Kick (2)"]
    named = [item for item in session.findings if item.code == "duplicate-name"]
    assert [item.tracks for item in named] == [("a (2)",), ("Kick (2)",)]
    assert "Kick.wav" in named[1].text


def test_rate_is_that_of_most_of_the_audio(tmp_path: Path, write) -> None:
    write("Kick.wav", 44_100 * 3, 44_100)
    write("Snare.wav", 48_000, 48_000)
    write("Bass.wav", 48_000, 48_000)
    session = load_session([tmp_path])
    assert session.sample_rate_hz == 44_100
    said = finding(session, "resampled")
    assert said.tracks == ("Bass", "Snare")
    assert "'Bass' (48000 Hz)" in said.text
    assert session.track("Bass").samples == 44_100
    other = load_session([tmp_path], options=SessionOptions(sample_rate_hz=96_000))
    assert (other.sample_rate_hz, other.track("Kick").samples) == (96_000, 288_000)
    with pytest.raises(SessionError, match="1000 to 768000 Hz"):
        load_session([tmp_path], options=SessionOptions(sample_rate_hz=10))


@pytest.mark.parametrize("rate_hz", [8_000, 15_999, 16_000, 192_000])
def test_low_and_high_rates_work(tmp_path: Path, write, rate_hz: int) -> None:
    write("Kick.wav", rate_hz, rate_hz)
    write("Bass.wav", rate_hz, rate_hz)
    session = load_session([tmp_path])
    assert (session.sample_rate_hz, session.samples) == (rate_hz, rate_hz)
    assert ("low-sample-rate" in codes(session)) == (rate_hz < 16_000)


def test_one_track_and_unequal_lengths_are_said(tmp_path: Path, write) -> None:
    path = write("Kick.wav", 100)
    assert finding(load_session([path]), "one-track").tracks == ("Kick",)
    write("Snare.wav", 48_000)
    session = load_session([tmp_path])
    assert "one-track" not in codes(session)
    assert finding(session, "unequal-length").figures["last_end_s"] == 1.0


def test_names_and_root(tmp_path: Path, write) -> None:
    path = write("Song/Kick.wav")
    session = load_session([tmp_path / "Song"])
    assert (session.name, session.root) == ("Song", tmp_path / "Song")
    assert load_session([path]).root == tmp_path / "Song"
    assert load_session([path, write("Other/Kick.wav")]).root == tmp_path


@pytest.mark.parametrize(
    "stem",
    [
        'He said "no"',
        "two\nlines",
        "tab\t",
        "a'b",
        "キック",
        "Vögel",
        "Гитара",
        "🥁",
        "%s{0}",
        "a" * 251,
        "鼓" * 83,
        "-x",
        " ",
    ],
)
def test_hostile_names(tmp_path: Path, write, stem: str) -> None:
    try:
        write(f"{stem}.wav")
    except OSError:
        pytest.skip("this file system does not allow the name")
    write("Bass.wav")
    session = load_session([tmp_path])
    assert stem in {track.id for track in session.tracks}
    with TrackReader(session.track(stem), 48_000) as reader:
        assert abs(reader.read(1_000)).max() > 0.01


def test_name_that_is_no_text(tmp_path: Path, write) -> None:
    try:
        write("Gitarre \udcff.wav")
    except (OSError, UnicodeError):
        pytest.skip("this file system only allows names that are text")
    session = load_session([tmp_path])
    assert session.tracks[0].id == "Gitarre \ufffd"
    with TrackReader(session.tracks[0], 48_000) as reader:
        assert abs(reader.read(1_000)).max() > 0.01


def test_decomposed_names_are_composed(tmp_path: Path, write) -> None:
    write("Vo\u0308gel.wav")
    options = SessionOptions(roles={"V\u00f6gel": Role.FX})
    assert load_session([tmp_path], options=options).tracks[0].role is Role.FX


def test_five_hundred_tracks(tmp_path: Path, write) -> None:
    for number in range(500):
        write(f"{number:03d}_Vox {number}.wav", 16)
    heard: list[float] = []
    session = load_session([tmp_path], progress=lambda stage, done: heard.append(done))
    assert len(session.tracks) == 500
    assert heard == sorted(heard)
    assert heard[-1] == 1.0


def test_click_guide_and_mixdown_are_left_out(tmp_path: Path, write) -> None:
    for name in ("Kick", "Click", "Scratch Gtr", "Rough Mix 2", "DJ Scratch"):
        write(f"{name}.wav")
    session = load_session([tmp_path])
    assert [track.id for track in session.included] == ["DJ Scratch", "Kick"]
    assert finding(session, "click").tracks == ("Click",)
    assert {item.tracks for item in session.findings if item.code == "left-out"} == {
        ("Scratch Gtr",),
        ("Rough Mix 2",),
    }


def test_loads_real_stems(shared: Path) -> None:
    session = load_session([shared / "audio/songs/DrumMics_MuldjordKit_Groove_CC-BY"])
    roles = {track.id: (track.role, track.channels, track.detail) for track in session.tracks}
    assert roles["OH"] == (Role.OVERHEAD, 2, "")
    assert roles["Amb"] == (Role.ROOM, 2, "")
    assert roles["KdrumL"] == (Role.KICK, 1, "left")
    assert roles["RideR"] == (Role.CYMBALS, 1, "right")
    assert roles["Snare_bottom"] == (Role.SNARE, 1, "bottom")
    assert session.seconds == 20.0
