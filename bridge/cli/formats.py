"""The options that say to which DAWs a mix goes, and how; what each means is the format's own affair."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import click

from console.codec import did_you_mean
from exporters import registry
from exporters.registry import Exporter

ALL, NONE = "all", "none"

#: Options of single formats by their keywords: what may be given, and what help says.
OPTIONS: dict[str, tuple[tuple[str, ...], str]] = {
    "platform": (("win64", "macos", "linux"), "The system that the DAW runs on; this one by default."),
    "strip": (("rea", "jsfx"), "REAPER: its own plugins, or the console as a JSFX."),
    "fx": (("container", "after"), "REAPER: our plugins in a container of their own, or after the track's."),
    "live_version": (("10.1", "11", "12"), "Live: the oldest version that is to open it; 11 by default."),
    "equalizer": (("auto", "lsp", "fil4", "ace"), "Ardour: the equalizer to set."),
    "gate": (("auto", "mixbridge", "ace"), "Ardour: the gate to set."),
    "limiter": (("auto", "dpl", "lsp", "none"), "Ardour: the limiter to set."),
    "audio": (
        ("beside", "inside", "embed", "copy"),
        "DAWproject: audio stays beside the file, or goes inside. Ardour: it stays (embed), or is copied.",
    ),
}


def to_option(default: str) -> Callable[[Any], Any]:
    """--to, with the words for what happens without it."""
    known = ", ".join((*registry.EXPORTERS, ALL, NONE))
    return click.option(
        "--to",
        "formats",
        multiple=True,
        metavar="FORMATS",
        help=f"What to hand over to, by commas: {known}; {default}.",
    )


def format_options(command: Any) -> Any:
    """An option for each of OPTIONS."""
    for name, (values, text) in reversed(OPTIONS.items()):
        word = f"--{name.replace('_', '-')}"
        command = click.option(word, name, type=click.Choice(values), help=text)(command)
    return command


def read_formats(words: Iterable[str]) -> tuple[str, ...] | None:
    """The formats that --to names: by commas, and repeated; None where it is not given, () for "none".

    Raises:
        click.BadParameter: a name that is no format.
    """
    names = [name.strip() for word in words for name in word.split(",")]
    if not names:
        return None
    known = list(registry.EXPORTERS)
    for name in names:
        if name not in (*known, ALL, NONE):
            raise click.BadParameter(
                f"{name!r} is no format{did_you_mean(name, [*known, ALL])}", param_hint="--to"
            )
    if NONE in names:
        if len(set(names)) > 1:
            raise click.BadParameter("'none' goes with nothing else", param_hint="--to")
        return ()
    return tuple(known) if ALL in names else tuple(dict.fromkeys(names))


def read_options(words: Mapping[str, Any], exporters: Iterable[Exporter]) -> dict[str, Any]:
    """The options of single formats that were given.

    Raises:
        click.UsageError: none of the formats that are written knows one of them.
    """
    given = {name: value for name, value in words.items() if name in OPTIONS and value is not None}
    from bridge.jobs.handing import unknown_options

    for name, formats in unknown_options(tuple(exporters), given).items():
        raise click.UsageError(
            f"--{name.replace('_', '-')} is for {' and '.join(formats) or 'no format that is here'}; "
            "give that by --to, or leave the option out"
        )
    return given
