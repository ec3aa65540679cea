"""`mixbridge live session` by lines: orders in, what happens out, as text and as JSON."""

import io
import json
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

import click
import live_kind
import pytest
from live_desks import band

from bridge.cli import main
from bridge.cli.live import session as command
from bridge.cli.live.terminal.lines import LineReader
from bridge.live.link import LINKS
from bridge.live.session import LiveSession
from bridge.live.values import Control
from console.mix import Mix, TrackStrip, dump_mix

FADERS = {"Kick": -4.0, "Snare": -6.0, "Bass": -5.0, "Lead Vox": -3.0}
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def mix_file(tmp_path: Path) -> Path:
    path = tmp_path / "mix.json"
    tracks = tuple(TrackStrip(name, fader_db=level) for name, level in FADERS.items())
    path.write_text(dump_mix(Mix(48_000, tracks)), encoding="utf-8")
    return path


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """`run("apply\\nquit", "--mix", …)`: exit code, stdout, stderr."""
    monkeypatch.setenv("MIXBRIDGE_STATE", str(tmp_path / "state"))
    monkeypatch.setitem(LINKS, "memory", live_kind.KIND)
    monkeypatch.setattr(live_kind.SHELF, "desk", band())

    def call(orders: str, *words: str | Path) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "stdin", io.StringIO(orders))
        code = main(
            [
                *("live", "session", "--desk", "memory", "--ramp", "100ms", "--only", "fader"),
                *("--remote", "0"),
                *map(str, words),
            ]
        )
        shown = capsys.readouterr()
        return code, shown.out, shown.err

    return call


def faders() -> list[float]:
    return [live_kind.SHELF.desk.values[Control(key, "fader_db")] for key in "1234"]


def test_quit_moves_nothing(run: Run, mix_file: Path) -> None:
    code, out, err = run("quit\n", "--mix", mix_file)
    assert code == 0
    assert faders() == [0.0] * 4
    assert "proposed: 4 moves" in out
    assert "Lead Vox: fader_db 0.0 → -3.0 dB" in out
    assert "the desk stays as it stands" in err
    assert "undo" not in err


def test_the_end_of_the_orders_ends_it(run: Run, mix_file: Path) -> None:
    assert run("", "--mix", mix_file)[0] == 0


def test_orders_wait_for_each_other(run: Run, mix_file: Path) -> None:
    code, out, err = run("apply\nab\nab B\nundo\nundo\nquit\n", "--mix", mix_file)
    assert code == 0
    assert faders() == [0.0] * 4
    assert "apply: done" in out
    assert "loudness not matched: nobody knows" in out
    assert "`mixbridge live restore 1` all of them" in err


def test_amounts_locks_and_the_yes(run: Run, mix_file: Path) -> None:
    orders = "amount 50\nlock lead vox\namount fader 60\napply\nstatus\nunlock Lead Vox\nchannels\nquit\n"
    code, out, _ = run(orders, "--mix", mix_file)
    assert code == 0
    assert faders() == pytest.approx([-1.2, -1.8, -1.5, 0.0], abs=0.06)
    assert "Lead Vox is yours" in out
    assert "Lead Vox is moved by mixbridge again" in out


@pytest.mark.parametrize(
    ("order", "says"),
    [
        ("aply", "did you mean 'apply'"),
        ("amount", "takes a percentage"),
        ("amount 101", "give 0 to 100"),
        ("amount eq 50", "it moves fader"),
        ("lock Kik", "did you mean 'Kick'"),
        ("auto", "`auto on`"),
        ("ab C", "'C' does not go with ab"),
        ("restore", "nothing was moved"),
        ("undo", "no push"),
        ("ab", "apply something first"),
    ],
)
def test_a_wrong_order_is_answered_and_nothing_moves(run: Run, mix_file: Path, order: str, says: str) -> None:
    code, out, _ = run(f"{order}\nquit\n", "--mix", mix_file)
    assert code == 0
    assert says in out
    assert faders() == [0.0] * 4


def test_json_is_one_object_a_line(run: Run, mix_file: Path) -> None:
    code, out, _ = run("apply\nstatus\nchannels\nhelp\nquit\n", "--mix", mix_file, "--json")
    assert code == 0
    events = [json.loads(line) for line in out.splitlines()]
    names = [event["event"] for event in events]
    assert names[0] == "ready"
    assert events[0]["port"] > 0
    proposed = next(event for event in events if event["event"] == "proposed")
    assert {(one["channel"], one["to"]) for one in proposed["moves"]} == set(FADERS.items())
    moved = next(event for event in events if event["event"] == "moved")
    assert moved["status"] == "done"
    assert moved["confirmed"] == 4
    status = next(event for event in events if event["event"] == "status")
    assert status["pending"] == 0
    channels = next(event for event in events if event["event"] == "channels")
    assert [one["level_db"] for one in channels["channels"][:4]] == list(FADERS.values())


