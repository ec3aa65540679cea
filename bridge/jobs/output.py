"""An output folder that is filled all at once, or not at all."""

import shutil
import tempfile
from collections.abc import Iterator, Set
from contextlib import contextmanager
from pathlib import Path

from console.errors import RenderError
from console.session import Session


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
    """A temporary folder beside `folder`; what is in it at the end of the block moves into `folder`.

    After an error or an interruption `folder` is as it was. Files of the session are never replaced.

    Raises:
        RenderError: the folder beside cannot be made, the result cannot be moved, or would replace a stem.
    """
    folder = folder.absolute()
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        stage = Path(tempfile.mkdtemp(prefix=".mixbridge-", dir=folder.parent))
    except OSError as error:
        raise RenderError(
            f"cannot write beside {folder}: {error.strerror}; give a folder that you may write to"
        ) from None
    try:
        yield stage
        _move_into(stage, folder, {file.path.resolve() for track in session.tracks for file in track.files})
    finally:
        shutil.rmtree(stage, ignore_errors=True)


def _move_into(stage: Path, folder: Path, stems: Set[Path]) -> None:
    made = sorted(path for path in stage.rglob("*") if path.is_file())
    for source in made:
        goal = folder / source.relative_to(stage)
        if goal.resolve() in stems:
            raise RenderError(f"{goal} is a file of the session itself; give another place for the output")
    try:
        for source in made:
            goal = folder / source.relative_to(stage)
            goal.parent.mkdir(parents=True, exist_ok=True)
            source.replace(goal)
    except OSError as error:
        raise RenderError(
            f"cannot write into {folder}: {error.strerror}; check its permissions and free space"
        ) from None
