"""Watching a desk: what it says in words, recorded and played again without it, to the same end."""

import json
import math
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import live_kind
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from live_desks import band
from live_mackie import MackieDaw, Track
from live_wire import ModelWire, UdpServer
from live_x32 import X32Model

from bridge.cli import main
from bridge.live.capture import Passed, read_capture, written
from bridge.live.clock import ManualClock
from bridge.live.journal import Journal
from bridge.live.link import LINKS, LinkOptions, open_link
from bridge.live.links.mackie import opening
from bridge.live.memory import MemoryLink
from bridge.live.midiwire import MidiWire
from bridge.live.recording import CaptureFile, Listener
from bridge.live.replaying import Replay
from bridge.live.tapping import midi_wire, osc_wire, tapped_by
from bridge.live.values import Control, Relisted, Touched
from bridge.live.watching import Heard, Watcher
from bridge.live.wires import Message, UdpWire, Wire
from console.errors import LinkError

X32 = LinkOptions(port=10023)
HEAD = b'{"schema": "mixbridge.capture/1", "kind": "x32", "options": {}}\n'


class Into:
    """A tap that puts another wire in the place of each, and has it listened to."""

    def __init__(self, wire: object, listener: Listener) -> None:
        self.wire, self.listener = wire, listener

    def osc(self, make: Callable[[], Wire]) -> Wire:
        return self.listener.osc(lambda: self.wire)  # type: ignore[arg-type, return-value]

    def midi(self, make: Callable[[], MidiWire]) -> MidiWire:
        return self.listener.midi(lambda: self.wire.pop(0))  # type: ignore[attr-defined]


def told(rows: list[Heard]) -> list[tuple[object, ...]]:
    return [(row.event, row.control, row.value, row.by) for row in rows]


def watched_x32(path: Path) -> tuple[Watcher, list[Heard]]:
    """A minute at a model of an X32 with hands on it, recorded."""
    clock, model = ManualClock(), X32Model()
    file = CaptureFile(path, "x32", X32, clock)
    with tapped_by(Into(ModelWire(model, clock), Listener(clock, file.keep))):
        link = open_link("x32", X32, clock)
    watcher = Watcher(link, clock)
    watcher.begin()
    rows: list[Heard] = []
    for second in range(60):
        model.hand("/ch/01/mix/fader", second / 100)
        model.hand("/ch/02/mix/pan", second / 60)
        for _ in range(10):
            rows += watcher.hear(0.1)
    file.close()
    return watcher, rows


def replayed(path: Path) -> tuple[Watcher, list[Heard], Replay]:
    capture, clock = read_capture(path), ManualClock()
    replay = Replay(capture, clock)
    with tapped_by(replay):
        link = open_link(capture.kind, capture.options, clock)
    watcher = Watcher(link, clock)
    watcher.begin()
    rows: list[Heard] = []
    while not replay.finished:
        rows += watcher.hear(0.1)
    return watcher, rows, replay


# Hearing.


def test_hands_are_told_with_channel_unit_and_value(tmp_path: Path) -> None:
    watcher, rows = watched_x32(tmp_path / "x32.jsonl")
    faders = [row for row in rows if row.control == Control("ch/01", "fader_db")]
    assert len(faders) == 59  # the first was the place where it stood
    assert faders[-1].value == pytest.approx(40 * 0.59 - 30 if 0.59 >= 0.5 else 0, abs=0.05)
    assert {row.by for row in faders} == {"a hand"}
    row = faders[-1].to_dict()
    assert row["unit"] == "dB"
    assert row["t"] == pytest.approx(59.0, abs=3.0)
    assert not watcher.lost


