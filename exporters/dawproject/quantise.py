"""The Mix that a DAWproject can hold: what `read_project` gives back of what `write_project` was given.

Knobs are written with twelve digits in the standard's units and come back to nine, levels to nine decimals.
Delays are whole samples; a send ends at +6.02 dB; the moves of a fader lie on a grid of microseconds, and the
fader stands at the first; the order is the project's. An equalizer without bands is off, a mono track has no width.
Roles, reasons and locks have no place.
"""

from dataclasses import fields, replace
from pathlib import Path, PurePosixPath
from typing import TypeVar

from console.mix import Automation, Bus, Equalizer, FrozenMap, Master, Mix, Module, TrackStrip
from console.params import spec
from console.session import Session, SessionTrack
from exporters.dawproject.plan import AudioPlace, Level, Line, make_plan, whole_delay
from exporters.dawproject.units import FADER, FADER_END_DB, KINDS, LEVEL, PAN, RATIO, Kind
from exporters.moves import settle, thin
from exporters.neat import held, neat_db

M = TypeVar("M", bound=Module)


def quantise(mix: Mix, session: Session, *, audio: str = "beside", folder: Path | None = None) -> Mix:
    """The mix as a DAWproject holds it.

    Raises:
        ExportError: the mix and the session do not belong together.
    """
    plan = make_plan(mix, session, folder or Path(), AudioPlace(audio))
    lines = list(plan.walk())
    strips, buses = {strip.id: strip for strip in mix.tracks}, {bus.id: bus for bus in mix.buses}
    sources = {source.id: source for source in session.tracks}
    return Mix(
        sample_rate_hz=mix.sample_rate_hz,
        tracks=tuple(
            _track(strips[line.id], sources[line.id], line, mix.sample_rate_hz)
            for line in lines
            if line.kind == "track"
        ),
        buses=tuple(_bus(buses[line.id], line.level) for line in lines if line.kind in ("group", "fx")),
        master=_master(mix.master, plan.master),
    )


def _kind(name: str) -> Kind:
    if name.endswith(".ratio"):
        return RATIO
    return KINDS[spec(name).unit]


def _knobs(module: M) -> M:
    """A module with every knob as it comes back."""
    changes = {}
    for item in fields(module):
        name = item.metadata.get("param")
        if name is not None:
            changes[item.name] = held(name, _kind(name).kept(getattr(module, item.name)))
    return replace(module, **changes)


def _equalizer(equalizer: Equalizer) -> Equalizer:
    bands = tuple(_knobs(band) for band in equalizer.bands)
    return Equalizer(equalizer.enabled and bool(bands), bands)


def _level_db(level: Level) -> float:
    return held("strip.fader_db", neat_db(FADER.kept(level.fader_db) + _over_db(level)))


def _over_db(level: Level) -> float:
    return LEVEL.kept(level.over_db) if level.over_db else 0.0


def _track(strip: TrackStrip, source: SessionTrack, line: Line, rate_hz: int) -> TrackStrip:
    moves = thin(settle(strip.automation.fader_db))
    clips = line.clips or tuple(side.clips[0] for side in line.inside)
    delay_ms = whole_delay(strip.input.delay_ms, rate_hz) * 1000.0 / rate_hz
    return TrackStrip(
        id=strip.id,
        files=tuple(PurePosixPath(clip.path.replace("\\", "/")).name for clip in clips),
        muted=strip.muted,
        input=replace(
            strip.input,
            gain_db=held("input.gain_db", LEVEL.kept(strip.input.gain_db)),
            delay_ms=held("input.delay_ms", neat_db(delay_ms)) if clips else 0.0,
        ),
        highpass=_knobs(strip.highpass),
        lowpass=_knobs(strip.lowpass),
        gate=_knobs(strip.gate),
        equalizer=_equalizer(strip.equalizer),
        compressor=_knobs(strip.compressor),
        width=held("strip.width", KINDS[""].kept(strip.width)) if source.channels == 2 else 1.0,
        pan=held("strip.pan", PAN.kept(strip.pan)),
        fader_db=moves[0][1] if moves else _level_db(line.level),
        sends=FrozenMap(
            {
                bus: held("strip.send_db", FADER.kept(min(level_db, FADER_END_DB)))
                for bus, level_db in strip.sends.items()
            }
        ),
        output=strip.output,
        automation=Automation(moves),
    )


def _bus(bus: Bus, level: Level) -> Bus:
    return Bus(
        id=bus.id,
        kind=bus.kind,
        reverb=None if bus.reverb is None else _knobs(bus.reverb),
        delay=None if bus.delay is None else _knobs(bus.delay),
        equalizer=_equalizer(bus.equalizer),
        compressor=_knobs(bus.compressor),
        fader_db=_level_db(level),
    )


def _master(master: Master, level: Level) -> Master:
    return Master(
        equalizer=_equalizer(master.equalizer),
        compressor=_knobs(master.compressor),
        limiter=_knobs(master.limiter),
        fader_db=_level_db(level),
    )
