"""A strip as its section of the report shows it: figures, moves, pictures and settings."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from markupsafe import Markup

from bridge.report import settings, words
from bridge.report.charts.dynamics import reduction_chart, static_chart
from bridge.report.charts.spectrum import spectrum_chart
from bridge.report.data import ReportData
from bridge.report.families import Family, family, role_name
from bridge.report.moves import Move, moves, start_of, unexplained, why_muted
from bridge.report.settings import Strip
from console.analysis.values import FloatArray, TrackAnalysis
from console.mix import Bus, BusKind, Compressor, Gate, Master, TrackStrip
from console.mix.values import MASTER


@dataclass(frozen=True, slots=True)
class Measure:
    """A figure before and after, as text."""

    name: str
    before: str
    after: str


SettingRow = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class StripView:
    """One section. `anchor` is its id in the document; pictures are empty where there is nothing to draw.

    `settings` are rows of name, setting, and what that was in the project that the session was read from, "" where it
    was the same, or there is no project.
    """

    anchor: str
    name: str
    kind: str
    family: Family
    muted: bool
    why_muted: str
    measures: tuple[Measure, ...]
    moves: tuple[Move, ...]
    unexplained: tuple[str, ...]
    spectrum: Markup
    dynamics: tuple[tuple[str, Markup, Markup], ...]
    settings: tuple[SettingRow, ...]
    sources: tuple[str, ...]
    locked: tuple[str, ...]


def track_view(data: ReportData, strip: TrackStrip, anchor: str) -> StripView:
    """The section of a track."""
    before, after = data.analysis.tracks.get(strip.id), data.after.get(strip.id)
    reduction = {"compressor": data.gain_reduction.get(strip.id), "gate": data.gate_reduction.get(strip.id)}
    return StripView(
        anchor=anchor,
        name=strip.id,
        kind=f"{role_name(strip.role)} ({words.percent(strip.role_confidence)} sure)",
        family=family(strip.role),
        muted=strip.muted,
        why_muted=why_muted(strip) or _why_found(data, strip),
        measures=_measures(before, None if strip.muted else after, _audibility(data, strip)),
        moves=moves(strip),
        unexplained=unexplained(start_of(data.start, strip.id), strip),
        spectrum=_spectrum(data, strip, anchor, strip.id, before, None if strip.muted else after),
        dynamics=() if strip.muted else _dynamics(strip, anchor, strip.id, reduction, before),
        settings=_compared(data, strip, _track_settings),
        sources=_sources(data, strip.id),
        locked=strip.locked,
    )


def bus_view(data: ReportData, bus: Bus, anchor: str) -> StripView:
    """The section of a group or an FX bus."""
    members = [
        track.id
        for track in data.mix.tracks
        if not track.muted and (track.output == bus.id or bus.id in track.sends)
    ]
    after = data.after.get(bus.id)
    verb = "group of" if bus.kind is BusKind.GROUP else "fed by"
    return StripView(
        anchor=anchor,
        name=bus.id,
        kind=f"{verb} {len(members)} {'track' if len(members) == 1 else 'tracks'}",
        family=family("other"),
        muted=False,
        why_muted="",
        measures=_measures(None, after, None),
        moves=moves(bus),
        unexplained=unexplained(start_of(data.start, bus.id), bus),
        spectrum=_spectrum(data, bus, anchor, bus.id, None, after),
        dynamics=_dynamics(bus, anchor, bus.id, {"compressor": data.gain_reduction.get(bus.id)}, None),
        settings=_compared(data, bus, lambda shown: _bus_settings(shown, members)),
        sources=(),
        locked=bus.locked,
    )


def master_view(data: ReportData, anchor: str) -> StripView:
    """The section of the master; before is the plain sum of the sources."""
    master = data.mix.master
    before = data.analysis.sum
    reduction = {"compressor": data.gain_reduction.get(MASTER)}
    return StripView(
        anchor=anchor,
        name="Master",
        kind="the finished mix, compared with the plain sum of the sources",
        family=family("other"),
        muted=False,
        why_muted="",
        measures=_measures(before, data.master_after, None),
        moves=moves(master),
        unexplained=unexplained(data.start.master, master),
        spectrum=_spectrum(data, master, anchor, "Master", before, data.master_after),
        dynamics=_dynamics(master, anchor, "Master", reduction, None),
        settings=_compared(data, master, _master_settings),
        sources=(),
        locked=master.locked,
    )


def most_reduction_db(reduction: FloatArray | None) -> float | None:
    """The most reduction that a strip ever made; None where nothing was measured."""
    return float(np.max(reduction)) if reduction is not None and len(reduction) else None


def _why_found(data: ReportData, strip: TrackStrip) -> str:
    if not strip.muted:
        return ""
    told = [item.text for item in data.findings if strip.id in item.tracks and item.code in _MUTING]
    return " ".join(told)


#: Findings that can put a track out of a mix.
_MUTING = frozenset({"silent", "click", "duplicate", "left-out", "unreadable", "muted"})


def _audibility(data: ReportData, strip: TrackStrip) -> tuple[float | None, float | None]:
    if strip.muted:
        return None, None
    return (
        data.masking_before.audibility_db.get(strip.id),
        data.masking_after.audibility_db.get(strip.id),
    )


_MEASURES: tuple[tuple[str, str, str], ...] = (
    ("Loudness", "integrated_lufs", "LUFS"),
    ("True peak", "true_peak_dbtp", "dBTP"),
    ("Loudness range", "loudness_range_lu", "LU"),
    ("Crest", "crest_db", "dB"),
)


def _measures(
    before: TrackAnalysis | None,
    after: TrackAnalysis | None,
    audibility: tuple[float | None, float | None] | None,
) -> tuple[Measure, ...]:
    rows = [
        Measure(
            name,
            "–" if before is None else words.level(getattr(before, key), unit),
            "–" if after is None else words.level(getattr(after, key), unit),
        )
        for name, key, unit in _MEASURES
    ]
    if audibility is not None and audibility != (None, None):
        rows.append(Measure("Audibility", *("–" if db is None else words.change(db) for db in audibility)))
    return tuple(rows)


def _spectrum(
    data: ReportData,
    strip: Strip,
    anchor: str,
    name: str,
    before: TrackAnalysis | None,
    after: TrackAnalysis | None,
) -> Markup:
    return spectrum_chart(
        f"{anchor}-eq",
        strip,
        data.mix.sample_rate_hz,
        before=before,
        after=after,
        title=f"{name}: equalizer over the spectrum",
    )


def _dynamics(
    strip: Strip,
    anchor: str,
    name: str,
    reduction: dict[str, FloatArray | None],
    source: TrackAnalysis | None,
) -> tuple[tuple[str, Markup, Markup], ...]:
    """Heading, reduction over time and static curve of each processor that is on."""
    trim_db = strip.input.gain_db if isinstance(strip, TrackStrip) else 0.0
    processors: list[tuple[str, str, Compressor | Gate]] = []
    if isinstance(strip, TrackStrip) and strip.gate.enabled:
        processors.append(("gate", "Gate", strip.gate))
    if strip.compressor.enabled:
        processors.append(("compressor", "Compressor", strip.compressor))
    views = []
    for key, heading, processor in processors:
        over_time = reduction.get(key)
        most_db = most_reduction_db(over_time)
        reached = "" if most_db is None else f", at most {words.level(most_db)} of gain reduction"
        views.append(
            (
                f"{heading}{reached}",
                Markup("")
                if over_time is None or not len(over_time)
                else reduction_chart(
                    f"{anchor}-{key}-time",
                    over_time,
                    None if source is None else source.peak_db,
                    processor.threshold_db,
                    trim_db=trim_db,
                    title=f"{name}: {key}, gain reduction over time",
                ),
                static_chart(
                    f"{anchor}-{key}-curve",
                    processor,
                    None if source is None else source.level_histogram,
                    trim_db=trim_db,
                    title=f"{name}: {key}, static curve",
                ),
            )
        )
    return tuple(views)


def _compared(
    data: ReportData, strip: Strip, rows_of: Callable[[Any], tuple[tuple[str, str], ...]]
) -> tuple[SettingRow, ...]:
    """The settings of a strip, each with what it was at the start where that is a project's and differs."""
    rows = rows_of(strip)
    start = data.start.master if isinstance(strip, Master) else start_of(data.start, strip.id)
    if data.session.project is None or not isinstance(start, type(strip)):
        return tuple((name, value, "") for name, value in rows)
    before, known = dict(rows_of(start)), {name for name, _ in rows}
    shown = [*rows, *((name, "none") for name in before if name not in known)]
    was = [before.get(name, "none") for name, _ in shown]
    return tuple(
        (name, value, old if old != value else "") for (name, value), old in zip(shown, was, strict=True)
    )


