"""`mixbridge weights`: the files of what networks have learned: listed, checked, shown, made of training runs."""

from pathlib import Path
from typing import Any

import click

from bridge.cli.group import COMMANDS
from bridge.cli.options import PATH, force_option, json_option, talk_options
from bridge.cli.output import emit, note, say, table, to_json

EXIT_WRONG = 1


@click.group(short_help=COMMANDS["weights"][1])
@talk_options
def weights() -> None:
    """Files of weights: an ONNX model each, with a card that says whose they are.

    \u0008
    mixbridge weights list                                what there is
    mixbridge weights export runs/controller -o DIR       a file of weights of a training run
    """


@weights.command(name="list")
@json_option
@talk_options
def list_weights(as_json: bool) -> int:
    """List the weights that are there: in MIXBRIDGE_WEIGHTS, and those that come with mixbridge.

    Exit code 1: the card of one of them cannot be read.
    """
    from console.errors import ParamError
    from presets.weights import read_card, weight_names

    rows: list[dict[str, Any]] = []
    for name in weight_names():
        try:
            card = read_card(name)
        except ParamError as error:
            rows.append({"name": name, "fault": str(error)})
        else:
            facts = {key: getattr(card, key) for key in ("objective", "bytes", "sha256", "date")}
            rows.append({"name": name, "fault": None, **facts})
    good = [row for row in rows if not row["fault"]]
    if as_json:
        emit(to_json(rows), None)
    else:
        _tell(good, [f"{row['name']}: {row['fault']}" for row in rows if row["fault"]])
    return EXIT_WRONG if len(good) < len(rows) else 0


def _tell(rows: list[dict[str, Any]], faults: list[str]) -> None:
    if rows:
        cells = (
            (
                row["name"],
                row["objective"],
                f"{row['bytes'] / 1e6:.1f}",
                row["date"] or "-",
                row["sha256"][:12],
            )
            for row in rows
        )
        table([("name", "for", "MB", "date", "hash"), *cells])
    elif not faults:
        note(
            "there are none; train some with `mixbridge train`, and export them with `mixbridge weights export`"
        )
    for fault in faults:
        note(fault)


@weights.command()
@click.argument("names", nargs=-1, metavar="[NAME…]")
@json_option
@talk_options
def check(names: tuple[str, ...], as_json: bool) -> int:
    """Check weights, by name or as .onnx files; all of them by default: card, hash, and whether they can be run.

    Exit code 1: something is wrong with one of them.
    """
    from bridge.networks import OnnxNetwork
    from console.errors import ParamError
    from presets.weights import find_weights, weight_names

    rows: list[dict[str, Any]] = []
    for name in names or weight_names():
        try:
            found = find_weights(name)
            network = OnnxNetwork(found)
        except ParamError as error:
            rows.append({"name": name, "fault": str(error)})
        else:
            inputs = {key: list(shape) for key, shape in network.inputs.items()}
            rows.append({"name": name, "fault": None, "runs_on": network.provider, "inputs": inputs})
    if as_json:
        emit(to_json(rows), None)
    else:
        for row in rows:
            say(f"{row['name']}: {row['fault'] or 'as its card says, runs on ' + row['runs_on']}")
    return EXIT_WRONG if any(row["fault"] for row in rows) else 0


@weights.command()
@click.argument("name", metavar="NAME")
@json_option
@talk_options
def card(name: str, as_json: bool) -> None:
    """Show the card of weights: what they learned from, whose that is, how well they do, what they cannot do."""
    from presets.weights import dump_card, read_card

    found = read_card(name)
    if as_json:
        emit(dump_card(found), None)
        return
    made = ", ".join(filter(None, (found.tool, found.date)))
    say(f"{name}: for {found.objective}, {found.bytes / 1e6:.1f} MB{f', {made}' if made else ''}")
    for title in ("sizes", "settings", "metrics", "recipe", "data"):
        values = getattr(found, title)
        if values:
            say()
            say(title)
            for line in _lines(values, "  "):
                say(line)
    if found.limits:
        say()
        say("limits")
        for limit in found.limits:
            say(f"  {limit}")


def _lines(values: Any, margin: str) -> list[str]:
    pairs = values.items() if isinstance(values, dict) else ((None, value) for value in values)
    lines = []
    for key, value in pairs:
        head = f"{margin}{key}:" if key is not None else f"{margin}-"
        if isinstance(value, dict | list) and value:
            lines += [head, *_lines(value, margin + "  ")]
        else:
            lines.append(f"{head} {'none' if value in (None, [], {}) else value}")
    return lines


@weights.command()
@click.argument("run", type=PATH, metavar="RUN")
@click.option(
    "-o", "--output", type=PATH, required=True, metavar="DIR", help="The folder for NAME.onnx and NAME.json."
)
@click.option(
    "--name", default="", metavar="NAME", help="What to call them; after what they are for by default."
)
@click.option(
    "--limit", "limits", multiple=True, metavar="TEXT", help="What they cannot do, for the card; repeatable."
)
@force_option
@json_option
@talk_options
def export(run: Path, output: Path, name: str, limits: tuple[str, ...], force: bool, as_json: bool) -> None:
    """Make a file of weights of a training run's best weights, once PyTorch and ONNX Runtime agree on them."""
    from bridge.training.weights import export_run

    made, difference = export_run(run, output, name, limits=limits, force=force)
    if as_json:
        data = {
            "name": made.name,
            "objective": made.card.objective,
            "bytes": made.card.bytes,
            "sha256": made.card.sha256,
            "difference": difference,
            "files": [str(output / f"{made.name}{suffix}") for suffix in (".onnx", ".json")],
        }
        emit(to_json(data), None)
        return
    say(
        f"{output / made.name}.onnx: {made.card.bytes / 1e6:.1f} MB for {made.card.objective}; PyTorch and ONNX "
        f"Runtime differ by at most {difference:.1e}"
    )
