"""`mixbridge live watch`: everything that the desk says, in words; recorded, and played again without the desk."""

import json
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bridge.cli.live.desks import chosen_desk, named_option, read_options
from bridge.cli.live.group import LIVE_COMMANDS
from bridge.cli.live.options import read_time
from bridge.cli.live.words import amount_text, show_notes
from bridge.cli.options import PATH, force_option, json_option, talk_options
from bridge.cli.output import note, refuse_existing, say
from bridge.cli.state import State
from console.errors import LinkError

if TYPE_CHECKING:
    from bridge.live.capture import Capture, Passed
    from bridge.live.clock import Clock
    from bridge.live.link import LinkOptions
    from bridge.live.recording import CaptureFile, Listener
    from bridge.live.watching import Heard, Watcher


@click.command(short_help=LIVE_COMMANDS["watch"][1])
@click.option("--raw", is_flag=True, help="Show every message as it passes, both ways.")
@click.option(
    "--record", "record", type=PATH, metavar="FILE", help="Keep everything that passes, to be replayed."
)
@click.option(
    "--replay", "replay", type=PATH, metavar="FILE", help="Play a recording; the desk need not be there."
)
@click.option("--fast", is_flag=True, help="With --replay: all at once, not at the speed it was taken at.")
@click.option("--for", "duration", metavar="TIME", help="Stop after this time: 10s, 500ms.")
@force_option
@named_option
@json_option
@talk_options
@click.pass_obj
def watch(
    state: State,
    /,
    raw: bool,
    record: Path | None,
    replay: Path | None,
    fast: bool,
    duration: str | None,
    force: bool,
    kind: str | None,
    as_json: bool,
    **words: object,
) -> None:
    """Show what the desk says until Ctrl-C: channel, knob, value, and whether a hand or mixbridge moved it.

    Nothing is moved: what goes out only asks. A recording holds every message both ways, with its time and how the desk
    was reached; --replay plays it through the same link, for looking for what went wrong on another computer.
    """
    if replay is not None and (record is not None or kind is not None):
        raise click.UsageError(
            "--replay plays a recording and reaches no desk; leave --record and --desk away"
        )
    if fast and replay is None:
        raise click.UsageError("--fast is about --replay; give that too")
    until_s = read_time(duration, "--for") if duration else None
    teller = _Teller(as_json, raw)
    with ExitStack() as stack:
        if replay is not None:
            _replayed(stack, replay, teller, fast=fast, until_s=until_s)
            return
        chosen, options = chosen_desk(kind, read_options(**words))  # type: ignore[arg-type]
        if record is not None:
            refuse_existing(record, force=force)
        _watched(stack, state, chosen, options, teller, record, until_s)


class _Teller:
    """Writes rows as they come."""

    def __init__(self, as_json: bool, raw: bool) -> None:
        self._json, self._raw = as_json, raw

    def passed(self, one: "Passed") -> None:
        """A message, if those are to be shown."""
        if not self._raw:
            return
        if self._json:
            from bridge.live.capture import written

            self._line(json.dumps({"event": "raw", **json.loads(written(one))}))
        else:
            wire = f"[{one.wire}]" if one.wire else ""
            self._line(f"{one.at_s:9.3f}  {'<' if one.incoming else '>'}{wire} {one.text}")

    def heard(self, row: "Heard") -> None:
        """What a message meant."""
        self._line(json.dumps(row.to_dict()) if self._json else f"{row.at_s:9.3f}  {_words(row)}")

    def begun(self, watcher: "Watcher", what: str) -> None:
        """What the desk is."""
        channels = list(watcher.desk.channels.values())
        if self._json:
            names = [{"key": one.key, "name": one.name, "kind": one.kind} for one in channels]
            self._line(json.dumps({"event": "ready", "desk": what, "channels": names}))
        else:
            self._line(f"{what}: {len(channels)} channels, {len(watcher.desk.values)} knobs known")

    def _line(self, text: str) -> None:
        say(text)
        sys.stdout.flush()


