"""Damaged and hostile Ardour sessions: a clear error or an answer, in bounded time, and nothing written outside."""

import random
import re
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest
from ardour_cases import CHOICES, foreign_session, strip_xml
from hypothesis import given, settings
from hypothesis import strategies as st
from reaper_cases import RATE_HZ, audio, small_mix, small_session, track

from console.errors import MixbridgeError
from console.frozen import FrozenMap
from console.mix import Bus, BusKind, Mix, Reverb, TrackStrip
from console.session import Session, SessionTrack
from exporters.ardour.opening import open_project
from exporters.ardour.patching import patch_project
from exporters.ardour.reader import read_project
from exporters.ardour.writer import write_project

LSP, FIL4, ACE = CHOICES

#: What a fuzzer writes where a session has a number or a word.
JUNK = (
    "", "nan", "inf", "-1", "1e309", "a", "a-1", "b1", "a99999999999999999999999", "x" * 200, "0", "1", "yes",
    "\U0001f3b8", "-a5", "1|1|0", "../..", "Master", "20", "60", "999999999999999999999999999999",
)  # fmt: skip


def everything(path: Path) -> None:
    """Open, read and patch a session: it works or is refused by one of our errors, in time; the file stays as it is."""
    began = time.process_time()
    for read in (open_project, read_project):
        try:
            read(path)
        except MixbridgeError:
            continue
    tracks = tuple(
        SessionTrack(name, (audio(path.parent / f"{name}.wav"),), 1, 96_000, key=key)
        for name, key in (("Kick", "20"), ("Bass", "40"))
    )
    session = Session("song", path.parent, RATE_HZ, tracks, project=path)
    mix = Mix(
        RATE_HZ,
        (TrackStrip("Kick", output="g", sends=FrozenMap({"r": -9.0})), TrackStrip("Bass", muted=True)),
        (Bus("g"), Bus("r", BusKind.FX, reverb=Reverb())),
    )
    target = path.with_name("patched.ardour")
    before = path.read_bytes()
    with suppress(MixbridgeError):
        patch_project(mix, session, target, force=True, **ACE)
        open_project(target)
    assert path.read_bytes() == before
    assert time.process_time() - began < 10.0


def mutated(text: str, rng: random.Random) -> str:
    """The session with a few attributes changed, or elements moved, doubled or cut away."""
    for _ in range(rng.randint(1, 6)):
        kind = rng.random()
        if kind < 0.55:
            spots = list(re.finditer(r'"[^"]*"', text))
            spot = rng.choice(spots)
            text = text[: spot.start()] + f'"{rng.choice(JUNK)}"' + text[spot.end() :]
        elif kind < 0.7:
            spots = list(
                re.finditer(r"<(Processor|Region|Route|Port|Connection|Tempo|Location)\b[^>]*/>", text)
            )
            if spots:
                spot = rng.choice(spots)
                text = text[: spot.start()] + text[spot.start() : spot.end()] * 2 + text[spot.end() :]
        elif kind < 0.85:
            spots = list(re.finditer(r"<(\w+)\b[^>]*/>", text))
            spot = rng.choice(spots)
            text = text[: spot.start()] + text[spot.end() :]
        else:
            at = rng.randrange(len(text))
            text = text[:at] + chr(rng.randrange(1, 0x2FF)) + text[at + rng.randint(0, 3) :]
    return text


@dataclass(frozen=True)
class Texts:
    """A foreign session and one of our own; too long to be shown."""

    foreign: str = field(repr=False)
    own: str = field(repr=False)


@pytest.fixture(scope="module")
def sessions(tmp_path_factory: pytest.TempPathFactory) -> Texts:
    folder = tmp_path_factory.mktemp("hostile")
    own = write_project(small_mix(), small_session(folder / "song"), folder / "out", **FIL4).files[0]
    return Texts(foreign_session(folder).read_text(encoding="utf-8"), own.read_text(encoding="utf-8"))


