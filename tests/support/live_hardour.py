"""Runs a real Ardour with a Mackie Control's MIDI ports: hardour on JACK's dummy driver, and OSC to look behind it."""

import contextlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ardour_daw import PLACES, _no_network
from lxml import etree

#: Makes a session: folder, name, then "track NAME" or "bus NAME" or "mono NAME" for each strip.
_MAKE = """
local s = create_session (arg[1], arg[2], 48000)
assert (s, "cannot be made")
local last = ARDOUR.PresentationInfo.max_order
for i = 3, #arg, 2 do
  if arg[i] == "bus" then
    s:new_audio_route (2, 2, nil, 1, arg[i + 1], ARDOUR.PresentationInfo.Flag.AudioBus, last)
  else
    local n = arg[i] == "mono" and 1 or 2
    s:new_audio_track (n, 2, nil, 1, arg[i + 1], last, ARDOUR.TrackMode.Normal, true)
  end
end
collectgarbage ()
assert (s:save_state ("", false, false, false, false, false) == 0)
close_session ()
print ("MADE")
quit ()
"""

_CONFIG = """<?xml version="1.0" encoding="UTF-8"?>
<Ardour>
  <Config/>
  <Metadata/>
  <ControlProtocols/>
</Ardour>
"""

_PROTOCOLS = (
    '<ControlProtocols><Protocol name="Open Sound Control (OSC)" active="1" debugmode="0" address-only="0" '
    'remote-port="8000" banksize="0" striptypes="31" feedback="0" gainmode="0" send-page-size="0" '
    'plug-page-size="0"/><Protocol name="Mackie" active="1" bank="0" ipmidi-base="21928" device-profile="" '
    'device-name="{device}"><Configurations/></Protocol></ControlProtocols>'
)

#: Stands beside JACK and Ardour in a network of their own: brings its loopback up, starts both, carries OSC for the
#: test, and takes both down when the test has gone, however it went.
_RELAY = """
import fcntl, json, select, socket, struct, subprocess, sys
from pythonosc.osc_message_builder import OscMessageBuilder
from pythonosc.osc_message import OscMessage, ParseError
wire = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
try:
    fcntl.ioctl(wire, 0x8914, struct.pack("16sH14s", b"lo", 0x1 | 0x40, bytes(14)))
except OSError:
    pass
wire.bind(("127.0.0.1", 0))
running = []

def end():
    if running:
        process = running.pop()
        process.terminate()
        try:
            process.wait(4)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

try:
    while True:
        ready = select.select([sys.stdin, wire], [], [], 0.1)[0]
        if sys.stdin in ready:
            line = sys.stdin.readline()
            if not line:
                break
            address, *args = json.loads(line)
            if address == "start":
                running.append(subprocess.Popen(args, stdin=subprocess.DEVNULL, stdout=sys.stderr))
            elif address == "end":
                end()
            else:
                builder = OscMessageBuilder(address=address)
                for arg in args:
                    builder.add_arg(arg, "f" if isinstance(arg, float) else None)
                wire.sendto(builder.build().dgram, ("127.0.0.1", 3819))
        if wire in ready:
            try:
                message = OscMessage(wire.recv(65535))
            except ParseError:
                continue
            print(json.dumps([message.address, *message.params], default=str), flush=True)
finally:
    while running:
        end()
"""

_PATIENCE_S = 20.0
#: One time in five JACK's server loses its place in what hardour asks of it at the start, and neither goes on.
_ATTEMPTS = 6
_ROLLS_S = 8.0


def missing() -> str:
    """Why no hardour can be run here, "" where one can."""
    if not any(_program(place[0]) for place in PLACES):
        return "hardour is not installed (Debian: ardour)"
    if shutil.which("jackd") is None or shutil.which("jack_lsp") is None:
        return "JACK is not installed (Debian: jackd2)"
    try:
        import rtmidi
    except ImportError:
        return "python-rtmidi is not installed"
    if rtmidi.API_UNIX_JACK not in rtmidi.get_compiled_api():
        return "this python-rtmidi was built without JACK"
    return ""


def _program(place: Path) -> Path | None:
    return next(iter(sorted(place.glob("hardour-*"))), None)


