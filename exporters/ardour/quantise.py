"""The Mix that an Ardour session can hold: what `read_project` gives back of what `write_project` was given.

Ardour's numbers are 32-bit floats: levels come back to five decimals, all else to six digits. Delays are whole
samples. A make-up under 0 dB is on the fader. Bands and times that a plugin cannot hold are the nearest that it can;
x42's and the ACE EQ have an order of their own. The order is tracks, groups, FX buses. Roles, reasons, locks, a
reverb's size and damping and a ping-pong are at what the reader assumes.
"""

from dataclasses import replace
from typing import Unpack

from console.mix import Automation, Bus, BusKind, FrozenMap, Input, Master, Mix, TrackStrip
from console.session import Session
from console.units import gain_to_db
from exporters.ardour.choices import Carriers, choose
from exporters.ardour.nodes import number
from exporters.ardour.panlaw import from_ardour
from exporters.ardour.plan import Plan, Route, make_plan
from exporters.ardour.readchain import Modules, read_chain
from exporters.ardour.reader import master_of
from exporters.ardour.regions import TRIM_LIMIT_DB, whole_delay
from exporters.ardour.text import plain
from exporters.moves import from_points
from exporters.neat import held, neat_db, neat_single_db


def quantise(mix: Mix, session: Session, **carriers: Unpack[Carriers]) -> Mix:
    """The mix as a session of Ardour's holds it, with the options of `write_project` that matter to it.

    Raises:
        ExportError: the mix and the session do not belong together, or an option has no such value.
    """
    plan = make_plan(mix, session, choose(**carriers))
    return Mix(
        sample_rate_hz=mix.sample_rate_hz,
        tracks=tuple(
            _strip(mix.track(route.id), route, mix.sample_rate_hz)
            for route in plan.routes
            if route.kind == "track"
        ),
        buses=tuple(
            _bus(route, mix.sample_rate_hz) for route in plan.routes if route.kind in ("group", "fx")
        ),
        master=_master(plan, mix.sample_rate_hz),
    )


def _written(value: float) -> float:
    """A number as the session says it."""
    return float(number(value))


def _chain(route: Route, rate_hz: int) -> Modules:
    inserts = [
        replace(insert, values={name: _written(value) for name, value in insert.values.items()})
        for insert in route.inserts
    ]
    return read_chain(inserts, rate_hz)


def _strip(strip: TrackStrip, route: Route, rate_hz: int) -> TrackStrip:
    modules = _chain(route, rate_hz)
    pan, own_gain = from_ardour(_written(route.panning.azimuth), route.channels)
    moves = from_points([(time_s, _written(gain) / own_gain) for time_s, gain in route.points])
    moves = tuple((time_s, held("strip.fader_db", neat_single_db(level))) for time_s, level in moves)
    plays = bool(route.regions)
    input_db = strip.input.gain_db if plays else min(max(strip.input.gain_db, -TRIM_LIMIT_DB), TRIM_LIMIT_DB)
    delay_ms = whole_delay(strip.input.delay_ms, rate_hz) * 1000.0 / rate_hz
    names = [path.name for region in route.regions for path, _ in region.sources]
    return TrackStrip(
        id=strip.id,
        files=tuple(dict.fromkeys(plain(name) for name in names)),
        muted=strip.muted,
        input=Input(
            gain_db=held("input.gain_db", neat_single_db(input_db)),
            invert_polarity=strip.input.invert_polarity,
            delay_ms=held("input.delay_ms", neat_db(delay_ms)) if plays else 0.0,
        ),
        highpass=modules.highpass,
        lowpass=modules.lowpass,
        gate=modules.gate,
        equalizer=modules.equalizer,
        compressor=modules.compressor,
        width=modules.width,
        pan=held("strip.pan", neat_single_db(pan)),
        fader_db=moves[0][1] if moves else _level(_written(route.fader) / own_gain),
        sends=FrozenMap(
            {
                bus: held("strip.send_db", neat_single_db(gain_to_db(_written(gain))))
                for bus, gain in route.sends
            }
        ),
        output=strip.output,
        automation=Automation(moves),
    )


def _bus(route: Route, rate_hz: int) -> Bus:
    modules = _chain(route, rate_hz)
    return Bus(
        id=route.id,
        kind=BusKind(route.kind),
        reverb=modules.reverb,
        delay=modules.delay,
        equalizer=modules.equalizer,
        compressor=modules.compressor,
        fader_db=_level(_written(route.fader)),
    )


def _master(plan: Plan, rate_hz: int) -> Master:
    route = plan.routes[0]
    return master_of(_chain(route, rate_hz), neat_single_db(gain_to_db(_written(route.fader))))


def _level(gain: float) -> float:
    return held("strip.fader_db", neat_single_db(gain_to_db(_written(gain))))
