"""`mixbridge live snapshots | unlock`: what is kept of a desk."""

import click

from bridge.cli.live.desks import chosen_desk, named_option, read_options
from bridge.cli.live.group import LIVE_COMMANDS
from bridge.cli.options import json_option, talk_options
from bridge.cli.output import emit, say, table, to_json
from console.errors import LinkError


@click.command(short_help=LIVE_COMMANDS["snapshots"][1])
@named_option
@json_option
@talk_options
def snapshots(kind: str | None, as_json: bool, **words: object) -> None:
    """List the snapshots and the pushes of a desk, newest first; the desk need not be there."""
    from bridge.live.folder import DeskFolder
    from bridge.live.link import desk_identity

    folder = DeskFolder(desk_identity(*chosen_desk(kind, read_options(**words))))  # type: ignore[arg-type]
    pushes = folder.pushes()
    kept = []
    for number in reversed(folder.store.numbers()):
        try:
            kept.append(folder.store.load(number))
        except LinkError as error:
            say(str(error))
    if as_json:
        data = {
            "schema": "mixbridge.snapshots/1",
            "desk": folder.identity,
            "folder": str(folder.path),
            "snapshots": [
                {"number": one.number, "taken": one.taken, "reason": one.reason, "knobs": len(one.values)}
                for one in kept
            ],
            "pushes": [
                {
                    "number": push.number,
                    "what": push.what,
                    "outcome": push.outcome or "never ended",
                    "before": push.snapshot,
                    "after": push.after or None,
                    "undone": push.undone,
                }
                for push in reversed(pushes)
            ],
        }
        emit(to_json(data), None)
        return
    if not kept:
        say(f"nothing is kept of {folder.identity}; a snapshot is taken before every push")
        return
    table(
        [("snapshot", "taken (UTC)", "knobs", "why")]
        + [
            (str(one.number), one.taken[:19].replace("T", " "), str(len(one.values)), one.reason)
            for one in kept
        ]
    )
    open_ones = [push for push in pushes if not push.outcome]
    for push in open_ones:
        say(
            f"push {push.number} ({push.what}) never ended; `mixbridge live restore {push.snapshot}` takes it back"
        )


@click.command(short_help=LIVE_COMMANDS["unlock"][1])
@click.argument("channels", nargs=-1, metavar="[CHANNEL]…")
@named_option
@talk_options
def unlock(channels: tuple[str, ...], kind: str | None, **words: object) -> None:
    """Let mixbridge move channels again that a hand had taken: these, or all."""
    from bridge.live.folder import DeskFolder, Remembered
    from bridge.live.link import desk_identity
    from console.codec import did_you_mean

    folder = DeskFolder(desk_identity(*chosen_desk(kind, read_options(**words))))  # type: ignore[arg-type]
    before = folder.remembered()
    for name in channels:
        if name not in before.held:
            raise LinkError(f"{name!r} is not held{did_you_mean(name, list(before.held))}")
    left = {name: how for name, how in before.held.items() if channels and name not in channels}
    folder.remember(Remembered(before.pairs, left))
    freed = [name for name in before.held if name not in left]
    say(f"may be moved again: {', '.join(freed)}" if freed else "no channel was held")
