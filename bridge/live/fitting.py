"""From a Mix to the knobs of a desk: what each paired channel shall stand at, and what the desk cannot do."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from bridge.live.bands import assign, slots_of
from bridge.live.pairing import Pair, Pairing, bus_strips, strips_of
from bridge.live.parameters import BAND_TYPES, SILENCE_DB, meaning
from bridge.live.plan import neutral
from bridge.live.values import Channel, Control
from console.mix.strip import Equalizer, Module, TrackStrip
from console.mix.values import Bus, Master, Mix

#: The modules whose knobs a desk's channel has under the same names; the equalizer and the sends have slots.
_MODULES = ("highpass", "lowpass", "gate", "compressor", "limiter", "reverb", "delay")
_KNOBS = ("fader_db", "pan", "width")


@dataclass
class Fitted:
    """Values for knobs, and one sentence for each thing that the desk cannot do."""

    targets: dict[Control, float] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def fit(mix: Mix, pairing: Pairing, values: Mapping[Control, float], groups: Collection[str]) -> Fitted:
    """What the knobs of a desk shall stand at for a mix.

    Args:
        mix: the mix.
        pairing: which strip is which channel. Channels without a strip, and sends to them, are not touched.
        values: where the desk's knobs stand, for the order of equalizer bands.
        groups: the groups of `console.mix.blend.GROUPS` to move; "master" stands for all of the master and the buses.
    """
    fitted = Fitted()
    channels = {pair.strip: pair.channel for pair in pairing.pairs}
    buses = {bus: channels[name] for bus, name in bus_strips(mix).items() if name in channels}
    strips = strips_of(mix)
    for pair in pairing.pairs:
        strip = strips[pair.strip]
        if isinstance(strip, TrackStrip) or "master" in groups:
            _Fit(pair, strip, values, fitted, _wanted(strip, groups)).fit(buses)
    return fitted


def _wanted(strip: object, groups: Collection[str]) -> frozenset[str]:
    every = frozenset(("input", "eq", "dynamics", "pan", "fader", "sends"))
    return frozenset(groups) & every if isinstance(strip, TrackStrip) else every


@dataclass
class _Fit:
    """The fitting of one strip to one channel."""

    pair: Pair
    strip: TrackStrip | Bus | Master
    values: Mapping[Control, float]
    fitted: Fitted
    groups: frozenset[str]

    @property
    def channel(self) -> Channel:
        return self.pair.channel

    def fit(self, buses: Mapping[str, Channel]) -> None:
        for name in _KNOBS:
            if hasattr(self.strip, name):
                self._set(name, getattr(self.strip, name), spared=1.0 if name == "width" else None)
        for name in _MODULES:
            module = getattr(self.strip, name, None)
            if isinstance(module, Module):
                self._module(name, module)
        self._equalizer(self.strip.equalizer)
        if isinstance(self.strip, TrackStrip):
            self._input(self.strip)
            self._sends(self.strip, buses)
            self._static(self.strip)

    def _input(self, track: TrackStrip) -> None:
        self._set("input.gain_db", track.input.gain_db, spared=0.0)
        if "input" in self.groups:
            if track.input.invert_polarity:
                self._note("the polarity is not moved live; invert it on the desk")
            if abs(track.input.delay_ms) > 1e-9:
                self._note(f"the delay of {track.input.delay_ms:g} ms is not moved live")

    def _static(self, track: TrackStrip) -> None:
        if track.muted and "fader" in self.groups:
            self._note("it is muted in the mix; mutes are never touched, press it yourself")

    def _set(self, parameter: str, value: float, *, spared: float | None = None) -> None:
        """Set one knob; where the desk has none, say so unless the value is the one that needs none."""
        if meaning(parameter).group not in self.groups:
            return
        knob = self.channel.knobs.get(parameter)
        if knob is None:
            if spared is None or abs(value - spared) > 1e-9:
                self._note(f"the desk has no {parameter} here; {value:g} is not set")
            return
        control = self.channel.control(parameter)
        nearest = knob.nearest(value)
        if meaning(parameter).is_open_ended and nearest <= SILENCE_DB >= self.values.get(control, 0.0):
            nearest = self.values[control]  # silent it is, and silent it shall be
        if knob.distance(nearest, value) > max(knob.resolution, 1e-6 * max(abs(value), 1.0)) and not (
            meaning(parameter).is_open_ended and max(nearest, value) <= SILENCE_DB
        ):
            unit = meaning(parameter).unit
            self._note(
                f"{parameter} is {nearest:g} {unit}".rstrip() + f" instead of {value:g}, the desk's nearest"
            )
        self.fitted.targets[control] = nearest

    def _module(self, name: str, module: Module) -> None:
        mine = [
            parameter
            for parameter in self.channel.knobs
            if parameter.startswith(f"{name}.") and meaning(parameter).group in self.groups
        ]
        enabled = getattr(module, "enabled", True)
        if not mine:
            if enabled and self._is_asked(name):
                self._note(f"the desk has no {name} here")
            return
        switch = f"{name}.enabled"
        if switch in mine:
            self.fitted.targets[self.channel.control(switch)] = float(enabled)
        elif not enabled:
            knobs = {parameter.rpartition(".")[2]: self.channel.knobs[parameter] for parameter in mine}
            for knob, value in neutral(name, knobs).items():
                self.fitted.targets[self.channel.control(f"{name}.{knob}")] = value
            return
        if enabled:
            self._knobs_of(name, module, mine)

    def _knobs_of(self, name: str, module: Module, mine: Collection[str]) -> None:
        lacking = []
        for parameter in (f"{name}.{item}" for item in module.__dataclass_fields__ if item != "enabled"):
            value = getattr(module, parameter.rpartition(".")[2])
            if parameter in mine:
                self._set(parameter, float(value))
            elif isinstance(value, float):
                lacking.append(f"{parameter.rpartition('.')[2]} {value:g}")
        if lacking:
            self._note(f"the desk's {name} has no {', '.join(lacking)}")

    def _is_asked(self, name: str) -> bool:
        groups = {"highpass": "eq", "lowpass": "eq", "reverb": "sends", "delay": "sends"}
        return groups.get(name, "dynamics") in self.groups

    def _equalizer(self, equalizer: Equalizer) -> None:
        if "eq" not in self.groups:
            return
        slots = slots_of(self.channel)
        bands = equalizer.bands if equalizer.enabled else ()
        now = {
            name: self.values[control]
            for name in self.channel.knobs
            if name.startswith("equalizer.") and (control := self.channel.control(name)) in self.values
        }
        chosen, left = assign(bands, slots, now)
        for band in left:
            text = f"{band.type.replace('_', ' ')} at {band.frequency_hz:.0f} Hz, {band.gain_db:+.1f} dB"
            self._note(f"the desk has no free band for the {text}")
        for slot in slots:
            placed = chosen.get(slot.number)
            if placed is None:
                still = self.channel.control(slot.parameter("gain_db"))
                self.fitted.targets[still] = slot.knobs["gain_db"].nearest(0.0)
                continue
            if "type" in slot.knobs:
                number = float(BAND_TYPES.index(placed.type))
                self.fitted.targets[self.channel.control(slot.parameter("type"))] = number
            if "enabled" in slot.knobs:
                self.fitted.targets[self.channel.control(slot.parameter("enabled"))] = 1.0
            for name in ("frequency_hz", "gain_db", "q"):
                if name in slot.knobs:
                    self._set(slot.parameter(name), getattr(placed, name))
        if chosen and "equalizer.enabled" in self.channel.knobs:
            self.fitted.targets[self.channel.control("equalizer.enabled")] = 1.0

    def _sends(self, track: TrackStrip, buses: Mapping[str, Channel]) -> None:
        if "sends" not in self.groups:
            return
        by_target = {name: parameter for parameter, name in self.channel.sends.items()}
        for bus, channel in buses.items():
            parameter = by_target.get(channel.name)
            level_db = track.sends.get(bus)
            if parameter is not None and channel.kind in ("fx", "bus", "group"):
                if level_db is not None or channel.kind != "group":
                    low_db = self.channel.knobs[parameter].low
                    self._set(parameter, low_db if level_db is None else level_db)
            elif level_db is not None:
                self._note(f"the desk has no send to {channel.name!r} here; {level_db:g} dB is not set")
        for bus in track.sends:
            if bus not in buses:
                self._note(f"{bus!r} is no channel of the desk; the send to it is not set")

    def _note(self, text: str) -> None:
        self.fitted.notes.append(f"{self.pair.strip}: {text}")
