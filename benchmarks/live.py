"""Times live work against a real Ardour: a push of 2,592 knobs, the evenness of ramps, and the reading of feedback.

Usage: python benchmarks/live.py [--tracks 72] [--knobs 40] [--seconds 10]

Needs Debian's ardour, x42-plugins and lsp-plugins-lv2. The push moves so many knobs of each track by less than a ramp's
step, so that each is one message (a strip there has 36 that are no switches, hence 72 tracks for the 64 × 40 of the
target); the rival is a bare loop of python-osc that sends the very same messages at the rate that Ardour takes, then
reads them back one question after the other, without snapshot, journal or comparison. Exits with status 1 when a target
is missed.
"""

import argparse
import contextlib
import socket
import statistics
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import soundfile

SUPPORT = Path(__file__).resolve().parents[1] / "tests" / "support"
sys.path.insert(0, str(SUPPORT))

from ardour_daw import missing  # noqa: E402
from live_ardour import Served, Serving, served  # noqa: E402
from live_ardour_session import idle_session  # noqa: E402
from pythonosc.osc_message_builder import OscMessageBuilder  # noqa: E402
from pythonosc.osc_packet import OscPacket  # noqa: E402

from bridge.live.clock import SystemClock  # noqa: E402
from bridge.live.desk import Desk  # noqa: E402
from bridge.live.guard import Policy  # noqa: E402
from bridge.live.link import LinkOptions, open_link  # noqa: E402
from bridge.live.links.ardour.link import ArdourLink  # noqa: E402
from bridge.live.mover import Status  # noqa: E402
from bridge.live.ramps import fewest_steps  # noqa: E402
from bridge.live.rig import Rig, connected  # noqa: E402
from bridge.live.values import Control, Knob  # noqa: E402
from bridge.live.wires import Argument, Message, decoded, encoded  # noqa: E402
from bridge.sessions import load_session  # noqa: E402
from console.params import Scale  # noqa: E402

RATE_HZ = 48_000
ARDOUR_PER_S = 3_000.0
DECODED = 60_000


class Tapped:
    """A wire that keeps what was sent, and when."""

    def __init__(self, wire: object) -> None:
        self._wire = wire
        self.sent: list[tuple[float, str, tuple[Argument, ...]]] = []

    def send(self, address: str, *args: Argument) -> None:
        """Send and keep."""
        self.sent.append((time.perf_counter(), address, args))
        self._wire.send(address, *args)  # type: ignore[attr-defined]

    def __getattr__(self, name: str) -> object:
        return getattr(self._wire, name)


def stems(folder: Path, tracks: int) -> Path:
    """One second of quiet noise a track."""
    folder.mkdir()
    random = np.random.default_rng(0)
    for number in range(1, tracks + 1):
        audio = 0.01 * random.standard_normal(RATE_HZ)
        soundfile.write(folder / f"{number:02d}_Keys {number}.wav", audio, RATE_HZ, subtype="PCM_24")
    return folder


def small_moves(rig: Rig, knobs: int) -> dict[Control, float]:
    """As many knobs of each track as there are, each moved by less than one step of a ramp."""
    targets: dict[Control, float] = {}
    for channel in rig.channels:
        if channel.kind != "track":
            continue
        known = {name: rig.desk.values[channel.control(name)] for name in channel.knobs}
        moves = {
            channel.control(name): end
            for name, value in known.items()
            if (end := next_to(channel.control(name), channel.knobs[name], value)) is not None
        }
        targets |= dict(list(moves.items())[:knobs])
    return targets


def next_to(control: Control, knob: Knob, value: float) -> float | None:
    """A value that a knob can go to in one step."""
    scale = control.meaning.scale
    by = abs(value) * 0.02 if scale is Scale.LOG else 0.002 * (knob.high - knob.low)
    by = 0.05 if scale is Scale.DB else by
    for end in (value - by, value + by):
        inside = not knob.choices and knob.low <= end <= knob.high and not knob.agree(value, end)
        if inside and fewest_steps(control.meaning, value, end, 0.02) == 1:
            return end
    return None


