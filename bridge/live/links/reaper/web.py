"""REAPER's web interface: how many tracks there are and where they stand, and undo blocks."""

import base64
import contextlib
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import quote

from console.errors import LinkError, ParamError

_TIMEOUT_S = 2.0
_LONGEST_REPLY = 4 << 20
_LONGEST_NAME = 200
_FOLDER = 1


@dataclass(frozen=True, slots=True)
class WebTrack:
    """A track as the web interface tells it; number 0 is the master. The gain has six decimals."""

    number: int
    name: str
    is_folder: bool
    gain: float
    pan: float


class WebInterface:
    """Speaks the commands of REAPER's own web pages.

    Args:
        address: host:port, before it name:password@ where REAPER asks for them.
        fetch: takes a path and gives the reply; over HTTP unless another is given.

    Raises:
        ParamError: the address is none.
    """

    def __init__(self, address: str, fetch: Callable[[str], str] | None = None) -> None:
        login, _, place = address.rpartition("@")
        host, _, port = place.rpartition(":")
        if not host or not port.isdecimal() or not 0 < int(port) < 65_536 or "/" in host:
            raise ParamError(f"http={address!r} is no address; give host:port, as 127.0.0.1:8080")
        self.place = place
        self._login = login
        self._fetch = fetch or self._over_http

    def ask(self, *commands: str) -> list[list[str]]:
        """The reply to commands, a row of fields a line.

        Raises:
            LinkError: nobody answers.
        """
        reply = self._fetch("/_/" + ";".join(commands))
        return [line.split("\t") for line in reply.splitlines() if line]

    def tracks(self) -> tuple[int, frozenset[int]]:
        """The number of tracks without the master, and the numbers of those that are folders."""
        found = self.read()
        numbers = [track.number for track in found if track.number > 0]
        return max(numbers, default=0), frozenset(t.number for t in found if t.number > 0 and t.is_folder)

    def read(self) -> tuple[WebTrack, ...]:
        """Every track with its fader and pan, the master first. Lines that are none are passed over.

        Raises:
            LinkError: nobody answers, or somebody who is not REAPER.
        """
        found = []
        for row in self.ask("NTRACK", "TRACK"):
            if row[0] != "TRACK" or len(row) < 6:
                continue
            with contextlib.suppress(ValueError):
                flags = int(row[3])
                gain, pan = float(row[4]), float(row[5])
                if gain - gain == 0.0 and pan - pan == 0.0:
                    found.append(WebTrack(int(row[1]), row[2], bool(flags & _FOLDER), gain, pan))
        if not found:
            raise LinkError(
                f"http://{self.place} is not REAPER's web interface; give the address that REAPER shows in "
                "Preferences > Control/OSC/web > Web browser interface, or leave http= out"
            )
        return tuple(found)

    @contextlib.contextmanager
    def undo_block(self, name: str) -> Iterator[None]:
        """Everything moved meanwhile becomes one step of REAPER's undo history, under this name.

        Raises:
            LinkError: nobody answers.
        """
        self.ask("SET/UNDO_BEGIN")
        try:
            yield
        finally:
            self.ask(f"SET/UNDO_END/{quote(name[:_LONGEST_NAME], safe='')}")

    def _over_http(self, path: str) -> str:
        request = urllib.request.Request(f"http://{self.place}{path}")
        if self._login:
            token = base64.b64encode(self._login.encode("utf-8")).decode("ascii")
            request.add_header("Authorization", f"Basic {token}")
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as reply:  # noqa: S310
                body: bytes = reply.read(_LONGEST_REPLY)
        except (OSError, ValueError) as error:
            raise LinkError(
                f"REAPER's web interface at http://{self.place} does not answer ({error}); switch it on in Preferences "
                "> Control/OSC/web > Add > Web browser interface, or leave http= out"
            ) from None
        return body.decode("utf-8", "replace")
