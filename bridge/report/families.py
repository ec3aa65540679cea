"""Families of roles: what shares a colour and a mark in the report's pictures.

The colours themselves stand in page/style.css, after Okabe and Ito (2002), told apart with any colour vision;
each family also has a mark of its own, so that nothing hangs on colour alone.
"""

from collections.abc import Collection
from dataclasses import dataclass

from console.session import DRUM_ROLES, Role


@dataclass(frozen=True, slots=True)
class Family:
    """Roles that belong together; `mark` is a path of about 10 × 10 px around the origin."""

    key: str
    name: str
    mark: str


_CIRCLE = "M-5 0a5 5 0 1 0 10 0a5 5 0 1 0 -10 0Z"
_SQUARE = "M-4.5 -4.5H4.5V4.5H-4.5Z"
_DIAMOND = "M0 -6.2L6.2 0L0 6.2L-6.2 0Z"
_UP = "M0 -5.8L5.8 4.6H-5.8Z"
_DOWN = "M0 5.8L5.8 -4.6H-5.8Z"
_CROSS = "M-1.8 -5.4H1.8V-1.8H5.4V1.8H1.8V5.4H-1.8V1.8H-5.4V-1.8H-1.8Z"
_HEXAGON = "M-5.6 0L-2.8 -4.9H2.8L5.6 0L2.8 4.9H-2.8Z"
_BAR = "M-6 -3H6V3H-6Z"

FAMILIES: dict[str, Family] = {
    family.key: family
    for family in (
        Family("drums", "Drums", _SQUARE),
        Family("bass", "Bass", _DIAMOND),
        Family("guitars", "Guitars", _UP),
        Family("keys", "Keys, synths", _BAR),
        Family("ensemble", "Strings, winds", _DOWN),
        Family("lead", "Lead vocal", _CIRCLE),
        Family("backing", "Backing vocals", _HEXAGON),
        Family("other", "Other, FX", _CROSS),
    )
}

_MEMBERS: dict[str, Collection[Role]] = {
    "drums": DRUM_ROLES,
    "bass": (Role.BASS,),
    "guitars": (Role.ELECTRIC_GUITAR, Role.ACOUSTIC_GUITAR),
    "keys": (Role.KEYS, Role.ORGAN, Role.SYNTH, Role.PAD),
    "ensemble": (Role.STRINGS, Role.BRASS, Role.WOODWIND),
    "lead": (Role.LEAD_VOCAL,),
    "backing": (Role.BACKING_VOCAL,),
}
_OF_ROLE = {role: key for key, roles in _MEMBERS.items() for role in roles}


def family(role: str) -> Family:
    """The family of a role; a role that nobody knows belongs to the others."""
    return FAMILIES[_OF_ROLE.get(Role(role), "other") if role in set(Role) else "other"]


def role_name(role: str) -> str:
    """A role as a person writes it."""
    return {"fx": "FX", "hihat": "hi-hat"}.get(role, role.replace("_", " "))
