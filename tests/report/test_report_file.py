"""The report is written whole or not at all, over nothing that the user did not give away."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from bridge.report import ReportData, render_report, write_report
from console.errors import ExportError


def test_file_is_the_rendered_page_and_nothing_stays_beside_it(band: ReportData, tmp_path: Path) -> None:
    write_report(tmp_path / "out" / "report.html", band)
    assert (tmp_path / "out" / "report.html").read_bytes() == render_report(band).encode()
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["report.html"]


def test_an_older_report_stays_unless_forced(band: ReportData, tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.write_text("mine", encoding="utf-8")
    with pytest.raises(ExportError, match=r"report\.html.*--force"):
        write_report(path, band)
    assert path.read_text(encoding="utf-8") == "mine"
    write_report(path, band, force=True)
    assert path.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_a_file_of_the_session_is_never_written(band: ReportData, tmp_path: Path) -> None:
    source = tmp_path / "kick.wav"
    source.write_bytes(b"RIFF")
    track = band.session.tracks[0]
    track = replace(track, files=(replace(track.files[0], path=source),))
    data = replace(band, session=replace(band.session, tracks=(track, *band.session.tracks[1:])))
    with pytest.raises(ExportError, match="never written"):
        write_report(tmp_path / "." / "kick.wav", data, force=True)
    assert source.read_bytes() == b"RIFF"


def test_a_place_that_cannot_be_written_is_an_export_error(band: ReportData, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(ExportError, match="cannot be written"):
        write_report(tmp_path / "file" / "report.html", band)
    (tmp_path / "folder").mkdir()
    with pytest.raises(ExportError, match="exists already"):
        write_report(tmp_path / "folder", band, force=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "folder"]


def test_a_full_disk_leaves_nothing_behind(
    band: ReportData, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Path, target: Path) -> Path:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(ExportError, match="No space left"):
        write_report(tmp_path / "report.html", band)
    assert list(tmp_path.iterdir()) == []
