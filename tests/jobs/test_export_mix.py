"""Hand-overs of a mix file: every format or none, audio that lasts, options for those that know them."""

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bridge.cli import main
from bridge.jobs import MixRequest, mix_session
from bridge.jobs.exporting import ExportRequest, export_mix
from bridge.sessions import load_session
from console.errors import ExportError, ParamError, RenderError
from console.mix import Mix, dump_mix, load_mix
from console.session import Session, neutral_mix
from exporters.report import ExportReport

Write = Callable[..., Path]
Capture = pytest.CaptureFixture[str]
pytestmark = pytest.mark.usefixtures("fake_daw")


def contents(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and path.name != ".mixbridge.json"
    }


@pytest.fixture
def session(project: Write) -> Session:
    return load_session([project()])


def export(session: Session, output: Path, *formats: str, **about: Any) -> tuple[ExportReport, ...]:
    return export_mix(ExportRequest(neutral_mix(session), session, formats, output, **about))


def test_one_format_fills_the_folder_itself_and_several_one_each(session: Session, tmp_path: Path) -> None:
    (report,) = export(session, tmp_path / "one", "fake")
    assert report.files == (tmp_path / "one" / "song.fake",)
    reports = export(session, tmp_path / "two", "fake", "other")
    assert [one.format for one in reports] == ["fake", "other"]
    assert sorted(contents(tmp_path / "two")) == ["audio/Lead Vox.wav", "fake/song.fake", "other/other.txt"]


def test_joined_items_lie_beside_what_refers_to_them(session: Session, tmp_path: Path) -> None:
    export(session, tmp_path / "out", "fake")
    data = json.loads((tmp_path / "out" / "song.fake").read_text("utf-8"))
    named = {one["key"]: Path(one["items"][0]["file"]) for one in data["tracks"]}
    assert named["Lead Vox"] == tmp_path / "out" / "audio" / "Lead Vox.wav"
    assert named["Lead Vox"].read_bytes() == session.track("Lead Vox").files[0].path.read_bytes()
    assert named["Kick"] == session.track("Kick").files[0].path


def test_a_copy_and_new_formats_in_one_go(session: Session, project: Write, tmp_path: Path) -> None:
    into = tmp_path / "song" / "song-2.fake"
    reports = export(session, tmp_path / "out", "other", into=into, options={"colour": "red"})
    assert [one.files for one in reports] == [(into,), (tmp_path / "out" / "other.txt",)]
    assert json.loads(into.read_text("utf-8"))["colour"] == "red"
    assert json.loads(into.read_text("utf-8"))["home"] == str(into)


def test_a_format_that_fails_takes_the_others_with_it(session: Session, tmp_path: Path) -> None:
    before = contents(tmp_path)
    into = tmp_path / "song" / "song-2.fake"
    with pytest.raises(ExportError, match="give another"):
        export(session, tmp_path / "out", "fake", "other", into=into, options={"platform": "none"})
    assert contents(tmp_path) == before
    assert not (tmp_path / "out").exists()


def test_nothing_is_overwritten_unasked(session: Session, tmp_path: Path) -> None:
    export(session, tmp_path / "out", "fake")
    (tmp_path / "out" / "song.fake").write_text("mine", encoding="utf-8")
    before = contents(tmp_path)
    with pytest.raises(ExportError, match="--force"):
        export(session, tmp_path / "out", "fake")
    (tmp_path / "out" / "audio" / "Lead Vox.wav").write_bytes(b"mine")
    with pytest.raises(RenderError, match=r"Lead Vox\.wav exists already.*--force"):
        export(session, tmp_path / "out", "fake")
    assert contents(tmp_path) == {**before, "out/audio/Lead Vox.wav": b"mine"}
    export(session, tmp_path / "out", "fake", force=True)
    assert "mix" in json.loads((tmp_path / "out" / "song.fake").read_text("utf-8"))
    kept = session.track("Lead Vox").files[0].path.read_bytes()
    assert (tmp_path / "out" / "audio" / "Lead Vox.wav").read_bytes() == kept
    assert sorted(path.name for path in (tmp_path / "out" / "audio").iterdir()) == ["Lead Vox.wav"]


