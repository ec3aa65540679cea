"""Each way to fail has its exit code and one clear line on stderr; stdout stays clean."""

import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import click
import pytest

import bridge.cli.entry as entry
from console.errors import ExportError, LinkError, ParamError, PluginError, RenderError, SessionError

ROOT = Path(__file__).resolve().parents[2]
Run = Callable[..., "subprocess.CompletedProcess[str]"]


def _failing(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Make `mixbridge fail` raise an error."""

    @click.command(name="fail")
    @click.option("-v", "--verbose", count=True)
    @click.pass_obj
    def fail(state: entry.State, /, verbose: int) -> None:
        state.talk(verbose)
        raise error

    monkeypatch.setattr(entry.cli, "resolve_command", lambda _context, words: ("fail", fail, words[1:]))


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (ParamError("pan is 2, outside its range; give -1 to 1"), 2),
        (SessionError("no audio in 'stems'; give a folder with audio files"), 3),
        (ExportError("out exists"), 4),
        (LinkError("lost"), 5),
        (PluginError("crashed"), 6),
        (RenderError("disk full"), 1),
        (KeyboardInterrupt(), 130),
        (PermissionError(errno.EACCES, "Permission denied", "/nowhere"), 1),
        (MemoryError(), 1),
        (ZeroDivisionError("division by zero"), 1),
        (ValueError("two\nlines \x1b[31mand colour"), 1),
    ],
    ids=lambda item: type(item).__name__,
)
def test_every_error_has_its_code_and_is_one_line(
    error: BaseException, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _failing(monkeypatch, error)
    assert entry.main(["fail"]) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert err.strip().count("\n") == 0
    assert err.strip().startswith("mixbridge: ")
    assert "\x1b" not in err
    assert "Traceback" not in err


def test_the_unexpected_asks_to_be_reported(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _failing(monkeypatch, ZeroDivisionError("division by zero"))
    assert entry.main(["fail"]) == 1
    assert "ZeroDivisionError: division by zero; this is a bug" in capsys.readouterr().err
    _failing(monkeypatch, ParamError("x"))
    entry.main(["fail"])
    assert "bug" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "shown"), [(["fail"], False), (["fail", "-v"], False), (["fail", "-vv"], True)]
)
def test_a_traceback_is_for_those_who_ask_twice(
    words: list[str], shown: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _failing(monkeypatch, SessionError("no audio"))
    assert entry.main(words) == 3
    assert ("Traceback" in capsys.readouterr().err) is shown


USAGE = [
    ([], "Usage:"),
    (["mixx"], "did you mean 'mix'?"),
    (["mix"], "Missing argument"),
    (["mix", "stems", "--amout", "60"], "No such option"),
    (["mix", "stems", "--amount", "160"], "'160' is no amount; give 0 to 100"),
    (["mix", "stems", "--amount", "nan"], "'nan' is no amount"),
    (["mix", "stems", "--amount", "eqq=50"], "'eqq' is no part of a strip; did you mean 'eq'?"),
    (["mix", "stems", "--only", "eq,fadr"], "did you mean 'fader'?"),
    (["mix", "stems", "--role", "Audio 7"], "give NAME=ROLE"),
    (["mix", "stems", "--role", "Audio 7=snar"], "'snar' is no role; did you mean 'snare'?"),
    (["mix", "stems", "-j", "0"], "0 is not in the range"),
    (["mix", "stems", "--estimator", "oracle"], "oracle"),
    (["mix", "stems", "--target", "modrn"], "modrn"),
    (["export", "a.json", "stems", "--to", "protools"], "protools"),
    (["compare", "a.json"], "Missing argument"),
    (["compare", "absent.json", "absent.json"], "cannot read absent.json"),
    (["blend", "absent.json", "absent.json"], "--amount"),
]


@pytest.mark.parametrize(
    ("words", "message"), USAGE, ids=lambda item: " ".join(item)[:40] if isinstance(item, list) else ""
)
def test_wrong_usage_is_2(words: list[str], message: str, run: Run) -> None:
    answer = run(*words)
    assert answer.returncode == 2
    assert message in answer.stderr
    assert answer.stdout == ""


@pytest.mark.parametrize("command", ["mix", "analyse", "suggest"])
def test_a_session_that_is_not_there_is_3(command: str, run: Run, tmp_path: Path) -> None:
    answer = run(command, tmp_path / "absent")
    assert answer.returncode == 3
    assert "absent" in answer.stderr
    assert answer.stdout == ""


def test_a_folder_without_audio_is_3_and_nothing_is_written(run: Run, tmp_path: Path) -> None:
    stems = tmp_path / "stems"
    stems.mkdir()
    (stems / "notes.txt").write_text("no audio", encoding="utf-8")
    answer = run("mix", stems, "-o", tmp_path / "out")
    assert answer.returncode == 3
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cwd", "stems"]


def test_a_reader_that_goes_away_is_no_bug(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "bridge", "schema"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    errors = process.stderr.read()
    process.stderr.close()
    assert process.wait(30) == 1
    assert errors == b""


_WAITS = """
import sys, time
import bridge.cli.entry as entry, bridge.doctor
from pathlib import Path

def wait():
    try:
        Path("begun").touch()
        time.sleep(30)
        return []
    finally:
        Path("cleaned").touch()

bridge.doctor.LOOKS = {"wait": wait}
sys.exit(entry.main(["doctor", "-q"]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals that a test may send")
@pytest.mark.parametrize(("number", "code"), [("SIGINT", 130), ("SIGTERM", 143)])
def test_a_signal_unwinds(number: str, code: int, tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", _WAITS],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 20
    while not (tmp_path / "begun").exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(getattr(signal, number))
    _, errors = process.communicate(timeout=20)
    assert process.returncode == code
    assert (tmp_path / "cleaned").exists()
    assert "Traceback" not in errors
    if code == 130:
        assert "interrupted" in errors
