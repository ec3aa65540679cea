"""Sets the strips of a Mix in a copy of a set that Live wrote; everything else in it stays as it is."""

from dataclasses import dataclass, field, replace
from pathlib import Path

from lxml import etree

from console.errors import ExportError
from console.mix import Bus, BusKind, Mix, TrackStrip
from console.mix.values import MASTER
from console.session import Session, SessionTrack
from console.units import gain_to_db
from console.words import number
from exporters.ableton.chain import master_strip, strip_devices, track_strip
from exporters.ableton.device import Device
from exporters.ableton.document import devices_xml, envelope_xml
from exporters.ableton.edits import append, depth_of, fragment, next_id, original_bytes, serialised
from exporters.ableton.levels import Events, Level, level, send_gain
from exporters.ableton.load import Set, devices_of, load_set, outputs, track_name, track_note, value
from exporters.ableton.newtracks import add_bus, add_return, returns_of
from exporters.ableton.outline import Ids
from exporters.ableton.panlaw import to_live
from exporters.ableton.plan import bus_devices, check_match
from exporters.ableton.readchain import finite
from exporters.ableton.rebase import rebase_samples
from exporters.ableton.schema import Schema, schema_of
from exporters.ableton.stripnotes import note_bus, note_master, note_strip
from exporters.ableton.tempo import TempoMap, envelope_of, tempo_map
from exporters.ableton.traces import highest_pointee, leave_trace, remove_devices, set_value, undo
from exporters.ableton.values import beats
from exporters.ableton.values import number as live_number
from exporters.ableton.writer import packed
from exporters.files import write_files
from exporters.moves import settle, to_points
from exporters.report import ExportReport, Ledger, gather

#: The most returns that a set of Live's has.
MOST_RETURNS = 12


@dataclass(slots=True)
class _Job:
    """A set while it is patched: what it is, its version, the next identifiers, and the notes."""

    loaded: Set
    schema: Schema
    ids: Ids
    clock: TempoMap
    sample_rate_hz: int
    ledgers: list[Ledger] = field(default_factory=list)

    def ledger(self, strip: str) -> Ledger:
        """A new page of notes."""
        page = Ledger(strip)
        self.ledgers.append(page)
        return page


@dataclass(frozen=True, slots=True)
class _Routing:
    """Where things go: the track of each bus by its id, the Ids of the returns, and each track's output."""

    buses: dict[str, etree._Element]
    returns: list[str]
    outputs: dict[str, str]


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
    source = _source(session, destination)
    known = check_match(mix, session)
    loaded = load_set(source)
    undo(loaded)
    schema = schema_of(loaded.root, str(source))
    next_text = value(loaded.live_set, "NextPointeeId")
    first = _first_free(loaded, next_text)
    job = _Job(loaded, schema, Ids(first), tempo_map(loaded.main, str(source)), mix.sample_rate_hz)
    if live_version is not None and live_version.split(".")[0] != schema.name:
        job.ledger("").approximated(
            "live_version", f"the set stays one of Live {schema.name}, as it was saved"
        )
    _left_out(mix, session, job)
    placed = _place_buses(mix, known, job)
    routing = _Routing(placed, returns_of(loaded), outputs(loaded))
    for strip in mix.tracks:
        _set_track(strip, known[strip.id], routing, job)
    _set_master(mix, job, {"next": next_text, "first": str(first)})
    _set_next(loaded, job.ids)
    rebase_samples(loaded, destination.parent if home is None else home.parent, job.ledger(""))
    data = packed(serialised(loaded.root, original_bytes(source)))
    write_files({destination: data}, force=force)
    return ExportReport("ableton", (destination,), gather(job.ledgers))


def _source(session: Session, destination: Path) -> Path:
    if session.project is None:
        raise ExportError(
            f"the session {session.name!r} was not read from a set of Live's; export a new set instead"
        )
    source = session.project
    same = destination.absolute() == source.absolute()
    if same or (destination.exists() and source.exists() and destination.samefile(source)):
        raise ExportError(f"{destination} is the set itself, which is never written; give another file")
    audio = {file.path.absolute() for track in session.tracks for file in track.files}
    if destination.absolute() in audio:
        raise ExportError(f"{destination} is a file of the session itself; give another file")
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


def _left_out(mix: Mix, session: Session, job: _Job) -> None:
    mixed = {strip.id for strip in mix.tracks}
    for track in session.tracks:
        if track.id not in mixed:
            job.ledger(track.id).exact("files", "the mix has no strip for this track; it stays as it is")


