"""Puts the bands of a strip's equalizer into the slots of a desk's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bridge.live.parameters import BAND_TYPES
from bridge.live.values import Channel, Knob
from console.mix.strip import Band

#: What a band that a slot's ends bend costs, beside an octave of distance.
_BENT: Final = 10.0
_IMPOSSIBLE: Final = 1e6


@dataclass(frozen=True, slots=True)
class Slot:
    """One band of a desk's equalizer: its number, the types it can be, and its knobs by their last names."""

    number: int
    types: tuple[int, ...]
    knobs: Mapping[str, Knob]

    def parameter(self, name: str) -> str:
        """The full name of one of its knobs."""
        return f"equalizer.{self.number}.{name}"


def slots_of(channel: Channel) -> tuple[Slot, ...]:
    """The bands of a channel's equalizer that have a gain, in their order."""
    numbers = sorted(
        {int(n.split(".")[1]) for n in channel.knobs if n.startswith("equalizer.") and n.count(".") == 2}
    )
    slots = []
    for number in numbers:
        knobs = {
            name.rpartition(".")[2]: knob
            for name, knob in channel.knobs.items()
            if name.startswith(f"equalizer.{number}.")
        }
        chosen = knobs.get("type")
        fixed = channel.band_types.get(str(number), BAND_TYPES.index(BAND_TYPES[1]))
        types = tuple(int(choice) for choice in chosen.choices) if chosen else (fixed,)
        if "gain_db" in knobs:
            slots.append(Slot(number, types, knobs))
    return tuple(slots)


def assign(
    bands: Sequence[Band], slots: Sequence[Slot], now_hz: Mapping[int, float]
) -> tuple[dict[int, Band], tuple[Band, ...]]:
    """Bands by the number of their slot, and those for which there is none.

    Each band goes where its type is to be had and its frequency and gain fit; of several such slots to the one that
    stands nearest now (`now_hz` by slot number), so that a desk's bands keep the order that the engineer gave them.
    """
    import numpy as np
    from scipy.optimize import linear_sum_assignment

    if not bands or not slots:
        return {}, tuple(bands)
    cost = np.array([[_cost(band, slot, now_hz.get(slot.number)) for slot in slots] for band in bands])
    # Where there are more bands than slots, the gentlest goes without.
    weight = np.array([[1e-3 * abs(band.gain_db)] for band in bands])
    chosen: dict[int, Band] = {}
    left = set(range(len(bands)))
    for row, column in zip(*linear_sum_assignment(cost - weight), strict=True):
        if cost[row, column] < _IMPOSSIBLE:
            chosen[slots[column].number] = bands[row]
            left.discard(int(row))
    return chosen, tuple(bands[index] for index in sorted(left))


def _cost(band: Band, slot: Slot, now_hz: float | None) -> float:
    if BAND_TYPES.index(band.type) not in slot.types:
        return _IMPOSSIBLE
    bent = sum(
        slot.knobs[name].distance(slot.knobs[name].nearest(value), value) > slot.knobs[name].resolution + 1e-6
        for name, value in (("frequency_hz", band.frequency_hz), ("gain_db", band.gain_db), ("q", band.q))
        if name in slot.knobs
    )
    away = 0.0
    if now_hz and "frequency_hz" in slot.knobs:
        away = slot.knobs["frequency_hz"].distance(now_hz, band.frequency_hz)
    return _BENT * bent + min(away, _BENT) + 1e-4 * slot.number
