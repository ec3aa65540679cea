"""The commands on a real, small session: what they print, what they write, and what they leave alone."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile

from console.frozen import FrozenMap
from console.mix import Bus, BusKind, Delay, Mix, dump_mix, load_mix

ROOT = Path(__file__).resolve().parents[2]
RATE_HZ = 44_100
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="module")
def stems(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four tracks of four seconds, one of them silent."""
    folder = tmp_path_factory.mktemp("stems")
    rng = np.random.default_rng(5)
    seconds = np.arange(4 * RATE_HZ) / RATE_HZ
    beat = np.exp(-8.0 * (seconds % 0.5))
    tracks = {
        "01_Kick": 0.5 * beat * np.sin(2 * np.pi * 55 * seconds),
        "02_Bass": 0.3 * np.sign(np.sin(2 * np.pi * 82.4 * seconds)) * (seconds % 1 < 0.8),
        "03_Lead Vox": 0.2 * np.sin(2 * np.pi * 440 * seconds) * np.sin(2 * np.pi * 0.5 * seconds) ** 2
        + 0.01 * rng.standard_normal(seconds.size),
        "04_Spare": np.zeros_like(seconds),
    }
    for name, audio in tracks.items():
        soundfile.write(folder / f"{name}.wav", audio, RATE_HZ, subtype="PCM_24")
    return folder


