"""Measures how loud the sides of a session are, in a process of its own, so that the desk is heard meanwhile."""

import multiprocessing
import signal
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Protocol

from bridge.live.loudness import rendered_lufs
from console.errors import LinkError
from console.mix.values import Mix
from console.session import Session


class Worker(Protocol):
    """Something that renders mixes one after the other."""

    def ask(self, mix: Mix) -> None:
        """Begin with a mix."""
        ...

    def answer(self) -> float | None:
        """The loudness of the mix, in LUFS, NaN where it cannot be said; None as long as it is being rendered."""
        ...

    def close(self) -> None:
        """Stop whatever it does; may be called twice."""
        ...


class RenderWorker:
    """Renders in a process, which is started when it is first needed."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._process: BaseProcess | None = None
        self._ours: Connection | None = None

    def ask(self, mix: Mix) -> None:
        """Begin with a mix."""
        if self._process is None:
            context = multiprocessing.get_context("spawn")
            self._ours, theirs = context.Pipe()
            self._process = context.Process(target=_work, args=(self._session, theirs), daemon=True)
            self._process.start()
            theirs.close()
        if self._ours is not None:
            with suppress(OSError):  # it has died, which its answer will say
                self._ours.send(mix)

    def answer(self) -> float | None:
        """The loudness of the mix; NaN where the process has died over it."""
        if self._ours is None:
            return float("nan")
        try:
            return float(self._ours.recv()) if self._ours.poll() else None
        except (EOFError, OSError):
            return float("nan")

    def close(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.terminate()
            self._process.join(2.0)
            self._process = None
        if self._ours is not None:
            self._ours.close()
            self._ours = None


def _work(session: Session, pipe: Connection) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one that moves the desk
    while True:
        try:
            mix = pipe.recv()
        except EOFError:
            return
        try:
            loudness = rendered_lufs(session, mix)
        except Exception:  # whatever a rendering fails by, the switch goes on unmatched and says so
            loudness = float("nan")
        pipe.send(loudness)


@dataclass
class Measurer:
    """The loudness of snapshots, by rendering what they stand for.

    Args:
        mix_of: the mix that a snapshot stands for.
        worker: who renders.
    """

    mix_of: Callable[[int], Mix]
    worker: Worker
    _known: dict[int, float] = field(default_factory=dict)
    _asked: int = 0

    def measuring(self, one: int, other: int) -> bool:
        """See to it that two snapshots are measured; whether that still goes on."""
        if self._asked:
            found = self.worker.answer()
            if found is None:
                return True
            self._known[self._asked], self._asked = found, 0
        missing = [number for number in (one, other) if number not in self._known]
        if missing:
            try:
                mix = self.mix_of(missing[0])
            except LinkError:
                self._known[missing[0]] = float("nan")
            else:
                self._asked = missing[0]
                self.worker.ask(mix)
        return bool(missing)

    def louder_db(self, one: int, other: int) -> float | None:
        """By how many dB the first is louder than the second; None while nobody knows."""
        self.measuring(one, other)
        difference = self._known.get(one, float("nan")) - self._known.get(other, float("nan"))
        return difference if abs(difference) < float("inf") else None

    def close(self) -> None:
        """Measure no more."""
        self.worker.close()
