"""Where the command starts, and where every error becomes one line and an exit code."""

import signal
import sys
import threading
import traceback
from collections.abc import Sequence
from types import FrameType

import click

from bridge.cli.group import CommandGroup
from bridge.cli.output import plain, version_text
from bridge.cli.state import State
from console.errors import MixbridgeError

EXIT_UNEXPECTED = 1
EXIT_INTERRUPTED = 130
EXIT_TERMINATED = 143


def _show_version(context: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted and not context.resilient_parsing:
        click.echo(version_text())
        context.exit()


@click.group(
    cls=CommandGroup,
    name="mixbridge",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_show_version,
    help="Say the version.",
)
def cli() -> None:
    """A mixing engine beside the DAW: stems in; a mix, an editable project and a report out.

    \u0008
    mixbridge mix STEMS -o OUT         the whole job
    mixbridge mix STEMS -o OUT -n      what it would do, without doing it
    """


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code.

    Args:
        arguments: the words after the command's name; None takes them from the command line.
    """
    _forgiving_streams()
    state = State()
    try:
        with _termination_as_exit():
            result = cli.main(
                args=None if arguments is None else list(arguments),
                prog_name="mixbridge",
                standalone_mode=False,
                obj=state,
            )
        return result if isinstance(result, int) else 0
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except MixbridgeError as error:
        return _complain(state, error, str(error), error.exit_code)
    except (click.Abort, KeyboardInterrupt):
        state.close()
        click.echo("mixbridge: interrupted; nothing was written", err=True)
        return EXIT_INTERRUPTED
    except OSError as error:
        return _complain(state, error, _os_error_text(error), EXIT_UNEXPECTED)
    except MemoryError as error:
        return _complain(
            state, error, "out of memory; close other programs, or give fewer threads by -j", EXIT_UNEXPECTED
        )
    except Exception as error:  # the last resort: whatever it is, say so in one line
        text = (
            f"unexpected {type(error).__name__}: {error}; this is a bug in mixbridge, please report it "
            "with the output of the same command and -vv"
        )
        return _complain(state, error, text, EXIT_UNEXPECTED)


def _complain(state: State, error: BaseException, text: str, code: int) -> int:
    state.close()
    if state.show_tracebacks:
        click.echo("".join(traceback.format_exception(error)), err=True, nl=False)
    click.echo(f"mixbridge: {plain(text)}", err=True)
    return code


def _os_error_text(error: OSError) -> str:
    place = f"{error.filename}: " if error.filename is not None else ""
    return f"{place}{error.strerror or error}; check the path, its permissions and the free space"


def _forgiving_streams() -> None:
    """A file name, or a sign that the terminal's encoding lacks, is printed escaped rather than a crash."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


class _termination_as_exit:  # reads as a phrase: with _termination_as_exit()
    """Makes a polite kill unwind the stack, so that temporary files are removed as they are after Ctrl-C."""

    def __enter__(self) -> None:
        self._before = None
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGTERM, self._leave)

    def __exit__(self, *_: object) -> None:
        if self._before is not None:
            signal.signal(signal.SIGTERM, self._before)

    @staticmethod
    def _leave(_signal: int, _frame: FrameType | None) -> None:
        raise SystemExit(EXIT_TERMINATED)
