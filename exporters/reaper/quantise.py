"""The Mix that a REAPER project can hold: what `read_project` gives back of what `write_project` was given.

64-bit numbers (ReaEQ, faders, pans, sends, items) come back to nine digits; 32-bit ones (ReaComp, ReaGate,
ReaVerbate, ReaDelay) to six. Delays are whole samples. A bandwidth that ReaEQ cannot hold is the nearest one
it can; make-up over +6 dB is on the fader; the order is the project's. Roles, reasons, locks, widths, a gate's
ratio, a reverb's size, a limiter's release and a ping-pong are at what the reader assumes. With the JSFX strip
input gain, polarity, filters, gate, equalizer, compressor and width come back to the last bit.
"""

from pathlib import Path

from console.mix import Automation, Bus, FrozenMap, Input, Master, Mix, TrackStrip
from console.session import Session, SessionTrack
from exporters.moves import settle, thin
from exporters.neat import held, neat_db
from exporters.reaper.chain import MAKEUP_LIMIT_DB
from exporters.reaper.items import whole_delay
from exporters.reaper.plan import Plan, Track, make_plan
from exporters.reaper.readchain import Modules, read_chain, with_makeup
from exporters.reaper.rpp import plain_text
from exporters.reaper.strips import StripKind, strip_kind


def quantise(mix: Mix, session: Session, *, strip: str = "rea") -> Mix:
    """The mix as a project of REAPER's holds it, written with one kind of strip.

    Raises:
        ExportError: the mix and the session do not belong together, or there is no such kind.
    """
    plan = make_plan(mix, session, Path(), strip)
    kind = strip_kind(strip)
    rate_hz = mix.sample_rate_hz
    return Mix(
        sample_rate_hz=rate_hz,
        tracks=tuple(
            _strip(
                kind.outside(mix.track(track.id)),
                session.track(track.id),
                read_chain(track.fx, rate_hz),
                rate_hz,
            )
            for track in plan.tracks
            if track.kind == "track"
        ),
        buses=tuple(
            _bus(mix.bus(track.id), track, rate_hz, kind)
            for track in plan.tracks
            if track.kind in ("group", "fx")
        ),
        master=_master(mix.master, plan, rate_hz),
    )


def _strip(strip: TrackStrip, source: SessionTrack, modules: Modules, rate_hz: int) -> TrackStrip:
    moves = thin(settle(strip.automation.fader_db))
    rest_db = _rest_db(strip.compressor.makeup_db, modules, MAKEUP_LIMIT_DB)
    level_db = neat_db(strip.fader_db + rest_db)
    fader_db = moves[0][1] if moves else held("strip.fader_db", level_db)
    over_db = rest_db if moves else level_db - fader_db
    delay_ms = whole_delay(strip.input.delay_ms, rate_hz) * 1000.0 / rate_hz
    return TrackStrip(
        id=strip.id,
        files=tuple(plain_text(file.path.name) for file in source.files),
        muted=strip.muted,
        input=Input(
            gain_db=modules.gain_db + (neat_db(strip.input.gain_db) if source.files else 0.0),
            invert_polarity=strip.input.invert_polarity is not modules.invert_polarity,
            delay_ms=held("input.delay_ms", neat_db(delay_ms)) if source.files else 0.0,
        ),
        highpass=modules.highpass,
        lowpass=modules.lowpass,
        gate=modules.gate,
        equalizer=modules.equalizer,
        compressor=with_makeup(modules.compressor, over_db),
        width=modules.width,
        pan=neat_db(strip.pan),
        fader_db=fader_db,
        sends=FrozenMap({bus: neat_db(level_db) for bus, level_db in strip.sends.items()}),
        output=strip.output,
        automation=Automation(moves),
    )


def _bus(bus: Bus, track: Track, rate_hz: int, kind: StripKind) -> Bus:
    modules = read_chain(track.fx, rate_hz)
    level_db = neat_db(bus.fader_db + _rest_db(bus.compressor.makeup_db, modules, kind.makeup_limit_db))
    fader_db = held("strip.fader_db", level_db)
    return Bus(
        id=bus.id,
        kind=bus.kind,
        reverb=modules.reverb,
        delay=modules.delay,
        equalizer=modules.equalizer,
        compressor=with_makeup(modules.compressor, level_db - fader_db),
        fader_db=fader_db,
    )


def _master(master: Master, plan: Plan, rate_hz: int) -> Master:
    modules = read_chain(plan.master.fx, rate_hz)
    level_db = neat_db(master.fader_db + plan.master.fader_db)
    fader_db = held("strip.fader_db", level_db)
    return Master(
        equalizer=modules.equalizer,
        compressor=with_makeup(modules.compressor, level_db - fader_db + modules.drive_db),
        limiter=modules.limiter,
        fader_db=fader_db,
    )


def _rest_db(makeup_db: float, modules: Modules, limit_db: float) -> float:
    """The make-up that went to the fader."""
    return max(makeup_db - limit_db, 0.0) if modules.compressor.enabled else 0.0
