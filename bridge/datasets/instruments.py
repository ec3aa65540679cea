"""From what metadata calls an instrument to a role, and how sure that is."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bridge.sessions.roles import name_roles
from console.session import Role
from console.session.roles import VOCAL_ROLES

#: How sure a role is that metadata states in so many words, and one that it states only as part of a larger thing.
STATED, BROAD, GUESSED = 1.0, 0.8, 0.5

#: Below this, what a general table of track names makes of a label is no better than nothing.
_MEANT = 0.4


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of a track: its role, how sure 0 … 1, and the words it was told in."""

    role: Role
    confidence: float
    text: str = ""
    detail: str = ""


#: Labels that a general table of track names would not get right, in lower case; the rest goes by that table.
_LABELS: dict[str, tuple[Role, float]] = {
    "auxiliary percussion": (Role.PERCUSSION, STATED),
    "drum set": (Role.DRUMS, STATED),
    "drum machine": (Role.DRUMS, STATED),
    "full acoustic drumkit": (Role.DRUMS, STATED),
    "fx/processed sound": (Role.FX, STATED),
    "scratches": (Role.FX, STATED),
    "rattle": (Role.PERCUSSION, STATED),
    "whip": (Role.PERCUSSION, STATED),
    "castanet": (Role.PERCUSSION, STATED),
    "soprano saxophone": (Role.WOODWIND, STATED),
    "sampler": (Role.OTHER, GUESSED),
    "main system": (Role.OTHER, STATED),
    "unlabeled": (Role.OTHER, 0.2),
    "vocalists": (Role.BACKING_VOCAL, BROAD),
    "male singer": (Role.LEAD_VOCAL, BROAD),
    "female singer": (Role.LEAD_VOCAL, BROAD),
    "male rapper": (Role.LEAD_VOCAL, BROAD),
    "female rapper": (Role.LEAD_VOCAL, BROAD),
    "male speaker": (Role.LEAD_VOCAL, GUESSED),
    "female speaker": (Role.LEAD_VOCAL, GUESSED),
    "male screamer": (Role.LEAD_VOCAL, BROAD),
    "female screamer": (Role.LEAD_VOCAL, BROAD),
    "crowd": (Role.FX, BROAD),
    "beatboxing": (Role.PERCUSSION, BROAD),
    "lead male singer": (Role.LEAD_VOCAL, STATED),
    "lead female singer": (Role.LEAD_VOCAL, STATED),
    "human choir": (Role.BACKING_VOCAL, STATED),
    "background vocals": (Role.BACKING_VOCAL, STATED),
    "bass synthesizer": (Role.BASS, STATED),
    "contrabass": (Role.BASS, STATED),
    "contrabass/double bass": (Role.BASS, STATED),
    "tuba (bass of brass)": (Role.BRASS, STATED),
    "bassoon (bass of woodwind)": (Role.WOODWIND, STATED),
    "a-tonal percussion": (Role.PERCUSSION, STATED),
    "a tonal percussion": (Role.PERCUSSION, STATED),
    "pitched percussion": (Role.KEYS, BROAD),
    "synth lead": (Role.SYNTH, STATED),
    "other keys": (Role.KEYS, BROAD),
    "other plucked": (Role.ACOUSTIC_GUITAR, GUESSED),
    "other sounds": (Role.KEYS, GUESSED),
    "other strings": (Role.STRINGS, BROAD),
    "other wind": (Role.WOODWIND, GUESSED),
    "other percussion": (Role.PERCUSSION, BROAD),
    "bowed strings": (Role.STRINGS, BROAD),
    "wind": (Role.WOODWIND, GUESSED),
    "reeds": (Role.WOODWIND, STATED),
    "fx": (Role.FX, STATED),
    "guitar": (Role.ELECTRIC_GUITAR, GUESSED),
    "vocals": (Role.LEAD_VOCAL, BROAD),
    "dizi": (Role.WOODWIND, STATED),
    "guzheng": (Role.ACOUSTIC_GUITAR, BROAD),
    "yangqin": (Role.ACOUSTIC_GUITAR, GUESSED),
    "liuqin": (Role.ACOUSTIC_GUITAR, BROAD),
    "zhongruan": (Role.ACOUSTIC_GUITAR, BROAD),
    "gu": (Role.PERCUSSION, STATED),
}

#: General MIDI level 1, programs counted from 0: the last program of each run, and the role of its instruments.
_PROGRAMS: tuple[tuple[int, Role, float], ...] = (
    (15, Role.KEYS, STATED),
    (20, Role.ORGAN, STATED),
    (21, Role.ORGAN, BROAD),
    (22, Role.WOODWIND, BROAD),
    (23, Role.ORGAN, BROAD),
    (25, Role.ACOUSTIC_GUITAR, STATED),
    (31, Role.ELECTRIC_GUITAR, STATED),
    (39, Role.BASS, STATED),
    (46, Role.STRINGS, STATED),
    (47, Role.PERCUSSION, STATED),
    (51, Role.STRINGS, STATED),
    (54, Role.PAD, GUESSED),
    (55, Role.FX, GUESSED),
    (63, Role.BRASS, STATED),
    (79, Role.WOODWIND, STATED),
    (87, Role.SYNTH, STATED),
    (95, Role.PAD, STATED),
    (103, Role.FX, BROAD),
    (107, Role.ACOUSTIC_GUITAR, BROAD),
    (108, Role.KEYS, BROAD),
    (109, Role.WOODWIND, BROAD),
    (110, Role.STRINGS, BROAD),
    (111, Role.WOODWIND, BROAD),
    (119, Role.PERCUSSION, STATED),
    (127, Role.FX, STATED),
)


def told_by(label: str, extra: Mapping[str, tuple[Role, float]] | None = None) -> Told:
    """The role of an instrument's label; `extra` is a table of the caller's own that goes first.

    A label such as "brass (trumpet, trombone)" is read without what stands in brackets; underscores are spaces.
    """
    spelt = " ".join(label.replace("_", " ").split())
    folded = spelt.casefold()
    for key in (folded, folded.partition("(")[0].strip()):
        for table in (extra or {}, _LABELS):
            if key in table:
                return Told(*table[key], spelt)
    found = name_roles([spelt.partition("(")[0] or spelt])[0]
    if found.confidence < _MEANT:
        return Told(Role.OTHER, found.confidence, spelt)
    return Told(found.role, found.confidence, spelt)


def told_by_program(program: int | None, name: str, *, drums: bool) -> Told:
    """The role of a General MIDI program, counted from 0; of drums whatever the program."""
    if drums:
        return Told(Role.DRUMS, STATED, name)
    if program is not None and 0 <= program <= 127:
        role, confidence = next((role, sure) for last, role, sure in _PROGRAMS if program <= last)
        return Told(role, confidence, name)
    return told_by(name)


def settle_leads(found: list[Told], leads: list[bool | None]) -> list[Told]:
    """Say of voices which is the lead: `leads` is what the metadata says of each track, None where it does not.

    Where it names a leading voice, the others are backing; where it says nothing and there is one voice, that leads.
    """
    voices = [index for index, told in enumerate(found) if told.role in VOCAL_ROLES]
    led = [index for index in voices if leads[index]]
    settled = list(found)
    for index in voices:
        told = found[index]
        if index in led:
            settled[index] = replace(told, role=Role.LEAD_VOCAL, confidence=STATED)
        elif led:
            settled[index] = replace(told, role=Role.BACKING_VOCAL, confidence=GUESSED + 0.1)
        elif len(voices) > 1:
            settled[index] = replace(told, confidence=min(told.confidence, GUESSED))
    return settled
