"""Media items of a REAPER project as they sound: the active take, its gain, fades, lane and place."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import MappingProxyType

from console.units import gain_to_db
from exporters.project import Channels, Fade, FadeShape, Item
from exporters.reaper.fields import Rows, within_reason
from exporters.reaper.fxchain import sounding
from exporters.reaper.media import read_source
from exporters.reaper.rpp import Node, split_words

#: The shapes of fades by REAPER's number; the steep ones (3, 4, 6) as the nearest that a project knows.
_SHAPES: MappingProxyType[int, FadeShape] = MappingProxyType(
    {
        0: FadeShape.LINEAR,
        1: FadeShape.FAST_START,
        2: FadeShape.SLOW_START,
        3: FadeShape.FAST_START,
        4: FadeShape.SLOW_START,
        5: FadeShape.S_CURVE,
        6: FadeShape.S_CURVE,
    }
)

_CHANNELS: MappingProxyType[int, Channels] = MappingProxyType(
    {
        0: Channels.ALL,
        1: Channels.SWAPPED,
        2: Channels.MONO_SUM,
        3: Channels.LEFT,
        4: Channels.RIGHT,
    }
)

_ENVELOPES = ("VOLENV", "PANENV", "MUTEENV", "PITCHENV")

#: REAPER's item volume ends at +24 dB and the take's as well; no number of a file is more than this, linear.
_MOST_GAIN = 1e6

#: Two times closer than this are one, in seconds.
_SAME_S = 1e-6


@dataclass(frozen=True, slots=True)
class Lanes:
    """Which fixed lanes of a track play: a bit each, None where all do."""

    playing: int | None = None

    def plays(self, rows: Rows) -> bool:
        """Whether the lane that an item lies in plays."""
        if self.playing is None or "YPOS" not in rows:
            return True
        top, height = rows.numbers("YPOS", 0.0, 1.0)
        lane = round(min(max(top / height, 0.0), 4096.0)) if height > 1e-6 else 0
        return bool(self.playing >> lane & 1)


ALL_LANES = Lanes()


def read_lanes(rows: Rows) -> Lanes:
    """The lanes of a track that play; a track without fixed lanes plays everything."""
    if rows.numbers("FREEMODE", 0.0)[0] != 2.0 or "LANESOLO" not in rows:
        return ALL_LANES
    words = [int(min(max(value, 0.0), 2.0**32 - 1)) for value in rows.numbers("LANESOLO", *[0.0] * 8)]
    return Lanes(sum(bits << 32 * place for place, bits in enumerate(words)))


def read_item(node: Node, folder: Path, lanes: Lanes = ALL_LANES, later_s: float = 0.0) -> Item | None:
    """The item as it sounds, `later_s` seconds after its place; None for one that holds no sound at all.

    Raises:
        ExportError: a number of it is damaged.
    """
    rows = Rows(node)
    position_s, length_s = (within_reason(rows.numbers(key, 0.0)[0]) for key in ("POSITION", "LENGTH"))
    first, take = _active_take(node)
    source_node = take.node("SOURCE") if take is not None else None
    if take is None or source_node is None or length_s <= 0.0:
        return None
    source = read_source(source_node, folder)
    if source is None:
        return None
    own = Rows(take)
    trim, take_pan, take_gain = rows.numbers("VOLPAN", 1.0, 0.0, 1.0)
    if not first:
        take_pan, take_gain = own.numbers("TAKEVOLPAN", 0.0, 1.0)
    gain = min(max(trim * take_gain, -_MOST_GAIN), _MOST_GAIN)
    mute, solo = rows.numbers("MUTE", 0.0, 0.0)
    offset_s = within_reason(own.numbers("SOFFS", 0.0)[0])
    mode = own.numbers("CHANMODE", 0.0)[0]
    problems = [source.problem, *_problems(rows, own, take, take_pan, mode)]
    loops = rows.flag("LOOP")
    fades = [_fade(rows, key) for key in ("FADEIN", "FADEOUT")]
    if source.length_s is not None and offset_s + length_s > source.length_s + _SAME_S:
        if loops:
            problems.append("repeats a part of its file")
        length_s = min(length_s, max(source.length_s - offset_s, 0.0))
    if source.length_s is not None:
        loops = False
    if offset_s < 0.0:
        if loops:
            problems.append("repeats its file from before its start")
        silence_s = min(-offset_s, length_s)
        position_s, length_s, offset_s = position_s + silence_s, length_s - silence_s, 0.0
        fades[0] = Fade(max(fades[0].length_s - silence_s, 0.0), fades[0].shape)
    name = own.text("NAME") or (source.file.name if source.file is not None else "")
    return Item(
        name=name,
        file=source.file,
        position_s=position_s + later_s,
        length_s=length_s,
        offset_s=offset_s + source.offset_s,
        gain_db=gain_to_db(abs(gain)),
        fade_in=fades[0],
        fade_out=fades[1],
        channels=_CHANNELS.get(int(min(mode, 999.0)), Channels.ALL),
        inverted=gain < 0.0,
        muted=(mute != 0.0 and solo != -1.0) or source.offline or not lanes.plays(rows),
        loops=loops,
        problem=next((problem for problem in problems if problem), ""),
    )


def _active_take(node: Node) -> tuple[bool, Node | None]:
    """Whether the active take is the first, and its lines; None for an empty take."""
    takes: list[list[str | Node]] = [[]]
    active = 0
    empty: set[int] = set()
    for item in node.items:
        if isinstance(item, str) and item.split(maxsplit=1)[:1] == ["TAKE"]:
            words = split_words(item)
            if "SEL" in words:
                active = len(takes)
            if "NULL" in words:
                empty.add(len(takes))
            takes.append([])
        takes[-1].append(item)
    return active == 0, None if active in empty else Node("ITEM", takes[active])


def _problems(rows: Rows, own: Rows, take: Node, take_pan: float, mode: float) -> Sequence[str]:
    """Every reason why the item sounds otherwise in REAPER."""
    rate, _, pitch = own.numbers("PLAYRATE", 1.0, 0.0, 0.0)
    found = []
    if abs(rate - 1.0) > 1e-9 or pitch != 0.0:
        found.append(f"is stretched (rate {rate:g}, {pitch:+g} semitones)")
    if "SM" in own:
        found.append("has stretch markers")
    chain = take.node("TAKEFX")
    if chain is not None and next(sounding(chain.items), None) is not None:
        found.append("has take FX")
    if any(_moves(envelope) for kind in _ENVELOPES for envelope in take.nodes(kind)):
        found.append("has take envelopes")
    if rows.flag("ALLTAKES"):
        found.append("plays all its takes at once")
    if take_pan != 0.0:
        found.append("is panned within its track")
    if int(min(mode, 999.0)) not in _CHANNELS:
        found.append(f"plays single channels of its file (mode {mode:g})")
    return found


def _moves(envelope: Node) -> bool:
    rows = Rows(envelope)
    return rows.flag("ACT") and next(islice(envelope.rows("PT"), 1), None) is not None


def _fade(rows: Rows, key: str) -> Fade:
    """The fade at one end; an automatic crossfade's length counts ahead of the item's own."""
    old_shape, own_s, automatic_s, shape = rows.numbers(key, 0.0, 0.0, 0.0, math.nan)
    length_s = within_reason(automatic_s if automatic_s > 0.0 else max(own_s, 0.0))
    number = old_shape if math.isnan(shape) else shape
    return Fade(length_s, _SHAPES.get(int(min(max(number, 0.0), 99.0)), FadeShape.LINEAR))