@given(seed=st.integers(0, 2**32), own=st.booleans())
@settings(max_examples=150)
def test_mutated_sessions_are_answered(sessions: Texts, seed: int, own: bool) -> None:
    """150 sessions, each with up to six changes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "song.ardour"
        text = sessions.own if own else sessions.foreign
        text = mutated(text, random.Random(seed))  # noqa: S311
        path.write_text(text, encoding="utf-8", errors="replace")
        everything(path)
        assert {entry.name for entry in Path(folder).iterdir()} <= {"song.ardour", "patched.ardour"}


@given(st.data())
@settings(max_examples=40)
def test_cut_and_binary_sessions_are_answered(sessions: Texts, data: st.DataObject) -> None:
    whole = (sessions.own if data.draw(st.booleans()) else sessions.foreign).encode("utf-8")
    cut = whole[: data.draw(st.integers(0, len(whole)))]
    junk = data.draw(st.binary(max_size=64))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "song.ardour"
        path.write_bytes(cut + junk)
        everything(path)


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1", "cp1252"])
def test_wrong_encodings_are_answered(tmp_path: Path, encoding: str) -> None:
    path = foreign_session(tmp_path)
    text = path.read_text(encoding="utf-8").replace("Kick", "Käse")
    path.write_bytes(text.encode(encoding))
    everything(path)


def test_entities_and_outside_files_are_refused(tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("secret", encoding="utf-8")
    path = tmp_path / "x.ardour"
    bomb = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10 if n else "lol"}">' for n in range(12))
    for doctype in (bomb, f'<!ENTITY x SYSTEM "{secret.as_uri()}">'):
        path.write_text(
            f'<!DOCTYPE a [{doctype}]><Session version="7002" sample-rate="48000" name="&x;&a11;"/>',
            encoding="utf-8",
        )
        began = time.monotonic()
        with pytest.raises(MixbridgeError, match=r"x\.ardour"):
            open_project(path)
        assert time.monotonic() - began < 2.0


def test_cyclic_routing_ends(tmp_path: Path) -> None:
    """Buses that feed each other in a ring, and a bus that feeds itself."""
    path = foreign_session(tmp_path)
    ring = "".join(
        strip_xml(500 + n, f"Ring{n}", channels=2, flags="AudioBus", to=f"Ring{(n + 1) % 40}")
        for n in range(40)
    )
    text = path.read_text(encoding="utf-8").replace("\n  </Routes>", f"{ring}\n  </Routes>")
    path.write_text(text.replace('other="Drums/audio_in 1"', 'other="Ring0/audio_in 1"'), encoding="utf-8")
    everything(path)
    assert len(open_project(path).tracks) == 48


def test_deep_nesting_is_answered(tmp_path: Path) -> None:
    path = tmp_path / "x.ardour"
    depth = 200_000
    path.write_text(
        '<Session version="7002" sample-rate="48000">' + "<a>" * depth + "</a>" * depth + "</Session>",
        encoding="utf-8",
    )
    everything(path)


@pytest.mark.parametrize(("read", "count"), [(open_project, 100_000), (read_project, 10_000)])
def test_many_tracks_are_read_in_bounded_time(
    tmp_path: Path, read: Callable[[Path], Any], count: int
) -> None:
    """Routes of one name, each connected to one bus; the time grows with their number, not with its square."""
    routes = "".join(
        f'<Route id="{n}" name="T" flags="AudioTrack"><IO direction="Output"><Port name="T/audio_out 1">'
        '<Connection other="B/audio_in 1"/></Port></IO></Route>'
        for n in range(2, count + 2)
    )
    path = tmp_path / "x.ardour"
    path.write_text(
        '<Session version="7002" sample-rate="48000"><Routes><Route id="1" name="B" flags="AudioBus"/>'
        f"{routes}</Routes></Session>",
        encoding="utf-8",
    )
    began = time.process_time()
    assert len(read(path).tracks) >= count
    assert time.process_time() - began < 12.0


def test_many_regions_over_each_other_end_in_time(tmp_path: Path) -> None:
    path = foreign_session(tmp_path)
    count = 20_000
    regions = "".join(
        f'<Region name="r" id="{n}" type="audio" start="a0" length="a{(n % 97 + 1) * 5880}@a{n * 31 * 5880}" '
        f'channels="1" source-0="1" layering-index="{n * 7919 % count}" fade-in-active="0" fade-out-active="0"/>'
        for n in range(count)
    )
    text = path.read_text(encoding="utf-8")
    path.write_text(
        text.replace('name="p401" type="audio">', f'name="p401" type="audio">{regions}'), encoding="utf-8"
    )
    began = time.process_time()
    open_project(path)
    assert time.process_time() - began < 8.0


def test_a_folder_and_a_missing_file_are_told(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.ardour"):
        with pytest.raises(MixbridgeError, match=r"cannot be read|is no file"):
            open_project(path)


@pytest.mark.parametrize(
    "name", ["../../out", "a/b", "CON", "x" * 300, "\n\t", "nul\0", "..", "ünï \U0001f941", ""]
)
def test_hostile_session_names_stay_in_the_folder(tmp_path: Path, name: str) -> None:
    session = Session(name, tmp_path, RATE_HZ, (track(tmp_path, "A", "a.wav"),))
    report = write_project(Mix(RATE_HZ, (TrackStrip("A"),)), session, tmp_path / "out", **LSP)
    written = [path for path in (tmp_path / "out").rglob("*") if path.is_file()]
    assert written == list(report.files)
    assert report.files[0].parent.parent == tmp_path / "out"
    assert read_project(report.files[0]).track("A")


@pytest.mark.parametrize(
    "name", ["Master", "click", "a:b", "\x01\x02", "", " ", "x" * 500, '<&">', "\ud800", "Same"]
)
def test_hostile_track_names_are_shown_apart(tmp_path: Path, name: str) -> None:
    tracks = tuple(track(tmp_path, one, "a.wav") for one in (name, "Same 2", "same"))
    mix = Mix(RATE_HZ, tuple(TrackStrip(one.id) for one in tracks), (Bus("Master"), Bus("Same ")))
    path = write_project(mix, Session("s", tmp_path, RATE_HZ, tracks), tmp_path / "out", **LSP).files[0]
    shown = [one.name for one in open_project(path).tracks]
    assert len({one.casefold() for one in [*shown, "Master", "Click"]}) == len(shown) + 2
    assert not any(":" in one or one != one.strip() for one in shown)
    assert [strip.id for strip in read_project(path).tracks] == [one.id for one in tracks]


def test_what_is_in_the_way_is_kept(tmp_path: Path) -> None:
    session = replace(small_session(tmp_path / "song"), name="s")
    folder = tmp_path / "out"
    write_project(small_mix(), session, folder, **LSP)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    with pytest.raises(MixbridgeError, match="exists already"):
        write_project(small_mix(), session, folder, **ACE)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    write_project(small_mix(), session, folder, force=True, **ACE)
    with pytest.raises(MixbridgeError, match="no equalizer"):
        write_project(small_mix(), session, folder, force=True, equalizer="magic")
    with pytest.raises(MixbridgeError, match="audio is"):
        write_project(small_mix(), session, folder, force=True, audio="magic")


def test_audio_that_cannot_be_copied_leaves_nothing(tmp_path: Path) -> None:
    session = small_session(tmp_path / "song")
    (tmp_path / "song").mkdir()
    (tmp_path / "song" / "01_Kick.wav").write_bytes(b"kick")
    with pytest.raises(MixbridgeError, match="cannot be brought"):
        write_project(small_mix(), session, tmp_path / "out", audio="copy", **LSP)
    assert not (tmp_path / "out").exists()


def test_copies_are_the_files_and_never_overwrite(tmp_path: Path) -> None:
    song = tmp_path / "song"
    for folder, data in (("a", b"one"), ("b", b"two")):
        (song / folder).mkdir(parents=True)
        (song / folder / "x.wav").write_bytes(data)
    tracks = (track(song / "a", "A", "x.wav"), track(song / "b", "B", "x.wav"))
    session, mix = Session("s", song, RATE_HZ, tracks), Mix(RATE_HZ, (TrackStrip("A"), TrackStrip("B")))
    report = write_project(mix, session, tmp_path / "out", audio="copy", **LSP)
    assert [path.read_bytes() for path in report.files[1:]] == [b"one", b"two"]
    assert [path.suffix for path in report.files[1:]] == [".wav", ".wav"]
    items = [one.items[0].file for one in open_project(report.files[0]).tracks]
    assert items == list(report.files[1:])
    report.files[0].unlink()
    with pytest.raises(MixbridgeError, match="exists already"):
        write_project(mix, session, tmp_path / "out", audio="copy", **LSP)
    assert [path.read_bytes() for path in report.files[1:]] == [b"one", b"two"]
