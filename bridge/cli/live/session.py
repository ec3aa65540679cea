"""`mixbridge live session`: the loop in which the engineer's hands and a mix work on one desk."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bridge.cli.live.asking import settle_pairing, told_pairs
from bridge.cli.live.desks import at_the_desk, chosen_desk, named_option, open_rig, read_options
from bridge.cli.live.group import LIVE_COMMANDS
from bridge.cli.live.options import may_raise_option, pair_option, ramp_option, read_pushed, read_time
from bridge.cli.options import (
    PATH,
    estimate_options,
    json_option,
    read_request,
    session_options,
    talk_options,
    threads_option,
)
from bridge.cli.output import note
from bridge.cli.state import State
from console.errors import ParamError

if TYPE_CHECKING:
    from bridge.live.pairing import Pairing
    from bridge.live.rig import Rig
    from bridge.live.session import LiveSession
    from console.mix import Mix
    from console.session import Session


@click.command(short_help=LIVE_COMMANDS["session"][1])
@click.argument("inputs", nargs=-1, type=PATH, metavar="[SESSION]…")
@click.option("--mix", "mix_file", type=PATH, metavar="MIX", help="The mix to go to, instead of an estimate.")
@click.option("--auto", "automatic", is_flag=True, help="Carry out by itself what is proposed.")
@click.option(
    "--limit",
    "limit_db",
    type=click.FloatRange(0.0, 24.0),
    default=2.0,
    show_default=True,
    metavar="DB",
    help="How far a fader may go from the mix to make room for your hands.",
)
@may_raise_option("How far a level may rise without a yes.")
@ramp_option
@pair_option
@click.option(
    "--remote",
    metavar="[HOST:]PORT",
    help="Where surfaces and other terminals are heard; port 9720 of this computer by default.",
)
@click.option("--allow", multiple=True, metavar="HOST", help="Another host that may speak; repeatable.")
@click.option("--advertise", is_flag=True, help="Let surfaces on the network find it by themselves.")
@click.option(
    "--plain", "by_lines", is_flag=True, help="No screen: orders by lines on stdin; `help` lists them."
)
@estimate_options
@session_options
@threads_option
@named_option
@json_option
@talk_options
@click.pass_context
def session(
    context: click.Context,
    /,
    inputs: tuple[Path, ...],
    mix_file: Path | None,
    automatic: bool,
    limit_db: float,
    may_raise_db: float,
    ramp: str,
    pairs: tuple[str, ...],
    remote: str | None,
    allow: tuple[str, ...],
    advertise: bool,
    by_lines: bool,
    kind: str | None,
    as_json: bool,
    **words: Any,
) -> None:
    """Work on a desk together: you move faders, and the rest is balanced around them within the limit.

    The mix comes from --mix, or is estimated from SESSION; with SESSION the balance and A/B know how loud things are.
    A channel on which your hand moves something is yours from then on. What is proposed is carried out when you press
    a, or by itself with --auto. The space bar is panic: everything stops at once. q leaves the desk as it stands.
    """
    from bridge.live.balance import Balance
    from bridge.live.pairing import Pairing
    from bridge.live.session import LiveSession

    state = context.ensure_object(State)
    ramp_s = read_time(ramp)
    listen = read_remote(remote)
    amounts = read_pushed(words["amounts"], words["only"])
    told = told_pairs(pairs)
    chosen, options = chosen_desk(kind, read_options(**{name: words.pop(name) for name in _DESK_WORDS}))
    mix, stems, levels_db = _mix_and_sound(state, inputs, mix_file, words)
    with ExitStack() as stack:
        rig = stack.enter_context(open_rig(state, chosen, options))
        pairing = settle_pairing(rig, mix, told, ask=not (as_json or by_lines)) if mix else None
        live = LiveSession(
            rig,
            mix,
            pairing or Pairing(()),
            amounts=amounts,
            ramp_s=ramp_s,
            automatic=automatic,
            may_raise_db=may_raise_db,
            balance=Balance(limit_db, levels_db) if mix else None,
        )
        _lock_named(live, words["locks"])
        if stems is not None and mix is not None and pairing is not None:
            stack.enter_context(_measured(live, rig, stems, mix, pairing))
        title = rig.folder.identity + (f"  {mix_file.name if mix_file else inputs[0].name}" if mix else "")
        port = stack.enter_context(at_the_desk(rig, live, "live session", listen=listen, allow=allow))
        if advertise:
            stack.enter_context(_advertised(listen, port))
        state.close()
        try:
            if by_lines or as_json or not _has_screen():
                from bridge.cli.live.loop import run_lines

                code = run_lines(live, port, as_json=as_json)
            else:
                from bridge.cli.live.loop import run_screen

                code = run_screen(live, title)
        finally:
            from bridge.cli.live.loop import say_goodbye

            say_goodbye(live)
    if code:
        context.exit(code)


_DESK_WORDS = ("host", "port", "listen", "midi_in", "midi_out", "settings")


def _has_screen() -> bool:
    return sys.stdin.isatty() and sys.stdout.isatty() and os.environ.get("TERM") != "dumb"


def read_remote(text: str | None) -> tuple[str, int] | None:
    """The words of --remote as host and port; None where nothing was said.

    Raises:
        click.BadParameter: they name no port.
    """
    if text is None:
        return None
    host, _, number = text.rpartition(":")
    if not number.isdecimal() or not 0 <= int(number) <= 65535:
        raise click.BadParameter(f"{text!r} names no port; give 9720, or 0.0.0.0:9720", param_hint="--remote")
    return host or "127.0.0.1", int(number)


def _mix_and_sound(
    state: State, inputs: tuple[Path, ...], mix_file: Path | None, words: dict[str, Any]
) -> "tuple[Mix | None, Session | None, Mapping[str, float]]":
    """The mix to go to, the session behind it, and how loud its tracks are before the faders, in LUFS."""
    if mix_file is None and not inputs:
        note("neither --mix nor SESSION: there is nothing to go to, only undo, restore and A/B")
        return None, None, {}
    if mix_file is None:
        from bridge.jobs import suggest

        request = read_request(inputs, Path(), **{**words, "amounts": (), "only": None})
        found, analysis, _, mix = suggest(request, state.progress())
        return mix, found, _levels_db(mix, analysis.tracks)
    from bridge.cli.mixfiles import read_mix, session_of

    mix = read_mix(mix_file)
    if not inputs:
        return mix, None, {}
    from console.analysis import AnalysisCache, analyze

    found = session_of(mix, inputs, words["session_file"], state.progress())
    cache = None if words["no_cache"] else AnalysisCache()
    analysis = analyze(found, cache=cache, threads=words["threads"], progress=state.progress())
    return mix, found, _levels_db(mix, analysis.tracks)


def _levels_db(mix: "Mix", tracks: Mapping[str, Any]) -> dict[str, float]:
    found = {}
    for track in mix.tracks:
        level = tracks[track.id].integrated_lufs if track.id in tracks else float("-inf")
        found[track.id] = max(level, -100.0) + track.input.gain_db
    return found


def _lock_named(live: "LiveSession", names: tuple[str, ...]) -> None:
    """Leave the channels of --lock to the engineer; parts of a strip are locked in the mix alone."""
    from bridge.cli.live.terminal.orders import find_channel

    by_strip = {pair.strip: pair.channel for pair in live.pairing.pairs}
    for name in names:
        if name in by_strip:
            live.set_locked(by_strip[name].key, True, "--lock")
        elif "=" not in name:
            live.set_locked(find_channel(live.strips(), name).key, True, "--lock")


@contextmanager
def _measured(
    live: "LiveSession", rig: "Rig", stems: "Session", mix: "Mix", pairing: "Pairing"
) -> Iterator[None]:
    """Have the sides of A/B measured by rendering them, in a process that ends with the session."""
    from bridge.live.measuring import Measurer, RenderWorker
    from bridge.live.pulling import pull

    def mix_of(number: int) -> "Mix":
        values, _ = rig.folder.store.load(number).on(rig.channels)
        return pull(mix, pairing, values)

    measurer = Measurer(mix_of, RenderWorker(stems))
    live.louder_db, live.measuring = measurer.louder_db, measurer.measuring
    try:
        yield
    finally:
        measurer.close()


@contextmanager
def _advertised(listen: tuple[str, int] | None, port: int) -> Iterator[None]:
    from bridge.live.remote.discovery import Advertisement

    if listen is None or listen[0].startswith("127."):
        raise ParamError(
            "--advertise is for surfaces on the network, which cannot reach this computer's loopback; give also "
            "--remote 0.0.0.0:9720 and --allow HOST"
        )
    with Advertisement((listen[0], port)) as found:
        note(f"surfaces find it as {found.name!r}")
        yield
