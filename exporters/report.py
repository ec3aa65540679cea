"""What a hand-over kept, changed and lost: the report that every exporter returns beside its files."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

REPORT_SCHEMA = "mixbridge.export-report/1"


class Outcome(StrEnum):
    """What became of one parameter."""

    EXACT = "exact"
    APPROXIMATED = "approximated"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class ExportEntry:
    """What became of one parameter of one strip.

    `strip` is the id of a track or a bus, "master", or "" for the whole project; `parameter` is a path such
    as "equalizer.bands.1.q". `deviation` is the size of what is off, in `unit`; None where nothing is, or
    where nobody has measured it (the sentence then says so).
    """

    strip: str
    parameter: str
    outcome: Outcome
    sentence: str
    deviation: float | None = None
    unit: str = ""

    def to_dict(self) -> dict[str, Any]:
        """The entry as plain values for JSON."""
        return {
            "strip": self.strip,
            "parameter": self.parameter,
            "outcome": self.outcome.value,
            "sentence": self.sentence,
            "deviation": self.deviation,
            "unit": self.unit,
        }


@dataclass(frozen=True, slots=True)
class ExportReport:
    """The files that an exporter wrote, and what became of every parameter that was set."""

    format: str
    files: tuple[Path, ...] = ()
    entries: tuple[ExportEntry, ...] = ()

    @property
    def partial(self) -> bool:
        """Whether something that is heard was left out; a command then ends with exit code 4."""
        return any(entry.outcome is Outcome.DROPPED for entry in self.entries)

    def select(self, outcome: Outcome) -> tuple[ExportEntry, ...]:
        """The entries of one outcome, in order."""
        return tuple(entry for entry in self.entries if entry.outcome is outcome)

    def to_dict(self) -> dict[str, Any]:
        """The report as plain values for JSON; paths in POSIX form, counts first."""
        return {
            "schema": REPORT_SCHEMA,
            "format": self.format,
            "partial": self.partial,
            "counts": {outcome.value: len(self.select(outcome)) for outcome in Outcome},
            "files": [path.as_posix() for path in self.files],
            "entries": [entry.to_dict() for entry in self.entries],
        }


class Ledger:
    """Collects the entries of one strip while it is translated."""

    def __init__(self, strip: str) -> None:
        self.strip = strip
        self.entries: list[ExportEntry] = []

    def exact(self, parameter: str, sentence: str) -> None:
        """Note a parameter that means the same on the other side."""
        self.entries.append(ExportEntry(self.strip, parameter, Outcome.EXACT, sentence))

    def approximated(
        self, parameter: str, sentence: str, deviation: float | None = None, unit: str = ""
    ) -> None:
        """Note a parameter that the other side holds only nearly."""
        self.entries.append(
            ExportEntry(self.strip, parameter, Outcome.APPROXIMATED, sentence, deviation, unit)
        )

    def dropped(self, parameter: str, sentence: str, deviation: float | None = None, unit: str = "") -> None:
        """Note a parameter that the other side does not get."""
        self.entries.append(ExportEntry(self.strip, parameter, Outcome.DROPPED, sentence, deviation, unit))


def gather(ledgers: Iterable[Ledger]) -> tuple[ExportEntry, ...]:
    """The entries of several strips, one after the other."""
    return tuple(entry for ledger in ledgers for entry in ledger.entries)
