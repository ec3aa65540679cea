"""The reference's song: the last ten bars of a chorus in E minor at 120 bpm."""

from __future__ import annotations

from composition.score import Note, Part, Sung, hits, humanise, pattern, strum
from composition.song import eighths

TEMPO_BPM = 120.0
END_BEAT = 36

# (first beat, beats, bass pitch, close voicing)
CHORDS = (
    (0, 4, 28, (55, 59, 64)),  # Em
    (4, 4, 36, (55, 60, 64)),  # C
    (8, 4, 31, (55, 59, 62)),  # G
    (12, 4, 38, (57, 62, 66)),  # D
    (16, 4, 28, (59, 64, 67)),  # Em
    (20, 4, 36, (60, 64, 67)),  # C
    (24, 4, 31, (59, 62, 67)),  # G
    (28, 4, 38, (57, 62, 66)),  # D
    (32, 2, 36, (60, 64, 67)),  # C
    (34, 2, 38, (62, 66, 69)),  # D
    (36, 3.5, 28, (55, 59, 64)),  # Em
)

LEAD_VOCAL = (
    Sung("turn", 0, 1, 64, 100), Sung("the", 1, 0.5, 62, 88), Sung("night", 1.5, 1.8, 67, 112),
    Sung("let", 4, 0.5, 64, 96), Sung("it", 4.5, 0.5, 62, 90), Sung("go", 5, 2.4, 60, 102),
    Sung("hold", 8, 1, 62, 102), Sung("the", 9, 0.5, 59, 86), Sung("light", 9.5, 1.8, 67, 114),
    Sung("and", 12, 0.5, 66, 98), Sung("let", 12.5, 0.5, 64, 96), Sung("me", 13, 0.5, 62, 92),
    Sung("know", 13.5, 1.9, 62, 104),
    Sung("turn", 16, 1, 67, 108), Sung("the", 17, 0.5, 66, 94), Sung("tide", 17.5, 1.9, 71, 118),
    Sung("and", 20, 0.5, 67, 98), Sung("bring", 20.5, 1, 67, 106), Sung("it", 21.5, 0.5, 64, 94),
    Sung("home", 22, 1.8, 64, 106),
    Sung("all", 24, 1, 67, 110), Sung("we", 25, 0.5, 62, 96), Sung("are", 25.5, 1.9, 62, 104),
    Sung("will", 28, 0.5, 66, 100), Sung("find", 28.5, 0.5, 66, 104), Sung("our", 29, 1, 64, 100),
    Sung("own", 30, 1.8, 66, 110),
    Sung("so", 32, 1.5, 64, 108), Sung("go", 34, 1.8, 66, 114), Sung("now", 36, 2.6, 64, 110),
)  # fmt: skip


def choir(voice: int, text: str) -> tuple[Sung, ...]:
    """One backing singer on the given voice of each chord, an octave up, from the second half."""
    return tuple(
        Sung(text, start, beats * 0.92, chord[voice] + 12 * (voice == 0), 94)
        for start, beats, _, chord in CHORDS
        if start >= 16
    )


def _guitar(high: bool) -> list[Note]:
    notes: list[Note] = []
    for start, beats, bass, chord in CHORDS:
        low = bass + 12 if bass >= 28 else bass + 24
        voicing = chord if high else (low, low + 7, low + 12)
        for offset in (0, 1.5, 2.5) if start < END_BEAT else (0,):
            if offset < beats:
                notes += strum(start + offset, min(1.3 if start < END_BEAT else 3.4, beats), voicing, 104)
    return notes


def _bass() -> list[Note]:
    notes: list[Note] = []
    for start, beats, root, _ in CHORDS[:-1]:
        notes += pattern(eighths(start, beats), root, (108, 94, 100, 94), 0.45)
    return [*notes, Note(END_BEAT, 3.4, CHORDS[-1][2], 108)]


def _piano() -> list[Note]:
    notes: list[Note] = []
    for start, beats, root, chord in CHORDS[:-1]:
        for step, beat in enumerate(eighths(start, beats)):
            notes.append(Note(beat, 0.5, chord[(0, 2, 1, 2)[step % 4]] + 12, 88 if step % 4 == 0 else 74))
        notes.append(Note(start, beats * 0.95, root + 12, 84))
    return notes + [Note(END_BEAT, 3.5, pitch + 12, 92) for pitch in CHORDS[-1][3]]


def _strings() -> list[Note]:
    return [
        Note(start, beats * 0.99, pitch + 12, 84) for start, beats, _, chord in CHORDS for pitch in chord[1:]
    ]


def _drums() -> dict[str, list[Note]]:
    kick, snare, hat = hits(36, 0.5, ((END_BEAT, 122),)), hits(38, 0.5, ((END_BEAT, 120),)), []
    for bar in range(0, END_BEAT, 4):
        kick += hits(36, 0.5, ((0, 118), (1.5, 102), (2.5, 108)), bar)
        snare += hits(38, 0.5, ((1, 116), (3, 120)), bar)
        hat += pattern(eighths(bar, 3 if bar == 32 else 4), 42, (92, 64, 86, 66), 0.25)
    return {
        "kick": kick,
        "snare": snare,
        "hat": hat,
        "tom": hits(48, 0.5, ((15.5, 104), (15.75, 100), (35, 112), (35.25, 108))),
        "floor": hits(43, 0.5, ((31.5, 104), (35.5, 114), (35.75, 118))),
        "crash": hits(49, 3.5, ((0, 110), (16, 118), (32, 104), (END_BEAT, 120))),
    }


def parts() -> dict[str, Part]:
    """Every instrument but the voices, by the name that the mixdown knows it under."""
    band = {
        "bass": Part(34, tuple(_bass())),
        "guitar_left": Part(29, humanise(_guitar(high=False), 61, TEMPO_BPM)),
        "guitar_right": Part(30, humanise(_guitar(high=True), 62, TEMPO_BPM)),
        "piano": Part(0, humanise(_piano(), 63, TEMPO_BPM)),
        "strings": Part(48, tuple(_strings())),
    }
    kit = {
        piece: Part(16, humanise(notes, 70 + index, TEMPO_BPM, 3.0), drums=True)
        for index, (piece, notes) in enumerate(_drums().items())
    }
    return band | kit
