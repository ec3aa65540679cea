"""The strips that a hand-over can be written with: REAPER's own plugins, or the JSFX channel strip."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from console.errors import ExportError
from console.mix import Bus, Master, TrackStrip
from exporters.reaper.chain import MAKEUP_LIMIT_DB, Chain, bus_chain, master_chain, track_chain
from exporters.reaper.jsfx import without_settings
from exporters.reaper.jsfxchain import bus_strip_chain, master_strip_chain, track_strip_chain
from exporters.report import Ledger


@dataclass(frozen=True, slots=True)
class StripKind:
    """How the modules of tracks, buses and the master become chains.

    `outside` is the part of a track's strip that stands outside its chain: input gain, polarity and width may
    be among it or not. Make-up over `makeup_limit_db` goes to the fader.
    """

    track: Callable[[TrackStrip, int, Ledger], Chain]
    bus: Callable[[Bus, int, Ledger], Chain]
    master: Callable[[Master, int, Ledger], Chain]
    outside: Callable[[TrackStrip], TrackStrip]
    makeup_limit_db: float


def _whole(strip: TrackStrip) -> TrackStrip:
    return strip


#: By the name that the option --strip takes.
STRIPS: Mapping[str, StripKind] = MappingProxyType(
    {
        "rea": StripKind(track_chain, bus_chain, master_chain, _whole, MAKEUP_LIMIT_DB),
        "jsfx": StripKind(track_strip_chain, bus_strip_chain, master_strip_chain, without_settings, math.inf),
    }
)


def strip_kind(name: str) -> StripKind:
    """The kind of strip of a name.

    Raises:
        ExportError: there is none of that name.
    """
    try:
        return STRIPS[name]
    except KeyError:
        raise ExportError(f"{name!r} is no kind of strip; give one of {', '.join(STRIPS)}") from None
