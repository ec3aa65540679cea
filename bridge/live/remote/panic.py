"""Panic, before everything else: found in packets that nobody has read yet."""

from collections.abc import Sequence
from functools import lru_cache

from bridge.live.remote.arguments import pressed
from bridge.live.wires import Message, decoded
from console.errors import ParamError
from presets.surfaces.addresses import command_address

ADDRESS = command_address("panic")

#: Presses that follow each other faster are one press: a button bounces, and a frightened hand hits twice.
PRESS_S = 0.4

_WORD = ADDRESS.encode("ascii") + b"\0"
#: A press of panic is a small packet. Larger ones that hold the word may be there to keep us reading.
_SMALL_BYTES = 256
_MOST_LARGE = 20


def find_panic(packets: Sequence[tuple[bytes, tuple[str, int]]]) -> Message | None:
    """The first message among packets that presses panic."""
    large = 0
    for packet, sender in packets:
        if _WORD not in packet:
            continue
        if len(packet) <= _SMALL_BYTES:
            address = _panic_in(packet)
        else:
            large += 1
            address = _panic_in.__wrapped__(packet) if large <= _MOST_LARGE else ""
        if address:
            return Message(address, (), sender)
    return None


@lru_cache(maxsize=512)
def _panic_in(packet: bytes) -> str:
    """The address of panic, if a packet presses it."""
    try:
        messages = decoded(packet, ("", 0))
    except ValueError:
        return ""
    return ADDRESS if any(is_panic(message) for message in messages) else ""


def is_panic(message: Message) -> bool:
    """Whether a message presses panic; an argument that cannot be understood counts as one that presses."""
    if message.address != ADDRESS:
        return False
    try:
        return pressed(message)
    except ParamError:
        return True
