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


#: How a sentence speaks of a track of each role.
ROLE_PHRASES = {
    Role.KICK: "a kick",
    Role.SNARE: "a snare",
    Role.HIHAT: "a hi-hat",
    Role.TOM: "a tom",
    Role.OVERHEAD: "an overhead",
    Role.ROOM: "a room microphone",
    Role.CYMBALS: "a cymbal",
    Role.PERCUSSION: "percussion",
    Role.DRUMS: "a drum track",
    Role.BASS: "a bass",
    Role.ELECTRIC_GUITAR: "an electric guitar",
    Role.ACOUSTIC_GUITAR: "an acoustic guitar",
    Role.KEYS: "a keyboard",
    Role.ORGAN: "an organ",
    Role.SYNTH: "a synth",
    Role.PAD: "a pad",
    Role.STRINGS: "a string part",
    Role.BRASS: "a brass part",
    Role.WOODWIND: "a woodwind part",
    Role.LEAD_VOCAL: "a lead vocal",
    Role.BACKING_VOCAL: "a backing vocal",
    Role.FX: "an effect",
    Role.CLICK: "a click",
    Role.OTHER: "a track of no known role",
}

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

#: What carries the low end, or is for the players alone: nobody sends it to a reverb that it was not sent to.
DRY_ROLES = frozenset({Role.KICK, Role.BASS, Role.CLICK})

#: Sung and spoken parts.
VOCAL_ROLES = frozenset({Role.LEAD_VOCAL, Role.BACKING_VOCAL})
