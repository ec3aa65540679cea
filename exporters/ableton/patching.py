"""Sets the strips of a Mix in a copy of a set that Live wrote; everything else in it stays as it is."""

from dataclasses import replace
from pathlib import Path

from lxml import etree

from console.errors import ExportError
from console.mix import Bus, BusKind, Mix
from console.mix.values import MASTER
from console.session import Session, SessionTrack
from exporters.ableton.chain import master_strip, strip_devices
from exporters.ableton.edits import original_bytes, serialised
from exporters.ableton.levels import level
from exporters.ableton.load import Set, load_set, outputs, pairs_of, track_name, track_note, value
from exporters.ableton.newtracks import add_bus, add_return, returns_of
from exporters.ableton.outline import Ids
from exporters.ableton.patchjob import Job, put_devices, set_volume
from exporters.ableton.patchtrack import Routing, set_track
from exporters.ableton.plan import MOST_RETURNS, bus_devices
from exporters.ableton.rebase import rebase_samples
from exporters.ableton.schema import schema_of
from exporters.ableton.stripnotes import note_bus, note_master
from exporters.ableton.tempo import tempo_map
from exporters.ableton.traces import (
    IDLE,
    highest_pointee,
    leave_trace,
    remove_devices,
    rename_note,
    set_value,
    undo,
)
from exporters.ableton.writer import packed
from exporters.belonging import session_tracks
from exporters.buses import is_anothers
from exporters.files import write_files
from exporters.report import ExportReport, Ledger, gather


def patch_project(
    mix: Mix,
    session: Session,
    destination: Path,
    *,
    live_version: str | None = None,
    home: Path | None = None,
    force: bool = False,
) -> ExportReport:
    """Write the session's own set to `destination` with the strips of the mix set in it.

    A second patch of the result takes the first one back before it sets its own values. The set keeps its version;
    `live_version` is for sets that are written anew.

    Args:
        mix: what to set; its track ids are the session's.
        session: read from the set that `session.project` names; each track's key is its Id there.
        destination: the file to write, never the set itself.
        live_version: noted in the report where it is not the set's own.
        home: where the file will lie once it is moved; relative paths to the audio count from its folder.
        force: overwrite the file of an earlier patch.

    Raises:
        ExportError: the session was not read from a set, the destination is the set itself or exists (and no
            force), mix and session do not match, or the set is damaged.
    """
    source = _source(session, destination, home or destination)
    known = session_tracks(mix, session)
    loaded = load_set(source)
    silent = frozenset(
        key
        for key, track in loaded.tracks.items()
        if value(track, "DeviceChain/Mixer/Speaker/Manual") == "false"
    )
    undo(loaded)
    schema = schema_of(loaded.root, str(source))
    next_text = value(loaded.live_set, "NextPointeeId")
    first = _first_free(loaded, next_text)
    job = Job(loaded, schema, Ids(first), tempo_map(loaded.main, str(source)), mix.sample_rate_hz)
    if live_version is not None and live_version.split(".")[0] != schema.name:
        job.ledger("").approximated(
            "live_version", f"the set stays one of Live {schema.name}, as it was saved"
        )
    _left_out(mix, session, job)
    placed = _place_buses(mix, known, job)
    _retire_buses(placed, job)
    routing = Routing(placed, returns_of(loaded), outputs(loaded), pairs_of(loaded), silent)
    for strip in mix.tracks:
        set_track(strip, known[strip.id], routing, job)
    _set_master(mix, job, {"next": next_text, "first": str(first)})
    _set_next(loaded, job.ids)
    rebase_samples(loaded, destination.parent if home is None else home.parent, job.ledger(""))
    data = packed(serialised(loaded.root, original_bytes(source)))
    write_files({destination: data}, force=force)
    return ExportReport("ableton", (destination,), gather(job.ledgers))


def _source(session: Session, *places: Path) -> Path:
    """The set to patch, which lies at none of the places that are to be written."""
    if session.project is None:
        raise ExportError(
            f"the session {session.name!r} was not read from a set of Live's; export a new set instead"
        )
    source = session.project
    audio = {file.path.absolute() for track in session.tracks for file in track.files}
    for place in places:
        same = place.absolute() == source.absolute()
        if same or (place.exists() and source.exists() and place.samefile(source)):
            raise ExportError(f"{place} is the set itself, which is never written; give another file")
        if place.absolute() in audio:
            raise ExportError(f"{place} is a file of the session itself; give another file")
    return source


def _first_free(loaded: Set, next_text: str) -> int:
    """The first identifier that nothing in the set has, at least the one that Live would take."""
    if not next_text.isdecimal() or len(next_text) > 9:
        raise ExportError(f"{loaded.path} has no NextPointeeId; save it again in Live")
    return max(int(next_text), highest_pointee(loaded) + 1)


