"""What an engineer does in the DAW to a project that we wrote: a plugin among ours, a fader, a track, another name."""

import gzip
import zipfile
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lxml import etree
from reaper_cases import GUIDS, USERS_FX, track_text, wave_item

from exporters.reaper.edit import set_line
from exporters.reaper.rpp import Node, parse, read_document, to_bytes

Edit = Callable[[Any, str], None]

#: What the plugins below are called by the readers of their formats.
PLUGIN = "Their plugin"


@dataclass(frozen=True, slots=True)
class Engineer:
    """Edits the projects of one format; every edit takes the project's root and a track's name.

    `fader` sets a track's fader to half its amplitude; `track` puts a copy of a track, called "Own", that is the
    user's, behind it. `move` lets a track's audio begin a tenth of a second later.
    """

    opened: Callable[[Path], Any]
    saved: Callable[[Any, Path], None]
    plugin: Edit
    fader: Edit
    rename: Edit
    track: Edit
    move: Edit

    def edit(self, path: Path, *edits: tuple[str, str]) -> None:
        """Do edits, each by its name on a track, to a project in place."""
        root = self.opened(path)
        for name, track in edits:
            getattr(self, name)(root, track)
        self.saved(root, path)


# REAPER


def _rpp_track(root: Any, name: str) -> Node:
    project = root.node("REAPER_PROJECT")
    return next(track for track in project.nodes("TRACK") if track.row("NAME") == [name])


def _rpp_plugin(root: Any, name: str) -> None:
    track = _rpp_track(root, name)
    lines = USERS_FX.replace("VST3: Pro-Q 3 (FabFilter)", PLUGIN)
    theirs = parse(lines).items[0].items[4:]
    chain = track.node("FXCHAIN")
    ends = [place for place, item in enumerate(chain.items) if item == "WAK 0 0"]
    chain.items[ends[0] + 1 : ends[0] + 1] = theirs


def _rpp_fader(root: Any, name: str) -> None:
    track = _rpp_track(root, name)
    volume, *rest = track.row("VOLPAN")
    set_line(track, " ".join(["VOLPAN", f"{float(volume) / 2.0:.17f}", *rest]))


def _rpp_rename(root: Any, name: str) -> None:
    set_line(_rpp_track(root, name), f'NAME "My {name}"')


def _rpp_track_added(root: Any, name: str) -> None:
    items = _rpp_track(root, name).node("ITEM").node("SOURCE")
    text = track_text(
        GUIDS[30], "Own", items=wave_item(items.row("FILE")[0]).replace("LENGTH 3", "LENGTH 0.2")
    )
    project = root.node("REAPER_PROJECT")
    ends = [
        place for place, item in enumerate(project.items) if isinstance(item, Node) and item.name == "TRACK"
    ]
    project.items.insert(ends[-1] + 1, parse(text).items[0])


def _rpp_move(root: Any, name: str) -> None:
    item = _rpp_track(root, name).node("ITEM")
    set_line(item, f"POSITION {float(item.row('POSITION')[0]) + 0.1!r}")


# Ableton Live


def _als_open(path: Path) -> Any:
    return etree.fromstring(gzip.decompress(path.read_bytes()))


def _als_save(root: Any, path: Path) -> None:
    path.write_bytes(gzip.compress(etree.tostring(root, xml_declaration=True, encoding="UTF-8")))


def _als_track(root: Any, name: str) -> Any:
    names = (f"A-{name}", f"B-{name}", name)
    return next(
        track
        for track in root.iterfind("LiveSet/Tracks/*")
        if track.find("Name/EffectiveName").get("Value") in names
    )


def _als_plugin(root: Any, name: str) -> None:
    devices = _als_track(root, name).find("DeviceChain/DeviceChain/Devices")
    device = etree.fromstring(
        f'<PluginDevice Id="77"><UserName Value="" /><PluginDesc><Vst3PluginInfo Id="0"><Name Value="{PLUGIN}" />'
        "</Vst3PluginInfo></PluginDesc></PluginDevice>"
    )
    devices.insert(1, device)


def _als_fader(root: Any, name: str) -> None:
    knob = _als_track(root, name).find("DeviceChain/Mixer/Volume/Manual")
    knob.set("Value", repr(float(knob.get("Value")) / 2.0))


def _als_rename(root: Any, name: str) -> None:
    track = _als_track(root, name)
    for tag in ("EffectiveName", "UserName"):
        track.find(f"Name/{tag}").set("Value", f"My {name}")


def _als_track_added(root: Any, name: str) -> None:
    track = _als_track(root, name)
    own = deepcopy(track)
    own.set("Id", "7777")
    for tag, text in (("EffectiveName", "Own"), ("UserName", "Own"), ("Annotation", "")):
        own.find(f"Name/{tag}").set("Value", text)
    for device in list(own.find("DeviceChain/DeviceChain/Devices")):
        device.find("UserName").set("Value", PLUGIN)
    track.addnext(own)


def _als_move(root: Any, name: str) -> None:
    clip = _als_track(root, name).find(".//AudioClip")
    for holder, key in (
        (clip, "Time"),
        (clip.find("CurrentStart"), "Value"),
        (clip.find("CurrentEnd"), "Value"),
    ):
        holder.set(key, repr(float(holder.get(key)) + 0.2))  # two beats a second


# DAWproject