def _words(row: "Heard") -> str:
    if row.control is None:
        if row.event in ("playing", "stopped") and row.value is not None:
            return f"{row.event} at {row.value:.2f} s"
        return f"{row.event}: {row.text}" if row.text else row.event
    value = "" if row.value is None else f" {amount_text(row.control.parameter, row.value)}"
    by = f"  ({row.by})" if row.by else ""
    rest = f"  {row.text}" if row.text else ""
    event = "" if row.event == "moved" else f" {row.event}"
    return f"{row.channel or row.control.channel}: {row.control.parameter}{value}{event}{by}{rest}"


def _watched(
    stack: ExitStack,
    state: State,
    kind: str,
    options: "LinkOptions",
    teller: _Teller,
    record: Path | None,
    until_s: float | None,
) -> None:
    from bridge.live.clock import SystemClock
    from bridge.live.folder import DeskFolder
    from bridge.live.link import desk_identity, open_link
    from bridge.live.recording import CaptureFile, Listener
    from bridge.live.tapping import tapped_by
    from bridge.live.watching import Watcher

    clock = SystemClock()
    identity = desk_identity(kind, options)
    kept: CaptureFile | None = None
    if record is not None:
        kept = stack.enter_context(closing(CaptureFile(record, kind, options, clock)))

    def heard(one: "Passed") -> None:
        if kept is not None:
            kept.keep(one)
        teller.passed(one)

    listener = Listener(clock, heard)
    stack.callback(_summary, listener, kept)
    with tapped_by(listener):
        link = stack.enter_context(closing(open_link(kind, options, clock)))
    watcher = Watcher(link, clock, DeskFolder(identity).path / "journal.jsonl")
    with _until_ctrl_c():
        watcher.begin()
        teller.begun(watcher, identity)
        show_notes(link.traits.notes if state.verbosity > 0 else ())
        end_s = None if until_s is None else clock.now() + until_s
        while end_s is None or clock.now() < end_s:
            for row in watcher.hear():
                teller.heard(row)
            if watcher.lost:
                raise LinkError(watcher.lost)


def _replayed(stack: ExitStack, path: Path, teller: _Teller, *, fast: bool, until_s: float | None) -> None:
    from bridge.live.capture import read_capture
    from bridge.live.clock import ManualClock, SystemClock
    from bridge.live.link import open_link
    from bridge.live.replaying import Replay
    from bridge.live.tapping import tapped_by
    from bridge.live.watching import Watcher

    capture = read_capture(path)
    if capture.torn:
        note(f"{path} ends in the middle of a line; it is played up to there")
    clock: Clock = ManualClock() if fast else SystemClock()
    replay = Replay(capture, clock, teller.passed)
    with tapped_by(replay):
        link = stack.enter_context(closing(open_link(capture.kind, _here(capture), clock)))
    watcher = Watcher(link, clock)
    with _until_ctrl_c():
        watcher.begin()
        teller.begun(watcher, f"replay of {path.name} ({capture.kind})")
        end_s = None if until_s is None else clock.now() + until_s
        while not replay.finished and not watcher.lost and (end_s is None or clock.now() < end_s):
            for row in watcher.hear():
                teller.heard(row)
    note(
        f"{len(capture.passed)} messages of {path.name}: {'all' if replay.finished else 'not all'} were played"
    )


def _here(capture: "Capture") -> "LinkOptions":
    """The options of a capture without what would reach for another computer."""
    settings = tuple((name, value) for name, value in capture.options.settings if name != "http")
    return replace(capture.options, host="127.0.0.1", listen_host="127.0.0.1", settings=settings)


def _summary(listener: "Listener", kept: "CaptureFile | None") -> None:
    for kind, count in listener.refused.items():
        note(f"dropped: {count} {kind}")
    if kept is not None:
        note(f"{kept.lines} messages in {kept.path}")
        if kept.left_out:
            note(f"{kept.left_out} more were left out: the file has reached its largest size")


@contextmanager
def _until_ctrl_c() -> Iterator[None]:
    """Ctrl-C is how watching ends, and no failure."""
    try:
        yield
    except KeyboardInterrupt:
        note("stopped; the desk stands as it stood")