def test_a_mixbridge_that_runs_is_told_from_hands(tmp_path: Path) -> None:
    memory, clock = band(), ManualClock()
    journal = tmp_path / "journal.jsonl"
    watcher = Watcher(MemoryLink(memory, clock), clock, journal)
    watcher.begin()
    fader = Control("1", "fader_db")
    with Journal(journal) as other:
        other.sent({fader: -3.0, Control("no such", "fader_db"): 1.0})
    memory.move(fader, -3.0)
    memory.move(fader, -9.0)
    memory.move(fader, -9.0)
    assert [row.by for row in watcher.hear()] == ["mixbridge", "a hand", "said again"]
    with journal.open("a", encoding="utf-8") as file:
        file.write('{"event": "sent", "values": [["1", "fader')  # torn
    assert watcher.hear() == []
    with journal.open("a", encoding="utf-8") as file:
        file.write('_db", -1.0]]}\nno line\n[1]\n{"event": "sent", "values": 3}\n')
    memory.move(fader, -1.0)
    assert [row.by for row in watcher.hear()] == ["mixbridge"]


def test_everything_else_that_a_desk_says(tmp_path: Path) -> None:
    memory, clock = band(), ManualClock()
    watcher = Watcher(MemoryLink(memory, clock), clock)
    watcher.begin()
    memory.events.append(Touched(Control("1", "fader_db")))
    memory.events.append(Touched(Control("1", "fader_db"), down=False))
    for place in range(100):
        memory.play(place / 100.0)
    memory.play(1.0, playing=False)
    memory.rename("1", "Tom")
    memory.move(Control("gone", "fader_db"), 1.0)
    rows = watcher.hear()
    assert [row.event for row in rows] == [
        *("touched", "released", "playing", "stopped", "tracks", "channels", "unknown")
    ]
    assert "Tom" in rows[5].text
    memory.alive = False
    assert [row.event for row in watcher.hear()] == ["lost"]
    assert watcher.lost


# Recording and replaying.


def test_a_replay_says_what_was_said_then(tmp_path: Path) -> None:
    watcher, rows = watched_x32(tmp_path / "x32.jsonl")
    again, said, replay = replayed(tmp_path / "x32.jsonl")
    assert told(said) == told(rows)
    assert again.desk.values == watcher.desk.values
    assert [c.name for c in again.desk.channels.values()] == [c.name for c in watcher.desk.channels.values()]
    assert replay.clock.now() == pytest.approx(watcher.clock.now(), abs=1.0)


def test_a_replay_of_the_replay_is_the_same(tmp_path: Path) -> None:
    watched_x32(tmp_path / "one.jsonl")
    capture, clock = read_capture(tmp_path / "one.jsonl"), ManualClock()
    file = CaptureFile(tmp_path / "two.jsonl", "x32", X32, clock)
    replay = Replay(capture, clock, file.keep)
    with tapped_by(replay):
        watcher = Watcher(open_link("x32", X32, clock), clock)
    watcher.begin()
    while not replay.finished:
        watcher.hear()
    file.close()
    assert told(replayed(tmp_path / "two.jsonl")[1]) == told(replayed(tmp_path / "one.jsonl")[1])


def test_midi_is_recorded_and_replayed_wire_by_wire(tmp_path: Path) -> None:
    clock = ManualClock()
    daw = MackieDaw(clock, [Track(f"Trk{n:03d}", -10.0, 0.5) for n in range(1, 7)])
    options = LinkOptions(settings=(("daw", "ardour"), ("look", "no")))
    path = tmp_path / "mackie.jsonl"
    file = CaptureFile(path, "mackie", options, clock)
    daw.start()
    with tapped_by(Into(list(daw.wires), Listener(clock, file.keep))):
        watcher = Watcher(opening.open_link(options, clock), clock)
    watcher.begin()
    rows: list[Heard] = []
    for step in range(20):
        for _ in range(3):
            rows += watcher.hear(0.2)
        daw.move(0, -20.0 + step)
    file.close()
    assert any(row.value == pytest.approx(-2.0, abs=0.2) for row in rows)
    again, said, _ = replayed(path)
    assert told(said) == told(rows)
    assert again.desk.values == watcher.desk.values


