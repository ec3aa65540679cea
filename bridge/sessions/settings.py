"""Reads session.toml: what the engineer says about a session, strict on every key."""

import difflib
import tomllib
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from bridge.sessions.options import SessionOptions
from console.codec import did_you_mean
from console.errors import ParamError, SessionError
from console.frozen import FrozenMap
from console.mix import Mix, TrackStrip
from console.mix.locks import keep_locked
from console.mix.values import SAMPLE_RATES_HZ
from console.session import Role

T = TypeVar("T")

SETTINGS_NAME = "session.toml"

#: A day: nothing starts later than that.
_MAX_START_S = 86_400.0
_NAMES_SHOWN = 12


@dataclass(frozen=True, slots=True)
class TrackSettings:
    """What is said about one track; None: nothing. `start_s` in seconds after the session's start."""

    role: Role | None = None
    group: str | None = None
    lock: tuple[str, ...] | None = None
    leave_out: bool | None = None
    start_s: float | None = None
    detail: str | None = None

    def over(self, other: "TrackSettings") -> "TrackSettings":
        """These settings, and the other's where these say nothing."""
        values = {
            name: mine if mine is not None else getattr(other, name)
            for name in self.__slots__
            for mine in (getattr(self, name),)
        }
        return TrackSettings(**values)


@dataclass(frozen=True, slots=True)
class Pairing:
    """Two mono files that are to be one stereo track, and the track's id ("" for the common part of names)."""

    left: str
    right: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class SessionSettings:
    """A whole session.toml; tracks by the names used there."""

    name: str = ""
    sample_rate_hz: int | None = None
    tracks: FrozenMap[TrackSettings] = field(default_factory=FrozenMap)
    join: tuple[Pairing, ...] = ()
    split: tuple[str, ...] = ()


