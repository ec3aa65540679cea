"""Styles of mixing as TOML files, read into the Target that estimators aim at."""

import tomllib
from importlib import resources
from pathlib import Path

from console.codec import decode, did_you_mean
from console.errors import ParamError
from console.estimators.target import Target

TARGET_SCHEMA = "mixbridge.target/1"


def target_names() -> tuple[str, ...]:
    """Names of the targets that come with the package."""
    files = resources.files(__package__).iterdir()
    return tuple(sorted(file.name.removesuffix(".toml") for file in files if file.name.endswith(".toml")))


def load_target(name: str | Path = "modern") -> Target:
    """A target by its name, or from a TOML file of the user's.

    Raises:
        ParamError: no such target or file, or one that does not fit the schema.
    """
    if str(name).endswith(".toml"):
        path = Path(name)
        try:
            text = path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ParamError(f"the target {path} cannot be read: {error}; give a TOML file") from None
        return read_target(text, source=str(path))
    if name not in target_names():
        raise ParamError(f"there is no target {str(name)!r}{did_you_mean(str(name), list(target_names()))}")
    text = (resources.files(__package__) / f"{name}.toml").read_text(encoding="utf-8")
    return read_target(text, source=f"target {name}")


def read_target(text: str, *, source: str) -> Target:
    """A target from TOML text.

    Raises:
        ParamError: the text is no TOML of this schema; the message has the place.
    """
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ParamError(f"{source} is not TOML: {error}; mend the line it names") from None
    if data.pop("schema", None) != TARGET_SCHEMA:
        raise ParamError(f"{source} is no target; its first line is to be schema = {TARGET_SCHEMA!r}")
    return decode(Target, data, source)