def push(
    rig: Rig, wire: Tapped, knobs: int
) -> tuple[int, float, float, list[tuple[str, tuple[Argument, ...]]]]:
    """Push small moves; returns how many, the time in s until all was read back, and until all was sent."""
    targets = small_moves(rig, knobs)
    prepared = rig.prepare_values(targets, Policy(may_raise_db=60.0))
    wire.sent.clear()
    begun = time.perf_counter()
    outcome = rig.carry_out(prepared, "benchmark", ramp_s=0.0)
    whole_s = time.perf_counter() - begun
    if outcome.status is not Status.DONE or outcome.confirmed != len(targets):
        raise SystemExit(f"the push did not end well: {outcome}")
    values = [(at, address, args) for at, address, args in wire.sent if is_value(address)]
    sent_s = values[-1][0] - values[0][0]
    return len(targets), whole_s, sent_s, [(address, args) for _, address, args in values]


def is_value(address: str) -> bool:
    """Whether a message sets something, as against asking."""
    return address in (
        "/strip/gain",
        "/strip/trimdB",
        "/strip/pan_stereo_position",
        "/strip/pan_stereo_width",
    ) or (address in ("/strip/plugin/parameter", "/strip/send/gain", "/strip/send/fader"))


def bare_loop(port: int, messages: list[tuple[str, tuple[Argument, ...]]]) -> tuple[float, float]:
    """The same by python-osc alone: the time in s to send it all at the rate that Ardour takes, and to read it back.

    It reads back as a script would: one question after the other, each plugin and each strip's sends once.
    """
    client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    client.connect(("127.0.0.1", port))
    client.settimeout(2.0)
    client.send(packed("/set_surface", (0, 191, 24595, 0, 0, 0)))
    settle(client)
    begun = due = time.perf_counter()
    for address, args in messages:
        while time.perf_counter() < due:
            pass
        client.send(packed(address, args))
        due += 1.0 / ARDOUR_PER_S
    sent_s = time.perf_counter() - begun
    settle(client)
    begun = time.perf_counter()
    plugins = {(args[0], args[1]) for address, args in messages if address == "/strip/plugin/parameter"}
    for strip, plugin in sorted(plugins):
        client.send(packed("/strip/plugin/descriptor", (strip, plugin)))
        await_answer(client, "/strip/plugin/descriptor_end")
    for strip in sorted({args[0] for _, args in messages}):
        client.send(packed("/strip/sends", (strip,)))
        await_answer(client, "/strip/sends")
    read_s = time.perf_counter() - begun
    client.close()
    return sent_s, read_s


def packed(address: str, args: tuple[Argument, ...]) -> bytes:
    """A message by python-osc."""
    builder = OscMessageBuilder(address=address)
    for argument in args:
        builder.add_arg(argument)
    return bytes(builder.build().dgram)


def settle(client: socket.socket) -> None:
    """Take in what comes until nothing comes any more."""
    client.settimeout(0.3)
    with contextlib.suppress(TimeoutError):
        while True:
            client.recv(65_535)
    client.settimeout(2.0)


def await_answer(client: socket.socket, address: str) -> None:
    """Take in what comes until this has come."""
    while all(timed.message.address != address for timed in OscPacket(client.recv(65_535)).messages):
        pass


def ramps(rig: Rig, wire: Tapped, seconds: float) -> tuple[float, float]:
    """Ramp every fader; the 95th percentile of the tick's unevenness in ms, and the share of a core."""
    faders = [channel.control("fader_db") for channel in rig.channels if channel.kind == "track"]
    values = {control: rig.desk.values[control] for control in faders}
    prepared = rig.prepare_values({control: value - 12.0 for control, value in values.items()})
    wire.sent.clear()
    begun, worked = time.perf_counter(), time.process_time()
    outcome = rig.carry_out(prepared, "benchmark of ramps", ramp_s=seconds)
    share = (time.process_time() - worked) / (time.perf_counter() - begun)
    if outcome.status is not Status.DONE:
        raise SystemExit(f"the ramp did not end well: {outcome}")
    first = next(args[0] for _, address, args in wire.sent if address == "/strip/gain")
    times = [at for at, address, args in wire.sent if address == "/strip/gain" and args[0] == first]
    gaps = [b - a for a, b in pairwise(times)]
    usual = statistics.median(gaps)
    uneven = sorted(abs(gap - usual) for gap in gaps)
    return 1e3 * uneven[int(0.95 * len(uneven))], share


class Fed:
    """A wire out of which packets come that were packed before."""

    def __init__(self, packets: list[bytes]) -> None:
        self._packets = packets

    def send(self, address: str, *args: Argument) -> None:
        """Nobody hears."""

    def receive(self, timeout_s: float = 0.0) -> list[Message]:
        """The messages of the next packets."""
        packets, self._packets = self._packets[:2000], self._packets[2000:]
        return [message for packet in packets for message in decoded(packet, ("127.0.0.1", 1))]

    def close(self) -> None:
        """Nothing is open."""


