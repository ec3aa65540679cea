"""What differs between two mixes, parameter by parameter, in the words of the parameter table."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass

from console.mix.strip import TrackStrip
from console.mix.values import Bus, Mix
from console.params import PARAMS, ParamSpec

#: Fields that tell about a mix rather than being part of its sound.
ABOUT = frozenset({"reasons", "role_confidence", "files", "estimator", "seed", "tool", "inputs", "locked"})

Scalar = float | int | str | bool | None


@dataclass(frozen=True, slots=True)
class Change:
    """One parameter that differs; None stands for a part that is absent on that side."""

    path: str
    was: Scalar
    now: Scalar
    unit: str = ""

    def __str__(self) -> str:
        unit = f" {self.unit}" if self.unit else ""
        return f"{self.path}: {_text(self.was)} → {_text(self.now)}{unit}"


def _text(value: Scalar) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def leaves(
    value: object, path: tuple[str, ...] = (), row: ParamSpec | None = None
) -> Iterator[tuple[tuple[str, ...], Scalar, str]]:
    """Every parameter below a value as (path, value, unit), in a fixed order.

    A path stays in parts until it is shown: the id of a track may itself hold dots.
    """
    if is_dataclass(value) and not isinstance(value, type):
        for item in fields(value):
            if item.name in ABOUT or (item.name == "id" and isinstance(value, TrackStrip | Bus)):
                continue
            name = item.metadata.get("param") or item.metadata.get("item_param")
            yield from leaves(getattr(value, item.name), (*path, item.name), PARAMS[name] if name else None)
    elif isinstance(value, Mapping):
        for key in sorted(value):
            yield from leaves(value[key], (*path, key), row)
    elif isinstance(value, tuple):
        for index, item in enumerate(value):
            key = item.id if isinstance(item, TrackStrip | Bus) else str(index)
            yield from leaves(item, (*path, key), row)
    elif value is None or isinstance(value, bool | int | float | str):
        yield path, value, row.unit if row else ""


def diff(was: Mix, now: Mix) -> tuple[Change, ...]:
    """Every parameter that differs, by its path (`tracks.<id>.compressor.ratio`)."""
    before = {path: (value, unit) for path, value, unit in leaves(was)}
    after = {path: (value, unit) for path, value, unit in leaves(now)}
    changes = []
    for path in [*before, *(path for path in after if path not in before)]:
        old, new = before.get(path, (None, "")), after.get(path, (None, ""))
        if old[0] != new[0] or type(old[0]) is not type(new[0]):
            changes.append(Change(".".join(path), old[0], new[0], old[1] or new[1]))
    return tuple(changes)
