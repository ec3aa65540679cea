"""Asks a peer many things over OSC, a few at a time, each until it is answered or has been asked often enough."""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from bridge.live.clock import Clock
from bridge.live.wires import Argument, Message, Wire

#: The most messages that are kept for later; a flood loses its oldest.
_KEPT = 20_000

#: The least time that a wait takes, so that a wait for a clock's last digit comes to an end.
_LEAST_S = 1e-4


@dataclass(frozen=True, slots=True)
class Question:
    """A message that is answered by one at the same address, whose first arguments repeat ours.

    `repeated` says how many of the arguments come back; fewer than were sent means that two questions may have
    answers that look alike, and those are asked one after the other.
    """

    address: str
    args: tuple[Argument, ...] = ()
    repeated: int = -1

    @property
    def key(self) -> tuple[str, tuple[object, ...]]:
        """What an answer is known by."""
        return self.address, self.args[: self._ids]

    @property
    def is_certain(self) -> bool:
        """Whether an answer can belong to this question only."""
        return self._ids == len(self.args)

    @property
    def _ids(self) -> int:
        return len(self.args) if self.repeated < 0 else self.repeated


@dataclass(slots=True)
class _Open:
    question: Question
    sent: int = 0
    due_s: float = 0.0
    answers: list[Message] = field(default_factory=list)


_Opened = dict[tuple[str, tuple[object, ...]], _Open]


@dataclass(slots=True)
class Asker:
    """Asks over a wire. What arrives beside the answers is kept for `heard`, in order.

    Attributes:
        window: how many questions are open at a time.
        patience_s: how long an answer may take until the question is asked again.
        tries: how often a question is asked.
        spacing_s: the time between two messages.
    """

    wire: Wire
    clock: Clock
    window: int = 16
    patience_s: float = 0.25
    tries: int = 4
    spacing_s: float = 0.0
    #: When the peer last said anything; −1 before it ever did.
    last_heard_s: float = -1.0
    _kept: deque[Message] = field(default_factory=lambda: deque(maxlen=_KEPT))

    def heard(self, timeout_s: float = 0.0) -> list[Message]:
        """What was kept and what has come, in order; waits at most so long for the first."""
        kept = list(self._kept)
        self._kept.clear()
        return kept + self._receive(0.0 if kept else timeout_s)

    def ask(self, questions: Iterable[Question]) -> dict[Question, Message]:
        """The answers to questions; one that stays without is left out.

        A peer that says nothing at all is given up after `tries` times the patience, however many questions wait.

        Raises:
            LinkError: the computer has no way to the peer.
        """
        waiting = deque(dict.fromkeys(questions))
        answers: dict[Question, Message] = {}
        opened: _Opened = {}
        next_send_s = began_s = self.clock.now()
        while waiting or opened:
            now = self.clock.now()
            if now - max(self.last_heard_s, began_s) > self.tries * self.patience_s:
                break
            next_send_s = self._send_some(waiting, opened, next_send_s)
            wait_s = self._until(waiting, opened, next_send_s) - self.clock.now()
            for message in self._receive(max(wait_s, _LEAST_S)):
                self._take(message, opened, answers)
            self._close_some(opened, answers)
        return answers

    def _until(
        self,
        waiting: deque[Question],
        opened: _Opened,
        next_send_s: float,
    ) -> float:
        times_s = [one.due_s for one in opened.values()]
        if len(opened) < self.window and any(question.key not in opened for question in waiting):
            times_s.append(next_send_s)
        return min(times_s)

    def _send_some(
        self,
        waiting: deque[Question],
        opened: _Opened,
        next_send_s: float,
    ) -> float:
        now = self.clock.now()
        for one in opened.values():
            if now >= max(one.due_s, next_send_s) and not one.answers and one.sent < self.tries:
                next_send_s = self._send(one, next_send_s)
        for _ in range(len(waiting)):
            if len(opened) >= self.window or self.clock.now() < next_send_s:
                break
            question = waiting.popleft()
            if question.key in opened:
                waiting.append(question)
                continue
            opened[question.key] = _Open(question)
            next_send_s = self._send(opened[question.key], next_send_s)
        return next_send_s

    def _send(self, one: _Open, next_send_s: float) -> float:
        self.wire.send(one.question.address, *one.question.args)
        now = self.clock.now()
        one.sent += 1
        one.due_s = now + self.patience_s
        return max(next_send_s, now - self.spacing_s) + self.spacing_s

    def _take(
        self,
        message: Message,
        opened: _Opened,
        answers: dict[Question, Message],
    ) -> None:
        for key, one in opened.items():
            if message.address == key[0] and message.args[: len(key[1])] == key[1]:
                one.answers.append(message)
                if one.question.is_certain or len(one.answers) >= one.sent:
                    answers[one.question] = one.answers[0]
                    del opened[key]
                return
        self._kept.append(message)

    def _close_some(self, opened: _Opened, answers: dict[Question, Message]) -> None:
        now = self.clock.now()
        for key, one in list(opened.items()):
            if now < one.due_s:
                continue
            if one.answers:
                answers[one.question] = one.answers[0]
                del opened[key]
            elif one.sent >= self.tries:
                del opened[key]

    def _receive(self, timeout_s: float) -> list[Message]:
        messages = self.wire.receive(timeout_s)
        if messages:
            self.last_heard_s = self.clock.now()
        return messages
