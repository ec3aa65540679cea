"""What the remote control answers: where things stand, as messages with the address that was asked."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bridge.live.parameters import meaning
from bridge.live.remote.controlled import Controlled, Status
from bridge.live.remote.grammar import Kind, Target, find_strip
from bridge.live.values import Channel, Control, Knob
from bridge.live.wires import Argument
from console.errors import ParamError
from console.mix.blend import GROUPS
from presets.surfaces.addresses import (
    STATUS,
    amount_address,
    lock_address,
    status_address,
    strip_address,
)

Reading = tuple[Argument, ...]


@dataclass(frozen=True, slots=True)
class Wish:
    """What a subscriber wants to follow: which parameters of the strips (None: all), in units or as 0 … 1."""

    parameters: frozenset[str] | None = None
    norm: bool = False


def reading(controlled: Controlled, target: Target) -> Reading:
    """What stands at an address.

    Raises:
        ParamError: nothing stands there, or nobody knows what.
    """
    if target.kind is Kind.AMOUNT:
        amount = controlled.amount(target.name)
        return (amount if target.form else 100.0 * amount,)
    if target.kind is Kind.STATUS:
        return (status_words(controlled.status())[target.name],)
    if target.kind in (Kind.COMMAND, Kind.QUERY):
        raise ParamError(
            f"{target.name} is something to do, it has no value; ask for status/panic, status/ab …"
        )
    _, channel = find_strip(controlled.strips(), target.strip)
    if target.kind is Kind.LOCK:
        return (int(controlled.locked(channel.key)),)
    if target.kind is Kind.NAME:
        return (channel.name,)
    if target.kind is Kind.PARAMETERS:
        return tuple(channel.knobs)
    knob = find_knob(channel, target.name)
    if target.form == "range":
        return (float(knob.low), float(knob.high))
    value = controlled.value(channel.control(target.name))
    if value is None:
        raise ParamError(f"where {target.name} of {channel.name!r:.60} stands is not known yet; ask again")
    return (float(value) if not target.form else position(target.name, value),)


def find_knob(channel: Channel, parameter: str) -> Knob:
    """A knob of a strip.

    Raises:
        ParamError: the desk has none of this name there.
    """
    if parameter not in channel.knobs:
        raise ParamError(
            f"{channel.name!r:.60} has no {parameter} on this desk; strip/N/parameters lists what it has"
        )
    return channel.knobs[parameter]


def position(parameter: str, value: float) -> float:
    """A value as 0 … 1 on its parameter's scale.

    Raises:
        ParamError: it is a choice, which has no scale.
    """
    spec = meaning(parameter).spec
    if spec is not None:
        return min(max(spec.normalise(spec.clamp(value)), 0.0), 1.0)
    if has_position(parameter):
        return float(value)
    raise ParamError(f"{parameter} is a choice and has no norm; leave /norm away")


def has_position(parameter: str) -> bool:
    """Whether a parameter can be said as 0 … 1."""
    return meaning(parameter).spec is not None or parameter.endswith("enabled")


def status_words(status: Status) -> dict[str, Argument]:
    """The rows of `STATUS` with what they say now."""
    said: tuple[Argument, ...] = (status.panic, status.side, status.pending, status.text)
    return dict(zip(STATUS, said, strict=True))


class Follower:
    """What a subscriber follows: every address with what stands there."""

    def __init__(self, wish: Wish) -> None:
        self._wish = wish
        self._strips: tuple[Channel, ...] = ()
        self._knobs: list[tuple[str, Control, bool]] = []

    def stand(self, controlled: Controlled) -> dict[str, Reading]:
        """What stands at every address now; the status first."""
        strips = tuple(controlled.strips())
        if strips != self._strips:
            self._strips, self._knobs = strips, list(_knobs(strips, self._wish))
        found: dict[str, Reading] = {
            status_address(name): (said,) for name, said in status_words(controlled.status()).items()
        }
        form, full = ("norm", 1.0) if self._wish.norm else ("", 100.0)
        for group in ("", *GROUPS):
            found[amount_address(group, form)] = (full * controlled.amount(group),)
        for number, channel in enumerate(strips, 1):
            found[strip_address(number, "name")] = (channel.name,)
            found[lock_address(number)] = (int(controlled.locked(channel.key)),)
        for address, control, norm in self._knobs:
            value = controlled.value(control)
            if value is not None:
                found[address] = (position(control.parameter, value) if norm else float(value),)
        return found


def _knobs(strips: Sequence[Channel], wish: Wish) -> Iterator[tuple[str, Control, bool]]:
    for number, channel in enumerate(strips, 1):
        for parameter in channel.knobs:
            if wish.parameters is None or parameter in wish.parameters:
                norm = wish.norm and has_position(parameter)
                address = strip_address(number, parameter, "norm" if norm else "")
                yield address, channel.control(parameter), norm
