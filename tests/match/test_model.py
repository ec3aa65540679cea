"""The model of energies against the real processors, and its gradients against differences."""

from dataclasses import replace

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from match_cases import reference  # noqa: E402

from console.analysis import SessionAnalysis  # noqa: E402
from console.dsp import design  # noqa: E402
from console.estimators.match.digest import Digest, choose_windows, make_digest  # noqa: E402
from console.estimators.match.gradient.descent import Aim, descend, total_loss  # noqa: E402
from console.estimators.match.gradient.dynamics import MOST_LIMITING_DB, MOST_LOST_DB, match_dynamics  # noqa: E402
from console.estimators.match.gradient.model import SpectralModel  # noqa: E402
from console.estimators.match.knobs import ALL_GROUPS, SLOTS, Knobs, make_knobs, standing, to_mix  # noqa: E402
from console.estimators.match.playing import Played, finish, play  # noqa: E402
from console.estimators.match.prepare import with_reverb  # noqa: E402
from console.estimators.rules import estimate as estimate_by_rules  # noqa: E402
from console.losses.bands import PROBES_HZ, band_power  # noqa: E402
from console.losses.sound import measure_sound  # noqa: E402
from console.losses.wet import wet_response  # noqa: E402
from console.mix import Limiter, Master, Mix  # noqa: E402
from console.session import Session, neutral_mix  # noqa: E402
from presets.targets import load_target  # noqa: E402

Case = tuple[Mix, Digest, Knobs, Played, SpectralModel]


@pytest.fixture(scope="module")
def case(material: tuple[Session, SessionAnalysis]) -> Case:
    session, analysis = material
    mix = with_reverb(estimate_by_rules(session, analysis, load_target(), neutral_mix(session)), ALL_GROUPS)
    digest = make_digest(session, analysis, mix)
    knobs = make_knobs(mix, {name: len(audio) for name, audio in digest.audio.items()}, ALL_GROUPS)
    played = play(mix, digest)
    wet = [wet_response(mix.bus(name), session.sample_rate_hz) for name in knobs.effects]
    at = standing(knobs, mix, knobs.start)
    return mix, digest, knobs, played, SpectralModel(knobs, played, wet, at, session.sample_rate_hz)


def tensors(values):  # type: ignore[no-untyped-def]
    return {name: torch.from_numpy(np.array(value, dtype=np.float64)) for name, value in values.items()}


def test_the_model_is_exact_where_it_was_measured(case: Case) -> None:
    mix, _, knobs, played, model = case
    predicted = model.predict(tensors(standing(knobs, mix, knobs.start)))
    for name in ("width_db", "balance_db", "spread_db", "mid_db", "side_db"):
        expected = np.atleast_1d(getattr(played.sound, name))
        # Floors are rounded off, so that gradients have no corner there.
        heard = expected > (-70.0 if name == "side_db" else -90.0)
        assert np.atleast_1d(getattr(predicted, name).numpy())[heard] == pytest.approx(
            expected[heard], abs=0.5
        )


@pytest.mark.parametrize(
    ("family", "move", "within_db"),
    [("fader", 4.0, 1.0), ("pan", 0.5, 0.7), ("width", -0.6, 0.7), ("gain", 3.0, 1.0), ("send", 8.0, 1.0)],
)
def test_moves_do_what_the_model_says(case: Case, family: str, move: float, within_db: float) -> None:
    mix, digest, knobs, _, model = case
    random = np.random.default_rng(5)
    row = knobs.families[family]
    values = dict(knobs.start)
    signs = random.choice([-1.0, 1.0], row.start.shape) if family != "width" else np.ones(row.start.shape)
    values[family] = row.clamp(row.start + move * signs)
    moved = to_mix(mix, knobs, values)
    sound = play(moved, digest).sound
    predicted = model.predict(tensors(standing(knobs, moved, values)))
    assert float(predicted.width_db) == pytest.approx(sound.width_db, abs=within_db)
    assert float(predicted.balance_db) == pytest.approx(sound.balance_db, abs=within_db)
    for name in ("mid_db", "side_db"):
        error = np.abs(getattr(predicted, name).numpy() - getattr(sound, name))[1:19]
        assert error.mean() < within_db


def test_equalizer_responses_are_those_of_the_design(case: Case) -> None:
    mix, _, knobs, _, model = case
    random = np.random.default_rng(3)
    values = dict(knobs.start)
    values["gain"] = random.uniform(-9.0, 9.0, values["gain"].shape)
    values["octave"] = np.log2(random.uniform(50.0, 9000.0, values["octave"].shape))
    values["q"] = np.log2(random.uniform(0.3, 4.0, values["q"].shape))
    ours = model.responses(tensors(values)).numpy()
    designs = {
        "low_shelf": design.design_low_shelf,
        "bell": design.design_bell,
        "high_shelf": design.design_high_shelf,
    }
    probes = np.minimum(PROBES_HZ, 0.5 * mix.sample_rate_hz)
    for row in range(len(ours)):
        sections = []
        for k, kind in enumerate(SLOTS):
            hz, gain_db, q = (
                2.0 ** values["octave"][row, k],
                values["gain"][row, k],
                2.0 ** values["q"][row, k],
            )
            sections.append(designs[kind](hz, gain_db, q, mix.sample_rate_hz))
        expected = band_power(design.response_db(design.stack_sections(sections), probes, mix.sample_rate_hz))
        assert ours[row] == pytest.approx(expected, rel=1e-5)


