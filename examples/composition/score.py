"""The words of a score: notes, a part, and how a grid of beats becomes seconds."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

BEATS_PER_BAR = 4


@dataclass(frozen=True, slots=True)
class Note:
    """One note: onset and length in beats, MIDI pitch 0-127, velocity 1-127."""

    beat: float
    length_beats: float
    pitch: int
    velocity: int


@dataclass(frozen=True, slots=True)
class Sung:
    """One sung syllable: the text a speech synthesiser reads, and the note it is sung on."""

    text: str
    beat: float
    length_beats: float
    pitch: int
    velocity: int


@dataclass(frozen=True, slots=True)
class Part:
    """What one player plays: a General MIDI program (bank 128 for drums) and the notes."""

    program: int
    notes: tuple[Note, ...]
    drums: bool = False


def humanise(notes: Sequence[Note], seed: int, tempo_bpm: float, spread_ms: float = 6.0) -> tuple[Note, ...]:
    """Move onsets by a few milliseconds and velocities by a few steps, as a player would; seeded."""
    rng = np.random.default_rng(seed)
    spread_beats = spread_ms / 1000.0 * tempo_bpm / 60.0
    moved = []
    for note in notes:
        shift = float(np.clip(rng.normal(0.0, spread_beats / 2), -spread_beats, spread_beats))
        velocity = int(np.clip(note.velocity + rng.integers(-6, 7), 1, 127))
        moved.append(Note(max(0.0, note.beat + shift), note.length_beats, note.pitch, velocity))
    return tuple(moved)


def hits(
    pitch: int, length_beats: float, strokes: Sequence[tuple[float, int]], start: float = 0
) -> list[Note]:
    """One pitch struck at (beat, velocity) pairs, counted from `start`."""
    return [Note(start + beat, length_beats, pitch, velocity) for beat, velocity in strokes]


def pattern(beats: Sequence[float], pitch: int, velocities: Sequence[int], length_beats: float) -> list[Note]:
    """One pitch on the given beats; the velocities repeat when there are fewer of them."""
    cycle = itertools.cycle(velocities)
    return [Note(beat, length_beats, pitch, next(cycle)) for beat in beats]


def strum(
    beat: float, length_beats: float, pitches: Sequence[int], velocity: int, up: bool = False
) -> list[Note]:
    """A chord whose strings sound one after the other, 0.02 beat apart, low to high or back."""
    order = reversed(pitches) if up else pitches
    return [
        Note(beat + 0.02 * step, length_beats - 0.02 * step, pitch, velocity - 2 * step)
        for step, pitch in enumerate(order)
    ]
