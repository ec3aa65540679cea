"""The questions that are no address of a value: the strips, the addresses, the version, several values at once."""

from collections.abc import Iterator

from bridge.live.parameters import meaning
from bridge.live.remote.arguments import pressed
from bridge.live.remote.controlled import Controlled
from bridge.live.remote.grammar import parse
from bridge.live.remote.readings import Reading, Wish, reading
from bridge.live.remote.table import address_table
from bridge.live.wires import Message
from bridge.version import tool_version
from console.errors import ParamError
from presets.surfaces.addresses import ROOT

#: The version of the address space: a client that knows it knows every address.
VERSION = 1

#: The questions that are answered by many messages.
LONG_ANSWERS = frozenset({"addresses", "strips", "get", "subscribe"})

_WORDS = frozenset({"none", "norm"})


def answers(controlled: Controlled, message: Message, name: str) -> Iterator[tuple[str, Reading]]:
    """The messages that answer a question.

    Raises:
        ParamError: there is no answer to it.
    """
    if name == "version":
        yield f"{ROOT}/version", (tool_version(), VERSION)
    elif name == "strips":
        strips = controlled.strips()
        for number, one in enumerate(strips, 1):
            yield f"{ROOT}/strips", (number, one.name, one.kind, int(controlled.locked(one.key)))
        yield f"{ROOT}/strips/end", (len(strips),)
    elif name == "addresses":
        rows = address_table()
        for row in rows:
            yield f"{ROOT}/addresses", (row.address, row.types, row.range_text, row.text)
        yield f"{ROOT}/addresses/end", (len(rows),)
    else:
        for wanted in message.args or ("",):
            if not isinstance(wanted, str) or not wanted:
                raise ParamError(f"{ROOT}/get has {wanted!r:.40}; give addresses, whole or without {ROOT}/")
            address = wanted if wanted.startswith("/") else f"{ROOT}/{wanted}"
            yield address, reading(controlled, parse(address))


def subscription(message: Message) -> tuple[tuple[str, int], Wish]:
    """Where a subscriber listens, and what it wants to follow.

    Raises:
        ParamError: an argument is neither a port nor a parameter.
    """
    host, port = message.sender
    wanted: set[str] = set()
    for one in message.args:
        if isinstance(one, str):
            if one not in _WORDS:
                meaning(one[:80])
            wanted.add(one)
        elif isinstance(one, int | float) and float(one).is_integer() and 1 <= one <= 65_535:
            port = int(one)
        else:
            raise ParamError(f"{one!r:.40} is neither a port nor a parameter; give 1 to 65535, or a name")
    parameters = wanted - _WORDS
    return (host, port), Wish(
        frozenset(parameters) if parameters or "none" in wanted else None, "norm" in wanted
    )


def pressed_command(message: Message, name: str) -> bool:
    """Whether a command is meant: a button that goes down, or a side for "ab".

    Raises:
        ParamError: the argument is none that the command has.
    """
    if name == "ab" and message.args and message.args[0] in ("A", "B") and len(message.args) == 1:
        return True
    return pressed(message)
