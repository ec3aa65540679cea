"""Parts of plugins: some ports that together are some knobs of the console, with the way there and back."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from bridge.live.values import Knob
from bridge.live.wires import Message

#: The name under which a plugin's own switch stands among its ports.
ACTIVE: Final = "*"

Values = Mapping[str, float]
Law = Callable[[float], float]


@dataclass(frozen=True, slots=True)
class Port:
    """A parameter of a plugin: its number, its range, and where it stands."""

    number: int
    low: float
    high: float
    value: float

    def inside(self, value: float) -> float:
        """The nearest value that the port takes: one outside its range would be dropped without a word."""
        return min(max(value, self.low), self.high)


Ports = Mapping[str, Port]


@dataclass(frozen=True, slots=True)
class Part:
    """Knobs and the ports that hold them. `encode` wants a value for every knob; both take ports by their labels."""

    labels: tuple[str, ...]
    knobs: tuple[Knob, ...]
    decode: Callable[[Values], dict[str, float]]
    encode: Callable[[Values], dict[str, float]]


def ports_of(rows: tuple[Message, ...]) -> dict[str, Port]:
    """The ports that a plugin's descriptor names; one that makes no sense is left out."""
    found: dict[str, Port] = {}
    for row in rows:
        # strip, plugin, number, label, flags, type, low, high, format, how many points with two words each, value
        number, low, high = row.whole(2), row.number(6), row.number(7)
        value = row.number(len(row.args) - 1)
        if number > 0 and low <= high and all(map(math.isfinite, (low, high, value))):
            found.setdefault(row.text(3), Port(number, low, high, value))
    return found


def switch(parameter: str) -> Knob:
    """A knob that is on or off; no feedback tells of it."""
    return Knob(parameter, 0.0, 1.0, choices=(0.0, 1.0), told=False)


def silent_knob(parameter: str, low: float, high: float, *, choices: tuple[float, ...] = ()) -> Knob:
    """A knob of a plugin: it can be asked, and does not tell."""
    return Knob(parameter, low, high, choices=choices, told=False)


def same(value: float) -> float:
    """The law of a port in the console's own unit."""
    return value


def direct(parameter: str, label: str, ports: Ports, to_knob: Law = same, to_port: Law = same) -> list[Part]:
    """A knob that is one port; none where the plugin has no such port."""
    port = ports.get(label)
    if port is None:
        return []
    ends = sorted((to_knob(port.low), to_knob(port.high)))
    return [
        Part(
            (label,),
            (silent_knob(parameter, *ends),),
            lambda values: {parameter: to_knob(values[label])},
            lambda wanted: {label: to_port(wanted[parameter])},
        )
    ]


def toggle(parameter: str, label: str, ports: Ports, *, inverted: bool = False) -> list[Part]:
    """A switch that is one port; `inverted` for one that says off."""
    if label not in ports and label != ACTIVE:
        return []
    return [
        Part(
            (label,),
            (switch(parameter),),
            lambda values: {parameter: float((values[label] > 0.0) != inverted)},
            lambda wanted: {label: float((wanted[parameter] > 0.0) != inverted)},
        )
    ]
