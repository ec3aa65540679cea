"""The recall sheet as one HTML page that needs nothing else: on a screen light or dark, on paper A4 landscape."""

import base64
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from console.words import MINUS, visible
from exporters.sheet.markdown import KINDS
from exporters.sheet.rows import NOTHING, OFF, Row, Section, StripSheet, told


@dataclass(frozen=True, slots=True)
class StripView:
    """A strip as the page shows it: modules that are on, the names of those that are off, and its mixer."""

    number: int
    kind: str
    name: str
    role: str
    files: str
    modules: tuple[Section, ...]
    off: tuple[str, ...]
    turned_off: tuple[str, ...]
    mixer: Section
    why: tuple[str, ...]
    new: bool

    @property
    def shown(self) -> tuple[Section, ...]:
        """What the strip's body shows, along the signal."""
        return (*self.modules, self.mixer)

    def mixed(self, name: str) -> str:
        """A value of the mixer for the overview."""
        return next((row.now for row in self.mixer.rows if row.path.rpartition("/")[2] == name), "")


def to_html(strips: Sequence[StripSheet], name: str, facts: Iterable[str]) -> str:
    """The page; the same mix gives the same page."""
    # A file of this package; it holds nothing of the user's.
    style = Markup(_page("sheet.css"))  # noqa: S704
    digest = base64.b64encode(hashlib.sha256(style.encode("utf-8")).digest()).decode("ascii")
    environment = Environment(
        autoescape=True,
        undefined=StrictUndefined,
        finalize=lambda value: value if isinstance(value, Markup) else visible(str(value)),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["figure"] = _figure
    environment.filters["told"] = told
    environment.filters["sentence"] = lambda text: text[:1].upper() + text[1:]
    environment.tests |= {"heading": _heads, "moved": _moved, "worth_a_line": _worth_a_line}
    views = [_view(strip, number) for number, strip in enumerate(strips, 1)]
    return environment.from_string(_page("sheet.html.j2")).render(
        style=style,
        style_hash=f"sha256-{digest}",
        name=name or "Session",
        facts=tuple(facts),
        strips=views,
        kinds=KINDS,
    )


def _view(strip: StripSheet, number: int) -> StripView:
    switched = [one for one in strip.sections[:-1] if one.on is not None]
    shown = tuple(one for one in strip.sections[:-1] if one.on is not False and _worth_showing(one))
    return StripView(
        number=number,
        kind=strip.kind,
        name="Master" if strip.kind == "master" else strip.id,
        role="" if strip.role == "other" else strip.role,
        files=", ".join(strip.files),
        modules=shown,
        off=tuple(one.name for one in switched if not one.on and not one.was_on),
        turned_off=tuple(one.name for one in switched if not one.on and one.was_on),
        mixer=strip.sections[-1],
        why=strip.reasons,
        new=any(row.was == NOTHING for row in strip.about if row.label == "name"),
    )


def _worth_showing(section: Section) -> bool:
    """The input stage is a row of zeros on most strips: it is shown where a hand is needed."""
    return section.name != "Input" or any(
        row.now not in ("0.0", "0.00", "normal") or row.changed for row in section.rows
    )


def _heads(row: Row) -> bool:
    """Whether a row is the first of an equalizer's band."""
    return bool(row.band) and row.path.endswith("/type")


def _moved(row: Row) -> bool:
    """Whether a row has an earlier value to show; that a module was off, or a strip is new, its heading says."""
    return row.changed and row.was not in (OFF, NOTHING)


def _worth_a_line(row: Row) -> bool:
    """A module's switch is in its heading; a mute that is off and a width of 100 % go without saying."""
    name = row.path.rpartition("/")[2]
    said = name == "enabled" or (row.now, name) in ((OFF, "muted"), ("100", "width"))
    return not said or (row.changed and name != "enabled")


def _figure(text: Any) -> str:
    """A number with a true minus sign, or words."""
    return f"{MINUS}{text[1:]}" if re.fullmatch(r"-\d+(\.\d+)?", text) else str(text)


def _page(name: str) -> str:
    return resources.files("exporters.sheet").joinpath("page", name).read_text(encoding="utf-8")
