"""Turns the console's modules into settings of a plugin, and says what it cannot take."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from console.mix import Compressor, Delay, Equalizer, Gate, Highpass, Limiter, Lowpass, Reverb
from console.mix.strip import Band
from presets.plugins.laws import Knob, Ranges
from presets.plugins.profile import HELD, PARAMETERS, BandMap, CutMap, PluginProfile, PluginRole, Switch

Processor = Compressor | Gate | Limiter | Reverb | Delay

#: A value that is this near is met, in the console's units.
_SAME = 1e-6


@dataclass(frozen=True, slots=True)
class Deviation:
    """A parameter that the plugin holds differently: what was wanted and what it gets, in the console's units."""

    parameter: str
    wanted: float
    got: float | None
    text: str


@dataclass(frozen=True, slots=True)
class Link:
    """Two knobs that stand for one value: where the first is moved, the second has to follow."""

    first: Knob
    second: Knob


@dataclass(slots=True)
class Mapped:
    """The settings of a plugin: values in its own units and raw positions 0 … 1, by key, and what is off.

    `turned` are the keys of knobs whose values come from the Mix: what may be refined; `links` tell which others follow
    them. What the profile or its role holds fast is in neither.
    """

    values: dict[str, float | str] = field(default_factory=dict)
    raw: dict[str, float] = field(default_factory=dict)
    turned: list[str] = field(default_factory=list)
    links: list[Link] = field(default_factory=list)
    deviations: list[Deviation] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Tone:
    """The filters and the equalizer of a strip, together: what a plugin takes of them and what it leaves."""

    highpass: Highpass = field(default_factory=Highpass)
    lowpass: Lowpass = field(default_factory=Lowpass)
    equalizer: Equalizer = field(default_factory=Equalizer)

    @property
    def active(self) -> bool:
        """Whether anything is on."""
        bands = self.equalizer.enabled and bool(self.equalizer.bands)
        return self.highpass.enabled or self.lowpass.enabled or bands


def map_processor(profile: PluginProfile, module: Processor, ranges: Ranges | None = None) -> Mapped:
    """The settings at which a plugin does what a compressor, gate, limiter, reverb or delay of the console does.

    A value that the plugin's range does not reach is set at its end; one that it has no knob for counts as met where
    the profile assumes that very value.
    """
    mapped = _start(profile)
    for name in PARAMETERS[profile.role]:
        wanted = float(getattr(module, name.partition(".")[2]))
        knob = profile.knobs.get(name)
        if knob is not None:
            free = name not in profile.held and name not in HELD.get(profile.role, ())
            _turn(mapped, knob, name, wanted, ranges or {}, free=free)
            if name in profile.also:
                _turn(mapped, profile.also[name], name, wanted, ranges or {}, free=False)
                mapped.links += [Link(knob, profile.also[name])] if free else []
        elif name not in profile.assumes:
            mapped.deviations.append(Deviation(name, wanted, None, "the plugin has no such knob"))
        elif abs(profile.assumes[name] - wanted) > _SAME:
            mapped.deviations.append(Deviation(name, wanted, profile.assumes[name], "built into the plugin"))
    if isinstance(module, Delay) and module.ping_pong:
        text = "the plugin's echoes do not change sides"
        mapped.deviations.append(Deviation("delay.ping_pong", 1.0, 0.0, text))
    return mapped


def map_tone(profile: PluginProfile, tone: Tone, ranges: Ranges | None = None) -> tuple[Mapped, Tone]:
    """The settings at which an equalizer plugin does what filters and bands do, and what it leaves to be done."""
    mapped, known = _start(profile), ranges or {}
    for cut in profile.cuts:
        _switch(mapped, cut.enabled, "off")
        if cut.off is not None:
            mapped.values[cut.frequency_hz.key] = cut.off
        elif cut.off_raw is not None:
            mapped.raw[cut.frequency_hz.key] = cut.off_raw
    for unused in profile.bands:
        _switch(mapped, unused.enabled, "off")
        _show(mapped, unused.gain_db, unused.gain_db.to_plugin(0.0))
    highpass = _take_cut(mapped, profile.cuts, "highpass", tone.highpass, known)
    lowpass = _take_cut(mapped, profile.cuts, "lowpass", tone.lowpass, known)
    left = _take_bands(mapped, profile.bands, tone.equalizer.bands if tone.equalizer.enabled else (), known)
    equalizer = Equalizer(enabled=bool(left), bands=left)
    return mapped, Tone(
        highpass=replace(tone.highpass, enabled=not highpass and tone.highpass.enabled),
        lowpass=replace(tone.lowpass, enabled=not lowpass and tone.lowpass.enabled),
        equalizer=equalizer,
    )


