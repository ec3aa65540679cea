"""A channel's devices read back as the console's modules, our own and those of any DAW."""

from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

from console.mix import (
    Band,
    BandType,
    Compressor,
    Delay,
    Equalizer,
    Gate,
    Highpass,
    Limiter,
    Lowpass,
    Reverb,
)
from console.params import EQUALIZER_BANDS, spec
from exporters.dawproject.devices import BAND_TYPES, DELAY, REVERB, UTILITY, device_name, knob_label
from exporters.dawproject.units import (
    FREQUENCY,
    KINDS,
    LEVEL,
    PLAIN,
    RATIO,
    TIME_MS,
    Element,
    Kind,
    switch_of,
    value_of,
)
from exporters.neat import held, neat_db

T = TypeVar("T")

# Checked once: most channels of a large project have no devices.
_HIGHPASS, _LOWPASS, _GATE = Highpass(), Lowpass(), Gate()
_EQUALIZER, _COMPRESSOR, _LIMITER = Equalizer(), Compressor(), Limiter()
_SHAPES = {name: kind for kind, name in BAND_TYPES.items()}


@dataclass(slots=True)
class Modules:
    """What a chain holds.

    `input_db` is the gain ahead of its dynamics, `output_db` what equalizers give behind them.
    """

    highpass: Highpass = _HIGHPASS
    lowpass: Lowpass = _LOWPASS
    gate: Gate = _GATE
    equalizer: Equalizer = _EQUALIZER
    compressor: Compressor = _COMPRESSOR
    limiter: Limiter = _LIMITER
    reverb: Reverb | None = None
    delay: Delay | None = None
    width: float = 1.0
    inverted: bool = False
    input_db: float = 0.0
    output_db: float = 0.0


@dataclass(slots=True)
class _Found:
    """The bands of every equalizer of a chain, with their states."""

    cuts: dict[str, list[tuple[float, bool]]] = field(default_factory=dict)
    bands: list[tuple[Band, bool]] = field(default_factory=list)
    dynamics: bool = False


def read_devices(devices: Iterable[Element]) -> Modules:
    """The modules of a chain; of two compressors, gates or limiters the last counts, equalizers add up.

    Of bands that are on, the console keeps one low shelf, four bells and one high shelf, the first of each.
    """
    modules, found = Modules(), _Found()
    for device in devices:
        enabled = switch_of(device.find("Enabled"), True) and device.get("loaded") != "false"
        if device.tag == "Equalizer":
            _read_equalizer(modules, found, device, enabled)
        elif device.tag == "Compressor":
            modules.compressor = _compressor(device, enabled)
            found.dynamics |= enabled
        elif device.tag == "NoiseGate":
            modules.gate = _gate(device, enabled)
            found.dynamics |= enabled
        elif device.tag == "Limiter":
            modules.limiter = _limiter(device, enabled)
        elif device.tag == "BuiltinDevice":
            _read_builtin(modules, device)
    for tag, cut in (("highPass", Highpass), ("lowPass", Lowpass)):
        if tag in found.cuts:
            setattr(modules, cut.__name__.lower(), _cut(cut, found.cuts[tag]))
    modules.equalizer = _equalizer(found.bands)
    return modules


def _read_equalizer(modules: Modules, found: _Found, device: Element, enabled: bool) -> None:
    for band in device.findall("Band"):
        kind = band.get("type")
        frequency_hz = value_of(band.find("Freq"), FREQUENCY)
        on = enabled and switch_of(band.find("Enabled"), True)
        if frequency_hz is None:
            continue
        if kind in ("highPass", "lowPass"):
            found.cuts.setdefault(kind, []).append((frequency_hz, on))
        elif kind in _SHAPES:
            found.bands.append(
                (
                    Band(
                        _SHAPES[kind],
                        held("equalizer.frequency_hz", frequency_hz),
                        _knob(band, "Gain", "equalizer.gain_db", LEVEL, 0.0),
                        _knob(band, "Q", "equalizer.q", PLAIN),
                    ),
                    on,
                )
            )
    if enabled:
        before = value_of(device.find("InputGain"), LEVEL) or 0.0
        after = value_of(device.find("OutputGain"), LEVEL) or 0.0
        if found.dynamics:
            modules.output_db = neat_db(modules.output_db + before + after)
        elif before:
            modules.input_db = neat_db(modules.input_db + before)
            modules.output_db = neat_db(modules.output_db + after)
        else:
            modules.output_db = neat_db(modules.output_db + after)


