"""Between frozen dataclasses and JSON: exact both ways, strict on keys, with the JSON Schema.

What a field may hold is read from its type and, for a knob, from its row of the parameter table, so that the
values, the file and the published schema cannot disagree.
"""

import difflib
import math
import reprlib
import types
import typing
from collections.abc import Hashable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar

from console.errors import ParamError
from console.frozen import FrozenMap
from console.params import ParamSpec, spec
from console.units import as_float

T = TypeVar("T")
Json = dict[str, Any]


@cache
def _hints(cls: Hashable) -> dict[str, Any]:
    return typing.get_type_hints(cls)


def encode(value: object) -> Any:
    """A value of frozen dataclasses, tuples, maps and scalars as plain JSON data."""
    if is_dataclass(value) and not isinstance(value, type):
        return {item.name: encode(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, Mapping):
        return {key: encode(value[key]) for key in sorted(value)}
    if isinstance(value, tuple):
        return [encode(item) for item in value]
    return str(value) if isinstance(value, StrEnum) else value


def decode(cls: type[T], data: object, where: str) -> T:
    """JSON data as a value of a dataclass; a missing key takes the field's default.

    Args:
        cls: the dataclass to make.
        data: what the JSON parser gave.
        where: the place in the file, for messages.

    Raises:
        ParamError: an unknown or missing key, a wrong type, or a value outside its range, with its place.
    """
    known = {item.name: item for item in fields(cls)}  # type: ignore[arg-type]
    if not isinstance(data, Mapping):
        raise ParamError(f"{where} is {_short(data)}; give an object with the keys {', '.join(known)}")
    for key in data:
        if key not in known:
            raise ParamError(f"{where} has the unknown key {key!r}{did_you_mean(str(key), list(known))}")
    hints = _hints(typing.cast(Hashable, cls))
    values = {name: _decode_as(hints[name], data[name], f"{where}.{name}") for name in known if name in data}
    try:
        return cls(**values)
    except TypeError:
        missing = sorted(name for name, item in known.items() if name not in data and _required(item))
        raise ParamError(f"{where} lacks {', '.join(missing)}; add it") from None
    except ParamError as error:
        message = str(error)
        raise ParamError(message if message.startswith(where) else f"{where}: {message}") from None


def did_you_mean(name: str, known: list[str]) -> str:
    """A hint at the nearest known name, or the list of them all."""
    near = difflib.get_close_matches(name, known, n=1)
    return f"; did you mean {near[0]!r}?" if near else f"; known are {', '.join(known)}"


def _required(item: Any) -> bool:
    return item.default is MISSING and item.default_factory is MISSING


def _short(data: object) -> str:
    text = reprlib.repr(data)  # bounded in depth and length, whatever a hostile file holds
    return text if len(text) <= 60 else text[:57] + "..."


def _decode_as(hint: Any, data: object, where: str) -> Any:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        if data is None:
            return None
        return _decode_as(next(kind for kind in arguments if kind is not types.NoneType), data, where)
    if origin is tuple:
        return _decode_tuple(arguments, data, where)
    if origin is FrozenMap:
        if not isinstance(data, Mapping):
            raise ParamError(f"{where} is {_short(data)}; give an object of names and values")
        return FrozenMap(
            {str(key): _decode_as(arguments[0], item, f"{where}.{key}") for key, item in data.items()}
        )
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        if not isinstance(data, str) or data not in set(hint):
            raise ParamError(f"{where} is {_short(data)}; give one of {', '.join(hint)}")
        return hint(data)
    if is_dataclass(hint):
        return decode(typing.cast(type, hint), data, where)
    return _decode_scalar(hint, data, where)


def _decode_tuple(arguments: tuple[Any, ...], data: object, where: str) -> tuple[Any, ...]:
    if not isinstance(data, list):
        raise ParamError(f"{where} is {_short(data)}; give a list")
    if arguments[-1] is ...:
        return tuple(_decode_as(arguments[0], item, f"{where}.{index}") for index, item in enumerate(data))
    if len(data) != len(arguments):
        raise ParamError(f"{where} has {len(data)} entries; give {len(arguments)}")
    return tuple(
        _decode_as(kind, item, f"{where}.{index}")
        for index, (kind, item) in enumerate(zip(arguments, data, strict=True))
    )


_SCALARS: dict[type, tuple[tuple[type, ...], str]] = {
    bool: ((bool,), "true or false"),
    int: ((int,), "a whole number"),
    float: ((int, float), "a number"),
    str: ((str,), "a text"),
}


def _decode_scalar(hint: type, data: object, where: str) -> Any:
    allowed, wanted = _SCALARS[hint]
    if not isinstance(data, allowed) or (isinstance(data, bool) and hint is not bool):
        raise ParamError(f"{where} is {_short(data)}; give {wanted}")
    if hint is not float:
        return data
    number = as_float(data)  # type: ignore[arg-type]
    if not math.isfinite(number):
        raise ParamError(f"{where} is {number:g}; give a finite number")
    return number


def schema_of(cls: type, definitions: Json) -> Json:
    """The JSON Schema of a dataclass as a reference into `definitions`, which is filled on the way."""
    if cls.__name__ not in definitions:
        definitions[cls.__name__] = {}
        hints = _hints(cls)
        properties = {}
        for item in fields(cls):
            name = item.metadata.get("param")
            properties[item.name] = (
                _knob_schema(spec(name)) if name else _schema_as(hints[item.name], definitions)
            )
            properties[item.name] |= item.metadata.get("schema", {})
            inner = item.metadata.get("item_param")
            if inner:
                properties[item.name]["additionalProperties"] = _knob_schema(spec(inner))
        definitions[cls.__name__] = {
            "type": "object",
            "description": (cls.__doc__ or "").strip(),
            "properties": properties,
            "required": [item.name for item in fields(cls) if _required(item)],
            "additionalProperties": False,
        }
    return {"$ref": f"#/$defs/{cls.__name__}"}


def _knob_schema(row: ParamSpec) -> Json:
    return {
        "type": "number",
        "minimum": row.low,
        "maximum": row.high,
        "default": row.default,
        "description": f"{row.unit or 'no unit'}, {row.scale} scale",
    }


def _schema_as(hint: Any, definitions: Json) -> Json:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        kinds = [kind for kind in arguments if kind is not types.NoneType]
        return {"anyOf": [*(_schema_as(kind, definitions) for kind in kinds), {"type": "null"}]}
    if origin is tuple and arguments[-1] is ...:
        return {"type": "array", "items": _schema_as(arguments[0], definitions)}
    if origin is tuple:
        entries = [_schema_as(kind, definitions) for kind in arguments]
        return {"type": "array", "prefixItems": entries, "minItems": len(entries), "maxItems": len(entries)}
    if origin is FrozenMap:
        return {"type": "object", "additionalProperties": _schema_as(arguments[0], definitions)}
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return {"type": "string", "enum": list(hint)}
    if is_dataclass(hint):
        return schema_of(typing.cast(type, hint), definitions)
    return {"type": {bool: "boolean", int: "integer", float: "number", str: "string"}[hint]}
