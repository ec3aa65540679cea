"""The controller's network: a set in, a set out; any number of tracks; answers inside every knob's reach."""

from dataclasses import fields, replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from console.errors import ParamError  # noqa: E402
from console.models.controller.conditions import CONDITIONS  # noqa: E402
from console.models.controller.hearing import FIGURES  # noqa: E402
from console.models.controller.knobs import TABLES, Knob, ends, in_units, index, on_scale  # noqa: E402
from console.models.controller.network import ROLES, Answer, Controller, ControllerSizes, Inputs  # noqa: E402
from console.params import PARAMS  # noqa: E402
from console.session import Role  # noqa: E402

SIZES = ControllerSizes(width=32, heads=4, latents=4, rounds=2, candidates=3)


@pytest.fixture(scope="module")
def network() -> Controller:
    torch.manual_seed(3)
    made = Controller(SIZES).eval()
    with torch.no_grad():  # as if it had been trained: moves of some size
        for step in made.rounds:
            step.move.weight.normal_(0.0, 0.3)
            step.move_master.weight.normal_(0.0, 0.3)
    return made


def songs(tracks: int, batch: int = 1, seed: int = 0) -> Inputs:
    chance = torch.Generator().manual_seed(seed)

    def drawn(*shape: int) -> torch.Tensor:
        return torch.rand((batch, *shape), generator=chance)

    power = drawn(tracks, 3, 48) * 1e-3
    power[:, :, 2] *= 0.5
    candidate = torch.zeros((batch, SIZES.candidates))
    candidate[:, 0] = 1.0
    return Inputs(
        drawn(tracks, FIGURES),
        power,
        -20.0 * drawn(tracks, 4),
        (drawn(tracks) > 0.5).float(),
        torch.ones((batch, tracks)),
        drawn(tracks, len(ROLES)) * 0.1,
        -30.0 * drawn(CONDITIONS),
        candidate,
    )


def asked(network: Controller, inputs: Inputs) -> Answer:
    with torch.no_grad():
        return network(inputs)[-1]


def picked(inputs: Inputs, order: torch.Tensor) -> Inputs:
    by_track = ("figures", "power", "levels", "stereo", "mask", "roles")
    return replace(inputs, **{name: getattr(inputs, name)[:, order] for name in by_track})


@pytest.mark.parametrize("tracks", [1, 3, 16, 100])
def test_the_order_of_tracks_changes_nothing(network: Controller, tracks: int) -> None:
    inputs = songs(tracks)
    order = torch.randperm(tracks, generator=torch.Generator().manual_seed(1))
    plain, other = asked(network, inputs), asked(network, picked(inputs, order))
    for name in ("tracks", "tracks_doubt"):
        torch.testing.assert_close(getattr(other, name), getattr(plain, name)[:, order], atol=2e-4, rtol=1e-4)
    for name in ("master", "master_doubt"):
        torch.testing.assert_close(getattr(other, name), getattr(plain, name), atol=2e-4, rtol=1e-4)


def test_tracks_that_are_not_there_change_nothing(network: Controller) -> None:
    inputs = songs(5)
    more = songs(9, seed=4)
    padded = Inputs(
        **{
            name: torch.cat((getattr(inputs, name), getattr(more, name)[:, 5:]), dim=1)
            if name in ("figures", "power", "levels", "stereo", "roles")
            else getattr(inputs, name)
            for name in (item.name for item in fields(Inputs))
            if name != "mask"
        },
        mask=torch.tensor([[1.0] * 5 + [0.0] * 4]),
    )
    plain, other = asked(network, inputs), asked(network, padded)
    torch.testing.assert_close(other.tracks[:, :5], plain.tracks, atol=2e-4, rtol=1e-4)
    torch.testing.assert_close(other.master, plain.master, atol=2e-4, rtol=1e-4)


def test_a_batch_is_its_songs_one_by_one(network: Controller) -> None:
    inputs = songs(6, batch=3)
    whole = asked(network, inputs)
    for at in range(3):
        one = Inputs(**{item.name: getattr(inputs, item.name)[at : at + 1] for item in fields(Inputs)})
        torch.testing.assert_close(asked(network, one).tracks[0], whole.tracks[at], atol=2e-4, rtol=1e-4)


