"""The trainer: what it learns, what it leaves, what it skips, and how it ends."""

import csv
import json
import math
import signal
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from toy_objective import WEIGHTS, Line

from console.errors import ParamError, TrainingError
from console.training.checkpoint import load_weights
from console.training.fit import MOST_SKIPPED_IN_A_ROW, FitResult, StepReport, fit
from console.training.settings import RunSettings

SETTINGS = RunSettings(
    steps=30, warmup_steps=5, learning_rate=0.02, validate_every=10, log_every=5, device="cpu"
)


def settings(**changes: Any) -> RunSettings:
    values = {name: getattr(SETTINGS, name) for name in RunSettings.__dataclass_fields__}
    return RunSettings(**{**values, **changes})


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def weights(line: Line) -> dict[str, torch.Tensor]:
    return {name: tensor.clone() for name, tensor in line.module.state_dict().items()}


def equal(one: dict[str, torch.Tensor], other: dict[str, torch.Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)


def train(line: Line, folder: Path, *, resume: bool = False, seed: int = 7, **changes: Any) -> FitResult:
    return fit(line, settings(**changes), folder, seed=seed, resume=resume)


def interrupt_at(step: int) -> Any:
    steps = iter([step])

    def at_step(now: int) -> None:
        if now == step and next(steps, None) is not None:
            signal.raise_signal(signal.SIGINT)

    return at_step


def test_it_learns_a_line(tmp_path: Path) -> None:
    line = Line(noisy=False)
    result = train(line, tmp_path, steps=300, learning_rate=0.1, validate_every=100, weight_decay=0.0)
    assert line.module[0].weight.detach().numpy()[0] == pytest.approx(WEIGHTS, abs=0.02)
    assert result.best_score is not None
    assert result.best_score < 1e-3
    assert (result.steps, result.skipped, result.interrupted) == (300, 0, False)


def test_it_leaves_logs_best_weights_checkpoint_and_card(tmp_path: Path) -> None:
    line = Line()
    result = fit(line, SETTINGS, tmp_path, seed=7, about={"tool": "mixbridge x"})
    log = rows(tmp_path / "log.csv")
    assert [row["step"] for row in log] == ["5", "10", "15", "20", "25", "30"]
    assert {"total", "error", "seconds", "learning_rate", "gradient_norm", "skipped"} <= log[0].keys()
    held_out = rows(tmp_path / "validation.csv")
    assert [row["step"] for row in held_out] == ["10", "20", "30"]
    scores = [float(row["score"]) for row in held_out]
    assert result.best_score == pytest.approx(min(scores), rel=1e-5)
    assert result.best_step == 10 * (1 + int(np.argmin(scores)))
    best = Line(seed=5)
    extra = load_weights(tmp_path / "best" / "weights.npz", best.module)
    best.module.eval()
    with torch.no_grad():
        assert best.validate()["score"] == result.best_score == extra["figures"]["score"]
    card = json.loads((tmp_path / "card.json").read_text("utf-8"))
    assert card["tool"] == "mixbridge x"
    assert card["reached"]["steps"] == 30
    assert card["objective"] == {"parameters": 65}
    assert not list(tmp_path.rglob("*.part"))


@pytest.mark.parametrize("stop", [1, 9, 13, 28])
def test_a_run_that_was_broken_off_ends_as_an_unbroken_one(tmp_path: Path, stop: int) -> None:
    whole, first, second = Line(), Line(at_step=interrupt_at(stop)), Line(seed=3)
    train(whole, tmp_path / "whole", accumulate=2)
    broken = train(first, tmp_path / "broken", accumulate=2)
    assert broken.interrupted
    assert broken.steps == stop + 1
    resumed = train(second, tmp_path / "broken", accumulate=2, resume=True)
    assert not resumed.interrupted
    assert equal(weights(whole), weights(second))
    for name in ("log.csv", "validation.csv"):
        logs = [rows(tmp_path / run / name) for run in ("whole", "broken")]
        for row in (*logs[0], *logs[1]):
            del row["seconds"]
        assert logs[0] == logs[1]


def test_a_run_that_was_killed_goes_on_from_its_last_checkpoint(tmp_path: Path) -> None:
    def die(step: int) -> None:
        if step == 17:
            raise MemoryError

    whole, second = Line(), Line(seed=3)
    train(whole, tmp_path / "whole")
    train(Line(at_step=interrupt_at(11)), tmp_path / "killed")
    with pytest.raises(MemoryError):
        train(Line(at_step=die), tmp_path / "killed", resume=True, log_every=1)
    assert rows(tmp_path / "killed" / "log.csv")[-1]["step"] == "17"
    with (tmp_path / "killed" / "log.csv").open("a", encoding="utf-8") as file:
        file.write("18,0.1,0.0")
    train(second, tmp_path / "killed", resume=True)
    assert [row["step"] for row in rows(tmp_path / "killed" / "log.csv")] == [
        "5",
        "10",
        "15",
        "20",
        "25",
        "30",
    ]
    assert equal(weights(whole), weights(second))


def test_a_run_is_never_written_over(tmp_path: Path) -> None:
    train(Line(), tmp_path, steps=2)
    with pytest.raises(TrainingError, match="--resume"):
        train(Line(), tmp_path, steps=2)


def test_another_seed_or_network_is_refused(tmp_path: Path) -> None:
    train(Line(), tmp_path, steps=2)
    with pytest.raises(ParamError, match="the seed is 8"):
        train(Line(), tmp_path, resume=True, seed=8)
    with pytest.raises(ParamError, match="which the network has not"):
        train(Line(noisy=False), tmp_path, resume=True)


def test_a_finished_run_is_left_as_it_is_and_can_be_made_longer(tmp_path: Path) -> None:
    line = Line()
    train(line, tmp_path, steps=4)
    before = (tmp_path / "checkpoint" / "state.npz").read_bytes()
    again = Line(seed=3)
    assert train(again, tmp_path, steps=4, resume=True).steps == 4
    assert equal(weights(line), weights(again))
    assert (tmp_path / "checkpoint" / "state.npz").read_bytes() == before
    assert train(Line(), tmp_path, steps=6, resume=True).steps == 6
    assert [row["step"] for row in rows(tmp_path / "validation.csv")] == ["4", "6"]


def test_a_run_that_is_cut_short_afterwards_is_measured_once(tmp_path: Path) -> None:
    assert train(Line(at_step=interrupt_at(8)), tmp_path).best_score is None
    shorter = train(Line(), tmp_path, steps=5, resume=True)
    assert (shorter.steps, shorter.best_step) == (9, 9)
    assert train(Line(), tmp_path, steps=5, resume=True) == shorter
    assert [row["step"] for row in rows(tmp_path / "validation.csv")] == ["9"]


def test_the_time_of_all_resumes_counts_and_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]

    def tick(step: int) -> None:
        now[0] += 6.0
        if step == 3:
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr("console.training.fit.time.monotonic", lambda: now[0])
    half = train(Line(at_step=tick), tmp_path, steps=None, minutes=1.0)
    assert (half.steps, half.seconds, half.interrupted) == (4, 24.0, True)
    now[0] += 1e6
    rest = train(Line(at_step=tick), tmp_path, steps=None, minutes=1.0, resume=True)
    assert (rest.steps, rest.seconds, rest.interrupted) == (10, 60.0, False)


