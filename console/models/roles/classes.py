"""What sound can tell apart: the roles, merged where two of them are one sound."""

from console.frozen import FrozenMap
from console.session.roles import Role

#: The classes in the order of the network's outputs, and the roles of each.
#:
#: - a lead and a backing vocal are one sound: which of them leads is a matter of the arrangement;
#: - overhead, room and a whole kit are the kit, nearer or farther;
#: - a pad is a synth that is played slowly.
#:
#: A click is found by its evenness (bridge.sessions.sound); "other" is no sound.
SOUND_CLASSES: FrozenMap[frozenset[Role]] = FrozenMap(
    {
        "kick": frozenset({Role.KICK}),
        "snare": frozenset({Role.SNARE}),
        "hihat": frozenset({Role.HIHAT}),
        "tom": frozenset({Role.TOM}),
        "cymbals": frozenset({Role.CYMBALS}),
        "percussion": frozenset({Role.PERCUSSION}),
        "drums": frozenset({Role.DRUMS, Role.OVERHEAD, Role.ROOM}),
        "bass": frozenset({Role.BASS}),
        "electric_guitar": frozenset({Role.ELECTRIC_GUITAR}),
        "acoustic_guitar": frozenset({Role.ACOUSTIC_GUITAR}),
        "keys": frozenset({Role.KEYS}),
        "organ": frozenset({Role.ORGAN}),
        "synth": frozenset({Role.SYNTH, Role.PAD}),
        "strings": frozenset({Role.STRINGS}),
        "brass": frozenset({Role.BRASS}),
        "woodwind": frozenset({Role.WOODWIND}),
        "vocal": frozenset({Role.LEAD_VOCAL, Role.BACKING_VOCAL}),
        "fx": frozenset({Role.FX}),
    }
)

_CLASS_OF = {role: index for index, roles in enumerate(SOUND_CLASSES.values()) for role in roles}


def class_names() -> tuple[str, ...]:
    """The classes' names in the order of the network's outputs."""
    return tuple(SOUND_CLASSES)


def class_of(role: Role) -> int | None:
    """The index of the class that a role sounds like; None for a click and what has no known role."""
    return _CLASS_OF.get(role)
