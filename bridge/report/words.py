"""Numbers and names as the report shows them: units, sensible precision, safe characters."""

import math
import unicodedata
from collections.abc import Callable

from console.words import number as number
from console.words import signed
from console.words import visible as visible

#: Between a number and its unit: a space at which no line breaks.
NBSP = "\u00a0"
#: At and below this level there is nothing to hear, in dB: silence, behind whatever gain a strip may have.
SILENT_DB = -125.0


def level(value: float, unit: str = "dB", decimals: int = 1) -> str:
    """A level; silence is −∞."""
    return f"{number(-math.inf if value <= SILENT_DB else value, decimals)}{NBSP}{unit}"


def change(value: float, unit: str = "dB", decimals: int = 1) -> str:
    """A difference of levels, always with its sign."""
    return f"{signed(value, decimals)}{NBSP}{unit}"


def _three_digits(value: float) -> str:
    if not math.isfinite(value) or value == 0.0:
        return number(value, 0)
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    text = number(value, min(digits, 3))
    return text.rstrip("0").rstrip(".") if "." in text else text


def frequency(value_hz: float) -> str:
    """A frequency, in Hz below 1 kHz and in kHz from there on, three digits."""
    if value_hz >= 999.5:
        return f"{_three_digits(value_hz / 1000.0)}{NBSP}kHz"
    return f"{_three_digits(value_hz)}{NBSP}Hz"


def time_ms(value_ms: float) -> str:
    """A short time in ms, three digits."""
    return f"{_three_digits(value_ms)}{NBSP}ms"


def time_s(value_s: float) -> str:
    """A time in s, three digits."""
    return f"{_three_digits(value_s)}{NBSP}s"


def clock(seconds: float) -> str:
    """A length or a place in the song as minutes and seconds."""
    whole = max(0, round(seconds))
    if whole >= 3600:
        return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"
    return f"{whole // 60}:{whole % 60:02d}"


def percent(share: float) -> str:
    """A share 0 … 1 in percent."""
    return f"{number(100.0 * share, 0)}{NBSP}%"


def pan_position(pan: float) -> str:
    """A place in the stereo field as a desk labels it: L 100 … C … R 100."""
    steps = round(100.0 * pan)
    return "C" if steps == 0 else f"{'L' if steps < 0 else 'R'}{NBSP}{abs(steps)}"


_UNITS: dict[str, Callable[[float], str]] = {
    "_dbtp": lambda value: level(value, "dBTP"),
    "_dbfs": lambda value: level(value, "dBFS"),
    "_db": lambda value: level(value, "dB"),
    "_lufs": lambda value: level(value, "LUFS"),
    "_lu": lambda value: f"{number(value)}{NBSP}LU",
    "_hz": frequency,
    "_ms": time_ms,
    "_s": time_s,
    "_per_s": lambda value: f"{_three_digits(value)}{NBSP}/s",
    "_samples": lambda value: f"{_three_digits(value)}{NBSP}samples",
    "_share": percent,
    "_percent": lambda value: f"{number(value, 0)}{NBSP}%",
}


def figure(name: str, value: float) -> tuple[str, str]:
    """A figure's label and text; the unit is read from the end of the name (`masked_db` → masked, 4.0 dB)."""
    if isinstance(value, bool):
        return name.replace("_", " "), "yes" if value else "no"
    for ending in sorted(_UNITS, key=len, reverse=True):
        if name.endswith(ending) or name == ending[1:]:
            label = name if name == ending[1:] else name.removesuffix(ending)
            return label.replace("_", " "), _UNITS[ending](value)
    return name.replace("_", " "), f"{_three_digits(value)}"


def short_name(name: str, columns: int) -> str:
    """A name cut in its middle to at most so many columns (wide letters count two), so that its end stays."""
    name = visible(name)
    if _columns(name) <= columns:
        return name
    head, tail = "", ""
    for letter in name:
        if _columns(head + letter) > columns * 2 // 3 - 1:
            break
        head += letter
    for letter in reversed(name):
        if _columns(head + letter + tail) > columns - 1:
            break
        tail = letter + tail
    return f"{head}…{tail}"


def _columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def short_hash(text: str) -> str:
    """The first ten digits of a hash, of each part of a joined one."""
    return " + ".join(part.rpartition(":")[2][:10] for part in text.split("+"))
