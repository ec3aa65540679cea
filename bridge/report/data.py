"""All that a report tells about, gathered in one value."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from bridge.render.played import PlayedPlugins
from console.analysis.masking import Masking
from console.analysis.values import FloatArray, SessionAnalysis, TrackAnalysis
from console.mix import Mix
from console.session import Finding, Session
from exporters.report import ExportReport


@dataclass(frozen=True, slots=True, eq=False)
class ReportData:
    """A finished job, before and after.

    - `analysis`: the sources, and their plain sum;
    - `start`: the mix that the decisions set out from; `mix`: the one that was rendered;
    - `after`: each strip behind its fader, by track id or bus id; a strip that was not rendered is absent;
    - `master_after`: the finished mix, behind the master fader;
    - `gain_reduction`, `gate_reduction`: by track id, bus id or "master", the most reduction in each hop of
      0.1 s from the session's start, in dB, at least 0;
    - `plugins`: what the mix was heard through, None where the console played it alone;
    - `amounts`: share of each group of decisions that was applied, 0 … 1; empty means all of everything.
    """

    session: Session
    analysis: SessionAnalysis
    start: Mix
    mix: Mix
    after: Mapping[str, TrackAnalysis]
    master_after: TrackAnalysis
    gain_reduction: Mapping[str, FloatArray]
    masking_before: Masking
    masking_after: Masking
    exports: tuple[ExportReport, ...] = ()
    findings: tuple[Finding, ...] = ()
    tool: str = ""
    gate_reduction: Mapping[str, FloatArray] = field(default_factory=dict)
    amounts: Mapping[str, float] = field(default_factory=dict)
    plugins: PlayedPlugins | None = None
