"""The build: plans, renders what is not there yet, publishes each song whole, and keeps the manifest true."""

import json
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bridge.datasets.build.catalogue import Finder, missing_for
from bridge.datasets.build.fetching import PackageShelf
from bridge.datasets.build.items import Item, Refusal
from bridge.datasets.build.licences import SOUNDFONT, SOURCES, Package, load_table
from bridge.datasets.build.record import RECIPE, SONG_FILE, SONG_SCHEMA, STORE_FILE, STORE_SCHEMA, write_json
from bridge.datasets.build.workers import Outcome, render_all
from bridge.files import alone
from bridge.version import tool_version
from console.codec import did_you_mean
from console.errors import ParamError
from console.progress import Progress, no_progress

_GB = 1e9
_UNBOUNDED = 1 << 62
_SONG_LIMIT_S = 3600.0
#: What is said to whom a store is not free for.
BUSY = "another build works on {store!r}; wait for it, or give another store"


@dataclass(frozen=True, slots=True)
class BuildRequest:
    """What to build, and where.

    - `limit`: at most so many songs of each source;
    - `workers`: processes at a time;
    - `most_gb`: the most that the whole store may take, downloads and songs in the making included;
    - `packages`: a folder of .deb files; with it nothing is downloaded;
    - `licences`: a table of one's own instead of the one that comes with mixbridge;
    - `soundfonts`: with how many soundfonts each MIDI song is rendered;
    - `bits`: of a sample in the stems' files, 16 or 24; masters have 16.
    """

    store: Path
    sources: tuple[str, ...] = SOURCES
    limit: int | None = None
    workers: int = 1
    most_gb: float | None = None
    packages: Path | None = None
    licences: Path | None = None
    soundfonts: int = 2
    bits: int = 16


@dataclass(frozen=True, slots=True)
class BuildResult:
    """What came of it: ids of songs built now and found there, what failed or was refused, what could not be tried."""

    built: tuple[str, ...] = ()
    kept: tuple[str, ...] = ()
    failed: tuple[tuple[str, str], ...] = ()
    refused: tuple[Refusal, ...] = ()
    skipped: tuple[tuple[str, str], ...] = ()
    full: bool = False
    interrupted: bool = False
    splits: dict[str, int] = field(default_factory=dict)
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class PlannedPackage:
    """A package that a build would open: whether it is here, and what fetching it takes."""

    name: str
    source: str
    here: bool
    version: str
    download_bytes: int


def plan_build(request: BuildRequest) -> tuple[PlannedPackage, ...]:
    """What a build would open and fetch; nothing is written or downloaded.

    Raises:
        ParamError: the table or a source is wrong.
        SessionError: the folder of packages is none.
    """
    shelf = PackageShelf(request.packages, request.store / "packages")
    rows = []
    for package in _needed(load_table(request.licences), _sources(request)):
        here = shelf.here(package.name)
        size = 0 if here or request.packages is not None else shelf.size_bytes(package.name)
        version = here.version if here else ""
        rows.append(PlannedPackage(package.name, package.source, here is not None, version, size))
    return tuple(rows)


def build_store(request: BuildRequest, progress: Progress = no_progress) -> BuildResult:
    """Build what is missing in the store. A song that is there stays; one that fails does not stop the rest.

    A build that was ended in any way, by a power cut too, is gone on with by running it again. Ctrl-C ends it with
    what is finished in place.

    Raises:
        ParamError: the table or a source is wrong.
        SessionError: a package cannot be had or read.
        RenderError: another build works on the store, the disk is full, or the packages do not fit.
    """
    table, sources = load_table(request.licences), _sources(request)
    building = Building(request.store, request.workers, request.most_gb, request.bits, progress)
    with alone(request.store, BUSY.format(store=str(request.store))):
        shelf = PackageShelf(request.packages, request.store / "packages")
        unpacked = building.work / "packages"
        finder = Finder(table, shelf, unpacked, building.room, request.soundfonts)
        skipped: list[tuple[str, str]] = []

        def find() -> list[Item]:
            items: list[Item] = []
            for source in sources:
                lacking = missing_for(source)
                if lacking:
                    skipped.append((source, lacking))
                    continue
                items.extend(finder.find(source, request.limit, progress))
            return items

        return building.run(find, finder.refused, skipped)


