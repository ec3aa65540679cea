"""Plugins are found, tried each in its own process, and remembered by their files."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bridge.host.catalogue import catalogue_path, scan
from bridge.host.faults import Fault
from bridge.host.places import find_plugins, identity
from bridge.host.values import Limits
from console.errors import PluginError

pytestmark = pytest.mark.plugin

ROOT = Path(__file__).resolve().parents[2]


def command(*words: str) -> "subprocess.CompletedProcess[str]":
    """`mixbridge …` in a process of its own."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUTF8": "1"}
    call = [sys.executable, "-m", "bridge", *words]
    return subprocess.run(
        call, capture_output=True, encoding="utf-8", env=environment, timeout=60, check=False
    )


QUICK = Limits(load_s=3.0, block_s=2.0)


@pytest.fixture(autouse=True)
def _own_catalogue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIXBRIDGE_CACHE", str(tmp_path / "cache"))


def test_each_fault_is_told_of_its_plugin(plugin: Callable[..., Path]) -> None:
    expected = {
        "good": (),
        "late": (),
        "late_unsaid": (Fault.LATENCY,),
        "differs": (Fault.NOT_REPEATABLE,),
        "gives_nan": (Fault.NOT_FINITE,),
        "aborts_at_load": (Fault.CRASHED,),
        "hangs_at_load": (Fault.HUNG,),
    }
    found = scan([plugin(name) for name in expected], limits=QUICK)
    assert {str(item.ref): tuple(fault for fault, _ in item.faults) for item in found.probes} == expected
    usable = {str(item.ref) for item in found.probes if item.usable}
    assert usable == {"good", "late", "differs"}
    assert found.find("late_unsaid").measured_latency_samples == 512
    assert found.find("LATE").facts is not None


def test_what_has_not_changed_is_not_tried_again(
    plugin: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = scan([plugin("good")], limits=QUICK)
    monkeypatch.setattr("bridge.host.catalogue.probe_file", lambda *_: pytest.fail("tried again"))
    assert scan([plugin("good")]) == first
    catalogue_path().write_text("{ junk", encoding="utf-8")
    with pytest.raises(pytest.fail.Exception):
        scan([plugin("good")])


def test_a_file_that_changed_is_another_plugin(tmp_path: Path) -> None:
    bundle = tmp_path / "A.vst3" / "Contents"
    bundle.mkdir(parents=True)
    (bundle / "A.so").write_bytes(b"1")
    before = identity(tmp_path / "A.vst3")
    os.utime(bundle / "A.so", ns=(1, 1))
    assert identity(tmp_path / "A.vst3") != before


def test_plugins_are_found_in_folders_and_bundles_once(tmp_path: Path) -> None:
    (tmp_path / "Maker" / "B.vst3" / "Contents" / "x86_64-win").mkdir(parents=True)
    (tmp_path / "Maker" / "B.vst3" / "Contents" / "x86_64-win" / "B.vst3").write_bytes(b"")
    (tmp_path / "a.VST3").write_bytes(b"")
    (tmp_path / "readme.txt").write_bytes(b"")
    found = list(find_plugins([tmp_path, tmp_path / "a.VST3"]))
    assert [path.name for path in found] == ["a.VST3", "B.vst3"]


def test_the_commands_tell_what_is_there(plugin: Callable[..., Path]) -> None:
    folder = str(plugin("good").parent)
    names = ["--path", str(plugin("good")), "--path", str(plugin("gives_nan"))]
    told = command("plugins", "scan", *names, "--json", "-q")
    assert told.returncode == 0
    items = {
        item["ref"]["name"] or Path(item["ref"]["path"]).stem: item
        for item in json.loads(told.stdout)["plugins"]
    }
    assert items["good"]["usable"]
    assert not items["gives_nan"]["usable"]
    shown = command("plugins", "show", f"{folder}/good.vst3", "-q")
    assert shown.returncode == 0
    assert "gain_db" in shown.stdout
    assert "-24 … 24" in shown.stdout


def test_unknown_plugins_and_places_are_told(plugin: Callable[..., Path], tmp_path: Path) -> None:
    with pytest.raises(PluginError, match="no plugin 'else'"):
        scan([plugin("good")], limits=QUICK).find("else")
    with pytest.raises(PluginError, match="does not exist"):
        scan([tmp_path / "nowhere"])
