"""Layouts for touch surfaces: well formed for their programs, and understood by the remote control."""

import json
import struct
import uuid
import xml.etree.ElementTree as ET
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import lupa
import pytest
from live_remote import Client, SessionModel, started

from bridge.live.memory import plain_channel
from bridge.live.remote.grammar import Kind as Spoken
from bridge.live.remote.grammar import parse
from bridge.live.remote.layouts import write_layouts
from bridge.live.values import Control
from console.errors import ParamError, RenderError
from console.mix.blend import GROUPS
from console.params import PARAMS
from presets.surfaces import SURFACES, surface_file
from presets.surfaces.addresses import COMMANDS, STATUS

NAMES = ["Kick", "Snare Top", "", *(f"Track {n}" for n in range(4, 12))]
HOSTILE = [
    "]]><node/>",
    "\x00\x1b[2J",
    "\ud800",
    "@{root}",
    "JS{{alert(1)}}",
    "</script>",
    "x" * 500,
    "日本",
    "^trash",
    "%s%n",
]

#: The keys that the reference of Open Stage Control's widgets gives, for the types that are used.
COMMON_KEYS = set(
    "lock type id visible interaction comments left top width height expand colorText colorWidget colorStroke "
    "colorFill alphaStroke alphaFillOff alphaFillOn lineWidth borderRadius padding html css value default linkId "
    "address preArgs typeTags decimals target ignoreDefaults bypass onCreate onValue".split()
)
PANEL_KEYS = COMMON_KEYS | set(
    "colorBg layout justify gridTemplate contain scroll innerPadding tabsPosition variables traversing widgets tabs "
    "onTouch".split()
)
KEYS = {
    "root": PANEL_KEYS | {"hideMenu", "onPreload"},
    "panel": PANEL_KEYS,
    "tab": PANEL_KEYS | {"label"},
    "button": COMMON_KEYS | set("colorTextOn label vertical wrap on off mode doubleTap decoupled".split()),
    "fader": COMMON_KEYS
    | set(
        "design knobSize colorKnob horizontal pips dashed gradient snap touchZone spring doubleTap range logScale "
        "sensitivity steps origin onTouch".split()
    ),
    "text": (COMMON_KEYS | set("vertical wrap align".split())) - {"typeTags", "ignoreDefaults"},
    "led": (COMMON_KEYS | set("mode range alphaRange logScale".split()))
    - {"typeTags", "ignoreDefaults", "decimals"},
}


def tosc(names: list[str]) -> ET.Element:
    return ET.fromstring(zlib.decompress(surface_file("touchosc", names)).decode("utf-8"))  # noqa: S314 - our own


