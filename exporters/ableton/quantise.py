"""The Mix that a set can hold: what `read_project` gives back of what `write_project` was given.

Every number is one of Live's 32-bit floats and comes back to six digits, levels to five decimals. Faders end at
−70 and +6 dB (what is over goes to a Utility, what is under is silence), sends at −70 (which is none) and 0 dB,
EQ Eight's gains at ±15 dB, the Compressor's threshold at −70 dB, its knee at 18 dB and its release at 3 s, Utility's
gain at +35 dB, a reverb's decay at 0.2 s and its pre-delay from 0.5 ms. Bands that are off at EQ Eight's own place
count as unused, and an equalizer without bands as none. A group without tracks is left out. The order is the set's.
Gates, roles, reasons, locks and, in a set of Live 12, limiters are at their defaults.
"""

from console.mix import Bus, Mix, TrackStrip
from console.mix.values import MASTER
from console.session import Session
from exporters.ableton.device import Device
from exporters.ableton.levels import BEATS_PER_SECOND, LEAST_GAIN
from exporters.ableton.plan import Plan, Track, make_plan
from exporters.ableton.readchain import Modules, planned, read_chain
from exporters.ableton.reader import read_bus, read_master, read_strip
from exporters.ableton.schema import DEFAULT_VERSION, schema_named
from exporters.ableton.values import plain_text


def quantise(mix: Mix, session: Session, live_version: str = DEFAULT_VERSION) -> Mix:
    """The mix as a set of Live's holds it.

    Raises:
        ExportError: the mix and the session do not belong together, or the version is unknown.
    """
    plan = make_plan(mix, session, schema_named(live_version))
    return Mix(
        sample_rate_hz=mix.sample_rate_hz,
        tracks=tuple(_strip(track, plan, session) for track in plan.tracks if track.kind == "track"),
        buses=tuple(_bus(track) for track in plan.tracks if track.kind in ("group", "fx")),
        master=read_master(plan.master_volume, _modules(plan.master_devices)),
    )


def _strip(track: Track, plan: Plan, session: Session) -> TrackStrip:
    source = session.track(track.id)
    delay_ms = track.delay_ms
    if track.opens:
        delay_ms = next(side.delay_ms for side in plan.tracks if side.kind == "side" and side.id == track.id)
    return read_strip(
        track.id,
        channels=source.channels,
        volume=track.volume,
        events=tuple((place / BEATS_PER_SECOND, gain) for place, gain in track.events),
        pan=track.pan,
        delay_ms=delay_ms,
        muted=track.muted,
        modules=_modules(track.devices),
        sends={bus: gain for bus, gain in track.sends if gain > LEAST_GAIN},
        output=plan.tracks[track.group].id if track.group is not None else MASTER,
        files=tuple(plain_text(file.path.name) for file in source.files),
    )


def _bus(track: Track) -> Bus:
    return read_bus(track.id, track.kind, track.volume, _modules(track.devices))


def _modules(devices: tuple[Device, ...]) -> Modules:
    return read_chain(planned(device) for device in devices)
