"""The trainer: takes an objective through its steps, and leaves a folder that a later run can go on in."""

import math
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch

from console.codec import encode
from console.errors import TrainingError
from console.progress import Progress, no_progress
from console.training.draws import Draws
from console.training.folder import RunFolder, take_up
from console.training.objective import SCORE, TOTAL, Objective
from console.training.ranks import Ranks, join_ranks
from console.training.schedule import learning_rate, seconds_left, share_done
from console.training.settings import RunSettings
from console.training.stepping import Stepper
from console.training.stopping import Stopping

RUN_SCHEMA = "mixbridge.training-run/1"

#: So many steps in a row whose loss or gradient is not finite, and the run is given up.
MOST_SKIPPED_IN_A_ROW = 25


@dataclass(frozen=True, slots=True)
class FitResult:
    """What came of a run: steps and seconds of learning in all, the best held-out score and its step.

    `interrupted`: it was told to end before its time; it can go on from its checkpoint.
    """

    folder: Path
    steps: int
    seconds: float
    best_score: float | None
    best_step: int | None
    skipped: int
    interrupted: bool


@dataclass(frozen=True, slots=True)
class StepReport:
    """A step as it is told to whoever watches: `total` is the loss, NaN where it was skipped."""

    step: int
    total: float
    share: float
    seconds_left: float
    best_score: float | None


Watch = Callable[[StepReport], None]


def _watch_nothing(_report: StepReport) -> None:
    """Tell nobody."""


def fit(
    objective: Objective,
    settings: RunSettings,
    folder: Path,
    *,
    seed: int,
    progress: Progress = no_progress,
    resume: bool = False,
    watch: Watch = _watch_nothing,
    about: Mapping[str, Any] | None = None,
) -> FitResult:
    """Train an objective's module until its steps or its time are over, or Ctrl-C.

    Under torchrun every process calls this; the first one writes and measures. The weights in `objective.module` are
    the last ones; the best ones are in best/weights.npz.

    Args:
        objective: what is trained.
        settings: how.
        folder: of the run; log.csv, validation.csv, checkpoint/, best/ and card.json go there.
        seed: of all chance; a step's depends on the seed, the process's number and the step alone.
        progress: is told the share that is done.
        resume: go on from the folder's checkpoint, if there is one.
        watch: is told every step.
        about: what else belongs in card.json, as plain JSON values.

    Raises:
        TrainingError: the folder has a run and `resume` is not given, or nothing finite has come for
            MOST_SKIPPED_IN_A_ROW steps.
        ParamError: no such device, or a checkpoint that does not fit.
        OSError: the folder cannot be written to.
        KeyboardInterrupt: Ctrl-C was pressed a second time.
    """
    with (
        join_ranks(settings.device) as ranks,
        _threads(settings.threads),
        torch.random.fork_rng([ranks.device] if ranks.device.type == "cuda" else []),
        Stopping(patient=ranks.size > 1) as stopping,
    ):
        objective.module.to(ranks.device)
        run = _Run(objective, settings, folder, ranks, seed, resume=resume, about=about or {})
        try:
            return run.go(stopping, progress, watch)
        finally:
            run.close()


