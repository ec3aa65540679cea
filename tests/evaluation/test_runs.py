"""Runs: rows as they are made, resumed, interrupted, with what fails in its own row."""

import json
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from bridge.evaluation.evaluate import ROWS, Evaluation, evaluate
from bridge.evaluation.output import write_results
from bridge.evaluation.plain import raw_sum
from bridge.evaluation.request import EvaluationRequest
from bridge.evaluation.store import read_rows
from bridge.evaluation.summary import summarise
from bridge.evaluation.systems import SYSTEMS, System
from bridge.evaluation.values import Made, Task
from bridge.files import alone
from console.errors import ParamError, RenderError, SessionError

FAST = ("raw", "equal", "random", "rules", "human", "reference")


def _request(shelf: Any, **more: object) -> EvaluationRequest:
    settings: dict[str, object] = {
        "songs": shelf.songs,
        "references": tuple(map(str, shelf.references)),
        "systems": FAST,
        "threads": 2,
    }
    return EvaluationRequest(**(settings | more))


@pytest.fixture(scope="module")
def whole(shelf: Any, tmp_path_factory: pytest.TempPathFactory) -> Evaluation:
    return evaluate(_request(shelf, output=tmp_path_factory.mktemp("whole") / "out"))


def _count(monkeypatch: pytest.MonkeyPatch, name: str = "raw") -> list[tuple[str, bool]]:
    """Replace a system by one that counts how often it is asked."""
    asked: list[tuple[str, bool]] = []

    def make(task: Task) -> Made:
        asked.append((task.song.name, task.reference is not None))
        return raw_sum(task)

    monkeypatch.setitem(SYSTEMS, name, System(name, "counted", make))
    return asked


def test_every_pair_and_system_has_a_row(whole: Evaluation) -> None:
    assert len(whole.rows) == whole.expected == 2 * 2 * len(FAST)
    absent = [(row.song, row.system) for row in whole.rows if row.status != "made"]
    assert absent == [("without", "human")] * 2
    by_key = {(row.song, row.reference, row.system): row for row in whole.rows}
    rules = by_key["with human", "bright", "rules"]
    assert {"features.total", "published.total", "sound.total_db", "panning_rms"} <= rules.to_reference.keys()
    assert {"mrstft", "stereo"} <= rules.to_human.keys()
    assert by_key["without", "bright", "rules"].to_human == {}
    assert "audibility_mean_db" in rules.figures
    reference = by_key["without", "dull", "reference"]
    assert max(reference.to_reference.values()) < 1e-9
    assert by_key["with human", "dull", "human"].to_human["mrstft"] == 0.0
    assert by_key["with human", "bright", "rules"].figures == by_key["with human", "dull", "rules"].figures


def test_the_same_seed_gives_the_same_rows(whole: Evaluation, shelf: Any) -> None:
    again = evaluate(_request(shelf, systems=("random",), songs=shelf.songs[:1], threads=1))
    before = [row for row in whole.rows if row.system == "random" and row.song == "with human"]
    assert [row.figures for row in again.rows] == [row.figures for row in before]
    assert [row.to_reference for row in again.rows] == [row.to_reference for row in before]


def test_results_are_files_that_can_be_read(whole: Evaluation, tmp_path: Path) -> None:
    from lxml import etree

    summary = summarise(whole)
    files = write_results(tmp_path, summary, json.dumps(summary.to_dict(), allow_nan=False))
    assert {path.name for path in files} == {
        "summary.json",
        "table.md",
        "to_reference.svg",
        "to_human.svg",
        "figures.svg",
    }
    for path in files:
        if path.suffix == ".svg":
            root = etree.fromstring(path.read_bytes())
            assert root.tag == "{http://www.w3.org/2000/svg}svg"
            assert "NaN" not in path.read_text("utf-8")
    page = (tmp_path / "table.md").read_text("utf-8")
    assert "| AF floored: weighted sum |" in page
    assert "human: absent for 2 pairs" in page
    assert "Distance to the reference, less that of rules" in page
    data = json.loads((tmp_path / "summary.json").read_text("utf-8"))
    cell = data["groups"]["to_reference"]["features.total"]["raw"]
    assert cell["songs"] == 2
    values = {
        song: np.mean(
            [
                row.to_reference["features.total"]
                for row in whole.rows
                if row.song == song and row.system == "raw"
            ]
        )
        for song in ("with human", "without")
    }
    assert cell["mean"] == pytest.approx(np.mean(list(values.values())))
    assert cell["low"] <= cell["mean"] <= cell["high"]
    assert data["groups"]["to_reference"]["features.total"]["rules"]["against_baseline"] is None
    assert "reference" not in data["groups"]["to_reference"]["features.total"]


