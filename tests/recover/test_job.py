"""The commands `recover` and `prune` from files to files."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from mixed_stems import RATE_HZ, instruments, random_mix, rendered, write_session

from bridge.cli import main
from console.mix import load_mix


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    stems = instruments(3.0)
    write_session(tmp_path / "stems", stems)
    mix = rendered(random_mix(0, compress=False, sends=False), stems)
    soundfile.write(tmp_path / "final.wav", mix.T, RATE_HZ, subtype="FLOAT")
    return tmp_path


def _recover(folder: Path, *words: str) -> int:
    return main(
        [
            "recover",
            str(folder / "stems"),
            "--mix",
            str(folder / "final.wav"),
            "-o",
            str(folder / "out"),
            "-q",
            *words,
        ]
    )


def test_recover_leaves_the_mix_its_report_and_what_is_left(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _recover(folder, "--only", "fader,pan,eq", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["schema"] == "mixbridge.recovery/1"
    out = folder / "out"
    assert sorted(path.name for path in out.iterdir()) == [
        "mix.json",
        "recovered.wav",
        "recovery.json",
        "residual.wav",
    ]
    mix = load_mix((out / "mix.json").read_text("utf-8"))
    assert mix.estimator == "recover"
    assert mix.tool.startswith("mixbridge")
    final, _ = soundfile.read(folder / "final.wav")
    left, _ = soundfile.read(out / "residual.wav")
    heard_db = 10.0 * np.log10(np.sum(left**2) / np.sum(final[: len(left)] ** 2))
    assert heard_db == pytest.approx(told["residual"]["total_db"], abs=1.0)
    assert heard_db < -30.0
    assert [step["name"] for step in told["steps"]][:3] == ["dry", "gain/pan", "equalizer"]


def test_nothing_is_overwritten_unasked(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "out").mkdir()
    (folder / "out" / "mix.json").write_text("mine", encoding="utf-8")
    assert _recover(folder) == 1
    assert "--force" in capsys.readouterr().err
    assert (folder / "out" / "mix.json").read_text("utf-8") == "mine"


def test_a_broken_mix_leaves_no_folder(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "final.wav").write_bytes(b"RIFF")
    assert _recover(folder) == 3
    assert "cannot be read" in capsys.readouterr().err
    assert not (folder / "out").exists()


def test_no_amount_is_the_stems_as_they_are(folder: Path) -> None:
    assert _recover(folder, "--amount", "0", "--only", "fader", "--no-audio") == 0
    mix = load_mix((folder / "out" / "mix.json").read_text("utf-8"))
    assert {track.fader_db for track in mix.tracks} == {0.0}


def test_prune_writes_a_mix_and_says_what_went(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _recover(folder, "--only", "fader,pan,eq", "--no-audio") == 0
    capsys.readouterr()
    words = [
        "prune",
        str(folder / "out" / "mix.json"),
        str(folder / "stems"),
        "-o",
        str(folder / "less.json"),
        "-q",
    ]
    assert main([*words, "--tolerance", "0.05", "--no-fine-tune", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["processors_after"] < told["processors_before"]
    assert len(told["removed"]) == told["processors_before"] - told["processors_after"]
    assert load_mix((folder / "less.json").read_text("utf-8")).estimator == "recover"
    assert main([*words, "--tolerance", "much", "--force"]) == 2