class _Run:
    """One run while it lasts."""

    def __init__(
        self,
        objective: Objective,
        settings: RunSettings,
        folder: Path,
        ranks: Ranks,
        seed: int,
        *,
        resume: bool,
        about: Mapping[str, Any],
    ) -> None:
        self._objective, self._settings, self._folder = objective, settings, folder
        self._ranks, self._seed, self._about = ranks, seed, about
        self._stepper = Stepper(objective, settings, ranks, seed)
        self._state = take_up(folder, objective.module, self._stepper.optimiser, seed, resume=resume)
        ranks.copy_from_first(list(objective.module.state_dict().values()))
        self._files = (
            RunFolder(folder, self._state, resume=resume, tensorboard=settings.tensorboard)
            if ranks.first
            else None
        )
        self._before, self._first_step = self._state.seconds, self._state.step
        self._began = self._saved = time.monotonic()

    def go(self, stopping: Stopping, progress: Progress, watch: Watch) -> FitResult:
        interrupted = False
        self._write_card()
        with Draws(
            self._objective.draw,
            seed=self._seed,
            rank=self._ranks.rank,
            first_step=self._state.step,
            last_step=self._settings.steps,
            accumulate=self._settings.accumulate,
            ahead=self._settings.prefetch,
            prepare=lambda: torch.set_num_threads(self._settings.threads),
        ) as draws:
            self._objective.module.train()
            if self._validate_if_due():  # what Ctrl-C at such a step has left out
                self._save()
            while not interrupted and not self._over():
                rate, interrupted, total = self._step(draws, stopping)
                self._tell(total, progress, watch)
                self._keep(rate, interrupted=interrupted)
        self._write_card()
        state = self._state
        return FitResult(
            self._folder,
            state.step,
            state.seconds,
            state.best_score,
            state.best_step,
            state.skipped,
            interrupted and not self._over(),
        )

    def close(self) -> None:
        if self._files is not None:
            self._files.close()

    def _over(self) -> bool:
        return share_done(self._settings, self._state.step, self._state.seconds) >= 1.0

    def _step(self, draws: Draws, stopping: Stopping) -> tuple[float, bool, float]:
        """One step of all processes, which must agree on the time, on skipping and on stopping."""
        step = self._state.step
        terms, is_finite = self._stepper.compute(draws, step)
        seconds = self._before + time.monotonic() - self._began
        bad, stop, seconds = self._ranks.highest(not is_finite, stopping.asked, seconds)
        rate = learning_rate(self._settings, step, seconds)
        if bad:
            self._stepper.skip()
            norm = math.nan
        else:
            norm = self._stepper.apply(rate)
        skipped = not math.isfinite(norm)
        self._state = self._state.after_step(seconds, {**terms, "gradient_norm": norm}, skipped=skipped)
        if self._state.in_a_row >= MOST_SKIPPED_IN_A_ROW:
            raise TrainingError(
                f"loss or gradient was not finite for {self._state.in_a_row} steps in a row, up to step "
                f"{self._state.step} (last: {', '.join(f'{name} {value:g}' for name, value in terms.items())}); "
                f"go on from the last checkpoint with a learning_rate below {self._settings.learning_rate:g}"
            )
        return rate, bool(stop), math.nan if skipped else terms[TOTAL]

    def _keep(self, rate: float, *, interrupted: bool) -> None:
        """Logs, held-out figures and the checkpoint, as far as they are due."""
        if self._files is None:
            return
        settings, over = self._settings, self._over()
        if over or self._state.step % settings.log_every == 0:
            self._files.log(self._state, rate)
            self._state = self._state.after_line()
        if not interrupted or over:
            self._validate_if_due()
        if over or interrupted or time.monotonic() - self._saved >= 60.0 * settings.checkpoint_minutes:
            self._save()

    def _save(self) -> None:
        if self._files is not None:
            self._files.save_checkpoint(self._objective.module, self._stepper.optimiser, self._state)
            self._saved = time.monotonic()

    def _validate_if_due(self) -> bool:
        state = self._state
        due = self._over() or state.step % self._settings.validate_every == 0
        if self._files is None or not due or state.step == state.validated:
            return False
        self._validate(self._files)
        return True

    def _validate(self, files: RunFolder) -> None:
        module = self._objective.module
        torch.manual_seed(self._seed)
        module.eval()
        try:
            with torch.no_grad():
                figures = self._objective.validate()
        finally:
            module.train()
        self._state = replace(self._state, validated=self._state.step)
        files.log_validation(self._state, figures)
        score, best = figures[SCORE], self._state.best_score
        if math.isfinite(score) and (best is None or score < best):
            self._state = replace(self._state, best_score=float(score), best_step=self._state.step)
            files.save_best(module, self._state, figures)

    def _tell(self, total: float, progress: Progress, watch: Watch) -> None:
        state, settings = self._state, self._settings
        share = share_done(settings, state.step, state.seconds)
        pace = (state.seconds - self._before) / (state.step - self._first_step)
        progress("training", share)
        left = seconds_left(settings, state.step, state.seconds, pace)
        watch(StepReport(state.step, total, share, left, state.best_score))

    def _write_card(self) -> None:
        if self._files is None:
            return
        state = self._state
        reached = {"steps": state.step, "seconds": round(state.seconds, 1), "skipped": state.skipped}
        best = {"score": state.best_score, "step": state.best_step}
        self._files.write_card(
            {
                "schema": RUN_SCHEMA,
                **self._about,
                "seed": self._seed,
                "processes": self._ranks.size,
                "device": str(self._ranks.device),
                "torch": torch.__version__,
                "run": encode(self._settings),
                "reached": reached,
                "best": best,
                "objective": self._objective.card(),
            }
        )


@contextmanager
def _threads(count: int) -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
