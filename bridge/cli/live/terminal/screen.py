"""A terminal as a screen with keys, asked and drawn by the session's own loop: no thread, no loop of its own."""

from contextlib import ExitStack
from types import TracebackType
from typing import TYPE_CHECKING, Self

from bridge.cli.live.terminal.view import Line

if TYPE_CHECKING:
    from prompt_toolkit.input import Input
    from prompt_toolkit.output import Output


class Screen:
    """The terminal of this process, given back as it was at the end.

    Args:
        keyboard: where keys come from; the terminal unless given.
        display: what is drawn on; the terminal unless given.
    """

    def __init__(self, keyboard: "Input | None" = None, display: "Output | None" = None) -> None:
        from prompt_toolkit.input import create_input
        from prompt_toolkit.output import create_output

        self._keyboard = keyboard or create_input()
        self._display = display or create_output()
        self._shown: list[Line] = []
        self._size = (0, 0)
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        display = self._display
        self._stack.enter_context(self._keyboard.raw_mode())
        self._stack.callback(self._leave)
        display.enter_alternate_screen()
        display.hide_cursor()
        display.disable_autowrap()
        display.flush()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def _leave(self) -> None:
        display = self._display
        display.reset_attributes()
        display.enable_autowrap()
        display.show_cursor()
        display.quit_alternate_screen()
        display.flush()

    @property
    def gone(self) -> bool:
        """Whether the terminal was closed."""
        return self._keyboard.closed

    @property
    def size(self) -> tuple[int, int]:
        """Columns and rows."""
        size = self._display.get_size()
        return max(size.columns, 20), max(size.rows, 8)

    def keys(self) -> list[str]:
        """The keys that were pressed: a character, or a name such as "up" or "c-c"."""
        return [getattr(press.key, "value", press.key) for press in self._keyboard.read_keys()]

    def draw(self, lines: list[Line]) -> None:
        """Show these lines; only what differs is sent, all of it after the size has changed."""
        display = self._display
        size = self.size
        if size != self._size:
            self._size, self._shown = size, []
            display.reset_attributes()
            display.erase_screen()
        for number, line in enumerate(lines):
            if number < len(self._shown) and self._shown[number] == line:
                continue
            display.cursor_goto(number + 1, 1)
            self._look(line.look)
            display.write(line.text)
            display.reset_attributes()
        self._shown = list(lines)
        display.flush()

    def _look(self, look: str) -> None:
        if not look:
            return
        from prompt_toolkit.output import ColorDepth
        from prompt_toolkit.styles import DEFAULT_ATTRS

        attributes = DEFAULT_ATTRS._replace(bold="bold" in look, reverse="reverse" in look)
        self._display.set_attributes(attributes, ColorDepth.DEPTH_1_BIT)
