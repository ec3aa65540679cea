"""An output folder that is filled all at once, or not at all, and never with what a session is made of."""

import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence, Set
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from bridge.jobs.manifest import MANIFEST, left_behind, manifest_text
from bridge.sessions import SessionOptions, exporter_of, find_files, open_project
from console.errors import RenderError
from console.session import Session
from exporters.files import make_folder, put_back, remove


def refuse_existing(folder: Path, names: tuple[str, ...], *, force: bool) -> None:
    """Make sure, before any work, that nothing is going to be overwritten unasked.

    Raises:
        RenderError: `folder` is a file, or one of the names is there already and `force` is not given.
    """
    if folder.exists() and not folder.is_dir():
        raise RenderError(f"{folder} is a file; give a folder for the output")
    there = [name for name in names if (folder / name).exists()]
    if there and not force:
        raise RenderError(
            f"{folder} already has {', '.join(repr(name) for name in there)}; give another folder, or --force "
            "to replace them"
        )


def refuse_sources(
    folder: Path, names: Iterable[str], inputs: Sequence[Path], options: SessionOptions
) -> None:
    """Make sure, before any work, that no output is going to be a part of the session, which --force allows neither.

    Args:
        folder: where the output will lie.
        names: its files and folders there.
        inputs: what the session is read from.
        options: how it is read.

    Raises:
        RenderError: the output is the session's own folder, or one of its files or folders holds a file of it.
        SessionError: the session cannot be read.
    """
    if any(path.is_dir() and _same(path, folder) for path in inputs):
        raise RenderError(
            f"{folder} is the session's own folder, where a mix would be taken for a stem; give another folder"
        )
    if not folder.is_dir():
        return
    goals = [(folder / name).resolve() for name in names]
    for source in _sources(inputs, options):
        if any(source.is_relative_to(goal) for goal in goals):
            raise RenderError(f"{source} is a file of the session itself; give another place for the output")


def _same(one: Path, other: Path) -> bool:
    with suppress(OSError):
        return one.samefile(other)
    return False


def _sources(inputs: Sequence[Path], options: SessionOptions) -> Iterator[Path]:
    """Every file that the session is read from."""
    if len(inputs) == 1 and exporter_of(inputs[0]) is not None:
        project = open_project(inputs[0].absolute())
        yield project.path.resolve()
        names = {item.file for track in project.tracks for item in track.items if item.file is not None}
        for name in names:
            with suppress(OSError, ValueError):
                yield name.resolve()
        return
    for path in find_files(inputs, recursive=options.recursive)[1]:
        yield path.resolve()


@contextmanager
def staged(
    folder: Path, session: Session, *, job: str = "", inner: Path = Path(), sweep: bool = False
) -> Iterator[Path]:
    """A hidden folder inside `folder`; what is in it at the end of the block moves into `folder`.

    Inside, not beside: there the right to write and the file system are the output's own, whether that is a
    mount point or a link. After an error or an interruption `folder` is as it was, a half-done move included.
    Files of the session are never replaced.

    Args:
        folder: the output folder.
        session: whose files are never replaced.
        job: the name under which the files are listed in `inner`; "" lists nothing.
        inner: the folder inside `folder` that is the job's own.
        sweep: take away what an earlier run of the job has listed there, left untouched since, and not written now.

    Raises:
        RenderError: the folder cannot be made or written to, or the result would replace a stem.
    """
    folder = folder.absolute()
    with ExitStack() as undo:
        try:
            make_folder(folder, undo)
            stage = Path(tempfile.mkdtemp(prefix=".mixbridge-", dir=folder))
        except OSError as error:
            raise RenderError(
                f"cannot write into {folder}: {error.strerror}; give a folder that you may write to"
            ) from None
        undo.callback(shutil.rmtree, stage, ignore_errors=True)
        yield stage
        stems = {file.path.resolve() for track in session.tracks for file in track.files}
        if session.project is not None:
            stems.add(session.project.resolve())
        stale: list[Path] = []
        if job:
            made = {path.relative_to(stage / inner): path for path in files_below(stage / inner)}
            earlier = left_behind(folder / inner, job, made) if sweep else []
            stale = [path for path in earlier if path.resolve() not in stems]
            text = manifest_text(folder / inner, job, made)
            (stage / inner / MANIFEST).write_text(text, encoding="utf-8", newline="\n")
        _move_into(stage, folder, stems, stale, undo)
        undo.pop_all()
        shutil.rmtree(stage, ignore_errors=True)
        for path in stale:
            with suppress(OSError):
                path.parent.rmdir()  # only when nothing else is in it


def files_below(folder: Path) -> list[Path]:
    """Every file below a folder, in order."""
    return [path for path in sorted(folder.rglob("*")) if path.is_file()]


def _move_into(stage: Path, folder: Path, stems: Set[Path], stale: Sequence[Path], undo: ExitStack) -> None:
    """Move every file to its place and what is stale out of it; `undo` puts back what was there before."""
    goals = {path: folder / path.relative_to(stage) for path in files_below(stage)}
    for goal in goals.values():
        if goal.resolve() in stems:
            raise RenderError(f"{goal} is a file of the session itself; give another place for the output")
        if goal.is_dir():
            raise RenderError(f"{goal} is a folder where a file belongs; give another place for the output")
    folders = [path for path in sorted(stage.rglob("*")) if path.is_dir()]
    try:
        earlier = Path(tempfile.mkdtemp(prefix=".mixbridge-", dir=stage))
        for path in folders:  # a session of Ardour's has folders that are empty at first
            make_folder(folder / path.relative_to(stage), undo)
        for index, path in enumerate(stale):
            undo.callback(put_back, path.replace(earlier / f"stale {index}"), path)
        for index, (source, goal) in enumerate(goals.items()):
            make_folder(goal.parent, undo)
            if os.path.lexists(goal):
                undo.callback(put_back, goal.replace(earlier / str(index)), goal)
            source.replace(goal)
            undo.callback(remove, goal)
    except OSError as error:
        raise RenderError(
            f"cannot write into {folder}: {error.strerror}; check its permissions and free space"
        ) from None
