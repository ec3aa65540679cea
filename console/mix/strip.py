"""The channel strip: its modules as frozen values, each number checked against the parameter table.

Signal flow: input gain, polarity, delay → high-pass → low-pass → gate → equalizer → compressor → width → pan
→ fader → post-fader, post-pan sends and the output bus.
"""

import math
from dataclasses import KW_ONLY, dataclass, field, fields
from enum import StrEnum
from itertools import pairwise
from typing import Any, Self

from console.errors import ParamError
from console.frozen import FrozenMap
from console.params import EQUALIZER_BANDS, SLOPES_DB_PER_OCTAVE, spec


def knob(name: str, default: float | None = None) -> Any:
    """A dataclass field that holds the parameter `name`, with the table's default unless one is given."""
    row = spec(name)
    return field(default=row.default if default is None else default, metadata={"param": name})


@dataclass(frozen=True, slots=True)
class Module:
    """Base of every value with knobs: checks each knob against its row of the table when it is made."""

    def __post_init__(self) -> None:
        for item in fields(self):
            name = item.metadata.get("param")
            if name is not None:
                object.__setattr__(self, item.name, spec(name).check(getattr(self, item.name)))

    def neutral(self) -> Self:
        """This module set so that it changes nothing, its other knobs left where they are."""
        raise ParamError(f"{type(self).__name__} has no neutral setting")


@dataclass(frozen=True, slots=True)
class Input(Module):
    """Trim, polarity and time shift of a track, before all else. A negative delay plays the track earlier."""

    gain_db: float = knob("input.gain_db")
    invert_polarity: bool = False
    delay_ms: float = knob("input.delay_ms")


def _slope() -> Any:
    """A dataclass field that holds a filter's slope."""
    return field(default=SLOPES_DB_PER_OCTAVE[0], metadata={"schema": {"enum": list(SLOPES_DB_PER_OCTAVE)}})


def _check_slope(slope_db_per_octave: int, where: str) -> None:
    if slope_db_per_octave not in SLOPES_DB_PER_OCTAVE:
        raise ParamError(f"{where}.slope_db_per_octave is {slope_db_per_octave!r}; give 12 or 24 dB/octave")


@dataclass(frozen=True, slots=True)
class Highpass(Module):
    """High-pass filter, Butterworth of second or fourth order."""

    enabled: bool = False
    frequency_hz: float = knob("highpass.frequency_hz")
    slope_db_per_octave: int = _slope()

    def __post_init__(self) -> None:
        Module.__post_init__(self)
        _check_slope(self.slope_db_per_octave, "highpass")

    def neutral(self) -> Self:
        """The filter at the lowest frequency it knows."""
        return type(self)(self.enabled, spec("highpass.frequency_hz").low, self.slope_db_per_octave)


@dataclass(frozen=True, slots=True)
class Lowpass(Module):
    """Low-pass filter, Butterworth of second or fourth order."""

    enabled: bool = False
    frequency_hz: float = knob("lowpass.frequency_hz")
    slope_db_per_octave: int = _slope()

    def __post_init__(self) -> None:
        Module.__post_init__(self)
        _check_slope(self.slope_db_per_octave, "lowpass")

    def neutral(self) -> Self:
        """The filter at the highest frequency it knows."""
        return type(self)(self.enabled, spec("lowpass.frequency_hz").high, self.slope_db_per_octave)


@dataclass(frozen=True, slots=True)
class Gate(Module):
    """Downward expander: below the threshold the level falls `ratio` times as fast, by at most `range_db`.

    It opens with the attack, stays for the hold and closes with the release.
    """

    enabled: bool = False
    threshold_db: float = knob("gate.threshold_db")
    range_db: float = knob("gate.range_db")
    ratio: float = knob("gate.ratio")
    attack_ms: float = knob("gate.attack_ms")
    hold_ms: float = knob("gate.hold_ms")
    release_ms: float = knob("gate.release_ms")

    def neutral(self) -> Self:
        """The gate with a range of 0 dB."""
        return type(self)(
            self.enabled, self.threshold_db, 0.0, 1.0, self.attack_ms, self.hold_ms, self.release_ms
        )


class BandType(StrEnum):
    """The shapes of an equalizer band."""

    LOW_SHELF = "low_shelf"
    BELL = "bell"
    HIGH_SHELF = "high_shelf"


@dataclass(frozen=True, slots=True)
class Band(Module):
    """One band of the equalizer, a biquad of the RBJ cookbook."""

    type: BandType = BandType.BELL
    frequency_hz: float = knob("equalizer.frequency_hz")
    gain_db: float = knob("equalizer.gain_db")
    q: float = knob("equalizer.q")

    def __post_init__(self) -> None:
        Module.__post_init__(self)
        object.__setattr__(self, "type", BandType(self.type))

    def neutral(self) -> Self:
        """The band at 0 dB."""
        return type(self)(self.type, self.frequency_hz, 0.0, self.q)


