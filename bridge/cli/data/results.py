"""What is said of a store that songs were put into."""

from pathlib import Path
from typing import TYPE_CHECKING

from bridge.cli.output import emit, note, say, to_json

if TYPE_CHECKING:
    from bridge.datasets.build import BuildResult

EXIT_FAILED, EXIT_INTERRUPTED = 1, 130
_SHOWN = 20


def tell_result(store: Path, result: "BuildResult", *, as_json: bool) -> int:
    """Say what was built, kept, refused and failed; gives the exit code."""
    if as_json:
        emit(to_json(_as_data(store, result)), None)
    else:
        _tell(store, result)
    if result.interrupted:
        note("interrupted; what is finished stays, and the same command goes on from here")
        return EXIT_INTERRUPTED
    return EXIT_FAILED if result.failed and not result.built and not result.kept else 0


def _as_data(store: Path, result: "BuildResult") -> dict[str, object]:
    return {
        "store": str(store),
        "built": list(result.built),
        "kept": list(result.kept),
        "failed": [{"song": song, "reason": reason} for song, reason in result.failed],
        "refused": [
            {"package": one.package, "file": one.place, "reason": one.reason} for one in result.refused
        ],
        "skipped": [{"source": source, "reason": reason} for source, reason in result.skipped],
        "full": result.full,
        "interrupted": result.interrupted,
        "splits": result.splits,
        "bytes": result.bytes,
    }


def _tell(store: Path, result: "BuildResult") -> None:
    say(f"{store}: {len(result.built)} built, {len(result.kept)} there already")
    splits = ", ".join(f"{count} to {name}" for name, count in sorted(result.splits.items()))
    say(f"in the store: {splits or 'nothing'}; {result.bytes / 1e6:.1f} MB")
    for source, reason in result.skipped:
        note(f"{source} left out: {reason}")
    _list("failed", [f"{song}: {reason}" for song, reason in result.failed])
    _list("refused", [f"{one.package}: {one.place}: {one.reason}" for one in result.refused])
    if result.full:
        note("the store is as large as --max-gb lets it be; some songs are not in it")


def _list(word: str, lines: list[str]) -> None:
    for line in lines[:_SHOWN]:
        note(f"{word}: {line}")
    if len(lines) > _SHOWN:
        note(f"{word}: {len(lines) - _SHOWN} more; --json has them all")
