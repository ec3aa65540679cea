"""The build as a whole: what is taken, refused, kept, gone on with, and bounded; without any renderer installed."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import soundfile
from click.testing import CliRunner
from dataset_miniatures import deb, sound

from bridge.datasets.build import BuildRequest, BuildResult, build_store, plan_build
from bridge.datasets.store import open_store, read_song
from console.errors import ParamError, RenderError, SessionError

ROOT = Path(__file__).resolve().parents[2]

TABLE = """
allowed = ["CC0-1.0"]
[[package]]
name = "masters"
source = "references"
ignore = ["*/noise/*"]
files = [
  { match = "*/free/held.wav", spdx = "CC0-1.0", credit = "A", may_train_weights = true, split = "test" },
  { match = "*/free/*", spdx = "CC0-1.0", credit = "A", may_train_weights = true },
  { match = "*/nc/*", spdx = "CC-BY-NC-4.0", credit = "B", may_train_weights = false, note = "non-commercial" },
]
[[package]]
name = "rooms"
source = "impulses"
files = [{ match = "*", spdx = "CC0-1.0", credit = "C", may_train_weights = true, kind = "room" }]
"""


RATE_HZ = 2000


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("debs")
    songs = {
        f"usr/free/song{number}.wav": sound(21.0, 200.0 + number, rate_hz=RATE_HZ) for number in range(2)
    }
    songs["usr/free/held.wav"] = sound(21.0, 300.0, rate_hz=RATE_HZ, level=1.7)
    songs["usr/free/twin.wav"] = songs["usr/free/song0.wav"]
    songs["usr/free/jingle.wav"] = sound(2.0, rate_hz=RATE_HZ)
    songs["usr/free/broken.ogg"] = b"OggS and no more"
    songs["usr/nc/song.wav"] = sound(21.0, 400.0, rate_hz=RATE_HZ)
    songs["usr/else/song.wav"] = sound(21.0, 500.0, rate_hz=RATE_HZ)
    songs["usr/noise/bang.wav"] = sound(1.0, rate_hz=RATE_HZ)
    songs["usr/share/doc/copyright"] = b"text"
    deb(folder, "masters", songs, compress="none")
    deb(folder, "rooms", {"usr/ir/hall.wav": sound(0.5, channels=1)})
    (folder / "table.toml").write_text(TABLE, "utf-8")
    return folder


@pytest.fixture
def packages(shelf: Path, tmp_path: Path) -> Path:
    """A copy, so that a test may change it."""
    return Path(shutil.copytree(shelf, tmp_path / "debs"))


@pytest.fixture(scope="module")
def built(shelf: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, BuildResult]:
    store = tmp_path_factory.mktemp("built") / "store"
    return store, build_store(request(shelf, store, workers=2))


def request(debs: Path, store: Path, **words: object) -> BuildRequest:
    given = {"sources": ("references", "impulses"), "packages": debs, "licences": debs / "table.toml"}
    return BuildRequest(store, **{**given, **words})  # type: ignore[arg-type]


def test_what_is_free_is_built_and_the_rest_is_named(built: tuple[Path, BuildResult]) -> None:
    store, result = built
    assert len(result.built) == 4
    assert {name.split("-")[1] for name in result.built} == {"song0", "song1", "held", "hall"}
    reasons = {one.place: one.reason for one in result.refused}
    assert set(reasons) == {"usr/nc/song.wav", "usr/else/song.wav", "usr/free/twin.wav"}
    assert "CC-BY-NC-4.0" in reasons["usr/nc/song.wav"]
    assert "no licence is known" in reasons["usr/else/song.wav"]
    assert "same music" in reasons["usr/free/twin.wav"]
    failed = dict(result.failed)
    assert [name.split("-")[1] for name in failed] == ["broken", "jingle"]
    assert "20 to 1200 s" in next(reason for name, reason in failed.items() if "jingle" in name)
    manifest = json.loads((store / "manifest.json").read_text("utf-8"))
    assert manifest["schema"] == "mixbridge.dataset/1"
    assert {song["licence"] for song in manifest["songs"]} == {"CC0-1.0"}
    assert not (store / "work").exists()


def test_a_song_is_what_the_package_held(built: tuple[Path, BuildResult]) -> None:
    store = open_store(built[0])
    held = next(song for song in store.references() if song.title == "held")
    assert (held.split, held.licence, held.credit, held.sample_rate_hz) == ("test", "CC0-1.0", "A", RATE_HZ)
    record = json.loads((held.folder / "song.json").read_text("utf-8"))
    assert record["origin"]["package"] == "masters"
    assert record["origin"]["version"] == "1.0-1"
    time_s = np.arange(21 * RATE_HZ) / RATE_HZ
    expected = 1.7 * np.sin(2 * np.pi * np.array([[300.0], [450.0]]) * time_s)
    gain = 10 ** (held.gain_db / 20)
    assert gain == pytest.approx(0.99 / np.abs(expected).max(), rel=1e-5)
    np.testing.assert_allclose(held.read_mix(), gain * expected, atol=1.1 / 32768)
    np.testing.assert_array_equal(held.read_mix(1000, 50), held.read_mix()[:, 1000:1050])
    assert not held.read_mix(21 * RATE_HZ + 5, 50).any()
    assert held.damaged() == ()
    assert [song.title for song in store.impulses("room")] == ["hall"]
    assert store.impulses("cabinet") == ()
    assert store.credits() == ("A (CC0-1.0)", "C (CC0-1.0)")


def test_the_same_packages_give_the_same_bytes(
    built: tuple[Path, BuildResult], shelf: Path, tmp_path: Path
) -> None:
    build_store(request(shelf, tmp_path / "again"))
    trees = [
        {path.relative_to(store): path.read_bytes() for path in store.rglob("*.*") if path.is_file()}
        for store in (built[0], tmp_path / "again")
    ]
    assert {path.name for path in trees[0]} >= {"song.json", "mix.flac", "manifest.json"}
    assert trees[0] == trees[1]


def test_a_second_build_does_only_what_is_missing(
    built: tuple[Path, BuildResult], shelf: Path, tmp_path: Path
) -> None:
    store = tmp_path / "store"
    first = build_store(request(shelf, store, limit=3))
    splits = {song.id: song.split for song in open_store(store).songs(kind=None)}
    assert set(first.built) < set(built[1].built)
    second = build_store(request(shelf, store))
    assert second.kept == first.built
    assert set(second.built) == set(built[1].built) - set(first.built)
    # What else is in a store moves no song to another split.
    assert splits.items() < {song.id: song.split for song in open_store(store).songs(kind=None)}.items()


def _started(packages: Path, store: Path) -> "subprocess.Popen[bytes]":
    words = ["--store", str(store), "--sources", "references", "-j", "1", "-q"]
    words += ["--packages", str(packages), "--licences", str(packages / "table.toml")]
    return subprocess.Popen(
        [sys.executable, "-m", "bridge", "data", "build", *words],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _wait_for_a_song(process: "subprocess.Popen[bytes]", store: Path) -> None:
    until = time.monotonic() + 60.0
    while not list(store.glob("songs/*/song.json")) and process.poll() is None and time.monotonic() < until:
        time.sleep(0.005)


def test_a_killed_build_is_gone_on_with(packages: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    process = _started(packages, store)
    _wait_for_a_song(process, store)
    os.kill(process.pid, getattr(signal, "SIGKILL", signal.SIGTERM))
    process.wait()
    there = [path.parent for path in store.glob("songs/*/song.json")]
    assert 1 <= len(there) < 3
    before = {folder: (folder / "song.json").stat().st_mtime_ns for folder in there}
    for folder in there:
        assert read_song(folder).damaged() == ()
    result = build_store(request(packages, store, sources=("references",)))
    assert len(result.built) + len(result.kept) == 3
    assert {folder: (folder / "song.json").stat().st_mtime_ns for folder in there} == before
    assert len(open_store(store).references()) == 3


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no SIGINT to one process")
def test_ctrl_c_leaves_what_is_finished(packages: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    process = _started(packages, store)
    _wait_for_a_song(process, store)
    process.send_signal(signal.SIGINT)
    assert process.wait(30.0) == 130
    there = open_store(store).references()
    assert 1 <= len(there) < 3
    assert not (store / "work").exists()
    assert all(song.damaged() == () for song in there)


def test_what_cannot_be_used_at_all_is_not_fetched(packages: Path, tmp_path: Path) -> None:
    row = '{ match = "*", spdx = "X", credit = "", may_train_weights = false, note = "not asked" }'
    with (packages / "table.toml").open("a", encoding="utf-8") as table:
        table.write(f'[[package]]\nname = "absent"\nsource = "impulses"\nfiles = [{row}]\n')
    result = build_store(request(packages, tmp_path / "store", sources=("impulses",)))
    assert [(one.package, one.reason) for one in result.refused] == [("absent", "not asked")]
    assert "absent" not in [one.name for one in plan_build(request(packages, tmp_path / "store"))]


def test_the_store_never_grows_beyond_its_bound(packages: Path, tmp_path: Path) -> None:
    store = tmp_path / "store"
    with pytest.raises(SessionError, match="--max-gb"):
        build_store(request(packages, store, most_gb=1e-6))
    packages_bytes = 4 * 21 * RATE_HZ * 2 * 4  # the masters unpacked, and two that are refused
    bound = (packages_bytes + 900_000) / 1e9
    result = build_store(request(packages, store, most_gb=bound, sources=("references",)))
    size = sum(path.stat().st_size for path in store.rglob("*") if path.is_file())
    assert size <= bound * 1e9
    assert result.full or any("--max-gb" in reason for _, reason in result.failed)


def test_two_builds_do_not_share_a_store(packages: Path, tmp_path: Path) -> None:
    from filelock import FileLock

    (tmp_path / "store").mkdir()
    with FileLock(tmp_path / "store" / ".lock"), pytest.raises(RenderError, match="another build"):
        build_store(request(packages, tmp_path / "store"))


def test_damage_is_found(packages: Path, tmp_path: Path) -> None:
    build_store(request(packages, tmp_path / "store", sources=("impulses",)))
    song = open_store(tmp_path / "store").impulses()[0]
    soundfile.write(song.mix_file, np.zeros((100, 1)), 44_100)
    assert song.damaged() == (song.mix_file,)
    song.mix_file.write_bytes(b"fLaC")
    with pytest.raises(SessionError, match="cannot be read"):
        song.read_mix()
    record = song.folder / "song.json"
    record.write_text(record.read_text("utf-8").replace('"mix.flac"', '"../mix.flac"'), "utf-8")
    with pytest.raises(SessionError, match="damaged"):
        read_song(song.folder)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"sources": ("lmss",)}, "lmms"),
        ({"most_gb": 0.0}, "above 0 GB"),
        ({"bits": 8}, "16 or 24"),
    ],
)
def test_wrong_words_are_told(packages: Path, tmp_path: Path, words: dict[str, object], message: str) -> None:
    with pytest.raises(ParamError, match=message):
        build_store(request(packages, tmp_path / "store", **words))


def test_without_apt_the_remedy_is_told(
    tmp_path: Path, packages: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SessionError, match="--packages"):
        build_store(request(packages, tmp_path / "store", packages=None))
    (packages / "rooms_1.0-1_all.deb").unlink()
    with pytest.raises(SessionError, match="no package 'rooms'"):
        build_store(request(packages, tmp_path / "store"))


def test_a_plan_writes_nothing(packages: Path, tmp_path: Path) -> None:
    plan = plan_build(request(packages, tmp_path / "store"))
    assert [(one.name, one.here, one.version) for one in plan] == [
        ("masters", True, "1.0-1"),
        ("rooms", True, "1.0-1"),
    ]
    assert not (tmp_path / "store").exists()


def test_the_command_says_what_came_of_it(packages: Path, tmp_path: Path) -> None:
    from bridge.cli.data.build import build
    from bridge.cli.state import State

    words = ["--store", str(tmp_path / "store"), "--packages", str(packages), "-j", "1", "--json", "-q"]
    words += ["--licences", str(packages / "table.toml"), "--sources", "impulses"]
    answer = CliRunner().invoke(build, words, obj=State(), standalone_mode=False)
    assert answer.exception is None, answer.output
    data = json.loads(answer.stdout)
    assert len(data["built"]) == 1
    assert data["splits"].keys() <= {"train", "validation", "test"}
    answer = CliRunner().invoke(build, [*words, "--dry-run"], obj=State(), standalone_mode=False)
    assert [row["package"] for row in json.loads(answer.stdout)["packages"]] == ["rooms"]
