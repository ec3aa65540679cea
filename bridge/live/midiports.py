"""MIDI ports of the system: CoreMIDI, WinMM, ALSA or JACK, whichever is there; found by a part of their names."""

import contextlib
import logging
import time
from types import ModuleType
from typing import Any

from bridge.live.midiwire import MOST_AT_ONCE, MidiStream
from console.codec import did_you_mean
from console.errors import LinkError

log = logging.getLogger(__name__)

#: What may wait unread in the MIDI system's own queue; a flood beyond it is lost.
_KEPT = 16_384
#: How often the queue is looked at while waiting. Its end is not told: that would have the system's own thread, which
#: must not be late, wait for Python.
_GLANCE_S = 0.001
#: The name under which our own ports show where the system lets a program have some.
OWN_NAME = "mixbridge"


class PortWire:
    """A pair of MIDI ports, or one that is only spoken to."""

    def __init__(self, incoming: Any, outgoing: Any, names: tuple[str, str], *, is_own: bool) -> None:
        self._in, self._out = incoming, outgoing
        self._names, self._is_own = names, is_own
        self._stream = MidiStream()
        self._closed = False
        if incoming is not None:
            incoming.ignore_types(sysex=False, timing=True, active_sense=True)

    @property
    def name(self) -> str:
        """The peer's port, the same next time."""
        return self._names[1]

    def send(self, message: bytes) -> None:
        """Send one message.

        Raises:
            LinkError: the port is gone.
        """
        if self._closed:
            raise LinkError(f"the MIDI port {self.name!r} is closed; connect anew")
        try:
            self._out.send_message(list(message))
        except Exception as error:  # rtmidi's errors differ by system, and all mean that nothing went out
            raise LinkError(f"the MIDI port {self.name!r} takes nothing ({error}); connect anew") from None

    def receive(self, timeout_s: float = 0.0) -> list[bytes]:
        """What has come, in order; waits at most so long for the first."""
        end_s = time.perf_counter() + timeout_s
        messages = self._fetched()
        while not messages and (left_s := end_s - time.perf_counter()) > 0.0:
            time.sleep(min(_GLANCE_S, left_s))
            messages = self._fetched()
        return messages

    def _fetched(self) -> list[bytes]:
        messages: list[bytes] = []
        while self._in is not None and not self._closed and len(messages) < MOST_AT_ONCE:
            event = self._in.get_message()
            if event is None:
                break
            messages += self._stream.feed(bytes(event[0]))
        return messages

    def is_there(self) -> bool:
        """Whether the peer's ports are still listed; ports of our own always are."""
        if self._closed:
            return False
        if self._is_own:
            return True
        try:
            hears = self._in is None or self._names[0] in self._in.get_ports()
            return hears and self._names[1] in self._out.get_ports()
        except Exception:  # the MIDI system itself has gone
            return False

    def close(self) -> None:
        """Close the ports; may be called twice."""
        if self._closed:
            return
        self._closed = True
        for port in (self._in, self._out):
            if port is None:
                continue
            with contextlib.suppress(
                Exception
            ):  # leaving a MIDI system that has gone fails, and that is well
                port.close_port()
                port.delete()


def open_ports(
    in_name: str, out_name: str, api: str = "", own_name: str = OWN_NAME, *, hears: bool = True
) -> PortWire:
    """Open a pair of ports by parts of their names, or ports of our own where no name is given.

    Args:
        in_name: part of the name of the port that is heard; "" as `out_name`.
        out_name: part of the name of the port that is spoken to; "" as `in_name`.
        api: "jack", "alsa", "coremidi" or "winmm"; "" takes the first that has what is wanted.
        own_name: how ports of our own are called.
        hears: whether there must be a port to hear.

    Raises:
        LinkError: no MIDI on this computer, or no such port; says what there is.
    """
    rtmidi = _rtmidi()
    in_name, out_name = in_name or out_name, out_name or in_name
    if not in_name:
        return _own_ports(rtmidi, api, own_name)
    outgoing, out_port = _found(rtmidi, "out", out_name, api)
    incoming, in_port = None, ""
    try:
        outgoing.open_port(outgoing.get_ports().index(out_port), "out")
        if hears:
            incoming, in_port = _found(rtmidi, "in", in_name, api)
            incoming.open_port(incoming.get_ports().index(in_port), "in")
    except Exception as error:  # rtmidi's errors differ by system
        outgoing.delete()
        if incoming is not None:
            incoming.delete()
        if isinstance(error, LinkError):
            raise
        raise LinkError(
            f"the MIDI port {in_port or out_port!r} cannot be opened ({error}); close the program that has it"
        ) from None
    names = (in_port, out_port)
    return PortWire(incoming, outgoing, names, is_own=False)


