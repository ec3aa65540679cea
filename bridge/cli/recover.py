"""`mixbridge recover`: take a finished mix apart."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bridge.cli.group import COMMANDS
from bridge.cli.mixfiles import read_mix
from bridge.cli.options import (
    PATH,
    force_option,
    json_option,
    read_amounts,
    read_session_options,
    session_options,
    talk_options,
    threads_option,
)
from bridge.cli.output import emit, note, say, table, to_json
from bridge.cli.state import State
from bridge.cli.words import file_lines, session_line

if TYPE_CHECKING:
    from bridge.jobs.recovering import RecoverOutcome

EXIT_INTERRUPTED = 130


@click.command(short_help=COMMANDS["recover"][1])
@click.argument("inputs", nargs=-1, required=True, type=PATH, metavar="SESSION…")
@click.option("--mix", "target", type=PATH, required=True, metavar="FILE", help="The finished mix.")
@click.option(
    "-o",
    "--output",
    type=PATH,
    default="recovered",
    show_default=True,
    metavar="OUT",
    help="The folder to fill.",
)
@click.option(
    "--start", type=PATH, metavar="MIX", help="A mix file whose locks and effects are taken as known."
)
@click.option(
    "--amount",
    "amounts",
    multiple=True,
    metavar="PERCENT",
    help="How much of it, 0 to 100; PART=PERCENT for one part (eq=50); repeatable.",
)
@click.option("--only", metavar="PARTS", help="Only these parts, by commas: eq,fader.")
@click.option(
    "--lock",
    "locks",
    multiple=True,
    metavar="NAME",
    help="A track to leave as it is; NAME=pan,equalizer for parts of it; repeatable.",
)
@click.option("--seed", type=int, default=0, show_default=True, metavar="N", help="Seed of all chance.")
@click.option("--no-moves", is_flag=True, help="Let no fader move over time.")
@click.option("--no-reverb", is_flag=True, help="Look for no reverb where --start has none.")
@click.option("--no-spectrum", is_flag=True, help="Leave out the last descent, on spectra, with the master.")
@click.option("--no-audio", is_flag=True, help="Leave out recovered.wav and residual.wav.")
@click.option(
    "--seconds",
    type=click.FloatRange(1.0, 600.0),
    default=30.0,
    show_default=True,
    metavar="S",
    help="How much of a long song to work on.",
)
@session_options
@threads_option
@force_option
@json_option
@talk_options
@click.pass_obj
def recover(
    state: State,
    /,
    inputs: tuple[Path, ...],
    target: Path,
    output: Path,
    start: Path | None,
    amounts: tuple[str, ...],
    only: str | None,
    seed: int,
    no_moves: bool,
    no_reverb: bool,
    no_spectrum: bool,
    no_audio: bool,
    seconds: float,
    threads: int | None,
    no_cache: bool,
    force: bool,
    as_json: bool,
    **about_session: Any,
) -> int:
    """Find the mix that an engineer made: the strips that best explain a finished mix of these stems.

    Leaves mix.json, recovery.json (the residual after each step, by band and over time), the mix as rendered again
    and what is left of the finished one in OUT. Ctrl-C gives the best mix so far.
    """
    shares = read_amounts(amounts, only)
    options = read_session_options(**about_session)
    known = read_mix(start) if start is not None else None
    from bridge.jobs.recovering import RecoverRequest, recover_session
    from console.estimators.recover import RecoverSettings

    request = RecoverRequest(
        inputs=inputs,
        target=target,
        output=output,
        session=options,
        start=known,
        amounts=shares,
        settings=RecoverSettings(
            reverb=not no_reverb,
            moves=not no_moves,
            spectrum=not no_spectrum,
            seconds=seconds,
            workers=threads or 2,
            seed=seed,
        ),
        audio=not no_audio,
        threads=threads,
        force=force,
    )
    outcome = recover_session(request, state.progress())
    state.close()
    if as_json:
        emit(to_json(outcome.to_dict()), None)
    else:
        _tell(outcome)
    if outcome.recovery.interrupted:
        note("interrupted: this is the best mix so far")
        return EXIT_INTERRUPTED
    return 0


def _tell(outcome: "RecoverOutcome") -> None:
    recovery = outcome.recovery
    say(session_line(outcome.session))
    table(
        [
            ("after", "residual", "spectral distance"),
            *((step.name, f"{step.residual_db:.1f} dB", f"{step.spectrum:.3f}") for step in recovery.steps),
        ]
    )
    for text in recovery.notes:
        say(text)
    say()
    for line in file_lines(outcome.files):
        say(line)
