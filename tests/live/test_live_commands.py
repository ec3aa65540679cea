"""The live commands as a user types them, against a console behind a real socket; a process is killed on the way."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from live_wire import UdpServer
from live_x32 import X32Model

from bridge.cli import main
from bridge.live.folder import DeskFolder
from console.mix import Compressor, Mix, TrackStrip, dump_mix

NAMES = ("Kick", "Snare", "Bass", "Lead Vox")
#: The model takes what a real desk may not.
FAST = ("--set", "rate=10000")
#: The desk's faders in dB, by the law of the facts, and where this song begins.
UNITY, QUIET = 767 / 1023, 512 / 1023


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[UdpServer]:
    monkeypatch.setenv("MIXBRIDGE_STATE", str(tmp_path / "state"))
    model = X32Model()
    for number, name in enumerate(NAMES, 1):
        model.state[f"/ch/{number:02d}/config/name"] = name
        model.state[f"/ch/{number:02d}/mix/fader"] = QUIET
    model.state["/main/st/mix/fader"] = UNITY
    with UdpServer(model) as server:
        yield server


@pytest.fixture
def mix_file(tmp_path: Path) -> Path:
    strips = tuple(TrackStrip(name, fader_db=-12.0, pan=-0.5) for name in NAMES[:3])
    vox = TrackStrip(
        "Lead Vox", fader_db=-20.0, compressor=Compressor(True, -20.0, 3.0, 10.0, 100.0, 0.0, 1.0)
    )
    path = tmp_path / "mix.json"
    path.write_text(dump_mix(Mix(48_000, (*strips, vox))), encoding="utf-8")
    return path


def faders(desk: UdpServer) -> list[float]:
    with desk.lock:
        return [desk.model.state[f"/ch/{number:02d}/mix/fader"] for number in range(1, 5)]


def run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    code = main(["live", *map(str, words)])
    said = capsys.readouterr()
    return code, said.out, said.err


@pytest.fixture
def live(desk: UdpServer, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    code, out, err = run(capsys, "connect", "x32", "--port", desk.port, *FAST)
    assert code == 0, err
    assert "Lead Vox" in out
    return lambda *words: run(capsys, *words)


def test_connect_shows_channels_and_pairs(
    desk: UdpServer, mix_file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _ = run(capsys, "connect", "x32", "--port", desk.port, "--mix", mix_file, "--json")
    data = json.loads(out)
    assert code == 0
    assert {pair["strip"]: pair["channel"] for pair in data["pairing"]["pairs"]} == {
        **{name: name for name in NAMES},
        "master": data["pairing"]["pairs"][-1]["channel"],
    }
    assert all("mute" not in knob and "solo" not in knob for one in data["channels"] for knob in one["knobs"])


def test_nobody_there_is_said_with_what_to_do(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, "connect", "x32", "--port", 9)
    assert code == 5
    assert "x32" in err.lower()
    assert len(err.strip().splitlines()[-1]) > 40


def test_a_dry_run_shows_every_move_and_sends_none(
    live: Callable[..., Any], desk: UdpServer, mix_file: Path
) -> None:
    before = dict(desk.model.state)
    code, out, _ = live("push", mix_file, "-n")
    assert code == 0
    assert "fader_db" in out
    assert "-12.0 dB" in out
    assert desk.model.state == before


def test_push_undo_restore(live: Callable[..., Any], desk: UdpServer, mix_file: Path) -> None:
    before = dict(desk.model.state)
    code, out, _ = live("push", mix_file, "--ramp", "200ms", "--json")
    data = json.loads(out)
    assert (code, data["outcome"]["status"]) == (0, "done")
    assert data["outcome"]["confirmed"] == len(data["moves"]) > 8
    # -12 dB by the desk's own law of faders: 40 v - 30 above -10 dB, 80 v - 50 below
    assert faders(desk)[:3] == pytest.approx([(50.0 - 12.0) / 80.0] * 3, abs=1 / 1023)
    code, out, _ = live("undo", "--ramp", "0s")
    assert code == 0, out
    assert desk.model.state == before
    assert live("push", mix_file, "--ramp", "0s")[0] == 0
    assert live("push", mix_file, "--amount", "0")[0] == 0
    for _ in range(2):  # a second restore stays there
        assert live("restore", "--ramp", "0s")[0] == 0
        assert desk.model.state == before
    code, out, _ = live("snapshots", "--json")
    outcomes = [push["outcome"] for push in json.loads(out)["pushes"]]
    assert set(outcomes) == {"done"}


def test_only_and_amount(live: Callable[..., Any], desk: UdpServer, mix_file: Path) -> None:
    code, out, _ = live("push", mix_file, "--only", "pan", "--amount", "50", "--ramp", "0s", "--json")
    assert code == 0
    assert {move["parameter"] for move in json.loads(out)["moves"]} == {"pan"}
    assert faders(desk) == [QUIET] * 4
    with desk.lock:  # half of half left: 0.5 is the middle of the desk's pan
        assert desk.model.state["/ch/01/mix/pan"] == pytest.approx(0.375, abs=0.01)


def test_a_raise_over_3_db_is_not_made_unasked(
    live: Callable[..., Any], desk: UdpServer, tmp_path: Path
) -> None:
    path = tmp_path / "loud.json"
    path.write_text(dump_mix(Mix(48_000, (TrackStrip("Kick", fader_db=0.0),))), encoding="utf-8")
    code, _, err = live("push", path)
    assert code == 2
    assert "Kick" in err
    assert "--yes" in err
    assert faders(desk)[0] == QUIET
    assert live("push", path, "--yes", "--ramp", "0s")[0] == 0
    assert faders(desk)[0] == pytest.approx(UNITY, abs=1 / 1023)


def test_pull_reads_what_push_set(live: Callable[..., Any], mix_file: Path, tmp_path: Path) -> None:
    assert live("push", mix_file, "--ramp", "0s")[0] == 0
    code, out, _ = live("pull", "--like", mix_file)
    strips = {track["id"]: track for track in json.loads(out)["tracks"]}
    assert code == 0
    assert strips["Lead Vox"]["compressor"]["threshold_db"] == pytest.approx(-20.0, abs=0.3)
    assert strips["Kick"]["fader_db"] == pytest.approx(-12.0, abs=0.1)


def test_ab_goes_there_and_back(live: Callable[..., Any], desk: UdpServer, mix_file: Path) -> None:
    assert live("push", mix_file, "--ramp", "0s")[0] == 0
    after = faders(desk)
    code, out, _ = live("ab", "--ramp", "0s")
    assert (code, faders(desk)) == (0, [QUIET] * 4)
    assert "loudness not matched" in out
    code, out, _ = live("ab", "--ramp", "0s", "--offset", "2")
    assert faders(desk) == after
    assert "turned down by 2.0 dB" in out
    with desk.lock:  # the master was at 0 dB, by 40 v - 30
        assert desk.model.state["/main/st/mix/fader"] == pytest.approx((30.0 - 2.0) / 40.0, abs=1 / 1023)
    assert live("undo", "--ramp", "0s")[0] == 0  # of the push, not of the listening
    assert faders(desk) == [QUIET] * 4


def test_a_hand_is_left_alone_until_it_is_unlocked(
    live: Callable[..., Any], desk: UdpServer, mix_file: Path
) -> None:
    with _pushing(desk, mix_file, "8s") as process:
        _until(lambda: faders(desk)[0] != QUIET)
        with desk.lock:
            desk.model.hand("/ch/01/mix/fader", 0.25)
        process.wait(30)
    assert faders(desk)[0] == pytest.approx(0.25, abs=1 / 1023)
    assert faders(desk)[1] != QUIET
    _, _, err = live("push", mix_file, "--ramp", "0s")
    assert "Kick: fader_db is locked" in err
    assert faders(desk)[0] == pytest.approx(0.25, abs=1 / 1023)
    assert "Kick" in live("unlock")[1]
    assert live("push", mix_file, "--ramp", "0s", "--yes")[0] == 0
    assert faders(desk)[0] != pytest.approx(0.25, abs=1 / 1023)


# Another terminal, and a crash.


class _pushing:
    """A push in a process of its own."""

    def __init__(self, desk: UdpServer, mix_file: Path, ramp: str) -> None:
        words = [
            "live",
            "push",
            str(mix_file),
            "--ramp",
            ramp,
            "--desk",
            "x32",
            "--port",
            str(desk.port),
            *FAST,
        ]
        self._command = [sys.executable, "-m", "bridge", *words]

    def __enter__(self) -> "subprocess.Popen[bytes]":
        self.process = subprocess.Popen(
            self._command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL
        )
        return self.process

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()


def _until(true: Callable[[], bool], seconds: float = 30.0) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.01)


def test_panic_from_another_terminal_stops_and_the_second_goes_back(
    live: Callable[..., Any], desk: UdpServer, mix_file: Path
) -> None:
    before = dict(desk.model.state)
    with _pushing(desk, mix_file, "20s"):
        _until(lambda: faders(desk)[0] != QUIET)
        began = time.monotonic()
        code, out, _ = live("panic")
        stopped = faders(desk)
        assert code == 0
        assert "stopped" in out
        assert time.monotonic() - began < 2.0
        time.sleep(0.6)  # two presses in one moment count as one
        assert faders(desk) == stopped
        assert live("panic")[0] == 0
        _until(lambda: faders(desk) == [QUIET] * 4)
    _until(lambda: desk.model.state == before, 5.0)


def test_a_second_mixbridge_is_refused(live: Callable[..., Any], desk: UdpServer, mix_file: Path) -> None:
    with _pushing(desk, mix_file, "20s"):
        _until(lambda: faders(desk)[0] != QUIET)
        code, _, err = live("push", mix_file)
        assert code == 5
        assert "another mixbridge" in err
        assert "push of mix.json" in err


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_after_kill_9_the_desk_is_restored(live: Callable[..., Any], desk: UdpServer, mix_file: Path) -> None:
    before = dict(desk.model.state)
    with _pushing(desk, mix_file, "20s") as process:
        _until(lambda: faders(desk)[0] != QUIET)
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert desk.model.state != before
    push = DeskFolder(f"x32 127.0.0.1:{desk.port}").pushes()[-1]
    assert push.outcome == ""
    assert "never ended" in live("snapshots")[1]
    assert live("restore", "--ramp", "0s")[0] == 0
    assert desk.model.state == before


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for one process")
def test_ctrl_c_holds_and_undo_takes_back(live: Callable[..., Any], desk: UdpServer, mix_file: Path) -> None:
    before = dict(desk.model.state)
    with _pushing(desk, mix_file, "20s") as process:
        _until(lambda: faders(desk)[0] != QUIET)
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=20)
        assert process.returncode == 130
        assert b"live undo" in said
        assert b"nothing was written" not in said
    assert DeskFolder(f"x32 127.0.0.1:{desk.port}").pushes()[-1].outcome == "interrupted"
    assert live("undo", "--ramp", "0s")[0] == 0
    assert desk.model.state == before


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("push", "no such file.json"), 2, "cannot read"),
        (("push", "{mix}", "--ramp", "soon"), 2, "is no time"),
        (("push", "{mix}", "--only", "faders"), 2, "fader"),
        (("push", "{mix}", "--pair", "Kick"), 2, "STRIP=CHANNEL"),
        (("push", "{mix}", "--pair", "Kick=Kik"), 5, "did you mean 'Kick'"),
        (("push", "{mix}", "--desk", "x23"), 2, "did you mean 'x32'"),
        (("push", "{mix}", "--set", "rats=1"), 2, "did you mean 'rate'"),
        (("push", "{mix}", "--set", "rate=fast"), 2, "50 to 20000"),
        (("restore", "99"), 5, "no snapshot 99"),
        (("undo",), 5, "no push"),
        (("ab",), 5, "push first"),
        (("unlock", "Kik"), 5, "not held"),
        (("panic",), 0, "nothing is moving"),
    ],
)
def test_what_cannot_be_done_is_said(
    live: Callable[..., Any], mix_file: Path, words: tuple[str, ...], code: int, says: str
) -> None:
    found, out, err = live(*(str(mix_file) if word == "{mix}" else word for word in words))
    assert found == code
    assert says in out + err


def test_without_any_desk_the_way_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], mix_file: Path
) -> None:
    monkeypatch.setenv("MIXBRIDGE_STATE", str(tmp_path / "nothing here"))
    code, _, err = run(capsys, "push", mix_file)
    assert code == 2
    assert "live connect" in err
