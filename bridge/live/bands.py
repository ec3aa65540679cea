"""Puts the bands of a strip's equalizer into the slots of a desk's."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bridge.live.parameters import BAND_TYPES
from bridge.live.values import Channel, Knob
from console.mix.strip import Band

#: What it costs where a slot's ends bend a band.
_BENT: Final = 10.0
_IMPOSSIBLE: Final = 1e6
#: What a slot costs that stands otherwise: for each e-fold of frequency or q, each dB, and another type.
_UNLIKE: Final = {"frequency_hz": 1.0, "gain_db": 0.02, "q": 0.05}
_OTHER_TYPE: Final = 0.5
_LOUD_BANDS_FIRST: Final = 1e3


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
    bands: Sequence[Band], slots: Sequence[Slot], now: Mapping[str, float]
) -> tuple[dict[int, Band], tuple[Band, ...]]:
    """Bands by the number of their slot, and those for which there is none.

    Each band goes where its type is to be had and its frequency and gain fit; of several such slots to the one that
    stands most like it now (`now` by parameter), so that a desk's bands keep the order that the engineer gave them.
    Where there are more bands than slots, the gentlest goes without.
    """
    import numpy as np
    from scipy.optimize import linear_sum_assignment

    if not bands or not slots:
        return {}, tuple(bands)
    cost = np.array([[_cost(band, slot, now) for slot in slots] for band in bands])
    weight = np.array([[_LOUD_BANDS_FIRST * abs(band.gain_db)] for band in bands])
    chosen: dict[int, Band] = {}
    left = set(range(len(bands)))
    for row, column in zip(*linear_sum_assignment(cost - weight), strict=True):
        if cost[row, column] < _IMPOSSIBLE:
            chosen[slots[column].number] = bands[row]
            left.discard(int(row))
    return chosen, tuple(bands[index] for index in sorted(left))


def _cost(band: Band, slot: Slot, now: Mapping[str, float]) -> float:
    kind = BAND_TYPES.index(band.type)
    if kind not in slot.types:
        return _IMPOSSIBLE
    wanted = {"frequency_hz": band.frequency_hz, "gain_db": band.gain_db, "q": band.q}
    cost = 1e-4 * slot.number
    for name, value in wanted.items():
        knob = slot.knobs.get(name)
        if knob is None:
            continue
        if knob.distance(knob.nearest(value), value) > knob.resolution + 1e-6:
            cost += _BENT
        stands = now.get(slot.parameter(name))
        if stands is not None:
            cost += min(_UNLIKE[name] * knob.distance(stands, value), _BENT / 4)
    return cost + _OTHER_TYPE * (now.get(slot.parameter("type"), kind) != kind)
