"""Puts a Session together from what the files or the project, the settings and the names say."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from bridge.sessions.collect import natural_key
from bridge.sessions.pairing import Choices
from bridge.sessions.probe import Probed
from bridge.sessions.roles import GUIDE, MIXDOWN, NamedRole, name_roles
from bridge.sessions.settings import TrackSettings
from bridge.sessions.starts import starts_by_stamp
from console.frozen import FrozenMap
from console.session import AudioFile, Finding, Role, Session, SessionTrack, Severity
from console.session.reader import resampled_length

_LOW_RATE_HZ = 16_000
_SURE = 0.9

#: Tracks that are in the folder but not to be heard: why, by what the name says of them.
_NOT_HEARD = {
    GUIDE: ("left-out", "is a guide to play to by its name"),
    MIXDOWN: ("left-out", "is a finished mix by its name"),
    Role.CLICK.value: ("click", "is a click track by its name"),
}


@dataclass(frozen=True, slots=True)
class Source:
    """A track to be: its id, its files, where it starts in seconds, and what was said about it.

    `key` and `group` are those of a DAW's project; `silent` says why the project does not play it, None where it does.
    """

    id: str
    files: tuple[AudioFile, ...]
    start_s: Fraction
    said: TrackSettings
    key: str = ""
    group: str = ""
    silent: Finding | None = None


def assemble(
    *,
    name: str,
    root: Path,
    sample_rate_hz: int | None,
    probed: Mapping[str, Probed],
    choices: Choices,
    settings: Mapping[str, TrackSettings],
    findings: tuple[Finding, ...],
) -> Session:
    """The session of files; `sample_rate_hz` None: the rate that most of the audio has, by its length."""
    starts = starts_by_stamp(probed)
    return make_session(
        name=name,
        root=root,
        sample_rate_hz=sample_rate_hz,
        sources=_sources(probed, choices, settings, starts.seconds),
        findings=(*findings, *starts.findings, *_joined(choices)),
    )


def make_session(
    *,
    name: str,
    root: Path,
    sample_rate_hz: int | None,
    sources: Sequence[Source],
    findings: tuple[Finding, ...],
    project: Path | None = None,
) -> Session:
    """The session of tracks to be, in their order; roles are told by the names."""
    rate_hz = sample_rate_hz or majority_rate_hz([file for source in sources for file in source.files])
    named = name_roles([source.id for source in sources])
    tracks = []
    told = [*findings]
    for source, by_name in zip(sources, named, strict=True):
        reason = _reason_to_leave_out(source, by_name)
        if reason and reason is not source.silent:
            told.append(reason)
        tracks.append(_track(source, by_name, rate_hz, included=reason is None))
    return Session(name, root, rate_hz, tuple(tracks), (*told, *_facts(tuple(tracks), rate_hz)), project)


def majority_rate_hz(files: list[AudioFile]) -> int:
    """The sample rate of most of the audio by its length; the higher one when two have the same."""
    seconds: dict[int, Fraction] = defaultdict(Fraction)
    for file in files:
        seconds[file.sample_rate_hz] += Fraction(file.frames, file.sample_rate_hz)
    return max(seconds, key=lambda rate: (seconds[rate], rate))


def _sources(
    probed: Mapping[str, Probed],
    choices: Choices,
    settings: Mapping[str, TrackSettings],
    starts: Mapping[str, Fraction],
) -> list[Source]:
    said = defaultdict(TrackSettings, settings)
    files = {name: item.file for name, item in probed.items() if item.file is not None}
    joined = {name for pair in choices.joined for name in (pair.left, pair.right)}
    sources = [
        Source(name, (file,), starts[name], said[name]) for name, file in files.items() if name not in joined
    ]
    for pair in choices.joined:
        about = said[pair.id].over(said[pair.left]).over(said[pair.right])
        sources.append(Source(pair.id, (files[pair.left], files[pair.right]), starts[pair.left], about))
    return sorted(sources, key=lambda source: natural_key(source.id))


def _track(source: Source, by_name: NamedRole, rate_hz: int, *, included: bool) -> SessionTrack:
    file, said = source.files[0], source.said
    start_s = source.start_s if said.start_s is None else Fraction(said.start_s)
    return SessionTrack(
        id=source.id,
        files=source.files,
        channels=2 if len(source.files) == 2 else file.channels,
        samples=resampled_length(file.frames, file.sample_rate_hz, rate_hz),
        start_samples=round(start_s * rate_hz),
        role=by_name.role if said.role is None else said.role,
        role_confidence=by_name.confidence if said.role is None else 1.0,
        detail=by_name.detail if said.detail is None else said.detail,
        group=source.group if said.group is None else said.group,
        included=included,
        locked=said.lock or (),
        key=source.key,
    )


def _reason_to_leave_out(source: Source, by_name: NamedRole) -> Finding | None:
    """Why a track is not to be heard: because it was said, or because of its name; None when it is."""
    said = source.said
    if said.leave_out is not None:
        text = f"{source.id!r} is left out, as you said"
        return Finding("left-out", text, (source.id,), Severity.NOTE) if said.leave_out else None
    if source.silent is not None:
        return source.silent
    is_click = said.role is Role.CLICK or (
        said.role is None and by_name.role is Role.CLICK and by_name.confidence >= _SURE
    )
    mark = Role.CLICK.value if is_click else by_name.detail
    if mark not in _NOT_HEARD or (said.role is not None and not is_click):
        return None
    code, why = _NOT_HEARD[mark]
    text = f"{source.id!r} {why}: it is left out (leave_out = false in session.toml keeps it)"
    return Finding(code, text, (source.id,), Severity.NOTE)


def _joined(choices: Choices) -> list[Finding]:
    return [
        Finding(
            "joined",
            f"{pair.left!r} and {pair.right!r} are the left and right side of {pair.id!r} "
            "([[split]] keeps them apart)",
            (pair.id,),
            Severity.NOTE,
        )
        for pair in choices.joined
    ]


def _facts(tracks: tuple[SessionTrack, ...], rate_hz: int) -> list[Finding]:
    found = []
    other = tuple(track for track in tracks if track.files[0].sample_rate_hz != rate_hz)
    if other:
        named = ", ".join(f"{track.id!r} ({track.files[0].sample_rate_hz} Hz)" for track in other)
        text = f"resampled to the session's {rate_hz} Hz: {named}"
        found.append(Finding("resampled", text, tuple(track.id for track in other)))
    low = {track.id: track.files[0].sample_rate_hz for track in tracks}
    low = {name: file_hz for name, file_hz in low.items() if file_hz < _LOW_RATE_HZ}
    if low:
        worst = min(low.values())
        text = f"nothing above {worst / 2000:.1f} kHz can be in {', '.join(map(repr, low))}: {worst} Hz"
        figures = FrozenMap({"sample_rate_hz": float(worst)})
        found.append(Finding("low-sample-rate", text, tuple(low), figures=figures))
    if len(tracks) == 1:
        text = f"{tracks[0].id!r} is the only track: there is nothing to balance it against"
        found.append(Finding("one-track", text, (tracks[0].id,), Severity.NOTE))
    ends_s = {track.id: track.end_samples / rate_hz for track in tracks}
    if len(set(ends_s.values())) > 1:
        shortest, longest = min(ends_s.values()), max(ends_s.values())
        text = f"tracks end between {shortest:.2f} s and {longest:.2f} s; the session ends with the last"
        figures = FrozenMap({"first_end_s": shortest, "last_end_s": longest})
        found.append(Finding("unequal-length", text, (), Severity.NOTE, figures))
    return found
