"""A mix with every module to push onto models of desks, and a hand that moves a fader meanwhile."""

from collections.abc import Callable

from bridge.live.mover import Outcome
from bridge.live.rig import Rig
from console.frozen import FrozenMap
from console.mix import (
    Band,
    BandType,
    Bus,
    BusKind,
    Compressor,
    Equalizer,
    Gate,
    Highpass,
    Input,
    Mix,
    Reverb,
    TrackStrip,
)

NAMES = ("Kick", "Snare", "Bass", "Vox")


def full_mix(input_db: float = 0.0) -> Mix:
    """Four tracks with every module, each sent to a plate; so much gain at their inputs, in dB."""
    bands = (
        Band(BandType.LOW_SHELF, 110.0, -2.0, 0.71),
        Band(BandType.BELL, 420.0, -4.0, 1.4),
        Band(BandType.HIGH_SHELF, 8200.0, 1.5, 0.71),
    )
    strips = tuple(
        TrackStrip(
            name,
            input=Input(gain_db=input_db),
            highpass=Highpass(True, 60.0 + 20.0 * number),
            gate=Gate(True, -52.0, -24.0, 4.0, 2.0, 40.0, 160.0),
            equalizer=Equalizer(True, bands),
            compressor=Compressor(True, -18.0 - number, 3.0, 12.0, 140.0, 6.0, 1.0),
            pan=-0.5 + 0.25 * number,
            fader_db=-12.0 + 2.0 * number,
            sends=FrozenMap({"Plate": -20.0 - number}),
        )
        for number, name in enumerate(NAMES)
    )
    return Mix(48_000, strips, (Bus("Plate", BusKind.FX, reverb=Reverb()),))


def push(rig: Rig, mix: Mix, ramp_s: float = 2.0) -> Outcome:
    """Push a mix, whatever it raises."""
    return rig.carry_out(rig.prepare(mix, rig.pair(mix), may_raise_db=24.0), "a test", ramp_s)


def push_against_a_hand(rig: Rig, mix: Mix, move: Callable[[int], None]) -> list[str]:
    """Push a mix while a hand moves a fader, by its step from 1 to 10; the channels that are left to hands then."""
    began_s, moved = rig.clock.now(), 0

    def hand() -> str:
        nonlocal moved
        if rig.clock.now() - began_s > 1.5 and moved < 10:  # a fader is not moved in no time
            moved += 1
            move(moved)
        return ""

    rig.asked = hand
    push(rig, mix, ramp_s=4.0)
    return [rig.desk.channels[key].name for key in rig.desk.held]
