"""The commands `recover` and `prune` from files to files."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from mixed_stems import RATE_HZ, instruments, random_mix, rendered, write_session

from bridge.cli import main
from console.mix import load_mix


def _song(folder: Path) -> Path:
    stems = instruments(3.0)
    write_session(folder / "stems", stems)
    mix = rendered(random_mix(0, compress=False, sends=False), stems)
    soundfile.write(folder / "final.wav", mix.T, RATE_HZ, subtype="FLOAT")
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return _song(tmp_path)


@pytest.fixture(scope="module")
def recovered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a song that was recovered."""
    folder = _song(tmp_path_factory.mktemp("recovered"))
    assert _recover(folder, "--only", "fader,pan,eq") == 0
    return folder


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


def test_recover_leaves_the_mix_its_report_and_what_is_left(recovered: Path) -> None:
    out = recovered / "out"
    told = json.loads((out / "recovery.json").read_text("utf-8"))
    assert told["schema"] == "mixbridge.recovery/1"
    assert sorted(path.name for path in out.iterdir()) == [
        "mix.json",
        "recovered.wav",
        "recovery.json",
        "residual.wav",
    ]
    mix = load_mix((out / "mix.json").read_text("utf-8"))
    assert mix.estimator == "recover"
    assert mix.tool.startswith("mixbridge")
    final, _ = soundfile.read(recovered / "final.wav")
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


def test_no_amount_is_the_stems_as_they_are(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _recover(folder, "--amount", "0", "--only", "fader", "--no-audio", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert [Path(name).name for name in told["files"]] == ["mix.json", "recovery.json"]
    mix = load_mix((folder / "out" / "mix.json").read_text("utf-8"))
    assert {track.fader_db for track in mix.tracks} == {0.0}


def test_prune_writes_a_mix_and_says_what_went(recovered: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = [
        "prune",
        str(recovered / "out" / "mix.json"),
        str(recovered / "stems"),
        "-o",
        str(recovered / "less.json"),
        "-q",
    ]
    assert main([*words, "--tolerance", "0.05", "--no-fine-tune", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["processors_after"] < told["processors_before"]
    assert len(told["removed"]) == told["processors_before"] - told["processors_after"]
    assert load_mix((recovered / "less.json").read_text("utf-8")).estimator == "recover"
    assert main([*words, "--tolerance", "much", "--force"]) == 2
