"""The session's song: 12 bars in G at 96 bpm; two of intro, four of verse, five of chorus, one to ring."""

from __future__ import annotations

from composition.score import Note, Part, Sung, hits, humanise, pattern, strum

TEMPO_BPM = 96.0
BARS = 12
VERSE_BEAT, CHORUS_BEAT, END_BEAT = 8, 24, 44

# (first beat, beats, bass pitch, close voicing)
CHORDS = (
    (0, 4, 31, (55, 59, 62, 67)),  # G
    (4, 4, 36, (55, 60, 62, 64)),  # Cadd9
    (8, 4, 31, (55, 59, 62, 67)),  # G
    (12, 4, 28, (52, 55, 59, 64)),  # Em
    (16, 4, 36, (55, 60, 62, 64)),  # Cadd9
    (20, 4, 38, (54, 57, 62, 66)),  # D
    (24, 4, 36, (55, 60, 64, 67)),  # C
    (28, 4, 35, (55, 59, 62, 67)),  # G/B
    (32, 4, 28, (52, 55, 59, 64)),  # Em
    (36, 4, 38, (54, 57, 62, 66)),  # D
    (40, 2, 36, (55, 60, 64, 67)),  # C
    (42, 2, 38, (54, 57, 62, 66)),  # D
    (44, 3.5, 31, (55, 59, 62, 67)),  # G
)

LEAD_VOCAL = (
    Sung("cold", 8, 1, 59, 62), Sung("light", 9, 0.5, 59, 66), Sung("on", 9.5, 0.5, 57, 58),
    Sung("the", 10, 0.5, 55, 52), Sung("wire", 10.5, 1.4, 59, 70),
    Sung("I", 12.5, 0.5, 55, 54), Sung("hold", 13, 1, 59, 72), Sung("the", 14, 0.5, 57, 55),
    Sung("line", 14.5, 1.4, 55, 60),
    Sung("slow", 16, 1, 60, 66), Sung("train", 17, 0.5, 60, 74), Sung("in", 17.5, 0.5, 59, 60),
    Sung("the", 18, 0.5, 57, 52), Sung("rain", 18.5, 1.4, 55, 64),
    Sung("you", 20.5, 0.5, 57, 60), Sung("give", 21, 1, 62, 84), Sung("me", 22, 0.5, 60, 72),
    Sung("time", 22.5, 0.9, 62, 80), Sung("so", 23.5, 0.5, 62, 86),
    Sung("call", 24, 1, 64, 104), Sung("me", 25, 0.5, 62, 92), Sung("home", 25.5, 2, 67, 118),
    Sung("call", 28, 1, 62, 96), Sung("me", 29, 0.5, 59, 80), Sung("home", 29.5, 2, 62, 100),
    Sung("I", 32, 0.5, 64, 94), Sung("run", 32.5, 1, 67, 116), Sung("all", 33.5, 1, 66, 108),
    Sung("night", 34.5, 1.4, 64, 102),
    Sung("to", 36, 0.5, 62, 84), Sung("find", 36.5, 1, 66, 110), Sung("your", 37.5, 0.5, 64, 92),
    Sung("door", 38, 1.8, 62, 98),
    Sung("call", 40, 1.5, 64, 106), Sung("me", 41.5, 0.5, 62, 94), Sung("home", 42, 1.5, 66, 116),
    Sung("to", 43.5, 0.5, 69, 108), Sung("you", 44, 2.4, 67, 112),
)  # fmt: skip

BACKING_VOCAL_1 = (
    Sung("ah", 24, 3.6, 72, 92), Sung("ah", 28, 3.6, 71, 96), Sung("ah", 32, 3.6, 71, 94),
    Sung("ah", 36, 3.6, 69, 98), Sung("ah", 40, 1.9, 72, 96), Sung("ah", 42, 1.9, 69, 98),
    Sung("ah", 44, 2.2, 71, 84),
)  # fmt: skip

BACKING_VOCAL_2 = (
    Sung("oh", 24, 3.6, 67, 90), Sung("oh", 28, 3.6, 67, 92), Sung("oh", 32, 3.6, 67, 92),
    Sung("oh", 36, 3.6, 66, 94), Sung("oh", 40, 1.9, 64, 92), Sung("oh", 42, 1.9, 66, 96),
    Sung("oh", 44, 2.2, 62, 84),
)  # fmt: skip


def eighths(start: float, beats: float) -> list[float]:
    """The beats of the eighth notes from `start`."""
    return [start + step / 2 for step in range(int(beats * 2))]


def _bass() -> list[Note]:
    notes: list[Note] = []
    for start, beats, root, _ in CHORDS[1:]:  # the bass comes in with the second bar
        if start == END_BEAT:
            notes.append(Note(start, 3.4, root, 104))
        elif start < VERSE_BEAT:
            notes += [Note(start, 3, root, 88), Note(start + 3.5, 0.45, root - 1, 80)]
        elif start < CHORUS_BEAT:
            notes += [Note(start, 1.4, root, 92), Note(start + 1.5, 0.9, root, 84)]
            notes += [Note(start + 2.5, 0.9, root + 7, 88), Note(start + 3.5, 0.45, root, 80)]
        else:
            notes += pattern(eighths(start, beats), root, (104, 92, 98, 94), 0.42)
    return notes


def _acoustic() -> list[Note]:
    downs = ((0.0, 84), (1.0, 72), (3.0, 76))
    ups = ((1.5, 62), (2.5, 68), (3.5, 60))
    notes: list[Note] = []
    for start, beats, root, chord in CHORDS:
        voicing = (root + 12, *chord) if root + 12 < chord[0] else chord
        if start == END_BEAT:
            return notes + strum(start, 3.5, voicing, 96)
        lift = 14 if start >= CHORUS_BEAT else 0
        for offset, velocity in downs:
            if offset < beats:
                notes += strum(start + offset, 0.9, voicing, velocity + lift)
        for offset, velocity in ups:
            if offset < beats:
                notes += strum(start + offset, 0.5, chord, velocity + lift, up=True)
    return notes


