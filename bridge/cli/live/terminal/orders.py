"""What can be typed to a live session, line by line, and the one place where it is obeyed, keys included."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from console.codec import did_you_mean
from console.errors import ParamError

if TYPE_CHECKING:
    from bridge.live.session import LiveSession
    from bridge.live.values import Channel

#: Order → what may follow it, and what it does.
ORDERS: Final[dict[str, tuple[str, str]]] = {
    "panic": ("", "stop every move at once; again: go back to the snapshot from before it"),
    "apply": ("[all]", "carry out what is proposed; all: with what rises further than allowed"),
    "undo": ("", "take back the last change"),
    "ab": ("[A|B]", "switch between before and after at matched loudness"),
    "restore": ("", "go back to where the desk stood before the first move of this session"),
    "amount": ("[PART] PERCENT", "how much of the mix, or of one part of it: amount fader 60"),
    "lock": ("CHANNEL", "leave a channel to yourself"),
    "unlock": ("CHANNEL", "let mixbridge move it again"),
    "auto": ("on|off", "carry out by itself what is proposed"),
    "moves": ("", "list what is proposed, with reasons"),
    "channels": ("", "list the channels: level, aim, and whose they are"),
    "status": ("", "what the session is doing"),
    "help": ("", "this list"),
    "quit": ("", "leave; the desk stays as it stands"),
}

#: What is said to the session as it is.
_COMMANDS: Final = ("panic", "apply", "undo", "ab", "restore")
_WHO: Final = "the keyboard"


@dataclass
class Quit:
    """Whether somebody wants to leave; the loop does when nothing is left to do."""

    wanted: bool = False


def obey(session: "LiveSession", line: str, leave: Quit) -> str:
    """Do what a line says; returns the answer.

    Raises:
        ParamError: it is no order, or one that cannot be obeyed now.
    """
    words = line.split()
    if not words:
        return ""
    order, rest = words[0].lower(), words[1:]
    if order not in ORDERS:
        raise ParamError(f"{words[0]!r} is no order{did_you_mean(order, list(ORDERS))}; `help` lists them")
    if order in _COMMANDS:
        return session.command(order, _arguments(order, rest), _WHO)
    match order:
        case "amount":
            part, amount = _amount(rest)
            session.set_amount(part, amount, _WHO)
            return session.text
        case "lock" | "unlock":
            channel = find_channel(session.strips(), " ".join(rest))
            session.set_locked(channel.key, order == "lock", _WHO)
            return f"{channel.name} is {'yours' if order == 'lock' else 'moved by mixbridge again'}"
        case "auto":
            return set_automatic(session, _switch(rest))
        case "quit":
            leave.wanted = True
            return "leaving"
    return ""


def set_automatic(session: "LiveSession", on: bool) -> str:
    """Have what is proposed carried out by itself, or not."""
    session.automatic = on
    if on and session.mix is not None:
        session.aim_at(session.mix)
    return f"automatic is {'on' if on else 'off'}"


def find_channel(channels: Iterable["Channel"], name: str) -> "Channel":
    """A channel by its name, in any case, or by its number.

    Raises:
        ParamError: there is none of this name, or more than one.
    """
    every = list(channels)
    for fits in (
        [one for one in every if one.name == name],
        [one for one in every if one.name.casefold() == name.casefold()],
        [one for one in every if one.key == name],
    ):
        if len(fits) == 1:
            return fits[0]
        if fits:
            raise ParamError(
                f"there are {len(fits)} channels {name!r}; say which by its number: "
                + ", ".join(one.key for one in fits)
            )
    raise ParamError(f"the desk has no channel {name!r}{did_you_mean(name, [one.name for one in every])}")


def help_lines() -> list[str]:
    """Every order with what it does."""
    heads = [f"{order} {rest}".rstrip() for order, (rest, _) in ORDERS.items()]
    width = max(map(len, heads))
    return [f"{head.ljust(width)}  {text}" for head, (_, text) in zip(heads, ORDERS.values(), strict=True)]


def _arguments(order: str, rest: list[str]) -> tuple[str, ...]:
    known = {"apply": ("all",), "ab": ("A", "B")}.get(order, ())
    found = []
    for word in rest:
        fit = next((one for one in known if one.lower() == word.lower()), None)
        if fit is None:
            raise ParamError(f"{word!r} does not go with {order}; type `{order} {ORDERS[order][0]}`".rstrip())
        found.append(fit)
    return tuple(found)


def _amount(rest: list[str]) -> tuple[str, float]:
    if len(rest) not in (1, 2):
        raise ParamError("an amount takes a percentage: `amount 60`, or `amount fader 60`")
    try:
        percent = float(rest[-1].removesuffix("%"))
    except ValueError:
        percent = -1.0
    if not 0.0 <= percent <= 100.0:
        raise ParamError(f"{rest[-1]!r} is no amount; give 0 to 100 (percent)")
    return ("" if len(rest) == 1 or rest[0] == "all" else rest[0]), percent / 100.0


def _switch(rest: list[str]) -> bool:
    if rest not in (["on"], ["off"]):
        raise ParamError("automatic is switched by `auto on` or `auto off`")
    return rest == ["on"]
