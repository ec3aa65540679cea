"""Reads the arguments of a message: numbers that are numbers, buttons that are pressed, values for a knob."""

import math

from bridge.live.parameters import BAND_TYPES, meaning
from bridge.live.values import Knob
from bridge.live.wires import Message
from console.errors import ParamError
from console.params import ParamSpec

#: The share of a range by which a number may miss its end, because it came as float32.
_FLOAT32 = 1e-6


def number(message: Message) -> float:
    """The one argument of a message as a number.

    Raises:
        ParamError: there is none, or more, or it is no finite number.
    """
    if len(message.args) != 1:
        raise ParamError(f"{message.address:.80} has {len(message.args)} arguments; give one number")
    value = message.args[0]
    if not isinstance(value, int | float) or not math.isfinite(value):
        raise ParamError(f"{message.address:.80} is {value!r:.40}, which is no number; give one float")
    return float(value) if isinstance(value, int) else float(f"{value:.7g}")  # what a float32 was meant to be


def pressed(message: Message) -> bool:
    """Whether a command is meant: surfaces send 1 when a button goes down, and 0 when it comes up.

    Raises:
        ParamError: the argument is none of these.
    """
    if not message.args:
        return True
    value = message.args[0]
    if len(message.args) == 1 and isinstance(value, int | float) and math.isfinite(value):
        return value != 0
    raise ParamError(f"{message.address:.80} is {value!r:.40}; give nothing, or 1")


def switched(message: Message) -> bool:
    """A switch, on or off.

    Raises:
        ParamError: the argument is neither 1 nor 0.
    """
    value = number(message)
    if value not in (0.0, 1.0):
        raise ParamError(f"{message.address:.80} is {value:g}, but it is a switch; give 1 or 0")
    return value == 1.0


def within(where: str, value: float, low: float, high: float, unit: str = "") -> float:
    """A number inside its range; one that misses the end by what float32 cannot say is the end.

    Raises:
        ParamError: it is outside.
    """
    slack = _FLOAT32 * max(abs(low), abs(high))
    if not low - slack <= value <= high + slack:
        raise ParamError(
            f"{where:.80} is {value:g}, outside its range; give {low:g} to {high:g} {unit}".rstrip()
        )
    return min(max(value, low), high)


def knob_value(message: Message, parameter: str, knob: Knob, form: str) -> float:
    """The value for a knob that a message asks for, in the console's unit, as near as the desk can come.

    Args:
        message: the message.
        parameter: the parameter's name.
        knob: what the desk can do with it.
        form: "" for the console's unit, "norm" for 0 … 1.

    Raises:
        ParamError: it is no number, or outside the parameter's range.
    """
    row = meaning(parameter)
    if row.spec is None:
        return _setting(message, parameter, knob)
    if form == "norm":
        return knob.nearest(row.spec.denormalise(within(message.address, number(message), 0.0, 1.0)))
    return knob.nearest(_checked(row.spec, message))


def _checked(spec: ParamSpec, message: Message) -> float:
    return within(message.address, number(message), spec.low, spec.high, spec.unit)


def _setting(message: Message, parameter: str, knob: Knob) -> float:
    """A switch, or one of a few settings; a band's type may come by its name too."""
    words = [str(kind) for kind in BAND_TYPES]
    if parameter.endswith(".type") and message.args and message.args[0] in words:
        value = float(words.index(str(message.args[0])))
    else:
        value = number(message)
    settings = knob.choices or (knob.low, knob.high)
    if value not in settings:
        known = ", ".join(f"{one:g}" for one in settings)
        raise ParamError(f"{message.address:.80} is {value:g}, which this desk does not have; give {known}")
    return value
