"""Copies audio that exists only in the cache beside a hand-over, which then may refer to it for good."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from bridge.files import told_clearly
from bridge.sessions.audiocache import default_folder
from bridge.sessions.probe import probe
from console.errors import RenderError
from console.filenames import distinct_names
from console.session import Session, SessionTrack
from exporters.files import make_folder, put_back, remove


def own_audio(session: Session) -> tuple[SessionTrack, ...]:
    """The tracks whose audio exists only in the cache: joined items, and what lay inside a project."""
    cache = default_folder().absolute()
    return tuple(
        track for track in session.tracks if any(file.path.is_relative_to(cache) for file in track.files)
    )


@contextmanager
def audio_beside(session: Session, folder: Path, *, force: bool = False) -> Iterator[Session]:
    """The session with the audio of joined items in `folder`; after an error the folder is as it was.

    A file that is there already with the same content stays.

    Raises:
        RenderError: another file has a name that is needed (and no force), the folder cannot be written to, or the
            disk is full.
    """
    joined = own_audio(session)
    if not joined:
        yield session
        return
    folder = folder.absolute()
    with ExitStack() as undo:
        with told_clearly(folder):
            make_folder(folder, undo)
            aside = Path(tempfile.mkdtemp(prefix=".mixbridge-", dir=folder))
            undo.callback(shutil.rmtree, aside, ignore_errors=True)
            names = distinct_names([track.id for track in joined])
            moved = {
                track.id: _bring(
                    track, folder / f"{name}{track.files[0].path.suffix}", aside, undo, force=force
                )
                for track, name in zip(joined, names, strict=True)
            }
        yield replace(session, tracks=tuple(moved.get(track.id, track) for track in session.tracks))
        undo.pop_all()
        shutil.rmtree(aside, ignore_errors=True)


def _bring(track: SessionTrack, place: Path, aside: Path, undo: ExitStack, *, force: bool) -> SessionTrack:
    (file,) = track.files
    known = probe(place).file if place.is_file() else None
    if known is None or known.content_hash != file.content_hash:
        if place.exists() and not force:
            raise RenderError(f"{place} exists already; give another folder, or --force to replace it")
        temporary = aside / f"new {place.name[:100]}"
        shutil.copyfile(file.path, temporary)
        if place.exists():
            undo.callback(put_back, place.replace(aside / f"was {place.name[:100]}"), place)
        temporary.replace(place)
        undo.callback(remove, place)
    return replace(track, files=(replace(file, path=place),))