def test_several_wires_are_kept_apart(tmp_path: Path) -> None:
    clock = ManualClock()
    rows = [
        Passed(0.0, True, b"\x90\x01\x7f", 0),
        Passed(0.1, True, b"\x90\x02\x7f", 1),
        Passed(0.2, False, b"\xe0\x00\x00", 1),
        Passed(0.3, True, b"\x90\x03\x7f", 1),
    ]
    path = tmp_path / "two.jsonl"
    file = CaptureFile(path, "mackie", LinkOptions(), clock)
    for row in rows:
        file.keep(row)
    file.close()
    replay = Replay(read_capture(path), clock)
    with tapped_by(replay):
        one, two = (midi_wire(lambda: pytest.fail("a port was opened")) for _ in range(2))
    assert one.receive(1.0) == [b"\x90\x01\x7f"]
    assert two.receive(0.15) == [b"\x90\x02\x7f"]
    assert two.receive(0.0) == []
    two.send(b"\xe0\x00\x00")
    assert two.receive(1.0) == [b"\x90\x03\x7f"]
    assert replay.finished


def test_no_answer_comes_before_its_question(tmp_path: Path) -> None:
    clock, path = ManualClock(), tmp_path / "one.jsonl"
    file = CaptureFile(path, "x32", X32, clock)
    file.keep(Passed(0.0, False, Message("/info")))
    file.keep(Passed(0.01, True, Message("/info", ("V2.07",))))
    file.close()
    replay = Replay(read_capture(path), clock)
    with tapped_by(replay):
        wire = osc_wire(lambda: pytest.fail("a socket was opened"))
    assert wire.receive(0.2) == []
    wire.send("/info")
    assert [one.address for one in wire.receive(0.0)] == ["/info"]
    late = Replay(read_capture(path), clock)
    with tapped_by(late):
        wire = osc_wire(lambda: pytest.fail("a socket was opened"))
    assert [one.address for one in wire.receive(5.0)] == [
        "/info"
    ]  # a link that asks otherwise is not left waiting


def test_a_real_socket_is_recorded_too(tmp_path: Path) -> None:
    with UdpServer(X32Model()) as server:
        from bridge.live.clock import SystemClock

        heard: list[Passed] = []
        with tapped_by(Listener(SystemClock(), heard.append)):
            wire = osc_wire(UdpWire, ("127.0.0.1", server.port), SystemClock())
        wire.send("/info")
        assert [one.address for one in wire.receive(2.0)] == ["/info"]
        server.raw(b"no osc", wire.inner.port)  # type: ignore[attr-defined]
        wire.receive(0.5)
        wire.close()
    assert [(one.incoming, one.what.address) for one in heard if isinstance(one.what, Message)] == [
        (False, "/info"),
        (True, "/info"),
    ]


ARGUMENTS = st.one_of(
    st.floats(allow_nan=False),
    st.integers(-(2**31), 2**31 - 1),
    st.text(max_size=20),
    st.binary(max_size=20),
    st.booleans(),
)


@settings(max_examples=200, deadline=None)
@given(
    st.floats(0.0, 1e6),
    st.booleans(),
    st.integers(0, 5),
    st.one_of(
        st.binary(min_size=1, max_size=40),
        st.builds(
            Message,
            st.text(max_size=30),
            st.lists(ARGUMENTS, max_size=6).map(tuple),
            st.just(("10.0.0.1", 9)),
        ),
    ),
)
def test_a_message_is_read_as_it_was_written(
    tmp_path_factory: pytest.TempPathFactory, at_s: float, incoming: bool, wire: int, what: Message | bytes
) -> None:
    if isinstance(what, Message) and not incoming:
        what = Message(what.address, what.args)
    path = tmp_path_factory.getbasetemp() / "one.jsonl"
    file = CaptureFile(path, "x32", X32, ManualClock())
    file.keep(Passed(at_s, incoming, what, wire))
    file.close()
    capture = read_capture(path)
    (one,) = capture.passed
    assert (one.incoming, one.wire, one.what) == (incoming, wire, what)
    assert one.at_s == pytest.approx(at_s, abs=1e-6)
    if isinstance(what, Message) and isinstance(one.what, Message):
        assert [type(value) for value in one.what.args] == [type(value) for value in what.args]
    assert capture.options == X32


