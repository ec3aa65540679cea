"""`mixbridge render`: a mix file and its stems to audio."""

from pathlib import Path

import click

from bridge.cli.group import COMMANDS
from bridge.cli.mix import EXIT_PLUGIN
from bridge.cli.mixfiles import read_mix, session_of
from bridge.cli.options import (
    PATH,
    force_option,
    json_option,
    plugin_options,
    read_plugins,
    session_file_option,
    talk_options,
    threads_option,
)
from bridge.cli.output import emit, note, refuse_existing, say, table, to_json
from bridge.cli.state import State
from bridge.cli.words import plugin_rows


@click.command(short_help=COMMANDS["render"][1])
@click.argument("mix_file", type=PATH, metavar="MIX")
@click.argument("inputs", nargs=-1, required=True, type=PATH, metavar="SESSION…")
@click.option(
    "-o", "--output", type=PATH, default="mix.wav", show_default=True, metavar="FILE", help="The WAV."
)
@click.option("--stems", type=PATH, metavar="FOLDER", help="Write the processed stems there too.")
@session_file_option
@plugin_options
@threads_option
@force_option
@json_option
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
    plugin_words: tuple[str, ...],
    plugin_places: tuple[Path, ...],
    refine: bool,
    threads: int | None,
    force: bool,
    as_json: bool,
) -> int:
    """Render a mix file on its stems, to 24 bit at the mix's rate. The same file gives the same bytes.

    With --plugins it is told, strip by strip, how far the plugins are from what the console plays.

    Exit code 6: the mix is there, but a plugin failed and the console has taken its place.
    """
    wish = read_plugins(plugin_words, plugin_places, refine)
    mix = read_mix(mix_file)
    refuse_existing(output, force=force)
    progress = state.progress()
    session = session_of(mix, inputs, session_file, progress)
    from bridge.jobs import render_mix

    files, plugins = render_mix(
        mix, session, output, stems=stems, plugins=wish, threads=threads, force=force, progress=progress
    )
    state.close()
    if as_json:
        told = {"files": [str(path) for path in files], "plugins": plugins.to_dict() if plugins else None}
        emit(to_json({"schema": "mixbridge.render/1", **told}), None)
    else:
        if plugins:
            table(plugin_rows(plugins))
            say()
        for path in files:
            say(str(path))
    faults = plugins.faults if plugins else ()
    for fault in faults:
        note(fault)
    return EXIT_PLUGIN if faults else 0
