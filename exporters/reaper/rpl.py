"""REAPER's preset libraries (.RPL): every strip's setting of a plugin as a preset of that plugin.

The format is the one that two public collections of libraries agree on, Ultraschall/ultraschall-portable and
koulaxizis/reaper, which REAPER wrote years apart (lines are of another length in each, and their length does not
matter). A library of a JSFX holds the line of its sliders and the preset's name, as jpcima/ysfx reads it.
"""

import base64
import binascii
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from console.errors import ExportError
from exporters.reaper.chain import Fx
from exporters.reaper.jsfx import STRIP, STRIP_TITLE
from exporters.reaper.plugins import PLUGINS, vst_block
from exporters.reaper.rpp import Document, Node, plain_text, quote, read_document
from exporters.reaper.vstblock import BYTES_PER_LINE, decode_preset, encode_preset

SUFFIX = ".RPL"
_KIND, _PRESET = "REAPER_PRESET_LIBRARY", "PRESET"


def libraries(chains: Sequence[tuple[str, Sequence[Fx]]]) -> dict[str, Document]:
    """A library for each plugin of these chains, by the plugin's name; each chain is (the strip's name, plugins).

    A plugin that is bypassed makes no preset. Two presets of one name get numbers.
    """
    presets: dict[str, list[Node]] = {}
    taken: dict[str, int] = {}
    for strip, chain in chains:
        for fx in chain:
            if not fx.enabled or fx.vst3 is not None:
                continue
            name = plain_text(f"{strip} {fx.label}" if fx.label else strip).strip() or "preset"
            count = taken[f"{fx.plugin}\0{name}"] = taken.get(f"{fx.plugin}\0{name}", 0) + 1
            name = f"{name} ({count})" if count > 1 else name
            presets.setdefault(fx.plugin, []).append(_preset(fx, name))
    return {
        plugin: Document([Node(f'{_KIND} "{_title(plugin)}"', [*nodes])]) for plugin, nodes in presets.items()
    }


def read_library(path: Path) -> dict[str, bytes]:
    """The state of every preset of a library of one of REAPER's plugins, or the sliders of a JSFX, by name.

    Raises:
        ExportError: the file cannot be read, is damaged or is no library.
    """
    root = read_document(path).node(_KIND)
    if root is None:
        raise ExportError(f"{path} holds no <{_KIND}; give an {SUFFIX} file")
    script = (root.words[1:2] or [""])[0].startswith("JS:")
    found: dict[str, bytes] = {}
    for node in root.nodes(_PRESET):
        lines = [item.strip() for item in node.items if isinstance(item, str) and item.strip()]
        try:
            state = _sliders(lines) if script else decode_preset(lines)[1]
        except ExportError as error:
            raise ExportError(f"{path}: {error}") from error
        found[(node.words[1:2] or [""])[0]] = state
    return found


def _title(plugin: str) -> str:
    return f"JS: {STRIP_TITLE}" if plugin == STRIP else f"VST: {plugin} (Cockos)"


def _preset(fx: Fx, name: str) -> Node:
    # In every library seen presets' names stand in backticks, whatever they hold.
    mark = f"`{name}`" if "`" not in name else quote(name)
    if fx.plugin == STRIP:
        data = fx.state + b" " + quote(name).encode("utf-8", "surrogateescape") + b"\0"
        rows = [
            base64.b64encode(data[at : at + BYTES_PER_LINE]).decode("ascii")
            for at in range(0, len(data), BYTES_PER_LINE)
        ]
    else:
        block = vst_block(PLUGINS[fx.plugin], fx.state)
        rows = encode_preset(replace(block, program=name.encode("utf-8", "surrogateescape")))
    return Node(f"{_PRESET} {mark}", [*rows])


def _sliders(lines: Sequence[str]) -> bytes:
    try:
        data = b"".join(base64.b64decode(line, validate=True) for line in lines)
    except (binascii.Error, ValueError) as error:
        raise ExportError(f"a preset holds a line that is no base64 ({error}); export again") from error
    return b" ".join(data.split(b"\0")[0].split(b" ")[:64])
