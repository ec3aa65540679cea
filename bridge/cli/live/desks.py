"""Which desk a command means, and how it is reached."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from bridge.cli.state import State
from console.errors import ParamError

if TYPE_CHECKING:
    from bridge.live.link import LinkOptions
    from bridge.live.rig import Rig
    from bridge.live.session import LiveSession


def desk_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options by which a desk is named; without them the one that was connected last is meant."""
    for option in reversed(
        (
            click.option("--host", metavar="HOST", help="The computer or console that the desk is on."),
            click.option(
                "--port", type=click.IntRange(1, 65535), metavar="N", help="The port it listens on."
            ),
            click.option(
                "--listen",
                metavar="[HOST:]PORT",
                help="Where its answers are heard; this computer alone unless a host is given.",
            ),
            click.option("--midi-in", metavar="NAME", help="The MIDI port that the desk sends to."),
            click.option("--midi-out", metavar="NAME", help="The MIDI port that the desk hears."),
            click.option(
                "--set",
                "settings",
                multiple=True,
                metavar="NAME=VALUE",
                help="Something that this kind of desk has to be told; repeatable.",
            ),
        )
    ):
        command = option(command)
    return command


def named_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """--desk, and what belongs to it."""
    option = click.option(
        "--desk",
        "kind",
        metavar="KIND",
        help="reaper, ableton, ardour, x32, mackie or midi; by default the one connected last.",
    )
    return option(desk_options(command))


def read_options(
    host: str | None,
    port: int | None,
    listen: str | None,
    midi_in: str | None,
    midi_out: str | None,
    settings: tuple[str, ...],
) -> dict[str, Any]:
    """The words about a desk as fields of `LinkOptions`; what was not said is left out.

    Raises:
        click.BadParameter: --listen or --set is malformed.
    """
    found: dict[str, Any] = {}
    words = {"host": host, "port": port, "midi_in": midi_in, "midi_out": midi_out}
    found |= {name: value for name, value in words.items() if value is not None}
    if listen is not None:
        name, _, number = listen.rpartition(":")
        if not number.isdecimal() or not 0 <= int(number) <= 65535:
            raise click.BadParameter(
                f"{listen!r} names no port; give 9001, or 192.168.1.5:9001", param_hint="--listen"
            )
        found["listen_port"] = int(number)
        if name:
            found["listen_host"] = name
    pairs = [text.partition("=") for text in settings]
    for name, equals, _ in pairs:
        if not equals or not name:
            raise click.BadParameter(f"{name!r} is no NAME=VALUE", param_hint="--set")
    if pairs:
        found["settings"] = tuple((name, value) for name, _, value in pairs)
    return found


def chosen_desk(kind: str | None, words: dict[str, Any]) -> "tuple[str, LinkOptions]":
    """The kind of desk and how to reach it: as named now, else as connected last.

    Raises:
        ParamError: none is named, and none was ever connected.
    """
    from bridge.live.folder import last_desk
    from bridge.live.link import LinkOptions

    last_kind, last_words = last_desk()
    if kind is None and not last_kind:
        raise ParamError(
            "no desk was connected yet; run `mixbridge live connect ardour` (or reaper, ableton …)"
        )
    if kind is None or kind == last_kind:
        kind = last_kind
        words = {**last_words, **words}
    known = set(LinkOptions.__dataclass_fields__)
    given = {name: value for name, value in words.items() if name in known}
    if "settings" in given:
        given["settings"] = tuple((str(name), str(value)) for name, value in given["settings"])
    return kind, LinkOptions(**given)


@contextmanager
def open_rig(state: State, kind: str, options: "LinkOptions") -> "Iterator[Rig]":
    """The desk, connected and read.

    Raises:
        LinkError: nobody answers.
    """
    from bridge.live.clock import SystemClock
    from bridge.live.link import desk_identity, open_link
    from bridge.live.rig import connected

    clock = SystemClock()
    progress = state.progress()
    progress(f"connect {kind}", 0.0)
    link = open_link(kind, options, clock)
    with connected(link, clock, identity=desk_identity(kind, options)) as rig:
        rig.told = progress
        state.close()
        yield rig


@contextmanager
def at_the_desk(
    rig: "Rig",
    session: "LiveSession",
    what: str,
    *,
    listen: tuple[str, int] | None = None,
    allow: tuple[str, ...] = (),
) -> Iterator[int]:
    """Move a desk alone, with ears for panic and the rest from other terminals and surfaces; gives the port.

    Raises:
        LinkError: another mixbridge is at it.
    """
    from bridge.live.remote.server import RemoteServer
    from presets.surfaces.addresses import PORT

    with ExitStack() as stack:
        server = _server(
            RemoteServer, session, rig, listen or ("127.0.0.1", PORT), allow, fixed=listen is not None
        )
        stack.callback(server.close)
        stack.enter_context(rig.folder.at_the_desk(what, server.port))
        session.ears.append(server.serve)
        yield server.port


def _server(
    make: Any,
    session: "LiveSession",
    rig: "Rig",
    listen: tuple[str, int],
    allow: tuple[str, ...],
    *,
    fixed: bool,
) -> Any:
    """The remote control on its usual port, or on any when that is taken and nobody asked for it."""
    from console.errors import LinkError

    try:
        return make(session, rig.clock, listen=listen, allow=allow)
    except LinkError:
        if fixed:
            raise
        return make(session, rig.clock, listen=(listen[0], 0), allow=allow)


def as_words(options: "LinkOptions") -> dict[str, Any]:
    """How to reach a desk as plain data, to be remembered."""
    return asdict(options)
