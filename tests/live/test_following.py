"""Fader moves of a mix follow the song: whatever the song and hands do, no step too large and nothing out of bounds."""

import math
import random
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.live.envelopes import Envelope, furthest_behind
from bridge.live.following import GRAIN_DB, Follower
from bridge.live.guard import StepGuard
from bridge.live.songclock import STALE_S, SongClock
from bridge.live.values import Control, Knob, LinkTraits, Transport
from console.dsp.pan import FaderCurve

#: The safety contract's own figures.
UP_DB_PER_S, DOWN_DB_PER_S, SILENT_DB = 6.0, 24.0, -60.0
TICK_S = 0.02


def traits(tick_s: float = TICK_S, messages_per_s: float = 2_000.0) -> LinkTraits:
    return LinkTraits("memory", tick_s=tick_s, messages_per_s=messages_per_s)


def envelope(
    points: list[tuple[float, float]], start_db: float = 0.0, key: str = "1", knob: Knob | None = None
) -> Envelope:
    knob = knob or Knob("fader_db", -90.0, 12.0)
    return Envelope(f"strip {key}", Control(key, "fader_db"), knob, tuple(points), start_db)


def audible(level_db: float) -> float:
    return max(level_db, SILENT_DB)


class Stage:
    """A follower with its faders, a clock and a song, and everything that it ever sent."""

    def __init__(self, follower: Follower) -> None:
        self.follower = follower
        self.now_s = 100.0
        self.values = {one.control: one.start_db for one in follower.envelopes}
        self.held: set[str] = set()
        self.sent: list[tuple[float, Control, float, float]] = []
        self._guard = StepGuard({one.control: one.knob for one in follower.envelopes}, follower.traits.tick_s)

    def tick(self, later_s: float | None = None) -> dict[Control, float]:
        self.now_s += self.follower.traits.tick_s if later_s is None else later_s
        batch = self.follower.step(self.now_s, self.values, self.held)
        for control, value in batch.items():
            self._guard.check(control, self.values[control], value, ramped=True)
            self.sent.append((self.now_s, control, self.values[control], value))
            self.values[control] = value
        return batch

    def tell(self, position_s: float, playing: bool = True) -> None:
        self.follower.hear(Transport(position_s, playing), self.now_s)

    def play(self, begin_s: float, seconds: float, *, every: int = 5, speed: float = 1.0) -> float:
        """Play for some time with an update every so many ticks; returns where the song is then."""
        position_s = begin_s
        for number in range(round(seconds / self.follower.traits.tick_s)):
            if number % every == 0:
                self.tell(position_s)
            self.tick()
            position_s = begin_s + speed * (number + 1) * self.follower.traits.tick_s
        return position_s

    def off_db(self, position_s: float, one: Envelope | None = None) -> float:
        one = one or self.follower.envelopes[0]
        return abs(self.values[one.control] - one.at(position_s))


def check_bounds(stage: Stage) -> None:
    """No step over the limit, no fader faster than allowed, no value outside the curve's hull or the desk's range."""
    tick_s = stage.follower.traits.tick_s
    curves = {one.control: one for one in stage.follower.envelopes}
    for control, one in curves.items():
        mine = [(at_s, before, value) for at_s, c, before, value in stage.sent if c == control]
        low = min(one.start_db, *(level for _, level in one.points))
        high = max(one.start_db, *(level for _, level in one.points))
        for _, before, value in mine:
            step = audible(value) - audible(before)
            limit = (UP_DB_PER_S if step > 0.0 else DOWN_DB_PER_S) * min(tick_s, 0.1)
            assert abs(step) <= limit + 1e-6
            assert one.knob.low <= value <= one.knob.high
            assert low - 1e-9 <= value <= high + 1e-9
        for (first_s, _, one_db), (last_s, _, other_db) in pairwise(mine):
            assert last_s - first_s >= 0.74 * tick_s
            speed = (audible(other_db) - audible(one_db)) / (last_s - first_s)
            assert -DOWN_DB_PER_S - 1e-3 <= speed <= UP_DB_PER_S + 1e-3


levels = st.floats(-90.0, 12.0)
curves = st.lists(st.tuples(st.floats(0.01, 20.0), levels), min_size=1, max_size=6).map(
    lambda rows: [
        (round(sum(gap for gap, _ in rows[: i + 1]), 3), level) for i, (_, level) in enumerate(rows)
    ]
)

happenings = st.one_of(
    st.tuples(st.just("ticks"), st.integers(1, 80)),
    st.tuples(st.just("late ticks"), st.lists(st.floats(0.0, 0.3), min_size=1, max_size=20)),
    st.tuples(st.just("told"), st.floats(-5.0, 60.0), st.booleans()),
    st.tuples(st.just("goes on"), st.floats(-2.0, 4.0), st.integers(1, 60)),
    st.tuples(st.just("nonsense"), st.sampled_from([math.nan, math.inf, -math.inf]), st.booleans()),
    st.tuples(st.just("silence"), st.floats(0.0, 10.0)),
    st.tuples(st.just("hand"), st.integers(0, 2), levels),
)


