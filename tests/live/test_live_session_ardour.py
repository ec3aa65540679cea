"""A live session, and watching, at a real Ardour: hands in the DAW, the balance around them, all taken back."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import soundfile
from ardour_daw import missing
from live_ardour import Served, Serving, controllables, served
from live_ardour_session import idle_session

from bridge.cli import main
from bridge.live.balance import Balance
from bridge.live.capture import read_capture
from bridge.live.clock import ManualClock, SystemClock
from bridge.live.link import LinkOptions, open_link
from bridge.live.recording import CaptureFile, Listener
from bridge.live.replaying import Replay
from bridge.live.rig import Rig, connected
from bridge.live.session import LiveSession
from bridge.live.tapping import tapped_by
from bridge.live.values import Control
from bridge.live.watching import HAND, Watcher
from console.mix import Mix, TrackStrip
from console.session import AudioFile, Session, SessionTrack

pytestmark = [
    pytest.mark.xdist_group("ardour"),
    pytest.mark.daw,
    pytest.mark.skipif(bool(missing()), reason=missing()),
]

FADERS = {"Kick In": -4.0, "Kick Out": -6.0, "Bass": -5.0, "Lead Vox": -3.0}
ROLES = {"Kick In": "kick", "Kick Out": "kick", "Bass": "bass", "Lead Vox": "lead_vocal"}


@pytest.fixture
def ardour(tmp_path: Path) -> Iterator[Served]:
    folder = tmp_path / "audio"
    folder.mkdir()
    noise = np.random.default_rng(1).standard_normal(48_000) * 0.05
    soundfile.write(folder / "noise.wav", noise, 48_000, subtype="PCM_24")
    file = AudioFile(folder / "noise.wav", 48_000, 1, 48_000, "noise")
    tracks = tuple(SessionTrack(name, (file,), 1, 48_000) for name in FADERS)
    written = idle_session(
        Session("song", folder, 48_000, tracks), tmp_path, equalizer="ace", gate="ace", limiter="none"
    )
    bundles = ("a-comp", "a-delay", "a-eq", "a-exp", "a-reverb")
    with served(written, Serving(tmp_path / "home", bundles)) as running:
        yield running


def hand(ardour: Served, name: str, level_db: float) -> None:
    """What an engineer's hand does to a fader of Ardour."""
    gain = 10.0 ** (level_db / 20.0)
    ardour.do(
        f'session:route_by_name("{name}"):gain_control():set_value({gain}, PBD.GroupControlDisposition.NoGroup)'
    )


def until(session: LiveSession, fits: Callable[[], bool], seconds: float = 20.0) -> None:
    end_s = time.monotonic() + seconds
    while time.monotonic() < end_s:
        session.step(0.02)
        if session.idle and fits():
            return
    raise AssertionError(f"it did not come: {session.text}")


def test_a_hand_in_ardour_is_balanced_around_and_all_is_taken_back(ardour: Served, tmp_path: Path) -> None:
    link = open_link("ardour", LinkOptions(port=ardour.address[1]), SystemClock())
    mix = Mix(
        48_000,
        tuple(TrackStrip(name, role=ROLES[name], fader_db=level) for name, level in FADERS.items()),
    )
    before = controllables(ardour.save())
    with connected(link, SystemClock(), root=tmp_path / "state") as rig:
        session = LiveSession(
            rig, mix, rig.pair(mix), amounts={"fader": 1.0}, ramp_s=0.3, balance=Balance(2.0)
        )
        keys = {channel.name: channel.key for channel in rig.channels}
        at_first = faders(rig, keys)
        until(session, lambda: session.status().pending == 4)
        session.command("apply", (), "a test")
        until(session, lambda: session.sides.heard == "B")
        assert faders(rig, keys) == pytest.approx(list(FADERS.values()), abs=0.01)

        hand(ardour, "Kick In", -2.0)
        until(session, lambda: session.locked(keys["Kick In"]) and session.status().pending > 0)
        assert not session.locked(keys["Kick Out"])
        session.command("apply", (), "a test")
        until(session, lambda: session.status().pending == 0)
        balanced = faders(rig, keys)
        assert balanced[0] == pytest.approx(-2.0, abs=0.01)
        assert -5.0 < balanced[1] <= -4.0
        assert all(
            abs(one - meant) <= 2.0 for one, meant in zip(balanced[1:], [-6.0, -5.0, -3.0], strict=True)
        )

        session.command("restore", (), "a test")
        until(session, lambda: session.sides.heard == "A")
        assert faders(rig, keys) == at_first
    after = controllables(ardour.save())
    assert after == pytest.approx(before, abs=1e-5)


def faders(rig: Rig, keys: dict[str, str]) -> list[float]:
    wanted = [Control(keys[name], "fader_db") for name in FADERS]
    found = rig.desk.read(wanted)
    return [found[control] for control in wanted]


def test_what_ardour_says_is_watched_and_replayed_alike(ardour: Served, tmp_path: Path) -> None:
    options, path, clock = LinkOptions(port=ardour.address[1]), tmp_path / "ardour.jsonl", SystemClock()
    file = CaptureFile(path, "ardour", options, clock)
    with tapped_by(Listener(clock, file.keep)):
        link = open_link("ardour", options, clock)
    watcher = Watcher(link, clock)
    watcher.begin()
    rows = []
    for level in (-1.0, -2.5, -7.0):
        hand(ardour, "Bass", level)
        end_s = time.monotonic() + 1.0
        while time.monotonic() < end_s:
            rows += watcher.hear(0.1)
    link.close()
    file.close()
    moved = [row for row in rows if row.event == "moved" and row.by == HAND]
    assert {row.channel for row in moved} == {"Bass"}
    assert [row.value for row in moved] == pytest.approx([-1.0, -2.5, -7.0], abs=0.01)

    still = ManualClock()
    replay = Replay(read_capture(path), still)
    with tapped_by(replay):
        again = Watcher(open_link("ardour", options, still), still)
    again.begin()
    said = []
    while not replay.finished:
        said += again.hear(0.1)
    assert [row.value for row in said if row.event == "moved" and row.by == HAND] == [
        row.value for row in moved
    ]
    assert again.desk.values == watcher.desk.values
    assert main(["live", "watch", "--replay", str(path), "--fast"]) == 0
