"""What is asked of Live again and again, because AbletonOSC does not tell it by itself."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from bridge.live.clock import Clock
from bridge.live.links.asking import Question
from bridge.live.wires import Wire

BEAT_S: Final = 1.0
MOST_MISSED: Final = 3

#: How many knobs are looked at before the proof that Live has come so far is awaited. A question about what is not
#: there any more costs a whole look of AbletonOSC's, so that they must not pile up.
_LOOKS: Final = 8


@dataclass(slots=True)
class Watch:
    """Sends questions whose answers are taken as news: some on every beat, the others in turn.

    Attributes:
        proof: a question that Live always answers.
        every_beat: asked once a second.
        in_turn: asked a few at a time, again and again.
    """

    wire: Wire
    clock: Clock
    proof: Question
    every_beat: tuple[Question, ...] = ()
    in_turn: tuple[Question, ...] = ()
    missed: int = 0
    #: Whether anything was heard since the last beat.
    heard: bool = True
    _beaten_s: float = -BEAT_S
    _proved: bool = True
    _turn: int = 0
    _soon: deque[Question] = field(default_factory=deque)

    def look_soon(self, questions: Iterable[Question]) -> None:
        """Ask these before those whose turn it is."""
        self._soon.extend(question for question in questions if question not in self._soon)

    def rest(self) -> None:
        """Ask for nothing any more but the proof."""
        self.every_beat = self.in_turn = ()
        self._soon.clear()

    def hear(self, address: str) -> None:
        """Take notice of a message."""
        self.heard = True
        self._proved = self._proved or address == self.proof.address

    def tend(self) -> bool:
        """Ask what is due; false once Live has missed too many beats."""
        now = self.clock.now()
        if now - self._beaten_s >= BEAT_S:
            self.missed = 0 if self.heard else self.missed + 1
            if self.missed >= MOST_MISSED:
                return False
            self.heard = False
            self._beaten_s = now
            self._ask([self.proof, *self.every_beat])
        elif self._proved and (looks := self._next()):
            self._ask([*looks, self.proof])
            self._proved = False
        return True

    def _next(self) -> list[Question]:
        chosen = [self._soon.popleft() for _ in range(min(_LOOKS, len(self._soon)))]
        for _ in range(min(_LOOKS - len(chosen), len(self.in_turn))):
            self._turn = (self._turn + 1) % len(self.in_turn)
            chosen.append(self.in_turn[self._turn])
        return chosen

    def _ask(self, questions: Iterable[Question]) -> None:
        for question in questions:
            self.wire.send(question.address, *question.args)
