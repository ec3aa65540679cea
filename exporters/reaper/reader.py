"""Reads a REAPER project that mixbridge wrote, as far as REAPER holds it, back into a Mix."""

import base64
import binascii
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from console.errors import ExportError
from console.mix import Automation, Bus, BusKind, FrozenMap, Input, Master, Mix, TrackStrip
from console.mix.values import MASTER
from console.units import gain_to_db
from exporters.moves import Points, from_points
from exporters.neat import held, neat_db
from exporters.reaper.chain import Fx
from exporters.reaper.jsfx import STRIP, read_strip
from exporters.reaper.panlaw import from_reaper
from exporters.reaper.plugins import read_vst
from exporters.reaper.project import STATE_SECTION
from exporters.reaper.readchain import Modules, read_chain, with_makeup
from exporters.reaper.rpp import Node, read_document


@dataclass(slots=True)
class _Seen:
    """A track as it stands in the file, with the items of its sides and the group it lies in."""

    node: Node
    kind: str
    id: str
    channels: int
    start_samples: int
    group: str = MASTER
    items: list[Node] = field(default_factory=list)


def read_project(path: Path) -> Mix:
    """The Mix that a project holds: strips, buses and master, each number as REAPER stores it.

    What REAPER has no place for (roles, reasons, locks, width, a gate's ratio, a reverb's size) is at its
    default. The order is the project's.

    Raises:
        ExportError: the file cannot be read, is damaged or is no project of REAPER's.
        ParamError: an equalizer holds more bands than the console's.
    """
    root = read_document(path).node("REAPER_PROJECT")
    if root is None:
        raise ExportError(f"{path} holds no <REAPER_PROJECT; give an .rpp file")
    sample_rate_hz = int(_numbers(root, "SAMPLERATE", [44100.0])[0])
    seen = list(_walk(root))
    buses = {index: track for index, track in enumerate(seen) if track.kind in ("group", "fx")}
    sends = _sends(seen)
    return Mix(
        sample_rate_hz=sample_rate_hz,
        tracks=tuple(
            _strip(track, sends.get(index, {}), sample_rate_hz)
            for index, track in enumerate(seen)
            if track.kind == "track"
        ),
        buses=tuple(_bus(track, sample_rate_hz) for track in buses.values()),
        master=_master(root, sample_rate_hz),
    )


def _walk(root: Node) -> Iterator[_Seen]:
    """Every track of the file in order; the items of a side are its parent's."""
    notes = _notes(root)
    folders: list[_Seen] = []
    for node in root.nodes("TRACK"):
        track = _seen(node, notes)
        if track.kind == "side" and folders:
            folders[-1].items += node.nodes("ITEM")
        track.group = next((folder.id for folder in reversed(folders) if folder.kind == "group"), MASTER)
        track.items += node.nodes("ITEM")
        yield track
        mode, depth = [*_numbers(node, "ISBUS", [0.0, 0.0]), 0.0][:2]
        if mode == 1.0:
            folders.append(track)
        elif mode == 2.0:
            del folders[len(folders) + int(depth) :]


def _seen(node: Node, notes: dict[str, tuple[str, int, int, str]]) -> _Seen:
    name = (node.row("NAME") or [""])[0]
    key = (node.row("TRACKID") or node.words[1:2] or [""])[0].strip("{}")
    if key in notes:
        kind, channels, start, track_id = notes[key]
        return _Seen(node, kind, track_id, channels, start)
    folder = _numbers(node, "ISBUS", [0.0])[0] == 1.0
    chain = {fx.plugin for fx in _fx(node.node("FXCHAIN"))}
    returns = node.row("AUXRECV") is not None and bool(chain & {"ReaVerbate", "ReaDelay"})
    return _Seen(node, "group" if folder else "fx" if returns else "track", name, 2, 0)


def _notes(root: Node) -> dict[str, tuple[str, int, int, str]]:
    """Kind, channels, start and id of the tracks that mixbridge wrote, by their identifiers."""
    state = root.node("EXTSTATE")
    section = state.node(STATE_SECTION) if state else None
    notes = {}
    for item in section.items if section else ():
        words = item.split() if isinstance(item, str) else []
        parts = words[1].strip("\"'`").split(":") if len(words) == 2 else []
        if len(parts) != 4:
            continue
        kind, channels, start, who = parts
        try:
            track_id = base64.urlsafe_b64decode(who).decode("utf-8", "surrogatepass")
            notes[words[0]] = (kind, int(channels), int(start), track_id)
        except (binascii.Error, ValueError) as error:
            raise ExportError(f"the note {item!r} in <{STATE_SECTION} is damaged; export again") from error
    return notes


def _sends(seen: list[_Seen]) -> dict[int, dict[str, float]]:
    """Levels in dB by the sending track's index and the receiving bus's id."""
    sends: dict[int, dict[str, float]] = {}
    for bus in seen:
        if bus.kind != "fx":
            continue
        for row in bus.node.rows("AUXRECV"):
            source, _, gain = _floats(row[:3], "AUXRECV")
            sends.setdefault(int(source), {})[bus.id] = held("strip.send_db", neat_db(gain_to_db(gain)))
    return sends


