"""The doctor: every line has a status, a problem has a remedy, and no broken driver brings it down."""

import json
import re
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import bridge.doctor as doctor
from bridge.cli import main
from bridge.doctor import Check, Status, as_data, examine
from bridge.host.places import plugin_folders

ROOT = Path(__file__).resolve().parents[2]
Run = Callable[..., "subprocess.CompletedProcess[str]"]


def _look(topic: str) -> list[Check]:
    return list(doctor.LOOKS[topic]())


def test_the_whole_command(run: Run) -> None:
    answer = run("doctor", "--json")
    data = json.loads(answer.stdout)
    assert data["schema"] == "mixbridge.doctor/1"
    checks = data["checks"]
    assert {
        "python",
        "packages",
        "audio files",
        "kernels",
        "plugins",
        "MIDI",
        "torch",
        "weights",
        "cache",
        "disk",
    } <= {check["topic"] for check in checks}
    problems = [check for check in checks if check["status"] == "problem"]
    assert all(check["remedy"] for check in problems)
    assert answer.returncode == (1 if problems else 0)
    assert "ALSA" not in answer.stderr


def test_a_problem_gives_1_and_a_note_gives_0(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    note, problem = Check("a", Status.NOTE, "absent"), Check("b", Status.PROBLEM, "broken", "mend it")
    monkeypatch.setattr(doctor, "LOOKS", {"a": lambda: [note]})
    assert main(["doctor", "-q"]) == 0
    monkeypatch.setattr(doctor, "LOOKS", {"a": lambda: [note], "b": lambda: [problem]})
    assert main(["doctor", "-q"]) == 1
    assert capsys.readouterr().out.splitlines()[-2:] == ["problem  b  broken", "            → mend it"]


def test_a_look_that_fails_is_a_problem_and_the_others_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> list[Check]:
        raise SystemError("driver on fire")

    fine = Check("c", Status.OK, "fine")
    monkeypatch.setattr(doctor, "LOOKS", {"b": broken, "c": lambda: [fine]})
    first, second = examine()
    assert (first.topic, first.status) == ("b", Status.PROBLEM)
    assert "SystemError: driver on fire" in first.text
    assert second is fine


def test_the_packages_are_those_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    declared = {re.split(r"[>=<; ]", entry)[0] for entry in project["dependencies"]}
    assert {name for names in doctor.PACKAGES.values() for name in names} == declared - {"markupsafe"}


def test_a_missing_package_and_two_that_clash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_version", lambda name: "" if name == "soxr" else "1.0")
    clash, missing, present = _look("packages")
    assert clash.status is missing.status is Status.PROBLEM
    assert "onnxruntime-gpu 1.0 and onnxruntime 1.0 are both installed" in clash.text
    assert missing.remedy == "pip install soxr"
    assert "numpy 1.0" in present.text


def test_formats_that_are_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    import soundfile

    monkeypatch.setattr(soundfile, "available_formats", lambda: {"WAV": "", "FLAC": ""})
    audio = _look("audio files")[0]
    assert audio.status is Status.PROBLEM
    assert "not RF64, AIFF, OGG, MP3" in audio.text


@pytest.mark.parametrize(
    ("answer", "status", "text"),
    [
        (b"[[], []]", Status.NOTE, "no port"),
        (b'[["X-Touch"], ["X-Touch", "Synth"]]', Status.OK, "in: X-Touch; out: X-Touch, Synth"),
        (b'[["X-Touch"], []]', Status.OK, "in: X-Touch; out: none"),
        (b"not JSON", Status.NOTE, "does not answer"),
        (subprocess.TimeoutExpired("python", 10), Status.NOTE, "does not answer"),
        (subprocess.CalledProcessError(-11, "python"), Status.NOTE, "does not answer"),
        (OSError("no processes left"), Status.NOTE, "does not answer"),
    ],
)
def test_midi(answer: bytes | Exception, status: Status, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def probe(*_: Any, **__: Any) -> Any:
        if isinstance(answer, Exception):
            raise answer
        return SimpleNamespace(stdout=answer)

    monkeypatch.setattr(subprocess, "run", probe)
    (check,) = _look("MIDI")
    assert check.status is status
    assert text in check.text


@pytest.mark.parametrize("system", ["linux", "darwin", "win32"])
def test_plugin_folders_of_each_system(system: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", system)
    folders = plugin_folders()
    assert len(folders) >= 2
    kinds = {"vst3", ".vst3", "components"} if system == "darwin" else {"vst3", ".vst3"}
    assert {folder.name.lower() for folder in folders} <= kinds


def test_plugins_are_counted_and_named_but_not_loaded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = tmp_path / "VST3" / "Maker" / "Comp.vst3" / "Contents" / "x86_64-win"
    bundle.mkdir(parents=True)
    (bundle / "Comp.vst3").write_bytes(b"not a plugin: loading it would fail")
    (tmp_path / "VST3" / "Eq.vst3").write_bytes(b"")
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.setattr(doctor, "plugin_folders", lambda: (tmp_path / "VST3", empty, tmp_path / "absent"))
    some, none, absent = _look("plugins")
    assert (some.status, none.status, absent.status) == (Status.OK, Status.NOTE, Status.NOTE)
    assert some.text.startswith("2 plugins in ")
    assert some.text.endswith(": Comp, Eq")


def test_a_cache_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "file"
    blocked.write_bytes(b"")
    monkeypatch.setenv("MIXBRIDGE_CACHE", str(blocked))
    monkeypatch.setattr(doctor, "_writable", lambda _: False)
    (cache,) = _look("cache")
    assert cache.status is Status.PROBLEM
    assert "MIXBRIDGE_CACHE" in cache.remedy


def test_the_size_of_the_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIXBRIDGE_CACHE", str(tmp_path))
    (tmp_path / "analysis" / "ab").mkdir(parents=True)
    (tmp_path / "analysis" / "ab" / "cd").write_bytes(bytes(2_500_000))
    (cache,) = _look("cache")
    assert cache.status is Status.OK
    assert "holds 2.5 MB" in cache.text


def test_writing_is_tried_where_the_folder_would_be_made(tmp_path: Path) -> None:
    assert doctor._writable(tmp_path / "not" / "yet" / "there")
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor.shutil, "disk_usage", lambda _: SimpleNamespace(free=5e8))
    assert {check.status for check in _look("disk")} == {Status.PROBLEM}


def test_weights_are_none_yet_or_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import presets

    monkeypatch.setattr(presets, "__file__", str(tmp_path / "__init__.py"))
    assert _look("weights")[0].status is Status.NOTE
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "controller.onnx").write_bytes(b"")
    assert _look("weights") == [Check("weights", Status.OK, "controller.onnx")]


def test_as_data_has_every_check() -> None:
    check = Check("a", Status.NOTE, "b", "c")
    assert as_data([check])["checks"] == [{"topic": "a", "status": "note", "text": "b", "remedy": "c"}]
