"""Sets a Mix in a copy of the user's own DAWproject; all else in it stays as it is."""

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

from lxml import etree

from console.errors import ExportError
from console.mix import Mix
from console.mix.values import MASTER
from console.session import Session
from exporters.belonging import session_tracks
from exporters.dawproject.container import copy_container
from exporters.dawproject.elements import Ids
from exporters.dawproject.marks import take_back
from exporters.dawproject.notes import NOTES_ENTRY, PROJECT_ENTRY, read_notes, to_bytes
from exporters.dawproject.patchbuses import Buses
from exporters.dawproject.patchstrips import Patch, patch_master, patch_track
from exporters.dawproject.plan import AUDIO_FOLDER, AudioPlace, audio_entries, audio_place
from exporters.dawproject.sources import entry_name, is_absolute, outside_path
from exporters.dawproject.stripnotes import left_out
from exporters.dawproject.structure import project_root, read_structure
from exporters.dawproject.units import Element, switch_of
from exporters.references import is_of_session
from exporters.report import ExportReport, Ledger, gather
from exporters.unpack import open_zip, parse_xml, read_entry

#: Only what has a name of audio is taken inside: a project may name any file of the user's.
_AUDIO = frozenset(
    {
        ".wav",
        ".wave",
        ".bwf",
        ".rf64",
        ".w64",
        ".aif",
        ".aiff",
        ".aifc",
        ".flac",
        ".mp3",
        ".ogg",
        ".opus",
        ".caf",
    }
)


def patch_project(
    mix: Mix,
    session: Session,
    destination: Path,
    *,
    audio: str = "beside",
    home: Path | None = None,
    force: bool = False,
) -> ExportReport:
    """Write a copy of the project that a session was read from, with the strips of a Mix set in it.

    Set are faders, pans, mutes that the Mix adds, sends to returns of our own, and the standard's devices behind the
    user's plugins. Groups that the project has (the same members) get the strip of the Mix's group; others are added
    at the end. A track that the session leaves out, because it is muted say, stays as it is. What an earlier patch set
    is taken back first. Other entries of the zip are copied byte by byte.

    Args:
        mix: what to set; its track ids are the session's.
        session: a session that was read from a .dawproject.
        destination: the .dawproject to write.
        audio: "beside" leaves all audio where it is; "inside" takes audio that lies outside into the zip as well.
        home: where that file will lie once it is moved; relative paths to audio outside count from there.
        force: overwrite an earlier one.

    Raises:
        ExportError: the session has no project, `destination` is that project or audio of the session, it exists
            (and no force), the project cannot be read or the copy not be written, or mix and session do not match.
    """
    place = audio_place(audio)
    source = _source(session, (destination, home or destination))
    with open_zip(source) as archive:
        tree = parse_xml(read_entry(archive, PROJECT_ENTRY), str(source))
        root = project_root(tree, str(source))
        notes = read_notes(archive, source)
        silent = _muted(root, str(source))
        take_back(root)
        ours = {key for key in silent if key in notes.get("tracks", {})} | silent - _muted(root, str(source))
        ledgers = _set_all(root, mix, session, notes, ours, str(source))
        entries: Mapping[str, Path] = {}
        if place is AudioPlace.INSIDE:
            entries = _take_inside(root, source.parent, archive.namelist(), ledgers)
        _relocate(root, source.parent, (home or destination).parent)
        documents = {PROJECT_ENTRY: _to_bytes(tree)} | ({NOTES_ENTRY: to_bytes(notes)} if notes else {})
        copy_container(archive, destination, documents, entries, force=force)
    return ExportReport("dawproject", (destination,), gather(ledgers))


def _source(session: Session, targets: Sequence[Path]) -> Path:
    if session.project is None:
        raise ExportError("the session was read from files, not from a project; write a new project instead")
    for target in targets:
        if is_of_session(target, session):
            raise ExportError(f"{target} is a file of the session itself; give another name")
    return session.project


def _muted(root: Element, source: str) -> set[str]:
    """The keys of the tracks that are muted."""
    strips = read_structure(root, source).strips.items()
    return {
        key
        for key, strip in strips
        if strip.channel is not None and switch_of(strip.channel.find("Mute"), False)
    }


def _set_all(
    root: Element, mix: Mix, session: Session, notes: Mapping[str, Any], silent: Collection[str], source: str
) -> list[Ledger]:
    known = session_tracks(mix, session)
    structure = read_structure(root, source)
    taken = {one.get("id") for one in root.iter(etree.Element) if one.get("id") is not None}
    patch = Patch(root, structure, Ids("mixbridge", taken), notes)
    ledgers = left_out({strip.id for strip in mix.tracks}, session)
    # What an earlier run of ours has muted is out of the session, but its strip is ours all the same.
    played = tuple(
        strip
        for strip in mix.tracks
        if not strip.muted or known[strip.id].included or known[strip.id].key in silent
    )
    buses = Buses(patch, replace(mix, tracks=played), known)
    ledgers += buses.ledgers
    for strip in played:
        track = known[strip.id]
        ledgers.append(Ledger(strip.id))
        if track.key not in structure.strips:
            ledgers[-1].dropped("files", "the project has no such track: the session was read from elsewhere")
            continue
        patch_track(patch, strip, track, buses, ledgers[-1])
    ledgers.append(Ledger(MASTER))
    patch_master(patch, mix.master, ledgers[-1])
    return ledgers


def _take_inside(
    root: Element, folder: Path, taken: Sequence[str], ledgers: list[Ledger]
) -> Mapping[str, Path]:
    """Let the clips play audio inside the zip; the entries that it is to get. What is no audio stays outside."""
    outside = [
        (file, outside_path(file, folder))
        for file in root.iterfind(".//Audio/File")
        if entry_name(file) is None
    ]
    files = list(
        dict.fromkeys(path for _, path in outside if path.suffix.lower() in _AUDIO and path.is_file())
    )
    stems = [PurePosixPath(name).stem for name in taken if name.startswith(f"{AUDIO_FOLDER}/")]
    entries = audio_entries(files, stems)
    names = {path: name for name, path in entries.items()}
    ledgers.append(Ledger(""))
    for file, path in outside:
        if path in names:
            file.set("path", names[path])
            file.attrib.pop("external")
        else:
            ledgers[-1].approximated("files", f"{path.name} is not there to be taken inside; its place stays")
    if names:
        ledgers[-1].exact("files", f"{len(names)} audio files were taken inside")
    return entries


def _relocate(root: Element, before: Path, after: Path) -> None:
    """Let relative paths to files outside count from another folder."""
    if before.absolute().resolve() == after.absolute().resolve():
        return
    for file in root.iter("File", "State"):
        text = file.get("path", "")
        if file.get("external") not in ("true", "1") or is_absolute(text) or "\0" in text:
            continue
        place = before.absolute().resolve() / text.replace("\\", "/")
        try:
            text = Path(os.path.relpath(place, after.absolute().resolve())).as_posix()
        except ValueError:
            text = place.as_posix()
        file.set("path", text)


def _to_bytes(tree: "etree._ElementTree") -> bytes:  # type: ignore[name-defined, unused-ignore]
    text: bytes = etree.tostring(
        tree, xml_declaration=True, encoding="UTF-8", standalone=tree.docinfo.standalone
    )
    return text
