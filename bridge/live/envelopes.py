"""The moves of a mix over time as a desk can play them: each fader's curve, checked from end to end beforehand."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from bridge.live.guard import Finding, Policy, check_plan
from bridge.live.pairing import Pairing
from bridge.live.parameters import meaning
from bridge.live.plan import Move, Plan
from bridge.live.ramps import audible, largest_step
from bridge.live.values import Channel, Control, Knob, LinkTraits
from console.mix.values import Mix

_FADER: Final = "fader_db"
#: A curve that its fader cannot keep up with by this much, in dB, is told of.
_HEARD_DB: Final = 1.0


@dataclass(frozen=True)
class Envelope:
    """A fader's curve on one channel: break points (seconds, dB), straight in dB between them, level outside.

    `start_db` is where the fader stood at the beginning; `amount` 0 … 1 is how far of the way from there to the
    mix's curve it goes. No value leaves the fader's range.
    """

    strip: str
    control: Control
    knob: Knob
    points: tuple[tuple[float, float], ...]
    start_db: float
    amount: float = 1.0

    def at(self, position_s: float) -> float:
        """The fader's level at a place in the song, in dB."""
        after = bisect_right(self._times_s, position_s)
        if after == 0:
            return self._set(self.points[0][1])
        if after == len(self.points):
            return self._set(self.points[-1][1])
        (begin_s, begin_db), (end_s, end_db) = self.points[after - 1 : after + 1]
        return self._set(begin_db + (end_db - begin_db) * (position_s - begin_s) / (end_s - begin_s))

    @cached_property
    def levels_db(self) -> tuple[float, ...]:
        """The levels at the break points, which no other level of the curve exceeds."""
        return tuple(self._set(level_db) for _, level_db in self.points)

    @property
    def end_s(self) -> float:
        """Where the last break point is."""
        return self.points[-1][0]

    @cached_property
    def _times_s(self) -> tuple[float, ...]:
        return tuple(time_s for time_s, _ in self.points)

    def _set(self, level_db: float) -> float:
        spec = meaning(_FADER).spec
        between = level_db if spec is None else spec.interpolate(self.start_db, level_db, self.amount)
        return self.knob.nearest(between)


@dataclass(frozen=True, slots=True)
class Score:
    """Everything that is to be played on a desk, what the guard says of it, and what cannot be done."""

    envelopes: tuple[Envelope, ...] = ()
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def end_s(self) -> float:
        """Where the last fader moves last."""
        return max((one.end_s for one in self.envelopes), default=0.0)


def score_of(
    mix: Mix,
    pairing: Pairing,
    values: Mapping[Control, float],
    policy: Policy,
    traits: LinkTraits,
    amount: float = 1.0,
) -> Score:
    """What of a mix's envelopes a desk is to play.

    The highest point of each curve counts as a raise over where the fader stands now: what is more than the policy
    allows gives a finding that asks. Channels left to the engineer, faders that cannot be read, and the master are
    left out, and that is said.

    Args:
        mix: the mix.
        pairing: which strip is which channel.
        values: where the desk's knobs stand.
        policy: what the engineer has allowed, and the knobs that are locked.
        traits: how fast the link is.
        amount: 0 … 1 of the way from where a fader stands to its curve.
    """
    channels = {pair.strip: pair.channel for pair in pairing.pairs}
    notes: list[str] = []
    envelopes: list[Envelope] = []
    for track in mix.tracks:
        points = track.automation.fader_db
        if not points:
            continue
        channel = channels.get(track.id)
        if channel is None:
            notes.append(f"{track.id}: its fader moves in the mix and has no channel on the desk")
            continue
        why = _why_not(channel, values)
        if why:
            notes.append(f"{track.id}: {why}")
            continue
        control, knob = channel.control(_FADER), channel.knobs[_FADER]
        envelopes.append(Envelope(track.id, control, knob, points, values[control], amount))
    plan, findings = check_plan(_highest(envelopes), (pair.channel for pair in pairing.pairs), policy)
    allowed = {move.control for move in plan.changes}
    kept = tuple(one for one in envelopes if one.control in allowed)
    notes += _out_of_range(kept)
    notes += _too_steep(kept, traits)
    return Score(kept, findings, tuple(notes))


def _why_not(channel: Channel, values: Mapping[Control, float]) -> str:
    """Why a channel's fader cannot be played, "" where it can."""
    if channel.kind == "master":
        return "no envelope moves the master"
    knob = channel.knobs.get(_FADER)
    if knob is None:
        return "the desk has no fader here"
    if knob.choices:
        return f"this fader knows only {len(knob.choices)} settings and cannot glide"
    if channel.control(_FADER) not in values:
        return "the desk does not say where this fader stands, so it is left alone"
    return ""


def _highest(envelopes: Iterable[Envelope]) -> Plan:
    """Each fader from where it stands to the highest point of its curve, as a plan that the guard can look at."""
    moves = tuple(Move(one.control, one.start_db, max(one.levels_db)) for one in envelopes)
    return Plan(changes=moves)


def _out_of_range(envelopes: Iterable[Envelope]) -> Iterable[str]:
    for one in envelopes:
        low_db, high_db = min(level for _, level in one.points), max(level for _, level in one.points)
        if high_db > one.knob.high + 1e-6:
            yield f"{one.strip}: its curve goes up to {high_db:.1f} dB, the desk's fader to {one.knob.high:.1f} dB"
        if audible(meaning(_FADER), low_db) < one.knob.low - 1e-6:
            yield f"{one.strip}: its curve goes down to {low_db:.1f} dB, the desk's fader to {one.knob.low:.1f} dB"


def _too_steep(envelopes: tuple[Envelope, ...], traits: LinkTraits) -> Iterable[str]:
    """Which curves are steeper than a fader may move, and how far it falls behind."""
    rounds = max(1.0, len(envelopes) / max(traits.messages_per_s * traits.tick_s, 1.0))
    rise, fall = (
        largest_step(meaning(_FADER), rising, traits.tick_s) / (traits.tick_s * rounds)
        for rising in (True, False)
    )
    for one in envelopes:
        behind_db, at_s = furthest_behind(one, rise, fall)
        if behind_db > _HEARD_DB:
            yield (
                f"{one.strip}: its curve is steeper than a fader may move here (up {rise:.3g} dB/s, down {fall:.3g} "
                f"dB/s); at {at_s:.1f} s it is {behind_db:.1f} dB behind"
            )


def furthest_behind(envelope: Envelope, rise_db_per_s: float, fall_db_per_s: float) -> tuple[float, float]:
    """How far a fader that is on the curve at first falls behind it, in dB, and where in the song, in s.

    Between two break points the distance shrinks to nothing and then, where the curve is too steep, grows; so it is
    largest at a break point.
    """
    levels = [audible(meaning(_FADER), level_db) for level_db in envelope.levels_db]
    times = [time_s for time_s, _ in envelope.points]
    ahead = 0.0
    most, where_s = 0.0, times[0]
    for index in range(1, len(levels)):
        left_s = times[index] - times[index - 1]
        slope = (levels[index] - levels[index - 1]) / left_s
        if ahead:
            closing = slope - rise_db_per_s if ahead > 0.0 else slope + fall_db_per_s
            met_s = -ahead / closing if ahead * closing < 0.0 else left_s
            ahead = 0.0 if met_s < left_s else ahead + closing * left_s
            left_s = max(left_s - met_s, 0.0)
        if not ahead:
            ahead = (slope - min(max(slope, -fall_db_per_s), rise_db_per_s)) * left_s
        if abs(ahead) > most:
            most, where_s = abs(ahead), times[index]
    return most, where_s