def _rtmidi() -> ModuleType:
    try:
        import rtmidi
    except ImportError as error:
        raise LinkError(f"MIDI needs python-rtmidi ({error}); install it") from None
    module: ModuleType = rtmidi
    return module


def _systems(rtmidi: ModuleType, api: str) -> list[int]:
    names = {rtmidi.get_api_name(one): one for one in rtmidi.get_compiled_api()}
    if not api:
        return list(names.values())
    found = [number for name, number in names.items() if api.lower() in name.lower()]
    if not found:
        raise LinkError(
            f"the MIDI system {api!r} is not in this python-rtmidi{did_you_mean(api, list(names))}"
        )
    return found


def _clients(rtmidi: ModuleType, direction: str, api: str) -> list[Any]:
    """A client of every MIDI system that runs here."""
    clients = []
    for system in _systems(rtmidi, api):
        with contextlib.suppress(Exception):  # a system that was compiled in but does not run here
            client = _client(rtmidi, direction, system, OWN_NAME)
            clients.append(client)
    return clients


def _client(rtmidi: ModuleType, direction: str, system: int, name: str) -> Any:
    if direction == "in":
        client = rtmidi.MidiIn(system, name=name, queue_size_limit=_KEPT)
    else:
        client = rtmidi.MidiOut(system, name=name)
    client.set_error_callback(_tell_log)
    return client


def _tell_log(kind: int, text: str, _data: object = None) -> None:
    log.debug("rtmidi: %s (%d)", text, kind)


def _found(rtmidi: ModuleType, direction: str, part: str, api: str) -> tuple[Any, str]:
    """The client that has a port whose name is, or holds, the part; and the port's name."""
    known: list[str] = []
    taken: tuple[Any, str] | None = None
    clients = _clients(rtmidi, direction, api)
    try:
        for client in clients:
            ports = list(client.get_ports())
            known += ports
            near = matching(part, ports)
            if len(near) > 1:
                raise LinkError(
                    f"{part!r} is part of the names of {len(near)} MIDI ports ({', '.join(near)}); give more of it"
                )
            if near:
                taken = client, near[0]
                return taken
    finally:
        for client in clients:
            if taken is None or client is not taken[0]:
                client.delete()
    hint = did_you_mean(part, known) if known else "; there are no MIDI ports on this computer"
    raise LinkError(f"no MIDI port ({direction}) is called {part!r}{hint}")


def matching(part: str, names: list[str]) -> list[str]:
    """The names that are the text, else those that hold it, whatever the case; each once."""
    low = part.lower()
    exact = [name for name in names if name.lower() == low]
    return list(dict.fromkeys(exact or [name for name in names if low in name.lower()]))


def _own_ports(rtmidi: ModuleType, api: str, own_name: str) -> PortWire:
    for system in _systems(rtmidi, api):
        with contextlib.suppress(Exception):  # not running here, or a system that lets nobody make ports
            incoming = _client(rtmidi, "in", system, own_name)
            outgoing = _client(rtmidi, "out", system, own_name)
            incoming.open_virtual_port("in")
            outgoing.open_virtual_port("out")
            return PortWire(incoming, outgoing, (f"{own_name} in", f"{own_name} out"), is_own=True)
    raise LinkError(
        "this computer lets no program make MIDI ports of its own; install a virtual MIDI cable (loopMIDI), "
        "choose it in the DAW, and give its name by --midi-in and --midi-out"
    )
