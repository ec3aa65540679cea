"""Sets a Mix in a copy of the user's own Ardour session; all else in it stays as it is."""

from pathlib import Path
from typing import Unpack

from lxml import etree

from console.errors import ExportError
from console.mix import Mix, TrackStrip
from console.mix.values import MASTER
from console.session import Session, SessionTrack
from console.units import db_to_gain
from exporters.ardour.chain import master_chain, track_chain
from exporters.ardour.choices import Carriers, Choices, choose
from exporters.ardour.document import note_regions
from exporters.ardour.nodes import Ids, Node
from exporters.ardour.ownregions import OwnRegions
from exporters.ardour.panlaw import to_ardour
from exporters.ardour.patchbuses import Buses
from exporters.ardour.patchstrip import Patch, channels_of, set_fader, set_inserts, set_track
from exporters.ardour.plan import left_out
from exporters.ardour.regions import trim_and_rest_db, whole_delay
from exporters.ardour.sessionfile import SessionFile, number, read_notes, read_session
from exporters.ardour.takeback import search_path, take_back, write_note
from exporters.ardour.timeline import read_beats
from exporters.ardour.times import Times
from exporters.belonging import session_tracks
from exporters.files import write_files
from exporters.references import is_of_session
from exporters.report import ExportReport, Ledger, gather

FORMAT = "ardour"


def patch_project(
    mix: Mix,
    session: Session,
    destination: Path,
    *,
    home: Path | None = None,
    force: bool = False,
    audio: str = "embed",
    **carriers: Unpack[Carriers],
) -> ExportReport:
    """Write a copy of the session file that a session was read from, with the strips of a Mix set in it.

    Beside the original it is one more snapshot of the same Ardour session. Elsewhere it finds the audio by an entry
    in its search path, but not what the user's plugins keep in files of the session's folder.

    Args:
        mix: what to set; its track ids are the session's.
        session: a session that was read from an .ardour file.
        destination: the .ardour file to write.
        home: where that file will lie once it is moved.
        force: overwrite an earlier one.
        audio: of no account: a copy plays the audio that its original plays.
        carriers: the plugins for equalizer, gate and limiter.

    Raises:
        ExportError: the session has no project, `destination` is that project or audio of the session, it exists
            (and no force), the project cannot be read or the copy not be written, or mix and session do not match.
    """
    if session.project is None:
        raise ExportError("the session was read from files, not from a project; write a new project instead")
    for target in (destination, home or destination):
        if is_of_session(target, session):
            raise ExportError(f"{target} is a file of the session itself; give another name")
    choices = choose(**carriers)
    found = read_session(session.project)
    ledgers = _set_all(found, mix, session, choices, (home or destination).absolute())
    text: bytes = etree.tostring(found.tree, xml_declaration=True, encoding="UTF-8")
    write_files({destination: text + b"\n"}, force=force)
    return ExportReport(FORMAT, (destination,), gather(ledgers))


def _set_all(found: SessionFile, mix: Mix, session: Session, choices: Choices, target: Path) -> list[Ledger]:
    known = session_tracks(mix, session)
    notes = read_notes(found)
    own = OwnRegions(found, Times(found.version, found.sample_rate_hz, read_beats(found)))
    note = take_back(found)
    patch = Patch(found.version, found.sample_rate_hz, Ids(_highest_id(found.root)), note)
    ledgers = left_out(mix, session)
    buses = Buses(found, patch, choices, notes)
    buses.place(mix, session)
    ledgers += buses.ledgers
    for strip in mix.tracks:
        ledger = Ledger(strip.id)
        ledgers.append(ledger)
        route = found.by_id.get(known[strip.id].key)
        if route is None:
            ledger.dropped("files", "the session has no such track: the mix was made from another")
            continue
        channels = channels_of(route)
        if channels not in (1, 2):
            ledger.dropped("fader_db", f"the track has {channels} channels; strips are mono or stereo")
            continue
        chain = track_chain(strip, channels, choices, mix.sample_rate_hz, ledger)
        panning = to_ardour(strip.pan, channels)
        moved = _move_regions(own, known[strip.id], strip, patch)
        set_track(route, strip, chain, channels, panning, patch, ledger, moved=moved)
        for bus, level_db in sorted(strip.sends.items()):
            if buses.send(route, bus, db_to_gain(level_db), panning.panner):
                ledger.exact(f"sends.{bus}", f"a new send: {level_db:.1f} dB")
    ledgers.append(_set_master(found, mix, choices, patch))
    search = _search(found, target, ledgers)
    write_note(found, note, patch.ids.last + 1, search)
    return ledgers


def _move_regions(own: OwnRegions, source: SessionTrack, strip: TrackStrip, patch: Patch) -> bool:
    """Let the regions of a track that we wrote begin where the mix has them; False where none of them are ours."""
    told = patch.note.strip(source.key)
    _, rest_db = trim_and_rest_db(strip.input.gain_db)
    delay = whole_delay(strip.input.delay_ms, patch.sample_rate_hz)
    if told is None or not own.move(source.key, delay, db_to_gain(rest_db)):
        return False
    told.set("start", str(source.start_samples))
    note_regions(told, delay, db_to_gain(rest_db))
    return True


def _set_master(found: SessionFile, mix: Mix, choices: Choices, patch: Patch) -> Ledger:
    ledger = Ledger(MASTER)
    route = found.master
    if route is None:
        ledger.dropped("fader_db", "the session has no master bus")
        return ledger
    channels = channels_of(route)
    if channels not in (1, 2):
        ledger.dropped("fader_db", f"the master has {channels} channels")
        return ledger
    chain = master_chain(mix.master, choices, mix.sample_rate_hz, ledger)
    set_inserts(route, chain.inserts, channels, patch)
    set_fader(route, db_to_gain(mix.master.fader_db + chain.fader_db), patch, ledger)
    return ledger


def _search(found: SessionFile, target: Path, ledgers: list[Ledger]) -> str | None:
    """The search path that a copy in another folder needs; None beside the original."""
    folder = found.path.absolute().parent
    if folder.resolve() == target.parent.resolve():
        return None
    ledger = Ledger("")
    ledgers.append(ledger)
    ledger.approximated(
        "files",
        f"the copy lies outside of {folder}, and finds the session's own audio there by its search path",
    )
    if any(item.get("state-dir") for item in found.root.iter("lv2")) or (folder / "plugins").is_dir():
        ledger.dropped(
            "files",
            f"what the user's plugins keep in {folder / 'plugins'} stays there: put the copy into that folder",
        )
    own = sorted(str(path) for path in folder.glob("interchange/*/audiofiles") if path.is_dir())
    parts = [part for part in search_path(found.root).split(":") if part]
    return ":".join(dict.fromkeys([*parts, *own]))


def _highest_id(root: Node) -> int:
    """The highest identity of the session."""
    highest = int(number(root.get("id-counter"), 0.0))
    for item in root.iter(etree.Element):
        text = item.get("id", "")
        if text.isascii() and text.isdigit() and len(text) <= 18:
            highest = max(highest, int(text))
    return highest
