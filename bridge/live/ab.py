"""A/B: from one snapshot to the other at matched loudness, the louder one turned down at the master."""

from collections.abc import Callable, Mapping

from bridge.live.guard import Policy
from bridge.live.rig import Prepared, Rig
from bridge.live.values import Channel, Control

#: No trim is larger than this, in dB: what differs by more is no question of loudness any more.
_MOST_DB = 12.0


def matched(
    rig: Rig, sides: Mapping[str, int], wanted: str, louder_db: Callable[[int, int], float | None]
) -> tuple[Prepared, str]:
    """The plan that takes a desk to a side, and what was done about the loudness, in words.

    Args:
        rig: the desk.
        sides: the snapshots of the sides "A" and "B".
        wanted: the side to go to.
        louder_db: by how much the first of two snapshots is louder than the second, in dB; None: nobody knows.

    The side that is louder is turned down by the difference at the master, which is never raised above what the
    snapshot has.
    """
    snapshot = rig.folder.store.load(sides[wanted])
    values, missing = snapshot.on(rig.channels)
    other = sides["A" if wanted == "B" else "B"]
    difference_db = louder_db(sides[wanted], other) if other else 0.0
    text = f"side {wanted}"
    master = next((channel for channel in rig.channels if channel.kind == "master"), None)
    if difference_db is None:
        text += ", loudness not matched: nobody knows how loud the sides are (give --mix with --stems, or --offset)"
    elif master is None or master.control("fader_db") not in values:
        text += ", loudness not matched: the desk has no master fader to do it with"
    elif difference_db > 0.0:
        trim_db = min(difference_db, _MOST_DB)
        values = _turned_down(values, master, trim_db)
        text += f", turned down by {trim_db:.1f} dB to match"
    else:
        text += ", the softer one: as it is"
    return rig.prepare_values(values, Policy(returning=True)), "; ".join((text, *missing))


def _turned_down(values: dict[Control, float], master: Channel, trim_db: float) -> dict[Control, float]:
    fader = master.control("fader_db")
    return {**values, fader: max(values[fader] - trim_db, master.knobs["fader_db"].low)}


def side_heard(rig: Rig, sides: Mapping[str, int]) -> str:
    """The side, "A" or "B", that more of the desk's knobs stand at, of those in which the two differ."""
    values = {side: rig.folder.store.load(number).on(rig.channels)[0] for side, number in sides.items()}
    votes = {"A": 0, "B": 0}
    for control, one in values["A"].items():
        other = values["B"].get(control, one)
        now = rig.desk.values.get(control)
        if now is not None and not rig.desk.knobs[control].agree(one, other):
            knob = rig.desk.knobs[control]
            votes["A" if knob.distance(now, one) <= knob.distance(now, other) else "B"] += 1
    return "A" if votes["A"] > votes["B"] else "B"
