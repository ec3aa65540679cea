"""`mixbridge mix`: the whole job."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bridge.cli.formats import OPTIONS, format_options, read_formats, read_options, to_option
from bridge.cli.group import COMMANDS
from bridge.cli.options import (
    PATH,
    candidates_option,
    estimate_options,
    force_option,
    json_option,
    plugin_options,
    read_request,
    session_options,
    talk_options,
    threads_option,
)
from bridge.cli.output import emit, note, say, table, to_json
from bridge.cli.state import State
from bridge.cli.words import (
    candidate_lines,
    file_lines,
    findings_rows,
    level,
    moves,
    plugin_rows,
    session_line,
)

if TYPE_CHECKING:
    from bridge.jobs import MixOutcome, MixRequest

EXIT_PARTIAL = 4
EXIT_PLUGIN = 6
#: What estimators file their words about the whole mix under.
_ABOUT = frozenset({"match", "controller"})


@click.command(short_help=COMMANDS["mix"][1])
@click.argument("inputs", nargs=-1, required=True, type=PATH, metavar="SESSION…")
@click.option(
    "-o",
    "--output",
    type=PATH,
    default="out",
    show_default=True,
    metavar="OUT",
    help="The folder to fill; or, of a project, the file for its copy.",
)
@estimate_options
@candidates_option
@session_options
@click.option("--stems", is_flag=True, help="Write the processed stems too.")
@click.option("--no-report", is_flag=True, help="Leave out report.html.")
@to_option("by default REAPER, or the session's own project")
@click.option("--no-reaper", is_flag=True, help="The same as --to none.")
@format_options
@plugin_options
@click.option("-n", "--dry-run", is_flag=True, help="Say what would be done and write nothing.")
@threads_option
@force_option
@json_option
@talk_options
@click.pass_obj
def mix(
    state: State,
    /,
    inputs: tuple[Path, ...],
    output: Path,
    no_report: bool,
    no_reaper: bool,
    formats: tuple[str, ...],
    dry_run: bool,
    as_json: bool,
    candidates: int,
    **words: Any,
) -> int:
    """Mix a session: a folder of stems, a list of audio files, or a project of a DAW.

    Leaves the mix (24 bit, at the session's rate), mix.json, report.html and a REAPER project on the original stems
    in OUT; of a project, a copy of it with the mix set in it. Where OUT is a project file, the copy goes there, and
    the rest into a folder beside it. What comes in is only read. Of several candidates, each has a folder of its own
    in OUT.

    Exit code 4: everything is there, but a project lacks something that is heard in the mix; the report says what.
    Exit code 6: everything is there, but a plugin failed and the console has taken its place.
    """
    to = () if no_reaper else read_formats(formats)
    if no_reaper and formats:
        raise click.UsageError("--no-reaper is --to none; give one of --to and --no-reaper")
    own = {name: words.pop(name) for name in OPTIONS}
    request = read_request(inputs, output, report=not no_report, to=to, **words)
    from bridge.jobs.layout import exporters_of

    request = replace(request, options=read_options(own, exporters_of(request)))
    from bridge.jobs.candidates import candidate_requests, mix_candidates

    requests = candidate_requests(request, candidates)
    if dry_run:
        return _rehearse(state, requests, as_json=as_json)
    outcomes = []
    for outcome in mix_candidates(requests, state.progress()):
        state.close()
        outcomes.append(outcome)
        if not as_json:
            _tell(outcome, about=len(outcomes) == 1)
    if as_json:
        emit(to_json(_as_data(outcomes)), None)
    elif len(outcomes) > 1:
        say()
        for line in candidate_lines([outcome.mix for outcome in outcomes]):
            say(line)
    return max(_code(outcome) for outcome in outcomes)


def _code(outcome: "MixOutcome") -> int:
    """Say what is not as it was asked for; the exit code for it."""
    partial = [report for report in outcome.exports if report.partial]
    for report in partial:
        note(
            f"the {report.format} files lack something that is heard in the mix; report.html and --json say what"
        )
    faults = outcome.plugins.faults if outcome.plugins else ()
    for fault in faults:
        note(fault)
    return EXIT_PLUGIN if faults else EXIT_PARTIAL if partial else 0


def _as_data(outcomes: "list[MixOutcome]") -> dict[str, Any]:
    if len(outcomes) == 1:
        return outcomes[0].to_dict()
    from bridge.jobs.candidates import how_far
    from console.codec import encode

    first = outcomes[0].mix
    return {
        "schema": "mixbridge.candidates/1",
        "candidates": [
            outcome.to_dict() | {"from_first": encode(how_far(first, outcome.mix))} for outcome in outcomes
        ],
    }


def _tell(outcome: "MixOutcome", *, about: bool) -> None:
    """What came of a mix; `about`: with what there is to say of the session."""
    if about:
        say(session_line(outcome.session))
    else:
        say()
    before, after = outcome.levels_before, outcome.levels_after
    table(
        [
            ("", "stems as they are", "mix"),
            ("loudness", level(before.integrated_lufs, "LUFS"), level(after.integrated_lufs, "LUFS")),
            ("true peak", level(before.true_peak_dbtp, "dBTP"), level(after.true_peak_dbtp, "dBTP")),
            ("loudness range", f"{before.loudness_range_lu:.1f} LU", f"{after.loudness_range_lu:.1f} LU"),
        ]
    )
    told = [reason.text for reason in outcome.mix.master.reasons if reason.parameter in _ABOUT]
    if told:
        say()
        for text in told:
            say(text)
    if outcome.plugins:
        say()
        table(plugin_rows(outcome.plugins))
    if outcome.findings and about:
        say()
        table(findings_rows(outcome.findings))
    say()
    for line in file_lines(outcome.files):
        say(line)


def _rehearse(state: State, requests: "tuple[MixRequest, ...]", *, as_json: bool) -> int:
    """What --dry-run does: all but rendering and writing."""
    from bridge.jobs import suggest
    from console.mix import dump_mix

    mixes = []
    for number, request in enumerate(requests, 1):
        session, _, _, proposed = suggest(request, state.progress())
        state.close()
        mixes.append(proposed)
        if as_json:
            continue
        if number == 1:
            say(session_line(session))
            if session.findings:
                say()
                table(findings_rows(session.findings))
        for line in moves(proposed):
            say(line)
        say()
        say(f"nothing was written; without --dry-run the mix goes to {request.output}")
    if as_json:
        texts = [dump_mix(mix) for mix in mixes]
        emit(texts[0] if len(texts) == 1 else f"[{','.join(texts)}]\n", None)
    else:
        for line in candidate_lines(mixes):
            say(line)
    return 0
