"""What the hand-over to each DAW kept, changed and lost, with equal sentences told once."""

from dataclasses import dataclass

from bridge.report import settings, words
from exporters.report import ExportEntry, ExportReport, Outcome

_ORDER = (Outcome.DROPPED, Outcome.APPROXIMATED, Outcome.EXACT)
_WORDS = {Outcome.DROPPED: "dropped", Outcome.APPROXIMATED: "approximated", Outcome.EXACT: "exact"}


#: Formats as their makers write them.
_FORMATS = {
    "reaper": "REAPER",
    "ableton": "Ableton Live",
    "dawproject": "DAWproject",
    "ardour": "Ardour",
    "sheet": "Recall sheet",
}


@dataclass(frozen=True, slots=True)
class EntryView:
    """Equal entries of several strips: what became of a parameter, by how much at most, and on which strips."""

    outcome: str
    parameter: str
    deviation: str
    text: str
    strips: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ExportView:
    """One format: its files, how many parameters came over how, and what did not come over as it is."""

    format: str
    files: tuple[str, ...]
    counts: tuple[tuple[str, int], ...]
    entries: tuple[EntryView, ...]
    exact: tuple[EntryView, ...]


def export_views(exports: tuple[ExportReport, ...]) -> tuple[ExportView, ...]:
    """All exports in order."""
    return tuple(_view(report) for report in exports)


def _view(report: ExportReport) -> ExportView:
    grouped = {outcome: _grouped(report.select(outcome)) for outcome in Outcome}
    return ExportView(
        _FORMATS.get(report.format, report.format),
        tuple(path.name for path in report.files),
        tuple((_WORDS[outcome], len(report.select(outcome))) for outcome in _ORDER),
        grouped[Outcome.DROPPED] + grouped[Outcome.APPROXIMATED],
        grouped[Outcome.EXACT],
    )


def _grouped(entries: tuple[ExportEntry, ...]) -> tuple[EntryView, ...]:
    """Entries of one outcome that say the same about different strips, put together."""
    groups: dict[tuple[str, str], list[ExportEntry]] = {}
    for entry in entries:
        groups.setdefault((settings.label(entry.parameter), entry.sentence), []).append(entry)
    return tuple(
        EntryView(
            _WORDS[members[0].outcome],
            parameter,
            _deviation(members),
            sentence,
            tuple(dict.fromkeys(entry.strip or "project" for entry in members)),
        )
        for (parameter, sentence), members in groups.items()
    )


def _deviation(entries: list[ExportEntry]) -> str:
    known = [entry for entry in entries if entry.deviation is not None]
    if not known:
        return ""
    worst = max(known, key=lambda entry: abs(entry.deviation or 0.0))
    value = words.number(abs(worst.deviation or 0.0), 3).rstrip("0").rstrip(".") or "0"
    return f"{value}{words.NBSP}{worst.unit}".strip()
