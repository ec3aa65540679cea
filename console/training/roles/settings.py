"""What the training of the role classifier may be told."""

from dataclasses import dataclass, field

from console.errors import ParamError
from console.frozen import FrozenMap


@dataclass(frozen=True, slots=True)
class StemFolder:
    """A folder of the user's with one folder per role in it ("kick", "lead_vocal", …) and audio files in those.

    A file of a second or less is struck again and again, others are played as they are. `credit` goes into the
    card. What is `held_out` is only listened to for the held-out figures.
    """

    folder: str
    credit: str = ""
    held_out: bool = False


@dataclass(frozen=True, slots=True)
class RoleSettings:
    """The section [roles].

    - `batch`, `windows`: tracks in a step, and windows of each;
    - `width`, `dropout`: of the network;
    - `start`: weights of an earlier run to go on from;
    - `least_confidence`: labels that are less sure are not learnt;
    - `leave_out`: songs whose id has one of these texts in it are neither learnt nor judged;
    - `stems`: folders beside the store, by a name of the user's choice;
    - `stem_share`: how often a track comes from those where they are rich in its class, 0 … 1;
    - `sung_share`: how often a vocal is a synthetic one;
    - `weights`: how often a class is drawn, relative to 1; missing ones are 1;
    - `smoothing`: of the labels, against rash certainty.
    """

    batch: int = 64
    windows: int = 3
    width: int = 24
    dropout: float = 0.2
    start: str = ""
    least_confidence: float = 0.75
    leave_out: tuple[str, ...] = ()
    stems: FrozenMap[StemFolder] = field(default_factory=FrozenMap)
    stem_share: float = 0.5
    sung_share: float = 0.3
    smoothing: float = 0.05
    weights: FrozenMap[float] = field(default_factory=FrozenMap)

    def __post_init__(self) -> None:
        for name, low, high in _RANGES:
            value = getattr(self, name)
            if not low <= value <= high:
                raise ParamError(f"{name} is {value:g}; give a value from {low:g} to {high:g}")


_RANGES = (
    ("batch", 2, 4096),
    ("windows", 1, 8),
    ("width", 4, 48),
    ("dropout", 0.0, 0.9),
    ("least_confidence", 0.0, 1.0),
    ("stem_share", 0.0, 1.0),
    ("sung_share", 0.0, 1.0),
    ("smoothing", 0.0, 0.5),
)
