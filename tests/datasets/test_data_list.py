"""`mixbridge data list`: the figures of a data set, as text and as JSON."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
List = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def listed(tmp_path: Path) -> List:
    def call(*words: str | Path) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "bridge", "data", "list", *map(str, words)]
        return subprocess.run(
            command, capture_output=True, encoding="utf-8", cwd=ROOT, timeout=120, check=False
        )

    return call


@pytest.fixture
def slakh(lay):
    about = (
        "stems:\n  S00: {program_num: 33, midi_program_name: Bass}\n"
        "  S01: {is_drum: true, midi_program_name: Drums}\n"
    )
    songs = {}
    for split, name in (("train", "Track00001"), ("test", "Track01900"), ("omitted", "Track00002")):
        folder = f"{split}/{name}"
        songs |= {f"{folder}/metadata.yaml": about, f"{folder}/mix.flac": 1}
        songs |= {f"{folder}/stems/{stem}.flac": 1 for stem in ("S00", "S01")}
    return lay(songs)


def test_as_text(listed: List, slakh: Path) -> None:
    (slakh / "test" / "Track01900" / "stems" / "S00.flac").unlink()
    answer = listed(slakh)
    assert answer.returncode == 0
    lines = answer.stdout.splitlines()
    assert lines[0].startswith("Slakh2100: 2 songs, 0.0 min; 3 tracks")
    assert "splits: train 1, test 1, omitted 1" in lines
    assert "roles: drums 2, bass 1" in lines
    assert any("CC BY 4.0" in line and "may be trained" in line for line in lines)
    assert any(line.startswith("Track01900") and "automatic (lines up)" in line for line in lines)
    assert "1 files are missing" in answer.stderr
    assert "S00.flac" in answer.stderr


def test_as_json(listed: List, slakh: Path) -> None:
    (slakh / "train" / "Track00001" / "metadata.yaml").write_text("stems: [")
    answer = listed(slakh, "--json", "-q")
    assert answer.returncode == 0, answer.stderr
    found = json.loads(answer.stdout)
    assert found["schema"] == "mixbridge.data-list/1"
    assert found["dataset"] == "slakh2100"
    assert [song["id"] for song in found["songs"]] == ["Track01900", "Track00002"]
    assert [song["usable"] for song in found["songs"]] == [True, False]
    assert found["broken"][0]["id"] == "Track00001"
    assert "metadata.yaml" in found["broken"][0]["why"]
    assert found["roles"] == {"bass": 1, "drums": 1}
    assert found["track_hours"] == pytest.approx(2 * 0.1 / 3600)
    assert found["songs"][0]["licence"]["may_train_weights"] is True


def test_a_set_of_which_no_song_can_be_read(listed: List, lay) -> None:
    answer = listed(lay({"train/A - B.stem.mp4": b"x", "train/C - D.stem.mp4": b"x"}))
    assert answer.returncode == 3
    assert "without ffmpeg" in answer.stderr
    assert "1 more" in answer.stderr


def test_wrong_words(listed: List, slakh: Path) -> None:
    answer = listed(slakh, "--kind", "slakh")
    assert answer.returncode == 2
    assert "slakh2100" in answer.stderr
    assert listed(slakh / "nowhere").returncode == 3
    assert listed(slakh, "--kind", "dsd100").returncode == 3
