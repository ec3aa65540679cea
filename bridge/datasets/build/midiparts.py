"""Takes a MIDI song apart: one file per instrument without its mixer moves, and those moves as labels."""

import io
import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from console.errors import SessionError
from console.params import spec
from console.session import Role

DRUM_CHANNEL = 9
VOLUME, PAN, REVERB, CHORUS = 7, 10, 91, 93
#: The mixer's controllers, with the fine halves of the first two.
_MIXER = frozenset({VOLUME, VOLUME + 32, PAN, PAN + 32, REVERB, CHORUS})

#: What a synthesizer stands at before it is told: General MIDI's volume and centre, FluidSynth's reverb and chorus.
DEFAULTS = {VOLUME: 100, PAN: 64, REVERB: 40, CHORUS: 0}

_FEWEST_NOTES = 4

#: Which part of a kit a General MIDI drum note is; what is missing here is percussion.
_KIT: dict[Role, tuple[int, ...]] = {
    Role.KICK: (35, 36),
    Role.SNARE: (37, 38, 39, 40),
    Role.HIHAT: (42, 44, 46),
    Role.TOM: (41, 43, 45, 47, 48, 50),
    Role.CYMBALS: (49, 51, 52, 53, 55, 57, 59),
}
_KIT_OF_NOTE = {note: role for role, notes in _KIT.items() for note in notes}

#: The roles of the General MIDI programs, by the first program of each run.
_PROGRAMS: tuple[tuple[int, Role], ...] = (
    (0, Role.KEYS),
    (8, Role.PERCUSSION),
    (16, Role.ORGAN),
    (24, Role.ACOUSTIC_GUITAR),
    (26, Role.ELECTRIC_GUITAR),
    (32, Role.BASS),
    (40, Role.STRINGS),
    (47, Role.PERCUSSION),
    (48, Role.STRINGS),
    (52, Role.PAD),
    (55, Role.FX),
    (56, Role.BRASS),
    (64, Role.WOODWIND),
    (80, Role.SYNTH),
    (88, Role.PAD),
    (96, Role.FX),
    (104, Role.ACOUSTIC_GUITAR),
    (108, Role.KEYS),
    (109, Role.WOODWIND),
    (110, Role.STRINGS),
    (111, Role.WOODWIND),
    (112, Role.PERCUSSION),
    (120, Role.FX),
)


@dataclass(frozen=True, slots=True)
class Part:
    """One instrument of a MIDI song, or one part of its kit.

    - `midi`: a MIDI file of it alone, without the mixer's controllers;
    - `volume`: (seconds, value) of controller 7 as it changes; `pan`, `reverb`, `chorus`: where most notes find them.
    """

    channel: int
    program: int
    role: Role
    notes: int
    midi: bytes
    volume: tuple[tuple[float, int], ...]
    volume_mostly: int
    pan: int
    reverb: int
    chorus: int


@dataclass(frozen=True, slots=True)
class _Key:
    channel: int
    role: Role


def parts_of(data: bytes) -> tuple[tuple[Part, ...], float]:
    """The parts of a MIDI file that play four notes or more, and its length in seconds.

    Raises:
        SessionError: it is no Standard MIDI File, or its time is not in beats.
    """
    file = _read(data)
    programs, keys = _survey(file)
    state = _Mixer(file)
    parts = []
    for key, count in sorted(keys.items(), key=lambda item: (item[0].channel, item[0].role)):
        if count < _FEWEST_NOTES:
            continue
        moves = state.of(key)
        parts.append(
            Part(
                key.channel,
                programs.get(key.channel, 0),
                key.role,
                count,
                _alone(file, key),
                moves.changes,
                moves.mostly[VOLUME],
                moves.mostly[PAN],
                moves.mostly[REVERB],
                moves.mostly[CHORUS],
            )
        )
    return tuple(parts), float(file.length)


def program_role(program: int) -> Role:
    """The role of a General MIDI program, 0 … 127."""
    return next(role for first, role in reversed(_PROGRAMS) if program >= first)


def volume_db(value: int) -> float:
    """The level of controller 7 against its default of 100: 40 dB a decade, as General MIDI recommends."""
    if value <= 0:
        return spec("strip.fader_db").low
    return spec("strip.fader_db").clamp(40.0 * math.log10(value / DEFAULTS[VOLUME]))