@given(
    rows=st.lists(st.tuples(curves, levels), min_size=1, max_size=3),
    story=st.lists(happenings, max_size=20),
    tick_s=st.sampled_from([0.01, 0.02, 0.1, 0.3]),
    messages_per_s=st.sampled_from([20.0, 60.0, 2_000.0]),
    lead_s=st.sampled_from([-0.1, 0.0, 0.012]),
    cue=st.booleans(),
    knob=st.sampled_from(
        [
            Knob("fader_db", -90.0, 12.0),
            Knob("fader_db", -60.0, 6.0),
            Knob("fader_db", -90.0, 12.0, resolution=0.3),
            Knob("fader_db", -90.0, 12.0, resolution=1 / 400, position=lambda db: (db + 90.0) / 102.0),
        ]
    ),
)
def test_whatever_happens_no_step_is_too_large(
    rows: list[tuple[list[tuple[float, float]], float]],
    story: list[tuple[object, ...]],
    tick_s: float,
    messages_per_s: float,
    lead_s: float,
    cue: bool,
    knob: Knob,
) -> None:
    parts = tuple(
        envelope(points, knob.nearest(start_db), str(number), knob)
        for number, (points, start_db) in enumerate(rows)
    )
    stage = Stage(Follower(parts, traits(tick_s, messages_per_s), lead_s, cue))
    taken: dict[str, float] = {}
    for what, *details in story:
        match what, details:
            case "ticks", [number]:
                for _ in range(number):
                    stage.tick()
            case "late ticks", [gaps]:
                for gap_s in gaps:
                    stage.tick(gap_s)
            case (("told" | "nonsense"), [position_s, playing]):
                stage.tell(position_s, playing)
                stage.tick()
            case "goes on", [speed, number]:
                place = stage.follower.place(stage.now_s)
                stage.play(place.position_s if place else 0.0, number * tick_s, every=3, speed=speed)
            case "silence", [seconds]:
                stage.now_s += seconds
            case "hand", [number, value] if number < len(parts):
                stage.held.add(str(number))
                stage.values[parts[number].control] = taken[str(number)] = knob.nearest(value)
    for number, value in taken.items():
        assert stage.values[Control(number, "fader_db")] == value
    if knob.resolution == 0.0:
        check_bounds(stage)
    for one, other in pairwise(sorted({at_s for at_s, *_ in stage.sent})):
        assert other > one
    for end_s in {at_s for at_s, *_ in stage.sent}:
        recent = [at_s for at_s, *_ in stage.sent if end_s - 1.0 < at_s <= end_s]
        assert len(recent) <= messages_per_s + len(parts)


@given(points=curves, start_db=levels, begin_s=st.floats(0.0, 40.0))
def test_a_song_that_goes_on_is_reached_in_bounded_time(
    points: list[tuple[float, float]], start_db: float, begin_s: float
) -> None:
    """Behind the last point the curve is level: the way there takes the distance by the speed, and two ticks."""
    one = envelope(points, start_db)
    begin_s += one.end_s
    stage = Stage(Follower((one,), traits()))
    far_db = audible(one.levels_db[-1]) - audible(start_db)
    needed_s = max(far_db / UP_DB_PER_S, -far_db / DOWN_DB_PER_S)
    stage.play(begin_s, 1.02 * needed_s + 3.0 * TICK_S)
    assert audible(stage.values[one.control]) == pytest.approx(audible(one.levels_db[-1]), abs=2.5e-4)
    count = len(stage.sent)
    stage.play(begin_s + needed_s + 1.0, 1.0)
    assert len(stage.sent) == count  # it is there: nothing more is said


@pytest.mark.parametrize("slope", [-20.0, -3.0, -0.5, 0.5, 3.0, 5.5])
def test_on_the_curve_it_stays_within_a_grain(slope: float) -> None:
    one = envelope([(0.0, -30.0), (10.0, -30.0 + max(slope, -3.0) * 10.0)] if slope > -3.0 else
                   [(0.0, -10.0), (2.0, -10.0 + slope * 2.0)], start_db=-30.0 if slope > -3.0 else -10.0)  # fmt: skip
    stage = Stage(Follower((one,), traits()))
    worst_db = 0.0
    for number in range(round(1.9 / TICK_S)):
        if number % 5 == 0:
            stage.tell(number * TICK_S)
        stage.tick()
        worst_db = max(worst_db, stage.off_db((number + 1.5) * TICK_S))
    assert worst_db <= GRAIN_DB + abs(slope) * TICK_S


