"""Where AbletonOSC keeps tracks, returns and the master: forks differ, so each is looked for where it may be.

Upstream knows the tracks of `song.tracks` only. Some forks take "master", and "return_0" or "A", where a track's
number stands; others have addresses of their own for the master and for returns.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from bridge.live.links.asking import Asker, Question
from bridge.live.wires import Argument


@dataclass(frozen=True, slots=True)
class Room:
    """A mixer strip of Live's: the key it has in the link, its name and kind, and where its messages go.

    `prefix` and `ids` make its addresses; `device_prefix` is empty where its devices cannot be reached.
    """

    key: str
    name: str
    kind: str
    prefix: str = ""
    ids: tuple[Argument, ...] = ()
    device_prefix: str = ""

    def ask(self, what: str, *more: Argument) -> Question:
        """The question for one of its properties."""
        return Question(f"{self.prefix}/get/{what}", (*self.ids, *more))

    def ask_device(self, what: str, device: int, *more: Argument) -> Question:
        """The question for something of one of its devices."""
        return Question(f"{self.device_prefix}/get/{what}", (*self.ids, device, *more))


COUNT: Final = Question("/live/song/get/num_tracks")
NAMES: Final = Question("/live/song/get/track_names")
_RETURN_NAMES: Final = Question("/live/song/get/return_track_names")

#: The most returns that Live has.
MOST_RETURNS: Final = 12

TRACKS: Final = "/live/track"
DEVICES: Final = "/live/device"

#: Where a master may be: its prefix, its ids, and the prefix of its devices.
_MASTERS: Final[tuple[tuple[str, tuple[Argument, ...], str], ...]] = (
    (TRACKS, ("master",), DEVICES),
    ("/live/master", (), ""),
)
_RETURNS: Final[tuple[tuple[str, tuple[Argument, ...], str], ...]] = (
    # prefix, the ids of all there may be, prefix of devices
    (TRACKS, tuple(f"return_{index}" for index in range(MOST_RETURNS)), DEVICES),
    (TRACKS, tuple("ABCDEFGHIJKL"), DEVICES),
    ("/live/return", tuple(range(MOST_RETURNS)), ""),
    ("/live/return_track", tuple(range(MOST_RETURNS)), ""),
)


def track_room(index: int, name: str) -> Room:
    """The room of a track."""
    return Room(f"track/{index}", name, "track", TRACKS, (index,), DEVICES)


def find_rooms(
    asker: Asker, returns: int, names: Sequence[str], known: Sequence[str] = ()
) -> tuple[Room, ...]:
    """The returns, and the master where this AbletonOSC has one.

    Args:
        asker: asks AbletonOSC.
        returns: how many returns there are. Where they cannot be reached they are rooms without a prefix, so that
            the sends to them have a target.
        names: what the user calls them.
        known: what Live has told of their names already.
    """
    masters = [Room("master", "Main", "master", *place) for place in _MASTERS]
    kinds = [
        [Room(f"return/{index}", "", "fx", prefix, (ids[index],), devices) for index in range(returns)]
        for prefix, ids, devices in _RETURNS
    ]
    probes = [room.ask("volume") for room in (*masters, *(rooms[0] for rooms in kinds if rooms))]
    heard = asker.ask([*probes, _RETURN_NAMES], tries=2)
    told = heard.get(_RETURN_NAMES)
    given = [name for name in (told.args if told else known) if isinstance(name, str)]
    unreached = [Room(f"return/{index}", "", "fx") for index in range(returns)]
    found = next((rooms for rooms in kinds if rooms and rooms[0].ask("volume") in heard), unreached)
    named = [replace(room, name=_called(index, names, given)) for index, room in enumerate(found)]
    return *named, *[room for room in masters if room.ask("volume") in heard][:1]


def _called(index: int, names: Sequence[str], given: Sequence[str]) -> str:
    for known in (names, given):
        if index < len(known) and known[index]:
            return known[index]
    return f"Return {chr(ord('A') + index)}"
