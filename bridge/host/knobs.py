"""Sets a plugin's parameters to values in its own units, and reads them back, in a host's process."""

import re
from typing import Any

from bridge.host.faults import Fault, PluginFault
from bridge.host.values import Parameter, Readback, Setting

#: What plugin frameworks show beside the plugin's own parameters; setting these breaks the plugin.
_OF_THE_HOST = frozenset(
    {"buffer_size_frames", "sample_rate_frames", "latency_frames", "current_program", "program"}
)

_NUMBER = re.compile(r"[-+]?\d+(?:[.,]\d*)?(?:[eE][-+]?\d+)?")
_THOUSANDS = re.compile(r"^\s*k", re.IGNORECASE)
_BISECTIONS = 40
#: A value is met when the text that the plugin shows for it is this near, as a share of the range …
_NEAR = 1e-3
#: … and cannot be met when it is not even this near.
_FAR = 0.02
#: Lists of texts that are numbers on a grid come with a thousand entries; a switch or a menu has fewer.
_MOST_TEXTS = 100


def describe(key: str, parameter: Any) -> Parameter:
    """A parameter of Pedalboard's as a value."""
    texts = tuple(str(text) for text in parameter.valid_values) if parameter.type is not float else ()
    numeric = parameter.type is float
    return Parameter(
        key=key,
        name=parameter.name,
        unit=(parameter.label or "").strip(),
        raw=float(parameter.raw_value),
        text=str(parameter.string_value),
        low=float(parameter.min_value) if numeric and parameter.min_value is not None else None,
        high=float(parameter.max_value) if numeric and parameter.max_value is not None else None,
        texts=texts[:_MOST_TEXTS],
        settable=bool(parameter.is_automatable) and key not in _OF_THE_HOST,
    )


def configure(plugin: Any, name: str, setting: Setting) -> tuple[Readback, ...]:
    """Set a plugin and say where each parameter that was asked for stands.

    Attributes of the plugin are never assigned: Pedalboard snaps those to a table, and takes misspelt ones in silence.

    Raises:
        PluginFault: it has no such parameter, does not read the preset, or a value is out of its range.
    """
    if setting.preset:
        try:
            plugin.preset_data = setting.preset
        except (AttributeError, RuntimeError, ValueError, TypeError) as error:
            raise PluginFault(Fault.REFUSED, name, f"does not read the preset: {error}") from None
    keys = []
    for key, value in setting.values:
        parameter = _settable(plugin, name, key)
        parameter.raw_value = _raw_of(parameter, name, key, value)
        keys.append(key)
    for key, raw in setting.raw:
        _settable(plugin, name, key).raw_value = min(max(float(raw), 0.0), 1.0)
        keys.append(key)
    for key in setting.read:
        _settable(plugin, name, key)
        keys.append(key)
    shown = plugin.parameters
    return tuple(Readback(key, float(shown[key].raw_value), str(shown[key].string_value)) for key in keys)


def _settable(plugin: Any, name: str, key: str) -> Any:
    parameter = plugin.parameters.get(key)
    if parameter is None:
        raise PluginFault(
            Fault.REFUSED, name, f"has no parameter {key!r}; it has {', '.join(map(repr, plugin.parameters))}"
        )
    if key in _OF_THE_HOST or not parameter.is_automatable:
        raise PluginFault(
            Fault.REFUSED, name, f"does not let {key!r} be set: it belongs to the host, or is a meter"
        )
    return parameter


def _raw_of(parameter: Any, name: str, key: str, value: float | str) -> float:
    """The raw value whose text says this."""
    if isinstance(value, str):
        return _raw_of_text(parameter, name, key, value)
    low, high = parameter.min_value, parameter.max_value
    numeric = parameter.type is float and low is not None and high is not None
    if numeric and not low - 1e-6 * (high - low) <= value <= high + 1e-6 * (high - low):
        raise PluginFault(
            Fault.REFUSED,
            name,
            f"takes {key!r} from {low:g} to {high:g} {parameter.label or ''}, not {value:g}",
        )
    width = (high - low) if numeric else max(abs(value), 1.0)
    raw = float(parameter.get_raw_value_for_text(f"{value:.9g}"))
    if _distance(parameter, raw, value) <= _NEAR * width:
        return raw
    raw = _search(parameter, value)
    if _distance(parameter, raw, value) > _FAR * width:
        shown = parameter.get_text_for_raw_value(raw)
        raise PluginFault(
            Fault.REFUSED, name, f"cannot set {key!r} to {value:g}: the nearest that it shows is {shown!r}"
        )
    return raw


def _raw_of_text(parameter: Any, name: str, key: str, text: str) -> float:
    raw = float(parameter.get_raw_value_for_text(text))
    if parameter.get_text_for_raw_value(raw).strip() == text.strip():
        return raw
    wanted = text.strip()
    for step, shown in enumerate(parameter.valid_values):
        if str(shown).strip() == wanted:
            return step / max(len(parameter.valid_values) - 1, 1)
    words = ", ".join(repr(str(item)) for item in parameter.valid_values[:12])
    raise PluginFault(Fault.REFUSED, name, f"has no setting {text!r} of {key!r}; give one of {words}")


def _search(parameter: Any, value: float) -> float:
    """The raw value whose text is nearest, by bisection; texts rise or fall all the way."""
    low, high = 0.0, 1.0
    rising = _shown(parameter, high, value) >= _shown(parameter, low, value)
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2.0
        if (_shown(parameter, middle, value) < value) == rising:
            low = middle
        else:
            high = middle
    return min((low, high), key=lambda raw: _distance(parameter, raw, value))


def _distance(parameter: Any, raw: float, value: float) -> float:
    return abs(_shown(parameter, raw, value) - value)


def _shown(parameter: Any, raw: float, value: float) -> float:
    """The number in the text of a raw value; far below any other where there is none ("-inf dB", "off")."""
    number = number_in(str(parameter.get_text_for_raw_value(raw)))
    return min(-abs(value) * 1e3, -1e6) if number is None else number


def number_in(text: str) -> float | None:
    """The first number of a text such as "1.2 kHz", in the unit without its k; None where there is none."""
    found = _NUMBER.search(text)
    if found is None:
        return None
    return float(found[0].replace(",", ".")) * (1000.0 if _THOUSANDS.match(text[found.end() :]) else 1.0)
