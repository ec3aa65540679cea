"""The link to REAPER whose web interface is on: faders and pans are checked by it, and undone in one step."""

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from bridge.live.clock import Clock
from bridge.live.links.reaper.laws import decibels
from bridge.live.links.reaper.learning import MASTER, Limits
from bridge.live.links.reaper.link import ANSWERS_PORT, ReaperLink
from bridge.live.links.reaper.web import WebInterface
from bridge.live.values import Control
from bridge.live.wires import Wire
from console.units import db_to_gain

#: The web interface gives gains and pans with six decimals.
_WITHIN = 2e-6


class ReaperWebLink(ReaperLink):
    """As `ReaperLink`, with its web interface `web`.

    It knows how many tracks there are, which of them are folders, and whether what OSC told of faders and pans is true.
    """

    def __init__(
        self,
        wire: Wire,
        clock: Clock,
        identity: str = "reaper",
        *,
        web: WebInterface,
        limits: Limits | None = None,
        sample_rate_hz: float = 48000.0,
        where: tuple[int, int] = (8000, ANSWERS_PORT),
    ) -> None:
        super().__init__(wire, clock, identity, limits=limits, sample_rate_hz=sample_rate_hz, where=where)
        self._web = web

    def known_tracks(self) -> tuple[int, frozenset[int]]:
        """The number of tracks, and the numbers of the folders among them.

        Raises:
            LinkError: the web interface does not answer.
        """
        return self._web.tracks()

    def read(self, controls: Collection[Control]) -> dict[Control, float]:
        """Where knobs stand. Where OSC and the web interface differ on a fader or a pan all is asked for anew.

        What they differ on after that is the web interface's word, since it is asked and not overheard.
        """
        values = super().read(controls)
        if not any(control.parameter in ("fader_db", "pan") for control in values):
            return values
        if _differing(values, self._seen()):
            self._dump()
            values = super().read(controls)
        return values | _differing(values, self._seen())

    @contextmanager
    def undo_block(self, name: str) -> Iterator[None]:
        """Everything written meanwhile becomes one step of REAPER's undo history, under this name.

        Raises:
            LinkError: the web interface does not answer.
        """
        with self._web.undo_block(name):
            yield
            # What was sent has to have arrived before the block ends.
            self._settle()

    def _seen(self) -> dict[Control, float]:
        """Faders in dB and pans, as the web interface has them."""
        seen = {}
        for track in self._web.read():
            key = str(track.number) if track.number else MASTER
            seen[Control(key, "fader_db")] = decibels(track.gain)
            seen[Control(key, "pan")] = track.pan
        return seen


def _differing(values: dict[Control, float], seen: dict[Control, float]) -> dict[Control, float]:
    """What was seen otherwise than told, further off than six decimals of a gain or a pan."""
    return {
        control: seen[control]
        for control, value in values.items()
        if control in seen and abs(_even(control, value) - _even(control, seen[control])) > _WITHIN
    }


def _even(control: Control, value: float) -> float:
    return db_to_gain(value) if control.parameter == "fader_db" else value
