"""Which strip of a mix is which channel of a desk, by name, with how sure that is and why."""

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from bridge.live.values import Channel
from bridge.sessions.roles import NamedRole, name_roles
from bridge.sessions.tokens import common_prefix, tokens_of, without_index
from console.codec import did_you_mean
from console.errors import LinkError
from console.mix.strip import TrackStrip
from console.mix.values import MASTER, Bus, BusKind, Master, Mix
from console.session import Role
from presets.roles import load_roles

#: A pair below this is asked about; without an answer the strip is left alone.
SURE: Final = 0.75
#: Below this two names have nothing to do with each other.
_ALIKE: Final = 0.45
#: What a second channel that is nearly as good takes from the confidence.
_RIVAL: Final = 0.25
_SHORTEST_ABBREVIATION = 3
#: What the same number in front of both names adds, and another takes away.
_NUMBER: Final = 0.08
_INDEX = re.compile(r"\d{1,3}(?=\D)")


@dataclass(frozen=True, slots=True)
class Pair:
    """A strip of the mix, by its name in `strips_of`, and a channel of the desk."""

    strip: str
    channel: Channel
    confidence: float
    why: str


@dataclass(frozen=True, slots=True)
class Pairing:
    """Pairs in the mix's order; strips without a channel; channels without a strip, which are never moved."""

    pairs: tuple[Pair, ...]
    strips: tuple[str, ...] = ()
    channels: tuple[Channel, ...] = ()

    @property
    def sure(self) -> tuple[Pair, ...]:
        """The pairs that need no question."""
        return tuple(pair for pair in self.pairs if pair.confidence >= SURE)

    @property
    def unclear(self) -> tuple[Pair, ...]:
        """The pairs that the engineer should look at."""
        return tuple(pair for pair in self.pairs if pair.confidence < SURE)


def pair_up(mix: Mix, channels: Sequence[Channel], told: Mapping[str, str] | None = None) -> Pairing:
    """Pair a mix with a desk.

    Args:
        mix: its tracks, buses and master.
        channels: the desk's channels.
        told: strip → name or key of a channel, "" for none: what the engineer has said, now or before.

    Raises:
        LinkError: `told` names a strip or a channel that is not there.
    """
    told = dict(told or {})
    kinds = _strip_kinds(mix)
    for strip in told:
        if strip not in kinds:
            raise LinkError(f"the mix has no strip {strip!r}{did_you_mean(strip, list(kinds))}")
    pairs = {
        strip: _said(strip, name, _of_kind(channels, kinds[strip])) for strip, name in told.items() if name
    }
    taken = [pair.channel.key for pair in pairs.values()]
    twice = next((key for key in taken if taken.count(key) > 1), None)
    if twice is not None:
        rivals = ", ".join(repr(strip) for strip, pair in pairs.items() if pair.channel.key == twice)
        raise LinkError(f"one channel is given to several strips: {rivals}; pair each with one of its own")
    for kind in ("track", "group", "fx", "master"):
        strips = [strip for strip, its in kinds.items() if its == kind and strip not in told]
        free = [one for one in _of_kind(channels, kind) if one.key not in taken]
        for pair in _best(strips, free, kind):
            pairs[pair.strip] = pair
            taken.append(pair.channel.key)
    return Pairing(
        tuple(pairs[strip] for strip in kinds if strip in pairs),
        tuple(strip for strip in kinds if strip not in pairs),
        tuple(one for one in channels if one.key not in taken),
    )


def bus_strips(mix: Mix) -> dict[str, str]:
    """Bus id → the name of its strip among all strips: a track may have the same id, and keeps it."""
    taken = {MASTER, *(track.id for track in mix.tracks)}
    names: dict[str, str] = {}
    for bus in mix.buses:
        name = bus.id
        while name in taken:
            name += " (bus)"
        taken.add(name)
        names[bus.id] = name
    return names


def master_strip(mix: Mix) -> str:
    """The name of the master's strip among all strips."""
    return f"{MASTER} (main)" if any(track.id == MASTER for track in mix.tracks) else MASTER


def strips_of(mix: Mix) -> dict[str, TrackStrip | Bus | Master]:
    """Every strip of a mix under a name that no other has."""
    names = bus_strips(mix)
    found: dict[str, TrackStrip | Bus | Master] = {track.id: track for track in mix.tracks}
    found |= {names[bus.id]: bus for bus in mix.buses}
    return found | {master_strip(mix): mix.master}


def _strip_kinds(mix: Mix) -> dict[str, str]:
    return {name: _kind(strip) for name, strip in strips_of(mix).items()}


def _kind(strip: TrackStrip | Bus | Master) -> str:
    if isinstance(strip, Bus):
        return "fx" if strip.kind is BusKind.FX else "group"
    return "track" if isinstance(strip, TrackStrip) else "master"


def _fits(channel: str, strip: str) -> bool:
    """A desk may not tell a group from a return; a track is never taken for a bus, nor anything for the master."""
    buses = ("group", "fx", "bus")
    return channel == strip or (channel in buses and strip in buses)


