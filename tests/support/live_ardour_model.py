"""A model of Ardour's OSC surface as measured from Ardour 7.3, with its quirks as switches."""

import math
import struct
from collections import deque
from dataclasses import dataclass, field
from typing import Any

#: label, low, high, default. A plugin's output ports count among its parameters.
Row = tuple[str, float, float, float]

_SHELF_HZ = (20.0, 20_000.0)


def _ace_eq() -> list[Row]:
    rows: list[Row] = [("Frequency L", *_SHELF_HZ, 160.0), ("Gain L", -20.0, 20.0, 0.0)]
    for n, hz in enumerate((300.0, 1000.0, 2500.0, 6000.0), 1):
        rows += [
            (f"Frequency {n}", 20.0, 20_000.0, hz),
            (f"Gain {n}", -20.0, 20.0, 0.0),
            (f"Bandwidth {n}", 0.1, 4.0, 1.0),
        ]
    rows += [
        ("Frequency H", *_SHELF_HZ, 9000.0),
        ("Gain H", -20.0, 20.0, 0.0),
        ("Master Gain", -20.0, 20.0, 0.0),
    ]
    rows += [(f"Filter {place}", 0.0, 1.0, 1.0) for place in ("L", "1", "2", "3", "4", "H")]
    return [*rows, ("Enable", 0.0, 1.0, 1.0)]


def _dynamics(most: float) -> list[Row]:
    return [
        ("Attack", 0.1, 100.0, 10.0),
        ("Release", 1.0, 2000.0, 80.0),
        ("Knee", 0.0, 8.0, 0.0),
        ("Ratio", 1.0, most, 4.0),
        ("Threshold", -60.0, 0.0, 0.0),
        ("Makeup", 0.0, 30.0, 0.0),
        ("Gain Reduction", 0.0, 45.0, 0.0),
        ("Input Level", -60.0, 10.0, -60.0),
        ("Output Level", -60.0, 10.0, -60.0),
        ("Sidechain", 0.0, 1.0, 0.0),
        ("Enable", 0.0, 1.0, 1.0),
    ]


def _x42_eq() -> list[Row]:
    rows: list[Row] = [("Enable", 0.0, 1.0, 1.0), ("Gain", -18.0, 18.0, 0.0)]
    reach = (
        (25.0, 400.0),
        (20.0, 2000.0),
        (40.0, 4000.0),
        (100.0, 10_000.0),
        (200.0, 20_000.0),
        (1000.0, 16_000.0),
    )
    words = (
        ("Lowshelf", "Lowshelf "),
        *((f"Section {n}", "") for n in (1, 2, 3, 4)),
        ("Highshelf", "Highshelf "),
    )
    for place, ((switch, start), (low, high)) in enumerate(zip(words, reach, strict=True)):
        end = f" {place}" if not start else ""
        rows += [
            (switch, 0.0, 1.0, 1.0),
            (f"{start}Frequency{end}", low, high, low * 2.0),
            (f"{start}Bandwidth{end}", 0.0625, 4.0, 0.6),
            (f"{start}Gain{end}", -18.0, 18.0, 0.0),
        ]
    return rows


def _lsp_eq() -> list[Row]:
    rows: list[Row] = [("Enabled", 0.0, 1.0, 1.0), ("Input gain", 0.0, 10.0, 1.0)]
    for n in range(16):
        kind = {0: 2.0, 1: 2.0, 2: 5.0, 3: 1.0, 4: 3.0}.get(
            n, 0.0
        )  # two cuts, low shelf, bell, high shelf, off
        rows += [
            (f"Filter type {n}", 0.0, 8.0, kind),
            (f"Filter mode {n}", 0.0, 6.0, 6.0 if kind else 0.0),
            (f"Filter slope {n}", 0.0, 3.0, 0.0),
            (f"Filter mute {n}", 0.0, 1.0, 0.0),
            (f"Frequency {n}", 10.0, 24_000.0, 100.0 * (n + 1)),
            (f"Gain {n}", 0.01585, 63.09575, 1.0),
            (f"Quality factor {n}", 0.0, 100.0, 0.7),
        ]
    return rows


