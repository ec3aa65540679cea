"""`mixbridge evaluate`: systems that mix, compared term by term."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from bridge.cli.group import COMMANDS
from bridge.cli.options import PATH, force_option, json_option, talk_options, threads_option
from bridge.cli.output import emit, note, say, table, to_json
from bridge.cli.state import State

if TYPE_CHECKING:
    from bridge.evaluation.summary import Summary

EXIT_INTERRUPTED = 130


@click.command(short_help=COMMANDS["evaluate"][1])
@click.argument("songs", nargs=-1, required=True, type=PATH, metavar="SONG…")
@click.option(
    "--reference",
    "references",
    multiple=True,
    metavar="REF",
    help="A finished song to hold the mixes against, song.flac@1:05-1:35 for a range of it; repeatable.",
)
@click.option(
    "--references",
    "folders",
    multiple=True,
    type=PATH,
    metavar="FOLDER",
    help="A folder whose every song is a reference; repeatable.",
)
@click.option("--own", is_flag=True, help="Take each song's own human mix as a reference of it, too.")
@click.option(
    "--systems",
    metavar="NAMES",
    help="The systems to compare, by commas: raw,equal,random,rules,match,controller,controller+match,matchering,"
    "human,reference.",
)
@click.option(
    "--run",
    "runs",
    multiple=True,
    metavar="NAME=FOLDER",
    help="A training run whose best weights are compared too, under that name; repeatable.",
)
@click.option(
    "--baseline",
    default="rules",
    show_default=True,
    metavar="NAME",
    help="The system that the others are held against, pair by pair.",
)
@click.option("--target", default="modern", show_default=True, metavar="NAME", help="The style to aim at.")
@click.option("-o", "--output", type=PATH, metavar="OUT", help="The folder for rows, tables and pictures.")
@click.option("--seed", type=int, default=0, show_default=True, metavar="N", help="Seed of all chance.")
@click.option("--resume", is_flag=True, help="Go on with the rows in OUT.")
@threads_option
@force_option
@json_option
@talk_options
@click.pass_obj
def evaluate(
    state: State,
    /,
    songs: tuple[Path, ...],
    references: tuple[str, ...],
    folders: tuple[Path, ...],
    own: bool,
    systems: str | None,
    runs: tuple[str, ...],
    baseline: str,
    target: str,
    output: Path | None,
    seed: int,
    resume: bool,
    threads: int | None,
    force: bool,
    as_json: bool,
) -> int:
    """Let every system mix every song towards every reference, and say how far each comes, every term apart.

    Each SONG is a folder of stems or a project; _HUMAN_MIX.flac (or .wav, …) in it is the finished mix by a person.
    Leaves rows.jsonl (a line a pair and system), summary.json, table.md and pictures in OUT. Ctrl-C keeps what is
    done, with exit code 130; --resume goes on from there.
    """
    if seed < 0:
        raise click.BadParameter(f"{seed} is negative; give 0 or more", param_hint="--seed")
    if resume and output is None:
        raise click.UsageError("--resume goes on with the rows in a folder; give that with -o")
    if resume and force:
        raise click.UsageError("--resume keeps the rows that --force throws away; give one of them")
    from bridge.evaluation.evaluate import evaluate as run
    from bridge.evaluation.output import write_results
    from bridge.evaluation.request import EvaluationRequest
    from bridge.evaluation.runs import run_names
    from bridge.evaluation.summary import summarise
    from bridge.evaluation.systems import find_systems

    names = tuple(name.strip() for name in systems.split(",")) if systems else ()
    if baseline not in run_names(runs):
        find_systems((baseline,))
    request = EvaluationRequest(
        songs=songs,
        references=references,
        folders=folders,
        own=own,
        systems=names,
        baseline=baseline,
        output=output,
        seed=seed,
        threads=threads,
        resume=resume,
        force=force,
        target=target,
        runs=runs,
    )
    evaluation = run(request, state.progress())
    summary = summarise(evaluation)
    text = to_json({**summary.to_dict(), "all_rows": [row.to_dict() for row in evaluation.rows]})
    files = write_results(output, summary, to_json(summary.to_dict())) if output is not None else ()
    state.close()
    if as_json:
        emit(text, None)
    else:
        _tell(summary)
    for path in files:
        note(str(path))
    if evaluation.interrupted:
        kept = f"{len(evaluation.rows)} of {evaluation.expected} rows are done"
        note(f"interrupted: {kept}{'; --resume goes on with them' if output is not None else ''}")
        return EXIT_INTERRUPTED
    return 0


def _tell(summary: "Summary") -> None:
    from bridge.evaluation.tables import absences, difference_table, group_table, heading
    from bridge.evaluation.terms import PLAIN_GROUP, TITLES

    say(heading(summary))
    for line in absences(summary):
        say(line)
    for group, title in TITLES.items():
        for words, rows in (
            (title, group_table(summary, group)),
            (f"{title}, less that of {summary.baseline}", difference_table(summary, group)),
        ):
            if rows and not (group == PLAIN_GROUP and words != title):
                say()
                say(words)
                table(rows)
