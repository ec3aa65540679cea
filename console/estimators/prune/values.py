"""What is asked of a pruning, and what came of it, as values."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from enum import StrEnum

from console.errors import ParamError
from console.mix import Mix

#: Which processor is tried first: each at every turn, the one that changes its track least, or that and then each.
ORDERS = ("brute-force", "dry/wet", "hybrid")


class Unit(StrEnum):
    """What a tolerance is measured in."""

    LOSS = "loss"
    SHARE = "%"
    DB = "dB"


@dataclass(frozen=True, slots=True)
class Tolerance:
    """How much a mix may change in all.

    - loss: the distance may rise by so much;
    - %: by so much of what it was;
    - dB: what changes may be so loud against the mix (−30 dB).
    """

    value: float
    unit: Unit = Unit.SHARE

    def __post_init__(self) -> None:
        good = self.value < 0.0 if self.unit is Unit.DB else self.value >= 0.0
        if not math.isfinite(self.value) or not good:
            raise ParamError(
                f"the tolerance is {self.value:g} {self.unit}; give 0.01 (of the loss), 4%, or a level below 0 as -30dB"
            )

    @classmethod
    def parse(cls, text: str) -> Tolerance:
        """A tolerance as it is typed: 0.01, 4%, -30dB.

        Raises:
            ParamError: it is none of these.
        """
        found = re.fullmatch(r"\s*([-+−]?[\d.]+)\s*(%|[dD][bB])?\s*", text)
        try:
            value = float(found[1].replace("−", "-")) if found else math.nan
        except ValueError:
            value = math.nan
        if found is None or math.isnan(value):
            raise ParamError(f"{text!r} is no tolerance; give 0.01 (of the loss), 4%, or -30dB")
        unit = {"%": Unit.SHARE, None: Unit.LOSS}.get(found[2], Unit.DB)
        return cls(value / 100.0 if unit is Unit.SHARE else value, unit)


@dataclass(frozen=True, slots=True)
class PruneSettings:
    """How a mix is pruned.

    Attributes:
        order: one of ORDERS.
        fine_tune: whether what is left is adjusted after each turn.
        seconds: the most of the song that is listened to.
        turns: the most turns of dropping and adjusting.
        workers: threads.
        seed: kept for the record; nothing here is left to chance.
    """

    order: str = "hybrid"
    fine_tune: bool = True
    seconds: float = 20.0
    turns: int = 8
    workers: int = 2
    seed: int = 0

    def __post_init__(self) -> None:
        if self.order not in ORDERS:
            raise ParamError(f"there is no order {self.order!r}; give one of {', '.join(ORDERS)}")


@dataclass(frozen=True, slots=True)
class Removal:
    """A processor that was dropped, and what it was worth.

    Attributes:
        strip: id of a track, of a bus, or "master".
        processor: "compressor", "equalizer.bands.2", "sends.reverb", …; bands are counted as they stood then.
        setting: how it stood, in words.
        loss: by how much the distance rose; below 0 it sounds nearer without.
        change_db: what changed against the mix before, in dB of it.
    """

    strip: str
    processor: str
    setting: str
    loss: float
    change_db: float


@dataclass(frozen=True, slots=True)
class Pruning:
    """A mix with fewer processors.

    `loss_before` and `loss` are the distances to the target (the spectral one plus the share of the waveform's energy
    that is wrong), which is the mix itself where none is given;
    `change_db` is how loud the difference to the mix before is, against it. `before` and `after` count processors.
    """

    mix: Mix
    removed: tuple[Removal, ...]
    before: int
    after: int
    loss_before: float
    loss: float
    change_db: float
    interrupted: bool = False
