"""What a run keeps on disk: weights without pickles, logs without doubled lines, configurations that read back."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from console.errors import ParamError
from console.training.checkpoint import load_weights, save_state
from console.training.csvlog import CsvLog
from console.training.draws import Draws
from console.training.registry import OBJECTIVES, find_objective, register
from console.training.schedule import learning_rate, seconds_left, share_done
from console.training.settings import RunSettings
from presets.training import config_names, dump_config, load_config, read_config

HEAD = 'schema = "mixbridge.train/1"\nobjective = "controller"\n'


def network(outputs: int = 2) -> torch.nn.Module:
    return torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.BatchNorm1d(4), torch.nn.Linear(4, outputs))


def test_weights_come_back_to_the_bit(tmp_path: Path) -> None:
    one, other = network(), network()
    save_state(tmp_path / "a" / "w.npz", one, {"step": 3, "name": "Größe"})
    assert load_weights(tmp_path / "a" / "w.npz", other) == {"step": 3, "name": "Größe"}
    for name, tensor in one.state_dict().items():
        assert torch.equal(tensor, other.state_dict()[name])
        assert tensor.dtype == other.state_dict()[name].dtype
    assert [path.name for path in (tmp_path / "a").iterdir()] == ["w.npz"]


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (network(5), r"'2\.weight' in .* \(2, 4\); the network's is float32 of \(5, 4\)"),
        (network().double(), r"is float32 of \(4, 3\); the network's is float64"),
        (torch.nn.Sequential(torch.nn.Linear(3, 4)), r"holds '1\.weight', which the network has not"),
        (torch.nn.Sequential(*network(), torch.nn.Linear(2, 2)), r"lacks '3\.weight'"),
    ],
)
def test_weights_of_another_network_are_refused_whole(
    tmp_path: Path, other: torch.nn.Module, message: str
) -> None:
    save_state(tmp_path / "w.npz", network(), {})
    before = {name: tensor.clone() for name, tensor in other.state_dict().items()}
    with pytest.raises(ParamError, match=message):
        load_weights(tmp_path / "w.npz", other)
    assert all(torch.equal(before[name], tensor) for name, tensor in other.state_dict().items())


def _pickled(path: Path) -> None:
    np.savez(path, **{"weights/0.weight": np.array([{"a": 1}], dtype=object)})


def _cut(path: Path) -> None:
    save_state(path, network(), {})
    path.write_bytes(path.read_bytes()[:-200])


def _one_array(path: Path) -> None:
    with path.open("wb") as file:
        np.save(file, np.zeros(3))


def _without_extra(path: Path) -> None:
    np.savez(path, **{"weights/0.weight": np.zeros((4, 3))})


@pytest.mark.parametrize(
    "spoil",
    [
        _pickled,
        _cut,
        _without_extra,
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"PK\x03\x04"),
        _one_array,
        lambda path: None,
    ],
    ids=["pickle", "cut", "bare", "empty", "head", "array", "gone"],
)
def test_broken_weights_are_refused(tmp_path: Path, spoil: Any) -> None:
    spoil(tmp_path / "w.npz")
    with pytest.raises(ParamError, match="cannot be read as weights"):
        load_weights(tmp_path / "w.npz", network())


def test_a_save_that_fails_leaves_the_one_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_state(tmp_path / "w.npz", network(), {"step": 1})
    before = (tmp_path / "w.npz").read_bytes()

    def full(_number: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        save_state(tmp_path / "w.npz", network(), {"step": 2})
    assert [path.name for path in tmp_path.iterdir()] == ["w.npz"]
    assert (tmp_path / "w.npz").read_bytes() == before


def test_a_log_goes_on_without_torn_doubled_or_later_lines(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    log = CsvLog(path, None)
    for step in (1, 2, 3):
        log.add({"step": step, "total": step / 3})
    path.write_bytes(path.read_bytes() + b"4,1.3\nnonsense\n5,1.")
    again = CsvLog(path, 2)
    again.add({"step": 3, "total": math.nan})
    again.add({"step": 4, "total": 1e-9, "late": 2.0})
    again.add({"step": 5})
    assert path.read_text("utf-8").splitlines() == [
        "step,total,late",
        "1,0.333333,",
        "2,0.666667,",
        "3,nan,",
        "4,1e-09,2",
        "5,,",
    ]


@pytest.mark.parametrize("text", ["", "torn", "a,b\n1,2\n", "step,to"])
def test_a_log_without_a_head_begins_anew(tmp_path: Path, text: str) -> None:
    path = tmp_path / "log.csv"
    path.write_text(text, "utf-8")
    CsvLog(path, 5).add({"step": 6, "total": 1.0})
    assert path.read_text("utf-8") == "step,total\n6,1\n"


def test_the_learning_rate_rises_and_falls() -> None:
    settings = RunSettings(steps=1000, learning_rate=1.0, warmup_steps=10, final_share=0.1)
    assert learning_rate(settings, 0, 0.0) == pytest.approx(0.1)
    assert learning_rate(settings, 500, 0.0) == pytest.approx(0.55)
    assert learning_rate(settings, 1000, 0.0) == pytest.approx(0.1)
    by_time = RunSettings(minutes=10.0, steps=1000, learning_rate=1.0, warmup_steps=0, final_share=0.0)
    assert learning_rate(by_time, 10, 300.0) == pytest.approx(0.5)
    assert share_done(by_time, 900, 300.0) == 0.9
    assert share_done(by_time, 10, 601.0) == 1.0
    assert seconds_left(by_time, 900, 300.0, 2.0) == 200.0
    assert seconds_left(by_time, 10, 599.0, 2.0) == 1.0


def test_batches_come_in_order_and_from_their_step_alone() -> None:
    def draw(rng: np.random.Generator, step: int) -> tuple[int, float]:
        return step, float(rng.random())

    with Draws(draw, seed=1, last_step=6, accumulate=2, ahead=1) as draws:
        whole = [draws.take() for _ in range(12)]
    with Draws(draw, seed=1, first_step=4, accumulate=2) as draws:
        rest = [draws.take() for _ in range(4)]
    assert [step for step, _ in whole] == [0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert whole[8:] == rest
    assert len({value for _, value in whole}) == 12
    with Draws(draw, seed=1, rank=1) as draws:
        assert draws.take() != whole[0]


@pytest.mark.parametrize("name", config_names())
def test_the_configurations_that_come_along_read_back(name: str) -> None:
    config = load_config(name)
    assert config.objective in OBJECTIVES
    assert read_config(dump_config(config), source="again") == config


def test_a_configuration_with_everything_reads_back() -> None:
    text = (
        HEAD
        + 'seed = 5\n[run]\nminutes = 3\n[controller]\nname = "a \\"b\\" \\u0007"\nsizes = [1, 2]\nflag = true\n'
        + "rate = 1e-3\n[controller.deep]\n'a b' = 1.5\n[controller.deep.er]\nx = -1\n"
    )
    config = read_config(text, source="here")
    assert config.run == RunSettings(minutes=3.0)
    assert config.section["deep"] == {"a b": 1.5, "er": {"x": -1}}
    assert read_config(dump_config(config), source="again") == config


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("objective = 1\n", "first line"),
        (HEAD, "neither steps nor minutes"),
        (HEAD.replace("controller", "controler"), "did you mean 'controller'"),
        ('schema = "mixbridge.train/1"\n', "names no objective"),
        (HEAD + "sead = 1\n", "unknown key 'sead'; did you mean 'seed'"),
        (HEAD + "seed = -1\n", "seed is -1"),
        (HEAD + "seed = 1.5\n", "seed is 1.5"),
        (HEAD + "controller = 3\n", "give a section"),
        (HEAD + "[run]\nsteps = 10\nlearning_rat = 1\n", "did you mean 'learning_rate'"),
        (HEAD + "[run]\nsteps = 0\n", "steps is 0; it goes from 1"),
        (HEAD + "[run]\nsteps = 1.5\n", "a whole number"),
        (HEAD + "[run]\nsteps = 10\nlearning_rate = nan\n", "finite"),
        (HEAD + "[run]\nsteps = 10\nprecision = 'float16'\n", "did you mean 'bfloat16'"),
        (HEAD + "[run]\nsteps = 10\n[roles]\n", "unknown key 'roles'"),
        (HEAD + "[run\n", "is not TOML"),
    ],
)
def test_a_wrong_configuration_is_told(text: str, message: str) -> None:
    with pytest.raises(ParamError, match=message):
        read_config(text, source="here")


def test_objectives_are_found_by_name_and_added_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("console.training.registry.OBJECTIVES", {**OBJECTIVES})
    make = lambda section, material, seed: None  # noqa: E731 - stands for an objective's maker
    register("mine", make)
    assert find_objective("mine") is make
    with pytest.raises(ValueError, match="already"):
        register("controller", make)
    with pytest.raises(ParamError, match="did you mean 'mine'"):
        find_objective("mne")