def test_a_mix_without_a_reference_is_made_once_a_song(shelf: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = _count(monkeypatch)
    evaluate(_request(shelf, systems=("raw",)))
    assert [name for name, _ in asked] == ["with human", "without"]


def test_a_finished_run_is_not_made_again(
    whole: Evaluation,
    shelf: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert whole.request.output is not None
    lines = (whole.request.output / ROWS).read_bytes().splitlines(keepends=True)
    # The last line is torn, the one before it is whole.
    (tmp_path / ROWS).write_bytes(b"".join(lines[:-1]) + lines[-1][:40])
    asked = _count(monkeypatch)
    resumed = evaluate(_request(shelf, output=tmp_path, resume=True))
    assert asked == []
    assert len(resumed.rows) == whole.expected
    assert resumed.kept == whole.expected - 2 - 1  # what was absent is tried again
    for old, new in zip(whole.rows, resumed.rows, strict=True):
        assert (old.song, old.reference, old.system, old.figures) == (
            new.song,
            new.reference,
            new.system,
            new.figures,
        )


@pytest.mark.parametrize("change", ["seed", "stem", "reference"])
def test_rows_of_other_inputs_are_made_anew(
    make_song: Callable[..., Path],
    shelf: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    change: str,
) -> None:
    noise = np.random.default_rng(0).standard_normal((1, 48_000)) * 0.1
    song = make_song("song", {"Drums": noise, "Bass": 0.5 * noise[:, ::-1]})
    reference = tmp_path / "reference.wav"
    reference.write_bytes(shelf.references[0].read_bytes())
    asked = _count(monkeypatch)
    out = tmp_path / "out"
    request = EvaluationRequest((song,), (str(reference),), systems=("raw",), output=out)
    evaluate(request)
    again = {"output": out, "resume": True, "systems": ("raw",), "seed": 0}
    evaluate(EvaluationRequest((song,), (str(reference),), **again))
    assert len(asked) == 1
    if change == "seed":
        again["seed"] = 1
    elif change == "stem":
        soundfile.write(song / "Bass.wav", noise.T, 24_000, "FLOAT")
    else:
        audio, rate = soundfile.read(shelf.references[1])
        soundfile.write(reference, 0.5 * audio, rate)
    evaluate(EvaluationRequest((song,), (str(reference),), **again))
    assert len(asked) == 2
    assert len(read_rows(out / ROWS)) == 1


@pytest.mark.parametrize("swallows", [False, True])
def test_an_interruption_keeps_what_is_done(
    shelf: Any,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    swallows: bool,
) -> None:
    """An estimator may answer Ctrl-C with what it has so far: that is no row."""

    def make(task: Task) -> Made:
        if task.song.name == "without":
            try:
                signal.raise_signal(signal.SIGINT)
            except KeyboardInterrupt:
                if not swallows:
                    raise
        return raw_sum(task)

    monkeypatch.setitem(SYSTEMS, "slow", System("slow", "is interrupted", make))
    before = signal.getsignal(signal.SIGINT)
    found = evaluate(_request(shelf, systems=("raw", "slow"), output=tmp_path))
    assert signal.getsignal(signal.SIGINT) is before
    assert found.interrupted
    keys = [(row.song, row.system) for row in found.rows]
    assert keys.count(("with human", "slow")) == 2
    assert ("without", "slow") not in keys
    assert set(read_rows(tmp_path / ROWS)) == {(row.song, row.reference, row.system) for row in found.rows}
    monkeypatch.setitem(SYSTEMS, "slow", System("slow", "goes on", raw_sum))
    resumed = evaluate(_request(shelf, systems=("raw", "slow"), output=tmp_path, resume=True))
    assert (len(resumed.rows), resumed.kept, resumed.interrupted) == (8, len(found.rows), False)


def test_what_fails_is_told_in_its_row(shelf: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bad = {
        "breaks": lambda task: (_ for _ in ()).throw(RenderError("3 knobs are missing; screw them on")),
        "silent": lambda task: Made(np.zeros((2, task.session.samples))),
        "nan": lambda task: Made(np.full((2, task.session.samples), np.nan)),
    }
    for name, make in bad.items():
        monkeypatch.setitem(SYSTEMS, name, System(name, "fails", make))
    quiet = tmp_path / "quiet.wav"
    soundfile.write(quiet, np.zeros((48_000, 2)), 24_000)
    found = evaluate(
        _request(
            shelf,
            systems=("raw", *bad),
            songs=shelf.songs[:1],
            references=(str(quiet), str(shelf.references[0])),
        )
    )
    told = {(row.reference, row.system): (row.status, row.reason) for row in found.rows}
    assert told["bright", "breaks"] == ("failed", "3 knobs are missing; screw them on")
    assert "silent" in told["bright", "silent"][1]
    assert "finite" in told["bright", "nan"][1]
    assert told["bright", "raw"] == ("made", "")
    assert told["quiet", "raw"][0] == "failed"
    assert "silent" in told["quiet", "raw"][1]
    summary = summarise(found)
    assert {item.system for item in summary.missing} == {"raw", *bad}


def test_a_broken_human_mix_costs_its_own_row_alone(make_song: Callable[..., Path], shelf: Any) -> None:
    noise = np.random.default_rng(0).standard_normal((2, 48_000)) * 0.1
    song = make_song("song", {"Drums": noise, "_HUMAN_MIX": np.zeros((2, 48_000))})
    found = evaluate(EvaluationRequest((song,), (str(shelf.references[0]),), systems=("raw", "human")))
    assert [(row.system, row.status) for row in found.rows] == [("raw", "made"), ("human", "failed")]
    assert found.rows[0].to_human == {}


def test_without_references_the_mixes_stand_alone(shelf: Any) -> None:
    found = evaluate(_request(shelf, references=(), systems=("raw", "rules", "match", "reference")))
    assert [(row.system, row.status) for row in found.rows[:4]] == [
        ("raw", "made"), ("rules", "made"), ("match", "absent"), ("reference", "absent"),
    ]  # fmt: skip
    assert found.rows[0].to_reference == {}
    assert found.rows[0].to_human["mrstft"] > 0.0


def test_the_human_mix_is_no_reference_of_its_song_unless_asked(shelf: Any) -> None:
    human = str(shelf.songs[0] / "_HUMAN_MIX.wav")
    found = evaluate(_request(shelf, references=(human,), systems=("raw",)))
    assert [(row.song, row.reference) for row in found.rows] == [
        ("with human", ""),
        ("without", "with human"),
    ]
    own = evaluate(_request(shelf, references=(), systems=("raw", "human"), own=True))
    assert [(row.song, row.reference) for row in own.rows] == [("with human", "with human")] * 2 + [
        ("without", "")
    ] * 2
    assert max(own.rows[1].to_reference.values()) < 1e-9


def test_ranges_and_mono_references_are_heard(shelf: Any, tmp_path: Path) -> None:
    audio, rate = soundfile.read(shelf.references[0])
    soundfile.write(tmp_path / "mono.wav", audio.mean(axis=1), rate)
    words = (f"{shelf.references[0]}@0.5-2", str(tmp_path / "mono.wav"))
    found = evaluate(_request(shelf, references=words, systems=("raw", "reference"), songs=shelf.songs[1:]))
    assert [row.reference for row in found.rows] == ["bright@0.5-2"] * 2 + ["mono"] * 2
    assert found.rows[3].figures["width_db"] == -60.0


@pytest.mark.parametrize("rate", [8_000, 192_000])
def test_uncommon_rates_are_measured(make_song: Callable[..., Path], shelf: Any, rate: int) -> None:
    noise = np.random.default_rng(0).standard_normal((2, 2 * rate)) * 0.1
    song = make_song("song", {"Drums": noise, "Bass": noise[:1]}, rate)
    found = evaluate(
        EvaluationRequest((song,), (str(shelf.references[0]),), systems=("raw", "rules", "random"))
    )
    assert [row.status for row in found.rows] == ["made"] * 3
    assert all(np.isfinite(list(row.to_reference.values())).all() for row in found.rows)


def test_songs_of_one_name_are_told_apart(make_song: Callable[..., Path], tmp_path: Path) -> None:
    noise = np.random.default_rng(0).standard_normal((1, 48_000)) * 0.1
    for place in ("a", "b"):
        (tmp_path / place).mkdir()
        make_song(f"{place}/so|ng", {"Drums": noise})
    songs = (tmp_path / "a" / "so|ng", tmp_path / "b" / "so|ng")
    found = evaluate(EvaluationRequest(songs, systems=("raw",)))
    assert [row.song for row in found.rows] == ["a/so|ng", "b/so|ng"]


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"songs": ()}, ParamError, "0 songs"),
        ({"songs": (Path("nowhere"),)}, SessionError, "nowhere"),
        ({"references": ("nowhere.wav",)}, SessionError, "nowhere.wav"),
        ({"references": ("style.toml",)}, ParamError, "no audio"),
        ({"folders": (Path("nowhere"),)}, SessionError, "nowhere"),
        ({"systems": ("ruels",)}, ParamError, "ruels"),
        ({"target": "nothing"}, ParamError, "nothing"),
    ],
)
def test_a_mistake_costs_no_work(
    shelf: Any, change: dict[str, object], error: type, words: str, monkeypatch
) -> None:
    asked = _count(monkeypatch)
    with pytest.raises(error, match=words):
        evaluate(_request(shelf, **change))
    assert asked == []


