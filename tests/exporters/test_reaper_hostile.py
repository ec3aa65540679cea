"""Hostile REAPER projects: a clear error or a reading in bounded time, never another error, never a file outside."""

import os
import random
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reaper_cases import (
    GUIDS,
    USERS_HEAD,
    project_text,
    small_mix,
    small_session,
    track_text,
    users_mix,
    users_session,
    users_tracks,
    wave_item,
)

from console.errors import ExportError
from console.mix import Mix
from exporters.project import Project
from exporters.reaper.opening import open_project
from exporters.reaper.patching import patch_project
from exporters.reaper.reader import read_project
from exporters.reaper.rpp import MAX_DEPTH, dump, parse
from exporters.reaper.writer import write_project

#: What tends to upset readers, put in the place of a word.
NUMBERS = ("nan", "inf", "-1", "1e999", "99999999999999999999", "-2147483649", "0x10")
VALUES = ("0", "1", "2", "-1", "0.5", "1e9", "-1e308", "1e308", "1e-300", "4294967296", "3", *NUMBERS)
WORDS = (*NUMBERS, "", '"', "`", "\0", "{", "\udcff", "\u2028")

#: Lines that tend to upset readers of this format.
LINES = (
    "ISBUS 1 1",
    "ISBUS 2 -99999",
    "ISBUS 1 1e300",
    "AUXRECV 99999999 0 1 0",
    "AUXRECV -1 0 1 0",
    "AUXRECV 0 0 nan 0",
    "AUXRECV",
    "TAKE NULL SEL",
    "TAKE",
    "VOLPAN",
    "VOLPAN 0 9 0 0",
    "FADEIN 1 -5 1e300 99",
    "LANESOLO 99999999999 -1",
    "FREEMODE 2",
    "YPOS 1e300 1e-300",
    "MAINSEND 0",
    "PLAYOFFS 1e300 2",
    "CHANMODE 1e300",
    "MARKER",
    "MARKER 1 1 1 1",
    "BYPASS",
    "FXID",
    "<FXCHAIN",
    "<SOURCE SECTION",
    "<SOURCE WAVE",
    "<ITEM",
    "<EXTSTATE",
    "<MIXBRIDGE_PATCH",
    "<CONTAINER",
    "<TRACK {0}",
    "<",
    ">",
    "<>",
    "",
)


class Seeds(list[bytes]):
    """Files to change; a failing example does not show them whole."""

    def __repr__(self) -> str:
        return f"{len(self)} files"


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> Seeds:
    """A project by hand, one of ours, one that a patch set, and REAPER's own where they are there."""
    folder = tmp_path_factory.mktemp("seeds")
    session = users_session(folder, project_text(*users_tracks(), head=USERS_HEAD))
    files = [
        folder / "user.rpp",
        write_project(small_mix(), small_session(folder / "song"), folder / "ours").files[0],
        patch_project(users_mix(), session, folder / "patched.rpp").files[0],
        patch_project(users_mix(), session, folder / "contained.rpp", fx="container", strip="jsfx").files[0],
    ]
    real = Path(__file__).resolve().parents[3] / "shared" / "fixtures" / "reaper"
    return Seeds(path.read_bytes() for path in [*files, *sorted(real.glob("*.RPP"))])


def mutated(data: bytes, chance: random.Random, kinds: list[str]) -> bytes:
    """The file after a few changes: of bytes, of words, of lines, or its end cut off."""
    for kind in kinds:
        data = MUTATIONS[kind](data, chance)
    return data


def _bytes(data: bytes, chance: random.Random) -> bytes:
    out = bytearray(data)
    for _ in range(chance.randint(1, 8)):
        out[chance.randrange(len(out))] = chance.randrange(256)
    return bytes(out)


def _word(data: bytes, chance: random.Random) -> bytes:
    lines = data.split(b"\n")
    place = chance.randrange(len(lines))
    words = lines[place].split(b" ")
    words[chance.randrange(len(words))] = chance.choice(WORDS).encode("utf-8", "surrogateescape")
    lines[place] = b" ".join(words)
    return b"\n".join(lines)


def _line(data: bytes, chance: random.Random) -> bytes:
    lines = data.split(b"\n")
    lines.insert(chance.randrange(len(lines)), chance.choice(LINES).encode())
    return b"\n".join(lines)


def _row(data: bytes, chance: random.Random) -> bytes:
    lines = data.split(b"\n")
    plain = [line for line in LINES if not line.startswith(("<", ">"))]
    lines.insert(chance.randint(1, len(lines)), chance.choice(plain).encode())
    return b"\n".join(lines)


def _value(data: bytes, chance: random.Random) -> bytes:
    lines = data.split(b"\n")
    for _ in range(20):
        place = chance.randrange(len(lines))
        words = lines[place].split(b" ")
        values = [i for i, word in enumerate(words) if word.lstrip(b"-")[:1].isdigit()]
        if values and b"<" not in lines[place]:
            words[chance.choice(values)] = chance.choice(VALUES).encode()
            lines[place] = b" ".join(words)
            break
    return b"\n".join(lines)


