"""What changed on each strip: faders, pans, sends and whole processors rather than bare parameters."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

from bridge.report import settings, words
from bridge.report.settings import Strip
from console.mix import Band, Bus, Equalizer, Mix
from console.mix.strip import Module

#: Two bands of one shape this close, in octaves, are one band that was moved.
_SAME_BAND_OCTAVES = 0.5

ONLY_FIRST, ONLY_SECOND = "only in the first", "only in the second"

#: Fields that are not how a strip is set.
_ABOUT = frozenset({"id", "files", "role", "role_confidence", "kind", "locked", "reasons"})


@dataclass(frozen=True, slots=True)
class StripChanges:
    """A strip, "" for the mix itself, and what changed on it, one sentence each; never empty."""

    strip: str
    changes: tuple[str, ...]


def strip_changes(was: Mix, now: Mix) -> tuple[StripChanges, ...]:
    """What changed from one mix to another: tracks, buses, the master, then the mix as a whole.

    Settings of processors that are off on both sides are not heard and are no change.
    """
    found = [
        *_strips({item.id: item for item in was.tracks}, {item.id: item for item in now.tracks}),
        *_strips({item.id: item for item in was.buses}, {item.id: item for item in now.buses}),
        ("master", tuple(_changes(was.master, now.master))),
    ]
    if was.sample_rate_hz != now.sample_rate_hz:
        found.append(("", (f"sample rate {was.sample_rate_hz} → {now.sample_rate_hz} Hz",)))
    return tuple(StripChanges(name, changes) for name, changes in found if changes)


def _strips(was: dict[str, Any], now: dict[str, Any]) -> Iterator[tuple[str, tuple[str, ...]]]:
    for name in [*was, *(name for name in now if name not in was)]:
        if name in was and name in now:
            yield name, tuple(_changes(was[name], now[name]))
        else:
            yield name, (ONLY_FIRST if name in was else ONLY_SECOND,)


def _changes(was: Strip, now: Strip) -> Iterator[str]:
    if isinstance(was, Bus) and isinstance(now, Bus) and was.kind is not now.kind:
        yield f"a {was.kind} bus → a {now.kind} bus"
    order = list(settings.NAMES)
    names = [item.name for item in fields(now) if item.name not in _ABOUT]
    for name in sorted(names, key=lambda name: order.index(name) if name in order else len(order)):
        old, new = getattr(was, name), getattr(now, name)
        if old != new:
            yield from _of_field(was, now, name, old, new)


def _of_field(was: Strip, now: Strip, name: str, old: Any, new: Any) -> Iterator[str]:
    label = _lower(settings.label(name))
    if name == "muted":
        yield "muted" if new else "no longer muted"
    elif name == "sends":
        yield from _sends(old, new)
    elif isinstance(new, Equalizer):
        yield from _equalizer(old, new)
    elif name == "automation":
        yield f"{label}: {settings.automation(old)} → {settings.automation(new)}"
    elif isinstance(old, Module) and isinstance(new, Module):
        yield from _module(was, now, name, old, new)
    elif new is None or old is None:
        yield f"{label} {'removed' if new is None else 'added: ' + settings.setting(now, name)}"
    else:
        yield f"{label} {_arrow(was, now, name, old, new)}"


def _sends(old: Any, new: Any) -> Iterator[str]:
    for bus in sorted({*old, *new}):
        before, after = (None if bus not in side else words.level(side[bus]) for side in (old, new))
        if before is None:
            yield f"send to {bus} at {after} added"
        elif after is None:
            yield f"send to {bus} at {before} removed"
        elif old[bus] != new[bus]:
            yield f"send to {bus} {_joined(before, after, old[bus], new[bus])}"


def _module(was: Strip, now: Strip, name: str, old: Module, new: Module) -> Iterator[str]:
    """Switched on or off as a whole; else knob by knob."""
    label = _lower(settings.label(name))
    was_on, is_on = (bool(getattr(item, "enabled", True)) for item in (old, new))
    if not was_on and not is_on:
        return
    if was_on != is_on:
        state = "on" if is_on else "off, was"
        yield f"{label} {state}: {settings.setting(now if is_on else was, name)}"
        return
    for item in fields(new):
        before, after = getattr(old, item.name), getattr(new, item.name)
        if before != after:
            path = f"{name}.{item.name}"
            yield f"{_lower(settings.label(path))} {_arrow(was, now, path, before, after)}"


def _equalizer(old: Equalizer, new: Equalizer) -> Iterator[str]:
    """Bands that were added, taken away, or moved: a band that is the nearest of its shape is the same band."""
    before, after = settings.moving_bands(old), settings.moving_bands(new)
    left = [band for band in before if band not in after]
    for band in (band for band in after if band not in before):
        same = min(
            (one for one in left if one.type is band.type), key=lambda one: _apart(one, band), default=None
        )
        if same is None or _apart(same, band) > _SAME_BAND_OCTAVES:
            yield f"EQ {_band(band)} added"
        else:
            left.remove(same)
            yield f"EQ {_band(same)} → {_band(band, whole=False)}"
    for band in left:
        yield f"EQ {_band(band)} removed"


def _apart(one: Band, other: Band) -> float:
    return abs(math.log2(one.frequency_hz / other.frequency_hz))


def _band(band: Band, *, whole: bool = True) -> str:
    shape = f"{settings.SHAPES[band.type]} " if whole else ""
    return f"{shape}{words.frequency(band.frequency_hz)} {words.change(band.gain_db)} Q {words.number(band.q, 2)}"


def _arrow(was: Strip, now: Strip, path: str, old: Any, new: Any) -> str:
    return _joined(settings.setting(was, path), settings.setting(now, path), old, new)


def _joined(before: str, after: str, old: Any, new: Any) -> str:
    """Both values with an arrow between, the unit once; every digit where they would else read alike."""
    if before == after and isinstance(old, float):
        return f"{old:.9g} → {new:.9g}".replace("-", "−")
    _, space, unit = after.rpartition(words.NBSP)
    if space and before.endswith(space + unit) and not unit.isdecimal():
        before = before.removesuffix(space + unit)
    return f"{before} → {after}"


def _lower(label: str) -> str:
    return label if label.startswith("EQ") else label[:1].lower() + label[1:]