def feedback(rig: Rig) -> tuple[float, float]:
    """Messages of faders a second that reach the model of the desk; and by python-osc's parser alone."""
    strips = [int(channel.key) for channel in rig.channels if channel.kind == "track"]
    packets = [
        encoded("/strip/gain", (strips[index % len(strips)], -10.0 + index % 7)) for index in range(DECODED)
    ]
    link = rig.desk.link
    if not isinstance(link, ArdourLink):
        raise TypeError("the benchmark knows the inside of the link to Ardour only")
    wire = link._wire
    desk = Desk(link, rig.clock, rig.desk.channels, rig.desk.knobs, dict(rig.desk.values))
    desk._echoes = rig.desk.echoes
    link._wire = Fed(packets)
    link._beat_s = rig.clock.now()
    heard, begun = 0, time.perf_counter()
    while link._wire._packets:
        heard += len(desk.listen())
    ours = DECODED / (time.perf_counter() - begun)
    link._wire = wire
    begun = time.perf_counter()
    for packet in packets:
        _ = OscPacket(packet).messages
    if not heard:
        raise SystemExit("no message was taken for a hand: the measurement measures nothing")
    return ours, DECODED / (time.perf_counter() - begun)


def tapped_rig(running: Served, state: Path) -> tuple[object, Tapped]:
    """The desk behind a wire that keeps what is sent."""
    link = open_link("ardour", LinkOptions(port=running.address[1]), SystemClock())
    if not isinstance(link, ArdourLink):
        raise TypeError("the benchmark knows the inside of the link to Ardour only")
    wire = Tapped(link._wire)
    for owner in (link, link._inquiry, link._listing, link._watch):
        for name in ("_wire", "wire"):
            if owner is not None and hasattr(owner, name):
                setattr(owner, name, wire)
    return connected(link, SystemClock(), root=state), wire


def main() -> int:
    """Run all three, print what was found."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--tracks", type=int, default=72)
    parser.add_argument("--knobs", type=int, default=40)
    parser.add_argument("--seconds", type=float, default=10.0)
    wanted = parser.parse_args()
    lacking = missing("lsp-plugins", "fil4", "dpl")
    if lacking:
        raise SystemExit(lacking)
    good = True
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        session = load_session([stems(root / "stems", wanted.tracks)])
        file = idle_session(session, root / "song")
        with served(file, Serving(root / "home")) as running:
            begun = time.perf_counter()
            context, wire = tapped_rig(running, root / "state")
            with context as rig:  # type: ignore[attr-defined]
                found = len(rig.desk.values)
                sys.stdout.write(f"connected, {found} knobs read in {time.perf_counter() - begun:.2f} s\n")
                count, whole_s, sent_s, messages = push(rig, wire, wanted.knobs)
                bare_sent_s, bare_read_s = bare_loop(running.address[1], messages)
                bare_s = bare_sent_s + bare_read_s
                good &= report(f"push of {count} knobs, sending alone", sent_s, bare_sent_s, 1.5)
                good &= report(
                    f"push of {count} knobs, from the plan to the last read-back", whole_s, bare_s, 1.5
                )
                rig.desk.read()
                uneven_ms, share = ramps(rig, wire, wanted.seconds)
                sys.stdout.write(
                    f"{wanted.tracks} faders ramping: tick uneven by {uneven_ms:.2f} ms (95th percentile, target 5), "
                    f"{100 * share:.0f} % of a core (target 25)\n"
                )
                good &= uneven_ms < 5.0 and share < 0.25
                ours, bare = feedback(rig)
                sys.stdout.write(
                    f"feedback: {ours:,.0f} messages a second (target 20,000), "
                    f"{ours / bare:.2f} of python-osc's parser\n"
                )
                good &= ours >= 20_000
    return 0 if good else 1


def report(what: str, ours_s: float, bare_s: float, target: float) -> bool:
    """Print a ratio; returns whether it meets its target."""
    ratio = ours_s / bare_s
    sys.stdout.write(
        f"{what}: {ours_s:.2f} s over {bare_s:.2f} s by a bare loop = {ratio:.2f} (target {target:g})\n"
    )
    return ratio <= target


if __name__ == "__main__":
    raise SystemExit(main())