#: Plugins by the name that Ardour shows in a strip's list.
PLUGINS: dict[str, list[Row]] = {
    "ACE EQ": _ace_eq(),
    "ACE Compressor": _dynamics(20.0),
    "ACE Expander": _dynamics(100.0),
    "ACE Reverb": [("Blend", 0.0, 1.0, 1.0), ("Room Size", 0.5, 1.0, 0.8), ("Enable", 0.0, 1.0, 1.0)],
    "ACE Delay": [
        ("Invert", 0.0, 1.0, 0.0),
        ("Time", 1.0, 8000.0, 375.0),
        ("Feedback", 0.0, 100.0, 30.0),
        ("LPF", 20.0, 20_000.0, 6000.0),
        ("Enable", 0.0, 1.0, 1.0),
    ],
    "mixbridge Filters": [
        ("High-pass", 0.0, 1.0, 0.0),
        ("High-pass Frequency", 10.0, 8000.0, 80.0),
        ("High-pass Slope", 12.0, 24.0, 12.0),
        ("Low-pass", 0.0, 1.0, 1.0),
        ("Low-pass Frequency", 100.0, 22_000.0, 9000.0),
        ("Low-pass Slope", 12.0, 24.0, 12.0),
        ("Width", 0.0, 2.0, 1.0),
    ],
    "mixbridge Gate": [
        ("Threshold", -90.0, 0.0, -60.0),
        ("Range", -90.0, 0.0, -20.0),
        ("Ratio", 1.0, 20.0, 4.0),
        ("Attack", 0.05, 250.0, 1.0),
        ("Hold", 0.0, 1000.0, 20.0),
        ("Release", 1.0, 4000.0, 120.0),
    ],
    "x42-eq - Parametric Equalizer Mono": _x42_eq(),
    "x42-dpl - Digital Peak Limiter Stereo": [
        ("Enable", 0.0, 1.0, 1.0),
        ("Input Gain", -10.0, 30.0, 0.0),
        ("Threshold", -10.0, 0.0, -1.0),
        ("Release Time", 0.001, 1.0, 0.1),
    ],
    "LSP Parametric Equalizer x16 Mono": _lsp_eq(),
    "LSP Limiter Stereo": [
        ("Enabled", 0.0, 1.0, 1.0),
        ("Threshold", 0.003981, 1.0, 1.0),
        ("Release time", 0.25, 20.0, 5.0),
    ],
    "Somebody's Phaser": [("Depth", 0.0, 1.0, 0.5), ("Threshold", -60.0, 0.0, -10.0)],
}


@dataclass
class Plugin:
    """A plugin of a strip: parameters by number from 1."""

    name: str
    rows: list[Row] = field(default_factory=list)
    values: dict[int, float] = field(default_factory=dict)
    active: bool = True

    def __post_init__(self) -> None:
        self.rows = self.rows or PLUGINS[self.name]
        self.values = {number: row[3] for number, row in enumerate(self.rows, 1)} | self.values

    def number(self, label: str) -> int:
        """The number of a parameter."""
        return next(number for number, row in enumerate(self.rows, 1) if row[0] == label)

    def __getitem__(self, label: str) -> float:
        return self.values[self.number(label)]

    def __setitem__(self, label: str, value: float) -> None:
        self.values[self.number(label)] = value

    @property
    def on(self) -> bool:
        """What Ardour's list says: the processor's switch and the plugin's own."""
        own = [self.values[n] for n, row in enumerate(self.rows, 1) if row[0] in ("Enable", "Enabled")]
        return self.active and all(own)


@dataclass
class Aux:
    """A send to a strip, by that strip."""

    to: "Strip"
    gain: float = 10.0 ** (-90.0 / 20.0)
    on: bool = True


@dataclass
class Strip:
    """A strip; `azimuth` is 0 at the left, as in Ardour's files."""

    name: str
    sort: str = "AT"
    inputs: int = 1
    panner: str = "panner_1in2out"
    gain: float = 1.0
    trim: float = 1.0
    azimuth: float = 0.5
    #: 0 manual, 1 play, 2 write, 3 touch.
    automation: int = 0
    sends: list[Aux] = field(default_factory=list)
    plugins: list[Plugin] = field(default_factory=list)


@dataclass
class Surface:
    """What a client has set up."""

    client: Any
    types: int = 159
    feedback: int = 0
    strips: list[Strip] = field(default_factory=list)
    beat_s: float = 0.0
    beats: int = 0


_TYPE_BITS = {"AT": 1, "MT": 2, "B": 4, "MB": 8, "V": 16, "MA": 32, "FB": 128}
_ANSWERS, _BUTTONS, _KNOBS, _HEART, _GLOBAL, _SAMPLES = 16384, 1, 2, 8, 16, 1024


