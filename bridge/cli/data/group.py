"""The commands under `mixbridge data`; each is imported when it is called."""

from importlib import import_module
from typing import Any

import click

from bridge.cli.group import COMMANDS
from bridge.cli.options import talk_options
from console.codec import did_you_mean

#: Command → where it is, and what the overview says of it.
DATA_COMMANDS: dict[str, tuple[str, str]] = {
    "build": ("bridge.cli.data.build:build", "Make a store of songs to learn from out of Debian packages."),
    "add": ("bridge.cli.data.add:add", "Put songs of data sets on disk into a store to learn from."),
    "list": ("bridge.cli.data.listing:list_songs", "Say what a published data set on disk holds."),
}


class DataGroup(click.Group):
    """A group that fetches its commands when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names in the order of the work."""
        return list(DATA_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        if cmd_name not in DATA_COMMANDS:
            return None
        module, function = DATA_COMMANDS[cmd_name][0].split(":")
        command: Any = getattr(import_module(module), function)
        return command if isinstance(command, click.Command) else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that the first word names."""
        if args and args[0] not in DATA_COMMANDS and not args[0].startswith("-"):
            ctx.fail(f"there is no command {args[0]!r}{did_you_mean(args[0], list(DATA_COMMANDS))}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the overview from the table, importing nothing."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in DATA_COMMANDS.items()])


@click.group(cls=DataGroup, short_help=COMMANDS["data"][1])
@talk_options
def data() -> None:
    """Songs to learn from and to be measured by: what a data set holds, and what may be made of it.

    \u0008
    mixbridge data list MUSDB18-HQ           songs, tracks, hours, roles, licence
    mixbridge data add Slakh2100 --limit 50  fifty of them to learn from
    """
