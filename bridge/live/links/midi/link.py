"""The link to any MIDI device by a map: what it cannot say back is not known, and the knobs say so."""

from collections import deque
from collections.abc import Collection, Mapping
from pathlib import Path

from bridge.live.clock import Clock
from bridge.live.link import LinkOptions
from bridge.live.links.midi.mapping import MappedControl, MidiMap, read_map
from bridge.live.links.midi.messages import Decoder, messages_of
from bridge.live.midiports import open_ports
from bridge.live.midiwire import MidiWire
from bridge.live.parameters import meaning
from bridge.live.tapping import midi_wire
from bridge.live.values import Channel, Control, Event, Knob, LinkTraits, Lost, Moved, check_value
from console.codec import did_you_mean
from console.errors import LinkError, ParamError
from console.frozen import FrozenMap

_SETTINGS = ("map", "api")
_TICK_S, _SETTLE_S, _BEAT_S = 0.02, 0.25, 1.0
#: The part of the line that values may fill.
_FILL = 0.8
_NOTE = "MIDI devices cannot be asked: a knob is known by its start in the map, or once it was moved."


class MidiLink:
    """A link by a map of messages.

    Args:
        wire: the MIDI ports.
        clock: the time.
        midi_map: which message moves what.
    """

    def __init__(self, wire: MidiWire, clock: Clock, midi_map: MidiMap) -> None:
        self._wire, self._clock, self._map = wire, clock, midi_map
        self._decoder = Decoder(midi_map.control)
        self._mapped: dict[Control, MappedControl] = {}
        channels: dict[str, list[tuple[MappedControl, Knob]]] = {}
        for one in midi_map.control:
            key = one.track.strip()
            self._mapped[Control(key, one.parameter)] = one
            channels.setdefault(key, []).append((one, _knob(one)))
        self._channels = tuple(
            Channel(key, key, row[0][0].kind, FrozenMap({knob.parameter: knob for _, knob in row}))
            for key, row in channels.items()
        )
        self._controls = {mapped: control for control, mapped in self._mapped.items()}
        self._knobs = {
            channel.control(name): knob for channel in self._channels for name, knob in channel.knobs.items()
        }
        self._known = {control: one.start for control, one in self._mapped.items() if one.start is not None}
        self._awaited: set[Control] = set()
        self._events: deque[Event] = deque()
        self._is_lost = False
        self._beat_s = 0.0

    @property
    def traits(self) -> LinkTraits:
        """What the link can do, and how fast."""
        most = max(sum(map(len, messages_of(one, 0))) for one in self._map.control)
        return LinkTraits(
            "midi",
            tick_s=_TICK_S,
            messages_per_s=_FILL * self._map.bytes_per_s / most,
            settle_s=_SETTLE_S,
            lasting_keys=True,
            notes=(_NOTE,),
        )

    @property
    def identity(self) -> str:
        """Which desk this is."""
        return f"midi {self._map.name} {self._wire.name}"

    def connect(self) -> None:
        """Find the ports there.

        Raises:
            LinkError: they are not.
        """
        if not self._wire.is_there():
            raise LinkError(f"the MIDI port {self._wire.name!r} is not there; switch the device on")
        self._wire.receive()
        self._beat_s = self._clock.now()

    def channels(self) -> tuple[Channel, ...]:
        """The channels of the map."""
        self._check_line()
        return self._channels

    def read(self, controls: Collection[Control]) -> dict[Control, float]:
        """Where the knobs stand, as far as is known: by their feedback, by what was sent, or by the map's start."""
        self._check_line()
        end_s = self._clock.now() + _SETTLE_S
        self._take(0.0)
        while not self._awaited.isdisjoint(controls) and (left_s := end_s - self._clock.now()) > 0.0:
            self._take(left_s)
        return {
            control: self._known[control]
            for control in controls
            if control in self._known and control not in self._awaited
        }

    def write(self, values: Mapping[Control, float]) -> None:
        """Send values.

        Raises:
            ParamError: a knob that the map does not have, or a value outside its range or not finite.
            LinkError: the port is gone.
        """
        self._check_line()
        for control, value in values.items():
            check_value(control, self._knobs.get(control), value)
        for control, value in values.items():
            mapped = self._mapped[control]
            for message in messages_of(mapped, round(mapped.place(value) * mapped.top)):
                self._wire.send(message)
            if mapped.feedback == "echo":
                self._awaited.add(control)
            self._known[control] = value

    def poll(self, timeout_s: float = 0.0) -> list[Event]:
        """What the device said since the last call."""
        if self._is_lost:
            self._clock.sleep(timeout_s)
            return []
        self._take(0.0 if self._events else timeout_s)
        if self._clock.now() - self._beat_s >= _BEAT_S:
            self._beat_s = self._clock.now()
            if not self._wire.is_there():
                self._is_lost = True
                self._events.append(Lost(f"the MIDI port {self._wire.name!r} is gone"))
        events = list(self._events)
        self._events.clear()
        return events

    def close(self) -> None:
        """Leave the device as it stands."""
        self._wire.close()

    def _take(self, timeout_s: float) -> None:
        for mapped, number in self._decoder.heard(self._wire.receive(timeout_s)).items():
            if mapped.feedback == "none":
                continue
            control, value = self._controls[mapped], mapped.value(number)
            self._known[control] = value
            self._awaited.discard(control)
            self._events.append(Moved(control, value))

    def _check_line(self) -> None:
        if self._is_lost:
            raise LinkError(f"the MIDI port {self._wire.name!r} is gone; connect anew")


def _knob(one: MappedControl) -> Knob:
    low, high = one.ends
    is_switch = meaning(one.parameter).spec is None
    return Knob(
        one.parameter,
        low,
        high,
        resolution=0.51 / one.top,
        choices=(0.0, 1.0) if is_switch and (low, high) == (0.0, 1.0) else (),
        position=one.place,
        readable=one.feedback == "echo",
        told=one.feedback != "none",
    )


def open_link(options: LinkOptions, clock: Clock) -> MidiLink:
    """A link by options: `--set map=FILE` is the map, `midi_in` and `midi_out` are the ports.

    Raises:
        ParamError: no map, a wrong one, or a setting that there is not.
        LinkError: no such port.
    """
    settings = dict(options.settings)
    for word in settings:
        if word not in _SETTINGS:
            raise ParamError(f"{word!r} is no setting of the MIDI link{did_you_mean(word, list(_SETTINGS))}")
    if not settings.get("map"):
        raise ParamError("the MIDI link needs a map of messages; give it by --set map=FILE.toml")
    midi_map = read_map(Path(settings["map"]))
    hears = any(one.feedback != "none" for one in midi_map.control)
    wire = midi_wire(open_ports, options.midi_in, options.midi_out, settings.get("api", ""), hears=hears)
    return MidiLink(wire, clock, midi_map)