def _electric_left() -> list[Note]:
    notes: list[Note] = []
    for start, beats, _, chord in CHORDS:
        if start < VERSE_BEAT:
            continue
        if start == END_BEAT:
            notes += strum(start, 3.5, chord[:3], 100)
        elif start < CHORUS_BEAT:  # picked arpeggio under the verse
            order = (0, 1, 2, 3, 2, 1, 2, 1)
            notes += [Note(start + step / 2, 0.7, chord[index], 72) for step, index in enumerate(order)]
        else:
            for offset in (0, 1.5, 3):
                if offset < beats:
                    notes += strum(start + offset, min(1.4, beats - offset), chord, 100)
    return notes


def _electric_right() -> list[Note]:
    notes: list[Note] = []
    for start, beats, bass, _ in CHORDS:
        root = 31 if bass == 35 else bass  # the power chord under G/B is on G
        low = root + 12 if root + 12 >= 40 else root + 24
        power = (low, low + 7, low + 12)
        if start == END_BEAT:
            notes += strum(start, 3.5, power, 104)
        elif start >= CHORUS_BEAT:
            notes += strum(start, min(2.4, beats), power, 104)
            if beats == 4:
                notes += strum(start + 2.5, 1.4, power, 98)
        elif start == 20:  # a swell of eighths into the chorus
            swell = (70, 74, 78, 82, 86, 90, 96, 102)
            notes += pattern(eighths(start, beats), low, swell, 0.4)
    return notes


def _keys() -> list[Note]:
    held, pushed = ((0, 4),), ((0, 1.4), (1.5, 0.5), (2, 1.9))
    notes: list[Note] = []
    for start, beats, _, chord in CHORDS:
        chorus = CHORUS_BEAT <= start < END_BEAT
        for offset, length in pushed if chorus else held:
            if offset < beats:
                length_beats = 0.95 * min(length, beats)
                notes += [Note(start + offset, length_beats, pitch, 90 if chorus else 74) for pitch in chord]
    # a short line between the sung phrases of the verse
    notes += (
        hits(74, 0.5, ((11.5, 82), (19.75, 78))) + hits(71, 0.5, ((15.5, 80),)) + hits(76, 0.2, ((19.5, 84),))
    )
    return notes


def _pad() -> list[Note]:
    return [
        Note(start, beats * 0.97, pitch + 12 * (index == 0), 72 if start < CHORUS_BEAT else 92)
        for start, beats, _, chord in CHORDS
        if start >= 4
        for index, pitch in enumerate(chord)
    ]


def _drums() -> dict[str, list[Note]]:
    kick = hits(36, 0.5, ((0, 100), (4, 96), (END_BEAT, 120)))
    snare = hits(38, 0.5, ((13.75, 38), (17.75, 42), (END_BEAT, 118)))  # two ghost notes, the end
    hat = pattern(eighths(0, 7), 42, (70, 48), 0.25)
    for bar in range(VERSE_BEAT, CHORUS_BEAT, 4):
        kick += hits(36, 0.5, ((0, 108), (2.5, 98)), bar)
        snare += hits(38, 0.5, ((1, 96), (3, 102)), bar)
        hat += pattern(eighths(bar, 3 if bar == 20 else 4), 42, (76, 52, 68, 50), 0.25)
    for bar in range(CHORUS_BEAT, END_BEAT, 4):
        kick += hits(36, 0.5, ((0, 116), (1.5, 100), (2, 110), (3.5, 98)), bar)
        snare += hits(38, 0.5, ((1, 116), (3, 120)), bar)
        last = bar == 40  # the tom fill leaves no hand for the hat
        hat += pattern([bar + step for step in range(3 if last else 4)], 46, (92, 84), 0.5)
        hat += pattern([bar + 0.5 + step for step in range(2 if last else 4)], 42, (70,), 0.25)
    tom = ((7, 96), (7.25, 84), (23, 104), (23.25, 96), (35.75, 90), (43.25, 110), (43.5, 104))
    floor = ((7.5, 100), (7.75, 104), (23.5, 108), (43.75, 112))
    crash = ((8, 84), (24, 112), (32, 100), (END_BEAT, 116))
    return {
        "kick": kick,
        "snare": snare,
        "hat": hat,
        "tom": hits(48, 0.5, tom),
        "floor": hits(43, 0.5, floor),
        "crash": hits(49, 3.5, crash),
    }


def kit_parts() -> dict[str, Part]:
    """The kit, one part per piece, so that each microphone can hear each piece at its own distance."""
    return {
        piece: Part(0, humanise(notes, 100 + index, TEMPO_BPM, 4.0), drums=True)
        for index, (piece, notes) in enumerate(_drums().items())
    }


def band_parts() -> dict[str, Part]:
    """The pitched instruments by the name that `tracks` knows them under."""
    return {
        "bass": Part(33, humanise(_bass(), 1, TEMPO_BPM)),
        "electric_left": Part(27, humanise(_electric_left(), 2, TEMPO_BPM)),
        "electric_right": Part(29, humanise(_electric_right(), 3, TEMPO_BPM)),
        "acoustic": Part(25, humanise(_acoustic(), 4, TEMPO_BPM)),
        "keys": Part(4, humanise(_keys(), 5, TEMPO_BPM)),
        "pad": Part(89, tuple(_pad())),
    }
