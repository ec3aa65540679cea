"""What there is to say of a project that was read as a session, one finding a fact."""

from collections.abc import Callable, Iterable, Mapping, Sequence

from bridge.sessions.playing import Standing
from bridge.sessions.settings import SessionSettings, TrackSettings
from console.session import Finding, Severity
from exporters.project import Project, TrackKind

_NAMED = 12


def findings_of(
    project: Project, tracks: Sequence[Standing], said: Mapping[str, TrackSettings]
) -> tuple[Finding, ...]:
    """The findings about tracks that were read, that could not be, and that do not sound."""
    out = {name for name, item in said.items() if item.leave_out}
    kept = {name for name, item in said.items() if item.leave_out is False}
    found = [finding for track in tracks for finding in _of_track(track, left_out=track.id in out)]
    muted = [track for track in tracks if track.silent and track.id not in out | kept]
    playing = [track for track in tracks if track.parts and not track.silent]
    found += _of_several("muted", muted, lambda track: "", _MUTED)
    found += _of_several(
        "soloed", [track for track in playing if track.track.soloed], lambda track: "", _SOLOED
    )
    plugged = [track for track in playing if track.track.plugins]
    found += _of_several("own-plugins", plugged, lambda track: ", ".join(track.track.plugins), _PLUGGED)
    off = [track.name for track in project.tracks if track.disabled]
    if off:
        text = f"switched off in the project, and left out: {_listed(map(repr, off))}"
        found.append(Finding("left-out", text, (), Severity.NOTE))
    returns = [
        track.name
        for track in project.tracks
        if track.kind is TrackKind.RETURN and not track.disabled and not track.ours
    ]
    if returns:
        text = (
            f"the project's own returns stay as they are, and the analysis does not hear them: "
            f"{_listed(map(repr, returns))}"
        )
        found.append(Finding("own-returns", text, (), Severity.NOTE))
    return tuple(found)


def silent(track: Standing) -> Finding | None:
    """Why the project does not play a track; None where it does. `findings_of` has told it of all together."""
    return Finding("muted", f"{track.id!r} is muted in the project", (track.id,)) if track.silent else None


def joined_tracks(ids: Iterable[str]) -> tuple[Finding, ...]:
    """That the items of tracks were joined into files."""
    names = tuple(ids)
    if not names:
        return ()
    text = f"items joined into one file a track, with their fades and gains: {_listed(map(repr, names))}"
    return (Finding("joined-items", text, names, Severity.NOTE),)


def pairings(settings: SessionSettings) -> tuple[Finding, ...]:
    """That session.toml speaks of pairs of files, which a project does not have."""
    if not settings.join and not settings.split:
        return ()
    text = (
        "[[join]] and [[split]] in session.toml are for folders of files; a project's tracks stay as they are"
    )
    return (Finding("left-out", text, (), Severity.NOTE),)


_MUTED = "muted in the project, and in the mix: {} (leave_out = false in session.toml mixes one all the same)"
_SOLOED = "the mix is made as if nothing were soloed; in the project that is {}"
_PLUGGED = (
    "plugins of the project's own stay where they are, and the analysis hears the audio before them: {}"
)


def _of_track(track: Standing, *, left_out: bool) -> list[Finding]:
    found = []
    if left_out and not track.parts:
        found.append(_one("left-out", track, "is left out, as you said", Severity.NOTE))
    elif track.problem and not track.silent:
        why = f"{track.problem}. It is left out, and stays as it is in the project: render it first"
        found.append(_one("render-first", track, why))
    elif track.lost and (track.parts or track.silent):
        found.append(_one("media-missing", track, f"lacks {'; '.join(track.lost)}"))
    if track.found:
        found.append(
            _one(
                "media-found",
                track,
                f"has files that are not where the project says; taken were {_listed(map(repr, track.found))}",
            )
        )
    return found


def _one(code: str, track: Standing, text: str, severity: Severity = Severity.WARNING) -> Finding:
    return Finding(code, f"{track.id!r} {text}", (track.id,), severity)


def _of_several(
    code: str, tracks: Sequence[Standing], about: Callable[[Standing], str], sentence: str
) -> list[Finding]:
    if not tracks:
        return []
    named = (f"{track.id!r} ({more})" if (more := about(track)) else repr(track.id) for track in tracks)
    ids = tuple(track.id for track in tracks)
    return [Finding(code, sentence.format(_listed(named)), ids, Severity.NOTE)]


def _listed(names: Iterable[str]) -> str:
    known = list(names)
    shown = ", ".join(known[:_NAMED])
    return f"{shown} and {len(known) - _NAMED} more" if len(known) > _NAMED else shown
