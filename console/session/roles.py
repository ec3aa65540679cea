"""What a track can be: the closed set of roles that everything else speaks of."""

from enum import StrEnum


class Role(StrEnum):
    """The part that a track plays in the song."""

    KICK = "kick"
    SNARE = "snare"
    HIHAT = "hihat"
    TOM = "tom"
    OVERHEAD = "overhead"
    ROOM = "room"
    CYMBALS = "cymbals"
    PERCUSSION = "percussion"
    DRUMS = "drums"
    BASS = "bass"
    ELECTRIC_GUITAR = "electric_guitar"
    ACOUSTIC_GUITAR = "acoustic_guitar"
    KEYS = "keys"
    ORGAN = "organ"
    SYNTH = "synth"
    PAD = "pad"
    STRINGS = "strings"
    BRASS = "brass"
    WOODWIND = "woodwind"
    LEAD_VOCAL = "lead_vocal"
    BACKING_VOCAL = "backing_vocal"
    FX = "fx"
    CLICK = "click"
    OTHER = "other"


#: Microphones and loops of one drum kit.
DRUM_ROLES = frozenset(
    {
        Role.KICK,
        Role.SNARE,
        Role.HIHAT,
        Role.TOM,
        Role.OVERHEAD,
        Role.ROOM,
        Role.CYMBALS,
        Role.PERCUSSION,
        Role.DRUMS,
    }
)

#: Sung and spoken parts.
VOCAL_ROLES = frozenset({Role.LEAD_VOCAL, Role.BACKING_VOCAL})
