"""Either every file is there afterwards, whole, or none; and nothing that was there is lost."""

import errno
from pathlib import Path

import pytest
from reaper_cases import RATE_HZ, audio, small_mix, small_session

from console.errors import ExportError
from console.mix import Mix, TrackStrip
from console.session import Session, SessionTrack
from exporters.files import write_files
from exporters.reaper.writer import write_project


def everything(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*")}


def test_files_and_folders_are_made(tmp_path: Path) -> None:
    write_files({tmp_path / "a" / "b" / "one": b"1", tmp_path / "a" / "two": b""})
    assert everything(tmp_path) == {"a", "a/b", "a/b/one", "a/two"}
    assert (tmp_path / "a" / "b" / "one").read_bytes() == b"1"


def test_a_file_that_exists_is_named_and_kept(tmp_path: Path) -> None:
    old = tmp_path / "two"
    old.write_bytes(b"mine")
    with pytest.raises(ExportError, match=r"two.*--force"):
        write_files({tmp_path / "one": b"1", old: b"2"})
    assert everything(tmp_path) == {"two"}
    assert old.read_bytes() == b"mine"
    write_files({tmp_path / "one": b"1", old: b"2"}, force=True)
    assert old.read_bytes() == b"2"


def test_a_folder_in_the_way_is_no_matter_of_force(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    with pytest.raises(ExportError, match="another folder"):
        write_files({tmp_path / "one": b"1"}, force=True)


def test_a_dangling_link_counts_as_a_file(tmp_path: Path) -> None:
    link = tmp_path / "link"
    try:
        link.symlink_to(tmp_path / "gone")
    except OSError:
        pytest.skip("this system lets nobody make symbolic links")
    with pytest.raises(ExportError, match="exists"):
        write_files({link: b"1"})


def test_a_file_where_a_folder_is_wanted(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"mine")
    with pytest.raises(ExportError, match="cannot be written"):
        write_files({tmp_path / "one": b"1", tmp_path / "a" / "two": b"2"})
    assert everything(tmp_path) == {"a"}


@pytest.mark.parametrize("after", [0, 1, 2])
def test_a_full_disk_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    opened: list[Path] = []
    real = Path.open

    def open_until_full(self: Path, mode: str = "r", *args: object) -> object:
        if "x" in mode:
            opened.append(self)
            if len(opened) > after:
                raise OSError(errno.ENOSPC, "No space left on device")
        return real(self, mode, *args)  # type: ignore[arg-type, call-overload]

    monkeypatch.setattr(Path, "open", open_until_full)
    with pytest.raises(ExportError, match="No space left"):
        write_files({tmp_path / "out" / "chains" / f"{index}": b"x" for index in range(3)})
    assert everything(tmp_path) == set()


def test_a_rename_that_fails_takes_the_earlier_ones_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Path.replace

    def replace_once(self: Path, target: Path) -> Path:
        if target.name == "2":
            raise OSError(errno.EACCES, "Permission denied")
        return real(self, target)

    monkeypatch.setattr(Path, "replace", replace_once)
    with pytest.raises(ExportError, match=r"2 cannot be written \(Permission denied\)"):
        write_files({tmp_path / "out" / f"{index}": b"x" for index in range(3)})
    assert everything(tmp_path) == set()


def test_a_hand_over_is_not_written_over_another_without_being_told(tmp_path: Path) -> None:
    session = small_session(tmp_path / "song")
    out = tmp_path / "out"
    report = write_project(small_mix(), session, out)
    project = report.files[0]
    project.write_bytes(b"the engineer's own work")
    with pytest.raises(ExportError, match=r"Small song\.rpp exists"):
        write_project(small_mix(), session, out)
    assert project.read_bytes() == b"the engineer's own work"
    write_project(small_mix(), session, out, force=True)
    assert project.read_bytes().startswith(b"<REAPER_PROJECT")


def test_a_chain_that_is_in_the_way_stops_the_project_too(tmp_path: Path) -> None:
    chain = tmp_path / "out" / "chains" / "Kick.RfxChain"
    chain.parent.mkdir(parents=True)
    chain.write_bytes(b"mine")
    with pytest.raises(ExportError, match=r"Kick\.RfxChain"):
        write_project(small_mix(), small_session(tmp_path / "song"), tmp_path / "out")
    assert everything(tmp_path / "out") == {"chains", "chains/Kick.RfxChain"}


def test_the_sessions_own_files_are_never_a_target(tmp_path: Path) -> None:
    path = tmp_path / "odd.rpp"
    session = Session("odd", tmp_path, RATE_HZ, (SessionTrack("A", (audio(path),), 1, RATE_HZ),))
    with pytest.raises(ExportError, match="of the session itself"):
        write_project(Mix(RATE_HZ, (TrackStrip("A"),)), session, tmp_path, force=True)
    assert everything(tmp_path) == set()
