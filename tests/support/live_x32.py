"""A model of a Behringer X32 or Midas M32 as its protocol is publicly described, apart from the link's own code.

It keeps raw numbers by address, answers a message without arguments by the number, sets one with arguments without an
answer, and tells every client that has said `/xremote` in the last ten seconds what others have set. The switches
are the ways in which desks and emulators differ or misbehave.
"""

from dataclasses import dataclass, field
from typing import Any

#: The steps of the numbers that travel as floats, from the protocol's own list, by the end of their address.
STEPS = {
    "fader": 1023, "mix/pan": 100, "level": 160, "preamp/trim": 144, "preamp/hpf": 100, "gate/thr": 160,
    "gate/range": 57, "gate/attack": 120, "gate/hold": 100, "gate/release": 100, "dyn/thr": 120, "dyn/knee": 5,
    "dyn/mgain": 48, "dyn/attack": 120, "dyn/hold": 100, "dyn/release": 100, "dyn/mix": 20, "/f": 200, "/g": 120,
    "/q": 71,
}  # fmt: skip

REMOTE_S = 10.0


def _defaults() -> dict[str, Any]:
    state: dict[str, Any] = {}
    for number in range(1, 33):
        key = f"/ch/{number:02}"
        state |= {
            f"{key}/config/name": "",
            f"{key}/preamp/trim": 0.5,
            f"{key}/preamp/hpon": 0,
            f"{key}/preamp/hpslope": 2,
            f"{key}/preamp/hpf": 0.46,
            f"{key}/gate/on": 0,
            f"{key}/gate/mode": 3,
            f"{key}/gate/thr": 0.0,
            f"{key}/gate/range": 1.0,
            f"{key}/gate/attack": 0.0,
            f"{key}/gate/hold": 0.87,
            f"{key}/gate/release": 0.5,
        }
        state |= _strip(key, bands=4)
        for bus in range(1, 17):
            state |= {f"{key}/mix/{bus:02}/on": 1, f"{key}/mix/{bus:02}/level": 0.0}
            if bus % 2:
                state[f"{key}/mix/{bus:02}/type"] = 4 if bus > 8 else 3
    for number in range(1, 17):
        state |= {f"/bus/{number:02}/config/name": ""} | _strip(f"/bus/{number:02}", bands=6)
    state |= {"/main/st/config/name": ""} | _strip("/main/st", bands=6)
    for kind, most in (("ch", 32), ("bus", 16)):
        state |= {f"/config/{kind}link/{first}-{first + 1}": 0 for first in range(1, most, 2)}
    for number in range(1, 9):
        state |= {f"/dca/{number}/on": 1, f"/dca/{number}/fader": 0.75}
    state["/-show/prepos/current"] = 0
    return state


def _strip(key: str, bands: int) -> dict[str, Any]:
    state: dict[str, Any] = {
        f"{key}/mix/on": 1, f"{key}/mix/fader": 0.0, f"{key}/mix/pan": 0.5, f"{key}/eq/on": 1, f"{key}/dyn/on": 0,
        f"{key}/dyn/mode": 0, f"{key}/dyn/det": 0, f"{key}/dyn/env": 1, f"{key}/dyn/thr": 1.0, f"{key}/dyn/ratio": 5,
        f"{key}/dyn/knee": 0.2, f"{key}/dyn/mgain": 0.0, f"{key}/dyn/attack": 10 / 120, f"{key}/dyn/hold": 0.54,
        f"{key}/dyn/release": 0.51, f"{key}/dyn/mix": 1.0, f"{key}/dyn/auto": 0,
    }  # fmt: skip
    for band in range(1, bands + 1):
        kind = 1 if band == 1 else 4 if band == bands else 2
        state |= {f"{key}/eq/{band}/type": kind, f"{key}/eq/{band}/f": 0.565, f"{key}/eq/{band}/g": 0.5}
        state[f"{key}/eq/{band}/q"] = 33 / 71
    return state


@dataclass
class X32Model:
    """The desk."""

    #: A desk keeps a number on its nearest step and inside its ends; an emulator keeps what it is given.
    quantises: bool = True
    #: Answers nothing at all from now on.
    silent: bool = False
    #: Knows `/xinfo`; old firmware knows `/info` only.
    knows_xinfo: bool = True
    model: str = "X32"
    state: dict[str, Any] = field(default_factory=_defaults)
    #: What a client sent with an argument of the wrong type, or to an address that is not there.
    wrong: list[tuple[str, tuple[Any, ...]]] = field(default_factory=list)
    #: Addresses that are not answered.
    mute_addresses: set[str] = field(default_factory=set)
    now_s: float = 0.0
    _remotes: dict[Any, float] = field(default_factory=dict)

    def tick(self, now_s: float) -> None:
        self.now_s = now_s

    def take(self, address: str, args: tuple[Any, ...], client: Any) -> None:
        if self.silent:
            return
        if address == "/xremote":
            self._remotes[client] = self.now_s
        elif address == "/xinfo":
            if self.knows_xinfo:
                client.tell(address, "127.0.0.1", "osc-server", self.model, "4.06")
        elif address == "/info":
            client.tell(address, "V2.07", "osc-server", self.model, "4.06")
        elif address not in self.state:
            self.wrong.append((address, args))
        elif not args:
            if address not in self.mute_addresses:
                client.tell(address, self.state[address])
        elif type(args[0]) is not type(self.state[address]):
            self.wrong.append((address, args))
        else:
            self._set(address, args[0], client)

    def hand(self, address: str, value: Any) -> None:
        """Somebody moves something on the desk itself, or on another remote control."""
        self._set(address, value, None)

    def is_remote(self, client: Any) -> bool:
        return self.now_s - self._remotes.get(client, -REMOTE_S) < REMOTE_S

    def _set(self, address: str, value: Any, client: Any) -> None:
        if self.quantises and isinstance(value, float):
            steps = next(steps for end, steps in STEPS.items() if address.endswith(end))
            value = round(min(max(value, 0.0), 1.0) * steps) / steps
        self.state[address] = value
        for other in self._remotes:
            if other is not client and self.is_remote(other) and not self.silent:
                other.tell(address, value)
