"""The surface as a layout of TouchOSC: XML of controls, compressed by zlib.

Version 3 of the format, which every TouchOSC since 1.0 reads. Where mixbridge listens is not part of a layout: it is
entered in TouchOSC's connections, with our port to send to and `LISTEN_PORT` to hear on.
"""

import uuid
import zlib
from collections.abc import Iterable

from presets.surfaces.addresses import PORT, SUBSCRIBE
from presets.surfaces.layout import HEAD, HEIGHT, TABS, WIDTH, Item, Kind, Surface

#: The port on which the layout asks mixbridge to answer.
LISTEN_PORT = PORT + 1

#: A property of a control: its key, and the key and the value as they are written.
Property = tuple[str, str]

_RENEW_MS = 15_000
_CONNECTION_1 = "00001"
_NAMESPACE = uuid.UUID("5b0c0de2-7c55-4b3a-9d0e-6d6978627267")

#: TouchOSC's numbers for what it calls by name in its editor.
_RECTANGLE, _CENTER, _MIDDLE, _NORTH, _MOMENTARY, _TOGGLE, _RELATIVE = 1, 2, 2, 0, 0, 2, 1

_SUBSCRIBE_SCRIPT = f"""\
local last = -{_RENEW_MS}
function update()
  local now = getMillis()
  if now - last >= {_RENEW_MS} then
    last = now
    sendOSC({{ '{SUBSCRIBE}', {{ {{ tag = 'i', value = {LISTEN_PORT} }}, {{ tag = 's', value = 'fader_db' }} }} }})
  end
end
"""

#: A fader can be touched once mixbridge has said where it stands, and is left alone while it is touched.
_FADER_SCRIPT = """\
function show()
  local value = {low} + self.values.x * ({high} - ({low}))
  self.parent.children['{name}'].values.text = string.format('%.{decimals}f {unit}', value)
end
function init()
  show()
end
function onValueChanged(key)
  if key == 'x' then show() end
end
function onReceiveOSC(message, connections)
  if message[1] ~= '{address}' then return false end
  self.interactive = true
  return self.values.touch
end
"""


def layout(surface: Surface) -> bytes:
    """The layout file."""
    pages = "".join(
        _node(
            "GROUP",
            f"page_{number}",
            (0.0, TABS, WIDTH, HEIGHT - HEAD - TABS),
            [_text("tabLabel", page.title), _flag("interactive", False), _flag("grabFocus", False)],
            children=_controls(page.items),
        )
        for number, page in enumerate(surface.pages, 1)
    )
    pager = _node(
        "PAGER",
        "pages",
        (0.0, HEAD, WIDTH, HEIGHT - HEAD),
        [_whole("tabbarSize", int(TABS)), _flag("tabbar", True), _flag("tabLabels", True)],
        values=_value("page", "0"),
        children=pages,
    )
    root = _node(
        "GROUP",
        "mixbridge",
        (0.0, 0.0, WIDTH, HEIGHT),
        [_color("color", "#16191d"), _text("script", _SUBSCRIBE_SCRIPT), _flag("grabFocus", False)],
        children=_controls(surface.head) + pager,
    )
    text = f"<?xml version='1.0' encoding='UTF-8'?><lexml version='3'>{root}</lexml>"
    return zlib.compress(text.encode("utf-8", "replace"))


def _controls(items: Iterable[Item]) -> str:
    items = tuple(items)
    readouts = {item.shows: item.name for item in items if item.kind is Kind.READOUT}
    return "".join(_control(item, readouts.get(item.name, "")) for item in items)


def _control(item: Item, readout: str) -> str:
    place = (item.x, item.y, item.width, item.height)
    if item.kind in (Kind.TEXT, Kind.LABEL, Kind.READOUT):
        heard = (
            _osc(item, send=False, receive=True, value="text", conversion="STRING") if item.address else ""
        )
        return _caption(item.name, item.label, place, item.text_size, heard)
    if item.kind is Kind.FADER:
        return _fader(item, place, readout)
    if item.kind is Kind.LAMP:
        heard = _osc(item, send=False, receive=True)
        return _button(item.name, place, item.color, _MOMENTARY, heard, interactive=False)
    toggles = item.kind is Kind.TOGGLE
    said = _osc(item, send=True, receive=toggles, condition="ANY" if toggles else "RISE")
    button = _button(item.name, place, item.color, _TOGGLE if toggles else _MOMENTARY, said, interactive=True)
    return button + _caption(f"{item.name}_text", item.label, place, item.text_size, "")


def _button(
    name: str,
    place: tuple[float, float, float, float],
    color: str,
    kind: int,
    message: str,
    *,
    interactive: bool,
) -> str:
    properties = [
        _whole("buttonType", kind),
        _color("color", color),
        _flag("interactive", interactive),
        _flag("press", True),
        _flag("release", True),
        _whole("shape", _RECTANGLE),
        _flag("valuePosition", False),
    ]
    return _node("BUTTON", name, place, properties, values=_value("x", "0"), messages=message)


