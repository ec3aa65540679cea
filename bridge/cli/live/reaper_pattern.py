"""`mixbridge live reaper-pattern`: the OSC pattern file that REAPER needs, shown, or put where REAPER looks for it."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

import click

from bridge.cli.live.group import LIVE_COMMANDS
from bridge.cli.options import PATH, force_option, talk_options
from bridge.cli.output import emit, note, say, write_file
from console.errors import ParamError


@click.command(name="reaper-pattern", short_help=LIVE_COMMANDS["reaper-pattern"][1])
@click.option("-o", "--output", type=PATH, metavar="FILE", help="Write it to this file, or into this folder.")
@click.option("--install", is_flag=True, help="Put it where REAPER looks for it on this computer.")
@force_option
@talk_options
def reaper_pattern(output: Path | None, install: bool, force: bool) -> None:
    """Show mixbridge.ReaperOSC, or write it; --install says where, asks, and puts it into REAPER's folder.

    In REAPER then: Preferences, Control/OSC/web, Add, OSC; mode "Configure device IP+local port", device IP 127.0.0.1,
    device port 9000, local listen port 8000; pattern config mixbridge.
    """
    from presets.reaper.oscpattern import FILE, NAME, pattern_source

    if install and output is not None:
        raise click.UsageError("--install knows where it goes; give that, or --output")
    if not install:
        if output is None:
            emit(pattern_source().decode("ascii"), None)
            return
        path = output / FILE if output.is_dir() else output
        write_file(path, pattern_source(), force=force)
        say(str(path))
        return
    folder = resource_folder(sys.platform, os.environ, Path.home())
    if not folder.is_dir():
        raise ParamError(
            f"REAPER's folder {str(folder)!r} is not there; in REAPER, Options, Show REAPER resource path, and give "
            "the folder OSC in it by --output"
        )
    path = folder / "OSC" / FILE
    note(f"this is going to be written: {path}")
    if sys.stdin.isatty() and sys.stderr.isatty():
        click.confirm("write it?", default=True, abort=True, err=True)
    path.parent.mkdir(exist_ok=True)
    write_file(path, pattern_source(), force=force)
    say(str(path))
    note(f"choose the pattern config {NAME} in REAPER's Preferences, Control/OSC/web")


def resource_folder(platform: str, environment: Mapping[str, str], home: Path) -> Path:
    """REAPER's resource folder where it is installed as usual.

    Args:
        platform: as `sys.platform`.
        environment: the variables of the environment.
        home: the user's home folder.
    """
    if platform == "win32":
        return Path(environment.get("APPDATA") or home / "AppData" / "Roaming") / "REAPER"
    if platform == "darwin":
        return home / "Library" / "Application Support" / "REAPER"
    return Path(environment.get("XDG_CONFIG_HOME") or home / ".config") / "REAPER"
