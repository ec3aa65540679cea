"""A name against a sound: agreement makes sure, contradiction makes doubtful, and a sure name keeps its role."""

import numpy as np
import pytest

from bridge.sessions.roles import NamedRole
from bridge.sessions.weighing import SURE, Weighed, weigh
from console.models.roles import class_names
from console.session import Role


def judged(role: Role, confidence: float, heard: str, chance: float = 0.95) -> Weighed:
    """With the rest of the chance spread evenly."""
    names = class_names()
    chances = np.full(len(names), (1.0 - chance) / (len(names) - 1))
    chances[names.index(heard)] = chance
    return weigh(NamedRole(role, confidence), chances)


@pytest.mark.parametrize(
    ("role", "heard"),
    [(Role.KICK, "kick"), (Role.ROOM, "drums"), (Role.BACKING_VOCAL, "vocal"), (Role.PAD, "synth")],
)
def test_agreement_makes_sure(role: Role, heard: str) -> None:
    for confidence in (0.5, 0.7, 0.95):
        found = judged(role, confidence, heard)
        assert found.role is role
        assert found.confidence > confidence
        assert not found.by_sound


def test_what_the_name_leaves_open_the_sound_of_both_does_not_settle() -> None:
    """Sound cannot tell who leads: doubt about that stays."""
    assert judged(Role.LEAD_VOCAL, 0.65, "vocal").confidence == pytest.approx(0.65 / (0.65 + 0.21), abs=0.01)
    assert judged(Role.BASS, 0.65, "bass").confidence > 0.97


CLEAR = [(Role.KICK, "hihat"), (Role.LEAD_VOCAL, "bass"), (Role.BASS, "cymbals"), (Role.SNARE, "strings")]


@pytest.mark.parametrize(("role", "heard"), CLEAR)
def test_contradiction_makes_doubtful_but_keeps_a_sure_name(role: Role, heard: str) -> None:
    before = 1.0
    for chance in (0.4, 0.8, 0.99):
        found = judged(role, 0.95, heard, chance)
        assert found.role is role
        assert found.sounds is Role(heard)
        assert found.confidence < before
        before = found.confidence
    assert before < 0.85
    assert judged(role, 0.7, heard, 0.99).confidence < SURE


@pytest.mark.parametrize(
    ("role", "near", "far"),
    [
        (Role.ACOUSTIC_GUITAR, "keys", "hihat"),
        (Role.SNARE, "drums", "bass"),
        (Role.KICK, "tom", "cymbals"),
    ],
)
def test_what_is_easily_confused_makes_less_doubt(role: Role, near: str, far: str) -> None:
    assert judged(role, 0.8, near).confidence > judged(role, 0.8, far).confidence + 0.1


def test_a_name_that_says_nothing_leaves_it_to_the_sound_which_is_never_sure() -> None:
    found = judged(Role.OTHER, 0.2, "brass", 0.999)
    assert (found.role, found.by_sound) == (Role.BRASS, True)
    assert found.confidence < SURE
    assert judged(Role.OTHER, 0.2, "drums", 0.999).role is Role.DRUMS


def test_a_sound_that_says_nothing_leaves_no_role() -> None:
    names = class_names()
    assert judged(Role.OTHER, 0.2, "percussion", 0.9).role is Role.OTHER
    found = weigh(NamedRole(Role.OTHER, 0.2), np.full(len(names), 1.0 / len(names)))
    assert (found.role, found.confidence) == (Role.OTHER, 0.3)


def test_a_hint_gives_way_only_to_a_clear_sound() -> None:
    assert judged(Role.SYNTH, 0.5, "drums", 0.97).role is Role.DRUMS
    assert judged(Role.SYNTH, 0.5, "drums", 0.3).role is Role.SYNTH


@pytest.mark.parametrize("role", [Role.CLICK, Role.OTHER])
def test_a_click_or_a_finished_mix_by_name_stays(role: Role) -> None:
    found = judged(role, 0.95, "percussion", 0.99)
    assert (found.role, found.confidence) == (role, 0.95)


def test_an_even_sound_changes_no_name() -> None:
    names = class_names()
    even = np.full(len(names), 1.0 / len(names))
    for role in set(Role) - {Role.OTHER, Role.CLICK}:
        assert weigh(NamedRole(role, 0.8), even).confidence == pytest.approx(0.8, abs=0.06)
