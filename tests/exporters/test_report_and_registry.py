"""The export report as a value and as JSON; the table of exporters."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from console.errors import ExportError
from exporters.registry import EXPORTERS, Exporter, exporter, make_registry
from exporters.report import ExportEntry, ExportReport, Ledger, Outcome, gather


def ledger() -> Ledger:
    book = Ledger("Kick")
    book.exact("pan", "the same pan")
    book.approximated("equalizer.bands.0.q", "the nearest bandwidth", 0.4, "dB")
    return book


def test_a_report_without_losses_is_whole() -> None:
    report = ExportReport("reaper", (Path("a") / "b.rpp",), gather([ledger()]))
    assert not report.partial
    assert [entry.parameter for entry in report.select(Outcome.EXACT)] == ["pan"]


def test_a_loss_makes_it_partial() -> None:
    book = ledger()
    book.dropped("width", "no plugin for it", 6.0, "dB")
    assert ExportReport("reaper", (), gather([book])).partial


def test_the_report_as_json() -> None:
    report = ExportReport("reaper", (Path("a") / "b.rpp",), gather([ledger(), Ledger("master")]))
    data = json.loads(json.dumps(report.to_dict()))
    assert data["schema"] == "mixbridge.export-report/1"
    assert data["files"] == ["a/b.rpp"]
    assert data["counts"] == {"exact": 1, "approximated": 1, "dropped": 0}
    assert data["entries"][1] == {
        "strip": "Kick",
        "parameter": "equalizer.bands.0.q",
        "outcome": "approximated",
        "sentence": "the nearest bandwidth",
        "deviation": 0.4,
        "unit": "dB",
    }


def test_reports_are_values() -> None:
    assert gather([ledger()]) == gather([ledger()])
    assert hash(ExportReport("reaper", (), gather([ledger()])))
    with pytest.raises(AttributeError):
        ExportEntry("", "", Outcome.EXACT, "").strip = "x"  # type: ignore[misc]


def test_every_exporter_has_a_writer_and_a_reader() -> None:
    assert "reaper" in EXPORTERS
    for one in EXPORTERS.values():
        assert callable(one.write)
        assert callable(one.read)


def test_a_name_stands_for_one_exporter() -> None:
    twice = Exporter("x", "", "a:b", "a:c")
    with pytest.raises(ExportError, match="'x'"):
        make_registry(twice, twice)


def test_an_unknown_format_names_the_known_ones() -> None:
    with pytest.raises(ExportError, match=r"'cubase'.*reaper"):
        exporter("cubase")


def test_exporters_load_neither_torch_nor_numba() -> None:
    code = (
        "import sys; from exporters.registry import EXPORTERS; [(e.write, e.read) for e in EXPORTERS.values()];"
        "sys.exit(bool({'torch', 'numba', 'scipy', 'pedalboard'} & set(sys.modules)))"
    )
    root = Path(__file__).resolve().parents[2]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0
