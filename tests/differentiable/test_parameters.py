"""The way from a Mix to named tensors and back, what may move, and the variables of an optimiser."""

from dataclasses import replace

import pytest
import torch
from hypothesis import HealthCheck, given, settings
from strategies import mixes

from console.dsp.differentiable.free import free_parameters
from console.dsp.differentiable.layout import ConsoleLayout
from console.dsp.differentiable.parameters import from_mix, spec_of, to_mix
from console.dsp.differentiable.variables import Variables, denormalise, normalise
from console.errors import ParamError
from console.mix import Compressor, Equalizer, Mix, keep_locked
from console.params import PARAMS


@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(mix=mixes())
def test_any_mix_comes_back_to_the_bit(mix: Mix) -> None:
    for dtype in (torch.float32, torch.float64):
        assert to_mix(from_mix(mix, dtype=dtype), mix) == mix


def test_every_row_of_the_table_has_a_tensor(full_mix: Mix) -> None:
    rows = {name.partition(".")[2] for name in from_mix(full_mix)}
    assert rows - {"automation.fader_db"} == set(PARAMS)


def test_names_shapes_and_values(full_mix: Mix) -> None:
    parameters = from_mix(full_mix)
    assert parameters["tracks.equalizer.gain_db"].shape == (3, 6)
    assert parameters["tracks.strip.send_db"].tolist() == [[-12.0, -8.0], [-90.0, -90.0], [-3.0, -90.0]]
    assert parameters["effects.delay.time_ms"].tolist() == [375.0, 120.0]
    assert parameters["master.limiter.ceiling_dbtp"].tolist() == [-6.0]
    assert parameters["tracks.automation.fader_db"][2].tolist() == [-6.0, 0.0]
    assert set(parameters.module("groups", "compressor")) == {
        "threshold_db", "ratio", "attack_ms", "release_ms", "knee_db", "makeup_db"
    }  # fmt: skip


def test_changed_numbers_reach_the_mix_and_stay_in_range(full_mix: Mix) -> None:
    parameters = from_mix(full_mix)
    changed = parameters.with_values(
        {
            "tracks.strip.pan": torch.tensor([0.5, -3.0, 1.0]),
            "groups.compressor.ratio": torch.tensor([2.5]),
            "tracks.strip.send_db": torch.full((3, 2), -20.0),
        }
    )
    made = to_mix(changed, full_mix)
    assert [track.pan for track in made.tracks] == [0.5, -1.0, 1.0]
    assert made.bus("g").compressor.ratio == 2.5
    assert dict(made.tracks[2].sends) == {"reverb": -20.0}
    assert made.tracks[0].equalizer == full_mix.tracks[0].equalizer


@pytest.mark.parametrize("values", [{"tracks.pan": torch.zeros(3)}, {"tracks.strip.pan": torch.zeros(2)}])
def test_a_wrong_name_or_shape_is_refused(full_mix: Mix, values: dict[str, torch.Tensor]) -> None:
    with pytest.raises(ParamError, match=r"tracks\."):
        from_mix(full_mix).with_values(values)


def test_what_is_off_or_absent_does_not_move(full_mix: Mix) -> None:
    free = free_parameters(full_mix)
    assert free["tracks.compressor.ratio"].tolist() == [True, False, False]
    assert free["tracks.highpass.frequency_hz"].tolist() == [False, True, False]
    assert free["tracks.strip.fader_db"].tolist() == [True, True, False]
    assert free["tracks.automation.fader_db"].any(dim=1).tolist() == [False, False, True]
    assert free["tracks.strip.send_db"].tolist() == [[True, True], [False, False], [True, False]]
    assert free["tracks.equalizer.q"].sum(dim=1).tolist() == [3, 0, 3]
    assert free["effects.reverb.damping"].tolist() == [True, False]
    for name in ("tracks.gate.hold_ms", "effects.delay.time_ms", "effects.reverb.size"):
        assert not free[name].any()
    muted = replace(full_mix, tracks=tuple(replace(track, muted=True) for track in full_mix.tracks))
    assert not any(mask.any() for name, mask in free_parameters(muted).items() if name.startswith("tracks."))