def read_settings(path: Path) -> SessionSettings:
    """The settings in a TOML file (UTF-8, with or without a byte order mark).

    Raises:
        SessionError: it cannot be read, is no TOML, or has an unknown key or a value out of range.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
        data = tomllib.loads(text)
    except OSError as error:
        raise SessionError(
            f"{path.name!r} cannot be read: {error.strerror or error}; check its path"
        ) from error
    except UnicodeDecodeError as error:
        raise SessionError(f"{path.name!r} is not UTF-8 (byte {error.start}); save it as UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        raise SessionError(f"{path.name!r} is not valid TOML: {error}; correct it there") from error
    return _settings(data, path.name)


def checked_locks(locks: Iterable[str], where: str) -> tuple[str, ...]:
    """The locks, when each names something that a track's strip has.

    Raises:
        SessionError: one names nothing.
    """
    kept = tuple(locks)
    try:
        mix = Mix(sample_rate_hz=SAMPLE_RATES_HZ[1], tracks=(TrackStrip(id="track", locked=kept),))
        keep_locked(mix, mix)
    except ParamError as error:
        raise SessionError(f"{where}: {error}") from None
    return kept


def resolve(name: str, ids: Mapping[str, T], where: str) -> T:
    """What a name in the settings stands for.

    Raises:
        SessionError: nothing has that name; the message lists the nearest.
    """
    wanted = unicodedata.normalize("NFC", name)
    if wanted in ids:
        return ids[wanted]
    near = difflib.get_close_matches(wanted, list(ids), n=3)
    known = sorted(ids)
    listed = ", ".join(repr(item) for item in known[:_NAMES_SHOWN])
    if len(known) > _NAMES_SHOWN:
        listed += f" and {len(known) - _NAMES_SHOWN} more"
    hint = f"did you mean {' or '.join(repr(item) for item in near)}?" if near else f"there are {listed}"
    raise SessionError(f"{where} names the track {name!r}, which is not in the session; {hint}")


def said_by_track(
    settings: SessionSettings, options: SessionOptions, names: Mapping[str, str]
) -> dict[str, TrackSettings]:
    """What is said of each track, by what `names` makes of its name; the caller's words before session.toml's.

    Raises:
        SessionError: a name that is none, a role or a lock that is none.
    """
    said: dict[str, TrackSettings] = {}

    def say(name: str, item: TrackSettings, where: str) -> None:
        key = resolve(name, names, where)
        said[key] = item.over(said.get(key, TrackSettings()))

    for name, item in settings.tracks.items():
        say(name, item, SETTINGS_NAME)
    for name in options.leave_out:
        say(name, TrackSettings(leave_out=True), "what is to be left out")
    for name, role in options.roles.items():
        say(name, TrackSettings(role=checked_role(role, f"the role of {name!r}")), "the list of roles")
    for name, locks in options.locks.items():
        where = f"the lock on {name!r}"
        say(name, TrackSettings(lock=checked_locks(locks, where)), where)
    return said


def _settings(data: Mapping[str, Any], where: str) -> SessionSettings:
    _check_keys(data, ("session", "tracks", "join", "split"), where)
    head = _table(data.get("session", {}), f"{where}: [session]")
    _check_keys(head, ("name", "sample_rate_hz"), f"{where}: [session]")
    rate = head.get("sample_rate_hz")
    tracks = _table(data.get("tracks", {}), f"{where}: [tracks]")
    return SessionSettings(
        name=_text(head.get("name", ""), f"{where}: session.name"),
        sample_rate_hz=None if rate is None else checked_rate(rate, f"{where}: session.sample_rate_hz"),
        tracks=FrozenMap(
            {
                unicodedata.normalize("NFC", name): _track(item, f"{where}: tracks.{name!r}")
                for name, item in tracks.items()
            }
        ),
        join=tuple(
            _pairing(item, f"{where}: [[join]]") for item in _list(data.get("join", []), where, "join")
        ),
        split=tuple(
            _split(item, f"{where}: [[split]]") for item in _list(data.get("split", []), where, "split")
        ),
    )


def checked_rate(value: object, where: str) -> int:
    """A session's sample rate in Hz.

    Raises:
        SessionError: it is no whole number in the range that a Mix may have.
    """
    low, high = SAMPLE_RATES_HZ
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise SessionError(f"{where} is {value!r}; give a whole number from {low} to {high} Hz")
    return value


def checked_role(value: object, where: str) -> Role:
    """A role by its name.

    Raises:
        SessionError: there is no such role.
    """
    if isinstance(value, str) and value in set(Role):
        return Role(value)
    raise SessionError(
        f"{where} is {value!r}, which is no role{did_you_mean(str(value), [role.value for role in Role])}"
    )


def _track(data: object, where: str) -> TrackSettings:
    table = _table(data, where)
    _check_keys(table, tuple(_TRACK_KEYS), where)
    return TrackSettings(**{key: _TRACK_KEYS[key](value, f"{where}.{key}") for key, value in table.items()})


def _pairing(data: object, where: str) -> Pairing:
    table = _table(data, where)
    _check_keys(table, ("left", "right", "name"), where)
    for key in ("left", "right"):
        if key not in table:
            raise SessionError(f"{where} lacks {key!r}; name the files of both sides")
    return Pairing(**{key: _text(value, f"{where} {key}") for key, value in table.items()})


def _split(data: object, where: str) -> str:
    table = _table(data, where)
    _check_keys(table, ("track",), where)
    if "track" not in table:
        raise SessionError(f"{where} lacks 'track'; name the joined track that is to stay two")
    return _text(table["track"], f"{where} track")


def _check_keys(data: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
    for key in data:
        if key not in known:
            raise SessionError(f"{where} has the unknown key {key!r}{did_you_mean(key, list(known))}")


def _table(value: object, where: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise SessionError(f"{where} is {value!r}; make it a table")
    return value


def _list(value: object, where: str, key: str) -> list[Any]:
    if not isinstance(value, list):
        raise SessionError(f"{where}: {key} is one table; write [[{key}]] with two brackets")
    return value


def _text(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise SessionError(f"{where} is {value!r}; give a text in quotes")
    return value


def _flag(value: object, where: str) -> bool:
    if not isinstance(value, bool):
        raise SessionError(f"{where} is {value!r}; give true or false")
    return value


def _start(value: object, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0.0 <= value <= _MAX_START_S:
        raise SessionError(f"{where} is {value!r}; give seconds from 0 to {_MAX_START_S:.0f}")
    return float(value)


def _locks(value: object, where: str) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise SessionError(f'{where} is {value!r}; give a list of texts such as ["pan", "fader_db"]')
    return checked_locks(value, where)


_TRACK_KEYS: dict[str, Callable[[object, str], Any]] = {
    "role": checked_role,
    "group": _text,
    "lock": _locks,
    "leave_out": _flag,
    "start_s": _start,
    "detail": _text,
}