@pytest.fixture(scope="module")
def mixed(stems: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The output of `mixbridge mix stems`."""
    output = tmp_path_factory.mktemp("mixed") / "out"
    words = [sys.executable, "-m", "bridge", "mix", str(stems), "-o", str(output), "-q"]
    subprocess.run(words, cwd=ROOT, check=True, capture_output=True)
    return output


def _contents(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_mix_tells_levels_findings_and_files(stems: Path, run: Run, tmp_path: Path) -> None:
    answer = run("mix", stems, "-o", tmp_path / "out")
    assert answer.returncode == 0
    assert "4 tracks" in answer.stdout
    assert "LUFS" in answer.stdout
    assert "04_Spare" in answer.stdout
    for name in ("mix.wav", "mix.json", "report.html"):
        assert str(tmp_path / "out" / name) in answer.stdout.splitlines()
    assert f"{tmp_path / 'out' / 'reaper'}{os.sep} (" in answer.stdout
    assert [line for line in answer.stderr.splitlines() if line.startswith("render")] == ["render …"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cwd", "out"]


def test_quiet_says_nothing_on_stderr_and_json_nothing_else(stems: Path, run: Run, tmp_path: Path) -> None:
    answer = run("mix", stems, "-o", tmp_path / "out", "--json", "-q", "--no-report", "--no-reaper")
    assert answer.stderr == ""
    outcome = json.loads(answer.stdout)
    assert outcome["tracks"] == 4
    assert sorted(Path(path).name for path in outcome["files"]) == ["mix.json", "mix.wav"]
    assert sorted(_contents(tmp_path / "out")) == [".mixbridge.json", "mix.json", "mix.wav"]


def test_a_dry_run_writes_nothing(stems: Path, run: Run, tmp_path: Path) -> None:
    answer = run("mix", stems, "-o", tmp_path / "out", "--dry-run")
    assert answer.returncode == 0
    assert "fader_db: " in answer.stdout
    assert "nothing was written" in answer.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["cwd"]


def test_suggest_decides_what_mix_does(stems: Path, mixed: Path, run: Run) -> None:
    suggested = load_mix(run("suggest", stems).stdout)
    rendered = load_mix((mixed / "mix.json").read_text("utf-8"))
    assert suggested.tracks == rendered.tracks
    assert suggested.buses == rendered.buses


def test_render_export_and_report_give_what_mix_gave(
    stems: Path, mixed: Path, run: Run, tmp_path: Path
) -> None:
    assert run("render", mixed / "mix.json", stems, "-o", tmp_path / "again.wav").returncode == 0
    assert (tmp_path / "again.wav").read_bytes() == (mixed / "mix.wav").read_bytes()

    project = mixed.parent / "project"  # beside the first, so that paths to the stems are equal
    assert (
        run("export", mixed / "mix.json", stems, "--to", "reaper", "-o", project / "reaper").returncode == 0
    )
    assert (project / "reaper" / ".mixbridge.json").is_file()
    (project / "reaper" / ".mixbridge.json").unlink()
    assert _contents(project / "reaper") == _contents(mixed / "reaper")

    assert run("report", mixed / "mix.json", stems, "-o", tmp_path / "page.html").returncode == 0
    page = (tmp_path / "page.html").read_text("utf-8")
    assert "03_Lead Vox" in page
    assert sorted(path.name for path in tmp_path.iterdir()) == ["again.wav", "cwd", "page.html"]


def test_only_and_lock_hold(stems: Path, run: Run) -> None:
    words = ("suggest", stems, "--only", "fader", "--lock", "02_Bass", "--role", "03_Lead Vox=synth")
    mix = load_mix(run(*words).stdout)
    assert all(not track.equalizer.enabled and not track.compressor.enabled for track in mix.tracks)
    assert all(not track.sends and track.pan == 0.0 for track in mix.tracks)
    assert mix.track("02_Bass").fader_db == 0.0
    assert mix.track("02_Bass").locked == ("all",)
    assert mix.track("03_Lead Vox").role == "synth"
    assert any(track.fader_db != 0.0 for track in mix.tracks)


def test_analyse_names_roles_and_faults(stems: Path, run: Run) -> None:
    lines = run("analyse", stems, "-q").stdout.splitlines()
    vox = next(line for line in lines if line.startswith("03_Lead Vox"))
    assert "lead_vocal" in vox
    assert any("silent" in line and "04_Spare" in line for line in lines)
    data = json.loads(run("analyse", stems, "--json").stdout)
    kick = next(track for track in data["tracks"] if track["id"] == "01_Kick")
    assert kick["role"] == "kick"
    assert kick["measured"]["sample_peak_dbfs"] == pytest.approx(-6.5, abs=0.6)
    assert len(kick["measured"]["spectrum_db"]) > 30


def test_what_is_there_is_not_overwritten(stems: Path, mixed: Path, run: Run) -> None:
    before = _contents(mixed)
    began = time.monotonic()
    answer = run("mix", stems, "-o", mixed)
    assert answer.returncode == 1
    assert "--force" in answer.stderr
    assert "render" not in answer.stderr, "refused before the work, not after it"
    assert time.monotonic() - began < 30
    assert _contents(mixed) == before
    for words in (("render", mixed / "mix.json", stems, "-o", mixed / "mix.wav"),
                  ("report", mixed / "mix.json", stems, "-o", mixed / "report.html"),
                  ("export", mixed / "mix.json", stems, "--to", "reaper", "-o", mixed / "reaper"),
                  ("suggest", stems, "-o", mixed / "mix.json")):  # fmt: skip
        assert run(*words).returncode in (1, 4), words
    assert _contents(mixed) == before


def test_force_gives_the_same_bytes_again(stems: Path, mixed: Path, run: Run) -> None:
    before = _contents(mixed)
    assert run("mix", stems, "-o", mixed, "--force", "-j", "1").returncode == 0
    assert _contents(mixed) == before


def test_the_stems_are_never_touched(stems: Path, run: Run, tmp_path: Path) -> None:
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in stems.iterdir()}
    assert run("mix", stems, "-o", tmp_path / "out", "--stems").returncode == 0
    mix = tmp_path / "out" / "mix.json"
    for words in (("render", mix, stems, "-o", stems / "01_Kick.wav", "--force"),
                  ("report", mix, stems, "-o", stems / "01_Kick.wav", "--force"),
                  ("suggest", stems, "-o", stems / "01_Kick.wav", "--force")):  # fmt: skip
        answer = run(*words)
        assert answer.returncode in (1, 4), words
        assert "is a file of the session" in answer.stderr
    assert {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in stems.iterdir()} == before


def test_a_project_that_lacks_what_is_heard_is_4(stems: Path, mixed: Path, run: Run, tmp_path: Path) -> None:
    mix = load_mix((mixed / "mix.json").read_text("utf-8"))
    track = replace(mix.tracks[0], sends=FrozenMap({"ping": -12.0}))
    echo = Bus("ping", BusKind.FX, delay=Delay(ping_pong=True))
    path = tmp_path / "ping.json"
    path.write_text(
        dump_mix(replace(mix, tracks=(track, *mix.tracks[1:]), buses=(*mix.buses, echo))), encoding="utf-8"
    )
    answer = run("export", path, stems, "--to", "reaper", "-o", tmp_path / "project")
    assert answer.returncode == 4
    assert "dropped: ping delay.ping_pong" in answer.stderr
    assert any(path.suffix == ".rpp" for path in (tmp_path / "project").iterdir())


def test_a_mix_of_other_stems_is_2(mixed: Path, run: Run, stems: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "01_Kick.wav").write_bytes((stems / "01_Kick.wav").read_bytes())
    answer = run("render", mixed / "mix.json", other, "-o", tmp_path / "x.wav")
    assert answer.returncode == 2
    assert "the session has not" in answer.stderr
    assert not (tmp_path / "x.wav").exists()


def test_an_empty_mix_is_no_crash(run: Run, stems: Path, tmp_path: Path) -> None:
    path = tmp_path / "empty.json"
    path.write_text(dump_mix(Mix(RATE_HZ)), encoding="utf-8")
    answer = run("render", path, stems, "-o", tmp_path / "x.wav")
    assert "bug" not in answer.stderr
    assert "Traceback" not in answer.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no signals that a test may send")
def test_ctrl_c_leaves_nothing_behind(example_session: Path, tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "bridge", "mix", str(example_session), "-o", str(tmp_path / "out")],
        cwd=ROOT,
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("render"):
            break
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert err.strip().splitlines()[-1] == "mixbridge: interrupted; nothing was written"
    assert out == ""
    assert list(tmp_path.iterdir()) == []


_ON_A_SMALL_DISK = """
import resource, sys
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
from bridge.cli import main
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.skipif(
    sys.platform == "win32", reason="needs a limit on file sizes, which stands in for a full disk"
)
def test_a_full_disk_is_told_and_leaves_nothing_behind(stems: Path, tmp_path: Path) -> None:
    words = ["mix", str(stems), "-o", str(tmp_path / "out"), "-q"]
    answer = subprocess.run(
        [sys.executable, "-c", _ON_A_SMALL_DISK, *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert answer.returncode == 1
    assert "bug" not in answer.stderr
    assert len(answer.stderr.strip().splitlines()) == 1
    assert "free some space" in answer.stderr
    assert list(tmp_path.iterdir()) == []
