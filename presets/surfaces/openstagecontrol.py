"""The surface as a session of Open Stage Control (1.25 and later): JSON, a tree of widgets."""

import json
from collections.abc import Iterable
from typing import Any

from presets.surfaces.addresses import SUBSCRIBE
from presets.surfaces.layout import HEAD, HEIGHT, TABS, WIDTH, Item, Kind, Surface

_VERSION = "1.25.0"
_RENEW_MS = 15_000
#: The size of its texts unless told otherwise.
_TEXT_SIZE = 12

_BUTTON = {"type": "button", "on": 1, "off": 0, "typeTags": "f", "alphaFillOff": 0.6}

#: What each kind of item is there.
_WIDGETS: dict[Kind, dict[str, Any]] = {
    Kind.BUTTON: {**_BUTTON, "mode": "tap"},
    # shows only what mixbridge confirms
    Kind.TOGGLE: {**_BUTTON, "mode": "toggle", "decoupled": True, "alphaFillOff": 0.1},
    Kind.FADER: {"type": "fader", "design": "compact", "typeTags": "f", "snap": False},
    Kind.TEXT: {"type": "text", "wrap": "soft"},
    Kind.READOUT: {"type": "text", "bypass": True},
    Kind.LAMP: {"type": "led"},
    Kind.LABEL: {"type": "text", "bypass": True},
}


def session(surface: Surface, *, host: str, port: int) -> bytes:
    """The session file.

    Args:
        surface: what is shown.
        host: where mixbridge listens, as seen from the computer on which Open Stage Control runs.
        port: its port there.
    """
    target = f"{host}:{port}"
    pages = [
        {
            "type": "tab",
            "id": f"page_{number}",
            "label": page.title,
            "widgets": [_widget(item, HEIGHT - HEAD - TABS, target) for item in page.items],
        }
        for number, page in enumerate(surface.pages, 1)
    ]
    share = 100.0 * HEAD / HEIGHT
    subscribe = f"send('{target}', '{SUBSCRIBE}', 'fader_db')"
    root = {
        "type": "root",
        "id": "root",
        "padding": 0,
        "scroll": False,
        "onCreate": f"{subscribe}\nsetInterval('subscribe', () => {{ {subscribe} }}, {_RENEW_MS})",
        "widgets": [
            _panel("head", 0.0, share, widgets=[_widget(item, HEAD, target) for item in surface.head]),
            _panel("pages", share, 100.0 - share, tabs=pages),
        ],
    }
    content = {"createdWith": "Open Stage Control", "version": _VERSION, "type": "session", "content": root}
    return (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode("utf-8", "replace")


def _panel(name: str, top: float, height: float, **children: Iterable[dict[str, Any]]) -> dict[str, Any]:
    place = {"left": "0%", "top": _percent(top, 100.0), "width": "100%", "height": _percent(height, 100.0)}
    look = {"padding": 0, "innerPadding": False, "scroll": False, "alphaStroke": 0}
    return {"type": "panel", "id": name, **place, **look, **children}


def _widget(item: Item, height: float, target: str) -> dict[str, Any]:
    widget: dict[str, Any] = {
        **_WIDGETS[item.kind],
        "id": item.name,
        "left": _percent(item.x, WIDTH),
        "top": _percent(item.y, height),
        "width": _percent(item.width, WIDTH),
        "height": _percent(item.height, height),
        "colorWidget": item.color,
        "target": target,
    }
    if item.address:
        widget["address"] = item.address
    if item.kind in (Kind.BUTTON, Kind.TOGGLE):
        widget["label"] = _plain(item.label)
    if item.kind in (Kind.TEXT, Kind.LABEL):
        widget["default"] = _plain(item.label)
    if item.kind in (Kind.BUTTON, Kind.TOGGLE, Kind.TEXT, Kind.LABEL, Kind.READOUT):
        widget["css"] = f"font-size: {100 * item.text_size // _TEXT_SIZE}%"
    if item.kind is Kind.READOUT:
        widget["value"] = f"@{{{item.shows}}} {item.unit}"
    if item.kind in (Kind.FADER, Kind.LAMP):
        widget["range"] = {"min": item.low, "max": item.high}
    if item.kind is Kind.FADER:
        widget["decimals"] = item.decimals
    return widget


def _percent(part: float, whole: float) -> str:
    return f"{100.0 * part / whole:.3f}".rstrip("0").rstrip(".") + "%"


def _plain(text: str) -> str:
    """A text that stays one: `@{…}`, `#{…}`, `JS{…}` and `^icon` would be carried out or replaced."""
    return "".join(" " if c in "{}^" or not c.isprintable() else c for c in text)
