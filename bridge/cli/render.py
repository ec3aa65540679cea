"""`mixbridge render`: a mix file and its stems to audio."""

from pathlib import Path

import click

from bridge.cli.group import COMMANDS
from bridge.cli.mixfiles import read_mix, session_of
from bridge.cli.options import PATH, force_option, session_file_option, talk_options, threads_option
from bridge.cli.output import refuse_existing, say
from bridge.cli.state import State


@click.command(short_help=COMMANDS["render"][1])
@click.argument("mix_file", type=PATH, metavar="MIX")
@click.argument("inputs", nargs=-1, required=True, type=PATH, metavar="SESSION…")
@click.option(
    "-o", "--output", type=PATH, default="mix.wav", show_default=True, metavar="FILE", help="The WAV."
)
@click.option("--stems", type=PATH, metavar="FOLDER", help="Write the processed stems there too.")
@session_file_option
@threads_option
@force_option
@talk_options
@click.pass_obj
def render(
    state: State,
    /,
    mix_file: Path,
    inputs: tuple[Path, ...],
    session_file: Path | None,
    output: Path,
    stems: Path | None,
    threads: int | None,
    force: bool,
) -> None:
    """Render a mix file on its stems, to 24 bit at the mix's rate. The same file gives the same bytes."""
    mix = read_mix(mix_file)
    refuse_existing(output, force=force)
    progress = state.progress()
    session = session_of(mix, inputs, session_file, progress)
    from bridge.jobs import render_mix

    files = render_mix(mix, session, output, stems=stems, threads=threads, force=force, progress=progress)
    state.close()
    for path in files:
        say(str(path))
