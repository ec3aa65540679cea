"""The link that is a Mackie Control: the DAW at the other end believes that motor faders and V-pots move it."""

import contextlib
from collections import deque
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from bridge.live.clock import Clock
from bridge.live.links.mackie.daws import TOP, Daw, PotPan
from bridge.live.links.mackie.listing import Listing, Walk
from bridge.live.links.mackie.potpans import PotPans
from bridge.live.links.mackie.songtime import SongTime
from bridge.live.links.mackie.surface import ROW_MASTER, Surface
from bridge.live.links.mackie.unit import CONTROL_KEY, TIME_MODE, Heard, What
from bridge.live.values import (
    Channel,
    Control,
    Event,
    Knob,
    LinkTraits,
    Lost,
    Moved,
    Refused,
    Relisted,
    check_value,
)
from console.errors import LinkError
from console.frozen import FrozenMap

MASTER_KEY = "master"
_MASTER = Control(MASTER_KEY, "fader_db")

#: A position may come back one lower, cut off instead of rounded.
_FADER_STEPS = 1.5

#: How long a turned pan may take to come back, and a moved fader until it is moved there again.
_ECHO_S, _FADER_ECHO_S = 0.5, 0.15
#: A pan that moves less than this may show the same text as before.
_TOLD_APART = 0.011
#: How often a bank is tried to be shown, and a fader to be moved: MIDI is lost where the sound system stumbles.
_TRIES, _FADER_TRIES = 4, 4
#: How often the line is tried, and how often in vain until it counts as lost.
_BEAT_S, _MOST_MISSED = 1.0, 3
#: How long a DAW that is there may take to say its first names.
_HELLO_S, _READY_S = 4.0, 0.5
#: How long the old digits stay on the display when it is switched.
_NEW_TIME_S = 0.25
#: How long nothing is written until the banks are looked through, and how long each is shown.
_IDLE_S, _LOOK_S = 0.5, 0.25
#: The shortest time between two values of one fader, and what a bank costs beside showing it.
_TICK_S, _BANK_EXTRA_S = 0.03, 0.02
_TRUNCATED = (
    "The LCD has seven letters for a name: tell apart by number what it shows alike, and check the pairing."
)


@dataclass(frozen=True, slots=True)
class Habits:
    """How the link behaves.

    Args:
        mono: names or numbers of the tracks that are mono, which decides what a pan is in the DAW.
        looks_around: whether other banks are looked at while nothing is written, so that hands there are seen.
        patience_s: how long to wait for the DAW's first word.
    """

    mono: frozenset[str] = frozenset()
    looks_around: bool = True
    patience_s: float = _HELLO_S


