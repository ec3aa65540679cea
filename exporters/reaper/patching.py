"""Sets a mix in a copy of the user's own REAPER project and leaves every other byte of it as it was."""

import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from console.errors import ExportError
from console.mix import Master, Mix
from console.mix.values import MASTER
from console.session import Session, SessionTrack
from console.units import db_to_gain
from exporters.belonging import session_tracks
from exporters.files import write_files
from exporters.plugins import HeardPlugins
from exporters.reaper.edit import get_line
from exporters.reaper.fields import Rows
from exporters.reaper.fxnodes import check_place
from exporters.reaper.heard import with_plugins
from exporters.reaper.identity import MASTER_KEY
from exporters.reaper.notes import read_notes, write_notes
from exporters.reaper.ownitems import sides_of
from exporters.reaper.patchbuses import release_folders, set_buses
from exporters.reaper.patchcontext import Patch, put_chain, put_line
from exporters.reaper.patchstrips import active, decibels, note_fx, set_strip
from exporters.reaper.plugins import check_platform, running_platform
from exporters.reaper.projectlaw import of_line, read_law
from exporters.reaper.records import Records, read_records, write_records
from exporters.reaper.relocating import relocate_sources
from exporters.reaper.rpp import Node, line, read_document, split_words, to_bytes
from exporters.reaper.strips import strip_kind
from exporters.reaper.tracks import FileTrack, list_tracks
from exporters.reaper.undoing import undo_patch
from exporters.report import ExportReport, Ledger, gather

#: What the version in a project's first line says of the system that it was saved on.
_SYSTEMS = (("osx", "macos"), ("macos", "macos"), ("linux", "linux"), ("win", "win64"), ("x64", "win64"))

FIRST_WITH_CONTAINERS = 7.0


def patch_project(
    mix: Mix,
    session: Session,
    destination: Path,
    *,
    platform: str | None = None,
    strip: str = "rea",
    fx: str = "after",
    plugins: HeardPlugins | None = None,
    home: Path | None = None,
    force: bool = False,
) -> ExportReport:
    """Write the session's own project with the mix set in it to `destination`.

    Tracks are found by their GUIDs; one that the session leaves out, because it is muted say, stays as it is. Items,
    routing, automation, markers, plugins and everything that this program does not know stay to the byte; what an
    earlier patch did is taken back first, so that patching twice changes nothing.

    Args:
        mix: what to set; its track ids are the session's.
        session: read from a project, which `session.project` names.
        destination: the file to write, never the project itself.
        platform: whose plugin modules to name: "win64", "macos" or "linux"; None for the project's own.
        strip: "rea" for REAPER's own plugins, "jsfx" for the console's strip.
        fx: "after" puts our plugins one by one behind the user's, "container" in one container there (REAPER 7).
        plugins: what the mix was heard through, in the place of REAPER's own.
        home: the file's later place, if another; paths to the audio count from there.
        force: overwrite an existing file.

    Raises:
        ExportError: the session is from no project, the destination is the project or one of its files, or exists
            (and no force); the project cannot be read, is damaged, or does not have the session's tracks.
    """
    source = _source(session, (destination, home or destination))
    check_place(fx)
    document = read_document(source)
    root = document.node("REAPER_PROJECT")
    if root is None:
        raise ExportError(
            f"{source} holds no <REAPER_PROJECT; give the project that the session was read from"
        )
    try:
        ledgers = _patch(root, mix, session, source, platform, strip, fx, plugins)
        changed = relocate_sources(root, source.absolute().parent, (home or destination).absolute().parent)
    except ExportError as error:
        raise ExportError(f"{source}: {error}") from error
    if changed:
        ledger = Ledger("")
        ledger.exact("files", f"{changed} names of audio files count from the new project's folder")
        ledgers.append(ledger)
    write_files({destination: to_bytes(document)}, force=force)
    return ExportReport("reaper", (destination,), gather(ledgers))


def _source(session: Session, places: tuple[Path, ...]) -> Path:
    source = session.project
    if source is None:
        raise ExportError(
            f"the session {session.name!r} was not read from a project; export a new project in place of a patch"
        )
    audio = {file.path for track in session.tracks for file in track.files}
    for path in (source, *audio):
        for place in places:
            if _same_file(path, place):
                raise ExportError(f"{place} belongs to the session itself; give another file")
    return source


def _same_file(one: Path, other: Path) -> bool:
    if os.path.abspath(one) == os.path.abspath(other):  # noqa: PTH100
        return True
    try:
        return one.samefile(other)
    except OSError:
        return False


