"""Lets surfaces find the remote control by themselves: says on the network that it is there (Zeroconf, Bonjour)."""

import re
import socket
from types import TracebackType
from typing import TYPE_CHECKING

from console.errors import LinkError

if TYPE_CHECKING:
    from zeroconf import Zeroconf

#: The kind of service that OSC programs look for.
SERVICE = "_osc._udp.local."

_ANY = "0.0.0.0"  # noqa: S104 - compared with, not bound to


class Advertisement:
    """Says that a remote control listens at (host, port), until it is closed. The library has a thread of its own.

    Args:
        listen: where the server listens; on 127.0.0.1 only this computer hears of it.
        name: what surfaces show; another one of that name that is on the network already gives it a number.

    Raises:
        LinkError: the package is missing, or the network does not let it be said.
    """

    def __init__(self, listen: tuple[str, int], name: str = "mixbridge") -> None:
        try:
            import zeroconf
        except ModuleNotFoundError:
            raise LinkError(
                "to be found on the network takes the package zeroconf, which is not installed; "
                'give `pip install "mixbridge[discovery]"`, or type the address into the surface'
            ) from None
        host, port = listen
        addresses = _own_addresses() if host == _ANY else [host]
        service = zeroconf.ServiceInfo(
            SERVICE,
            f"{_label(name)}.{SERVICE}",
            port,
            properties={"txtvers": "1", "type": "server"},
            server=f"{_label(socket.gethostname())}-mixbridge.local.",
            parsed_addresses=addresses,
        )
        try:
            for address in addresses:
                _check_ours(address)
            self._zeroconf: Zeroconf = zeroconf.Zeroconf(addresses, ip_version=zeroconf.IPVersion.V4Only)
        except OSError as error:
            raise LinkError(_refused(error)) from None
        try:
            self._zeroconf.register_service(service, allow_name_change=True)
        except (OSError, zeroconf.Error) as error:
            self._zeroconf.close()
            raise LinkError(_refused(error)) from None
        self.name = service.name.removesuffix(f".{SERVICE}")

    def close(self) -> None:
        """Say that it is gone; may be called twice."""
        self._zeroconf.close()

    def __enter__(self) -> "Advertisement":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _own_addresses() -> list[str]:
    """The addresses of this computer that others can reach; its loopback where there is no other."""
    import ifaddr

    found = [str(one.ip) for adapter in ifaddr.get_adapters() for one in adapter.ips if one.is_IPv4]
    return [one for one in found if not one.startswith("127.")] or ["127.0.0.1"]


def _check_ours(address: str) -> None:
    """Refuse an address that is none of this computer's, before the library opens sockets that it then forgets."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((address, 0))


def _label(name: str) -> str:
    """A name that fits between the dots of a host's name."""
    return re.sub(r"[^\w -]+", "-", name)[:40].strip("- ") or "mixbridge"


def _refused(error: Exception) -> str:
    return (
        f"the network does not let mixbridge say where it is: {error or type(error).__name__}; "
        "go on without, and type the address into the surface"
    )
