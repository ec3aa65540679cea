"""`mixbridge live pull`: read the desk into a mix file."""

from pathlib import Path

import click

from bridge.cli.live.asking import settle_pairing, told_pairs
from bridge.cli.live.desks import chosen_desk, named_option, open_rig, read_options
from bridge.cli.live.group import LIVE_COMMANDS
from bridge.cli.live.options import pair_option
from bridge.cli.options import PATH, force_option, talk_options
from bridge.cli.output import emit, note, refuse_existing
from bridge.cli.state import State


@click.command(short_help=LIVE_COMMANDS["pull"][1])
@click.option(
    "--like", "mix_file", type=PATH, metavar="MIX", help="Pair with this mix and keep its other values."
)
@click.option("-o", "--output", type=PATH, metavar="FILE", help="Write the mix file here, not to stdout.")
@click.option(
    "--sample-rate",
    "rate_hz",
    type=click.IntRange(1000, 768000),
    default=48000,
    show_default=True,
    metavar="HZ",
    help="The rate that the mix file states, without --like.",
)
@pair_option
@force_option
@named_option
@talk_options
@click.pass_obj
def pull(
    state: State,
    /,
    mix_file: Path | None,
    output: Path | None,
    rate_hz: int,
    pairs: tuple[str, ...],
    force: bool,
    kind: str | None,
    **words: object,
) -> None:
    """Read where the desk stands into a mix file, in dB, Hz and ms. Nothing is moved."""
    from bridge.cli.mixfiles import read_mix
    from console.mix import dump_mix

    if output is not None:
        refuse_existing(output, force=force)
    base = read_mix(mix_file) if mix_file else None
    chosen, options = chosen_desk(kind, read_options(**words))  # type: ignore[arg-type]
    with open_rig(state, chosen, options) as rig:
        if base is None:
            mix = rig.pull(rate_hz=rate_hz)
        else:
            pairing = settle_pairing(rig, base, told_pairs(pairs))
            mix = rig.pull(base, pairing)
            for strip in pairing.strips:
                note(f"{strip!r} is no channel of the desk; it stays as in {mix_file}")
        emit(dump_mix(mix), output, force=force)
