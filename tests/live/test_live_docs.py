"""The page on live work says what the program does: commands, links, figures, error texts, examples that run."""

import ast
import importlib
import re
from functools import cache
from pathlib import Path
from typing import Any

import click
import pytest

from bridge.cli.live.group import LIVE_COMMANDS
from bridge.cli.live.push import _SECOND_PRESS_S
from bridge.live import (
    ab,
    echoes,
    folder,
    guard,
    journal,
    mover,
    pairing,
    parameters,
    ramps,
    session,
    snapshot,
)
from bridge.live.clock import ManualClock
from bridge.live.link import LINKS
from bridge.live.links.ableton.link import AbletonLink
from bridge.live.links.ardour.link import ArdourLink
from bridge.live.links.mackie.daws import DAWS
from bridge.live.links.midi import MidiLink, read_map
from bridge.live.links.reaper.link import ReaperLink
from bridge.live.links.x32.link import X32Link
from bridge.live.midiwire import MemoryMidi
from bridge.live.remote.door import Limits
from bridge.live.remote.panic import PRESS_S
from presets.reaper.oscpattern import FILE
from presets.surfaces import LISTEN_PORT, SURFACES
from presets.surfaces.addresses import PORT

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "live.md").read_text("utf-8")
MANUAL = (ROOT / "docs" / "cli.md").read_text("utf-8")


def flat(text: str) -> str:
    return " ".join(text.split())


def section(title: str, page: str = PAGE, level: int = 2) -> str:
    """The text under a heading, on one line, up to the next heading of its level or above."""
    parts = re.split(rf"^#{{2,{level}}} ", page, flags=re.MULTILINE)
    found = [part for part in parts[1:] if part.startswith(title)]
    assert len(found) == 1, title
    return flat(found[0])


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)


def run(example: str) -> dict[str, Any]:
    """Run an example of the page; the names that it leaves."""
    names: dict[str, Any] = {}
    exec(compile(example, "docs/live.md", "exec"), names)  # noqa: S102 - our own page
    return names


def command(name: str) -> click.Command:
    module, function = LIVE_COMMANDS[name][0].split(":")
    found: click.Command = getattr(importlib.import_module(module), function)
    return found


@pytest.mark.parametrize("name", LIVE_COMMANDS)
def test_every_command_is_told_of(name: str) -> None:
    assert f"`live {name}" in section("Commands")


@pytest.mark.parametrize("name", LIVE_COMMANDS)
def test_the_manual_has_every_option(name: str) -> None:
    manual = section("`live COMMAND`", MANUAL)
    assert re.search(rf"### [^#]*`live {name}[ `]", manual)
    shared = section("Options that several commands know", MANUAL)
    for option in command(name).params:
        if isinstance(option, click.Option):
            long = next(word for word in option.opts if word.startswith("--"))
            assert f"`{long}" in manual or f"`{long}" in shared, long


@pytest.mark.parametrize("document", ["docs/live.md", "README.md"])
def test_commands_can_be_typed(document: str) -> None:
    text = (ROOT / document).read_text("utf-8")
    typed = re.findall(r"(?:^|`)mixbridge live ([a-z].*?)(?:`|\s+#.*|$)", text, flags=re.MULTILINE)
    assert typed
    for line in typed:
        name, *words = re.findall(r'"[^"]*"|\S+', line)
        assert name in LIVE_COMMANDS, line
        known = {word for option in command(name).params for word in option.opts}
        assert [word for word in words if word.startswith("-") and word not in known] == [], line


@pytest.mark.parametrize(("kind", "about"), LINKS.items())
def test_every_link_has_its_row(kind: str, about: Any) -> None:
    rows = re.findall(rf"^\| `{kind}` \|.*$", PAGE, flags=re.MULTILINE)
    assert len(rows) == 1
    assert str(about.port or "MIDI") in rows[0]


@pytest.mark.parametrize(
    ("module", "title"),
    [
        ("reaper.link", "REAPER"),
        ("ardour.opening", "Ardour"),
        ("mackie.opening", "Mackie Control"),
        ("midi.link", "Plain MIDI"),
    ],
)
def test_every_setting_of_a_link_is_told_of(module: str, title: str) -> None:
    text = section(title, level=3)
    for word in importlib.import_module(f"bridge.live.links.{module}")._SETTINGS:
        assert f"{word}=" in text or f"`{word}" in text, word


