"""Reads an Ardour session file: its tree, version and rate, and the plain facts of its routes."""

import base64
import binascii
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from console.errors import ExportError
from exporters.ardour.document import NOTES
from exporters.ardour.nodes import Node, children
from exporters.ardour.plugins import KEYS, PLUGINS, Insert, key_of_script
from exporters.unpack import parse_xml, read_bytes

#: Ardour 3 wrote the first sessions whose shape is still today's.
OLDEST_VERSION = 3000

#: No audio interface and no session of Ardour's runs outside of these, in Hz.
_RATES_HZ = (1_000, 768_000)

_MOST_ROUTES = 200_000
_MOST_SAMPLES = 2**53
_LEAST_GAIN = 1e-6
_YES = frozenset({"1", "yes", "true", "y"})


@dataclass(frozen=True, slots=True)
class Note:
    """What our own writer noted of a route.

    Its regions of `file` lie `delay_samples` after where they belong and play `gain` times as loud. `idle`: a bus that
    the mix has no use for, which sums and plays nothing. `added`: by a patch.
    """

    kind: str
    id: str
    channels: int
    start_samples: int
    delay_samples: int = 0
    gain: float = 1.0
    file: str = ""
    idle: bool = False
    added: bool = False


@dataclass(slots=True)
class SessionFile:
    """A session as a tree, with its routes by id and by name."""

    path: Path
    tree: Node
    root: Node
    version: int
    sample_rate_hz: int
    routes: list[Node] = field(default_factory=list)
    by_id: dict[str, Node] = field(default_factory=dict)

    @property
    def master(self) -> Node | None:
        """The master bus."""
        return next((route for route in self.routes if "MasterOut" in flags(route)), None)


def read_session(path: Path) -> SessionFile:
    """The session in a file.

    Raises:
        ExportError: it cannot be read, is no session of Ardour's, is from before Ardour 3, or is damaged.
    """
    tree = parse_xml(read_bytes(path), str(path))
    root = tree.getroot()
    if root.tag != "Session":
        raise ExportError(f"{path} holds <{root.tag}>, no session; give Ardour's .ardour file")
    version = _version(path, root.get("version", ""))
    rate = number(root.get("sample-rate", ""), 0.0)
    if not _RATES_HZ[0] <= rate <= _RATES_HZ[1]:
        raise ExportError(
            f"{path} says a sample rate of {root.get('sample-rate')!r}; "
            f"give a session of {_RATES_HZ[0]} to {_RATES_HZ[1]} Hz"
        )
    session = SessionFile(path, tree, root, version, int(rate))
    for route in children(root.find("Routes"), "Route"):
        session.routes.append(route)
        key = route.get("id", "")
        if not key or key in session.by_id:
            raise ExportError(
                f"{path}: two routes have the identity {key!r}; save the session again in Ardour"
            )
        session.by_id[key] = route
        if len(session.routes) > _MOST_ROUTES:
            raise ExportError(f"{path} has more than {_MOST_ROUTES} routes; give a session")
    return session


def _version(path: Path, text: str) -> int:
    major = text.split(".")[0]
    if not major.isdecimal() or len(major) > 6:
        raise ExportError(f"{path} says version {text[:20]!r}; give a session of Ardour 3 or newer")
    version = int(major)
    if version < OLDEST_VERSION:
        raise ExportError(f"{path} is from Ardour 2 (version {text[:20]}); save it once in a newer Ardour")
    return version


def yes(text: str | None) -> bool:
    """What Ardour's words for yes and no mean: "1" since version 5, "yes" before."""
    return (text or "").strip().lower() in _YES


def number(text: str | None, default: float) -> float:
    """A finite number, the default where there is none."""
    try:
        value = float(text) if text is not None and len(text) <= 64 else math.nan
    except ValueError:
        value = math.nan
    return value if math.isfinite(value) else default


def flags(route: Node) -> str:
    """What a route is, in words such as "AudioTrack", "MidiTrack", "AudioBus" and "MasterOut"."""
    info = route.find("PresentationInfo")
    said = str(info.get("flags", "")) if info is not None else str(route.get("flags", ""))
    if said:
        return said
    has_playlist = route.get("audio-playlist") is not None or route.find("Diskstream") is not None
    return "AudioTrack" if has_playlist else "AudioBus"


