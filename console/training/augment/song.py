"""One song made another: which changes fall on which track, all from one seed; labels follow what can be followed."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from console.errors import ParamError
from console.mix import Compressor, Gate, Mix
from console.params import spec
from console.training.augment.rooms import through_impulse, with_bleed
from console.training.augment.sound import (
    Samples,
    Side,
    at_speed,
    filtered,
    random_filter,
    through_rate,
    with_side,
)

Thresholded = TypeVar("Thresholded", Compressor, Gate)


@dataclass(frozen=True, slots=True)
class Recipe:
    """How often, and how much. Chances are 0 … 1, by track but for speed, bleed and drop-out, which are by song."""

    gain_db: float = 6.0
    filter_chance: float = 0.4
    room_chance: float = 0.15
    cabinet_chance: float = 0.0
    bleed_chance: float = 0.15
    drop_chance: float = 0.3
    fewest_tracks: int = 1
    speed_chance: float = 0.2
    speed_semitones: float = 1.0
    narrow_chance: float = 0.05
    side_chance: float = 0.1

    def __post_init__(self) -> None:
        for name in self.__slots__:
            value = getattr(self, name)
            if name.endswith("_chance") and not 0.0 <= value <= 1.0:
                raise ParamError(f"{name} is {value:g}; give a value from 0 to 1")
            if not name.endswith("_chance") and not 0.0 <= value < np.inf:
                raise ParamError(f"{name} is {value:g}; give 0 or more")


@dataclass(frozen=True, slots=True)
class Augmented:
    """A changed song.

    - `tracks`: (kept tracks, 2, samples), `kept` their places in the original;
    - `gains_db`: what each kept track was turned up by;
    - `swapped`: which kept tracks have their sides swapped;
    - `coloured`: which kept tracks' sound is another now, so that settings of equalizers and compressors no longer fit.
    """

    tracks: NDArray[np.float32]
    kept: tuple[int, ...]
    gains_db: tuple[float, ...]
    swapped: tuple[bool, ...]
    coloured: tuple[bool, ...]
    speed: float = 1.0


@dataclass(slots=True)
class _Track:
    audio: Samples
    gain_db: float = 0.0
    swapped: bool = False
    coloured: bool = field(default=False)


def augment(
    tracks: NDArray[np.float32],
    sample_rate_hz: int,
    seed: int | Sequence[int],
    recipe: Recipe | None = None,
    *,
    rooms: Sequence[Samples] = (),
    cabinets: Sequence[Samples] = (),
    guitars: Sequence[int] = (),
) -> Augmented:
    """Change a song by a seed; the input is left as it is.

    Args:
        tracks: (tracks, 2, samples), mono stems in both channels.
        sample_rate_hz: the rate.
        seed: the same seed, recipe and audio give the same song.
        recipe: how often and how much.
        rooms: impulse responses of rooms at this rate, (1 or 2, samples).
        cabinets: those of amplifier cabinets.
        guitars: the tracks that may be played through a cabinet.

    Raises:
        ParamError: the audio has another shape or is not finite, or a setting is out of its range.
    """
    recipe = recipe or Recipe()
    if tracks.ndim != 3 or tracks.shape[1] != 2 or not len(tracks):
        raise ParamError(
            f"the tracks have the shape {tracks.shape}; give (tracks, 2, samples) with a track or more"
        )
    if not np.isfinite(tracks).all():
        raise ParamError("the tracks hold samples that are not finite; leave the song out")
    rng = np.random.default_rng(seed)
    kept = _kept(len(tracks), rng, recipe)
    changed = [
        # A generator of its own for each track: one that is dropped does not change the others.
        _changed(tracks[place], child, sample_rate_hz, recipe, rooms, cabinets if place in guitars else ())
        for place, child in zip(range(len(tracks)), rng.spawn(len(tracks)), strict=True)
        if place in kept
    ]
    audio = np.stack([track.audio for track in changed])
    bleeds = rng.random() < recipe.bleed_chance
    if bleeds:
        audio = with_bleed(audio, rng, sample_rate_hz, np.ones(len(audio), np.bool_))
    speed = 1.0
    if rng.random() < recipe.speed_chance:
        speed = float(2.0 ** (rng.uniform(-1.0, 1.0) * recipe.speed_semitones / 12.0))
        audio = np.stack([at_speed(track, speed) for track in audio])
    return Augmented(
        audio,
        kept,
        tuple(track.gain_db for track in changed),
        tuple(track.swapped for track in changed),
        tuple(track.coloured or bool(bleeds) for track in changed),
        speed,
    )


def follow(mix: Mix, song: Augmented) -> Mix:
    """The author's settings for the changed song: thresholds go with gains, faders take them back, pans swap.

    Break points of faders move with the speed. Tracks that were dropped are gone. What `coloured` marks is left as it
    was: whoever learns from it leaves those knobs out.

    Raises:
        ParamError: the mix has fewer tracks than the song had.
    """
    if max(song.kept) >= len(mix.tracks):
        raise ParamError(
            f"the mix has {len(mix.tracks)} tracks, and track {max(song.kept) + 1} of the song was kept; "
            "give the mix of this song"
        )
    fader = spec("strip.fader_db")
    strips = []
    for place, gain_db, swapped in zip(song.kept, song.gains_db, song.swapped, strict=True):
        strip = mix.tracks[place]
        points = tuple(
            (time_s / song.speed, fader.clamp(level_db - gain_db))
            for time_s, level_db in strip.automation.fader_db
        )
        strips.append(
            replace(
                strip,
                gate=_shifted(strip.gate, "gate.threshold_db", gain_db),
                compressor=_shifted(strip.compressor, "compressor.threshold_db", gain_db),
                fader_db=fader.clamp(strip.fader_db - gain_db),
                pan=-strip.pan + 0.0 if swapped else strip.pan,
                automation=replace(strip.automation, fader_db=points),
            )
        )
    return replace(mix, tracks=tuple(strips))


def _shifted(module: Thresholded, name: str, gain_db: float) -> Thresholded:
    """A compressor or gate that does to a louder signal what it did before."""
    if not module.enabled:
        return module
    return replace(module, threshold_db=spec(name).clamp(module.threshold_db + gain_db))


def _kept(count: int, rng: np.random.Generator, recipe: Recipe) -> tuple[int, ...]:
    """The places of the tracks that stay: all, or a subset of any size down to the fewest."""
    order, drops = rng.permutation(count), rng.random() < recipe.drop_chance
    fewest = min(max(int(recipe.fewest_tracks), 1), count)
    size = int(rng.integers(fewest, count + 1))
    return tuple(sorted(int(place) for place in (order[:size] if drops else order)))


def _changed(
    audio: Samples,
    rng: np.random.Generator,
    sample_rate_hz: int,
    recipe: Recipe,
    rooms: Sequence[Samples],
    cabinets: Sequence[Samples],
) -> _Track:
    track = _Track(audio)
    side, filters, narrow, room, cabinet = rng.random(5)
    stereo = not np.array_equal(audio[0], audio[1])
    if stereo and side < recipe.side_chance:
        wrong = tuple(Side)[int(rng.integers(len(Side)))]
        track.audio = with_side(track.audio, wrong)
        track.swapped = wrong is Side.SWAPPED
        track.coloured = not track.swapped
    if cabinets and cabinet < recipe.cabinet_chance:
        track.audio = through_impulse(track.audio, cabinets[int(rng.integers(len(cabinets)))], 1.0)
        track.coloured = True
    if rooms and room < recipe.room_chance:
        share = float(rng.uniform(0.05, 0.5))
        track.audio = through_impulse(track.audio, rooms[int(rng.integers(len(rooms)))], share)
        track.coloured = True
    if filters < recipe.filter_chance:
        track.audio = filtered(track.audio, random_filter(rng, sample_rate_hz))
        track.coloured = True
    if narrow < recipe.narrow_chance:
        rate_hz = int(rng.choice((0.25, 0.5)) * sample_rate_hz)
        track.audio = through_rate(track.audio, sample_rate_hz, rate_hz)
        track.coloured = True
    track.gain_db = float(np.clip(rng.normal(), -2.0, 2.0) * recipe.gain_db)
    track.audio = track.audio * np.float32(10.0 ** (track.gain_db / 20.0))
    return track
