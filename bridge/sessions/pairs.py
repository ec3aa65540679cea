"""Finds the mono files that are the left and the right side of one stereo track."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bridge.sessions.probe import Probed
from console.session import Role

#: Sources that two microphones or outputs pick up as one picture. Everything else that is called left and right
#: is rather two performances (guitars, voices) or two instruments (kicks, toms, cymbals), which an engineer
#: pans one by one.
JOINED_ROLES = frozenset(
    {
        Role.OVERHEAD,
        Role.ROOM,
        Role.DRUMS,
        Role.PERCUSSION,
        Role.KEYS,
        Role.ORGAN,
        Role.SYNTH,
        Role.PAD,
        Role.STRINGS,
        Role.BRASS,
        Role.WOODWIND,
        Role.FX,
        Role.OTHER,
    }
)

#: "Name.L" is how workstations write the halves of one stereo track: always one source.
_HALF_MARK = "."

_SIDE = re.compile(
    r"(?P<base>.*?)(?P<mark>[ _.\-(\[]*)"
    r"(?:(?<![^\W_])(?P<word>left|right|l|r)|(?P<camel>(?<=[a-z0-9])(?:Left|Right)|(?<=\w)[LR]))"
    r"[)\]]?(?P<tail>(?:[ _.\-]\d{1,3})?)",
    re.DOTALL | re.IGNORECASE,
)
_NUMBER = re.compile(r"^\d{1,3}[ _.\-]+")


@dataclass(frozen=True, slots=True)
class Pair:
    """The ids of two files, the id of the track they make, and whether their names are halves of one track."""

    left: str
    right: str
    id: str
    halves: bool = False


@dataclass(frozen=True, slots=True)
class _Side:
    id: str
    base: str
    side: str
    mark: str


def find_pairs(probed: Mapping[str, Probed]) -> tuple[Pair, ...]:
    """The pairs among files by id: names alike but for L and R, both mono, of one rate, length and time stamp."""
    sides: dict[tuple[str, str], dict[str, list[_Side]]] = defaultdict(lambda: defaultdict(list))
    for name in probed:
        found = _side_of(name)
        if found:
            key = (_NUMBER.sub("", found.base).casefold(), found.mark)
            sides[key][found.side].append(found)
    pairs = []
    for both in sides.values():
        for left, right in _matched(both["l"], both["r"]):
            if fits(probed[left.id], probed[right.id]):
                pairs.append(Pair(left.id, right.id, left.base, left.mark == _HALF_MARK))
    return tuple(pairs)


def fits(left: Probed, right: Probed) -> bool:
    """Whether two files can be one stereo track."""
    one, two = left.file, right.file
    if one is None or two is None or one.channels != 1 or two.channels != 1:
        return False
    same = one.sample_rate_hz == two.sample_rate_hz and one.frames == two.frames
    return same and left.time_reference_samples == right.time_reference_samples


def joined_by_default(pair: Pair, role: Role) -> bool:
    """Whether a pair of this role becomes one stereo track unless someone says otherwise."""
    return pair.halves or role in JOINED_ROLES


def _side_of(name: str) -> _Side | None:
    match = _SIDE.fullmatch(name)
    if match is None or not match["base"].strip(" _.-0123456789"):
        return None
    camel = match["camel"]
    if camel and not camel[0].isupper():
        return None
    side = (match["word"] or camel)[0].lower()
    return _Side(name, match["base"] + match["tail"], side, match["mark"].strip() or match["mark"])


def _matched(left: Sequence[_Side], right: Sequence[_Side]) -> list[tuple[_Side, _Side]]:
    """Each left side with the right side of the same full name, else with the only one that is there."""
    by_base = {side.base: side for side in right}
    pairs = [(side, by_base[side.base]) for side in left if side.base in by_base]
    if not pairs and len(left) == len(right) == 1:
        pairs = [(left[0], right[0])]
    return pairs