def control(parent: Node | None, name: str) -> float | None:
    """The value of a control among an element's children."""
    for item in children(parent, "Controllable"):
        if item.get("name") == name:
            return number(item.get("value"), 0.0)
    return None


def processors(route: Node, kind: str) -> Iterator[Node]:
    """The processors of a type, in order."""
    for item in children(route, "Processor"):
        if item.get("type") == kind:
            yield item


def is_muted(route: Node) -> bool:
    """Whether a route's mute is on."""
    value = control(route, "mute")
    if value is not None:
        return value > 0.0
    master = route.find("MuteMaster")
    return master is not None and yes(master.get("muted"))


def is_active(route: Node) -> bool:
    """Whether a route sounds at all."""
    return route.get("active") is None or yes(route.get("active"))


def inputs(route: Node) -> int:
    """How many audio inputs a route has: 1 for a mono track."""
    for io in children(route, "IO"):
        if io.get("direction") == "Input":
            return sum(1 for port in children(io, "Port") if port.get("type", "audio") == "audio")
    return 2


def connections(route: Node, direction: str) -> list[list[str]]:
    """The ports that each port of one side of a route is connected to."""
    for io in children(route, "IO"):
        if io.get("direction") == direction:
            return [
                [str(one.get("other", "")) for one in children(port, "Connection")]
                for port in children(io, "Port")
            ]
    return []


def inserts(route: Node) -> list[Insert]:
    """The plugins of a route that are known, in order."""
    found = []
    for item in children(route, "Processor"):
        insert = read_insert(item)
        if insert is not None:
            found.append(insert)
    return found


def read_insert(item: Node) -> Insert | None:
    """A processor as a plugin that is known; None for any other."""
    name, active = str(item.get("name", "")), yes(item.get("active", "1"))
    if item.get("type") == "lv2":
        key = KEYS.get(str(item.get("unique-id", "")))
        inner = item.find("lv2")
        if key is None:
            return None
        values = {
            str(port.get("symbol", "")): number(port.get("value"), 0.0) for port in children(inner, "Port")
        }
        # The plugins' own switches count like the processor's.
        on = active and values.get("enable", values.get("enabled", 1.0)) > 0.0
        return Insert(key, name, values, on)
    if item.get("type") == "luaproc":
        inner = item.find("luaproc")
        script = inner.find("script") if inner is not None else None
        key = key_of_script(str(script.text or "")) if script is not None else ""
        if not key:
            return None
        ports = PLUGINS[key].ports
        numbers = {
            str(port.get("id", "")): number(port.get("value"), 0.0) for port in children(inner, "Port")
        }
        return Insert(
            key, name, {port: numbers[str(i)] for i, port in enumerate(ports) if str(i) in numbers}, active
        )
    return None


def read_notes(session: SessionFile) -> Mapping[str, Note]:
    """What our writer noted of routes, by their ids.

    Raises:
        ExportError: a note is damaged.
    """
    extra = session.root.find("Extra")
    told = extra.find(NOTES) if extra is not None else None
    found = {}
    for item in children(told, "Strip"):
        try:
            who = base64.urlsafe_b64decode(str(item.get("id", ""))).decode("utf-8", "surrogatepass")
            note = Note(
                str(item.get("kind", "")),
                who,
                int(item.get("channels", "2")),
                int(item.get("start", "0")),
                int(item.get("delay", "0")),
                min(max(number(item.get("gain"), 1.0), _LEAST_GAIN), 1.0 / _LEAST_GAIN),
                str(item.get("file", "")),
                item.get("idle") == "1",
                item.get("added") == "1",
            )
            if max(abs(note.start_samples), abs(note.delay_samples)) > _MOST_SAMPLES:
                raise ValueError("a place that is none")
        except (binascii.Error, ValueError) as error:
            raise ExportError(f"{session.path}: a note of ours is damaged; export again") from error
        found[str(item.get("route", ""))] = note
    return found
