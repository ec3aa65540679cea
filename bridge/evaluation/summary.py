"""What the rows of an evaluation come to: every term of every system with its interval, and against a baseline."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bridge.evaluation.evaluate import Evaluation
from bridge.evaluation.statistics import LEVEL, RESAMPLES, Interval, by_pair, difference_of, mean_of
from bridge.evaluation.terms import ITSELF, TERMS
from bridge.evaluation.values import NO_REFERENCE
from bridge.version import tool_version

SUMMARY_SCHEMA = "mixbridge.evaluation-summary/1"


@dataclass(frozen=True, slots=True)
class Cell:
    """One term of one system: its mean over songs, and its difference to the baseline over the pairs of both."""

    value: Interval
    difference: Interval | None = None


#: Cells by group, term and system; a system that has no such figure has no cell.
Cells = dict[str, dict[str, dict[str, Cell]]]


@dataclass(frozen=True, slots=True)
class Missing:
    """A system that has no mix for some pairs: how many, and why (the most frequent reason)."""

    system: str
    status: str
    pairs: int
    reason: str


@dataclass(frozen=True, slots=True)
class Summary:
    """The tables of an evaluation."""

    systems: tuple[str, ...]
    baseline: str
    songs: tuple[str, ...]
    references: tuple[str, ...]
    pairs: int
    cells: Cells
    missing: tuple[Missing, ...]
    evaluation: Evaluation

    def to_dict(self) -> dict[str, Any]:
        """The tables as plain values."""
        return {
            "schema": SUMMARY_SCHEMA,
            "tool": tool_version(),
            "seed": self.evaluation.request.seed,
            "baseline": self.baseline,
            "level": LEVEL,
            "resamples": RESAMPLES,
            "songs": list(self.songs),
            "references": list(self.references),
            "pairs": self.pairs,
            "rows": len(self.evaluation.rows),
            "rows_expected": self.evaluation.expected,
            "interrupted": self.evaluation.interrupted,
            "missing": [
                {"system": item.system, "status": item.status, "pairs": item.pairs, "reason": item.reason}
                for item in self.missing
            ],
            "groups": {
                group: {
                    term: {
                        system: {
                            **cell.value.to_dict(),
                            "against_baseline": None
                            if cell.difference is None
                            else cell.difference.to_dict(),
                        }
                        for system, cell in cells.items()
                    }
                    for term, cells in terms.items()
                }
                for group, terms in self.cells.items()
            },
        }


def summarise(evaluation: Evaluation) -> Summary:
    """The tables of what was measured."""
    rows, baseline, seed = evaluation.rows, evaluation.request.baseline, evaluation.request.seed
    cells: Cells = {}
    for group, terms in TERMS.items():
        cells[group] = {}
        for term in terms:
            values = {system: by_pair(rows, system, group, term.key) for system in evaluation.systems}
            values.pop(ITSELF[group], None)
            found = {}
            for system, of_pairs in values.items():
                mean = mean_of(of_pairs, seed)
                if mean is None:
                    continue
                other = values.get(baseline, {})
                found[system] = Cell(
                    mean, None if system == baseline else difference_of(of_pairs, other, seed)
                )
            if found:
                cells[group][term.key] = found
    return Summary(
        systems=evaluation.systems,
        baseline=baseline,
        songs=tuple(dict.fromkeys(row.song for row in rows)),
        references=tuple(dict.fromkeys(row.reference for row in rows if row.reference != NO_REFERENCE)),
        pairs=len({(row.song, row.reference) for row in rows}),
        cells=cells,
        missing=_missing(evaluation),
        evaluation=evaluation,
    )


def _missing(evaluation: Evaluation) -> tuple[Missing, ...]:
    found = []
    for system in evaluation.systems:
        for status in ("absent", "failed"):
            reasons: Sequence[str] = [
                row.reason for row in evaluation.rows if row.system == system and row.status == status
            ]
            if reasons:
                found.append(Missing(system, status, len(reasons), Counter(reasons).most_common(1)[0][0]))
    return tuple(found)