def test_answers_stay_in_reach_whatever_the_network_says(network: Controller) -> None:
    for place in TABLES:
        low, rest, high = (torch.from_numpy(end).float() for end in ends(place))
        raw = torch.linspace(-60.0, 60.0, 41)[:, None].expand(-1, len(TABLES[place]))
        values = network.values(place, raw)
        assert (values >= low - 1e-4).all()
        assert (values <= high + 1e-4).all()
        torch.testing.assert_close(values[20], rest)
        # Near the rest a raw number is a usual move.
        near = network.values(place, torch.full((1, len(rest)), 0.01))
        moved = (near - rest)[0] / torch.tensor([knob.step for knob in TABLES[place]])
        assert moved.numpy() == pytest.approx(0.01, rel=0.03)


def test_faders_bring_the_mix_to_its_loudness(network: Controller) -> None:
    inputs = songs(4)
    answer = asked(network, inputs)
    again = network.console(inputs.power, inputs.stereo, inputs.mask, answer.tracks, answer.master)
    assert float(again.offset_db) == pytest.approx(0.0, abs=1e-3)


def test_candidates_are_different_answers_to_one_question(network: Controller) -> None:
    inputs = songs(4)
    first = asked(network, inputs)
    second = asked(network, replace(inputs, candidate=inputs.candidate.roll(1, dims=1)))
    assert float((first.tracks - second.tracks).abs().max()) > 1e-3


def test_gradients_reach_every_weight_but_the_doubt_moves_no_knob() -> None:
    torch.manual_seed(0)
    network = Controller(SIZES)
    answer = network(songs(4))[-1]
    (answer.tracks.square().sum() + answer.master.square().sum()).backward(retain_graph=True)
    without = {name for name, p in network.named_parameters() if p.grad is None}
    assert {name.partition(".")[0] for name in without} == {"doubt"}
    network.zero_grad()
    answer.tracks_doubt.sum().backward()
    reached = {
        name for name, p in network.named_parameters() if p.grad is not None and p.grad.abs().sum() > 0
    }
    assert reached == {"doubt.tracks.weight", "doubt.tracks.bias"}


def test_every_knob_lies_inside_the_table_of_parameters() -> None:
    for place, table in TABLES.items():
        low, rest, high = ends(place)
        assert (low < rest).all()
        assert (rest < high).all()
        for at, knob in enumerate(table):
            if knob.param:
                row = PARAMS[knob.param]
                assert row.low <= knob.low < knob.high <= row.high
            assert index(place, knob.name) == at
            assert on_scale(place, knob.name, knob.high * 10.0 if knob.log else knob.high + 99.0) == high[at]
        units = in_units(place, np.stack((low, rest, high)))
        assert units[0] == pytest.approx([knob.low for knob in table])
        assert units[2] == pytest.approx([knob.high for knob in table])


@pytest.mark.parametrize("size", [{"width": 30}, {"rounds": 0}, {"latents": 2.5}])
def test_sizes_that_are_none(size: dict[str, float]) -> None:
    with pytest.raises(ParamError):
        ControllerSizes(**size)  # type: ignore[arg-type]


def test_a_knob_that_rests_beyond_its_end() -> None:
    with pytest.raises(ParamError, match="rests at 3"):
        Knob("a", "", 0.0, 3.0, 2.0, 1.0)
    with pytest.raises(ParamError, match="no knob 'pann'"):
        index("tracks", "pann")


def test_what_stays_dry_by_its_role_feeds_no_reverb(network: Controller) -> None:
    inputs = songs(4)
    roles = torch.zeros_like(inputs.roles)
    for track, (role, sure) in enumerate(
        ((Role.KICK, 0.9), (Role.BASS, 0.4), (Role.KEYS, 1.0), (Role.BASS, 1.0))
    ):
        roles[0, track, ROLES.index(role)] = sure
    send = asked(network, replace(inputs, roles=roles)).tracks[0, :, index("tracks", "send_db")]
    low = ends("tracks")[0][index("tracks", "send_db")]
    assert [bool(one == low) for one in send] == [True, False, False, True]


def test_the_limiter_begins_where_the_crest_that_is_aimed_at_has_it() -> None:
    torch.manual_seed(0)
    fresh = Controller(SIZES).eval()
    inputs, crest = songs(3), 2 * 24 + 2
    found = []
    for crest_db, told in ((10.0, 1.0), (16.0, 1.0), (16.0, 0.0)):
        condition = inputs.condition.clone()
        condition[0, crest], condition[0, -1] = crest_db, told
        master = asked(fresh, replace(inputs, condition=condition)).master[0]
        found.append(float(master[index("master", "headroom_db")]))
    rest = ends("master")[1][index("master", "headroom_db")]
    assert found == pytest.approx([8.5, 13.5, rest], abs=1.0)
