"""The settings of a strip in words and figures, found by their paths (`equalizer.bands.1`)."""

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass

from bridge.report import words
from bridge.report.words import NBSP
from console.labels import NAMES as NAMES
from console.labels import label as label
from console.mix import (
    Automation,
    Band,
    BandType,
    Bus,
    Compressor,
    Delay,
    Equalizer,
    Gate,
    Highpass,
    Input,
    Limiter,
    Lowpass,
    Master,
    Reverb,
    TrackStrip,
)
from console.params import PARAMS, Scale

Strip = TrackStrip | Bus | Master

SHAPES: dict[BandType, str] = {
    BandType.LOW_SHELF: "low shelf",
    BandType.BELL: "bell",
    BandType.HIGH_SHELF: "high shelf",
}


def knob(param: str, value: float) -> str:
    """The value of a knob by its row of the parameter table: 3.3 for a ratio of 3.3:1, with its unit."""
    row = PARAMS[param]
    if param == "strip.pan":
        return words.pan_position(value)
    if param in ("input.gain_db", "equalizer.gain_db", "compressor.makeup_db"):
        return words.change(value)
    if param == "input.delay_ms":
        return shift(value)
    if param.endswith(".ratio"):
        return f"{words.number(value)}:1"
    if param.endswith(".q"):
        return words.number(value, 2)
    if row.unit == "Hz":
        return words.frequency(value)
    if row.unit == "ms":
        return words.time_ms(value)
    if row.unit == "s":
        return words.time_s(value)
    if row.scale is Scale.DB:
        return words.level(value, row.unit)
    return words.number(value, 2)


def find(strip: Strip, path: str) -> object | None:
    """What stands at a path below a strip; None where there is nothing."""
    value: object = strip
    steps = path.split(".")
    for index, step in enumerate(steps):
        if isinstance(value, Mapping):
            return value.get(".".join(steps[index:]))
        if isinstance(value, tuple):
            if not step.isdigit() or int(step) >= len(value):
                return None
            value = value[int(step)]
        elif is_dataclass(value) and step in {item.name for item in fields(value)}:
            value = getattr(value, step)
        else:
            return None
    return value


def setting(strip: Strip, path: str) -> str:
    """The setting at a path in words; empty where the path names nothing that is set."""
    value = find(strip, path)
    if path.startswith("sends"):
        if isinstance(value, Mapping):
            return sends(value)
        return knob("strip.send_db", value) if isinstance(value, float) else ""
    if isinstance(value, bool):
        return _switch(path, value)
    if isinstance(value, float):
        param = _param(strip, path)
        return knob(param, value) if param else words.number(value, 2)
    if type(value) in _MODULES:
        return _MODULES[type(value)](value)
    if isinstance(value, Band):
        return band(value)
    return str(value) if isinstance(value, str | int) else ""


def _param(strip: Strip, path: str) -> str:
    parent_path, _, name = path.rpartition(".")
    parent = find(strip, parent_path) if parent_path else strip
    if not is_dataclass(parent):
        return ""
    return next((str(item.metadata.get("param", "")) for item in fields(parent) if item.name == name), "")


def _switch(path: str, value: bool) -> str:
    if path.endswith("invert_polarity"):
        return "inverted" if value else "as recorded"
    return "on" if value else "off"


def band(value: Band) -> str:
    """A band of the equalizer: −3.0 dB at 400 Hz, bell, Q 1.20."""
    gain = words.change(value.gain_db)
    return f"{gain} at {words.frequency(value.frequency_hz)}, {SHAPES[value.type]}, Q{NBSP}{value.q:.2f}"


def band_short(value: Band) -> str:
    """A band of the equalizer in the fewest words: −3.0 dB at 400 Hz."""
    shape = "" if value.type is BandType.BELL else f"{SHAPES[value.type]} "
    return f"{shape}{words.change(value.gain_db)} at {words.frequency(value.frequency_hz)}"