def osc(names: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(surface_file("openstagecontrol", names, "studio", 1234))
    return found


def properties(node: ET.Element) -> dict[str, str]:
    return {one.findtext("key", ""): one.findtext("value", "") for one in node.findall("properties/property")}


def frame(node: ET.Element) -> tuple[float, ...]:
    place = next(p for p in node.findall("properties/property") if p.findtext("key") == "frame").find("value")
    assert place is not None
    return tuple(float(place.findtext(side, "nan")) for side in "xywh")


def widgets(widget: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield widget
    for child in (*widget.get("widgets", ()), *widget.get("tabs", ())):
        yield from widgets(child)


@pytest.mark.parametrize("names", [[], [""] * 64, NAMES, HOSTILE], ids=["none", "64", "11", "hostile"])
def test_touchosc_is_a_tree_of_controls(names: list[str]) -> None:
    root = tosc(names)
    assert (root.tag, root.attrib, len(root)) == ("lexml", {"version": "3"}, 1)
    nodes = list(root.iter("node"))
    assert nodes[0].get("type") == "GROUP"
    ids = [str(node.get("ID")) for node in nodes]
    assert len(set(ids)) == len(ids)
    assert all(str(uuid.UUID(one)) == one for one in ids)
    assert {node.get("type") for node in nodes} == {"GROUP", "PAGER", "BUTTON", "FADER", "LABEL"}
    for node in nodes:
        assert [part.tag for part in node] == [
            tag for tag in ("properties", "values", "messages", "children") if node.find(tag) is not None
        ]
        keys = [one.findtext("key") for one in node.findall("properties/property")]
        assert keys == sorted(set(keys))
        assert {one.get("type") for one in node.findall("properties/property")} <= set("sbifcr")
        assert "touch" in [one.findtext("key") for one in node.findall("values/value")]
        _, _, width, height = frame(node)
        for child in node.findall("children/node"):
            x, y, w, h = frame(child)
            assert min(x, y, w - 1.0, h - 1.0) >= 0.0
            assert x + w <= width + 1e-3
            assert y + h <= height + 1e-3
    pages = root.findall(".//node[@type='PAGER']/children/node")
    assert len(pages) == 1 + max((len(names) + 7) // 8, 1)
    assert all(properties(page)["tabLabel"] for page in pages)


def test_touchosc_buttons_are_not_covered() -> None:
    """Whatever lies over a button must let the finger through."""
    for holder in tosc(NAMES).iter("children"):
        nodes = holder.findall("node")
        for index, node in enumerate(nodes):
            if node.get("type") != "BUTTON" or properties(node)["interactive"] == "0":
                continue
            x, y, w, h = frame(node)
            for above in nodes[index + 1 :]:
                ax, ay, aw, ah = frame(above)
                if ax < x + w and x < ax + aw and ay < y + h and y < ay + ah:
                    assert properties(above)["interactive"] == "0", properties(above)["name"]


def test_touchosc_messages_have_all_parts() -> None:
    messages = list(tosc(NAMES).iter("osc"))
    assert len(messages) > 50
    for message in messages:
        tags = "enabled send receive feedback connections triggers path arguments".split()
        assert [part.tag for part in message] == tags
        assert message.findtext("connections") == "00001"
        assert message.findtext("feedback") == "0"  # what is heard is never said again
        assert len(message.findall("arguments/partial")) == 1


def spoken(root: ET.Element) -> dict[str, ET.Element]:
    """The messages of a layout by their address."""
    return {message.findtext("path/partial/value", ""): message for message in root.iter("osc")}


def test_both_layouts_have_what_a_surface_needs() -> None:
    needed = {f"/mixbridge/{name}" for name in COMMANDS} | {f"/mixbridge/status/{name}" for name in STATUS}
    needed |= {"/mixbridge/amount"} | {f"/mixbridge/amount/{group}" for group in GROUPS}
    for number in range(1, len(NAMES) + 1):
        needed |= {f"/mixbridge/strip/{number}/{what}" for what in ("name", "fader_db")}
        needed.add(f"/mixbridge/lock/{number}")
    assert set(spoken(tosc(NAMES))) == needed
    assert {one["address"] for one in widgets(osc(NAMES)["content"]) if "address" in one} == needed
    assert all(parse(address) for address in needed)


@pytest.mark.parametrize("names", [[], [""] * 64, NAMES, HOSTILE], ids=["none", "64", "11", "hostile"])
def test_open_stage_control_knows_every_key(names: list[str]) -> None:
    session = osc(names)
    assert list(session) == ["createdWith", "version", "type", "content"]
    assert (session["createdWith"], session["type"]) == ("Open Stage Control", "session")
    found = list(widgets(session["content"]))
    assert len({one["id"] for one in found}) == len(found)
    for one in found:
        assert set(one) <= KEYS[one["type"]], one["id"]
        assert not (one.get("widgets") and one.get("tabs"))  # a panel holds one or the other
        if one["type"] not in ("root", "tab"):
            left, top, width, height = (
                float(one[key].rstrip("%")) for key in ("left", "top", "width", "height")
            )
            assert min(left, top, width - 0.1, height - 0.1) >= 0.0
            assert left + width <= 100.01
            assert top + height <= 100.01
        if "address" in one:
            assert one["target"] == "studio:1234"


def test_open_stage_control_carries_out_no_name() -> None:
    """`@{…}`, `#{…}`, `JS{…}` and `^icon` in a property are replaced or run there."""
    for one in widgets(osc(HOSTILE)["content"]):
        for key in ("default", "label"):
            assert not set("{}^") & set(one.get(key, ""))


def test_faders_have_the_ranges_of_the_table() -> None:
    spec = PARAMS["strip.fader_db"]
    scale = spoken(tosc(NAMES))["/mixbridge/strip/5/fader_db"].find("arguments/partial")
    assert scale is not None
    assert [float(scale.findtext(end, "")) for end in ("scaleMin", "scaleMax")] == [spec.low, spec.high]
    fader = next(one for one in widgets(osc(NAMES)["content"]) if one["id"] == "strip_5")
    assert fader["range"] == {"min": spec.low, "max": spec.high}
    readout = next(one for one in widgets(osc(NAMES)["content"]) if one["id"] == "strip_5_readout")
    assert readout["value"] == "@{strip_5} dB"


@pytest.fixture
def client() -> Iterator[Client]:
    channels = [plain_channel(f"k{n}", name) for n, name in enumerate(NAMES, 1)]
    client = Client(started(SessionModel(channels)))
    yield client
    client.close()


def model_of(client: Client) -> SessionModel:
    model = client.server._controlled
    assert isinstance(model, SessionModel)
    return model


def test_what_touchosc_sends_is_understood(client: Client) -> None:
    """Each control that sends is moved to three quarters of its travel, as the program would say it."""
    model = model_of(client)
    sending = [(address, one) for address, one in spoken(tosc(NAMES)).items() if one.findtext("send") == "1"]
    for address, message in sending:
        partial = message.find("arguments/partial")
        assert partial is not None
        assert (partial.findtext("type"), partial.findtext("value")) == ("VALUE", "x")
        low, high = (float(partial.findtext(end, "")) for end in ("scaleMin", "scaleMax"))
        kind = parse(address).kind
        travel = 0.75 if kind in (Spoken.PARAMETER, Spoken.AMOUNT) else 1.0
        before = len(model.log)
        answers = client.ask(address, float(low + travel * (high - low)))
        assert not any(one[0] == "/mixbridge/error" for one in answers), answers
        if kind is not Spoken.COMMAND or address.endswith("panic"):
            assert len(model.log) == before + 1
        model.panicked = 0
    assert len(sending) == len(COMMANDS) + 1 + len(GROUPS) + 2 * len(NAMES)
    assert model.values[Control("k5", "fader_db")] == pytest.approx(-90.0 + 0.75 * 102.0)
    assert model.amounts["eq"] == 0.75
    assert len(model.locks) == len(NAMES)


def test_what_open_stage_control_sends_is_understood(client: Client) -> None:
    model = model_of(client)
    for one in widgets(osc(NAMES)["content"]):
        if one["type"] == "fader":
            client.send(one["address"], float(one["range"]["min"]))
        elif one["type"] == "button":
            assert one["mode"] == ("toggle" if one["address"].startswith("/mixbridge/lock") else "tap")
            client.send(one["address"], float(one["on"]))
            client.server.serve(0.5)
            model.panicked = 0
    client.server.serve(0.5)
    assert not any(one[0] == "/mixbridge/error" for one in client.heard())
    assert set(model.amounts.values()) == {0.0}
    assert model.values[Control("k11", "fader_db")] == -90.0
    assert len(model.locks) == len(NAMES)


class Lua:
    """A TouchOSC script with as much of the program around it as it uses."""

    def __init__(self, script: str) -> None:
        self.lua = lupa.LuaRuntime(unpack_returned_tuples=True)
        self.sent: list[tuple[str, list[tuple[str, object]]]] = []
        self.now = 5.0
        self.lua.globals().sendOSC = self._send
        self.lua.globals().getMillis = lambda: self.now
        self.lua.execute(
            "self = { values = { x = 0, touch = false }, parent = { children = {} }, interactive = false }"
        )
        self.lua.execute(script)

    def _send(self, message: Any) -> None:
        self.sent.append((message[1], [(one.tag, one.value) for one in message[2].values()]))


def test_touchosc_subscribes_and_renews() -> None:
    script = Lua(properties(tosc(NAMES).find("node"))["script"])  # type: ignore[arg-type]
    for _ in range(1_000):
        script.lua.globals().update()
        script.now += 40.0
    subscribe = ("/mixbridge/subscribe", [("i", 9721), ("s", "fader_db")])
    assert script.sent == [subscribe] * 3


@pytest.mark.parametrize(
    ("name", "position", "text"),
    [("strip_3", 0.0, "-90.0 dB"), ("strip_3", 0.8824, "0.0 dB"), ("amount_eq", 0.604, "60 %")],
)
def test_touchosc_shows_where_a_fader_stands(name: str, position: float, text: str) -> None:
    node = next(one for one in tosc(NAMES).iter("node") if properties(one)["name"] == name)
    assert properties(node)["interactive"] == "0"
    script = Lua(properties(node)["script"])
    lua = script.lua
    lua.execute(f"self.parent.children['{name}_readout'] = {{ values = {{ text = '' }} }}")
    lua.globals().init()
    lua.execute(f"self.values.x = {position}")
    lua.globals().onValueChanged("x")
    assert lua.eval(f"self.parent.children['{name}_readout'].values.text") == text
    address = node.findtext("messages/osc/path/partial/value")
    assert lua.eval("onReceiveOSC({ '/other', {} }, {})") is False
    assert lua.eval("self.interactive") is False
    assert lua.eval(f"onReceiveOSC({{ '{address}', {{}} }}, {{}})") is False
    assert lua.eval("self.interactive") is True
    lua.execute("self.values.touch = true")
    assert lua.eval(f"onReceiveOSC({{ '{address}', {{}} }}, {{}})") is True


def test_the_file_is_zlib_and_always_the_same() -> None:
    content = surface_file("touchosc", NAMES)
    assert struct.unpack(">H", content[:2])[0] % 31 == 0
    assert content[0] == 0x78
    assert surface_file("touchosc", NAMES) == content


def test_files_are_written_and_never_replaced_without_a_word(tmp_path: Path) -> None:
    files = write_layouts(tmp_path / "surfaces", NAMES)
    assert [file.name for file in files] == ["mixbridge.tosc", "mixbridge-open-stage-control.json"]
    before = [file.read_bytes() for file in files]
    with pytest.raises(RenderError, match="already there"):
        write_layouts(tmp_path / "surfaces", ["other"])
    assert [file.read_bytes() for file in files] == before
    write_layouts(tmp_path / "surfaces", ["other"], to=["touchosc"], force=True)
    assert files[0].read_bytes() != before[0]
    assert files[1].read_bytes() == before[1]


def test_a_program_that_is_not_known(tmp_path: Path) -> None:
    with pytest.raises(ParamError, match="did you mean 'touchosc'"):
        write_layouts(tmp_path, NAMES, to=["touchosk"])
    assert list(tmp_path.iterdir()) == []
    assert list(SURFACES) == ["touchosc", "openstagecontrol"]
