"""Keeps the balance of a mix on a desk while hands move its faders: what the rest shall stand at because of them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from bridge.live.parameters import SILENCE_DB
from bridge.live.rebalance import rebalance
from console.mix.strip import TrackStrip
from console.mix.values import Mix
from console.params import spec


@dataclass
class Balance:
    """The balance around the hands, always counted from the mix as it was meant, so that nothing adds up.

    As long as the mix has not been carried out, the faders by hand are what it is hung on: all of it goes up or down
    with them. From then on its height stays, and the others move around the hands by no more than the limit.

    Args:
        limit_db: no other fader moves further than this from the balance, in dB.
        levels_db: track id → loudness before the fader, in LUFS; equal for all unless given.
    """

    limit_db: float = 2.0
    levels_db: Mapping[str, float] = field(default_factory=dict)
    _hung_db: float = 0.0
    #: What was carried out: the snapshot from before it, and how high the mix hung.
    _done: list[tuple[int, float]] = field(default_factory=list)

    def around(self, mix: Mix, hands_db: Mapping[str, float], left: Collection[str] = ()) -> Mix:
        """The mix around the hands.

        Args:
            mix: what the desk is meant to stand at.
            hands_db: track id → where a hand has put the fader, in dB.
            left: the ids of tracks that are left alone for another reason.
        """
        known = {track.id: hands_db[track.id] for track in mix.tracks if track.id in hands_db}
        if not self._done:
            meant = [known[track.id] - track.fader_db for track in mix.tracks if track.id in known]
            self._hung_db = sum(meant) / len(meant) if meant else 0.0
        hung = replace(mix, tracks=tuple(self._hung(track, known, left) for track in mix.tracks))
        return rebalance(hung, known, levels_db=self.levels_db, limit_db=self.limit_db)

    def carried_out(self, before: int) -> None:
        """The mix was carried out; `before` is the snapshot from before it."""
        self._done.append((before, self._hung_db))

    def taken_back(self, to: int) -> None:
        """The desk went back to a snapshot: what was carried out since counts no more."""
        self._done = [one for one in self._done if one[0] < to]
        self._hung_db = self._done[-1][1] if self._done else 0.0

    def _hung(self, track: TrackStrip, known: Collection[str], left: Collection[str]) -> TrackStrip:
        alone = track.id in left or "all" in track.locked
        if alone and track.id not in known and "fader_db" not in track.locked:
            track = replace(track, locked=(*track.locked, "fader_db"))
        if "fader_db" in track.locked or track.fader_db <= SILENCE_DB or not self._hung_db:
            return track
        return replace(track, fader_db=spec("strip.fader_db").clamp(track.fader_db + self._hung_db))
