"""Sessions for the live tests: written by our exporter, changing nothing, and with every knob that a Mix may need."""

from dataclasses import replace
from pathlib import Path

from console.frozen import FrozenMap
from console.mix import (
    Band,
    Bus,
    BusKind,
    Compressor,
    Delay,
    Equalizer,
    Gate,
    Highpass,
    Limiter,
    Lowpass,
    Mix,
    Reverb,
    TrackStrip,
)
from console.session import Session
from exporters.ardour.writer import write_project

#: Six bands as ACE EQ and x42's fil4 have them; at 0 dB they change nothing.
BANDS = (
    Band("low_shelf", 100.0, 0.0, 0.7071),
    Band("bell", 250.0, 0.0, 1.0),
    Band("bell", 800.0, 0.0, 1.0),
    Band("bell", 2500.0, 0.0, 1.0),
    Band("bell", 6000.0, 0.0, 1.0),
    Band("high_shelf", 9000.0, 0.0, 0.7071),
)
_IDLE = Compressor(enabled=True, threshold_db=0.0, ratio=1.0, knee_db=0.0)


def idle_mix(session: Session) -> Mix:
    """A mix with every module in place and each so set that it changes nothing."""
    strips = tuple(
        TrackStrip(
            track.id,
            highpass=Highpass(False, 30.0),
            lowpass=Lowpass(False, 17_000.0),
            gate=Gate(enabled=True, threshold_db=-60.0, ratio=1.0, range_db=0.0),
            equalizer=Equalizer(True, BANDS),
            compressor=_IDLE,
            sends=FrozenMap({"echo": -90.0, "hall": -90.0}),
            output="band",
        )
        for track in session.tracks
    )
    master = replace(
        Mix(session.sample_rate_hz).master,
        equalizer=Equalizer(True, BANDS),
        compressor=_IDLE,
        limiter=Limiter(enabled=True, ceiling_dbtp=0.0),
    )
    buses = (
        Bus("band", BusKind.GROUP, equalizer=Equalizer(True, BANDS), compressor=_IDLE),
        Bus("hall", BusKind.FX, reverb=Reverb()),
        Bus("echo", BusKind.FX, delay=Delay()),
    )
    return Mix(session.sample_rate_hz, strips, buses, master)


def idle_session(session: Session, folder: Path, **choice: str) -> Path:
    """An Ardour session with that mix; `choice` names the carriers of equalizer, gate and limiter."""
    return write_project(idle_mix(session), session, folder, **choice).files[0]
