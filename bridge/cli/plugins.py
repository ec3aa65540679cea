"""`mixbridge plugins`: what plugins are here, and what is known of each."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from bridge.cli.group import COMMANDS
from bridge.cli.options import PATH, force_option, json_option, talk_options
from bridge.cli.output import emit, say, table, to_json
from bridge.cli.state import State

if TYPE_CHECKING:
    from bridge.host.probing import Probe
    from bridge.host.values import Parameter


@click.group(short_help=COMMANDS["plugins"][1])
@talk_options
def plugins() -> None:
    """Find the VST3 plugins (and Audio Units) of this machine, each tried in a process of its own."""


@plugins.command()
@click.option(
    "--path",
    "paths",
    multiple=True,
    type=PATH,
    metavar="PLACE",
    help="Look here instead: a folder of plugins, or a plugin; repeatable.",
)
@click.option("--again", is_flag=True, help="Try those too that are known and have not changed.")
@click.option(
    "-j",
    "--processes",
    type=click.IntRange(1, 16),
    default=2,
    show_default=True,
    metavar="N",
    help="Plugins to try at a time.",
)
@click.option(
    "--limit",
    type=click.FloatRange(1.0),
    default=10.0,
    show_default=True,
    metavar="S",
    help="The longest that one may take to load.",
)
@json_option
@talk_options
@click.pass_obj
def scan(
    state: State, /, paths: tuple[Path, ...], again: bool, processes: int, limit: float, as_json: bool
) -> None:
    """Try every plugin: does it load, in time, twice with the same result, with the latency that it tells?

    What crashes or hangs is named and set aside. The results are kept: a plugin is tried again when its file changes.
    """
    from bridge.host.catalogue import scan as scan_plugins
    from bridge.host.values import Limits

    found = scan_plugins(
        paths or None,
        again=again,
        processes=processes,
        limits=Limits(load_s=limit, block_s=min(limit, 5.0)),
        progress=state.progress(),
    )
    state.close()
    if as_json:
        emit(
            to_json(
                {"schema": "mixbridge.plugin-scan/1", "plugins": [_as_data(item) for item in found.probes]}
            ),
            None,
        )
        return
    if not found.probes:
        say("no plugins here; --path names other places")
        return
    table([("plugin", "roles", "channels", "latency", "state"), *map(_row, found.probes)])
    bad = sum(not item.usable for item in found.probes)
    say()
    say(f"{len(found.probes) - bad} plugins can be used" + (f", {bad} are set aside" if bad else ""))


@plugins.command()
@click.argument("name", metavar="NAME")
@click.option(
    "--path", "paths", multiple=True, type=PATH, metavar="PLACE", help="Look here instead; repeatable."
)
@json_option
@talk_options
@click.pass_obj
def show(state: State, /, name: str, paths: tuple[Path, ...], as_json: bool) -> None:
    """Show a plugin, by its name or its path: parameters with units and ranges, latency, channels, roles."""
    from bridge.host.catalogue import scan as scan_plugins

    as_path = Path(name)
    places = paths or ((as_path,) if as_path.exists() else None)
    item = scan_plugins(places, progress=state.progress()).find(name)
    state.close()
    if as_json:
        emit(to_json({"schema": "mixbridge.plugin/1", **_as_data(item)}), None)
        return
    if item.facts is None:
        say(f"{item.ref}  {item.ref.path}")
    else:
        facts = item.facts
        say(f"{facts.name} {facts.version}  {facts.manufacturer}  {facts.category}  {item.ref.path}")
        say(f"roles: {', '.join(_roles(item)) or 'none that its name or category tells'}")
        say(f"channels: {_channels(item)}; latency: {facts.latency_samples} samples")
    for fault, text in item.faults:
        say(f"{fault.value}: {text}")
    if item.facts is not None:
        say()
        table(
            [
                ("key", "name", "range", "unit", "now"),
                *((p.key, p.name, _range(p), p.unit, p.text) for p in item.facts.parameters if p.settable),
            ]
        )


@plugins.command()
@click.argument("name", metavar="NAME")
@click.option(
    "--path", "paths", multiple=True, type=PATH, metavar="PLACE", help="Look here instead; repeatable."
)
@click.option(
    "--role",
    type=click.Choice(["equalizer", "compressor", "gate", "limiter", "delay", "reverb"]),
    help="What it is; by its name, or its sound, otherwise.",
)
@click.option("-o", "--output", type=PATH, metavar="FILE", help="The profile; NAME.toml here by default.")
@force_option
@json_option
@talk_options
@click.pass_obj
def learn(
    state: State,
    /,
    name: str,
    paths: tuple[Path, ...],
    role: str | None,
    output: Path | None,
    force: bool,
    as_json: bool,
) -> None:
    """Measure what a plugin's knobs do, and write a profile that maps the console's parameters to them.

    The map is tried on settings that it was not learnt from; how far it is off then is told, and stands in the profile.
    Give the profile in a chain file: `profile = "FILE"`.
    """
    from bridge.files import check_target
    from bridge.host.catalogue import scan as scan_plugins
    from bridge.host.learning.learn import learn as learn_plugin
    from bridge.host.process import PluginProcess
    from console.codec import encode
    from console.errors import PluginError
    from console.filenames import safe_name
    from presets.plugins.dump import dump_profile
    from presets.plugins.profile import PluginRole

    as_path = Path(name)
    progress = state.progress()
    item = scan_plugins(paths or ((as_path,) if as_path.exists() else None), progress=progress).find(name)
    if item.facts is None:
        raise PluginError(f"{item.ref} was set aside: {'; '.join(text for _, text in item.faults)}")
    goal = output or Path(f"{safe_name(item.facts.name.casefold(), 'plugin')}.toml")
    check_target(goal, force=force)
    with PluginProcess() as process:
        lesson = learn_plugin(item.ref, process, role=PluginRole(role) if role else None, progress=progress)
    state.close()
    emit(dump_profile(lesson.profile), goal, force=force)
    if as_json:
        told: dict[str, Any] = {
            "verdict": lesson.verdict.value, "error_db": lesson.error_db, "worst_db": lesson.worst_db,
            "parameters": [asdict(item) for item in lesson.parameters],
        }  # fmt: skip
        data = {"schema": "mixbridge.lesson/1", "file": str(goal), **told, "notes": list(lesson.notes)}
        emit(to_json({**data, "profile": encode(lesson.profile)}), None)
        return
    say(
        f"{item.facts.name} as {lesson.profile.role}: {lesson.verdict}, {lesson.error_db:.2f} dB off in the median"
    )
    say(f"of random settings, {lesson.worst_db:.2f} dB in the worst")
    for line in (*lesson.parameters, *lesson.notes):
        say(str(line))
    say(str(goal))


def _row(item: "Probe") -> tuple[str, str, str, str, str]:
    state = "; ".join(text for _, text in item.faults) or "ok"
    if item.facts is None:
        return str(item.ref), "", "", "", state
    return item.facts.name, ", ".join(_roles(item)), _channels(item), str(item.facts.latency_samples), state


def _roles(item: "Probe") -> tuple[str, ...]:
    from bridge.host.roles import likely_roles

    return likely_roles(item.facts) if item.facts else ()


def _channels(item: "Probe") -> str:
    words = {(1,): "mono (twice on stereo)", (2,): "stereo", (1, 2): "mono, stereo"}
    return words[item.facts.channels] if item.facts else ""


def _range(parameter: "Parameter") -> str:
    if parameter.texts:
        shown = ", ".join(parameter.texts[:6])
        return shown + (", …" if len(parameter.texts) > 6 else "")
    if parameter.low is None or parameter.high is None:
        return ""
    return f"{parameter.low:g} … {parameter.high:g}"


def _as_data(item: "Probe") -> dict[str, Any]:
    """A plugin as plain values for JSON."""
    data = asdict(item)
    data["ref"]["path"] = str(item.ref.path)
    if data["facts"]:
        del data["facts"]["ref"]
    data["faults"] = [{"fault": fault.value, "text": text} for fault, text in item.faults]
    return {**data, "usable": item.usable, "roles": list(_roles(item))}
