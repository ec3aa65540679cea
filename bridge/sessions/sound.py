"""What a few figures say about a track's role: what each role is expected to have, and what a click track is.

The bounds are wide on purpose: they are there to notice a kick that is a bell, not to tell a viola from a violin.
"""

from dataclasses import dataclass

import numpy as np

from console.analysis.values import BARK_EDGES_HZ, TrackAnalysis
from console.session import Role

#: Critical bands 0–200 Hz, and from 4.4 kHz on.
_LOW_BANDS, _HIGH_BANDS = slice(0, 2), slice(18, None)
_LOWEST_HZ = 30.0

#: What counts as a click track: so many ticks at one level or two (accents), evenly spaced from
#: front to back, with silence between, in few bands and no cymbal's.
_FEWEST_CLICKS = 16
_CLICK_LEVEL_DB = 14.0
_CLICK_SILENCE_DB = 50.0
_CLICK_SILENT_SHARE = 0.3
_CLICK_EVEN_SHARE = 0.95
_CLICK_LEVELS = 2
_CLICK_BANDS, _CLICK_BAND_SHARE = 3, 0.6
_CLICK_SPAN = 0.8
_CLICK_LOWEST_HZ, _CLICK_HIGHEST_HZ = 300.0, 4000.0


@dataclass(frozen=True, slots=True)
class Sound:
    """Figures over the time in which a track plays.

    `centroid_hz`: the mean of the critical bands' centres on a log axis, weighted by power; `low_share` and
    `high_share`: power below 200 Hz and above 4.4 kHz over all; transients per second and crest as in
    the analysis; `clicking`: even, equal ticks with silence between.
    """

    centroid_hz: float
    low_share: float
    high_share: float
    transients_per_s: float
    crest_db: float
    clicking: bool


@dataclass(frozen=True, slots=True)
class Bound:
    """The range in which a role has one of the figures, and how to say that it does not."""

    figure: str
    low: float
    high: float
    text: str


def hear(analysis: TrackAnalysis) -> Sound:
    """The figures of one track."""
    power = np.power(10.0, analysis.bark_db.astype(np.float64) / 10.0)
    frames = min(len(power), len(analysis.active))
    active = analysis.active[:frames]
    bands = power[:frames][active].sum(axis=0) if active.any() else power.sum(axis=0)
    share = bands / max(float(bands.sum()), np.finfo(np.float64).tiny)
    edges = np.maximum(np.asarray(BARK_EDGES_HZ), _LOWEST_HZ)
    centres = np.log2(np.sqrt(edges[:-1] * edges[1:]))
    return Sound(
        centroid_hz=float(2.0 ** np.dot(share, centres)),
        low_share=float(share[_LOW_BANDS].sum()),
        high_share=float(share[_HIGH_BANDS].sum()),
        transients_per_s=analysis.transients_per_s,
        crest_db=analysis.crest_db,
        clicking=_is_clicking(analysis.peak_db.astype(np.float64), share),
    )


def contradictions(role: Role, sound: Sound) -> tuple[Bound, ...]:
    """What in the sound does not fit the role."""
    bounds = _EXPECTED.get(role, ())
    return tuple(bound for bound in bounds if not bound.low <= getattr(sound, bound.figure) <= bound.high)


def clicks(sound: Sound) -> bool:
    """Whether the sound is that of a click track."""
    return sound.clicking and _CLICK_LOWEST_HZ <= sound.centroid_hz <= _CLICK_HIGHEST_HZ


def _is_clicking(peaks_db: np.ndarray, share: np.ndarray) -> bool:
    loudest_db = float(peaks_db.max(initial=-np.inf))
    loud = peaks_db > loudest_db - _CLICK_LEVEL_DB
    onsets = np.flatnonzero(loud & ~np.concatenate(([False], loud[:-1])))
    if len(onsets) < _FEWEST_CLICKS:
        return False
    # A hop is as coarse as the jitter of a steady beat on its grid: one hop either way is even.
    steps = np.diff(onsets)
    even = np.abs(steps - np.median(steps)) <= 1
    levels = np.maximum(peaks_db[onsets], np.append(peaks_db, -np.inf)[onsets + 1])
    silent = peaks_db < loudest_db - _CLICK_SILENCE_DB
    narrow = np.convolve(share, np.ones(_CLICK_BANDS), "valid").max() >= _CLICK_BAND_SHARE
    return bool(
        narrow
        and np.mean(even) >= _CLICK_EVEN_SHARE
        and len(np.unique(np.round(levels))) <= _CLICK_LEVELS
        and np.mean(silent) >= _CLICK_SILENT_SHARE
        and onsets[-1] - onsets[0] >= _CLICK_SPAN * len(peaks_db)
    )


_ANY = float("inf")

_DARK = Bound("low_share", 0.4, 1.0, "has too little below 200 Hz")
_BRIGHT = Bound("centroid_hz", 600.0, _ANY, "sounds too dark")
_STRUCK = Bound("transients_per_s", 0.2, _ANY, "has hardly any transients")
_NO_SUB = Bound("low_share", 0.0, 0.7, "is mostly below 200 Hz")

_VOICE = (
    Bound("centroid_hz", 200.0, 3000.0, "has its weight outside a voice's range"),
    Bound("low_share", 0.0, 0.4, "has too much below 200 Hz"),
    Bound("high_share", 0.0, 0.5, "has too much above 4.4 kHz"),
)

#: What each role's sound is expected to have; roles that can sound like anything are missing.
_EXPECTED: dict[Role, tuple[Bound, ...]] = {
    Role.KICK: (_DARK, _STRUCK),
    Role.SNARE: (_NO_SUB, _STRUCK),
    Role.HIHAT: (_BRIGHT, _STRUCK),
    Role.CYMBALS: (_BRIGHT,),
    Role.TOM: (_STRUCK, Bound("high_share", 0.0, 0.5, "has too much above 4.4 kHz")),
    Role.OVERHEAD: (_STRUCK, Bound("low_share", 0.0, 0.8, "is mostly below 200 Hz")),
    Role.ROOM: (_STRUCK,),
    Role.DRUMS: (_STRUCK,),
    Role.PERCUSSION: (_STRUCK,),
    Role.BASS: (Bound("centroid_hz", 0.0, 400.0, "sounds too bright"),),
    Role.ELECTRIC_GUITAR: (_NO_SUB,),
    Role.ACOUSTIC_GUITAR: (_NO_SUB,),
    Role.LEAD_VOCAL: _VOICE,
    Role.BACKING_VOCAL: _VOICE,
    Role.PAD: (Bound("transients_per_s", 0.0, 5.0, "has too many transients"),),
    Role.STRINGS: (Bound("transients_per_s", 0.0, 6.0, "has too many transients"),),
    Role.CLICK: (_STRUCK, Bound("crest_db", 10.0, _ANY, "is too even")),
}
