"""Loads a session: headers and hashes of its files, session.toml, roles by name, pairs and start times."""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from bridge.sessions.assemble import assemble
from bridge.sessions.collect import find_files, unique_ids
from bridge.sessions.options import SessionOptions
from bridge.sessions.pairing import choose_pairs, setting_names
from bridge.sessions.probe import Probed, Trouble, probe
from bridge.sessions.projects import READING as STAGE
from bridge.sessions.projects import load_project, project_among, projects_in
from bridge.sessions.settings import (
    SETTINGS_NAME,
    SessionSettings,
    TrackSettings,
    checked_rate,
    read_settings,
    said_by_track,
)
from console.errors import SessionError
from console.progress import Progress, no_progress
from console.session import Finding, Session

_THREADS = 2
_FILES_NAMED = 10


@dataclass(frozen=True, slots=True)
class _Healthy:
    """The files that can be tracks, by id, and what is to be said of the rest."""

    probed: dict[str, Probed]
    findings: tuple[Finding, ...]


def load_session(
    paths: Sequence[Path], *, options: SessionOptions | None = None, progress: Progress = no_progress
) -> Session:
    """The session in a folder, in a DAW's project, or of a list of files.

    Of files only the headers are decoded, and the bytes hashed; a project's items become files in the user's cache
    where they are not whole files already.

    Args:
        paths: one folder, or one project, or files (folders among them stand for the audio in them).
        options: the caller's choices; they go before session.toml.
        progress: told how far the reading is.

    Raises:
        SessionError: no audio; a file that is broken, forbidden or has more than two channels and is not left
            out; session.toml is wrong or names what is not there; nothing remains to be mixed; a project that
            cannot be read, or is not given alone.
    """
    options = options or SessionOptions()
    project = project_among(paths)
    if project is not None:
        return load_project(project, options, progress)
    root, files = _files(paths, options)
    settings = _settings(root, paths, options)
    ids = unique_ids(files)
    probed = dict(zip(ids, _probe_all(files, progress), strict=True))
    by_name = said_by_track(settings, options, setting_names(probed, settings))
    healthy = _healthy(probed, by_name, root)
    choices = choose_pairs(healthy.probed, settings, by_name)
    rate = options.sample_rate_hz if options.sample_rate_hz is not None else settings.sample_rate_hz
    session = assemble(
        name=settings.name or root.name or "session",
        root=root,
        sample_rate_hz=None if rate is None else checked_rate(rate, "the session's sample rate"),
        probed=healthy.probed,
        choices=choices,
        settings=by_name,
        findings=(*_same_names(files, ids), *healthy.findings),
    )
    if not session.included:
        raise SessionError(f"every track of {session.name!r} is left out; keep at least one")
    progress(STAGE, 1.0)
    return session


def _files(paths: Sequence[Path], options: SessionOptions) -> tuple[Path, tuple[Path, ...]]:
    """As `find_files`; where a folder holds a project and no audio, that is what was meant."""
    try:
        return find_files(paths, recursive=options.recursive)
    except SessionError as error:
        projects = [project for path in paths for project in projects_in(Path(path))]
        if not projects:
            raise
        names = ", ".join(repr(project.name) for project in projects[:_FILES_NAMED])
        raise SessionError(f"{error}. There are projects, each of which can be a session: {names}") from None


def _settings(root: Path, paths: Sequence[Path], options: SessionOptions) -> SessionSettings:
    if options.session_file is not None:
        return read_settings(options.session_file)
    beside = root / SETTINGS_NAME
    whole_folder = len(paths) == 1 and Path(paths[0]).is_dir()
    return read_settings(beside) if whole_folder and beside.is_file() else SessionSettings()


def _probe_all(files: Sequence[Path], progress: Progress) -> list[Probed]:
    found = []
    with ThreadPoolExecutor(_THREADS) as pool:
        for result in pool.map(probe, files):
            found.append(result)
            progress(STAGE, len(found) / (len(files) + 1))
    return found


def _healthy(probed: Mapping[str, Probed], settings: Mapping[str, TrackSettings], root: Path) -> _Healthy:
    """The files that can be tracks. One without samples has nothing to lose and is passed over with a warning.

    Raises:
        SessionError: a file that cannot be a track and was not left out; the message names all of them.
    """
    good: dict[str, Probed] = {}
    findings = []
    broken = []
    for name, item in probed.items():
        left_out = settings.get(name, TrackSettings()).leave_out is True
        if item.trouble is None:
            good[name] = item
        elif item.trouble is Trouble.EMPTY:
            findings.append(Finding("left-out", f"{item.path.name!r} {item.text}: it is left out", (name,)))
        elif left_out:
            text = f"{item.path.name!r} {item.text}; it is left out, as you said"
            findings.append(Finding(item.trouble.value, text, (name,)))
        else:
            broken.append(f"{item.path.name!r} {item.text}")
    if broken:
        raise SessionError(_broken_message(broken))
    if not good:
        raise SessionError(f"{str(root)!r} holds no audio that can be mixed; {findings[0].text}")
    return _Healthy(good, tuple(findings))


def _broken_message(broken: Sequence[str]) -> str:
    shown = [*broken[:_FILES_NAMED]]
    if len(broken) > len(shown):
        shown.append(f"and {len(broken) - len(shown)} more")
    listed = "; ".join(shown)
    return (
        f"{len(broken)} file{'s' if len(broken) > 1 else ''} cannot be mixed: {listed}. "
        "Export again, or leave out: `leave_out = true` for the track in session.toml, or --leave-out"
    )


def _same_names(files: Sequence[Path], ids: Sequence[str]) -> list[Finding]:
    return [
        Finding(
            "duplicate-name",
            f"{file.name!r} in {str(file.parent)!r} has the name of another track and is called {name!r} here",
            (name,),
        )
        for file, name in zip(files, ids, strict=True)
        if _renamed(name, ids)
    ]


def _renamed(name: str, ids: Sequence[str]) -> bool:
    stem, mark, number = name.rpartition(" (")
    return bool(mark) and number[:-1].isdecimal() and number.endswith(")") and stem in ids
