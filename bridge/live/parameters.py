"""What can be moved on a desk: the console's knobs by name, and for each how it moves and whether more is louder.

A parameter of a desk's channel has the name that it has in a Mix's strip (`fader_db`, `compressor.ratio`). Two things
are counted instead of named, because a desk has slots for them: sends (`send.0`) and bands of the equalizer
(`equalizer.3.gain_db`). Switches are 1 or 0, and a band's type is its place in `BAND_TYPES`. Mute, solo, record-arm and
monitoring are not in the table, so that nothing can move them.
"""

import re
from dataclasses import dataclass
from functools import cache
from typing import Final

from console.errors import ParamError
from console.mix.strip import BandType
from console.params import PARAMS, ParamSpec, Scale

#: The types of an equalizer's band in the order of their numbers in `equalizer.N.type`.
BAND_TYPES: Final = (BandType.LOW_SHELF, BandType.BELL, BandType.HIGH_SHELF)

#: A level at or below this is silence: nobody hears where a fader stands down there.
SILENCE_DB: Final = -60.0

#: Parameter → row of the console's table, group of `console.mix.blend.GROUPS`, sense.
#: The sense is +1 where a higher value is louder, −1 where it is softer, 0 where neither can be said.
_ROWS: Final[dict[str, tuple[str, str, int]]] = {
    "fader_db": ("strip.fader_db", "fader", 1),
    "pan": ("strip.pan", "pan", 0),
    "width": ("strip.width", "pan", 0),
    "send.#": ("strip.send_db", "sends", 1),
    "input.gain_db": ("input.gain_db", "input", 1),
    "highpass.enabled": ("", "eq", -1),
    "highpass.frequency_hz": ("highpass.frequency_hz", "eq", -1),
    "highpass.slope_db_per_octave": ("", "eq", 0),
    "lowpass.enabled": ("", "eq", -1),
    "lowpass.frequency_hz": ("lowpass.frequency_hz", "eq", 1),
    "lowpass.slope_db_per_octave": ("", "eq", 0),
    "gate.enabled": ("", "dynamics", -1),
    "gate.threshold_db": ("gate.threshold_db", "dynamics", -1),
    "gate.range_db": ("gate.range_db", "dynamics", 1),
    "gate.ratio": ("gate.ratio", "dynamics", -1),
    "gate.attack_ms": ("gate.attack_ms", "dynamics", 0),
    "gate.hold_ms": ("gate.hold_ms", "dynamics", 0),
    "gate.release_ms": ("gate.release_ms", "dynamics", 0),
    "equalizer.enabled": ("", "eq", 0),
    "equalizer.#.enabled": ("", "eq", 0),
    "equalizer.#.type": ("", "eq", 0),
    "equalizer.#.frequency_hz": ("equalizer.frequency_hz", "eq", 0),
    "equalizer.#.gain_db": ("equalizer.gain_db", "eq", 1),
    "equalizer.#.q": ("equalizer.q", "eq", 0),
    "compressor.enabled": ("", "dynamics", 0),
    "compressor.threshold_db": ("compressor.threshold_db", "dynamics", 1),
    "compressor.ratio": ("compressor.ratio", "dynamics", -1),
    "compressor.attack_ms": ("compressor.attack_ms", "dynamics", 0),
    "compressor.release_ms": ("compressor.release_ms", "dynamics", 0),
    "compressor.knee_db": ("compressor.knee_db", "dynamics", 0),
    "compressor.makeup_db": ("compressor.makeup_db", "dynamics", 1),
    "limiter.enabled": ("", "dynamics", 0),
    "limiter.ceiling_dbtp": ("limiter.ceiling_dbtp", "dynamics", 1),
    "limiter.release_ms": ("limiter.release_ms", "dynamics", 0),
    "reverb.decay_s": ("reverb.decay_s", "sends", 1),
    "reverb.predelay_ms": ("reverb.predelay_ms", "sends", 0),
    "reverb.size": ("reverb.size", "sends", 0),
    "reverb.damping": ("reverb.damping", "sends", 0),
    "reverb.low_cut_hz": ("reverb.low_cut_hz", "sends", 0),
    "reverb.high_cut_hz": ("reverb.high_cut_hz", "sends", 0),
    "delay.time_ms": ("delay.time_ms", "sends", 0),
    "delay.feedback": ("delay.feedback", "sends", 1),
    "delay.low_cut_hz": ("delay.low_cut_hz", "sends", 0),
    "delay.high_cut_hz": ("delay.high_cut_hz", "sends", 0),
}

_NUMBER = re.compile(r"(?<=\.)\d{1,3}(?=\.|$)")


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a parameter of a desk is: its row of the console's table (None: a switch or a choice), group, sense."""

    name: str
    spec: ParamSpec | None
    group: str
    sense: int

    @property
    def is_level(self) -> bool:
        """Whether the value is a gain in dB that the channel's level follows dB by dB."""
        return self.name in ("fader_db", "send.#", "input.gain_db", "compressor.makeup_db")

    @property
    def is_open_ended(self) -> bool:
        """Whether the parameter ends in silence, so that everything below `SILENCE_DB` sounds alike."""
        return self.name in ("fader_db", "send.#")

    @property
    def scale(self) -> Scale | None:
        """How the parameter moves; None for a switch or a choice, which does not move but is set."""
        return None if self.spec is None else self.spec.scale

    @property
    def unit(self) -> str:
        """The unit as it is written behind a value."""
        return "" if self.spec is None else self.spec.unit


def parameter_patterns() -> tuple[str, ...]:
    """Every parameter that a desk can have, with "#" for the number of a send or a band."""
    return tuple(_ROWS)


@cache
def meaning(parameter: str) -> Meaning:
    """What a desk's parameter is.

    Raises:
        ParamError: nothing of that name can be moved on a desk.
    """
    name = _NUMBER.sub("#", parameter)
    if name not in _ROWS:
        raise ParamError(
            f"{parameter!r} is nothing that is moved on a desk; known are {', '.join(sorted(_ROWS))}"
        )
    row, group, sense = _ROWS[name]
    return Meaning(name, PARAMS[row] if row else None, group, sense)
