"""What a job is asked for, and what came of it, as values."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bridge.jobs.playing import PluginWish
from bridge.render.played import PlayedPlugins
from bridge.sessions import SessionOptions
from console.analysis import SessionAnalysis, TrackAnalysis
from console.codec import encode
from console.frozen import FrozenMap
from console.mix import Mix
from console.session import Finding, Session
from exporters.report import ExportReport


@dataclass(frozen=True, slots=True)
class MixRequest:
    """A session to be mixed, and how.

    `estimator` "" means "match" where references are given, else "rules"; several joined by + start from one another;
    `candidate` is which of its answers is wanted, from 0 on, where it has several. `references` are words as
    `bridge.jobs.references.read_sound` takes them. `amounts` is 0 … 1 for everything, or per group of
    console.mix.blend.GROUPS; `target` is a name or a path to a TOML file; `threads` None means one per core. `output`
    is a folder, or, where the session is a project, the file of a copy of it. `to` names the formats to hand over to,
    None the session's own where it is a project, else REAPER; `options` go to the formats that know them. `plugins`:
    what the mix is to be heard through, None the console alone.
    """

    inputs: tuple[Path, ...]
    output: Path
    session: SessionOptions = field(default_factory=SessionOptions)
    estimator: str = ""
    candidate: int = 0
    references: tuple[str, ...] = ()
    target: str = "modern"
    amounts: float | Mapping[str, float] = 1.0
    seed: int = 0
    threads: int | None = None
    stems: bool = False
    report: bool = True
    to: tuple[str, ...] | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    plugins: PluginWish | None = None
    force: bool = False
    cache: bool = True


@dataclass(frozen=True, slots=True)
class Levels:
    """The levels of a finished signal that an engineer looks at first."""

    integrated_lufs: float
    true_peak_dbtp: float
    loudness_range_lu: float
    crest_db: float

    @classmethod
    def of(cls, measured: TrackAnalysis, gain_db: float = 0.0) -> "Levels":
        """The levels of a measured signal behind a gain."""
        return cls(
            integrated_lufs=measured.integrated_lufs + gain_db,
            true_peak_dbtp=measured.true_peak_dbtp + gain_db,
            loudness_range_lu=measured.loudness_range_lu,
            crest_db=measured.crest_db,
        )


@dataclass(frozen=True, slots=True)
class MixOutcome:
    """What `mix_session` made: the values, the files, and what there is to say about them.

    `audibility_after` is empty where no report was asked for, since only that measures the finished strips.
    """

    session: Session
    analysis: SessionAnalysis
    mix: Mix
    levels_before: Levels
    levels_after: Levels
    audibility_before: FrozenMap[float]
    audibility_after: FrozenMap[float]
    files: tuple[Path, ...]
    exports: tuple[ExportReport, ...]
    plugins: PlayedPlugins | None = None

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What the import found."""
        return self.session.findings

    def to_dict(self) -> dict[str, Any]:
        """The outcome as plain values for JSON."""
        return {
            "schema": "mixbridge.outcome/1",
            "session": self.session.name,
            "tracks": len(self.session.tracks),
            "seconds": round(self.session.seconds, 3),
            "sample_rate_hz": self.session.sample_rate_hz,
            "levels_before": encode(self.levels_before),
            "levels_after": encode(self.levels_after),
            "audibility_before_db": encode(self.audibility_before),
            "audibility_after_db": encode(self.audibility_after),
            "findings": [encode(finding) for finding in self.findings],
            "files": [str(path) for path in self.files],
            "exports": [report.to_dict() for report in self.exports],
            "plugins": None if self.plugins is None else self.plugins.to_dict(),
        }
