"""Dial a mix back: a point between two mixes, module by module, each knob on its own scale.

- Knobs move on the scale of the parameter table: frequencies, times, ratios and q by log, levels in dB.
- A module that is switched off on one side counts as itself set neutral, so that 60 % of a compressor is a
  compressor at 60 %, not none.
- A send that is absent on one side is silence, which has no level in dB: it moves in amplitude.
- Decisions (polarity, delay, mute, slope, routing) do not come by halves: half a time alignment is a comb
  filter. They come with any amount above zero.
"""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any, TypeVar

from console.errors import ParamError
from console.frozen import FrozenMap
from console.mix.strip import Band, BandType, Equalizer, Module, TrackStrip
from console.mix.values import Bus, Master, Mix
from console.params import PARAMS, spec
from console.units import gain_to_db

#: The groups that amounts and `--only` speak of, and the fields of a strip that belong to each.
GROUPS: dict[str, frozenset[str]] = {
    "input": frozenset({"input"}),
    "eq": frozenset({"highpass", "lowpass", "equalizer"}),
    "dynamics": frozenset({"gate", "compressor"}),
    "pan": frozenset({"pan", "width"}),
    "fader": frozenset({"fader_db", "muted", "automation"}),
    "sends": frozenset({"sends"}),
    "routing": frozenset({"output"}),
    "master": frozenset(),
}

M = TypeVar("M", bound=Module)
_KEPT = frozenset({"id", "files", "kind", "role", "role_confidence", "locked", "reasons"})


def blend(start: Mix, end: Mix, amount: float | Mapping[str, float]) -> Mix:
    """The mix `amount` of the way from start to end.

    Args:
        start: the mix at amount 0.
        end: the mix at amount 1; its tracks, their order and the reasons are the result's.
        amount: 0 … 1 for everything, or one per group of GROUPS (a group left out stays at 0).

    Raises:
        ParamError: an amount outside 0 … 1, or an unknown group.
    """
    amounts = group_amounts(amount)
    starts = {track.id: track for track in start.tracks}
    tracks = tuple(_strip(starts.get(track.id, track), track, amounts) for track in end.tracks)
    if not any(amounts.values()):
        tracks = tuple(starts.get(track.id, track) for track in end.tracks)
    start_buses = {bus.id: bus for bus in start.buses}
    master = amounts["master"]
    buses = tuple(_bus(start_buses.get(bus.id), bus, master) for bus in end.buses)
    needed = {name for track in tracks for name in (*track.sends, track.output)}
    buses += tuple(
        bus for bus in start.buses if bus.id in needed and bus.id not in {other.id for other in end.buses}
    )
    return replace(end, tracks=tracks, buses=buses, master=_master(start.master, end.master, master))


def group_amounts(amount: float | Mapping[str, float]) -> dict[str, float]:
    """The amount of every group of GROUPS, 0 … 1, from one for all or from those that are named.

    Raises:
        ParamError: an amount outside 0 … 1, or an unknown group.
    """
    given = amount if isinstance(amount, Mapping) else dict.fromkeys(GROUPS, amount)
    for name, value in given.items():
        if name not in GROUPS:
            raise ParamError(f"{name!r} is no part of a strip; give some of {', '.join(GROUPS)}")
        if not 0.0 <= value <= 1.0:
            raise ParamError(f"the amount of {name} is {value:g}; give 0 to 1 (0 to 100 %)")
    return {name: float(given.get(name, 0.0)) for name in GROUPS}


def _group_of(field_name: str) -> str:
    return next(name for name, members in GROUPS.items() if field_name in members)


def _strip(start: TrackStrip, end: TrackStrip, amounts: Mapping[str, float]) -> TrackStrip:
    if start is end:
        return end
    values: dict[str, Any] = {}
    for item in fields(end):
        if item.name in _KEPT:
            continue
        amount = amounts[_group_of(item.name)]
        values[item.name] = _between(
            item.metadata.get("param"), item.name, getattr(start, item.name), getattr(end, item.name), amount
        )
    return replace(end, **values)


def _bus(start: Bus | None, end: Bus, amount: float) -> Bus:
    """A bus moves with the master's amount; one that only the end has is there at any amount."""
    if start is None or start.kind is not end.kind:
        return end
    return _module(start, end, amount, skip=_KEPT)


def _master(start: Master, end: Master, amount: float) -> Master:
    return _module(start, end, amount, skip=_KEPT)


def _between(param: str | None, name: str, start: Any, end: Any, amount: float) -> Any:
    if amount <= 0.0 or start == end:
        return start
    if amount >= 1.0:
        return end
    if param is not None:
        return PARAMS[param].interpolate(start, end, amount)
    if name == "sends":
        return _sends(start, end, amount)
    if isinstance(end, Equalizer):
        return _equalizer(start, end, amount)
    if name in ("input", "automation") or not isinstance(end, Module) or not isinstance(start, Module):
        return _trim(start, end, amount) if name == "input" else end
    return _switched(start, end, amount)


def _trim(start: Any, end: Any, amount: float) -> Any:
    """The input: the trim moves, polarity and delay are decisions."""
    return replace(end, gain_db=PARAMS["input.gain_db"].interpolate(start.gain_db, end.gain_db, amount))


def _switched(start: M, end: M, amount: float) -> M:
    """A module with an on/off switch; the side that is off takes part as the other side set neutral."""
    on_start, on_end = getattr(start, "enabled", True), getattr(end, "enabled", True)
    if not on_start and not on_end:
        return end
    if not on_start:
        start = end.neutral()
    elif not on_end:
        end = start.neutral()
    return _module(start, end, amount)


def _module(start: M, end: M, amount: float, skip: frozenset[str] = frozenset()) -> M:
    values = {
        item.name: _between(
            item.metadata.get("param"), item.name, getattr(start, item.name), getattr(end, item.name), amount
        )
        for item in fields(end)
        if item.name not in skip
    }
    return replace(end, **values)


def _equalizer(start: Equalizer, end: Equalizer, amount: float) -> Equalizer:
    pairs: list[tuple[Band, Band]] = []
    for kind in BandType:
        before = sorted((b for b in start.bands if b.type is kind and start.enabled), key=_frequency)
        after = sorted((b for b in end.bands if b.type is kind and end.enabled), key=_frequency)
        pairs += zip(before, after, strict=False)
        pairs += [(band, band.neutral()) for band in before[len(after) :]]
        pairs += [(band.neutral(), band) for band in after[len(before) :]]
    if not pairs:
        return end
    return Equalizer(True, tuple(_module(was, now, amount) for was, now in pairs))


def _frequency(band: Band) -> float:
    return band.frequency_hz


def _sends(start: Mapping[str, float], end: Mapping[str, float], amount: float) -> FrozenMap[float]:
    row = spec("strip.send_db")
    result: dict[str, float] = {}
    for bus in sorted({*start, *end}):
        was, now = start.get(bus), end.get(bus)
        if was is not None and now is not None:
            result[bus] = row.interpolate(was, now, amount)
        else:
            share, level_db = (1.0 - amount, was) if now is None else (amount, now)
            result[bus] = row.clamp(level_db + gain_to_db(share)) if level_db is not None else row.low
    return FrozenMap(result)
