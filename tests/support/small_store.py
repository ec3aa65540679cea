"""A small set to learn from: packages of a few MIDI songs, a soundfont and finished masters; or songs in a store."""

import io
from pathlib import Path

import numpy as np
import soundfile
from dataset_miniatures import RATE_HZ, deb, song, soundfont
from numpy.typing import NDArray
from scipy import signal

from bridge.datasets.build.engine import manifest_of
from bridge.datasets.build.items import Item, Origin, Rendered, Stem
from bridge.datasets.build.licences import Rule
from bridge.datasets.build.record import STORE_FILE, finish, write_json
from bridge.datasets.build.workbench import Workbench
from console.mix import Mix, TrackStrip
from console.session import Role

Audio = NDArray[np.float32]

#: Songs by name: the split that they belong to, and how many tracks they have.
SONGS = {"first": ("train", 3), "second": ("train", 4), "third": ("train", 5), "fourth": ("validation", 4)}
MASTERS = {"dark": "train", "bright": "validation"}
_SECONDS, _MASTER_S = 8.0, 21.0

_RULE = '{{ match = "*/{name}.*", spdx = "CC0-1.0", credit = "{name}", may_train_weights = true{split} }}'


def write_packages(folder: Path) -> Path:
    """The packages and, beside them, the table of their licences; gives that."""
    songs = {f"usr/{name}.mid": _midi(at, tracks) for at, (name, (_, tracks)) in enumerate(SONGS.items())}
    deb(folder, "songs", songs, compress="none")
    deb(folder, "tiny", {"usr/tiny.sf2": soundfont()}, compress="none")
    masters = {f"usr/{name}.wav": _wav(master(at)) for at, name in enumerate(MASTERS)}
    deb(folder, "masters", masters, compress="none")
    rules = {
        ("songs", "midi"): {name: split for name, (split, _) in SONGS.items()},
        ("tiny", "soundfont"): {"tiny": ""},
        ("masters", "references"): MASTERS,
    }
    lines = ['allowed = ["CC0-1.0"]']
    for (package, source), files in rules.items():
        rows = [
            _RULE.format(name=name, split=f', split = "{split}"' if split else "")
            for name, split in files.items()
        ]
        lines += [
            "[[package]]",
            f'name = "{package}"',
            f'source = "{source}"',
            f"files = [{', '.join(rows)}]",
        ]
    table = folder / "table.toml"
    table.write_text("\n".join(lines) + "\n", "utf-8")
    return table


def add_songs(store: Path) -> None:
    """Write the songs into a store without FluidSynth: noises instead of notes, by the store's own writer."""
    for at, (name, (split, tracks)) in enumerate(SONGS.items()):
        rule = Rule("*", "CC0-1.0", name, may_train_weights=True, split=split)
        origin = Origin("songs", "1.0", f"usr/{name}.mid", store, f"{at:064x}", rule)
        item = Item(f"midi-{name}", "midi", name, name, origin)
        bench = Workbench(store / "work" / name, 1 << 40)
        stems, strips = [], []
        for number in range(tracks):
            low_hz = 60.0 * 2.0 ** (number + 0.3 * at)
            bench.put(f"{number}", _noise(10 * at + number, low_hz, _SECONDS)[None])
            stems.append(Stem(f"tone {number}", f"{number}", role=Role.OTHER, role_confidence=0.5))
            strips.append(TrackStrip(f"{number}", fader_db=-3.0 * number, pan=0.3 * (number % 3 - 1)))
        finish(item, Rendered("none", RATE_HZ, tuple(stems), strips=Mix(RATE_HZ, tuple(strips))), bench, 16)
        bench.song.replace(store / "songs" / item.id)
    write_json(store / STORE_FILE, manifest_of(store, []))


def master(number: int, seconds: float = _MASTER_S) -> Audio:
    """A finished song of noises, stereo and full, (2, samples); another spectrum and width for each number."""
    middle = sum(
        _noise(100 * number + at, 50.0 * 2.2**at, seconds) * (0.5 + 0.3 * number) ** at for at in range(7)
    )
    sides = sum(_noise(100 * number + 50 + at, 200.0 * 2.0**at, seconds) for at in range(5))
    audio = np.stack((middle + 0.2 * (1 + number) * sides, middle - 0.2 * (1 + number) * sides))
    return np.asarray(np.tanh(2.0 * audio / np.abs(audio).max()), np.float32) * np.float32(0.9)


def _midi(at: int, tracks: int) -> bytes:
    channels = {
        channel: {"program": 0, "cc7": 127 - 15 * channel, "cc10": 30 + 25 * (channel % 4)}
        for channel in range(tracks)
    }
    notes = {channel: (36 + 9 * channel + at, 43 + 9 * channel + at) for channel in channels}
    return song(channels, _SECONDS, notes)


def _noise(seed: int, low_hz: float, seconds: float) -> Audio:
    """Noise an octave and a half wide with hits."""
    random = np.random.default_rng(seed)
    count = round(seconds * RATE_HZ)
    band = (low_hz, min(2.8 * low_hz, 18_000.0))
    sos = signal.butter(2, band, "bandpass", fs=RATE_HZ, output="sos")
    hits = 0.2 + np.exp(-((np.arange(count) / RATE_HZ * (1 + seed % 3)) % 1.0) * 6.0)
    audio = signal.sosfilt(sos, random.standard_normal(count)) * hits
    return np.asarray(0.3 * audio / np.abs(audio).max(), np.float32)


def _wav(audio: Audio) -> bytes:
    buffer = io.BytesIO()
    soundfile.write(buffer, audio.T, RATE_HZ, "PCM_16", format="WAV")
    return buffer.getvalue()
