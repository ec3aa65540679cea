"""The head of the report: what went in, how it was decided, how loud the mix is, and every track in a row."""

from dataclasses import dataclass

from markupsafe import Markup

from bridge.report import settings, words
from bridge.report.charts.field import Spot, field_chart
from bridge.report.charts.rows import Row, audibility_charts, loudness_charts
from bridge.report.data import ReportData
from bridge.report.families import family, role_name
from bridge.report.strips import StripView, most_reduction_db
from console.mix import TrackStrip
from console.mix.values import MASTER

#: So many pairs of the mix before, and of the mix after, are told.
_PAIRS = 12


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table: its text, and the number that it is sorted by."""

    text: str
    key: float | str


@dataclass(frozen=True, slots=True)
class OverviewRow:
    """One track in the table of all tracks."""

    view: StripView
    role: Cell
    output: Cell
    fader: Cell
    pan: Cell
    highpass: Cell
    equalizer: tuple[str, ...]
    reduction: Cell
    sends: tuple[str, ...]
    audibility: Cell


@dataclass(frozen=True, slots=True)
class PairRow:
    """Two tracks of which one hides the other, before and after."""

    masked: str
    masker: str
    band: str
    before: Cell
    after: Cell
    share: str


def facts(data: ReportData) -> tuple[tuple[str, str], ...]:
    """What the report is about: (name, text)."""
    mix, session = data.mix, data.session
    playing = sum(not track.muted for track in mix.tracks)
    return (
        ("Length", words.clock(session.seconds) if session.seconds >= 10 else words.time_s(session.seconds)),
        ("Sample rate", words.frequency(session.sample_rate_hz)),
        ("Tracks", f"{playing} in the mix, {len(mix.tracks) - playing} left out"),
        ("Buses", ", ".join(bus.id for bus in mix.buses) or "none"),
        ("Estimator", f"{mix.estimator}, seed {mix.seed}"),
        ("Applied", amounts_text(data)),
        ("Tool", data.tool or mix.tool or "mixbridge"),
        ("Input hash", words.short_hash(mix.inputs) if mix.inputs else "none"),
    )


def amounts_text(data: ReportData) -> str:
    """How much of the decisions was applied: of everything, or of each group."""
    if not data.amounts or set(data.amounts.values()) == {1.0}:
        return f"everything at {words.percent(1.0)}"
    if len(set(data.amounts.values())) == 1:
        return f"everything at {words.percent(next(iter(data.amounts.values())))}"
    return ", ".join(f"{name} {words.percent(share)}" for name, share in data.amounts.items())


def headroom(data: ReportData) -> str:
    """What is left above the loudest peak of the mix, in a sentence."""
    peak_db = data.master_after.true_peak_dbtp
    if peak_db <= words.SILENT_DB:
        return "The mix is silent."
    limit = data.mix.master.limiter
    limiter = f"the limiter is on, {settings.limiter(limit)}" if limit.enabled else "the limiter is off"
    if peak_db > 0.0:
        return (
            f"The mix exceeds full scale by {words.level(peak_db)} (true peak): pull the master fader down by "
            f"as much; {limiter}."
        )
    return (
        f"The loudest peak stands at {words.level(peak_db, 'dBTP')}: {words.level(-peak_db)} of headroom; "
        f"{limiter}."
    )


def overview_row(data: ReportData, strip: TrackStrip, view: StripView) -> OverviewRow:
    """A track's row."""
    before = data.masking_before.audibility_db.get(strip.id)
    after = data.masking_after.audibility_db.get(strip.id)
    reduction_db = most_reduction_db(data.gain_reduction.get(strip.id)) if strip.compressor.enabled else None
    sends = sorted(strip.sends.items(), key=lambda item: (-item[1], item[0]))
    lowpass = f", LP {words.frequency(strip.lowpass.frequency_hz)}" if strip.lowpass.enabled else ""
    highpass_hz = strip.highpass.frequency_hz if strip.highpass.enabled else 0.0
    on = "on" if strip.compressor.enabled else "–"
    return OverviewRow(
        view=view,
        role=Cell(f"{role_name(strip.role)} {words.percent(strip.role_confidence)}", role_name(strip.role)),
        output=Cell("–" if strip.output == MASTER else strip.output, strip.output),
        fader=Cell(words.number(strip.fader_db), strip.fader_db),
        pan=Cell(words.pan_position(strip.pan), strip.pan),
        highpass=Cell((words.frequency(highpass_hz) if highpass_hz else "–") + lowpass, highpass_hz),
        equalizer=tuple(settings.band_short(band) for band in settings.moving_bands(strip.equalizer)),
        reduction=Cell(
            on if reduction_db is None else words.number(-reduction_db),
            -1.0 if reduction_db is None else reduction_db,
        ),
        sends=tuple(f"{bus} {words.number(level_db)}" for bus, level_db in sends),
        audibility=Cell(
            "–" if strip.muted else f"{_signed(before)} → {_signed(after)}",
            -999.0 if strip.muted or after is None else after,
        ),
    )