def _strip(track: _Seen, sends: dict[str, float], sample_rate_hz: int) -> TrackStrip:
    node = track.node
    modules = _modules(node, "FXCHAIN", sample_rate_hz)
    volume, reaper_pan = _numbers(node, "VOLPAN", [1.0, 0.0])[:2]
    pan, own_gain = from_reaper(reaper_pan, track.channels)
    level_db = neat_db(gain_to_db(volume / own_gain))
    moves = _moves(node)
    fader_db = moves[0][1] if moves else held("strip.fader_db", level_db)
    # What lies over the fader's end, or on the trim of a fader that moves, is make-up the fader took over.
    rest_db = level_db if moves else level_db - fader_db
    return TrackStrip(
        id=track.id,
        files=tuple(_file_name(item) for item in track.items),
        muted=_numbers(node, "MUTESOLO", [0.0])[0] != 0.0,
        input=_input(track, sample_rate_hz, modules),
        highpass=modules.highpass,
        lowpass=modules.lowpass,
        gate=modules.gate,
        equalizer=modules.equalizer,
        compressor=with_makeup(modules.compressor, rest_db),
        width=modules.width,
        pan=held("strip.pan", neat_db(pan)),
        fader_db=fader_db,
        sends=FrozenMap(sends),
        output=track.group,
        automation=Automation(moves),
    )


def _bus(track: _Seen, sample_rate_hz: int) -> Bus:
    modules = _modules(track.node, "FXCHAIN", sample_rate_hz)
    level_db = neat_db(gain_to_db(_numbers(track.node, "VOLPAN", [1.0])[0]))
    fader_db = held("strip.fader_db", level_db)
    return Bus(
        id=track.id,
        kind=BusKind(track.kind),
        reverb=modules.reverb if track.kind == "fx" else None,
        delay=modules.delay if track.kind == "fx" else None,
        equalizer=modules.equalizer,
        compressor=with_makeup(modules.compressor, level_db - fader_db),
        fader_db=fader_db,
    )


def _master(root: Node, sample_rate_hz: int) -> Master:
    modules = _modules(root, "MASTERFXLIST", sample_rate_hz)
    level_db = neat_db(gain_to_db(_numbers(root, "MASTER_VOLUME", [1.0])[0]))
    fader_db = held("strip.fader_db", level_db)
    return Master(
        equalizer=modules.equalizer,
        compressor=with_makeup(modules.compressor, level_db - fader_db + modules.drive_db),
        limiter=modules.limiter,
        fader_db=fader_db,
    )


def _input(track: _Seen, sample_rate_hz: int, modules: Modules) -> Input:
    inverted = (_numbers(track.node, "IPHASE", [0.0])[0] != 0.0) is not modules.invert_polarity
    if not track.items:
        return Input(gain_db=modules.gain_db, invert_polarity=inverted)
    item = track.items[0]
    seconds = _numbers(item, "POSITION", [0.0])[0] - _numbers(item, "SOFFS", [0.0])[0]
    shift = round(seconds * sample_rate_hz) - track.start_samples
    return Input(
        gain_db=held(
            "input.gain_db", modules.gain_db + neat_db(gain_to_db(_numbers(item, "VOLPAN", [1.0])[0]))
        ),
        invert_polarity=inverted,
        delay_ms=held("input.delay_ms", neat_db(shift * 1000.0 / sample_rate_hz)),
    )


def _moves(node: Node) -> Points:
    envelope = node.node("VOLENV2")
    if envelope is None or _numbers(envelope, "ACT", [0.0])[0] == 0.0:
        return ()
    points = [tuple(_floats(row[:2], "PT")) for row in envelope.rows("PT")]
    moves = from_points([(time_s, gain) for time_s, gain in points])
    return tuple((time_s, held("strip.fader_db", level_db)) for time_s, level_db in moves)


def _modules(node: Node, chain: str, sample_rate_hz: int) -> Modules:
    return read_chain(_fx(node.node(chain)), sample_rate_hz)


def _fx(chain: Node | None) -> Iterator[Fx]:
    """The known plugins of a chain, each with the BYPASS line before it."""
    enabled = True
    for item in chain.items if chain else ():
        if isinstance(item, str):
            if item.startswith("BYPASS "):
                enabled = item.split()[1] == "0"
        elif (strip := read_strip(item)) is not None:
            yield Fx(STRIP, strip[1], enabled, strip[0])
        elif (found := read_vst(item)) is not None:
            plugin, label, block = found
            yield Fx(plugin, block.state, enabled, label)


def _file_name(item: Node) -> str:
    source = item.node("SOURCE")
    words = (source.row("FILE") if source else None) or [""]
    return PurePosixPath(words[0]).name


def _numbers(node: Node, key: str, default: list[float]) -> list[float]:
    """The numbers after a key, the default where the line is missing."""
    row = node.row(key)
    if row is None:
        return default
    return _floats(row[: max(len(default), 1)], key) or default


def _floats(words: list[str], key: str) -> list[float]:
    try:
        return [float(word) for word in words]
    except ValueError as error:
        raise ExportError(f"the line {key} holds {' '.join(words)!r}; give numbers") from error
