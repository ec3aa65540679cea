"""The DAW's channels as a Mackie Control sees them: bank by bank, each knob's value as it was last told."""

from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from bridge.live.clock import Clock
from bridge.live.links.mackie.daws import TOP, Daw, PotPan
from bridge.live.links.mackie.listing import Listing, Walk
from bridge.live.links.mackie.potpans import PotPans
from bridge.live.links.mackie.songtime import SongTime
from bridge.live.links.mackie.surface import ROW_MASTER, Surface
from bridge.live.links.mackie.unit import Heard, What
from bridge.live.values import Channel, Control, Event, Knob, Moved, Refused, Relisted
from console.errors import LinkError
from console.frozen import FrozenMap

MASTER_KEY = "master"
MASTER = Control(MASTER_KEY, "fader_db")

#: A position may come back one lower, cut off instead of rounded.
_FADER_STEPS = 1.5
#: How long a turned pan may take to come back, and a moved fader until it is moved there again.
ECHO_S, _FADER_ECHO_S = 0.5, 0.15
#: How often a bank is tried to be shown, and a fader to be moved: MIDI is lost where the sound system stumbles.
_TRIES, _FADER_TRIES = 4, 4
#: A pan that moves less than this may show the same text as before.
_TOLD_APART = 0.011


@dataclass
class BankedDesk:
    """All channels of a DAW, of which the surface shows one bank.

    A fader that was moved counts as unknown until the DAW has sent it back, since a DAW leaves out positions that it
    believes to have sent already; nothing is moved in a bank whose LCD shows other names than it should.

    Args:
        surface: the units.
        clock: the time.
        daw: what the DAW makes of them.
        mono: names or numbers of the tracks that are mono.
        buses: names or numbers of the channels that are buses.
    """

    surface: Surface
    clock: Clock
    daw: Daw
    mono: frozenset[str] = frozenset()
    buses: frozenset[str] = frozenset()
    events: deque[Event] = field(default_factory=deque)
    channels: tuple[Channel, ...] = ()
    knobs: dict[Control, Knob] = field(default_factory=dict)
    values: dict[Control, float] = field(default_factory=dict)
    #: The first channel of the bank that shows.
    first: int = 0
    #: Whether the LCD has shown other names than it should.
    is_stale: bool = False
    _listing: Listing | None = None
    _other_names_s: float = -1.0

    def __post_init__(self) -> None:
        self.song = SongTime(self.surface.main_unit)
        self._pans = PotPans(self.daw.pan) if self.daw.pan is not None else None

    @property
    def listing(self) -> Listing:
        """The channels by name, once they are listed.

        Raises:
            LinkError: they are not.
        """
        if self._listing is None:
            raise LinkError("the Mackie link is not connected; connect it first")
        return self._listing

    def list_all(self, *, lights_answer: bool) -> None:
        """Walk through the banks and learn the channels and where they stand.

        Raises:
            LinkError: the banks are others on the way back.
        """
        self.values.clear()
        if self._pans is not None:
            self._pans.forget_all()
        listing = Walk(self.surface, self.daw, lights_answer, self._see).listing()
        self._listing, self.channels, self.knobs = listing, (), {}
        if listing.names and not self.show(0):
            raise LinkError("the DAW's banks are not the same on the way back as on the way there; try again")
        for index in range(len(listing.names)):
            self._learn_pan(index)  # now that it is known which tracks are mono
        self.channels = tuple(self._described(listing))
        self.knobs = {
            channel.control(name): knob for channel in self.channels for name, knob in channel.knobs.items()
        }
        self.is_stale, self._other_names_s = False, -1.0

    def _described(self, listing: Listing) -> Iterable[Channel]:
        law = self.daw.law
        fader = Knob("fader_db", law.low_db, law.high_db, _FADER_STEPS / TOP, position=law.travel)
        for index, name in enumerate(listing.names):
            knobs = {"fader_db": fader}
            if self._pans is not None and self._pans.azimuth(index) is not None:
                knobs["pan"] = self._pan_knob(self._pans.law, index)
            kind = "bus" if self._is_among(self.buses, index) else "track"
            yield Channel(str(index + 1), name, kind, FrozenMap(knobs))
        if self.surface.raw(ROW_MASTER) is not None:
            yield Channel(MASTER_KEY, "Master", "master", FrozenMap({"fader_db": fader}))

    def _pan_knob(self, law: PotPan, index: int) -> Knob:
        sides = self._sides(index)
        return Knob("pan", -1.0, 1.0, 1.0 / law.steps, position=lambda pan: law.azimuth(pan, sides))

    def _sides(self, index: int) -> int:
        return 1 if self._is_among(self.mono, index) else 2

    def _is_among(self, words: frozenset[str], index: int) -> bool:
        names = self._listing.names if self._listing is not None else ()
        return str(index + 1) in words or (index < len(names) and names[index].lower() in words)

    # -- banks -------------------------------------------------------------------------------------------------------

    @property
    def banks(self) -> tuple[int, ...]:
        """The first channels of the banks."""
        return self.listing.banking.banks() if self.listing.names else (0,)

    def bank(self, control: Control) -> int:
        """The bank that shows a control."""
        return self.listing.banking.bank_of(int(control.channel) - 1)

    def round(self, controls: Iterable[Control]) -> list[int]:
        """The banks that show the controls, in the order of the shorter round from the one that shows now."""
        firsts = sorted({self.bank(control) for control in controls if control.channel != MASTER_KEY})
        if firsts and abs(firsts[-1] - self.first) < abs(firsts[0] - self.first):
            firsts.reverse()
        return firsts

    def show(self, first: int) -> bool:
        """Bring a bank on the strips and take in how it stands; False where it shows other names than it had."""
        surface, listing = self.surface, self.listing
        expected = listing.shown(first)
        if first == self.first and surface.names() == expected:
            return True
        for _ in range(_TRIES):
            if self._is_led(first, expected):
                self._see(first)
                self._other_names_s = -1.0
                return True
            at = listing.bank_showing(surface.names(), self.first)
            if at is None:
                break
            self.first = at  # a button was not heard
        else:
            self.events.append(Refused(f"the DAW does not show its bank from channel {first + 1} on"))
            return False
        self._relist()
        return False

    def _is_led(self, first: int, expected: tuple[str, ...]) -> bool:
        """Press the buttons that lead to a bank; whether its names show."""
        surface, pressed_s = self.surface, self.clock.now()
        surface.forget_former_values()
        for button in self.listing.banking.way(self.first, first):
            surface.main_unit.press(button)
        said: list[Heard] = []
        for patience_s in (self.daw.react_s, self.daw.overlay_s):
            shows, heard = surface.settle(
                lambda: surface.names() == expected and surface.strips_heard_s >= pressed_s,
                patience_s,
                self.daw.quiet_s,
            )
            said += heard
            if shows or surface.names() == expected:
                break
        self.take(one for one in said if one.index == ROW_MASTER or one.what in (What.TIME, What.LIGHT))
        return surface.names() == expected

    def _see(self, first: int) -> None:
        """Take in how a bank's strips stand."""
        self.first = first
        for strip in range(self.surface.width):
            raw = self.surface.raw(strip)
            if raw is not None:
                self._learn(Control(str(first + strip + 1), "fader_db"), self.daw.law.of_raw(raw))
            else:
                self.values.pop(Control(str(first + strip + 1), "fader_db"), None)
            _ = any(self._hear_pan(strip, text) for text in self.surface.values(strip))
        master = self.surface.raw(ROW_MASTER)
        if master is not None:
            self.values[MASTER] = self.daw.law.of_raw(master)

    def _learn(self, control: Control, value: float) -> None:
        """Take in a value; tell it where it is another than before."""
        knob, before = self.knobs.get(control), self.values.get(control)
        self.values[control] = value
        if knob is not None and (before is None or not knob.agree(before, value)):
            self.events.append(Moved(control, value))

    def _relist(self) -> None:
        if not self.is_stale:
            self.is_stale = True
            self.events.append(
                Relisted("the LCD shows other names than before: tracks were renamed or moved")
            )

    def watch_names(self) -> None:
        """Tell when other names have stood on the LCD for too long to be an announcement."""
        if self.is_stale or self.surface.names() == self.listing.shown(self.first):
            self._other_names_s = -1.0
            return
        now = self.clock.now()
        if self._other_names_s < 0.0:
            self._other_names_s = now
        elif now - self._other_names_s >= self.daw.overlay_s:
            self._relist()

    # -- moving ------------------------------------------------------------------------------------------------------

    def move_master(self, level_db: float) -> None:
        """Move the master fader."""
        self._move_faders({ROW_MASTER: level_db})

    def move(self, values: Mapping[Control, float]) -> None:
        """Move faders, then pans, of the bank that shows."""
        strips = {control: int(control.channel) - 1 - self.first for control in values}
        self._move_faders({strip: values[c] for c, strip in strips.items() if c.parameter == "fader_db"})
        self._turn_pots({strip: values[c] for c, strip in strips.items() if c.parameter == "pan"})

    def _move_faders(self, levels_db: Mapping[int, float]) -> None:
        if not self.daw.echoes:
            for strip, level_db in levels_db.items():
                self.surface.move_fader(strip, self.daw.law.raw(level_db))
                self.values[self._control(strip, "fader_db")] = level_db
            return
        waiting = {(What.FADER, strip) for strip in levels_db}
        for attempt in range(_FADER_TRIES):
            for _, strip in sorted(waiting, key=lambda item: item[1]):
                raw = self.daw.law.raw(levels_db[strip])
                if attempt:  # if only the answer was lost, none comes for a fader that stands where it stood
                    self.surface.move_fader(strip, raw - 1 if raw else raw + 1)
                self.surface.move_fader(strip, raw)
            waiting = self._unanswered(waiting, _FADER_ECHO_S)
        for _, strip in waiting:
            self.surface.forget(strip)
            self.values.pop(self._control(strip, "fader_db"), None)

    def _turn_pots(self, pans: Mapping[int, float]) -> None:
        """Turn V-pots until the LCD tells that each pan is as near as a step can bring it."""
        if self._pans is None:
            return
        law, left = self._pans.law, dict(pans)
        for _ in range(_TRIES):
            turned: dict[int, tuple[float, float]] = {}
            for strip, pan in left.items():
                index = self.first + strip
                before = self._pans.span(index)
                steps = self._pans.steps(index, law.azimuth(pan, self._sides(index)))
                if before is None or not steps:
                    continue
                self.surface.turn_pot(strip, steps)
                if self._pans.turned(index, steps) > _TOLD_APART:
                    turned[strip] = before
                else:
                    self._learn_pan(index)
            lost = {
                strip for _, strip in self._unanswered({(What.VALUES, strip) for strip in turned}, ECHO_S)
            }
            for strip in lost:
                self._pans.put_back(self.first + strip, turned[strip])
            left = {strip: pans[strip] for strip in turned}
            if not left:
                return
        for strip in left:
            self._pans.forget(self.first + strip)
            self.values.pop(self._control(strip, "pan"), None)

    def _unanswered(self, waiting: set[tuple[What, int]], patience_s: float) -> set[tuple[What, int]]:
        """Listen until everything waited for has come, at most so long; what has not come.

        A strip's lower line counts where it tells a pan, since it tells levels too.
        """
        end_s = self.clock.now() + patience_s
        while waiting and self.clock.now() < end_s:
            said = self.surface.listen(max(end_s - self.clock.now(), 0.0))
            self.take(said)
            waiting = waiting - {
                (heard.what, heard.index)
                for heard in said
                if heard.what is not What.VALUES or self._tells_pan(heard)
            }
        return waiting

    def _control(self, strip: int, parameter: str) -> Control:
        key = MASTER_KEY if strip == ROW_MASTER else str(self.first + strip + 1)
        return Control(key, parameter)

    # -- hearing -----------------------------------------------------------------------------------------------------

    def take(self, said: Iterable[Heard]) -> None:
        """Take in what the DAW says of the bank that shows, and of the song."""
        for heard in said:
            if heard.what is What.FADER:
                self._hear_fader(heard)
            elif heard.what is What.VALUES:
                self._hear_pan(heard.index, heard.text)
        moved = self.song.moved(self.clock.now())
        if moved is not None:
            self.events.append(moved)

    def _hear_fader(self, heard: Heard) -> None:
        control = self._control(heard.index, "fader_db")
        if control in self.knobs:
            value = self.daw.law.of_raw(heard.value)
            self.values[control] = value
            self.events.append(Moved(control, value))

    def _tells_pan(self, heard: Heard) -> bool:
        return self._pans is not None and self._pans.law.told(heard.text) is not None

    def _hear_pan(self, strip: int, text: str) -> bool:
        told = self._pans is not None and self._pans.told(self.first + strip, text)
        if told:
            self._learn_pan(self.first + strip)
        return told

    def _learn_pan(self, index: int) -> None:
        azimuth = self._pans.azimuth(index) if self._pans is not None else None
        if self._pans is not None and azimuth is not None:
            self._learn(Control(str(index + 1), "pan"), self._pans.law.pan(azimuth, self._sides(index)))
