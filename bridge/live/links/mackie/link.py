"""The link that is a Mackie Control: the DAW at the other end believes that motor faders and V-pots move it."""

import contextlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from bridge.live.clock import Clock
from bridge.live.links.mackie.daws import Daw
from bridge.live.links.mackie.desk import ECHO_S, MASTER, MASTER_KEY, BankedDesk
from bridge.live.links.mackie.surface import Surface
from bridge.live.links.mackie.unit import CONTROL_KEY, TIME_MODE
from bridge.live.values import Channel, Control, Event, LinkTraits, Lost, check_value
from console.errors import LinkError

#: How often the line is tried, and how often in vain until it counts as lost.
_BEAT_S, _MOST_MISSED = 1.0, 3
#: How long a DAW that is there may take to say its first names, and how often it is told that we are there.
_HELLO_S, _READY_S = 4.0, 0.5
#: How long the old digits stay on the display when it is switched.
_NEW_TIME_S = 0.25
#: How long nothing is written until the banks are looked through, and how long each is shown.
_IDLE_S, _LOOK_S = 0.5, 0.25
#: The shortest time between two values of one fader, and what a bank costs beside showing it and its echo.
_TICK_S, _BANK_EXTRA_S = 0.03, 0.005
#: What a bank takes when the computer has other work, over what it took at the start.
_SLOWER = 1.6
_NO_KINDS = (
    "The LCD does not tell buses from tracks: name them by --set buses=NAME,… to pair them with a mix's."
)
_TRUNCATED = (
    "The LCD has seven letters for a name: tell apart by number what it shows alike, and check the pairing."
)


@dataclass(frozen=True, slots=True)
class Habits:
    """How the link behaves.

    Args:
        mono: names or numbers of the tracks that are mono, which decides what a pan is in the DAW.
        buses: names or numbers of the channels that are buses; the LCD does not tell them from tracks.
        looks_around: whether other banks are looked at while nothing is written, so that hands there are seen.
        patience_s: how long to wait for the DAW's first word.
    """

    mono: frozenset[str] = frozenset()
    buses: frozenset[str] = frozenset()
    looks_around: bool = True
    patience_s: float = _HELLO_S


