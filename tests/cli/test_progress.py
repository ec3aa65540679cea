"""Progress: one line that is written over on a terminal, one line a stage in a log, safe from any thread."""

import io
from concurrent.futures import ThreadPoolExecutor

from bridge.progress import TerminalProgress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def _seen(text: str) -> list[str]:
    """What stands on the terminal in the end, line by line."""
    return [line.rsplit("\r\x1b[K", 1)[-1] for line in text.split("\n")]


def test_a_terminal_ends_with_one_line_a_stage() -> None:
    stream, clock = Terminal(), Clock()
    progress = TerminalProgress(stream, clock=clock)
    for step in range(11):
        clock.now += 0.2
        progress("analyse", step / 10)
    for step in range(11):
        clock.now += 0.1
        progress("render", step / 10)
    progress.close()
    assert _seen(stream.getvalue()) == ["analyse  2.1 s", "render  1.0 s", ""]
    assert " 50%" in stream.getvalue()


def test_a_terminal_is_drawn_ten_times_a_second_at_most() -> None:
    stream, clock = Terminal(), Clock()
    progress = TerminalProgress(stream, clock=clock)
    for step in range(10_000):
        clock.now += 0.0001
        progress("render", step / 10_000)
    assert 9 <= stream.getvalue().count("\r") <= 12


def test_a_log_has_one_line_a_stage_and_no_control_signs() -> None:
    stream = io.StringIO()
    progress = TerminalProgress(stream)
    for stage in ("analyse", "analyse", "render"):
        for done in (0.0, 0.5, 1.0):
            progress(stage, done)
    progress.close()
    assert stream.getvalue() == "analyse …\nrender …\n"


def test_shares_outside_are_drawn_as_the_ends() -> None:
    stream = Terminal()
    progress = TerminalProgress(stream)
    progress("one", -1.0)
    progress("two", 7.0)
    assert "  0%" in stream.getvalue()
    assert "100%" in stream.getvalue()
    assert "700%" not in stream.getvalue()


def test_closing_twice_ends_one_line() -> None:
    stream = Terminal()
    progress = TerminalProgress(stream)
    progress("render", 0.5)
    progress.close()
    progress.close()
    assert stream.getvalue().count("\n") == 1


def test_threads_do_not_tear_lines() -> None:
    stream, clock = Terminal(), Clock()
    progress = TerminalProgress(stream, clock=clock)

    def work(step: int) -> None:
        clock.now += 1.0
        progress("render", step / 1000)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(1000)))
    progress.close()
    pieces = [piece for piece in stream.getvalue().split("\r\x1b[K") if piece]
    assert all(piece.startswith("render  ") and piece.endswith(("%", " s\n")) for piece in pieces)
