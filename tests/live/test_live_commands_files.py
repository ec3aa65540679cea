"""`mixbridge live surface` and `live reaper-pattern`: files for other programs, put where they are looked for."""

import json
import sys
from pathlib import Path

import live_kind
import pytest
from live_desks import band

from bridge.cli import main
from bridge.cli.live.reaper_pattern import resource_folder
from bridge.cli.live.surface import KINDS
from bridge.live.link import LINKS
from console.mix import Bus, Mix, TrackStrip, dump_mix
from presets.reaper.oscpattern import pattern_source
from presets.surfaces import SURFACES

OPEN_STAGE = "mixbridge-open-stage-control.json"


@pytest.fixture
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MIXBRIDGE_STATE", str(tmp_path / "state"))
    monkeypatch.setitem(LINKS, "memory", live_kind.KIND)
    monkeypatch.setattr(live_kind.SHELF, "desk", band())
    return tmp_path


def test_the_words_are_those_of_the_table() -> None:
    assert set(KINDS) == set(SURFACES)


def test_layouts_have_the_strips_of_the_desk(at_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = at_home / "surfaces"
    assert main(["live", "surface", "-o", str(folder), "--desk", "memory"]) == 0
    assert {path.name for path in folder.iterdir()} == {kind.file_name for kind in SURFACES.values()}
    assert "Lead Vox" in (folder / OPEN_STAGE).read_text("utf-8")
    assert capsys.readouterr().out.count("\n") == 2


def test_layouts_of_a_mix_ask_no_desk(at_home: Path) -> None:
    mix = at_home / "mix.json"
    mix.write_text(dump_mix(Mix(48_000, (TrackStrip("Accordion"),), (Bus("drums"),))), encoding="utf-8")
    words = ("live", "surface", "--to", "openstagecontrol", "--mix", str(mix), "-o", str(at_home / "out"))
    assert main([*words, "--mixbridge-host", "192.168.1.20", "--mixbridge-port", "9999"]) == 0
    text = (at_home / "out" / OPEN_STAGE).read_text("utf-8")
    json.loads(text)
    assert "Accordion" in text
    assert "drums" in text
    assert "192.168.1.20:9999" in text
    assert not (at_home / "state").exists()


def test_layouts_without_names_ask_nobody(at_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["live", "surface", "--blank", "-o", str(at_home / "out"), "--to", "touchosc"]) == 0
    assert [path.name for path in (at_home / "out").iterdir()] == ["mixbridge.tosc"]
    assert main(["live", "surface", "--blank", "-o", str(at_home / "out"), "--to", "touchosc"]) != 0
    assert "--force" in capsys.readouterr().err
    assert (
        main(["live", "surface", "--blank", "-o", str(at_home / "out"), "--to", "touchosc", "--force"]) == 0
    )


def test_a_surface_on_the_network_is_told_what_the_session_needs(
    at_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("live", "surface", "--blank", "-o", str(at_home / "out"), "--mixbridge-host", "studio.local")
    assert main([*words]) == 0
    assert "--remote 0.0.0.0:9720 --allow" in capsys.readouterr().err


def test_the_pattern_is_shown_as_it_is_shipped(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["live", "reaper-pattern"]) == 0
    assert capsys.readouterr().out.encode("ascii") == pattern_source()


def test_the_pattern_goes_to_a_file_or_a_folder_and_replaces_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["live", "reaper-pattern", "-o", str(tmp_path)]) == 0
    path = tmp_path / "mixbridge.ReaperOSC"
    assert path.read_bytes() == pattern_source()
    path.write_text("my own", encoding="utf-8")
    assert main(["live", "reaper-pattern", "-o", str(path)]) != 0
    assert "--force" in capsys.readouterr().err
    assert path.read_text("utf-8") == "my own"
    assert main(["live", "reaper-pattern", "-o", str(path), "--force"]) == 0
    assert path.read_bytes() == pattern_source()


def test_the_pattern_is_installed_where_reaper_looks_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("APPDATA", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    assert main(["live", "reaper-pattern", "--install"]) == 2
    assert "Show REAPER resource path" in capsys.readouterr().err
    folder = resource_folder(
        sys.platform, {"APPDATA": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}, tmp_path
    )
    folder.mkdir(parents=True)
    assert main(["live", "reaper-pattern", "--install"]) == 0
    shown = capsys.readouterr()
    assert f"this is going to be written: {folder / 'OSC' / 'mixbridge.ReaperOSC'}" in shown.err
    assert (folder / "OSC" / "mixbridge.ReaperOSC").read_bytes() == pattern_source()
    assert main(["live", "reaper-pattern", "--install"]) != 0
    assert main(["live", "reaper-pattern", "--install", "--force"]) == 0


@pytest.mark.parametrize(
    ("platform", "environment", "folder"),
    [
        ("win32", {"APPDATA": "C:/Users/a/AppData/Roaming"}, "C:/Users/a/AppData/Roaming/REAPER"),
        ("win32", {}, "home/AppData/Roaming/REAPER"),
        ("darwin", {"XDG_CONFIG_HOME": "other"}, "home/Library/Application Support/REAPER"),
        ("linux", {}, "home/.config/REAPER"),
        ("linux", {"XDG_CONFIG_HOME": "other"}, "other/REAPER"),
    ],
)
def test_reapers_folder_on_each_system(platform: str, environment: dict[str, str], folder: str) -> None:
    assert resource_folder(platform, environment, Path("home")) == Path(folder)


@pytest.mark.parametrize(
    "words", [["reaper-pattern", "--install", "-o", "x"], ["surface", "--blank", "--mix", "x", "-o", "y"]]
)
def test_options_that_do_not_go_together(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["live", *words]) == 2
