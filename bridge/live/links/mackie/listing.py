"""Finds all channels of a DAW by walking through its banks."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

from bridge.live.links.mackie.banking import Banking, overlap
from bridge.live.links.mackie.daws import Daw
from bridge.live.links.mackie.surface import Surface
from bridge.live.links.mackie.unit import BANK_LEFT, BANK_RIGHT, NAME_VALUE

#: No song has more banks.
_MOST_BANKS = 256
#: The names follow the faders of a new bank within this, even in Ardour.
_WALK_QUIET_S = 0.06
#: How often a button is pressed that the DAW does not light: MIDI is lost where the sound system stumbles.
_PRESSES = 3
#: A DAW may be so busy that it does not hear a button for this long.
_BUSY_S = 2.0


@dataclass(frozen=True, slots=True)
class Listing:
    """The names of all channels as the LCD shows them, how they are banked, and how long a bank takes to show."""

    names: tuple[str, ...]
    banking: Banking
    bank_s: float

    def shown(self, first: int) -> tuple[str, ...]:
        """What the LCD shows of the bank that begins with a channel."""
        names = self.names[first : first + self.banking.width]
        return names + ("",) * (self.banking.width - len(names))

    def bank_showing(self, names: tuple[str, ...], near: int) -> int | None:
        """The bank that looks like this, the nearest to one where several do; None where none does."""
        found = [first for first in self.banking.all_firsts() if self.shown(first) == names]
        return min(found, key=lambda first: abs(first - near), default=None)

    @property
    def namesakes(self) -> tuple[str, ...]:
        """The names that more than one channel has."""
        return tuple(name for name, count in Counter(self.names).items() if count > 1 and name)


@dataclass
class Walk:
    """A walk through the banks.

    Args:
        surface: the units.
        daw: what the DAW makes of them.
        lights_answer: whether the DAW lights a button that is pressed, which tells that it has heard it.
        seen: told the first channel of each bank while it shows.
    """

    surface: Surface
    daw: Daw
    lights_answer: bool
    seen: Callable[[int], None]

    def listing(self) -> Listing:
        """Go to the first bank, then to the last."""
        surface = self.surface
        if not any(surface.names()) and any(raw for _, raw in surface.cells()):
            self._press(NAME_VALUE)
        for _ in range(_MOST_BANKS):
            if not self._press(BANK_LEFT):
                break
        names = list(surface.names())
        self.seen(0)
        first, is_last_full, times_s = 0, False, []
        for _ in range(_MOST_BANKS):
            before, start_s = surface.cells(), surface.clock.now()
            if not self._press(BANK_RIGHT):
                break
            times_s.append(max(surface.strips_heard_s - start_s, 0.0))
            shift = overlap(before, surface.cells())
            is_last_full = is_last_full or shift < surface.width
            first += shift
            names[first:] = surface.names()
            self.seen(first)
        while names and not names[-1]:
            names.pop()
        banking = Banking(len(names), surface.width, is_last_full)
        return Listing(tuple(names), banking, median(times_s) if times_s else 0.0)

    def _press(self, note: int) -> bool:
        """Press a button; whether other names or faders show then."""
        surface, quiet_s = self.surface, max(self.daw.quiet_s, _WALK_QUIET_S)
        before, start_s = surface.cells(), surface.clock.now()
        if note != BANK_LEFT:
            surface.forget_former_values()
        for _ in range(_PRESSES if self.lights_answer else 1):
            if self._is_heard(note, before):
                break
        if self.lights_answer and surface.cells() == before and surface.strips_heard_s < start_s:
            return False
        changed, _ = surface.settle(lambda: surface.cells() != before, self.daw.react_s, quiet_s)
        return changed

    def _is_heard(self, note: int, before: tuple[tuple[str, int | None], ...]) -> bool:
        """Press a button; whether the DAW lights it, or shows something else."""
        surface, unit = self.surface, self.surface.main_unit
        lit = unit.lit[note]
        unit.press(note)
        if not self.lights_answer:
            return True
        heard, _ = surface.settle(lambda: surface.cells() != before or unit.lit[note] > lit, _BUSY_S, 0.0)
        return heard