def _bands(strip: Strip) -> list[tuple[str, str]]:
    if not strip.equalizer.enabled or not strip.equalizer.bands:
        return [("EQ", "off")]
    return [(f"EQ {index + 1}", settings.band(band)) for index, band in enumerate(strip.equalizer.bands)]


def _track_settings(strip: TrackStrip) -> tuple[tuple[str, str], ...]:
    rows = [
        ("Input", settings.input_stage(strip.input)),
        ("High-pass", settings.cut_filter(strip.highpass)),
        ("Low-pass", settings.cut_filter(strip.lowpass)),
        ("Gate", settings.gate(strip.gate)),
        *_bands(strip),
        ("Compressor", settings.compressor(strip.compressor)),
        ("Width", words.percent(strip.width)),
        ("Pan", words.pan_position(strip.pan)),
        ("Fader", words.level(strip.fader_db)),
    ]
    if strip.automation.fader_db:
        rows.append(("Automation", settings.automation(strip.automation)))
    rows += [("Sends", settings.sends(strip.sends)), ("Output", strip.output)]
    return tuple(rows)


def _bus_settings(bus: Bus, members: Sequence[str]) -> tuple[tuple[str, str], ...]:
    rows = [("Tracks", ", ".join(members) or "none")]
    if bus.reverb is not None:
        rows.append(("Reverb", settings.reverb(bus.reverb)))
    if bus.delay is not None:
        rows.append(("Delay", settings.delay(bus.delay)))
    rows += [
        *_bands(bus),
        ("Compressor", settings.compressor(bus.compressor)),
        ("Fader", words.level(bus.fader_db)),
    ]
    return tuple(rows)


def _master_settings(master: Master) -> tuple[tuple[str, str], ...]:
    return (
        *_bands(master),
        ("Compressor", settings.compressor(master.compressor)),
        ("Limiter", settings.limiter(master.limiter)),
        ("Fader", words.level(master.fader_db)),
    )


def _sources(data: ReportData, track_id: str) -> tuple[str, ...]:
    found = [track for track in data.session.tracks if track.id == track_id]
    return tuple(
        f"{file.path.name} · {words.frequency(file.sample_rate_hz)} · "
        f"{_channels(file.channels)} · {words.clock(file.frames / max(1, file.sample_rate_hz))}"
        f"{' · ' + file.encoding if file.encoding else ''} · {words.short_hash(file.content_hash)}"
        for track in found
        for file in track.files
    )


def _channels(count: int) -> str:
    return {1: "mono", 2: "stereo"}.get(count, f"{count} channels")
