"""compare, blend, params, presets and schema: results on stdout or in a file that is never overwritten unasked."""

import json
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.cli import main
from console.frozen import FrozenMap
from console.mix import (
    Bus,
    BusKind,
    Compressor,
    Mix,
    Reverb,
    TrackStrip,
    blend,
    dump_mix,
    json_schema,
    load_mix,
)
from console.params import PARAMS

ROOT = Path(__file__).resolve().parents[2]
Capture = pytest.CaptureFixture[str]

A = Mix(
    48_000,
    (TrackStrip("Lead Vox"), TrackStrip("Bass"), TrackStrip("Gtr.1")),
    (Bus("room", BusKind.FX, reverb=Reverb()),),
)
B = replace(
    A,
    tracks=(
        replace(
            A.tracks[0],
            compressor=Compressor(True, ratio=4.0),
            fader_db=-6.0,
            sends=FrozenMap({"room": -12.0}),
        ),
        A.tracks[1],
        replace(A.tracks[2], pan=-0.5),
        TrackStrip("Choir"),
    ),
    seed=7,
)


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """A.json and B.json."""
    paths = tmp_path / "A.json", tmp_path / "B.json"
    for path, mix in zip(paths, (A, B), strict=True):
        path.write_text(dump_mix(mix), encoding="utf-8")
    return paths


def test_compare_speaks_the_engineers_terms(files: tuple[Path, Path], capsys: Capture) -> None:
    assert main(["compare", *map(str, files)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "Lead Vox",
        "  compressor on: 4.0:1 above −20.0 dB, attack 10 ms, release 120 ms, knee 6.0 dB, make-up 0.0 dB",
        "  fader 0.0 → −6.0 dB",
        "  send to room at −12.0 dB added",
        "Gtr.1: pan C → L 50",
        "Choir: only in the second",
    ]


def test_compare_of_equals_is_silent(files: tuple[Path, Path], capsys: Capture) -> None:
    assert main(["compare", str(files[0]), str(files[0])]) == 0
    assert capsys.readouterr().out == ""


def test_compare_of_what_no_strip_has(files: tuple[Path, Path], capsys: Capture) -> None:
    files[1].write_text(
        dump_mix(replace(A, sample_rate_hz=44_100, master=replace(A.master, fader_db=-1.0))), encoding="utf-8"
    )
    assert main(["compare", *map(str, files)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "master: fader 0.0 → −1.0 dB",
        "sample rate 48000 → 44100 Hz",
    ]


def test_compare_as_json_has_every_parameter(files: tuple[Path, Path], capsys: Capture) -> None:
    assert main(["compare", "--json", *map(str, files)]) == 0
    data = json.loads(capsys.readouterr().out)
    assert {"path": "tracks.Gtr.1.pan", "was": 0.0, "now": -0.5, "unit": ""} in data["changes"]
    assert {"strip": "Choir", "changes": ["only in the second"]} in data["strips"]
    assert data["arrangement"] == []


def test_diff_is_the_former_name(files: tuple[Path, Path], capsys: Capture) -> None:
    assert main(["diff", *map(str, files)]) == 0
    former = capsys.readouterr().out
    assert main(["compare", *map(str, files)]) == 0
    assert capsys.readouterr().out == former != ""


@pytest.mark.parametrize(
    ("words", "amounts"),
    [
        (["--amount", "60"], 0.6),
        (["--amount", "60%"], 0.6),
        (["--amount", "0"], 0.0),
        (["--amount", "100", "--only", "fader,pan"], {"fader": 1.0, "pan": 1.0}),
        (
            ["--amount", "sends=25"],
            {**dict.fromkeys(("input", "eq", "dynamics", "pan", "fader"), 1.0), "sends": 0.25},
        ),
        (["--amount", "50", "--amount", "eq=0", "--only", "eq,dynamics"], {"dynamics": 0.5}),
    ],
    ids=lambda item: " ".join(item) if isinstance(item, list) else "",
)
def test_blend_is_the_consoles_blend(
    words: list[str],
    amounts: float | dict[str, float],
    files: tuple[Path, Path],
    capsysbinary: pytest.CaptureFixture[bytes],
) -> None:
    assert main(["blend", *map(str, files), *words]) == 0
    assert load_mix(capsysbinary.readouterr().out.decode("utf-8")) == blend(A, B, amounts)


def test_a_file_is_replaced_only_when_told_to(
    files: tuple[Path, Path], tmp_path: Path, capsys: Capture
) -> None:
    goal = tmp_path / "new" / "c.json"
    words = ["blend", *map(str, files), "--amount", "100", "-o", str(goal)]
    assert main(words) == 0
    assert load_mix(goal.read_text("utf-8")) == B
    goal.write_text("mine", encoding="utf-8")
    assert main(words) == 1
    assert "exists already; give another name, or --force" in capsys.readouterr().err
    assert goal.read_text("utf-8") == "mine"
    assert main([*words, "--force"]) == 0
    assert load_mix(goal.read_text("utf-8")) == B
    assert [path.name for path in goal.parent.iterdir()] == ["c.json"]


def test_a_folder_is_no_file_to_write(files: tuple[Path, Path], tmp_path: Path, capsys: Capture) -> None:
    assert main(["blend", *map(str, files), "--amount", "50", "-o", str(tmp_path), "--force"]) == 1
    assert "is a folder" in capsys.readouterr().err


@pytest.mark.skipif(
    sys.platform == "win32" or os.geteuid() == 0, reason="root, or Windows, may write anywhere"
)
def test_a_folder_that_may_not_be_written(files: tuple[Path, Path], tmp_path: Path, capsys: Capture) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o500)
    assert main(["blend", *map(str, files), "--amount", "50", "-o", str(closed / "c.json")]) == 1
    assert "Permission denied" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"\xff\xfe", "not UTF-8"),
        (b"", "not a mix file"),
        (b'{"schema": "mixbridge.mix/1", "sample_rate_hz": 48000, "traks": []}', "did you mean 'tracks'?"),
    ],
)
def test_a_file_that_is_no_mix(
    content: bytes, message: str, files: tuple[Path, Path], capsys: Capture
) -> None:
    files[1].write_bytes(content)
    assert main(["compare", *map(str, files)]) == 2
    error = capsys.readouterr().err
    assert message in error
    assert "B.json" in error