def _place_buses(mix: Mix, known: dict[str, SessionTrack], job: _Job) -> dict[str, etree._Element]:
    """Give every bus a track: one that the set has for it, else a new one. Returns them by the bus's id."""
    placed: dict[str, etree._Element] = {}
    to = outputs(job.loaded)
    for bus in mix.buses:
        ledger = job.ledger(bus.id)
        if bus.kind is BusKind.FX:
            track = _own_track(bus.id, "fx", job)
            if track is None and len(returns_of(job.loaded)) >= MOST_RETURNS:
                ledger.dropped(
                    "", f"the set has {MOST_RETURNS} returns already, which is as many as Live has"
                )
                continue
            made = track if track is not None else add_return(job.loaded, bus.id, job.schema, job.ids)
        else:
            members = {known[strip.id].key for strip in mix.tracks if strip.output == bus.id}
            track = _own_track(bus.id, "group", job)
            track = track if track is not None else _group_of(members, to, mix, known, job)
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


def _own_track(bus_id: str, kind: str, job: _Job) -> etree._Element | None:
    """The track of a bus in a set that mixbridge wrote."""
    for track in job.loaded.tracks.values():
        note = track_note(track)
        if note is not None and (note.kind, note.id) == (kind, bus_id):
            return track
    return None


def _group_of(
    members: set[str], to: dict[str, str], mix: Mix, known: dict[str, SessionTrack], job: _Job
) -> etree._Element | None:
    """The set's group whose tracks in the mix are just these."""
    mixed = {known[strip.id].key for strip in mix.tracks}
    homes = {to.get(key, "") for key in members}
    if len(homes) != 1 or "" in homes:
        return None
    home = homes.pop()
    inside = {key for key in mixed if to.get(key, "") == home}
    return job.loaded.tracks[home] if inside == members else None


def _set_bus(bus: Bus, track: etree._Element, job: _Job, ledger: Ledger, *, new: bool) -> None:
    fader = level(bus.fader_db, (), 1.0)
    devices = bus_devices(bus, fader.excess_db, job.schema, ledger)
    note_bus(bus, ledger)
    trace: dict[str, str] = {"added": "1"} if new else {}
    _set_volume(track, fader, trace, job, ledger)
    _put_devices(track, devices, job)
    if new:
        trace = {"added": "1"}
    leave_trace(track, trace)


def _set_track(strip: TrackStrip, source: SessionTrack, routing: _Routing, job: _Job) -> None:
    ledger = job.ledger(strip.id)
    track = job.loaded.tracks.get(source.key)
    if track is None:
        ledger.dropped("", f"the set has no track with the Id {source.key!r}; read the session from it again")
        return
    trace: dict[str, str] = {}
    panned = _envelope(track, "Pan") is None
    panning = to_live(strip.pan if panned else 0.0, source.channels)
    fader = _track_level(strip, panning.gain, job)
    remove_devices(track)
    inserts = devices_of(track)
    devices = strip_devices(track_strip(strip, source.channels), fader.excess_db, job.schema, ledger)
    note_strip(strip, source.channels, ledger)
    if devices and inserts is not None and len(inserts):
        ledger.approximated("chain", "behind the track's own devices, the input's gain and polarity too")
    _set_volume(track, fader, trace, job, ledger)
    if panned:
        before = set_value(track, "pan", live_number(panning.pan), trace)
        if value(track, "DeviceChain/Mixer/PanMode") not in ("", "0"):
            set_value(track, "panmode", "0", trace)
        _amend(ledger, "pan", f"was {before}, now {live_number(panning.pan)}")
    else:
        ledger.dropped("pan", "the track's own automation of the pan stays and overrides it")
    if strip.muted and source.included:
        before = set_value(track, "speaker", "false", trace)
        _amend(ledger, "muted", f"the activator was {'on' if before == 'true' else 'off'}, now off")
    _set_delay(track, strip, trace, job, ledger)
    _put_devices(track, tuple(devices), job)
    _set_sends(track, strip, routing, ledger)
    _set_output(track, routing.outputs.get(source.key, ""), strip, routing, trace, job, ledger)
    trace.setdefault("set", "1")
    leave_trace(track, trace)


def _track_level(strip: TrackStrip, own_gain: float, job: _Job) -> Level:
    """The fader, its moves at the set's own tempo."""
    moves = settle(strip.automation.fader_db)
    fader = level(strip.fader_db, moves, own_gain, 1.0)
    times = [time_s for time_s, _ in to_points(moves)]
    events: Events = tuple(
        (float(beats(job.clock.beats_at(time_s))), gain)
        for time_s, (_, gain) in zip(times, fader.events, strict=True)
    )
    return replace(fader, events=events)


def _envelope(track: etree._Element, knob: str) -> etree._Element | None:
    return envelope_of(track, track.find(f"DeviceChain/Mixer/{knob}"))