def _lines(data: bytes, chance: random.Random) -> bytes:
    lines = data.split(b"\n")
    start = chance.randrange(len(lines))
    del lines[start : start + chance.randint(1, 5)]
    return b"\n".join(lines) or b"\n"


def _cut(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(1, len(data) + 1)]


def _swap(data: bytes, chance: random.Random) -> bytes:
    lines = data.split(b"\n")
    one, other = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[one], lines[other] = lines[other], lines[one]
    return b"\n".join(lines)


def _double(data: bytes, chance: random.Random) -> bytes:
    lines = data.split(b"\n")
    start = chance.randrange(len(lines))
    return b"\n".join([*lines[:start], *lines[start : start + 60], *lines[start:]])


MUTATIONS: dict[str, Callable[[bytes, random.Random], bytes]] = {
    "bytes": _bytes,
    "word": _word,
    "line": _line,
    "lines": _lines,
    "cut": _cut,
    "swap": _swap,
    "double": _double,
    "row": _row,
    "value": _value,
}


chances = st.randoms(use_true_random=True)
#: Any changes, after which few files still are elements within elements; or such that all of them are.
changes = st.one_of(
    st.lists(st.sampled_from(sorted(MUTATIONS)), min_size=1, max_size=6),
    st.lists(st.sampled_from(("row", "value")), min_size=1, max_size=6),
)


def survive(path: Path) -> tuple[Project | None, Mix | None]:
    """What the readers make of a file: a value, or an ExportError that names it."""
    project, mix, errors = None, None, []
    try:
        project = open_project(path)
    except ExportError as error:
        errors.append(str(error))
    try:
        mix = read_project(path)
    except ExportError as error:
        errors.append(str(error))
    assert all(str(path) in error for error in errors)
    return project, mix


@given(chance=chances, kinds=changes, which=st.integers(0, 99))
@settings(max_examples=400)
def test_mutated_projects_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory,
    seeds: Seeds,
    chance: random.Random,
    kinds: list[str],
    which: int,
) -> None:
    folder = tmp_path_factory.getbasetemp() / "mutated"
    folder.mkdir(exist_ok=True)
    path = folder / "x.rpp"
    path.write_bytes(mutated(seeds[which % len(seeds)], chance, kinds))
    survive(path)


@given(chance=chances, kinds=changes, which=st.integers(0, 99))
@settings(max_examples=150)
def test_mutated_projects_are_patched_or_refused_and_nothing_is_left_behind(
    tmp_path_factory: pytest.TempPathFactory,
    seeds: Seeds,
    chance: random.Random,
    kinds: list[str],
    which: int,
) -> None:
    folder = tmp_path_factory.getbasetemp() / "patched"
    folder.mkdir(exist_ok=True)
    out = folder / "out.rpp"
    out.unlink(missing_ok=True)
    session = users_session(folder, "", "x.rpp")
    path = folder / "x.rpp"
    path.write_bytes(mutated(seeds[(0, 2, 3)[which % 3]], chance, kinds))
    before = path.read_bytes()
    refused = ""
    try:
        patch_project(users_mix(), session, out)
    except ExportError as error:
        refused = str(error)
    assert out.exists() is not bool(refused)
    if refused:
        assert "x.rpp" in refused
    else:
        # what was patched can be patched again, and is the same then
        again = patch_project(users_mix(), replace(session, project=out), folder / "again.rpp", force=True)
        assert again.files[0].read_bytes() == out.read_bytes()
    assert path.read_bytes() == before
    assert {entry.name for entry in folder.iterdir()} <= {"x.rpp", "out.rpp", "again.rpp", "audio"}


@given(st.binary(max_size=400))
@settings(max_examples=200)
def test_junk_is_refused(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "junk.rpp"
    path.write_bytes(data)
    assert survive(path) == (None, None)


@given(st.lists(st.sampled_from(LINES), max_size=40), st.booleans())
@settings(max_examples=300)
def test_strange_lines_in_any_order_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], closed: bool
) -> None:
    path = tmp_path_factory.getbasetemp() / "lines.rpp"
    opened = sum(line.startswith("<") for line in lines) - lines.count(">")
    ends = [">"] * (opened + 1) if closed else []
    path.write_text("\n".join(["<REAPER_PROJECT 0.1", *lines, *ends, ""]), encoding="utf-8")
    survive(path)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "latin-1", "utf-8-sig"])
