"""The knobs that `match` turns, as arrays: where each stands, how far it may go, and what a usual move is.

A family is all knobs of one kind; an entry that is locked, outside the groups asked for, or absent is not free.
Frequencies and q are counted in octaves, levels in dB.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from console.frozen import FrozenMap
from console.losses.prior import USUAL_MOVES
from console.mix import Band, BandType, Bus, BusKind, Equalizer, Master, Mix, TrackStrip
from console.mix.blend import GROUPS
from console.params import EQUALIZER_BANDS, PARAMS

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]

#: The most that one band of a strip, of an FX bus, and of the master may do, in dB.
MOST_STRIP_DB, MOST_MASTER_DB = 9.0, 6.0
#: How far a fader and a send may be moved from where they start, in dB.
MOST_FADER_DB, MOST_SEND_DB = 12.0, 24.0
_SEND_FLOOR_DB = -48.0
_LOUDEST_SEND_DB, _LOUDEST_FADER_DB = 6.0, 10.0
#: A track that the start sends nowhere begins here; what stays below is not worth a send.
FIRST_SEND_DB, LEAST_SEND_DB = -36.0, -42.0
#: A band that does less than this is left out, in dB.
LEAST_BAND_DB = 0.4

#: Slots of an equalizer: low shelf, four bells, high shelf; where a new band of each begins.
SLOTS = (BandType.LOW_SHELF, *(BandType.BELL,) * (EQUALIZER_BANDS - 2), BandType.HIGH_SHELF)
_NEW_HZ = (110.0, 260.0, 750.0, 2000.0, 4800.0, 9500.0)
_NEW_Q = (0.71, 0.9, 0.9, 0.9, 0.9, 0.71)
_NEW_OCTAVES = 0.6
_HIGHEST_SHARE = 0.42

#: A wider start: how far out mono tracks go, and how much wider stereo ones get.
_MORE_PAN, _MORE_WIDTH = 0.85, 1.4

#: Groups of console.mix.blend that each family belongs to.
FAMILY_GROUPS = {
    "fader": "fader",
    "pan": "pan",
    "width": "pan",
    "send": "sends",
    "return": "sends",
    "low_cut": "sends",
}


@dataclass(frozen=True, slots=True, eq=False)
class Family:
    """Knobs of one kind; arrays of one shape. `usual` is the size of a usual move."""

    start: Array
    low: Array
    high: Array
    usual: Array
    free: Flags

    def clamp(self, value: Array) -> Array:
        """Values brought inside the range; what is not free stays where it starts."""
        return np.where(self.free, np.clip(value, self.low, self.high), self.start)


Values = Mapping[str, Array]


@dataclass(frozen=True, slots=True, eq=False)
class Knobs:
    """All families of a mix, with the order of its parts.

    Rows of the equalizer families are the tracks, then the FX buses, then the master; `new` marks bands that the
    start does not have. `channels` (tracks,) is 1 or 2.
    """

    tracks: tuple[str, ...]
    effects: tuple[str, ...]
    channels: tuple[int, ...]
    families: Mapping[str, Family]
    new: Flags

    @property
    def start(self) -> dict[str, Array]:
        """Where every knob starts."""
        return {name: family.start for name, family in self.families.items()}


def is_locked(locked: Collection[str], *names: str) -> bool:
    """Whether one of these parts, or a knob of it, is locked."""
    return any(
        lock == "all" or lock == name or lock.startswith(name + ".") for lock in locked for name in names
    )


def make_knobs(
    mix: Mix,
    channels: Mapping[str, int],
    groups: Collection[str],
    *,
    quiet: Collection[str] = (),
    central: Collection[str] = (),
) -> Knobs:
    """The knobs of a mix.

    Args:
        mix: where to start.
        channels: 1 or 2 of every track that is heard, by its id.
        groups: names of console.mix.blend.GROUPS that may move.
        quiet: tracks that get no new send, for instance basses.
        central: tracks whose pan stays where it is, for instance lead vocals.
    """
    strips = tuple(strip for strip in mix.tracks if strip.id in channels)
    effects = tuple(bus for bus in mix.buses if bus.kind is BusKind.FX)
    rate = mix.sample_rate_hz

    def may(strip: TrackStrip | Bus | Master, group: str, *names: str) -> bool:
        return group in groups and not is_locked(strip.locked, *names)

    mono = np.array([channels[strip.id] == 1 for strip in strips])
    faders = np.array([strip.fader_db for strip in strips])
    moving = np.array([may(s, "fader", "fader_db") and not s.automation.fader_db for s in strips], bool)
    panned = np.array([may(strip, "pan", "pan") and strip.id not in central for strip in strips], bool)
    widened = np.array([may(strip, "pan", "width") for strip in strips], bool) & ~mono
    sends, sent = _sends(strips, effects, [may(strip, "sends", "sends") for strip in strips], quiet)
    returns = np.array([bus.fader_db for bus in effects])
    returned = np.array([may(bus, "sends", "fader_db") for bus in effects], bool)
    cuts = np.array([np.log2(bus.reverb.low_cut_hz) if bus.reverb else 7.0 for bus in effects])
    cut = np.array([bool(bus.reverb) and may(bus, "sends", "reverb") for bus in effects], bool)
    equalizers = [
        *((s.equalizer, may(s, "eq", "equalizer"), MOST_STRIP_DB) for s in strips),
        *((b.equalizer, may(b, "sends", "equalizer"), MOST_STRIP_DB) for b in effects),
        (mix.master.equalizer, may(mix.master, "master", "equalizer"), MOST_MASTER_DB),
    ]
    rows = [_equalizer_row(equalizer, on, most, rate) for equalizer, on, most in equalizers]
    gains, octaves, qs = (_stacked([row[kind] for row in rows]) for kind in range(3))
    pans = np.array([strip.pan for strip in strips])
    widths = np.array([strip.width for strip in strips])
    families = {
        "fader": _around(faders, MOST_FADER_DB, -80.0, _LOUDEST_FADER_DB, "fader_db", moving),
        "pan": _around(pans, 2.0, -1.0, 1.0, "pan", panned),
        "width": _around(widths, 2.0, 0.0, 1.8, "width", widened),
        "send": _around(sends, MOST_SEND_DB, _SEND_FLOOR_DB, _LOUDEST_SEND_DB, "send_db", sent),
        "return": _around(returns, MOST_FADER_DB, -40.0, _LOUDEST_FADER_DB, "fader_db", returned),
        "low_cut": _around(cuts, 2.0, np.log2(40.0), np.log2(600.0), "low_cut_hz", cut),
        "gain": gains,
        "octave": octaves,
        "q": qs,
    }
    new = np.stack([row[3][0] > 0.0 for row in rows])
    return Knobs(
        tuple(strip.id for strip in strips),
        tuple(bus.id for bus in effects),
        tuple(channels[strip.id] for strip in strips),
        families,
        new,
    )


def _stacked(rows: list[list[Array]]) -> Family:
    """A family of equalizer knobs from its rows of [start, low, high, usual, free]."""
    start, low, high, usual, free = (np.stack([row[k] for row in rows]) for k in range(5))
    return Family(start, low, high, usual, free > 0.0)


def _around(start: Array, reach: float, low: float, high: float, move: str, free: Flags) -> Family:
    return Family(
        start,
        np.minimum(np.maximum(start - reach, low), start),
        np.maximum(np.minimum(start + reach, high), start),
        np.full_like(start, USUAL_MOVES[move]),
        free,
    )


def _sends(
    strips: tuple[TrackStrip, ...], effects: tuple[Bus, ...], may: list[bool], quiet: Collection[str]
) -> tuple[Array, Flags]:
    """Levels of all sends, (tracks, buses), and which may move: the start's own, and new ones to a reverb."""
    levels = np.full((len(strips), len(effects)), PARAMS["strip.send_db"].low)
    free = np.zeros(levels.shape, bool)
    for i, strip in enumerate(strips):
        for j, bus in enumerate(effects):
            level_db = strip.sends.get(bus.id)
            if level_db is not None:
                levels[i, j], free[i, j] = level_db, may[i] and level_db > _SEND_FLOOR_DB
            elif bus.reverb and may[i] and strip.id not in quiet:
                levels[i, j], free[i, j] = FIRST_SEND_DB, True
    return levels, free


