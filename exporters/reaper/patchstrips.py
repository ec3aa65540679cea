"""Sets the strips of a mix on the tracks of a user's project, and says what stood there before."""

from console.mix import Bus, TrackStrip
from console.session import SessionTrack
from console.units import db_to_gain, gain_to_db
from console.words import MINUS, signed
from exporters.moves import CHORD_DEVIATION_DB, settle, to_points
from exporters.reaper.edit import get_line, place_before_elements
from exporters.reaper.fields import Rows
from exporters.reaper.fxnodes import envelope_node
from exporters.reaper.identity import envelope_guid
from exporters.reaper.panlaw import PROJECT_LAW, Panning, to_reaper
from exporters.reaper.patchcontext import Patch, put_chain, put_line, with_gain
from exporters.reaper.patchinput import own_tracks, set_input, set_own_items, set_polarity
from exporters.reaper.projectlaw import law_name, level_lines, of_line
from exporters.reaper.rpp import Node
from exporters.reaper.stripnotes import note_pan, note_width
from exporters.reaper.tracks import FileTrack
from exporters.report import Ledger

#: REAPER's automation mode in which a fader trims its envelope.
TRIM_READ = 0.0


def set_strip(
    patch: Patch, track: FileTrack, strip: TrackStrip, source: SessionTrack, ledger: Ledger
) -> None:
    """Everything of a strip but its sends and output."""
    record = patch.record(track)
    record.kind, record.id, record.channels = "strip", strip.id, source.channels
    chain = patch.kind.track(strip, patch.sample_rate_hz, ledger)
    outside = patch.kind.outside(strip)
    own = own_tracks(patch, track)
    gain_db = outside.input.gain_db
    fx = chain.fx if own else with_gain(chain.fx, gain_db, db_to_gain(gain_db))
    put_chain(patch, track.node, "FXCHAIN", track.key, record, fx)
    note_fx(track.rows, "FX", bool(fx), ledger)
    set_polarity(patch, track, outside, ledger)
    if own:
        set_own_items(patch, own, outside, source, ledger)
    else:
        set_input(patch, track, outside, ledger)
    was, was_pan = of_line(get_line(track.node, "VOLPAN"))
    panning = to_reaper(outside.pan, source.channels)
    volume = db_to_gain(chain.fader_db) * panning.gain
    if outside.automation.fader_db and track.node.node("VOLENV2") is None:
        volume = _set_moves(patch, track, outside, volume, ledger)
    else:
        volume *= db_to_gain(outside.fader_db)
        _note_fader(track, outside, f"the track's volume: {decibels(was)} → {decibels(volume)}", ledger)
    put_level(patch, track, volume, panning, ledger)
    note_pan(outside, source, ledger, f"; it was {signed(was_pan, 2)}" if was_pan != panning.pan else "")
    if active(track.node, "PANENV2"):
        ledger.dropped("pan", _standing(track.rows, "pan", "pan"))
    note_width(outside, source, ledger)


def set_bus(patch: Patch, track: FileTrack, bus: Bus, ledger: Ledger) -> None:
    """The strip of a group on the project's own folder or bus."""
    record = patch.record(track)
    record.kind, record.id = "group", bus.id
    chain = patch.kind.bus(bus, patch.sample_rate_hz, ledger)
    put_chain(patch, track.node, "FXCHAIN", track.key, record, chain.fx)
    note_fx(track.rows, "FX", bool(chain.fx), ledger)
    was, pan = of_line(get_line(track.node, "VOLPAN"))
    volume = db_to_gain(bus.fader_db + chain.fader_db)
    change = f"the volume of the project's own {track.name!r}: {decibels(was)} → {decibels(volume)}"
    _note_fader(track, TrackStrip(bus.id), change, ledger)
    put_level(patch, track, volume, Panning(pan, 1.0, PROJECT_LAW), ledger)
    if pan:
        ledger.approximated(
            "pan", f"the folder's own pan ({signed(pan, 2)}) stays; the mix has none for a group"
        )


def put_level(patch: Patch, track: FileTrack, volume: float, panning: Panning, ledger: Ledger) -> None:
    """Volume and pan, with a law, mode and taper of the track's own where the project's are others."""
    record = patch.record(track)
    for text in level_lines(patch.law, track.rows, volume, panning):
        before = "" if text.startswith("VOLPAN") else "VOLPAN"
        put_line(track.node, record, text, after=("NAME",), before=before)
    if not patch.law.at_unity:
        ledger.exact(
            "pan.law",
            f"the project's pan law is {law_name(patch.law.law)}: the track has one of its own, "
            "so that its level is the console's",
        )


def note_fx(rows: Rows, switch: str, plugins: bool, ledger: Ledger) -> None:
    """Say that plugins were added to a chain that is switched off as a whole."""
    if plugins and not rows.flag(switch, True):
        ledger.dropped(
            "plugins", "the track's FX are switched off as a whole, ours among them: switch them on"
        )


def active(node: Node, kind: str) -> bool:
    """Whether a track has an envelope of this kind that is on and has points."""
    return any(Rows(found).flag("ACT") and found.row("PT") is not None for found in node.nodes(kind))


def decibels(gain: float) -> str:
    """A linear gain as a fader shows it."""
    return f"{signed(gain_to_db(abs(gain)), 2)} dB" if abs(gain) > 1e-7 else f"{MINUS}∞ dB"


def _set_moves(patch: Patch, track: FileTrack, strip: TrackStrip, volume: float, ledger: Ledger) -> float:
    """Put the fader's envelope on a track that has none; the volume that is left for the track itself."""
    points = to_points(settle(strip.automation.fader_db))
    if track.rows.numbers("AUTOMODE", TRIM_READ)[0] != TRIM_READ:
        # In the other modes the envelope is the fader, and what the track's volume says is not heard.
        points, volume = [(time_s, gain * volume) for time_s, gain in points], 1.0
    envelope = envelope_node(points, envelope_guid(track.key))
    track.node.items.insert(place_before_elements(track.node), envelope)
    ledger.approximated(
        "automation.fader_db",
        "an envelope with a point every half decibel, which REAPER joins in amplitude",
        CHORD_DEVIATION_DB,
        "dB",
    )
    return volume


def _note_fader(track: FileTrack, strip: TrackStrip, change: str, ledger: Ledger) -> None:
    if strip.automation.fader_db:
        ledger.dropped(
            "automation.fader_db",
            "the track has a volume envelope of yours, which stays: clear it in REAPER and patch again",
        )
    if active(track.node, "VOLENV2"):
        ledger.dropped("fader_db", f"{change}, but {_standing(track.rows, 'volume', 'fader')}")
    else:
        ledger.exact("fader_db", change)


def _standing(rows: Rows, envelope: str, knob: str) -> str:
    mode = rows.numbers("AUTOMODE", TRIM_READ)[0]
    effect = (
        f"it adds to the {knob} that was set"
        if mode == TRIM_READ
        else f"the {knob} that was set is not heard under it"
    )
    return f"the track's {envelope} envelope is yours and stays: {effect}"