def test_no_password_gets_into_a_capture(tmp_path: Path) -> None:
    options = LinkOptions(settings=(("http", "me:secret@127.0.0.1:8080"), ("sends", "8")))
    CaptureFile(tmp_path / "one.jsonl", "reaper", options, ManualClock()).close()
    assert "secret" not in (tmp_path / "one.jsonl").read_text("utf-8")
    assert read_capture(tmp_path / "one.jsonl").options.settings == (
        ("http", "127.0.0.1:8080"),
        ("sends", "8"),
    )


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_no_number_stays_none(value: float) -> None:
    row = json.loads(written(Passed(0.0, True, Message("/x", (value, None)))))
    assert row["args"] == [["f", repr(value)], ["?", "None"]]


def test_a_capture_that_is_cut_off_is_played_up_to_there(tmp_path: Path) -> None:
    path = tmp_path / "x32.jsonl"
    watched_x32(path)
    whole = path.read_bytes()
    path.write_bytes(whole[:-8_003])
    assert read_capture(path).torn
    rows = replayed(path)[1]
    assert rows
    path.write_bytes(whole)
    assert told(replayed(path)[1])[: len(rows)] == told(rows)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "its first line is ''"),
        (b"\xff\xfe\x00", "it is no text"),
        (b"{}\n", "its first line"),
        (b'{"schema": "mixbridge.mix/1", "kind": "x32", "options": {}}\n', "schema is 'mixbridge.mix/1'"),
        (b'{"schema": "mixbridge.capture/1", "kind": "x23", "options": {}}\n', "did you mean 'x32'"),
        (b'{"schema": "mixbridge.capture/1", "kind": "x32", "options": 3}\n', "its first line"),
        (HEAD + b'[]\n', "line 2"),
        (HEAD + b'{"t": 1e999, "dir": "in", "address": "/x", "args": []}\n', "line 2"),
        (HEAD + b'{"t": 0, "dir": "up", "bytes": "00"}\n', "line 2"),
        (HEAD + b'{"t": 0, "dir": "in", "bytes": "0x"}\n', "line 2"),
        (HEAD + b'{"t": 0, "dir": "in", "address": "/x", "args": [["q", 1]]}\n', "line 2"),
    ],
)  # fmt: skip
def test_what_is_no_capture_is_told(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "odd.jsonl"
    path.write_bytes(content)
    with pytest.raises(LinkError) as error:
        read_capture(path)
    assert says in str(error.value)


def test_a_capture_does_not_grow_without_end(tmp_path: Path) -> None:
    path = tmp_path / "one.jsonl"
    file = CaptureFile(path, "x32", X32, ManualClock(), largest_bytes=2_000)
    for number in range(1_000):
        file.keep(Passed(number, True, Message("/ch/01/mix/fader", (0.5,))))
    file.close()
    assert path.stat().st_size < 2_500
    assert file.left_out == 1_000 - file.lines
    assert len(read_capture(path).passed) == file.lines > 10


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    with pytest.raises(LinkError, match="cannot be written"):
        CaptureFile(tmp_path / "file" / "one.jsonl", "x32", X32, ManualClock())


# The command.


@pytest.fixture
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MIXBRIDGE_STATE", str(tmp_path / "state"))
    monkeypatch.setitem(LINKS, "memory", live_kind.KIND)
    monkeypatch.setattr(live_kind.SHELF, "desk", band())
    return tmp_path


def objects(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def test_a_real_desk_is_watched_recorded_and_replayed(
    at_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model, path = X32Model(), at_home / "x32.jsonl"
    with UdpServer(model) as server:
        stop = threading.Event()

        def hand() -> None:
            for step in range(400):
                with server.lock:
                    model.hand("/ch/01/mix/fader", (step % 50) / 100)
                if stop.wait(0.02):
                    return

        thread = threading.Thread(target=hand)
        thread.start()
        words = ("live", "watch", "--desk", "x32", "--port", str(server.port), "--for", "1s", "--json")
        code = main([*words, "--record", str(path), "--raw"])
        stop.set()
        thread.join()
    shown = capsys.readouterr()
    assert code == 0
    events = objects(shown.out)
    moved = [event for event in events if event["event"] == "moved"]
    assert len(moved) > 20
    assert {event["key"] for event in moved} == {"ch/01"}
    assert any(event["event"] == "raw" and event["dir"] == "out" for event in events)
    assert f"messages in {path}" in shown.err
    assert main(["live", "watch", "--replay", str(path), "--fast", "--json"]) == 0
    shown = capsys.readouterr()
    again = [event for event in objects(shown.out) if event["event"] == "moved"]
    most = len(moved) * 9 // 10  # the first may come while the link still reads where everything stands
    assert [event["value"] for event in again[-most:]] == [event["value"] for event in moved[-most:]]
    assert "all were played" in shown.err
    began = time.monotonic()
    assert main(["live", "watch", "--replay", str(path), "--raw"]) == 0
    assert time.monotonic() - began > 0.9
    assert "/ch/01/mix/fader 0." in capsys.readouterr().out


def test_words_for_people(
    at_home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    hear, done = Watcher.hear, []

    def heard(watcher: Watcher, timeout_s: float = 0.1) -> list[Heard]:
        if not done:
            done.append(True)
            live_kind.SHELF.desk.move(Control("4", "fader_db"), -3.5)
            live_kind.SHELF.desk.move(Control("4", "highpass.frequency_hz"), 120.0)
            live_kind.SHELF.desk.play(12.5)
            live_kind.SHELF.desk.events.append(Relisted("a track came"))
        return hear(watcher, timeout_s)

    monkeypatch.setattr(Watcher, "hear", heard)
    assert main(["live", "watch", "--desk", "memory", "--for", "200ms"]) == 0
    out = capsys.readouterr().out
    assert "6 channels" in out
    assert "Lead Vox: fader_db -3.5 dB  (a hand)" in out
    assert "Lead Vox: highpass.frequency_hz 120 Hz  (a hand)" in out
    assert "playing at 12.50 s" in out
    assert "tracks: a track came" in out


def test_a_desk_that_is_lost_ends_it(
    at_home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    hear = Watcher.hear

    def heard(watcher: Watcher, timeout_s: float = 0.1) -> list[Heard]:
        live_kind.SHELF.desk.alive = False
        return hear(watcher, timeout_s)

    monkeypatch.setattr(Watcher, "hear", heard)
    assert main(["live", "watch", "--desk", "memory"]) == 5
    assert "does not answer" in capsys.readouterr().err


def test_ctrl_c_is_how_it_ends_and_the_file_is_whole(
    at_home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    hear, calls = Watcher.hear, []

    def heard(watcher: Watcher, timeout_s: float = 0.1) -> list[Heard]:
        calls.append(True)
        if len(calls) > 3:
            raise KeyboardInterrupt
        return hear(watcher, timeout_s)

    monkeypatch.setattr(Watcher, "hear", heard)
    path = at_home / "x32.jsonl"
    with UdpServer(X32Model()) as server:
        words = ("live", "watch", "--desk", "x32", "--port", str(server.port), "--record", str(path))
        assert main([*words]) == 0
        assert "stopped; the desk stands as it stood" in capsys.readouterr().err
        capture = read_capture(path)
        assert not capture.torn
        assert len(capture.passed) > 100
        assert main([*words]) != 0
        assert "--force" in capsys.readouterr().err


def test_nobody_answers_and_the_questions_are_kept(at_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = at_home / "x32.jsonl"
    with UdpServer(X32Model(silent=True)) as server:
        words = ("live", "watch", "--desk", "x32", "--port", str(server.port), "--record", str(path))
        assert main([*words]) == 5
    assert {one.incoming for one in read_capture(path).passed} == {False}


@pytest.mark.parametrize(
    "words", [["--fast"], ["--replay", "a", "--record", "b"], ["--replay", "a", "--desk", "x32"]]
)
def test_options_that_do_not_go_together(
    words: list[str], at_home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["live", "watch", *words]) == 2
    assert "Usage" in capsys.readouterr().err


def test_a_missing_recording_is_told(at_home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["live", "watch", "--replay", str(at_home / "none.jsonl")]) == 5
    assert "live watch --record" in capsys.readouterr().err


def test_the_state_folder_is_not_the_users(at_home: Path) -> None:
    assert sys.modules["bridge.live.folder"].live_folder() == at_home / "state" / "live"
