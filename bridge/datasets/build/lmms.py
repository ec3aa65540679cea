"""LMMS projects: each instrument dry and wet, and the author's own faders, pans and channels."""

import copy
import os
import shutil
import subprocess
from xml.etree.ElementTree import Element, ElementTree

import numpy as np

from bridge.datasets.build.items import Item, Rendered, Stem
from bridge.datasets.build.lmmsproject import dry, instruments, labels_of, read_project, solo, strips_of
from bridge.datasets.build.workbench import Samples, Workbench, one_signal, peak_of
from bridge.sessions.roles import name_roles
from console.errors import RenderError, SessionError
from console.frozen import FrozenMap

_RATE_HZ = 44_100
_RENDER_S = 600.0
_SILENT = 1e-4
_SHORTEST_S = 5.0
_FEWEST_STEMS = 2


def missing() -> str:
    """What is missing to render projects; "" when nothing is."""
    if shutil.which("lmms") is None:
        return (
            "the program lmms is not installed; install it with the effects that its songs use "
            "(Debian: lmms cmt swh-plugins tap-plugins caps)"
        )
    return ""


def render(item: Item, bench: Workbench) -> Rendered:
    """Render every instrument twice: as it is heard, and without effects at full fader and centre.

    Stems of LMMS do not sum to its own render of the song (its oscillators start at random), so that the mix is the
    sum of the wet stems.

    Raises:
        SessionError: no LMMS project, or fewer than two instruments that play.
        RenderError: LMMS is missing, or gives nothing.
    """
    lacking = missing()
    if lacking:
        raise RenderError(lacking)
    project = read_project(item.origin.path)
    tracks = instruments(project)
    roles = name_roles([track.get("name") or "track" for track in tracks])
    stems, kept, flat = [], [], []
    for number, (track, role) in enumerate(zip(tracks, roles, strict=True)):
        wet = _play(solo(copy.deepcopy(project), number), bench)
        if peak_of(wet) < _SILENT or wet.shape[1] < _SHORTEST_S * _RATE_HZ:
            continue
        plain = _play(dry(solo(copy.deepcopy(project), number)), bench)
        if peak_of(plain) < _SILENT:
            continue
        key = f"stem{number:03d}"
        mono = one_signal(plain)
        centred = mono is not None and abs(mono[1]) < 1e-3
        bench.put(f"{key}.dry", mono[0] if mono is not None and centred else plain)
        bench.put(f"{key}.wet", wet)
        labels = FrozenMap(labels_of(track))
        name = (track.get("name") or "track").strip()
        stems.append(Stem(name, f"{key}.dry", f"{key}.wet", role.role, role.confidence, labels))
        kept.append(track)
        flat.append(bool(centred))
    if len(stems) < _FEWEST_STEMS:
        raise SessionError(f"{item.title!r} has {len(stems)} instruments that play; taken are 2 and more")
    strips, approximate = strips_of(project, kept, [str(stem.role) for stem in stems], flat, _RATE_HZ)
    return Rendered(_version(), _RATE_HZ, tuple(stems), "", strips, approximate, deterministic=False)


def _play(project: Element, bench: Workbench) -> Samples:
    import soundfile

    source, target = bench.folder / "render.mmp", bench.folder / "render.wav"
    target.unlink(missing_ok=True)
    ElementTree(project).write(source, encoding="utf-8", xml_declaration=True)
    _lmms(
        [
            "render",
            str(source),
            "-a",
            "-f",
            "wav",
            "-s",
            str(_RATE_HZ),
            "-x",
            "1",
            "-i",
            "linear",
            "-o",
            str(target),
        ]
    )
    try:
        audio, rate_hz = soundfile.read(target, dtype="float32", always_2d=True)
    except (soundfile.SoundFileError, OSError) as error:
        raise RenderError(f"LMMS rendered nothing ({error}); try the project in LMMS itself") from error
    finally:
        target.unlink(missing_ok=True)
    if rate_hz != _RATE_HZ:
        raise RenderError(
            f"LMMS rendered at {rate_hz} Hz instead of {_RATE_HZ} Hz; give another version of it"
        )
    return np.ascontiguousarray(audio.T)


def _version() -> str:
    words = _lmms(["--version"]).split()
    return " ".join(words[:2]) if words else "LMMS"


def _lmms(arguments: list[str]) -> str:
    tool = shutil.which("lmms") or "lmms"
    root = ["--allowroot"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    try:
        answer = subprocess.run(  # noqa: S603  # LMMS, with files of our own
            [tool, *root, *arguments],
            env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_RENDER_S,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise RenderError(
            f"LMMS took longer than {_RENDER_S:.0f} s for one stem; leave the project out"
        ) from error
    return answer.stdout