def _of_kind(channels: Sequence[Channel], strip: str) -> list[Channel]:
    return [channel for channel in channels if _fits(channel.kind, strip)]


def _said(strip: str, name: str, channels: Sequence[Channel]) -> Pair:
    found = [one for one in channels if one.key == name] or [one for one in channels if one.name == name]
    if not found:
        raise LinkError(
            f"the desk has no channel {name!r} that {strip!r} could be"
            f"{did_you_mean(name, [one.name for one in channels])}"
        )
    if len(found) > 1:
        keys = ", ".join(one.key for one in found)
        raise LinkError(f"the desk has {len(found)} channels {name!r}; say which by its number: {keys}")
    return Pair(strip, found[0], 1.0, "told")


def _best(strips: Sequence[str], channels: Sequence[Channel], kind: str) -> Iterable[Pair]:
    """The pairs whose likenesses add up to the most, each with its confidence."""
    if not strips or not channels:
        return
    if kind == "master":
        yield Pair(strips[0], channels[0], 1.0, "the master")
        return
    import numpy as np
    from scipy.optimize import linear_sum_assignment

    likeness, why = _likeness(strips, [channel.name for channel in channels])
    table = np.array(likeness)
    # Of several names as good as each other the order decides, as the n-th "Guitar" here is the n-th there.
    order = np.abs(np.subtract.outer(np.arange(len(strips)), np.arange(len(channels)))) * 1e-6
    for row, column in zip(*linear_sum_assignment(order - table), strict=True):
        found = table[row, column]
        if found < _ALIKE:
            continue
        rivals = np.concatenate([np.delete(table[row], column), np.delete(table[:, column], row)])
        rival = float(rivals.max()) if rivals.size else 0.0
        doubt = _RIVAL * max(0.0, 1.0 - (found - rival) / 0.2) if rival > _ALIKE else 0.0
        yield Pair(strips[row], channels[column], round(float(found - doubt), 3), why[row][column])


def _likeness(ours: Sequence[str], theirs: Sequence[str]) -> tuple[list[list[float]], list[list[str]]]:
    table = load_roles()
    left, right = _words(ours), _words(theirs)
    left_roles, right_roles = name_roles(ours, table), name_roles(theirs, table)
    values: list[list[float]] = []
    why: list[list[str]] = []
    for i, name in enumerate(ours):
        row = [
            _alike(name, theirs[j], left[i], right[j], left_roles[i], right_roles[j])
            for j in range(len(theirs))
        ]
        numbered = [_numbered(name, other) for other in theirs]
        values.append(
            [
                min(value + plus, 1.0) if value < 1.0 else 1.0
                for (value, _), plus in zip(row, numbered, strict=True)
            ]
        )
        why.append([text for _, text in row])
    return values, why


def _numbered(one: str, other: str) -> float:
    """What the track's number in front says, where both names have one."""
    first, second = _INDEX.match(one), _INDEX.match(other)
    if first is None or second is None:
        return 0.0
    return _NUMBER if int(first[0]) == int(second[0]) else -_NUMBER


def _words(names: Sequence[str]) -> list[tuple[str, ...]]:
    table = load_roles()
    parsed = [without_index(tokens_of(name), table) for name in names]
    skip = common_prefix(parsed)
    return [words[skip:] for words in parsed]


def _alike(
    one: str,
    other: str,
    left: tuple[str, ...],
    right: tuple[str, ...],
    role: NamedRole,
    other_role: NamedRole,
) -> tuple[float, str]:
    if one == other:
        return 1.0, "the same name"
    if left and left == right:
        return 0.97, "the same name but for numbering, case or punctuation"
    first, second = "".join(left), "".join(right)
    if first and first == second:
        return 0.95, "the same letters"
    if first and sorted(left) == sorted(right):
        return 0.9, "the same words"
    ratio = difflib.SequenceMatcher(None, first, second, autojunk=False).ratio()
    best = (0.85 * ratio, "alike in letters")
    shorter, longer = sorted((first, second), key=len)
    if len(shorter) >= _SHORTEST_ABBREVIATION and longer.startswith(shorter):
        best = max(best, (0.85, "the beginning of the name"))
    elif len(shorter) >= _SHORTEST_ABBREVIATION and _abbreviates(shorter, longer):
        best = max(best, (0.7, "short for it"))
    same_role = role.role == other_role.role and role.role is not Role.OTHER
    numbers = [word for word in left if word.isdecimal()] == [word for word in right if word.isdecimal()]
    if same_role and role.detail == other_role.detail and numbers:
        best = max(best, (0.8, f"both {role.role}"))
    elif same_role:
        best = max(best, (0.6, f"both {role.role}"))
    return best


def _abbreviates(short: str, long: str) -> bool:
    """Whether a name is another with letters left out, first letter kept: SnrTop, GtrL."""
    letters = iter(long)
    return short[:1] == long[:1] and all(letter in letters for letter in short)
