"""What an evaluation is made of, as values: songs, references, tasks, what a system makes, and rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from console.analysis import SessionAnalysis
from console.analysis.masking import Masking
from console.errors import ParamError, RenderError
from console.estimators.target import Target
from console.frozen import FrozenMap
from console.losses.sound import Sound
from console.progress import Progress, no_progress
from console.session import Session, SessionTrack

Float64 = NDArray[np.float64]
Status = Literal["made", "absent", "failed"]
_STATUSES = ("made", "absent", "failed")

#: The part of each line of rows.jsonl that says what it is.
SCHEMA = "mixbridge.evaluation/1"
#: What the place of a reference holds where a song is looked at without one.
NO_REFERENCE = ""


class AbsentError(RenderError):
    """A system has nothing to offer for a pair: a package, a reference or a human mix that is not there."""


@dataclass(frozen=True, slots=True)
class Song:
    """A session by its name in the table; `human` is the finished mix among its files, by a person."""

    name: str
    path: Path
    session: Session
    human: SessionTrack | None


@dataclass(frozen=True, slots=True)
class Reference:
    """A finished song by its name in the table, `word` as it was typed (a range of time is part of it)."""

    name: str
    word: str
    path: Path
    start_s: float = 0.0
    end_s: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class ReferenceSound:
    """A reference as heard: (2, samples) at the song's rate, and its sound."""

    audio: Float64
    sound: Sound


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """What a system is given: the measured session, and the reference where there is one."""

    song: Song
    session: Session
    analysis: SessionAnalysis
    target: Target
    seed: int
    threads: int | None = None
    reference: ReferenceSound | None = None
    human: Float64 | None = None
    progress: Progress = no_progress


@dataclass(frozen=True, slots=True, eq=False)
class Made:
    """A mix, (2, samples) at the session's rate from its first sample on; masking where the strips are known."""

    audio: Float64
    masking: Masking | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One system on one pair: what was measured, or why there is nothing.

    `figures` are of the mix itself, `to_reference` and `to_human` how far it lies from these, term by term.
    `fingerprint` is a hash over all that went in.
    """

    song: str
    reference: str
    system: str
    fingerprint: str
    status: Status
    reason: str = ""
    seconds: float = 0.0
    figures: FrozenMap[float] = field(default_factory=FrozenMap)
    to_reference: FrozenMap[float] = field(default_factory=FrozenMap)
    to_human: FrozenMap[float] = field(default_factory=FrozenMap)

    def to_dict(self) -> dict[str, Any]:
        """The row as plain values."""
        return {
            "schema": SCHEMA,
            "song": self.song,
            "reference": self.reference,
            "system": self.system,
            "status": self.status,
            "reason": self.reason,
            "seconds": round(self.seconds, 3),
            "figures": dict(self.figures),
            "to_reference": dict(self.to_reference),
            "to_human": dict(self.to_human),
            "fingerprint": self.fingerprint,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Row:
        """A row of plain values.

        Raises:
            ParamError: it is none, or of another version.
        """
        if not isinstance(data, Mapping) or data.get("schema") != SCHEMA:
            raise ParamError(
                f"a row is not of the schema {SCHEMA!r}; give a file that this version has written"
            )
        try:
            if data["status"] not in _STATUSES:
                raise ValueError(f"{data['status']!r} is no status")
            return cls(
                song=str(data["song"]),
                reference=str(data["reference"]),
                system=str(data["system"]),
                fingerprint=str(data["fingerprint"]),
                status=data["status"],
                reason=str(data["reason"]),
                seconds=float(data["seconds"]),
                figures=_numbers(data["figures"]),
                to_reference=_numbers(data["to_reference"]),
                to_human=_numbers(data["to_human"]),
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise ParamError(f"a row is incomplete ({error}); take the line out of the file") from None


def _numbers(data: Mapping[str, Any]) -> FrozenMap[float]:
    return FrozenMap({str(key): float(value) for key, value in data.items()})
