"""The Mix itself, with its buses and its master."""

from collections import Counter
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TypeVar

from console.errors import ParamError
from console.mix.strip import Compressor, Equalizer, Module, Reason, TrackStrip, knob
from console.params import spec
from console.units import as_float

MIX_SCHEMA = "mixbridge.mix/1"
MASTER = "master"

#: The sample rates, in Hz, that a session may have.
SAMPLE_RATES_HZ = (1_000, 768_000)

T = TypeVar("T", TrackStrip, "Bus")


@dataclass(frozen=True, slots=True)
class Reverb(Module):
    """The reverb of an FX bus, wet only. decay_s is the time to fall by 60 dB at 1 kHz."""

    decay_s: float = knob("reverb.decay_s")
    predelay_ms: float = knob("reverb.predelay_ms")
    size: float = knob("reverb.size")
    damping: float = knob("reverb.damping")
    low_cut_hz: float = knob("reverb.low_cut_hz")
    high_cut_hz: float = knob("reverb.high_cut_hz")


@dataclass(frozen=True, slots=True)
class Delay(Module):
    """The echo of an FX bus, wet only; the cuts are inside the feedback loop."""

    time_ms: float = knob("delay.time_ms")
    feedback: float = knob("delay.feedback")
    low_cut_hz: float = knob("delay.low_cut_hz")
    high_cut_hz: float = knob("delay.high_cut_hz")
    ping_pong: bool = False


@dataclass(frozen=True, slots=True)
class Limiter(Module):
    """Brick-wall limiter of the master; the ceiling is in true peak."""

    enabled: bool = False
    ceiling_dbtp: float = knob("limiter.ceiling_dbtp")
    release_ms: float = knob("limiter.release_ms")

    def neutral(self) -> "Limiter":
        """The limiter with its ceiling at 0 dBTP."""
        return replace(self, ceiling_dbtp=spec("limiter.ceiling_dbtp").high)


class BusKind(StrEnum):
    """A group sums tracks; an FX bus is fed by sends."""

    GROUP = "group"
    FX = "fx"


@dataclass(frozen=True, slots=True)
class Bus(Module):
    """A sub-group or an FX bus; both end in the master. An FX bus has either a reverb or a delay."""

    id: str
    kind: BusKind = BusKind.GROUP
    locked: tuple[str, ...] = ()
    reverb: Reverb | None = None
    delay: Delay | None = None
    equalizer: Equalizer = Equalizer()
    compressor: Compressor = Compressor()
    fader_db: float = knob("strip.fader_db")
    reasons: tuple[Reason, ...] = ()

    def __post_init__(self) -> None:
        Module.__post_init__(self)
        object.__setattr__(self, "kind", BusKind(self.kind))
        effects = [effect for effect in (self.reverb, self.delay) if effect is not None]
        wanted = 1 if self.kind is BusKind.FX else 0
        if len(effects) != wanted:
            raise ParamError(
                f"bus {self.id!r} of kind {self.kind} has {len(effects)} effects; give {wanted}: "
                "an FX bus needs a reverb or a delay, a group has none"
            )


@dataclass(frozen=True, slots=True)
class Master(Module):
    """The master bus: equalizer → compressor → limiter → fader (as a DAW's inserts lie before its fader)."""

    locked: tuple[str, ...] = ()
    equalizer: Equalizer = Equalizer()
    compressor: Compressor = Compressor()
    limiter: Limiter = Limiter()
    fader_db: float = knob("strip.fader_db")
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Mix(Module):
    """Every decision about a session. `inputs` is a hash over the audio it was made from."""

    sample_rate_hz: int = field(
        metadata={"schema": {"minimum": SAMPLE_RATES_HZ[0], "maximum": SAMPLE_RATES_HZ[1]}}
    )
    tracks: tuple[TrackStrip, ...] = ()
    buses: tuple[Bus, ...] = ()
    master: Master = Master()
    estimator: str = "none"
    seed: int = 0
    tool: str = ""
    inputs: str = ""

    def __post_init__(self) -> None:
        low_hz, high_hz = SAMPLE_RATES_HZ
        if not low_hz <= self.sample_rate_hz <= high_hz:
            raise ParamError(
                f"sample_rate_hz is {as_float(self.sample_rate_hz):g}; give a value from {low_hz} to {high_hz} Hz"
            )
        _check_unique("track", [track.id for track in self.tracks])
        _check_unique("bus", [MASTER, *(bus.id for bus in self.buses)])
        kinds = {bus.id: bus.kind for bus in self.buses}
        for track in self.tracks:
            if track.output != MASTER and kinds.get(track.output) is not BusKind.GROUP:
                raise ParamError(
                    f"track {track.id!r} goes to {track.output!r}, which is no group of this mix; "
                    f"give 'master' or one of {sorted(k for k, v in kinds.items() if v is BusKind.GROUP)}"
                )
            for bus in track.sends:
                if kinds.get(bus) is not BusKind.FX:
                    raise ParamError(
                        f"track {track.id!r} sends to {bus!r}, which is no FX bus of this mix; "
                        f"give one of {sorted(k for k, v in kinds.items() if v is BusKind.FX)}"
                    )

    def track(self, track_id: str) -> TrackStrip:
        """The strip of a track.

        Raises:
            ParamError: the mix has no such track.
        """
        return _find(self.tracks, track_id, "track")

    def bus(self, bus_id: str) -> Bus:
        """A bus by its id.

        Raises:
            ParamError: the mix has no such bus.
        """
        return _find(self.buses, bus_id, "bus")


def _check_unique(kind: str, ids: list[str]) -> None:
    twice = [name for name, count in Counter(ids).items() if count > 1]
    if twice:
        raise ParamError(
            f"the {kind} id {twice[0]!r} stands more than once; give each {kind} an id of its own"
        )


def _find(items: tuple[T, ...], wanted: str, kind: str) -> T:
    for item in items:
        if item.id == wanted:
            return item
    raise ParamError(f"the mix has no {kind} {wanted!r}; it has {', '.join(repr(item.id) for item in items)}")