def _set_next(loaded: Set, ids: Ids) -> None:
    element = loaded.live_set.find("NextPointeeId")
    if element is not None:
        element.set("Value", str(ids.next))


def _left_out(mix: Mix, session: Session, job: Job) -> None:
    mixed = {strip.id for strip in mix.tracks}
    for track in session.tracks:
        if track.id not in mixed:
            job.ledger(track.id).exact("files", "the mix has no strip for this track; it stays as it is")


def _place_buses(mix: Mix, known: dict[str, SessionTrack], job: Job) -> dict[str, etree._Element]:
    """Give every bus a track: one that the set has for it, else a new one. Returns them by the bus's id."""
    placed: dict[str, etree._Element] = {}
    to = outputs(job.loaded)
    for bus in mix.buses:
        ledger = job.ledger(bus.id)
        if bus.kind is BusKind.FX:
            track = _own_return(bus.id, job)
            if track is None and len(returns_of(job.loaded)) >= MOST_RETURNS:
                ledger.dropped(
                    "", f"the set has {MOST_RETURNS} returns already, which is as many as Live has"
                )
                continue
            made = track if track is not None else add_return(job.loaded, bus.id, job.schema, job.ids)
        else:
            members = {known[strip.id].key for strip in mix.tracks if strip.output == bus.id}
            track = _group_of(bus.id, members, to, mix, known, job)
            made = track if track is not None else add_bus(job.loaded, bus.id, job.schema, job.ids)
        if track is None:
            ledger.exact(
                "id", f"a new {'return' if bus.kind is BusKind.FX else 'bus'} track {bus.id!r} at the end"
            )
        else:
            ledger.exact("id", f"the set's own track {track_name(track)!r}")
        placed[bus.id] = made
        _set_bus(bus, made, job, ledger, new=track is None)
    return placed


def _own_return(bus_id: str, job: Job) -> etree._Element | None:
    """The return of an FX bus in a set that mixbridge wrote."""
    for track in job.loaded.tracks.values():
        note = track_note(track)
        if track.tag == "ReturnTrack" and note is not None and (note.kind, note.id) == ("fx", bus_id):
            return track
    return None


def _retire_buses(placed: dict[str, etree._Element], job: Job) -> None:
    """Take our devices off the buses of a set that mixbridge wrote which this mix has not."""
    kept = {id(track) for track in placed.values()}
    for track in job.loaded.tracks.values():
        note = track_note(track)
        if note is not None and note.kind in ("fx", "group") and id(track) not in kept:
            remove_devices(track)
            trace = {IDLE: "1"}
            if not _holds_users_tracks(track, job):
                set_value(track, "volume", "1", trace)
            leave_trace(track, trace)
            job.ledger(note.id).exact(
                "id", f"{track_name(track)!r} stays, but the mix has no such bus: it is idle"
            )


def _holds_users_tracks(group: etree._Element, job: Job) -> bool:
    """Whether the user has put tracks of his own into a group of ours."""
    return any(
        track_note(track) is None and value(track, "TrackGroupId", "-1") == group.get("Id")
        for track in job.loaded.tracks.values()
    )


def _group_of(
    bus_id: str, members: set[str], to: dict[str, str], mix: Mix, known: dict[str, SessionTrack], job: Job
) -> etree._Element | None:
    """The set's group whose tracks in the mix are just these."""
    mixed = {known[strip.id].key for strip in mix.tracks}
    homes = {to.get(key, "") for key in members}
    if len(homes) != 1 or "" in homes:
        return None
    home = homes.pop()
    inside = {key for key in mixed if to.get(key, "") == home}
    track = job.loaded.tracks[home]
    note = track_note(track)
    if inside != members:
        return None
    if note is not None and note.kind == "group" and note.id != bus_id:
        if is_anothers((note.id, track_name(track)), bus_id, mix):
            return None
        rename_note(track, replace(note, id=bus_id))
    return track


def _set_bus(bus: Bus, track: etree._Element, job: Job, ledger: Ledger, *, new: bool) -> None:
    fader = level(bus.fader_db, (), 1.0)
    devices = bus_devices(bus, fader.excess_db, job.schema, ledger)
    note_bus(bus, ledger)
    trace: dict[str, str] = {"added": "1"} if new else {}
    set_volume(track, fader, trace, job, ledger)
    put_devices(track, devices, job)
    if new:
        trace = {"added": "1"}
    leave_trace(track, trace)


def _set_master(mix: Mix, job: Job, trace: dict[str, str]) -> None:
    ledger = job.ledger(MASTER)
    fader = level(mix.master.fader_db, (), 1.0)
    devices = strip_devices(master_strip(mix.master), fader.excess_db, job.schema, ledger)
    note_master(mix.master, ledger)
    set_volume(job.loaded.main, fader, trace, job, ledger)
    put_devices(job.loaded.main, tuple(devices), job)
    leave_trace(job.loaded.main, trace)
