"""Knobs' numbers as MIDI messages, and messages as knobs' numbers."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from bridge.live.links.midi.mapping import NUMBER_CONTROLLERS, Address, MappedControl

_CONTROLLER, _BEND = 0xB0, 0xE0
_DATA_HIGH, _DATA_LOW, _NRPN_LOW, _NRPN_HIGH, _RPN_LOW, _RPN_HIGH = 6, 38, 98, 99, 100, 101
_LOWER: Final = 32


def messages_of(control: MappedControl, number: int) -> list[bytes]:
    """The messages that set a knob to a number."""
    address = control.address
    status = address.channel | (_BEND if address.kind == "bend" else _CONTROLLER)
    high, low = (number >> 7, number & 0x7F) if control.is_fine else (number, 0)
    if address.kind == "bend":
        return [bytes((status, low, high))]
    if address.kind == "cc":
        pairs = [(address.number, high), (address.number + _LOWER, low)]
    else:
        pairs = [
            (_NRPN_HIGH, address.number >> 7),
            (_NRPN_LOW, address.number & 0x7F),
            (_DATA_HIGH, high),
            (_DATA_LOW, low),
        ]
    if not control.is_fine:
        pairs.pop()
    return [bytes((status, *pair)) for pair in pairs]


@dataclass
class Decoder:
    """Finds the knobs' numbers in what arrives; the lower half of a number may come later, as MIDI allows."""

    controls: tuple[MappedControl, ...]
    _by_address: dict[Address, MappedControl] = field(init=False)
    _numbers: dict[Address, int] = field(default_factory=dict)
    _chosen: dict[int, tuple[int | None, int | None]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._by_address = {control.address: control for control in self.controls}

    def heard(self, messages: Iterable[bytes]) -> dict[MappedControl, int]:
        """The knobs that messages set, each with its last number."""
        found: dict[MappedControl, int] = {}
        for message in messages:
            for address, number, is_lower in self._parts(message):
                control = self._by_address.get(address)
                if control is None:
                    continue
                found[control] = self._joined(control, number, is_lower)
        return found

    def _joined(self, control: MappedControl, number: int, is_lower: bool) -> int:
        if control.bend or not control.is_fine:
            return number
        before = self._numbers.get(control.address, 0)
        joined = before & ~0x7F | number if is_lower else number << 7
        self._numbers[control.address] = joined
        return joined

    def _parts(self, message: bytes) -> Iterator[tuple[Address, int, bool]]:
        """The address, the number and whether it is the lower half."""
        kind, channel = message[0] & 0xF0, message[0] & 0x0F
        if kind == _BEND:
            yield Address("bend", channel, 0), message[1] | message[2] << 7, False
        elif kind == _CONTROLLER:
            yield from self._controller(channel, message[1], message[2])

    def _controller(self, channel: int, number: int, value: int) -> Iterator[tuple[Address, int, bool]]:
        high, low = self._chosen.get(channel, (None, None))
        if number in (_RPN_LOW, _RPN_HIGH):
            self._chosen[channel] = None, None
        elif number == _NRPN_HIGH:
            self._chosen[channel] = value, low
        elif number == _NRPN_LOW:
            self._chosen[channel] = high, value
        elif number in (_DATA_HIGH, _DATA_LOW) and high is not None and low is not None:
            yield Address("nrpn", channel, high << 7 | low), value, number == _DATA_LOW
        direct = Address("cc", channel, number)
        upper = Address("cc", channel, number - _LOWER)
        fine = self._by_address.get(upper)
        if direct in self._by_address:
            yield direct, value, False
        elif number not in NUMBER_CONTROLLERS and fine is not None and fine.is_fine:
            yield upper, value, True
