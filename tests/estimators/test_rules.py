"""The estimator `rules` on the example session: planted problems mended, every move reasoned, nothing arbitrary."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from bridge.jobs.reading import read_session
from console.analysis import SessionAnalysis
from console.errors import ParamError
from console.estimators.base import estimator_names, load_estimator, register
from console.estimators.rules import estimate, leave_headroom
from console.estimators.rules.balance import required_audibility_db
from console.estimators.rules.headroom import METER_TOLERANCE_DB
from console.mix import Mix, TrackStrip, diff
from console.session import Role, Session, neutral_mix
from presets.targets import load_target

TARGET = load_target()


@pytest.fixture(scope="module")
def example(example_session: Path) -> tuple[Session, SessionAnalysis]:
    return read_session([example_session], cache=False)


@pytest.fixture(scope="module")
def mix(example: tuple[Session, SessionAnalysis]) -> Mix:
    session, analysis = example
    return estimate(session, analysis, TARGET, neutral_mix(session))


def strip(mix: Mix, part_of_name: str) -> TrackStrip:
    (found,) = (track for track in mix.tracks if part_of_name in track.id)
    return found


def reason(track: TrackStrip, parameter: str) -> str:
    (found,) = (item.text for item in track.reasons if item.parameter == parameter)
    return found


def read(folder: Path, name: str) -> np.ndarray:
    audio, _ = soundfile.read(folder / f"{name}.flac", dtype="float64")
    return np.asarray(audio)


def lag_samples(reference: np.ndarray, other: np.ndarray, most: int = 2000) -> tuple[int, float]:
    """Lag of `other` behind `reference` at the strongest correlation, and that correlation with its sign."""
    size = 1 << int(np.ceil(np.log2(len(reference) + len(other))))
    cross = np.fft.irfft(np.fft.rfft(other, size) * np.conj(np.fft.rfft(reference, size)), size)
    lags = np.concatenate([cross[: most + 1], cross[-most:]])
    best = int(np.argmax(np.abs(lags)))
    scale = np.sqrt((reference**2).sum() * (other**2).sum())
    return (best if best <= most else best - 2 * most - 1), float(lags[best] / scale)


def as_set(folder: Path, track: TrackStrip, name: str) -> np.ndarray:
    """A mono file with the strip's polarity and delay, done here by hand."""
    audio = read(folder, name) * (-1.0 if track.input.invert_polarity else 1.0)
    return np.roll(audio, round(track.input.delay_ms * 48.0))


def test_the_inverted_bottom_snare_is_turned(mix: Mix, example_session: Path) -> None:
    top, bottom = strip(mix, "Snare Top"), strip(mix, "Snare Bot")
    assert bottom.input.invert_polarity
    assert not top.input.invert_polarity
    assert "polarity inverted" in reason(bottom, "input.invert_polarity")
    before = float(np.corrcoef(read(example_session, top.id), read(example_session, bottom.id))[0, 1])
    after = float(
        np.corrcoef(as_set(example_session, top, top.id), as_set(example_session, bottom, bottom.id))[0, 1]
    )
    assert before < 0.0
    assert after > 0.5


def test_the_late_overheads_line_up_with_the_snare(mix: Mix, example_session: Path) -> None:
    top = strip(mix, "Snare Top")
    overhead = strip(mix, "OH")
    assert "forward" in reason(overhead, "input.delay_ms")
    for side in ("L", "R"):
        file = f"07_OH {side}"
        late, _ = lag_samples(read(example_session, top.id), read(example_session, file))
        left, strength = lag_samples(read(example_session, top.id), as_set(example_session, overhead, file))
        assert late == 336
        assert abs(left) <= 2
        assert strength > 0.0


@pytest.mark.parametrize(("name", "word"), [("Click", "click"), ("Scratch", "Silent")])
def test_what_does_not_belong_is_out_with_its_reason(mix: Mix, name: str, word: str) -> None:
    track = strip(mix, name)
    assert track.muted
    assert word in reason(track, "muted")


def test_nothing_else_is_out(mix: Mix) -> None:
    assert sum(track.muted for track in mix.tracks) == 2


def test_the_dc_offset_is_filtered_out_and_said(mix: Mix) -> None:
    bass = strip(mix, "Bass")
    assert bass.highpass.enabled
    assert "DC offset of 2.0" in reason(bass, "highpass.frequency_hz")


def test_every_move_has_a_reason_with_its_figures(mix: Mix) -> None:
    for track in mix.tracks:
        if track.muted:
            continue
        neutral = TrackStrip(track.id, role=track.role)
        moved = {change.path.removeprefix(f"tracks.{track.id}.") for change in _strip_changes(neutral, track)}
        reasons = {item.parameter for item in track.reasons}
        for path in moved:
            assert any(path.startswith(item.split(".")[0]) for item in reasons), (track.id, path)
        assert all(item.text.endswith(".") for item in track.reasons)


def _strip_changes(was: TrackStrip, now: TrackStrip) -> list:
    plain = replace(now, output="master", sends=type(now.sends)())
    return list(diff(Mix(48000, tracks=(was,)), Mix(48000, tracks=(plain,))))


