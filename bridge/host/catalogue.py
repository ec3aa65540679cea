"""What is known of the plugins on this machine, kept from run to run."""

import json
import os
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from queue import SimpleQueue
from typing import Any

from bridge.files import whole_file
from bridge.host.faults import Fault
from bridge.host.places import find_plugins, identity, plugin_folders, size_bytes
from bridge.host.probing import Probe, probe_file
from bridge.host.process import PluginProcess
from bridge.host.values import Limits, Parameter, PluginFacts, PluginRef
from console.analysis.cache import ENVIRONMENT_VARIABLE
from console.errors import MixbridgeError, PluginError
from console.progress import Progress, no_progress

STAGE = "scan the plugins"
_SCHEMA = "mixbridge.plugins/1"
_LIMITS = Limits(load_s=10.0, block_s=5.0)
_BROKEN = (OSError, ValueError, KeyError, TypeError)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The plugins that were found, by the path of their file, in the order of the places."""

    files: Mapping[Path, tuple[Probe, ...]] = field(default_factory=dict)

    @property
    def probes(self) -> tuple[Probe, ...]:
        """All plugins."""
        return tuple(probe for probes in self.files.values() for probe in probes)

    def find(self, wanted: str) -> Probe:
        """A plugin by its name, its file's name without ending, or its path.

        Raises:
            PluginError: there is none, or several.
        """
        path = Path(wanted).expanduser()
        found = [
            item
            for item in self.probes
            if wanted.casefold()
            in {_name(item).casefold(), item.ref.path.stem.casefold(), str(item.ref).casefold()}
            or item.ref.path == path.absolute()
        ]
        if not found:
            known = ", ".join(sorted(_name(item) for item in self.probes)) or "none yet"
            raise PluginError(f"there is no plugin {wanted!r}; `mixbridge plugins scan` found {known}")
        usable = [item for item in found if item.facts] or found
        if len({(item.ref.path, item.ref.name) for item in usable}) > 1:
            places = ", ".join(str(item.ref.path) for item in usable)
            raise PluginError(f"{wanted!r} stands for several plugins: {places}; give the path of one")
        return usable[0]


def _name(probe: Probe) -> str:
    return probe.facts.name if probe.facts else str(probe.ref)


def catalogue_path() -> Path:
    """Where the catalogue is kept: $MIXBRIDGE_CACHE, or the user's cache folder of this system."""
    override = os.environ.get(ENVIRONMENT_VARIABLE)
    if override:
        return Path(override) / "plugins.json"
    import platformdirs

    return Path(platformdirs.user_cache_path("mixbridge")) / "plugins.json"


def scan(
    places: Iterable[Path] | None = None,
    *,
    again: bool = False,
    processes: int = 2,
    limits: Limits = _LIMITS,
    progress: Progress = no_progress,
) -> Catalogue:
    """Every plugin at some places, tried in processes of its own; those that have not changed are not tried again.

    Args:
        places: folders of plugins, or plugins; None: where this system keeps them.
        again: try those too that are known.
        processes: how many at a time.
        limits: how long each may take.
        progress: told how far it is.

    Raises:
        PluginError: a place does not exist.
    """
    chosen = list(plugin_folders() if places is None else places)
    if places is not None:
        missing = [place for place in chosen if not place.exists()]
        if missing:
            raise PluginError(f"{missing[0]} does not exist; give a folder of plugins, or a plugin")
    known = {} if again else _load()
    paths = [path.absolute() for path in find_plugins(chosen)]
    marks = {path: identity(path) for path in paths}
    wanted = [path for path in paths if known.get(path, ("", ()))[0] != marks[path]]
    # The largest load longest: begun first, they do not keep the others' processes waiting at the end.
    wanted.sort(key=size_bytes, reverse=True)
    tried = _try_all(wanted, processes, limits, progress)
    files = {path: tried[path] if path in tried else known[path][1] for path in paths}
    if tried:
        kept = {path: entry for path, entry in _load().items() if path.exists()}
        kept |= {path: (marks[path], files[path]) for path in paths}
        _save(kept)
    progress(STAGE, 1.0)
    return Catalogue(files)


def _try_all(
    paths: list[Path], processes: int, limits: Limits, progress: Progress
) -> dict[Path, tuple[Probe, ...]]:
    idle: SimpleQueue[PluginProcess] = SimpleQueue()
    hosts = [PluginProcess(limits) for _ in range(min(processes, len(paths)))]
    for host in hosts:
        idle.put(host)

    def attempt(path: Path) -> tuple[Probe, ...]:
        host = idle.get()
        try:
            return tuple(probe_file(path, host))
        finally:
            host.close()  # What one plugin leaves behind in a process is not to be blamed on the next.
            idle.put(host)

    found: dict[Path, tuple[Probe, ...]] = {}
    try:
        with ThreadPoolExecutor(max(len(hosts), 1)) as pool:
            try:
                for path, probes in zip(paths, pool.map(attempt, paths), strict=True):
                    found[path] = probes
                    progress(STAGE, len(found) / (len(paths) + 1))
            except BaseException:  # An interruption: nobody waits for plugins that load.
                pool.shutdown(wait=False, cancel_futures=True)
                for host in hosts:
                    host.stop()
                raise
    finally:
        for host in hosts:
            host.close()
    return found


def _load() -> dict[Path, tuple[str, tuple[Probe, ...]]]:
    """What is known already; a file that is broken or of another version counts as nothing."""
    try:
        data = json.loads(catalogue_path().read_text("utf-8"))
        if data["schema"] != _SCHEMA:
            return {}
        return {
            Path(path): (entry["identity"], tuple(_probe(item) for item in entry["plugins"]))
            for path, entry in data["files"].items()
        }
    except _BROKEN:
        return {}


def _save(files: Mapping[Path, tuple[str, tuple[Probe, ...]]]) -> None:
    data = {
        "schema": _SCHEMA,
        "files": {
            str(path): {"identity": mark, "plugins": [asdict(probe) for probe in probes]}
            for path, (mark, probes) in files.items()
        },
    }
    try:
        with whole_file(catalogue_path()) as temporary:
            temporary.write_text(json.dumps(data, default=str), encoding="utf-8", newline="\n")
    except (OSError, MixbridgeError):
        return  # A cache that cannot be written is no error: the next run tries the plugins again.


def _probe(item: dict[str, Any]) -> Probe:
    facts = item["facts"]
    return Probe(
        ref=_ref(item["ref"]),
        facts=None
        if facts is None
        else PluginFacts(
            **{
                **facts,
                "ref": _ref(facts["ref"]),
                "channels": tuple(facts["channels"]),
                "parameters": tuple(
                    Parameter(**{**parameter, "texts": tuple(parameter["texts"])})
                    for parameter in facts["parameters"]
                ),
            }
        ),
        faults=tuple((Fault(fault), text) for fault, text in item["faults"]),
        measured_latency_samples=item["measured_latency_samples"],
    )


def _ref(item: dict[str, Any]) -> PluginRef:
    return PluginRef(Path(item["path"]), item["name"])
