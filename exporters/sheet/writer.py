"""Writes the recall sheet: one page, one text, one table."""

from pathlib import Path

from console.errors import ExportError
from console.filenames import safe_name
from console.mix import Mix, TrackStrip
from console.mix.values import MASTER
from console.session import Session
from exporters.files import write_files
from exporters.references import is_of_session
from exporters.report import ExportReport, Ledger, gather
from exporters.sheet.html import to_html
from exporters.sheet.markdown import to_markdown
from exporters.sheet.rows import sheet
from exporters.sheet.table import to_csv

SUFFIX = "recall"


def write_project(
    mix: Mix,
    session: Session,
    destination: Path,
    *,
    start: Mix | None = None,
    home: Path | None = None,
    force: bool = False,
) -> ExportReport:
    """Write `<session> recall.csv`, `.html` and `.md` into a folder; either all of them are written or none.

    Args:
        mix: what to write; its track ids are the session's.
        session: gives the sheet its name, and is never written to.
        destination: the folder; made when it is missing.
        start: what the settings were before; the neutral console by default.
        home: where the folder will lie once it is moved; of no matter here, as the sheet refers to no file.
        force: overwrite an earlier sheet.

    Raises:
        ExportError: a file exists (and no force), the folder cannot be written, or mix and session do not match.
    """
    known = {track.id for track in session.tracks}
    missing = [strip.id for strip in mix.tracks if strip.id not in known]
    if missing:
        raise ExportError(
            f"the mix has a track {missing[0]!r} that the session lacks; give the mix that was made from it"
        )
    strips = sheet(mix, start or _neutral(mix))
    facts = [
        f"{len(mix.tracks)} tracks, {len(mix.buses)} buses",
        f"{mix.sample_rate_hz} Hz",
        *([] if mix.estimator in ("", "none") else [f"set by {mix.estimator}"]),
        *([mix.tool] if mix.tool else []),
    ]
    stem = safe_name(f"{safe_name(session.name, 'mix')} {SUFFIX}")
    contents = {
        destination / f"{stem}.csv": to_csv(strips, mix.sample_rate_hz),
        destination / f"{stem}.html": _encode(to_html(strips, session.name, facts)),
        destination / f"{stem}.md": _encode(to_markdown(strips, session.name or "Session", facts)),
    }
    for path in contents:
        for target in (path, (home or destination) / path.name):
            if is_of_session(target, session):
                raise ExportError(f"{target} is a file of the session itself; give another folder")
    write_files(contents, force=force)
    return ExportReport("sheet", tuple(contents), gather(_ledgers(mix, session)))


def _neutral(mix: Mix) -> Mix:
    """The console before any hand has touched it: the same tracks, faders at 0 dB, every module off, no buses."""
    return Mix(mix.sample_rate_hz, tuple(TrackStrip(strip.id) for strip in mix.tracks))


def _encode(text: str) -> bytes:
    return text.encode("utf-8")


def _ledgers(mix: Mix, session: Session) -> list[Ledger]:
    mixed = {strip.id for strip in mix.tracks}
    ledgers = [Ledger(track.id) for track in session.tracks if track.id not in mixed]
    for ledger in ledgers:
        ledger.dropped("files", "the mix has no strip for this track; it is not on the sheet")
    for name in (*(strip.id for strip in mix.tracks), *(bus.id for bus in mix.buses), MASTER):
        ledgers.append(Ledger(name))
        ledgers[-1].exact("", "every parameter as a hand dials it, and to its last digit in the table")
    return ledgers
