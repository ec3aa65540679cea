"""The options that several commands share, and what their words mean."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from bridge.cli.state import State
from console.codec import did_you_mean

if TYPE_CHECKING:
    from bridge.jobs import MixRequest
    from bridge.jobs.playing import PluginWish
    from bridge.sessions import SessionOptions

Command = TypeVar("Command", bound=Callable[..., Any])

#: A path that need not exist: what is wrong with it is told by the part that opens it, with the right exit code.
PATH = click.Path(path_type=Path)

EVERYTHING = "all"


def _set_verbosity(context: click.Context, parameter: click.Parameter, value: int | bool) -> None:
    if value:
        context.ensure_object(State).talk(-1 if parameter.name == "quiet" else int(value))


def _stack(*options: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """Several options as one decorator, shown in this order."""

    def decorate(command: Command) -> Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


talk_options: Callable[[Any], Any] = _stack(
    click.option(
        "-q",
        "--quiet",
        is_flag=True,
        expose_value=False,
        callback=_set_verbosity,
        help="No progress on stderr, only errors.",
    ),
    click.option(
        "-v",
        "--verbose",
        count=True,
        expose_value=False,
        callback=_set_verbosity,
        help="Say more on stderr; -vv with tracebacks.",
    ),
)

json_option: Callable[[Any], Any] = click.option(
    "--json", "as_json", is_flag=True, help="Give the result as JSON on stdout."
)
force_option: Callable[[Any], Any] = click.option(
    "--force", is_flag=True, help="Replace files of an earlier run."
)
threads_option: Callable[[Any], Any] = click.option(
    "-j",
    "--threads",
    type=click.IntRange(min=1),
    metavar="N",
    help="Threads to use; one per core by default.",
)

session_file_option: Callable[[Any], Any] = click.option(
    "--session-file", type=PATH, metavar="FILE", help="A session.toml elsewhere than in the session's folder."
)

session_options: Callable[[Any], Any] = _stack(
    click.option(
        "--role",
        "roles",
        multiple=True,
        metavar="NAME=ROLE",
        help="The role of a track, for certain; repeatable.",
    ),
    click.option(
        "--leave-out",
        multiple=True,
        metavar="NAME",
        help="A track (or a broken file) to leave out; repeatable.",
    ),
    click.option(
        "--sample-rate",
        "sample_rate_hz",
        type=click.IntRange(min=1),
        metavar="HZ",
        help="The session's rate; by default that of most of the audio.",
    ),
    session_file_option,
    click.option("--recursive", is_flag=True, help="Read folders inside the folder as well."),
    click.option(
        "--no-sound-roles", is_flag=True, help="Take roles from names; do not listen to what a track is."
    ),
    click.option("--no-cache", is_flag=True, help="Measure everything anew."),
)

estimate_options: Callable[[Any], Any] = _stack(
    click.option(
        "--reference",
        "references",
        multiple=True,
        metavar="SONG",
        help="A song to come near to, song.flac@1:05-1:35 for a range, or a saved style; repeatable.",
    ),
    click.option(
        "--estimator",
        default="",
        metavar="NAME",
        help="Who decides: rules, match (the default with --reference), controller; rules+match for one after another.",
    ),
    click.option(
        "--target",
        default="modern",
        show_default=True,
        metavar="NAME",
        help="The style to aim at; a name (see `presets`) or a TOML file.",
    ),
    click.option(
        "--amount",
        "amounts",
        multiple=True,
        metavar="PERCENT",
        help="How much of it, 0 to 100; PART=PERCENT for one part (eq=50); repeatable.",
    ),
    click.option("--only", metavar="PARTS", help="Only these parts, by commas: eq,fader."),
    click.option(
        "--lock",
        "locks",
        multiple=True,
        metavar="NAME",
        help="A track to leave as it is; NAME=pan,equalizer for parts of it; repeatable.",
    ),
    click.option("--seed", type=int, default=0, show_default=True, metavar="N", help="Seed of all chance."),
)


candidates_option: Callable[[Any], Any] = click.option(
    "--candidates",
    type=click.IntRange(1, 4),
    default=1,
    show_default=True,
    metavar="N",
    help="So many answers of the controller instead of one, up to 4.",
)

plugin_options: Callable[[Any], Any] = _stack(
    click.option(
        "--plugins",
        "plugin_words",
        multiple=True,
        metavar="CHAIN",
        help="Hear it through plugins: a chain file (.toml), or compressor=NAME; repeatable.",
    ),
    click.option(
        "--plugin-path",
        "plugin_places",
        multiple=True,
        type=PATH,
        metavar="PLACE",
        help="Look for plugins here instead; repeatable.",
    ),
    click.option("--refine", is_flag=True, help="Move the plugins' knobs nearer to the prediction."),
)


def read_plugins(words: tuple[str, ...], places: tuple[Path, ...], refine: bool) -> "PluginWish | None":
    """The words about plugins as one wish, None where there are none.

    Raises:
        click.UsageError: --refine or --plugin-path without plugins.
    """
    if not words:
        if refine or places:
            raise click.UsageError("--refine and --plugin-path are about --plugins; give those too")
        return None
    from bridge.jobs.playing import PluginWish

    return PluginWish(words, places, refine)


def read_amounts(amounts: Iterable[str], only: str | None) -> float | Mapping[str, float]:
    """The words of --amount and --only as what `console.mix.blend` takes.

    Raises:
        click.BadParameter: no number of 0 to 100, or an unknown part.
    """
    from console.mix.blend import GROUPS

    whole, single = 100.0, {}
    for text in amounts:
        name, equals, number = text.rpartition("=")
        percent = _percent(number)
        if equals:
            single[_part(name, "--amount", list(GROUPS))] = percent
        else:
            whole = percent
    if only is None and not single:
        return whole / 100.0
    chosen = (
        list(GROUPS) if only is None else [_part(part, "--only", list(GROUPS)) for part in only.split(",")]
    )
    by_group = {name: single.get(name, whole if name in chosen else 0.0) for name in GROUPS}
    return {name: percent / 100.0 for name, percent in by_group.items()}


def _percent(text: str) -> float:
    try:
        percent = float(text.removesuffix("%"))
    except ValueError:
        percent = -1.0
    if not 0.0 <= percent <= 100.0:
        raise click.BadParameter(f"{text!r} is no amount; give 0 to 100 (percent)", param_hint="--amount")
    return percent


def _part(text: str, option: str, known: list[str]) -> str:
    name = text.strip()
    if name not in known:
        raise click.BadParameter(
            f"{name!r} is no part of a strip{did_you_mean(name, known)}", param_hint=option
        )
    return name


def read_session_options(
    *,
    roles: Iterable[str] = (),
    leave_out: Iterable[str] = (),
    locks: Iterable[str] = (),
    sample_rate_hz: int | None = None,
    session_file: Path | None = None,
    recursive: bool = False,
    no_sound_roles: bool = False,
) -> "SessionOptions":
    """The words about a session as what `load_session` takes.

    Raises:
        click.BadParameter: a role or a lock that is none.
    """
    from bridge.sessions import SessionOptions
    from console.frozen import FrozenMap

    return SessionOptions(
        sample_rate_hz=sample_rate_hz,
        leave_out=tuple(leave_out),
        roles=FrozenMap(dict(_role(text) for text in roles)),
        locks=FrozenMap(_locks(locks)),
        session_file=session_file,
        recursive=recursive,
        listen=not no_sound_roles,
    )


def _role(text: str) -> tuple[str, Any]:
    from console.session import Role

    name, equals, role = text.rpartition("=")
    if not equals or not name:
        raise click.BadParameter(f"{text!r} has no role; give NAME=ROLE", param_hint="--role")
    if role not in set(Role):
        known = [str(item) for item in Role]
        raise click.BadParameter(f"{role!r} is no role{did_you_mean(role, known)}", param_hint="--role")
    return name, Role(role)


def _locks(words: Iterable[str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for name, parts in map(_lock, words):
        found[name] = (*found.get(name, ()), *parts)
    return found


def _lock(text: str) -> tuple[str, tuple[str, ...]]:
    """A whole track, or parts of one. A name may itself hold "=": what follows counts as parts when it is some."""
    from console.mix import TrackStrip

    lockable = {item.name for item in fields(TrackStrip)} | {EVERYTHING}
    name, equals, parts = text.rpartition("=")
    split = tuple(part.strip() for part in parts.split(","))
    if equals and name and all(part.split(".")[0] in lockable for part in split):
        return name, split
    return text, (EVERYTHING,)


def read_request(
    inputs: Iterable[Path],
    output: Path,
    *,
    references: Iterable[str] = (),
    estimator: str = "",
    target: str = "modern",
    amounts: Iterable[str] = (),
    only: str | None = None,
    seed: int = 0,
    threads: int | None = None,
    no_cache: bool = False,
    stems: bool = False,
    report: bool = True,
    to: tuple[str, ...] | None = None,
    plugin_words: tuple[str, ...] = (),
    plugin_places: tuple[Path, ...] = (),
    refine: bool = False,
    force: bool = False,
    **about_session: Any,
) -> "MixRequest":
    """Every word about a mix as one request."""
    shares = read_amounts(amounts, only)
    session = read_session_options(**about_session)
    from bridge.jobs import MixRequest

    return MixRequest(
        inputs=tuple(inputs),
        output=output,
        session=session,
        references=tuple(references),
        estimator=estimator,
        target=target,
        amounts=shares,
        seed=seed,
        threads=threads,
        stems=stems,
        report=report,
        to=to,
        plugins=read_plugins(plugin_words, plugin_places, refine),
        force=force,
        cache=not no_cache,
    )