@pytest.mark.parametrize("what", ["loss", "gradient"])
def test_what_is_not_finite_is_skipped_and_counted(tmp_path: Path, what: str) -> None:
    before: list[dict[str, torch.Tensor]] = []
    after: list[dict[str, torch.Tensor]] = []

    def look(step: int) -> None:
        if step == 6:
            before.append(weights(line))
        if step == 7:
            after.append(weights(line))

    line = Line(at_step=look, broken=lambda step: what == "loss" and step == 6)
    if what == "gradient":
        handle_step = [0]

        def spoil(gradient: torch.Tensor) -> torch.Tensor:
            handle_step[0] += 1
            return gradient * math.inf if handle_step[0] == 7 else gradient

        line.module[0].weight.register_hook(spoil)
    result = train(line, tmp_path)
    assert (result.steps, result.skipped) == (30, 1)
    assert equal(before[0], after[0])
    log = rows(tmp_path / "log.csv")
    assert [row["skipped"] for row in log] == ["0", "1", "1", "1", "1", "1"]
    assert all(math.isfinite(float(row["total"])) for row in log)


def test_too_many_in_a_row_end_the_run(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=f"for {MOST_SKIPPED_IN_A_ROW} steps in a row.*learning_rate"):
        train(Line(broken=lambda step: step >= 2), tmp_path, steps=100)


