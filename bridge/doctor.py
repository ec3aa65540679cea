"""The state of an installation: what is here, what is missing, what to do about it. Looks only, asks no network."""

import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from importlib import import_module, metadata
from pathlib import Path
from typing import Any

from bridge.host.places import find_plugins, plugin_folders
from bridge.version import tool_version
from console.progress import Progress, no_progress

DOCTOR_SCHEMA = "mixbridge.doctor/1"

#: Import name → distributions, any of which brings it.
PACKAGES: dict[str, tuple[str, ...]] = {
    "click": ("click",),
    "cmaes": ("cmaes",),
    "dasp_pytorch": ("dasp-pytorch",),
    "filelock": ("filelock",),
    "jinja2": ("jinja2",),
    "lxml": ("lxml",),
    "mido": ("mido",),
    "numba": ("numba",),
    "numpy": ("numpy",),
    "onnxruntime": ("onnxruntime-gpu", "onnxruntime"),
    "pedalboard": ("pedalboard",),
    "platformdirs": ("platformdirs",),
    "prompt_toolkit": ("prompt_toolkit",),
    "pythonosc": ("python-osc",),
    "rtmidi": ("python-rtmidi",),
    "scipy": ("scipy",),
    "soundfile": ("soundfile",),
    "soxr": ("soxr",),
    "threadpoolctl": ("threadpoolctl",),
    "torch": ("torch",),
    "yaml": ("pyyaml",),
}

#: The formats that a session may come in, as libsndfile calls them.
FORMATS = ("WAV", "RF64", "FLAC", "AIFF", "OGG", "MP3")

_FEW_GB = 2.0
_SECONDS_FOR_MIDI = 10.0
_NAMES_SHOWN = 8

#: Run in a process of its own: a MIDI driver that is missing or broken writes to the terminal, or worse.
_LIST_PORTS = "import json, mido; print(json.dumps([mido.get_input_names(), mido.get_output_names()]))"


class Status(StrEnum):
    """What a check came to; a note is something optional that is absent."""

    OK = "ok"
    NOTE = "note"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at, in words, and what to do about it."""

    topic: str
    status: Status
    text: str
    remedy: str = ""


def examine(progress: Progress = no_progress) -> tuple[Check, ...]:
    """Look at everything. A look that fails is itself a check that is a problem, never an exception."""
    found: list[Check] = []
    for index, (topic, look) in enumerate(LOOKS.items()):
        progress("looking around", index / len(LOOKS))
        try:
            found += look()
        except (
            Exception
        ) as error:  # whatever a broken driver or package throws, the others are still looked at
            text = f"cannot be looked at: {type(error).__name__}: {error}"
            found.append(
                Check(topic, Status.PROBLEM, text, "install mixbridge anew into an environment of its own")
            )
    progress("looking around", 1.0)
    return tuple(found)


def as_data(checks: Iterable[Check]) -> dict[str, Any]:
    """The checks as plain values for JSON."""
    rows = [{"topic": c.topic, "status": c.status.value, "text": c.text, "remedy": c.remedy} for c in checks]
    return {"schema": DOCTOR_SCHEMA, "tool": tool_version(), "checks": rows}


def _python() -> Iterator[Check]:
    bits = 64 if sys.maxsize > 2**32 else 32
    text = (
        f"{platform.python_version()}, {bits} bit, {platform.system()} {platform.machine()}; {tool_version()}"
    )
    if sys.version_info < (3, 11) or bits != 64:
        yield Check("python", Status.PROBLEM, text, "install a 64-bit Python 3.11 or newer")
    else:
        yield Check("python", Status.OK, text)


def _packages() -> Iterator[Check]:
    here, missing = [], []
    for distributions in PACKAGES.values():
        versions = [f"{name} {version}" for name in distributions if (version := _version(name))]
        here += versions
        if not versions:
            missing.append(distributions[0])
        if len(versions) > 1:
            yield Check(
                "packages",
                Status.PROBLEM,
                f"{' and '.join(versions)} are both installed, and overwrite each other",
                f"pip uninstall {' '.join(distributions)}, then install mixbridge again",
            )
    if missing:
        yield Check(
            "packages", Status.PROBLEM, f"missing: {', '.join(missing)}", f"pip install {' '.join(missing)}"
        )
    yield Check("packages", Status.OK, ", ".join(here))


def _version(distribution: str) -> str:
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return ""


def _audio() -> Iterator[Check]:
    import soundfile
    import soxr

    known = soundfile.available_formats()
    missing = [name for name in FORMATS if name not in known]
    text = (
        f"libsndfile {soundfile.__libsndfile_version__} reads {', '.join(f for f in FORMATS if f in known)}"
    )
    if missing:
        yield Check(
            "audio files",
            Status.PROBLEM,
            f"{text}, not {', '.join(missing)}",
            "pip install --upgrade soundfile, whose wheel brings a newer libsndfile",
        )
    else:
        yield Check("audio files", Status.OK, text)
    yield Check("resampling", Status.OK, f"soxr {soxr.__version__}")
    pedalboard = import_module("pedalboard")
    yield Check("pedalboard", Status.OK, f"{pedalboard.__version__} loads")


def _kernels() -> Iterator[Check]:
    """Numba keeps compiled kernels beside their source, or in a folder of the user's where it may not write there."""
    import numba

    import console

    source = Path(console.__file__).parent
    elsewhere = os.environ.get("NUMBA_CACHE_DIR")
    folder = Path(elsewhere) if elsewhere else source
    kept = sum(1 for _ in folder.rglob("*.nbi"))
    if kept:
        yield Check(
            "kernels", Status.OK, f"numba {numba.__version__}, {kept} compiled kernels kept in {folder}"
        )
    elif _writable(folder):
        text = f"numba {numba.__version__}, none compiled yet; the first mix compiles them and keeps them"
        yield Check("kernels", Status.NOTE, text)
    else:
        text = f"numba {numba.__version__}; {folder} cannot be written, so every run may compile its kernels anew"
        yield Check("kernels", Status.NOTE, text, "set NUMBA_CACHE_DIR to a folder that can be written")