def aim_of(case: Case) -> Aim:
    _, _, knobs, _, model = case
    weights = dict.fromkeys(("width_db", "balance_db", "spread_db", "mid_db", "side_db"), 1.0)
    loudness = float(model.predict(tensors(knobs.start)).loudness_db)
    return Aim(reference(), weights, np.full(len(knobs.tracks), -15.0), loudness)


def test_gradients_are_those_of_differences(case: Case) -> None:
    _, _, knobs, _, model = case
    aim = aim_of(case)
    random = np.random.default_rng(11)
    values, direction = {}, {}
    for name, family in knobs.families.items():
        inside = family.clamp(
            family.start + 0.3 * family.usual * random.uniform(-1.0, 1.0, family.start.shape)
        )
        values[name] = torch.from_numpy(inside).requires_grad_(True)
        direction[name] = torch.from_numpy(random.standard_normal(family.start.shape) * family.usual)
    total_loss(model, knobs, aim, values).backward()
    expected = sum(
        float((value.grad * direction[name]).sum())
        for name, value in values.items()
        if value.grad is not None
    )
    step = 1e-5
    with torch.no_grad():
        up, down = (
            float(total_loss(model, knobs, aim, {n: v + s * step * direction[n] for n, v in values.items()}))
            for s in (1.0, -1.0)
        )
    assert expected == pytest.approx((up - down) / (2.0 * step), rel=2e-3, abs=1e-3)


def test_gradients_are_finite_at_every_end(case: Case) -> None:
    _, _, knobs, _, model = case
    aim = aim_of(case)
    for end in ("low", "high"):
        values = {
            name: torch.from_numpy(np.where(family.free, getattr(family, end), family.start)).requires_grad_(
                True
            )
            for name, family in knobs.families.items()
        }
        total_loss(model, knobs, aim, values).backward()
        for name, value in values.items():
            assert value.grad is None or torch.isfinite(value.grad).all(), name


def test_a_descent_lowers_the_loss_and_keeps_the_ranges(case: Case) -> None:
    _, _, knobs, _, model = case
    aim = aim_of(case)
    told: list[float] = []
    found = descend(model, knobs, aim, knobs.start, lambda _, loss: told.append(loss), steps=60)
    assert told == sorted(told, reverse=True)
    assert found.loss == told[-1] < 0.6 * told[0]
    for name, family in knobs.families.items():
        assert (found.values[name] == family.clamp(found.values[name])).all(), name
        assert (found.values[name][~family.free] == family.start[~family.free]).all(), name


@pytest.mark.parametrize("less_db", [1.5, 3.0])
def test_dynamics_bring_the_crest(case: Case, less_db: float) -> None:
    mix, _, _, played, _ = case
    wanted = replace(played.sound, crest_db=played.sound.crest_db - less_db)
    rate = mix.sample_rate_hz
    for compressor in (True, False):
        master = match_dynamics(played.before, mix.master, mix.master, wanted, rate, compressor=compressor)
        found = measure_sound(finish(played.before, master, rate), rate)
        # What is left over is what the spread, which is to stay, would have to pay.
        assert found.crest_db == pytest.approx(wanted.crest_db, abs=0.3 * less_db)
        assert found.spread_db == pytest.approx(wanted.spread_db, abs=2.5)
        if not compressor:
            assert master.compressor == mix.master.compressor
            peak_db = 20 * np.log10(np.abs(finish(played.before, mix.master, rate)).max())
            assert master.limiter.ceiling_dbtp > peak_db - MOST_LIMITING_DB


@pytest.mark.parametrize("compressor", [True, False])
def test_dynamics_do_not_flatten_what_sounds_all_the_time(case: Case, compressor: bool) -> None:
    mix, _, _, played, _ = case
    rate = mix.sample_rate_hz
    wanted = replace(played.sound, crest_db=4.0)
    master = match_dynamics(played.before, mix.master, mix.master, wanted, rate, compressor=compressor)
    assert master.limiter.enabled
    entering = finish(played.before, replace(master, limiter=Limiter()), rate)
    limited = finish(played.before, master, rate)
    power_db, peak_db = (
        10.0 * np.log10([value(entering), value(limited)])
        for value in (lambda x: np.mean(x**2), lambda x: np.max(x**2))
    )
    assert 0.5 < power_db[0] - power_db[1] < MOST_LOST_DB + 0.1
    assert peak_db[0] - peak_db[1] < MOST_LIMITING_DB + 0.5
    if compressor:
        # What the compressor takes, its make-up gives back.
        assert power_db[0] == pytest.approx(10.0 * np.log10(np.mean(played.before**2)), abs=0.1)


def test_dynamics_that_fit_already_stay(case: Case) -> None:
    mix, _, _, played, _ = case
    master = match_dynamics(
        played.before, mix.master, mix.master, played.sound, mix.sample_rate_hz, compressor=True
    )
    assert not master.limiter.enabled or master.limiter == Limiter()
    found = measure_sound(finish(played.before, master, mix.sample_rate_hz), mix.sample_rate_hz)
    assert found.crest_db == pytest.approx(played.sound.crest_db, abs=0.2)


def test_silence_has_no_dynamics() -> None:
    assert (
        match_dynamics(np.zeros((2, 9000)), Master(), Master(), reference(), 44_100, compressor=True)
        == Master()
    )


def test_windows_of_a_long_song_come_from_all_of_it(material: tuple[Session, SessionAnalysis]) -> None:
    session, analysis = material
    (whole,) = choose_windows(list(session.tracks), analysis, session, 60.0)
    assert whole == (0, session.samples)
    windows = choose_windows(list(session.tracks), analysis, session, 3.9)
    assert 1 <= len(windows) <= 2
    assert all(0 <= first < end <= session.samples for first, end in windows)