def test_rows_that_are_there_are_not_lost(shelf: Any, tmp_path: Path) -> None:
    (tmp_path / ROWS).write_bytes(b"{}\n")
    with pytest.raises(RenderError, match="--resume"):
        evaluate(_request(shelf, output=tmp_path))
    with pytest.raises(RenderError, match="line 1"):
        evaluate(_request(shelf, output=tmp_path, resume=True))
    assert (tmp_path / ROWS).read_bytes() == b"{}\n"
    found = evaluate(_request(shelf, output=tmp_path, force=True, systems=("raw",), songs=shelf.songs[:1]))
    assert len(read_rows(tmp_path / ROWS)) == len(found.rows) == 2


@pytest.mark.parametrize("resume", [False, True])
def test_files_of_others_are_not_replaced(shelf: Any, tmp_path: Path, resume: bool) -> None:
    (tmp_path / "table.md").write_text("mine", encoding="utf-8")
    with pytest.raises(RenderError, match=r"table\.md is there already"):
        evaluate(_request(shelf, output=tmp_path, resume=resume))
    with pytest.raises(RenderError, match="is a file"):
        evaluate(_request(shelf, output=tmp_path / "table.md", resume=resume))
    assert [path.name for path in tmp_path.iterdir()] == ["table.md"]


def test_a_second_process_is_kept_out_of_the_folder(shelf: Any, tmp_path: Path) -> None:
    with (
        alone(tmp_path / "out", "mine", inside=False),
        pytest.raises(RenderError, match="another process evaluates into"),
    ):
        evaluate(_request(shelf, output=tmp_path / "out", systems=("raw",)))
    assert not (tmp_path / "out" / ROWS).exists()
