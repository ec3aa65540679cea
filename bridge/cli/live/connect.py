"""`mixbridge live connect`: find a desk, show what it has, and pair it with a mix."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from bridge.cli.live.asking import settle_pairing, told_pairs
from bridge.cli.live.desks import as_words, chosen_desk, desk_options, open_rig, read_options
from bridge.cli.live.group import LIVE_COMMANDS
from bridge.cli.live.words import pairing_data, show_notes, show_pairing
from bridge.cli.options import PATH, json_option, talk_options
from bridge.cli.output import emit, say, table, to_json
from bridge.cli.state import State

if TYPE_CHECKING:
    from bridge.live.rig import Rig


@click.command(short_help=LIVE_COMMANDS["connect"][1])
@click.argument("kind", metavar="DESK")
@click.option("--mix", "mix_file", type=PATH, metavar="MIX", help="Pair the channels with this mix's strips.")
@click.option(
    "--pair",
    "pairs",
    multiple=True,
    metavar="STRIP=CHANNEL",
    help="A strip's channel, by name or number, for certain (nothing behind = for none); repeatable.",
)
@desk_options
@json_option
@talk_options
@click.pass_obj
def connect(
    state: State,
    /,
    kind: str,
    mix_file: Path | None,
    pairs: tuple[str, ...],
    as_json: bool,
    **words: object,
) -> None:
    """Find a desk (reaper, ableton, ardour, x32, mackie, midi), list its channels, and remember it.

    With --mix the channels are paired with the mix's strips by name; what is unclear is asked about, and remembered.
    Nothing is moved. Channels that hands had taken in an earlier session are given back.
    """
    from bridge.cli.mixfiles import read_mix
    from bridge.live.folder import Remembered, remember_desk

    told = told_pairs(pairs)
    mix = read_mix(mix_file) if mix_file else None
    kind, options = chosen_desk(kind, read_options(**words))  # type: ignore[arg-type]
    with open_rig(state, kind, options) as rig:
        rig.desk.release()
        rig.folder.remember(Remembered(rig.folder.remembered().pairs, {}))
        remember_desk(kind, as_words(options))
        pairing = None
        if mix is not None:
            pairing = settle_pairing(rig, mix, told, ask=not as_json)
        if as_json:
            data = {
                "schema": "mixbridge.desk-found/1",
                "desk": rig.folder.identity,
                "kind": kind,
                "notes": list(rig.desk.link.traits.notes),
                "channels": [
                    {
                        "key": channel.key,
                        "name": channel.name,
                        "kind": channel.kind,
                        "knobs": list(channel.knobs),
                        "sends": dict(channel.sends),
                    }
                    for channel in rig.channels
                ],
                "pairing": pairing_data(pairing) if pairing else None,
            }
            emit(to_json(data), None)
            return
        _show(rig)
        if pairing is not None:
            say()
            show_pairing(pairing)


def _show(rig: "Rig") -> None:
    say(f"{rig.folder.identity}: {len(rig.channels)} channels, {len(rig.desk.values)} knobs")
    rows = [("number", "channel", "kind", "what can be moved")]
    for channel in rig.channels:
        modules = list(dict.fromkeys(name.split(".")[0].removesuffix("_db") for name in channel.knobs))
        rows.append((channel.key, channel.name, channel.kind, ", ".join(modules)))
    table(rows)
    show_notes(rig.desk.link.traits.notes)
