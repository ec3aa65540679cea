"""The console's modules as devices of DAWproject, and the notes on what each of them keeps.

A device's name begins with "mixbridge", so that a later patch finds it. What the standard's devices lack (the
knee, the gate's hold, width, polarity, reverb and delay) stands as named parameters that mixbridge reads back;
no DAW is known to read them.
"""

from collections.abc import Sequence
from dataclasses import fields
from typing import Any

from console.mix import (
    BandType,
    Bus,
    Compressor,
    Equalizer,
    Gate,
    Highpass,
    Limiter,
    Lowpass,
    Master,
    TrackStrip,
)
from console.params import spec
from exporters.dawproject.elements import MARK, Ids, element, real, switch
from exporters.dawproject.units import FREQUENCY, KINDS, LEVEL, PLAIN, RATIO, TIME_MS, Element, Kind

#: DAWproject's name of each shape of band.
BAND_TYPES = {BandType.LOW_SHELF: "lowShelf", BandType.BELL: "bell", BandType.HIGH_SHELF: "highShelf"}
#: The q of each band of a Butterworth filter, by its slope in dB per octave.
BUTTERWORTH = {12: (0.7071067811865476,), 24: (0.5411961001461969, 1.3065629648763766)}

INPUT, GATE, EQUALIZER, COMPRESSOR, LIMITER = "Input", "Gate", "EQ", "Compressor", "Limiter"
UTILITY, REVERB, DELAY, GAIN = "Utility", "Reverb", "Delay", "Gain"

BandRow = tuple[str, float, float | None, float, bool]


def device_name(module: str) -> str:
    """The name of a module's device in a project."""
    return f"{MARK} {module}"


def track_devices(strip: TrackStrip, channels: int, over_db: float, ids: Ids) -> list[Element]:
    """The chain of a track; modules at their defaults are left out. `over_db` is what the fader cannot give."""
    filters = filter_rows(strip.highpass, strip.lowpass)
    bands = band_rows(strip.equalizer)
    gate = _gate(strip.gate, ids)
    first, second = (filters, bands) if strip.gate.enabled else (filters + bands, [])
    devices = [
        *_equalizer(INPUT if strip.gate.enabled else EQUALIZER, first, ids, input_db=strip.input.gain_db),
        *gate,
        *_equalizer(EQUALIZER, second, ids),
        *_compressor(strip.compressor, ids),
    ]
    width = strip.width if channels == 2 else 1.0
    if width != 1.0 or strip.input.invert_polarity:
        utility = _builtin(UTILITY, ids)
        parameters = element(utility, "Parameters")
        real_parameter(parameters, "width", PLAIN, width, ids)
        bool_parameter(parameters, "invert polarity", strip.input.invert_polarity, ids)
        switch(utility, "Enabled", True, ids)
        devices.append(utility)
    return [*devices, *_equalizer(GAIN, [], ids, output_db=over_db)]


def bus_devices(bus: Bus, over_db: float, ids: Ids) -> list[Element]:
    """The chain of a bus: its reverb or delay, equalizer, compressor."""
    return [
        *(_effect(REVERB, bus.reverb, ids) if bus.reverb is not None else ()),
        *(_effect(DELAY, bus.delay, ids) if bus.delay is not None else ()),
        *_equalizer(EQUALIZER, band_rows(bus.equalizer), ids),
        *_compressor(bus.compressor, ids),
        *_equalizer(GAIN, [], ids, output_db=over_db),
    ]


def master_devices(master: Master, over_db: float, ids: Ids) -> list[Element]:
    """The chain of the master: equalizer, compressor, limiter."""
    return [
        *_equalizer(EQUALIZER, band_rows(master.equalizer), ids),
        *_compressor(master.compressor, ids),
        *_limiter(master.limiter, ids),
        *_equalizer(GAIN, [], ids, output_db=over_db),
    ]


def filter_rows(highpass: Highpass, lowpass: Lowpass) -> list[BandRow]:
    """The bands of the two filters; a filter at its defaults has none."""
    rows: list[BandRow] = []
    for kind, cut in (("highPass", highpass), ("lowPass", lowpass)):
        if cut != type(cut)():
            rows += [
                (kind, cut.frequency_hz, None, q, cut.enabled) for q in BUTTERWORTH[cut.slope_db_per_octave]
            ]
    return rows


def band_rows(equalizer: Equalizer) -> list[BandRow]:
    """The bands of the equalizer."""
    return [
        (BAND_TYPES[band.type], band.frequency_hz, band.gain_db, band.q, equalizer.enabled)
        for band in equalizer.bands
    ]


def _device(tag: str, module: str, ids: Ids) -> Element:
    return element(
        None, tag, deviceName=tag, deviceRole="audioFX", loaded=True, id=ids.next(), name=device_name(module)
    )


