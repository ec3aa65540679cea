"""One box of a Mackie Control, as the DAW sees it: eight strips with fader, V-pot and LCD; the main one has more."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from bridge.live.clock import Clock
from bridge.live.midiwire import MidiWire

STRIPS: Final = 8
#: The strip number of the main unit's master fader.
MASTER: Final = 8
#: The letters that the LCD has for each strip.
CELL: Final = 7
_ROW: Final = STRIPS * CELL

_MAKER: Final = (0x00, 0x00, 0x66)
#: What the DAW asks, tells and shows by exclusive message.
_QUERY, _REPLY, _ANSWER, _CONFIRM = 0x00, 0x01, 0x02, 0x03
_LCD, _VERSION_QUERY, _VERSION_REPLY = 0x12, 0x13, 0x14
_TIME_BLOCK = 0x10
_SERIAL: Final = b"MIXBRDG"
_CHALLENGE: Final = bytes((0x2A, 0x15, 0x33, 0x04))
_VERSION: Final = b"V3.1.1"

#: Buttons and lights by note. Nothing else is ever pressed: no mute, solo, record, select or transport.
BANK_LEFT, BANK_RIGHT, CHANNEL_LEFT, CHANNEL_RIGHT = 0x2E, 0x2F, 0x30, 0x31
NAME_VALUE, TIME_MODE, CONTROL_KEY = 0x34, 0x35, 0x48
STOP_LIGHT, PLAY_LIGHT, SMPTE_LIGHT = 0x5D, 0x5E, 0x71
_PRESSED: Final = frozenset(
    (BANK_LEFT, BANK_RIGHT, CHANNEL_LEFT, CHANNEL_RIGHT, NAME_VALUE, TIME_MODE, CONTROL_KEY)
)
_TOUCH: Final = 0x68
_POT: Final = 0x10
_TIME: Final = range(0x40, 0x4A)
_MOST_STEPS: Final = 63


class What(Enum):
    """What the DAW said."""

    FADER = "fader"
    NAMES = "names"
    VALUES = "values"
    LIGHT = "light"
    TIME = "time"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Heard:
    """One thing the DAW said: a strip (faders, LCD) or a note (lights), and its value or its text."""

    what: What
    index: int = 0
    value: int = 0
    text: str = ""


@dataclass
class Unit:
    """One box: the state that the DAW has put it in, and what it says to the DAW.

    Args:
        wire: its MIDI ports.
        clock: the time.
        device: 0x14 for a main unit, 0x15 for an extender.
    """

    wire: MidiWire
    clock: Clock
    device: int = 0x14
    #: Positions of the faders, as last moved by either side; None before that.
    faders: list[int | None] = field(default_factory=lambda: [None] * (STRIPS + 1))
    lcd: bytearray = field(default_factory=lambda: bytearray(b" " * 2 * _ROW))
    #: What stood in the lower lines before what stands there now: a DAW shows a value for a second only.
    former_values: list[str] = field(default_factory=lambda: [""] * STRIPS)
    lights: dict[int, int] = field(default_factory=dict)
    #: How often the DAW has set each light.
    lit: Counter[int] = field(default_factory=Counter)
    digits: list[int] = field(default_factory=lambda: [-1] * len(_TIME))
    #: When the DAW last said something about a strip, and anything at all; −1 before that.
    strips_heard_s: float = -1.0
    heard_s: float = -1.0
    _let_go: set[int] = field(default_factory=set)

    # -- what it says ------------------------------------------------------------------------------------------------

    def press(self, note: int) -> None:
        """Press a button and let it go."""
        if note not in _PRESSED:
            raise ValueError(f"button {note:#x} is none that this surface presses")
        self.wire.send(bytes((0x90, note, 0x7F)))
        self.wire.send(bytes((0x90, note, 0x00)))

    def move_fader(self, strip: int, raw: int) -> None:
        """Touch a fader, move it, let it go."""
        self.wire.send(bytes((0x90, _TOUCH + strip, 0x7F)))
        self.wire.send(bytes((0xE0 | strip, raw & 0x7F, raw >> 7)))
        self.wire.send(bytes((0x90, _TOUCH + strip, 0x00)))
        self.faders[strip] = raw
        self._let_go.add(strip)

    def let_go_again(self) -> None:
        """Say once more that no finger is on the faders that were moved, in case that was lost."""
        for strip in sorted(self._let_go):
            self.wire.send(bytes((0x90, _TOUCH + strip, 0x00)))
        self._let_go.clear()

    def turn_pot(self, strip: int, steps: int) -> None:
        """Turn a V-pot clockwise by so many steps, or the other way where they are negative."""
        sign = 0x40 if steps < 0 else 0x00
        left = abs(steps)
        while left:
            part = min(left, _MOST_STEPS)
            self.wire.send(bytes((0xB0, _POT + strip, sign | part)))
            left -= part

    def say_ready(self) -> None:
        """Say that a unit is here, as one that is switched on."""
        self._say(_REPLY, _SERIAL + _CHALLENGE)

    def _say(self, kind: int, data: bytes = b"") -> None:
        self.wire.send(bytes((0xF0, *_MAKER, self.device, kind, *data, 0xF7)))

    # -- what it hears -----------------------------------------------------------------------------------------------

    def hear(self, timeout_s: float = 0.0) -> Iterator[Heard]:
        """What the DAW says; waits at most so long for the first. Queries are answered on the way."""
        for message in self.wire.receive(timeout_s):
            self.heard_s = self.clock.now()
            yield from self._take(message)

    def _take(self, message: bytes) -> Iterator[Heard]:
        kind, channel = message[0] & 0xF0, message[0] & 0x0F
        if kind == 0xE0 and channel <= MASTER:
            yield self._fader(channel, message[1] | message[2] << 7)
        elif kind == 0xB0 and channel == 0:
            yield self._controller(message[1], message[2])
        elif kind in (0x80, 0x90) and channel == 0:
            velocity = message[2] if kind == 0x90 else 0
            self.lights[message[1]] = velocity
            self.lit[message[1]] += 1
            if message[1] < STRIPS * 4:
                self.strips_heard_s = self.heard_s
            yield Heard(What.LIGHT, message[1], velocity)
        elif message[0] == 0xF0 and tuple(message[1:4]) == _MAKER and len(message) >= 7:
            yield from self._exclusive(message[4], message[5], message[6:-1])

    def _fader(self, strip: int, raw: int) -> Heard:
        self.faders[strip] = raw
        self.strips_heard_s = self.heard_s
        return Heard(What.FADER, strip, raw)

    def _controller(self, number: int, value: int) -> Heard:
        if number in _TIME:
            self.digits[number - _TIME.start] = _digit(value)
            return Heard(What.TIME)
        if 0x30 <= number < 0x30 + STRIPS:
            self.strips_heard_s = self.heard_s
        return Heard(What.OTHER)

    def _exclusive(self, device: int, kind: int, data: bytes) -> Iterator[Heard]:
        if kind == _LCD and data and data[0] < 2 * _ROW and device in (self.device, self.device - 4):
            yield from self._write_lcd(data[0], data[1:])
        elif device != self.device:
            return
        elif kind == _QUERY:
            self.say_ready()
        elif kind == _ANSWER:
            self._say(_CONFIRM, _SERIAL)
        elif kind == _VERSION_QUERY:
            self._say(_VERSION_REPLY, _VERSION)
        elif kind == _TIME_BLOCK:
            for index, value in enumerate(data[: len(_TIME)]):
                self.digits[index] = _digit(value)
            yield Heard(What.TIME)

    def _write_lcd(self, start: int, text: bytes) -> Iterator[Heard]:
        text = text[: 2 * _ROW - start]
        end = start + len(text)
        cells = range(start // CELL, -(-end // CELL))
        for cell in cells:
            if cell >= STRIPS:
                self.former_values[cell - STRIPS] = self._text(cell * CELL)
        self.lcd[start:end] = text
        self.strips_heard_s = self.heard_s
        for cell in cells:
            what = What.NAMES if cell < STRIPS else What.VALUES
            yield Heard(what, cell % STRIPS, text=self._text(cell * CELL))

    # -- what it shows -----------------------------------------------------------------------------------------------

    def name(self, strip: int) -> str:
        """The upper line of a strip's LCD."""
        return self._text(strip * CELL)

    def value(self, strip: int) -> str:
        """The lower line of a strip's LCD."""
        return self._text(_ROW + strip * CELL)

    def _text(self, start: int) -> str:
        letters = self.lcd[start : start + CELL]
        return "".join(chr(letter) if 32 <= letter < 127 else " " for letter in letters).strip()


def _digit(value: int) -> int:
    """The digit that a seven-segment letter shows: 0 … 9, or −1 for none."""
    digit = (value & 0x3F) - 0x30
    return digit if 0 <= digit <= 9 else -1
