"""Sets a strip of the Mix on a route of the user's session: fader, pan, polarity, trim, mute, moves and plugins."""

from collections.abc import Sequence
from dataclasses import dataclass

from console.mix.strip import TrackStrip
from console.units import db_to_gain, gain_to_db
from console.words import number as words
from console.words import signed
from exporters.ardour.chain import Chain
from exporters.ardour.document import MOVES
from exporters.ardour.edits import append, before, take_out
from exporters.ardour.nodes import Ids, Node, children, controllable, insert_node, node, number
from exporters.ardour.panlaw import Panning
from exporters.ardour.plan import HIGHEST_MOVE, fader_of, note_moves
from exporters.ardour.plugins import Insert
from exporters.ardour.regions import trim_and_rest_db
from exporters.ardour.sessionfile import control, inputs, is_muted, processors
from exporters.ardour.stripnotes import note_delay
from exporters.ardour.takeback import MUTE, Note
from exporters.ardour.times import SUPERCLOCK_VERSION, clock_of_seconds
from exporters.report import Ledger

_PANNERS = {1: "Mono to Stereo Panner", 2: "Stereo Balance"}

#: States of an automation in which it is played.
_PLAYED = frozenset({"Play", "Touch", "Latch", "Write"})


@dataclass(frozen=True, slots=True)
class Patch:
    """What all strips of one patch share."""

    version: int
    sample_rate_hz: int
    ids: Ids
    note: Note


def channels_of(route: Node) -> int:
    """How many channels reach the end of a route's plugins before its fader."""
    channels = inputs(route)
    for item in children(route, "Processor"):
        if item.get("type") == "amp":
            break
        for count in item.iterfind("ConfiguredOutput/Channels[@type='audio']"):
            text = str(count.get("count", ""))
            channels = int(text) if text.isdecimal() and len(text) < 4 else channels
    return channels


def fader_node_of(route: Node) -> Node | None:
    """The fader of a route."""
    return next(processors(route, "amp"), None)


def set_inserts(route: Node, inserts: Sequence[Insert], channels: int, patch: Patch) -> None:
    """Put plugins behind the user's own, before the fader."""
    fader = fader_node_of(route)
    if fader is not None:
        for insert in inserts:
            before(fader, insert_node(insert, channels, patch.ids))


def set_fader(route: Node, gain: float, patch: Patch, ledger: Ledger, what: str = "fader_db") -> None:
    """Set a fader, unless it moves by the user's own automation."""
    fader = fader_node_of(route)
    if fader is None:
        ledger.dropped(what, "the session has no fader here")
        return
    moves = _moves_of(fader)
    if moves is not None and moves.get("state") in _PLAYED and moves.findtext("events"):
        ledger.dropped(
            what, f"the fader moves by the user's own automation, which stays; {_db(gain)} dB are not set"
        )
        return
    was = _set(fader, "gaincontrol", gain, patch, "GainLike")
    ledger.exact(what, f"the fader: {_db(was)} → {_db(gain)} dB")


def set_moves(
    route: Node, points: Sequence[tuple[float, float]], top_db: float, patch: Patch, ledger: Ledger
) -> None:
    """Let a fader move, unless the user has drawn moves of their own."""
    fader = fader_node_of(route)
    if fader is None:
        return
    moves = _moves_of(fader)
    if moves is not None and (moves.findtext("events") or "").strip():
        ledger.dropped("automation.fader_db", "the fader has automation of the user's own, which stays")
        return
    key = str(route.get("id", ""))
    patch.note.add(MOVES, key, "none" if moves is None else str(moves.get("state", "Off")))
    if moves is None:
        moves = _new_moves(fader, patch)
    moves.set("state", "Play")
    events = node(None, "events", {})
    events.text = "".join(f"{_time(patch, time_s)} {number(gain)}\n" for time_s, gain in points)
    append(moves, events)
    note_moves(ledger, top_db)


def set_pan(route: Node, panning: Panning, channels: int, patch: Patch, ledger: Ledger) -> None:
    """Set pan and panner, unless the pan moves by the user's own automation."""
    pannable = route.find("Pannable")
    if pannable is not None:
        for item in pannable.iterfind("Automation/AutomationList[@automation-id='pan-azimuth']"):
            if item.get("state") in _PLAYED and (item.findtext("events") or "").strip():
                ledger.dropped("pan", "the pan moves by the user's own automation, which stays")
                return
    else:
        pannable = node(None, "Pannable", {})
        fader = next(children(route, "Processor"), None)
        if fader is None:
            append(route, pannable)
        else:
            before(fader, pannable)
    was = _set(pannable, "pan-azimuth", panning.azimuth, patch, "")
    for item in children(route, "Processor"):
        shell = item.find("PannerShell")
        if shell is None or (
            item.get("type") != "main-outs" and shell.get("linked-to-route") not in ("1", "yes")
        ):
            continue
        shell.set("user-panner", panning.panner)
        for panner in children(shell, "Panner"):
            panner.set("uri", panning.panner)
            panner.set("type", _PANNERS[channels])
    told = f"{was:.3f} → {panning.azimuth:.3f}" if was is not None else f"{panning.azimuth:.3f}"
    ledger.exact("pan", f"the azimuth: {told}, with Ardour's {_PANNERS[channels].lower()}")