def _equalizer_row(equalizer: Equalizer, on: bool, most_db: float, rate: int) -> list[list[Array]]:
    """Gains, octaves and log q of one equalizer, each [start, low, high, usual, free], and [new]; flags as 0, 1."""
    slots: list[Band | None] = [None] * len(SLOTS)
    for band in equalizer.bands if equalizer.enabled else ():
        slots[next(k for k, kind in enumerate(SLOTS) if kind is band.type and slots[k] is None)] = band
    taken = [band.frequency_hz for band in slots if band is not None and band.type is BandType.BELL]
    highest = _HIGHEST_SHARE * rate
    spare = [hz for hz in sorted(_NEW_HZ[1:-1], key=lambda hz: -_nearest(hz, taken)) if hz < highest]
    spare = sorted(spare[: slots[1:-1].count(None)])
    hz, q, gain, new = [], [], [], []
    for k, slot in enumerate(slots):
        if slot is not None:
            hz.append(slot.frequency_hz)
        elif SLOTS[k] is BandType.BELL:
            hz.append(spare.pop(0) if spare else highest)
        else:
            hz.append(min(_NEW_HZ[k], highest))
        q.append(slot.q if slot else _NEW_Q[k])
        gain.append(slot.gain_db if slot else 0.0)
        new.append(slot is None)
    fresh, gains = np.array(new), np.array(gain)
    octave, log_q = np.log2(hz), np.log2(q)
    free = np.full(len(SLOTS), on)
    most = np.maximum(np.abs(gains), most_db)
    usual = np.full(len(SLOTS), USUAL_MOVES["master_db" if most_db == MOST_MASTER_DB else "equalizer_db"])
    ends = np.log2(25.0), np.log2(highest)
    reach = np.where(fresh, _NEW_OCTAVES, 0.0)
    bells = np.array([kind is BandType.BELL for kind in SLOTS])
    octaves = np.full(len(SLOTS), USUAL_MOVES["octaves"])
    columns = [
        [gains, -most, most, usual, free],
        [
            octave,
            np.minimum(np.maximum(octave - reach, ends[0]), octave),
            np.maximum(np.minimum(octave + reach, ends[1]), octave),
            octaves,
            free & fresh,
        ],
        [
            log_q,
            np.where(fresh, np.minimum(-1.0, log_q), log_q),
            np.where(fresh, np.maximum(1.0, log_q), log_q),
            octaves,
            free & fresh & bells,
        ],
        [fresh],
    ]
    return [[np.asarray(column, dtype=np.float64) for column in group] for group in columns]