@pytest.mark.parametrize("word", DAWS)
def test_every_daw_behind_a_mackie_control_is_told_of(word: str) -> None:
    assert f"`--set daw={word}` |" in section("Mackie Control", level=3)


class _Nowhere:
    def send(self, address: str, *args: object) -> None: ...

    def receive(self, timeout_s: float = 0.0) -> list[Any]:
        return []

    def close(self) -> None: ...


@pytest.mark.parametrize("link", [ReaperLink, AbletonLink, ArdourLink, X32Link])
def test_ticks_and_settling_times_are_the_links_own(link: Any) -> None:
    traits = link(_Nowhere(), ManualClock()).traits
    row = re.search(rf"^\| {traits.name} \| .*$", PAGE, flags=re.MULTILINE)
    assert row
    assert f"| {1000.0 * traits.tick_s:g} ms | {traits.settle_s:g} s |" in row[0]


def test_the_rate_of_an_x32_is_the_links_own() -> None:
    traits = X32Link(_Nowhere(), ManualClock()).traits
    assert f"`--set rate=N` is how many values a second it is sent ({traits.messages_per_s:g})" in section(
        "X32 and M32", level=3
    )


_LARGEST = [rate * ramps.LONGEST_TICK_S for rate in (ramps.RISE_DB_PER_S, ramps.FALL_DB_PER_S)]
_FIGURES = {
    "The safety contract": [
        f"rises by more than {guard.FREE_RAISE_DB:g} dB needs your yes",
        f"comes up to −{-guard.FREE_SEND_DB:g} dB without a question",
        f"rise by at most {ramps.RISE_DB_PER_S:g} dB a second and fall by at most {ramps.FALL_DB_PER_S:g} dB a second",
        f"at most {ramps.OCTAVES_PER_S:g} octaves (factors of two) a second",
        {0.5: "at most half of their travel a second"}.get(ramps.TRAVEL_PER_S, "another"),
        f"in {ramps.LONGEST_TICK_S:g} s where the tick is longer: {_LARGEST[0]:g} dB up, {_LARGEST[1]:g} dB down",
        f"Below −{-parameters.SILENCE_DB:g} dB counts as silence",
        f"sent again, up to {mover.REPEATS} times",
    ],
    "Who wins": [
        f"the last {echoes._LATE_S:g} s (or {echoes._LATE_SETTLES:g} times the link's settling time)",
    ],
    "Commands": [
        f"by {ab._MOST_DB:g} dB at most",
        f"waits {_SECOND_PRESS_S:g} s for the second",
        f"your hand has rested for {session._RESTS_S:g} s",
    ],
    "Five minutes": [f"Under {100 * pairing.SURE:g} % it asks"],
    "Surfaces and remote control": [
        f"UDP port {PORT} ",
        f"less than {PRESS_S:g} s apart",
        f"receive port {LISTEN_PORT}",
        *(f"`{kind.file_name}`" for kind in SURFACES.values()),
    ],
    "Security": [f"all together {Limits().all_per_s:g}"],
    "What is kept, and where": [
        f"`{snapshot.SNAPSHOT_SCHEMA}`",
        f"`{folder._SCHEMA}`",
        f"${folder.ENVIRONMENT_VARIABLE}/live",
        f"more than {journal._LARGE_BYTES / 1e6:g} MB is put aside",
        f"the last {journal._KEPT_PUSHES} pushes",
    ],
    "Set-up": [f"`{FILE}`"],
}


@pytest.mark.parametrize(
    ("title", "phrase"), [(title, phrase) for title, every in _FIGURES.items() for phrase in every]
)
def test_figures_are_the_codes_own(title: str, phrase: str) -> None:
    assert phrase in section(title)