def position_of(gain: float) -> float:
    """A fader's place, as Ardour's documentation of its sliders has it."""
    if gain <= 0.0:
        return 0.0
    return min(max((6.0 * math.log2(gain) + 192.0) / 198.0, 0.0) ** 8, 1.0)


def db(gain: float) -> float:
    """A level as Ardour tells it."""
    return -200.0 if gain < 1e-15 else 20.0 * math.log10(gain)


class ArdourModel:
    """Ardour with an open session.

    `flood_limit`: how many messages may wait; those beyond are lost. `reply_sign`: whether a surface that has not asked
    for better gets `#reply`. `hasty`: whether asked levels are off as Ardour's are. `beating`: whether hearts beat.
    `alive`: whether anything is answered. `rate`: how many messages a second are taken from those that wait.
    `stalled_rate`: so few a second are taken and answered while the computer has other things to do; 0: all at once.
    """

    def __init__(self, strips: list[Strip], rate_hz: int = 48_000, **quirks: Any) -> None:
        self.strips, self.rate_hz = strips, rate_hz
        self.surfaces: dict[int, Surface] = {}
        self.alive, self.beating, self.hasty = True, True, True
        self.flood_limit, self.rate, self.lost = 1000, 3200.0, 0
        self.sample, self.rolling = 0, False
        self.taken: list[tuple[str, tuple[Any, ...]]] = []
        self.stalled_rate = self._due = 0.0
        self._queue: deque[tuple[str, tuple[Any, ...], Any]] = deque()
        self._waiting = self._now_s = 0.0
        for name, value in quirks.items():
            assert hasattr(self, name), name
            setattr(self, name, value)

    # What happens by itself

    def tick(self, now_s: float) -> None:
        passed_s, self._now_s = now_s - self._now_s, now_s
        self._waiting = max(self._waiting - passed_s * self.rate, 0.0)
        if not self.alive:
            return
        self._due += passed_s * self.stalled_rate
        while self._queue and self._due >= 1.0:
            self._due -= 1.0
            self._serve(*self._queue.popleft())
        self._due = min(self._due, 1.0)
        if self.rolling and passed_s > 0.0:
            self.sample += int(passed_s * self.rate_hz)
        for surface in list(self.surfaces.values()):
            if surface.feedback & _HEART and self.beating and now_s - surface.beat_s >= 1.0:
                surface.beat_s = now_s
                surface.beats += 1
                surface.client.tell("/heartbeat", float(surface.beats % 2))
                if surface.feedback & _SAMPLES and self.rolling:
                    surface.client.tell("/position/samples", str(self.sample))

    # What hands do

    def move(self, strip: Strip, **changes: float) -> None:
        """Move fader, trim or pan by hand."""
        for name, value in changes.items():
            setattr(strip, name, value)
            self._told(strip, name)

    def automate(self, strip: Strip, mode: int) -> None:
        """Switch the automation of a fader."""
        strip.automation = mode
        for surface in self.surfaces.values():
            if strip in surface.strips and surface.feedback & _KNOBS:
                surface.client.tell("/strip/gain/automation", surface.strips.index(strip) + 1, float(mode))

    def rename(self, strip: Strip, name: str) -> None:
        strip.name = name
        for surface in self.surfaces.values():
            if strip in surface.strips and surface.feedback & _BUTTONS:
                surface.client.tell("/strip/name", surface.strips.index(strip) + 1, name)

    def arrange(self, strips: list[Strip]) -> None:
        """Other strips, or another order: every surface is listed anew and hears all of it."""
        self.strips = strips
        for surface in self.surfaces.values():
            self._set_up(surface, times=1)

    def roll(self, on: bool) -> None:
        self.rolling = on
        for surface in self.surfaces.values():
            if surface.feedback & _GLOBAL:
                surface.client.tell("/transport_play", float(on))

    def restart(self) -> None:
        """Open the session anew: nobody's surface is known."""
        self.surfaces.clear()

    # What clients ask

    def take(self, address: str, args: tuple[Any, ...], client: Any) -> None:
        self._waiting += 1.0
        if (self._waiting if not self.stalled_rate else len(self._queue)) > self.flood_limit:
            self.lost += 1
        elif self.stalled_rate:
            self._queue.append((address, args, client))
        elif self.alive:
            self._serve(address, args, client)

    def _serve(self, address: str, args: tuple[Any, ...], client: Any) -> None:
        self.taken.append((address, args))
        surface = self.surfaces.setdefault(id(client), Surface(client))
        if not surface.strips:
            self._choose(surface)
        words = address.strip("/").split("/")
        if address == "/set_surface":
            surface.types, surface.feedback = args[1], args[2]
            surface.beat_s = self._now_s
            self._set_up(surface, times=2)
        elif address == "/strip/list":
            self._list(surface)
        elif address == "/transport_speed":
            client.tell(address, float(self.rolling))
        elif address == "/transport_frame":
            client.tell(address, self.sample)
        elif words[0] == "strip" and len(words) == 3 and words[2].isdigit() and not args:
            self._answer(surface, address, words[1], int(words[2]))
        elif (
            words[0] == "strip" and args and isinstance(args[0], int) and 1 <= args[0] <= len(surface.strips)
        ):
            self._strip(surface, address, surface.strips[args[0] - 1], args)

    def _choose(self, surface: Surface) -> None:
        surface.strips = [strip for strip in self.strips if _TYPE_BITS[strip.sort] & surface.types]

    def _set_up(self, surface: Surface, times: int) -> None:
        self._choose(surface)
        if surface.feedback & _ANSWERS and times == 1:
            surface.client.tell("/strip/list")
        for _ in range(times):
            self._speak(surface)

    def _speak(self, surface: Surface) -> None:
        for number, strip in enumerate(surface.strips, 1):
            if surface.feedback & _BUTTONS:
                surface.client.tell("/strip/select", number, 0.0)
                surface.client.tell("/strip/name", number, strip.name)
                surface.client.tell("/strip/mute", number, 0.0)
            if surface.feedback & _KNOBS:
                surface.client.tell("/strip/gain", number, db(strip.gain))
                surface.client.tell("/strip/gain/automation", number, float(strip.automation))
                surface.client.tell("/strip/trimdB", number, db(strip.trim))
                if strip.panner:
                    surface.client.tell("/strip/pan_type", number, strip.panner)
                    surface.client.tell("/strip/pan_stereo_position", number, 1.0 - strip.azimuth)

    def _told(self, strip: Strip, name: str) -> None:
        word, value = {
            "gain": ("gain", db(strip.gain)),
            "trim": ("trimdB", db(strip.trim)),
            "azimuth": ("pan_stereo_position", 1.0 - strip.azimuth),
        }[name]
        for surface in self.surfaces.values():
            if surface.feedback & _KNOBS and strip in surface.strips:
                surface.client.tell(f"/strip/{word}", surface.strips.index(strip) + 1, value)

    def _list(self, surface: Surface) -> None:
        reply = "/reply" if surface.feedback & _ANSWERS else "#reply"
        for number, strip in enumerate(surface.strips, 1):
            row = [strip.sort, strip.name, strip.inputs, 2, 0, 0, number]
            surface.client.tell(reply, *row, *([0] if strip.sort == "AT" else []))
        surface.client.tell(reply, "end_route_list", self.rate_hz, 48_000, 0)
        self._speak(surface)

    def _answer(self, surface: Surface, address: str, what: str, number: int) -> None:
        if not 1 <= number <= len(surface.strips):
            return
        strip = surface.strips[number - 1]
        off = 1.003 if self.hasty else 1.0
        value = {
            "fader": position_of(strip.gain),
            "gain": db(strip.gain) * off,
            "trimdB": db(strip.trim) * off,
            "pan_stereo_position": 1.0 - strip.azimuth if strip.panner else None,
        }.get(what)
        surface.client.tell(address, *([] if value is None else [value]))

    def _strip(self, surface: Surface, address: str, strip: Strip, args: tuple[Any, ...]) -> None:
        number = args[0]
        if address == "/strip/sends":
            rows = [
                part
                for place, aux in enumerate(strip.sends, 1)
                for part in (
                    self._number(surface, aux.to),
                    aux.to.name,
                    place,
                    position_of(aux.gain),
                    int(aux.on),
                )
            ]
            surface.client.tell(address, number, *rows)
        elif address == "/strip/plugin/list":
            rows = [
                part
                for place, plugin in enumerate(strip.plugins, 1)
                for part in (place, plugin.name, int(plugin.on))
            ]
            surface.client.tell(address, number, *rows)
        elif address.startswith("/strip/plugin/"):
            if 1 <= args[1] <= len(strip.plugins):
                self._plugin(surface, address, number, args[1], strip.plugins[args[1] - 1], args[2:])
        elif address == "/strip/send/gain":
            if 1 <= args[1] <= len(strip.sends):
                strip.sends[args[1] - 1].gain = _gain(args[2], math.inf)
        elif address == "/strip/gain":
            self._set(strip, "gain", _gain(args[1], 2.0))
        elif address == "/strip/trimdB":
            self._set(strip, "trim", _gain(args[1], math.inf))
        elif address == "/strip/pan_stereo_position":
            self._set(strip, "azimuth", 1.0 - min(max(_float(args[1], 0.5), 0.0), 1.0))
        elif address == "/strip/name":
            self.rename(strip, args[1])

    def _number(self, surface: Surface, strip: Strip) -> int:
        return surface.strips.index(strip) + 1 if strip in surface.strips else 0

    def _set(self, strip: Strip, name: str, value: float) -> None:
        if getattr(strip, name) != value:
            setattr(strip, name, value)
            self._told(strip, name)

    def _plugin(
        self, surface: Surface, address: str, strip: int, place: int, plugin: Plugin, args: tuple[Any, ...]
    ) -> None:
        word = address.rsplit("/", 1)[1]
        if word == "descriptor":
            for number, (label, low, high, _) in enumerate(plugin.rows, 1):
                points = [2, 0.0, "off", 1.0, "on"] if label.startswith("Filter type") else [0]
                row = [
                    strip,
                    place,
                    number,
                    label,
                    128,
                    "NOTHING",
                    low,
                    high,
                    "",
                    *points,
                    plugin.values[number],
                ]
                surface.client.tell(address, *row)
            surface.client.tell("/strip/plugin/descriptor_end", strip, place)
        elif word in ("activate", "deactivate"):
            plugin.active = word == "activate"
        elif word == "parameter" and len(args) == 2 and args[0] in plugin.values:
            low, high = plugin.rows[args[0] - 1][1:3]
            value = _float(args[1], 0.0)
            # Ardour drops what lies outside, and never says a word.
            if math.isfinite(value) and single(low) <= value <= single(high):
                plugin.values[args[0]] = value


