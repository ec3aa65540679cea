"""A training run among the systems: Diff-MST's mix is the network's on the right window, played by the right strips."""

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import torch

from bridge.cli.entry import main
from bridge.evaluation.bench import Bench
from bridge.evaluation.interruption import Interruption
from bridge.evaluation.request import EvaluationRequest
from bridge.evaluation.runs import CONFIG, WEIGHTS, run_systems
from bridge.evaluation.songs import hear_reference, read_references, read_songs
from bridge.evaluation.values import AbsentError, Task
from console.dsp.differentiable.backends import console_by_name
from console.errors import ParamError
from console.losses.levels import loudness_lufs
from console.models.published.knobs import console_parameters, published_layout
from console.models.published.network import PublishedNetwork
from console.models.published.sizes import PublishedSizes
from console.progress import no_progress
from console.training.checkpoint import save_state

RATE = 44_100
SIZES = {"width": 2, "blocks": 2, "embedding": 16, "layers": 1, "heads": 2, "feedforward": 16}


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Networks this small lose more by waiting for other threads than they gain."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def network() -> PublishedNetwork:
    torch.manual_seed(0)
    return PublishedNetwork(PublishedSizes(**SIZES)).eval()


@pytest.fixture
def run(tmp_path: Path, network: PublishedNetwork) -> Path:
    """A finished run of a tiny network."""
    folder = tmp_path / "run"
    folder.mkdir()
    sizes = "".join(f"{name} = {value}\n" for name, value in SIZES.items())
    (folder / CONFIG).write_text(
        'schema = "mixbridge.train/1"\nobjective = "diff-mst"\nseed = 0\n[run]\nsteps = 1\n'
        f"[diff-mst]\nmethod = 1\ntrack_lufs = -40.0\n[diff-mst.network]\n{sizes}",
        "utf-8",
    )
    save_state(folder / WEIGHTS, network, {})
    return folder


def _task(song: Path, reference: Path | None) -> Task:
    (found,) = read_songs([song])
    task = Bench(EvaluationRequest((song,), threads=1), found, Interruption(), no_progress)._task
    if reference is None:
        return task
    (word,) = read_references([str(reference)], [])
    return replace(task, reference=hear_reference(word, task.session.sample_rate_hz))


def _noise(seed: int, channels: int, seconds: float) -> np.ndarray:
    rng = np.random.default_rng(seed)
    colour = np.cumsum(rng.standard_normal((channels, int(seconds * RATE))), axis=1)
    return 0.1 * np.sin(colour) * np.linspace(0.2, 1.0, colour.shape[1])


def test_the_mix_is_what_the_network_says_of_the_first_window(
    make_song: Callable[..., Path], tmp_path: Path, run: Path, network: PublishedNetwork
) -> None:
    """Against the same by hand: the first sounding 6 s, three mono strips, the differentiable console."""
    silence = np.zeros((1, 6 * RATE))
    stems = {"Bass": np.concatenate([silence, _noise(1, 1, 1.5)], axis=1)}
    stems["Pad"] = np.concatenate([np.repeat(silence, 2, axis=0), _noise(2, 2, 1.5)], axis=1)
    master = 2.0 * _noise(3, 2, 6.5)
    soundfile.write(tmp_path / "reference.wav", master.T, RATE, "FLOAT")
    task = _task(make_song("song", stems, RATE), tmp_path / "reference.wav")
    (system,) = run_systems([f"mine={run}"])
    made = system.make(task)

    rows = []
    for name, audio in stems.items():
        (track,) = (item for item in task.session.tracks if name.lower() in item.id.lower())
        rows.append(10.0 ** ((-40.0 - task.analysis.tracks[track.id].integrated_lufs) / 20.0) * audio)
    channels = torch.from_numpy(np.concatenate(rows)).float()
    reference = torch.from_numpy(master[:, : 6 * RATE]).float()
    reference = reference * 10.0 ** ((-16.0 - float(loudness_lufs(reference, RATE))) / 20.0)
    with torch.no_grad():
        window = torch.nn.functional.pad(channels[:, 6 * RATE :], (0, 9 * RATE // 2))
        found = network(window[None], reference[None])
        layout = published_layout(3, RATE)
        knobs = console_parameters(found.strips[0], found.master[0], layout)
        expected = console_by_name("exact", layout).render(channels[:, None].double(), knobs).numpy()
    assert made.audio.shape == (2, 15 * RATE // 2)
    assert np.abs(made.audio - expected).max() < 1e-3 * np.abs(expected).max()
    assert made.masking is not None
    with pytest.raises(AbsentError, match="--reference"):
        system.make(replace(task, reference=None))


def test_a_run_stands_in_the_table(
    shelf: Any, tmp_path: Path, run: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """At another rate than the network's, as the baseline, and made anew when its weights are others."""
    words = ["evaluate", str(shelf.songs[1]), "--reference", str(shelf.references[0]), "--json", "-q"]
    words += ["--systems", "raw", "--run", f"mine={run}", "--baseline", "mine", "-o", str(tmp_path / "out")]
    assert main(words) == 0
    rows = json.loads(capsys.readouterr().out)["all_rows"]
    assert [(row["system"], row["status"]) for row in rows] == [("raw", "made"), ("mine", "made")]
    assert rows[1]["to_reference"]["features.total"] > 0.0
    torch.manual_seed(1)
    save_state(run / WEIGHTS, PublishedNetwork(PublishedSizes(**SIZES)), {})
    assert main([*words, "--resume"]) == 0
    again = json.loads(capsys.readouterr().out)["all_rows"]
    assert again[0] == rows[0]
    assert again[1]["to_reference"] != rows[1]["to_reference"]


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("mine", "NAME=FOLDER"),
        ("=x", "NAME=FOLDER"),
        ("raw={run}", "another name"),
        ("mine={run}/nowhere", "cannot be read"),
    ],
)
def test_a_word_that_is_no_run_is_refused(run: Path, word: str, message: str) -> None:
    with pytest.raises(ParamError, match=message):
        run_systems([word.format(run=run)])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text.replace("train/1", "train/9"), "train/1"),
        (lambda text: text.replace("diff-mst", "roles"), "mixes nothing"),
        (lambda text: text + "[", "not TOML"),
    ],
)
def test_a_run_of_something_else_is_refused(run: Path, change: Callable[[str], str], message: str) -> None:
    (run / CONFIG).write_text(change((run / CONFIG).read_text("utf-8")), "utf-8")
    with pytest.raises(ParamError, match=message):
        run_systems([f"mine={run}"])


def test_two_runs_need_two_names(run: Path) -> None:
    assert [item.name for item in run_systems([f"one={run}", f"two={run}"])] == ["one", "two"]
    with pytest.raises(ParamError, match="another name"):
        run_systems([f"one={run}", f"one={run}"])


def test_a_run_without_weights_is_refused(run: Path, shelf: Any) -> None:
    (run / WEIGHTS).write_bytes(b"nothing of the kind")
    (system,) = run_systems([f"mine={run}"])
    with pytest.raises(ParamError, match="weights"):
        system.make(_task(shelf.songs[1], shelf.references[0]))
    (run / WEIGHTS).unlink()
    with pytest.raises(ParamError, match="first validation"):
        run_systems([f"mine={run}"])
