"""Where the audio of an Ardour session lies: in its own folder, or outside of it where it was embedded."""

from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath, PureWindowsPath

from exporters.ardour.nodes import Node, children
from exporters.ardour.sessionfile import SessionFile, number

_MOST_FOLDERS = 64


@dataclass(frozen=True, slots=True)
class Source:
    """A file, and which of its channels is meant; `of_several`: others of its channels are sources, too.

    `kind` is "audio", "midi" or "compound".
    """

    path: Path
    channel: int
    kind: str
    of_several: bool = False


@dataclass(slots=True)
class Sources:
    """The sources of a session by id; files are looked for in the places where Ardour looks."""

    session: SessionFile
    _nodes: dict[str, Node] = field(default_factory=dict)
    _folders: list[Path] = field(default_factory=list)
    _wide: set[tuple[str, str]] = field(default_factory=set)

    def __post_init__(self) -> None:
        self._nodes = {
            str(item.get("id", "")): item for item in children(self.session.root.find("Sources"), "Source")
        }
        self._wide = {
            (str(item.get("name", "")), str(item.get("origin", "")))
            for item in self._nodes.values()
            if number(item.get("channel"), 0.0) > 0.0
        }
        root = self.session.path.absolute().parent
        own = root / "interchange" / self.session.path.stem / "audiofiles"
        try:
            others = sorted(root.glob("interchange/*/audiofiles"))[:_MOST_FOLDERS]
        except OSError:
            others = []
        self._folders = [own, *(folder for folder in others if folder != own), *self._searched()]

    def get(self, key: str) -> Source | None:
        """A source by its id; None where the session has none of that id."""
        item = self._nodes.get(key)
        if item is None:
            return None
        channel = int(min(max(number(item.get("channel"), 0.0), 0.0), 255.0))
        kind = "compound" if item.get("playlist") is not None else str(item.get("type", "audio"))
        several = (str(item.get("name", "")), str(item.get("origin", ""))) in self._wide
        return Source(self._path(item), channel, kind, several)

    def _path(self, item: Node) -> Path:
        """Where the file is; where it should be, if it is nowhere."""
        said = str(item.get("name", ""))
        name, origin = _base(said), str(item.get("origin", ""))
        outside = next((Path(text) for text in (said, origin) if _is_whole(text)), None)
        inside = [folder / name for folder in self._folders]
        # Ardour marks what it recorded or imported; what is outside it does not mark.
        written = any(word in str(item.get("flags", "")) for word in ("Writable", "Removable"))
        if outside is not None and not written and _base(str(outside)) == name:
            places = [outside, *inside]
        else:
            places = inside
        return next((place for place in places if _is_file(place)), places[0])

    def _searched(self) -> list[Path]:
        for option in children(self.session.root.find("Config"), "Option"):
            if option.get("name") == "audio-search-path":
                parts = str(option.get("value", "")).split(":")[:_MOST_FOLDERS]
                return [Path(part) for part in parts if _is_whole(part)]
        return []


def _base(name: str) -> str:
    """The last part of a path of any system: nothing of a name can lead out of a folder."""
    base = PureWindowsPath(PurePosixPath(name).name).name
    return base if base not in ("", ".", "..") else "unnamed"


def _is_whole(text: str) -> bool:
    return "\x00" not in text and (PurePosixPath(text).is_absolute() or PureWindowsPath(text).is_absolute())


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False
