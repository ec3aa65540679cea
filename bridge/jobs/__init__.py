"""Whole jobs: what a command does, from files in to files out."""

from bridge.jobs.mixing import mix_session, render_mix
from bridge.jobs.reading import read_session, suggest
from bridge.jobs.reporting import report_mix
from bridge.jobs.request import Levels, MixOutcome, MixRequest

__all__ = [
    "Levels",
    "MixOutcome",
    "MixRequest",
    "mix_session",
    "read_session",
    "render_mix",
    "report_mix",
    "suggest",
]
