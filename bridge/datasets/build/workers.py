"""Renders songs in processes of their own: a renderer that crashes or hangs costs one song, not the build."""

import multiprocessing
import os
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import connection
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Any

from bridge.datasets.build.items import Item
from console.errors import MixbridgeError

_POLL_S = 0.5


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an item: its record and the folder that holds it, or the reason why not."""

    item: Item
    folder: Path
    record: dict[str, Any] | None
    reason: str = ""


@dataclass(slots=True)
class _Running:
    item: Item
    folder: Path
    process: SpawnProcess
    answers: "connection.Connection[Any, Any]"
    until: float


def render_all(
    items: list[Item],
    work: Path,
    workers: int,
    limit_s: float,
    allowance: Callable[[], int],
    bits: int,
) -> Iterator[Outcome]:
    """Render items, `workers` at a time, and give each outcome as it comes.

    Args:
        items: what to render; stopping to ask for outcomes stops the rest.
        work: a folder for the songs in the making.
        workers: how many processes.
        limit_s: the most that one song may take.
        allowance: asked before each start for the bytes that the song may take; nothing is started at 0.
        bits: of a sample in the stems' files.
    """
    context = multiprocessing.get_context("spawn")
    waiting, running = list(reversed(items)), list[_Running]()
    try:
        while waiting or running:
            while waiting and len(running) < workers and (most := allowance()) > 0:
                item = waiting.pop()
                folder = work / item.id
                receiver, sender = context.Pipe(duplex=False)
                process = context.Process(
                    target=_render, args=(item, folder, most, bits, sender), daemon=True, name=item.id
                )
                process.start()
                sender.close()
                running.append(_Running(item, folder, process, receiver, time.monotonic() + limit_s))
            if not running:
                return
            connection.wait([one.answers for one in running], _POLL_S)
            for one in list(running):
                outcome = _outcome(one, limit_s)
                if outcome is not None:
                    running.remove(one)
                    yield outcome
                    shutil.rmtree(one.folder, ignore_errors=True)
    finally:
        for one in running:
            one.process.kill()
            one.process.join()
            shutil.rmtree(one.folder, ignore_errors=True)


def _outcome(one: _Running, limit_s: float) -> Outcome | None:
    record, reason = None, ""
    if one.answers.poll():
        try:
            record, reason = one.answers.recv()
        except (EOFError, OSError):
            one.process.join(5.0)
            reason = f"the renderer crashed (exit code {one.process.exitcode})"
    elif time.monotonic() > one.until:
        reason = f"took longer than {limit_s:.0f} s"
    else:
        return None
    if record is None:
        one.process.kill()
    one.process.join()
    one.answers.close()
    return Outcome(one.item, one.folder, record, reason)


def _render(item: Item, folder: Path, most_bytes: int, bits: int, answers: Any) -> None:
    """The work of one process: render, write, answer."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides what a Ctrl-C means
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    from bridge.datasets.build.catalogue import renderer_of
    from bridge.datasets.build.record import finish
    from bridge.datasets.build.workbench import Workbench

    shutil.rmtree(folder, ignore_errors=True)
    try:
        bench = Workbench(folder, most_bytes)
        record = finish(item, renderer_of(item.source)(item, bench), bench, bits)
        answers.send((record, ""))
    except MixbridgeError as error:
        answers.send((None, str(error)))
    except (OSError, MemoryError, ValueError, ArithmeticError, LookupError, TypeError) as error:
        # Files of strangers can break a reader in any of these ways; the song is named, the build goes on.
        answers.send((None, f"{type(error).__name__}: {error}"))
    with suppress(OSError):
        answers.close()


def _leave_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
