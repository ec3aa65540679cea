"""Writes the DAWproject hand-over: one .dawproject on the stems, or with the stems inside."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from lxml import etree

from console.errors import ExportError
from console.filenames import safe_name
from console.mix import Mix
from console.mix.values import MASTER
from console.session import Session
from exporters.dawproject.container import write_container
from exporters.dawproject.document import project_document, to_bytes
from exporters.dawproject.elements import MARK
from exporters.dawproject.notes import NOTES_ENTRY, NOTES_SCHEMA, PROJECT_ENTRY
from exporters.dawproject.notes import to_bytes as notes_bytes
from exporters.dawproject.plan import AudioPlace, audio_place, make_plan
from exporters.dawproject.stripnotes import left_out, note_bus, note_master, note_track
from exporters.dawproject.units import plain_text
from exporters.project import Marker, Tempo
from exporters.references import is_of_session
from exporters.report import ExportReport, Ledger, gather

METADATA_ENTRY = "metadata.xml"


def write_project(
    mix: Mix,
    session: Session,
    destination: Path,
    *,
    audio: str = "beside",
    tempo: Sequence[Tempo] = (),
    markers: Sequence[Marker] = (),
    home: Path | None = None,
    force: bool = False,
) -> ExportReport:
    """Write `<session>.dawproject` into a folder.

    Args:
        mix: what to write; its track ids are the session's.
        session: the files, their starts and lengths.
        destination: the folder; made when it is missing.
        audio: "beside" refers to the stems where they are, relative to the project where that is possible;
            "inside" copies them into the project's zip, a piece at a time and as they are.
        tempo: the song's tempo and signatures in rising order; 120 bpm in 4/4 by default.
        markers: the song's markers.
        home: where the folder will lie once it is moved; paths to the audio count from there.
        force: overwrite the file of an earlier hand-over.

    Raises:
        ExportError: the file exists (and no force) or cannot be written, audio cannot be read, mix and session do
            not match, or `audio` is neither of the two.
    """
    place = audio_place(audio)
    plan = make_plan(mix, session, home or destination, place)
    document, notes = project_document(plan, mix, tempo, markers)
    documents = {
        PROJECT_ENTRY: document,
        METADATA_ENTRY: _metadata(session.name),
        NOTES_ENTRY: _notes(notes, mix.sample_rate_hz),
    }
    path = destination / f"{safe_name(session.name, 'mix')}.dawproject"
    for target in (path, (home or destination) / path.name):
        if is_of_session(target, session):
            raise ExportError(f"{target} is a file of the session itself; give another folder")
    write_container(path, documents, plan.entries, force=force)
    return ExportReport("dawproject", (path,), gather(_ledgers(mix, session, place)))


def _metadata(title: str) -> bytes:
    root = etree.Element("MetaData")
    etree.SubElement(root, "Title").text = plain_text(title)
    etree.SubElement(root, "Comment").text = MARK
    return to_bytes(root)


def _notes(tracks: Mapping[str, Mapping[str, object]], sample_rate_hz: int) -> bytes:
    """What the project does not tell: the rate, and which track stands for which strip."""
    return notes_bytes({"schema": NOTES_SCHEMA, "sample_rate_hz": sample_rate_hz, "tracks": tracks})


def _ledgers(mix: Mix, session: Session, audio: AudioPlace) -> list[Ledger]:
    ledgers = left_out({strip.id for strip in mix.tracks}, session)
    for strip in mix.tracks:
        ledgers.append(Ledger(strip.id))
        note_track(strip, session.track(strip.id), mix.sample_rate_hz, audio, ledgers[-1])
    for bus in mix.buses:
        ledgers.append(Ledger(bus.id))
        note_bus(bus, ledgers[-1])
    ledgers.append(Ledger(MASTER))
    note_master(mix.master, ledgers[-1])
    return ledgers
