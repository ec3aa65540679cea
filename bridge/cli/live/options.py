"""The options that several live commands share, and what their words mean."""

from collections.abc import Callable
from typing import Any

import click

from bridge.cli.options import read_amounts

ramp_option = click.option(
    "--ramp", default="2s", show_default=True, metavar="TIME", help="How long what is heard takes: 2s, 500ms."
)
dry_option = click.option("-n", "--dry-run", is_flag=True, help="Show every move; send nothing.")
yes_option = click.option("--yes", is_flag=True, help="Yes to raises of more than 3 dB.")
pair_option = click.option(
    "--pair",
    "pairs",
    multiple=True,
    metavar="STRIP=CHANNEL",
    help="A strip's channel, for certain; repeatable.",
)


def may_raise_option(meaning: str) -> Callable[[Any], Any]:
    """--may-raise, and what it means to a command."""
    return click.option(
        "--may-raise",
        "may_raise_db",
        type=click.FloatRange(0.0, 60.0),
        default=3.0,
        show_default=True,
        metavar="DB",
        help=meaning,
    )


def read_pushed(amounts: tuple[str, ...], only: str | None) -> dict[str, float]:
    """The words of --amount and --only as how much of each part is pushed, 0 to 1.

    Raises:
        click.BadParameter: no number of 0 to 100, or an unknown part.
    """
    from bridge.live.rig import PUSHED

    given = read_amounts(amounts, only)
    if isinstance(given, float):
        return dict.fromkeys(PUSHED, given)
    return {group: amount for group, amount in given.items() if group in PUSHED and amount > 0.0}


def read_time(text: str, option: str = "--ramp") -> float:
    """A time such as 2s, 500ms or 1.5, in s.

    Raises:
        click.BadParameter: it is none, or longer than ten minutes.
    """
    number, factor = (text[:-2], 1e-3) if text.endswith("ms") else (text.removesuffix("s"), 1.0)
    try:
        seconds = float(number) * factor
    except ValueError:
        seconds = -1.0
    if not 0.0 <= seconds <= 600.0:
        raise click.BadParameter(f"{text!r} is no time of 0 to 600 s; give 2s or 500ms", param_hint=option)
    return seconds
