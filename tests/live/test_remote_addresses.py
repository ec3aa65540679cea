"""What can be said to the remote control, and what it answers."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from live_remote import Client, SessionModel, started

from bridge.live.remote.table import address_table, addresses_page
from bridge.live.values import Control
from console.mix.blend import GROUPS
from console.params import PARAMS
from presets.surfaces.addresses import COMMANDS

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def model() -> SessionModel:
    return SessionModel()


@pytest.fixture
def client(model: SessionModel) -> Iterator[Client]:
    client = Client(started(model))
    yield client
    client.close()


@pytest.mark.parametrize(
    ("address", "value", "control", "expected"),
    [
        ("strip/1/fader_db", -6.3, Control("k1", "fader_db"), -6.3),
        ("strip/1/fader_db", -6, Control("k1", "fader_db"), -6.0),
        ("strip/1/pan/norm", 0.75, Control("k1", "pan"), 0.5),
        ("strip/by_name/Lead_Vox/pan", -1.0, Control("k2", "pan"), -1.0),
        ("strip/by_name/Gtr_L__1/pan", 0.25, Control("k3", "pan"), 0.25),
        # −90 … +12 dB in a straight line: half the way is −39 dB
        ("strip/1/fader_db/norm", 0.5, Control("k1", "fader_db"), -39.0),
        # 0.05 … 250 ms by logarithm: half the way is their geometric mean
        ("strip/3/compressor.attack_ms/norm", 0.5, Control("k3", "compressor.attack_ms"), 12.5**0.5),
        # this desk ends at +6 dB
        ("strip/2/fader_db", 12.0, Control("k2", "fader_db"), 6.0),
        ("strip/2/fader_db/norm", 1.0, Control("k2", "fader_db"), 6.0),
        ("strip/2/equalizer.0.enabled", True, Control("k2", "equalizer.0.enabled"), 1.0),
        ("strip/2/equalizer.0.enabled/norm", 0.0, Control("k2", "equalizer.0.enabled"), 0.0),
        ("strip/2/equalizer.0.type", 2, Control("k2", "equalizer.0.type"), 2.0),
        ("strip/2/equalizer.0.type", "bell", Control("k2", "equalizer.0.type"), 1.0),
        ("strip/3/compressor.attack_ms", 0.05, Control("k3", "compressor.attack_ms"), 0.05),
    ],
)
def test_a_value_reaches_its_knob(
    address: str, value: object, control: Control, expected: float, model: SessionModel, client: Client
) -> None:
    assert client.ask(f"/mixbridge/{address}", value) == []
    assert model.values == {control: pytest.approx(expected, rel=1e-9)}


@pytest.mark.parametrize(
    ("address", "args", "words"),
    [
        ("/other/strip/1/pan", (0.0,), "no address of mixbridge"),
        ("/mixbridge", (), "no address of mixbridge"),
        ("/mixbridge/pannic", (), "did you mean 'panic'?"),
        ("/mixbridge/strip/1/mute", (1,), "nothing that is moved on a desk"),
        ("/mixbridge/strip/1/fader_db/db", (1.0,), "neither a parameter nor /norm nor /range"),
        ("/mixbridge/strip/*/fader_db", (1.0,), "names no strip"),
        ("/mixbridge/strip/0/fader_db", (1.0,), "there is no strip 0; give 1 to 3"),
        ("/mixbridge/strip/99999/fader_db", (1.0,), "there is no strip 99999"),
        ("/mixbridge/strip/999999/fader_db", (1.0,), "names no strip"),
        ("/mixbridge/strip/-1/fader_db", (1.0,), "names no strip"),
        ("/mixbridge/strip/by_name/Nobody/pan", (1.0,), "there is no strip 'Nobody'"),
        ("/mixbridge/strip/by_name", (1.0,), "names no strip"),
        ("/mixbridge/strip/1/gate.ratio", (2.0,), "'Kick' has no gate.ratio on this desk"),
        ("/mixbridge/strip/1/fader_db", (12.1,), "outside its range; give -90 to 12 dB"),
        ("/mixbridge/strip/1/fader_db/norm", (1.1,), "give 0 to 1"),
        ("/mixbridge/strip/1/fader_db", (float("nan"),), "is nan, which is no number"),
        ("/mixbridge/strip/1/fader_db", (float("inf"),), "is inf, which is no number"),
        ("/mixbridge/strip/1/fader_db", (-3.0, -3.0), "has 2 arguments; give one number"),
        ("/mixbridge/strip/1/fader_db", ("-3",), "is '-3', which is no number"),
        ("/mixbridge/strip/1/fader_db", (b"\0" * 4000,), "which is no number"),
        ("/mixbridge/strip/1/fader_db/range", (1.0,), "can only be asked for"),
        ("/mixbridge/strip/1/name", ("Snare",), "can only be asked for"),
        ("/mixbridge/status/text", ("hello",), "can only be asked for"),
        ("/mixbridge/strip/2/equalizer.0.enabled", (0.5,), "which this desk does not have; give 0, 1"),
        ("/mixbridge/strip/2/equalizer.0.type", (7,), "give 0, 1, 2"),
        ("/mixbridge/strip/2/equalizer.0.type", ("notch",), "which is no number"),
        ("/mixbridge/strip/2/equalizer.0.type/norm", (), "not known yet"),
        ("/mixbridge/amount", (101.0,), "outside its range; give 0 to 100 %"),
        ("/mixbridge/amount/colour", (50.0,), "no amount; there is one for each of input, eq"),
        ("/mixbridge/amount/eq/norm/more", (0.5,), "no amount"),
        ("/mixbridge/lock/1", (2,), "it is a switch; give 1 or 0"),
        ("/mixbridge/lock/9", (1,), "there is no strip 9"),
        ("/mixbridge/lock/1/pan", (1,), "more than a strip"),
        ("/mixbridge/undo", ("twice",), "give nothing, or 1"),
        ("/mixbridge/ab", ("C",), "give nothing, or 1"),
        ("/mixbridge/get", (3,), "give addresses"),
        ("/mixbridge/get", (), "give addresses"),
        ("/mixbridge/get", ("undo",), "something to do, it has no value"),
        ("/mixbridge/subscribe", (0,), "neither a port nor a parameter"),
        ("/mixbridge/subscribe", ("volume",), "nothing that is moved on a desk"),
    ],
)
def test_what_cannot_be_done_is_answered(
    address: str, args: tuple[object, ...], words: str, model: SessionModel, client: Client
) -> None:
    answer = client.ask(address, *args)
    assert [one[0] for one in answer] == ["/mixbridge/error"]
    assert answer[0][1] == address
    assert words in str(answer[0][2])
    assert model.log == []


def test_every_question_is_answered(model: SessionModel, client: Client) -> None:
    model.values[Control("k2", "fader_db")] = -39.0
    assert client.ask("/mixbridge/strip/2/fader_db") == [("/mixbridge/strip/2/fader_db", -39.0)]
    assert client.ask("/mixbridge/strip/by_name/Lead_Vox/fader_db/norm") == [
        ("/mixbridge/strip/by_name/Lead_Vox/fader_db/norm", 0.5)
    ]
    assert client.ask("/mixbridge/strip/2/fader_db/range") == [("/mixbridge/strip/2/fader_db/range", -90, 6)]
    assert client.ask("/mixbridge/strip/2/name") == [("/mixbridge/strip/2/name", "Lead Vox")]
    assert client.ask("/mixbridge/strip/1") == [("/mixbridge/strip/1", "fader_db", "pan")]
    assert client.ask("/mixbridge/lock/2") == [("/mixbridge/lock/2", 0)]
    assert client.ask("/mixbridge/amount/eq") == [("/mixbridge/amount/eq", 100.0)]
    assert client.ask("/mixbridge/amount/norm") == [("/mixbridge/amount/norm", 1.0)]
    assert client.ask("/mixbridge/get", "strip/2/name", "/mixbridge/status/ab", "status/pending") == [
        ("/mixbridge/strip/2/name", "Lead Vox"),
        ("/mixbridge/status/ab", "A"),
        ("/mixbridge/status/pending", 3),
    ]
    assert client.ask("/mixbridge/strips") == [
        ("/mixbridge/strips", 1, "Kick", "track", 0),
        ("/mixbridge/strips", 2, "Lead Vox", "track", 0),
        ("/mixbridge/strips", 3, "Gtr/L #1", "track", 0),
        ("/mixbridge/strips/end", 3),
    ]
    name, version = client.ask("/mixbridge/version")[0][1:]
    assert str(name).startswith("mixbridge ")
    assert version == 1


def test_the_addresses_can_be_asked_for(client: Client) -> None:
    answer = client.ask("/mixbridge/addresses")
    assert answer[-1] == ("/mixbridge/addresses/end", len(answer) - 1)
    assert ("/mixbridge/addresses", "/mixbridge/strip/N/pan", "f", "-1 … 1", "linear") in answer


def test_amounts_and_locks(model: SessionModel, client: Client) -> None:
    for address, value in [("amount", 60.0), ("amount/eq/norm", 0.25), ("amount/fader", 100), ("lock/2", 1)]:
        assert client.ask(f"/mixbridge/{address}", value) == []
    assert client.ask("/mixbridge/lock/by_name/Lead_Vox", 0) == []
    assert model.log == [
        ("amount", "", 0.6),
        ("amount", "eq", 0.25),
        ("amount", "fader", 1.0),
        ("lock", "k2", True),
        ("lock", "k2", False),
    ]


@pytest.mark.parametrize("name", COMMANDS)
def test_a_button_does_its_work_when_it_goes_down(name: str, model: SessionModel, client: Client) -> None:
    assert client.ask(f"/mixbridge/{name}", 0.0) == []
    assert model.log == []
    assert client.ask(f"/mixbridge/{name}", 1.0) == [("/mixbridge/done", name, f"{name} done")]
    assert model.log == [(name,)]


def test_ab_may_name_its_side(model: SessionModel, client: Client) -> None:
    client.ask("/mixbridge/ab", "B")
    client.ask("/mixbridge/ab", "B")
    client.ask("/mixbridge/ab")
    assert model.log == [("ab", "B"), ("ab", "B"), ("ab",)]
    assert model.side == "A"


def test_a_name_that_two_strips_have(model: SessionModel, client: Client) -> None:
    model.channels += [model.channels[1]]
    answer = client.ask("/mixbridge/strip/by_name/Lead_Vox/pan", 0.0)
    assert "is the name of the strips 2, 4; give one of these numbers" in str(answer[0][2])


def test_a_session_that_refuses_is_quoted(model: SessionModel, client: Client) -> None:
    model.lost = True
    for address, value in [("strip/1/pan", 0.0), ("undo", 1), ("panic", 1)]:
        assert client.ask(f"/mixbridge/{address}", value) == [
            ("/mixbridge/error", f"/mixbridge/{address}", "the desk does not answer; connect again")
        ]


def test_the_table_has_every_parameter_group_and_command() -> None:
    rows = {row.address: row for row in address_table()}
    assert len(rows) == len(address_table())
    for name in COMMANDS:
        assert f"/mixbridge/{name}" in rows
    for group in GROUPS:
        assert rows[f"/mixbridge/amount/{group}"].range_text == "0 … 100 %"
    for name in ("fader_db", "pan", "width"):
        spec = PARAMS[f"strip.{name}"]
        assert rows[f"/mixbridge/strip/N/{name}"].range_text.startswith(f"{spec.low:g} … {spec.high:g}")
    hertz = rows["/mixbridge/strip/N/equalizer.#.frequency_hz"]
    assert (hertz.range_text, hertz.text) == ("20 … 20000 Hz", "by logarithm")


def test_every_row_of_the_table_is_understood(client: Client) -> None:
    """No row may be answered as an address that does not exist."""
    for row in address_table():
        address = row.address.replace("/N/", "/2/").replace("/N", "/2").replace("#", "0")
        if address.endswith(("/error", "/done")):
            continue
        for one in client.ask(address):
            assert "no address" not in str(one), address
            assert "nothing that is moved" not in str(one), address
        client.server._door._errors.clear()


def test_the_page_in_docs_is_current() -> None:
    """Write `bridge.live.remote.table.addresses_page()` to docs/live-addresses.md when it has changed."""
    page = ROOT / "docs" / "live-addresses.md"
    assert page.read_text(encoding="utf-8") == addresses_page()
