"""`mixbridge live undo | restore | panic | ab`: ways back, from any terminal."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bridge.cli.live.desks import at_the_desk, chosen_desk, named_option, open_rig, read_options
from bridge.cli.live.group import LIVE_COMMANDS
from bridge.cli.live.options import dry_option, ramp_option, read_time
from bridge.cli.live.push import moved, tell_outcome
from bridge.cli.live.words import plan_data, show_plan
from bridge.cli.options import PATH, json_option, session_file_option, talk_options
from bridge.cli.output import emit, say, to_json
from bridge.cli.state import State
from console.errors import LinkError

if TYPE_CHECKING:
    from bridge.live.folder import Running
    from bridge.live.link import LinkOptions
    from bridge.live.rig import Prepared, Rig


@click.command(short_help=LIVE_COMMANDS["undo"][1])
@ramp_option
@dry_option
@named_option
@json_option
@talk_options
@click.pass_obj
def undo(state: State, /, ramp: str, dry_run: bool, kind: str | None, as_json: bool, **words: object) -> None:
    """Take back the last push; what a hand has moved since stays. Again: the push before it."""
    ramp_s = read_time(ramp)
    chosen, options = chosen_desk(kind, read_options(**words))  # type: ignore[arg-type]
    if not dry_run and _told_to_running(chosen, options, "undo"):
        return
    with open_rig(state, chosen, options) as rig:
        push, prepared = rig.prepare_undo()
        what = f"undo of {push.what}"
        _go(state, rig, prepared, what, ramp_s, dry_run=dry_run, as_json=as_json, undoes=push.number)


@click.command(short_help=LIVE_COMMANDS["restore"][1])
@click.argument("number", type=click.IntRange(min=1), required=False, metavar="[SNAPSHOT]")
@ramp_option
@dry_option
@named_option
@json_option
@talk_options
@click.pass_obj
def restore(
    state: State,
    /,
    number: int | None,
    ramp: str,
    dry_run: bool,
    kind: str | None,
    as_json: bool,
    **words: object,
) -> None:
    """Go back to a snapshot, every knob of it: the one from before the last push, or the one of a number.

    It works after a crash too: the snapshot was on disk before the first message. `live snapshots` lists them.
    """
    ramp_s = read_time(ramp)
    chosen, options = chosen_desk(kind, read_options(**words))  # type: ignore[arg-type]
    if number is None and not dry_run and _told_to_running(chosen, options, "restore"):
        return
    with open_rig(state, chosen, options) as rig:
        snapshot, prepared = rig.prepare_restore(number)
        what = f"restore of snapshot {snapshot.number}"
        _go(state, rig, prepared, what, ramp_s, dry_run=dry_run, as_json=as_json)


@click.command(short_help=LIVE_COMMANDS["panic"][1])
@ramp_option
@named_option
@talk_options
@click.pass_obj
def panic(state: State, /, ramp: str, kind: str | None, **words: object) -> None:
    """Stop every move at once. Again: go back to the snapshot from before the move."""
    ramp_s = read_time(ramp)
    chosen, options = chosen_desk(kind, read_options(**words))  # type: ignore[arg-type]
    if _told_to_running(chosen, options, "panic"):
        return
    with open_rig(state, chosen, options) as rig:
        pushes = rig.folder.pushes()
        if not pushes or pushes[-1].outcome not in ("panic", "") or pushes[-1].undone:
            say(
                "nothing is moving, and no panic stopped the last push; `mixbridge live restore` takes the desk back"
            )
            return
        snapshot, prepared = rig.prepare_restore(pushes[-1].snapshot)
        _go(state, rig, prepared, f"panic, second press: snapshot {snapshot.number}", ramp_s)


@click.command(short_help=LIVE_COMMANDS["ab"][1])
@click.argument("side", type=click.Choice(["A", "B"], case_sensitive=False), required=False)
@click.option(
    "--between",
    type=(int, int),
    metavar="A B",
    help="The two snapshots; by default before and after the last push.",
)
@click.option(
    "--offset",
    "offset_db",
    type=click.FloatRange(-24.0, 24.0),
    metavar="DB",
    help="By how much B is louder than A.",
)
@click.option(
    "--mix",
    "mix_file",
    type=PATH,
    metavar="MIX",
    help="With --stems: render this mix to measure.",
)
@click.option(
    "--stems", "stems", multiple=True, type=PATH, metavar="SESSION", help="The audio behind the desk."
)
@session_file_option
@ramp_option
@named_option
@json_option
@talk_options
@click.pass_obj
def ab(
    state: State,
    /,
    side: str | None,
    between: tuple[int, int] | None,
    offset_db: float | None,
    mix_file: Path | None,
    stems: tuple[Path, ...],
    session_file: Path | None,
    ramp: str,
    kind: str | None,
    as_json: bool,
    **words: object,
) -> None:
    """Switch between two snapshots at matched loudness: the louder one is turned down at the master.

    How loud they are is measured by rendering both (--mix and --stems), or told (--offset); without either the switch
    says that it is not matched.
    """
    from bridge.live.ab import matched, side_heard

    if bool(stems) != (mix_file is not None):
        raise click.UsageError("--mix and --stems belong together; give both, or --offset")
    ramp_s = read_time(ramp)
    chosen, options = chosen_desk(kind, read_options(**words))  # type: ignore[arg-type]
    if between is None and _told_to_running(chosen, options, "ab", (side.upper(),) if side else ()):
        return
    with open_rig(state, chosen, options) as rig:
        sides = _sides(rig, between)
        wanted = side.upper() if side else ("A" if side_heard(rig, sides) == "B" else "B")
        louder = _loudness(state, rig, sides, offset_db, mix_file, stems, session_file)
        prepared, text = matched(rig, sides, wanted, louder)
        if not as_json:
            say(text)
        _go(state, rig, prepared, f"A/B: {wanted}", ramp_s, as_json=as_json, listening=True)


def _sides(rig: "Rig", between: tuple[int, int] | None) -> dict[str, int]:
    if between is not None:
        return {"A": between[0], "B": between[1]}
    for push in reversed(rig.folder.pushes()):
        if push.after and not push.back:
            return {"A": push.snapshot, "B": push.after}
    raise LinkError("there was no push whose two sides could be compared; push first, or give --between")


def _loudness(
    state: State,
    rig: "Rig",
    sides: dict[str, int],
    offset_db: float | None,
    mix_file: Path | None,
    stems: tuple[Path, ...],
    session_file: Path | None,
) -> Callable[[int, int], float | None]:
    if offset_db is not None:
        return lambda one, _: offset_db if one == sides["B"] else -offset_db
    if mix_file is None:
        return lambda _one, _other: None
    from bridge.cli.mixfiles import read_mix, session_of
    from bridge.live.loudness import difference_by_rendering

    mix = read_mix(mix_file)
    session = session_of(mix, stems, session_file, state.progress())
    return difference_by_rendering(rig, session, mix, rig.pair(mix), state.progress())


def _told_to_running(kind: str, options: "LinkOptions", command: str, args: tuple[str, ...] = ()) -> bool:
    """Have the mixbridge that is at the desk do it, where one is; whether there was one."""
    running = _running(kind, options)
    if running is None:
        return False
    if not running.port:
        raise LinkError(
            f"process {running.process} ({running.what}) is at the desk and cannot be told; end it first"
        )
    from bridge.live.clock import SystemClock
    from bridge.live.remote.client import order

    say(f"{running.what}: {order(running.port, command, args, SystemClock())}")
    return True


def _running(kind: str, options: "LinkOptions") -> "Running | None":
    from bridge.live.folder import DeskFolder
    from bridge.live.link import desk_identity

    return DeskFolder(desk_identity(kind, options)).running()


def _go(
    state: State,
    rig: "Rig",
    prepared: "Prepared",
    what: str,
    ramp_s: float,
    *,
    dry_run: bool = False,
    as_json: bool = False,
    undoes: int = 0,
    listening: bool = False,
) -> None:
    """Show a plan and carry it out; `listening` back and forth is nothing that undo takes back."""
    from bridge.live.session import LiveSession

    data = {"schema": "mixbridge.push/1", "desk": rig.folder.identity, **plan_data(rig, prepared)}
    if not as_json:
        show_plan(rig, prepared)
    if dry_run or not prepared.plan.changes:
        if as_json:
            emit(to_json(data), None)
        return
    session = LiveSession(rig, ramp_s=ramp_s)
    with at_the_desk(rig, session, what):
        outcome = moved(state, session, prepared, what, undoes=undoes)
        if listening:
            rig.pass_over(outcome.push)
    tell_outcome(rig, outcome, data, as_json=as_json)
