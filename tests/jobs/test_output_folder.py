"""The output folder is filled whole or stays as it was, whatever kind of folder it is."""

import os
from pathlib import Path

import pytest

from bridge.jobs import MixRequest, mix_session
from bridge.jobs.output import staged
from bridge.sessions import SessionOptions
from console.errors import RenderError
from console.session import Session
from exporters.registry import exporter

NO_SESSION = Session("none", Path(), 48000, ())


def fill(stage: Path) -> None:
    (stage / "sub").mkdir()
    (stage / "mix.wav").write_text("new")
    (stage / "sub" / "a.txt").write_text("new a")
    (stage / "z.txt").write_text("new z")


def texts(root: Path) -> dict[str, str]:
    return {str(path.relative_to(root)): path.read_text() for path in root.rglob("*") if path.is_file()}


NEW = {"mix.wav": "new", os.path.join("sub", "a.txt"): "new a", "z.txt": "new z"}  # noqa: PTH118


def test_a_new_folder_is_filled_and_nothing_else_stays(tmp_path: Path) -> None:
    with staged(tmp_path / "deep" / "out", NO_SESSION) as stage:
        fill(stage)
    assert texts(tmp_path / "deep" / "out") == NEW
    assert [path.name for path in tmp_path.rglob(".*")] == []


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_what_was_made_for_a_job_that_failed_goes_again(tmp_path: Path, error: type[BaseException]) -> None:
    def job() -> None:
        with staged(tmp_path / "deep" / "out", NO_SESSION) as stage:
            fill(stage)
            raise error

    with pytest.raises(error):
        job()
    assert list(tmp_path.iterdir()) == []


def test_a_move_that_fails_half_way_gives_the_earlier_files_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "mix.wav").write_text("old")
    (out / "z.txt").write_text("old z")
    plain = Path.replace

    def fails_at_z(self: Path, target: Path) -> Path:
        if Path(target).name == "z.txt" and self.read_text() == "new z":
            raise PermissionError(13, "Permission denied")
        return plain(self, target)

    monkeypatch.setattr(Path, "replace", fails_at_z)
    with pytest.raises(RenderError, match="Permission denied"), staged(out, NO_SESSION) as stage:
        fill(stage)
    assert texts(out) == {"mix.wav": "old", "z.txt": "old z"}
    assert sorted(path.name for path in out.iterdir()) == ["mix.wav", "z.txt"]


def test_a_folder_in_a_files_place_is_kept(tmp_path: Path) -> None:
    (tmp_path / "out" / "z.txt" / "precious").mkdir(parents=True)
    with (
        pytest.raises(RenderError, match="is a folder where a file belongs"),
        staged(tmp_path / "out", NO_SESSION) as stage,
    ):
        fill(stage)
    assert [path.name for path in (tmp_path / "out").rglob("*")] == ["z.txt", "precious"]


def test_a_file_that_may_not_be_written_is_replaced_as_a_file(tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "mix.wav").write_text("old")
    (out / "mix.wav").chmod(0o444)
    with staged(out, NO_SESSION) as stage:
        fill(stage)
    assert texts(out) == NEW


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root, or Windows, may write anywhere")
def test_only_the_folder_itself_need_be_writable(tmp_path: Path) -> None:
    out = tmp_path / "parent" / "out"
    out.mkdir(parents=True)
    out.parent.chmod(0o555)
    try:
        with staged(out, NO_SESSION) as stage:
            fill(stage)
        assert texts(out) == NEW
    finally:
        out.parent.chmod(0o755)


def test_a_linked_output_has_a_project_that_finds_its_audio(example_session: Path, tmp_path: Path) -> None:
    far = tmp_path / "another" / "much" / "deeper" / "place"
    far.mkdir(parents=True)
    link = tmp_path / "out"
    try:
        link.symlink_to(far, target_is_directory=True)
    except OSError:
        pytest.skip("links cannot be made here")
    files = [example_session / "01_Kick In.flac", example_session / "09_Bass DI.flac"]
    mix_session(MixRequest(tuple(files), link, report=False))
    named = [line.split('"')[1] for line in _lines(link) if line.strip().startswith("FILE")]
    assert [(far / "reaper" / name).resolve() for name in named] == [path.resolve() for path in files]
    assert len(exporter("reaper").read(next((link / "reaper").glob("*.rpp"))).tracks) == 2


def _lines(out: Path) -> list[str]:
    (project,) = (out / "reaper").glob("*.rpp")
    return project.read_text(encoding="utf-8").splitlines()


def test_empty_folders_come_along(tmp_path: Path) -> None:
    with staged(tmp_path / "out", NO_SESSION) as stage:
        (stage / "peaks" / "deep").mkdir(parents=True)
        fill(stage)
    assert (tmp_path / "out" / "peaks" / "deep").is_dir()
    assert texts(tmp_path / "out") == NEW


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize(
    ("output", "recursive", "why"),
    [(".", False, "the session's own folder"), ("out", True, "a file of the session itself")],
)
def test_the_sessions_own_folder_is_refused_before_any_work(
    output: str, recursive: bool, why: str, force: bool, example_session: Path, tmp_path: Path
) -> None:
    (tmp_path / "out" / "stems").mkdir(parents=True)
    for place in (tmp_path / "mine.flac", tmp_path / "out" / "stems" / "Bass.flac"):
        place.write_bytes((example_session / "09_Bass DI.flac").read_bytes())
    before = sorted(tmp_path.rglob("*"))
    seen: list[str] = []
    request = MixRequest(
        (tmp_path,), tmp_path / output, SessionOptions(recursive=recursive), stems=True, force=force
    )
    with pytest.raises(RenderError, match=why):
        mix_session(request, lambda stage, done: seen.append(stage))
    assert seen == []
    assert sorted(tmp_path.rglob("*")) == before


def test_a_listed_file_is_never_taken_away_unasked(example_session: Path, tmp_path: Path) -> None:
    files = (example_session / "01_Kick In.flac", example_session / "09_Bass DI.flac")
    out = tmp_path / "out"
    mix_session(MixRequest(files, out, stems=True))
    (out / "stems" / "01_Kick In.wav").write_text("mine")
    mix_session(MixRequest(files, out, report=False, to=(), force=True))
    assert sorted(texts_of(out)) == [
        ".mixbridge.json",
        "mix.json",
        "mix.wav",
        os.path.join("stems", "01_Kick In.wav"),  # noqa: PTH118
    ]


def texts_of(root: Path) -> list[str]:
    return [str(path.relative_to(root)) for path in root.rglob("*") if path.is_file()]