def test_a_mix_file_may_begin_with_a_byte_order_mark(files: tuple[Path, Path]) -> None:
    files[1].write_text(dump_mix(A), encoding="utf-8-sig")
    assert main(["compare", *map(str, files)]) == 0


def test_the_schema_in_docs_is_current(capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["schema"]) == 0
    printed = capsysbinary.readouterr().out
    assert json.loads(printed) == json_schema()
    assert (ROOT / "docs" / "mix.schema.json").read_bytes().replace(b"\r\n", b"\n") == printed


def test_params_lists_the_whole_table(capsys: Capture) -> None:
    assert main(["params"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines[1:]] == list(PARAMS)
    ratio = next(line for line in lines if line.startswith("compressor.ratio"))
    assert ratio.split() == ["compressor.ratio", "-", "1", "20", "2", "log", "0.1"]
    assert main(["params", "--json"]) == 0
    rows = json.loads(capsys.readouterr().out)
    assert rows[0] == {
        "name": "input.gain_db",
        "unit": "dB",
        "low": -48.0,
        "high": 48.0,
        "default": 0.0,
        "scale": "dB",
        "step": 0.1,
    }


def test_presets_can_be_named(capsys: Capture) -> None:
    assert main(["presets", "--json"]) == 0
    known = json.loads(capsys.readouterr().out)
    assert "modern" in known["targets"]
    assert "lead_vocal" in known["roles"]
    assert "rules" in known["estimators"]
    assert main(["presets"]) == 0
    assert "  lead_vocal\n" in capsys.readouterr().out


def test_names_from_hell_are_printed_in_one_line(tmp_path: Path, run: Callable[..., "object"]) -> None:
    """A name with a newline, a terminal code and a byte that is no UTF-8 neither breaks lines nor the command."""
    hostile = "a\nb\x1b[31m\udcff"
    paths = tmp_path / "A.json", tmp_path / "B.json"
    for path, pan in zip(paths, (0.0, 1.0), strict=True):
        path.write_text(dump_mix(Mix(48_000, (TrackStrip(hostile, pan=pan),))), encoding="utf-8")
    answer = run("compare", *paths)
    assert answer.returncode == 0
    assert answer.stdout == "a\\nb\\x1b[31m\\udcff: pan C → R 100\n"
    blended = run("blend", *paths, "--amount", "100")
    assert load_mix(blended.stdout).tracks[0].id == hostile
