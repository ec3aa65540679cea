"""Numbers and texts as Live writes them in its XML, and back."""

import math
import re
import struct
from xml.sax.saxutils import escape

from exporters.neat import neat_single

_SINGLE = struct.Struct("<f")
_NO_XML = re.compile("[^\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def stored(value: float) -> float:
    """The value that Live keeps of a parameter: a 32-bit float, printed and read again."""
    return float(number(_SINGLE.unpack(_SINGLE.pack(value))[0]))


def number(value: float) -> str:
    """A 32-bit float's value in Live's digits: nine from 1 on, ten below, never an exponent."""
    digits = 9 if abs(value) >= 1.0 else 10
    text = f"{value:.{digits}g}"
    if "e" in text:
        places = max(digits - 1 - math.floor(math.log10(abs(value))), 0)
        text = f"{value:.{places}f}"
        text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def beats(value: float) -> str:
    """A time or a place in full precision, never with an exponent."""
    text = f"{value:.15g}"
    if "e" in text:
        text = f"{value:.15f}".rstrip("0").rstrip(".")
    return text


def plain_text(text: str) -> str:
    """The text with a blank for every sign that XML cannot hold or that would break a line."""
    return _NO_XML.sub(" ", text)


def holds(text: str) -> bool:
    """Whether Live's format holds the text as it is."""
    return _NO_XML.search(text) is None


def attribute(value: object) -> str:
    """A value as the inside of an XML attribute; a float is a parameter's."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return number(value)
    return escape(plain_text(str(value)), {'"': "&quot;"})


def neat_value(value: float) -> float:
    """What a number read from a set is good for: six significant digits."""
    return neat_single(value) + 0.0
