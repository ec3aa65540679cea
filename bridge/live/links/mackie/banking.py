"""Where a DAW's banks begin, and which buttons lead from one to another."""

from collections import deque
from dataclasses import dataclass

from bridge.live.links.mackie.unit import BANK_LEFT, BANK_RIGHT


@dataclass(frozen=True, slots=True)
class Banking:
    """How a DAW lays its channels on strips.

    Args:
        count: the channels that can be banked to.
        width: the strips of all units.
        is_last_full: whether the last bank is pushed back until it is full, so that it overlaps the one before.
    """

    count: int
    width: int
    is_last_full: bool = False

    def right(self, first: int) -> int:
        """The first channel shown after BANK RIGHT."""
        following = first + self.width
        if self.is_last_full:
            following = min(following, self.count - self.width)
        return following if first < following < self.count else first

    def left(self, first: int) -> int:
        """The first channel shown after BANK LEFT."""
        return max(first - self.width, 0)

    def banks(self) -> tuple[int, ...]:
        """The first channels of the banks, from the left."""
        firsts = [0]
        while self.right(firsts[-1]) != firsts[-1]:
            firsts.append(self.right(firsts[-1]))
        return tuple(firsts)

    def all_firsts(self) -> tuple[int, ...]:
        """The first channels of all banks that buttons can lead to."""
        firsts = set(self.banks())
        for first in self.banks():
            while first > 0:
                first = self.left(first)
                firsts.add(first)
        return tuple(sorted(firsts))

    def bank_of(self, channel: int) -> int:
        """The first channel of the leftmost bank that shows a channel."""
        return next(first for first in self.banks() if channel < first + self.width)

    def way(self, start: int, end: int) -> list[int]:
        """The buttons that lead from one bank to another, fewest first.

        Raises:
            ValueError: no way leads there.
        """
        ways: dict[int, list[int]] = {start: []}
        pending = deque([start])
        while pending:
            at = pending.popleft()
            if at == end:
                return ways[at]
            for button, following in ((BANK_LEFT, self.left(at)), (BANK_RIGHT, self.right(at))):
                if following not in ways:
                    ways[following] = [*ways[at], button]
                    pending.append(following)
        raise ValueError(f"no buttons lead from bank {start} to {end} of {self}")


def overlap(before: tuple[tuple[str, int | None], ...], after: tuple[tuple[str, int | None], ...]) -> int:
    """How far BANK RIGHT went, told from what the strips showed before and show now: names and fader positions.

    The whole width where nothing of the one is in the other.
    """
    width = len(before)
    if not after[-1][0]:
        return width
    for shift in range(width - 1, 0, -1):
        if before[shift:] == after[: width - shift]:
            return shift
    return width
