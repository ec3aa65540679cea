"""File names that every system takes, from any text."""

import re
import unicodedata

from hypothesis import example, given, settings
from hypothesis import strategies as st

from console.filenames import distinct_names, safe_name

WINDOWS_DEVICE = re.compile(r"^(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³]) *(\.|$)", re.IGNORECASE)


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=()), max_size=300))
@example("CON")
@example("aux .old")
@example("\ud800")
@example("a" * 199 + "é" * 100)
@example("con" + "." * 300)
@example("." * 10)
def test_safe_everywhere(name: str) -> None:
    safe = safe_name(name)
    assert safe
    assert not set(safe) & set('<>:"/\\|?*')
    assert not {unicodedata.category(sign) for sign in safe} & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert len(safe.encode("utf-8")) <= 201
    assert safe == safe.strip(" ").rstrip(".")
    assert not safe.startswith(".")
    assert not WINDOWS_DEVICE.match(safe)
    assert safe_name(safe) == safe


@settings(deadline=None)
@given(st.lists(st.sampled_from(["Kick", "kick", "KICK", "kick (2)", "a/b", "a:b", "", " "]), max_size=12))
def test_distinct_without_case(names: list[str]) -> None:
    made = distinct_names(names)
    assert len({name.casefold() for name in made}) == len(names)


def test_plain_names_are_kept() -> None:
    plain = ["01 Kick In", "Snare (top)", "Gtr L+R", "Böse Überraschung", "音源"]
    assert distinct_names(plain) == plain
