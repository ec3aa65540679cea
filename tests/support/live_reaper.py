"""A model of REAPER as an OSC control surface and as its web interface.

Made from what REAPER's SDK publishes of both (csurf_osc.cpp, osc.cpp, csurf_www.cpp), written anew. What it does that
a link has to live with: it tells a value only when it changes, at every pattern of its action but the one where the
value has just come in; it tells of tracks and plugins inside its banks only, and of places without a track too; names
and texts of parameters come for the plugin that the device looks at; packets are filled up to their size and wait for
one another. `Quirks` switches what differs between versions and networks.
"""

import http.server
import math
import re
import socket
import struct
import threading
import time
from collections import deque
from dataclasses import dataclass, field

from live_reaper_fx import ModelEq

from bridge.live.wires import Message

_TICK_S = 1.0 / 30.0
_TYPES = "nfbtsir"

#: With so many numbers the first is a track's.
_WITH_TRACK = {"FX_NAME": 2, "FX_BYPASS": 2, "FX_PARAM_NAME": 3, "FX_PARAM_VALUE": 3}


def f32(value):
    return struct.unpack("<f", struct.pack("<f", value))[0]


def slider_to_db(position):
    """REAPER's fader: half of +12 dB for the sum of the third and the sixth power."""
    if position == 0.716:
        return 0.0
    gain = (position**3 + position**6) * 10.0**0.6 / 2.0
    return -150.0 if gain < 10.0**-7.5 else 20.0 * math.log10(gain)


def db_to_slider(level_db):
    """Its inverse by halving; 0 dB is at 0.716 as REAPER says it, and the bottom at 0."""
    if level_db <= -150.0:
        return 0.0
    if abs(level_db) < 1e-9:
        return 0.716
    low, high = 0.0, 4.0
    for _ in range(80):
        middle = (low + high) / 2.0
        low, high = (middle, high) if slider_to_db(middle) < level_db else (low, middle)
    return low


def gain_to_db(gain):
    return -150.0 if gain < 10.0**-7.5 else 20.0 * math.log10(gain)


def volume_text(level_db):
    """Three digits, as REAPER prints a level."""
    if level_db <= -150.0:
        return "-inf dB"
    return f"{level_db:+.2f}dB" if abs(level_db) < 10.0 else f"{level_db:+.1f}dB"


@dataclass
class Quirks:
    #: Device IP 0.0.0.0: nothing is ever told.
    deaf: bool = False
    #: Feedback never comes at the address and type that a value came in by.
    antifeedback: bool = True
    #: Parameters of plugins are told in the run after they were set, and then at their own address too.
    late_parameters: bool = False
    #: The dump comes in the run after it was asked for.
    late_dump: bool = False
    #: Old versions leave parameters of plugins out of the dump.
    bare_dump: bool = False
    #: Every so many packets one is lost on the way to us.
    lose_every: int = 0
    #: A dialog is open: nothing is taken in.
    dialog: bool = False
    #: Bytes in a packet, seconds between packets.
    packet_bytes: int = 1024
    packet_wait_s: float = 0.010
    #: The bank does not begin at the first track: /track/1 is the track behind so many.
    bank_start: int = 0
    #: Another version's fader: its positions lie so far beside the law.
    taper_off: float = 0.0
    #: The surface's rate of telling the time.
    time_hz: float = 15.0


@dataclass
class ModelSend:
    target: str
    level_db: float = -150.0


@dataclass
class ModelTrack:
    name: str
    level_db: float = 0.0
    pan: float = 0.0
    sends: list = field(default_factory=list)
    fx: list = field(default_factory=list)
    folder: bool = False
    muted: bool = False


