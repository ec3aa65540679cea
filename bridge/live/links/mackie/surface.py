"""All boxes of a Mackie Control side by side, as one row of strips."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from bridge.live.clock import Clock
from bridge.live.links.mackie.unit import MASTER, STRIPS, Heard, Unit, What

#: How often the boxes beside the main one are looked at while waiting.
_GLANCE_S = 0.004
_LEAST_S = 1e-4
#: The strip number of the master fader in the whole row.
ROW_MASTER = -1


@dataclass
class Surface:
    """The units from left to right; the one at `main` has the master fader and the buttons."""

    units: list[Unit]
    clock: Clock
    main: int = 0

    @property
    def main_unit(self) -> Unit:
        """The unit with master fader and buttons."""
        return self.units[self.main]

    @property
    def width(self) -> int:
        """The strips of all units."""
        return STRIPS * len(self.units)

    def listen(self, timeout_s: float = 0.0) -> list[Heard]:
        """What the DAW says, strips counted over the whole row; waits at most so long for the first."""
        end_s = self.clock.now() + timeout_s
        while True:
            said = [heard for index in range(len(self.units)) for heard in self._of(index, 0.0)]
            left_s = end_s - self.clock.now()
            if said or left_s <= 0.0:
                return said
            alone = len(self.units) == 1
            said = list(self._of(self.main, left_s if alone else min(left_s, _GLANCE_S)))
            if said:
                return said

    def _of(self, index: int, timeout_s: float) -> Iterable[Heard]:
        for heard in self.units[index].hear(timeout_s):
            if heard.what is What.FADER and heard.index == MASTER:
                if index == self.main:
                    yield replace(heard, index=ROW_MASTER)
            elif heard.what in (What.FADER, What.NAMES, What.VALUES):
                yield replace(heard, index=index * STRIPS + heard.index)
            elif index == self.main:
                yield heard

    def settle(self, done: Callable[[], bool], react_s: float, quiet_s: float) -> tuple[bool, list[Heard]]:
        """Listen until something holds and the strips have been quiet, at most so long; what was said meanwhile."""
        start_s = self.clock.now()
        said: list[Heard] = []
        while True:
            said += self.listen(0.0)
            now = self.clock.now()
            quiet_at_s = max(self.strips_heard_s, start_s) + quiet_s
            holds = done()
            if holds and now >= quiet_at_s:
                return True, said
            if now >= start_s + react_s and not holds:
                return False, said
            if now >= start_s + 4.0 * react_s:  # a DAW that never is quiet
                return holds, said
            until_s = quiet_at_s if holds else start_s + react_s
            said += self.listen(max(min(until_s - now, 0.02), _LEAST_S))

    @property
    def strips_heard_s(self) -> float:
        """When the DAW last said something about any strip."""
        return max(unit.strips_heard_s for unit in self.units)

    @property
    def heard_s(self) -> float:
        """When the DAW last said anything; −1 before."""
        return max(unit.heard_s for unit in self.units)

    def names(self) -> tuple[str, ...]:
        """The upper lines of all strips."""
        return tuple(unit.name(strip) for unit in self.units for strip in range(STRIPS))

    def cells(self) -> tuple[tuple[str, int | None], ...]:
        """Name and fader position of all strips."""
        return tuple((unit.name(strip), unit.faders[strip]) for unit in self.units for strip in range(STRIPS))

    def values(self, strip: int) -> tuple[str, str]:
        """The lower line of a strip, and what stood there before."""
        unit, index = self._place(strip)
        return unit.value(index), unit.former_values[index]

    def forget_former_values(self) -> None:
        """What stood in the lower lines before belongs to no channel that shows from now on."""
        for unit in self.units:
            unit.former_values[:] = [""] * STRIPS

    def raw(self, strip: int) -> int | None:
        """Where a fader stands; None where that is not known."""
        if strip == ROW_MASTER:
            return self.main_unit.faders[MASTER]
        return self.units[strip // STRIPS].faders[strip % STRIPS]

    def forget(self, strip: int) -> None:
        """Hold a fader for unknown until the DAW says where it stands."""
        unit, index = self._place(strip)
        unit.faders[index] = None

    def move_fader(self, strip: int, raw: int) -> None:
        """Touch a fader, move it, let it go."""
        unit, index = self._place(strip)
        unit.move_fader(index, raw)

    def turn_pot(self, strip: int, steps: int) -> None:
        """Turn a V-pot."""
        unit, index = self._place(strip)
        unit.turn_pot(index, steps)

    def _place(self, strip: int) -> tuple[Unit, int]:
        if strip == ROW_MASTER:
            return self.main_unit, MASTER
        return self.units[strip // STRIPS], strip % STRIPS

    def is_there(self) -> bool:
        """Whether the ports of all units are still there."""
        return all(unit.wire.is_there() for unit in self.units)

    def close(self) -> None:
        """Close the wires."""
        for unit in self.units:
            unit.wire.close()
