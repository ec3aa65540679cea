"""From the knobs of a desk to a Mix: what the engineer has set, in the console's terms."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from bridge.live.bands import slots_of
from bridge.live.pairing import Pair, Pairing, bus_strips, master_strip
from bridge.live.parameters import BAND_TYPES, SILENCE_DB, meaning
from bridge.live.values import Channel, Control
from console.frozen import FrozenMap
from console.mix.strip import Band, BandType, Equalizer, Module, TrackStrip
from console.mix.values import MASTER, Bus, BusKind, Delay, Master, Mix, Reverb
from console.params import EQUALIZER_BANDS, SLOPES_DB_PER_OCTAVE

M = TypeVar("M", bound=Module)

_MODULES = ("input", "highpass", "lowpass", "gate", "compressor", "limiter", "reverb", "delay")
#: A band that moves the response by less than this is none.
_LEAST_GAIN_DB = 1e-5


def pull(base: Mix, pairing: Pairing, values: Mapping[Control, float]) -> Mix:
    """The mix that a desk stands at: `base` with everything that its channels say put in its place.

    A knob that a channel lacks, or that could not be read, stays as in `base` where the module is one that the desk
    does not have; a value outside the console's range is taken to the range's end.
    """
    channels = {pair.strip: pair.channel for pair in pairing.pairs}
    here = {name: _Pull(channel, values) for name, channel in channels.items()}
    names, main = bus_strips(base), master_strip(base)
    fx = {
        bus.id: channels[names[bus.id]]
        for bus in base.buses
        if bus.kind is BusKind.FX and names[bus.id] in channels
    }
    tracks = tuple(here[track.id].track(track, fx) if track.id in here else track for track in base.tracks)
    buses = tuple(here[names[bus.id]].strip(bus) if names[bus.id] in here else bus for bus in base.buses)
    master = here[main].strip(base.master) if main in here else base.master
    return replace(base, tracks=tracks, buses=buses, master=master, estimator="live")


def bare_mix(channels: Iterable[Channel], sample_rate_hz: int) -> tuple[Mix, Pairing]:
    """A neutral mix with a strip for each channel of a desk, paired with it, for a desk of which nothing is known."""
    names: dict[str, int] = {}
    tracks: list[TrackStrip] = []
    buses: list[Bus] = []
    pairs: list[Pair] = []
    for channel in channels:
        count = names[channel.name] = names.get(channel.name, 0) + 1
        strip = channel.name if count == 1 else f"{channel.name} ({count})"
        if channel.kind == "master":
            strip = MASTER
        elif channel.kind == "track":
            tracks.append(TrackStrip(strip))
        elif channel.kind == "fx":
            effect: dict[str, Any] = {"reverb": Reverb()}
            if any(name.startswith("delay.") for name in channel.knobs):
                effect = {"delay": Delay()}
            buses.append(Bus(strip, BusKind.FX, **effect))
        else:
            buses.append(Bus(strip, BusKind.GROUP))
        pairs.append(Pair(strip, channel, 1.0, "the same channel"))
    return Mix(sample_rate_hz, tuple(tracks), tuple(buses), Master()), Pairing(tuple(pairs))


class _Pull:
    """What one channel says."""

    def __init__(self, channel: Channel, values: Mapping[Control, float]) -> None:
        self._channel = channel
        self._values = {
            name: values[channel.control(name)] for name in channel.knobs if channel.control(name) in values
        }

    def track(self, track: TrackStrip, fx: Mapping[str, Channel]) -> TrackStrip:
        """A track with what the channel says, sends to paired buses too."""
        by_target = {name: parameter for parameter, name in self._channel.sends.items()}
        sends = {
            bus: level_db
            for bus, level_db in track.sends.items()
            if bus not in fx or fx[bus].name not in by_target
        }
        for bus, channel in fx.items():
            parameter = by_target.get(channel.name)
            if parameter in self._values and self._values[parameter] > SILENCE_DB:
                sends[bus] = _within(parameter, self._values[parameter])
        return replace(self.strip(track), sends=FrozenMap(sends))

    def strip(self, strip: M) -> M:
        """A strip with its modules as the channel says."""
        changed: dict[str, Any] = {
            name: _within(name, self._values[name])
            for name in ("fader_db", "pan", "width")
            if name in self._values and hasattr(strip, name)
        }
        for name in _MODULES:
            module = getattr(strip, name, None)
            if isinstance(module, Module):
                changed[name] = self._module(name, module)
        if hasattr(strip, "equalizer"):
            changed["equalizer"] = self._equalizer(strip.equalizer)
        return replace(strip, **changed)

    def _module(self, name: str, module: M) -> M:
        said = {
            parameter.rpartition(".")[2]: value
            for parameter, value in self._values.items()
            if parameter.startswith(f"{name}.") and hasattr(module, parameter.rpartition(".")[2])
        }
        changed: dict[str, Any] = {}
        for knob, value in said.items():
            if knob == "enabled":
                changed[knob] = value >= 0.5
            elif knob == "slope_db_per_octave":
                changed[knob] = _nearest_slope(value)
            else:
                changed[knob] = _within(f"{name}.{knob}", value)
        if said and "enabled" not in said and hasattr(module, "enabled"):
            changed["enabled"] = True  # a module without a switch is always on
        return replace(module, **changed)

    def _equalizer(self, equalizer: Equalizer) -> Equalizer:
        slots = slots_of(self._channel)
        if not slots:
            return equalizer
        bands = [band for band in map(self._band, slots) if band is not None]
        on = self._values.get("equalizer.enabled", 1.0) >= 0.5
        return Equalizer(on and bool(bands), tuple(_those_that_fit(bands)))

    def _band(self, slot: Any) -> Band | None:
        said = {name: self._values.get(slot.parameter(name)) for name in slot.knobs}
        if said["gain_db"] is None or abs(said["gain_db"]) < _LEAST_GAIN_DB or said.get("enabled") == 0.0:
            return None
        number = said.get("type")
        place = int(number) if number is not None else slot.types[0]
        if not 0 <= place < len(BAND_TYPES):
            return None  # a shape that the console does not have, such as a cut
        row = {
            name: _within(slot.parameter(name), value)
            for name, value in said.items()
            if value is not None and name in ("frequency_hz", "gain_db", "q")
        }
        return Band(BAND_TYPES[place], **row)


def _those_that_fit(bands: Collection[Band]) -> list[Band]:
    """As many bands of each type as the console has, the strongest first to stay; in order of frequency."""
    most = {BandType.LOW_SHELF: 1, BandType.BELL: EQUALIZER_BANDS - 2, BandType.HIGH_SHELF: 1}
    kept: list[Band] = []
    for kind, limit in most.items():
        alike = sorted((b for b in bands if b.type is kind), key=lambda band: -abs(band.gain_db))
        kept += alike[:limit]
    return sorted(kept, key=lambda band: band.frequency_hz)


def _nearest_slope(value: float) -> int:
    return min(SLOPES_DB_PER_OCTAVE, key=lambda slope: abs(slope - value))


def _within(parameter: str, value: float) -> float:
    row = meaning(parameter).spec
    return value if row is None else row.clamp(value)
