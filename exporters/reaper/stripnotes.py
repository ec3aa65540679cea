"""The report's notes on what a strip holds beside its plugins: input, pan, fader, sends and moves."""

import math

from console.mix import Bus, BusKind, TrackStrip
from console.mix.values import MASTER
from console.session import SessionTrack
from console.words import signed
from exporters.moves import CHORD_DEVIATION_DB
from exporters.reaper.items import whole_delay
from exporters.reaper.panlaw import to_reaper
from exporters.reaper.rpp import holds
from exporters.report import Ledger

_PAN_SOURCE = "by REAPER's pan law as one other project measured it"


def note_track(strip: TrackStrip, source: SessionTrack, sample_rate_hz: int, ledger: Ledger) -> None:
    """Note what a track keeps outside its chain."""
    if not holds(strip.id):
        ledger.approximated("id", "the name holds signs that a REAPER project cannot; they are replaced")
    note_items(strip, sample_rate_hz, ledger)
    if strip.input.invert_polarity:
        ledger.exact("input.invert_polarity", "the track's phase button")
    for file in source.files:
        if file.sample_rate_hz != sample_rate_hz:
            ledger.approximated(
                "files",
                f"{file.path.name} is at {file.sample_rate_hz} Hz: REAPER resamples it by its own means",
            )
    note_width(strip, source, ledger)
    note_pan(strip, source, ledger)
    if strip.automation.fader_db:
        ledger.approximated(
            "automation.fader_db",
            "an envelope with a point every half decibel, which REAPER joins in amplitude",
            CHORD_DEVIATION_DB,
            "dB",
        )
    else:
        ledger.exact("fader_db", "the track's volume")
    for bus in strip.sends:
        ledger.exact(f"sends.{bus}", "a send after the fader")
    if strip.output != MASTER:
        ledger.exact("output", "the track lies in the folder of its group")
    if strip.muted:
        ledger.exact("muted", "the track's mute")


def note_bus(bus: Bus, ledger: Ledger) -> None:
    """Note what a bus keeps outside its chain."""
    if not holds(bus.id):
        ledger.approximated("id", "the name holds signs that a REAPER project cannot; they are replaced")
    where = "folder" if bus.kind is BusKind.GROUP else "track"
    ledger.exact("fader_db", f"the volume of the bus's {where}")


def note_items(strip: TrackStrip, sample_rate_hz: int, ledger: Ledger) -> None:
    """Note input gain and delay where the items hold them."""
    if strip.input.gain_db:
        ledger.exact("input.gain_db", "the volume of the item, ahead of the chain")
    if strip.input.delay_ms:
        whole_ms = whole_delay(strip.input.delay_ms, sample_rate_hz) * 1000.0 / sample_rate_hz
        off_ms = abs(whole_ms - strip.input.delay_ms)
        if off_ms * sample_rate_hz / 1000.0 < 1e-6:
            ledger.exact("input.delay_ms", "the item is moved by so many samples")
        else:
            ledger.approximated(
                "input.delay_ms", "items move by whole samples; the nearest is taken", off_ms, "ms"
            )


def note_width(strip: TrackStrip, source: SessionTrack, ledger: Ledger) -> None:
    """Note a width that the chain does not hold."""
    if source.channels == 2 and strip.width != 1.0:
        off_db = abs(20.0 * math.log10(strip.width)) if strip.width > 0.0 else None
        amount = "mono" if off_db is None else f"its side by {signed(20.0 * math.log10(strip.width))} dB"
        ledger.dropped(
            "width",
            f"no plugin that every REAPER has is known to set the width; it stays at 1 in place of {amount}",
            off_db,
            "dB",
        )


def note_pan(strip: TrackStrip, source: SessionTrack, ledger: Ledger, change: str = "") -> None:
    """Note how the pan is kept; `change` says what stood there before."""
    panning = to_reaper(strip.pan, source.channels)
    if source.channels == 1:
        ledger.exact("pan", f"the same pan under a track pan law of −3.01 dB, {_PAN_SOURCE}{change}")
    elif strip.pan == 0.0:
        ledger.exact("pan", f"in the middle{change}")
    else:
        ledger.exact(
            "pan",
            f"REAPER's pan {signed(panning.pan, 3)} and {signed(20.0 * math.log10(panning.gain), 2)} dB on the fader "
            f"give the console's two gains, {_PAN_SOURCE}{change}",
        )
