"""A plan switches nothing that sounds, and moves what makes the mix softer first."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from live_desks import strip

from bridge.live.plan import Plan, make_plan
from bridge.live.values import Channel, Control, Knob
from console.frozen import FrozenMap

CHANNEL = strip("1", "Vox", {"send.0": "Reverb"})


def rest(**values: float) -> dict[Control, float]:
    """Where every knob of the channel stands: neutral, but for some."""
    found = {CHANNEL.control(name): knob.nearest(0.0) for name, knob in CHANNEL.knobs.items()}
    return found | {CHANNEL.control(name.replace("__", ".")): value for name, value in values.items()}


def at(**values: float) -> dict[Control, float]:
    return {CHANNEL.control(name.replace("__", ".")): value for name, value in values.items()}


def order(plan: Plan) -> list[tuple[str, float, float]]:
    return [(m.control.parameter, m.start, m.end) for stage in plan.stages for m in stage.moves]


def stage_of(plan: Plan, parameter: str) -> list[str]:
    return [s.title for s in plan.stages if any(m.control.parameter == parameter for m in s.moves)]


def played(plan: Plan, values: dict[Control, float]) -> dict[Control, float]:
    """The desk after a plan, each move beginning where the knob stands."""
    now = dict(values)
    for stage in plan.stages:
        for move in stage.moves:
            assert move.start == pytest.approx(now[move.control])
            now[move.control] = move.end
    return now


def test_nothing_to_move_is_no_plan() -> None:
    assert make_plan([CHANNEL], rest(), rest()).stages == ()


def test_a_compressor_comes_on_where_it_changes_nothing() -> None:
    now = rest(compressor__ratio=3.0, compressor__makeup_db=4.0)
    then = at(
        compressor__enabled=1.0,
        compressor__ratio=4.0,
        compressor__makeup_db=6.0,
        compressor__threshold_db=-20.0,
    )
    plan = make_plan([CHANNEL], now, then)
    moves = order(plan)
    switch = moves.index(("compressor.enabled", 0.0, 1.0))
    assert ("compressor.ratio", 3.0, 1.0) in moves[:switch]
    assert ("compressor.makeup_db", 4.0, 0.0) in moves[:switch]
    assert ("compressor.threshold_db", 0.0, -20.0) in moves[:switch]
    assert moves[switch + 1 :] == [("compressor.ratio", 1.0, 4.0), ("compressor.makeup_db", 0.0, 6.0)]
    assert played(plan, now) | then == played(plan, now)


def test_a_compressor_goes_off_after_it_was_eased_out() -> None:
    now = rest(compressor__enabled=1.0, compressor__ratio=4.0, compressor__makeup_db=6.0)
    plan = make_plan([CHANNEL], now, at(compressor__enabled=0.0))
    assert order(plan) == [
        ("compressor.ratio", 4.0, 1.0),
        ("compressor.makeup_db", 6.0, 0.0),
        ("compressor.enabled", 1.0, 0.0),
        ("compressor.ratio", 1.0, 4.0),
        ("compressor.makeup_db", 0.0, 6.0),
    ]
    assert [stage.ramped for stage in plan.stages] == [True, False, False]


def test_a_band_changes_its_type_at_no_gain() -> None:
    now = rest(equalizer__enabled=1.0, equalizer__0__gain_db=6.0, equalizer__0__type=0.0)
    plan = make_plan([CHANNEL], now, at(equalizer__0__type=1.0, equalizer__0__gain_db=-3.0))
    moves = order(plan)
    assert moves == [
        ("equalizer.0.gain_db", 6.0, 0.0),
        ("equalizer.0.type", 0.0, 1.0),
        ("equalizer.0.gain_db", 0.0, -3.0),
    ]


def test_an_equalizer_is_switched_off_with_all_bands_at_no_gain() -> None:
    now = rest(equalizer__enabled=1.0, equalizer__0__gain_db=6.0, equalizer__1__gain_db=-4.0)
    moves = order(make_plan([CHANNEL], now, at(equalizer__enabled=0.0)))
    assert moves.index(("equalizer.enabled", 1.0, 0.0)) == 2
    assert set(moves[:2]) == {("equalizer.0.gain_db", 6.0, 0.0), ("equalizer.1.gain_db", -4.0, 0.0)}


@pytest.mark.parametrize(
    ("parameter", "softer", "louder"),
    [
        ("fader_db", -6.0, 2.0),
        ("send.0", -30.0, -10.0),
        ("input.gain_db", -3.0, 3.0),
        ("equalizer.0.gain_db", -3.0, 3.0),
    ],
)
def test_cuts_come_before_boosts(parameter: str, softer: float, louder: float) -> None:
    other = strip("2", "Bass", {"send.0": "Reverb"})
    now = {
        channel.control(parameter): -20.0 if parameter == "send.0" else 0.0 for channel in (CHANNEL, other)
    }
    then = {CHANNEL.control(parameter): louder, other.control(parameter): softer}
    # A band that stands at 0 dB is at rest: what it does first is set without a ramp, so it begins elsewhere here.
    if parameter.startswith("equalizer"):
        now = dict.fromkeys(now, 1.0)
    plan = make_plan([CHANNEL, other], now, then)
    assert [stage.title for stage in plan.stages] == ["softer first", "then louder"]
    assert plan.stages[0].moves[0].control.channel == "2"


@pytest.mark.parametrize(
    ("parameter", "start", "end", "title"),
    [
        ("compressor.threshold_db", -30.0, -20.0, "then louder"),
        ("compressor.ratio", 2.0, 4.0, "softer first"),
        ("highpass.frequency_hz", 200.0, 80.0, "then louder"),
    ],
)
def test_what_opens_a_module_counts_as_louder(parameter: str, start: float, end: float, title: str) -> None:
    module = parameter.split(".")[0]
    now = rest(**{f"{module}__enabled": 1.0, "compressor__ratio": 3.0, "compressor__makeup_db": 1.0})
    now |= {CHANNEL.control(parameter): start}
    assert stage_of(make_plan([CHANNEL], now, {CHANNEL.control(parameter): end}), parameter) == [title]


def test_what_cannot_be_read_is_left_alone_and_said() -> None:
    now = rest()
    del now[CHANNEL.control("pan")]
    plan = make_plan([CHANNEL], now, at(pan=0.5, fader_db=-3.0))
    assert [move.control.parameter for move in plan.changes] == ["fader_db"]
    assert "Vox: pan" in plan.notes[0]


def test_a_module_that_cannot_be_neutral_is_made_so_by_its_threshold() -> None:
    knobs = [
        Knob("compressor.enabled", 0.0, 1.0, choices=(0.0, 1.0)),
        Knob("compressor.ratio", 1.1, 100.0, choices=(1.1, 2.0, 4.0)),
        Knob("compressor.threshold_db", -60.0, 0.0),
    ]
    channel = Channel("1", "Vox", knobs=FrozenMap({knob.parameter: knob for knob in knobs}))
    now = {channel.control(k.parameter): v for k, v in zip(knobs, (0.0, 4.0, -20.0), strict=True)}
    then = {channel.control("compressor.enabled"): 1.0}
    moves = order(make_plan([channel], now, then))
    switch = moves.index(("compressor.enabled", 0.0, 1.0))
    assert {("compressor.ratio", 4.0, 1.1), ("compressor.threshold_db", -20.0, 0.0)} == set(moves[:switch])
    assert {("compressor.ratio", 1.1, 4.0), ("compressor.threshold_db", 0.0, -20.0)} == set(
        moves[switch + 1 :]
    )


@st.composite
def stands(draw: st.DrawFn) -> dict[Control, float]:
    return {
        CHANNEL.control(name): draw(
            st.sampled_from(knob.choices)
            if knob.choices
            else st.sampled_from((knob.low, knob.high, knob.nearest(0.0), knob.nearest(1.0)))
            | st.floats(knob.low, knob.high)
        )
        for name, knob in CHANNEL.knobs.items()
    }


@settings(max_examples=300, deadline=None)
@given(stands(), stands())
def test_any_plan_ends_at_its_targets_and_switches_only_what_is_at_rest(
    now: dict[Control, float], then: dict[Control, float]
) -> None:
    plan = make_plan([CHANNEL], now, then)
    state = dict(now)
    for stage in plan.stages:
        for move in stage.moves:
            if not stage.ramped:
                _check_unheard(state, move.control, move.end)
            state[move.control] = move.end
    for control, value in then.items():
        assert CHANNEL.knobs[control.parameter].agree(state[control], value)


def _check_unheard(state: dict[Control, float], control: Control, end: float) -> None:
    """A knob that is set without a ramp belongs to a module that is off, or that changes nothing before and after."""
    module, _, name = control.parameter.rpartition(".")
    if module == "equalizer":
        gains = [state[CHANNEL.control(f"equalizer.{n}.gain_db")] for n in range(4)]
        assert gains == pytest.approx([0.0] * 4, abs=1e-5)
        return
    on = module.startswith("equalizer") or state[CHANNEL.control(f"{module}.enabled")] >= 0.5
    if module.startswith("equalizer"):
        on = state[CHANNEL.control("equalizer.enabled")] >= 0.5
    if not on and name != "enabled":
        return
    after = state | {control: end}
    for values in (state, after):
        assert _at_rest(module, values), (control, end)


def _at_rest(module: str, values: dict[Control, float]) -> bool:
    def value(name: str) -> float:
        return values[CHANNEL.control(f"{module}.{name}")]

    match module.split(".")[0]:
        case "equalizer":
            return value("gain_db") == pytest.approx(0.0, abs=1e-5)
        case "compressor":
            return (value("ratio"), value("makeup_db")) == pytest.approx((1.0, 0.0), abs=1e-5)
        case "gate":
            return value("range_db") == pytest.approx(0.0, abs=1e-5)
        case _:
            return value("frequency_hz") == pytest.approx(20.0, rel=1e-5)
