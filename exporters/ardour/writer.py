"""Writes the Ardour hand-over: a session folder on the stems, to be opened as it is."""

import os
import shutil
from contextlib import ExitStack
from pathlib import Path
from typing import Unpack

from console.errors import ExportError
from console.filenames import distinct_names, safe_name
from console.mix import Mix
from console.session import Session
from exporters.ardour.choices import Carriers, choose
from exporters.ardour.document import Copies, session_document
from exporters.ardour.plan import Plan, make_plan
from exporters.files import make_folder, remove, write_files
from exporters.references import is_of_session
from exporters.report import ExportReport, gather

#: Whether the stems are brought into the session, by the option's value; DAWproject's words are understood, too.
AUDIO_MODES = {"embed": False, "beside": False, "copy": True, "inside": True}
FORMAT = "ardour"


def write_project(
    mix: Mix,
    session: Session,
    destination: Path,
    *,
    home: Path | None = None,
    force: bool = False,
    audio: str = "embed",
    **carriers: Unpack[Carriers],
) -> ExportReport:
    """Write `<session>/<session>.ardour` and the folders that Ardour wants beside it into a folder.

    Args:
        mix: what to write; its track ids are the session's.
        session: the files, their starts and lengths.
        destination: the folder that receives the session's; made when it is missing.
        home: where the folder will lie once it is moved; of no account here, since Ardour names audio outside its
            own folder by whole paths.
        force: overwrite the files of an earlier hand-over.
        audio: "embed" leaves the stems where they are; "copy" puts them into the session, as hard links where the
            file system can.
        carriers: the plugins for equalizer, gate and limiter.

    Raises:
        ExportError: a file exists (and no force), the folder cannot be written, mix and session do not match, or an
            option has no such value.
    """
    if audio not in AUDIO_MODES:
        raise ExportError(f"audio is {audio!r}; give one of {', '.join(AUDIO_MODES)}")
    plan = make_plan(mix, session, choose(**carriers))
    stem = safe_name(session.name, "mix")
    folder = destination / stem
    kept = folder / "interchange" / stem / "audiofiles"
    copies = _copies(plan) if AUDIO_MODES[audio] else {}
    target = folder / f"{stem}.ardour"
    contents = {target: session_document(plan, stem, mix.sample_rate_hz, copies)}
    links = {kept / name: Path(source) for source, name in copies.items()}
    originals = {file.path.absolute() for track in session.tracks for file in track.files}
    for path in (*contents, *links):
        # A hard link of an earlier hand-over is one of the session's files, and may be made anew.
        if path.absolute() in originals or (path in contents and is_of_session(path, session)):
            raise ExportError(f"{path} is a file of the session itself; give another folder")
    with ExitStack() as undo:
        _make_folders(kept, undo)
        _bring_audio(links, force=force, undo=undo)
        write_files(contents, force=force)
        undo.pop_all()
    return ExportReport(FORMAT, (target, *links), gather(plan.ledgers))


def _copies(plan: Plan) -> Copies:
    """A name in the session's folder for every file that a region plays."""
    paths = list(
        dict.fromkeys(path for route in plan.routes for region in route.regions for path, _ in region.sources)
    )
    # The number that tells two of one name apart goes before the ending, by which Ardour knows the kind of file.
    stems = distinct_names(path.stem for path in paths)
    return {str(path): f"{stem}{_ending(path)}" for path, stem in zip(paths, stems, strict=True)}


def _ending(path: Path) -> str:
    return path.suffix if path.suffix[1:].isalnum() and path.suffix.isascii() else ""


def _make_folders(kept: Path, undo: ExitStack) -> None:
    try:
        make_folder(kept, undo)
    except OSError as error:
        raise ExportError(
            f"{kept} cannot be made ({error.strerror or error}); check the folder and its rights"
        ) from error


def _bring_audio(links: dict[Path, Path], *, force: bool, undo: ExitStack) -> None:
    """Put every audio file under its name in the session: a hard link, else a copy.

    Raises:
        ExportError: one exists already (and no force), or cannot be read or written.
    """
    for target in links:
        if os.path.lexists(target) and not force:
            raise ExportError(f"{target} exists already; give another folder, or --force to overwrite it")
    for target, source in links.items():
        fresh = target.with_name(f".{target.name}.part")
        try:
            remove(fresh)
            try:
                os.link(source, fresh)
            except OSError:
                shutil.copyfile(source, fresh)
            if not os.path.lexists(target):
                undo.callback(remove, target)
            fresh.replace(target)
        except OSError as error:
            remove(fresh)
            raise ExportError(
                f"{source} cannot be brought to {target} ({error.strerror or error}); "
                "check the free space and the rights"
            ) from error
