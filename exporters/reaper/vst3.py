"""Any VST3 plugin as an element of a REAPER chain, from the .vstpreset that holds its state.

Decoded from blocks that REAPER wrote for two plugins. The number before the class id is FNV-1a over its sixteen bytes,
in the order of a Windows GUID, without the highest bit. The state is the component's behind its length and a 1, then a
length and a word for the controller's, both 0 there.
"""

import struct

from console.errors import ExportError
from exporters.plugins import HeardPlugin
from exporters.reaper.rpp import Node, line
from exporters.reaper.vstblock import MAGIC_CHUNK, VstBlock, encode_block, stereo_pins

_FNV_START, _FNV_PRIME, _POSITIVE = 2166136261, 16777619, 0x7FFFFFFF
_MARK = 0x0010FFFF
_PRESET_HEAD = struct.Struct("<4si32sq")
_LIST_HEAD = struct.Struct("<4si")
_LIST_ENTRY = struct.Struct("<4sqq")
_MOST_CHUNKS = 64


def vst3_node(plugin: HeardPlugin, *, label: str = "") -> Node:
    """The <VST> element of an instance; `label` is what the chain shows in place of the plugin's name.

    Raises:
        ExportError: the preset is none, or is cut short.
    """
    class_id, component = read_preset(plugin.preset)
    number = plugin_number(class_id)
    maker = f" ({plugin.maker})" if plugin.maker else ""
    head = line("VST", f"VST3: {plugin.name}{maker}", plugin.file, 0, label)
    block = VstBlock(
        fourcc=struct.pack(">I", number).decode("latin-1"),
        magic=MAGIC_CHUNK,
        in_pins=stereo_pins(2),
        out_pins=stereo_pins(2),
        state=struct.pack("<II", len(component), 1) + component + struct.pack("<II", 0, 0),
        flag=1,
        mark=_MARK,
    )
    return Node(f'{head} {number}{{{class_id}}} ""', [*encode_block(block)])


def plugin_number(class_id: str) -> int:
    """The number by which REAPER calls a VST3 class, from the 32 hexadecimal digits of its id.

    Raises:
        ExportError: these are no 32 hexadecimal digits.
    """
    try:
        text = bytes.fromhex(class_id)
    except ValueError:
        text = b""
    if len(text) != 16:
        raise ExportError(f"{class_id!r} is no class id of a VST3 plugin; save the preset again")
    # A Windows GUID has its first three fields in the other order of bytes.
    number = _FNV_START
    for byte in text[3::-1] + text[5:3:-1] + text[7:5:-1] + text[8:]:
        number = (number ^ byte) * _FNV_PRIME & 0xFFFFFFFF
    return number & _POSITIVE


def read_preset(data: bytes) -> tuple[str, bytes]:
    """(class id, state of the component) of a .vstpreset.

    Raises:
        ExportError: it is none, or is cut short.
    """
    try:
        mark, _, class_id, at = _PRESET_HEAD.unpack_from(data)
        listed, count = _LIST_HEAD.unpack_from(data, at)
        if mark != b"VST3" or listed != b"List" or not 0 < count <= _MOST_CHUNKS:
            raise ExportError(f"a preset begins with {data[:8]!r}; give a .vstpreset")
        for index in range(count):
            kind, start, size = _LIST_ENTRY.unpack_from(data, at + _LIST_HEAD.size + index * _LIST_ENTRY.size)
            if kind == b"Comp" and 0 <= start and 0 <= size and start + size <= len(data):
                return class_id.decode("ascii").upper(), data[start : start + size]
    except (struct.error, UnicodeDecodeError) as error:
        raise ExportError(f"a preset of {len(data)} bytes is damaged ({error}); save it again") from None
    raise ExportError(f"a preset of {len(data)} bytes holds no state of its plugin; save it again")
