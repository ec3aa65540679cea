"""Analyses kept on disk from run to run: safe to delete, safe to share between processes."""

from __future__ import annotations

import json
import os
import tempfile
import time
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

import numpy as np

from console.analysis.values import FloatArray, TrackAnalysis

#: Part of every key: raise it when a figure is measured in another way.
ANALYSIS_VERSION = 2

ENVIRONMENT_VARIABLE = "MIXBRIDGE_CACHE"

#: What the folder may hold before its oldest entries go.
DEFAULT_LIMIT_BYTES = 2_000_000_000

#: A half-written entry of that age was left by a process that died.
_ABANDONED_S = 3600.0

_SCHEMA = "mixbridge.analysis/1"
_HINTS = get_type_hints(TrackAnalysis)
_ARRAYS = tuple(field.name for field in fields(TrackAnalysis) if _HINTS[field.name] == FloatArray)
_SCALARS = tuple(field.name for field in fields(TrackAnalysis) if field.name not in _ARRAYS)
_BROKEN = (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile)

T = TypeVar("T")


def default_folder() -> Path:
    """$MIXBRIDGE_CACHE, or the user's cache folder of this system."""
    override = os.environ.get(ENVIRONMENT_VARIABLE)
    if override:
        return Path(override) / "analysis"
    import platformdirs

    return Path(platformdirs.user_cache_path("mixbridge")) / "analysis"


class AnalysisCache:
    """A folder with one file per analysis.

    An entry appears in one step (os.replace), so a reader sees all of it or nothing, whoever else writes. An entry
    that is broken, foreign or of another version counts as absent and is written anew. A folder that cannot be
    written is no error: the next run measures again.
    """

    def __init__(self, folder: Path | None = None, *, limit_bytes: int = DEFAULT_LIMIT_BYTES) -> None:
        self.folder = default_folder() if folder is None else folder
        self._limit = limit_bytes
        self._unseen = limit_bytes  # what may have been added since the folder was looked through

    def load(self, key: str) -> TrackAnalysis | None:
        """The analysis stored under a key, or None."""
        return self._read(key, _decode)

    def store(self, key: str, analysis: TrackAnalysis) -> None:
        """Keep an analysis under a key."""
        scalars = {name: getattr(analysis, name) for name in _SCALARS}
        self._write(key, scalars, {name: getattr(analysis, name) for name in _ARRAYS})

    def load_values(self, key: str) -> Any:
        """Plain JSON values stored under a key, or None."""
        return self._read(key, lambda values, _: values["values"])

    def store_values(self, key: str, values: Any) -> None:
        """Keep plain JSON values under a key."""
        self._write(key, {"values": values}, {})

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.npz"

    def _read(self, key: str, decode: Callable[[dict[str, Any], Mapping[str, Any]], T]) -> T | None:
        path = self._path(key)
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as entry:
                head = json.loads(entry["json"].tobytes().decode("utf-8"))
                if head["schema"] != _SCHEMA or head["version"] != ANALYSIS_VERSION or head["key"] != key:
                    return None
                found = decode(head["data"], entry)
        except _BROKEN:
            return None
        try:
            os.utime(path)  # what is used last goes last
        except OSError:
            return found
        return found

    def _write(self, key: str, data: dict[str, Any], arrays: Mapping[str, FloatArray]) -> None:
        head = {"schema": _SCHEMA, "version": ANALYSIS_VERSION, "key": key, "data": data}
        text = np.frombuffer(json.dumps(head).encode("utf-8"), dtype=np.uint8)
        temporary: Path | None = None
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(
                dir=self.folder, prefix="writing-", suffix=".tmp", delete=False
            ) as file:
                temporary = Path(file.name)
                np.savez(file, json=text, **arrays)  # type: ignore[arg-type]
            size = temporary.stat().st_size
            temporary.replace(self._path(key))
            temporary = None
        except OSError:
            return
        finally:
            if temporary is not None:
                temporary.unlink(missing_ok=True)
        # Looking through the folder costs more than an entry, so it is done at first and then once in a while.
        self._unseen += size
        if self._unseen > self._limit // 16:
            self._unseen = 0
            self._evict()

    def _evict(self) -> None:
        """Delete the entries that were used longest ago until the folder is within its limit."""
        entries = []
        try:
            with os.scandir(self.folder) as found:
                for entry in found:
                    if entry.name.endswith((".npz", ".tmp")) and entry.is_file(follow_symlinks=False):
                        status = entry.stat(follow_symlinks=False)
                        if entry.name.endswith(".tmp") and status.st_mtime > time.time() - _ABANDONED_S:
                            continue  # somebody is writing it
                        entries.append((status.st_mtime, entry.name, status.st_size))
        except OSError:
            return
        total = sum(size for _, _, size in entries)
        for _, name, size in sorted(entries):
            if total <= self._limit and not name.endswith(".tmp"):
                continue
            try:
                (self.folder / name).unlink()
            except OSError:
                continue  # another process has it open, or was faster
            total -= size


def _decode(values: dict[str, Any], entry: Mapping[str, Any]) -> TrackAnalysis:
    """Build an analysis from an entry.

    Raises:
        KeyError, TypeError, ValueError: the entry is not what was once written.
    """
    arrays = {}
    for name in _ARRAYS:
        array = entry[name]
        if array.dtype != np.float32:
            raise TypeError(f"{name} is {array.dtype}, not float32")
        array.setflags(write=False)
        arrays[name] = array
    scalars = {name: values[name] for name in _SCALARS}
    for name, value in scalars.items():
        kind = _HINTS[name]
        if kind in (int, float, bool) and type(value) is not kind:
            raise TypeError(f"{name} is {value!r}, not {kind.__name__}")
    scalars["dc_offset"] = tuple(float(offset) for offset in scalars["dc_offset"])
    return TrackAnalysis(**scalars, **arrays)