class MackieLink:
    """A link over one or more units of a Mackie Control.

    Args:
        surface: the units, on their wires.
        clock: the time.
        daw: what the DAW at the other end makes of them.
        name: the word of the DAW, for the identity.
        habits: how the link behaves.
    """

    def __init__(
        self, surface: Surface, clock: Clock, daw: Daw, name: str, habits: Habits | None = None
    ) -> None:
        self._surface, self._clock, self._daw, self._name = surface, clock, daw, name
        self._habits = habits or Habits()
        self._desk = BankedDesk(surface, clock, daw, self._habits.mono, self._habits.buses)
        self._has_beat = self._asked_time = self._is_lost = False
        self._written_s = self._looked_s = self._beat_s = self._answer_s = 0.0
        self._missed = self._beats_lit = 0

    @property
    def traits(self) -> LinkTraits:
        """What the link can do, and how fast; valid once connected."""
        listing, banks = self._desk.listing, len(self._desk.banks)
        bank_s = _SLOWER * (listing.bank_s + self._answer_s) + self._daw.quiet_s + _BANK_EXTRA_S
        tick_s = max(_TICK_S, self._answer_s if banks == 1 else banks * bank_s)
        notes = [_TRUNCATED, _NO_KINDS, *self._daw.notes]
        if listing.namesakes:
            notes.append(
                f"More than one channel shows as {', '.join(listing.namesakes)}: they differ in key only."
            )
        if banks > 1:
            notes.append(f"{banks} banks: a value takes {tick_s:.2f} s, a hand in a hidden bank shows later.")
        return LinkTraits(
            "mackie",
            tick_s=tick_s,
            messages_per_s=max(len(self._desk.knobs), 1) / tick_s,
            settle_s=max(self._daw.react_s, ECHO_S),
            transport=self._desk.song.counts_seconds,
            notes=tuple(notes),
        )

    @property
    def identity(self) -> str:
        """Which desk this is."""
        return f"mackie {self._name} {self._surface.main_unit.wire.name}"

    def connect(self) -> None:
        """Say that a Mackie Control is here, and walk through the DAW's banks.

        Raises:
            LinkError: no DAW speaks to it.
        """
        surface = self._surface
        end_s = self._clock.now() + self._habits.patience_s
        while not surface.settle(lambda: any(surface.names()), _READY_S, self._daw.quiet_s)[0]:
            if self._clock.now() >= end_s:
                break
            for unit in surface.units:
                unit.say_ready()
        if surface.heard_s < 0.0:
            raise LinkError(
                f"no DAW speaks to {surface.main_unit.wire.name!r}; in the DAW's control surfaces add a Mackie Control "
                "with these MIDI ports as input and output"
            )
        surface.settle(lambda: True, 0.5, max(self._daw.quiet_s, 0.1))
        self._try_beat()
        self._desk.list_all(lights_answer=self._has_beat)
        if self._daw.asks_time:
            self._ask_time()
        self._desk.events.clear()
        self._beat_s = self._written_s = self._clock.now()

    def _try_beat(self) -> None:
        """Find out whether the DAW lights the Control key, which does nothing by itself, and how soon."""
        unit, start_s = self._surface.main_unit, self._clock.now()
        lit = unit.lit[CONTROL_KEY]
        unit.press(CONTROL_KEY)
        self._has_beat, _ = self._surface.settle(lambda: unit.lit[CONTROL_KEY] > lit, self._daw.react_s, 0.0)
        self._answer_s = self._clock.now() - start_s if self._has_beat else self._daw.quiet_s

    def _ask_time(self) -> None:
        """Have the display show seconds. Which of the two it shows may be said only once that is switched."""
        song, presses = self._desk.song, 0
        while not song.counts_seconds and presses < 2:
            presses += 1
            self._surface.main_unit.press(TIME_MODE)
            self._surface.settle(lambda: song.counts_seconds, self._daw.react_s, self._daw.quiet_s)
        if presses:
            self._surface.settle(lambda: False, _NEW_TIME_S, 0.0)
        self._asked_time = presses == 1

    def channels(self) -> tuple[Channel, ...]:
        """The channels; walked through anew when the LCD has shown other names than before."""
        self._check_line()
        if self._desk.is_stale:
            self._desk.list_all(lights_answer=self._has_beat)
        return self._desk.channels

    def read(self, controls: Collection[Control]) -> dict[Control, float]:
        """Where knobs stand, each seen while its bank shows; one that the DAW has not told is left out."""
        self._check_line()
        desk = self._desk
        desk.take(self._surface.listen())
        known = [control for control in controls if control in desk.knobs]
        shown = {first for first in desk.round(known) if not desk.is_stale and desk.show(first)}
        return {
            control: desk.values[control]
            for control in known
            if control in desk.values and (control == MASTER or desk.bank(control) in shown)
        }

    def write(self, values: Mapping[Control, float]) -> None:
        """Move knobs, bank by bank.

        Raises:
            ParamError: no such control, or a value outside its range or not finite.
            LinkError: the line is lost.
        """
        self._check_line()
        desk = self._desk
        for control, value in values.items():
            check_value(control, desk.knobs.get(control), value)
        desk.take(self._surface.listen())
        if MASTER in values:
            desk.move_master(values[MASTER])
        for first in desk.round(values):
            if not desk.is_stale and desk.show(first):
                desk.move(
                    {c: v for c, v in values.items() if c.channel != MASTER_KEY and desk.bank(c) == first}
                )
        self._written_s = self._clock.now()

    def poll(self, timeout_s: float = 0.0) -> list[Event]:
        """What the DAW said since the last call; in quiet times other banks are looked at meanwhile."""
        events = self._desk.events
        if self._is_lost and not events:
            self._clock.sleep(timeout_s)
            return []
        try:
            self._listen(timeout_s)
        except LinkError as error:
            self._lose(str(error))
        told = list(events)
        events.clear()
        return told

    def _listen(self, timeout_s: float) -> None:
        end_s = self._clock.now() + timeout_s
        while not self._is_lost:
            self._desk.take(self._surface.listen(0.0))
            self._keep_alive()
            self._desk.watch_names()
            self._let_go()
            self._look_around()
            left_s = end_s - self._clock.now()
            if self._desk.events or left_s <= 0.0:
                break
            self._desk.take(self._surface.listen(min(left_s, 0.05)))

    def close(self) -> None:
        """Leave the desk as it stands."""
        with contextlib.suppress(LinkError):
            if self._asked_time and not self._is_lost:
                self._surface.main_unit.press(TIME_MODE)
        self._asked_time = False
        self._surface.close()

    def _let_go(self) -> None:
        if self._clock.now() - self._written_s >= _IDLE_S:
            for unit in self._surface.units:
                unit.let_go_again()

    def _look_around(self) -> None:
        """Show the next bank when nothing has been written for a while."""
        now, banks, desk = self._clock.now(), self._desk.banks, self._desk
        if not self._habits.looks_around or len(banks) < 2 or desk.is_stale:
            return
        if now - self._written_s < _IDLE_S or now - self._looked_s < _LOOK_S:
            return
        later = [first for first in banks if first > desk.first]
        desk.show(later[0] if later else banks[0])
        self._looked_s = self._clock.now()

    def _keep_alive(self) -> None:
        now, unit = self._clock.now(), self._surface.main_unit
        if now - self._beat_s < _BEAT_S:
            return
        self._beat_s = now
        if not self._surface.is_there():
            self._lose("the DAW's MIDI ports are gone")
        elif self._has_beat:
            self._missed = self._missed + 1 if unit.lit[CONTROL_KEY] == self._beats_lit else 0
            if self._missed > _MOST_MISSED:
                self._lose("the DAW does not answer any more")
                return
            self._beats_lit = unit.lit[CONTROL_KEY]
            unit.press(CONTROL_KEY)

    def _lose(self, text: str) -> None:
        if not self._is_lost:
            self._is_lost = True
            self._desk.events.append(Lost(text))

    def _check_line(self) -> None:
        if self._is_lost:
            raise LinkError("the line to the DAW is lost; connect anew")
        _ = self._desk.listing
