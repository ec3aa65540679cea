"""Measures of tracks, pairs and sums: what everything else decides by."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from console.analysis.cache import AnalysisCache
    from console.analysis.checks import check
    from console.analysis.session import analyze
    from console.analysis.track import TrackAnalyzer
    from console.analysis.values import PairAnalysis, SessionAnalysis, TrackAnalysis

#: Where each public name lives; it is imported when it is first asked for, so that the values cost no compiler.
_HOMES = {
    "AnalysisCache": "cache",
    "PairAnalysis": "values",
    "SessionAnalysis": "values",
    "TrackAnalysis": "values",
    "TrackAnalyzer": "track",
    "analyze": "session",
    "check": "checks",
}

__all__ = [
    "AnalysisCache",
    "PairAnalysis",
    "SessionAnalysis",
    "TrackAnalysis",
    "TrackAnalyzer",
    "analyze",
    "check",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