def _start(profile: PluginProfile) -> Mapped:
    return Mapped(values={**profile.fixed, **profile.fixed_words}, raw=dict(profile.fixed_raw))


def _turn(mapped: Mapped, knob: Knob, name: str, wanted: float, ranges: Ranges, *, free: bool = True) -> None:
    number = knob.to_plugin(wanted)
    low, high = knob.bounds(number, ranges)
    held = min(max(number, low), high)
    _show(mapped, knob, held)
    if free:
        mapped.turned.append(knob.key)
    if abs(held - number) > _SAME * max(abs(number), 1.0):
        got = knob.from_plugin(held)
        text = f"the plugin goes from {_ends(knob, low, high)}"
        mapped.deviations.append(Deviation(name, wanted, got, text))


def _show(mapped: Mapped, knob: Knob, number: float) -> None:
    """Set a knob; a position from before gives way to a number, and the other way round."""
    shown, other = (mapped.raw, mapped.values) if knob.raw else (mapped.values, mapped.raw)
    other.pop(knob.key, None)
    shown[knob.key] = number


def _ends(knob: Knob, low: float, high: float) -> str:
    ends = sorted((knob.from_plugin(low), knob.from_plugin(high)))
    return f"{ends[0]:.4g} to {ends[1]:.4g}"


def _switch(mapped: Mapped, switch: Switch | None, word: str) -> bool:
    """Set a switch; False where it has no such position."""
    if switch is None:
        return True
    position = switch.position(word)
    if position is None:
        return False
    if switch.raw:
        mapped.raw[switch.key] = float(position)
    else:
        mapped.values[switch.key] = position
    return True


def _take_cut(
    mapped: Mapped, cuts: Iterable[CutMap], kind: str, module: Highpass | Lowpass, ranges: Ranges
) -> bool:
    if not module.enabled:
        return True
    slope = module.slope_db_per_octave
    for cut in cuts:
        if cut.kind == kind and slope in cut.slopes:
            _switch(mapped, cut.enabled, "on")
            _switch(mapped, cut.slope, str(slope))
            _turn(mapped, cut.frequency_hz, f"{kind}.frequency_hz", module.frequency_hz, ranges)
            return True
    return False


def _take_bands(
    mapped: Mapped, maps: tuple[BandMap, ...], bands: tuple[Band, ...], ranges: Ranges
) -> tuple[Band, ...]:
    """Give each band a place, the plugin's least versatile ones first; returns those that found none."""
    free = sorted(range(len(maps)), key=lambda index: len(maps[index].types))
    left = []
    # Bells come last: more places can be one.
    for index, band in sorted(enumerate(bands), key=lambda item: (item[1].type.value == "bell", item[0])):
        place = next((place for place in free if band.type in maps[place].types), None)
        if place is None or (maps[place].q is None and band.type.value == "bell"):
            left.append((index, band))
            continue
        free.remove(place)
        _set_band(mapped, maps[place], band, f"equalizer.bands.{index}", ranges)
    return tuple(band for _, band in sorted(left))


def _set_band(mapped: Mapped, place: BandMap, band: Band, name: str, ranges: Ranges) -> None:
    _switch(mapped, place.enabled, "on")
    _switch(mapped, place.type, band.type.value)
    _turn(mapped, place.frequency_hz, f"{name}.frequency_hz", band.frequency_hz, ranges)
    _turn(mapped, place.gain_db, f"{name}.gain_db", band.gain_db, ranges)
    if place.q is not None:
        _turn(mapped, place.q, f"{name}.q", band.q, ranges)
    else:
        mapped.deviations.append(Deviation(f"{name}.q", band.q, None, "the plugin has no such knob"))


def role_of(module: Processor) -> PluginRole:
    """The role that a module of the console stands for."""
    return PluginRole(type(module).__name__.casefold())
