"""The report's notes on what a strip holds beside its devices: input, pan, fader, sends and moves."""

import math

from console.mix import Bus, BusKind, Master, TrackStrip
from console.mix.values import MASTER
from console.session import SessionTrack
from console.words import number, signed
from exporters.ableton.levels import LEAST_DB, MOST_DB
from exporters.ableton.panlaw import to_live
from exporters.ableton.values import holds
from exporters.moves import CHORD_DEVIATION_DB
from exporters.report import Ledger

_PAN_SOURCE = "by the pan law of Live's manual"


def note_track(strip: TrackStrip, source: SessionTrack, sample_rate_hz: int, ledger: Ledger) -> None:
    """Note what a track keeps outside its chain, its files included."""
    if not holds(strip.id):
        ledger.approximated("id", "the name holds signs that XML cannot; they are blanks in Live")
    for file in source.files:
        if not holds(str(file.path)):
            ledger.dropped(
                "files", f"XML cannot hold the path {str(file.path)!r}: rename it, or link the file by hand"
            )
        elif file.sample_rate_hz != sample_rate_hz:
            ledger.approximated(
                "files",
                f"{file.path.name} is at {file.sample_rate_hz} Hz: Live resamples it by its own means",
            )
    note_strip(strip, source.channels, ledger)
    if strip.output != MASTER:
        ledger.exact("output", "the track lies in its group")


def note_strip(strip: TrackStrip, channels: int, ledger: Ledger) -> None:
    """Note what a strip keeps in the track's own mixer."""
    if strip.input.delay_ms:
        ledger.exact("input.delay_ms", "the track's delay, in milliseconds")
    _note_pan(strip, channels, ledger)
    _note_level(strip, channels, ledger)
    for bus, level_db in strip.sends.items():
        if level_db > 0.0:
            ledger.approximated(
                f"sends.{bus}", f"{number(level_db)} dB stand as 0 dB, where Live's sends end", level_db, "dB"
            )
        elif level_db < LEAST_DB:
            ledger.approximated(f"sends.{bus}", "under −70 dB, which is silence to Live's sends")
        else:
            ledger.exact(f"sends.{bus}", "a send after the fader")
    if strip.muted:
        ledger.exact("muted", "the track's activator is off")


def note_bus(bus: Bus, ledger: Ledger) -> None:
    """Note what a bus keeps outside its chain."""
    if not holds(bus.id):
        ledger.approximated("id", "the name holds signs that XML cannot; they are blanks in Live")
    where = "group track" if bus.kind is BusKind.GROUP else "return track"
    _note_fader(bus.fader_db, bus.fader_db, f"the volume of the bus's {where}", ledger)


def note_master(master: Master, ledger: Ledger) -> None:
    """Note what the master keeps outside its chain."""
    _note_fader(master.fader_db, master.fader_db, "the master's volume", ledger)


def _note_pan(strip: TrackStrip, channels: int, ledger: Ledger) -> None:
    panning = to_live(strip.pan, channels)
    own_db = signed(20.0 * math.log10(panning.gain), 2)
    if channels == 1:
        ledger.exact(
            "pan",
            f"the same pan; the fader stands {own_db} dB off, since Live plays a mono file on both sides at "
            f"0 dB, {_PAN_SOURCE}",
        )
    elif strip.pan == 0.0:
        ledger.exact("pan", "in the middle")
    else:
        ledger.exact(
            "pan",
            f"Live's pan {signed(panning.pan, 3)} and {own_db} dB on the fader give the console's two gains, "
            f"{_PAN_SOURCE}",
        )


def _note_level(strip: TrackStrip, channels: int, ledger: Ledger) -> None:
    own_db = 20.0 * math.log10(to_live(strip.pan, channels).gain)
    moves = strip.automation.fader_db
    if not moves:
        _note_fader(strip.fader_db, strip.fader_db + own_db, "the track's volume", ledger)
        return
    ledger.approximated(
        "automation.fader_db",
        "an envelope of the volume with a point every half decibel",
        CHORD_DEVIATION_DB,
        "dB",
    )
    if max(level_db for _, level_db in moves) + own_db > MOST_DB:
        ledger.exact("fader_db", "what is over Live's +6 dB is the gain of a Utility behind the chain")
    if min(level_db for _, level_db in moves) + own_db < LEAST_DB:
        ledger.approximated("fader_db", "moves under −70 dB are silence to Live")


def _note_fader(wanted_db: float, live_db: float, place: str, ledger: Ledger) -> None:
    if live_db > MOST_DB:
        ledger.exact(
            "fader_db",
            f"{place} at +6 dB and the other {live_db - MOST_DB:.2f} dB in a Utility behind the chain",
        )
    elif live_db < LEAST_DB:
        ledger.approximated(
            "fader_db", f"{number(wanted_db)} dB lie under the end of Live's fader, which is silence"
        )
    else:
        ledger.exact("fader_db", place)