def _builtin(module: str, ids: Ids) -> Element:
    name = device_name(module)
    return element(
        None,
        "BuiltinDevice",
        deviceID=name.replace(" ", ".").lower(),
        deviceName=name,
        deviceRole="audioFX",
        deviceVendor=MARK,
        id=ids.next(),
        name=name,
    )


def _equalizer(
    module: str, rows: Sequence[BandRow], ids: Ids, *, input_db: float = 0.0, output_db: float = 0.0
) -> list[Element]:
    if not rows and not input_db and not output_db:
        return []
    device = _device("Equalizer", module, ids)
    enabled = any(row[-1] for row in rows) or bool(input_db) or bool(output_db)
    switch(device, "Enabled", enabled, ids)
    for kind, frequency_hz, gain_db, q, on in rows:
        band = element(device, "Band", type=kind)
        real(band, "Freq", FREQUENCY, frequency_hz, ids)
        if gain_db is not None:
            real(band, "Gain", LEVEL, gain_db, ids)
        real(band, "Q", PLAIN, q, ids)
        switch(band, "Enabled", on, ids)
    if input_db:
        real(device, "InputGain", LEVEL, input_db, ids)
    if output_db:
        real(device, "OutputGain", LEVEL, output_db, ids)
    return [device]


def _compressor(compressor: Compressor, ids: Ids) -> list[Element]:
    if compressor == Compressor():
        return []
    device = _device("Compressor", COMPRESSOR, ids)
    real_parameter(element(device, "Parameters"), "knee", LEVEL, compressor.knee_db, ids)
    switch(device, "Enabled", compressor.enabled, ids)
    real(device, "Attack", TIME_MS, compressor.attack_ms, ids)
    switch(device, "AutoMakeup", False, ids)
    real(device, "InputGain", LEVEL, 0.0, ids)
    real(device, "OutputGain", LEVEL, compressor.makeup_db, ids)
    real(device, "Ratio", RATIO, compressor.ratio, ids)
    real(device, "Release", TIME_MS, compressor.release_ms, ids)
    real(device, "Threshold", LEVEL, compressor.threshold_db, ids)
    return [device]


def _gate(gate: Gate, ids: Ids) -> list[Element]:
    if gate == Gate():
        return []
    device = _device("NoiseGate", GATE, ids)
    real_parameter(element(device, "Parameters"), "hold", TIME_MS, gate.hold_ms, ids)
    switch(device, "Enabled", gate.enabled, ids)
    real(device, "Attack", TIME_MS, gate.attack_ms, ids)
    real(device, "Range", LEVEL, gate.range_db, ids)
    real(device, "Ratio", RATIO, gate.ratio, ids)
    real(device, "Release", TIME_MS, gate.release_ms, ids)
    real(device, "Threshold", LEVEL, gate.threshold_db, ids)
    return [device]


def _limiter(limiter: Limiter, ids: Ids) -> list[Element]:
    if limiter == Limiter():
        return []
    device = _device("Limiter", LIMITER, ids)
    switch(device, "Enabled", limiter.enabled, ids)
    real(device, "InputGain", LEVEL, 0.0, ids)
    real(device, "OutputGain", LEVEL, 0.0, ids)
    real(device, "Release", TIME_MS, limiter.release_ms, ids)
    real(device, "Threshold", LEVEL, limiter.ceiling_dbtp, ids)
    return [device]


def _effect(module: str, effect: Any, ids: Ids) -> list[Element]:
    """A reverb or a delay, every knob a named parameter."""
    device = _builtin(module, ids)
    parameters = element(device, "Parameters")
    for item in fields(effect):
        value = getattr(effect, item.name)
        if isinstance(value, bool):
            bool_parameter(parameters, knob_label(item.name), value, ids)
        else:
            kind = KINDS[spec(item.metadata["param"]).unit]
            real_parameter(parameters, knob_label(item.name), kind, value, ids)
    switch(device, "Enabled", True, ids)
    return [device]


def real_parameter(parent: Element, name: str, kind: Kind, value: float, ids: Ids) -> Element:
    """A parameter that the standard has no element for."""
    return element(parent, "RealParameter", name=name, unit=kind.unit, value=kind.text(value), id=ids.next())


def bool_parameter(parent: Element, name: str, value: bool, ids: Ids) -> Element:
    """A switch that the standard has no element for."""
    return element(parent, "BoolParameter", name=name, value=value, id=ids.next())


def knob_label(name: str) -> str:
    """A knob's name without its unit: `low_cut_hz` → low cut."""
    for ending in ("_hz", "_ms", "_s", "_db"):
        name = name.removesuffix(ending)
    return name.replace("_", " ")