def test_after_a_loop_it_goes_to_the_curve_and_does_not_jump() -> None:
    one = envelope([(0.0, -20.0), (4.0, -20.0), (4.5, -8.0), (8.0, -8.0)], start_db=-20.0)
    stage = Stage(Follower((one,), traits()))
    stage.play(3.0, 4.0)
    assert stage.off_db(7.0) < 1e-4
    for _ in range(3):  # from 7 s back to 3 s and on: 12 dB down at 24 dB/s, 12 dB up at 6 dB/s
        stage.play(3.0, 0.4)
        assert stage.off_db(3.4) > 1.0
        stage.play(3.4, 0.3)
        assert stage.off_db(3.7) < 1e-4
        stage.play(3.7, 3.3)
        assert stage.off_db(7.0) < 1e-4
    check_bounds(stage)


def test_where_the_song_stops_the_faders_stop() -> None:
    one = envelope([(0.0, 0.0), (10.0, -20.0)])
    stage = Stage(Follower((one,), traits()))
    stage.play(0.0, 2.0)
    stage.tell(2.0, playing=False)
    for position_s in (2.0, 9.0, 4.5, 0.0):  # stopped, then moved about by hand
        stage.tell(position_s, playing=False)
        for _ in range(25):
            assert stage.tick() == {}
    assert stage.values[one.control] == pytest.approx(-4.0, abs=0.1)


def test_faders_are_cued_where_that_is_asked_for() -> None:
    one = envelope([(0.0, 0.0), (10.0, -20.0)])
    stage = Stage(Follower((one,), traits(), cue=True))
    stage.tell(5.0, playing=False)
    for _ in range(25):
        stage.tick()
    assert stage.values[one.control] == -10.0
    check_bounds(stage)


def test_where_nothing_is_heard_of_the_song_the_faders_stop() -> None:
    one = envelope([(0.0, 0.0), (20.0, -20.0)])
    stage = Stage(Follower((one,), traits()))
    stage.play(0.0, 1.0)
    silent_s, moved_s = stage.now_s, stage.now_s
    for _ in range(300):
        if stage.tick():
            moved_s = stage.now_s
    assert STALE_S - 0.2 <= moved_s - silent_s <= STALE_S
    place = stage.follower.place(stage.now_s)
    assert place is not None
    assert place.stale
    assert not place.playing
    stage.play(7.0, 1.0)  # it is heard again
    assert stage.off_db(8.0) < 0.1
    check_bounds(stage)


def test_before_the_song_was_heard_of_nothing_moves() -> None:
    stage = Stage(Follower((envelope([(0.0, -20.0)]),), traits()))
    for _ in range(100):
        assert stage.tick() == {}


def test_a_hand_releases_its_channel_only() -> None:
    parts = tuple(envelope([(0.0, 0.0), (5.0, -30.0)], key=key) for key in "12")
    stage = Stage(Follower(parts, traits()))
    stage.play(0.0, 1.0)
    stage.held.add("1")
    stage.values[parts[0].control] = -3.0
    stage.play(1.0, 2.0)
    assert stage.values[parts[0].control] == -3.0
    assert stage.off_db(3.0, parts[1]) < 0.2


def test_the_lead_reads_the_curve_ahead() -> None:
    one = envelope([(0.0, 0.0), (10.0, -10.0)])
    found = []
    for lead_s in (0.0, 0.5):
        stage = Stage(Follower((one,), traits(), lead_s))
        stage.play(0.0, 3.0)
        found.append(stage.values[one.control])
    assert found[1] - found[0] == pytest.approx(-0.5, abs=GRAIN_DB)


@pytest.mark.parametrize("messages_per_s", [50.0, 100.0, 400.0])
def test_a_slow_link_gets_no_more_than_it_takes_and_all_arrive(messages_per_s: float) -> None:
    parts = tuple(
        envelope([(0.0, 0.0), (1.0, -1.0 - number), (30.0, -1.0 - number)], key=str(number))
        for number in range(16)
    )
    stage = Stage(Follower(parts, traits(messages_per_s=messages_per_s)))
    stage.play(0.0, 12.0)
    assert max(stage.off_db(12.0, one) for one in parts) < 1e-4
    for end_s in {at_s for at_s, *_ in stage.sent}:
        recent = [at_s for at_s, *_ in stage.sent if end_s - 1.0 < at_s <= end_s + 1e-9]
        assert len(recent) <= messages_per_s + len(parts)
    check_bounds(stage)


def test_values_are_coalesced_where_the_curve_hardly_moves() -> None:
    one = envelope([(0.0, 0.0), (100.0, -5.0)])
    stage = Stage(Follower((one,), traits()))
    stage.play(0.0, 20.0)
    assert len(stage.sent) <= 1.0 / GRAIN_DB + 1.0
    assert stage.off_db(20.0) <= GRAIN_DB


