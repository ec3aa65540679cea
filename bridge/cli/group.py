"""The list of commands; each is imported when it is called, so that help costs nothing."""

from importlib import import_module
from typing import Any

import click

from console.codec import did_you_mean

#: Command → where it is (module:function), and what the overview says of it.
COMMANDS: dict[str, tuple[str, str]] = {
    "mix": ("bridge.cli.mix:mix", "Do the whole job: a mix, its parameters, a DAW project and a report."),
    "analyse": ("bridge.cli.analyse:analyse", "Read and measure a session, and say what is wrong with it."),
    "recover": ("bridge.cli.recover:recover", "Find the strips behind a finished mix of these stems."),
    "prune": ("bridge.cli.prune:prune", "Drop the processors of a mix file that are not worth having."),
    "suggest": ("bridge.cli.suggest:suggest", "Set every strip and write mix.json; render nothing."),
    "render": ("bridge.cli.render:render", "Render a mix file to a WAV."),
    "export": ("bridge.cli.export:export", "Hand a mix file to DAWs."),
    "report": ("bridge.cli.report:report", "Write the report of a mix file."),
    "compare": ("bridge.cli.compare:compare", "Say what changed between two mixes, or two projects."),
    "blend": ("bridge.cli.compare:blend", "Make the mix between two mix files."),
    "evaluate": ("bridge.cli.evaluate:evaluate", "Compare systems that mix, every term apart."),
    "train": ("bridge.cli.train:train", "Learn a network's weights from a store of songs."),
    "weights": ("bridge.cli.weights:weights", "List, check, show and export what networks have learned."),
    "params": ("bridge.cli.tables:params", "List every parameter: unit, range, default, scale."),
    "presets": ("bridge.cli.tables:presets", "List targets, styles, roles, estimators; save styles."),
    "plugins": ("bridge.cli.plugins:plugins", "Find plugins, try them, show their parameters."),
    "live": ("bridge.cli.live:live", "Move a real desk over OSC or MIDI, and take it back."),
    "data": ("bridge.cli.data.group:data", "Say what a data set on disk holds; build one to learn from."),
    "schema": ("bridge.cli.tables:schema", "Print the JSON Schema of a mix file."),
    "doctor": ("bridge.cli.doctor:doctor", "Say what is here, what is missing, and what to do about it."),
}

#: What commands were called before.
FORMER: dict[str, str] = {"diff": "compare"}


class CommandGroup(click.Group):
    """A group that knows its commands by name and fetches them when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names in the order of the work."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command."""
        cmd_name = FORMER.get(cmd_name, cmd_name)
        if cmd_name not in COMMANDS:
            return None
        module, function = COMMANDS[cmd_name][0].split(":")
        command: Any = getattr(import_module(module), function)
        return command if isinstance(command, click.Command) else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that the first word names."""
        if args and args[0] not in {*COMMANDS, *FORMER} and not args[0].startswith("-"):
            ctx.fail(f"there is no command {args[0]!r}{did_you_mean(args[0], list(COMMANDS))}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the overview from the table, importing nothing."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])
