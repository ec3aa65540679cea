"""What came of a match, as values."""

from dataclasses import dataclass, field

from console.frozen import FrozenMap
from console.losses.sound import Sound, Terms
from console.mix import Mix

#: The most steps of the descent of each turn.
STEPS = (300, 200, 200, 200)


@dataclass(frozen=True, slots=True)
class Passed:
    """A point that a match passed: the steps of all descents up to it, and the distance of the best mix played so far.

    The distance is the sum of the terms in dB (console.losses.sound.Terms.total).
    """

    steps: int
    distance: float


@dataclass(frozen=True, slots=True)
class Match:
    """A matched mix and how near it came.

    `before` and `after` are the distances of the start and of the result to the reference, both played on the real
    processors over what `match` listened to. `contributions` tells, by group (fader, eq, pan, sends, master,
    dynamics), by how many dB the sum of the terms would be larger if that group stood where it started; together
    they need not add up to the whole. `improved` is False where no move helped: `mix` is then the start.
    `history` begins with the start and has an entry for each turn and one for the end, where hidden tracks are raised
    and faders ridden.
    """

    mix: Mix
    before: Terms
    after: Terms
    start_sound: Sound
    sound: Sound
    contributions: FrozenMap[float] = field(default_factory=FrozenMap)
    improved: bool = True
    interrupted: bool = False
    notes: tuple[str, ...] = ()
    history: tuple[Passed, ...] = ()