def _set_volume(
    track: etree._Element, fader: Level, trace: dict[str, str], job: _Job, ledger: Ledger
) -> None:
    if _envelope(track, "Volume") is not None:
        parameter = "automation.fader_db" if fader.events else "fader_db"
        ledger.dropped(parameter, "the track's own automation of the volume stays and overrides it")
        return
    before = set_value(track, "volume", live_number(fader.volume), trace)
    was_db = gain_to_db(finite(before, f"{job.loaded.path}: a volume")) if before else 0.0
    now_db = gain_to_db(fader.volume)
    _amend(ledger, "fader_db", f"the volume was {number(was_db)} dB, now {number(now_db)} dB")
    target = track.find("DeviceChain/Mixer/Volume/AutomationTarget")
    envelopes = track.find("AutomationEnvelopes/Envelopes")
    if not fader.events:
        return
    if target is None or envelopes is None or not target.get("Id", "").isdecimal():
        ledger.dropped(
            "automation.fader_db", "the track has no place for an envelope; save the set again in Live"
        )
        return
    text = envelope_xml(
        next_id(envelopes),
        int(target.get("Id", "0")),
        fader.events,
        job.schema,
        depth_of(envelopes) + 1,
        job.ids,
    )
    append(envelopes, fragment(text))
    trace["moves"] = "1"


def _set_delay(
    track: etree._Element, strip: TrackStrip, trace: dict[str, str], job: _Job, ledger: Ledger
) -> None:
    if not strip.input.delay_ms:
        return
    text = value(track, "TrackDelay/Value", "0")
    own = finite(text, f"{job.loaded.path}: a track's delay")
    in_samples = value(track, "TrackDelay/IsValueSampleBased") == "true"
    ours = round(strip.input.delay_ms * job.sample_rate_hz / 1000.0) if in_samples else strip.input.delay_ms
    now = live_number(own + ours)
    set_value(track, "delay", now, trace)
    unit = "samples" if in_samples else "ms"
    _amend(ledger, "input.delay_ms", f"the track's delay was {text}, now {now} {unit}")


def _put_devices(track: etree._Element, devices: tuple[Device, ...], job: _Job) -> None:
    remove_devices(track)
    place = devices_of(track)
    if place is not None and devices:
        text = devices_xml(devices, job.schema, depth_of(place) + 1, job.ids, next_id(place))
        append(place, fragment(text))


def _set_sends(track: etree._Element, strip: TrackStrip, routing: _Routing, ledger: Ledger) -> None:
    holders = track.findall("DeviceChain/Mixer/Sends/TrackSendHolder")
    for bus, level_db in strip.sends.items():
        home = routing.buses.get(bus)
        # Counted from the end, where the list of sends and that of the returns grow alike.
        returns = routing.returns
        index = returns.index(home.get("Id", "")) - len(returns) if home is not None else 0
        knob = holders[index].find("Send/Manual") if 0 < -index <= len(holders) else None
        if knob is None:
            ledger.dropped(f"sends.{bus}", "the set has no return for it")
        else:
            knob.set("Value", live_number(send_gain(level_db)))


def _set_output(
    track: etree._Element,
    now: str,
    strip: TrackStrip,
    routing: _Routing,
    trace: dict[str, str],
    job: _Job,
    ledger: Ledger,
) -> None:
    wanted = routing.buses[strip.output].get("Id", "") if strip.output in routing.buses else ""
    if now == wanted:
        if wanted:
            ledger.exact("output", "the track lies in the set's own group")
        return
    target = value(track, "DeviceChain/AudioOutputRouting/Target")
    free = target == job.schema.main_target and not now
    if not wanted:
        name = track_name(job.loaded.tracks[now]) if now in job.loaded.tracks else target
        ledger.approximated(
            "output", f"the track stays in the set's own group {name!r} on its way to the master"
        )
    elif not free:
        ledger.dropped(
            "output", f"the track's own output {target!r} stays; it does not go to {strip.output!r}"
        )
    else:
        set_value(track, "out", f"AudioOut/Track.{wanted}/TrackIn", trace)
        set_value(track, "upper", strip.output, trace)
        set_value(track, "lower", "Track In", trace)
        ledger.exact("output", f"routed to the bus track {strip.output!r}; its output was the master")


def _set_master(mix: Mix, job: _Job, trace: dict[str, str]) -> None:
    ledger = job.ledger(MASTER)
    fader = level(mix.master.fader_db, (), 1.0)
    devices = strip_devices(master_strip(mix.master), fader.excess_db, job.schema, ledger)
    note_master(mix.master, ledger)
    _set_volume(job.loaded.main, fader, trace, job, ledger)
    _put_devices(job.loaded.main, tuple(devices), job)
    leave_trace(job.loaded.main, trace)


def _amend(ledger: Ledger, parameter: str, text: str) -> None:
    """Add to a note on a parameter what stood there and what stands there now."""
    for index, entry in enumerate(ledger.entries):
        if entry.parameter == parameter:
            ledger.entries[index] = replace(entry, sentence=f"{entry.sentence}; {text}")
            return
    ledger.exact(parameter, text)
