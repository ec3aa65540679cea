"""The report's notes on what a strip holds beside its plugins: input, pan, fader, sends and files."""

from console.mix import Bus, BusKind, TrackStrip
from console.mix.values import MASTER
from console.session import SessionTrack
from console.units import gain_to_db
from console.words import signed
from exporters.ardour.panlaw import to_ardour
from exporters.ardour.regions import TRIM_LIMIT_DB, whole_delay
from exporters.ardour.text import holds
from exporters.report import Ledger


def note_track(strip: TrackStrip, source: SessionTrack, sample_rate_hz: int, ledger: Ledger) -> None:
    """Note what a track keeps outside its chain."""
    note_input(strip, ledger)
    note_delay(strip, sample_rate_hz, ledger)
    note_mixer(strip, source.channels, ledger)
    if strip.muted:
        ledger.exact("muted", "the track's mute")
    for file in source.files:
        if not holds(str(file.path)):
            ledger.dropped(
                "files",
                f"a session cannot hold the path {str(file.path)!r}: rename it, or link the audio by hand",
            )
        if file.sample_rate_hz != sample_rate_hz:
            ledger.dropped(
                "files",
                f"{file.path.name} is at {file.sample_rate_hz} Hz: Ardour would play it at {sample_rate_hz} Hz "
                "as it is; convert it, or import it by hand",
            )


def note_input(strip: TrackStrip, ledger: Ledger) -> None:
    """Note the gain and the polarity of a track's input."""
    if strip.input.gain_db:
        beyond = abs(strip.input.gain_db) > TRIM_LIMIT_DB
        rest = f"; what is beyond {TRIM_LIMIT_DB:g} dB is the region's gain" if beyond else ""
        ledger.exact("input.gain_db", f"the track's trim{rest}")
    if strip.input.invert_polarity:
        ledger.exact("input.invert_polarity", "the track's polarity button")


def note_mixer(strip: TrackStrip, channels: int, ledger: Ledger) -> None:
    """Note fader, pan, sends and group."""
    panning = to_ardour(strip.pan, channels)
    if channels == 2:
        ledger.exact("pan", "the stereo balance, at the place that gives the console's two gains")
    else:
        ledger.exact(
            "pan",
            f"azimuth {panning.azimuth:.3f} has the console's ratio of the sides, "
            f"and {signed(gain_to_db(panning.gain), 2)} dB on the fader its level",
        )
    if not strip.automation.fader_db:
        ledger.exact("fader_db", "the track's fader")
    for bus in strip.sends:
        ledger.exact(f"sends.{bus}", "an aux send after the fader, panned with the track")
    if strip.output != MASTER:
        ledger.exact("output", "the track's output goes to the bus of its group")


def note_bus(bus: Bus, ledger: Ledger) -> None:
    """Note what a bus keeps outside its chain."""
    kind = "group" if bus.kind is BusKind.GROUP else "FX bus"
    ledger.exact("fader_db", f"the fader of the {kind}")


def note_delay(strip: TrackStrip, sample_rate_hz: int, ledger: Ledger) -> None:
    """Note a delay that the regions' places hold."""
    if not strip.input.delay_ms:
        return
    whole_ms = whole_delay(strip.input.delay_ms, sample_rate_hz) * 1000.0 / sample_rate_hz
    off_ms = abs(whole_ms - strip.input.delay_ms)
    if off_ms * sample_rate_hz / 1000.0 < 1e-6:
        ledger.exact("input.delay_ms", "the region is moved by so many samples")
    else:
        ledger.approximated(
            "input.delay_ms", "regions move by whole samples; the nearest is taken", off_ms, "ms"
        )
