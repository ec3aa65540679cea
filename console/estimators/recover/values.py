"""What is asked of a recovery, and what came of it, as values."""

from __future__ import annotations

from dataclasses import dataclass, field

from console.errors import ParamError
from console.frozen import FrozenMap
from console.mix import Mix

#: The steps in which processors are added, in this order.
STEPS = ("dry", "gain/pan", "equalizer", "sends", "compressor", "all together", "fader moves", "master")


@dataclass(frozen=True, slots=True)
class RecoverSettings:
    """How a mix is to be taken apart.

    Attributes:
        groups: parts of a strip that may move, of console.mix.blend.GROUPS.
        reverb: whether to look for a reverb where the start has none.
        moves: whether faders may move over time.
        spectrum: whether a last descent on the spectra follows, where the waveform cannot be met.
        seconds: the most of the song that is worked on at once.
        rounds: the most turns of compressor, equalizer and descent.
        workers: threads.
        seed: kept in the mix; nothing here is left to chance.
    """

    groups: frozenset[str] = frozenset({"input", "eq", "dynamics", "pan", "fader", "sends", "master"})
    reverb: bool = True
    moves: bool = True
    spectrum: bool = True
    seconds: float = 30.0
    rounds: int = 3
    workers: int = 2
    seed: int = 0

    def __post_init__(self) -> None:
        if not 1.0 <= self.seconds <= 600.0:
            raise ParamError(f"seconds is {self.seconds:g}; give 1 to 600 s of the song to work on")


@dataclass(frozen=True, slots=True)
class Step:
    """The residual after a step, in dB of the target: of the waveform, of the whitened waveform, and by spectra.

    `spectrum` is the multi-resolution STFT loss of sum and difference, no dB.
    """

    name: str
    residual_db: float
    whitened_db: float
    spectrum: float


@dataclass(frozen=True, slots=True)
class Residual:
    """What the recovered mix leaves of the target, in dB of the target's own level there.

    Attributes:
        total_db: over everything that was worked on.
        bands_hz: centres of the bands.
        bands_db: in each band, against the target in that band.
        times_s: starts of successive seconds, in the session's time.
        times_db: in each second, against the target's level over all.
        unexplained_db: part of the target that no filtering of any stem explains, against the target.
    """

    total_db: float
    bands_hz: tuple[float, ...]
    bands_db: tuple[float, ...]
    times_s: tuple[float, ...]
    times_db: tuple[float, ...]
    unexplained_db: float


@dataclass(frozen=True, slots=True)
class Alignment:
    """Where the target lies against the stems.

    Attributes:
        offset_samples: by how much the target is later than the session's start, at the session's rate.
        drift_ppm: by how much its clock runs slow, in millionths; its audio comes ever later when positive.
        delays_ms: of single tracks, where an engineer has moved them.
        inverted: tracks that came in with their polarity turned.
    """

    offset_samples: float = 0.0
    drift_ppm: float = 0.0
    delays_ms: FrozenMap[float] = field(default_factory=FrozenMap)
    inverted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Recovery:
    """A mix that explains another, and how well it does.

    `notes` are sentences on what could not be told. `interrupted` is True after Ctrl-C: the best mix so far.
    """

    mix: Mix
    steps: tuple[Step, ...]
    residual: Residual
    alignment: Alignment
    interrupted: bool = False
    notes: tuple[str, ...] = ()
