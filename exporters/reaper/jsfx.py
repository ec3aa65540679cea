"""The JSFX channel strip in a project: the console's modules as slider values and back, to the last bit."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from importlib import resources
from pathlib import PureWindowsPath
from types import MappingProxyType

from console.errors import ExportError
from console.mix import Band, Compressor, Equalizer, Gate, Highpass, Lowpass, TrackStrip
from console.params import SLOPES_DB_PER_OCTAVE
from exporters.neat import held
from exporters.reaper.jsfxsliders import BAND_TYPES, DEFAULTS, FIELDS, SLIDERS
from exporters.reaper.rpp import Node, line, number

#: The strip's name among the plugins of a chain.
STRIP = "mixbridge strip"

#: What its file's first line calls it, and REAPER's list of effects with it.
STRIP_TITLE = "mixbridge channel strip"

#: Its file, where REAPER looks for it: below the folder Effects of the resource path.
EFFECT_FILE = "mixbridge/mixbridge_strip.jsfx"
_FILE_NAME = "mixbridge_strip.jsfx"

_DYNAMICS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "gate": ("threshold_db", "range_db", "ratio", "attack_ms", "hold_ms", "release_ms"),
        "compressor": ("threshold_db", "ratio", "attack_ms", "release_ms", "knee_db", "makeup_db"),
    }
)


@dataclass(frozen=True, slots=True)
class StripSettings:
    """What one instance of the strip holds: a track's strip but for delay, pan, fader, sends and routing."""

    gain_db: float = 0.0
    invert_polarity: bool = False
    highpass: Highpass = field(default_factory=Highpass)
    lowpass: Lowpass = field(default_factory=Lowpass)
    gate: Gate = field(default_factory=Gate)
    equalizer: Equalizer = field(default_factory=Equalizer)
    compressor: Compressor = field(default_factory=Compressor)
    width: float = 1.0

    def bypassed(self) -> "StripSettings":
        """What is left of it while the instance is bypassed: nothing sounds, the modules keep their knobs."""
        return StripSettings(
            highpass=replace(self.highpass, enabled=False),
            lowpass=replace(self.lowpass, enabled=False),
            gate=replace(self.gate, enabled=False),
            equalizer=replace(self.equalizer, enabled=False),
            compressor=replace(self.compressor, enabled=False),
        )


def settings_of(strip: TrackStrip) -> StripSettings:
    """What the strip's instance holds of a track."""
    return StripSettings(
        strip.input.gain_db,
        strip.input.invert_polarity,
        strip.highpass,
        strip.lowpass,
        strip.gate,
        strip.equalizer,
        strip.compressor,
        strip.width,
    )


def without_settings(strip: TrackStrip) -> TrackStrip:
    """The track with all that the strip's instance holds of it taken away."""
    plain = TrackStrip(strip.id)
    return replace(
        strip,
        input=replace(strip.input, gain_db=0.0, invert_polarity=False),
        highpass=plain.highpass,
        lowpass=plain.lowpass,
        gate=plain.gate,
        equalizer=plain.equalizer,
        compressor=plain.compressor,
        width=plain.width,
    )


def slider_values(settings: StripSettings) -> dict[str, float]:
    """Every slider's value by its variable. Bands take the strip's bands in their order."""
    values = dict(DEFAULTS)
    values["input_gain_db"] = settings.gain_db
    values["invert_polarity"] = float(settings.invert_polarity)
    for name, cut in (("highpass", settings.highpass), ("lowpass", settings.lowpass)):
        values[f"{name}_on"] = float(cut.enabled)
        values[f"{name}_frequency_hz"] = cut.frequency_hz
        values[f"{name}_slope"] = float(SLOPES_DB_PER_OCTAVE.index(cut.slope_db_per_octave))
    for name, module in (("gate", settings.gate), ("compressor", settings.compressor)):
        values[f"{name}_on"] = float(module.enabled)
        values |= {f"{name}_{knob}": getattr(module, knob) for knob in _DYNAMICS[name]}
    values["equalizer_on"] = float(settings.equalizer.enabled)
    for index, band in enumerate(settings.equalizer.bands, start=1):
        values[f"band{index}_on"] = 1.0
        values[f"band{index}_type"] = float(BAND_TYPES.index(band.type))
        values[f"band{index}_frequency_hz"] = band.frequency_hz
        values[f"band{index}_gain_db"] = band.gain_db
        values[f"band{index}_q"] = band.q
    values["width"] = settings.width
    return values


