"""Track and session names that break formats or file systems: files are written, and ids come back as they were."""

from pathlib import Path

from reaper_cases import RATE_HZ, audio, load_rpp, row

from console.mix import Bus, BusKind, Highpass, Mix, TrackStrip
from console.session import Session, SessionTrack
from exporters.reaper.reader import read_project
from exporters.reaper.rpp import plain_text
from exporters.reaper.writer import write_project
from exporters.report import Outcome

NAMES = (
    'say "hey"',
    "all \" ' ` three",
    "two\nlines\rand\x00nul",
    "CON",
    "aux.wav",
    "com¹",
    "../../etc/passwd",
    "C:\\Windows\\x",
    "...",
    " ",
    "trailing. ",
    "-rf",
    "kick",
    "KICK",
    "Kick",
    "ü" * 127,
    "u\u0308",
    "ü",
    "漢" * 85,
    "🎤" * 63 + "abc",
    "<TRACK",
    ">",
    "\u202emirrored",
    "\udcff bytes that are no text",
    "master",
)


def session_of(root: Path, names: tuple[str, ...]) -> Session:
    tracks = tuple(
        SessionTrack(name, (audio(root / f"{index}.wav"),), 1, RATE_HZ) for index, name in enumerate(names)
    )
    return Session(names[0], root, RATE_HZ, tracks)


def test_every_name_gets_a_chain_of_its_own_and_comes_back(tmp_path: Path) -> None:
    strips = tuple(TrackStrip(name, highpass=Highpass(True)) for name in NAMES)
    report = write_project(Mix(RATE_HZ, strips), session_of(tmp_path, NAMES), tmp_path / "out")
    chains = [path for path in report.files if path.suffix == ".RfxChain"]
    assert len(chains) == len(NAMES)
    assert len({path.name.casefold() for path in chains}) == len(NAMES)
    for path in report.files:
        assert path.is_file()
        assert path.resolve().is_relative_to((tmp_path / "out").resolve())
        assert len(path.name.encode()) <= 240
    assert [strip.id for strip in read_project(report.files[0]).tracks] == list(NAMES)


def test_the_independent_parser_reads_the_names(tmp_path: Path) -> None:
    names = tuple(name for name in NAMES if "\udcff" not in name)
    strips = tuple(TrackStrip(name) for name in names)
    report = write_project(Mix(RATE_HZ, strips), session_of(tmp_path, names), tmp_path / "out")
    found = [row(item, "NAME")[0] for item in load_rpp(report.files[0]).findall("TRACK")]
    assert found == [plain_text(name) for name in names]


def test_a_name_that_had_to_change_is_in_the_report(tmp_path: Path) -> None:
    names = ("fine", "two\nlines")
    mix = Mix(RATE_HZ, tuple(TrackStrip(name) for name in names), (Bus("a\tb", BusKind.GROUP),))
    report = write_project(mix, session_of(tmp_path, names), tmp_path / "out")
    assert {entry.strip for entry in report.entries if entry.parameter == "id"} == {"two\nlines", "a\tb"}


def test_a_file_name_that_reaper_cannot_hold_is_reported_as_lost(tmp_path: Path) -> None:
    bad = SessionTrack("A", (audio(tmp_path / "a\"b'c`d.wav"),), 1, RATE_HZ)
    good = SessionTrack("B", (audio(tmp_path / 'it\'s "fine".wav'),), 1, RATE_HZ)
    session = Session("s", tmp_path, RATE_HZ, (bad, good))
    report = write_project(Mix(RATE_HZ, (TrackStrip("A"), TrackStrip("B"))), session, tmp_path / "out")
    (lost,) = report.select(Outcome.DROPPED)
    assert (lost.strip, lost.parameter) == ("A", "files")
    items = load_rpp(report.files[0]).findall(".//SOURCE")
    assert row(items[1], "FILE") == ['../it\'s "fine".wav']


def test_names_from_real_sessions(tmp_path: Path, shared: Path) -> None:
    lines = (shared / "tracknames.tsv").read_text(encoding="utf-8").splitlines()[1:]
    names = tuple(dict.fromkeys(line.split("\t")[2] for line in lines))[:1500]
    assert len(names) == 1500
    strips = tuple(TrackStrip(name, highpass=Highpass(True)) for name in names)
    report = write_project(Mix(RATE_HZ, strips), session_of(tmp_path, names), tmp_path / "out")
    assert [strip.id for strip in read_project(report.files[0]).tracks] == list(names)
