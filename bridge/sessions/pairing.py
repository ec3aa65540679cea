"""Decides which left and right files become one stereo track: the engineer's word, else the role."""

from collections.abc import Mapping
from dataclasses import dataclass

from bridge.sessions.collect import free_id
from bridge.sessions.pairs import Pair, find_pairs, fits, joined_by_default
from bridge.sessions.probe import Probed
from bridge.sessions.roles import name_roles
from bridge.sessions.settings import Pairing, SessionSettings, TrackSettings, resolve
from console.errors import SessionError
from console.session import Role


@dataclass(frozen=True, slots=True)
class Choices:
    """The pairs that are joined, and those that fit but stay two tracks."""

    joined: tuple[Pair, ...]
    apart: tuple[Pair, ...]


def setting_names(probed: Mapping[str, Probed], settings: SessionSettings) -> dict[str, str]:
    """Every name that settings may use for a track, and the id it stands for.

    Ids come first, then file names with their suffix, then the names of pairs. A pair's name stands for itself.
    """
    names = {name: name for name in probed}
    counted: dict[str, list[str]] = {}
    for name, item in probed.items():
        counted.setdefault(item.path.name, []).append(name)
    for file_name, ids in counted.items():
        if len(ids) == 1:
            names.setdefault(file_name, ids[0])
    for pair in find_pairs(probed):
        names.setdefault(pair.id, pair.id)
    for wanted in settings.join:
        if wanted.name:
            names.setdefault(wanted.name, wanted.name)
    return names


def choose_pairs(
    probed: Mapping[str, Probed], settings: SessionSettings, tracks: Mapping[str, TrackSettings]
) -> Choices:
    """The pairs to join: those asked for, and those whose role says that they are one source.

    Raises:
        SessionError: a join or a split names no track, or a join names files that do not fit together.
    """
    files = {name: name for name in probed} | {item.path.name: name for name, item in probed.items()}
    files |= {name: name for name in probed}
    found = find_pairs(probed)
    asked = [_asked(item, files, probed) for item in settings.join]
    split = {resolve(name, _split_names(found), "[[split]]") for name in settings.split}
    taken = {name for pair in asked for name in (pair.left, pair.right)}
    roles = _roles(probed, found, tracks)
    joined = list(asked)
    apart: list[Pair] = []
    for pair in found:
        if pair.left in taken or pair.right in taken:
            continue
        one_left_out = any(tracks.get(name, TrackSettings()).leave_out for name in (pair.left, pair.right))
        wanted = joined_by_default(pair, roles[pair.left]) and pair.left not in split and not one_left_out
        (joined if wanted else apart).append(pair)
    return Choices(tuple(_with_free_ids(joined, probed)), tuple(apart))


def _asked(item: Pairing, files: Mapping[str, str], probed: Mapping[str, Probed]) -> Pair:
    left, right = (resolve(name, files, "[[join]]") for name in (item.left, item.right))
    if left == right or not fits(probed[left], probed[right]):
        raise SessionError(
            f"[[join]] cannot make {item.left!r} and {item.right!r} one stereo track; both must be mono, of one "
            "sample rate, length and time stamp"
        )
    common = {(pair.left, pair.right): pair.id for pair in find_pairs(probed)}
    return Pair(left, right, item.name or common.get((left, right), f"{left} + {right}"))


def _split_names(found: tuple[Pair, ...]) -> dict[str, str]:
    names: dict[str, str] = {}
    for pair in found:
        for name in (pair.id, pair.left, pair.right):
            names.setdefault(name, pair.left)
    return names


def _roles(
    probed: Mapping[str, Probed], found: tuple[Pair, ...], tracks: Mapping[str, TrackSettings]
) -> dict[str, Role]:
    named = dict(zip(probed, name_roles(tuple(probed)), strict=True))
    roles = {}
    for pair in found:
        said = [tracks.get(name, TrackSettings()).role for name in (pair.id, pair.left, pair.right)]
        roles[pair.left] = next((role for role in said if role), named[pair.left].role)
    return roles


def _with_free_ids(pairs: list[Pair], probed: Mapping[str, Probed]) -> list[Pair]:
    taken = set(probed) - {name for pair in pairs for name in (pair.left, pair.right)}
    result = []
    for pair in pairs:
        name = free_id(pair.id, taken)
        taken.add(name)
        result.append(Pair(pair.left, pair.right, name, pair.halves))
    return result
