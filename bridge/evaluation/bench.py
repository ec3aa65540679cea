"""One song on the bench: every system's mix of it made, measured, and held against references and the human mix."""

import time
from contextlib import suppress
from dataclasses import dataclass, replace

from bridge.evaluation.interruption import Interruption
from bridge.evaluation.measuring import (
    Measured,
    aligned_distances,
    at_one_loudness,
    distances,
    masking_figures,
    measure,
)
from bridge.evaluation.request import EvaluationRequest
from bridge.evaluation.songs import hear_reference, hear_track
from bridge.evaluation.systems import System
from bridge.evaluation.values import AbsentError, Float64, Reference, ReferenceSound, Row, Song, Task
from bridge.jobs.reading import read_session
from console.errors import MixbridgeError, ParamError
from console.frozen import FrozenMap
from console.progress import Progress
from presets.targets import load_target


@dataclass(frozen=True, slots=True, eq=False)
class _Outcome:
    """A mix that was made and measured, or why there is none; the audio itself is gone."""

    row: Row
    measured: Measured | None = None


class Bench:
    """One song on the bench: measured once, with the mixes that depend on no reference made once."""

    def __init__(
        self, request: EvaluationRequest, song: Song, interruption: Interruption, progress: Progress
    ) -> None:
        self._request, self._song, self._interruption = request, song, interruption
        session, analysis = read_session([song.path], threads=request.threads, progress=progress)
        self._task = Task(
            song,
            session,
            analysis,
            load_target(request.target),
            request.seed,
            request.threads,
            progress=progress,
        )
        self._rate = session.sample_rate_hz
        self._human: tuple[Float64, Measured] | None = None
        if song.human is not None:
            audio = hear_track(song.human, session)
            self._task = replace(self._task, human=audio)
            # One that cannot be measured is told of in its own row, and nothing is held against it.
            with suppress(ParamError):
                measured = measure(audio, self._rate)
                self._human = at_one_loudness(audio, measured.sound.loudness_lufs), measured
        self._once: dict[str, _Outcome] = {}
        self._heard: tuple[str, ReferenceSound, Measured] | None = None

    def row(self, system: System, reference: Reference | None, blank: Row) -> Row:
        """A system's row on the song and a reference, filled in."""
        try:
            heard = self._hear(reference)
            if system.by_reference or system.name not in self._once:
                task = self._task if heard is None else replace(self._task, reference=heard[0])
                outcome = self._make(system, task, blank)
                if not system.by_reference:
                    self._once[system.name] = outcome
            else:
                outcome = self._once[system.name]
            if outcome.measured is None or heard is None:
                terms: dict[str, float] = {}
            else:
                terms = distances(outcome.measured, heard[1])
        except MixbridgeError as error:
            return replace(blank, status="failed", reason=str(error))
        return replace(
            outcome.row,
            reference=blank.reference,
            fingerprint=blank.fingerprint,
            to_reference=FrozenMap(terms),
        )

    def _make(self, system: System, task: Task, blank: Row) -> _Outcome:
        began = time.perf_counter()
        try:
            made = system.make(task)
            # Some estimators answer Ctrl-C with what they have so far.
            self._interruption.check()
            seconds = time.perf_counter() - began
            measured = measure(made.audio, self._rate, f"the mix by {system.name!r}")
            figures = {**measured.figures, **masking_figures(made.masking)}
            human: dict[str, float] = {}
            if self._human is not None and system.name != "reference":
                even = at_one_loudness(made.audio, measured.sound.loudness_lufs)
                human = distances(measured, self._human[1])
                if system.aligned:
                    human |= aligned_distances(even, self._human[0])
        except AbsentError as error:
            return _Outcome(replace(blank, status="absent", reason=str(error)))
        except MixbridgeError as error:
            return _Outcome(replace(blank, status="failed", reason=str(error)))
        row = replace(blank, seconds=seconds, figures=FrozenMap(figures), to_human=FrozenMap(human))
        return _Outcome(row, measured)

    def _hear(self, reference: Reference | None) -> tuple[ReferenceSound, Measured] | None:
        if reference is None:
            return None
        if self._heard is None or self._heard[0] != reference.word:
            sound = hear_reference(reference, self._rate)
            measured = measure(sound.audio, self._rate, f"the reference {reference.name!r}")
            self._heard = reference.word, sound, measured
        return self._heard[1:]
