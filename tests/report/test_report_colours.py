"""Every text and every mark can be read on its ground, light and dark (WCAG 2: 4.5:1 for text, 3:1 for marks)."""

import re
from importlib import resources

import pytest

from bridge.report.families import FAMILIES

STYLE = resources.files("bridge.report").joinpath("page", "style.css").read_text(encoding="utf-8")
DARK, REST = STYLE.split("{% endset %}")
THEMES = {"dark": DARK, "light": REST.split("}")[0]}
GROUNDS = ("page", "panel", "frame")
TEXTS = ("text", "quiet", "link", "curve", "reduction", "better", "worse")
MARKS = (*FAMILIES, "before", "after", "threshold")


def colours(theme: str) -> dict[str, str]:
    return dict(re.findall(r"--(\w[\w-]*): (#[0-9a-f]{6});", THEMES[theme]))


def luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


def contrast(a: str, b: str) -> float:
    light, dark = sorted((luminance(a), luminance(b)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("theme", THEMES)
def test_text(theme: str) -> None:
    table = colours(theme)
    for ground in GROUNDS:
        for text in TEXTS:
            assert contrast(table[text], table[ground]) >= 4.5, (text, ground)
    assert contrast(table["warn"], table["warn-back"]) >= 4.5
    assert contrast(table["text"], table["note-back"]) >= 4.5


@pytest.mark.parametrize("theme", THEMES)
def test_marks(theme: str) -> None:
    table = colours(theme)
    for ground in GROUNDS:
        for mark in MARKS:
            assert contrast(table[mark], table[ground]) >= 3.0, (mark, ground)


def test_both_themes_have_the_same_colours() -> None:
    assert set(colours("light")) == set(colours("dark"))
