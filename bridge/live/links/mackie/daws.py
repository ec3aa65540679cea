"""What each DAW makes of a Mackie Control: its fader's law, how it says the pan, how it banks and how soon."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from bridge.live.links.ableton.laws import fader_db as live_level
from bridge.live.links.ableton.laws import fader_raw as live_place
from bridge.live.links.reaper.taper import HIGHEST_DB as REAPER_HIGHEST_DB
from bridge.live.links.reaper.taper import db_of_position, position_of_db
from console.codec import did_you_mean
from console.errors import ParamError
from exporters.ableton.levels import LEAST_DB as LIVE_LOWEST_DB
from exporters.ableton.levels import MOST_DB as LIVE_HIGHEST_DB
from exporters.ardour.panlaw import from_ardour, to_ardour

#: The highest fader position.
TOP: Final = 16_383
#: What a fader that is all the way down stands for.
SILENT_DB: Final = -90.0


@dataclass(frozen=True, slots=True)
class FaderLaw:
    """How a fader's place 0 … 1 and a level in dB belong together; place 0 is silence, told as `low_db`."""

    place: Callable[[float], float]
    level_db: Callable[[float], float]
    low_db: float
    high_db: float

    def raw(self, level_db: float) -> int:
        """The position 0 … 16383 of a level."""
        if level_db <= self.low_db:
            return 0
        return min(max(round(TOP * self.place(level_db)), 0), TOP)

    def of_raw(self, raw: int) -> float:
        """The level of a position, in dB."""
        if raw <= 0:
            return self.low_db
        return min(max(self.level_db(raw / TOP), self.low_db), self.high_db)

    def travel(self, level_db: float) -> float:
        """The place of a level that is inside the law's range or beyond."""
        return 0.0 if level_db <= self.low_db else min(max(self.place(level_db), 0.0), 1.0)


#: Ardour's slider: gain = 2^((198·x^⅛ − 192)/6), so 0 dB at (192/198)^8 = 0.782 and +6.02 dB at the top.
_ARDOUR_SPAN, _ARDOUR_UNITY = 198.0, 192.0
_DB_OF_SIXTH = 20.0 * math.log10(2.0) / 6.0


def _ardour_place(level_db: float) -> float:
    return math.pow(max((level_db / _DB_OF_SIXTH + _ARDOUR_UNITY) / _ARDOUR_SPAN, 0.0), 8.0)


def _ardour_level(place: float) -> float:
    return (_ARDOUR_SPAN * math.pow(place, 0.125) - _ARDOUR_UNITY) * _DB_OF_SIXTH


ARDOUR_LAW: Final = FaderLaw(_ardour_place, _ardour_level, SILENT_DB, _ardour_level(1.0))

#: A REAPER surface's 14 bits are the place on REAPER's own fader, as its published surface code says.
REAPER_LAW: Final = FaderLaw(position_of_db, db_of_position, SILENT_DB, REAPER_HIGHEST_DB)
#: Live maps a pitch bend over the whole range of its volume.
LIVE_LAW: Final = FaderLaw(live_place, live_level, LIVE_LOWEST_DB, LIVE_HIGHEST_DB)


def law_of_marks(marks: tuple[tuple[float, float], ...]) -> FaderLaw:
    """A law by marks of (place 0 … 1, level in dB), straight in between.

    Raises:
        ParamError: fewer than two marks, or marks that do not rise.
    """
    pairs = list(pairwise(marks))
    if not pairs or any(b[0] <= a[0] or b[1] <= a[1] for a, b in pairs):
        raise ParamError(f"the fader's marks {marks!r:.80} do not rise; give place and level of at least two")

    def place(level_db: float) -> float:
        (x0, y0), (x1, y1) = next((pair for pair in pairs if level_db <= pair[1][1]), pairs[-1])
        return x0 + (x1 - x0) * (level_db - y0) / (y1 - y0)

    def level(at: float) -> float:
        (x0, y0), (x1, y1) = next((pair for pair in pairs if at <= pair[1][0]), pairs[-1])
        return y0 + (y1 - y0) * (at - x0) / (x1 - x0)

    return FaderLaw(place, level, marks[0][1], marks[-1][1])


