"""What the store says of a song: one JSON file with hashes, licence, credit, labels and roles."""

import json
import math
from pathlib import Path
from typing import Any

from bridge.datasets.build.items import Item, Origin, Rendered
from bridge.datasets.build.workbench import Samples, Workbench, WrittenFile, common_gain, peak_of, sum_of
from bridge.files import whole_file
from bridge.version import tool_version
from console.filenames import distinct_names
from console.mix import dump_mix

SONG_SCHEMA = "mixbridge.dataset-song/1"
STORE_SCHEMA = "mixbridge.dataset/1"
SONG_FILE = "song.json"
STORE_FILE = "manifest.json"

#: Raised when the same package would give other files than before: a song of another recipe is built anew.
RECIPE = 1

_MULTITRACK, _REFERENCE, _IMPULSE = "multitrack", "reference", "impulse"
_REFERENCE_BITS = 16


def finish(item: Item, rendered: Rendered, bench: Workbench, bits: int) -> dict[str, Any]:
    """Write the song's FLAC files and its record; returns the record.

    Every file of a song carries one common gain, so that stems keep their relation to each other and to the mix.

    Raises:
        RenderError: there is no room for it.
    """
    kind = _kind_of(item)
    bits = _REFERENCE_BITS if kind == _REFERENCE else bits
    mix = _mix_of(rendered, bench)
    keys = [key for stem in rendered.stems for key in (stem.dry, stem.wet) if key]
    length = max([mix.shape[1], *(bench.get(key).shape[1] for key in keys)])
    gain = common_gain([peak_of(mix), *(peak_of(bench.get(key)) for key in keys)])
    rate_hz = rendered.sample_rate_hz

    def write(name: str, audio: Samples) -> WrittenFile:
        return bench.write(f"{name}.flac", audio, gain, length, rate_hz, f"PCM_{bits}")

    tracks: list[dict[str, Any]] = []
    names = distinct_names(f"{number:02d}_{stem.name}" for number, stem in enumerate(rendered.stems))
    for name, stem in zip(names, rendered.stems, strict=True):
        audio = bench.get(stem.dry)
        tracks.append(
            {
                "id": name,
                "name": stem.name,
                "role": str(stem.role),
                "role_confidence": stem.role_confidence,
                "dry": _file(write(f"{name}.dry", audio)),
                "wet": _file(write(f"{name}.wet", bench.get(stem.wet))) if stem.wet else None,
                "labels": dict(stem.labels),
            }
        )
    written = write("mix", mix)
    strips: Any = None if rendered.strips is None else json.loads(dump_mix(rendered.strips))
    for strip, track in zip(strips["tracks"] if strips else (), tracks, strict=False):
        strip["id"], strip["files"] = track["id"], [track["dry"]["file"]]
    record = {
        "schema": SONG_SCHEMA,
        "tool": tool_version(),
        "recipe": RECIPE,
        "id": item.id,
        "kind": kind,
        "source": item.source,
        "title": item.title,
        "group": item.group,
        "split": item.split,
        "origin": _origin(item.origin),
        "soundfont": None if item.soundfont is None else _origin(item.soundfont),
        "renderer": rendered.renderer,
        "deterministic": rendered.deterministic,
        "sample_rate_hz": rate_hz,
        "samples": length,
        "bits": bits,
        "gain_db": round(20.0 * math.log10(gain), 6) + 0.0,
        "tracks": tracks,
        "mix": _file(written),
        "strips": strips,
        "approximate": list(rendered.approximate),
    }
    write_json(bench.song / SONG_FILE, record)
    return record


def _kind_of(item: Item) -> str:
    if item.source == "impulses":
        return _IMPULSE
    finished = item.source == "references" or (item.song is not None and not item.song.tracks)
    return _REFERENCE if finished else _MULTITRACK


def write_json(path: Path, data: dict[str, Any]) -> None:
    """Write JSON whole or not at all.

    Raises:
        RenderError: it cannot be written.
    """
    text = json.dumps(data, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    with whole_file(path) as temporary:
        temporary.write_bytes(text.encode("utf-8", "backslashreplace"))


def _mix_of(rendered: Rendered, bench: Workbench) -> Samples:
    if rendered.mix:
        return bench.get(rendered.mix)
    return sum_of([bench.get(stem.wet or stem.dry) for stem in rendered.stems])


def _file(written: WrittenFile) -> dict[str, Any]:
    return {
        "file": written.file,
        "sha256": written.sha256,
        "channels": written.channels,
        "bytes": written.bytes,
    }


def _origin(origin: Origin) -> dict[str, Any]:
    return {
        "package": origin.package,
        "version": origin.version,
        "file": origin.place,
        "sha256": origin.sha256,
        "licence": origin.rule.spdx,
        "credit": origin.rule.credit,
        "may_train_weights": origin.rule.may_train_weights,
        "kind": origin.rule.kind,
    }