def test_by_itself_with_auto(run: Run, mix_file: Path) -> None:
    code, _, _ = run("status\nquit\n", "--mix", mix_file, "--auto")
    assert code == 0
    assert faders() == list(FADERS.values())


def test_locks_of_the_command_line(run: Run, mix_file: Path) -> None:
    code, _, _ = run("apply\nquit\n", "--mix", mix_file, "--lock", "Bass")
    assert code == 0
    assert faders() == [-4.0, -6.0, 0.0, -3.0]


def test_without_a_mix_there_are_ways_back_only(run: Run, mix_file: Path) -> None:
    run("apply\nquit\n", "--mix", mix_file)
    code, out, err = run("apply\namount 50\nundo\nquit\n")
    assert code == 0
    assert "nothing to go to" in err
    assert "no mix to go to" in out
    assert faders() == [0.0] * 4


def test_hands_are_told_and_balanced_around(
    run: Run, mix_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    step, done = LiveSession.step, []

    def stepped(session: LiveSession, timeout_s: float = 0.05) -> None:
        if session.last is not None and not done:
            done.append(True)
            live_kind.SHELF.desk.move(Control("1", "fader_db"), -1.0)
        step(session, timeout_s)

    monkeypatch.setattr(LiveSession, "step", stepped)
    code, out, _ = run("apply\nstatus\nmoves\nquit\n", "--mix", mix_file)
    assert code == 0
    assert "hand: Kick: fader_db to -1.0 dB; the channel is yours" in out
    assert "since your hand moved 'Kick' by +3.0 dB" in out


def test_a_lost_desk_ends_it_with_its_code(run: Run, mix_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    step = LiveSession.step

    def stepped(session: LiveSession, timeout_s: float = 0.05) -> None:
        live_kind.SHELF.desk.alive = False
        step(session, timeout_s)

    monkeypatch.setattr(LiveSession, "step", stepped)
    code, _, err = run("", "--mix", mix_file, "--auto")
    assert code == 5
    assert "does not answer" in err
    assert "the desk stays as it stands" in err


def test_ctrl_c_leaves_the_desk_and_tells_the_way_back(
    run: Run, mix_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(control: Control, value: float) -> None:
        live_kind.SHELF.desk.values[control] = value
        raise KeyboardInterrupt

    opened = live_kind.open_link

    def opening(*how: object) -> object:
        link = opened(*how)  # type: ignore[arg-type]
        link.set = interrupted  # type: ignore[method-assign]
        return link

    monkeypatch.setattr(live_kind, "open_link", opening)
    code, _, err = run("apply\n", "--mix", mix_file)
    assert code == 130
    stood = faders()
    assert stood != [0.0] * 4
    assert "`mixbridge live restore 1` all of them" in err
    assert "nothing was written" not in err
    monkeypatch.setattr(live_kind, "open_link", opened)
    assert main(["live", "restore", "1", "--desk", "memory", "--ramp", "0s"]) == 0
    assert faders() == [0.0] * 4


def test_a_second_session_is_refused(run: Run, mix_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from bridge.live.folder import DeskFolder
    from bridge.live.link import LinkOptions, desk_identity

    with DeskFolder(desk_identity("memory", LinkOptions())).at_the_desk("the first"):
        code, _, err = run("apply\nquit\n", "--mix", mix_file)
    assert code == 5
    assert "the first" in err
    assert faders() == [0.0] * 4


@pytest.mark.parametrize("word", ["no port", "1.2.3.4", "70000", ":"])
def test_a_place_that_is_none(word: str) -> None:
    with pytest.raises(click.BadParameter, match="names no port"):
        command.read_remote(word)


def test_lines_from_a_pipe_come_whole(tmp_path: Path) -> None:
    source, sink = os.pipe()
    with os.fdopen(source, encoding="utf-8") as stream:
        reader = LineReader(stream)
        os.write(sink, b"am")
        time.sleep(0.02)
        assert reader.next() is None
        os.write(sink, b"ount 50\n\napply\nqu")
        os.close(sink)
        found: list[str] = []
        until_s = time.monotonic() + 5.0
        while not reader.ended and time.monotonic() < until_s:
            line = reader.next()
            if line is not None:
                found.append(line)
        assert found == ["amount 50", "apply", "qu"]
