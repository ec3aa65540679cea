"""Speaks to the mixbridge that is at a desk, from another terminal."""

from bridge.live.clock import Clock
from bridge.live.wires import UdpWire
from console.errors import LinkError
from presets.surfaces.addresses import DONE, ERROR, command_address

#: How long an answer may take; a tick of the slowest desk is 0.1 s.
_PATIENCE_S = 2.0
#: Panic is sent so often, lest a packet is lost.
_PANICS = 3


def order(port: int, command: str, args: tuple[str, ...], clock: Clock) -> str:
    """Have the mixbridge that listens on a port of this computer do something; returns what it says.

    Args:
        port: where it listens.
        command: a name of `presets.surfaces.addresses.COMMANDS`.
        args: its arguments.
        clock: the time to wait by.

    Raises:
        LinkError: it gives no answer, or refuses.
    """
    wire = UdpWire(("127.0.0.1", port), clock)
    try:
        for _ in range(_PANICS if command == "panic" else 1):  # pressed together they count as one
            wire.send(command_address(command), *args)
        until_s = clock.now() + _PATIENCE_S
        while (left_s := until_s - clock.now()) > 0.0:
            for message in wire.receive(left_s):
                if message.address == DONE and message.text(0) == command:
                    return message.text(1)
                if message.address == ERROR:
                    raise LinkError(f"{command}: {message.text(1)}")
    finally:
        wire.close()
    raise LinkError(f"the mixbridge on port {port} gives no answer to {command}; end its process")
