"""`mixbridge live surface`: layouts for touch surfaces that steer a live session."""

from pathlib import Path

import click

from bridge.cli.live.desks import chosen_desk, named_option, open_rig, read_options
from bridge.cli.live.group import LIVE_COMMANDS
from bridge.cli.options import PATH, force_option, talk_options
from bridge.cli.output import note, say
from bridge.cli.state import State

#: The words of --to; `presets.surfaces.SURFACES` has the same, which a test sees to.
KINDS = ("touchosc", "openstagecontrol")


@click.command(short_help=LIVE_COMMANDS["surface"][1])
@click.option(
    "--to",
    "kinds",
    multiple=True,
    type=click.Choice(KINDS),
    help="For which program; for all unless given; repeatable.",
)
@click.option(
    "-o", "--output", "folder", type=PATH, required=True, metavar="FOLDER", help="Where the files go."
)
@click.option(
    "--mix", "mix_file", type=PATH, metavar="MIX", help="Name the strips as this mix does; no desk is asked."
)
@click.option(
    "--blank", is_flag=True, help="Leave the names to mixbridge, which fills them in while it runs."
)
@click.option(
    "--mixbridge-host",
    "seen_host",
    default="127.0.0.1",
    show_default=True,
    metavar="HOST",
    help="The computer that mixbridge runs on, as the surface sees it.",
)
@click.option(
    "--mixbridge-port",
    "remote_port",
    type=click.IntRange(1, 65535),
    default=9720,
    show_default=True,
    metavar="N",
    help="The port that it listens on there.",
)
@force_option
@named_option
@talk_options
@click.pass_obj
def surface(
    state: State,
    /,
    kinds: tuple[str, ...],
    folder: Path,
    mix_file: Path | None,
    blank: bool,
    seen_host: str,
    remote_port: int,
    force: bool,
    kind: str | None,
    **words: object,
) -> None:
    """Write layouts for TouchOSC and Open Stage Control: panic, A/B, undo, amounts, locks, eight strips a page.

    The strips are those of the desk, in its order, or of --mix; either way mixbridge writes the true names onto them
    while it runs, since a strip is called by its number.
    """
    from bridge.live.remote.layouts import write_layouts

    if blank and mix_file is not None:
        raise click.UsageError("--blank names no strips and --mix does; give one of them")
    names: list[str] = []
    if mix_file is not None:
        from bridge.cli.mixfiles import read_mix

        mix = read_mix(mix_file)
        names = [track.id for track in mix.tracks] + [bus.id for bus in mix.buses]
    elif not blank:
        chosen, options = chosen_desk(kind, read_options(**words))  # type: ignore[arg-type]
        with open_rig(state, chosen, options) as rig:
            names = [channel.name for channel in rig.channels]
    written = write_layouts(folder, names, to=kinds or KINDS, host=seen_host, port=remote_port, force=force)
    for path in written:
        say(str(path))
    if not seen_host.startswith("127."):
        note(
            f"start the session with --remote 0.0.0.0:{remote_port} --allow and the host of the surface; without "
            "these mixbridge hears this computer alone"
        )
