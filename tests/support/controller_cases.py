"""A small controller that was never trained, as files of weights, and a session for it."""

import hashlib
from pathlib import Path

import numpy as np
import soundfile
import torch

from console.models.controller.network import Controller, ControllerSizes
from console.models.controller.onnx import to_onnx
from presets.weights import WeightsCard, dump_card

SIZES = ControllerSizes(width=16, heads=2, latents=2, rounds=1, candidates=4)
RATE = 44_100


def random_controller(seed: int = 0) -> Controller:
    """A network whose answers differ from track to track and from candidate to candidate."""
    torch.manual_seed(seed)
    network = Controller(SIZES).eval()
    with torch.no_grad():
        for step in network.rounds:
            for layer in (step.move, step.move_master):
                layer.weight.mul_(12.0)
    return network


def write_weights(folder: Path, *, name: str = "controller", data: bytes | None = None) -> Path:
    """NAME.onnx with its card; gives the model's path."""
    data = to_onnx(random_controller()) if data is None else data
    card = WeightsCard(
        "controller", hashlib.sha256(data).hexdigest(), len(data), limits=("It was never trained.",)
    )
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.onnx").write_bytes(data)
    (folder / f"{name}.json").write_text(dump_card(card), encoding="utf-8")
    return folder / f"{name}.onnx"


def tone(
    seed: int, seconds: float = 4.0, rate: int = RATE, *, stereo: bool = False, gain: float = 0.1
) -> np.ndarray:
    """Notes with attacks and noise, (samples, channels); another sound for each seed."""
    chance = np.random.default_rng(seed)
    at = np.arange(round(seconds * rate)) / rate
    hz = 55.0 * 2.0 ** chance.uniform(0.0, 4.0)
    shape = np.exp(-((at * chance.uniform(1.0, 4.0)) % 1.0) * chance.uniform(2.0, 8.0))
    mono = shape * (
        np.sin(2.0 * np.pi * hz * at) + chance.uniform(0.05, 0.5) * chance.standard_normal(len(at))
    )
    if not stereo:
        return gain * mono[:, None]
    return gain * np.stack((mono, 0.6 * mono + 0.3 * shape * chance.standard_normal(len(at))), axis=1)


def write_session(
    folder: Path,
    names: tuple[str, ...] = ("Kick.wav", "Bass.wav", "Gtr L.wav", "Keys.wav", "Lead Vox.wav"),
    *,
    rate: int = RATE,
    seconds: float = 4.0,
) -> Path:
    """Stems, every third of them stereo; the sound of each belongs to its name."""
    folder.mkdir(parents=True, exist_ok=True)
    for at, name in enumerate(names):
        seed = int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big")
        soundfile.write(folder / name, tone(seed, seconds, rate, stereo=at % 3 == 2), rate, subtype="FLOAT")
    return folder
