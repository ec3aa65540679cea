"""Opens any Ardour session: tracks with their regions as they sound, buses, tempo, markers; and what cannot be read."""

from dataclasses import replace
from pathlib import Path

from console.mix.values import MASTER
from console.units import gain_to_db
from exporters.ardour.fades import read_fade, read_points
from exporters.ardour.layers import Layer, heard
from exporters.ardour.nodes import Node, children
from exporters.ardour.ownregions import OwnRegions
from exporters.ardour.plugins import MARK
from exporters.ardour.routing import Routing, kind_of, read_routing
from exporters.ardour.sessionfile import (
    SessionFile,
    control,
    flags,
    inputs,
    is_active,
    is_muted,
    number,
    read_notes,
    read_session,
    yes,
)
from exporters.ardour.sources import Source, Sources
from exporters.ardour.timeline import read_beats, read_markers, read_tempo
from exporters.ardour.times import Times
from exporters.project import Channels, Fade, Item, Project, ProjectTrack, TrackKind

FORMAT = "ardour"

_KINDS = {"track": TrackKind.AUDIO, "group": TrackKind.GROUP, "fx": TrackKind.RETURN}
_PLUGIN_TYPES = frozenset(
    {
        "lv2",
        "ladspa",
        "windows-vst",
        "lxvst",
        "mac-vst",
        "audiounit",
        "luaproc",
        "vst3",
        "port",
        "insert",
        "send",
    }
)


def open_project(path: Path) -> Project:
    """The session in an .ardour file, as versions 3 to 8 of Ardour write it.

    Of a track's playlists the active one is read. MIDI and regions with a gain envelope are a track's or an item's
    `problem`; automation of faders is not applied. Sources are named where they are; they need not exist.

    Raises:
        ExportError: the file cannot be read, is no session, or is from before Ardour 3.
    """
    session = read_session(path)
    times = Times(session.version, session.sample_rate_hz, read_beats(session))
    OwnRegions(session, times).take_back()
    return Project(
        path=path,
        format=FORMAT,
        tracks=tuple(_Opening(session, times).tracks()),
        sample_rate_hz=session.sample_rate_hz,
        tempo=read_tempo(session),
        markers=read_markers(session, times),
    )


