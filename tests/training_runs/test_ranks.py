"""Two processes share a run: one gradient, one set of weights, one of them writes."""

import csv
import multiprocessing
import os
import signal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import distributed
from toy_objective import Line

from console.errors import ParamError
from console.training.checkpoint import save_state
from console.training.fit import fit
from console.training.ranks import find_device, told_rank, told_size
from console.training.settings import RunSettings

SETTINGS = RunSettings(
    steps=4, warmup_steps=0, validate_every=2, log_every=1, device="cpu", clip_norm=0.0, learning_rate=0.01
)


def _share(rank: int, folder: Path) -> None:
    """What one process does: the seed of its weights is its own, so that the first one's must reach it."""
    distributed.init_process_group("gloo", init_method=(folder / "meet").as_uri(), rank=rank, world_size=2)
    try:
        clean = Line(seed=rank, noisy=False)
        fit(clean, SETTINGS, folder / "clean", seed=7)
        save_state(folder / f"clean{rank}.npz", clean.module, {"first": clean.drawn[0][1]})

        def stop(step: int) -> None:
            if rank == 1 and step == 2:
                signal.raise_signal(signal.SIGINT)

        noisy = Line(seed=rank, at_step=stop, broken=lambda step: rank == 1 and step == 1)
        result = fit(noisy, SETTINGS, folder / "noisy", seed=7)
        extra = {"steps": result.steps, "skipped": result.skipped, "interrupted": result.interrupted}
        save_state(folder / f"noisy{rank}.npz", noisy.module, {**extra, "validations": noisy.validations})
    finally:
        distributed.destroy_process_group()


@pytest.fixture(scope="module")
def shared_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not (distributed.is_available() and distributed.is_gloo_available()):
        pytest.skip("this build of torch has no Gloo, over which processes would meet")
    folder = tmp_path_factory.mktemp("ranks")
    spawn = multiprocessing.get_context("spawn")
    processes = [spawn.Process(target=_share, args=(rank, folder)) for rank in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120.0)
        if process.is_alive():
            process.kill()
    assert [process.exitcode for process in processes] == [0, 0]
    return folder


def _read(path: Path) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    import json

    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files}
    return json.loads(arrays.pop("extra").tobytes()), arrays


@pytest.mark.parametrize("name", ["clean", "noisy"])
def test_all_processes_end_with_the_same_weights(shared_run: Path, name: str) -> None:
    (_, one), (_, other) = (_read(shared_run / f"{name}{rank}.npz") for rank in range(2))
    assert one.keys() == other.keys()
    for key, array in one.items():
        np.testing.assert_array_equal(array, other[key], err_msg=key)


def test_two_processes_give_the_mean_of_their_gradients(shared_run: Path) -> None:
    """The first step, against the gradient of both batches at once."""
    line = Line(seed=0, noisy=False)
    batches = [line.draw(np.random.default_rng([7, rank, 0]), 0) for rank in range(2)]
    points, values = (np.concatenate(items) for items in zip(*batches, strict=True))
    line.losses((points, values), 0)["total"].backward()
    norm = torch.sqrt(sum(p.grad.square().sum() for p in line.module.parameters()))  # type: ignore[union-attr]
    with (shared_run / "clean" / "log.csv").open(encoding="utf-8", newline="") as file:
        first = next(csv.DictReader(file))
    assert float(first["gradient_norm"]) == pytest.approx(float(norm), rel=1e-5)


def test_each_process_draws_batches_of_its_own(shared_run: Path) -> None:
    first, second = (_read(shared_run / f"clean{rank}.npz")[0]["first"] for rank in range(2))
    assert first != second


def test_all_skip_and_stop_when_one_of_them_has_to(shared_run: Path) -> None:
    told = [_read(shared_run / f"noisy{rank}.npz")[0] for rank in range(2)]
    assert told[0] == {"steps": 3, "skipped": 1, "interrupted": True, "validations": 1}
    assert told[1] == {"steps": 3, "skipped": 1, "interrupted": True, "validations": 0}


def test_one_process_goes_on_with_what_two_began(shared_run: Path) -> None:
    result = fit(Line(), SETTINGS, shared_run / "noisy", seed=7, resume=True)
    assert (result.steps, result.interrupted) == (4, False)


def test_torchrun_tells_who_a_process_is(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RANK", "WORLD_SIZE"):
        monkeypatch.delenv(name, raising=False)
    assert (told_rank(), told_size()) == (0, 1)
    monkeypatch.setenv("RANK", "3")
    monkeypatch.setenv("WORLD_SIZE", "4")
    assert (told_rank(), told_size()) == (3, 4)


@pytest.mark.parametrize("word", ["gpu", "tpu:0", "cuda:x", "", "meta"])
def test_a_device_that_is_none_is_refused(word: str) -> None:
    with pytest.raises(ParamError, match="give auto, cpu, cuda or cuda:N"):
        find_device(word)


def test_a_process_takes_the_gpu_of_its_local_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setitem(os.environ, "LOCAL_RANK", "1")
    assert [str(find_device(word)) for word in ("auto", "cuda", "cuda:0", "cpu")] == [
        "cuda:1",
        "cuda:1",
        "cuda:0",
        "cpu",
    ]
    monkeypatch.setitem(os.environ, "LOCAL_RANK", "2")
    with pytest.raises(ParamError, match="there are 2 CUDA devices"):
        find_device("cuda")
