"""Whole matches on a small session: nearer, within bounds, locked where asked, the same every time."""

from dataclasses import fields, replace

import numpy as np
import pytest

pytest.importorskip("torch")

from match_cases import reference

from bridge.render import RenderSettings, render
from console.analysis import SessionAnalysis, TrackAnalyzer
from console.analysis.masking import masking
from console.dsp import design
from console.dsp.chain import equalizer_sections
from console.errors import ParamError
from console.estimators.base import estimator_names, load_estimator
from console.estimators.match import Match, match
from console.estimators.match.result import STEPS, Passed
from console.estimators.rules import estimate as estimate_by_rules
from console.losses.sound import Terms, distance, measure_sound
from console.mix import Equalizer, Mix, diff
from console.session import Session, neutral_mix
from presets.targets import load_target

Material = tuple[Session, SessionAnalysis]


@pytest.fixture(scope="module")
def result(material: Material) -> Match:
    return match(*material, load_target(), neutral_mix(material[0]), reference())


def rendered(session: Session, mix: Mix, folder, taps=None):  # type: ignore[no-untyped-def]
    with render(session, mix, work_folder=folder, taps=taps or {}, settings=RenderSettings(threads=1)) as out:
        return np.concatenate([np.array(block) for block in out.work.blocks()])[: session.samples].T


def response_db(equalizer: Equalizer, rate: int) -> np.ndarray:
    return design.response_db(equalizer_sections(equalizer, rate), np.geomspace(20.0, 0.45 * rate, 300), rate)


def test_the_mix_comes_nearer_in_the_real_renderer(material: Material, result: Match, tmp_path) -> None:  # type: ignore[no-untyped-def]
    session, analysis = material
    wanted = reference()
    assert result.improved
    assert not result.interrupted
    by_rule = estimate_by_rules(session, analysis, load_target(), neutral_mix(session))
    before = distance(measure_sound(rendered(session, by_rule, tmp_path), session.sample_rate_hz), wanted)
    after = distance(measure_sound(rendered(session, result.mix, tmp_path), session.sample_rate_hz), wanted)
    assert after.total < 0.4 * before.total
    # What match says of itself is what the renderer makes of it.
    for item in fields(Terms):
        assert getattr(result.after, item.name) == pytest.approx(getattr(after, item.name), abs=0.1)
        assert getattr(result.before, item.name) == pytest.approx(getattr(before, item.name), abs=0.1)


def test_the_history_tells_how_far_each_turn_came_in_how_many_steps(result: Match) -> None:
    steps = [passed.steps for passed in result.history]
    assert result.history[0] == Passed(0, result.before.total)
    assert result.history[-1].distance == result.after.total
    assert steps == sorted(steps)
    # The first turn tries a wider start as well where the reference is wider; each turn descends once at least.
    assert 0 < steps[1] <= 2 * STEPS[0]
    assert steps[-1] == steps[-2] <= 2 * STEPS[0] + sum(STEPS[1:])
    assert result.history[1].distance < result.before.total


def test_fewer_steps_come_less_near(material: Material, result: Match) -> None:
    few = match(*material, load_target(), neutral_mix(material[0]), reference(), steps=(8,))
    assert [passed.steps in (8, 16) for passed in few.history] == [False, True, True]
    assert result.after.total < few.after.total < result.before.total


def test_moves_stay_within_bounds(material: Material, result: Match, tmp_path) -> None:  # type: ignore[no-untyped-def]
    session, _ = material
    for place in (*result.mix.tracks, *result.mix.buses):
        assert np.abs(response_db(place.equalizer, session.sample_rate_hz)).max() <= 9.1
        assert all(abs(band.gain_db) <= 9.0 for band in place.equalizer.bands)
    assert np.abs(response_db(result.mix.master.equalizer, session.sample_rate_hz)).max() <= 6.1
    meters = {track.id: TrackAnalyzer(session.sample_rate_hz, 2) for track in result.mix.tracks}
    rendered(session, result.mix, tmp_path, meters)
    measured = {name: meter.result() for name, meter in meters.items()}
    audible = masking(
        {name: item.bark_db for name, item in measured.items()}, {n: m.active for n, m in measured.items()}
    ).audibility_db
    assert min(audible.values()) > load_target().audible_floor_db


def test_leads_and_basses_stay_in_the_middle(result: Match) -> None:
    for name in ("Lead Vox", "Bass"):
        assert result.mix.track(name).pan == 0.0