@dataclass(frozen=True, slots=True)
class Equalizer(Module):
    """Up to six bands: at most one low shelf, four bells and one high shelf, in any order."""

    enabled: bool = False
    bands: tuple[Band, ...] = field(default=(), metadata={"schema": {"maxItems": EQUALIZER_BANDS}})

    def __post_init__(self) -> None:
        types = [band.type for band in self.bands]
        most = {BandType.LOW_SHELF: 1, BandType.BELL: EQUALIZER_BANDS - 2, BandType.HIGH_SHELF: 1}
        for kind, limit in most.items():
            if types.count(kind) > limit:
                raise ParamError(
                    f"the equalizer has {types.count(kind)} {kind} bands; give at most {limit}, or merge some"
                )

    def neutral(self) -> Self:
        """The same bands at 0 dB."""
        return type(self)(self.enabled, tuple(band.neutral() for band in self.bands))


@dataclass(frozen=True, slots=True)
class Compressor(Module):
    """Peak compressor in the dB domain with a soft knee; times are the 63 % of a step; 0 dB knee is hard."""

    enabled: bool = False
    threshold_db: float = knob("compressor.threshold_db")
    ratio: float = knob("compressor.ratio")
    attack_ms: float = knob("compressor.attack_ms")
    release_ms: float = knob("compressor.release_ms")
    knee_db: float = knob("compressor.knee_db")
    makeup_db: float = knob("compressor.makeup_db")

    def neutral(self) -> Self:
        """The compressor at ratio 1, without make-up."""
        return type(self)(
            self.enabled, self.threshold_db, 1.0, self.attack_ms, self.release_ms, self.knee_db, 0.0
        )


def _check_breakpoints(points: tuple[tuple[float, float], ...], where: str) -> None:
    times = [time_s for time_s, _ in points]
    rising = all(earlier < later for earlier, later in pairwise(times))
    if not rising or not all(0.0 <= time_s < math.inf for time_s in times):
        raise ParamError(f"{where} has times {times[:8]} s; give break points from 0 s on, in rising order")


@dataclass(frozen=True, slots=True)
class Automation(Module):
    """Moves over time as (seconds, value) break points, linear in the parameter's scale in between."""

    fader_db: tuple[tuple[float, float], ...] = ()

    def __post_init__(self) -> None:
        _check_breakpoints(self.fader_db, "automation.fader_db")
        for _, level_db in self.fader_db:
            spec("strip.fader_db").check(level_db, where="automation.fader_db")


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a parameter stands where it stands: a sentence, and the figures behind it."""

    parameter: str
    text: str
    figures: FrozenMap[float] = field(default_factory=FrozenMap)

    def __post_init__(self) -> None:
        for name, value in self.figures.items():
            if not math.isfinite(value):
                raise ParamError(f"the figure {name!r} behind {self.parameter} is {value}; give a finite one")
        object.__setattr__(self, "figures", FrozenMap({key: float(x) for key, x in self.figures.items()}))


@dataclass(frozen=True, slots=True)
class TrackStrip(Module):
    """One track of the mix: where it comes from, what it is, how its strip is set, and why.

    `locked` names what no estimator may change: a module ("equalizer"), a knob ("compressor.ratio", "pan") or
    "all". `output` is "master" or the id of a group bus; `sends` maps the id of an FX bus to a level in dB.
    """

    id: str
    files: tuple[str, ...] = ()
    role: str = "other"
    role_confidence: float = field(default=0.0, metadata={"schema": {"minimum": 0.0, "maximum": 1.0}})
    locked: tuple[str, ...] = ()
    _: KW_ONLY
    muted: bool = False
    input: Input = Input()
    highpass: Highpass = Highpass()
    lowpass: Lowpass = Lowpass()
    gate: Gate = Gate()
    equalizer: Equalizer = Equalizer()
    compressor: Compressor = Compressor()
    width: float = knob("strip.width")
    pan: float = knob("strip.pan")
    fader_db: float = knob("strip.fader_db")
    sends: FrozenMap[float] = field(default_factory=FrozenMap, metadata={"item_param": "strip.send_db"})
    output: str = "master"
    automation: Automation = Automation()
    reasons: tuple[Reason, ...] = ()

    def __post_init__(self) -> None:
        Module.__post_init__(self)
        if not 0.0 <= self.role_confidence <= 1.0:
            raise ParamError(
                f"tracks.{self.id}.role_confidence is {self.role_confidence}; give a value from 0 to 1"
            )
        object.__setattr__(self, "role_confidence", float(self.role_confidence))
        for bus, level_db in self.sends.items():
            spec("strip.send_db").check(level_db, where=f"tracks.{self.id}.sends.{bus}")
