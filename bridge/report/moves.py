"""The moves of a strip: what was set, to what, and why; and what was set without a word."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bridge.report import settings, words
from bridge.report.settings import Strip
from console.mix import Compressor, Equalizer, Mix, TrackStrip
from console.mix.diff import leaves


@dataclass(frozen=True, slots=True)
class Move:
    """One decision: its name, where it stands now, why, and the figures behind it as (name, value)."""

    name: str
    setting: str
    reason: str
    figures: tuple[tuple[str, str], ...]
    locked: bool = False


#: Knobs that are told as the whole filter that they set.
_WHOLE = {"highpass.frequency_hz": "highpass", "lowpass.frequency_hz": "lowpass"}


def moves(strip: Strip) -> tuple[Move, ...]:
    """Every reason of a strip, along the way of the signal."""
    return tuple(
        Move(
            settings.label(_WHOLE.get(reason.parameter, reason.parameter)),
            settings.setting(strip, _WHOLE.get(reason.parameter, reason.parameter)),
            reason.text,
            tuple(words.figure(name, value) for name, value in sorted(reason.figures.items())),
            _covers(strip.locked, reason.parameter),
        )
        for reason in sorted(strip.reasons, key=lambda reason: _place(reason.parameter))
    )


def _place(path: str) -> tuple[int, str]:
    """Where a parameter lies in the signal's way; what is unknown comes last."""
    order = list(settings.NAMES)
    first = path.split(".")[0]
    return (order.index(first) if first in order else len(order)), path


def _covers(locks: tuple[str, ...], path: str) -> bool:
    return any(lock == "all" or _within(path, lock) for lock in locks)


def _within(path: str, whole: str) -> bool:
    return path == whole or path.startswith(f"{whole}.")


def unexplained(start: Strip | None, strip: Strip) -> tuple[str, ...]:
    """What differs from the start and no reason speaks of, one text each: "Fader −3.0 dB"."""
    was, now = _knobs(start if start is not None else _untouched(strip)), _knobs(strip)
    told = [reason.parameter for reason in strip.reasons]
    changed = {
        _shown_path(strip, path): None
        for path, value in now.items()
        if was.get(path) != value
        and not any(_speaks_of(reason, path) for reason in told)
        and _is_on(strip, path)
    }
    texts = [f"{settings.label(path)} {settings.setting(strip, path)}".strip() for path in changed]
    texts += [
        f"{settings.label(path)} removed" for path in was if path not in now and path.startswith("sends.")
    ]
    return tuple(texts)


def _untouched(strip: Strip) -> Strip:
    """What a strip that the start did not have would be like before anyone set it."""
    if isinstance(strip, TrackStrip):
        return TrackStrip(strip.id)
    return replace(strip, equalizer=Equalizer(), compressor=Compressor(), fader_db=0.0)


def _speaks_of(reason: str, path: str) -> bool:
    """Whether a reason tells about a knob: about it, a part of it, its module, or what its module is on for."""
    reason = _WHOLE.get(reason, reason)
    return _within(path, reason) or _within(reason, path.removesuffix(".enabled"))


def _knobs(strip: Strip) -> Mapping[str, object]:
    return {".".join(path): value for path, value, _ in leaves(strip) if path[0] not in ("role", "kind")}


def _is_on(strip: Strip, path: str) -> bool:
    """Whether the module of a knob is on; the knobs of one that is off do nothing."""
    module = settings.find(strip, path.split(".")[0])
    return path.endswith(".enabled") or bool(getattr(module, "enabled", True))


def _shown_path(strip: Strip, path: str) -> str:
    """A whole module or band instead of each of its knobs."""
    steps = path.split(".")
    if steps[0] in ("input", "sends"):
        return path
    if steps[0] == "equalizer" and len(steps) > 2:
        return ".".join(steps[:3])
    return steps[0]


def why_muted(strip: TrackStrip) -> str:
    """The reason why a track is out of the mix; empty for one without a word."""
    return " ".join(reason.text for reason in strip.reasons if reason.parameter == "muted")


def start_of(start: Mix, strip_id: str) -> Strip | None:
    """The strip that a track or bus had at the start."""
    strips: tuple[Strip, ...] = (*start.tracks, *start.buses)
    return next((strip for strip in strips if getattr(strip, "id", "") == strip_id), None)
