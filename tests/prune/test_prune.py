"""Pruning drops what is not heard, keeps what is, within the tolerance, and tells what each was worth."""

from dataclasses import replace

import numpy as np
import pytest
from mixed_stems import RATE_HZ, Audio, instruments, rendered, write_session

from console.errors import ParamError
from console.estimators.prune import ORDERS, PruneSettings, Tolerance, prune
from console.estimators.prune.processors import processors
from console.estimators.prune.values import Unit
from console.mix import (
    Band,
    Bus,
    Compressor,
    Equalizer,
    FrozenMap,
    Highpass,
    Lowpass,
    Master,
    Mix,
    Reverb,
    TrackStrip,
)
from console.session import Session

FIXED = PruneSettings(fine_tune=False)


def _useless() -> TrackStrip:
    """A strip whose processors are all on and change next to nothing."""
    return TrackStrip(
        "track 0",
        highpass=Highpass(True, 10.0),
        lowpass=Lowpass(True, 10500.0),
        equalizer=Equalizer(True, (Band("bell", 1000.0, 0.02, 1.0), Band("low_shelf", 20.0, 0.01, 0.7))),
        compressor=Compressor(True, -1.0, 1.01),
        sends=FrozenMap({"reverb": -85.0}),
    )


def _mix() -> Mix:
    heard = TrackStrip(
        "track 3",
        equalizer=Equalizer(True, (Band("bell", 800.0, 9.0, 1.0),)),
        compressor=Compressor(True, -30.0, 6.0, 2.0, 80.0),
        sends=FrozenMap({"reverb": -6.0}),
        fader_db=4.0,
    )
    strips = (_useless(), TrackStrip("track 1", fader_db=-6.0), TrackStrip("track 2", fader_db=-9.0), heard)
    return Mix(RATE_HZ, strips, (Bus("reverb", "fx", reverb=Reverb()),))


@pytest.fixture(scope="module")
def stems() -> list[Audio]:
    return instruments(1.5)


@pytest.fixture(scope="module")
def session(stems: list[Audio], tmp_path_factory: pytest.TempPathFactory) -> Session:
    return write_session(tmp_path_factory.mktemp("prune") / "stems", stems)


@pytest.mark.parametrize("order", ORDERS)
def test_what_is_not_heard_goes_and_what_is_heard_stays(order: str, session: Session) -> None:
    found = prune(_mix(), session, settings=replace(FIXED, order=order))
    strip = found.mix.tracks[0]
    assert [strip.highpass.enabled, strip.equalizer.enabled, strip.compressor.enabled] == [False] * 3
    assert "reverb" not in strip.sends
    kept = found.mix.tracks[3]
    assert kept.equalizer.bands[0].gain_db == 9.0
    assert kept.compressor.enabled
    assert kept.sends["reverb"] == -6.0
    assert found.before == len(processors(_mix())) == 9
    assert found.after == found.before - len(found.removed)
    assert found.loss <= found.loss_before + 0.02
    assert {(r.strip, r.processor) for r in found.removed} >= {
        ("track 0", "compressor"),
        ("track 0", "sends.reverb"),
    }


def test_the_tolerance_in_db_holds_for_the_renderer(session: Session, stems: list[Audio]) -> None:
    before = rendered(_mix(), stems).astype(np.float64)
    for level_db in (-60.0, -25.0):
        found = prune(_mix(), session, Tolerance(level_db, Unit.DB), settings=FIXED)
        left = rendered(found.mix, stems) - before
        change_db = 10.0 * np.log10(max(np.sum(left**2) / np.sum(before**2), 1e-16))
        assert change_db <= level_db + 0.1
        assert found.change_db == pytest.approx(change_db, abs=0.2) or change_db < -100.0


def test_more_tolerance_drops_no_less(session: Session) -> None:
    counts = [
        prune(_mix(), session, Tolerance(x, Unit.LOSS), settings=FIXED).after for x in (0.0005, 0.02, 1.0)
    ]
    assert counts == sorted(counts, reverse=True)
    assert counts[-1] == 0


