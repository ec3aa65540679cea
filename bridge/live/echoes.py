"""Tells what the desk says back because we moved it from what somebody's hand did."""

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import pairwise

from bridge.live.values import Control, Knob

#: An echo may come so late, in s, or as many times the link's settling time.
_LATE_S = 2.0
_LATE_SETTLES = 5.0


@dataclass
class Echoes:
    """What was sent lately, knob by knob.

    Echoes come back in the order of what was sent. So what the desk says is ours when it is a value that was sent
    within the last seconds and not before the last one that came back, lies between two such (a desk may glide from
    one to the next), or is the last that was sent, however long ago. All else is a hand: one that pulls a fader back
    while it ramps goes against the order.
    """

    knobs: Mapping[Control, Knob]
    settle_s: float = 0.2
    _sent: dict[Control, deque[tuple[float, float]]] = field(default_factory=dict)

    def sent(self, control: Control, value: float, now_s: float, before: float | None = None) -> None:
        """Remember a value that goes out; `before` is where the knob stands, as it does still when this one is lost."""
        row = self._sent.setdefault(control, deque())
        if before is not None and (not row or not self.knobs[control].agree(before, row[-1][1])):
            row.append((now_s, before))
        row.append((now_s, value))
        while len(row) > 2 and row[1][0] < now_s - max(_LATE_S, _LATE_SETTLES * self.settle_s):
            row.popleft()

    def is_echo(self, control: Control, value: float) -> bool:
        """Whether a value that the desk says is one of ours."""
        row = self._sent.get(control)
        if not row:
            return False
        knob = self.knobs[control]
        if knob.agree(value, row[-1][1]):
            self._sent[control] = deque([row[-1]])
            return True
        for index, ((_, one), (_, other)) in enumerate(pairwise(row)):
            if knob.agree(value, one) or min(one, other) < value < max(one, other):
                for _ in range(index):
                    row.popleft()
                return True
        return False

    def forget(self, control: Control) -> None:
        """What was sent to a knob counts no more: a hand has it."""
        self._sent.pop(control, None)
