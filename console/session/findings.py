"""What the import found wrong with a session: one finding a fact, with a code that stays the same."""

from dataclasses import dataclass, field
from enum import StrEnum

from console.frozen import FrozenMap


class Severity(StrEnum):
    """How much a finding matters."""

    NOTE = "note"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Finding:
    """One fact about one or more tracks: a code for machines, a sentence for people, figures behind it.

    Codes: silent, clipping, dc, dual-mono, duplicate, polarity, late-microphone, click, resampled, nonfinite,
    multichannel, unreadable, left-out, joined, duplicate-name, unequal-length, role-uncertain, roles-by-name,
    low-sample-rate, one-track, uneven-start; of a DAW's project also muted, soloed, render-first, media-missing,
    media-found, own-plugins, own-returns, joined-items.
    """

    code: str
    text: str
    tracks: tuple[str, ...] = ()
    severity: Severity = Severity.WARNING
    figures: FrozenMap[float] = field(default_factory=FrozenMap)
