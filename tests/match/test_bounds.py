"""Equalizers stay within what they may do, all bands together; tracks stay as audible as their role is due."""

from dataclasses import replace

import numpy as np
import pytest
from match_cases import RATE

from console.analysis import SessionAnalysis
from console.dsp import design
from console.dsp.chain import equalizer_sections
from console.estimators.match.bounds import held_back
from console.estimators.match.knobs import ALL_GROUPS, MOST_MASTER_DB, MOST_STRIP_DB, make_knobs, to_mix
from console.estimators.match.prepare import least_audible
from console.mix import Band, BandType, Equalizer, Master, Mix, TrackStrip
from console.session import Session
from presets.targets import load_target

HZ = np.geomspace(20.0, 0.45 * RATE, 600)


def done_db(equalizer: Equalizer) -> float:
    return float(np.abs(design.response_db(equalizer_sections(equalizer, RATE), HZ, RATE)).max())


def a_mix(*bands: Band, locked: tuple[str, ...] = ()) -> Mix:
    strips = TrackStrip("one", equalizer=Equalizer(bool(bands), bands), locked=locked), TrackStrip("two")
    return Mix(RATE, strips, master=Master())


@pytest.mark.parametrize("seed", range(5))
def test_bands_that_add_up_are_held_back(seed: int) -> None:
    mix = a_mix()
    knobs = make_knobs(mix, {"one": 1, "two": 1}, ALL_GROUPS)
    random = np.random.default_rng(seed)
    sign = (-1.0) ** seed
    values = dict(knobs.start)
    # Neighbours that all push the same way, each within what one band may do.
    values["gain"] = sign * random.uniform(7.0, 9.0, values["gain"].shape)
    held = to_mix(mix, knobs, held_back(knobs, values, RATE))
    assert done_db(to_mix(mix, knobs, values).track("one").equalizer) > MOST_STRIP_DB
    for place, most_db in ((held.track("one"), MOST_STRIP_DB), (held.master, MOST_MASTER_DB)):
        # Not more, and not much less: what is asked for is still wanted.
        assert 0.85 * most_db < done_db(place.equalizer) <= most_db + 0.02


def test_what_keeps_its_bounds_stays_to_the_bit() -> None:
    mix = a_mix()
    knobs = make_knobs(mix, {"one": 1, "two": 1}, ALL_GROUPS)
    values = {**knobs.start, "gain": np.full(knobs.start["gain"].shape, 0.73)}
    assert (held_back(knobs, values, RATE)["gain"] == values["gain"]).all()


def test_a_start_beyond_the_bounds_may_stay_there() -> None:
    mix = a_mix(Band(BandType.BELL, 1000.0, 12.0, 1.0))
    knobs = make_knobs(mix, {"one": 1, "two": 1}, ALL_GROUPS)
    assert done_db(to_mix(mix, knobs, held_back(knobs, knobs.start, RATE)).track("one").equalizer) > 11.9
    locked = a_mix(Band(BandType.BELL, 1000.0, 12.0, 1.0), locked=("equalizer",))
    knobs = make_knobs(locked, {"one": 1, "two": 1}, ALL_GROUPS)
    assert to_mix(locked, knobs, held_back(knobs, knobs.start, RATE)).track("one") == locked.track("one")


def test_what_matters_more_is_kept_nearer(material: tuple[Session, SessionAnalysis]) -> None:
    session, _ = material
    knobs = make_knobs(
        Mix(RATE, tuple(TrackStrip(track.id) for track in session.tracks)),
        {track.id: track.channels for track in session.tracks},
        ALL_GROUPS,
    )
    target = load_target()
    least = dict(zip(knobs.tracks, least_audible(session, knobs, target), strict=True))
    assert least["Lead Vox"] == max(least.values())
    assert min(least.values()) > target.audible_floor_db
    lower = replace(target, audible_floor_db=-20.0, audible_db=-20.0, lead_audible_db=-12.0)
    assert (least_audible(session, knobs, lower) < np.array(list(least.values()))).all()