def _daw_open(path: Path) -> Any:
    with zipfile.ZipFile(path) as archive:
        return etree.fromstring(archive.read("project.xml"))


def _daw_save(root: Any, path: Path) -> None:
    with zipfile.ZipFile(path) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    entries["project.xml"] = etree.tostring(root, xml_declaration=True, encoding="UTF-8")
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in entries.items():
            archive.writestr(name, data)


def _daw_track(root: Any, name: str) -> Any:
    return next(track for track in root.iterfind("Structure//Track") if track.get("name") == name)


def _daw_plugin(root: Any, name: str) -> None:
    devices = _daw_track(root, name).find("Channel/Devices")
    devices.insert(
        1, etree.fromstring(f'<Vst3Plugin deviceName="{PLUGIN}" deviceRole="audioFX" id="theirs"/>')
    )


def _daw_fader(root: Any, name: str) -> None:
    fader = _daw_track(root, name).find("Channel/Volume")
    fader.set("value", repr(float(fader.get("value")) / 2.0))


def _daw_rename(root: Any, name: str) -> None:
    _daw_track(root, name).set("name", f"My {name}")


def _daw_track_added(root: Any, name: str) -> None:
    track = _daw_track(root, name)
    lanes = next(
        one for one in root.iterfind("Arrangement/Lanes/Lanes") if one.get("track") == track.get("id")
    )
    out = track.find("Channel").get("destination")
    track.addnext(
        etree.fromstring(
            f'<Track contentType="audio" id="own" name="Own"><Channel audioChannels="1" destination="{out}" '
            f'role="regular" id="ownc"><Devices><Vst3Plugin deviceName="{PLUGIN}" id="ownp"/></Devices></Channel>'
            "</Track>"
        )
    )
    own = deepcopy(lanes)
    own.set("track", "own")
    for one in own.iter("Points"):
        one.getparent().remove(one)
    for number, one in enumerate(own.iter()):
        if one.get("id") is not None:
            one.set("id", f"own lane {number}")
    lanes.addnext(own)


def _daw_move(root: Any, name: str) -> None:
    key = _daw_track(root, name).get("id")
    (clip,) = root.xpath("Arrangement/Lanes/Lanes[@track=$key]//Clip", key=key)
    clip.set("time", repr(float(clip.get("time")) + 0.1))


# Ardour


def _ardour_open(path: Path) -> Any:
    return etree.fromstring(path.read_bytes())


def _ardour_save(root: Any, path: Path) -> None:
    path.write_bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))


def _ardour_route(root: Any, name: str) -> Any:
    return next(route for route in root.iterfind("Routes/Route") if route.get("name") == name)


def _ardour_plugin(root: Any, name: str) -> None:
    ours = [
        item
        for item in _ardour_route(root, name).iterfind("Processor")
        if str(item.get("name")).startswith("mixbridge ")
    ]
    ours[0].addnext(
        etree.fromstring(
            f'<Processor id="900001" name="{PLUGIN}" active="1" type="lv2" unique-id="urn:their:plugin" count="1"/>'
        )
    )


def _ardour_fader(root: Any, name: str) -> None:
    (knob,) = _ardour_route(root, name).xpath("Processor[@type='amp']/Controllable[@name='gaincontrol']")
    knob.set("value", repr(float(knob.get("value")) / 2.0))


def _ardour_rename(root: Any, name: str) -> None:
    _ardour_route(root, name).set("name", f"My {name}")
    for port in root.iter("Connection"):
        if port.get("other", "").startswith(f"{name}/"):
            port.set("other", f"My {port.get('other')}")


def _ardour_track_added(root: Any, name: str) -> None:
    route = _ardour_route(root, name)
    own = deepcopy(route)
    own.set("id", "900100")
    own.set("name", "Own")
    own.set("audio-playlist", "900101")
    for item in [*own.iterfind("Processor")]:
        if str(item.get("name")).startswith("mixbridge "):
            item.set("name", PLUGIN)
    playlist = next(
        item for item in root.iterfind("Playlists/Playlist") if item.get("id") == route.get("audio-playlist")
    )
    copy = deepcopy(playlist)
    copy.set("id", "900101")
    copy.set("name", "Own")
    playlist.addnext(copy)
    route.addnext(own)


def _ardour_move(root: Any, name: str) -> None:
    key = _ardour_route(root, name).get("audio-playlist")
    (region,) = root.xpath("Playlists/Playlist[@id=$key]/Region", key=key)
    length, place = region.get("length").split("@")
    region.set("length", f"{length}@a{int(place[1:]) + 28_224_000}")


ENGINEERS = {
    "reaper": Engineer(
        read_document,
        lambda root, path: path.write_bytes(to_bytes(root)),
        _rpp_plugin,
        _rpp_fader,
        _rpp_rename,
        _rpp_track_added,
        _rpp_move,
    ),
    "ableton": Engineer(
        _als_open, _als_save, _als_plugin, _als_fader, _als_rename, _als_track_added, _als_move
    ),
    "dawproject": Engineer(
        _daw_open, _daw_save, _daw_plugin, _daw_fader, _daw_rename, _daw_track_added, _daw_move
    ),
    "ardour": Engineer(
        _ardour_open,
        _ardour_save,
        _ardour_plugin,
        _ardour_fader,
        _ardour_rename,
        _ardour_track_added,
        _ardour_move,
    ),
}