#: The marks beside the faders of Mackie's own mixers, evenly spaced; what no better law is known for.
_PRINTED: Final = (SILENT_DB, -60.0, -40.0, -30.0, -20.0, -10.0, 0.0, 5.0, 10.0)
PRINTED_LAW: Final = law_of_marks(tuple((index / 8.0, level) for index, level in enumerate(_PRINTED)))


@dataclass(frozen=True, slots=True)
class PotPan:
    """A pan that V-pots turn by steps and the LCD tells as text; azimuth is 0 (left) … 1 (right)."""

    #: The steps of a V-pot from one end to the other.
    steps: int
    #: The LCD's text as an azimuth and how far that may be off; None where it is another text.
    told: Callable[[str], tuple[float, float] | None]
    #: The console's pan and channels as an azimuth, and back.
    azimuth: Callable[[float, int], float]
    pan: Callable[[float, int], float]


_PERCENT: Final = re.compile(r"L(\d{1,3})R(\d{1,3})$")


def _percent(text: str) -> tuple[float, float] | None:
    found = _PERCENT.match(text.replace(" ", ""))
    if found is None or int(found[1]) + int(found[2]) not in (99, 100, 101):
        return None
    right = (int(found[2]) + 100 - int(found[1])) / 200.0
    return min(max(right, 0.0), 1.0), 0.0051


_ARDOUR_PAN: Final = PotPan(
    63,
    _percent,
    lambda pan, channels: to_ardour(pan, channels).azimuth,
    lambda azimuth, channels: from_ardour(azimuth, channels)[0],
)


@dataclass(frozen=True, slots=True)
class Daw:
    """One DAW as a Mackie Control meets it."""

    title: str
    law: FaderLaw
    pan: PotPan | None = None
    #: Whether what we do to a fader or a modifier comes back.
    echoes: bool = True
    #: How long it may take until a new bank shows, and how long it must be quiet then.
    react_s: float = 0.5
    quiet_s: float = 0.08
    #: How long something else may stand where names are, before the names count as changed.
    overlay_s: float = 3.0
    #: Whether SMPTE/BEATS may be pressed to get the time as hours, minutes, seconds.
    asks_time: bool = False
    notes: tuple[str, ...] = ()


_UNTESTED = (
    "This DAW's fader law is not published: levels follow the marks printed beside Mackie's faders and are untested; "
    "compare one fader, or give marks of your own by --set law=PLACE:DB,…",
)
_UNRUN = ("The fader law is the DAW's published one; over MIDI it is untested: compare one fader.",)
_NO_PAN = ("Pan is left alone: only Ardour's V-pots have been measured.",)

#: The DAWs by the word of `--set daw=`.
DAWS: Final[dict[str, Daw]] = {
    "ardour": Daw(
        "Ardour",
        ARDOUR_LAW,
        pan=_ARDOUR_PAN,
        react_s=0.4,
        quiet_s=0.004,
        overlay_s=0.3,
        asks_time=True,
        notes=(
            "Pan moves by V-pot steps of 1/63 of its way; --set mono=NAME,… says which tracks are mono, "
            "all others count as stereo.",
        ),
    ),
    "reaper": Daw("REAPER", REAPER_LAW, notes=_UNRUN + _NO_PAN),
    "ableton": Daw("Ableton Live", LIVE_LAW, notes=_UNRUN + _NO_PAN),
    "plain": Daw("a DAW", PRINTED_LAW, notes=_UNTESTED + _NO_PAN),
    "cubase": Daw("Cubase", PRINTED_LAW, notes=_UNTESTED + _NO_PAN),
    "logic": Daw("Logic", PRINTED_LAW, notes=_UNTESTED + _NO_PAN),
    "studio-one": Daw("Studio One", PRINTED_LAW, notes=_UNTESTED + _NO_PAN),
}


def daw_named(word: str) -> Daw:
    """The DAW of a word.

    Raises:
        ParamError: there is none.
    """
    if word not in DAWS:
        raise ParamError(f"{word!r} is no DAW that the Mackie link knows{did_you_mean(word, list(DAWS))}")
    return DAWS[word]
