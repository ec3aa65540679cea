"""Sets one strip in a user's project: its fader, pan, mute, sends, moves and devices, with notes of was and now."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from console.frozen import FrozenMap
from console.mix import Master, TrackStrip
from console.mix.values import MASTER
from console.session import SessionTrack
from console.units import db_to_gain, gain_to_db
from console.words import number, pan_place
from exporters.dawproject.devices import master_devices, track_devices
from exporters.dawproject.document import add_moves, add_sends
from exporters.dawproject.elements import MARK, Ids, element
from exporters.dawproject.marks import change, container, parameter
from exporters.dawproject.moves import automated
from exporters.dawproject.notes import Note, noted_tracks, sample_rate_of
from exporters.dawproject.opening import plugin_names
from exporters.dawproject.ownclips import move_clips, pairs_of
from exporters.dawproject.plan import Level, split_level, whole_delay
from exporters.dawproject.stripnotes import note_chain, note_delay, note_input, note_master, note_name
from exporters.dawproject.structure import Strip, Structure
from exporters.dawproject.units import (
    FADER,
    FADER_END,
    FADER_END_DB,
    PAN,
    Element,
    as_number,
    switch_of,
    value_of,
)
from exporters.dawproject.units import number as text_of
from exporters.moves import CHORD_DEVIATION_DB, settle
from exporters.report import Ledger


@dataclass(slots=True)
class Patch:
    """A project that is being patched: its tree, its tracks, ids that are free, and what its automation moves.

    `notes` are those of a project that we wrote, `own` what they say of its tracks, `pairs` the sides of its pairs.
    """

    root: Element
    structure: Structure
    ids: Ids
    notes: Mapping[str, Any] = field(default_factory=dict)
    own: Mapping[str, Note] = field(default_factory=dict)
    pairs: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    automated: Mapping[str, Element] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.automated = automated(self.root)
        notes = noted_tracks(self.notes)
        self.own = {key: notes[key] for key in self.structure.strips if key in notes}
        self.pairs = pairs_of(self.structure, self.own)

    def channel(self, strip: Strip) -> Element:
        """The channel of a strip, made where its track has none."""
        track: Element = strip.track
        found = strip.channel if strip.channel is not None else track.find("Channel")
        if found is None:
            master = self.structure.master
            channel = None if master is None else master.channel
            found = element(
                None,
                "Channel",
                role="regular",
                destination=None if channel is None else channel.get("id"),
                id=self.ids.next(),
                name=f"{MARK} channel",
            )
            track.insert(0, found)
        return found


class Outputs(Protocol):
    """What the buses of a mix are in the project."""

    channels: dict[str, str]

    def route(self, strip: TrackStrip, key: str, channel: Element, ledger: Ledger) -> None:
        """Send a track where the mix has it."""


def patch_track(
    patch: Patch, strip: TrackStrip, source: SessionTrack, buses: Outputs, ledger: Ledger
) -> None:
    """Set the strip of a track."""
    place = patch.structure.strips[source.key]
    channel = patch.channel(place)
    own = plugin_names(patch.structure, place)
    note_name(strip.id, ledger)
    note_input(strip, ledger)
    if own and strip.input.gain_db:
        ledger.approximated("input.gain_db", f"it lies behind the user's own plugins: {', '.join(own)}")
    if _set_delay(patch, strip, source):
        note_delay(strip, patch.notes["sample_rate_hz"], ledger)
    elif strip.input.delay_ms:
        ledger.dropped(
            "input.delay_ms",
            f"clips are not moved in the user's project: move them by {number(strip.input.delay_ms, 2)} ms by hand",
        )
    note_chain(strip, source.channels, ledger)
    moves = settle(strip.automation.fader_db)
    level = set_fader(patch, channel, strip.fader_db, moves, ledger)
    set_devices(patch, channel, track_devices(strip, source.channels, level.over_db, patch.ids))
    _set_pan(patch, channel, strip.pan, source.channels, ledger)
    if strip.muted:
        _mute(channel, patch.ids, ledger)
    if strip.sends:
        _set_sends(patch, channel, strip, buses.channels, ledger)
    buses.route(strip, source.key, channel, ledger)
    if level.moves:
        _add_moves(patch, place, channel, level, ledger)


def _set_delay(patch: Patch, strip: TrackStrip, source: SessionTrack) -> bool:
    """Let the clips of a track that we wrote begin where the mix has them; False where they are not ours to move."""
    rate_hz = sample_rate_of(patch.notes)
    keys = patch.pairs.get(source.key, (source.key,))
    own = [patch.own[key] for key in keys if key in patch.own]
    if rate_hz is None or not own or not all(note.file for note in own):
        return False
    for key, note in zip(keys, own, strict=True):
        delay = whole_delay(strip.input.delay_ms, rate_hz)
        move_clips(patch.root, key, note, delay, rate_hz)
        told = patch.notes["tracks"][key]
        told["start_samples"] = source.start_samples
        told["delay_samples"] = delay
    patch.notes["tracks"][source.key]["start_samples"] = source.start_samples
    return True


def patch_master(patch: Patch, master: Master, ledger: Ledger) -> None:
    """Set the strip of the master."""
    place = patch.structure.master
    if place is None:
        ledger.dropped(
            "fader_db", "the project has no master channel: set the master's fader and devices by hand"
        )
        return
    channel = patch.channel(place)
    own = Ledger(MASTER)
    note_master(master, own)
    ledger.entries += [entry for entry in own.entries if entry.parameter != "fader_db"]
    level = set_fader(patch, channel, master.fader_db, (), ledger)
    set_devices(patch, channel, master_devices(master, level.over_db, patch.ids))


def set_devices(patch: Patch, channel: Element, devices: Sequence[Element]) -> None:
    """Put our devices behind the user's."""
    if devices:
        container(channel, "Devices").extend(devices)


