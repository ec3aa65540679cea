"""A folder of TOML files of one kind: those that come with the package, by name, and the user's own, by path."""

import tomllib
from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, Generic, TypeVar

from console.codec import decode, did_you_mean
from console.errors import ParamError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Shelf(Generic[T]):
    """Where such files are and what they hold.

    `package` has the files that are shipped, `kind` is what one is read into, `schema` stands in its first line,
    `noun` is what messages call it, `suffix` what its file's name ends with. `read_as` makes the value from parsed
    TOML without its schema line, for kinds that have more to them than their fields.
    """

    package: str
    kind: type[T]
    schema: str
    noun: str
    suffix: str = ".toml"
    read_as: Callable[[type[T], Any, str], T] = decode

    def names(self) -> tuple[str, ...]:
        """The names of the files that are shipped."""
        files = resources.files(self.package).iterdir()
        return tuple(sorted(f.name.removesuffix(self.suffix) for f in files if f.name.endswith(self.suffix)))

    def load(self, name: str | Path) -> T:
        """One by its name, or from a file of the user's.

        Raises:
            ParamError: no such name or file, or one that does not fit the schema.
        """
        if str(name).endswith(self.suffix):
            path = Path(name)
            try:
                text = path.read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                raise ParamError(
                    f"the {self.noun} {path} cannot be read: {error}; give a TOML file"
                ) from None
            return self.read(text, source=str(path))
        if name not in self.names():
            raise ParamError(
                f"there is no {self.noun} {str(name)!r}{did_you_mean(str(name), list(self.names()))}"
            )
        text = (resources.files(self.package) / f"{name}{self.suffix}").read_text(encoding="utf-8")
        return self.read(text, source=f"{self.noun} {name}")

    def read(self, text: str, *, source: str) -> T:
        """One from TOML text.

        Raises:
            ParamError: the text is no TOML of this schema; the message has the place.
        """
        try:
            data = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise ParamError(f"{source} is not TOML: {error}; mend the line it names") from None
        if data.pop("schema", None) != self.schema:
            raise ParamError(f"{source} is no {self.noun}; its first line is to be schema = {self.schema!r}")
        return self.read_as(self.kind, data, source)


def toml_text(value: str) -> str:
    """A basic TOML string; what is no text at all becomes a question mark."""
    clean = value.encode("utf-8", "replace").decode("utf-8")
    escaped = clean.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c >= " " and c != "\x7f" else f"\\u{ord(c):04x}" for c in escaped) + '"'