def test_the_curve_is_the_one_that_we_render() -> None:
    points = [(0.5, -6.0), (1.0, 3.0), (1.25, -80.0), (2.5, -12.0)]
    gains = FaderCurve(points, 1_000.0).gains(0, 3_000)
    one = envelope(points)
    ours = np.array([one.at(sample / 1_000.0) for sample in range(3_000)])
    assert np.max(np.abs(ours - 20.0 * np.log10(gains))) < 1e-9


def test_an_amount_goes_part_of_the_way_from_where_the_fader_stood() -> None:
    one = Envelope(
        "a", Control("1", "fader_db"), Knob("fader_db", -90.0, 12.0), ((0.0, -20.0), (9.0, 4.0)), -4.0, 0.25
    )
    assert one.at(0.0) == -8.0
    assert one.at(9.0) == -2.0


@given(points=curves, rise=st.floats(0.5, 10.0), fall=st.floats(0.5, 30.0))
def test_how_far_a_fader_falls_behind_is_foretold(
    points: list[tuple[float, float]], rise: float, fall: float
) -> None:
    """Against a fader that is moved in small steps."""
    one = envelope(points)
    step_s = max(one.end_s / 20_000.0, 1e-4)
    fader, most = audible(one.points[0][1]), 0.0
    times = np.arange(one.points[0][0], one.end_s + step_s, step_s)
    known = np.interp(times, [t for t, _ in one.points], [audible(level) for _, level in one.points])
    for level in known:
        fader += min(max(level - fader, -fall * step_s), rise * step_s)
        most = max(most, abs(level - fader))
    steepest = max((abs(b[1] - a[1]) / (b[0] - a[0]) for a, b in pairwise(one.points)), default=0.0)
    found, _ = furthest_behind(one, rise, fall)
    assert found == pytest.approx(most, abs=2.0 * step_s * (rise + fall + steepest) + 1e-9)


# The song's place.


def heard(
    seed: int, seconds: float, *, every_s: float, late_s: float, lost: float, speed: float = 1.0
) -> list[float]:
    """How far off a clock is, tick by tick, that hears of a song by late and lost updates; without its first second."""
    draw = random.Random(seed)  # noqa: S311
    updates = sorted(
        (sent_s + draw.uniform(0.0, late_s), 10.0 + speed * sent_s)
        for sent_s in np.arange(0.0, seconds, every_s)
        if draw.random() >= lost
    )
    clock, off = SongClock(), []
    for now_s in np.arange(0.0, seconds, 0.01):
        while updates and updates[0][0] <= now_s:
            clock.hear(Transport(updates.pop(0)[1], True), now_s)
        place = clock.at(now_s)
        if now_s > 1.0 and place is not None:
            off.append(place.position_s - (10.0 + speed * now_s))
    return off


@pytest.mark.parametrize(
    ("every_s", "late_s", "lost"), [(0.1, 0.0, 0.0), (0.1, 0.02, 0.1), (0.033, 0.03, 0.3), (0.1, 0.06, 0.2)]
)
def test_the_song_is_known_between_late_and_lost_updates(every_s: float, late_s: float, lost: float) -> None:
    for seed in range(10):
        off = heard(seed, 20.0, every_s=every_s, late_s=late_s, lost=lost)
        assert max(map(abs, off)) <= 0.012 + late_s  # no later than the latest update
        assert np.median(np.abs(off)) <= 0.012 + 0.4 * late_s  # better than the mean of them


@pytest.mark.parametrize("speed", [0.5, 0.8, 1.25, 2.0, -1.0])
def test_a_song_at_another_speed_is_followed(speed: float) -> None:
    off = heard(1, 8.0, every_s=0.1, late_s=0.005, lost=0.0, speed=speed)
    assert max(map(abs, off[100:])) < 0.05


def test_a_change_of_speed_is_caught_up_with() -> None:
    clock = SongClock()
    position_s = 0.0
    for number in range(300):
        clock.hear(Transport(position_s, True), number * 0.1)
        position_s += 0.1 * (1.0 if number < 100 else 1.1 if number < 200 else 0.7)
        place = clock.at((number + 1) * 0.1)
        assert place is not None
        assert abs(place.position_s - position_s) < 0.15 + 0.4 * 0.1 + 1e-6
    assert place.speed == pytest.approx(0.7, abs=0.01)


def test_a_flood_of_updates_is_no_burden_and_does_no_harm() -> None:
    clock = SongClock()
    for number in range(20_000):
        clock.hear(Transport(number * 1e-4, True), number * 1e-4)
    assert len(clock._line) <= 151
    place = clock.at(2.5)
    assert place is not None
    assert place.position_s == pytest.approx(2.5, abs=1e-6)