def pan_of(value: int) -> float:
    """Controller 10 as a pan of −1 … +1, 64 the centre."""
    return min(max((value - 64) / 64.0 if value < 127 else 1.0, -1.0), 1.0)


def _read(data: bytes) -> Any:
    import mido
    from mido.midifiles.meta import KeySignatureError

    try:
        file = mido.MidiFile(file=io.BytesIO(data), clip=True)
        if file.ticks_per_beat <= 0 or file.type not in (0, 1):
            raise SessionError("its time is not in beats, or it holds several songs; leave the file out")
        _ = file.length
    except (OSError, EOFError, ValueError, TypeError, LookupError, KeySignatureError) as error:
        raise SessionError(
            f"is no Standard MIDI File that can be read ({error}); leave the file out"
        ) from error
    return file


def _key_of(message: Any) -> _Key | None:
    """The part that a note belongs to; None of what is no note."""
    if message.type not in ("note_on", "note_off"):
        return None
    if message.channel == DRUM_CHANNEL:
        return _Key(DRUM_CHANNEL, _KIT_OF_NOTE.get(message.note, Role.PERCUSSION))
    return _Key(message.channel, Role.OTHER)


def _is_start(message: Any) -> bool:
    return bool(message.type == "note_on" and message.velocity > 0)


def _survey(file: Any) -> tuple[dict[int, int], dict[_Key, int]]:
    """The program that most notes of each channel play, and how many notes each part has."""
    import mido

    now, counts, notes = dict[int, int](), dict[tuple[int, int], int](), dict[_Key, int]()
    for message in mido.merge_tracks(file.tracks):
        if message.type == "program_change":
            now[message.channel] = message.program
        key = _key_of(message)
        if key is not None and _is_start(message):
            notes[key] = notes.get(key, 0) + 1
            played = (key.channel, now.get(key.channel, 0))
            counts[played] = counts.get(played, 0) + 1
    programs = dict[int, int]()
    for (channel, program), _ in sorted(counts.items(), key=lambda item: item[1]):
        programs[channel] = program
    return programs, notes


def _alone(file: Any, wanted: _Key) -> bytes:
    import mido

    alone = mido.MidiFile(type=file.type, ticks_per_beat=file.ticks_per_beat, clip=True)
    for track in file.tracks:
        kept, waited = mido.MidiTrack(), 0
        for message in track:
            waited += message.time
            if _belongs(message, wanted):
                kept.append(message.copy(time=waited))
                waited = 0
        alone.tracks.append(kept)
    buffer = io.BytesIO()
    alone.save(file=buffer)
    return buffer.getvalue()


def _belongs(message: Any, wanted: _Key) -> bool:
    key = _key_of(message)
    if key is not None:
        return key == wanted
    if message.type == "control_change" and message.control in _MIXER:
        return False
    return not hasattr(message, "channel") or message.channel == wanted.channel


@dataclass(slots=True)
class _Moves:
    changes: tuple[tuple[float, int], ...]
    mostly: dict[int, int]


class _Mixer:
    """Follows the mixer's controllers of all channels through the song."""

    def __init__(self, file: Any) -> None:
        self._seen: dict[_Key, dict[int, list[int]]] = {}
        self._volumes: dict[int, list[tuple[float, int]]] = {}
        values: dict[int, dict[int, int]] = {}
        time_s = 0.0
        for message in file:
            time_s += message.time
            if message.type == "control_change" and message.control in DEFAULTS:
                values.setdefault(message.channel, dict(DEFAULTS))[message.control] = message.value
                if message.control == VOLUME:
                    self._volumes.setdefault(message.channel, []).append((time_s, message.value))
            key = _key_of(message)
            if key is not None and _is_start(message):
                seen = self._seen.setdefault(key, {control: [] for control in DEFAULTS})
                for control, value in values.get(key.channel, DEFAULTS).items():
                    seen[control].append(value)

    def of(self, key: _Key) -> _Moves:
        mostly = {control: _median(found) for control, found in self._seen[key].items()}
        return _Moves(tuple(_distinct(self._volumes.get(key.channel, ()))), mostly)


def _median(values: list[int]) -> int:
    return sorted(values)[len(values) // 2]


def _distinct(points: Iterable[tuple[float, int]]) -> Iterable[tuple[float, int]]:
    """The points where the value changes; of several at one time the last."""
    latest = dict(points)
    last: int | None = None
    for time_s, value in latest.items():
        if value != last:
            yield time_s, value
        last = value
