"""`mixbridge train`: what it takes, what it leaves, what it says, and how it is stopped."""

import json
import signal
from pathlib import Path
from typing import Any

import pytest
from toy_objective import Line, make_line

from bridge.cli.entry import main
from bridge.cli.trainline import TrainLine, duration
from console.training.fit import StepReport
from console.training.registry import OBJECTIVES

CONFIG = """schema = "mixbridge.train/1"
objective = "toy"
seed = 3

[run]
steps = 6
warmup_steps = 2
validate_every = 3
log_every = 2
device = "cpu"

[toy]
noisy = false
"""


def song(store: Path, name: str, split: str, kind: str) -> dict[str, Any]:
    file = {"file": "mix.flac", "sha256": "0", "channels": 2, "bytes": 1}
    record = {
        "schema": "mixbridge.dataset-song/1",
        "id": name,
        "kind": kind,
        "source": "midi",
        "title": name,
        "split": split,
        "group": name,
        "sample_rate_hz": 48000,
        "samples": 10,
        "tracks": [],
        "mix": file,
        "origin": {"licence": "CC0-1.0", "credit": f"by {name}", "kind": ""},
        "gain_db": 0.0,
        "deterministic": True,
        "approximate": [],
        "strips": None,
    }
    (store / "songs" / name).mkdir(parents=True)
    (store / "songs" / name / "song.json").write_text(json.dumps(record), "utf-8")
    return {
        "id": name,
        "kind": kind,
        "source": "midi",
        "split": split,
        "licence": "CC0-1.0",
        "credit": f"by {name}",
        "may_train_weights": True,
    }


def make_store(folder: Path, splits: tuple[str, ...] = ("train", "validation", "test")) -> Path:
    songs = [
        song(folder, f"{split}-{kind}", split, kind)
        for split in splits
        for kind in ("multitrack", "reference", "impulse")
    ]
    folder.mkdir(exist_ok=True)
    (folder / "manifest.json").write_text(
        json.dumps({"schema": "mixbridge.dataset/1", "songs": songs}), "utf-8"
    )
    return folder


