"""The link to REAPER when everything happens at once: hands, lost packets, dialogs, tracks on the move, rubbish."""

import contextlib
import math
import socket
import struct
import time

import numpy as np
import pytest
from live_reaper import ModelSend, ModelTrack, ModelWire, Quirks, ReaperModel, UdpReaper
from live_reaper_fx import ModelEq, plugin

from bridge.live.clock import ManualClock, SystemClock
from bridge.live.link import LinkOptions, open_link
from bridge.live.links.reaper import ReaperLink
from bridge.live.values import Control, Lost
from bridge.live.wires import Message
from console.errors import LinkError
from presets.reaper.oscpattern import pattern_text

RUBBISH = [
    b"",
    b"\0" * 64,
    b"\xff" * 9000,
    b"/track/1/volume/db/told",
    b"/track/1/volume/db/told\0,f\0\0",
    b"/track/1/volume/db/told\0,f\0\0\x7f\xc0\0\0",
    b"/track/1/volume/db/told\0,s\0\0loud\0\0\0\0",
    b"/track/1/volume/db/told\0,b\0\0\x7f\xff\xff\xff",
    b"#bundle\0" + b"\0" * 8 + struct.pack(">i", -4),
    b"#bundle\0" + b"\0" * 8 + struct.pack(">i", 1 << 30),
    b"#bundle\0" * 200,
]


def tracks(count):
    return [
        ModelTrack(
            f"T{n}", -float(n), 0.0, [ModelSend("T1", -10.0)] if n > 1 else [], [ModelEq(), plugin("ReaComp")]
        )
        for n in range(1, count + 1)
    ]


class Chaos:
    """One random run: what the engineer does, what the network does, what we do."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)
        quirks = Quirks(
            late_parameters=bool(self.rng.integers(2)),
            late_dump=bool(self.rng.integers(2)),
            packet_bytes=int(self.rng.choice([300, 1024, 8192])),
        )
        self.model = ReaperModel(tracks(int(self.rng.integers(1, 6))), pattern_text(), quirks)
        self.clock = ManualClock(50.0)
        self.model.advance(50.0)
        self.model.packets.clear()
        self.link = ReaperLink(ModelWire(self.model, self.clock), self.clock)
        self.link.connect()
        self.made = len(self.model.tracks)

    def pick(self):
        return int(self.rng.integers(len(self.model.tracks))) + 1

    def hand(self):
        self.model.move_fader(self.pick(), float(self.rng.uniform(-80.0, 12.0)))
        self.model.move_parameter(self.pick(), 2, int(self.rng.integers(1, 16)), float(self.rng.uniform()))

    def ours(self):
        channels = self.link.channels()
        channel = channels[int(self.rng.integers(len(channels)))]
        knob = channel.knobs[str(self.rng.choice(sorted(channel.knobs)))]
        self.link.write(
            {channel.control(knob.parameter): knob.nearest(float(self.rng.uniform(knob.low, knob.high)))}
        )

    def ask(self):
        channels = self.link.channels()
        found = self.link.read([channel.control(name) for channel in channels for name in channel.knobs])
        assert all(math.isfinite(value) for value in found.values())

    def rearrange(self):
        found = list(self.model.tracks)
        kind = int(self.rng.integers(4))
        if kind == 0:
            self.rng.shuffle(found)
        elif kind == 1 and len(found) > 1:
            found.pop(int(self.rng.integers(len(found))))
        elif kind == 2:
            self.made += 1
            found.insert(int(self.rng.integers(len(found) + 1)), tracks(self.made)[-1])
        else:
            self.model.rename(self.pick(), f"N{self.rng.integers(1000)}")
            return
        self.model.relist(found)

    def rubbish(self):
        values = (math.nan, math.inf, "text", b"blob", 7, True, None)
        for _ in range(20):
            end = self.rng.choice(["volume/db/told", "pan/told", "x", "fx/2/fxparam/2/told"])
            address = f"/track/{self.rng.integers(9)}/{end}"
            value = values[int(self.rng.integers(4))]
            self.model.packets.append((0.0, [Message(address, (value,))]))

    def lose(self):
        self.model.quirks.lose_every = int(self.rng.choice([0, 0, 5, 9]))

    def listen(self):
        for event in self.link.poll(float(self.rng.uniform(0.0, 0.3))):
            assert not isinstance(event, Lost)

    def run(self, steps):
        deeds = (
            self.hand,
            self.ours,
            self.ask,
            self.rearrange,
            self.rubbish,
            self.lose,
            self.listen,
            self.listen,
        )
        for _ in range(steps):
            # A write that the list of tracks has overtaken is refused, and the loss of every answer ends the link.
            with contextlib.suppress(LinkError):
                deeds[int(self.rng.integers(len(deeds)))]()
            self.clock.sleep(float(self.rng.uniform(0.0, 0.2)))

    def check(self):
        """At rest, and with the network whole again, what is read is what is there."""
        self.model.quirks.lose_every = 0
        self.clock.sleep(1.0)
        with contextlib.suppress(LinkError):
            self.link.poll()
        self.link.connect()
        channels = self.link.channels()
        assert [channel.name for channel in channels] == [*(t.name for t in self.model.tracks), "MASTER"]
        for number, track in enumerate(self.model.tracks, start=1):
            wanted = {
                Control(str(number), "fader_db"): max(track.level_db, -150.0),
                Control(str(number), "pan"): track.pan,
                Control(str(number), "compressor.ratio"): 1.0 + 99.0 * track.fx[1].values[1],
                Control(str(number), "equalizer.1.frequency_hz"): track.fx[0].bands[1][1],
            }
            found = self.link.read(list(wanted))
            for control, value in wanted.items():
                assert found[control] == pytest.approx(value, rel=1e-4, abs=1e-3), control


@pytest.mark.parametrize("start", [0, 10])
def test_random_runs_end_in_the_truth(start):
    for seed in range(start, start + 10):
        chaos = Chaos(seed)
        chaos.run(40)
        chaos.check()


def test_a_second_mixbridge_is_kept_out():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    first = open_link("reaper", LinkOptions(listen_port=port), SystemClock())
    with pytest.raises(LinkError, match="close the program that has it"):
        open_link("reaper", LinkOptions(listen_port=port), SystemClock())
    first.close()


def test_a_flood_of_rubbish_over_real_sockets():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    model = ReaperModel(tracks(3), pattern_text(), Quirks(packet_wait_s=0.001, packet_bytes=8192))
    reaper = UdpReaper(model, port)
    reaper.start()
    link = open_link("reaper", LinkOptions(port=reaper.port, listen_port=port), SystemClock())
    try:
        link.connect()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            for number in range(20_000):
                sender.sendto(RUBBISH[number % len(RUBBISH)], ("127.0.0.1", port))
                if number % 500 == 0:
                    assert not any(isinstance(event, Lost) for event in link.poll())
        control = Control("2", "fader_db")
        link.write({control: -3.5})
        end_s = time.perf_counter() + 5.0
        while link.read([control]).get(control) != pytest.approx(-3.5) and time.perf_counter() < end_s:
            link.poll(0.05)
        assert link.read([control])[control] == pytest.approx(-3.5)
    finally:
        link.close()
        reaper.stop()