def _nearest(hz: float, taken: list[float]) -> float:
    return min((abs(float(np.log2(hz / other))) for other in taken), default=20.0)


def to_mix(mix: Mix, knobs: Knobs, values: Values) -> Mix:
    """The mix with its knobs at these values, quantised as a console shows them; reasons stay as they are."""
    tracks, buses = len(knobs.tracks), len(knobs.effects)
    index = {name: i for i, name in enumerate(knobs.tracks)}
    bus_index = {name: j for j, name in enumerate(knobs.effects)}

    def turned(family: str, at: int | tuple[int, int], now: float, param: str) -> float:
        if not knobs.families[family].free[at]:
            return now
        value = float(values[family][at])
        return PARAMS[param].quantise(2.0**value if family == "low_cut" else value)

    strips = []
    for strip in mix.tracks:
        i = index.get(strip.id)
        if i is None:
            strips.append(strip)
            continue
        strips.append(
            replace(
                strip,
                fader_db=turned("fader", i, strip.fader_db, "strip.fader_db"),
                pan=turned("pan", i, strip.pan, "strip.pan"),
                width=turned("width", i, strip.width, "strip.width"),
                sends=_turned_sends(strip, i, knobs, values),
                equalizer=_turned_equalizer(strip.equalizer, i, knobs, values),
            )
        )
    results = []
    for bus in mix.buses:
        j = bus_index.get(bus.id)
        if j is None:
            results.append(bus)
            continue
        reverb = bus.reverb
        if reverb:
            low_cut = turned("low_cut", j, reverb.low_cut_hz, "reverb.low_cut_hz")
            reverb = replace(reverb, low_cut_hz=low_cut)
        results.append(
            replace(
                bus,
                fader_db=turned("return", j, bus.fader_db, "strip.fader_db"),
                reverb=reverb,
                equalizer=_turned_equalizer(bus.equalizer, tracks + j, knobs, values),
            )
        )
    master = replace(
        mix.master, equalizer=_turned_equalizer(mix.master.equalizer, tracks + buses, knobs, values)
    )
    return replace(mix, tracks=tuple(strips), buses=tuple(results), master=master)


