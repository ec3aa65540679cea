"""Goes round the plugins and sends of Ardour, of which it says nothing by itself, and finds what hands have moved."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from bridge.live.clock import Clock
from bridge.live.links.ardour.inquiry import Question, descriptor, plugin_list, send_list
from bridge.live.links.ardour.knobs import Knobs
from bridge.live.links.ardour.levels import db_of_position
from bridge.live.links.ardour.strips import Strip
from bridge.live.values import Control
from bridge.live.wires import Message, Wire

#: The least time between two questions, and how many messages a second their answers may be.
_EVERY_S: Final = 0.04
_ROWS_PER_S: Final = 600.0
_MOST_ROWS: Final = 2_000
#: An answer that is later than that is none.
_LATE_S: Final = 3.0


@dataclass(slots=True)
class Watch:
    """Asks one thing after the other, without waiting; lists of plugins and sends come round faster than plugins."""

    knobs: Knobs
    wire: Wire
    clock: Clock
    due_s: float = 0.0
    _lists: deque[Question] = field(default_factory=deque)
    _plugins: deque[Question] = field(default_factory=deque)
    _turn: int = 0
    _asked_s: dict[Question, float] = field(default_factory=dict)
    _rows: dict[Question, list[Message]] = field(default_factory=dict)

    def begin(self, strips: Mapping[int, Strip]) -> None:
        """Go round these strips from now on."""
        self._lists = deque(ask(number) for number in strips for ask in (plugin_list, send_list))
        self._plugins = deque(
            descriptor(device.strip, device.plugin)
            for strip in strips.values()
            for device in strip.devices
            if device.parts
        )
        self._asked_s.clear()
        self._rows.clear()

    def step(self) -> None:
        """Ask the next question, if its time has come."""
        now = self.clock.now()
        if now < self.due_s:
            return
        self._turn += 1
        turns = self._plugins if self._turn % 2 and self._plugins else self._lists
        if not turns:
            return
        question = turns[0]
        turns.rotate(-1)
        self._asked_s = {one: at for one, at in self._asked_s.items() if now - at < _LATE_S}
        self._asked_s[question] = now
        self._rows[question] = []
        self.due_s = now + _EVERY_S
        self.wire.send(question.address, *question.args)

    def hear(self, message: Message) -> None:
        """Take a message that may be part of an answer."""
        for question in self._asked_s:
            if not question.takes(message):
                continue
            if not question.end or message.address != question.end:
                if len(self._rows[question]) < _MOST_ROWS:
                    self._rows[question].append(message)
            if question.end in ("", message.address):
                asked_s = self._asked_s.pop(question)
                rows = self._rows.pop(question)
                self.due_s = max(self.due_s, self.clock.now() + len(rows) / _ROWS_PER_S)
                self._compare(question, tuple(rows), asked_s)
            return

    def _compare(self, question: Question, rows: tuple[Message, ...], asked_s: float) -> None:
        strip = self.knobs.strips.get(question.args[0])
        if strip is None or not rows or self._written(strip, asked_s):
            return
        news = self.knobs.learn(question, rows)
        for name, (device, part) in strip.chain.places.items():
            if device in news:
                self._notice(Control(strip.key, name), part.decode(device.values)[name])
        if question == send_list(strip.number):
            for index, send in enumerate(strip.sends):
                self._notice(Control(strip.key, f"send.{index}"), db_of_position(send.position))

    def _written(self, strip: Strip, asked_s: float) -> bool:
        """Whether anything of the strip was written since the question went out: the answer may be older than that."""
        return any(
            at >= asked_s for control, at in self.knobs.written_s.items() if control.channel == strip.key
        )

    def _notice(self, control: Control, value: float) -> None:
        knob, known = self.knobs.table.get(control), self.knobs.known.get(control)
        if knob is None or known is None or knob.agree(known, value):
            return
        if control in self.knobs.before and knob.agree(self.knobs.before[control], value):
            return  # our own message was lost: whoever reads back finds it
        self.knobs.known[control] = value
        self.knobs.moved(control, value)
