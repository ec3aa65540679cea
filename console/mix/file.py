"""The Mix as a JSON file: exact round trip, strict reading, published JSON Schema."""

import json
import re
from typing import Any

from console.codec import Json, decode, encode, schema_of
from console.errors import ParamError
from console.mix.values import MIX_SCHEMA, Mix

#: Half a character: what Python makes of a file name that is not UTF-8. No UTF-8 file can hold it as it is.
_SURROGATE = re.compile("[\ud800-\udfff]")

#: Where a mix comes from is read before the long list of tracks.
_FIRST = ("tool", "estimator", "seed", "inputs", "sample_rate_hz")


def dump_mix(mix: Mix) -> str:
    """The Mix as JSON text; `load_mix` gives back an equal Mix, to the last bit of every number."""
    values = encode(mix)
    first = {"schema": MIX_SCHEMA} | {name: values[name] for name in _FIRST}
    text = json.dumps(first | values, indent=1, ensure_ascii=False, allow_nan=False)
    return _SURROGATE.sub(lambda half: f"\\u{ord(half[0]):04x}", text) + "\n"


def load_mix(text: str, *, source: str = "mix") -> Mix:
    """The Mix that a JSON text holds.

    Args:
        text: JSON of schema `mixbridge.mix/1`.
        source: what to call the text in messages, for instance its file name.

    Raises:
        ParamError: not JSON, another schema, an unknown key, a value of a wrong type or outside its range.
    """
    try:
        data = json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_unique_keys)
    except (ValueError, RecursionError) as error:
        raise ParamError(
            f"{source} is not a mix file: {error}; give a mix.json that mixbridge wrote"
        ) from None
    if not isinstance(data, dict) or data.get("schema") != MIX_SCHEMA:
        found = data.get("schema") if isinstance(data, dict) else type(data).__name__
        raise ParamError(f"{source} has the schema {found!r}; this version reads {MIX_SCHEMA!r}")
    data.pop("schema")
    return decode(Mix, data, source)


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON number")


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object of these pairs; JSON lets a key stand twice, and then one of the two values is lost."""
    data = dict(pairs)
    if len(data) != len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"the key {next(name for name in data if names.count(name) > 1)!r} stands twice")
    return data


def json_schema() -> Json:
    """The JSON Schema (draft 2020-12) of a mix file."""
    definitions: dict[str, Any] = {}
    schema_of(Mix, definitions)
    top = definitions.pop("Mix")
    top["properties"] = {"schema": {"const": MIX_SCHEMA}, **top["properties"]}
    top["required"] = ["schema", *top["required"]]
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": MIX_SCHEMA,
        "title": "A mixbridge Mix",
        **top,
        "$defs": definitions,
    }
