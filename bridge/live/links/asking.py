"""Asks a peer many things over OSC, a few at a time, each until it is answered or has been asked often enough."""

import logging
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field

from bridge.live.clock import Clock
from bridge.live.wires import Argument, Message, Wire

log = logging.getLogger(__name__)

#: The most messages that are kept for later; a flood loses its oldest.
_KEPT = 20_000

#: The least time that a wait takes, so that a wait for a clock's last digit comes to an end.
_LEAST_S = 1e-4


#: What an answer is known by: its address and its first arguments.
Key = tuple[str, tuple[object, ...]]


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
    def key(self) -> Key:
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
    refused: int = 0
    answers: list[Message] = field(default_factory=list)


@dataclass(slots=True)
class _Asking:
    """The state of one call of `ask`."""

    waiting: deque[Question]
    tries: int
    next_send_s: float
    opened: dict[Key, _Open] = field(default_factory=dict)
    answers: dict[Question, Message] = field(default_factory=dict)
    closed: dict[Key, Question] = field(default_factory=dict)
    #: How many arguments the keys of the questions have.
    lengths: frozenset[int] = frozenset()

    def close(self, key: Key, one: _Open) -> None:
        del self.opened[key]
        if one.answers:
            self.answers[one.question] = one.answers[0]
            if one.question.is_certain:
                self.closed[key] = one.question


@dataclass(slots=True)
class Asker:
    """Asks over a wire. What arrives beside the answers is kept for `heard`, in order.

    Attributes:
        window: how many questions are open at a time.
        patience_s: how long an answer may take until the question is asked again.
        tries: how often a question is asked.
        spacing_s: the time between two messages.
        refusal: the address at which the peer says that it could not do something, without saying what. Twice while
            one single question is open, it means that one.
        ignored: how many messages were dropped because nothing of the kind is ever an answer.
    """

    wire: Wire
    clock: Clock
    window: int = 16
    patience_s: float = 0.25
    tries: int = 4
    spacing_s: float = 0.0
    refusal: str = ""
    ignored: int = 0
    #: When the peer last said anything; −1 before it ever did.
    last_heard_s: float = -1.0
    _kept: deque[Message] = field(default_factory=lambda: deque(maxlen=_KEPT))

    def heard(self, timeout_s: float = 0.0) -> list[Message]:
        """What was kept and what has come, in order; waits at most so long for the first."""
        kept = list(self._kept)
        self._kept.clear()
        return kept + self._receive(0.0 if kept else timeout_s)

    def ask(self, questions: Iterable[Question], tries: int = 0) -> dict[Question, Message]:
        """The answers to questions; one that stays without is left out.

        A peer that says nothing at all is given up after `tries` times the patience, however many questions wait.
        `tries` may be given anew for questions that the peer need not know. A peer that tells changes by the same
        messages as answers may have sent some before it came to the question: of several the last one counts, as
        long as questions are open, so that a last question of no interest makes sure of the others. All but the
        first are kept for `heard`.

        Raises:
            LinkError: the computer has no way to the peer.
        """
        began_s = self.clock.now()
        state = _Asking(deque(dict.fromkeys(questions)), tries or self.tries, began_s)
        state.lengths = frozenset(len(question.key[1]) for question in state.waiting)
        self._kept.extend(self._receive(0.0))  # what was on its way before is no answer
        while state.waiting or state.opened:
            if self.clock.now() - max(self.last_heard_s, began_s) > state.tries * self.patience_s:
                break
            self._send_some(state)
            for message in self._receive(max(self._until(state) - self.clock.now(), _LEAST_S)):
                self._take(message, state)
            self._close_some(state)
        return state.answers

    def _until(self, state: _Asking) -> float:
        times_s = [one.due_s for one in state.opened.values()]
        if len(state.opened) < self.window and any(one.key not in state.opened for one in state.waiting):
            times_s.append(state.next_send_s)
        return min(times_s)

    def _send_some(self, state: _Asking) -> None:
        now = self.clock.now()
        for one in state.opened.values():
            if now >= max(one.due_s, state.next_send_s) and not one.answers and one.sent < state.tries:
                self._send(one, state)
        for _ in range(len(state.waiting)):
            if len(state.opened) >= self.window or self.clock.now() < state.next_send_s:
                break
            question = state.waiting.popleft()
            if question.key in state.opened:
                state.waiting.append(question)
                continue
            state.opened[question.key] = _Open(question)
            self._send(state.opened[question.key], state)

    def _send(self, one: _Open, state: _Asking) -> None:
        self.wire.send(one.question.address, *one.question.args)
        now = self.clock.now()
        one.sent += 1
        one.due_s = now + self.patience_s
        state.next_send_s = max(state.next_send_s, now - self.spacing_s) + self.spacing_s

    def _take(self, message: Message, state: _Asking) -> None:
        if message.address == self.refusal and len(state.opened) == 1 and not state.waiting:
            (one,) = state.opened.values()
            one.refused += 1
            one.due_s = self.clock.now()
        for length in state.lengths:
            key = (message.address, message.args[:length])
            if (found := state.opened.get(key)) is not None and len(key[1]) == length:
                found.answers.append(message)
                if found.question.is_certain or len(found.answers) >= found.sent:
                    state.close(key, found)
                return
            if (question := state.closed.get(key)) is not None:
                state.answers[question] = message
        self._kept.append(message)

    def _close_some(self, state: _Asking) -> None:
        now = self.clock.now()
        for key, one in list(state.opened.items()):
            if now >= one.due_s and (one.answers or one.sent >= state.tries or one.refused > 1):
                state.close(key, one)

    def _receive(self, timeout_s: float) -> list[Message]:
        heard = self.wire.receive(timeout_s)
        if heard:
            self.last_heard_s = self.clock.now()
        messages = [message for message in heard if not any(isinstance(part, list) for part in message.args)]
        if len(messages) < len(heard):
            if not self.ignored:
                log.warning("ignored a message with an array; more of the kind are counted, not told")
            self.ignored += len(heard) - len(messages)
        return messages
