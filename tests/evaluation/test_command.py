"""The command: a table on stdout, JSON, files, exit codes."""

import json
import signal
from pathlib import Path
from typing import Any

import pytest

from bridge.cli.entry import main
from bridge.evaluation.plain import raw_sum
from bridge.evaluation.systems import SYSTEMS, System
from bridge.evaluation.values import Made, Task


def test_the_table_has_every_term(shelf: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["evaluate", *map(str, shelf.songs), "--references", str(shelf.references[0].parent)]
    assert main([*words, "--systems", "raw,equal,rules", "-o", str(tmp_path / "out"), "-q"]) == 0
    told = capsys.readouterr().out
    for text in (
        "AF floored: Bark side",
        "AF published: weighted sum",
        "MRSTFT, sum and difference",
        "audibility",
    ):
        assert text in told
    assert "2 songs, 2 references, 4 pairs, 12 of 12 rows." in told
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "rows.jsonl", "summary.json", "table.md", "to_reference.svg", "to_human.svg", "figures.svg",
    }  # fmt: skip
    assert main([*words, "--systems", "raw,equal,rules", "-o", str(tmp_path / "out"), "-q"]) == 1
    assert "--resume" in capsys.readouterr().err


def test_json_has_all_rows(shelf: Any, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["evaluate", str(shelf.songs[0]), "--reference", str(shelf.references[0]), "--json", "-q"]
    assert main([*words, "--systems", "raw,human", "--baseline", "raw"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert data["schema"] == "mixbridge.evaluation-summary/1"
    assert [row["system"] for row in data["all_rows"]] == ["raw", "human"]
    assert data["groups"]["to_human"]["mrstft"]["raw"]["songs"] == 1
    assert data["groups"]["to_human"]["mrstft"]["raw"]["low"] is None


def test_ctrl_c_says_how_to_go_on(
    shelf: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def make(task: Task) -> Made:
        signal.raise_signal(signal.SIGINT)
        return raw_sum(task)

    monkeypatch.setitem(SYSTEMS, "slow", System("slow", "is interrupted", make))
    words = ["evaluate", str(shelf.songs[0]), "--systems", "raw,slow", "-o", str(tmp_path), "-q"]
    assert main(words) == 130
    told = capsys.readouterr()
    assert "1 of 2 rows are done; --resume goes on" in told.err
    assert "raw" in told.out
    monkeypatch.setitem(SYSTEMS, "slow", System("slow", "goes on", raw_sum))
    assert main([*words, "--resume"]) == 0


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--resume"], 2),
        (["--resume", "--force", "-o", "x"], 2),
        (["--seed", "-1"], 2),
        (["--systems", "nobody"], 2),
        (["--baseline", "nobody"], 2),
        (["--reference", "nowhere.wav"], 3),
    ],
)
def test_mistakes_have_their_exit_codes(shelf: Any, words: list[str], code: int) -> None:
    assert main(["evaluate", str(shelf.songs[0]), *words]) == code