@pytest.mark.parametrize("lock", ["all", "pan", "equalizer", "compressor.ratio", "sends", "input.gain_db"])
def test_locks_hold(full_mix: Mix, lock: str) -> None:
    """Whatever moves, the mix is the one that keep_locked would make of it."""
    mix = replace(full_mix, tracks=(replace(full_mix.tracks[0], locked=(lock,)), *full_mix.tracks[1:]))
    start, free = from_mix(mix), free_parameters(mix)
    moved = start.with_values(
        {
            name: torch.where(mask, torch.full_like(start[name], spec_of(name).high), start[name])
            for name, mask in free.items()
        }
    )
    made = to_mix(moved, mix)
    assert keep_locked(mix, made) == made
    assert made.tracks[0] != mix.tracks[0] or lock == "all"


def test_only_the_parts_asked_for_move(full_mix: Mix) -> None:
    free = free_parameters(full_mix, only=("eq", "master"))
    moving = {name for name, mask in free.items() if mask.any()}
    assert {name.split(".")[1] for name in moving if name.startswith("tracks.")} == {
        "equalizer", "highpass", "lowpass"
    }  # fmt: skip
    assert "effects.reverb.decay_s" in moving
    with pytest.raises(ParamError, match="loudness"):
        free_parameters(full_mix, only=("loudness",))


@pytest.mark.parametrize("name", PARAMS)
def test_positions_are_the_tables(name: str) -> None:
    row = PARAMS[name]
    positions = torch.tensor([0.0, 0.13, 0.5, 1.0], dtype=torch.float64)
    values = denormalise(positions, row)
    expected = [row.denormalise(float(position)) for position in positions]
    assert values.tolist() == pytest.approx(expected, rel=1e-12, abs=1e-12)
    torch.testing.assert_close(normalise(values, row), positions, rtol=0.0, atol=1e-12)
    single = denormalise(positions.float(), row)
    assert float(single.min()) >= row.low - 1e-6 * abs(row.low)
    assert float(single.max()) <= row.high + 1e-6 * abs(row.high)


def test_variables_leave_an_end_and_do_not_pass_it() -> None:
    mix = Mix(44_100, (_strip(1.0), _strip(20.0, "b")))
    start = from_mix(mix)
    variables = Variables(start, free_parameters(mix, only=("dynamics",)))
    ratio = variables.parameters()["tracks.compressor.ratio"]
    (inwards,) = torch.autograd.grad((ratio * torch.tensor([-1.0, 1.0])).sum(), ratio, retain_graph=True)
    ratio.backward(inwards, retain_graph=True)
    position = variables.positions["tracks.compressor.ratio"]
    assert position.grad is not None
    assert bool((position.grad != 0.0).all())
    position.grad = None
    ratio.backward(-inwards)
    assert position.grad is not None
    assert position.grad.tolist() == [0.0, 0.0]
    with torch.no_grad():
        position += torch.tensor([-3.0, 3.0])
    torch.testing.assert_close(variables.parameters()["tracks.compressor.ratio"], torch.tensor([1.0, 20.0]))
    variables.settle()
    assert position.tolist() == [0.0, 1.0]


@pytest.mark.parametrize("bounding", ["clamp", "sigmoid"])
def test_variables_start_where_the_mix_stands(full_mix: Mix, bounding: str) -> None:
    start = from_mix(full_mix, dtype=torch.float64)
    variables = Variables(start, free_parameters(full_mix), bounding=bounding)  # type: ignore[arg-type]
    for name, value in variables.parameters().items():
        span = spec_of(name).high - spec_of(name).low
        torch.testing.assert_close(value, start[name], rtol=2e-3, atol=2e-4 * span)
    assert len(variables.tensors()) == len(variables.positions)
    with pytest.raises(ParamError, match="tanh"):
        Variables(start, {}, bounding="tanh")  # type: ignore[arg-type]


def test_a_layout_knows_its_channels(full_mix: Mix) -> None:
    assert ConsoleLayout(full_mix, (1, 2, 2)).track_ids == ("a", "b", "c")
    for channels in ((1, 2), (1, 2, 3)):
        with pytest.raises(ParamError, match="channel"):
            ConsoleLayout(full_mix, channels)


def _strip(ratio: float, name: str = "a"):  # type: ignore[no-untyped-def]
    from console.mix import TrackStrip

    return TrackStrip(name, compressor=Compressor(True, ratio=ratio), equalizer=Equalizer(False))
