"""Reads the addresses of the remote control."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from functools import lru_cache

from bridge.live.parameters import meaning
from bridge.live.values import Channel
from console.codec import did_you_mean
from console.errors import ParamError
from console.mix.blend import GROUPS
from presets.surfaces.addresses import COMMANDS, ROOT, STATUS, escaped

#: The addresses that ask for something, or to be told.
QUERIES = ("version", "addresses", "strips", "get", "subscribe", "unsubscribe")

_FORMS = ("norm", "range")


class Kind(Enum):
    """What an address speaks of."""

    PARAMETER = auto()
    NAME = auto()
    PARAMETERS = auto()
    LOCK = auto()
    AMOUNT = auto()
    COMMAND = auto()
    STATUS = auto()
    QUERY = auto()


@dataclass(frozen=True, slots=True)
class Target:
    """What an address means: its kind, the strip (number or escaped name), the parameter, group or word, the form."""

    kind: Kind
    name: str = ""
    strip: int | str = 0
    form: str = ""


@lru_cache(maxsize=4096)
def parse(address: str) -> Target:
    """What an address means.

    Raises:
        ParamError: nothing.
    """
    if not address.startswith(f"{ROOT}/"):
        raise ParamError(f"{address!r:.80} is no address of mixbridge; all begin with {ROOT}/")
    head, *rest = address.removeprefix(f"{ROOT}/").split("/")
    if not rest and head in COMMANDS:
        return Target(Kind.COMMAND, head)
    if not rest and head in QUERIES:
        return Target(Kind.QUERY, head)
    if head == "status" and len(rest) == 1 and rest[0] in STATUS:
        return Target(Kind.STATUS, rest[0])
    if head == "amount":
        return _amount(address, rest)
    if head in ("strip", "lock") and rest:
        number, rest = _strip(address, rest)
        return _lock(address, number, rest) if head == "lock" else _of_strip(address, number, rest)
    raise ParamError(
        f"{address!r:.80} is no address of mixbridge{_hint(head[:40])}; {ROOT}/addresses lists them"
    )


@lru_cache(maxsize=256)
def _hint(head: str) -> str:
    return did_you_mean(head, [*COMMANDS, *QUERIES, "amount", "strip", "lock", "status"])


def _amount(address: str, rest: list[str]) -> Target:
    form = rest.pop() if rest and rest[-1] == "norm" else ""
    group = rest.pop() if rest else ""
    if rest or (group and group not in GROUPS):
        raise ParamError(f"{address!r:.80} is no amount; there is one for each of {', '.join(GROUPS)}")
    return Target(Kind.AMOUNT, group, form=form)


def _strip(address: str, rest: list[str]) -> tuple[int | str, list[str]]:
    if rest[0] == "by_name" and len(rest) > 1:
        return rest[1], rest[2:]
    if len(rest[0]) < 6 and rest[0].isascii() and rest[0].isdigit():
        return int(rest[0]), rest[1:]
    raise ParamError(f"{address!r:.80} names no strip; give its number from 1, or by_name/ and its name")


def _lock(address: str, strip: int | str, rest: list[str]) -> Target:
    if rest:
        raise ParamError(f"{address!r:.80} has more than a strip behind {ROOT}/lock; leave the rest away")
    return Target(Kind.LOCK, strip=strip)


def _of_strip(address: str, strip: int | str, rest: list[str]) -> Target:
    if not rest or rest == ["parameters"]:
        return Target(Kind.PARAMETERS, strip=strip)
    if rest == ["name"]:
        return Target(Kind.NAME, strip=strip)
    form = rest[1] if len(rest) == 2 else ""
    if len(rest) > 2 or (form and form not in _FORMS):
        raise ParamError(f"{address!r:.80} ends in neither a parameter nor /norm nor /range")
    meaning(rest[0][:80])
    return Target(Kind.PARAMETER, rest[0], strip, form)


def find_strip(strips: Sequence[Channel], strip: int | str) -> tuple[int, Channel]:
    """A strip and its number, from its number or its name as `escaped` gives it.

    Raises:
        ParamError: there is none, or more than one of that name.
    """
    if isinstance(strip, int):
        if not 1 <= strip <= len(strips):
            raise ParamError(f"there is no strip {strip}; give 1 to {len(strips)}, {ROOT}/strips lists them")
        return strip, strips[strip - 1]
    found = [(number, one) for number, one in enumerate(strips, 1) if escaped(one.name) == strip]
    if len(found) == 1:
        return found[0]
    if found:
        numbers = ", ".join(str(number) for number, _ in found)
        raise ParamError(f"{strip!r:.80} is the name of the strips {numbers}; give one of these numbers")
    raise ParamError(f"there is no strip {strip!r:.80}; {ROOT}/strips lists them")
