"""From packages to weights to a mix: build, train, export, predict, evaluate, on a small set, by the commands."""

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("onnx")
pytest.importorskip("onnxruntime")

import soundfile
import torch
from controller_cases import write_session, write_weights
from dataset_miniatures import RATE_HZ
from small_store import MASTERS, SONGS, add_songs, master, write_packages

from bridge.cli.entry import main
from bridge.datasets.build import fluid
from bridge.datasets.store import open_store
from bridge.networks import OnnxNetwork
from bridge.training.material import gather_material
from console.mix import Mix, load_mix
from console.models.controller.network import Controller, ControllerSizes
from console.models.controller.onnx import INPUTS, OUTPUTS, LastAnswer
from console.training.checkpoint import load_weights
from console.training.controller.examples import Chances, Examples
from console.training.controller.heard import hear_references, hear_songs
from presets.weights import FOLDER_VARIABLE, find_weights

SIZES = {"width": 32, "heads": 4, "latents": 4, "rounds": 2, "candidates": 2}
STEPS, AUDIO_FROM = 50, 40
CONFIG = f"""schema = "mixbridge.train/1"
objective = "controller"
seed = 1

[run]
steps = {STEPS}
learning_rate = 3e-3
warmup_steps = 5
validate_every = 25
log_every = 1
device = "cpu"

[controller]
batch = 4
most_tracks = 5
curriculum_steps = 10
audio_songs = 1
audio_every = 10
audio_from = {AUDIO_FROM}
audio_seconds = 2.0
audio_tracks = 3
listeners = 1

[controller.sizes]
{chr(10).join(f"{name} = {value}" for name, value in SIZES.items())}
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder for everything, with torch on one thread."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield tmp_path_factory.mktemp("pipeline")
    torch.set_num_threads(threads)


@pytest.fixture(scope="module")
def store(place: Path) -> Path:
    """The store of songs, built from packages; where there is no FluidSynth, its songs are of noises."""
    table, store = write_packages(place / "packages"), place / "store"
    sources = "references" if fluid.missing() else "midi,references"
    words = ["data", "build", "--store", str(store), "--sources", sources, "--packages", str(table.parent)]
    assert main([*words, "--licences", str(table), "--soundfonts", "1", "-j", "1", "-q"]) == 0
    if fluid.missing():
        add_songs(store)
    return store


@pytest.fixture(scope="module")
def run(place: Path, store: Path) -> Path:
    """The folder of a training run."""
    (place / "small.toml").write_text(CONFIG, "utf-8")
    words = ["train", str(place / "small.toml"), "--store", str(store), "-o", str(place / "run"), "-q"]
    assert main(words) == 0
    return place / "run"


@pytest.fixture(scope="module")
def weights(place: Path, run: Path) -> Path:
    """The folder of the run's weights."""
    assert main(["weights", "export", str(run), "-o", str(place / "weights"), "-q"]) == 0
    return place / "weights"


@pytest.fixture(scope="module")
def stems(place: Path) -> Path:
    """A song that is mixed."""
    return write_session(place / "song", ("Kick.wav", "Bass.wav", "Keys.wav", "Lead Vox.wav"), seconds=3.0)


@pytest.fixture(scope="module")
def reference(place: Path) -> Path:
    """A finished song that nobody has learned from."""
    path = place / "reference.wav"
    soundfile.write(path, master(7, seconds=3.0).T, RATE_HZ, "PCM_24")
    return path


