"""Weights that were never trained, and a small session, for all tests of the controller."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from controller_cases import write_session, write_weights

from bridge.jobs.reading import read_session
from bridge.networks import OnnxNetwork
from console.analysis import SessionAnalysis
from console.estimators.base import Estimator
from console.estimators.controller import make_controller
from console.mix import Mix
from console.session import Session, neutral_mix
from presets.profiles import load_profile
from presets.targets import load_target
from presets.weights import FOLDER_VARIABLE, find_weights

Heard = tuple[Session, SessionAnalysis]
Run = Callable[..., Mix]


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> Iterator[None]:
    """PyTorch on one thread: its networks here are too small for more."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture(scope="session")
def weights_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of the controller's weights."""
    folder: Path = tmp_path_factory.mktemp("weights")
    write_weights(folder)
    return folder


@pytest.fixture(autouse=True)
def _weights(weights_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(weights_folder))


@pytest.fixture(scope="session")
def network(weights_folder: Path) -> OnnxNetwork:
    return OnnxNetwork(find_weights(weights_folder / "controller.onnx"), providers=("CPUExecutionProvider",))


@pytest.fixture(scope="session")
def stems(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_session(tmp_path_factory.mktemp("stems"))


@pytest.fixture(scope="session")
def heard(stems: Path) -> Heard:
    """The session and its analysis."""
    return read_session([stems], cache=False)


@pytest.fixture(scope="session")
def controller(network: OnnxNetwork) -> Estimator:
    return make_controller(network, style=load_profile("broad").sound)


@pytest.fixture
def run(controller: Estimator) -> Run:
    """Runs the controller on a session, from its neutral mix by default."""

    def decide(heard: Heard, start: Mix | None = None, **words: object) -> Mix:
        session, analysis = heard
        return controller(session, analysis, load_target(), start or neutral_mix(session), **words)  # type: ignore[arg-type]

    return decide
