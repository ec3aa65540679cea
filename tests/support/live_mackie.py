"""A DAW at the other end of a Mackie Control's cable, with the ways of several DAWs as switches.

Written from the protocol's public descriptions and from what hardour was seen to send; it knows nothing of the link.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from bridge.live.clock import Clock
from bridge.live.midiwire import MemoryMidi

#: Ardour's fader as measured over a Mackie Control: position and dB.
ARDOUR_MEASURED = (
    (2048, -39.45),
    (4096, -25.59),
    (8192, -10.47),
    (12288, -1.00),
    (12816, 0.02),
    (16383, 6.02),
)


def ardour_db(raw: int) -> float:
    """Ardour's level of a fader position."""
    return -math.inf if raw == 0 else 20.0 * math.log10(2.0 ** (33.0 * (raw / 16383.0) ** (1.0 / 8.0) - 32.0))


def ardour_raw(level_db: float) -> int:
    """Ardour's fader position of a level, cut off to a whole number as Ardour does."""
    if level_db < -200.0:
        return 0
    return int(16383.0 * max((level_db / 20.0 / math.log10(2.0) + 32.0) / 33.0, 0.0) ** 8.0)


def straight_db(raw: int) -> float:
    """Another DAW's level: 100 dB from the bottom to +10 at the top, straight."""
    return -math.inf if raw == 0 else -90.0 + 100.0 * raw / 16383.0


def straight_raw(level_db: float) -> int:
    """Another DAW's fader position of a level."""
    return min(max(round((level_db + 90.0) / 100.0 * 16383.0), 0), 16383)


@dataclass
class Track:
    """A track of the DAW; `azimuth` is 0 … 1 from left to right."""

    name: str
    level_db: float = 0.0
    azimuth: float = 0.5


@dataclass
class Quirks:
    """The ways in which DAWs differ."""

    #: "none": sends everything unasked; "query": asks and waits for an answer; "challenge": wants one confirmed too.
    handshake: str = "query"
    delay_s: float = 0.0
    letters: int = 6
    #: Whether the last bank is pushed back until it is full.
    last_full: bool = False
    #: Whether a fader position that is believed to be sent already is left out (Ardour).
    leaves_out_known: bool = True
    #: Whether a position comes back to the surface that sent it.
    echoes: bool = True
    lights_answer: bool = True
    #: Whether the upper line shows names only after NAME/VALUE was pressed.
    names_on_demand: bool = False
    #: Whether a fader is obeyed only while it is touched.
    needs_touch: bool = False
    #: Whether a fader's move is announced across the upper line.
    announces: bool = False
    tells_pan: bool = True
    #: Every so many messages from the surface one is lost; 0: none.
    loses_every: int = 0
    #: So many of the positions that it sends next are lost on the way.
    loses_answers: int = 0
    #: Levels are shown beside the fader's own in the lower line.
    shows_levels: bool = True


