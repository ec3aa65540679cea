"""A small project of the tests' own DAW: three tracks, of which one consists of two items."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from fake_daw import REGISTRY, item, save, track

from console.frozen import FrozenMap
from console.mix import Automation, Bus, BusKind, Master, Mix, Reverb, TrackStrip, dump_mix
from exporters import registry

RATE_HZ = 44_100
SECONDS = 3

#: How the project's mixer stands.
STANDING = Mix(
    RATE_HZ,
    (
        TrackStrip("Kick", fader_db=-4.0, output="Band"),
        TrackStrip("Bass", fader_db=-7.5, pan=0.25, automation=Automation(((0.0, -7.5), (2.0, -3.0)))),
        TrackStrip("Lead Vox", fader_db=1.5, pan=-0.1, sends=FrozenMap({"Plate": -12.0})),
    ),
    (Bus("Band", BusKind.GROUP, fader_db=-2.0), Bus("Plate", BusKind.FX, reverb=Reverb())),
    Master(fader_db=-3.0),
)


@pytest.fixture
def fake_daw(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "EXPORTERS", REGISTRY)


@pytest.fixture(scope="session")
def media(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("media")
    seconds = np.arange(SECONDS * RATE_HZ) / RATE_HZ
    beat = np.exp(-8.0 * (seconds % 0.5))
    tracks = {
        "kick": 0.5 * beat * np.sin(2 * np.pi * 55 * seconds),
        "bass": 0.3 * np.sign(np.sin(2 * np.pi * 82.4 * seconds)) * (seconds % 1 < 0.8),
        "vox": 0.2 * np.sin(2 * np.pi * 440 * seconds) * np.sin(2 * np.pi * 0.5 * seconds) ** 2,
    }
    for name, audio in tracks.items():
        soundfile.write(folder / f"{name}.wav", audio, RATE_HZ, subtype="PCM_16")
    return folder


@pytest.fixture
def project(fake_daw: None, media: Path, tmp_path: Path) -> Callable[..., Path]:
    """Writes the project into a folder of its own, with more fields of the file as given."""

    def write(**about: Any) -> Path:
        folder = tmp_path / "song"
        folder.mkdir(exist_ok=True)
        takes = [item(media / "vox.wav", at, 1.2, offset_s=at, fade_out=(0.1, "linear")) for at in (0.0, 1.5)]
        return save(
            folder / "song.fake",
            track("{g}", name="Band", kind="group"),
            track(
                "{1}", item(media / "kick.wav", 0.0, float(SECONDS)), name="Kick", output="{g}", channels=1
            ),
            track(
                "{2}", item(media / "bass.wav", 0.0, float(SECONDS)), name="Bass", plugins=["Amp"], channels=1
            ),
            track("{3}", *takes, name="Lead Vox", channels=about.pop("vox_channels", 1)),
            track("{r}", kind="return", name="Plate", plugins=about.pop("plate", ["Plate 140"])),
            **{"mix": dump_mix(STANDING), **about},
        )

    return write
