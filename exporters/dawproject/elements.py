"""Makes the elements of a DAWproject: parameters with their units, each under an id of its own."""

from collections.abc import Collection, Iterator
from typing import Any

from lxml import etree

from exporters.dawproject.units import FADER, FADER_END, PAN, Element, Kind, plain_text, seconds

#: What the names of all that mixbridge adds to a project begin with.
MARK = "mixbridge"


class Ids:
    """Ids that no element has yet, in a fixed order."""

    def __init__(self, prefix: str = "id", taken: Collection[str] = ()) -> None:
        self._free = self._count(prefix, taken)

    @staticmethod
    def _count(prefix: str, taken: Collection[str]) -> Iterator[str]:
        number = 0
        while True:
            name = f"{prefix}{number}"
            if name not in taken:
                yield name
            number += 1

    def next(self) -> str:
        """A new id."""
        return next(self._free)


def element(parent: Element | None, tag: str, **attributes: Any) -> Element:
    """A new element at the end of its parent; attributes that are None are left out, texts made fit for XML."""
    values = {key: _text(value) for key, value in attributes.items() if value is not None}
    return etree.Element(tag, values) if parent is None else etree.SubElement(parent, tag, values)


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return plain_text(str(value))


def real(parent: Element, tag: str, kind: Kind, value: float, ids: Ids, **attributes: Any) -> Element:
    """A RealParameter in its kind's unit."""
    return element(
        parent, tag, **attributes, unit=kind.unit, value=kind.text(value), id=ids.next(), name=_label(tag)
    )


def switch(parent: Element, tag: str, value: bool, ids: Ids) -> Element:
    """A BoolParameter."""
    return element(parent, tag, value=value, id=ids.next(), name=_label(tag))


def volume(parent: Element, level_db: float, ids: Ids) -> Element:
    """The fader of a channel or a send."""
    return real(parent, "Volume", FADER, level_db, ids, max=_range(FADER_END), min=_range(0.0))


def pan(parent: Element, place: float, ids: Ids) -> Element:
    """The pan of a channel, −1 … +1."""
    return real(parent, "Pan", PAN, place, ids, max=_range(1.0), min=_range(0.0))


def clip(
    parent: Element, ids: Ids, *, name: str, time_s: float, duration_s: float, play_start_s: float
) -> Element:
    """A clip on a line in seconds."""
    return element(
        parent,
        "Clip",
        time=seconds(time_s),
        duration=seconds(duration_s),
        contentTimeUnit="seconds",
        playStart=seconds(play_start_s),
        name=name,
    )


def _range(value: float) -> str:
    return f"{value:.6f}"


def _label(tag: str) -> str:
    return {"Enabled": "On/Off", "Freq": "Frequency", "OutputGain": "Output", "InputGain": "Input"}.get(
        tag, tag
    )
