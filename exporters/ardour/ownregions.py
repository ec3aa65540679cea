"""Regions of a session of ours: what the mix has put into their places and gains, taken out and put in again."""

import math

from exporters.ardour.nodes import Node, children
from exporters.ardour.nodes import number as text_of
from exporters.ardour.sessionfile import Note, SessionFile, number, read_notes
from exporters.ardour.times import SUPERCLOCK_VERSION, Times, clock

#: Closer than this, in samples, a time is one of ours.
_ON_GRID = 1e-3


class OwnRegions:
    """The regions of a session that our writer put there."""

    def __init__(self, session: SessionFile, times: Times) -> None:
        self._session, self._times = session, times
        self._notes = read_notes(session)
        self._playlists = {
            str(item.get("id", "")): item for item in children(session.root.find("Playlists"), "Playlist")
        }
        self._files = {
            str(item.get("id", "")): str(item.get("name", ""))
            for item in children(session.root.find("Sources"), "Source")
        }

    def take_back(self) -> None:
        """Let all of them stand and sound as the audio does before any mix."""
        for key in self._notes:
            self.move(key, 0, 1.0)

    def of(self, key: str) -> list[Node]:
        """Those of a route, and what has been cut off them: they play the same file."""
        note, route = self._notes.get(key), self._session.by_id.get(key)
        if note is None or route is None or note.kind != "track" or not note.file:
            return []
        playlist = self._playlists.get(str(route.get("audio-playlist", "")))
        return [
            region
            for region in children(playlist, "Region")
            if self._files.get(str(region.get("source-0", ""))) == note.file
        ]

    def move(self, key: str, delay_samples: int, gain: float) -> bool:
        """Give the regions of a route another delay and gain; False where none of them are ours.

        What the user did to them stays.
        """
        regions = self.of(key)
        for region in regions:
            was = self._notes[key]
            level = number(region.get("scale-amplitude"), 1.0)
            own = gain if math.isclose(level, was.gain, rel_tol=1e-6) else level / was.gain * gain
            if text_of(own) != text_of(level):
                region.set("scale-amplitude", text_of(own))
            if delay_samples != was.delay_samples:
                self._shift(region, was, delay_samples)
        return bool(regions)

    def _shift(self, region: Node, was: Note, delay_samples: int) -> None:
        length, joined, place = str(region.get("length", "0")).partition("@")
        place = place if joined else str(region.get("position", "0"))
        position, start, samples = (self._samples(text) for text in (place, region.get("start", "0"), length))
        # Of what would begin before the session does the head is cut off, as by the writer; and put back.
        cut = max(-(was.start_samples + was.delay_samples), 0)
        back = cut if abs(position) < _ON_GRID and start > cut - _ON_GRID else 0
        position += delay_samples - was.delay_samples - back
        gone = max(-position, 0.0) if position < -_ON_GRID else 0.0
        if back or gone:
            region.set("start", self._text(start - back + gone))
            length = self._text(max(samples + back - gone, 0.0))
        place = self._text(position + gone)
        region.set("length", f"{length}@{place}" if joined else length)
        if not joined:
            region.set("position", place)

    def _samples(self, text: str) -> float:
        return self._times.seconds(text, "a region's place") * self._session.sample_rate_hz

    def _text(self, samples: float) -> str:
        whole = round(samples)
        if self._session.version < SUPERCLOCK_VERSION:
            return str(whole)
        return clock(whole, self._session.sample_rate_hz)
