"""Where an X32 keeps each knob of the console, and by which law."""

from collections.abc import Iterator
from typing import Final

from bridge.live.links.x32.laws import SWITCH, Law, Level, Scale, Setting
from bridge.live.values import Knob

CHANNELS: Final = tuple(f"ch/{number:02}" for number in range(1, 33))
BUSES: Final = tuple(f"bus/{number:02}" for number in range(1, 17))
MAIN: Final = "main/st"

#: The types of a band, LCut LShv PEQ VEQ HShv HCut, as places in `BAND_TYPES`; the others have no word there.
BAND_TYPE: Final = Setting((None, 0.0, 1.0, None, 2.0, None))
#: EXP2 EXP3 EXP4 GATE DUCK. A gate closes as far as the console's steepest; a ducker is no gate.
GATE_MODE: Final = Setting((2.0, 3.0, 4.0, 20.0, None))
#: COMP EXP.
DYNAMICS_MODE: Final = Setting((1.0, None))
#: The taps of a send: IN/LC <-EQ EQ-> PRE POST GRP.
TAP_POST: Final = 4
TAP_GROUP: Final = 5

_FADER: Final = Level(1023)
_SEND: Final = Level(160)
_PAN: Final = Scale(-1.0, 1.0, 100)
_ATTACK: Final = Scale(0.0, 120.0, 120)
_HOLD: Final = Scale(0.02, 2000.0, 100, log=True)
_RELEASE: Final = Scale(5.0, 4000.0, 100, log=True)
_RATIO: Final = Setting((1.1, 1.3, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 7.0, 10.0, 20.0, 100.0))

Rows = tuple[tuple[str, str, Law], ...]

MIX: Final[Rows] = (
    ("fader_db", "mix/fader", _FADER),
    ("pan", "mix/pan", _PAN),
)
PREAMP: Final[Rows] = (
    ("input.gain_db", "preamp/trim", Scale(-18.0, 18.0, 144)),
    ("highpass.enabled", "preamp/hpon", SWITCH),
    ("highpass.slope_db_per_octave", "preamp/hpslope", Setting((12.0, 18.0, 24.0))),
    ("highpass.frequency_hz", "preamp/hpf", Scale(20.0, 400.0, 100, log=True)),
)
GATE: Final[Rows] = (
    ("gate.enabled", "gate/on", SWITCH),
    ("gate.ratio", "gate/mode", GATE_MODE),
    ("gate.threshold_db", "gate/thr", Scale(-80.0, 0.0, 160)),
    ("gate.range_db", "gate/range", Scale(-3.0, -60.0, 57)),
    ("gate.attack_ms", "gate/attack", _ATTACK),
    ("gate.hold_ms", "gate/hold", _HOLD),
    ("gate.release_ms", "gate/release", _RELEASE),
)
COMPRESSOR: Final[Rows] = (
    ("compressor.enabled", "dyn/on", SWITCH),
    ("compressor.threshold_db", "dyn/thr", Scale(-60.0, 0.0, 120)),
    ("compressor.ratio", "dyn/ratio", _RATIO),
    ("compressor.makeup_db", "dyn/mgain", Scale(0.0, 24.0, 48)),
    ("compressor.attack_ms", "dyn/attack", _ATTACK),
    ("compressor.release_ms", "dyn/release", _RELEASE),
)
EQUALIZER: Final[Rows] = (("equalizer.enabled", "eq/on", SWITCH),)


def band_rows(index: int) -> Rows:
    """The rows of a band of the equalizer, from 0 on."""
    slot, place = f"equalizer.{index}", f"eq/{index + 1}"
    return (
        (f"{slot}.type", f"{place}/type", BAND_TYPE),
        (f"{slot}.frequency_hz", f"{place}/f", Scale(20.0, 20_000.0, 200, log=True)),
        (f"{slot}.gain_db", f"{place}/g", Scale(-15.0, 15.0, 120)),
        (f"{slot}.q", f"{place}/q", Scale(10.0, 0.3, 71, log=True)),
    )


def send_rows(index: int) -> Rows:
    """The row of the send to a mix bus, from 0 on."""
    return ((f"send.{index}", f"mix/{index + 1:02}/level", _SEND),)


def bands(key: str) -> int:
    """How many bands the equalizer of a channel has."""
    return 4 if key.startswith("ch/") else 6


def knob(parameter: str, law: Law) -> Knob:
    """The knob that a row is."""
    if isinstance(law, Setting):
        return Knob(parameter, law.low, law.high, choices=law.choices)
    # half a step, and what float32 takes from it
    return Knob(parameter, law.low, law.high, 0.5 / law.intervals + 1e-6, position=law.position)


def state_places(key: str) -> Iterator[str]:
    """What has to be known of a channel beside its knobs to say which of them are the console's."""
    yield "config/name"
    yield from ("dyn/mode", "dyn/det", "dyn/mix", "dyn/auto")
    yield from (f"eq/{band + 1}/type" for band in range(bands(key)))
    if key.startswith("ch/"):
        yield "gate/mode"
        for bus in range(1, 17):
            yield f"mix/{bus:02}/on"
            if bus % 2:
                yield f"mix/{bus:02}/type"
