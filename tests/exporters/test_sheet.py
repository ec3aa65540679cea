"""The recall sheet: what is written comes back, values are dialled as an engineer does, names break nothing."""

import csv
import io
import re
from dataclasses import fields, is_dataclass, replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reaper_cases import RATE_HZ, audio, small_mix, small_session
from strategies import mixes

from console.errors import ExportError, MixbridgeError, ParamError
from console.frozen import FrozenMap
from console.mix import (
    Automation,
    Band,
    BandType,
    Bus,
    BusKind,
    Compressor,
    Delay,
    Equalizer,
    Gate,
    Highpass,
    Input,
    Master,
    Mix,
    Reason,
    TrackStrip,
)
from console.params import PARAMS
from console.session import Session, SessionTrack
from exporters.sheet.quantise import quantise
from exporters.sheet.reader import read_project
from exporters.sheet.values import dialled, unit_of
from exporters.sheet.writer import write_project

NAMES = (
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\n=1",
    "＝1",
    " =1",
    "|x|y|",
    "`code` *b* _i_ [a](http://x) ![i](y) <b>",
    "</td><script>alert(1)</script>",
    "{{ 7 * 7 }}",
    "&lt;&amp;",
    "a,b;c\td",
    'say "hey"',
    "two\nlines\r\nand\x00nul",
    "\u202emirrored",
    "\udcff no text",
    "漢" * 85,
    "tracks",
    "0",
    "100%",
    "master",
)


def session_for(mix: Mix, name: str = "Song") -> Session:
    tracks = tuple(SessionTrack(strip.id, (audio(Path("a.wav")),), 2, RATE_HZ) for strip in mix.tracks)
    return Session(name, Path(), mix.sample_rate_hz, tracks)


def written(mix: Mix, folder: Path, **options: Any) -> tuple[Path, Path, Path]:
    csv_path, html_path, md_path = write_project(mix, session_for(mix), folder, force=True, **options).files
    return csv_path, html_path, md_path


def rows_of(path: Path) -> list[dict[str, str]]:
    text = path.read_bytes().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


