"""What may not happen to a desk, whoever asks for it: the safety contract, rule by rule.

`check_plan` looks at a plan before the first message; `StepGuard` at each message before it goes out, so that a fault
in the plan or in the ramp cannot reach the desk either.
"""

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bridge.live.parameters import SILENCE_DB, meaning
from bridge.live.plan import Move, Plan
from bridge.live.ramps import audible, distance, largest_step
from bridge.live.values import Channel, Control, Knob
from console.errors import LinkError, ParamError
from console.params import Scale

#: A level is raised by no more than this without a yes, in dB.
FREE_RAISE_DB: Final = 3.0
#: A send that is silent comes up no further than this without a yes, in dB.
FREE_SEND_DB: Final = -12.0

#: The words of parameters that nothing of ours moves, should a link ever offer them.
UNTOUCHABLE: Final = ("mute", "solo", "record", "arm", "monitor", "transport", "play")


class Rule(StrEnum):
    """The rules that a plan is held to."""

    UNTOUCHABLE = "untouchable"
    RANGE = "range"
    MASTER_RAISE = "master-raise"
    LOCKED = "locked"
    RAISE = "raise"


@dataclass(frozen=True, slots=True)
class Finding:
    """One move that a rule speaks against, and what was done: left out, or to be asked about."""

    rule: Rule
    control: Control
    text: str

    @property
    def asks(self) -> bool:
        """Whether the engineer can allow it; all else is left out, whatever he says."""
        return self.rule is Rule.RAISE


@dataclass(frozen=True, slots=True)
class Policy:
    """What the engineer has allowed.

    `may_raise_db` is how far a level may rise; `returning` marks the way back to a snapshot, on which levels may rise
    and locks and the master follow, since the engineer has been there.
    """

    may_raise_db: float = FREE_RAISE_DB
    locked: frozenset[Control] = frozenset()
    returning: bool = False


def check_plan(plan: Plan, channels: Iterable[Channel], policy: Policy) -> tuple[Plan, tuple[Finding, ...]]:
    """The plan without the moves that no rule allows, and everything that a rule says about it.

    Moves that need a yes are still in the plan: whoever gets a finding that `asks` must ask, or leave them out.
    """
    by_key = {channel.key: channel for channel in channels}
    findings = [
        finding for move in plan.changes for finding in _findings(move, by_key[move.control.channel], policy)
    ]
    findings += _summed_raises(plan, by_key, policy, {finding.control for finding in findings})
    dropped = {finding.control for finding in findings if not finding.asks}
    return _whole_modules(plan, dropped), tuple(findings)


def _findings(move: Move, channel: Channel, policy: Policy) -> Iterable[Finding]:
    knob = channel.knobs.get(move.control.parameter)
    where = f"{channel.name}: {move.control.parameter}"
    if any(word in move.control.parameter for word in UNTOUCHABLE):
        yield Finding(Rule.UNTOUCHABLE, move.control, f"{where} is never moved")
    elif knob is None or not _within(knob, move.end):
        yield Finding(Rule.RANGE, move.control, f"{where} to {move.end:g} is outside what the desk can do")
    elif policy.returning:
        return
    elif move.control in policy.locked:
        yield Finding(Rule.LOCKED, move.control, f"{where} is locked: the engineer's hand was on it")
    elif channel.kind == "master" and move.meaning.is_level and move.end > move.start:
        text = (
            f"the master is never raised: {where} stays at {move.start:.1f} dB instead of {move.end:.1f} dB"
        )
        yield Finding(Rule.MASTER_RAISE, move.control, text)
    elif raise_db(move) > policy.may_raise_db + 1e-6:
        yield Finding(Rule.RAISE, move.control, f"{where} rises from {move.start:.1f} to {move.end:.1f} dB")


def raise_db(move: Move) -> float:
    """By how much a move raises a level, in dB; 0 where it raises none.

    A send or a fader that is silent has no level to be raised by dB: what counts is how far it ends above
    `FREE_SEND_DB` less `FREE_RAISE_DB`, so that one which comes up to `FREE_SEND_DB` is a raise of 3 dB.
    """
    if not move.meaning.is_level or move.end <= move.start:
        return 0.0
    if move.meaning.is_open_ended and move.start <= SILENCE_DB:
        return max(move.end - (FREE_SEND_DB - FREE_RAISE_DB), 0.0) if move.end > SILENCE_DB else 0.0
    return audible(move.meaning, move.end) - audible(move.meaning, move.start)


