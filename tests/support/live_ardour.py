"""Serves a session by a real Ardour with its OSC surface on, without a screen or a sound card, for the live tests."""

import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ardour_daw import Ardour
from lxml import etree

_CONFIG = """<?xml version="1.0" encoding="UTF-8"?>
<Ardour>
  <Config/>
  <ControlProtocols>
    <Protocol name="Open Sound Control (OSC)" active="1" debugmode="0" address-only="0" remote-port="8000"
              banksize="0" striptypes="159" feedback="0" gainmode="0" send-page-size="0" plug-page-size="0"/>
  </ControlProtocols>
</Ardour>
"""

#: Opens the session, says so, does what each line of its standard input says, and ends where that ends.
_SCRIPT = """
session = load_session (arg[1], arg[2])
assert (session, "cannot be opened")
print ("READY")
io.stdout:flush ()
local done = 0
for line in io.stdin:lines () do
  local good, why = pcall (load (line))
  done = done + 1
  print ("DONE " .. done .. " " .. tostring (good and "well" or why))
  io.stdout:flush ()
end
quit ()
"""

_PATIENCE_S = 60.0

#: Ardour takes the first of these that is free.
_PORTS = range(3819, 3839)


class Serving(Ardour):
    """An Ardour with a home of its own, whose sessions answer OSC."""

    def __post_init__(self) -> None:
        super().__post_init__()
        (self.home / f".config/ardour{self._major}/config").write_text(_CONFIG, encoding="utf-8")
        self._serve = self.home / "serve.lua"
        self._serve.write_text(_SCRIPT, encoding="utf-8")

    def start(self, file: Path) -> "Served":
        """Open a session and wait until its surface listens.

        It hears on the first free port from 3819 up, of this computer's own network: whoever is to speak with it lives
        there, too.
        """
        log = (self.home / f"serve {time.monotonic_ns()}.txt").open("w+b")
        process = subprocess.Popen(
            [str(self._program / "luasession"), str(self._serve), str(file.parent), file.stem],
            env=self._environment,
            cwd=self.home,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
        )
        found = Served(process, file, Path(log.name))
        log.close()
        try:
            found.await_ready()
        except BaseException:
            found.stop()
            raise
        return found


class Served:
    """A session that a running Ardour has open: `address` is where its surface listens."""

    def __init__(self, process: "subprocess.Popen[bytes]", file: Path, log: Path) -> None:
        self.process, self.file, self.log = process, file, log
        self.address = ("127.0.0.1", 0)
        self._asked = 0

    def await_ready(self) -> None:
        """Wait until the session is open and the port is known."""
        until = time.monotonic() + _PATIENCE_S
        while time.monotonic() < until:
            if self.process.poll() is not None:
                break
            port = next((one for one in udp_ports(self.process.pid) if one in _PORTS), 0)
            if port and "READY" in self.said:
                self.address = ("127.0.0.1", port)
                return
            time.sleep(0.05)
        raise AssertionError(f"Ardour did not serve {self.file}:\n{self.said[-4000:]}")

    @property
    def said(self) -> str:
        """What Ardour has printed so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")

    def do(self, lua: str) -> None:
        """Let Ardour do a line of Lua, as an engineer's hand would by its menus; `session` is the session."""
        assert self.process.stdin is not None
        self._asked += 1
        self.process.stdin.write(f"{lua}\n".encode())
        self.process.stdin.flush()
        mark, until = f"DONE {self._asked} ", time.monotonic() + _PATIENCE_S
        while mark not in self.said and time.monotonic() < until:
            time.sleep(0.01)
        assert f"{mark}well" in self.said, self.said[-2000:]

    def save(self, target: Path | None = None) -> "etree._Element":
        """Have Ardour save, as its own menu does, and return the tree of what it saved; a copy goes to `target`."""
        before = self.file.read_bytes(), self.file.stat().st_mtime_ns
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            out.sendto(b"/save_state\0,\0\0\0", self.address)
        until = time.monotonic() + _PATIENCE_S
        while time.monotonic() < until:
            time.sleep(0.05)
            now = self.file.read_bytes()
            if self.file.stat().st_mtime_ns != before[1] and now.rstrip().endswith(b"</Session>"):
                if target is not None:
                    target.write_bytes(now)
                return etree.fromstring(now)
        raise AssertionError(f"Ardour did not save {self.file}:\n{self.said[-4000:]}")

    def vanish(self) -> None:
        """End it as a crash would."""
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        """End it; what was not saved is lost."""
        self.vanish()
        if self.process.stdin is not None:
            self.process.stdin.close()


def controllables(root: "etree._Element") -> dict[tuple[str, ...], float]:
    """Everything that can be moved in a saved session: route, processors by their place and name, and what of theirs.

    A processor's switch is among them under the name "active". A plugin's ports are taken as the plugin holds them;
    what Ardour saves as its controls are the defaults until they have once been moved.
    """
    found: dict[tuple[str, ...], float] = {}
    for item in root.find("Routes").iter("Processor", "Controllable", "Port"):
        if item.tag == "Controllable" and item.get("parameter") is not None:
            continue
        if item.tag == "Port" and item.get("value") is None:
            continue
        above = list(item.iterancestors("Route", "Processor"))[::-1]
        if item.tag == "Processor":
            path, what, value = [*above, item], "active", item.get("active", "1")
        else:
            path, what, value = (
                above,
                item.get("symbol") or item.get("name") or item.get("id"),
                item.get("value"),
            )
        places = [f"{one.getparent().index(one)} {one.get('name')}" for one in path]
        found[*places, str(what)] = float(value)
    return found


@contextmanager
def served(file: Path, daw: Serving) -> Iterator[Served]:
    """A session served as long as the block lasts."""
    found = daw.start(file)
    try:
        yield found
    finally:
        found.stop()


def udp_ports(pid: int) -> list[int]:
    """The UDP ports on which a process listens, lowest first (Linux)."""
    held = set()
    for link in Path(f"/proc/{pid}/fd").iterdir():
        try:
            held.add(str(link.readlink()))
        except OSError:  # closed since
            continue
    ports = set()
    for table in ("udp", "udp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text(encoding="ascii").splitlines()[1:]:
            words = line.split()
            if f"socket:[{words[9]}]" in held:
                ports.add(int(words[1].rsplit(":", 1)[1], 16))
    return sorted(ports)