class Building:
    """Renders songs that a store lacks, and publishes each whole. The caller alone may work on the store.

    Args:
        store: its folder.
        workers: processes at a time.
        most_gb: the most that the whole store may take.
        bits: of a sample in the stems' files.
        progress: is told what is done.
    """

    def __init__(
        self, store: Path, workers: int, most_gb: float | None, bits: int, progress: Progress
    ) -> None:
        if bits not in (16, 24):
            raise ParamError(f"stems of {bits} bits; give 16 or 24 bits")
        if most_gb is not None and not most_gb > 0.0:
            raise ParamError(f"the most is {most_gb} GB; give a value above 0 GB")
        self._store, self.work, self._songs = store, store / "work", store / "songs"
        self._workers, self._bits, self._progress = workers, bits, progress
        self._most = _UNBOUNDED if most_gb is None else int(most_gb * _GB)
        self._built: list[str] = []
        self._failed: list[tuple[str, str]] = []
        self._full = False

    def run(
        self, find: Callable[[], list[Item]], refused: list[Refusal], skipped: list[tuple[str, str]]
    ) -> BuildResult:
        """Find songs and render those that are not there; `find` may add to what is refused and skipped."""
        shutil.rmtree(self.work, ignore_errors=True)
        self._songs.mkdir(parents=True, exist_ok=True)
        kept: list[str] = []
        interrupted = False
        try:
            items = find()
            kept = [item.id for item in items if self._is_there(item)]
            self._render([item for item in items if not self._is_there(item)])
        except KeyboardInterrupt:
            interrupted = True
        finally:
            shutil.rmtree(self.work, ignore_errors=True)
        manifest = self._write_manifest(refused)
        return BuildResult(
            tuple(self._built),
            tuple(kept),
            tuple(self._failed),
            tuple(refused),
            tuple(skipped),
            self._full,
            interrupted,
            dict(Counter(song["split"] for song in manifest["songs"])),
            sum(song["bytes"] for song in manifest["songs"]),
        )

    def _render(self, items: list[Item]) -> None:
        if not items:
            return
        songs = self.work / "songs"
        songs.mkdir(parents=True, exist_ok=True)
        done = 0
        self._progress("rendering", 0.0)
        outcomes = render_all(items, songs, self._workers, _SONG_LIMIT_S, self._allowance, self._bits)
        for outcome in outcomes:
            self._publish(outcome)
            done += 1
            self._progress("rendering", done / len(items))
        self._full = self._full or done < len(items)

    def _publish(self, outcome: Outcome) -> None:
        if outcome.record is None:
            self._failed.append((outcome.item.id, outcome.reason))
            return
        target = self._songs / outcome.item.id
        shutil.rmtree(target, ignore_errors=True)  # of an older recipe
        os.replace(outcome.folder / "song", target)  # noqa: PTH105 - whole or not at all
        self._built.append(outcome.item.id)
        self._write_manifest([])

    def _is_there(self, item: Item) -> bool:
        record = read_record(self._songs / item.id)
        return (
            record is not None
            and record["recipe"] == RECIPE
            and record["origin"]["sha256"] == item.origin.sha256
        )

    def room(self) -> int:
        """How many bytes the store may still grow by."""
        return max(self._most - tree_bytes(self._store), 0)

    def _allowance(self) -> int:
        """A song's share of the room: what is being made by others is counted where it lies already."""
        if self._most == _UNBOUNDED:
            return _UNBOUNDED
        return self.room() // self._workers

    def _write_manifest(self, refused: list[Refusal]) -> dict[str, Any]:
        manifest = manifest_of(self._store, refused)
        write_json(self._store / STORE_FILE, manifest)
        return manifest


def manifest_of(store: Path, refused: list[Refusal]) -> dict[str, Any]:
    """The manifest of what lies in a store: read from the songs themselves, so that it cannot disagree with them."""
    songs = []
    for folder in sorted((store / "songs").iterdir()):
        record = read_record(folder)
        if record is None:
            continue
        files = [record["mix"], *(track[form] for track in record["tracks"] for form in ("dry", "wet"))]
        songs.append(
            {
                "id": record["id"],
                "kind": record["kind"],
                "source": record["source"],
                "split": record["split"],
                "group": record["group"],
                "tracks": len(record["tracks"]),
                "seconds": round(record["samples"] / record["sample_rate_hz"], 3),
                "bytes": sum(file["bytes"] for file in files if file),
                "licence": record["origin"]["licence"],
                "credit": record["origin"]["credit"],
                "may_train_weights": record["origin"]["may_train_weights"],
            }
        )
    return {
        "schema": STORE_SCHEMA,
        "tool": tool_version(),
        "songs": songs,
        "refused": [{"package": one.package, "file": one.place, "reason": one.reason} for one in refused],
    }


def read_record(folder: Path) -> dict[str, Any] | None:
    """The record of a song's folder, None where there is none of our schema."""
    with suppress(OSError, ValueError):
        data: Any = json.loads((folder / SONG_FILE).read_text("utf-8"))
        if isinstance(data, dict) and data.get("schema") == SONG_SCHEMA:
            return data
    return None


def tree_bytes(folder: Path) -> int:
    """What the files under a folder take; files that vanish meanwhile count as nothing."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                total += os.stat(os.path.join(place, name)).st_size  # noqa: PTH116, PTH118 - many files
    return total


def _sources(request: BuildRequest) -> tuple[str, ...]:
    for source in request.sources:
        if source not in SOURCES:
            raise ParamError(f"{source!r} is no source{did_you_mean(source, list(SOURCES))}")
    return tuple(dict.fromkeys(request.sources))


def _needed(table: tuple[Package, ...], sources: tuple[str, ...]) -> Iterator[Package]:
    wanted = {*sources, SOUNDFONT} if "midi" in sources else set(sources)
    return (package for package in table if package.source in wanted and package.usable)
