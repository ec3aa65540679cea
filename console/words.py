"""Numbers as sentences show them: sensible precision, true minus signs."""

import math
import unicodedata

MINUS = "\u2212"
_CONTROL_PICTURES = 0x2400
_DELETE_PICTURE = "\u2421"
_UNSHOWABLE = "\ufffd"


def number(value: float, decimals: int = 1, *, sign: bool = False) -> str:
    """A number with a true minus sign; −∞, ∞ and n/a for what is not finite; never a negative zero."""
    if math.isnan(value):
        return "n/a"
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    rounded = round(value, decimals) + 0.0
    return f"{rounded:{'+' if sign and rounded else ''}.{decimals}f}".replace("-", MINUS)


def signed(value: float, decimals: int = 1) -> str:
    """A difference, always with its sign."""
    return number(value, decimals, sign=True)


def pan_place(pan: float) -> str:
    """A place in the stereo field −1 … 1: "in the middle", "35 % right"."""
    percent = round(100.0 * pan)
    if percent == 0:
        return "in the middle"
    return f"{abs(percent)} % {'left' if percent < 0 else 'right'}"


def visible(text: str) -> str:
    """Text in which nothing can hide.

    Control characters become their pictures; direction marks and lone surrogates the replacement character.
    """
    return "".join(_shown(letter) for letter in text)


def _shown(letter: str) -> str:
    code = ord(letter)
    if code < 0x20:
        return chr(_CONTROL_PICTURES + code)
    if code == 0x7F:
        return _DELETE_PICTURE
    if unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") or 0x202A <= code <= 0x202E:
        return _UNSHOWABLE
    if 0x2066 <= code <= 0x2069 or code in (0x200E, 0x200F, 0xFEFF):
        return _UNSHOWABLE
    return letter