@given(data=st.data())
@settings(max_examples=60)
def test_any_mix_comes_back(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    mix = data.draw(mixes())
    start = data.draw(st.one_of(st.none(), mixes()))
    path, html, markdown = written(mix, tmp_path_factory.mktemp("sheet"), start=start)
    assert read_project(path) == quantise(mix, session_for(mix))
    html.read_text(encoding="utf-8")
    markdown.read_text(encoding="utf-8")


@given(data=st.data())
@settings(max_examples=30)
def test_only_what_is_no_setting_is_lost(data: st.DataObject) -> None:
    mix = data.draw(mixes())
    kept = quantise(mix, session_for(mix))
    lost = {"reasons", "locked", "role_confidence", "estimator", "seed", "tool", "inputs"}

    def check(ours: Any, theirs: Any) -> None:
        if is_dataclass(ours):
            for item in fields(ours):
                if item.name not in lost:
                    check(getattr(ours, item.name), getattr(theirs, item.name))
        elif isinstance(ours, tuple):
            assert len(ours) == len(theirs)
            for one, other in zip(ours, theirs, strict=True):
                check(one, other)
        else:
            assert ours == theirs

    check(kept, mix)


@pytest.mark.parametrize(
    ("param", "value", "text", "unit"),
    [
        ("strip.fader_db", -6.54, "-6.5", "dB"),
        ("strip.fader_db", -0.04, "0.0", "dB"),
        ("highpass.frequency_hz", 80.0, "80", "Hz"),
        ("highpass.frequency_hz", 82.37, "82.4", "Hz"),
        ("lowpass.frequency_hz", 12345.0, "12300", "Hz"),
        ("compressor.ratio", 3.333, "3.3", ":1"),
        ("compressor.attack_ms", 2.71828, "2.7", "ms"),
        ("compressor.attack_ms", 0.05, "0.05", "ms"),
        ("compressor.release_ms", 259.0, "260", "ms"),
        ("gate.hold_ms", 0.0, "0", "ms"),
        ("delay.time_ms", 375.0, "375", "ms"),
        ("input.delay_ms", -3.2083, "-3.21", "ms"),
        ("equalizer.q", 0.7071, "0.71", ""),
        ("reverb.decay_s", 1.84, "1.8", "s"),
        ("strip.pan", -0.304, "L 30", ""),
        ("strip.pan", 1.0, "R 100", ""),
        ("strip.pan", -0.004, "C", ""),
        ("strip.width", 1.15, "115", "%"),
        ("limiter.ceiling_dbtp", -1.0, "-1.0", "dBTP"),
        ("highpass.frequency_hz", 99.96, "100", "Hz"),
    ],
)
def test_values_as_a_hand_dials_them(param: str, value: float, text: str, unit: str) -> None:
    assert (dialled(param, value), unit_of(param)) == (text, unit)


@given(st.sampled_from(sorted(PARAMS)), st.floats(0.0, 1.0))
def test_dialled_values_are_near_the_exact_ones(param: str, position: float) -> None:
    row = PARAMS[param]
    value = row.denormalise(position)
    text = dialled(param, value)
    assert "e" not in text
    if param == "strip.pan":
        number = {"L": -1.0, "R": 1.0, "C": 0.0}[text[0]] * float(text[2:] or 0.0) / 100.0
    else:
        number = float(text) / (100.0 if unit_of(param) == "%" else 1.0)
    assert abs(number - value) <= max(
        0.0505 * abs(value), 0.0501 if row.unit.startswith("dB") else 0.00501, 0.0
    )


def a_mix() -> Mix:
    return Mix(
        RATE_HZ,
        (
            TrackStrip(
                "Vox",
                input=Input(0.0, True),
                highpass=Highpass(True, 110.0, 24),
                gate=Gate(False, -50.0),
                equalizer=Equalizer(True, (Band(BandType.BELL, 400.0, -3.0, 1.2),)),
                compressor=Compressor(True, -22.0, 3.3),
                pan=-0.3,
                fader_db=-6.5,
                sends=FrozenMap({"plate": -12.0}),
                output="voices",
                automation=Automation(((0.0, -6.5), (62.5, -5.0))),
                reasons=(
                    Reason("equalizer.bands.0", "400 Hz masks the guitar"),
                    Reason("fader_db", "Leads by 2 LU"),
                    Reason("role", "By its name"),
                ),
            ),
        ),
        (Bus("plate", BusKind.FX, delay=Delay()), Bus("voices")),
        Master(fader_db=-1.0),
    )


def by_parameter(path: Path) -> dict[tuple[str, str, str], dict[str, str]]:
    return {(row["strip"], row["module"], row["parameter"]): row for row in rows_of(path)}


def test_rows_have_unit_was_and_now(tmp_path: Path) -> None:
    start = Mix(
        RATE_HZ,
        (
            TrackStrip(
                "Vox",
                compressor=Compressor(True, -20.0, 2.0),
                equalizer=Equalizer(True, (Band(), Band(BandType.BELL, 900.0, 2.0, 1.0))),
                fader_db=-3.0,
                sends=FrozenMap({"room": -9.0}),
            ),
        ),
        (Bus("room", BusKind.FX, delay=Delay()),),
    )
    rows = by_parameter(written(a_mix(), tmp_path, start=start)[0])

    def seen(module: str, parameter: str) -> tuple[str, str, str]:
        row = rows["Vox", module, parameter]
        return row["was"], row["now"], row["unit"]

    assert seen("Mixer", "fader") == ("-3.0", "-6.5", "dB")
    assert seen("Compressor", "ratio") == ("2.0", "3.3", ":1")
    assert seen("High-pass", "switch") == ("off", "on", "")
    assert seen("High-pass", "frequency") == ("off", "110", "Hz")
    assert seen("High-pass", "slope") == ("off", "24", "dB/oct")
    assert seen("Input", "polarity") == ("normal", "inverted", "")
    assert seen("EQ", "band 1 gain") == ("0.0", "-3.0", "dB")
    assert seen("EQ", "band 2") == ("bell 2.0 dB at 900 Hz", "–", "")
    assert seen("Mixer", "pan") == ("C", "L 30", "")
    assert seen("Mixer", "send to plate") == ("–", "-12.0", "dB")
    assert seen("Mixer", "send to room") == ("-9.0", "off", "dB")
    assert seen("Mixer", "output") == ("master", "voices", "")
    assert seen("Mixer", "fader at 1:02.50") == ("–", "-5.0", "dB")
    assert rows["Vox", "Gate", "threshold"]["state"] == "off"
    assert rows["Vox", "Compressor", "ratio"]["state"] == "on"
    assert rows["room", "Mixer", "strip"]["now"] == "taken out"
    assert rows["Vox", "EQ", "switch"]["why"] == "400 Hz masks the guitar."
    assert rows["Vox", "Mixer", "pan"]["was"] == "C"
    assert rows["Vox", "", "name"]["why"] == "By its name."


def test_strips_stand_in_the_mixers_order(tmp_path: Path) -> None:
    rows = rows_of(written(a_mix(), tmp_path)[0])
    assert list(dict.fromkeys(row["strip"] for row in rows)) == ["", "Vox", "voices", "plate", "master"]
    modules = list(dict.fromkeys(row["module"] for row in rows if row["strip"] == "Vox"))
    assert modules == ["", "Input", "High-pass", "Low-pass", "Gate", "EQ", "Compressor", "Mixer"]


def test_the_exact_value_is_beside_the_rounded_one(tmp_path: Path) -> None:
    mix = Mix(RATE_HZ, (TrackStrip("A", fader_db=-6.123456789012345),))
    row = by_parameter(written(mix, tmp_path)[0])["A", "Mixer", "fader"]
    assert (row["now"], row["exact"]) == ("-6.1", "-6.123456789012345")


def hostile_mix() -> Mix:
    names = tuple(name for name in NAMES if name != "master")
    tracks = tuple(
        TrackStrip(name, (name,), sends=FrozenMap({names[0]: -6.0}), output="g" + names[3]) for name in NAMES
    )
    tracks = tuple(replace(one, reasons=(Reason("fader_db", one.id),)) for one in tracks)
    buses = (Bus(names[0], BusKind.FX, delay=Delay()), *(Bus("g" + name) for name in names))
    return Mix(RATE_HZ, tracks, buses, tool="=tool", estimator="@x")


def test_no_cell_is_a_formula(tmp_path: Path) -> None:
    path = written(hostile_mix(), tmp_path)[0]
    for row in csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")):
        for cell in row:
            safe = cell == "%" or re.fullmatch(r"-?\d+(\.\d+)?(e-?\d+)?", cell)
            assert safe or not re.match(r"\s*[=+\-@|%＝＋－＠]", cell), cell
            assert not re.search(r"[\x00-\x1f\u202e]", cell), cell
    assert read_project(path) == quantise(hostile_mix(), session_for(hostile_mix()))


class Page(HTMLParser):
    """Collects the tags and the text of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def test_names_are_text_in_the_page(tmp_path: Path) -> None:
    text = written(hostile_mix(), tmp_path)[1].read_text(encoding="utf-8")
    page = Page(text)
    tags = {tag for tag, _ in page.tags}
    assert not tags & {"script", "img", "b" + "ase", "iframe", "link", "object"}
    assert not [
        value for _, attributes in page.tags for key, value in attributes.items() if key.startswith("on")
    ]
    links = [attributes.get("href") or "" for tag, attributes in page.tags if tag == "a"]
    assert links
    assert all(link.startswith("#s") for link in links)
    shown = "".join(page.text)
    assert "</td><script>alert(1)</script>" in shown
    assert "{{ 7 * 7 }}" in shown
    assert "\u202e" not in shown
    assert "default-src 'none'" in text


def test_names_are_text_in_markdown(tmp_path: Path) -> None:
    text = written(hostile_mix(), tmp_path)[2].read_text(encoding="utf-8")
    assert "<script" not in text
    assert "](" not in text
    assert "http://" not in text
    for line in text.splitlines():
        if line.startswith("|"):
            assert line.count("|") == 6, line


def test_the_page_shows_modules_that_are_on_and_names_those_that_are_off(tmp_path: Path) -> None:
    page = Page(written(a_mix(), tmp_path)[1].read_text(encoding="utf-8"))
    shown = re.sub(r"\s+", " ", " ".join(page.text))
    vox = shown.split("Vox", 2)[2]
    assert "off: Low-pass, Gate" in vox
    assert "off → on" in vox
    assert "400 Hz masks the guitar." in vox
    assert "−6.5" in vox
    assert "L 30" in vox


def test_markdown_marks_what_is_to_be_set(tmp_path: Path) -> None:
    lines = written(a_mix(), tmp_path)[2].read_text(encoding="utf-8").splitlines()
    assert "| Mixer | fader | 0.0 | **−6.5** | dB |" in lines
    assert "| Gate | | off | off | |" in lines
    assert "| Compressor | ratio | off | **3.3** | :1 |" in lines
    assert "- Leads by 2 LU." in lines


def test_equal_input_gives_equal_bytes(tmp_path: Path) -> None:
    one = write_project(small_mix(), small_session(tmp_path), tmp_path / "a")
    two = write_project(small_mix(), small_session(tmp_path), tmp_path / "b")
    assert [path.read_bytes() for path in one.files] == [path.read_bytes() for path in two.files]
    assert [path.name for path in one.files] == [
        "Small song recall.csv",
        "Small song recall.html",
        "Small song recall.md",
    ]
    assert not one.partial


def test_nothing_is_overwritten_unasked_and_all_or_nothing_is_written(tmp_path: Path) -> None:
    mix, session = small_mix(), small_session(tmp_path / "song")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "Small song recall.md").write_text("mine", encoding="utf-8")
    with pytest.raises(ExportError, match=r"recall\.md exists already"):
        write_project(mix, session, tmp_path / "out")
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["Small song recall.md"]
    write_project(mix, session, tmp_path / "out", force=True)
    with pytest.raises(ExportError, match="'Bass'"):
        write_project(Mix(RATE_HZ, (TrackStrip("Bass"),)), session, tmp_path / "x")


def test_a_table_that_a_spreadsheet_saved_again_is_read(tmp_path: Path) -> None:
    """With semicolons, without the mark, with other line ends, with a column more, in another order."""
    path = written(a_mix(), tmp_path)[0]
    rows = rows_of(path)
    out = io.StringIO(newline="")
    writer = csv.writer(out, delimiter=";", lineterminator="\n", quoting=csv.QUOTE_ALL)
    columns = ["exact", "note", "path", "now"]
    writer.writerow(columns)
    for row in rows:
        writer.writerow([row.get(name, "") for name in columns])
    path.write_text(out.getvalue(), encoding="utf-8", newline="")
    assert read_project(path) == quantise(a_mix(), session_for(a_mix()))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no columns"),
        ("a,b\r\n1,2\r\n", "no columns"),
        ("path,exact\r\nsample_rate_hz,fast\r\n", "row 2"),
        ("path,exact\r\nsample_rate_hz,NaN\r\n", "row 2"),
        ("path,exact\r\nsample_rate_hz,48000\r\nsample_rate_hz,48000\r\n", "twice"),
        ("path,exact\r\nsample_rate_hz/x,1\r\nsample_rate_hz,48000\r\n", "twice"),
        ("path,exact\r\nsample_rate_hz,48000\r\nsample_rate_hz/x/y,1\r\n", "row 3"),
        ('path,exact\r\nsample_rate_hz,48000\r\ntracks/1/id,"""A"""\r\n', "lacks some of its tracks"),
        ("path,exact\r\nsample_rate_hz,48000\r\ntracks/0/fader_db,1\r\n", "lacks id"),
        ("path,exact\r\nsample_rate_hz,48000\r\nmaster/fader,1\r\n", "unknown key 'fader'"),
        ("path,exact\r\nsample_rate_hz,48000\r\nmaster/fader_db,100\r\n", "outside its range"),
        ("path,exact\r\nsample_rate_hz,48000\r\nmaster/fader_db," + "[" * 100_000 + "\r\n", "row 3"),
        ('path,exact\r\nsample_rate_hz,"48000\r\n', "no table"),
    ],
)
def test_damaged_tables_are_refused_with_their_name(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "x.csv"
    path.write_text(text, encoding="utf-8", newline="")
    with pytest.raises((ExportError, ParamError), match=message) as caught:
        read_project(path)
    assert "x.csv" in str(caught.value)


def test_a_path_too_deep_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("path,exact\r\n" + "a/" * 60_000 + "b,1\r\n", encoding="utf-8")
    with pytest.raises(MixbridgeError, match=r"x\.csv"):
        read_project(path)


@given(data=st.data())
@settings(max_examples=120)
def test_damaged_bytes_are_read_or_refused(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("bytes")
    path = written(a_mix(), folder)[0]
    content = bytearray(path.read_bytes())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.one_of(st.just(len(content)), st.integers(0, len(content))))])
    try:
        read_project(path)
    except MixbridgeError as error:
        assert "recall.csv" in str(error)  # noqa: PT017
