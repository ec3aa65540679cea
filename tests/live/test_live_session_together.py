"""A live session with others around it: orders from another terminal, surfaces, stems behind the mix, A/B measured."""

import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from bridge.cli import main
from bridge.live.clock import SystemClock
from bridge.live.link import LINKS, LinkKind
from bridge.live.loudness import rendered_lufs
from bridge.live.measuring import Measurer, RenderWorker
from bridge.live.remote.client import order
from bridge.live.wires import UdpWire
from bridge.sessions import load_session
from console.errors import LinkError
from console.mix import Mix, TrackStrip, dump_mix

ROOT = Path(__file__).resolve().parents[2]
FADERS = {"Kick": -4.0, "Snare": -6.0, "Bass": -5.0, "Lead Vox": -3.0}

_PROGRAM = """
import sys
import live_kind
from bridge.cli import main
from bridge.live.link import LINKS
LINKS["memory"] = live_kind.KIND
sys.exit(main(sys.argv[1:]))
"""


class Other:
    """A session in another process, of which we read the events and to which we type."""

    def __init__(self, folder: Path, *words: str) -> None:
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests" / "support")]),
            "MIXBRIDGE_STATE": str(folder / "state"),
            "PYTHONUTF8": "1",
        }
        self.process = subprocess.Popen(
            [sys.executable, "-c", _PROGRAM, *words],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
            env=environment,
        )
        self.events: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        self.thread = threading.Thread(target=self._read)
        self.thread.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.events.put(json.loads(line))

    def wait(self, event: str, fits: Callable[[dict[str, Any]], bool] = lambda _: True) -> dict[str, Any]:
        until_s = time.monotonic() + 60.0
        while (left_s := until_s - time.monotonic()) > 0.0:
            try:
                found = self.events.get(timeout=left_s)
            except queue.Empty:
                break
            if found["event"] == event and fits(found):
                return found
        raise AssertionError(f"no {event} came")

    def type(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{line}\n")
        self.process.stdin.flush()

    def level(self, name: str) -> float:
        self.type("channels")
        rows = self.wait("channels")["channels"]
        return float(next(row["level_db"] for row in rows if row["channel"] == name))

    def close(self) -> None:
        self.process.kill()
        self.process.wait()
        self.thread.join()
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                stream.close()


@pytest.fixture
def mix_file(tmp_path: Path) -> Path:
    path = tmp_path / "mix.json"
    tracks = tuple(TrackStrip(name, fader_db=level) for name, level in FADERS.items())
    path.write_text(dump_mix(Mix(48_000, tracks)), encoding="utf-8")
    return path


@pytest.fixture
def other(
    tmp_path: Path, mix_file: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[Other]:
    monkeypatch.setenv("MIXBRIDGE_STATE", str(tmp_path / "state"))
    monkeypatch.setitem(LINKS, "memory", LinkKind("nobody:reaches", "a desk that only the other process has"))
    found = Other(
        tmp_path,
        *("live", "session", "--desk", "memory", "--mix", str(mix_file), "--only", "fader"),
        *("--ramp", getattr(request, "param", "300ms"), "--remote", "0", "--json"),
    )
    yield found
    found.close()


def test_orders_from_another_terminal_reach_the_session(
    other: Other, capsys: pytest.CaptureFixture[str]
) -> None:
    port = other.wait("ready")["port"]
    other.wait("proposed")
    assert order(port, "apply", (), SystemClock()) == "apply begins"
    other.wait("moved")
    assert other.level("Kick") == -4.0
    for words, level in ((("ab",), 0.0), (("ab", "B"), -4.0), (("undo",), 0.0)):
        assert main(["live", *words, "--desk", "memory"]) == 0
        assert "live session: " in capsys.readouterr().out
        other.wait("moved")
        assert other.level("Kick") == level
    order(port, "apply", (), SystemClock())
    other.wait("moved")
    assert main(["live", "restore", "--desk", "memory"]) == 0
    other.wait("moved")
    assert other.level("Kick") == 0.0


@pytest.mark.parametrize("other", ["20s"], indirect=True)
def test_panic_from_another_terminal_stops_a_move(other: Other) -> None:
    port = other.wait("ready")["port"]
    other.wait("proposed")
    other.type("amount 100")
    other.wait("answer")
    order(port, "apply", (), SystemClock())
    time.sleep(0.5)
    assert main(["live", "panic", "--desk", "memory"]) == 0
    moved = other.wait("moved")
    assert moved["status"] == "panic"
    assert -4.0 < other.level("Kick") < 0.0
    time.sleep(0.5)
    assert main(["live", "panic", "--desk", "memory"]) == 0
    time.sleep(0.5)
    assert main(["live", "panic", "--desk", "memory"]) == 0
    assert other.wait("moved")["status"] == "panic"
    assert order(port, "panic", (), SystemClock())


def test_a_fader_on_a_surface_moves_and_locks(other: Other) -> None:
    port = other.wait("ready")["port"]
    other.wait("proposed")
    wire = UdpWire(("127.0.0.1", port), SystemClock())
    wire.send("/mixbridge/strip/by_name/Bass/fader_db", -12.0)
    wire.send("/mixbridge/amount/fader", 50.0)
    other.wait("moved")
    assert other.level("Bass") == pytest.approx(-12.0)
    wire.send("/mixbridge/lock/by_name/Bass")
    found = wire.receive(2.0)
    assert [(one.address, one.args) for one in found][-1] == ("/mixbridge/lock/by_name/Bass", (1,))
    wire.close()
    other.type("quit")
    assert other.process.wait(30.0) == 0


def test_a_second_session_from_another_terminal_is_refused(
    other: Other, mix_file: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    import live_kind

    other.wait("ready")
    monkeypatch.setitem(LINKS, "memory", live_kind.KIND)
    assert (
        main(["live", "session", "--desk", "memory", "--mix", str(mix_file), "--plain", "--remote", "0"]) == 5
    )
    assert "another mixbridge" in capsys.readouterr().err


def test_a_session_that_is_killed_leaves_the_way_back(
    other: Other, capsys: pytest.CaptureFixture[str]
) -> None:
    port = other.wait("ready")["port"]
    other.wait("proposed")
    order(port, "apply", (), SystemClock())
    other.wait("moved")
    other.process.kill()
    other.process.wait()
    assert main(["live", "snapshots", "--desk", "memory"]) == 0
    assert "before apply" in capsys.readouterr().out


# Stems behind the mix.


@pytest.fixture
def stems(tmp_path: Path) -> Path:
    folder = tmp_path / "stems"
    folder.mkdir()
    rng = np.random.default_rng(1)
    for number, name in enumerate(FADERS):
        noise = 0.05 * 2.0**-number * rng.standard_normal(48_000 * 4)
        soundfile.write(folder / f"{name}.wav", noise, 48_000, subtype="FLOAT")
    return folder


def test_a_mix_is_estimated_from_stems(tmp_path: Path, stems: Path) -> None:
    found = Other(
        tmp_path,
        *("live", "session", str(stems), "--desk", "memory", "--json", "--remote", "0", "--ramp", "100ms"),
        *("--only", "fader"),
    )
    try:
        proposed = found.wait("proposed", lambda event: bool(event["moves"]))
        assert {move["channel"] for move in proposed["moves"]} >= {"Kick", "Lead Vox"}
        assert all(move["reason"] for move in proposed["moves"])
        found.type("apply")
        found.wait("moved")
        found.type("ab")
        text = found.wait("text", lambda event: event["text"].startswith("side A"))["text"]
        assert "turned down by" in text or "the softer one" in text
        found.type("quit")
        assert found.process.wait(60.0) == 0
    finally:
        found.close()


def test_sides_are_measured_in_a_process_of_their_own(stems: Path) -> None:
    session = load_session([stems])
    quiet = Mix(48_000, tuple(TrackStrip(name, fader_db=-6.0) for name in FADERS))
    loud = Mix(48_000, tuple(TrackStrip(name, fader_db=0.0) for name in FADERS))
    worker = RenderWorker(session)
    measurer = Measurer(lambda number: {1: quiet, 2: loud}[number], worker)
    assert measurer.louder_db(2, 1) is None
    until_s = time.monotonic() + 120.0
    while measurer.measuring(1, 2) and time.monotonic() < until_s:
        time.sleep(0.05)
    assert measurer.louder_db(2, 1) == pytest.approx(6.0, abs=0.01)
    assert measurer.louder_db(1, 2) == pytest.approx(-6.0, abs=0.01)
    process = worker._process
    assert process is not None
    measurer.close()
    assert not process.is_alive()
    assert rendered_lufs(session, loud) - rendered_lufs(session, quiet) == pytest.approx(6.0, abs=0.01)


class Answers:
    """A worker that answers as a test tells it."""

    def __init__(self, *answers: float | None) -> None:
        self.left = list(answers)
        self.asked = 0

    def ask(self, mix: Mix) -> None:
        self.asked += 1

    def answer(self) -> float | None:
        return self.left.pop(0)

    def close(self) -> None: ...


def test_each_snapshot_is_measured_once_and_what_fails_is_unknown() -> None:
    def mix_of(number: int) -> Mix:
        if number == 3:
            raise LinkError("damaged")
        return Mix(48_000, ())

    worker = Answers(None, -20.0, float("nan"))
    measurer = Measurer(mix_of, worker)
    assert [measurer.measuring(1, 2) for _ in range(4)] == [True, True, True, False]
    assert measurer.louder_db(1, 2) is None
    assert not measurer.measuring(1, 2)
    assert worker.asked == 2
    assert not Measurer(mix_of, Answers()).measuring(3, 3) or measurer.louder_db(1, 3) is None


def test_a_worker_that_dies_leaves_the_loudness_unknown(stems: Path) -> None:
    worker = RenderWorker(load_session([stems]))
    measurer = Measurer(lambda number: Mix(48_000, ()), worker)
    assert measurer.measuring(1, 2)
    assert worker._process is not None
    worker._process.kill()
    worker._process.join()
    until_s = time.monotonic() + 20.0
    while measurer.measuring(1, 2) and time.monotonic() < until_s:
        time.sleep(0.01)
    assert measurer.louder_db(1, 2) is None
    measurer.close()
