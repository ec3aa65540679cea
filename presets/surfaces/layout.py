"""What a touch surface shows: pages of faders, buttons and texts, with the addresses that they speak by.

The programs that show it (`touchosc`, `openstagecontrol`) write the same table, each in its own format. Panic and what
belongs to it stand above the pages, so that they are there whatever page is open.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto

from console.mix.blend import GROUPS
from console.params import PARAMS
from presets.surfaces.addresses import (
    amount_address,
    command_address,
    lock_address,
    status_address,
    strip_address,
)

#: The size of the surface, in points; programs scale it to the screen.
WIDTH, HEIGHT, HEAD, TABS = 1024.0, 768.0, 128.0, 40.0
STRIPS_A_PAGE = 8

_GAP = 8.0
_PAGE_HEIGHT = HEIGHT - HEAD - TABS


class Kind(Enum):
    """What an item does."""

    #: Says 1 when it is pressed.
    BUTTON = auto()
    #: Says 1 and 0 in turn, and shows what it hears.
    TOGGLE = auto()
    #: Says and shows a value from low to high.
    FADER = auto()
    #: Shows the text that it hears.
    TEXT = auto()
    #: Shows where a fader stands, in numbers.
    READOUT = auto()
    #: Glows with the value that it hears, from low to high.
    LAMP = auto()
    #: Is always the same.
    LABEL = auto()


@dataclass(frozen=True, slots=True)
class Item:
    """One thing on a surface: its name (there is one of each), its place in points, what it says and hears."""

    kind: Kind
    name: str
    x: float
    y: float
    width: float
    height: float
    address: str = ""
    label: str = ""
    low: float = 0.0
    high: float = 1.0
    unit: str = ""
    decimals: int = 0
    #: For a readout: the name of its fader.
    shows: str = ""
    color: str = "#4a6076"
    text_size: int = 18


@dataclass(frozen=True, slots=True)
class Page:
    """A page with its title."""

    title: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Surface:
    """What stands above all pages, and the pages."""

    head: tuple[Item, ...]
    pages: tuple[Page, ...]

    @property
    def items(self) -> tuple[Item, ...]:
        """Everything on it."""
        return (*self.head, *(item for page in self.pages for item in page.items))


def surface(strips: Sequence[str]) -> Surface:
    """The surface of a mix.

    Args:
        strips: the names of the strips, empty where they are not known yet; mixbridge fills them in while it runs.
    """
    names = list(strips)
    starts = range(0, max(len(names), 1), STRIPS_A_PAGE)
    strip_pages = (_strips(start, names[start : start + STRIPS_A_PAGE]) for start in starts)
    return Surface(_head(), (_amounts(), *strip_pages))


def _head() -> tuple[Item, ...]:
    panic = "#c62828"
    items = [
        Item(Kind.TEXT, "status", 8, 8, 420, 56, status_address("text"), "not connected", text_size=20),
        Item(Kind.LABEL, "side_label", 8, 72, 110, 48, label="heard"),
        Item(Kind.TEXT, "side", 122, 72, 60, 48, status_address("ab"), "-", text_size=24),
        Item(Kind.LABEL, "pending_label", 190, 72, 170, 48, label="moves proposed"),
        Item(Kind.TEXT, "pending", 364, 72, 64, 48, status_address("pending"), "0", text_size=24),
    ]
    buttons = (("apply", "APPLY", "#2e7d32"), ("ab", "A / B", "#1565c0"), ("undo", "UNDO", "#6d4c41"))
    for index, (name, label, color) in enumerate((*buttons, ("restore", "RESTORE", "#6d4c41"))):
        place = 436 + index * 92
        items.append(Item(Kind.BUTTON, name, place, 8, 84, 112, command_address(name), label, color=color))
    items += [
        Item(Kind.LAMP, "panicked", 804, 8, 212, 12, status_address("panic"), high=2.0, color="#ff5252"),
        Item(
            Kind.BUTTON,
            "panic",
            804,
            24,
            212,
            70,
            command_address("panic"),
            "PANIC",
            color=panic,
            text_size=36,
        ),
        Item(Kind.LABEL, "panic_label", 804, 96, 212, 24, label="stop; press again: go back", text_size=14),
    ]
    return tuple(items)


def _amounts() -> Page:
    width = WIDTH / (len(GROUPS) + 1)
    items: list[Item] = []
    for index, group in enumerate(("", *GROUPS)):
        color = "#ef6c00" if not group else "#546e7a"
        name = f"amount_{group or 'all'}"
        place = index * width + _GAP / 2.0
        items.append(Item(Kind.LABEL, f"{name}_label", place, 8, width - _GAP, 32, label=group or "ALL"))
        items += _fader(name, place, width - _GAP, amount_address(group), (0.0, 100.0, "%", 0), color, 8.0)
    return Page("Amounts", tuple(items))


def _strips(start: int, names: Sequence[str]) -> Page:
    spec = PARAMS["strip.fader_db"]
    width = WIDTH / STRIPS_A_PAGE
    items: list[Item] = []
    for index, name in enumerate(names):
        number = start + index + 1
        place = index * width + _GAP / 2.0
        size = width - _GAP
        text = strip_address(number, "name")
        items.append(Item(Kind.TEXT, f"strip_{number}_name", place, 8, size, 32, text, name or str(number)))
        address = strip_address(number, "fader_db")
        scale = (spec.low, spec.high, spec.unit, 1)
        items += _fader(f"strip_{number}", place, size, address, scale, "#546e7a", 72.0)
        lock = (place, _PAGE_HEIGHT - 64.0, size, 56.0)
        items.append(
            Item(Kind.TOGGLE, f"lock_{number}", *lock, lock_address(number), "LOCK", color="#f9a825")
        )
    first, last = start + 1, start + len(names)
    return Page(f"{first} - {last}" if names else "Strips", tuple(items))


def _fader(
    name: str,
    place: float,
    width: float,
    address: str,
    scale: tuple[float, float, str, int],
    color: str,
    below: float,
) -> list[Item]:
    low, high, unit, decimals = scale
    height = _PAGE_HEIGHT - 80.0 - below
    fader = Item(
        Kind.FADER, name, place, 80, width, height, address, "", low, high, unit, decimals, color=color
    )
    shown = replace(
        fader, kind=Kind.READOUT, name=f"{name}_readout", y=44, height=28, address="", text_size=16
    )
    return [replace(shown, shows=name), fader]
