"""The address of this computer on which a peer's answers are heard."""

import ipaddress
import socket
from typing import Final

from bridge.live.link import LinkOptions
from console.errors import LinkError

#: What `LinkOptions.listen_host` is where nobody has given one.
_DEFAULT: Final = LinkOptions().listen_host


def listening(options: LinkOptions, port: int = 0) -> tuple[str, int]:
    """Host and port to hear on: those of the options, or where none were given, what faces the peer.

    A peer on this computer is heard on the loopback only. One in the network has been named by its host, so its
    answers are heard on the one interface that leads to it.

    Raises:
        LinkError: the host is not known, or there is no way to it.
    """
    port = options.listen_port or port
    if options.listen_host != _DEFAULT or _is_loopback(options.host):
        return options.listen_host, port
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect((options.host, options.port or 1))  # sends nothing: it only asks for the way
            return str(probe.getsockname()[0]), port
    except OSError as error:
        raise LinkError(
            f"there is no way to the host {options.host!r}: {error.strerror}; check the network and --host"
        ) from None


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