@dataclass
class Hardour:
    """A hardour with a session of its own, playing to nobody, reached by JACK MIDI and by OSC."""

    home: Path
    strips: Sequence[tuple[str, str]]
    device: str = "Mackie Control"
    server: str = field(default_factory=lambda: f"mixbridge-{os.getpid()}")

    def __post_init__(self) -> None:
        place, data, config, major = next(place for place in PLACES if _program(place[0]))
        self.place = place
        self.session = self.home / "session"
        self.file = self.session / "song.ardour"
        (self.home / f".config/ardour{major}").mkdir(parents=True)
        (self.home / f".config/ardour{major}/config").write_text(_CONFIG, encoding="utf-8")
        (self.home / "run").mkdir(mode=0o700)
        (self.home / "lv2").mkdir()
        self.environment = {
            "PATH": os.environ.get("PATH", "/usr/bin:/bin"),
            "HOME": str(self.home),
            "XDG_CONFIG_HOME": str(self.home / ".config"),
            "XDG_CACHE_HOME": str(self.home / ".cache"),
            "XDG_RUNTIME_DIR": str(self.home / "run"),
            "ARDOUR_DATA_PATH": str(data),
            "ARDOUR_CONFIG_PATH": str(config),
            "ARDOUR_DLL_PATH": str(place),
            "LD_LIBRARY_PATH": str(place),
            "LV2_PATH": str(self.home / "lv2"),
            "VST_PATH": str(self.home / "lv2"),
            "JACK_DEFAULT_SERVER": self.server,
            "LC_ALL": "C.UTF-8",
        }
        self._relay: subprocess.Popen[str] | None = None

    def __enter__(self) -> "Hardour":
        self._make()
        for attempt in range(_ATTEMPTS):
            try:
                self._start()
                break
            except BaseException as error:
                self.stop()
                if attempt == _ATTEMPTS - 1 or not isinstance(error, AssertionError):
                    raise
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _make(self) -> None:
        script = self.home / "make.lua"
        script.write_text(_MAKE, encoding="utf-8")
        words = [word for strip in self.strips for word in strip]
        command = [
            *_no_network(),
            str(self.place / "luasession"),
            str(script),
            str(self.session),
            "song",
            *words,
        ]
        said = ""
        for _ in range(4):
            shutil.rmtree(self.session, ignore_errors=True)
            with contextlib.suppress(subprocess.TimeoutExpired):
                said = subprocess.run(
                    command, env=self.environment, capture_output=True, timeout=60, check=False, text=True
                ).stdout
            if "MADE" in said:
                break
        assert "MADE" in said, said[-2000:]
        text = self.file.read_text(encoding="utf-8")
        protocols = _PROTOCOLS.format(device=self.device)
        text = re.sub(r"<ControlProtocols>.*?</ControlProtocols>|<ControlProtocols/>", "", text, flags=re.S)
        self.file.write_text(text.replace("</Session>", protocols + "</Session>"), encoding="utf-8")

    def _start(self) -> None:
        relay = self.home / "relay.py"
        relay.write_text(_RELAY, encoding="utf-8")
        with (self.home / "log.txt").open("wb") as log, (self.home / "osc.txt").open("wb") as said:
            self._relay = subprocess.Popen(
                [*_no_network(), sys.executable, str(relay)],
                env=self.environment,
                stdin=subprocess.PIPE,
                stdout=said,
                stderr=log,
                text=True,
                bufsize=1,
            )
        self.osc("start", "jackd", "-r", "-n", self.server, "-d", "dummy", "-r", "48000", "-p", "1024")
        self.wait_for(lambda: "system:playback" in self.ports(), "JACK does not start")
        self.osc("start", str(_program(self.place)), str(self.session), "song")
        self.wait_for(self._rolls, "hardour does not play", _ROLLS_S)
        self.wait_for(lambda: "mackie control out" in self.ports(), "hardour shows no Mackie port")

    def _rolls(self) -> bool:
        """Whether it plays, as it does by itself after opening a session; until then it drops MIDI now and then."""
        self.osc("/transport_speed")
        return any(line[0] == "/transport_speed" and line[1] == 1.0 for line in self.said())

    def wait_for(self, holds: Callable[[], bool], what: str, seconds: float = _PATIENCE_S) -> None:
        """Wait until something holds."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            if holds():
                return
            time.sleep(0.05)
        raise AssertionError(f"{what}:\n{self._log()[-3000:]}")

    def _log(self) -> str:
        file = self.home / "log.txt"
        return file.read_text(encoding="utf-8", errors="replace") if file.is_file() else ""

    def ports(self) -> str:
        """The names of JACK's ports."""
        return subprocess.run(
            ["jack_lsp", "-s", self.server], env=self.environment, capture_output=True, check=False, text=True
        ).stdout

    def osc(self, address: str, *args: object) -> None:
        """Tell Ardour something by OSC."""
        assert self._relay is not None
        assert self._relay.stdin is not None
        self._relay.stdin.write(json.dumps([address, *args]) + "\n")
        self._relay.stdin.flush()

    def said(self) -> list[list[object]]:
        """What Ardour has said by OSC so far: address and arguments."""
        lines = (self.home / "osc.txt").read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines if line.endswith("]")]

    def saved(self) -> etree._Element:
        """Have Ardour save its session; returns the tree."""
        before = self.file.stat().st_mtime_ns
        self.osc("/save_state")
        self.wait_for(lambda: self.file.stat().st_mtime_ns != before, "the session is not saved")
        for _ in range(50):
            with contextlib.suppress(etree.XMLSyntaxError):
                return etree.parse(str(self.file)).getroot()
            time.sleep(0.05)
        raise AssertionError("the saved session cannot be read")

    @contextlib.contextmanager
    def jack_of_ours(self) -> Iterator[None]:
        """Let this process open its MIDI ports on this JACK."""
        before = os.environ.get("JACK_DEFAULT_SERVER")
        os.environ["JACK_DEFAULT_SERVER"] = self.server
        try:
            yield
        finally:
            if before is None:
                del os.environ["JACK_DEFAULT_SERVER"]
            else:
                os.environ["JACK_DEFAULT_SERVER"] = before

    def stop_ardour(self) -> None:
        """End Ardour and leave JACK."""
        self.osc("end")
        self.wait_for(lambda: "ardour:" not in self.ports(), "Ardour does not end")

    def stop(self) -> None:
        """End Ardour, then JACK."""
        if self._relay is None:
            return
        with contextlib.suppress(OSError):
            assert self._relay.stdin is not None
            self._relay.stdin.close()
        try:
            self._relay.wait(15)
        except subprocess.TimeoutExpired:
            self._relay.kill()
            self._relay.wait()
        self._relay = None
