"""A plugin on a strip of Ardour's: what it is, where its ports stand, and the messages that move them."""

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from bridge.live.links.ardour.parts import ACTIVE, Part, Port
from bridge.live.wires import Argument

#: What a plugin's name begins with, and what it is.
NAMES: Final = {
    "ACE EQ": "ace_eq",
    "x42-eq - Parametric Equalizer": "x42_eq",
    "LSP Parametric Equalizer x16": "lsp_eq",
    "ACE Compressor": "compressor",
    "ACE Expander": "expander",
    "mixbridge Gate": "gate",
    "mixbridge Filters": "filters",
    "x42-dpl - Digital Peak Limiter": "x42_limiter",
    "LSP Limiter": "lsp_limiter",
    "ACE Reverb": "reverb",
    "ACE Delay": "delay",
}

#: Those with more than a hundred parameters.
LARGE: Final = frozenset({"lsp_eq"})

#: A plugin's own switch, which works beside Ardour's.
_SWITCHES: Final = ("Enable", "Enabled")
_PARAMETER: Final = "/strip/plugin/parameter"

Outgoing = tuple[str, tuple[Argument, ...]]


@dataclass(slots=True)
class Device:
    """A plugin on a strip: its place there, its ports, what it is, and what it holds.

    `values` are the ports' values as they were last read or sent, `wanted` what knobs were last set to: where a port
    ended before its knob's value, the value comes back with the next move that allows it.
    """

    strip: int
    plugin: int
    name: str
    ports: dict[str, Port]
    active: bool
    parts: list[Part] = field(default_factory=list)
    values: dict[str, float] = field(default_factory=dict)
    wanted: dict[str, float] = field(default_factory=dict)
    #: Whether its own switch keeps it off: then this is what turns it off again.
    _off_by_port: bool = False

    def __post_init__(self) -> None:
        self.values = {label: port.value for label, port in self.ports.items()} | {ACTIVE: float(self.active)}
        self._off_by_port = not self.active and self.values.get(self._switch, 1.0) == 0.0

    @property
    def _switch(self) -> str:
        return next((label for label in _SWITCHES if label in self.ports), "")

    @property
    def kind(self) -> str:
        """What it is; "" for a plugin that the link does not know."""
        return kind_of(self.name)

    def learn(self, said: Mapping[str, float]) -> bool:
        """Take what ports stand at; whether any stands elsewhere than was known."""
        news = {
            label: value
            for label, value in said.items()
            if label in self.values and _single(self.values[label]) != _single(value)
        }
        self.values |= news
        for part in self.parts:
            if not news.keys().isdisjoint(part.labels):
                for knob in part.knobs:
                    self.wanted.pop(knob.parameter, None)
        return bool(news)

    def messages(self, part: Part, wanted: Mapping[str, float]) -> Iterator[Outgoing]:
        """The messages that set knobs of a part, the others of the part left where they are."""
        whole = part.decode(self.values)
        whole |= {name: value for name, value in self.wanted.items() if name in whole} | dict(wanted)
        self.wanted |= whole
        for label, value in part.encode(whole).items():
            if label == ACTIVE:
                yield from self._switched(value > 0.0)
            else:
                port = self.ports[label]
                self.values[label] = port.inside(value)
                yield _PARAMETER, (self.strip, self.plugin, port.number, self.values[label])

    def _switched(self, on: bool) -> Iterator[Outgoing]:
        self.values[ACTIVE] = float(on)
        by_port = self.ports.get(self._switch) if self._off_by_port else None
        if by_port is not None:
            self.values[self._switch] = float(on)
            yield _PARAMETER, (self.strip, self.plugin, by_port.number, float(on))
        if by_port is None or on:
            word = "activate" if on else "deactivate"
            yield f"/strip/plugin/{word}", (self.strip, self.plugin)


def _single(value: float) -> float:
    """A value as it is sent: rounded to 32 bits."""
    return float(struct.unpack("f", struct.pack("f", value))[0])


def kind_of(name: str) -> str:
    """What a plugin of this name is; "" for one that the link does not know."""
    return next((kind for start, kind in NAMES.items() if name.startswith(start)), "")
