"""The plugins that a session gets: their LV2 names for mono and stereo, and our own two Lua scripts inside it."""

import base64
import binascii
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from types import MappingProxyType

#: What the names of our processors begin with, so that they are found again.
MARK = "mixbridge "

_SCRIPT_NAME = re.compile(rb'name\s*=\s*"mixbridge (Filters|Gate)"')
_LONGEST_SCRIPT = 65_536


@dataclass(frozen=True, slots=True)
class Plugin:
    """A plugin by its LV2 names for one and two channels, or by the script that the session holds."""

    mono: str = ""
    stereo: str = ""
    script: str = ""
    ports: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Insert:
    """One plugin of a chain: its key in the table, the name that it shows, its ports by symbol, whether it is on."""

    plugin: str
    label: str
    values: Mapping[str, float] = field(default_factory=dict)
    enabled: bool = True


_LSP = "http://lsp-plug.in/plugins/lv2/"
_X42 = "http://gareus.org/oss/lv2/"

PLUGINS: MappingProxyType[str, Plugin] = MappingProxyType(
    {
        "lsp_eq": Plugin(f"{_LSP}para_equalizer_x16_mono", f"{_LSP}para_equalizer_x16_stereo"),
        "fil4": Plugin(f"{_X42}fil4#mono", f"{_X42}fil4#stereo"),
        "ace_eq": Plugin("urn:ardour:a-eq", "urn:ardour:a-eq"),
        "ace_comp": Plugin("urn:ardour:a-comp", "urn:ardour:a-comp#stereo"),
        "ace_expander": Plugin("urn:ardour:a-exp", "urn:ardour:a-exp#stereo"),
        "ace_reverb": Plugin("urn:ardour:a-reverb", "urn:ardour:a-reverb"),
        "ace_delay": Plugin("urn:ardour:a-delay", "urn:ardour:a-delay"),
        "dpl": Plugin(f"{_X42}dpl#mono", f"{_X42}dpl#stereo"),
        "lsp_limiter": Plugin(f"{_LSP}limiter_mono", f"{_LSP}limiter_stereo"),
        "filters": Plugin(
            script="filters.lua",
            ports=(
                "highpass",
                "highpass_hz",
                "highpass_slope",
                "lowpass",
                "lowpass_hz",
                "lowpass_slope",
                "width",
            ),
        ),
        "gate": Plugin(script="gate.lua", ports=("threshold", "range", "ratio", "attack", "hold", "release")),
    }
)

#: The key of a plugin by any of its LV2 names.
KEYS: MappingProxyType[str, str] = MappingProxyType(
    {name: key for key, plugin in PLUGINS.items() for name in (plugin.mono, plugin.stereo) if name}
)

#: The bundles that hold what does not come with Ardour.
BUNDLES: MappingProxyType[str, str] = MappingProxyType(
    {
        "lsp_eq": "lsp-plugins.lv2",
        "lsp_limiter": "lsp-plugins.lv2",
        "fil4": "fil4.lv2",
        "dpl": "dpl.lv2",
    }
)


@cache
def script_text(name: str) -> str:
    """One of our scripts as a session holds it, in base64."""
    return base64.b64encode(files("exporters.ardour").joinpath(name).read_bytes()).decode("ascii")


def key_of_script(text: str) -> str:
    """Which of our scripts a session holds in base64; "" for any other."""
    try:
        code = base64.b64decode(text[:_LONGEST_SCRIPT], validate=False)
    except (binascii.Error, ValueError):
        return ""
    found = _SCRIPT_NAME.search(code[:2048])
    return found[1].decode("ascii").lower() if found else ""


def is_installed(plugin: str) -> bool:
    """Whether this machine has a plugin, so far as its LV2 folders tell."""
    bundle = BUNDLES.get(plugin)
    return bundle is None or any((folder / bundle).is_dir() for folder in lv2_folders())


def lv2_folders() -> tuple[Path, ...]:
    """Where LV2 plugins lie on this machine: LV2_PATH, or the places that the standard names."""
    own = os.environ.get("LV2_PATH", "")
    if own:
        return tuple(Path(part) for part in own.split(os.pathsep) if part)
    if sys.platform == "darwin":
        return (Path.home() / "Library/Audio/Plug-Ins/LV2", Path("/Library/Audio/Plug-Ins/LV2"))
    if sys.platform == "win32":
        roots = [os.environ.get(name) for name in ("APPDATA", "COMMONPROGRAMFILES")]
        return tuple(Path(root) / "LV2" for root in roots if root)
    return (Path.home() / ".lv2", Path("/usr/lib/lv2"), Path("/usr/local/lib/lv2"), Path("/usr/lib64/lv2"))
