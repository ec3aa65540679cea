"""The commands under `mixbridge live`; each is imported when it is called."""

from importlib import import_module
from typing import Any

import click

from bridge.cli.group import COMMANDS
from bridge.cli.options import talk_options
from console.codec import did_you_mean

#: Command → where it is, and what the overview says of it.
LIVE_COMMANDS: dict[str, tuple[str, str]] = {
    "connect": ("bridge.cli.live.connect:connect", "Find a desk, and pair its channels with a mix."),
    "push": ("bridge.cli.live.push:push", "Move the desk to a mix, or part of the way."),
    "pull": ("bridge.cli.live.pull:pull", "Read the desk into a mix file."),
    "play": ("bridge.cli.live.play:play", "Play a mix's fader moves while the song goes on."),
    "session": ("bridge.cli.live.session:session", "Work on a desk together: hands and mix."),
    "watch": ("bridge.cli.live.watch:watch", "Show what the desk says; record and replay it."),
    "undo": ("bridge.cli.live.back:undo", "Take back the last push."),
    "restore": ("bridge.cli.live.back:restore", "Go back to a snapshot."),
    "panic": ("bridge.cli.live.back:panic", "Stop at once; again: go back to the snapshot."),
    "ab": ("bridge.cli.live.back:ab", "Switch between before and after at matched loudness."),
    "snapshots": ("bridge.cli.live.show:snapshots", "List the snapshots and pushes of a desk."),
    "surface": ("bridge.cli.live.surface:surface", "Write layouts for TouchOSC and Open Stage Control."),
    "reaper-pattern": ("bridge.cli.live.reaper_pattern:reaper_pattern", "The OSC pattern file for REAPER."),
    "unlock": ("bridge.cli.live.show:unlock", "Take back channels that a hand has moved."),
}


class LiveGroup(click.Group):
    """A group that fetches its commands when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names in the order of the work."""
        return list(LIVE_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        if cmd_name not in LIVE_COMMANDS:
            return None
        module, function = LIVE_COMMANDS[cmd_name][0].split(":")
        command: Any = getattr(import_module(module), function)
        return command if isinstance(command, click.Command) else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that the first word names."""
        if args and args[0] not in LIVE_COMMANDS and not args[0].startswith("-"):
            ctx.fail(f"there is no command {args[0]!r}{did_you_mean(args[0], list(LIVE_COMMANDS))}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the overview from the table, importing nothing."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in LIVE_COMMANDS.items()])


@click.group(cls=LiveGroup, short_help=COMMANDS["live"][1])
@talk_options
def live() -> None:
    """Move a real desk over OSC or MIDI: every move planned, shown, ramped, read back, and kept for undo.

    \u0008
    mixbridge live connect reaper            find the desk
    mixbridge live push OUT/mix.json -n      what would move
    mixbridge live push OUT/mix.json         move it
    mixbridge live undo                      take it back
    """
