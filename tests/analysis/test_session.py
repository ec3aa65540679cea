"""A session in one pass: the sum, the order, the threads, the cache."""

import dataclasses
import subprocess
import sys
import threading

import numpy as np
import pytest

from console.analysis import AnalysisCache, TrackAnalyzer, analyze
from console.errors import SessionError
from console.session import Session
from console.session.reader import TrackReader

RATE_HZ = 16000


def assert_same(first, second):
    for field in dataclasses.fields(first):
        np.testing.assert_array_equal(
            getattr(first, field.name), getattr(second, field.name), err_msg=field.name
        )


def assert_same_session(first, second):
    assert dict(first.tracks).keys() == dict(second.tracks).keys()
    for name in first.tracks:
        assert_same(first.tracks[name], second.tracks[name])
    assert_same(first.sum, second.sum)
    assert first.pairs == second.pairs
    assert first.duplicates == second.duplicates


def noise(seed: int, channels: int, samples: int) -> np.ndarray:
    return (0.1 * np.random.default_rng(seed).standard_normal((channels, samples))).astype(np.float32)


@pytest.fixture
def material() -> dict[str, np.ndarray]:
    lengths = (40000, 52345, 16000, 1, 48000, 30000, 20000, 33333, 44444, 51111)
    return {f"t{i}": noise(i, 1 + i % 2, length) for i, length in enumerate(lengths)}


def test_tracks_and_sum_as_numpy(make_session, measure, material):
    starts = {"t1": 0, "t2": 12345, "t4": 8000}
    session = make_session(material, RATE_HZ, starts=starts, excluded=("t5", "t6"))
    found = analyze(session)
    total = np.zeros((2, session.samples))
    for name, audio in material.items():
        start = starts.get(name, 0)
        late = np.pad(audio, ((0, 0), (start, 0)))
        assert_same(found.tracks[name], measure(late, RATE_HZ))
        if name not in ("t5", "t6"):
            gain = 1.0 if len(audio) == 2 else np.sqrt(0.5)
            total[:, start : start + audio.shape[1]] += gain * audio.astype(np.float64)
    assert found.sum.samples == session.samples
    assert found.sum.channels == 2
    expected = measure(total, RATE_HZ)
    np.testing.assert_allclose(found.sum.bark_db, expected.bark_db, atol=1e-4)
    for name in ("integrated_lufs", "true_peak_dbtp", "rms_dbfs", "width_db", "correlation", "balance_db"):
        assert getattr(found.sum, name) == pytest.approx(getattr(expected, name), abs=1e-6), name


def test_order_and_threads_change_nothing(make_session, material):
    session = make_session(material, RATE_HZ)
    turned = dataclasses.replace(session, tracks=tuple(reversed(session.tracks)))
    alone = analyze(session, threads=1)
    assert_same_session(analyze(session, threads=3), alone)
    assert_same_session(analyze(turned, threads=2), alone)


def test_other_names_change_nothing(make_session, material):
    session = make_session(material, RATE_HZ)
    renamed = dataclasses.replace(
        session, tracks=tuple(dataclasses.replace(track, id=f"x{track.id}") for track in session.tracks)
    )
    before, after = analyze(session), analyze(renamed)
    assert_same(after.sum, before.sum)
    for name in material:
        assert_same(after.tracks[f"x{name}"], before.tracks[name])


def test_a_warm_run_reads_no_audio(make_session, material, tmp_path):
    session = make_session(material, RATE_HZ)
    cache = AnalysisCache(tmp_path / "cache")
    cold = analyze(session, cache=cache)
    for track in session.tracks:
        track.files[0].path.unlink()
    turned = dataclasses.replace(session, tracks=tuple(reversed(session.tracks)))
    assert_same_session(analyze(session, cache=cache), cold)
    assert_same_session(analyze(turned, cache=AnalysisCache(tmp_path / "cache")), cold)


def test_leaving_a_track_out_measures_only_the_sum(make_session, material, tmp_path, monkeypatch):
    session = make_session(material, RATE_HZ)
    cache = AnalysisCache(tmp_path / "cache")
    analyze(session, cache=cache)
    without = dataclasses.replace(
        session, tracks=tuple(dataclasses.replace(t, included=t.id != "t1") for t in session.tracks)
    )
    pushes = []
    push = TrackAnalyzer.push
    monkeypatch.setattr(
        TrackAnalyzer, "push", lambda self, block: (pushes.append(self), push(self, block))[1]
    )
    found = analyze(without, cache=cache)
    assert len({id(analyzer) for analyzer in pushes}) == 1
    monkeypatch.undo()
    assert_same_session(found, analyze(without))


