"""Weighs what a track's name says against what it sounds like."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bridge.sessions.roles import NamedRole
from console.models.roles import SOUND_CLASSES, class_of
from console.session.roles import Role

#: Below this a role is uncertain.
SURE = 0.6
#: What the sound alone says stays below that.
_BY_SOUND = 0.59
#: A track that names nothing, and sounds like nothing more than this, has no role.
_TOO_LITTLE = 0.35
NOTHING = (Role.OTHER, 0.3)

#: What the ear is never right about on recordings, unless a name says so too: what nobody recognises ends here.
_NOT_ALONE = frozenset({"percussion"})

#: How the network errs on recordings of a kind that it was not trained on (docs/roles.md): so often within the
#: family, and so often anywhere.
_WITHIN_FAMILY, _ANYWHERE = 0.15, 0.02

_FAMILIES = (
    ("kick", "tom"),
    ("snare", "tom", "percussion", "drums"),
    ("hihat", "cymbals", "percussion", "drums"),
    ("electric_guitar", "acoustic_guitar", "keys", "organ", "synth", "strings", "brass", "woodwind"),
)

#: How often each role is met, in percent: 7,400 tracks of 220 sessions, by their names, those without a role aside.
_MET: dict[Role, float] = {
    Role.KICK: 5.3,
    Role.SNARE: 5.7,
    Role.HIHAT: 2.6,
    Role.TOM: 6.0,
    Role.OVERHEAD: 2.8,
    Role.ROOM: 3.0,
    Role.CYMBALS: 1.8,
    Role.PERCUSSION: 3.7,
    Role.DRUMS: 1.5,
    Role.BASS: 5.8,
    Role.ELECTRIC_GUITAR: 17.6,
    Role.ACOUSTIC_GUITAR: 2.6,
    Role.KEYS: 3.0,
    Role.ORGAN: 1.0,
    Role.SYNTH: 6.7,
    Role.PAD: 0.5,
    Role.STRINGS: 1.8,
    Role.BRASS: 1.1,
    Role.WOODWIND: 1.0,
    Role.LEAD_VOCAL: 4.6,
    Role.BACKING_VOCAL: 17.4,
    Role.FX: 5.0,
}
_ROLES = tuple(_MET)
#: The root, as the next session is never the mean of all.
_SHARE = np.sqrt(np.array(tuple(_MET.values())))
_CLASS = np.array([class_of(role) for role in _ROLES])

#: Beyond what may always be wrong, how much of the doubt about a name is only about which of the roles of one sound it
#: is: which of two voices leads.
_WRONG, _SIBLINGS = 0.05, 0.7

_NAMES = tuple(SOUND_CLASSES)
#: What a sound is called that several roles have.
_PLAIN = {"vocal": Role.LEAD_VOCAL}


@dataclass(frozen=True, slots=True)
class Weighed:
    """A role, how sure it is, whether only the sound says so, and what the track sounds like most.

    `sounds`: the role that is called after the class with the highest probability.
    """

    role: Role
    confidence: float
    by_sound: bool
    sounds: Role


def weigh(name: NamedRole, chances: NDArray[np.float64]) -> Weighed:
    """The role by name and sound (Bayes' rule).

    The name gives its role the probability that is its confidence; what is left goes to the roles of the same sound
    and to all others, by how often they are met. The sound gives the likelihood, softened by how often it errs. A name
    that is sure keeps its role, though perhaps not its confidence; one that says click or finished mix keeps both.

    Args:
        name: what the name says.
        chances: the network's probabilities, (classes).
    """
    sounds = _plain(int(np.argmax(chances)))
    if name.role not in _MET and name.confidence >= SURE:
        return Weighed(name.role, name.confidence, False, sounds)
    after = _by_name(name) * _softened(chances)[_CLASS]
    after /= after.sum()
    own = _ROLES.index(name.role) if name.role in _MET else None
    masses = np.bincount(_CLASS, after, minlength=len(_NAMES))
    best = int(np.argmax(masses))
    if own is not None and (name.confidence >= SURE or _CLASS[own] == best):
        return Weighed(name.role, float(after[own]), False, sounds)
    if masses[best] < _TOO_LITTLE or _NAMES[best] in _NOT_ALONE:
        return Weighed(*NOTHING, True, sounds)
    return Weighed(_plain(best), min(float(masses[best]), _BY_SOUND), True, sounds)


def _plain(kind: int) -> Role:
    return _PLAIN.get(_NAMES[kind]) or Role(_NAMES[kind])


def _by_name(name: NamedRole) -> NDArray[np.float64]:
    if name.role not in _MET:
        return np.asarray(_SHARE / _SHARE.sum())
    own = np.arange(len(_ROLES)) == _ROLES.index(name.role)
    siblings = (_CLASS == _CLASS[own]) & ~own
    doubt = 1.0 - name.confidence
    near, far = np.where(siblings, _SHARE, 0.0), np.where(own | siblings, 0.0, _SHARE)
    about_siblings = _SIBLINGS * max(doubt - _WRONG, 0.0) if siblings.any() else 0.0
    chance = np.where(own, name.confidence, far * (doubt - about_siblings) / far.sum())
    return np.asarray(chance + near * about_siblings / (near.sum() or 1.0))


def _softened(chances: NDArray[np.float64]) -> NDArray[np.float64]:
    """The chances as those of an ear that errs as often as ours does; likelihoods, up to a factor."""
    spread = _CONFUSION @ chances
    even = 1.0 / len(chances)
    return np.asarray(
        (1.0 - _WITHIN_FAMILY - _ANYWHERE) * chances + _WITHIN_FAMILY * spread + _ANYWHERE * even
    )


def _confusion() -> NDArray[np.float64]:
    """Each class's error spread over its families, (true, heard)."""
    matrix = np.zeros((len(_NAMES), len(_NAMES)))
    for family in _FAMILIES:
        members = [_NAMES.index(name) for name in family]
        matrix[np.ix_(members, members)] = 1.0
    np.fill_diagonal(matrix, 1.0)
    return np.asarray(matrix / matrix.sum(axis=1, keepdims=True))


_CONFUSION = _confusion()