def equalizer(value: Equalizer) -> str:
    """All bands that do something; "off" for none."""
    return "; ".join(band_short(item) for item in moving_bands(value)) or "off"


def moving_bands(value: Equalizer) -> tuple[Band, ...]:
    """The bands of an equalizer that is on and that do not stand at 0 dB."""
    return tuple(item for item in value.bands if abs(item.gain_db) >= 0.05) if value.enabled else ()


def cut_filter(value: Highpass | Lowpass) -> str:
    """A high-pass or low-pass: 80 Hz, 12 dB/oct."""
    if not value.enabled:
        return "off"
    return f"{words.frequency(value.frequency_hz)}, {value.slope_db_per_octave}{NBSP}dB/oct"


def compressor(value: Compressor) -> str:
    """A compressor with all its knobs."""
    if not value.enabled:
        return "off"
    return (
        f"{words.number(value.ratio)}:1 above {words.level(value.threshold_db)}, "
        f"attack {words.time_ms(value.attack_ms)}, release {words.time_ms(value.release_ms)}, "
        f"knee {words.level(value.knee_db)}, make-up {words.change(value.makeup_db)}"
    )


def gate(value: Gate) -> str:
    """A gate with all its knobs."""
    if not value.enabled:
        return "off"
    return (
        f"1:{words.number(value.ratio)} below {words.level(value.threshold_db)}, "
        f"range {words.level(value.range_db)}, attack {words.time_ms(value.attack_ms)}, "
        f"hold {words.time_ms(value.hold_ms)}, release {words.time_ms(value.release_ms)}"
    )


def limiter(value: Limiter) -> str:
    """A limiter with its knobs."""
    if not value.enabled:
        return "off"
    return f"ceiling {words.level(value.ceiling_dbtp, 'dBTP')}, release {words.time_ms(value.release_ms)}"


def shift(delay_ms: float) -> str:
    """A shift in time: 3.21 ms earlier."""
    return f"{words.time_ms(abs(delay_ms))} {'earlier' if delay_ms < 0 else 'later'}"


def input_stage(value: Input) -> str:
    """Trim, polarity and time shift, as far as they are used."""
    parts = []
    if value.gain_db:
        parts.append(words.change(value.gain_db))
    if value.invert_polarity:
        parts.append("polarity inverted")
    if value.delay_ms:
        parts.append(shift(value.delay_ms))
    return ", ".join(parts) or "as recorded"


def reverb(value: Reverb) -> str:
    """A reverb with all its knobs."""
    return (
        f"decay {words.time_s(value.decay_s)}, pre-delay {words.time_ms(value.predelay_ms)}, "
        f"size {words.percent(value.size)}, damping {words.percent(value.damping)}, "
        f"{words.frequency(value.low_cut_hz)} to {words.frequency(value.high_cut_hz)}"
    )


def delay(value: Delay) -> str:
    """A delay with all its knobs."""
    kind = "ping-pong, " if value.ping_pong else ""
    return (
        f"{kind}{words.time_ms(value.time_ms)}, feedback {words.percent(value.feedback)}, "
        f"{words.frequency(value.low_cut_hz)} to {words.frequency(value.high_cut_hz)}"
    )


def automation(value: Automation) -> str:
    """The moves of the fader: how many, over which range."""
    levels = [level_db for _, level_db in value.fader_db]
    if not levels:
        return "none"
    return f"{len(levels)} points, {words.level(min(levels))} to {words.level(max(levels))}"


def sends(levels: Mapping[str, float]) -> str:
    """All sends with their levels, loudest first; "none" for none."""
    ordered = sorted(levels.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{bus} {words.level(level_db)}" for bus, level_db in ordered) or "none"


_MODULES: dict[type, Callable[..., str]] = {
    Automation: automation,
    Compressor: compressor,
    Delay: delay,
    Equalizer: equalizer,
    Gate: gate,
    Highpass: cut_filter,
    Input: input_stage,
    Limiter: limiter,
    Lowpass: cut_filter,
    Reverb: reverb,
}