def set_input(route: Node, strip: TrackStrip, patch: Patch, ledger: Ledger, *, moved: bool) -> None:
    """Set trim and polarity; the user's regions stay where they are, those of ours have been `moved`."""
    trim_db, rest_db = trim_and_rest_db(strip.input.gain_db)
    trim = next(processors(route, "trim"), None)
    if trim is None:
        if strip.input.gain_db:
            ledger.dropped("input.gain_db", "the track has no trim", abs(strip.input.gain_db), "dB")
    else:
        was = _set(trim, "trimcontrol", db_to_gain(trim_db), patch, "GainLike")
        if strip.input.gain_db or (was is not None and was != 1.0):
            ledger.exact("input.gain_db", f"the trim: {_db(was)} → {words(trim_db)} dB")
        if rest_db and not moved:
            ledger.dropped(
                "input.gain_db", f"the trim ends at 20 dB: {signed(rest_db)} dB are left", abs(rest_db), "dB"
            )
    if moved:
        note_delay(strip, patch.sample_rate_hz, ledger)
    elif strip.input.delay_ms:
        ledger.dropped(
            "input.delay_ms",
            f"Ardour's tracks have no delay: move the regions by {signed(strip.input.delay_ms, 3)} ms by hand",
            abs(strip.input.delay_ms),
            "ms",
        )
    _set_polarity(route, strip.input.invert_polarity, patch, ledger)


def set_mute(route: Node, muted: bool, patch: Patch, ledger: Ledger) -> None:
    """Mute a route that sounds; none is ever unmuted."""
    if not muted or is_muted(route):
        return
    value = control(route, "mute")
    patch.note.add(MUTE, str(route.get("id", "")), number(value or 0.0))
    for item in children(route, "Controllable"):
        if item.get("name") == "mute":
            item.set("value", "1")
    master = route.find("MuteMaster")
    if master is not None:
        master.set("muted", "yes" if master.get("muted") in ("yes", "no") else "1")
    ledger.exact("muted", "the mute: off → on")


def set_track(
    route: Node,
    strip: TrackStrip,
    chain: Chain,
    channels: int,
    panning: Panning,
    patch: Patch,
    ledger: Ledger,
    *,
    moved: bool,
) -> None:
    """Everything of a track but its sends and its group; `moved`: its regions are ours, and have been set."""
    set_input(route, strip, patch, ledger, moved=moved)
    set_mute(route, strip.muted, patch, ledger)
    set_inserts(route, chain.inserts, channels, patch)
    set_pan(route, panning, channels, patch, ledger)
    gain, points = fader_of(strip, chain, panning)
    set_fader(route, gain, patch, ledger)
    if points:
        top_db = max(level for _, level in strip.automation.fader_db) + chain.fader_db
        set_moves(route, points, min(top_db, gain_to_db(HIGHEST_MOVE) + 24.0), patch, ledger)


def set_trim(route: Node, gain: float, patch: Patch) -> None:
    """Set the trim of a bus, where it has one."""
    trim = next(processors(route, "trim"), None)
    if trim is not None:
        _set(trim, "trimcontrol", gain, patch, "GainLike")


def _set_polarity(route: Node, inverted: bool, patch: Patch, ledger: Ledger) -> None:
    for item in children(route, "Controllable"):
        if item.get("name") == "phase":
            was = str(item.get("phase-invert", ""))
            width = len(was) or max(inputs(route), 1)
            item.set("phase-invert", str(int(inverted)) * width)
            item.set("value", str(int(inverted)))
            break
    else:
        was = str(route.get("phase-invert", ""))
        width = len(was) or max(inputs(route), 1)
        if route.get("phase-invert") is not None:
            route.set("phase-invert", str(int(inverted)) * width)
        elif inverted:
            item = controllable(route, patch.ids, "phase", 1.0, "Toggle")
            item.set("phase-invert", "1" * width)
            take_out(item)
            first = next(children(route, "Processor"), None)
            append(route, item) if first is None else before(first, item)
    if inverted or "1" in was:
        ledger.exact(
            "input.invert_polarity", f"the polarity: {'turned' if '1' in was else 'as it is'} → "
            f"{'turned' if inverted else 'as it is'}"
        )  # fmt: skip


def _set(parent: Node, name: str, value: float, patch: Patch, flags: str) -> float | None:
    """Set a control, and make it where it is missing; returns what it was."""
    was = control(parent, name)
    for item in children(parent, "Controllable"):
        if item.get("name") == name:
            item.set("value", number(value))
            return was
    item = controllable(parent, patch.ids, name, value, flags)
    take_out(item)
    append(parent, item)
    return was


def _moves_of(fader: Node) -> Node | None:
    return next(iter(fader.iterfind("Automation/AutomationList[@automation-id='gain']")), None)


def _new_moves(fader: Node, patch: Patch) -> Node:
    moves = node(
        None,
        "AutomationList",
        {"automation-id": "gain", "id": patch.ids.next(), "interpolation-style": "Exponential"},
    )
    if patch.version >= SUPERCLOCK_VERSION:
        moves.set("time-domain", "AudioTime")
    automation = fader.find("Automation")
    if automation is None:
        automation = node(None, "Automation", {})
        first = fader[0] if len(fader) else None
        append(fader, automation) if first is None else before(first, automation)
    append(automation, moves)
    return moves


def _time(patch: Patch, time_s: float) -> str:
    if patch.version >= SUPERCLOCK_VERSION:
        return clock_of_seconds(time_s)
    return str(round(time_s * patch.sample_rate_hz))


def _db(gain: float | None) -> str:
    return "none" if gain is None else words(gain_to_db(gain), 2)
