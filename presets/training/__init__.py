"""Configurations of training runs as TOML files: what is trained, how long, how fast, from which seed."""

import math
from collections.abc import Mapping
from typing import Any

from console.codec import encode
from console.errors import ParamError
from console.training.settings import CONFIG_SCHEMA, TrainingConfig, make_config
from presets.shelf import Shelf, toml_text

CONFIGS = Shelf(
    "presets.training",
    TrainingConfig,
    CONFIG_SCHEMA,
    "training configuration",
    read_as=lambda _kind, data, where: make_config(data, where),
)

config_names = CONFIGS.names
load_config = CONFIGS.load
read_config = CONFIGS.read


def dump_config(config: TrainingConfig) -> str:
    """The configuration as TOML text, with what was not said spelled out.

    Raises:
        ParamError: the objective's section holds what TOML cannot.
    """
    run = {name: value for name, value in encode(config.run).items() if value is not None}
    lines = [
        f"schema = {toml_text(CONFIG_SCHEMA)}",
        f"objective = {toml_text(config.objective)}",
        f"seed = {config.seed}",
        *_section("run", run),
        *_section(config.objective, config.section),
    ]
    return "\n".join(lines) + "\n"


def _section(name: str, values: Mapping[str, Any]) -> list[str]:
    plain = {key: value for key, value in values.items() if not isinstance(value, Mapping)}
    lines = ["", f"[{name}]", *(f"{_key(key)} = {_value(value, key)}" for key, value in plain.items())]
    for key in values.keys() - plain.keys():
        lines += _section(f"{name}.{_key(key)}", values[key])
    return lines


def _key(key: str) -> str:
    bare = key.isascii() and key.replace("-", "_").isidentifier()
    return key if bare else toml_text(key)


def _value(value: Any, place: str) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return toml_text(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(_value(item, place) for item in value)}]"
    if isinstance(value, int) or (isinstance(value, float) and math.isfinite(value)):
        return repr(value)
    raise ParamError(
        f"{place} is {value!r}; give a number, a text, true or false, a list or a section of them"
    )