def _turned_sends(strip: TrackStrip, i: int, knobs: Knobs, values: Values) -> FrozenMap[float]:
    sends = dict(strip.sends)
    for j, name in enumerate(knobs.effects):
        if not knobs.families["send"].free[i, j]:
            continue
        level_db = PARAMS["strip.send_db"].quantise(float(values["send"][i, j]))
        if level_db > LEAST_SEND_DB or name in strip.sends:
            sends[name] = level_db
    return FrozenMap(sends)


def _turned_equalizer(equalizer: Equalizer, row: int, knobs: Knobs, values: Values) -> Equalizer:
    """The equalizer of a row; its own bands keep their order, new ones follow by frequency."""
    if not knobs.families["gain"].free[row].any():
        return equalizer
    own = list(equalizer.bands) if equalizer.enabled else []
    fresh = []
    seen: dict[BandType, int] = {}
    for k, kind in enumerate(SLOTS):
        gain_db = PARAMS["equalizer.gain_db"].quantise(float(values["gain"][row, k]))
        if knobs.new[row, k]:
            if abs(gain_db) >= LEAST_BAND_DB:
                hz = PARAMS["equalizer.frequency_hz"].quantise(2.0 ** float(values["octave"][row, k]))
                q = PARAMS["equalizer.q"].quantise(2.0 ** float(values["q"][row, k]))
                fresh.append(Band(kind, hz, gain_db, q))
            continue
        number = seen.get(kind, 0)
        seen[kind] = number + 1
        at = [n for n, band in enumerate(own) if band.type is kind][number]
        own[at] = replace(own[at], gain_db=gain_db)
    bands = (*own, *sorted(fresh, key=lambda band: band.frequency_hz))
    return Equalizer(True, bands) if bands else equalizer


def standing(knobs: Knobs, mix: Mix, values: Values) -> dict[str, Array]:
    """Where the knobs stand in a mix that was made from these values: bands and sends left out do nothing."""
    gain = values["gain"].copy()
    gain[knobs.new & (np.abs(gain) < LEAST_BAND_DB)] = 0.0
    off_db = PARAMS["strip.send_db"].low
    strips = {strip.id: strip for strip in mix.tracks}
    send = np.array(
        [[strips[name].sends.get(bus, off_db) for bus in knobs.effects] for name in knobs.tracks]
    ).reshape(values["send"].shape)
    return {**values, "gain": gain, "send": send}


def wider(knobs: Knobs, values: Values) -> dict[str, Array]:
    """The same with every free pan and width further out; what stands in the middle goes to alternating sides."""
    pan, width = values["pan"].copy(), values["width"].copy()
    side = 1.0
    for i in np.flatnonzero(knobs.families["pan"].free):
        if knobs.channels[i] == 1:
            side = -side if abs(pan[i]) < 0.1 else side
            pan[i] = _MORE_PAN * (side if abs(pan[i]) < 0.1 else float(np.sign(pan[i])))
    width = np.where(knobs.families["width"].free, width * _MORE_WIDTH, width)
    return {
        **values,
        "pan": knobs.families["pan"].clamp(pan),
        "width": knobs.families["width"].clamp(width),
    }


def groups_of(family: str, row: int, knobs: Knobs) -> str:
    """The group of console.mix.blend that a knob belongs to."""
    if family in FAMILY_GROUPS:
        return FAMILY_GROUPS[family]
    tracks, buses = len(knobs.tracks), len(knobs.effects)
    return "eq" if row < tracks else "sends" if row < tracks + buses else "master"


ALL_GROUPS = frozenset(GROUPS)
