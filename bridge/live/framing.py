"""Whether a packet is OSC to the last byte. A parser that fills up what is missing turns half a packet into 0 dB."""

import struct

#: The arguments of a fixed size, in bytes, by type tag.
_SIZES = {tag: size for size, tags in ((0, "TFNI[]"), (4, "ifcrm"), (8, "hdt")) for tag in tags}
_TEXTS = frozenset("sS")

_BUNDLE = b"#bundle\0"
_DEEPEST = 8


def check_whole(packet: bytes, start: int = 0, end: int | None = None, depth: int = 0) -> None:
    """Refuse a packet that ends too soon or too late, or whose bundles are nested without need.

    Raises:
        ValueError: it is no OSC 1.0.
    """
    end = len(packet) if end is None else end
    if not packet.startswith(_BUNDLE, start, end):
        if _message_end(packet, start, end) != end:
            raise ValueError("bytes behind the last argument")
        return
    if depth >= _DEEPEST:
        raise ValueError(f"bundles nested more than {_DEEPEST} deep")
    place = start + 16
    while place < end:
        size = _whole_number(packet, place, end)
        place += 4
        check_whole(packet, place, _inside(place + size, end), depth + 1)
        place += size
    if place != end:
        raise ValueError("a bundle that ends too soon")


def _message_end(packet: bytes, start: int, end: int) -> int:
    if not packet.startswith(b"/", start, end):
        raise ValueError("no address")
    tags_at = _text_end(packet, start, end)
    if tags_at == end:
        return end  # no type tags: what old programs send
    if packet[tags_at : tags_at + 1] != b",":
        raise ValueError("no type tags")
    place = _text_end(packet, tags_at, end)
    for tag in packet[tags_at + 1 : packet.index(b"\0", tags_at)].decode("ascii", "replace"):
        if tag in _TEXTS:
            place = _text_end(packet, place, end)
        elif tag == "b":
            place = _inside(place + 4 + (_whole_number(packet, place, end) + 3) // 4 * 4, end)
        elif tag in _SIZES:
            place = _inside(place + _SIZES[tag], end)
        else:
            raise ValueError(f"the unknown type {tag!r}")
    return place


def _text_end(packet: bytes, start: int, end: int) -> int:
    """Where a text ends with its filling, counted from the start of the packet, which begins at a multiple of 4."""
    found = packet.find(b"\0", start, end)
    if found < 0:
        raise ValueError("a text without an end")
    return _inside((found // 4 + 1) * 4, end)


def _whole_number(packet: bytes, place: int, end: int) -> int:
    (number,) = struct.unpack_from(">i", packet, _inside(place + 4, end) - 4)
    if number < 0:
        raise ValueError(f"the size {number}")
    return int(number)


def _inside(place: int, end: int) -> int:
    if place > end:
        raise ValueError("an argument that ends too soon")
    return place