@pytest.mark.parametrize("word", guard.UNTOUCHABLE)
def test_what_is_never_touched_is_named(word: str) -> None:
    spoken = {"record": "record-arm", "arm": "record-arm", "play": "transport"}.get(word, word)
    assert spoken in section("The safety contract").split("are never touched")[0].rpartition("*")[2].lower()


def test_the_tests_that_the_contract_names_are_there() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)`", PAGE)
    assert len(named) >= 2
    assert [name for name in named if not (ROOT / name).is_file()] == []


@cache
def said_in_code() -> tuple[str, ...]:
    """Every text in the program, with "…" where something is filled in."""
    found = []
    for path in sorted((ROOT / "bridge").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.append(node.value)
            elif isinstance(node, ast.JoinedStr):
                parts = (part.value if isinstance(part, ast.Constant) else "…" for part in node.values)
                found.append("".join(map(str, parts)))
    return tuple(found)


def _symptoms() -> list[str]:
    table = re.findall(
        r"^\| `(.+?)` \|.*\|.*\|$", PAGE[PAGE.index("## Troubleshooting") :], flags=re.MULTILINE
    )
    assert len(table) >= 15
    return table


@pytest.mark.parametrize("symptom", _symptoms())
def test_error_texts_are_the_codes_own(symptom: str) -> None:
    parts = [re.escape(part.strip()) for part in symptom.split("…") if part.strip()]
    wanted = re.compile(".*".join(parts), flags=re.DOTALL)
    assert any(wanted.search(text) for text in said_in_code())


def test_the_midi_map_loads(tmp_path: Path) -> None:
    (text,) = blocks("toml")
    path = tmp_path / "desk.toml"
    path.write_text(text, encoding="utf-8")
    link = MidiLink(MemoryMidi(ManualClock()), ManualClock(), read_map(path))
    knobs = {
        (channel.name, name): knob for channel in link.channels() for name, knob in channel.knobs.items()
    }
    assert len(knobs) == text.count("[[control]]")
    assert knobs["Lead Vox", "fader_db"].readable
    assert not knobs["Lead Vox", "equalizer.0.frequency_hz"].readable
    assert knobs["Main", "fader_db"].high == 10.0
    row = re.search(r"^\| midi \| .*$", PAGE, flags=re.MULTILINE)
    assert row
    assert f"| {1000.0 * link.traits.tick_s:g} ms | {link.traits.settle_s:g} s |" in row[0]


def test_the_python_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(folder.ENVIRONMENT_VARIABLE, str(tmp_path))
    (library,) = blocks("python")
    names = run(library)
    said = re.search(r"`outcome.status` is `(\w+)`, `levels_db` is `(\[.*?\])`", PAGE)
    assert said
    assert str(names["outcome"].status) == said[1]
    assert names["levels_db"] == ast.literal_eval(said[2])


def test_what_is_kept_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(folder.ENVIRONMENT_VARIABLE, str(tmp_path))
    run(blocks("python")[0])
    text = section("What is kept, and where")
    kept = [path for path in (tmp_path / "live").rglob("*") if path.is_file()]
    assert len(kept) >= 3
    for path in kept:
        name = "000001.json" if path.parent.name == "snapshots" else path.name
        assert f"{name}`" in text, path
    events = {
        ast.literal_eval(line.replace("true", "True").replace("false", "False"))["event"]
        for line in (tmp_path / "live" / "memory" / "journal.jsonl").read_text("utf-8").splitlines()
    }
    assert [event for event in events if f"`{event}`" not in text] == []


def test_links_lead_somewhere() -> None:
    heads = re.findall(r"^#+ (.*)$", PAGE, flags=re.MULTILINE)
    anchors = {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}
    inside = set(re.findall(r"\]\(#([\w-]+)\)", PAGE))
    assert inside
    assert inside <= anchors
    for file, anchor in re.findall(r"\]\(([\w./-]+\.md)(?:#([\w-]+))?\)", PAGE):
        target = ROOT / "docs" / file
        assert target.is_file(), file
        if anchor:
            others = re.findall(r"^#+ (.*)$", target.read_text("utf-8"), flags=re.MULTILINE)
            assert anchor in {re.sub(r"[^\w\- ]", "", one.lower()).replace(" ", "-") for one in others}
