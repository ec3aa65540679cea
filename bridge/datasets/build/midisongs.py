"""MIDI songs: each instrument dry and alone, the arranger's mixer as a Mix, and the whole as a player plays it."""

import math
from collections.abc import Iterable

from bridge.datasets.build.fluid import play, version
from bridge.datasets.build.items import Item, Rendered, Stem
from bridge.datasets.build.midiparts import (
    DRUM_CHANNEL,
    REVERB,
    Part,
    pan_of,
    parts_of,
    program_role,
    volume_db,
)
from bridge.datasets.build.workbench import Workbench, one_signal, peak_of
from console.errors import SessionError
from console.frozen import FrozenMap
from console.mix import Automation, Bus, BusKind, Mix, Reverb, TrackStrip
from console.params import spec
from console.session import Role

_RATE_HZ = 44_100
_SHORTEST_S, _LONGEST_S = 5.0, 900.0
_SILENT = 1e-4
_FEWEST_STEMS = 2
_KIT_CONFIDENCE, _PROGRAM_CONFIDENCE = 0.95, 0.8
_MOST_BREAKPOINTS = 400
_STEP_S = 0.005
#: Controller 91 sends at most this share to FluidSynth's reverb, in proportion to its value.
_REVERB_SHARE = 0.2


def render(item: Item, bench: Workbench) -> Rendered:
    """Play every part without effects, and the whole song with them.

    Raises:
        SessionError: no MIDI song, too short or too long, or fewer than two parts.
        RenderError: FluidSynth is missing, or cannot load the soundfont.
    """
    if item.soundfont is None:
        raise SessionError(f"{item.title!r} has no soundfont to be played with; add one to the table")
    data = item.origin.path.read_bytes()
    parts, seconds = parts_of(data)
    if not _SHORTEST_S <= seconds <= _LONGEST_S:
        raise SessionError(
            f"{item.title!r} lasts {seconds:.1f} s; taken are songs of {_SHORTEST_S:g} to {_LONGEST_S:g} s"
        )
    stems, strips = [], []
    font = item.soundfont.path
    for number, part in enumerate(parts):
        audio = play(part.midi, font, _RATE_HZ, effects=False, most_s=_LONGEST_S)
        if peak_of(audio) < _SILENT:
            continue
        key = f"stem{number:03d}"
        mono = one_signal(audio)
        centred = mono is not None and abs(mono[1]) < 1e-3
        bench.put(key, mono[0] if mono is not None and centred else audio)
        stems.append(_stem(key, part))
        strips.append(_strip(key, part))
    if len(stems) < _FEWEST_STEMS:
        raise SessionError(f"{item.title!r} has {len(stems)} parts that play; taken are 2 and more")
    bench.put("mix", play(data, font, _RATE_HZ, effects=True, most_s=_LONGEST_S))
    reverb = Bus("reverb", BusKind.FX, reverb=Reverb())
    mix = Mix(_RATE_HZ, tuple(strips), (reverb,), estimator="author")
    return Rendered(version(), _RATE_HZ, tuple(stems), "mix", mix, _approximations(parts))


def _role(part: Part) -> tuple[Role, float]:
    if part.channel == DRUM_CHANNEL:
        return part.role, _KIT_CONFIDENCE
    return program_role(part.program), _PROGRAM_CONFIDENCE


def _stem(key: str, part: Part) -> Stem:
    role, confidence = _role(part)
    labels = FrozenMap(
        {
            "channel": float(part.channel + 1),
            "program": float(part.program),
            "volume_cc7": float(part.volume_mostly),
            "pan_cc10": float(part.pan),
            "reverb_cc91": float(part.reverb),
            "chorus_cc93": float(part.chorus),
        }
    )
    return Stem(f"{role} {part.channel + 1}", key, "", role, confidence, labels)


def _strip(key: str, part: Part) -> TrackStrip:
    role, confidence = _role(part)
    send = {"reverb": _send_db(part.reverb)} if part.reverb > 0 else {}
    return TrackStrip(
        key,
        role=str(role),
        role_confidence=confidence,
        pan=pan_of(part.pan),
        fader_db=volume_db(part.volume_mostly),
        sends=FrozenMap(send),
        automation=Automation(tuple(_breakpoints(part.volume))),
    )


def _send_db(value: int) -> float:
    return spec("strip.send_db").clamp(20.0 * math.log10(_REVERB_SHARE * value / 127.0))


def _breakpoints(volume: tuple[tuple[float, int], ...]) -> Iterable[tuple[float, float]]:
    """Steps of controller 7 as a fader's break points; none where it stands still, or never does."""
    if len(volume) < 2 or len(volume) > _MOST_BREAKPOINTS // 2:
        return ()
    points = {0.0: volume_db(volume[0][1])}
    level_db = points[0.0]
    for time_s, value in volume[1:]:
        before_s = time_s - _STEP_S
        if before_s > max(points):
            points[before_s] = level_db
        level_db = volume_db(value)
        points[time_s] = level_db
    return tuple(sorted(points.items()))


def _approximations(parts: tuple[Part, ...]) -> tuple[str, ...]:
    found = [f"sends.reverb: FluidSynth's reverb is another than the console's (controller {REVERB})"]
    if any(part.chorus for part in parts):
        found.append("chorus: the console has none")
    if any(len(part.volume) > _MOST_BREAKPOINTS // 2 for part in parts):
        found.append("automation.fader_db: left out where controller 7 moves all the time")
    return tuple(found)
