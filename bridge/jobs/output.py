"""An output folder that is filled all at once, or not at all."""

import os
import shutil
import tempfile
from collections.abc import Iterator, Set
from contextlib import ExitStack, contextmanager
from pathlib import Path

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


@contextmanager
def staged(folder: Path, session: Session) -> Iterator[Path]:
    """A hidden folder inside `folder`; what is in it at the end of the block moves into `folder`.

    Inside, not beside: there the right to write and the file system are the output's own, whether that is a
    mount point or a link. After an error or an interruption `folder` is as it was, a half-done move included.
    Files of the session are never replaced.

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
        _move_into(stage, folder, stems, undo)
        undo.pop_all()
        shutil.rmtree(stage, ignore_errors=True)


def _move_into(stage: Path, folder: Path, stems: Set[Path], undo: ExitStack) -> None:
    """Move every file to its place; `undo` puts back what was there before."""
    goals = {path: folder / path.relative_to(stage) for path in sorted(stage.rglob("*")) if path.is_file()}
    for goal in goals.values():
        if goal.resolve() in stems:
            raise RenderError(f"{goal} is a file of the session itself; give another place for the output")
        if goal.is_dir():
            raise RenderError(f"{goal} is a folder where a file belongs; give another place for the output")
    try:
        earlier = Path(tempfile.mkdtemp(prefix=".mixbridge-", dir=stage))
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
