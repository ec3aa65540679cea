"""What the remote control needs of the live session that it steers."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from bridge.live.values import Channel, Control


@dataclass(frozen=True, slots=True)
class Status:
    """What the live session says about itself."""

    #: 0: none, 1: stopped, 2: going back to the snapshot.
    panic: int = 0
    #: The snapshot that is heard: "A", "B" or neither.
    side: str = ""
    #: Moves proposed and not carried out.
    pending: int = 0
    text: str = ""


class Controlled(Protocol):
    """The live session as the remote control sees it. Values are in the console's units.

    `strips` and `value` are asked many times a second and have to answer from what is known, without a wire; what
    changes something may raise any MixbridgeError, whose text goes to the sender. `source` says who asked, "host:port".
    """

    def strips(self) -> Sequence[Channel]:
        """The strips in the order of their numbers, which count from 1."""
        ...

    def value(self, control: Control) -> float | None:
        """Where a knob stands; None while nobody knows."""
        ...

    def request(self, control: Control, value: float, source: str) -> None:
        """Ask for a knob to be moved; the value is inside the knob's range. Returns before it has moved."""
        ...

    def locked(self, strip: str) -> bool:
        """Whether the strip of this key is left to the engineer."""
        ...

    def set_locked(self, strip: str, locked: bool, source: str) -> None:
        """Lock a strip, or give it back."""
        ...

    def amount(self, group: str) -> float:
        """The amount of a group of `console.mix.blend.GROUPS`, 0 … 1; of the whole mix for ""."""
        ...

    def set_amount(self, group: str, amount: float, source: str) -> None:
        """Set the amount of a group, 0 … 1; that of the whole mix for ""."""
        ...

    def command(self, name: str, args: tuple[str, ...], source: str) -> str:
        """Do what a row of `presets.surfaces.addresses.COMMANDS` says; returns what was done, in words.

        Only "ab" has arguments: none to switch, "A" or "B" to choose.
        """
        ...

    def status(self) -> Status:
        """What the session is doing."""
        ...
