"""The arrangement of a project as items: clips in clips, in beats or seconds, looped, linked, warped or not.

Every timeline of DAWproject has a unit and an origin. As both are affine to the project's own beats or seconds, a
scope is its unit and where its zero lies in that unit; only warps bend time, and those that do are reported.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

from console.errors import ExportError
from exporters.dawproject.tempo import TempoMap
from exporters.dawproject.units import Element, as_number
from exporters.project import Fade, Item

#: The most timelines that a project's loops and links may unfold to.
MAX_VISITS = 200_000
_DEEPEST = 32
#: How far a warp may lead away from the file's own time and still be none, in seconds: beats are kept to 1e-6.
_STRAIGHT_S = 1e-3
_TINY_S = 1e-6

BEATS, SECONDS = "beats", "seconds"
_TIMELINES = frozenset({"Lanes", "Clips", "Notes", "Warps", "Audio", "Video", "Points", "ClipSlot"})
NOTES_PROBLEM = "holds notes (MIDI): render it first"


@dataclass(frozen=True, slots=True)
class _Scope:
    """A timeline: its unit, where its zero lies in the project's time of that unit, and what of it is heard."""

    unit: str
    origin: float
    start_s: float = 0.0
    end_s: float = float("inf")


@dataclass(frozen=True, slots=True)
class _Fading:
    """The fades of a clip, from its start and up to its end, in seconds of the project."""

    start_s: float
    in_s: float
    end_s: float
    out_s: float


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in the arrangement a timeline stands: its track, and what the clips around it say."""

    track: str = ""
    name: str = ""
    muted: bool = False
    depth: int = 0
    fades: tuple[_Fading, ...] = ()
    problem: str = ""


class Arrangement:
    """Reads the items of a project. `locate` gives the path of a <File>; `tracks` the key behind a track's id."""

    def __init__(
        self,
        root: Element,
        tempo: TempoMap,
        tracks: Mapping[str, str],
        locate: Callable[[Element], object],
        source: str,
    ) -> None:
        self._root = root
        self._tempo = tempo
        self._tracks = tracks
        self._locate = locate
        self._source = source
        self._linked: dict[str, Element] | None = None
        self._visits = 0

    def items(self) -> dict[str, list[Item]]:
        """The items of every track by its key, in the order of time.

        Raises:
            ExportError: loops and links unfold without end.
        """
        arrangement = self._root.find("Arrangement")
        lanes = None if arrangement is None else arrangement.find("Lanes")
        found: dict[str, list[Item]] = {}
        if lanes is None:
            return found
        top = _Scope(arrangement.get("timeUnit", BEATS), 0.0)
        waiting: list[tuple[Element, _Scope, _Place]] = [(lanes, top, _Place())]
        while waiting:
            timeline, scope, place = waiting.pop()
            self._count()
            step = self._enter(timeline, scope, place)
            if isinstance(step, Item):
                found.setdefault(place.track, []).append(step)
            else:
                waiting += step
        for items in found.values():
            items.sort(key=lambda item: (item.position_s, item.name))
        return found

    def _count(self) -> None:
        self._visits += 1
        if self._visits > MAX_VISITS:
            raise ExportError(
                f"{self._source}: its clips unfold to more than {MAX_VISITS} pieces; bounce its loops in the DAW"
            )

    def _enter(
        self, timeline: Element, scope: _Scope, place: _Place
    ) -> "Item | list[tuple[Element, _Scope, _Place]]":
        """The item that a timeline is, or the timelines inside it."""
        scope = self._in_unit(scope, timeline.get("timeUnit"))
        if place.depth > _DEEPEST:
            return _unread(scope, place, "lies in clips in clips beyond reading: render it first")
        if (owner := timeline.get("track")) is not None:
            place = replace(place, track=self._tracks.get(owner, owner))
        if timeline.tag == "Lanes":
            moves = any(_moves_sound(one) for one in timeline.findall("Points")) if place.depth else False
            if moves:
                place = replace(place, problem="its gain or pitch moves inside the clip: render it first")
            return [(one, scope, place) for one in timeline if one.tag in _TIMELINES]
        if timeline.tag == "Clips":
            return [step for clip in timeline.findall("Clip") for step in self._clip(clip, scope, place)]
        if timeline.tag == "Warps":
            return self._warps(timeline, scope, place)
        if timeline.tag == "Audio":
            return self._audio(timeline, scope, place) or []
        if timeline.tag == "Notes" and len(timeline):
            return _unread(scope, place, NOTES_PROBLEM)
        if timeline.tag == "Video":
            return _unread(scope, place, "holds video: render its sound first")
        return []

    def _clip(self, clip: Element, scope: _Scope, place: _Place) -> Iterator[tuple[Element, _Scope, _Place]]:
        at = as_number(clip.get("time"))
        content = self._content(clip)
        if at is None or content is None:
            return
        length = as_number(clip.get("duration"))
        start_s = self._seconds(scope, at)
        end_s = scope.end_s if length is None else self._seconds(scope, at + length)
        inner = Arrangement._place_in(clip, place)
        inner = replace(inner, fades=(*inner.fades, *self._fades(clip, scope, start_s, end_s)))
        unit = clip.get("contentTimeUnit") or scope.unit
        for window in self._passes(clip, unit, start_s, end_s):
            start, end = max(window.start_s, scope.start_s), min(window.end_s, scope.end_s)
            if end - start > _TINY_S:
                step = replace(window, start_s=start, end_s=end)
                yield (content, step, inner)

    @staticmethod
    def _place_in(clip: Element, place: _Place) -> _Place:
        off = clip.get("enable") in ("false", "0")
        return replace(
            place, name=clip.get("name") or place.name, muted=place.muted or off, depth=place.depth + 1
        )

    def _passes(self, clip: Element, unit: str, start_s: float, end_s: float) -> Iterator[_Scope]:
        """The content's scope for every time that a clip plays it: once, or once per turn of its loop."""
        play, stop = as_number(clip.get("playStart")) or 0.0, as_number(clip.get("playStop"))
        low, high = as_number(clip.get("loopStart")), as_number(clip.get("loopEnd"))
        at, last = self._absolute(unit, start_s), self._absolute(unit, end_s)
        turn = high - low if low is not None and high is not None else 0.0
        # Durations are kept to six digits or so: a loop that ends within them does not turn.
        ragged = _STRAIGHT_S if unit == SECONDS else _STRAIGHT_S / 2.0
        if high is None or turn <= ragged or play >= high or last - at <= high - play + ragged:
            limit = (
                end_s if stop is None or stop <= play else min(end_s, self._project(unit, at + stop - play))
            )
            yield _Scope(unit, at - play, start_s, limit)
            return
        while at < last - ragged:
            self._count()
            until = min(at + high - play, last)
            yield _Scope(unit, at - play, self._project(unit, at), self._project(unit, until))
            at, play = until, high - turn

    def _content(self, clip: Element) -> Element | None:
        inside = next((one for one in clip if one.tag in _TIMELINES), None)
        link = clip.get("reference")
        if inside is not None or link is None:
            return inside
        if self._linked is None:
            self._linked = {
                one.get("id"): one for one in self._root.iter(*_TIMELINES) if one.get("id") is not None
            }
        return self._linked.get(link)

    def _fades(self, clip: Element, scope: _Scope, start_s: float, end_s: float) -> Iterator[_Fading]:
        unit = clip.get("fadeTimeUnit") or scope.unit
        rise, fall = (max(as_number(clip.get(name)) or 0.0, 0.0) for name in ("fadeInTime", "fadeOutTime"))
        in_s = self._project(unit, self._absolute(unit, start_s) + rise) - start_s if rise else 0.0
        out_s = end_s - self._project(unit, self._absolute(unit, end_s) - fall) if fall else 0.0
        if in_s or (out_s and end_s < float("inf")):
            yield _Fading(start_s, in_s, end_s, out_s)

    def _warps(self, warps: Element, scope: _Scope, place: _Place) -> list[tuple[Element, _Scope, _Place]]:
        """The content of warps as if they were straight, with a problem where they are not."""
        content = next((one for one in warps if one.tag in _TIMELINES), None)
        points = [
            (as_number(one.get("time")), as_number(one.get("contentTime"))) for one in warps.findall("Warp")
        ]
        pairs = [
            (self._seconds(scope, at), inner) for at, inner in points if at is not None and inner is not None
        ]
        if content is None or not pairs:
            return []
        first_s, first = pairs[0]
        if warps.get("contentTimeUnit", SECONDS) != SECONDS:
            place = replace(place, problem="is stretched to the beat: render it first")
        elif any(abs((at_s - first_s) - (inner - first)) > _STRAIGHT_S for at_s, inner in pairs):
            last_s, last = pairs[-1]
            speed = (last - first) / (last_s - first_s) if last_s > first_s else 0.0
            place = replace(
                place, problem=f"is stretched (it plays at {speed:.4g} of its file's speed): render it first"
            )
        return [(content, replace(scope, unit=SECONDS, origin=first_s - first), place)]

    def _audio(self, audio: Element, scope: _Scope, place: _Place) -> Item | None:
        scope = self._in_unit(scope, SECONDS)
        file = audio.find("File")
        length_s = as_number(audio.get("duration"))
        start_s = max(scope.start_s, scope.origin)
        # What is stretched lasts as long as its clip.
        end_s = (
            scope.end_s if length_s is None or place.problem else min(scope.end_s, scope.origin + length_s)
        )
        if file is None or not end_s - start_s > _TINY_S or end_s == float("inf"):
            return None
        path = self._locate(file)
        problem = place.problem
        fade_in, fade_out = Fade(), Fade()
        for fading in place.fades:
            if fading.in_s and start_s < fading.start_s + fading.in_s - _TINY_S:
                fade_in = max(fade_in, Fade(fading.in_s), key=lambda fade: fade.length_s)
                if start_s > fading.start_s + _TINY_S or end_s < fading.start_s + fading.in_s - _TINY_S:
                    problem = problem or "a fade runs over several pieces: render it first"
            if fading.out_s and end_s > fading.end_s - fading.out_s + _TINY_S:
                fade_out = max(fade_out, Fade(fading.out_s), key=lambda fade: fade.length_s)
                if end_s < fading.end_s - _TINY_S or start_s > fading.end_s - fading.out_s + _TINY_S:
                    problem = problem or "a fade runs over several pieces: render it first"
        return Item(
            name=place.name or getattr(path, "name", ""),
            file=path,  # type: ignore[arg-type]
            position_s=start_s,
            length_s=end_s - start_s,
            offset_s=start_s - scope.origin,
            fade_in=fade_in,
            fade_out=fade_out,
            muted=place.muted,
            problem=problem,
        )

    def _absolute(self, unit: str, second: float) -> float:
        return second if unit == SECONDS or second == float("inf") else self._tempo.to_beats(second)

    def _project(self, unit: str, value: float) -> float:
        return value if unit == SECONDS or value == float("inf") else self._tempo.to_seconds(value)

    def _seconds(self, scope: _Scope, value: float) -> float:
        return self._project(scope.unit, scope.origin + value)

    def _in_unit(self, scope: _Scope, unit: str | None) -> _Scope:
        """The same timeline counted in another unit, its zero at the same place."""
        if unit is None or unit == scope.unit or unit not in (BEATS, SECONDS):
            return scope
        return replace(scope, unit=unit, origin=self._absolute(unit, self._project(scope.unit, scope.origin)))


def _moves_sound(points: Element) -> bool:
    target = points.find("Target")
    return target is not None and target.get("expression") is not None and len(points) > 1


def _unread(scope: _Scope, place: _Place, problem: str) -> Item:
    start_s = max(scope.start_s, 0.0)
    end_s = scope.end_s if scope.end_s < float("inf") else start_s
    return Item(
        name=place.name,
        file=None,
        position_s=start_s,
        length_s=max(end_s - start_s, 0.0),
        muted=place.muted,
        problem=problem if not place.problem else place.problem,
    )