def _cut(kind: type[T], rows: list[tuple[float, bool]]) -> T:
    """A filter of one band is of second order, of more of fourth."""
    on = [row for row in rows if row[1]]
    frequency_hz = (on or rows)[0][0]
    name = f"{kind.__name__.lower()}.frequency_hz"
    return kind(bool(on), held(name, frequency_hz), 12 if len(on or rows) == 1 else 24)  # type: ignore[call-arg]


def _equalizer(rows: list[tuple[Band, bool]]) -> Equalizer:
    if not rows:
        return _EQUALIZER
    enabled = any(on for _, on in rows)
    kept: list[Band] = []
    room = {BandType.LOW_SHELF: 1, BandType.BELL: EQUALIZER_BANDS - 2, BandType.HIGH_SHELF: 1}
    for band, on in rows:
        if on == enabled and room[band.type]:
            room[band.type] -= 1
            kept.append(band)
    return Equalizer(enabled, tuple(kept))


def _knob(device: Element, tag: str, name: str, kind: Kind, default: float | None = None) -> float:
    value = value_of(device.find(tag), kind)
    if value is None:
        value = spec(name).default if default is None else default
    return held(name, value)


def _extra(device: Element, label: str, name: str, kind: Kind, default: float | None = None) -> float:
    """A knob that stands among the named parameters."""
    value = value_of(_named(device, label), kind)
    if value is None:
        value = spec(name).default if default is None else default
    return held(name, value)


def _named(device: Element, label: str) -> Element | None:
    return next((one for one in device.iterfind("Parameters/*") if one.get("name") == label), None)


def _compressor(device: Element, enabled: bool) -> Compressor:
    # Gain ahead of the detector is a lower threshold with so much more make-up.
    drive_db = value_of(device.find("InputGain"), LEVEL) or 0.0
    threshold_db = value_of(device.find("Threshold"), LEVEL)
    makeup_db = (value_of(device.find("OutputGain"), LEVEL) or 0.0) + drive_db
    if threshold_db is None:
        threshold_db = spec("compressor.threshold_db").default
    return Compressor(
        enabled=enabled,
        threshold_db=held("compressor.threshold_db", neat_db(threshold_db - drive_db)),
        ratio=_knob(device, "Ratio", "compressor.ratio", RATIO),
        attack_ms=_knob(device, "Attack", "compressor.attack_ms", TIME_MS),
        release_ms=_knob(device, "Release", "compressor.release_ms", TIME_MS),
        knee_db=_extra(device, "knee", "compressor.knee_db", LEVEL, 0.0),
        makeup_db=held("compressor.makeup_db", neat_db(makeup_db)),
    )


def _gate(device: Element, enabled: bool) -> Gate:
    range_db = value_of(device.find("Range"), LEVEL)
    return Gate(
        enabled=enabled,
        threshold_db=_knob(device, "Threshold", "gate.threshold_db", LEVEL),
        # Whether a DAW writes its range with a minus sign is its own affair; it only ever lowers.
        range_db=held("gate.range_db", spec("gate.range_db").default if range_db is None else -abs(range_db)),
        ratio=_knob(device, "Ratio", "gate.ratio", RATIO),
        attack_ms=_knob(device, "Attack", "gate.attack_ms", TIME_MS),
        hold_ms=_extra(device, "hold", "gate.hold_ms", TIME_MS),
        release_ms=_knob(device, "Release", "gate.release_ms", TIME_MS),
    )


def _limiter(device: Element, enabled: bool) -> Limiter:
    ceiling_db = value_of(device.find("Threshold"), LEVEL)
    ceiling_db = spec("limiter.ceiling_dbtp").default if ceiling_db is None else ceiling_db
    output_db = value_of(device.find("OutputGain"), LEVEL) or 0.0
    return Limiter(
        enabled=enabled,
        ceiling_dbtp=held("limiter.ceiling_dbtp", neat_db(ceiling_db + output_db)),
        release_ms=_knob(device, "Release", "limiter.release_ms", TIME_MS),
    )


def _read_builtin(modules: Modules, device: Element) -> None:
    name = device.get("name")
    if name == device_name(REVERB):
        modules.reverb = _effect(Reverb, device)
    elif name == device_name(DELAY):
        modules.delay = _effect(Delay, device)
    elif name == device_name(UTILITY):
        modules.width = _extra(device, "width", "strip.width", PLAIN)
        modules.inverted = switch_of(_named(device, "invert polarity"), False)


def _effect(kind: type[T], device: Element) -> T:
    values: dict[str, Any] = {}
    for item in fields(kind):  # type: ignore[arg-type]
        label = knob_label(item.name)
        name = item.metadata.get("param")
        if name is None:
            values[item.name] = switch_of(_named(device, label), False)
        else:
            values[item.name] = _extra(device, label, name, KINDS[spec(name).unit])
    return kind(**values)
