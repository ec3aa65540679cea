"""The cache: what goes in comes out, and nothing that is wrong with it ever hurts."""

import dataclasses
import multiprocessing
import os
import time
from pathlib import Path

import numpy as np
import pytest

from console.analysis import AnalysisCache, TrackAnalysis
from console.analysis import cache as cache_module


@pytest.fixture
def analysis(measure) -> TrackAnalysis:
    audio = 0.1 * np.random.default_rng(0).standard_normal((2, 20000))
    return measure(audio, 16000)


def assert_same(first, second):
    for field in dataclasses.fields(first):
        one, other = getattr(first, field.name), getattr(second, field.name)
        np.testing.assert_array_equal(one, other, err_msg=field.name)
        assert type(one) is type(other), field.name


def test_round_trip(tmp_path, analysis):
    AnalysisCache(tmp_path / "new" / "folder").store("abc", analysis)
    found = AnalysisCache(tmp_path / "new" / "folder").load("abc")
    assert_same(found, analysis)
    assert not found.bark_db.flags.writeable


def test_values_round_trip(tmp_path):
    cache = AnalysisCache(tmp_path)
    cache.store_values("pairs", {"related": [[0, 1, 0.1 + 0.2]]})
    assert cache.load_values("pairs") == {"related": [[0, 1, 0.1 + 0.2]]}
    assert cache.load("pairs") is None


def test_absent_is_a_miss(tmp_path):
    assert AnalysisCache(tmp_path / "absent").load("abc") is None
    assert not (tmp_path / "absent").exists()


@pytest.mark.parametrize("damage", ["empty", "text", "cut", "flipped", "renamed", "directory"])
def test_a_damaged_entry_is_a_miss_and_is_replaced(tmp_path, analysis, damage):
    cache = AnalysisCache(tmp_path)
    cache.store("abc", analysis)
    (path,) = tmp_path.glob("*.npz")
    whole = path.read_bytes()
    if damage == "directory":
        path.unlink()
        path.mkdir()
    elif damage == "renamed":
        cache.store("other", dataclasses.replace(analysis, samples=5))
        (tmp_path / "other.npz").replace(path)
    else:
        middle = len(whole) // 2
        flipped = whole[:middle] + bytes([whole[middle] ^ 0xFF]) + whole[middle + 1 :]
        path.write_bytes({"empty": b"", "text": b"hello", "cut": whole[:-100], "flipped": flipped}[damage])
    assert cache.load("abc") is None
    if damage == "directory":
        path.rmdir()
    cache.store("abc", analysis)
    assert_same(cache.load("abc"), analysis)


def test_another_version_is_a_miss(tmp_path, analysis, monkeypatch):
    cache = AnalysisCache(tmp_path)
    cache.store("abc", analysis)
    monkeypatch.setattr(cache_module, "ANALYSIS_VERSION", 999)
    assert cache.load("abc") is None


def test_no_pickle_is_ever_read(tmp_path):
    np.savez(tmp_path / "evil.npz", json=np.array([{"a": 1}], dtype=object))
    assert AnalysisCache(tmp_path).load("evil") is None


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path, analysis):
    in_the_way = tmp_path / "file"
    in_the_way.write_text("not a folder", encoding="utf-8")
    cache = AnalysisCache(in_the_way)
    cache.store("abc", analysis)
    assert cache.load("abc") is None
    assert in_the_way.read_text(encoding="utf-8") == "not a folder"


def test_nothing_is_left_half_written(tmp_path, analysis, monkeypatch):
    def interrupted(*_args: object, **_more: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cache_module.np, "savez", interrupted)
    with pytest.raises(KeyboardInterrupt):
        AnalysisCache(tmp_path).store("abc", analysis)
    assert list(tmp_path.iterdir()) == []


def test_the_oldest_go_first(tmp_path, analysis):
    cache = AnalysisCache(tmp_path)
    for number in range(6):
        cache.store(f"k{number}", analysis)
        os.utime(tmp_path / f"k{number}.npz", (1000.0 + number, 1000.0 + number))
    cache.load("k0")  # used: the newest now
    size = (tmp_path / "k0.npz").stat().st_size
    (tmp_path / "foreign.txt").write_text("keep me", encoding="utf-8")
    AnalysisCache(tmp_path, limit_bytes=int(3.5 * size)).store("k6", analysis)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["foreign.txt", "k0.npz", "k5.npz", "k6.npz"]


def test_abandoned_writing_is_cleared_away(tmp_path, analysis):
    old, new = tmp_path / "writing-old.tmp", tmp_path / "writing-new.tmp"
    old.write_bytes(b"x")
    new.write_bytes(b"x")
    os.utime(old, (time.time() - 1e5,) * 2)
    AnalysisCache(tmp_path).store("abc", analysis)
    assert not old.exists()
    assert new.exists()


def test_the_folder_can_be_chosen(tmp_path, monkeypatch):
    monkeypatch.setenv("MIXBRIDGE_CACHE", str(tmp_path / "mine"))
    assert tmp_path / "mine" in AnalysisCache().folder.parents
    monkeypatch.delenv("MIXBRIDGE_CACHE")
    assert "mixbridge" in str(AnalysisCache().folder)


def write_and_read(folder: Path, analysis: TrackAnalysis, seconds: float) -> None:
    """Write and read the same entry; any error or torn entry ends the process with a failure."""
    cache = AnalysisCache(folder)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        cache.store("abc", analysis)
        found = cache.load("abc")
        if found is None or found.samples != analysis.samples:
            raise SystemExit(3)


def test_two_processes(tmp_path, analysis):
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=write_and_read, args=(tmp_path, analysis, 1.0)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    assert [worker.exitcode for worker in workers] == [0, 0]
    assert [path.name for path in tmp_path.iterdir()] == ["abc.npz"]
