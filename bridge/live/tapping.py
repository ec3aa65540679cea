"""Lets somebody listen to the wires that links open, or put others in their place, without the links knowing."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import ParamSpec, Protocol

from bridge.live.midiwire import MidiWire
from bridge.live.wires import Wire

P = ParamSpec("P")


class Tap(Protocol):
    """Somebody who is given every wire before its link has it."""

    def osc(self, make: Callable[[], Wire]) -> Wire:
        """The wire that a link over OSC gets; `make` opens the one that it asked for."""
        ...

    def midi(self, make: Callable[[], MidiWire]) -> MidiWire:
        """The wire that a link over MIDI gets; `make` opens the one that it asked for."""
        ...


_TAP: ContextVar[Tap | None] = ContextVar("tap", default=None)


@contextmanager
def tapped_by(tap: Tap) -> Iterator[None]:
    """While this lasts, wires that are opened go through a tap."""
    token = _TAP.set(tap)
    try:
        yield
    finally:
        _TAP.reset(token)


def osc_wire(opening: Callable[P, Wire], *args: P.args, **kwargs: P.kwargs) -> Wire:
    """What links over OSC open their wires by.

    Raises:
        LinkError: as `opening`.
    """
    tap = _TAP.get()
    return opening(*args, **kwargs) if tap is None else tap.osc(lambda: opening(*args, **kwargs))


def midi_wire(opening: Callable[P, MidiWire], *args: P.args, **kwargs: P.kwargs) -> MidiWire:
    """What links over MIDI open their wires by.

    Raises:
        LinkError: as `opening`.
    """
    tap = _TAP.get()
    return opening(*args, **kwargs) if tap is None else tap.midi(lambda: opening(*args, **kwargs))