def set_fader(
    patch: Patch,
    channel: Element,
    level_db: float,
    moves: tuple[tuple[float, float], ...],
    ledger: Ledger,
) -> Level:
    """Set a channel's fader in the unit that it has; the level as it was split between fader and gain."""
    fader = parameter(
        channel, "Volume", unit=FADER.unit, max=f"{FADER_END:.6f}", min=f"{0.0:.6f}", id=patch.ids.next()
    )
    unit = fader.get("unit", FADER.unit)
    was_db = value_of(fader, FADER)
    level = split_level(level_db, moves, _end_db(fader, unit))
    if unit not in FADER.read:
        ledger.dropped("fader_db", f"the fader counts in {unit!r}, whose law is not known: set it by hand")
        return Level(level_db, 0.0)
    if fader.get("id") in patch.automated:
        ledger.dropped(
            "automation.fader_db" if moves else "fader_db",
            f"the user's automation moves the fader and stays: {number(level_db)} dB holds only where it does not",
        )
        level = Level(level.fader_db, level.over_db)
    change(fader, text_of(level.fader_db if unit == "decibel" else db_to_gain(level.fader_db)))
    was = "as the DAW has it" if was_db is None else f"{number(was_db)} dB"
    over = f", of which {number(level.over_db)} dB are a gain behind the chain" if level.over_db else ""
    ledger.exact("fader_db", f"fader {was} → {number(level.fader_db + level.over_db)} dB{over}")
    return level


def _set_sends(
    patch: Patch, channel: Element, strip: TrackStrip, returns: Mapping[str, str], ledger: Ledger
) -> None:
    """Set the sends that a track has to our returns, and add those that it lacks."""
    there = {one.get("destination"): one for one in channel.iterfind("Sends/Send")}
    missing: dict[str, float] = {}
    for bus, level_db in strip.sends.items():
        send: Element = there.get(returns[bus])
        fader: Element = send if send is None else send.find("Volume")
        was_db = value_of(fader, FADER)
        if was_db is None:
            missing[bus] = level_db
            ledger.exact(f"sends.{bus}", f"a new send after the fader, at {number(level_db)} dB")
            continue
        unit = fader.get("unit", FADER.unit)
        held_db = min(level_db, FADER_END_DB)
        change(fader, text_of(held_db if unit == "decibel" else db_to_gain(held_db)))
        enable = send.find("Enable")
        if enable is not None and not switch_of(enable, True):
            change(enable, "true")
        place = "" if send.get("type", "post") == "post" else ", which lies before the fader"
        ledger.approximated(f"sends.{bus}", f"send {number(was_db)} dB → {number(held_db)} dB{place}")
    if missing:
        add_sends(
            container(channel, "Sends"),
            replace(strip, sends=FrozenMap(missing)),
            patch.ids,
            returns,
        )


def _end_db(fader: Element, unit: str) -> float | None:
    """Where a fader ends, as it says itself; None where it does not."""
    most = as_number(fader.get("max"))
    if most is None or unit not in FADER.read:
        return None
    end_db = most if unit == "decibel" else gain_to_db(most)
    return end_db if -6.0 <= end_db <= 24.0 else None


def _set_pan(patch: Patch, channel: Element, pan: float, channels: int, ledger: Ledger) -> None:
    knob = parameter(channel, "Pan", unit=PAN.unit, max=f"{1.0:.6f}", min=f"{0.0:.6f}", id=patch.ids.next())
    unit = knob.get("unit", PAN.unit)
    if unit not in PAN.read:
        ledger.dropped("pan", f"the pan counts in {unit!r}, whose law is not known: set it by hand")
        return
    was = value_of(knob, PAN)
    if knob.get("id") in patch.automated:
        ledger.dropped("pan", f"the user's automation moves the pan and stays, not ours {pan_place(pan)}")
    change(knob, PAN.text(pan) if unit == PAN.unit else text_of(pan))
    place = "pan" if was is None else f"pan {pan_place(was)} →"
    law = "pan law" if channels == 1 else "balance"
    ledger.approximated("pan", f"{place} {pan_place(pan)}; the levels follow the DAW's own {law}")


def _mute(channel: Element, ids: Ids, ledger: Ledger) -> None:
    mute = parameter(channel, "Mute", id=ids.next())
    if not switch_of(mute, False):
        change(mute, "true")
        ledger.exact("muted", "mute off → on")


def _add_moves(patch: Patch, place: Strip, channel: Element, level: Level, ledger: Ledger) -> None:
    """Automate the fader on a line of our own beside the user's."""
    fader = channel.find("Volume")
    if fader.get("id") is None or place.track is None or place.track.get("id") is None:
        ledger.dropped("automation.fader_db", "the track or its fader has no id, so that nothing can move it")
        return
    arrangement = patch.root.find("Arrangement")
    if arrangement is None:
        arrangement = element(None, "Arrangement", id=patch.ids.next(), name=f"{MARK} arrangement")
        structure = patch.root.find("Structure")
        patch.root.insert(patch.root.index(structure) + 1, arrangement)
    top = arrangement.find("Lanes")
    if top is None:
        top = element(None, "Lanes", timeUnit="seconds", id=patch.ids.next(), name=f"{MARK} lanes")
        arrangement.insert(0, top)
    lanes = element(
        top,
        "Lanes",
        timeUnit="seconds",
        track=place.track.get("id"),
        id=patch.ids.next(),
        name=f"{MARK} fader",
    )
    add_moves(lanes, level, fader.get("id"), patch.ids)
    ledger.approximated(
        "automation.fader_db",
        f"{len(level.moves)} moves of the fader, joined in amplitude",
        CHORD_DEVIATION_DB,
        "dB",
    )
