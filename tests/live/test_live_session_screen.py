"""The screen of a live session: readable at any size, its keys, and the terminal given back as it was."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from live_desks import Faults, FaultyLink, band
from prompt_toolkit.data_structures import Size
from prompt_toolkit.input import PipeInput, create_pipe_input
from prompt_toolkit.output import DummyOutput
from prompt_toolkit.utils import get_cwidth

from bridge.cli.live.terminal.keyboard import Keyboard
from bridge.cli.live.terminal.orders import Quit
from bridge.cli.live.terminal.screen import Screen
from bridge.cli.live.terminal.view import KEYS, View, screen
from bridge.live.balance import Balance
from bridge.live.clock import ManualClock
from bridge.live.memory import MemoryDesk
from bridge.live.rig import connected
from bridge.live.session import LiveSession
from bridge.live.values import Control
from console.mix import Mix, Reason, TrackStrip, dump_mix

ROOT = Path(__file__).resolve().parents[2]
FADERS = {"Kick": -4.0, "Snare": -6.0, "Bass": -5.0, "Lead Vox": -3.0}


def target(names: dict[str, float] | None = None) -> Mix:
    tracks = [
        TrackStrip(name, fader_db=level, reasons=(Reason("fader_db", f"{name} leaves room"),))
        for name, level in (names or FADERS).items()
    ]
    return Mix(48_000, tuple(tracks))


class Paper(DummyOutput):
    """A terminal of cells."""

    def __init__(self, columns: int = 80, rows: int = 24) -> None:
        self.size = Size(rows=rows, columns=columns)
        self.rows: dict[int, str] = {}
        self.row = 0
        self.written = 0
        self.said: list[str] = []

    def get_size(self) -> Size:
        return self.size

    def erase_screen(self) -> None:
        self.rows = {}

    def cursor_goto(self, row: int = 0, column: int = 0) -> None:
        self.row = row

    def write(self, data: str) -> None:
        self.rows[self.row] = data
        self.written += len(data)

    def enter_alternate_screen(self) -> None:
        self.said.append("enter")

    def quit_alternate_screen(self) -> None:
        self.said.append("quit")

    def hide_cursor(self) -> None:
        self.said.append("hide")

    def show_cursor(self) -> None:
        self.said.append("show")

    @property
    def text(self) -> str:
        return "\n".join(self.rows[row] for row in sorted(self.rows))


class Bench:
    """A session in memory with a screen that a test reads and keys that it presses."""

    def __init__(
        self, folder: Path, keyboard: PipeInput, desk: MemoryDesk | None = None, **how: object
    ) -> None:
        self.memory = desk or band()
        self.clock = ManualClock()
        self.link = FaultyLink(self.memory, self.clock, Faults(), 1)
        self.opened = connected(self.link, self.clock, identity="memory", root=folder)
        rig = self.opened.__enter__()
        names = {track.name: -5.0 for track in self.memory.channels if track.kind == "track"}
        mix = target({**names, **{name: level for name, level in FADERS.items() if name in names}})
        self.session = LiveSession(
            rig,
            mix,
            rig.pair(mix),
            amounts={"fader": 1.0, "pan": 1.0},
            ramp_s=1.0,
            balance=Balance(),
            **how,  # type: ignore[arg-type]
        )
        self.paper = Paper()
        self.pipe = keyboard
        self.leave = Quit()
        self.terminal = Screen(keyboard, self.paper)
        self.keyboard = Keyboard(self.session, self.terminal, View("memory  mix.json"), self.leave)
        self.session.ears.append(self.keyboard.hear)
        rig.told = self.keyboard.told

    def press(self, keys: str, steps: int = 6) -> None:
        self.pipe.send_text(keys)
        self.steps(steps)

    def steps(self, count: int = 6) -> None:
        for _ in range(count):
            self.session.step(0.06)

    def while_moving(self, what: Callable[[], object], after_s: float = 0.3) -> None:
        due: list[float] = []

        def ear() -> None:
            if self.session.moving and not due:
                due.append(self.clock.now() + after_s)
            if due and self.clock.now() >= due[0]:
                due[0] = float("inf")
                what()

        self.session.ears.insert(0, ear)

    def faders(self) -> list[float]:
        return [round(self.memory.values[Control(key, "fader_db")], 3) for key in "1234"]


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    with create_pipe_input() as keyboard:
        yield Bench(tmp_path, keyboard)


# What is shown.


@pytest.mark.parametrize("size", [(80, 24), (20, 8), (40, 12), (61, 9), (132, 50), (300, 100)])
@pytest.mark.parametrize("chosen", [0, 3, 99])
def test_every_size_is_filled_and_nothing_is_wider(bench: Bench, size: tuple[int, int], chosen: int) -> None:
    bench.steps()
    for view in (View(chosen=chosen), View(help=True), View(every_move=True, hint="look")):
        lines = screen(bench.session, view, *size)
        assert len(lines) == size[1]
        assert {get_cwidth(line.text) for line in lines} == {size[0]}


def test_80_by_24_shows_what_counts(bench: Bench) -> None:
    bench.steps()
    text = bench.paper.text
    for word in ("Kick", "Lead Vox", "Reverb", "-4.0 dB", "8 moves proposed", "fader_db  0.0 → -4.0 dB"):
        assert word in text
    assert "Kick leaves room" in text
    assert "SPACE PANIC!" in text
    assert "q quit" in text
    assert "[all 100]" in text
    assert "in 0/s" in text


def test_the_help_has_every_key_and_each_is_known(bench: Bench) -> None:
    bench.press("?")
    for name, _ in KEYS:
        assert name in bench.paper.text
    bench.press("?")
    assert "proposed for Kick" in bench.paper.text


def test_names_of_any_kind_do_not_break_the_lines(tmp_path: Path) -> None:
    names = ("鼓と歌の録音とても長い名前です", "\x1b[2Jred\r\n", "e\u0301lectric", "x" * 300, "")
    with create_pipe_input() as keyboard:
        odd = Bench(tmp_path, keyboard, band(names))
        odd.steps()
        lines = screen(odd.session, View(every_move=True), 80, 30)
        assert {get_cwidth(line.text) for line in lines} == {80}
        assert "\x1b" not in odd.paper.text
        assert "\\x1b[2Jred" in odd.paper.text


def test_state_is_said_in_words_and_not_by_looks_alone(bench: Bench) -> None:
    bench.steps()
    seen: list[str] = []
    bench.while_moving(lambda: seen.append(bench.paper.text), 0.5)
    bench.press("a")
    assert "MOVING" in seen[0]
    assert "SPACE stops it" in seen[0]
    assert "side B" in bench.paper.text
    bench.press(" ")
    assert "PANIC" in bench.paper.text
    bench.press("l")
    assert "yours: locked by you" in bench.paper.text
    assert "> Kick" in bench.paper.text
    bench.press("t")
    assert "automatic" in bench.paper.text


def test_many_channels_scroll_with_the_choice(tmp_path: Path) -> None:
    with create_pipe_input() as keyboard:
        long = Bench(tmp_path, keyboard, band(f"Track {n:02d}" for n in range(60)))
        long.steps()
        assert "> Track 00" in long.paper.text
        assert "Track 40" not in long.paper.text
        long.press("\x1b[6~" * 4)
        assert "> Track 40" in long.paper.text
        assert "of 62" in long.paper.text
        long.press("\x1b[6~" * 9)
        assert "> Master" in long.paper.text
        long.press("\x1b[5~" * 9)
        assert "> Track 00" in long.paper.text


def test_a_hand_shows_with_its_reason(bench: Bench) -> None:
    bench.press("a", 40)
    bench.memory.move(Control("1", "fader_db"), 1.0)
    bench.steps()
    assert "your hand: Kick: fader_db" in bench.paper.text
    assert "yours: fader_db moved to 1" in bench.paper.text
    bench.press("\x1b[B")
    assert "dB, since your hand moved 'Kick' by +5.0 dB" in bench.paper.text


def test_only_what_changed_is_written_and_all_after_a_resize(bench: Bench) -> None:
    bench.steps(20)
    before = bench.paper.written
    bench.steps(20)
    assert bench.paper.written == before
    bench.paper.size = Size(rows=30, columns=100)
    bench.steps()
    assert len(bench.paper.rows) == 30
    assert {get_cwidth(row) for row in bench.paper.rows.values()} == {100}


def test_warnings_are_shown_and_go_away(bench: Bench) -> None:
    import logging

    from bridge.cli.live.loop import _warnings_on_screen

    with _warnings_on_screen(bench.keyboard):
        logging.getLogger("bridge.live.test").warning("the desk is odd")
        bench.steps()
        assert "! the desk is odd" in bench.paper.text
        bench.steps(100)
        assert "the desk is odd" not in bench.paper.text


# Keys.


def test_apply_undo_and_ab(bench: Bench) -> None:
    bench.steps()
    assert bench.faders() == [0.0] * 4
    bench.press("a", 40)
    assert bench.faders() == list(FADERS.values())
    bench.press("x", 40)
    assert bench.faders() == [0.0] * 4
    bench.press("x", 40)
    bench.press("u", 40)
    assert bench.faders() == [0.0] * 4


def test_the_space_bar_stops_at_once_and_again_goes_back(bench: Bench) -> None:
    bench.steps()
    bench.while_moving(lambda: bench.pipe.send_text("u \x1b[Bq"))
    bench.press("a", 40)
    stopped = bench.faders()
    assert stopped != [0.0] * 4
    assert stopped != list(FADERS.values())
    assert not bench.leave.wanted
    bench.press(" ", 40)
    assert bench.faders() == [0.0] * 4


@pytest.mark.parametrize("key", ["A", "r"])
def test_what_goes_far_wants_to_be_pressed_twice(bench: Bench, key: str) -> None:
    bench.press("a", 40)
    bench.session.set_amount("", 0.5, "a test")
    bench.press(key, 80)
    assert bench.faders() == list(FADERS.values())
    bench.press(f"{key}l", 80)
    assert bench.faders() == list(FADERS.values())
    bench.press(f"{key}{key}", 40)
    assert bench.faders() != list(FADERS.values())


def test_amounts_of_all_and_of_parts(bench: Bench) -> None:
    bench.press("--")
    assert bench.session.amount("") == pytest.approx(0.9)
    bench.press("\x1b[C-")
    assert bench.session.amount("fader") == pytest.approx(0.95)
    assert "[fader 95]" in bench.paper.text
    bench.press("\x1b[D" + "+" * 10)
    assert bench.session.amount("") == 1.0
    assert bench.faders() == [0.0] * 4


def test_a_channel_is_locked_and_given_back(bench: Bench) -> None:
    bench.press("\x1b[B\x1b[Bl")
    assert bench.session.locked("3")
    bench.press("l")
    assert not bench.session.locked("3")


def test_without_a_mix_the_amounts_say_so(bench: Bench) -> None:
    bench.session.mix = None
    bench.press("+")
    assert "no mix to go to" in bench.paper.text


def test_quit_moves_nothing_and_waits_for_a_move(bench: Bench) -> None:
    bench.press("q")
    assert bench.leave.wanted
    assert bench.faders() == [0.0] * 4
    bench.leave.wanted = False
    bench.while_moving(lambda: bench.pipe.send_text("q"))
    bench.press("a", 3)
    assert bench.leave.wanted
    assert bench.faders() == list(FADERS.values())


def test_ctrl_c_stops_where_it_is(bench: Bench) -> None:
    bench.steps()
    bench.while_moving(lambda: bench.pipe.send_text("\x03"))
    with pytest.raises(KeyboardInterrupt):
        bench.press("a", 40)
    assert bench.faders() != [0.0] * 4
    assert bench.faders() != list(FADERS.values())
    assert bench.session.began == 1


def test_a_terminal_that_is_gone_ends_it(bench: Bench) -> None:
    bench.steps()
    bench.pipe.close()
    with pytest.raises(KeyboardInterrupt):
        bench.steps()


def test_strange_keys_do_nothing(bench: Bench) -> None:
    bench.press("\x1bOP\x1b[15~\x1b[200~apply\x1b[201~\x00\x7f\tzZ€語")
    assert bench.faders() == [0.0] * 4
    assert not bench.leave.wanted


def test_the_terminal_is_given_back_whatever_happens(bench: Bench) -> None:
    with pytest.raises(ValueError, match="anything"), bench.terminal:
        raise ValueError("anything")
    assert bench.paper.said == ["enter", "hide", "show", "quit"]


# A real terminal.

_PROGRAM = """
import sys
import live_kind
from bridge.cli import main
from bridge.live.link import LINKS
LINKS["memory"] = live_kind.KIND
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no pseudo-terminals of this kind")
@pytest.mark.parametrize("how", ["q", "\x03"])
def test_a_real_terminal_is_filled_and_given_back(tmp_path: Path, how: str) -> None:
    import pty
    import select
    import subprocess
    import termios

    mix = tmp_path / "mix.json"
    mix.write_text(dump_mix(replace(target())), encoding="utf-8")
    ours, theirs = pty.openpty()
    before = termios.tcgetattr(theirs)
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests" / "support")]),
        "MIXBRIDGE_STATE": str(tmp_path / "state"),
        "TERM": "xterm",
        "LINES": "24",
        "COLUMNS": "80",
    }
    words = ("live", "session", "--desk", "memory", "--mix", str(mix), "--remote", "0", "--ramp", "100ms")
    shown = b""

    def wait_for(text: bytes) -> None:
        nonlocal shown
        until_s = time.monotonic() + 60.0
        while text not in shown and time.monotonic() < until_s:
            if select.select([ours], [], [], 0.1)[0]:
                shown += os.read(ours, 65_536)
        assert text in shown, shown[-2000:]

    with subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, *words],
        stdin=theirs,
        stdout=theirs,
        stderr=subprocess.PIPE,
        env=environment,
    ) as process:
        try:
            wait_for(b"moves proposed")
            os.write(ours, b"a")
            wait_for(b"side B")
            os.write(ours, how.encode())
            until_s = time.monotonic() + 30.0
            while process.poll() is None and time.monotonic() < until_s:
                if select.select([ours], [], [], 0.1)[0]:
                    shown += os.read(ours, 65_536)
            assert process.returncode == (0 if how == "q" else 130)
        finally:
            process.kill()
        assert process.stderr is not None
        told = process.stderr.read().decode("utf-8")
    assert "the desk stays as it stands" in told
    assert "`mixbridge live restore 1` all of them" in told
    assert "Traceback" not in told
    assert b"\x1b[?1049h" in shown
    assert termios.tcgetattr(theirs) == before
    os.close(ours)
    os.close(theirs)