def _patch(
    root: Node,
    mix: Mix,
    session: Session,
    source: Path,
    platform: str | None,
    strip: str,
    fx: str,
    plugins: HeardPlugins | None,
) -> list[Ledger]:
    known = session_tracks(mix, session)
    notes = read_notes(root)
    silent = {track.key for track in list_tracks(root) if track.rows.flag("MUTESOLO")}
    kept = undo_patch(root, read_records(root) or Records())
    system = check_platform(platform or _system_of(root))
    tracks = list_tracks(root)
    patch = Patch(
        root,
        tracks,
        read_law(Rows(root)),
        with_plugins(strip_kind(strip), plugins),
        system,
        fx,
        mix.sample_rate_hz,
        notes=notes,
        kept=kept,
    )
    places = _places(mix, known, tracks)
    ledgers = {
        name: Ledger(name)
        for name in (*(strip.id for strip in mix.tracks), *(bus.id for bus in mix.buses), MASTER)
    }
    # What an earlier run of ours has muted is out of the session, but its strip is ours all the same.
    ours = {
        track.key
        for track in tracks
        if track.key in silent and (track.key in notes or not track.rows.flag("MUTESOLO"))
    }
    played = tuple(
        track
        for track in mix.tracks
        if not track.muted or known[track.id].included or known[track.id].key in ours
    )
    if release_folders(patch, replace(mix, tracks=played), places, ledgers):
        patch.tracks = list_tracks(root)
        places = _places(mix, known, patch.tracks)
    patch.sides = sides_of(patch.tracks, notes)
    for track in played:
        set_strip(patch, places[track.id], track, known[track.id], ledgers[track.id])
        if track.muted:
            _mute(patch, places[track.id], ledgers[track.id])
    set_buses(patch, replace(mix, tracks=played), places, ledgers)
    _set_master(patch, mix.master, ledgers[MASTER])
    if notes:
        there = {track.key for track in patch.tracks}
        write_notes(root, {key: note for key, note in notes.items() if key in there})
    write_records(root, patch.records)
    if fx == "container":
        _note_container(root, ledgers[MASTER])
    if patch.uses_strip:
        ledgers[MASTER].approximated(
            "strip",
            "REAPER plays the JSFX strip only once it is installed: install mixbridge by ReaPack, or take the file "
            "that a new project with this strip lays beside itself",
        )
    left_out = [Ledger(track.id) for track in session.tracks if track.id not in places]
    for ledger in left_out:
        ledger.dropped("files", "the mix has no strip for this track; it stays as it is in the project")
    return [*left_out, *ledgers.values()]


def _places(mix: Mix, known: Mapping[str, SessionTrack], tracks: list[FileTrack]) -> dict[str, FileTrack]:
    by_key = {track.key: track for track in tracks}
    places: dict[str, FileTrack] = {}
    taken: dict[str, str] = {}
    for strip in mix.tracks:
        key = known[strip.id].key
        if key not in by_key:
            raise ExportError(
                f"the track {strip.id!r} ({key or 'no identity'}) is not in the project any more; "
                "read the session from it again"
            )
        if key in taken:
            raise ExportError(f"{strip.id!r} and {taken[key]!r} are one track of the project; mix it as one")
        taken[key] = strip.id
        places[strip.id] = by_key[key]
    return places


def _mute(patch: Patch, track: FileTrack, ledger: Ledger) -> None:
    words = track.rows.words("MUTESOLO")
    put_line(
        track.node,
        patch.record(track),
        " ".join(["MUTESOLO", "1", *(words[1:] or ["0", "0"])]),
        after=("VOLPAN", "NAME"),
    )
    ledger.exact("muted", f"the track's mute: {'on' if words[:1] == ['1'] else 'off'} → on")


def _set_master(patch: Patch, master: Master, ledger: Ledger) -> None:
    root, record = patch.root, patch.records.master
    chain = patch.kind.master(master, patch.sample_rate_hz, ledger)
    before = get_line(root, "MASTER_VOLUME")
    was, _ = of_line(before)
    volume = db_to_gain(master.fader_db + chain.fader_db)
    words = split_words(before)[1:] if before else []
    words = [*words, *["1", "0", "-1", "-1", "1"][len(words) :]]
    law = words[2] if patch.law.at_unity or not words[2].startswith("-") else "1"
    text = " ".join([line("MASTER_VOLUME", volume), words[1], law, *words[3:]])
    put_line(root, record, text, before="MASTER_FX", after=("MASTER_NCH", "SAMPLERATE"))
    ledger.exact("fader_db", f"the master's volume: {decibels(was)} → {decibels(volume)}")
    put_chain(patch, root, "MASTERFXLIST", MASTER_KEY, record, chain.fx)
    note_fx(Rows(root), "MASTER_FX", bool(chain.fx), ledger)
    if active(root, "MASTERVOLENV2") or active(root, "MASTERVOLENV"):
        ledger.dropped("fader_db", "the master's volume envelope is yours and stays: it is heard as well")


def _version(root: Node) -> str:
    return (root.words[2:3] or [""])[0]


def _system_of(root: Node) -> str:
    told = _version(root).lower()
    # Windows of 32 bits says nothing behind its version.
    other = "win64" if told and "/" not in told else running_platform()
    return next((system for mark, system in _SYSTEMS if mark in told), other)


def _note_container(root: Node, ledger: Ledger) -> None:
    digits = _version(root).split("/")[0]
    try:
        version = float(".".join(digits.split(".")[:2]))
    except ValueError:
        version = 0.0
    if version < FIRST_WITH_CONTAINERS:
        ledger.approximated(
            "plugins",
            f"they lie in containers, which came with REAPER 7; this project was saved by {digits or 'an older one'}",
        )
