"""A mix whose settings are known is found again: levels, pans, tone, gain reduction, sends."""

from pathlib import Path

import numpy as np
import pytest
from mixed_stems import Audio, instruments, only_buses, random_mix, rendered, write_session
from recovered_strips import judge

from console.estimators.prune.processors import processors
from console.estimators.recover import RecoverSettings, Recovery, recover
from console.mix import Mix, TrackStrip

RATE_HZ = 22050


def recovered(folder: Path, mix: Mix, stems: list[Audio], **settings: object) -> Recovery:
    session = write_session(folder / "stems", stems, mix.sample_rate_hz)
    chosen = RecoverSettings(moves=False, **settings)  # type: ignore[arg-type]
    return recover(session, rendered(mix, stems), start=only_buses(mix), settings=chosen)


@pytest.mark.parametrize("seed", [0, 1])
def test_gain_pan_and_tone_without_dynamics(seed: int, tmp_path: Path) -> None:
    stems = instruments(6.0, seed)
    mix = random_mix(seed, compress=False, sends=False)
    found = recovered(tmp_path, mix, stems, groups=frozenset({"fader", "pan", "eq"}), spectrum=False)
    assert found.residual.total_db < -40.0
    for truth, strip, stem in zip(mix.tracks, found.mix.tracks, stems, strict=True):
        error = judge(truth, strip, stem, rendered(mix, stems), RATE_HZ)
        assert error.pan < 0.01
        assert error.level_db < 0.05
        assert error.tone_db < 1.0


@pytest.mark.slow
def test_everything_at_once(tmp_path: Path) -> None:
    stems = instruments(6.0, 3)
    mix = random_mix(3)
    found = recovered(tmp_path, mix, stems)
    assert found.residual.total_db < -30.0
    levels = [step.whitened_db for step in found.steps]
    assert levels == sorted(levels, reverse=True)
    for truth, strip, stem in zip(mix.tracks, found.mix.tracks, stems, strict=True):
        error = judge(truth, strip, stem, rendered(mix, stems), RATE_HZ)
        assert error.pan < 0.05
        assert error.level_db < 0.5
        assert error.tone_db < 1.0
        assert error.reduction_db < 1.0


def test_a_mix_by_faders_alone_is_found_to_the_last_digit(tmp_path: Path) -> None:
    stems = instruments(4.0)
    faders = (-3.0, -12.5, 2.0, -6.0)
    pans = (0.0, 0.3, -0.5, 1.0)
    mix = Mix(
        RATE_HZ,
        tuple(
            TrackStrip(f"track {i}", fader_db=f, pan=p)
            for i, (f, p) in enumerate(zip(faders, pans, strict=True))
        ),
    )
    found = recovered(tmp_path, mix, stems)
    assert found.residual.total_db < -80.0
    assert not processors(found.mix)
    for strip, fader_db, pan in zip(found.mix.tracks, faders, pans, strict=True):
        assert strip.fader_db == pytest.approx(fader_db, abs=0.01)
        assert strip.pan == pytest.approx(pan, abs=0.005)


def test_one_sound_in_a_stereo_file_has_a_balance_and_no_width(tmp_path: Path) -> None:
    """Width, pan and fader would have two gains to share among the three of them."""
    stems = instruments(4.0)
    for index, (left, right) in enumerate(((1.0, 0.4), (0.0, 1.0), (1.0, 1.0), (0.7, -0.7))):
        stems[index] = np.concatenate([left * stems[index][:1], right * stems[index][:1]])
    pans = (0.3, 0.0, -0.5, 0.2)
    tracks = (TrackStrip(f"track {i}", fader_db=-5.0 + i, pan=pan) for i, pan in enumerate(pans))
    mix = Mix(RATE_HZ, tuple(tracks))
    found = recovered(tmp_path, mix, stems)
    for strip, wanted in zip(found.mix.tracks, mix.tracks, strict=True):
        assert strip.width == 1.0
        assert strip.fader_db == pytest.approx(wanted.fader_db, abs=0.01)
        assert strip.pan == pytest.approx(wanted.pan, abs=0.005)


def test_locks_hold_to_the_bit_and_groups_not_asked_for_stay(tmp_path: Path) -> None:
    from dataclasses import replace

    stems = instruments(4.0)
    mix = random_mix(1, compress=False, sends=False)
    session = write_session(tmp_path / "stems", stems)
    tracks = list(session.tracks)
    tracks[0] = replace(tracks[0], locked=("pan",))
    tracks[1] = replace(tracks[1], locked=("all",))
    locked = replace(session, tracks=tuple(tracks))
    groups = frozenset({"fader", "pan"})
    found = recover(
        locked, rendered(mix, stems), settings=RecoverSettings(groups=groups, moves=False, spectrum=False)
    )
    assert found.mix.tracks[0].pan == 0.0
    assert found.mix.tracks[1].fader_db == 0.0
    assert not any(track.equalizer.enabled or track.compressor.enabled for track in found.mix.tracks)


def test_the_same_twice(tmp_path: Path) -> None:
    stems = instruments(2.0)[:2]
    mix = random_mix(2, tracks=2, compress=False, sends=False)
    first, second = (
        recovered(tmp_path, mix, stems, groups=frozenset({"fader", "pan", "eq"}), spectrum=False)
        for _ in range(2)
    )
    assert first.mix == second.mix
