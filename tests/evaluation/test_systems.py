"""Each baseline is what it says: sums against numpy, a random console that is plausible and repeatable, absences."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from bridge.evaluation.bench import Bench
from bridge.evaluation.chance import random_mix
from bridge.evaluation.consoles import by_estimators
from bridge.evaluation.interruption import Interruption
from bridge.evaluation.mastered import matchering
from bridge.evaluation.plain import STEM_LUFS, equal_loudness, human_mix, raw_sum, reference_itself
from bridge.evaluation.request import EvaluationRequest
from bridge.evaluation.songs import hear_reference, read_references, read_songs
from bridge.evaluation.systems import SYSTEMS, System, find_systems, register
from bridge.evaluation.values import AbsentError, Task
from console.analysis import TrackAnalyzer
from console.errors import MixbridgeError, ParamError
from console.losses.prior import PROFESSIONAL
from console.losses.sound import measure_sound
from console.progress import no_progress

RATE = 24_000


def _task(song: Path, reference: Path | None = None) -> Task:
    (found,) = read_songs([song])
    bench = Bench(EvaluationRequest((song,), threads=2), found, Interruption(), no_progress)
    task = bench._task
    if reference is None:
        return task
    (word,) = read_references([str(reference)], [])
    return replace(task, reference=hear_reference(word, RATE))


def test_the_raw_sum_is_the_sum_of_the_files(shelf: Any) -> None:
    task = _task(shelf.songs[0])
    total = np.zeros((2, RATE * 2))
    for path in sorted(shelf.songs[0].glob("*.wav")):
        if path.stem == "_HUMAN_MIX":
            continue
        stem = soundfile.read(path, always_2d=True)[0].T
        total += stem if len(stem) == 2 else np.sqrt(0.5) * stem
    made = raw_sum(task)
    assert np.allclose(made.audio, total, atol=1e-6)
    assert made.masking is not None
    assert len(made.masking.audibility_db) == 4


def test_the_equal_sum_has_every_stem_at_one_loudness(shelf: Any) -> None:
    task = _task(shelf.songs[1])
    for track in task.session.included:
        alone = replace(task, session=replace(task.session, tracks=(track,)))
        meter = TrackAnalyzer(RATE, 2)
        meter.push(equal_loudness(alone).audio.astype(np.float32))
        assert meter.result().integrated_lufs == pytest.approx(STEM_LUFS, abs=0.05)


def test_masking_of_a_sum_is_that_of_the_rendered_strips(shelf: Any) -> None:
    """A mix of the console with every strip at rest plays the raw sum: both ways to the masking agree."""
    from bridge.evaluation.consoles import played
    from console.session import neutral_mix

    task = _task(shelf.songs[1])
    by_figures, by_playing = raw_sum(task), played(task, neutral_mix(task.session))
    one, other = by_figures.masking, by_playing.masking
    assert one is not None
    assert other is not None
    for name, value in one.audibility_db.items():
        assert other.audibility_db[name] == pytest.approx(value, abs=0.2)
    gain = by_playing.audio[0] @ by_figures.audio[0] / (by_figures.audio[0] @ by_figures.audio[0])
    assert np.allclose(by_playing.audio, gain * by_figures.audio, atol=1e-5)


def test_a_silent_stem_changes_nothing(make_song: Callable[..., Path]) -> None:
    from match_cases import noise

    stems = {"Drums": noise(1, 60.0, 9000.0)[None], "Bass": noise(2, 50.0, 300.0)[None]}
    plain = _task(make_song("plain", stems))
    silent = _task(make_song("silent", {**stems, "Pad": np.zeros((2, len(stems["Bass"][0])))}))
    assert np.allclose(equal_loudness(plain).audio, equal_loudness(silent).audio, atol=1e-9)


def test_the_random_console_is_repeatable_and_plausible(shelf: Any) -> None:
    task = _task(shelf.songs[1])
    mix = random_mix(task)
    assert random_mix(task) == mix
    assert random_mix(replace(task, seed=1)) != mix
    many = [strip for seed in range(40) for strip in random_mix(replace(task, seed=seed)).tracks]
    for name in ("threshold_db", "ratio", "attack_ms", "release_ms"):
        values = np.array([getattr(strip.compressor, name) for strip in many])
        low, median, high = PROFESSIONAL[f"compressor.{name}"]
        assert low <= values.min() <= values.max() <= high
        assert 0.4 < np.mean(values < median) < 0.6
    assert np.std([strip.pan for strip in many]) == pytest.approx(0.4, abs=0.06)
    level_db = [
        strip.fader_db + strip.input.gain_db + task.analysis.tracks[strip.id].integrated_lufs
        for strip in many
    ]
    assert np.mean(level_db) == pytest.approx(STEM_LUFS, abs=0.8)
    assert np.std(level_db) == pytest.approx(4.0, abs=0.6)


def test_estimators_start_from_one_another(shelf: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from console.estimators import base

    started = []

    def first(session, analysis, target, start, **_):
        return replace(start, estimator="first")

    def second(session, analysis, target, start, **_):
        started.append((start.estimator, target.reference is not None))
        return start

    monkeypatch.setitem(base._LOADERS, "first", lambda: first)
    monkeypatch.setitem(base._LOADERS, "second", lambda: second)
    make = by_estimators("first", "second", needs_reference=True)
    task = _task(shelf.songs[1], shelf.references[0])
    make(task)
    assert started == [("first", True)]
    with pytest.raises(AbsentError, match="reference"):
        make(replace(task, reference=None))
    with pytest.raises(AbsentError, match="no estimator 'nobody'"):
        by_estimators("first", "nobody")(task)


def test_matchering_brings_the_sum_to_the_reference(shelf: Any) -> None:
    pytest.importorskip("matchering", reason="matchering is not installed")
    task = _task(shelf.songs[1], shelf.references[0])
    made = matchering(task)
    assert made.audio.shape == (2, task.session.samples)
    assert task.reference is not None
    before, after = (measure_sound(audio, RATE) for audio in (equal_loudness(task).audio, made.audio))
    aim = task.reference.sound
    assert abs(after.loudness_lufs - aim.loudness_lufs) < abs(before.loudness_lufs - aim.loudness_lufs)
    apart = [np.abs(np.subtract(sound.mid_db, aim.mid_db))[:20].mean() for sound in (before, after)]
    assert apart[1] < 0.7 * apart[0]


def test_an_absent_matchering_says_how_to_get_it(shelf: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "matchering", None)
    with pytest.raises(AbsentError, match=r"mixbridge\[evaluation\]"):
        matchering(_task(shelf.songs[1], shelf.references[0]))


@pytest.mark.parametrize("maker", [human_mix, reference_itself, matchering])
def test_what_is_not_there_is_told(shelf: Any, maker: Callable[[Task], object]) -> None:
    with pytest.raises(AbsentError, match=r"pip install|_HUMAN_MIX|--reference"):
        maker(_task(shelf.songs[1]))


def test_the_human_mix_is_the_file(shelf: Any) -> None:
    made = human_mix(_task(shelf.songs[0]))
    wanted = soundfile.read(shelf.songs[0] / "_HUMAN_MIX.wav", always_2d=True)[0].T
    assert np.allclose(made.audio, wanted, atol=1e-6)


def test_the_registry_is_explicit() -> None:
    assert [item.name for item in find_systems(())] == list(SYSTEMS)
    assert [item.name for item in find_systems(("rules", "raw", "rules"))] == ["rules", "raw"]
    with pytest.raises(ParamError, match=r"did you mean.*rules"):
        find_systems(("ruels",))
    with pytest.raises(MixbridgeError, match="already"):
        register(System("raw", "again", raw_sum))