def _plugins() -> Iterator[Check]:
    for folder in plugin_folders():
        if not folder.is_dir():
            yield Check(
                "plugins", Status.NOTE, f"no folder {folder}", "none is needed; plugins put there are found"
            )
            continue
        names = sorted(path.stem for path in find_plugins([folder]))
        status = Status.OK if names else Status.NOTE
        yield Check("plugins", status, f"{len(names)} plugins in {folder}{_listed(names)}")


def _listed(names: list[str]) -> str:
    if not names:
        return ""
    more = f" and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else ""
    return f": {', '.join(names[:_NAMES_SHOWN])}{more}"


def _midi() -> Iterator[Check]:
    nothing = "needed only for a control surface; plug one in"
    try:
        answer = subprocess.run(  # noqa: S603  # this Python, a constant text
            [sys.executable, "-c", _LIST_PORTS],
            capture_output=True,
            timeout=_SECONDS_FOR_MIDI,
            check=True,
            stdin=subprocess.DEVNULL,
        )
        inputs, outputs = json.loads(answer.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        yield Check("MIDI", Status.NOTE, "this system's MIDI does not answer", nothing)
        return
    if inputs or outputs:
        yield Check("MIDI", Status.OK, f"in{_listed(inputs) or ': none'}; out{_listed(outputs) or ': none'}")
    else:
        yield Check("MIDI", Status.NOTE, "no port", nothing)


def _onnx() -> Iterator[Check]:
    runtime = import_module("onnxruntime")
    providers = [name.removesuffix("ExecutionProvider") for name in runtime.get_available_providers()]
    if "CPU" not in providers:
        yield Check("ONNX Runtime", Status.PROBLEM, "has no CPU provider", "pip install onnxruntime")
    yield Check("ONNX Runtime", Status.OK, f"{runtime.__version__}, built for {', '.join(providers)}")


def _torch() -> Iterator[Check]:
    torch = import_module("torch")
    if torch.cuda.is_available():
        devices = ", ".join(torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count()))
        yield Check("torch", Status.OK, f"{torch.__version__}, CUDA on {devices}")
    else:
        yield Check("torch", Status.OK, f"{torch.__version__}, on the CPU; mixing needs no GPU")


def _weights() -> Iterator[Check]:
    import presets

    found = sorted(path.name for path in Path(presets.__file__).parent.rglob("*.onnx"))
    if found:
        yield Check("weights", Status.OK, ", ".join(found))
    else:
        yield Check("weights", Status.NOTE, "no network weights here; the estimator `rules` needs none")


def _cache() -> Iterator[Check]:
    from console.analysis import AnalysisCache

    folder = AnalysisCache().folder
    analyses, audio = (_size(place) / 1e6 for place in (folder, folder.parent / "audio"))
    text = f"{folder.parent} holds {analyses:.1f} MB of analyses and {audio:.1f} MB of audio and is safe to delete"
    if _writable(folder):
        yield Check("cache", Status.OK, text)
    else:
        yield Check(
            "cache",
            Status.PROBLEM,
            f"{folder} cannot be written: every run measures anew",
            "make it writable, or set MIXBRIDGE_CACHE to another folder",
        )


def _size(folder: Path) -> int:
    """What the files beneath a folder take, in bytes; files that go meanwhile count nothing."""
    total = 0
    for path in folder.rglob("*") if folder.is_dir() else ():
        with suppress(OSError):
            total += path.stat().st_size if path.is_file() else 0
    return total


def _disk() -> Iterator[Check]:
    places = {"this folder": Path.cwd(), "temporary files": Path(tempfile.gettempdir())}
    for name, folder in places.items():
        free_gb = shutil.disk_usage(folder).free / 1e9
        text = f"{free_gb:.1f} GB free for {name} ({folder})"
        if not _writable(folder):
            yield Check(
                "disk", Status.NOTE, f"{name} ({folder}) cannot be written", "give -o a folder that can"
            )
        elif free_gb < _FEW_GB:
            yield Check(
                "disk", Status.PROBLEM, text, "make room: a mix needs about twice the size of its stems"
            )
        else:
            yield Check("disk", Status.OK, text)


def _writable(folder: Path) -> bool:
    """Whether a file can be made in a folder, or in the nearest one above it that exists; tried, not asked."""
    while not folder.is_dir():
        if folder == folder.parent:
            return False
        folder = folder.parent
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


#: Every look, by the topic that it is about.
LOOKS: dict[str, Callable[[], Iterable[Check]]] = {
    "python": _python,
    "packages": _packages,
    "audio files": _audio,
    "kernels": _kernels,
    "plugins": _plugins,
    "MIDI": _midi,
    "ONNX Runtime": _onnx,
    "torch": _torch,
    "weights": _weights,
    "cache": _cache,
    "disk": _disk,
}
