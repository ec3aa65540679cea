"""A model of Ableton Live with AbletonOSC, after its public handlers and documentation, apart from the link's code.

It looks at what has arrived every 100 ms. An error in a message leaves the rest of the queue for the next look. A
listener stays with the object it was put on and goes on to tell the number that this had then. Numbers of parameters
are Live's own; what Live would show of them is written out here anew. The switches are what versions differ in.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from scipy.interpolate import PchipInterpolator

TICK_S = 0.1
#: What a computer keeps of packets that nobody has fetched yet.
BUFFER = 400


class LiveError(Exception):
    """What Live raises."""


def decibels(value: float) -> str:
    return f"{value:.1f} dB" if abs(value) >= 10.0 else f"{value:.2f} dB"


def three_digits(value: float, unit: str) -> str:
    decimals = 2 if abs(value) < 10.0 else 1 if abs(value) < 100.0 else 0
    return f"{value:.{decimals}f} {unit}".strip()


def hertz(raw: float) -> str:
    value = 10.0 * 2200.0**raw
    return three_digits(value / 1000.0, "kHz") if value >= 1000.0 else three_digits(value, "Hz")


def milliseconds(low: float, high: float) -> Callable[[float], str]:
    def show(raw: float) -> str:
        value = low * (high / low) ** raw
        return three_digits(value / 1000.0, "s") if value >= 1000.0 else three_digits(value, "ms")

    return show


def to_one(raw: float) -> str:
    return "inf : 1" if raw >= 1.0 else f"{1.0 / (1.0 - raw):.2f} : 1"


#: Points of Live's fader, as users have published them: number, dB.
FADER = (
    (0.0, -70.0), (0.021345632150769234, -63.0), (0.03462362661957741, -60.0), (0.05101150646805763, -57.0),
    (0.06778648495674133, -54.0), (0.08523604273796082, -51.0), (0.10353590548038483, -48.0),
    (0.12271705269813538, -45.0), (0.1428816020488739, -42.0), (0.16421939432621002, -39.0),
    (0.18703696131706238, -36.0), (0.2116302251815796, -33.0), (0.23843887448310852, -30.0),
    (0.2682555615901947, -27.0), (0.302414208650589, -24.0), (0.3436638116836548, -21.0),
    (0.39999979734420776, -18.0), (0.47494229674339294, -15.0), (0.5499998927116394, -12.0),
    (0.624942421913147, -9.0), (0.699999988079071, -6.0), (0.7749424576759338, -3.0), (0.8500000238418579, 0.0),
    (0.9249424338340759, 3.0), (1.0, 6.0),
)  # fmt: skip


_CURVE = PchipInterpolator(*zip(*FADER, strict=True))


def threshold(raw: float) -> str:
    """What a threshold shows: a smooth curve through the published points of a fader."""
    return decibels(float(_CURVE(raw)))


SHAPES = (
    "High Pass 48dB", "High Pass 12dB", "Low Shelf", "Bell", "Notch", "High Shelf", "Low Pass 12dB", "Low Pass 48dB",
)  # fmt: skip


@dataclass
class Param:
    name: str
    value: float
    low: float = 0.0
    high: float = 1.0
    show: Callable[[float], str] = lambda raw: f"{raw:.2f}"
    listeners: list[Callable[[], None]] = field(default_factory=list)

    def set(self, value: Any) -> None:
        if isinstance(value, bool | str) or not math.isfinite(value) or not self.low <= value <= self.high:
            raise LiveError(f"Invalid value. Check the parameters range with min/max: {self.name} {value}")
        self.value = value
        for listener in list(self.listeners):
            listener()


@dataclass
class FakeDevice:
    class_name: str
    name: str
    params: list[Param]

    def param(self, name: str) -> Param:
        return next(param for param in self.params if param.name == name)


def on() -> Param:
    return Param("Device On", 1.0, show=lambda raw: "On" if raw else "Off")


def eq_eight(*bands: tuple[int, float, float], q_name: str = "Q") -> FakeDevice:
    """An EQ Eight; of each band that is on, its shape, frequency (Live's number) and gain in dB."""
    params = [
        on(),
        Param("Output", 0.0, -12.0, 12.0, decibels),
        Param("Scale", 1.0, -2.0, 2.0, lambda raw: f"{100 * raw:.0f} %"),
        Param("Adaptive Q", 1.0),
    ]
    for index in range(8):
        shape, frequency, gain_db = bands[index] if index < len(bands) else (3, 0.6, 0.0)
        for side in "AB":
            number = index + 1
            params += [
                Param(f"{number} Filter On {side}", float(index < len(bands))),
                Param(f"{number} Filter Type {side}", float(shape), 0.0, 7.0, lambda raw: SHAPES[round(raw)]),
                Param(f"{number} Frequency {side}", frequency, show=hertz),
                Param(f"{number} Gain {side}", gain_db, -15.0, 15.0, decibels),
                Param(f"{number} {q_name} {side}", 0.3774, show=lambda raw: f"{0.1 * 180.0**raw:.2f}"),
            ]
    return FakeDevice("Eq8", "EQ Eight", params)


def compressor() -> FakeDevice:
    return FakeDevice(
        "Compressor2",
        "Compressor",
        [
            on(),
            Param("Threshold", 0.7, show=threshold),
            Param("Ratio", 0.75, show=to_one),
            Param("Attack", 0.4, show=milliseconds(0.01, 1000.0)),
            Param("Release", 0.4248, show=milliseconds(1.0, 3000.0)),
            Param("Auto Release On/Off", 0.0),
            Param("Output Gain", 0.0, -36.0, 36.0, decibels),
            Param("Knee", 1 / 3, show=lambda raw: f"{18.0 * raw:.1f} dB"),
            Param("Model", 0.0, 0.0, 2.0),
            Param("Dry/Wet", 1.0, show=lambda raw: f"{100 * raw:.0f} %"),
        ],
    )


def utility(name: str = "Utility") -> FakeDevice:
    return FakeDevice(
        "StereoGain",
        name,
        [
            on(),
            Param("Gain", 0.0, -1.0, 1.0, lambda raw: f"{35 * raw:.1f} dB"),
            Param("Stereo Width", 1.0, 0.0, 4.0, lambda raw: f"{100 * raw:.0f} %"),
        ],
    )


@dataclass
class FakeTrack:
    name: str
    foldable: bool = False
    sends: list[Param] = field(default_factory=list)
    devices: list[FakeDevice] = field(default_factory=list)
    volume: Param = field(default_factory=lambda: Param("Track Volume", 0.85))
    panning: Param = field(default_factory=lambda: Param("Track Panning", 0.0, -1.0, 1.0))


def tracks(*names: str, sends: int = 2) -> list[FakeTrack]:
    return [FakeTrack(name, sends=[Param(f"Send {n}", 0.0) for n in range(sends)]) for name in names]


class AbletonModel:
    """Live. Switches:

    repeats_send: an answer about a send repeats which one.
    tells_errors: errors go to /live/error, too.
    value_strings: says what Live shows of a parameter.
    dialect: "upstream"; "ids" takes "master" and "return_0" for tracks; "letters" takes "master" and "A", and names the
        master and the returns behind the tracks; "rooms" has addresses of their own for them.
    tells_names: knows the names of returns.
    """

    def __init__(self, songs_tracks: list[FakeTrack] | None = None, **switches: Any) -> None:
        self.tracks = songs_tracks if songs_tracks is not None else tracks("Kick", "Snare", "Bass")
        self.master = FakeTrack("Main")
        self.returns = tracks("A-Reverb", "B-Delay", sends=0)
        self.tempo, self.beats, self.playing = 120.0, 0.0, False
        self.repeats_send: bool = switches.pop("repeats_send", True)
        self.tells_errors: bool = switches.pop("tells_errors", True)
        self.value_strings: bool = switches.pop("value_strings", True)
        self.dialect: str = switches.pop("dialect", "upstream")
        self.tells_names: bool = switches.pop("tells_names", False)
        self.silent: bool = switches.pop("silent", False)
        assert not switches
        self.errors: list[str] = []
        self.ints: list[tuple[str, tuple[Any, ...]]] = []
        self.dropped = 0
        self._queue: list[tuple[str, tuple[Any, ...], Any]] = []
        self._client: Any = None
        self._looked_s = -1.0
        self._listeners: dict[tuple[Any, ...], tuple[Param, Callable[[], None]]] = {}
        self._song: set[str] = set()

    # the wire

    def take(self, address: str, args: tuple[Any, ...], client: Any) -> None:
        if len(self._queue) >= BUFFER:
            self.dropped += 1
        elif not self.silent:
            self._queue.append((address, args, client))

    def tick(self, now_s: float) -> None:
        if now_s - self._looked_s < TICK_S:
            return
        self._looked_s = now_s
        while self._queue and not self.silent:
            address, args, self._client = self._queue.pop(0)
            try:
                answer = self._handle(address, args)
            except Exception as error:
                self._fail(f"Error handling OSC message: {error}")
                return
            if answer is not None:
                self._client.tell(address, *answer)

    def _fail(self, text: str) -> None:
        self.errors.append(text)
        if self.tells_errors and self._client is not None:
            self._client.tell("/live/error", text)

    # hands

    def hand(self, param: Param, value: float) -> None:
        param.set(value)

    def play(self, beats: float) -> None:
        self.beats, self.playing = beats, True
        for name in ("is_playing", "current_song_time"):
            if name in self._song:
                self._client.tell(f"/live/song/get/{name}", *self._song_value(name))

    def restart(self) -> None:
        self._listeners.clear()
        self._song.clear()
        self._client.tell("/live/startup")

    # AbletonOSC

    def _handle(self, address: str, args: tuple[Any, ...]) -> tuple[Any, ...] | None:
        parts = address.strip("/").split("/")[1:]
        if parts[0] == "application":
            return (12, 1)
        if parts[0] == "song":
            return self._handle_song(parts[1], "/".join(parts[2:]))
        if parts[0] in ("track", "device"):
            if args[0] == "*":  # all, but only the first one's answer is sent
                args = (0, *args[1:])
            track = self._track(args[0])
            ids: tuple[Any, ...] = (args[0] if isinstance(args[0], str) else int(args[0]),)
            if parts[0] == "track":
                return self._handle_track(parts[1], "/".join(parts[2:]), track, ids, args[1:])
            return self._handle_device(parts[1], "/".join(parts[2:]), track, ids, args[1:])
        if self.dialect == "rooms" and parts[0] == "master":
            return self._handle_track(parts[1], "/".join(parts[2:]), self.master, (), args, room="master")
        if self.dialect == "rooms" and parts[0] == "return":
            room = self.returns[int(args[0])]
            return self._handle_track(parts[1], "/".join(parts[2:]), room, args[:1], args[1:], room="return")
        self._fail(f"Unknown OSC address: {address}")
        return None

    def _track(self, given: Any) -> FakeTrack:
        if isinstance(given, str) and self.dialect == "ids":
            if given == "master":
                return self.master
            if given.startswith("return_"):
                return self.returns[int(given[7:])]
        if isinstance(given, str) and self.dialect == "letters":
            if given == "master":
                return self.master
            return next(track for track in self.returns if track.name.startswith(f"{given}-"))
        return self.tracks[int(given)]

    def _handle_song(self, verb: str, what: str) -> tuple[Any, ...] | None:
        if verb == "get" and what == "num_tracks":
            return (len(self.tracks),)
        if verb == "get" and what == "track_names":
            more = [self.master, *self.returns] if self.dialect == "letters" else []
            return tuple(track.name for track in [*self.tracks, *more])
        if verb == "get" and what == "return_track_names" and self.tells_names:
            return tuple(track.name for track in self.returns)
        if what in ("tempo", "is_playing", "current_song_time"):
            if verb == "get":
                return self._song_value(what)
            if verb == "start_listen":
                self._song.add(what)
                self._client.tell(f"/live/song/get/{what}", *self._song_value(what))
                return None
            if verb == "stop_listen":
                self._song.discard(what)
                return None
        self._fail(f"Unknown OSC address: /live/song/{verb}/{what}")
        return None

    def _song_value(self, what: str) -> tuple[Any, ...]:
        return ({"tempo": self.tempo, "is_playing": self.playing, "current_song_time": self.beats}[what],)

    def _handle_track(
        self,
        verb: str,
        what: str,
        track: FakeTrack,
        ids: tuple[Any, ...],
        args: tuple[Any, ...],
        room: str = "track",
    ) -> tuple[Any, ...] | None:
        if what in ("volume", "panning"):
            param: Param = getattr(track, what)
            if verb == "get":
                return (*ids, param.value)
            if verb == "set":
                self._set(param, f"/live/{room}/set/{what}", args[-1])
                return None
            return self._listen(verb, (room, what, ids), param, f"/live/{room}/get/{what}", ids)
        if what == "send" and verb == "get":
            number = int(args[0])
            value = track.sends[number].value
            return (*ids, number, value) if self.repeats_send else (*ids, value)
        if what == "send" and verb == "set":
            self._set(track.sends[int(args[0])], "send", args[1])
            return None
        if verb == "get" and what == "is_foldable":
            return (*ids, track.foldable)
        if verb == "get" and what == "devices/class_name":
            return (*ids, *(device.class_name for device in track.devices))
        if verb == "get" and what == "devices/name":
            return (*ids, *(device.name for device in track.devices))
        self._fail(f"Unknown OSC address: /live/{room}/{verb}/{what}")
        return None

    def _handle_device(
        self, verb: str, what: str, track: FakeTrack, ids: tuple[Any, ...], args: tuple[Any, ...]
    ) -> tuple[Any, ...] | None:
        device = track.devices[int(args[0])]
        ids, args = (*ids, int(args[0])), args[1:]
        lists = {"name": "name", "value": "value", "min": "low", "max": "high"}
        if verb == "get" and what.startswith("parameters/"):
            return (*ids, *(getattr(param, lists[what[11:]]) for param in device.params))
        if what == "parameter/value" and verb == "get":
            return (*ids, int(args[0]), device.params[int(args[0])].value)
        if what == "parameter/value" and verb == "set":
            self._set(device.params[int(args[0])], "parameter", args[1])
            return None
        if what == "parameter/value_string" and verb == "get" and self.value_strings:
            param = device.params[int(args[0])]
            return (*ids, int(args[0]), param.show(param.value))
        self._fail(f"Unknown OSC address: /live/device/{verb}/{what}")
        return None

    def _set(self, param: Param, address: str, value: Any) -> None:
        if not isinstance(value, float):
            self.ints.append((address, (value,)))
        param.set(value)

    def _listen(
        self, verb: str, key: tuple[Any, ...], param: Param, address: str, ids: tuple[Any, ...]
    ) -> None:
        if key in self._listeners:  # put on whatever had this number then
            mine = self._listeners[key][1]
            if mine not in param.listeners:
                raise LiveError("Observer not connected")
            param.listeners.remove(mine)
            del self._listeners[key]
        if verb == "start_listen":

            def tell() -> None:
                self._client.tell(address, *ids, param.value)

            param.listeners.append(tell)
            self._listeners[key] = (param, tell)
            tell()