def settings_from(values: Mapping[str, float]) -> StripSettings:
    """The settings that slider values stand for, each held to the console's range.

    Raises:
        ParamError: the bands are more of a kind than the console's equalizer has.
    """

    def chosen(name: str, options: int) -> int:
        return round(min(max(values[name], 0.0), options - 1.0))

    def knobs(name: str) -> dict[str, float]:
        return {knob: held(f"{name}.{knob}", values[f"{name}_{knob}"]) for knob in _DYNAMICS[name]}

    bands = tuple(
        Band(
            BAND_TYPES[chosen(f"band{index}_type", len(BAND_TYPES))],
            held("equalizer.frequency_hz", values[f"band{index}_frequency_hz"]),
            held("equalizer.gain_db", values[f"band{index}_gain_db"]),
            held("equalizer.q", values[f"band{index}_q"]),
        )
        for index in range(1, 7)
        if chosen(f"band{index}_on", 2)
    )
    return StripSettings(
        gain_db=held("input.gain_db", values["input_gain_db"]),
        invert_polarity=bool(chosen("invert_polarity", 2)),
        highpass=Highpass(
            bool(chosen("highpass_on", 2)),
            held("highpass.frequency_hz", values["highpass_frequency_hz"]),
            SLOPES_DB_PER_OCTAVE[chosen("highpass_slope", 2)],
        ),
        lowpass=Lowpass(
            bool(chosen("lowpass_on", 2)),
            held("lowpass.frequency_hz", values["lowpass_frequency_hz"]),
            SLOPES_DB_PER_OCTAVE[chosen("lowpass_slope", 2)],
        ),
        gate=Gate(bool(chosen("gate_on", 2)), **knobs("gate")),
        equalizer=Equalizer(bool(chosen("equalizer_on", 2)), bands),
        compressor=Compressor(bool(chosen("compressor_on", 2)), **knobs("compressor")),
        width=held("strip.width", values["width"]),
    )


def encode_state(settings: StripSettings) -> bytes:
    """The line of a project that holds the sliders, as ASCII: 64 fields, a dash where there is no slider."""
    values = slider_values(settings)
    fields = [number(values[slider.variable]) for slider in SLIDERS]
    return " ".join([*fields, *["-"] * (FIELDS - len(fields))]).encode("ascii")


def decode_state(data: bytes) -> StripSettings:
    """The settings that such a line holds; a slider that it lacks stands at its default.

    Raises:
        ExportError: a field is no number.
        ParamError: the bands are more of a kind than the console's equalizer has.
    """
    values = dict(DEFAULTS)
    for slider, word in zip(SLIDERS, data.decode("ascii", "replace").split(), strict=False):
        if word == "-":
            continue
        try:
            value = float(word)
        except ValueError as error:
            raise ExportError(f"the strip's slider {slider.label!r} holds {word!r}; give a number") from error
        if value - value != 0.0:
            raise ExportError(f"the strip's slider {slider.label!r} holds {word!r}; give a finite number")
        values[slider.variable] = value
    return settings_from(values)


def strip_node(state: bytes, label: str = "") -> Node:
    """The <JS> element of an instance; `label` is what the FX chain shows in place of its name."""
    mark = f" {_quoted(label)}"
    return Node(line("JS", EFFECT_FILE) + mark, [state.decode("ascii")])


def read_strip(node: Node) -> tuple[str, bytes] | None:
    """(label, state) of a <JS> element that is the strip, wherever its file lies; None for any other."""
    words = node.words
    if node.name != "JS" or len(words) < 2 or PureWindowsPath(words[1]).name.lower() != _FILE_NAME:
        return None
    rows = [item for item in node.items if isinstance(item, str)]
    return words[2] if len(words) > 2 else "", rows[0].encode("ascii", "replace") if rows else b""


def effect_source() -> bytes:
    """The JSFX file itself, as it is shipped with the presets."""
    return resources.files("presets").joinpath("reaper", _FILE_NAME).read_bytes()


def _quoted(label: str) -> str:
    return line("", label).strip() or '""'
