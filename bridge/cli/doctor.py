"""`mixbridge doctor`: the state of the installation."""

import click

from bridge.cli.group import COMMANDS
from bridge.cli.options import json_option, talk_options
from bridge.cli.output import emit, say, to_json
from bridge.cli.state import State


@click.command(short_help=COMMANDS["doctor"][1])
@json_option
@talk_options
@click.pass_obj
def doctor(state: State, /, as_json: bool) -> int:
    """Say what is here, what is missing, and what to do about it. Looks only; asks no network.

    Exit code 1: there is a problem. A note is none: something optional is absent.
    """
    from bridge.doctor import Status, as_data, examine

    checks = examine(state.progress())
    state.close()
    if as_json:
        emit(to_json(as_data(checks)), None)
    else:
        width = max(len(check.topic) for check in checks)
        for check in checks:
            say(f"{check.status:<8} {check.topic:<{width}}  {check.text}")
            if check.remedy:
                say(f"{'':<8} {'':<{width}}  → {check.remedy}")
    return 1 if any(check.status is Status.PROBLEM for check in checks) else 0