@pytest.fixture
def words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The command for a toy, in an empty folder."""
    monkeypatch.setitem(OBJECTIVES, "toy", make_line)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "toy.toml").write_text(CONFIG, "utf-8")
    return ["train", "toy.toml", "--store", str(make_store(tmp_path / "store"))]


def test_a_run_from_its_configuration(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*words, "-o", "out", "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert (said["steps"], said["skipped"], said["interrupted"]) == (6, 0, False)
    assert Path(said["weights"]) == Path("out") / "best" / "weights.npz"
    found = {path.relative_to("out").as_posix() for path in Path("out").rglob("*") if path.is_file()}
    assert found - {".lock"} == {
        "config.toml",
        "card.json",
        "log.csv",
        "validation.csv",
        "checkpoint/state.npz",
        "best/weights.npz",
    }
    card = json.loads((tmp_path / "out" / "card.json").read_text("utf-8"))
    assert card["credits"] == [
        f"by {split}-{kind} (CC0-1.0)"
        for split in ("train", "validation")
        for kind in ("impulse", "multitrack", "reference")
    ]
    assert card["best"] == said["best"]
    assert main([*words, "--steps", "2", "-q"]) == 0
    captured = capsys.readouterr()
    assert captured.out.splitlines()[0].startswith(f"{Path('runs') / 'toy'}: 2 steps in ")
    assert captured.err == ""


def test_songs_held_out_for_the_test_are_never_handed_over(
    words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []

    def make(section: Any, material: Any, seed: int) -> Line:
        seen.append(material)
        return make_line(section, material, seed)

    monkeypatch.setitem(OBJECTIVES, "toy", make)
    assert main(words) == 0
    names = {
        field: [item.id for item in getattr(seen[0], field)]
        for field in ("train", "validation", "references_train", "references_validation", "impulses")
    }
    assert names == {
        "train": ["train-multitrack"],
        "validation": ["validation-multitrack"],
        "references_train": ["train-reference"],
        "references_validation": ["validation-reference"],
        "impulses": ["train-impulse"],
    }


def test_a_dry_run_says_what_it_would_do_and_writes_nothing(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*words, "-n"]) == 0
    assert "toy, seed 3, at most 6 steps" in capsys.readouterr().out
    assert main([*words, "-n", "--json", "--minutes", "2"]) == 0
    plan = json.loads(capsys.readouterr().out)
    assert plan["settings"]["minutes"] == 2.0
    assert plan["songs"]["train"] == 1
    assert not (tmp_path / "runs").exists()


def test_ctrl_c_saves_all_and_the_run_goes_on(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def stop(step: int) -> None:
        if step == 2:
            signal.raise_signal(signal.SIGINT)

    with monkeypatch.context() as patch:
        patch.setitem(
            OBJECTIVES, "toy", lambda section, material, seed: Line(seed, noisy=False, at_step=stop)
        )
        assert main([*words, "-o", "out"]) == 130
    err = capsys.readouterr().err
    assert "stopped after step 3, all saved" in err
    way = err.strip().splitlines()[-1].split("mixbridge ")[1].replace('"', "").split()
    assert way[-1] == "--resume"
    assert main(["train", str(Path("out") / "config.toml"), "-o", "out", *way[-3:]]) == 0
    assert "6 steps" in capsys.readouterr().out
    assert main([*words, "-o", "whole"]) == 0
    assert _weights("out") == _weights("whole")


def _weights(run: str) -> dict[str, bytes]:
    import numpy as np

    with np.load(Path(run) / "checkpoint" / "state.npz") as file:
        return {name: file[name].tobytes() for name in file.files if name != "extra"}


def test_a_run_is_not_written_over_and_not_mixed_with_another(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*words, "-o", "out", "--resume"]) == 1
    assert "there is no run in 'out'" in capsys.readouterr().err
    assert main([*words, "-o", "out"]) == 0
    assert main([*words, "-o", "out"]) == 1
    assert "--resume" in capsys.readouterr().err
    Path("toy.toml").write_text(CONFIG.replace("noisy = false", "noisy = true"), "utf-8")
    assert main([*words, "-o", "out", "--resume"]) == 2
    assert "section [toy]" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        (CONFIG.replace("noisy", "nosy"), 2, "did you mean 'noisy'"),
        (CONFIG.replace('"cpu"', '"tpu"'), 2, "device is 'tpu'"),
        (CONFIG.replace('"toy"', '"toys"'), 2, "there is no objective 'toys'"),
    ],
)
def test_what_is_wrong_with_a_configuration_is_told(
    words: list[str], capsys: pytest.CaptureFixture[str], text: str, code: int, message: str
) -> None:
    Path("toy.toml").write_text(text, "utf-8")
    assert main(words) == code
    assert message in capsys.readouterr().err
    Path("toy.toml").write_text(CONFIG, "utf-8")
    assert main(words) == 0  # nothing of the failed one is in the way


@pytest.mark.parametrize("splits", [(), ("test", "validation")])
def test_a_store_without_songs_to_train_on_is_refused(
    words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], splits: tuple[str, ...]
) -> None:
    store = make_store(tmp_path / "other", splits)
    assert main(["train", "toy.toml", "--store", str(store)]) == 3
    assert "has no songs to train on" in capsys.readouterr().err
    assert main(["train", "toy.toml", "--store", str(tmp_path / "gone")]) == 3
    assert "mixbridge data build" in capsys.readouterr().err


class _Stream:
    def __init__(self, *, alive: bool) -> None:
        self.text, self._alive = "", alive

    def isatty(self) -> bool:
        return self._alive

    def write(self, text: str) -> None:
        self.text += text

    def flush(self) -> None:
        pass


@pytest.mark.parametrize(("alive", "lines"), [(True, 100), (False, 3)])
def test_the_line_is_drawn_over_on_a_terminal_and_rare_in_a_log(alive: bool, lines: int) -> None:
    stream, now = _Stream(alive=alive), [0.0]
    line = TrainLine(stream, clock=lambda: now[0])  # type: ignore[arg-type]
    for step in range(1, 101):
        now[0] += 1.0
        line(StepReport(step, 1.0, step / 100, 100.0 - step, 0.5))
    line.close()
    assert stream.text.count("step ") == lines
    assert stream.text.count("\n") == (1 if alive else lines)
    assert "step 100  100%  loss 1  best 0.5  0 s left" in stream.text


@pytest.mark.parametrize(
    ("seconds", "text"), [(40.2, "40 s"), (720.0, "12 min"), (11100.0, "3 h 5 min"), (99.9, "100 s")]
)
def test_times_are_short(seconds: float, text: str) -> None:
    assert duration(seconds) == text
