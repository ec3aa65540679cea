"""Carries out what messages ask for; of many values for one knob only the last."""

from bridge.live.remote.arguments import knob_value, number, switched, within
from bridge.live.remote.controlled import Controlled
from bridge.live.remote.grammar import Kind, Target, find_strip
from bridge.live.remote.readings import find_knob
from bridge.live.values import Control
from bridge.live.wires import Message
from console.errors import ParamError
from presets.surfaces.addresses import strip_address


class Orders:
    """Values that a batch of messages asks for, kept until something else comes or the batch ends."""

    def __init__(self, controlled: Controlled) -> None:
        self._controlled = controlled
        self._values: dict[Control, tuple[float, Message]] = {}
        self._amounts: dict[str, tuple[float, Message]] = {}

    def take(self, message: Message, target: Target) -> str:
        """Note a value; returns the address under which subscribers know the knob.

        Raises:
            ParamError: it is no value for this knob, or nothing that can be set.
        """
        if target.kind is Kind.AMOUNT:
            percent = number(message) * (100.0 if target.form else 1.0)
            amount = within(message.address, percent, 0.0, 100.0, "%") / 100.0
            self._amounts[target.name] = (amount, message)
            return message.address.removesuffix("/norm")
        if target.kind is not Kind.PARAMETER or target.form == "range":
            raise ParamError(f"{message.address:.80} can only be asked for; leave the value away")
        place, channel = find_strip(self._controlled.strips(), target.strip)
        knob = find_knob(channel, target.name)
        value = knob_value(message, target.name, knob, target.form)
        self._values[channel.control(target.name)] = (value, message)
        return strip_address(place, target.name)

    def lock(self, message: Message, target: Target) -> None:
        """Lock a strip, or give it back.

        Raises:
            ParamError: no such strip, or no switch.
        """
        _, channel = find_strip(self._controlled.strips(), target.strip)
        self._controlled.set_locked(channel.key, switched(message), source(message))

    def waiting(self) -> list[tuple[Message, Control | str, float]]:
        """What was noted, with the message that asked last; forgets it."""
        noted: list[tuple[Message, Control | str, float]] = [
            (message, group, amount) for group, (amount, message) in self._amounts.items()
        ]
        noted += [(message, control, value) for control, (value, message) in self._values.items()]
        self._amounts, self._values = {}, {}
        return noted

    def carry_out(self, message: Message, what: Control | str, value: float) -> None:
        """Ask for one value; a text is the group of an amount.

        Raises:
            MixbridgeError: the live session refuses.
        """
        if isinstance(what, Control):
            self._controlled.request(what, value, source(message))
        else:
            self._controlled.set_amount(what, value, source(message))


def source(message: Message) -> str:
    """Who sent a message, in words."""
    return f"{message.sender[0]}:{message.sender[1]}"