def _signed(value_db: float | None) -> str:
    return "–" if value_db is None else words.number(value_db, sign=True)


def field_picture(data: ReportData) -> Markup:
    """The pan map of all tracks that play."""
    channels = {track.id: track.channels for track in data.session.tracks}
    return field_chart(
        "field",
        [
            Spot(
                strip.id,
                family(strip.role),
                strip.pan,
                data.after[strip.id].integrated_lufs,
                channels.get(strip.id, 1) > 1 and strip.width > 0.0,
            )
            for strip in data.mix.tracks
            if not strip.muted and strip.id in data.after
        ],
    )


def loudness_pictures(data: ReportData) -> list[Markup]:
    """Loudness of every track, before and after, in the order of the session."""
    return loudness_charts("loudness", [_row(data, strip) for strip in data.mix.tracks if not strip.muted])


def _row(data: ReportData, strip: TrackStrip) -> Row:
    before, after = data.analysis.tracks.get(strip.id), data.after.get(strip.id)
    return Row(
        strip.id,
        family(strip.role),
        None if before is None else before.integrated_lufs,
        None if after is None else after.integrated_lufs,
    )


def audibility_pictures(data: ReportData) -> list[Markup]:
    """Audibility of every track, before and after, the least audible first."""
    rows = [
        Row(
            strip.id,
            family(strip.role),
            data.masking_before.audibility_db.get(strip.id),
            data.masking_after.audibility_db.get(strip.id),
        )
        for strip in data.mix.tracks
        if not strip.muted
    ]
    rows = [row for row in rows if row.before is not None or row.after is not None]
    rows.sort(key=lambda row: (row.after if row.after is not None else 99.0, row.name))
    return audibility_charts("audibility", rows)


def masking_rows(data: ReportData) -> tuple[PairRow, ...]:
    """The strongest pairs of before and of after, each with both figures, the strongest after first."""
    before = {(pair.masked, pair.masker): pair for pair in data.masking_before.pairs}
    after = {(pair.masked, pair.masker): pair for pair in data.masking_after.pairs}
    shown = dict.fromkeys([*list(after)[:_PAIRS], *list(before)[:_PAIRS]])
    rows = []
    for key in shown:
        was, now = before.get(key), after.get(key)
        told = now or was
        if told is not None:
            rows.append(
                PairRow(
                    *key,
                    f"{words.frequency(told.low_hz)} to {words.frequency(told.high_hz)}",
                    _amount(None if was is None else was.amount_db),
                    _amount(None if now is None else now.amount_db),
                    words.percent(told.time_share),
                )
            )
    return tuple(rows)


def _amount(amount_db: float | None) -> Cell:
    return Cell("under 0.5", 0.0) if amount_db is None else Cell(words.number(amount_db), amount_db)