class PatternTable:
    """A .ReaperOSC file as REAPER reads it."""

    def __init__(self, text):
        self.settings, self.patterns = {}, {}
        for line in text.splitlines():
            words = line.split()
            if len(words) < 2 or words[0].startswith("#"):
                continue
            key, rest = words[0], words[1:]
            if key.startswith(("DEVICE_", "REAPER_")) and "/" not in rest[0]:
                self.settings[key] = rest[0]
                rest = rest[1:]
            for word in rest:
                assert word[0] in _TYPES, word
                assert word[1] == "/", word
                self.patterns.setdefault(key, []).append((word[0], word[1:]))
        self._regexes = [
            (re.compile("^" + re.escape(place).replace("@", r"(\d+(?:,\d+)*)") + "$"), key, kind)
            for key, found in self.patterns.items()
            for kind, place in found
        ]

        self._known = {}

    def match(self, address):
        if address not in self._known:
            self._known[address] = self._search(address)
        return self._known[address]

    def _search(self, address):
        for regex, key, kind in self._regexes:
            found = regex.match(address)
            if found:
                return key, kind, [int(group) for group in found.groups()]
        return None


class ReaperModel:
    """REAPER with a project."""

    def __init__(self, tracks, pattern_text, quirks=None, master=None):
        self.master = master or ModelTrack("MASTER")
        self.tracks = list(tracks)
        self.table = PatternTable(pattern_text)
        self.quirks = quirks or Quirks()
        sizes = {"TRACK": 8, "SEND": 4, "FX": 8, "FX_PARAM": 16}
        self.bank = {
            name: int(self.table.settings.get(f"DEVICE_{name}_COUNT", size)) for name, size in sizes.items()
        }
        self.start = self.quirks.bank_start
        self.inserts_eq = self.table.settings.get("DEVICE_EQ") == "INSERT"
        self.inbox, self.outbox, self.packets = deque(), deque(), deque()
        self.current, self.current_fx, self.alternate = 0, 0, False
        self.cache = {}
        self.editing = None
        self.later = []
        self.now_s = 0.0
        self.next_packet_s = 0.0
        self.sent_packets = self.sent_messages = 0
        self.taken = []
        self.playing, self.position_s = False, 0.0
        self.told_time_s = -1.0
        self.undo, self.block = [], None
        self.started = False

    # --- what the user's hands do ---

    def track(self, number):
        return (
            self.master
            if number == 0
            else self.tracks[number - 1]
            if 0 < number <= len(self.tracks)
            else None
        )

    def move_fader(self, number, level_db):
        self.track(number).level_db = level_db
        self._tell_volume(number)

    def move_pan(self, number, pan):
        self.track(number).pan = pan
        self._tell_pan(number)

    def move_send(self, number, send, level_db):
        self.track(number).sends[send - 1].level_db = level_db
        self._tell_send(number, send)

    def move_parameter(self, number, place, parameter, value):
        self.track(number).fx[place - 1].set(parameter - 1, value)
        self._tell_parameter(number, place, parameter)

    def rename(self, number, name):
        self.track(number).name = name
        self._tell("TRACK_NAME", [number], text=self._shown_name(number))

    def relist(self, tracks):
        self.tracks = list(tracks)
        self._tell_list()

    def insert_fx(self, number, fx):
        self.track(number).fx.append(fx)
        self._tell_list()

    # --- time ---

    def advance(self, now_s):
        """Run as often as REAPER would until a moment."""
        while self.now_s + _TICK_S <= now_s:
            self.now_s += _TICK_S
            self._run()

    def _run(self):
        if self.quirks.dialog:
            return
        if not self.started:
            self.started = True
            self._reset()
        for job in self.later[:]:
            self.later.remove(job)
            job()
        if self.playing:
            self.position_s += _TICK_S
        while self.inbox:
            self._take(*self.inbox.popleft())
        if self.now_s - self.told_time_s >= 1.0 / self.quirks.time_hz:
            self.told_time_s = self.now_s
            self._tell("TIME", [], value=self.position_s)
        self._pack()

    def _pack(self):
        """Fill packets; each waits for the one before."""
        room, packet = 0, []
        while self.outbox:
            message = self.outbox.popleft()
            size = 4 + 4 * (len(message.address) // 4 + 1) + 4 + 4
            if isinstance(message.args[0], str):
                size += 4 * (len(message.args[0].encode()) // 4 + 1) - 4
            if packet and room + size > self.quirks.packet_bytes - 16:
                self._post(packet)
                room, packet = 0, []
            packet.append(message)
            room += size
        if packet:
            self._post(packet)

    def _post(self, packet):
        self.next_packet_s = max(self.next_packet_s + self.quirks.packet_wait_s, self.now_s)
        self.sent_packets += 1
        self.sent_messages += len(packet)
        if self.quirks.lose_every and self.sent_packets % self.quirks.lose_every == 0:
            return
        self.packets.append((self.next_packet_s, packet))

    # --- what comes in ---

    def receive(self, address, args):
        self.inbox.append((address, [f32(a) if isinstance(a, float) else a for a in args]))

    def _take(self, address, args):
        found = self.table.match(address)
        if found is None:
            return
        key, kind, numbers = found
        if numbers and key.startswith(("TRACK_", "FX_")):
            numbers = [numbers[0] + self.start, *numbers[1:]]
        self.taken.append((address, *args))
        self.cache.pop(address, None)
        self.editing = (address, kind)
        value = next((a for a in args if isinstance(a, int | float)), None)
        try:
            self._act(key, kind, numbers, value, args)
        finally:
            self.editing = None

    def _act(self, key, kind, numbers, value, args):
        if key == "REWIND_FORWARD_BYMARKER":
            if value == 1.0 or (value is None and kind == "t"):
                self.alternate = not self.alternate
                self._tell(key, [], value=float(self.alternate))
        elif key == "ACTION" and value == 41743:
            if self.quirks.late_dump:
                self.later.append(self._reset)
            else:
                self._reset()
        elif key == "PLAY":
            self.play(True)
        elif key.startswith("DEVICE_") and key.endswith("_COUNT") and value is not None:
            self.bank[key[7:-6]] = int(value)
            if key == "DEVICE_FX_PARAM_COUNT":
                self._tell_current_fx()
            else:
                self._tell_list()
        elif key == "DEVICE_TRACK_BANK_SELECT":
            self.start = max(int(value) - 1, 0) * self.bank["TRACK"]
            self._tell_list()
        elif key == "DEVICE_TRACK_SELECT":
            self.current = min(max(self.start + int(value), 0), len(self.tracks))
            self._tell_current()
        elif key == "DEVICE_FX_SELECT":
            self.current_fx = max(int(value) - 1, 0)
            self._tell_current_fx()
        elif value is None or (isinstance(value, float) and not math.isfinite(value)):
            pass
        elif key in ("TRACK_VOLUME", "MASTER_VOLUME"):
            number = numbers[0] if numbers else 0 if key[0] == "M" else self.current
            if self.track(number):
                self.track(number).level_db = slider_to_db(value) if kind == "n" else max(value, -150.0)
                self._point(f"volume {number}")
                self._tell_volume(number)
        elif key in ("TRACK_PAN", "MASTER_PAN"):
            number = numbers[0] if numbers else 0 if key[0] == "M" else self.current
            if self.track(number):
                self.track(number).pan = min(max(2.0 * value - 1.0, -1.0), 1.0)
                self._point(f"pan {number}")
                self._tell_pan(number)
        elif key == "TRACK_SEND_VOLUME" and len(numbers) == 2:
            track = self.track(numbers[0])
            if track and numbers[1] <= len(track.sends):
                track.sends[numbers[1] - 1].level_db = slider_to_db(value) if kind == "n" else value
                self._tell_send(*numbers)
        elif key == "FX_PARAM_VALUE" and len(numbers) == 3:
            track = self.track(numbers[0])
            # An int is not taken for a value.
            if isinstance(value, float) and track and 0 < numbers[1] <= len(track.fx):
                fx = track.fx[numbers[1] - 1]
                if 0 < numbers[2] <= len(fx.parameters):
                    fx.set(numbers[2] - 1, value)
                    self._later_or_now(numbers)
        elif key == "FX_BYPASS" and len(numbers) == 2:
            track = self.track(numbers[0])
            if track and 0 < numbers[1] <= len(track.fx) and value in (0.0, 1.0):
                track.fx[numbers[1] - 1].enabled = bool(value)
                self._tell_bypass(*numbers)
        elif key.startswith("FX_EQ_"):
            self._equalizer(key, kind, numbers, value)

    def _equalizer(self, key, kind, numbers, value):
        number, band = numbers[0], numbers[1] if len(numbers) > 1 else 0
        track = self.track(number)
        if track is None:
            return
        found = [fx for fx in track.fx if isinstance(fx, ModelEq)]
        if not found:
            if self.inserts_eq:
                track.fx.insert(0, ModelEq())
                self._tell_list()
            return
        _, _, word, part = key.split("_")
        if part == "BYPASS":
            # REAPER takes a band's bypass for the plugin's.
            found[0].enabled = bool(value)
            return
        type_ = {"HIPASS": 0, "LOSHELF": 1, "BAND": 2, "HISHELF": 4, "LOPASS": 5}[word]
        assert kind == "f", "only numbers in units are modelled here"
        index = found[0].set_eq(type_, band, {"FREQ": 0, "GAIN": 1, "Q": 2}[part], value)
        if index is not None:
            self._later_or_now([number, track.fx.index(found[0]) + 1, index + 1])

    def _later_or_now(self, numbers):
        if self.quirks.late_parameters:
            self.later.append(lambda: self._tell_parameter(*numbers))
        else:
            self._tell_parameter(*numbers)

    def play(self, playing):
        self.playing = playing
        self._tell("PLAY", [], value=float(playing))

    # --- what goes out ---

    def _tell(self, key, numbers, *, value=None, number=None, text=None):
        """A value at each pattern that has so many numbers: `value` goes at n, b, t, `number` at f, `text` at s."""
        if self.quirks.deaf:
            return
        if key == "TIME":
            number = value
        for kind, place in self.table.patterns.get(key, ()):
            if place.count("@") != len(numbers):
                continue
            said = {"n": value, "b": value, "t": value, "f": number, "s": text}.get(kind)
            if said is None:
                continue
            address = place
            if (numbers and key.startswith("TRACK_")) or len(numbers) == _WITH_TRACK.get(key):
                numbers_shown = [numbers[0] - self.start, *numbers[1:]]
            else:
                numbers_shown = numbers
            for one in numbers_shown:
                address = address.replace("@", str(one), 1)
            if self.quirks.antifeedback and self.editing == (address, kind) and kind not in "tb":
                continue
            said = said if isinstance(said, str) else f32(said)
            if self.cache.get(address) == said:
                continue
            self.cache[address] = said
            self.outbox.append(Message(address, (said,), ("127.0.0.1", 8000)))

    def _reset(self):
        self.cache.clear()
        self._tell_current()
        self._tell_list()
        self._tell("PLAY", [], value=float(self.playing))
        self.told_time_s = -1.0

    def _shown_name(self, number):
        track = self.track(number)
        if track is not None and track.name:
            return track.name
        return "MASTER" if number == 0 else f"Track {number}"

    def _tell_list(self):
        for place in range(self.bank["TRACK"] + 1):
            self._tell_track(place and self.start + place)

    def _in_bank(self, number):
        return self.start < number <= self.start + self.bank["TRACK"]

    def _tell_track(self, number):
        track = self.track(number)
        places = [[number]] if self._in_bank(number) else []
        if number == self.current:
            places.append([])
        for numbers in places:
            self._tell("TRACK_NAME", numbers, text=self._shown_name(number))
            self._tell("TRACK_NUMBER", numbers, text=str(number))
            self._tell("TRACK_MUTE", numbers, value=float(bool(track and track.muted)))
        self._tell_volume(number)
        self._tell_pan(number)
        for send in range(1, self.bank["SEND"] + 1):
            there = track.sends[send - 1] if track and send <= len(track.sends) else None
            if self._in_bank(number):
                self._tell("TRACK_SEND_NAME", [number, send], text=there.target if there else f"Send {send}")
            self._tell_send(number, send)
        for place in range(1, self.bank["FX"] + 1):
            fx = track.fx[place - 1] if track and place <= len(track.fx) else None
            for numbers in ([[number, place]] if self._in_bank(number) else []) + (
                [[place]] if number == self.current else []
            ):
                self._tell("FX_NAME", numbers, text=fx.name if fx else "")
                self._tell("FX_BYPASS", numbers, value=float(bool(fx and fx.enabled)))
                if not self.quirks.bare_dump:
                    self._tell_parameters(fx, numbers)

    def _tell_parameters(self, fx, numbers):
        found = fx.parameters if fx else []
        for index in range(self.bank["FX_PARAM"]):
            name, value, text = found[index] if index < len(found) else ("", 0.0, "")
            self._tell("FX_PARAM_NAME", [*numbers, index + 1], text=name)
            self._tell("FX_PARAM_VALUE", [*numbers, index + 1], value=value, text=text)

    def _tell_volume(self, number):
        track = self.track(number)
        level_db = track.level_db if track else -150.0
        position = db_to_slider(level_db) + (self.quirks.taper_off if level_db > -150.0 else 0.0)
        said = {
            "value": position,
            "number": level_db,
            "text": volume_text(level_db),
        }
        if number == 0:
            self._tell("MASTER_VOLUME", [], **said)
        if number == self.current:
            self._tell("TRACK_VOLUME", [], **said)
        if self._in_bank(number):
            self._tell("TRACK_VOLUME", [number], **said)

    def _tell_pan(self, number):
        track = self.track(number)
        pan = track.pan if track else 0.0
        text = "C" if pan == 0.0 else f"{abs(pan) * 100:.0f}%{'L' if pan < 0 else 'R'}"
        said = {"value": (pan + 1.0) / 2.0, "text": text}
        if number == 0:
            self._tell("MASTER_PAN", [], **said)
        if number == self.current:
            self._tell("TRACK_PAN", [], **said)
        if self._in_bank(number):
            self._tell("TRACK_PAN", [number], **said)

    def _tell_send(self, number, send):
        track = self.track(number)
        level_db = track.sends[send - 1].level_db if track and send <= len(track.sends) else -150.0
        if self._in_bank(number):
            self._tell(
                "TRACK_SEND_VOLUME", [number, send], value=db_to_slider(level_db), text=volume_text(level_db)
            )

    def _tell_bypass(self, number, place):
        value = float(self.track(number).fx[place - 1].enabled)
        if self._in_bank(number):
            self._tell("FX_BYPASS", [number, place], value=value)
        if number == self.current:
            self._tell("FX_BYPASS", [place], value=value)

    def _tell_parameter(self, number, place, parameter):
        _, value, text = self.track(number).fx[place - 1].parameter(parameter - 1)
        if parameter > self.bank["FX_PARAM"]:
            return
        if number == self.current and place - 1 == self.current_fx:
            self._tell("FX_PARAM_VALUE", [parameter], value=value, text=text)
        if self._in_bank(number):
            self._tell("FX_PARAM_VALUE", [number, place, parameter], value=value, text=text)

    def _tell_current(self):
        self._tell_track(self.current)
        self._tell_current_fx()
        found = [fx for fx in self.track(self.current).fx if isinstance(fx, ModelEq)]
        if found:
            for type_, word in ((0, "HIPASS"), (1, "LOSHELF"), (4, "HISHELF"), (5, "LOPASS")):
                self._tell(f"FX_EQ_{word}_BYPASS", [], value=float(found[0].is_on(type_, 0)))
            for band in range(8):
                self._tell("FX_EQ_BAND_BYPASS", [band], value=float(found[0].is_on(2, band)))

    def _tell_current_fx(self):
        track = self.track(self.current)
        if self.current_fx >= len(track.fx):
            self.current_fx = 0
        fx = track.fx[self.current_fx] if track.fx else None
        self._tell("FX_NAME", [], text=fx.name if fx else "")
        self._tell_parameters(fx, [])

    # --- the web interface ---

    def _point(self, name):
        (self.undo if self.block is None else self.block).append(name)

    def fetch(self, path):
        """What the web interface answers to a path."""
        assert path.startswith("/_/"), path
        rows = []
        for command in path[3:].split(";"):
            if command == "NTRACK":
                rows.append(f"NTRACK\t{len(self.tracks)}")
            elif command == "TRACK":
                for number in range(len(self.tracks) + 1):
                    track = self.track(number)
                    gain = 0.0 if track.level_db <= -150.0 else 10.0 ** (track.level_db / 20.0)
                    name = "MASTER" if number == 0 else track.name
                    rows.append(
                        f"TRACK\t{number}\t{name}\t{int(track.folder)}\t{gain:f}\t{track.pan:f}"
                        "\t-1500\t-1500\t1.000000\t3\t0\t0\t0\t0"
                    )
            elif command == "SET/UNDO_BEGIN":
                self.block = []
            elif command.startswith("SET/UNDO_END/"):
                self.undo.append(command.removeprefix("SET/UNDO_END/"))
                self.block = None
        return "".join(row + "\n" for row in rows)


class ModelWire:
    """The wire to a model, in its clock's time."""

    def __init__(self, model, clock):
        self.model, self.clock = model, clock
        self.sent = []

    def send(self, address, *args):
        self.sent.append((self.clock.now(), address, *args))
        self.model.receive(address, args)

    def receive(self, timeout_s=0.0):
        end_s = self.clock.now() + timeout_s
        while True:
            self.model.advance(self.clock.now())
            found = []
            while self.model.packets and self.model.packets[0][0] <= self.clock.now():
                found += self.model.packets.popleft()[1]
            if found or self.clock.now() >= end_s - 1e-9:
                return found
            self.clock.sleep(min(0.002, end_s - self.clock.now()))

    def close(self):
        pass


#: As much of REAPER's own pattern file as matters here, by its documented addresses.
STOCK = """
DEVICE_TRACK_COUNT 8
DEVICE_SEND_COUNT 4
DEVICE_FX_COUNT 8
DEVICE_FX_PARAM_COUNT 16
DEVICE_EQ INSERT
REWIND_FORWARD_BYMARKER t/bymarker
ACTION i/action t/action/@
TIME f/time s/time/str
PLAY t/play
MASTER_VOLUME n/master/volume s/master/volume/str
MASTER_PAN n/master/pan s/master/pan/str
TRACK_NAME s/track/name s/track/@/name
TRACK_NUMBER s/track/number/str s/track/@/number/str
TRACK_MUTE b/track/mute b/track/@/mute
TRACK_VOLUME n/track/volume n/track/@/volume s/track/volume/str s/track/@/volume/str
TRACK_VOLUME f/track/volume/db f/track/@/volume/db
TRACK_PAN n/track/pan n/track/@/pan s/track/pan/str s/track/@/pan/str
TRACK_SEND_NAME s/track/send/@/name s/track/@/send/@/name
TRACK_SEND_VOLUME n/track/send/@/volume n/track/@/send/@/volume
TRACK_SEND_VOLUME s/track/send/@/volume/str s/track/@/send/@/volume/str
FX_NAME s/fx/name s/fx/@/name s/track/@/fx/@/name
FX_BYPASS b/fx/bypass b/fx/@/bypass b/track/@/fx/@/bypass
FX_PARAM_NAME s/fxparam/@/name s/fx/@/fxparam/@/name
FX_PARAM_VALUE n/fxparam/@/value n/fx/@/fxparam/@/value n/track/@/fx/@/fxparam/@/value
FX_PARAM_VALUE s/fxparam/@/value/str s/fx/@/fxparam/@/value/str
FX_EQ_HIPASS_BYPASS b/fxeq/hipass/bypass
FX_EQ_LOPASS_BYPASS b/fxeq/lopass/bypass
FX_EQ_LOSHELF_BYPASS b/fxeq/loshelf/bypass
FX_EQ_HISHELF_BYPASS b/fxeq/hishelf/bypass
FX_EQ_BAND_BYPASS b/fxeq/band/@/bypass
FX_EQ_HIPASS_FREQ f/track/@/fxeq/hipass/freq/hz
FX_EQ_LOPASS_FREQ f/track/@/fxeq/lopass/freq/hz
FX_EQ_LOSHELF_FREQ f/track/@/fxeq/loshelf/freq/hz
FX_EQ_LOSHELF_GAIN f/track/@/fxeq/loshelf/gain/db
FX_EQ_LOSHELF_Q f/track/@/fxeq/loshelf/q/oct
FX_EQ_HISHELF_FREQ f/track/@/fxeq/hishelf/freq/hz
FX_EQ_HISHELF_GAIN f/track/@/fxeq/hishelf/gain/db
FX_EQ_HISHELF_Q f/track/@/fxeq/hishelf/q/oct
FX_EQ_BAND_FREQ f/track/@/fxeq/band/@/freq/hz
FX_EQ_BAND_GAIN f/track/@/fxeq/band/@/gain/db
FX_EQ_BAND_Q f/track/@/fxeq/band/@/q/oct
DEVICE_TRACK_COUNT i/device/track/count
DEVICE_SEND_COUNT i/device/send/count
DEVICE_FX_COUNT i/device/fx/count
DEVICE_FX_PARAM_COUNT i/device/fxparam/count
DEVICE_TRACK_SELECT i/device/track/select
DEVICE_TRACK_BANK_SELECT i/device/track/bank/select
DEVICE_FX_SELECT i/device/fx/select
"""


def encode(message):
    """One message as OSC, by hand."""

    def padded(text):
        raw = text.encode() + b"\0"
        return raw + b"\0" * (-len(raw) % 4)

    (value,) = message.args
    if isinstance(value, str):
        return padded(message.address) + padded(",s") + padded(value)
    return padded(message.address) + padded(",f") + struct.pack(">f", value)


def decode(packet):
    """One message of floats, ints and texts as (address, args), by hand."""

    def text(at):
        end = packet.index(b"\0", at)
        return packet[at:end].decode(), end + 4 - end % 4

    address, at = text(0)
    types, at = text(at)
    args = []
    for type_ in types[1:]:
        if type_ == "s":
            value, at = text(at)
        else:
            (value,) = struct.unpack_from(">f" if type_ == "f" else ">i", packet, at)
            at += 4
        args.append(value)
    return address, args


class UdpReaper(threading.Thread):
    """A model behind real sockets, in real time: it hears on its own port and tells to `device_port`."""

    def __init__(self, model, device_port):
        super().__init__(daemon=True)
        self.model, self.device = model, ("127.0.0.1", device_port)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.settimeout(0.003)
        self.port = self.socket.getsockname()[1]
        self.alive = True

    def run(self):
        start_s = time.perf_counter()
        while self.alive:
            try:
                self.model.receive(*decode(self.socket.recv(65535)))
            except TimeoutError:
                pass
            now_s = time.perf_counter() - start_s
            self.model.advance(now_s)
            while self.model.packets and self.model.packets[0][0] <= now_s:
                found = [encode(message) for message in self.model.packets.popleft()[1]]
                bundle = b"#bundle\0" + struct.pack(">Q", 1)
                for one in found:
                    bundle += struct.pack(">i", len(one)) + one
                self.socket.sendto(bundle if len(found) > 1 else found[0], self.device)
        self.socket.close()

    def stop(self):
        self.alive = False
        self.join(2.0)


class WebReaper(threading.Thread):
    """The model's web interface behind a real HTTP server."""

    def __init__(self, model):
        super().__init__(daemon=True)

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = model.fetch(self.path).encode()
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args):
                pass

        self.server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]

    def run(self):
        self.server.serve_forever(0.02)

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
        self.join(2.0)