def _summed_raises(
    plan: Plan, channels: Mapping[str, Channel], policy: Policy, found: Collection[Control]
) -> list[Finding]:
    """Raises of one channel that are each within bounds and together are not: trim, make-up and fader add up."""
    if policy.returning:
        return []
    sums: dict[str, list[Move]] = {}
    for move in plan.changes:
        in_line = move.meaning.is_level and move.meaning.name != "send.#"
        if in_line and move.control not in found:
            sums.setdefault(move.control.channel, []).append(move)
    findings = []
    for key, moves in sums.items():
        total_db = sum(audible(m.meaning, m.end) - audible(m.meaning, m.start) for m in moves)
        raised = [move for move in moves if raise_db(move) > 0.0]
        if len(raised) > 1 and total_db > policy.may_raise_db + 1e-6:
            parts = ", ".join(f"{m.control.parameter} {m.end - m.start:+.1f}" for m in moves)
            text = f"{channels[key].name} rises by {total_db:.1f} dB in all ({parts} dB)"
            findings.append(Finding(Rule.RAISE, raised[0].control, text))
    return findings


def _whole_modules(plan: Plan, dropped: set[Control]) -> Plan:
    """The plan without these moves; a switch that may not move takes its module's moves with it."""
    modules = {
        (control.channel, control.parameter.removesuffix("enabled"))
        for control in dropped
        if control.parameter.endswith(".enabled")
    }
    gone = dropped | {
        move.control
        for stage in plan.stages
        for move in stage.moves
        if any(
            move.control.channel == key and move.control.parameter.startswith(module)
            for key, module in modules
        )
    }
    return plan.without(gone) if gone else plan


def allowed_only(plan: Plan, findings: Iterable[Finding]) -> Plan:
    """The plan without the moves that would need a yes."""
    return plan.without({finding.control for finding in findings if finding.asks})


def _within(knob: Knob, value: float) -> bool:
    return math.isfinite(value) and knob.low <= value <= knob.high


@dataclass(frozen=True, slots=True)
class StepGuard:
    """Looks at each value before it is sent: finite, in range, nothing untouchable, and no step larger than allowed."""

    knobs: Mapping[Control, Knob]
    tick_s: float

    def check(self, control: Control, before: float, value: float, *, ramped: bool) -> None:
        """Let a value pass.

        Args:
            control: the knob.
            before: where it stands, as far as is known.
            value: what is to be sent.
            ramped: whether the move is heard, so that its step is bounded.

        Raises:
            LinkError: the value must not be sent. The move is a fault of mixbridge's; nothing was sent.
        """
        knob = self.knobs.get(control)
        where = f"{control.parameter} of channel {control.channel}"
        try:
            described = meaning(control.parameter)
        except ParamError as error:
            raise LinkError(f"{where} must not be moved: {error}") from None
        if knob is None or not _within(knob, value):
            raise LinkError(f"{where} to {value:g} is outside the desk's range; nothing was sent")
        if not ramped or described.spec is None:
            return
        step = distance(described, before, value)
        limit = largest_step(described, value > before, self.tick_s)
        if step > limit * (1.0 + 1e-6) + _grain(knob, before, value, limit):
            raise LinkError(
                f"{where} would jump from {before:g} to {value:g}, by {step:.3g} where {limit:.3g} is allowed in one "
                "step; nothing was sent"
            )


def _grain(knob: Knob, before: float, value: float, limit: float) -> float:
    """What a desk that knows only certain settings adds to a step: the way between two of them."""
    described = meaning(knob.parameter)
    if knob.choices:
        ordered = sorted(knob.choices)
        low, high = sorted((knob.nearest(before), knob.nearest(value)))
        between = [choice for choice in ordered if low <= choice <= high]
        return math.inf if len(between) <= 2 else 0.0
    if knob.position is not None:
        by_log = described.scale is Scale.LOG and before > 0.0 and value > 0.0
        sign = math.copysign(limit, value - before)
        allowed = before * math.exp(sign) if by_log else audible(described, before) + sign
        near = knob.distance(knob.nearest(allowed), value) <= 1.5 * knob.resolution
        return math.inf if near else _float32(before, value)
    if described.scale is not None and knob.resolution:
        return knob.resolution
    return _float32(before, value)


def _float32(one: float, other: float) -> float:
    return 4e-6 * max(abs(one), abs(other), 1.0)