def test_a_damaged_cache_is_measured_again(make_session, material, tmp_path):
    session = make_session(material, RATE_HZ)
    cache = AnalysisCache(tmp_path / "cache")
    cold = analyze(session, cache=cache)
    for path in (tmp_path / "cache").iterdir():
        path.write_bytes(path.read_bytes()[:200])
    assert_same_session(analyze(session, cache=cache), cold)
    assert_same_session(analyze(session, cache=cache), cold)


def test_foreign_pairs_in_the_cache_are_found_again(make_session, material, tmp_path, monkeypatch):
    session = make_session(material, RATE_HZ)
    cache = AnalysisCache(tmp_path / "cache")
    cold = analyze(session, cache=cache)
    monkeypatch.setattr(
        AnalysisCache, "load_values", lambda *_: {"related": [[0, 99, 0.0, 1.0, 1.0]], "same": []}
    )
    assert_same_session(analyze(session, cache=cache), cold)


def test_an_interrupt_leaves_nothing(make_session, material, tmp_path):
    session = make_session(material, RATE_HZ)
    told = []

    def interrupting(stage: str, done: float) -> None:
        told.append(done)
        if done > 0.3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        analyze(session, cache=AnalysisCache(tmp_path / "cache"), progress=interrupting)
    assert not (tmp_path / "cache").exists()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("analysis")]


def test_progress_goes_from_none_to_all(make_session, material):
    told: dict[str, list[float]] = {}
    analyze(
        make_session(material, RATE_HZ), progress=lambda stage, done: told.setdefault(stage, []).append(done)
    )
    assert list(told) == ["analyse", "pairs"]
    for steps in told.values():
        assert steps[0] == 0.0
        assert steps[-1] == 1.0
        assert steps == sorted(steps)


def test_a_broken_file_is_named(make_session, material):
    session = make_session(material, RATE_HZ)
    session.tracks[4].files[0].path.write_bytes(b"RIFFno audio at all")
    with pytest.raises(SessionError, match=r"t4\.wav"):
        analyze(session)


def test_not_numbers_in_a_file_are_counted(make_session):
    audio = noise(0, 1, 30000)
    audio[0, 100:103] = np.nan
    found = analyze(make_session({"a": audio, "b": noise(1, 1, 30000)}, RATE_HZ))
    assert found.tracks["a"].nonfinite_samples == 3
    assert found.sum.nonfinite_samples == 0


def test_no_tracks_at_all(tmp_path):
    found = analyze(Session("empty", tmp_path, RATE_HZ, ()))
    assert found.sum.samples == 0
    assert found.sum.silent
    assert not found.tracks


def test_nothing_included(make_session):
    found = analyze(make_session({"a": noise(0, 1, 9000)}, RATE_HZ, excluded=("a",)))
    assert found.sum.silent
    assert not found.tracks["a"].silent


def test_equal_content_counts_twice_in_the_sum(make_session, measure):
    audio = noise(0, 2, 20000)
    found = analyze(make_session({"a": audio, "b": audio}, RATE_HZ))
    assert_same(found.tracks["a"], found.tracks["b"])
    assert found.sum.rms_dbfs == pytest.approx(found.tracks["a"].rms_dbfs + 6.0206, abs=1e-3)
    assert found.duplicates == (("a", "b"),)


def test_many_tracks_share_few_files(make_session, monkeypatch):
    released = []
    release = TrackReader.release
    monkeypatch.setattr(TrackReader, "release", lambda self: (released.append(self), release(self))[1])
    session = make_session({f"t{i:03d}": noise(i, 1, 2000) for i in range(120)}, 8000)
    found = analyze(session, threads=2)
    assert len(found.tracks) == 120
    assert len(released) >= 120
    expected = 10.0 * np.log10(120 * 0.01 * 0.5)
    assert found.sum.rms_dbfs == pytest.approx(expected, abs=0.3)


def test_values_cost_no_compiler():
    code = (
        "import sys, console.analysis, console.analysis.values\n"
        "heavy = {'numba', 'scipy', 'soundfile'} & set(sys.modules)\n"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    assert subprocess.run((sys.executable, "-c", code), check=False).returncode == 0
