"""Balances the rest of a mix around the faders that the engineer has set by hand.

A hand on a fader says something about that track, about what belongs to it, and about nothing else. The moves x of the
other faders (dB) minimise

    sum c_ij (x_i - x_j)^2  +  sum (x_i - g)^2  +  n g^2  +  m (sum p_i x_i)^2

where c ties microphones of one source and members of one group together, p are the tracks' shares of the mix's energy,
so that the mix does not get louder for it, and g is an offset of all that costs nothing as long as the mix has not been
carried out: then the faders by hand are the anchor that the mix is hung on.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from console.mix.strip import Reason, TrackStrip
from console.mix.values import MASTER, Mix
from console.params import spec
from console.session import Role

#: How strongly two tracks are tied: microphones of one source, one role, one group. Strangers are not tied.
_ONE_SOURCE: Final = 6.0
_ONE_ROLE: Final = 1.0
_ONE_GROUP: Final = 0.15
#: How much of a change of loudness is taken back: this is to that share as the share is to the rest, a third here.
_LOUDNESS: Final = 0.5
#: What keeps all faders from moving together once the mix is there.
_OFFSET: Final = 1e6
#: A move smaller than this, in dB, is not worth a hand on the fader.
_LEAST_DB: Final = 0.1
#: Roles whose tracks are one instrument before several microphones.
_MICROPHONES: Final = frozenset({Role.KICK, Role.SNARE, Role.OVERHEAD, Role.ROOM, Role.HIHAT, Role.BASS})


def rebalance(
    mix: Mix,
    hands_db: Mapping[str, float],
    *,
    levels_db: Mapping[str, float] | None = None,
    limit_db: float = 2.0,
    carried_out: bool = True,
) -> Mix:
    """A mix balanced anew around some faders; all but the faders stays, and every move has its reason.

    Args:
        mix: the mix as it was meant.
        hands_db: track id → where the engineer's hand has put the fader, in dB.
        levels_db: track id → loudness before the fader, in LUFS; equal for all unless given.
        limit_db: no other fader moves further than this from the balance, in dB.
        carried_out: whether the desk stands at the mix. Where not, the mix is hung on the hands' faders.
    """
    import numpy as np

    ids = [track.id for track in mix.tracks]
    known = {name: level for name, level in hands_db.items() if name in ids}
    free = [track for track in mix.tracks if track.id not in known and "fader_db" not in track.locked]
    if not known:
        return mix
    faders = {track.id: track.fader_db for track in mix.tracks}
    hand = {name: level - faders[name] for name, level in known.items()}
    shares = _shares(mix, levels_db or {})
    rows: list[tuple[dict[int, float], float]] = []
    at = {track.id: index for index, track in enumerate(free)}
    offset = len(free)
    for index, track in enumerate(free):
        for other in mix.tracks:
            tie = _tie(track, other)
            if tie <= 0.0 or other.id == track.id:
                continue
            if other.id in at:
                if at[other.id] > index:
                    rows.append(({index: tie**0.5, at[other.id]: -(tie**0.5)}, 0.0))
            elif other.id in hand:
                rows.append(({index: tie**0.5}, tie**0.5 * hand[other.id]))
        rows.append(({index: 1.0, offset: -1.0}, 0.0))
    if carried_out:
        rows.append(({offset: _OFFSET**0.5}, 0.0))
        weight = (_LOUDNESS / max(sum(shares[name] ** 2 for name in at), 1e-12)) ** 0.5
        louder = sum(shares[name] * d for name, d in hand.items())
        rows.append(({at[name]: weight * shares[name] for name in at}, -weight * louder))
    else:
        rows += [({offset: 1.0}, d) for d in hand.values()]
    matrix, right = np.zeros((len(rows), offset + 1)), np.zeros(len(rows))
    for number, (row, value) in enumerate(rows):
        for column, weight in row.items():
            matrix[number, column] = weight
        right[number] = value
    solution = np.linalg.lstsq(matrix, right, rcond=None)[0]
    moves = {track.id: float(solution[at[track.id]]) for track in free}
    common = 0.0 if carried_out else float(solution[offset])
    return replace(
        mix, tracks=tuple(_moved(track, known, hand, moves, common, limit_db) for track in mix.tracks)
    )


def _shares(mix: Mix, levels_db: Mapping[str, float]) -> dict[str, float]:
    """Each track's share of the energy of all, by its loudness and its fader."""
    energy = {
        track.id: 0.0 if track.muted else 10.0 ** ((levels_db.get(track.id, 0.0) + track.fader_db) / 10.0)
        for track in mix.tracks
    }
    whole = sum(energy.values()) or 1.0
    return {name: value / whole for name, value in energy.items()}


def _tie(one: TrackStrip, other: TrackStrip) -> float:
    if one.role == other.role and one.role in _MICROPHONES:
        return _ONE_SOURCE
    if one.role == other.role and one.role != Role.OTHER:
        return _ONE_ROLE
    return _ONE_GROUP if one.output == other.output != MASTER else 0.0


def _moved(
    track: TrackStrip,
    known: Mapping[str, float],
    hand: Mapping[str, float],
    moves: Mapping[str, float],
    common: float,
    limit_db: float,
) -> TrackStrip:
    row = spec("strip.fader_db")
    if track.id in known:
        return replace(track, fader_db=row.clamp(known[track.id]))
    move_db = moves.get(track.id)
    if move_db is None:
        return track
    move_db = common + min(max(move_db - common, -limit_db), limit_db)
    if abs(move_db) < _LEAST_DB:
        return track
    fader_db = row.quantise(row.clamp(track.fader_db + move_db))
    nearest = max(hand, key=lambda name: abs(hand[name]))
    text = (
        f"{fader_db - track.fader_db:+.1f} dB, since your hand moved {nearest!r} by {hand[nearest]:+.1f} dB"
    )
    kept = tuple(one for one in track.reasons if "since your hand" not in one.text)
    return replace(track, fader_db=fader_db, reasons=(*kept, Reason("fader_db", text)))