def _fader(item: Item, place: tuple[float, float, float, float], readout: str) -> str:
    script = _FADER_SCRIPT.format(
        address=item.address,
        name=readout,
        low=f"{item.low:g}",
        high=f"{item.high:g}",
        decimals=item.decimals,
        unit=item.unit.replace("%", "%%"),
    )
    properties = [
        _flag("bar", True),
        _color("color", item.color),
        _flag("cursor", True),
        _flag("grid", True),
        _flag("interactive", False),
        _whole("gridSteps", 13),
        _whole("orientation", _NORTH),
        # a finger moves the fader from where it stands: touching it makes no jump
        _whole("response", _RELATIVE),
        _whole("responseFactor", 50),
        _text("script", script),
    ]
    message = _osc(item, send=True, receive=True)
    return _node("FADER", item.name, place, properties, values=_value("x", "0"), messages=message)


def _caption(name: str, text: str, place: tuple[float, float, float, float], size: int, message: str) -> str:
    properties = [
        _flag("background", False),
        _flag("grabFocus", False),
        _flag("interactive", False),
        _flag("outline", False),
        _whole("textAlignH", _CENTER),
        _whole("textAlignV", _MIDDLE),
        _flag("textClip", True),
        _color("textColor", "#ffffff"),
        _whole("textSize", size),
    ]
    return _node("LABEL", name, place, properties, values=_value("text", text), messages=message)


def _osc(
    item: Item,
    *,
    send: bool,
    receive: bool,
    value: str = "x",
    conversion: str = "FLOAT",
    condition: str = "ANY",
) -> str:
    triggers = f"<triggers><trigger><var>{_cdata(value)}</var><condition>{condition}</condition></trigger></triggers>"
    flags = f"<enabled>1</enabled><send>{send:d}</send><receive>{receive:d}</receive><feedback>0</feedback>"
    path = _partial("CONSTANT", "STRING", item.address, 0.0, 1.0)
    argument = _partial("VALUE", conversion, value, item.low, item.high)
    return (
        f"<osc>{flags}<connections>{_CONNECTION_1}</connections>{triggers}"
        f"<path>{path}</path><arguments>{argument}</arguments></osc>"
    )


def _partial(kind: str, conversion: str, value: str, low: float, high: float) -> str:
    return (
        f"<partial><type>{kind}</type><conversion>{conversion}</conversion><value>{_cdata(value)}</value>"
        f"<scaleMin>{low:g}</scaleMin><scaleMax>{high:g}</scaleMax></partial>"
    )


def _node(
    kind: str,
    name: str,
    place: tuple[float, float, float, float],
    properties: Iterable[Property],
    *,
    values: str = "",
    messages: str = "",
    children: str = "",
) -> str:
    x, y, width, height = (f"{number:g}" for number in place)
    frame = f"<x>{x}</x><y>{y}</y><w>{width}</w><h>{height}</h>"
    listed = sorted(
        [*properties, _property("r", "frame", frame), _text("name", name)]
    )  # by key, as TouchOSC does
    values += _value("touch", "false")
    parts = (
        ("properties", "".join(written for _, written in listed)),
        ("values", values),
        ("messages", messages),
        ("children", children),
    )
    inside = "".join(f"<{part}>{content}</{part}>" for part, content in parts if content)
    return f"<node ID='{uuid.uuid5(_NAMESPACE, name)}' type='{kind}'>{inside}</node>"


def _value(key: str, default: str) -> str:
    return (
        f"<value><key>{_cdata(key)}</key><locked>0</locked><lockedDefaultCurrent>0</lockedDefaultCurrent>"
        f"<default>{_cdata(default)}</default><defaultPull>0</defaultPull></value>"
    )


def _property(kind: str, key: str, value: str) -> Property:
    return key, f"<property type='{kind}'><key>{_cdata(key)}</key><value>{value}</value></property>"


def _text(key: str, value: str) -> Property:
    return _property("s", key, _cdata(value))


def _flag(key: str, value: bool) -> Property:
    return _property("b", key, f"{value:d}")


def _whole(key: str, value: int) -> Property:
    return _property("i", key, str(value))


def _color(key: str, value: str) -> Property:
    red, green, blue = (int(value[place : place + 2], 16) / 255.0 for place in (1, 3, 5))
    return _property("c", key, f"<r>{red:.4g}</r><g>{green:.4g}</g><b>{blue:.4g}</b><a>1</a>")


def _cdata(text: str) -> str:
    """A text as XML, without the signs that XML cannot hold at all."""
    kept = "".join(c for c in text if c in "\t\n" or (c >= " " and c not in "\x7f\ufffe\uffff"))
    return "<![CDATA[" + kept.replace("]]>", "]]]]><![CDATA[>") + "]]>"
