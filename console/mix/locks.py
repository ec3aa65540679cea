"""Locks: what the engineer has fixed stays to the bit, whatever an estimator says."""

from dataclasses import fields, replace
from typing import Any, TypeVar

from console.errors import ParamError
from console.mix.strip import Module, TrackStrip
from console.mix.values import Bus, Mix

T = TypeVar("T", TrackStrip, Bus)

#: Fields of a strip that no lock names: they say what it is, not how it is set.
_IDENTITY = frozenset({"id", "files", "kind", "role", "role_confidence", "locked", "reasons"})


def keep_locked(base: Mix, proposed: Mix) -> Mix:
    """The proposed mix with everything that `base` has locked put back to its value there.

    A strip that has locks but is missing from the proposal is added again, and so is a bus that a locked send
    or output needs.

    Raises:
        ParamError: a lock names something that its strip does not have.
    """
    tracks = _kept(base.tracks, proposed.tracks)
    buses = _kept(base.buses, proposed.buses)
    needed = {name for track in tracks for name in (*track.sends, track.output)}
    present = {bus.id for bus in buses}
    buses += tuple(bus for bus in base.buses if bus.id in needed - present)
    master = _restore(base.master, proposed.master)
    return replace(proposed, tracks=tracks, buses=buses, master=master)


def _kept(base: tuple[T, ...], proposed: tuple[T, ...]) -> tuple[T, ...]:
    locked = {item.id: item for item in base if item.locked}
    kept = tuple(_restore(locked[item.id], item) if item.id in locked else item for item in proposed)
    present = {item.id for item in proposed}
    return kept + tuple(item for name, item in locked.items() if name not in present)


def _restore(base: Any, proposed: Any) -> Any:
    for lock in base.locked:
        for name in _lockable(base) if lock == "all" else (lock,):
            proposed = _with_value(proposed, base, name.split("."), name)
    return replace(proposed, locked=base.locked)


def _lockable(strip: Module) -> tuple[str, ...]:
    return tuple(item.name for item in fields(strip) if item.name not in _IDENTITY)


def _with_value(proposed: Any, base: Any, path: list[str], lock: str) -> Any:
    name = path[0]
    if not isinstance(base, Module) or name not in _lockable(base):
        known = ", ".join(_lockable(base)) if isinstance(base, Module) else "the whole module"
        raise ParamError(f"the lock {lock!r} names nothing; give 'all' or one of {known}")
    value = getattr(base, name)
    if len(path) > 1:
        inner = getattr(proposed, name)
        value = _with_value(value if inner is None else inner, value, path[1:], lock)
    return replace(proposed, **{name: value})