def test_audio_that_was_replaced_comes_back_after_an_error(session: Session, tmp_path: Path) -> None:
    (tmp_path / "out" / "audio").mkdir(parents=True)
    (tmp_path / "out" / "audio" / "Lead Vox.wav").write_bytes(b"mine")
    before = contents(tmp_path)
    with pytest.raises(ExportError):
        export(session, tmp_path / "out", "other", force=True, options={"platform": "none"})
    assert contents(tmp_path) == before


@pytest.mark.parametrize("force", [False, True])
def test_the_project_itself_is_never_written(force: bool, session: Session) -> None:
    assert session.project is not None
    before = session.project.read_bytes()
    with pytest.raises((ExportError, RenderError)):
        export(session, Path(), into=session.project, force=force)
    assert session.project.read_bytes() == before


def test_a_link_to_the_project_is_the_project(session: Session, tmp_path: Path) -> None:
    assert session.project is not None
    link = tmp_path / "link.fake"
    try:
        link.symlink_to(session.project)
    except OSError:
        pytest.skip("links cannot be made here")
    before = session.project.read_bytes()
    with pytest.raises(RenderError, match="is a file of the session itself"):
        export(session, Path(), into=link, force=True)
    with pytest.raises(RenderError, match="is a file of the session itself"):
        mix_session(MixRequest((session.project,), link, force=True))
    assert session.project.read_bytes() == before
    assert link.is_symlink()


def test_what_is_no_copy(session: Session, tmp_path: Path, media: Path) -> None:
    with pytest.raises(ParamError, match=r"end it in \.fake"):
        export(session, tmp_path / "out", into=tmp_path / "song.rpp")
    with pytest.raises(ParamError, match="no format is given"):
        export(session, tmp_path / "out")
    with pytest.raises(ExportError, match="was read from files"):
        export(load_session([media]), tmp_path / "out", into=tmp_path / "copy.fake")


def test_a_later_run_sweeps_up_what_it_listed_and_nobody_touched(session: Session, tmp_path: Path) -> None:
    out = tmp_path / "out"
    export(session, out, "fake", "other")
    (out / "notes.txt").write_text("mine", encoding="utf-8")
    export(session, out, "fake", "other", force=True)
    assert sorted(contents(out)) == ["audio/Lead Vox.wav", "fake/song.fake", "notes.txt", "other/other.txt"]
    renamed = replace(session, name="New name")
    (out / "other" / "other.txt").write_text("changed by hand", encoding="utf-8")
    export_mix(ExportRequest(neutral_mix(renamed), renamed, ("fake",), out, force=True))
    assert sorted(contents(out)) == ["New name.fake", "audio/Lead Vox.wav", "notes.txt", "other/other.txt"]
    assert not (out / "fake").exists()


@pytest.mark.parametrize(
    "manifest",
    [
        b"",
        b"\xff",
        b"[]",
        b'{"schema": "mixbridge.files/1", "jobs": [1]}',
        b'{"schema": "mixbridge.files/1", "jobs": {"export": {"notes.txt": 1}}}',
        b'{"schema": "mixbridge.files/1", "jobs": {"export": {"notes.txt": "00"}}}',
        b'{"schema": "mixbridge.files/1", "jobs": {"export": {"../song/song.fake": "%(hash)s", '
        b'"/etc/hostname": "", "link/notes.txt": "%(hash)s", "nul\\u0000": ""}}}',
        b"[" * 100_000,
    ],
)
def test_a_hostile_list_removes_nothing(manifest: bytes, session: Session, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "notes.txt").write_text("mine", encoding="utf-8")
    if os.name == "posix":
        (out / "link").symlink_to(out, target_is_directory=True)
    assert session.project is not None
    digest = hashlib.blake2b(session.project.read_bytes(), digest_size=16).hexdigest()
    (out / ".mixbridge.json").write_bytes(manifest.replace(b"%(hash)s", digest.encode()))
    before = contents(tmp_path)
    export(session, out, "other", force=True)
    after = contents(tmp_path)
    assert {name: after[name] for name in before} == before