def test_gradients_of_several_batches_are_averaged(tmp_path: Path) -> None:
    """One step of plain means, against the gradient of all points at once."""
    line = Line(noisy=False)
    train(line, tmp_path, steps=1, accumulate=3, weight_decay=0.0, clip_norm=0.0, warmup_steps=0)
    assert [step for step, _ in line.drawn] == [0, 0, 0]
    assert len({point for _, point in line.drawn}) == 3
    other = Line(noisy=False)
    rng = np.random.default_rng([7, 0, 0])
    batches = [other.draw(rng, 0) for _ in range(3)]
    points, values = (torch.from_numpy(np.concatenate(items)) for items in zip(*batches, strict=True))
    other.losses((points.numpy(), values.numpy()), 0)["total"].backward()
    norm = math.sqrt(sum(float(p.grad.square().sum()) for p in other.module.parameters()))
    assert float(rows(tmp_path / "log.csv")[0]["gradient_norm"]) == pytest.approx(norm, rel=1e-5)


def test_bfloat16_computes_so_and_keeps_its_weights_in_float32(tmp_path: Path) -> None:
    kinds = set()
    line = Line(noisy=False)
    line.module.register_forward_hook(
        lambda module, given, out: kinds.add(out.dtype) if module.training else None
    )
    train(line, tmp_path, steps=3, precision="bfloat16")
    assert kinds == {torch.bfloat16}
    assert line.module[0].weight.dtype == torch.float32


def test_a_polite_kill_ends_it_as_ctrl_c_does(tmp_path: Path) -> None:
    def kill(step: int) -> None:
        if step == 4:
            signal.raise_signal(signal.SIGTERM)

    before = signal.getsignal(signal.SIGTERM)
    assert train(Line(at_step=kill), tmp_path).interrupted
    assert signal.getsignal(signal.SIGTERM) is before


def test_ctrl_c_twice_ends_it_at_once(tmp_path: Path) -> None:
    def twice(step: int) -> None:
        if step == 4:
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        train(Line(at_step=twice), tmp_path)
    assert not [thread for thread in threading.enumerate() if thread.name == "draws"]


def test_what_goes_wrong_in_drawing_is_told(tmp_path: Path) -> None:
    line = Line()

    def draw(rng: np.random.Generator, step: int) -> Any:
        if step == 3:
            raise ParamError("no song is long enough")
        return Line.draw(line, rng, step)

    line.draw = draw  # type: ignore[method-assign]
    with pytest.raises(ParamError, match="no song is long enough"):
        train(line, tmp_path)


def test_the_watcher_is_told_every_step(tmp_path: Path) -> None:
    told: list[StepReport] = []
    shares: list[float] = []
    fit(
        Line(),
        SETTINGS,
        tmp_path,
        seed=7,
        watch=told.append,
        progress=lambda stage, share: shares.append(share),
    )
    assert [report.step for report in told] == list(range(1, 31))
    assert shares == [pytest.approx(step / 30) for step in range(1, 31)]
    assert told[-1].seconds_left == 0.0
    assert told[15].best_score == pytest.approx(
        float(rows(tmp_path / "validation.csv")[0]["score"]), rel=1e-5
    )


def test_chance_outside_the_run_is_left_alone(tmp_path: Path) -> None:
    line = Line()
    torch.manual_seed(1)
    expected = torch.rand(3)
    torch.manual_seed(1)
    threads = torch.get_num_threads()
    train(line, tmp_path, steps=2)
    assert torch.equal(torch.rand(3), expected)
    assert torch.get_num_threads() == threads


def test_tensorboard_gets_the_figures_or_is_asked_for(tmp_path: Path) -> None:
    try:
        import tensorboard  # noqa: F401 - is it there?
    except ImportError:
        with pytest.raises(ParamError, match="pip install tensorboard"):
            train(Line(), tmp_path, tensorboard=True)
        return
    train(Line(), tmp_path, steps=2, tensorboard=True)
    assert list((tmp_path / "tensorboard").iterdir())


def test_a_cuda_device_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ParamError, match="cuda:99"):
        train(Line(), tmp_path, device="cuda:99")