class _Opening:
    """Reads the tracks of one session."""

    def __init__(self, session: SessionFile, times: Times) -> None:
        self._session, self._times = session, times
        self._sources = Sources(session)
        self._notes = read_notes(session)
        self._routing: Routing = read_routing(session)
        playlists = list(children(session.root.find("Playlists"), "Playlist"))
        self._by_id = {str(item.get("id", "")): item for item in playlists}
        self._fades = not any(
            option.get("name") == "use-region-fades" and not yes(option.get("value"))
            for option in children(session.root.find("Config"), "Option")
        )
        self._by_name = {str(item.get("name", "")): item for item in playlists}

    def tracks(self) -> list[ProjectTrack]:
        """Every route but the master."""
        kinds = {key: kind_of(key, route, self._routing) for key, route in self._session.by_id.items()}
        master = self._session.master
        master_key = str(master.get("id", "")) if master is not None else ""
        found = []
        for key, route in self._session.by_id.items():
            if kinds[key]:
                group = self._routing.group(key, kinds, master_key) if kinds[key] != "fx" else ""
                found.append(self._track(key, route, kinds[key], group))
        return found

    def _track(self, key: str, route: Node, kind: str, group: str) -> ProjectTrack:
        playlist = self._playlist(route) if kind == "track" else None
        regions = list(children(playlist, "Region"))
        midi = "Midi" in flags(route) or any(region.get("type") == "midi" for region in regions)
        problem = "holds MIDI" if midi and kind == "track" and regions else ""
        solo = control(route, "solo") or 0.0
        note = self._notes.get(key)
        return ProjectTrack(
            key=key,
            name=str(route.get("name", "")),
            kind=_KINDS[kind],
            items=() if midi else self._items(regions),
            output=group or MASTER,
            muted=is_muted(route),
            soloed=solo > 0.0,
            disabled=not is_active(route),
            plugins=_plugins(route),
            problem=problem,
            channels=note.channels if note is not None else 1 if inputs(route) == 1 else 0,
            ours=note is not None and note.kind in ("group", "fx"),
        )

    def _playlist(self, route: Node) -> Node | None:
        key = str(route.get("audio-playlist", "")) or str(route.get("midi-playlist", ""))
        if key:
            return self._by_id.get(key)
        # Until version 5 a track's diskstream named its playlist.
        stream = route.find("Diskstream")
        name = str(stream.get("playlist", "")) if stream is not None else str(route.get("playlist", ""))
        return self._by_name.get(name)

    def _items(self, regions: list[Node]) -> tuple[Item, ...]:
        layers = []
        for place, region in enumerate(regions):
            items = self._region(region)
            level = number(region.get("layering-index"), number(region.get("layer"), float(place)))
            layers.append(Layer(items, level, yes(region.get("opaque", "1"))))
        return heard(layers)

    def _region(self, region: Node) -> tuple[Item, ...]:
        """A region as one item, or as one for each side where these are files of their own."""
        length, _, place = str(region.get("length", "0")).partition("@")
        gain = number(region.get("scale-amplitude"), 1.0)
        flat = self._envelope(region)
        length_s = max(self._times.seconds(length, "a region's length"), 0.0)
        base = Item(
            name=str(region.get("name", "")),
            file=None,
            position_s=self._times.seconds(place or str(region.get("position", "0")), "a region's place"),
            length_s=length_s,
            offset_s=self._times.seconds(str(region.get("start", "0")), "a region's start"),
            gain_db=gain_to_db(abs(gain) * (flat or 1.0)),
            fade_in=read_fade(region, "in", self._times, self._session.sample_rate_hz, length_s),
            fade_out=read_fade(region, "out", self._times, self._session.sample_rate_hz, length_s),
            inverted=gain < 0.0,
            muted=yes(region.get("muted")),
            problem="has a gain envelope" if flat is None else "",
        )
        if not self._fades:
            base = replace(base, fade_in=Fade(), fade_out=Fade())
        count = int(min(max(number(region.get("channels"), 1.0), 0.0), 256.0))
        sources = [self._sources.get(str(region.get(f"source-{index}", ""))) for index in range(count)]
        return _with_sources(base, sources)

    def _envelope(self, region: Node) -> float | None:
        """The one gain of a region's envelope; None where it moves."""
        item = region.find("Envelope")
        if item is None or not yes(region.get("envelope-active")):
            return 1.0
        points = read_points(
            str(item.findtext("AutomationList/events") or ""), self._times, "an envelope's point"
        )
        gains = {gain for _, gain in points} or {1.0}
        return gains.pop() if len(gains) == 1 else None


def _with_sources(item: Item, sources: list[Source | None]) -> tuple[Item, ...]:
    """The item with its file or files."""
    found = [source for source in sources if source is not None]
    if len(found) < len(sources) or not found:
        return (replace(item, problem=item.problem or "plays a source that the session does not list"),)
    if any(source.kind == "midi" for source in found):
        return (replace(item, problem="holds MIDI"),)
    if any(source.kind == "compound" for source in found):
        return (replace(item, problem="is a compound of other regions"),)
    if len(found) == 1:
        source = found[0]
        return (replace(item, file=source.path, channels=_one_channel(source)),)
    if len(found) > 2:
        return (replace(item, file=found[0].path, problem=f"has {len(found)} channels"),)
    left, right = found
    if left.path == right.path:
        sides = (left.channel, right.channel)
        known = {(0, 1): Channels.ALL, (1, 0): Channels.SWAPPED}
        if sides in known:
            return (replace(item, file=left.path, channels=known[sides]),)
        return (replace(item, file=left.path, problem="plays one channel on both sides"),)
    return (
        replace(item, file=left.path, channels=Channels.TO_LEFT),
        replace(item, file=right.path, channels=Channels.TO_RIGHT),
    )


def _one_channel(source: Source) -> Channels:
    """What a mono region plays: of a mono file all there is, of any other one side."""
    if source.channel > 0:
        return Channels.RIGHT
    return Channels.LEFT if source.of_several else Channels.ALL


def _plugins(route: Node) -> tuple[str, ...]:
    """The user's inserts by name, ours apart."""
    return tuple(
        str(item.get("name", ""))
        for item in children(route, "Processor")
        if item.get("type") in _PLUGIN_TYPES and not str(item.get("name", "")).startswith(MARK)
    )
