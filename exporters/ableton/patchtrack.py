"""Sets the strip of one track in a set that is being patched."""

from dataclasses import dataclass, field, replace

from lxml import etree

from console.mix import TrackStrip
from console.session import SessionTrack
from exporters.ableton.chain import strip_devices, track_strip
from exporters.ableton.levels import LEAST_GAIN, Events, Level, level, send_gain
from exporters.ableton.load import devices_of, track_name, track_note, value
from exporters.ableton.panlaw import to_live
from exporters.ableton.patchjob import Job, amend, envelope_on, put_devices, set_volume
from exporters.ableton.readchain import finite
from exporters.ableton.stripnotes import note_strip
from exporters.ableton.traces import leave_trace, remove_devices, set_value
from exporters.ableton.values import beats, plain_text, stored
from exporters.ableton.values import number as live_number
from exporters.moves import settle, to_points
from exporters.report import Ledger


@dataclass(frozen=True, slots=True)
class Routing:
    """Where things go: the track of each bus by its id, the Ids of the returns, and each track's output.

    `pairs` are the Ids of the sides of every pair of ours by that of their group; `silent` tracks were off as the set
    came in.
    """

    buses: dict[str, etree._Element]
    returns: list[str]
    outputs: dict[str, str]
    pairs: dict[str, tuple[str, str]] = field(default_factory=dict)
    silent: frozenset[str] = frozenset()


def set_track(strip: TrackStrip, source: SessionTrack, routing: Routing, job: Job) -> None:
    """Set a track's strip: mixer, delay, devices, sends and output."""
    ledger = job.ledger(strip.id)
    track = job.loaded.tracks.get(source.key)
    if track is None:
        ledger.dropped("", f"the set has no track with the Id {source.key!r}; read the session from it again")
        return
    trace: dict[str, str] = {}
    panned = envelope_on(track, "Pan") is None
    panning = to_live(strip.pan if panned else 0.0, source.channels)
    fader = _track_level(strip, panning.gain, job)
    remove_devices(track)
    inserts = devices_of(track)
    devices = strip_devices(track_strip(strip, source.channels), fader.excess_db, job.schema, ledger)
    note_strip(strip, source.channels, ledger)
    if devices and value(track, "Freeze") == "true":
        ledger.dropped("chain", "the track is frozen: its devices are not heard until it is unfrozen in Live")
    elif devices and inserts is not None and len(inserts):
        ledger.approximated("chain", "behind the track's own devices, the input's gain and polarity too")
    set_volume(track, fader, trace, job, ledger)
    if panned:
        pan = live_number(stored(panning.pan))
        before = set_value(track, "pan", pan, trace)
        if value(track, "DeviceChain/Mixer/PanMode") not in ("", "0"):
            set_value(track, "panmode", "0", trace)
        amend(ledger, "pan", f"was {before}, now {pan}")
    else:
        ledger.dropped("pan", "the track's own automation of the pan stays and overrides it")
    if strip.muted and (source.included or source.key in routing.silent):
        before = set_value(track, "speaker", "false", trace)
        amend(ledger, "muted", f"the activator was {'on' if before == 'true' else 'off'}, now off")
    if source.key in routing.pairs:
        # A group has no delay: its sides have it.
        for key in routing.pairs[source.key]:
            own: dict[str, str] = {}
            _set_delay(job.loaded.tracks[key], strip, own, job, ledger)
            leave_trace(job.loaded.tracks[key], own)
    else:
        _set_delay(track, strip, trace, job, ledger)
    put_devices(track, tuple(devices), job)
    _set_sends(track, strip, routing, job, ledger)
    _set_output(track, routing.outputs.get(source.key, ""), strip, routing, trace, job, ledger)
    trace.setdefault("set", "1")
    leave_trace(track, trace)


def _track_level(strip: TrackStrip, own_gain: float, job: Job) -> Level:
    """The fader, its moves at the set's own tempo."""
    moves = settle(strip.automation.fader_db)
    fader = level(strip.fader_db, moves, own_gain, 1.0)
    times = [time_s for time_s, _ in to_points(moves)]
    events: Events = tuple(
        (float(beats(job.clock.beats_at(time_s))), gain)
        for time_s, (_, gain) in zip(times, fader.events, strict=True)
    )
    return replace(fader, events=events)


def _set_delay(
    track: etree._Element, strip: TrackStrip, trace: dict[str, str], job: Job, ledger: Ledger
) -> None:
    if not strip.input.delay_ms:
        return
    text = value(track, "TrackDelay/Value", "0")
    own = finite(text, f"{job.loaded.path}: a track's delay")
    in_samples = value(track, "TrackDelay/IsValueSampleBased") == "true"
    ours = round(strip.input.delay_ms * job.sample_rate_hz / 1000.0) if in_samples else strip.input.delay_ms
    now = live_number(stored(own + ours))
    set_value(track, "delay", now, trace)
    unit = "samples" if in_samples else "ms"
    amend(ledger, "input.delay_ms", f"the track's delay was {text}, now {now} {unit}")


def _set_sends(track: etree._Element, strip: TrackStrip, routing: Routing, job: Job, ledger: Ledger) -> None:
    for key in routing.returns:
        note = track_note(job.loaded.tracks[key])
        knob = _send_to(track, key, routing)
        if note is not None and note.kind == "fx" and knob is not None:
            # What an earlier mix sent to a return of ours.
            knob.set("Value", live_number(LEAST_GAIN))
    for bus, level_db in strip.sends.items():
        home = routing.buses.get(bus)
        knob = _send_to(track, home.get("Id", ""), routing) if home is not None else None
        if knob is None:
            ledger.dropped(f"sends.{bus}", "the set has no return for it")
        else:
            knob.set("Value", live_number(send_gain(level_db)))


def _send_to(track: etree._Element, key: str, routing: Routing) -> etree._Element | None:
    """The level of a track's send to a return."""
    holders = track.findall("DeviceChain/Mixer/Sends/TrackSendHolder")
    # Counted from the end, where the list of sends and that of the returns grow alike.
    index = routing.returns.index(key) - len(routing.returns)
    return holders[index].find("Send/Manual") if -index <= len(holders) else None


def _set_output(
    track: etree._Element,
    now: str,
    strip: TrackStrip,
    routing: Routing,
    trace: dict[str, str],
    job: Job,
    ledger: Ledger,
) -> None:
    wanted = routing.buses[strip.output].get("Id", "") if strip.output in routing.buses else ""
    if now == wanted:
        if wanted:
            ledger.exact("output", "the track lies in the set's own group")
        return
    target = value(track, "DeviceChain/AudioOutputRouting/Target")
    free = target == job.schema.main_target and not now
    home = job.loaded.tracks.get(now)
    note = track_note(home) if home is not None else None
    # A group that we wrote holds its tracks by our will.
    free = free or (note is not None and note.kind == "group")
    if not wanted and free:
        set_value(track, "out", job.schema.main_target, trace)
        set_value(track, "upper", "Master", trace)
        ledger.exact("output", "routed to the master, past its group")
    elif not wanted:
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
        set_value(track, "upper", plain_text(strip.output), trace)
        set_value(track, "lower", "Track In", trace)
        ledger.exact("output", f"routed to the bus track {strip.output!r}; its output was {target!r}")