def test_leads_and_lows_stay_in_the_middle_and_sides_are_even(mix: Mix) -> None:
    for name in ("Kick In", "Snare Top", "Bass", "Lead Vox"):
        assert strip(mix, name).pan == 0.0
    guitars = strip(mix, "EGtr L").pan, strip(mix, "EGtr R").pan
    assert guitars[0] < -0.3
    assert guitars[1] > 0.3


def test_order_and_names_decide_nothing(example: tuple[Session, SessionAnalysis], mix: Mix) -> None:
    session, analysis = example
    turned = replace(session, tracks=tuple(reversed(session.tracks)))
    again = estimate(turned, analysis, TARGET, neutral_mix(turned))
    assert {track.id: track for track in again.tracks} == {track.id: track for track in mix.tracks}
    assert (again.buses, again.master) == (mix.buses, mix.master)

    names = {track.id: f"x{index}" for index, track in enumerate(session.tracks)}
    renamed = replace(session, tracks=tuple(replace(track, id=names[track.id]) for track in session.tracks))
    measured = replace(
        analysis,
        tracks=type(analysis.tracks)({names[name]: value for name, value in analysis.tracks.items()}),
        pairs=tuple(replace(p, first=names[p.first], second=names[p.second]) for p in analysis.pairs),
        duplicates=tuple((names[a], names[b]) for a, b in analysis.duplicates),
    )
    other = estimate(renamed, measured, TARGET, neutral_mix(renamed))
    for track in mix.tracks:
        found = replace(other.track(names[track.id]), id=track.id, reasons=())
        assert found == replace(track, reasons=())
    assert other.master == mix.master


def test_locks_stay_to_the_bit(example: tuple[Session, SessionAnalysis]) -> None:
    session, analysis = example
    start = neutral_mix(session)
    kick, vocal = strip(start, "Kick In"), strip(start, "Lead Vox")
    fixed = {
        kick.id: replace(kick, fader_db=-3.21, locked=("fader_db",)),
        vocal.id: replace(vocal, pan=0.123, fader_db=1.234, locked=("all",)),
    }
    start = replace(start, tracks=tuple(fixed.get(track.id, track) for track in start.tracks))
    found = estimate(session, analysis, TARGET, start)
    assert found.track(kick.id).fader_db == -3.21
    assert found.track(kick.id).highpass.enabled
    kept = replace(found.track(vocal.id), reasons=(), role_confidence=0.0, files=())
    assert kept == replace(fixed[vocal.id], reasons=(), role_confidence=0.0, files=(), role=kept.role)


def test_professional_ranges(mix: Mix) -> None:
    for track in mix.tracks:
        assert all(abs(band.gain_db) <= 6.0 for band in track.equalizer.bands)
        if track.compressor.enabled:
            assert 1.2 <= track.compressor.ratio <= 8.8
            assert 0.5 <= track.compressor.attack_ms <= 40.0
            assert 30.0 <= track.compressor.release_ms <= 715.0


def test_tracks_alone_and_in_hundreds(example: tuple[Session, SessionAnalysis]) -> None:
    session, analysis = example
    one = replace(session, tracks=(session.track("15_Lead Vox"),))
    found = estimate(one, analysis, TARGET, neutral_mix(one))
    assert not found.tracks[0].muted
    files = session.track("10_EGtr L").files
    many = tuple(
        replace(
            session.track("10_EGtr L"),
            id=f"g{index}",
            detail="",
            files=(replace(files[0], content_hash=f"{index:04d}"),),
        )
        for index in range(100)
    )
    measured = replace(
        analysis,
        tracks=type(analysis.tracks)({track.id: analysis.tracks["10_EGtr L"] for track in many}),
        pairs=(),
        duplicates=(),
    )
    crowd = replace(session, tracks=many)
    found = estimate(crowd, measured, TARGET, neutral_mix(crowd))
    assert len(found.tracks) == 100
    pans = np.array([track.pan for track in found.tracks])
    assert abs(pans.mean()) < 0.35


def test_the_lead_needs_to_stand_out_most() -> None:
    lead, pad = TARGET.role(Role.LEAD_VOCAL), TARGET.role(Role.PAD)
    assert required_audibility_db(lead, TARGET) == TARGET.lead_audible_db
    assert required_audibility_db(pad, TARGET) < required_audibility_db(lead, TARGET)


@pytest.mark.parametrize(("loudness", "peak"), [(-12.0, 1.3), (-30.0, -2.0), (-18.0, -3.0), (-9.0, -9.0)])
def test_headroom_is_left_after_quantising(mix: Mix, loudness: float, peak: float) -> None:
    done = leave_headroom(mix, TARGET, loudness_lufs=loudness, true_peak_dbtp=peak)
    fader = done.master.fader_db
    assert loudness + fader <= TARGET.loudness_lufs
    assert peak + fader <= TARGET.true_peak_dbtp
    by_peak = peak + fader - TARGET.true_peak_dbtp + METER_TOLERANCE_DB
    assert max(loudness + fader - TARGET.loudness_lufs, by_peak) > -0.25


def test_the_registry_refuses_doubles_and_strangers() -> None:
    assert "rules" in estimator_names()
    with pytest.raises(ParamError, match="already"):
        register("rules", lambda: estimate)
    with pytest.raises(ParamError, match="rules"):
        load_estimator("magic")
