"""Runs an evaluation: every system on every pair, row by row, so that an interruption costs one row at most."""

import hashlib
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

from bridge.evaluation.bench import Bench
from bridge.evaluation.interruption import Interruption
from bridge.evaluation.request import EvaluationRequest
from bridge.evaluation.runs import run_systems
from bridge.evaluation.songs import Pair, content_of, pairs_of, read_references, read_songs
from bridge.evaluation.store import Key, append_row, key_of, read_rows, write_rows
from bridge.evaluation.systems import System, find_systems
from bridge.evaluation.terms import TITLES
from bridge.evaluation.values import NO_REFERENCE, SCHEMA, Reference, Row, Song
from bridge.files import alone
from bridge.version import tool_version
from console.errors import MixbridgeError, ParamError, RenderError
from console.progress import Progress, no_progress
from presets.targets import load_target

ROWS = "rows.jsonl"
#: What is written beside the rows when they are done.
SUMMARY_JSON, TABLE_MD = "summary.json", "table.md"
RESULTS = (SUMMARY_JSON, TABLE_MD, *(f"{group}.svg" for group in TITLES))
STAGE = "evaluate"


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The rows in the order of songs, references and systems; `kept` of them are of an earlier run."""

    request: EvaluationRequest
    systems: tuple[str, ...]
    rows: tuple[Row, ...]
    expected: int
    kept: int
    interrupted: bool = False


def evaluate(request: EvaluationRequest, progress: Progress = no_progress) -> Evaluation:
    """Make and measure what is missing. Ctrl-C ends it early with the rows that there are.

    Raises:
        SessionError: a song or a reference cannot be read.
        ParamError: an unknown system, a run that cannot be read, or a song given twice.
        RenderError: rows are there already and neither `resume` nor `force` is given, or cannot be written; another
            process evaluates into the same folder.
    """
    systems = find_systems(request.systems) + run_systems(request.runs)
    if not request.songs:
        raise ParamError("0 songs are given; give at least one folder of stems")
    store = request.output / ROWS if request.output is not None else None
    if request.output is not None and not request.force:
        _refuse_foreign(request.output)
    if store is not None and store.exists() and not (request.resume or request.force):
        raise RenderError(
            f"{store} is there already; give --resume to go on with it, or --force to start anew"
        )
    references = read_references(request.references, request.folders)
    # Rules and names are read before the work: a spelling mistake is not to cost an hour.
    load_target(request.target)
    pairs = list(pairs_of(read_songs(request.songs), references, own=request.own))
    told = f"another process evaluates into {str(request.output)!r}; wait for it, or give another folder"
    with alone(request.output, told, inside=False) if request.output is not None else nullcontext():
        known = read_rows(store) if store is not None and store.exists() and request.resume else {}
        run = _Run(request, systems, pairs, known, store, progress)
        interrupted = False
        with Interruption() as interruption:
            try:
                run.go(interruption)
            except KeyboardInterrupt:
                interrupted = True
    rows = run.rows()
    return Evaluation(
        request, tuple(item.name for item in systems), rows, len(run.wanted), run.kept, interrupted
    )


class _Run:
    """The running parts of one evaluation."""

    def __init__(
        self,
        request: EvaluationRequest,
        systems: tuple[System, ...],
        pairs: list[Pair],
        known: dict[Key, Row],
        store: Path | None,
        progress: Progress,
    ) -> None:
        self._request, self._systems, self._pairs, self._progress = request, systems, pairs, progress
        self._store, self._told = store, 0.0
        contents: dict[str, str] = {NO_REFERENCE: ""}
        for _, reference in pairs:
            if reference is not None and reference.name not in contents:
                contents[reference.name] = content_of(reference)
        self.wanted: dict[Key, str] = {
            (song.name, _name(reference), system.name): _fingerprint(
                request, song, contents[_name(reference)], system
            )
            for song, reference in pairs
            for system in systems
        }
        # What failed is tried again: its cause may be gone.
        self._found = {
            key: row
            for key, row in known.items()
            if row.status == "made" and self.wanted.get(key, row.fingerprint) == row.fingerprint
        }
        self.kept = sum(key in self.wanted for key in self._found)
        if store is not None:
            write_rows(store, self._found.values())

    def rows(self) -> tuple[Row, ...]:
        """What there is of what was asked for, in its order."""
        return tuple(self._found[key] for key in self.wanted if key in self._found)

    def go(self, interruption: Interruption) -> None:
        """Make every row that is missing.

        Raises:
            KeyboardInterrupt: Ctrl-C was pressed.
        """
        for song in dict.fromkeys(song for song, _ in self._pairs):
            references = [reference for owner, reference in self._pairs if owner is song]
            missing = [(item, system) for item in references for system in self._missing(song, item)]
            if not missing:
                continue
            try:
                bench = Bench(self._request, song, interruption, self._inner)
            except MixbridgeError as error:
                interruption.check()
                for reference, system in missing:
                    blank = self._blank(song, reference, system)
                    self._keep(replace(blank, status="failed", reason=str(error)))
                continue
            for reference, system in missing:
                row = bench.row(system, reference, self._blank(song, reference, system))
                interruption.check()
                self._keep(row)

    def _blank(self, song: Song, reference: Reference | None, system: System) -> Row:
        key = song.name, _name(reference), system.name
        return Row(*key, self.wanted[key], "made")

    def _missing(self, song: Song, reference: Reference | None) -> Iterator[System]:
        for system in self._systems:
            if (song.name, _name(reference), system.name) not in self._found:
                yield system

    def _keep(self, row: Row) -> None:
        if self._store is not None:
            append_row(self._store, row)
        self._found[key_of(row)] = row
        self._inner(STAGE, 0.0)

    def _inner(self, _stage: str, share: float) -> None:
        """Tell the rows that are done, and how far the one in work is, as one share that never falls."""
        done = sum(key in self._found for key in self.wanted)
        self._told = max(self._told, min(1.0, (done + 0.9 * share) / len(self.wanted)))
        self._progress(STAGE, self._told)


def _refuse_foreign(folder: Path) -> None:
    """Make sure, before any work, that results replace those of an evaluation alone.

    Raises:
        RenderError: the place is a file, or a file of that name is there without rows that it could be of.
    """
    if folder.exists() and not folder.is_dir():
        raise RenderError(f"{folder} is a file; give a folder for the evaluation")
    if (folder / ROWS).exists():
        return
    for name in RESULTS:
        if (folder / name).exists():
            raise RenderError(
                f"{folder / name} is there already, and is of no evaluation; give another folder, or --force to "
                "replace it"
            )


def _name(reference: Reference | None) -> str:
    return NO_REFERENCE if reference is None else reference.name


def _fingerprint(request: EvaluationRequest, song: Song, reference: str, system: System) -> str:
    """A hash over everything that a row depends on, but for the code itself."""
    stems = "|".join(f"{track.id}:{track.content_hash}:{track.included}" for track in song.session.tracks)
    parts = (
        tool_version(),
        SCHEMA,
        stems,
        str(song.session.sample_rate_hz),
        reference,
        system.name + system.content,
        str(request.seed),
        request.target,
    )
    return hashlib.blake2b("\0".join(parts).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