def test_every_changed_knob_has_a_reason(material: Material, result: Match) -> None:
    session, analysis = material
    by_rule = estimate_by_rules(session, analysis, load_target(), neutral_mix(session))
    for strip in result.mix.tracks:
        was = by_rule.track(strip.id)
        told = {reason.parameter for reason in strip.reasons}
        if abs(strip.fader_db - was.fader_db) >= 0.3:
            assert "fader_db" in told
        if strip.sends != was.sends:
            assert "sends" in told
        for number, band in enumerate(strip.equalizer.bands):
            if abs(band.gain_db) >= 0.5:
                assert f"equalizer.bands.{number}" in told
    told = {reason.parameter: reason for reason in result.mix.master.reasons}
    assert told["match"].figures["after_db"] == pytest.approx(result.after.total, abs=0.01)
    assert set(result.contributions) == {"fader", "eq", "pan", "sends", "master", "dynamics"}
    assert max(result.contributions.values()) > 0.5


def test_locks_hold_to_the_bit(material: Material) -> None:
    session, analysis = material
    start = neutral_mix(session)
    locks = {
        "Lead Vox": ("all",),
        "Drums": ("equalizer", "fader_db"),
        "Pad": ("pan", "width"),
        "E Gtr 1": ("sends",),
    }
    strips = tuple(
        replace(strip, locked=locks.get(strip.id, ()), pan=0.25 if strip.id == "Pad" else 0.0)
        for strip in start.tracks
    )
    start = replace(start, tracks=strips, master=replace(start.master, locked=("equalizer",)))
    mix = match(session, analysis, load_target(), start, reference()).mix
    kept = {"Drums": ("equalizer", "fader_db"), "Pad": ("pan", "width"), "E Gtr 1": ("sends",)}
    for name, parts in kept.items():
        for part in parts:
            assert getattr(mix.track(name), part) == getattr(start.track(name), part)
    was, now = start.track("Lead Vox"), mix.track("Lead Vox")
    assert replace(now, reasons=(), role_confidence=0.0) == replace(was, reasons=(), role_confidence=0.0)
    assert mix.master.equalizer == start.master.equalizer


@pytest.mark.parametrize(
    ("group", "may_differ"),
    [("eq", ("equalizer", "highpass", "lowpass")), ("fader", ("fader_db",)), ("pan", ("pan", "width"))],
)
def test_only_the_groups_asked_for_move(material: Material, group: str, may_differ: tuple[str, ...]) -> None:
    session, analysis = material
    start = neutral_mix(session)
    mix = match(session, analysis, load_target(), start, reference(), groups={group}).mix
    for change in diff(start, mix):
        if change.path.endswith(".role"):
            continue  # the same word, once as a Role
        if change.path.startswith("tracks."):
            assert change.path.split(".")[2] in may_differ, change
        else:
            assert change.path.startswith("buses."), change
    assert any(change.path.startswith("tracks.") for change in diff(start, mix))


def test_a_made_mix_is_where_it_departs_from(material: Material, result: Match) -> None:
    again = match(*material, load_target(), result.mix, reference())
    assert again.before.total == pytest.approx(result.after.total, abs=0.01)


def test_when_no_move_helps_it_says_so_and_returns_the_start(material: Material, result: Match) -> None:
    again = match(*material, load_target(), result.mix, result.sound)
    assert not again.improved
    assert again.mix == result.mix
    assert any("No move" in note for note in again.notes)


def test_a_mono_reference_says_nothing_about_the_image(material: Material) -> None:
    wanted = reference(side=0.0)
    assert wanted.mono
    found = match(*material, load_target(), neutral_mix(material[0]), wanted)
    assert any("mono" in note for note in found.notes)
    assert found.after.mid_db < found.before.mid_db
    assert found.sound.width_db > found.start_sound.width_db - 6.0


@pytest.mark.parametrize("when", [2, 40])
def test_an_interruption_gives_the_best_so_far(material: Material, when: int) -> None:
    calls = 0

    def interrupt(stage: str, done: float) -> None:
        nonlocal calls
        calls += 1
        if calls == when:
            raise KeyboardInterrupt

    found = match(*material, load_target(), neutral_mix(material[0]), reference(), progress=interrupt)
    assert found.interrupted
    assert found.after.total <= found.before.total
    assert when < 40 or found.after.total < 0.8 * found.before.total


def test_progress_rises_to_the_end(material: Material) -> None:
    told: list[float] = []
    match(
        *material, load_target(), neutral_mix(material[0]), reference(), groups={"fader"},
        progress=lambda _, done: told.append(done),
    )  # fmt: skip
    assert told == sorted(told)
    assert told[0] == 0.0
    assert told[-1] == 1.0


def test_the_estimator_goes_by_the_target_and_makes_the_same_of_the_same(
    material: Material, result: Match
) -> None:
    assert "match" in estimator_names()
    estimator = load_estimator("match")
    session, analysis = material
    with pytest.raises(ParamError, match="--reference"):
        estimator(session, analysis, load_target(), neutral_mix(session))
    target = replace(load_target(), reference=reference())
    mix = estimator(session, analysis, target, neutral_mix(session), seed=3)
    assert mix == replace(result.mix, seed=3)
