"""The remote control is found on the network by those who look for it."""

import builtins
import os
import socket
import time
from types import ModuleType

import pytest

from bridge.live.remote.discovery import SERVICE, Advertisement, _label, _own_addresses
from console.errors import LinkError

zeroconf = pytest.importorskip("zeroconf", reason="the extra mixbridge[discovery] is not installed")

OURS = f"mixbridge-{os.getpid()}"


class Seen:
    """A browser on the loopback that writes down what comes and goes."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self.gone: list[str] = []
        self.here = zeroconf.Zeroconf(["127.0.0.1"], ip_version=zeroconf.IPVersion.V4Only)
        self.browser = zeroconf.ServiceBrowser(self.here, SERVICE, self)

    def add_service(self, here: object, kind: str, name: str) -> None:
        if name.startswith(OURS):  # others may be on this computer
            self.names.append(name)

    def remove_service(self, here: object, kind: str, name: str) -> None:
        if name.startswith(OURS):
            self.gone.append(name)

    def update_service(self, here: object, kind: str, name: str) -> None:
        """Nothing is expected to change."""

    def wait(self, names: list[str]) -> None:
        end = time.monotonic() + 10.0
        while not names and time.monotonic() < end:
            time.sleep(0.02)


@pytest.fixture
def seen() -> Seen:
    try:
        browser = Seen()
    except OSError as error:
        pytest.skip(f"no multicast on the loopback of this machine: {error}")
    yield browser
    browser.here.close()


def test_a_browser_finds_it_and_sees_it_go(seen: Seen) -> None:
    with Advertisement(("127.0.0.1", 9_720), OURS) as found:
        seen.wait(seen.names)
        assert seen.names == [f"{OURS}.{SERVICE}"]
        info = seen.here.get_service_info(SERVICE, seen.names[0], timeout=5_000)
        assert info is not None
        assert (info.parsed_addresses(), info.port) == (["127.0.0.1"], 9_720)
        assert found.name == OURS
    seen.wait(seen.gone)
    assert seen.gone == seen.names
    found.close()


def test_a_hostile_name() -> None:
    assert _label("") == _label("...") == "mixbridge"
    with Advertisement(("127.0.0.1", 9_720), "a.b/c\n" + "x" * 200 + "Señal 日本") as found:
        assert found.name == "a-b-c-" + "x" * 34


def test_on_the_network_it_gives_the_addresses_that_others_can_reach() -> None:
    addresses = _own_addresses()
    assert addresses
    assert addresses == ["127.0.0.1"] or not any(one.startswith("127.") for one in addresses)
    for one in addresses:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ours:
            ours.bind((one, 0))


def test_an_address_that_is_not_ours() -> None:
    with pytest.raises(LinkError, match="does not let mixbridge say where it is"):
        Advertisement(("192.0.2.1", 9_720))


def test_without_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *args: object, **options: object) -> ModuleType:
        if name == "zeroconf":
            raise ModuleNotFoundError(name=name)
        return real(name, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(LinkError, match=r'pip install "mixbridge\[discovery\]"'):
        Advertisement(("127.0.0.1", 9_720))
