"""What the controller's mix keeps, says and sounds like."""

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from k_weighting import loudness

from bridge.networks import OnnxNetwork
from bridge.render import RenderSettings, render
from console.analysis import SessionAnalysis
from console.dsp.dynamics import CompressorProcessor
from console.dsp.strip import StripProcessor
from console.errors import ParamError
from console.estimators.controller import confidence, make_controller
from console.estimators.controller.strips import static_gain_db
from console.mix import Compressor, Equalizer, Mix, diff, dump_mix, load_mix
from console.session import Session, neutral_mix
from console.session.reader import TrackReader
from presets.profiles import load_profile
from presets.targets import load_target

Heard = tuple[Session, SessionAnalysis]
Run = Callable[..., Mix]


def _locked(session: Session, name: str, **values: object) -> Mix:
    start = neutral_mix(session)
    tracks = (replace(strip, **values) if strip.id == name else strip for strip in start.tracks)  # type: ignore[arg-type]
    return replace(start, tracks=tuple(tracks))


def test_locks_hold_to_the_bit(run: Run, heard: Heard) -> None:
    start = _locked(heard[0], "Keys", locked=("pan", "fader_db", "input"), pan=-0.123456789, fader_db=-3.3333)
    mix = run(heard, start)
    strip = mix.track("Keys")
    assert (strip.pan, strip.fader_db, strip.input) == (-0.123456789, -3.3333, start.track("Keys").input)
    assert strip.equalizer != Equalizer()


def test_a_track_that_is_locked_as_a_whole_stays(run: Run, heard: Heard) -> None:
    start = _locked(heard[0], "Bass", locked=("all",), fader_db=-1.0)
    kept, now = start.track("Bass"), run(heard, start).track("Bass")
    assert replace(now, reasons=(), role=kept.role, role_confidence=kept.role_confidence) == kept


@pytest.mark.parametrize("group", ["fader", "eq", "pan", "sends", "dynamics", "master"])
def test_groups_that_are_not_asked_for_stay(run: Run, heard: Heard, group: str) -> None:
    start, mix = neutral_mix(heard[0]), run(heard, groups=[group])
    parts = {
        "fader": ("fader_db", "muted", "automation"),
        "eq": ("highpass", "lowpass", "equalizer"),
        "pan": ("pan", "width"),
        "sends": ("sends",),
        "dynamics": ("gate", "compressor"),
        "master": ("master",),
    }
    allowed = {"buses", *parts[group]}
    touched = {
        change.path.split(".")[2 if change.path.startswith("tracks") else 0] for change in diff(start, mix)
    }
    assert touched
    assert touched - {"role"} <= allowed
    assert bool(mix.buses) == (group == "sends")


def test_without_the_trim_the_faders_make_up_for_it(run: Run, heard: Heard) -> None:
    whole, part = run(heard), run(heard, groups=["fader"])
    excess = {
        strip.id: strip.fader_db - (whole.track(strip.id).fader_db + whole.track(strip.id).input.gain_db)
        for strip in part.tracks
    }
    # All faders go down together where one would go beyond its end.
    assert np.ptp(list(excess.values())) == pytest.approx(0.0, abs=0.25)
    assert max(strip.fader_db for strip in part.tracks) <= 12.0


def test_it_starts_from_another_estimators_mix(run: Run, heard: Heard) -> None:
    first = run(heard)
    other = run(heard, replace(first, estimator="rules"), groups=["eq"])
    assert [strip.fader_db for strip in other.tracks] == [strip.fader_db for strip in first.tracks]
    assert other.buses == first.buses


def test_every_strip_says_why_and_how_sure_it_is(run: Run, heard: Heard) -> None:
    mix = run(heard)
    for strip in mix.tracks:
        told = {reason.parameter: reason for reason in strip.reasons}
        assert ("width" in told) == (heard[0].track(strip.id).channels == 2)
        for name in ("fader_db", "pan", "highpass", "equalizer", "compressor", "sends"):
            figures = told[name].figures
            assert 0.0 < figures["confidence"] < 1.0
            assert figures["expected_error"] > 0.0
            assert told[name].text.endswith(".")
    said = [reason.text for reason in mix.master.reasons if reason.parameter == "controller"]
    assert len(said) == 1
    assert said[0].startswith("Aims at a broad style")
    assert "Expects to come within" in said[0]


def test_confidence_is_the_chance_under_a_laplace_law() -> None:
    draws = np.random.default_rng(0).laplace(0.0, 0.8, 200_000)
    assert confidence(0.8) == pytest.approx(np.mean(np.abs(draws) < 1.0), abs=0.005)
    assert confidence(0.05) > 0.999
    assert confidence(20.0) < 0.05


@pytest.mark.parametrize("level_db", [-40.0, -21.0, -18.0, -16.0, -6.0])
def test_the_static_curve_is_the_consoles(level_db: float) -> None:
    settings = Compressor(True, -18.0, 3.0, 0.05, 1.0, 6.0, 0.0)
    block = np.full((1, 8000), 10.0 ** (level_db / 20.0))
    CompressorProcessor(settings, 48_000).process(block)
    gained = 20.0 * math.log10(block[0, -1]) - level_db
    assert static_gain_db(level_db, -18.0, 3.0) == pytest.approx(gained, abs=0.01)


def test_candidates_differ(network: OnnxNetwork, heard: Heard) -> None:
    session, analysis = heard
    style = load_profile("broad").sound
    mixes = [
        make_controller(network, style=style, candidate=number)(
            session, analysis, load_target(), neutral_mix(session)
        )
        for number in range(network.candidates)
    ]
    assert len(mixes) == 4
    assert all(diff(mixes[0], mix) for mix in mixes[1:])
    with pytest.raises(ParamError, match="candidate 5 is asked for"):
        make_controller(network, style=style, candidate=4)(
            session, analysis, load_target(), neutral_mix(session)
        )


def test_it_needs_something_to_aim_at(network: OnnxNetwork, heard: Heard) -> None:
    with pytest.raises(ParamError, match="--reference"):
        make_controller(network)(*heard, load_target(), neutral_mix(heard[0]))


def test_its_mix_is_a_file_and_sounds(run: Run, heard: Heard, tmp_path: Path) -> None:
    mix = run(heard)
    assert load_mix(dump_mix(mix)) == mix
    with render(heard[0], mix, work_folder=tmp_path, settings=RenderSettings(tail_s=0.0)) as played:
        blocks = np.concatenate(list(played.work.blocks()))
        loudness = played.measurement.integrated_lufs
    assert np.isfinite(blocks).all()
    # Strips are taken to be incoherent and compressors to change no spectrum: not more than near.
    assert loudness == pytest.approx(-18.0, abs=3.0)


def test_make_up_gives_back_what_compressors_take(run: Run, heard: Heard) -> None:
    session = heard[0]
    compressed = [strip for strip in run(heard).tracks if strip.compressor.enabled]
    assert compressed
    for strip in compressed:
        track = session.track(strip.id)
        with TrackReader(track, session.sample_rate_hz) as reader:
            audio = reader.read(track.samples)
        levels = [
            loudness(StripProcessor(one, session.sample_rate_hz, track.channels).process(audio))
            for one in (strip, replace(strip, compressor=Compressor()))
        ]
        assert levels[0] == pytest.approx(levels[1], abs=0.3), strip.id
        assert "loudness back" in next(r.text for r in strip.reasons if r.parameter == "compressor")