def single(value: float) -> float:
    """A value as 32 bits hold it, which is how plugins have their ranges."""
    return float(struct.unpack("f", struct.pack("f", value))[0])


def _float(value: Any, corrupted: float) -> float:
    """A float as it is; the bits of an int are taken for one, which is as good as nothing."""
    return value if isinstance(value, float) else corrupted


def _gain(level_db: Any, most: float) -> float:
    value = _float(level_db, 0.0)
    if math.isnan(value) or value < -192.0:
        return 0.0
    return min(10.0 ** (value / 20.0), most)


def band(tracks: int = 3) -> list[Strip]:
    """Tracks with Ardour's plugins and a send, a stereo one with others, a group, a return, and the master."""
    hall = Strip(
        "Hall", "B", 2, "panner_balance", plugins=[Plugin("mixbridge Filters"), Plugin("ACE Reverb")]
    )
    hall.plugins[0]["High-pass"] = 1.0
    mono = [
        Strip(
            f"Track {number}",
            sends=[Aux(hall)],
            plugins=[Plugin("ACE Expander"), Plugin("ACE EQ"), Plugin("ACE Compressor")],
        )
        for number in range(1, tracks + 1)
    ]
    pad = Strip(
        "Pad",
        inputs=2,
        panner="panner_balance",
        sends=[Aux(hall)],
        plugins=[
            Plugin("LSP Parametric Equalizer x16 Mono"),
            Plugin("mixbridge Gate"),
            Plugin("Somebody's Phaser"),
            Plugin("mixbridge Filters"),
        ],
    )
    drums = Strip("Drums", "B", 2, "panner_balance", plugins=[Plugin("x42-eq - Parametric Equalizer Mono")])
    echo = Strip("Echo", "FB", 2, "panner_balance", plugins=[Plugin("ACE Delay")])
    vca = Strip("All drums", "V", 0, "")
    master = Strip(
        "Master", "MA", 2, "panner_balance", plugins=[Plugin("x42-dpl - Digital Peak Limiter Stereo")]
    )
    return [*mono, pad, drums, hall, echo, vca, master]
