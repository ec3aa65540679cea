"""The card of some weights: what they are, what they learned from, how well they do, what they should hash to."""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from console.codec import did_you_mean
from console.errors import ParamError

CARD_SCHEMA = "mixbridge.weights/1"
_SHA256 = re.compile("[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class WeightsCard:
    """What is known of some weights; but for the first three, plain JSON values.

    - `objective`: what they were trained for; it says which part of mixbridge can use them;
    - `sha256`, `bytes`: of the ONNX file beside the card;
    - `sizes`: of the network; `settings`: what goes with it when it is used;
    - `data`: what it learned from, with credits and licences;
    - `recipe`: how; `metrics`: held-out figures; `limits`: what it cannot do, in sentences;
    - `tool`, `date`: who exported it, and when (ISO 8601).
    """

    objective: str
    sha256: str
    bytes: int
    sizes: Mapping[str, Any] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)
    recipe: Mapping[str, Any] = field(default_factory=dict)
    metrics: Mapping[str, Any] = field(default_factory=dict)
    limits: tuple[str, ...] = ()
    tool: str = ""
    date: str = ""


def parse_card(text: str, source: str) -> WeightsCard:
    """A card from JSON text.

    Args:
        text: of the schema CARD_SCHEMA.
        source: what to call it in messages.

    Raises:
        ParamError: not JSON, of another schema, or with a key or a value that does not belong.
    """
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ParamError(f"{source} is no JSON ({error}); export the weights again") from None
    if not isinstance(data, dict) or data.get("schema") != CARD_SCHEMA:
        found = data.get("schema") if isinstance(data, dict) else type(data).__name__
        raise ParamError(f"{source} has the schema {found!r}; this version reads {CARD_SCHEMA!r}")
    known = {item.name: item for item in fields(WeightsCard)}
    values = {name: value for name, value in data.items() if name != "schema"}
    for name in values:
        if name not in known:
            raise ParamError(f"{source} has the unknown key {name!r}{did_you_mean(name, list(known))}")
    for name in ("objective", "sha256", "bytes"):
        if name not in values:
            raise ParamError(f"{source} lacks {name!r}; export the weights again")
    for name, value in values.items():
        if not _fits(name, value):
            raise ParamError(f"{source}: {name} is {str(value)[:60]!r}; export the weights again")
    return WeightsCard(**{**values, "limits": tuple(values.get("limits", ()))})


def _fits(name: str, value: object) -> bool:
    if name == "bytes":
        return isinstance(value, int) and not isinstance(value, bool) and value > 0
    if name == "sha256":
        return isinstance(value, str) and _SHA256.fullmatch(value) is not None
    if name in ("objective", "tool", "date"):
        return isinstance(value, str)
    if name == "limits":
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    return isinstance(value, dict)


def dump_card(card: WeightsCard) -> str:
    """The card as JSON text; `parse_card` gives back an equal one."""
    values = {item.name: getattr(card, item.name) for item in fields(card)}
    return (
        json.dumps(
            {"schema": CARD_SCHEMA, **values, "limits": list(card.limits)},
            indent=1,
            ensure_ascii=False,
            allow_nan=False,
        )
        + "\n"
    )


def check_data(card: WeightsCard, data: bytes, source: str) -> None:
    """Make sure that a file is the one that its card speaks of.

    Raises:
        ParamError: it has another length or another hash.
    """
    remedy = "it is damaged or of another export: install mixbridge again, or export the weights again"
    if len(data) != card.bytes:
        raise ParamError(f"{source} has {len(data)} bytes, and {card.bytes} by its card; {remedy}")
    found = hashlib.sha256(data).hexdigest()
    if found != card.sha256:
        raise ParamError(
            f"{source} has the hash {found[:12]}…, and {card.sha256[:12]}… by its card; {remedy}"
        )
