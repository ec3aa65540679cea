"""Asks Ardour many things, a few at a time, each until its answer is whole or it has been asked often enough."""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final

from bridge.live.clock import Clock
from bridge.live.wires import Message, Wire

#: An answer to a question: its messages in order.
Answer = tuple[Message, ...]

#: How much may wait for answers at once: a socket's buffer holds some two hundred messages, and they come in bursts.
_WINDOW: Final = 6
_PATIENCE_S: Final = 0.4
_TRIES: Final = 4

#: The least time that is waited, so that a wait for a clock's last digit comes to an end.
_LEAST_S: Final = 1e-4

#: A question that is asked for nothing but to know when it is answered.
_LAST: Final = "/strip/gain/1"


@dataclass(frozen=True, slots=True)
class Question:
    """What is sent, and how its answer is told from others: by an address and the arguments that it begins with.

    `end` is the address of the message that ends an answer of several; "" where the answer is one message.
    """

    address: str
    args: tuple[int, ...] = ()
    end: str = ""
    #: How much of the window its answer takes.
    weight: int = field(default=1, compare=False)

    def takes(self, message: Message) -> bool:
        """Whether a message is part of the answer."""
        return message.address in (self.address, self.end) and message.args[: len(self.args)] == self.args


def strip_value(what: str, strip: int) -> Question:
    """Where a strip's fader, trim or pan stands; the path carries the number, since the answer does not."""
    return Question(f"/strip/{what}/{strip}")


def plugin_list(strip: int) -> Question:
    """Which plugins a strip has, and which of them are on."""
    return Question("/strip/plugin/list", (strip,))


def send_list(strip: int) -> Question:
    """Where a strip's sends go, and how far up they are."""
    return Question("/strip/sends", (strip,))


def descriptor(strip: int, plugin: int, *, large: bool = False) -> Question:
    """The parameters of a plugin with their ranges and values; a large one has more than a hundred."""
    weight = _WINDOW if large else 1
    return Question("/strip/plugin/descriptor", (strip, plugin), "/strip/plugin/descriptor_end", weight)


@dataclass(slots=True)
class _Open:
    question: Question
    sent: int = 0
    due_s: float = 0.0
    #: The numbered rows of an answer of several; what was lost of one may come with the next.
    rows: dict[int, Message] = field(default_factory=dict)


@dataclass(slots=True)
class Inquiry:
    """Asks over a wire; what arrives beside the answers goes to `beside`, in order."""

    wire: Wire
    clock: Clock
    #: Takes what is no answer.
    beside: Callable[[Message], None]
    _settling: int = 0

    def settle(self) -> None:
        """Let answers to earlier questions pass, so that none of them is taken for an answer to a later one.

        Ardour answers in order: when it has answered this, it has answered all that was asked before.
        """
        self._settling += 1
        self.wire.send(_LAST)
        until = self.clock.now() + _PATIENCE_S
        while self._settling > 0 and (left_s := until - self.clock.now()) > _LEAST_S:
            for message in self.wire.receive(left_s):
                if message.address == _LAST:
                    self._settling -= 1
                else:
                    self.beside(message)
        self._settling = 0

    def ask(self, questions: Iterable[Question]) -> dict[Question, Answer]:
        """The whole answers to questions; one that stays without is left out.

        A peer that says nothing at all is given up after the tries of one question, however many wait.
        """
        waiting = deque(dict.fromkeys(questions))
        opened: dict[Question, _Open] = {}
        found: dict[Question, Answer] = {}
        last_heard_s = self.clock.now()
        while waiting or opened:
            now = self.clock.now()
            if now - last_heard_s > _TRIES * _PATIENCE_S:
                break
            while waiting and (not opened or sum(one.weight for one in (waiting[0], *opened)) <= _WINDOW):
                question = waiting.popleft()
                opened[question] = _Open(question)
            self._send_due(opened, now)
            messages = self.wire.receive(max(min(one.due_s for one in opened.values()) - now, 1e-3))
            if messages:
                last_heard_s = self.clock.now()
            for message in messages:
                self._take(message, opened, found)
            for question, one in list(opened.items()):
                if one.sent >= _TRIES and self.clock.now() >= one.due_s:
                    del opened[question]
        return found

    def _send_due(self, opened: dict[Question, _Open], now: float) -> None:
        for one in opened.values():
            if now >= one.due_s and one.sent < _TRIES:
                one.sent += 1
                one.due_s = now + _PATIENCE_S
                self.wire.send(one.question.address, *one.question.args)

    def _take(self, message: Message, opened: dict[Question, _Open], found: dict[Question, Answer]) -> None:
        for question, one in opened.items():
            if not question.takes(message):
                continue
            if not question.end:
                found[question] = (message,)
            elif message.address != question.end:
                one.rows[message.whole(len(question.args))] = message
                return
            elif sorted(one.rows) == list(range(1, len(one.rows) + 1)):
                found[question] = tuple(one.rows[number] for number in sorted(one.rows))
            if question in found:
                del opened[question]
            return
        self.beside(message)
