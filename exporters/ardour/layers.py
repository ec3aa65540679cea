"""What is heard of regions that lie over each other: an opaque one hides those under it, but for its fades."""

from bisect import bisect_left, bisect_right
from dataclasses import dataclass, replace

from exporters.project import Fade, FadeShape, Item

#: Shorter than this nothing is heard, in seconds.
_LEAST_S = 1e-6


#: A stretch that is heard: its start and end, and the fades of what hides its neighbours.
Gap = tuple[float, float, Fade | None, Fade | None]


@dataclass(frozen=True, slots=True)
class Layer:
    """A region as items of the same place and length (two where its sides are files of their own)."""

    items: tuple[Item, ...]
    level: float
    opaque: bool

    @property
    def start_s(self) -> float:
        """Where it starts."""
        return self.items[0].position_s

    @property
    def end_s(self) -> float:
        """Where it ends."""
        return self.items[0].end_s


class _Covered:
    """Stretches of time that are hidden, apart from each other and in order, each with the fade at its ends."""

    def __init__(self) -> None:
        self._starts: list[float] = []
        self._ends: list[float] = []
        self._fades_in: list[Fade] = []
        self._fades_out: list[Fade] = []

    def gaps(self, start_s: float, end_s: float) -> list[Gap]:
        """What is left of a stretch: (start, end, fade at its start, fade at its end); None where nothing hides."""
        first = bisect_right(self._ends, start_s)
        at_s: float = start_s
        fade: Fade | None = None
        left: list[Gap] = []
        for index in range(first, len(self._starts)):
            if self._starts[index] >= end_s:
                break
            if self._starts[index] - at_s > _LEAST_S:
                left.append((at_s, self._starts[index], fade, self._fades_in[index]))
            at_s, fade = self._ends[index], self._fades_out[index]
        if end_s - at_s > _LEAST_S:
            left.append((at_s, end_s, fade, None))
        return left

    def add(self, start_s: float, end_s: float, fade_in: Fade, fade_out: Fade) -> None:
        """Hide a stretch."""
        first, last = bisect_left(self._ends, start_s), bisect_right(self._starts, end_s)
        if first < last:
            if self._starts[first] < start_s:
                start_s, fade_in = self._starts[first], self._fades_in[first]
            if self._ends[last - 1] > end_s:
                end_s, fade_out = self._ends[last - 1], self._fades_out[last - 1]
        self._starts[first:last] = [start_s]
        self._ends[first:last] = [end_s]
        self._fades_in[first:last] = [fade_in]
        self._fades_out[first:last] = [fade_out]


def heard(layers: list[Layer]) -> tuple[Item, ...]:
    """The items of all layers as they are heard, in the order in which they start.

    The body of an opaque region hides what lies under it. Where it fades, both are heard: what is under it fades
    the other way (Ardour's crossfade), here with the same curve.
    """
    covered = _Covered()
    pieces: list[Item] = []
    for layer in sorted(layers, key=lambda layer: -layer.level):
        sounding = [item for item in layer.items if not item.muted and not item.problem]
        if len(sounding) < len(layer.items):
            pieces += layer.items
            continue
        for start_s, end_s, fade_in, fade_out in covered.gaps(layer.start_s, layer.end_s):
            pieces += [_cut(item, start_s, end_s, fade_in, fade_out) for item in layer.items]
        if layer.opaque:
            first = layer.items[0]
            body_s = (first.position_s + first.fade_in.length_s, first.end_s - first.fade_out.length_s)
            if body_s[1] > body_s[0]:
                covered.add(*body_s, first.fade_in, first.fade_out)
    return tuple(sorted(pieces, key=lambda item: item.position_s))


def _cut(item: Item, start_s: float, end_s: float, over_in: Fade | None, over_out: Fade | None) -> Item:
    """The part of an item between two times; where another hides its end, it fades under that one's fade."""
    if over_in is None and over_out is None and start_s == item.position_s and end_s == item.end_s:
        return item
    head_s, length_s = start_s - item.position_s, end_s - start_s
    fade_in = (
        item.fade_in if start_s == item.position_s else Fade(_within(over_in, length_s), _shape(over_in))
    )
    fade_out = item.fade_out if end_s == item.end_s else Fade(_within(over_out, length_s), _shape(over_out))
    return replace(
        item,
        position_s=start_s,
        length_s=length_s,
        offset_s=item.offset_s + head_s,
        fade_in=fade_in,
        fade_out=fade_out,
    )


def _within(fade: Fade | None, length_s: float) -> float:
    return min(fade.length_s, length_s) if fade is not None else 0.0


def _shape(fade: Fade | None) -> FadeShape:
    return fade.shape if fade is not None else FadeShape.LINEAR