@dataclass
class MackieDaw:
    """The DAW: tracks, a master, and units of eight strips on wires of their own."""

    clock: Clock
    tracks: list[Track]
    quirks: Quirks = field(default_factory=Quirks)
    units: int = 1
    main: int = 0
    to_db: Callable[[int], float] = ardour_db
    to_raw: Callable[[float], int] = ardour_raw
    master_db: float = 0.0
    alive: bool = True

    def __post_init__(self) -> None:
        self.wires = [
            MemoryMidi(self.clock, partial(self._hear, unit), f"model {unit + 1}")
            for unit in range(self.units)
        ]
        self.first = 0
        self.active = False
        self.sent_raw: list[int | None] = [None] * (8 * self.units + 1)
        self.touched: set[int] = set()
        self.pressed: list[int] = []
        self.heard: list[bytes] = []
        self.names_shown = not self.quirks.names_on_demand
        self.smpte = False
        self._count = 0
        self._lines = [[""] * (8 * self.units) for _ in range(2)]

    def start(self) -> None:
        """Open the surface's ports."""
        if self.quirks.handshake == "none":
            self._activate()
            return
        for unit in range(self.units):
            for device in (0x14, 0x15, 0x10, 0x11):
                self._push(unit, bytes((0xF0, 0, 0, 0x66, device, 0x00, 0xF7)))

    # -- what an engineer does in the DAW ----------------------------------------------------------------------------

    def move(self, index: int, level_db: float) -> None:
        """Move a fader on the screen."""
        self.tracks[index].level_db = level_db
        self._send_fader(index - self.first)

    def pan(self, index: int, azimuth: float) -> None:
        """Turn a pan on the screen."""
        self.tracks[index].azimuth = azimuth
        self._send_pan(index - self.first)

    def rename(self, index: int, name: str) -> None:
        """Rename a track."""
        self.tracks[index].name = name
        self._send_name(index - self.first)

    def forget_values(self) -> None:
        """Show the word Pan where a second ago values were."""
        for strip in range(self.width):
            if self.first + strip < len(self.tracks):
                self._write(1, strip, "Pan")

    def play(self, digits: str, *, playing: bool = True, smpte: bool = True) -> None:
        """Show a time of ten digits, and light what belongs to it."""
        self._light(0x71, smpte)
        self._light(0x72, not smpte)
        self._light(0x5E, playing)
        self._light(0x5D, not playing)
        for place, digit in enumerate(reversed(digits)):
            self._push(self.main, bytes((0xB0, 0x40 + place, 0x20 if digit == " " else 0x30 + int(digit))))

    # -- what the surface does ---------------------------------------------------------------------------------------

    @property
    def width(self) -> int:
        return 8 * self.units

    def _hear(self, unit: int, message: bytes) -> None:
        self.heard.append(message)
        self._count += 1
        if not self.alive or (self.quirks.loses_every and self._count % self.quirks.loses_every == 0):
            return
        kind, channel = message[0] & 0xF0, message[0] & 0x0F
        if message[0] == 0xF0:
            self._exclusive(unit, message)
        elif kind == 0x90:
            self._note(unit, message[1], message[2] > 64)
        elif kind == 0xE0:
            self._fader(unit, channel, message[1] | message[2] << 7)
        elif kind == 0xB0 and 16 <= message[1] < 24:
            ticks = message[2] & 0x3F or 1
            self._pot(unit * 8 + message[1] - 16, -ticks if message[2] & 0x40 else ticks)

    def _exclusive(self, unit: int, message: bytes) -> None:
        assert message[1:4] == b"\x00\x00\x66"
        assert message[4] == (0x14 if unit == self.main else 0x15)
        kind, data = message[5], message[6:-1]
        if kind == 0x01:
            assert len(data) == 11
            if self.quirks.handshake == "challenge":
                a, b, c, d = data[7:]
                answer = (
                    0x7F & (a + (b ^ 0x0A) - d),
                    0x7F & ((c >> d) ^ (a + d)),
                    0x7F & ((d - (c << 2)) ^ (a | b)),
                    0x7F & (b - c + (0xF0 ^ (d << 4))),
                )
                self._push(unit, bytes((*message[:5], 0x02, *data[:7], *answer, 0xF7)))
            elif not self.active:
                self._activate()
        elif kind == 0x03 and not self.active:
            self._push(unit, bytes((*message[:5], 0x13, 0x00, 0xF7)))
            self._activate()

    def _note(self, unit: int, note: int, down: bool) -> None:
        if 0x68 <= note <= 0x70:
            strip = -1 if note == 0x70 else unit * 8 + note - 0x68
            (self.touched.add if down else self.touched.discard)(strip)
            return
        if down:
            self.pressed.append(note)
        if self.quirks.lights_answer:
            self._light(note, down)
        if not down:
            return
        if note in (0x2E, 0x2F):
            self._bank(-self.width if note == 0x2E else self.width)
        elif note == 0x34:
            self.names_shown = not self.names_shown
            self._show_all()
        elif note == 0x35:
            self.smpte = not self.smpte
            self._light(0x71, self.smpte)
            self._light(0x72, not self.smpte)

    def _bank(self, by: int) -> None:
        count, first = len(self.tracks), self.first + by
        if self.quirks.last_full:
            first = min(first, count - self.width)
        elif first >= count:
            first = self.first
        first = max(first, 0)
        if first != self.first:
            self.first = first
            self._show_all()

    def _fader(self, unit: int, channel: int, raw: int) -> None:
        master = channel == 8
        strip = -1 if master else unit * 8 + channel
        if self.quirks.needs_touch and strip not in self.touched:
            return
        index = self.first + strip
        if master:
            self.master_db = self.to_db(raw)
        elif index < len(self.tracks):
            self.tracks[index].level_db = self.to_db(raw)
        else:
            return
        if self.quirks.echoes and master:
            self._push(self.main, bytes((0xE0 | channel, raw & 0x7F, raw >> 7)))
        elif self.quirks.echoes:
            self._tell_fader(strip, raw)
        if self.quirks.announces and not master:
            self._push(unit, bytes((0xF0, 0, 0, 0x66, 0x14, 0x12, 0, *b"Volume: somewhere", 0xF7)))
        if self.quirks.shows_levels and not master:
            self._write(1, strip, f"{self.tracks[index].level_db:6.1f}")

    def _pot(self, strip: int, ticks: int) -> None:
        index = self.first + strip
        if index < len(self.tracks):
            self.tracks[index].azimuth = min(max(self.tracks[index].azimuth + ticks / 63.0, 0.0), 1.0)
            self._send_pan(strip)

    # -- what it sends -----------------------------------------------------------------------------------------------

    def _activate(self) -> None:
        self.active = True
        for strip in range(self.width):
            self._write(0, strip, "")
        self._light(0x71, False)
        self._light(0x72, True)
        self._show_all()
        self._send_master()

    def _show_all(self) -> None:
        for strip in range(self.width):
            self._send_fader(strip)
            self._send_name(strip)
            self._send_pan(strip)

    def _send_master(self) -> None:
        raw = self.to_raw(self.master_db)
        self._push(self.main, bytes((0xE8, raw & 0x7F, raw >> 7)))

    def _send_fader(self, strip: int) -> None:
        if not 0 <= strip < self.width:
            return
        index = self.first + strip
        self._tell_fader(strip, self.to_raw(self.tracks[index].level_db) if index < len(self.tracks) else 0)

    def _tell_fader(self, strip: int, raw: int) -> None:
        if self.quirks.leaves_out_known and self.sent_raw[strip] == raw:
            return
        self.sent_raw[strip] = raw
        if self.quirks.loses_answers:
            self.quirks.loses_answers -= 1
            return
        self._push(strip // 8, bytes((0xE0 | strip % 8, raw & 0x7F, raw >> 7)))

    def _send_name(self, strip: int) -> None:
        if not 0 <= strip < self.width:
            return
        index = self.first + strip
        known = index < len(self.tracks) and self.names_shown
        self._write(0, strip, self.tracks[index].name[: self.quirks.letters] if known else "")

    def _send_pan(self, strip: int) -> None:
        if not 0 <= strip < self.width:
            return
        index = self.first + strip
        if index >= len(self.tracks) or not self.quirks.tells_pan:
            self._write(1, strip, "")
            return
        right = round(100.0 * self.tracks[index].azimuth)
        self._write(1, strip, f"L{100 - right}R{right}")
        self._push(strip // 8, bytes((0xB0, 0x30 + strip % 8, 1 + round(10.0 * self.tracks[index].azimuth))))

    def _write(self, line: int, strip: int, text: str) -> None:
        if self._lines[line][strip] == text and text:
            return
        self._lines[line][strip] = text
        cell = text[:7].ljust(7).encode("ascii", "replace")
        device = 0x14 if strip // 8 == self.main else 0x15
        start = line * 56 + strip % 8 * 7
        self._push(strip // 8, bytes((0xF0, 0, 0, 0x66, device, 0x12, start, *cell, 0xF7)))

    def _light(self, note: int, on: bool) -> None:
        self._push(self.main, bytes((0x90, note, 0x7F if on else 0x00)))

    def _push(self, unit: int, message: bytes) -> None:
        if self.alive:
            self.wires[unit].push(message, self.quirks.delay_s)