@pytest.fixture
def trained(weights: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Names the weights to the commands."""
    monkeypatch.setenv(FOLDER_VARIABLE, str(weights))
    return weights


def suggested(stems: Path, reference: Path, output: Path) -> Mix:
    words = ["suggest", str(stems), "--reference", str(reference), "--estimator", "controller"]
    assert main([*words, "-o", str(output), "-q"]) == 0
    return load_mix(output.read_text("utf-8"))


def test_the_store_is_built_from_packages(store: Path) -> None:
    if fluid.missing():
        pytest.skip(f"the songs of this store were not built: {fluid.missing()}")
    built = open_store(store)
    assert {song.title: (song.split, len(song.tracks)) for song in built.songs()} == SONGS
    assert {song.title: song.split for song in built.references()} == MASTERS
    assert all(song.strips() is not None for song in built.songs())


def test_training_learns(run: Path) -> None:
    with (run / "log.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["step"]) for row in rows] == list(range(1, STEPS + 1))
    assert {row["skipped"] for row in rows} == {"0"}
    for term, share in (("sound", 0.8), ("doubt", 0.9)):
        values = [float(row[term]) for row in rows]
        assert np.mean(values[-10:]) < share * np.mean(values[:10]), term
    rendered = [int(row["step"]) for row in rows if row["audio_crest"]]
    assert rendered
    assert min(rendered) > AUDIO_FROM
    with (run / "validation.csv").open(encoding="utf-8", newline="") as file:
        scores = [float(row["score"]) for row in csv.DictReader(file)]
    assert scores[-1] < scores[0]


def test_the_exported_network_is_the_trained_one(run: Path, store: Path, weights: Path) -> None:
    network = Controller(ControllerSizes(**SIZES)).eval()
    load_weights(run / "best" / "weights.npz", network)
    heard = gather_material(store).material
    songs = hear_songs(heard.train, heard.cache)
    examples = Examples(songs, hear_references(heard.references_train, heard.cache), Chances())
    inputs = examples.draw(np.random.default_rng(5), 6, 5, SIZES["candidates"]).inputs
    given = [getattr(inputs, name) for name in INPUTS]
    with torch.no_grad():
        expected = LastAnswer(network)(*given)
    exported = OnnxNetwork(find_weights(weights / "controller.onnx"), providers=("CPUExecutionProvider",))
    found = exported({name: value.numpy() for name, value in zip(INPUTS, given, strict=True)})
    for name, wanted in zip(OUTPUTS, expected, strict=True):
        np.testing.assert_allclose(found[name], wanted.numpy(), atol=1e-4, err_msg=name)


def test_what_was_learned_decides_the_mix(
    trained: Path, stems: Path, reference: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mix = suggested(stems, reference, tmp_path / "trained.json")
    assert mix.estimator == "controller"
    assert mix == suggested(stems, reference, tmp_path / "again.json")
    write_weights(tmp_path / "weights")
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "weights"))
    untrained = suggested(stems, reference, tmp_path / "untrained.json")
    for strip in mix.tracks:
        assert strip.fader_db != untrained.track(strip.id).fader_db
        assert strip.equalizer != untrained.track(strip.id).equalizer


def test_the_mix_is_rendered(trained: Path, stems: Path, reference: Path, tmp_path: Path) -> None:
    words = ["mix", str(stems), "--reference", str(reference), "--estimator", "controller"]
    assert main([*words, "-o", str(tmp_path / "out"), "--no-report", "--no-reaper", "-q"]) == 0
    audio, rate = soundfile.read(tmp_path / "out" / "mix.wav")
    assert (rate, audio.shape[1]) == (RATE_HZ, 2)
    assert np.isfinite(audio).all()
    assert 0.01 < np.sqrt((audio**2).mean()) < 0.5
    mix = load_mix((tmp_path / "out" / "mix.json").read_text("utf-8"))
    assert mix.tracks == suggested(stems, reference, tmp_path / "mix.json").tracks


def test_the_systems_are_compared(trained: Path, stems: Path, reference: Path, tmp_path: Path) -> None:
    words = ["evaluate", str(stems), "--reference", str(reference), "--systems", "equal,rules,controller"]
    assert main([*words, "-o", str(tmp_path / "out"), "-q"]) == 0
    lines = (tmp_path / "out" / "rows.jsonl").read_text("utf-8").splitlines()
    rows = {row["system"]: row for row in map(json.loads, lines)}
    assert set(rows) == {"equal", "rules", "controller"}
    assert {row["status"] for row in rows.values()} == {"made"}
    assert len({json.dumps(row["to_reference"], sort_keys=True) for row in rows.values()}) == 3
    assert all(np.isfinite(list(row["to_reference"].values())).all() for row in rows.values())
