"""Text in Ardour's sessions: what XML can hold, and names that the ports of a track can have."""

import re
from collections.abc import Iterable

#: What no XML 1.0 document holds, in whatever form: most control signs, halves of characters, two more.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_NOT_IN_PORTS = re.compile("[\x00-\x1f\x7f:]")

#: Longer names of ports are refused by some audio systems, and by people.
LONGEST_NAME = 80

#: Names that Ardour's own routes and ports have.
RESERVED = frozenset(
    {
        "master",
        "monitor",
        "click",
        "auditioner",
        "ltc in",
        "ltc out",
        "mtc in",
        "mtc out",
        "mmc in",
        "mmc out",
    }
)


def holds(text: str) -> bool:
    """Whether an XML document can hold the text as it is."""
    return _NOT_XML.search(text) is None


def plain(text: str) -> str:
    """The text with every sign that XML cannot hold replaced."""
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)


def route_name(name: str) -> str:
    """The name that a route gets for a strip's: no control signs, no colon, not too long, never empty."""
    text = _NOT_IN_PORTS.sub("-", plain(name))[:LONGEST_NAME].strip()
    return text or "Track"


def route_names(names: Iterable[str], taken: Iterable[str] = ()) -> list[str]:
    """A route's name for each strip's, no two alike and none of Ardour's own or of those taken."""
    used = {name.casefold() for name in taken} | RESERVED
    count: dict[str, int] = {}
    result = []
    for name in names:
        base = candidate = route_name(name)
        while candidate.casefold() in used:
            count[base] = count.get(base, 1) + 1
            candidate = f"{base} {count[base]}"
        used.add(candidate.casefold())
        result.append(candidate)
    return result
