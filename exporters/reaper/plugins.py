"""The plugins that every REAPER has: names, ids, modules, pins, and their elements in an FX chain."""

import platform
from dataclasses import dataclass
from pathlib import PureWindowsPath
from types import MappingProxyType

from console.errors import ExportError
from exporters.reaper.rpp import Node, line
from exporters.reaper.vstblock import (
    MAGIC_CHUNK,
    MAGIC_PARAMETERS,
    VstBlock,
    decode_block,
    encode_block,
    stereo_pins,
)


@dataclass(frozen=True, slots=True)
class Plugin:
    """A plugin of REAPER's own: what its <VST> line and its header say."""

    name: str
    vst_id: int
    fourcc: str
    module: str
    inputs: int = 2
    chunk: bool = False

    @property
    def hex_id(self) -> str:
        """The id that REAPER writes in angle brackets: "VST", the code and the start of the name, in hex."""
        return (b"VST" + self.fourcc.encode() + self.module.encode()[:9]).ljust(16, b"\0").hex().upper()


#: By name. The first two inputs carry the audio; two more, where there are four, are the side-chain.
PLUGINS: MappingProxyType[str, Plugin] = MappingProxyType(
    {
        plugin.name: plugin
        for plugin in (
            Plugin("ReaEQ", 1919247729, "reeq", "reaeq", chunk=True),
            Plugin("ReaComp", 1919247213, "recm", "reacomp", inputs=4),
            Plugin("ReaGate", 1919248244, "regt", "reagate", inputs=4),
            Plugin("ReaLimit", 1919708532, "rlmt", "realimit", chunk=True),
            Plugin("ReaDelay", 1919247468, "redl", "readelay", chunk=True),
            Plugin("ReaVerbate", 1920361016, "rvb8", "reaverbate"),
        )
    }
)

#: Ending of a plugin's module by platform.
MODULE_SUFFIXES: MappingProxyType[str, str] = MappingProxyType(
    {"win64": ".dll", "macos": ".vst.dylib", "linux": ".vst.so"}
)

_SYSTEMS = {"Windows": "win64", "Darwin": "macos"}


def running_platform() -> str:
    """The platform that REAPER would have on this machine: win64, macos or linux."""
    return _SYSTEMS.get(platform.system(), "linux")


def check_platform(name: str) -> str:
    """The name itself.

    Raises:
        ExportError: no such platform.
    """
    if name not in MODULE_SUFFIXES:
        raise ExportError(f"{name!r} is no platform of REAPER; give {', '.join(MODULE_SUFFIXES)}")
    return name


def vst_block(plugin: Plugin, state: bytes) -> VstBlock:
    """The block of an instance with this state, wired straight through, without a preset name."""
    return VstBlock(
        fourcc=plugin.fourcc,
        magic=MAGIC_CHUNK if plugin.chunk else MAGIC_PARAMETERS,
        in_pins=stereo_pins(plugin.inputs),
        out_pins=stereo_pins(2),
        state=state,
        flag=int(plugin.chunk),
    )


def vst_node(plugin: Plugin, state: bytes, *, system: str, label: str = "") -> Node:
    """The <VST> element of an instance; `label` is what the FX chain shows in place of the plugin's name."""
    module = plugin.module + MODULE_SUFFIXES[check_platform(system)]
    head = line("VST", f"VST: {plugin.name} (Cockos)", module, 0, label)
    return Node(f'{head} {plugin.vst_id}<{plugin.hex_id}> ""', [*encode_block(vst_block(plugin, state))])


def read_vst(node: Node) -> tuple[str, str, VstBlock] | None:
    """(plugin, label, block) of a <VST> element, or None when it is no plugin of the table."""
    words = node.words
    if node.name != "VST" or len(words) < 5:
        return None
    vst_id = words[5].split("<")[0] if len(words) > 5 else ""
    # Projects of REAPER's early years name the module alone.
    module = PureWindowsPath(words[2]).name.split(".")[0].lower() if not vst_id else ""
    known = next(
        (plugin for plugin in PLUGINS.values() if str(plugin.vst_id) == vst_id or plugin.module == module),
        None,
    )
    if known is None:
        return None
    return known.name, words[4], decode_block([item for item in node.items if isinstance(item, str)])
