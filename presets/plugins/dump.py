"""Writes a plugin's profile as TOML, defaults left out."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import StrEnum
from typing import Any

from presets.plugins.profile import PluginProfile
from presets.shelf import toml_text

_SCHEMA = "mixbridge.plugin-profile/1"
#: Digits that a measurement can vouch for.
_DIGITS = 7


def dump_profile(profile: PluginProfile) -> str:
    """The profile as TOML text; `PLUGIN_PROFILES.read` gives it back, numbers to seven digits."""
    lines = [f"schema = {toml_text(_SCHEMA)}"]
    tables: list[str] = []
    for name, value in _set(profile).items():
        if isinstance(value, Mapping):
            tables += [
                "",
                f"[{name}]",
                *(f"{toml_text(key)} = {_value(item)}" for key, item in value.items()),
            ]
        elif isinstance(value, tuple) and value and is_dataclass(value[0]):
            for item in value:
                tables += [
                    "",
                    f"[[{name}]]",
                    *(f"{key} = {_value(part)}" for key, part in _set(item).items()),
                ]
        else:
            lines.append(f"{name} = {_value(value)}")
    return "\n".join([*lines, *tables]) + "\n"


def _set(value: Any) -> dict[str, Any]:
    """The fields that do not stand at their defaults."""
    found = {}
    for item in fields(value):
        content = getattr(value, item.name)
        empty = isinstance(content, Mapping | tuple) and not content
        if content is not None and content != item.default and not empty:
            found[item.name] = content
    return found


def _value(value: Any) -> str:
    if is_dataclass(value):
        return "{ " + ", ".join(f"{key} = {_value(part)}" for key, part in _set(value).items()) + " }"
    if isinstance(value, Mapping):
        return (
            "{ " + ", ".join(f"{toml_text(str(key))} = {_value(part)}" for key, part in value.items()) + " }"
        )
    if isinstance(value, tuple):
        return "[" + ", ".join(map(_value, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, StrEnum | str):
        return toml_text(str(value))
    if isinstance(value, int):
        return str(value)
    return repr(float(f"{value:.{_DIGITS}g}"))