def test_a_target_is_what_counts(session: Session, stems: list[Audio]) -> None:
    """A processor that leads away from the target goes, however well it is heard."""
    wanted = _mix()
    tracks = list(wanted.tracks)
    tracks[3] = replace(tracks[3], equalizer=Equalizer())
    target = rendered(replace(wanted, tracks=tuple(tracks)), stems)
    found = prune(wanted, session, Tolerance(0.002, Unit.LOSS), target=target, settings=FIXED)
    assert not found.mix.tracks[3].equalizer.enabled
    assert found.loss < found.loss_before
    assert any(removal.loss < 0.0 for removal in found.removed)


def test_a_target_that_is_met_allows_what_the_mix_itself_does(session: Session, stems: list[Audio]) -> None:
    alone = prune(_mix(), session, settings=FIXED)
    found = prune(_mix(), session, target=rendered(_mix(), stems), settings=FIXED)
    assert found.loss_before < 1e-4
    assert found.after == alone.after < found.before


def test_fine_tuning_does_not_leave_the_tolerance(session: Session) -> None:
    found = prune(_mix(), session, Tolerance(0.1, Unit.LOSS), settings=PruneSettings(turns=1))
    assert found.loss <= found.loss_before + 0.1


def test_locks_hold(session: Session) -> None:
    mix = _mix()
    tracks = list(mix.tracks)
    tracks[0] = replace(tracks[0], locked=("compressor", "equalizer.bands"))
    found = prune(replace(mix, tracks=tuple(tracks)), session, settings=FIXED)
    assert found.mix.tracks[0].compressor == mix.tracks[0].compressor
    assert found.mix.tracks[0].equalizer == mix.tracks[0].equalizer
    assert not found.mix.tracks[0].highpass.enabled


def test_buses_and_the_master_count_too(session: Session) -> None:
    idle = Equalizer(True, (Band("bell", 500.0, 0.01, 1.0),))
    mix = replace(_mix(), master=Master(equalizer=idle, compressor=Compressor(True, 0.0, 1.001)))
    found = prune(mix, session, settings=FIXED)
    assert found.mix.master == Master()
    assert {removal.strip for removal in found.removed} >= {"master"}


def test_an_interruption_gives_what_was_reached(session: Session) -> None:
    def stop(stage: str, done: float) -> None:
        if done > 0.0:
            raise KeyboardInterrupt

    found = prune(_mix(), session, settings=FIXED, progress=stop)
    assert found.interrupted
    assert found.removed


def test_a_mix_of_other_stems_is_refused(session: Session) -> None:
    mix = replace(_mix(), tracks=_mix().tracks[:2])
    with pytest.raises(ParamError, match="other tracks"):
        prune(mix, session)


def test_a_silent_mix_is_refused(session: Session) -> None:
    mix = replace(_mix(), tracks=tuple(replace(track, muted=True) for track in _mix().tracks))
    with pytest.raises(ParamError, match="silent"):
        prune(mix, session)


@pytest.mark.parametrize(
    ("text", "tolerance"),
    [
        ("0.01", Tolerance(0.01, Unit.LOSS)),
        ("4%", Tolerance(0.04, Unit.SHARE)),
        ("-30dB", Tolerance(-30.0, Unit.DB)),
        ("−30 db", Tolerance(-30.0, Unit.DB)),
    ],
)
def test_tolerances_as_they_are_typed(text: str, tolerance: Tolerance) -> None:
    assert Tolerance.parse(text) == tolerance


@pytest.mark.parametrize("text", ["", "much", "3dB", "-1", "-4%", "1.2.3", "nan"])
def test_tolerances_that_are_none(text: str) -> None:
    with pytest.raises(ParamError, match="toleranc"):
        Tolerance.parse(text)


def test_an_unknown_order() -> None:
    with pytest.raises(ParamError, match="brute-force, dry/wet, hybrid"):
        PruneSettings(order="random")
