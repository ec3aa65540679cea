"""REAPER's OSC device from the far side: what it said last at each address, and questions that wait for an answer.

REAPER tells values when they change and answers no question, but for one: a message that toggles what this device's
own rewind buttons do (`/bymarker`) is always told back. Messages keep their order, so that this answer is the sign that
everything asked before it has come.
"""

import logging
from collections.abc import Generator, Iterator, Sequence

from bridge.live.clock import Clock
from bridge.live.wires import Argument, Message, Wire
from console.errors import LinkError

log = logging.getLogger(__name__)

#: Address, value, and the value told there before.
Told = tuple[str, float | str, float | str | None]

#: An address and a whole number.
Question = tuple[str, int]

#: Its answer marks the end of what was asked before; it changes nothing but this device's own rewind buttons.
MARK = "/bymarker"
_REFRESH = 41743  # Control surface: refresh all surfaces

#: How long one answer may take, and how often it is asked for: REAPER looks at its messages 30 times a second.
_ANSWER_S = 0.7
_TRIES = 4
#: So long REAPER may take until it looks at its devices again, three times over.
_LATER_S = 0.1
#: A dump trickles out at 1 kB per 10 ms unless REAPER is set otherwise.
_LONGEST_S = 60.0
_AHEAD = 8

#: What comes all the time while the song plays.
_RESTLESS = (
    "/vu",
    "/vu/L",
    "/vu/R",
    "/time",
    "/time/str",
    "/beat/str",
    "/samples",
    "/samples/str",
    "/frames/str",
)

#: The ends of addresses that tell texts.
_TEXTS = ("/name", "/str", "/preset", "/panmode", "/auto")

#: More addresses than a session can have are a flood.
_MOST_ADDRESSES = 400_000


class Surface:
    """The device's side of the conversation: `said` holds the last value told at each address."""

    def __init__(self, wire: Wire, clock: Clock) -> None:
        self.wire = wire
        self.clock = clock
        self.said: dict[str, float | str] = {}
        self.marks = 0
        self.heard_at_s = clock.now()
        self.told_at_s = self.heard_at_s
        self.ignored = 0

    def send(self, address: str, *args: Argument) -> None:
        """Send one message."""
        self.wire.send(address, *args)

    def number(self, address: str) -> float | None:
        """The number told last at an address."""
        value = self.said.get(address)
        return value if isinstance(value, float) else None

    def text(self, address: str) -> str:
        """The text told last at an address, empty when there was none."""
        value = self.said.get(address)
        return value if isinstance(value, str) else ""

    def receive(self, timeout_s: float) -> Iterator[Told]:
        """Take in what has come: (address, value, the value told there before). What is no value is counted."""
        for message in self.wire.receive(timeout_s):
            value = _value(message)
            before = self.said.get(message.address)
            if value is None or not self._is_expected(message.address, value, before):
                self.ignored += 1
                if self.ignored == 1:
                    log.warning(
                        "%s %.60r is no answer of REAPER's; more are counted", message.address, message.args
                    )
                continue
            self.heard_at_s = self.clock.now()
            if not message.address.endswith(_RESTLESS):
                self.told_at_s = self.heard_at_s
            if message.address == MARK:
                self.marks += 1
                yield MARK, float(self.marks), None
                continue
            self.said[message.address] = value
            yield message.address, value, before

    def _is_expected(self, address: str, value: float | str, before: float | str | None) -> bool:
        """Whether a value may be kept: a text where texts stand, a number anywhere else, and none of a flood."""
        if isinstance(value, str) is not address.endswith(_TEXTS):
            return False
        return before is not None or len(self.said) < _MOST_ADDRESSES

    def mark(self) -> None:
        """Ask for the sign that everything before it has been heard."""
        self.send(MARK, 1.0)

    def refresh(self) -> None:
        """Ask for everything the device may know."""
        self.send("/action", _REFRESH)

    def until_marked(self) -> Iterator[Told]:
        """Send a mark and yield what comes until it is answered.

        Raises:
            LinkError: nothing answers.
        """
        start_s = self.clock.now()
        for _ in range(_TRIES):
            self.mark()
            if (yield from self._await(self.marks + 1, start_s)):
                return
        raise LinkError("REAPER does not answer")

    def dump(self) -> Iterator[Told]:
        """Ask for everything the device may know, and yield it.

        Whether REAPER tells it at once or the next time it looks at the device, it stands before the second mark.

        Raises:
            LinkError: nothing answers.
        """
        self.refresh()
        yield from self.until_marked()
        end_s = self.clock.now() + _LATER_S
        while self.clock.now() < end_s:
            yield from self.receive(0.02)
        yield from self.until_marked()

    def step_by_step(self, steps: Sequence[Sequence[Question]]) -> Iterator[int]:
        """Ask questions step by step, a few steps ahead, and yield each step's number when its answers have come.

        Raises:
            LinkError: nothing answers.
        """
        done, tries = 0, 0
        while done < len(steps):
            ahead = steps[done : done + _AHEAD]
            first = self.marks
            for questions in ahead:
                for address, number in questions:
                    self.send(address, number)
                self.mark()
            tries += 1
            if tries > _TRIES:
                raise LinkError("REAPER does not answer")
            seen = first
            for told in self._await(first + len(ahead), self.clock.now()):
                if told[0] == MARK:
                    seen = self.marks
                    yield done + seen - first - 1
                    tries = 0
            done += seen - first

    def _await(self, marks: int, start_s: float) -> Generator[Told, None, bool]:
        """Yield what comes until so many marks were heard; whether they were."""
        since_s = self.clock.now()
        while self.marks < marks:
            now_s = self.clock.now()
            # As long as other values keep coming, the answer stands in their queue.
            if now_s - max(since_s, self.told_at_s) > _ANSWER_S or now_s - start_s > _LONGEST_S:
                return False
            yield from self.receive(0.02)
        return True


def _value(message: Message) -> float | str | None:
    """The one value of a message, None where it is none: no argument, NaN, a blob."""
    if not message.args:
        return None
    first = message.args[0]
    if isinstance(first, str):
        return first
    if isinstance(first, int | float):
        number = float(first)
        return number if number - number == 0.0 else None
    return None