class MackieLink:
    """A link over one or more units of a Mackie Control.

    A fader that was moved counts as unknown until the DAW has sent it back, since a DAW leaves out positions that it
    believes to have sent already; nothing is written into a bank whose LCD shows other names than it should.

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
        self._time = SongTime(surface.main_unit)
        self._pans = PotPans(daw.pan) if daw.pan is not None else None
        self._listing: Listing | None = None
        self._channels: tuple[Channel, ...] = ()
        self._knobs: dict[Control, Knob] = {}
        self._values: dict[Control, float] = {}
        self._events: deque[Event] = deque()
        self._first = 0
        self._stale = self._has_beat = self._asked_time = self._is_lost = False
        self._other_names_s = -1.0
        self._written_s = self._looked_s = self._beat_s = 0.0
        self._missed = 0

    @property
    def traits(self) -> LinkTraits:
        """What the link can do, and how fast; valid once connected."""
        listing = self._known()
        banks = len(listing.banking.banks()) if listing.names else 1
        tick_s = _TICK_S if banks == 1 else banks * (listing.bank_s + self._daw.quiet_s + _BANK_EXTRA_S)
        notes = [_TRUNCATED, *self._daw.notes]
        if listing.namesakes:
            notes.append(
                f"More than one channel shows as {', '.join(listing.namesakes)}: they differ in key only."
            )
        if banks > 1:
            notes.append(f"{banks} banks: a value takes {tick_s:.2f} s, a hand in a hidden bank shows later.")
        return LinkTraits(
            "mackie",
            tick_s=max(tick_s, _TICK_S),
            messages_per_s=max(len(self._knobs), 1) / max(tick_s, _TICK_S),
            settle_s=max(self._daw.react_s, _ECHO_S),
            transport=self._time.counts_seconds,
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
        lit = surface.main_unit.lit[CONTROL_KEY]
        surface.main_unit.press(CONTROL_KEY)
        self._has_beat, _ = surface.settle(
            lambda: surface.main_unit.lit[CONTROL_KEY] > lit, self._daw.react_s, 0.0
        )
        self._list()
        if self._daw.asks_time:
            self._ask_time()
        self._events.clear()
        self._beat_s = self._written_s = self._clock.now()

    def _ask_time(self) -> None:
        """Have the display show seconds. Which of the two it shows may be said only once that is switched."""
        presses = 0
        while not self._time.counts_seconds and presses < 2:
            presses += 1
            self._surface.main_unit.press(TIME_MODE)
            self._surface.settle(lambda: self._time.counts_seconds, self._daw.react_s, self._daw.quiet_s)
        if presses:
            self._surface.settle(lambda: False, _NEW_TIME_S, 0.0)
        self._asked_time = presses == 1

    def _list(self) -> None:
        self._values.clear()
        if self._pans is not None:
            self._pans.forget_all()
        listing = Walk(self._surface, self._daw, self._has_beat, self._see).listing()
        self._listing, self._channels, self._knobs = listing, (), {}
        if listing.names and not self._show(0):
            raise LinkError("the DAW's banks are not the same on the way back as on the way there; try again")
        for index in range(len(listing.names)):
            self._learn_pan(index)  # now that it is known which tracks are mono
        self._channels = tuple(self._described(listing))
        self._knobs = {
            channel.control(name): knob for channel in self._channels for name, knob in channel.knobs.items()
        }
        self._stale, self._other_names_s = False, -1.0

    def _described(self, listing: Listing) -> Iterable[Channel]:
        law = self._daw.law
        fader = Knob("fader_db", law.low_db, law.high_db, _FADER_STEPS / TOP, position=law.travel)
        for index, name in enumerate(listing.names):
            knobs = {"fader_db": fader}
            if self._pans is not None and self._pans.azimuth(index) is not None:
                knobs["pan"] = self._pan_knob(self._pans.law, index)
            yield Channel(str(index + 1), name, knobs=FrozenMap(knobs))
        if self._surface.raw(ROW_MASTER) is not None:
            yield Channel(MASTER_KEY, "Master", "master", FrozenMap({"fader_db": fader}))

    def _pan_knob(self, law: PotPan, index: int) -> Knob:
        sides = self._sides(index)
        return Knob("pan", -1.0, 1.0, 1.0 / law.steps, position=lambda pan: law.azimuth(pan, sides))

    def _sides(self, index: int) -> int:
        names = self._listing.names if self._listing is not None else ()
        name = names[index].lower() if index < len(names) else ""
        return 1 if name in self._habits.mono or str(index + 1) in self._habits.mono else 2

    def _known(self) -> Listing:
        if self._listing is None:
            raise LinkError("the Mackie link is not connected; connect it first")
        return self._listing

    # -- the promises of a link --------------------------------------------------------------------------------------

    def channels(self) -> tuple[Channel, ...]:
        """The channels; walked through anew when the LCD has shown other names than before."""
        self._check_line()
        if self._stale:
            self._list()
        return self._channels

    def read(self, controls: Collection[Control]) -> dict[Control, float]:
        """Where knobs stand, each seen while its bank shows; one that the DAW has not told is left out."""
        self._check_line()
        self._take_all(self._surface.listen())
        known = [control for control in controls if control in self._knobs]
        shown = {first for first in self._round(known) if not self._stale and self._show(first)}
        return {
            control: self._values[control]
            for control in known
            if control in self._values and (control == _MASTER or self._bank(control) in shown)
        }

    def write(self, values: Mapping[Control, float]) -> None:
        """Move knobs, bank by bank.

        Raises:
            ParamError: no such control, or a value outside its range or not finite.
        """
        self._check_line()
        for control, value in values.items():
            check_value(control, self._knobs.get(control), value)
        self._take_all(self._surface.listen())
        if _MASTER in values:
            self._move_faders({ROW_MASTER: values[_MASTER]})
        for first in self._round(values):
            if self._stale or not self._show(first):
                continue
            here = {
                control: int(control.channel) - 1 - first
                for control in values
                if control.channel != MASTER_KEY and self._bank(control) == first
            }
            self._move_faders({s: values[c] for c, s in here.items() if c.parameter == "fader_db"})
            self._turn_pots({s: values[c] for c, s in here.items() if c.parameter == "pan"})
        self._written_s = self._clock.now()

    def poll(self, timeout_s: float = 0.0) -> list[Event]:
        """What the DAW said since the last call; in quiet times other banks are looked at meanwhile."""
        if self._is_lost:
            self._clock.sleep(timeout_s)
            return []
        end_s = self._clock.now() + timeout_s
        try:
            while True:
                self._take_all(self._surface.listen(0.0))
                self._keep_alive()
                self._watch_names()
                self._let_go()
                self._look_around()
                left_s = end_s - self._clock.now()
                if self._events or left_s <= 0.0 or self._is_lost:
                    break
                self._take_all(self._surface.listen(min(left_s, 0.05)))
        except LinkError as error:
            self._lose(str(error))
        events = list(self._events)
        self._events.clear()
        return events

    def close(self) -> None:
        """Leave the desk as it stands."""
        with contextlib.suppress(LinkError):
            if self._asked_time and not self._is_lost:
                self._surface.main_unit.press(TIME_MODE)
        self._asked_time = False
        self._surface.close()

    # -- banks -------------------------------------------------------------------------------------------------------

    def _bank(self, control: Control) -> int:
        return self._known().banking.bank_of(int(control.channel) - 1)

    def _round(self, controls: Iterable[Control]) -> list[int]:
        """The banks that show the controls, in the order of the shorter round from the one that shows now."""
        firsts = sorted({self._bank(control) for control in controls if control.channel != MASTER_KEY})
        if firsts and abs(firsts[-1] - self._first) < abs(firsts[0] - self._first):
            firsts.reverse()
        return firsts

    def _show(self, first: int) -> bool:
        """Bring a bank on the strips and take in how it stands; False where it shows other names than it had."""
        surface, listing = self._surface, self._known()
        expected = listing.shown(first)
        if first == self._first and surface.names() == expected:
            return True
        for _ in range(_TRIES):
            if self._is_led(first, expected):
                self._see(first)
                self._other_names_s = -1.0
                return True
            at = listing.bank_showing(surface.names(), self._first)
            if at is None:
                break
            self._first = at  # a button was not heard
        else:
            self._events.append(Refused(f"the DAW does not show its bank from channel {first + 1} on"))
            return False
        self._relist()
        return False

    def _is_led(self, first: int, expected: tuple[str, ...]) -> bool:
        """Press the buttons that lead to a bank; whether its names show."""
        surface, pressed_s = self._surface, self._clock.now()
        surface.forget_former_values()
        for button in self._known().banking.way(self._first, first):
            surface.main_unit.press(button)
        said: list[Heard] = []
        for patience_s in (self._daw.react_s, self._daw.overlay_s):
            shows, heard = surface.settle(
                lambda: surface.names() == expected and surface.strips_heard_s >= pressed_s,
                patience_s,
                self._daw.quiet_s,
            )
            said += heard
            if shows or surface.names() == expected:
                break
        self._take_all(one for one in said if one.index == ROW_MASTER or one.what in (What.TIME, What.LIGHT))
        return surface.names() == expected

    def _see(self, first: int) -> None:
        """Take in how a bank's strips stand."""
        self._first = first
        for strip in range(self._surface.width):
            raw = self._surface.raw(strip)
            if raw is not None:
                self._learn(Control(str(first + strip + 1), "fader_db"), self._daw.law.of_raw(raw))
            else:
                self._values.pop(Control(str(first + strip + 1), "fader_db"), None)
            _ = any(self._hear_pan(strip, text) for text in self._surface.values(strip))
        master = self._surface.raw(ROW_MASTER)
        if master is not None:
            self._values[_MASTER] = self._daw.law.of_raw(master)

    def _learn(self, control: Control, value: float) -> None:
        """Take in a value; tell it where it is another than before."""
        knob, before = self._knobs.get(control), self._values.get(control)
        self._values[control] = value
        if knob is not None and (before is None or not knob.agree(before, value)):
            self._events.append(Moved(control, value))

    def _relist(self) -> None:
        if not self._stale:
            self._stale = True
            self._events.append(
                Relisted("the LCD shows other names than before: tracks were renamed or moved")
            )

    # -- moving ------------------------------------------------------------------------------------------------------

    def _move_faders(self, levels_db: Mapping[int, float]) -> None:
        if not self._daw.echoes:
            for strip, level_db in levels_db.items():
                self._surface.move_fader(strip, self._daw.law.raw(level_db))
                self._values[self._control(strip, "fader_db")] = level_db
            return
        waiting = {(What.FADER, strip) for strip in levels_db}
        for _ in range(_FADER_TRIES):
            for _, strip in sorted(waiting, key=lambda item: item[1]):
                self._surface.move_fader(strip, self._daw.law.raw(levels_db[strip]))
            waiting = self._unanswered(waiting, _FADER_ECHO_S)
        for _, strip in waiting:
            self._surface.forget(strip)
            self._values.pop(self._control(strip, "fader_db"), None)

    def _turn_pots(self, pans: Mapping[int, float]) -> None:
        if self._pans is None:
            return
        waiting = set()
        for strip, pan in pans.items():
            index = self._first + strip
            before = self._pans.azimuth(index)
            if before is None:
                continue
            steps = self._pans.steps(index, self._pans.law.azimuth(pan, self._sides(index)))
            if steps:
                self._surface.turn_pot(strip, steps)
                self._pans.turned(index, steps)
                if abs(self._pans.azimuth(index, before) - before) > _TOLD_APART:
                    waiting.add((What.VALUES, strip))
            self._learn_pan(index)
        for _, strip in self._unanswered(waiting, _ECHO_S):
            self._pans.forget(self._first + strip)
            self._values.pop(self._control(strip, "pan"), None)

    def _unanswered(self, waiting: set[tuple[What, int]], patience_s: float) -> set[tuple[What, int]]:
        """Listen until everything waited for has come, at most so long; what has not come.

        A strip's lower line counts where it tells a pan, since it tells levels too.
        """
        end_s = self._clock.now() + patience_s
        while waiting and self._clock.now() < end_s:
            said = self._surface.listen(max(end_s - self._clock.now(), 0.0))
            self._take_all(said)
            waiting = waiting - {
                (heard.what, heard.index)
                for heard in said
                if heard.what is not What.VALUES or self._tells_pan(heard)
            }
        return waiting

    def _control(self, strip: int, parameter: str) -> Control:
        key = MASTER_KEY if strip == ROW_MASTER else str(self._first + strip + 1)
        return Control(key, parameter)

    # -- hearing -----------------------------------------------------------------------------------------------------

    def _take_all(self, said: Iterable[Heard]) -> None:
        for heard in said:
            if heard.what is What.FADER:
                self._hear_fader(heard)
            elif heard.what is What.VALUES:
                self._hear_pan(heard.index, heard.text)
            elif heard.what is What.LIGHT and heard.index == CONTROL_KEY:
                self._missed = 0
        moved = self._time.moved(self._clock.now())
        if moved is not None:
            self._events.append(moved)

    def _hear_fader(self, heard: Heard) -> None:
        control = self._control(heard.index, "fader_db")
        if control in self._knobs:
            value = self._daw.law.of_raw(heard.value)
            self._values[control] = value
            self._events.append(Moved(control, value))

    def _tells_pan(self, heard: Heard) -> bool:
        return self._pans is not None and self._pans.law.told(heard.text) is not None

    def _hear_pan(self, strip: int, text: str) -> bool:
        told = self._pans is not None and self._pans.told(self._first + strip, text)
        if told:
            self._learn_pan(self._first + strip)
        return told

    def _learn_pan(self, index: int) -> None:
        azimuth = self._pans.azimuth(index) if self._pans is not None else None
        if self._pans is not None and azimuth is not None:
            self._learn(Control(str(index + 1), "pan"), self._pans.law.pan(azimuth, self._sides(index)))

    def _watch_names(self) -> None:
        if self._stale or self._surface.names() == self._known().shown(self._first):
            self._other_names_s = -1.0
            return
        now = self._clock.now()
        if self._other_names_s < 0.0:
            self._other_names_s = now
        elif now - self._other_names_s >= self._daw.overlay_s:
            self._relist()

    def _let_go(self) -> None:
        if self._clock.now() - self._written_s >= _IDLE_S:
            for unit in self._surface.units:
                unit.let_go_again()

    def _look_around(self) -> None:
        """Show the next bank when nothing has been written for a while."""
        now, banks = self._clock.now(), self._known().banking.banks() if self._known().names else (0,)
        if not self._habits.looks_around or len(banks) < 2 or self._stale:
            return
        if now - self._written_s < _IDLE_S or now - self._looked_s < _LOOK_S:
            return
        later = [first for first in banks if first > self._first]
        self._show(later[0] if later else banks[0])
        self._looked_s = self._clock.now()

    # -- the line ----------------------------------------------------------------------------------------------------

    def _keep_alive(self) -> None:
        now = self._clock.now()
        if now - self._beat_s < _BEAT_S:
            return
        self._beat_s = now
        if not self._surface.is_there():
            self._lose("the DAW's MIDI ports are gone")
        elif self._has_beat:
            if self._missed >= _MOST_MISSED:
                self._lose("the DAW does not answer any more")
                return
            self._missed += 1
            self._surface.main_unit.press(CONTROL_KEY)

    def _lose(self, text: str) -> None:
        if not self._is_lost:
            self._is_lost = True
            self._events.append(Lost(text))

    def _check_line(self) -> None:
        if self._is_lost:
            raise LinkError("the line to the DAW is lost; connect anew")
        self._known()
