"""`mixbridge live push`: plan every move, show it, then move the desk."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bridge.cli.live.asking import settle_pairing, settle_questions, told_pairs
from bridge.cli.live.desks import at_the_desk, chosen_desk, named_option, open_rig, read_options
from bridge.cli.live.group import LIVE_COMMANDS
from bridge.cli.live.options import (
    dry_option,
    may_raise_option,
    pair_option,
    ramp_option,
    read_pushed,
    read_time,
    yes_option,
)
from bridge.cli.live.words import outcome_data, pairing_data, plan_data, show_outcome, show_plan
from bridge.cli.options import PATH, json_option, talk_options
from bridge.cli.output import emit, note, to_json
from bridge.cli.state import State
from console.errors import LinkError

if TYPE_CHECKING:
    from bridge.live.mover import Outcome
    from bridge.live.rig import Prepared, Rig
    from bridge.live.session import LiveSession

EXIT_INTERRUPTED = 130
#: How long a push waits for a second press of panic, in s.
_SECOND_PRESS_S = 30.0


@click.command(short_help=LIVE_COMMANDS["push"][1])
@click.argument("mix_file", type=PATH, metavar="MIX")
@click.option(
    "--amount",
    "amounts",
    multiple=True,
    metavar="PERCENT",
    help="How far to go from where the desk stands, 0 to 100; PART=PERCENT for one part; repeatable.",
)
@click.option(
    "--only", metavar="PARTS", help="Only these parts, by commas: fader,pan,eq,dynamics,sends,input,master."
)
@ramp_option
@dry_option
@yes_option
@may_raise_option("How far a level may rise without a question.")
@pair_option
@named_option
@json_option
@talk_options
@click.pass_obj
def push(
    state: State,
    /,
    mix_file: Path,
    amounts: tuple[str, ...],
    only: str | None,
    ramp: str,
    dry_run: bool,
    yes: bool,
    may_raise_db: float,
    pairs: tuple[str, ...],
    kind: str | None,
    as_json: bool,
    **words: object,
) -> None:
    """Move the desk to a mix file: cuts before boosts, in ramps that nobody hears as jumps, everything read back.

    The desk is kept on disk before the first message. Mute, solo, record-arm and monitoring are never touched, the
    master is never raised, and a channel on which a hand moves something is left to that hand. Ctrl-C, `mixbridge live
    panic` and /mixbridge/panic stop at once.
    """
    from bridge.cli.mixfiles import read_mix
    from bridge.live.session import LiveSession

    ramp_s = read_time(ramp)
    by_group = read_pushed(amounts, only)
    told = told_pairs(pairs)
    mix = read_mix(mix_file)
    chosen, options = chosen_desk(kind, read_options(**words))  # type: ignore[arg-type]
    with open_rig(state, chosen, options) as rig:
        pairing = settle_pairing(rig, mix, told, ask=not as_json)
        prepared = rig.prepare(mix, pairing, amounts=by_group, may_raise_db=may_raise_db)
        data = {"schema": "mixbridge.push/1", "desk": rig.folder.identity, "pairing": pairing_data(pairing)}
        data |= plan_data(rig, prepared)
        if not as_json:
            show_plan(rig, prepared)
        if dry_run or not prepared.plan.changes:
            if as_json:
                emit(to_json(data), None)
            return
        settle_questions(prepared, yes=yes)
        session = LiveSession(rig, ramp_s=ramp_s)
        with at_the_desk(rig, session, f"push of {mix_file.name}"):
            outcome = moved(state, session, prepared, f"push of {mix_file.name}")
        tell_outcome(rig, outcome, data, as_json=as_json)


def moved(
    state: State, session: "LiveSession", prepared: "Prepared", what: str, *, undoes: int = 0
) -> "Outcome":
    """Carry out a plan; Ctrl-C leaves the desk where it stands, and the command.

    Raises:
        click.exceptions.Exit: Ctrl-C, with the exit code of an interruption.
    """
    try:
        session.move(prepared, what, undoes=undoes)
        return settled(state, session, what)
    except KeyboardInterrupt:
        state.close()
        note(
            "stopped: the desk stands where it was at that moment; `mixbridge live undo` takes back what was moved"
        )
        raise click.exceptions.Exit(EXIT_INTERRUPTED) from None


def settled(state: State, session: "LiveSession", what: str) -> "Outcome":
    """How a move ended; after a panic wait a while for the second press, and tell how that ended."""
    from bridge.live.mover import Status

    state.close()
    outcome = session.last
    if outcome is None:
        raise LinkError(f"{what}: {session.text}")
    if outcome.status is Status.PANIC:
        note(
            f"panic: stopped. Press it again within {_SECOND_PRESS_S:.0f} s to go back to the snapshot; Ctrl-C leaves"
        )
        until_s = time.monotonic() + _SECOND_PRESS_S
        while time.monotonic() < until_s and session.last is outcome:
            session.step(0.05)
        if session.last is not None and session.last is not outcome:
            note(session.text)
            return session.last
    return outcome


def tell_outcome(rig: "Rig", outcome: "Outcome", data: dict[str, Any], *, as_json: bool) -> None:
    """Show how a push ended, with `data` as JSON where that is wanted, and raise it where that is not well.

    Raises:
        LinkError: it did not end well.
    """
    from bridge.live.mover import Status

    if as_json:
        emit(to_json({**data, "outcome": outcome_data(rig, outcome)}), None)
    else:
        show_outcome(rig, outcome)
    if outcome.status is not Status.DONE:
        raise LinkError(f"{outcome.text or 'stopped'}; `mixbridge live undo` takes back what was moved")
