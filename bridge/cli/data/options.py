"""Options that commands under `mixbridge data` share."""

import os

import click

from bridge.cli.options import PATH
from console.codec import did_you_mean

store_option = click.option(
    "--store", type=PATH, metavar="DIR", help="Where it goes; by default the user's data folder."
)
kind_option = click.option(
    "--kind", default="", metavar="NAME", help="Which data set it is, where its layout does not say."
)
workers_option = click.option(
    "-j",
    "--workers",
    type=click.IntRange(min=1),
    default=lambda: os.cpu_count() or 1,
    metavar="N",
    help="Songs at a time; one per core by default.",
)
room_option = click.option(
    "--max-gb",
    type=click.FloatRange(min=0.0, min_open=True),
    metavar="GB",
    help="The most that the store may take, downloads included.",
)
bits_option = click.option(
    "--bits",
    type=click.Choice(["16", "24"]),
    default="16",
    show_default=True,
    help="Of a sample in the stems.",
)


def check_kind(kind: str) -> None:
    """Refuse a name that is no data set's."""
    from bridge.datasets import LAYOUTS

    if kind and kind not in LAYOUTS:
        text = f"{kind!r} is no data set that can be read{did_you_mean(kind, list(LAYOUTS))}"
        raise click.BadParameter(text, param_hint="--kind")
