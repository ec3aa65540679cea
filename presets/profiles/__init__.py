"""Saved styles as TOML files: the sound of finished songs, to be matched without them."""

import tomllib
from importlib import resources
from pathlib import Path

from console.codec import decode, did_you_mean
from console.errors import ParamError
from console.estimators.reference import PROFILE_SUFFIX, StyleProfile

PROFILE_SCHEMA = "mixbridge.profile/1"
_DECIMALS = 2


def profile_names() -> tuple[str, ...]:
    """Names of the profiles that come with the package."""
    files = resources.files(__package__).iterdir()
    return tuple(
        sorted(f.name.removesuffix(PROFILE_SUFFIX) for f in files if f.name.endswith(PROFILE_SUFFIX))
    )


def load_profile(name: str | Path) -> StyleProfile:
    """A profile by its name, or from a TOML file of the user's.

    Raises:
        ParamError: no such profile or file, or one that does not fit the schema.
    """
    if str(name).endswith(PROFILE_SUFFIX):
        path = Path(name)
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ParamError(f"the profile {path} cannot be read: {error}; give a TOML file") from None
        return read_profile(text, source=str(path))
    if name not in profile_names():
        raise ParamError(f"there is no profile {str(name)!r}{did_you_mean(str(name), list(profile_names()))}")
    text = (resources.files(__package__) / f"{name}{PROFILE_SUFFIX}").read_text(encoding="utf-8")
    return read_profile(text, source=f"profile {name}")


def read_profile(text: str, *, source: str) -> StyleProfile:
    """A profile from TOML text.

    Raises:
        ParamError: the text is no TOML of this schema; the message has the place.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ParamError(f"{source} is not TOML: {error}; mend the line it names") from None
    if data.pop("schema", None) != PROFILE_SCHEMA:
        raise ParamError(f"{source} is no style profile; its first line is to be schema = {PROFILE_SCHEMA!r}")
    return decode(StyleProfile, data, source)


def dump_profile(profile: StyleProfile) -> str:
    """The profile as TOML text, figures to a hundredth of a dB."""
    sound = profile.sound
    lines = [
        f"schema = {_text(PROFILE_SCHEMA)}",
        f"name = {_text(profile.name)}",
        f"sources = [{', '.join(_text(source) for source in profile.sources)}]",
        "",
        "[sound]",
    ]
    for name in ("crest_db", "width_db", "balance_db", "spread_db", "loudness_lufs"):
        lines.append(f"{name} = {_number(getattr(sound, name))}")
    for name in ("mid_db", "side_db"):
        values = [_number(value) for value in getattr(sound, name)]
        rows = [", ".join(values[start : start + 8]) for start in range(0, len(values), 8)]
        lines += [f"{name} = [", *(f"  {row}," for row in rows), "]"]
    return "\n".join(lines) + "\n"


def _number(value: float) -> str:
    return repr(round(value, _DECIMALS) + 0.0)


def _text(value: str) -> str:
    """A basic TOML string; what is no text at all becomes a question mark."""
    clean = value.encode("utf-8", "replace").decode("utf-8")
    escaped = clean.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c >= " " and c != "\x7f" else f"\\u{ord(c):04x}" for c in escaped) + '"'
