"""What is wrong with a session's audio, said in words with the figures behind them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from console.analysis.values import PairAnalysis, SessionAnalysis, TrackAnalysis
from console.frozen import FrozenMap
from console.session.findings import Finding, Severity
from console.session.roles import Role
from console.session.values import Session, SessionTrack
from console.units import gain_to_db
from console.words import number, signed

#: A mean of a channel above this is an offset worth a word, in dBFS.
_DC_DBFS = -60.0

#: ... and above this, relative to the track's RMS; what remains below is the shape of its waves, in dB.
_DC_UNDER_RMS_DB = -36.0

#: The ceiling of clipped runs from which on they are a recording's overload and not a sound's own shape, in dBFS.
_OVERLOAD_DBFS = -0.2

#: Flat tops below that are mentioned from this crest on; square waves and their like stay below it, in dB.
_FLAT_TOP_CREST_DB = 6.0

#: Correlation that has to stand behind a word about two tracks.
_SURE = 0.3

#: Roles that stand away from the instrument.
_DISTANT = frozenset({Role.OVERHEAD, Role.ROOM})
#: What the names of the microphone say that the others are compared with.
_MAIN = frozenset({"", "top", "in", "di"})
_ANCHORS = frozenset({Role.SNARE, Role.KICK})

#: Delay of a second close microphone, and of an overhead, that no usual distance explains, in ms.
_LATE_CLOSE_MS, _LATE_OVERHEAD_MS = 2.0, 5.0

_SOUND_M_PER_S = 343.0


def check(session: Session, analysis: SessionAnalysis) -> tuple[Finding, ...]:
    """What the analysis finds wrong, by kind, then in the session's order.

    What is among the session's findings already is left out.
    """
    known = {(finding.code, finding.tracks) for finding in session.findings}
    found = [*_of_tracks(session, analysis), *_duplicates(session, analysis), *_of_pairs(session, analysis)]
    rank = {code: index for index, code in enumerate(_ORDER)}
    place = {track.id: index for index, track in enumerate(session.tracks)}
    found.sort(key=lambda finding: (rank[finding.code], [place[track] for track in finding.tracks]))
    return tuple(finding for finding in found if (finding.code, finding.tracks) not in known)


_ORDER = (
    "nonfinite",
    "silent",
    "click",
    "duplicate",
    "clipping",
    "dc",
    "dual-mono",
    "polarity",
    "late-microphone",
)


def _of_tracks(session: Session, analysis: SessionAnalysis) -> Iterator[Finding]:
    for track in session.tracks:
        measured = analysis.tracks[track.id]
        if measured.nonfinite_samples:
            count = measured.nonfinite_samples
            text = f"{track.id!r} holds {count} samples that are not numbers; they count as silence."
            yield _finding("nonfinite", text, track.id, figures={"samples": count})
        if measured.silent:
            text = f"Nothing in {track.id!r} rises above −80 dBFS."
            yield _finding("silent", text, track.id, figures={"peak_dbfs": measured.sample_peak_dbfs})
            continue
        if track.role is Role.CLICK:
            text = f"{track.id!r} is a click or guide track; it is not for the mix."
            figures = {"transients_per_s": measured.transients_per_s}
            yield _finding("click", text, track.id, figures=figures, severity=Severity.NOTE)
        yield from _levels(track, measured)


def _levels(track: SessionTrack, measured: TrackAnalysis) -> Iterator[Finding]:
    overload = measured.sample_peak_dbfs >= _OVERLOAD_DBFS
    if measured.clipped_runs and (overload or measured.crest_db >= _FLAT_TOP_CREST_DB):
        text = (
            f"{track.id!r} stands still at its ceiling of {number(measured.sample_peak_dbfs)} dBFS "
            f"{measured.clipped_runs} times, for up to {measured.longest_clip_samples} samples: it was clipped."
        )
        yield _finding(
            "clipping",
            text,
            track.id,
            severity=Severity.WARNING if overload else Severity.NOTE,
            figures={
                "runs": measured.clipped_runs,
                "longest_samples": measured.longest_clip_samples,
                "ceiling_dbfs": measured.sample_peak_dbfs,
            },
        )
    offset = max(measured.dc_offset, key=abs, default=0.0)
    if gain_to_db(abs(offset)) > max(_DC_DBFS, measured.rms_dbfs + _DC_UNDER_RMS_DB):
        text = (
            f"{track.id!r} has a constant offset of {signed(100.0 * offset, 2)} % of full scale, which wastes headroom "
            "and clicks at edits; a high-pass removes it."
        )
        yield _finding("dc", text, track.id, figures={"offset": offset})
    if measured.dual_mono:
        text = f"{track.id!r} is stereo with the same sound on both sides: a mono track."
        yield _finding(
            "dual-mono", text, track.id, figures={"width_db": measured.width_db}, severity=Severity.NOTE
        )


def _duplicates(session: Session, analysis: SessionAnalysis) -> Iterator[Finding]:
    place = {track.id: index for index, track in enumerate(session.tracks)}
    for pair in analysis.duplicates:
        first, second = sorted(pair, key=lambda track: place[track])
        level_db = analysis.tracks[second].rms_dbfs - analysis.tracks[first].rms_dbfs
        text = f"{second!r} is the same recording as {first!r}" + (
            f", {signed(level_db)} dB in level." if abs(level_db) >= 0.05 else "."
        )
        yield _finding("duplicate", text, first, second, figures={"level_db": level_db})


def _of_pairs(session: Session, analysis: SessionAnalysis) -> Iterator[Finding]:
    copies = {frozenset(pair) for pair in analysis.duplicates}
    tracks = {track.id: track for track in session.tracks}
    for pair in analysis.pairs:
        if frozenset((pair.first, pair.second)) in copies or abs(pair.correlation) < _SURE:
            continue
        first, second = tracks[pair.first], tracks[pair.second]
        if first.role is second.role and first.role not in _DISTANT:
            yield from _close(session, first, second, pair)
    for track in session.tracks:
        if track.role is Role.OVERHEAD:
            yield from _overhead(session, track, analysis.pairs, tracks)


def _close(
    session: Session, first: SessionTrack, second: SessionTrack, pair: PairAnalysis
) -> Iterator[Finding]:
    """Two microphones at one source."""
    late_ms = 1000.0 * pair.delay_samples / session.sample_rate_hz
    order = {track.id: index for index, track in enumerate(session.tracks)}
    figures = {
        "correlation": pair.correlation,
        "zero_lag_correlation": pair.zero_lag_correlation,
        "delay_samples": abs(pair.delay_samples),
    }
    if pair.inverted:
        one, other = (
            track.id for track in sorted((first, second), key=lambda t: (t.detail not in _MAIN, order[t.id]))
        )
        text = (
            f"{other!r} hears the same as {one!r} with the opposite polarity (correlation "
            f"{signed(pair.correlation, 2)}); together they thin each other out."
        )
        yield _finding("polarity", text, one, other, figures=figures)
    if abs(late_ms) >= _LATE_CLOSE_MS:
        early, late = (first.id, second.id) if late_ms > 0.0 else (second.id, first.id)
        yield _late(early, late, abs(late_ms), figures)


def _overhead(
    session: Session,
    overhead: SessionTrack,
    pairs: tuple[PairAnalysis, ...],
    tracks: dict[str, SessionTrack],
) -> Iterator[Finding]:
    """An overhead against the drum that it hears most clearly."""
    for pair in pairs:  # the strongest comes first
        if overhead.id not in (pair.first, pair.second) or abs(pair.correlation) < _SURE:
            continue
        other = pair.first if pair.second == overhead.id else pair.second
        if tracks[other].role not in _ANCHORS:
            continue
        samples = pair.delay_samples if pair.second == overhead.id else -pair.delay_samples
        late_ms = 1000.0 * samples / session.sample_rate_hz
        if late_ms >= _LATE_OVERHEAD_MS:
            figures = {"correlation": pair.correlation, "delay_samples": samples}
            yield _late(other, overhead.id, late_ms, figures)
        return


def _late(early: str, late: str, late_ms: float, figures: Mapping[str, float]) -> Finding:
    metres = late_ms * 1e-3 * _SOUND_M_PER_S
    text = (
        f"{late!r} hears {early!r} {late_ms:.2f} ms late, as if it stood {metres:.1f} m further away; lined up, both "
        "sound tighter."
    )
    return _finding("late-microphone", text, early, late, figures={"delay_ms": late_ms, **figures})


def _finding(
    code: str,
    text: str,
    *tracks: str,
    figures: Mapping[str, float],
    severity: Severity = Severity.WARNING,
) -> Finding:
    values = FrozenMap({name: float(value) for name, value in figures.items()})
    return Finding(code, text, tracks, severity, values)
