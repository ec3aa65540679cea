"""Where one level cannot explain the mix, the fader moves; where it can, it stands still."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from mixed_stems import RATE_HZ, instruments, rendered, write_session

from console.estimators.recover import RecoverSettings, recover
from console.mix import Automation, Mix, TrackStrip

LEVELS = RecoverSettings(groups=frozenset({"fader", "pan"}), spectrum=False)
MOVES = ((1.0, -3.0), (5.0, -12.0), (9.0, -12.0), (11.0, -2.0))


def test_a_ride_is_found_again(tmp_path: Path) -> None:
    stems = instruments(12.0)
    still = Mix(RATE_HZ, tuple(TrackStrip(f"track {i}", pan=0.2 * i, fader_db=-6.0) for i in range(4)))
    tracks = list(still.tracks)
    tracks[2] = replace(tracks[2], automation=Automation(MOVES))
    found = recover(
        write_session(tmp_path / "stems", stems),
        rendered(replace(still, tracks=tuple(tracks)), stems),
        settings=LEVELS,
    )
    points = found.mix.tracks[2].automation.fader_db
    assert 3 <= len(points) <= 8
    times_s = np.arange(1.0, 11.5, 0.5)
    truth = np.interp(times_s, *np.array(MOVES).T)
    reached = np.interp(times_s, *np.array(points).T)
    assert np.median(np.abs(reached - truth)) < 0.5
    assert [len(track.automation.fader_db) for track in found.mix.tracks].count(0) == 3
    by_name = {step.name: step.residual_db for step in found.steps}
    assert by_name["fader moves"] < by_name["all together"] - 10.0


def test_a_fader_that_stands_still_gets_no_moves(tmp_path: Path) -> None:
    stems = instruments(8.0)
    still = Mix(RATE_HZ, tuple(TrackStrip(f"track {i}", pan=0.2 * i, fader_db=-6.0) for i in range(4)))
    noise = 0.003 * np.random.default_rng(0).standard_normal((2, stems[0].shape[1])).astype(np.float32)
    found = recover(write_session(tmp_path / "stems", stems), rendered(still, stems) + noise, settings=LEVELS)
    assert not any(track.automation.fader_db for track in found.mix.tracks)