def test_other_encodings_are_refused_or_read(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "x.rpp"
    text = project_text(track_text(GUIDS[0], "Stimme ä", items=wave_item("ä.wav")))
    path.write_bytes(text.encode(encoding))
    project, _ = survive(path)
    assert (project is not None) is (encoding == "latin-1")
    if project is not None:
        assert os.fsencode(project.tracks[0].name) == "Stimme ä".encode("latin-1")


def test_elements_ten_thousand_deep_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "deep.rpp"
    path.write_text("<REAPER_PROJECT 0.1\n" + "<FX\n" * 10_000 + ">\n" * 10_001, encoding="utf-8")
    assert survive(path) == (None, None)


def test_elements_as_deep_as_permitted_are_read_and_written(tmp_path: Path) -> None:
    inner = MAX_DEPTH - 3
    text = "<REAPER_PROJECT 0.1\n<TRACK\n" + "<CONTAINER\n" * inner + ">\n" * (inner + 2)
    path = tmp_path / "deep.rpp"
    path.write_text(text, encoding="utf-8")
    assert survive(path)[0] is not None
    assert dump(parse(text)) == text


def within(seconds: float, path: Path) -> tuple[Project | None, Mix | None]:
    """What survives, in so much of the processor's time, however busy it is with others."""
    start = time.process_time()
    found = survive(path)
    assert time.process_time() - start < seconds
    return found


def many(path: Path, lines: Callable[[int], str], count: int) -> Path:
    tracks = "".join(f"  <TRACK {{{index:08X}}}\n{lines(index)}  >\n" for index in range(count))
    path.write_text(f"<REAPER_PROJECT 0.1\n{tracks}>\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "lines",
    [
        lambda index: f'    NAME "{index}"\n',
        lambda index: "    ISBUS 1 1\n",
        lambda index: "    NAME same\n    ISBUS 2 -99999999\n",
        lambda index: f"    MAINSEND 0 0\n    AUXRECV {(index + 1) % 10_000} 0 1 0\n",
        lambda index: f"    MAINSEND 0 0\n    AUXRECV {index} 0 1 0\n",
        lambda index: f"    AUXRECV {index // 2} 0 1 0\n    AUXRECV 7 0 1 0\n",
    ],
    ids=["plain", "nested", "closing", "circle", "own", "sends"],
)
def test_ten_thousand_tracks_take_time_that_no_square_law_would(
    tmp_path: Path, lines: Callable[[int], str]
) -> None:
    """About 1 s; a step of 0.2 microseconds for each pair of tracks would alone take 20."""
    project, mix = within(15.0, many(tmp_path / "x.rpp", lines, 10_000))
    assert project is not None
    assert mix is not None
    assert len(project.tracks) == 10_000


def test_a_hundred_thousand_tracks_are_opened_in_bounded_time(tmp_path: Path) -> None:
    path = many(
        tmp_path / "x.rpp", lambda index: f"    MAINSEND 0 0\n    AUXRECV {index // 2} 0 1 0\n", 100_000
    )
    start = time.process_time()
    assert len(open_project(path).tracks) == 100_000
    assert time.process_time() - start < 20.0


def test_a_hundred_thousand_tracks_of_one_identity_are_refused_at_once(tmp_path: Path) -> None:
    path = tmp_path / "x.rpp"
    path.write_text("<REAPER_PROJECT 0.1\n" + "  <TRACK {A}\n  >\n" * 100_000 + ">\n", encoding="utf-8")
    assert within(30.0, path) == (None, None)


def test_one_track_with_thirty_thousand_items_takes_bounded_time(tmp_path: Path) -> None:
    item = "    <ITEM\n      POSITION 1\n      LENGTH 1\n      <SOURCE WAVE\n        FILE a.wav\n      >\n    >\n"
    path = tmp_path / "x.rpp"
    path.write_text(f"<REAPER_PROJECT 0.1\n  <TRACK\n{item * 30_000}  >\n>\n", encoding="utf-8")
    project, _ = within(20.0, path)
    assert project is not None
    assert len(project.tracks[0].items) == 30_000


def test_a_block_of_megabytes_takes_bounded_time(tmp_path: Path) -> None:
    line = "        " + "A" * 128 + "\n"
    block = f'<VST "VST: ReaEQ (Cockos)" reaeq.dll 0 "" 1919247729 ""\n{line * 100_000}      >\n'
    path = tmp_path / "x.rpp"
    path.write_text(
        f"<REAPER_PROJECT 0.1\n  <TRACK\n    <FXCHAIN\n      {block}    >\n  >\n>\n", encoding="utf-8"
    )
    project, mix = within(30.0, path)
    assert project is not None
    assert mix is None


def test_sources_may_name_anything_but_nothing_is_written_there(tmp_path: Path) -> None:
    names = (
        "../../../../etc/passwd",
        "/dev/zero",
        "\\\\?\\C:\\x",
        "CON",
        "a\0b",
        "x" * 5000,
        "..",
        ".",
        "~/x",
        "C:",
    )
    items = "\n".join(wave_item(name) for name in names)
    folder = tmp_path / "song"
    session = users_session(folder, project_text(track_text(GUIDS[1], "A", items=items)))
    assert session.project is not None
    project = open_project(session.project)
    assert len(project.tracks[0].items) == len(names)
    assert all(item.file is None or item.file.is_absolute() for item in project.tracks[0].items)
    mix = replace(users_mix(), tracks=users_mix().tracks[:1])
    patch_project(mix, session, tmp_path / "out" / "x.rpp")
    written = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert written == {"song/user.rpp", "out/x.rpp"}