def test_the_command_tells_every_format(session: Session, tmp_path: Path, capsys: Capture) -> None:
    assert session.project is not None
    mix = neutral_mix(session)
    wide = replace(mix, tracks=(replace(mix.tracks[0], width=0.5), *mix.tracks[1:]))
    (tmp_path / "mix.json").write_text(dump_mix(wide), encoding="utf-8")
    words = ["export", str(tmp_path / "mix.json"), str(session.project), "-o", str(tmp_path / "out"), "-q"]
    assert main([*words, "--to", "fake,other", "--to", "fake", "--platform", "linux", "--json"]) == 4
    data = json.loads(capsys.readouterr().out)
    assert data["partial"] is True
    assert [one["format"] for one in data["exports"]] == ["fake", "other"]
    assert (tmp_path / "out" / "other" / "other.txt").read_text("utf-8") == "linux"
    assert main([*words, "--to", "all", "--force"]) == 4
    told = capsys.readouterr()
    assert str(tmp_path / "out" / "other" / "other.txt") in told.out.splitlines()
    assert "fake: dropped: Kick width: there is no width here" in told.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--to", "fake", "--platform", "linux"], "--platform is for other"),
        (["--to", "fake", "--live-version", "11"], "--live-version is for no format"),
        (["--to", "fak"], "did you mean 'fake'"),
        (["--to", "none,fake"], "goes with nothing else"),
        ([], "nothing to write"),
    ],
)
def test_wrong_words(
    words: list[str], message: str, session: Session, tmp_path: Path, capsys: Capture
) -> None:
    assert session.project is not None
    (tmp_path / "mix.json").write_text(dump_mix(neutral_mix(session)), encoding="utf-8")
    head = ["export", str(tmp_path / "mix.json"), str(session.project), "-o", str(tmp_path / "out")]
    assert main([*head, *words]) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_a_project_is_mixed_and_compared_by_command(project: Write, tmp_path: Path, capsys: Capture) -> None:
    path = project()
    copy = path.with_name("song-mix.fake")
    assert main(["mix", str(path), "-o", str(copy), "--no-report", "-q"]) == 0
    assert str(copy) in capsys.readouterr().out.splitlines()
    assert main(["compare", str(path), str(copy), "-q"]) == 0
    lines = capsys.readouterr().out.splitlines()
    was: Mix = load_mix(json.loads(path.read_text("utf-8"))["mix"])
    now = load_mix((path.parent / "song-mix.mixbridge" / "mix.json").read_text("utf-8"))
    kick = f"fader −4.0 → {now.track('Kick').fader_db:.1f} dB".replace("-", "−")
    assert was.track("Kick").fader_db == -4.0
    assert any(kick in line for line in lines)
    assert "arrangement" not in lines
    assert main(["compare", str(copy), str(path.parent / "song-mix.mixbridge" / "mix.json"), "-q"]) == 0
    assert capsys.readouterr().out == ""


def test_every_command_takes_a_project(project: Write, tmp_path: Path, capsys: Capture) -> None:
    path, mix = str(project()), str(tmp_path / "mix.json")
    assert main(["suggest", path, "-o", mix, "-q"]) == 0
    assert main(["analyse", path, "--json", "-q"]) == 0
    analysis = json.loads(capsys.readouterr().out)
    assert [one["id"] for one in analysis["tracks"]] == ["Kick", "Bass", "Lead Vox"]
    assert main(["render", mix, path, "-o", str(tmp_path / "mix.wav"), "-q"]) == 0
    assert main(["report", mix, path, "-o", str(tmp_path / "report.html"), "-q"]) == 0
    assert "−4.0\u00a0dB →" in (tmp_path / "report.html").read_text("utf-8")
    assert main(["mix", path, "-n", "-q", "--to", "other", "-o", str(tmp_path / "out")]) == 0
    assert "nothing was written" in capsys.readouterr().out
    assert not (tmp_path / "out").exists()


def test_a_project_that_cannot_be_read_is_3(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "song.fake").write_bytes(b"\0junk")
    for command in ("mix", "analyse", "suggest"):
        assert main([command, str(tmp_path / "song.fake"), "-q"]) == 3
    assert main(["compare", str(tmp_path / "song.fake"), str(tmp_path / "song.fake")]) == 3
