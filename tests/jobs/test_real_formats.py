"""Every real format from session to session: written, opened, mixed into a copy, opened again, handed to the others."""

from pathlib import Path

import pytest

from bridge.cli import main
from bridge.jobs import MixRequest, mix_session
from bridge.jobs.exporting import ExportRequest, export_mix
from bridge.jobs.starting import start_mix
from bridge.sessions import exporter_of, load_session
from console.mix import load_mix
from console.session import Session
from exporters.project import Project
from exporters.registry import EXPORTERS, Exporter

PATCHED = [item for item in EXPORTERS.values() if item.opener and item.patcher]

REAPER = """<REAPER_PROJECT 0.1 "7.38/linux" 1700000000
  SAMPLERATE 44100 1 0
  TEMPO 96 4 4
  MARKER 1 1.5 Chorus 0
  MASTER_VOLUME 0.5 0 -1 -1 1
  <TRACK {{11111111-0000-0000-0000-000000000001}}
    NAME Band
    VOLPAN 1 0 -1 -1 1
    ISBUS 1 1
    TRACKID {{11111111-0000-0000-0000-000000000001}}
  >
  <TRACK {{11111111-0000-0000-0000-000000000002}}
    NAME Kick
    VOLPAN 0.5 0 -1 -1 1
    ISBUS 0 0
    TRACKID {{11111111-0000-0000-0000-000000000002}}
    <ITEM
      POSITION 0
      LENGTH 3
      SOFFS 0
      NAME kick
      <SOURCE WAVE
        FILE "{media}/kick.wav"
      >
    >
  >
  <TRACK {{11111111-0000-0000-0000-000000000003}}
    NAME "Lead Vox"
    VOLPAN 0.25 0 -1 -1 1
    ISBUS 2 -1
    TRACKID {{11111111-0000-0000-0000-000000000003}}
    <ITEM
      POSITION 0.5
      LENGTH 1
      SOFFS 0.25
      FADEIN 1 0.01 0 1 0 0 0
      FADEOUT 1 0.1 0 1 0 0 0
      NAME vox
      <SOURCE WAVE
        FILE "{media}/vox.wav"
      >
    >
  >
  <TRACK {{11111111-0000-0000-0000-000000000004}}
    NAME Bass
    VOLPAN 1 0 -1 -1 1
    MUTESOLO 1 0 0
    TRACKID {{11111111-0000-0000-0000-000000000004}}
    <ITEM
      POSITION 0
      LENGTH 3
      SOFFS 0
      NAME bass
      <SOURCE WAVE
        FILE "{media}/bass.wav"
      >
    >
  >
>
"""


@pytest.fixture
def rpp(media: Path, tmp_path: Path) -> Path:
    path = tmp_path / "song" / "song.rpp"
    path.parent.mkdir()
    path.write_text(REAPER.format(media=media.as_posix()), encoding="utf-8")
    return path


def opened(path: Path) -> Project:
    exporter = exporter_of(path)
    assert exporter is not None
    return exporter.open(path)


def sounds(session: Session) -> dict[str, tuple[str, int]]:
    return {one.id: (one.content_hash, one.start_samples) for one in session.tracks}


def written(media: Path, exporter: Exporter, folder: Path) -> Path:
    """A project of the format on the media, as `export` writes it."""
    session = load_session([media])
    mix, _ = start_mix(session)
    (report,) = export_mix(ExportRequest(mix, session, (exporter.name,), folder))
    return next(path for path in report.files if exporter_of(path) == exporter)


@pytest.mark.parametrize("exporter", PATCHED, ids=lambda exporter: exporter.name)
def test_a_session_goes_in_and_comes_out(exporter: Exporter, media: Path, tmp_path: Path) -> None:
    path = written(media, exporter, tmp_path / "written")
    before = path.read_bytes()
    session = load_session([path])
    assert sounds(session) == sounds(load_session([media]))
    copy = path.with_name(f"copy{exporter.suffixes[0]}")
    outcome = mix_session(MixRequest((path,), copy, report=False))
    assert path.read_bytes() == before
    assert copy in outcome.files
    again = load_session([copy])
    assert sounds(again) == sounds(session)
    assert {one.key for one in again.tracks} == {one.key for one in session.tracks}
    far = tmp_path / "far" / "away" / copy.name
    export_mix(ExportRequest(outcome.mix, session, into=far))
    assert sounds(load_session([far])) == sounds(session), "a copy elsewhere finds its audio"
    start, told = start_mix(again)
    assert told == ()
    for strip in outcome.mix.tracks:
        assert start.track(strip.id).fader_db == pytest.approx(strip.fader_db, abs=0.01), strip.id
        assert start.track(strip.id).pan == pytest.approx(strip.pan, abs=0.01), strip.id
        assert dict(start.track(strip.id).sends) == pytest.approx(dict(strip.sends), abs=0.01), strip.id


def test_a_reaper_project_is_mixed_and_the_rest_stays(rpp: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = rpp.read_text("utf-8")
    copy = rpp.with_name("song-mix.rpp")
    assert main(["mix", str(rpp), "-o", str(copy), "-q"]) in (0, 4)
    told = capsys.readouterr().out
    assert "muted in the project" in told
    assert "items joined into one file a track" in told
    assert rpp.read_text("utf-8") == before
    was, now = opened(rpp), opened(copy)
    assert (now.tempo, now.markers) == (was.tempo, was.markers)
    kept = {one.key: (one.name, one.items, one.muted) for one in now.tracks}
    assert {one.key: (one.name, one.items, one.muted) for one in was.tracks}.items() <= kept.items()
    page = (rpp.parent / "song-mix.mixbridge" / "report.html").read_text("utf-8")
    assert '<span class="quiet">−3.0\u00a0dB →</span>' in page, (
        "a mono track at −6.0 dB, under the console's pan law"
    )
    mix = load_mix((rpp.parent / "song-mix.mixbridge" / "mix.json").read_text("utf-8"))
    start, _ = start_mix(load_session([copy]))
    assert start.track("Kick").fader_db == pytest.approx(mix.track("Kick").fader_db, abs=0.01)
    assert start.master.fader_db == pytest.approx(mix.master.fader_db, abs=0.01)
    assert main(["compare", str(rpp), str(copy), "-q"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert any(line.startswith("Kick") for line in lines)
    assert not any("Bass" in line for line in lines), "what is muted is left alone"


def test_a_reaper_project_goes_to_every_other_format(rpp: Path, tmp_path: Path) -> None:
    session = load_session([rpp])
    mix, _ = start_mix(session)
    names = tuple(EXPORTERS)
    reports = export_mix(ExportRequest(mix, session, names, tmp_path / "all"))
    assert [one.format for one in reports] == list(names)
    assert (tmp_path / "all" / "audio" / "Lead Vox.wav").is_file()
    for report in reports:
        assert all(path.is_file() for path in report.files)
        for path in report.files:
            if (exporter := exporter_of(path)) is not None and exporter.name == report.format:
                again = load_session([path])
                assert sounds(again).items() <= sounds(session).items(), report.format
                assert "Lead Vox" in sounds(again)


def test_audio_inside_a_project_is_read_and_goes_beside_another(media: Path, tmp_path: Path) -> None:
    session = load_session([media])
    mix, _ = start_mix(session)
    request = ExportRequest(mix, session, ("dawproject",), tmp_path / "packed", options={"audio": "inside"})
    path = next(path for report in export_mix(request) for path in report.files)
    (tmp_path / "moved").mkdir()
    alone = path.replace(tmp_path / "moved" / path.name)
    again = load_session([alone])
    assert sounds(again) == sounds(session)
    assert list((tmp_path / "moved").iterdir()) == [alone]
    export_mix(ExportRequest(mix, again, ("reaper",), tmp_path / "out"))
    assert sorted(one.name for one in (tmp_path / "out" / "audio").iterdir()) == [
        "bass.wav",
        "kick.wav",
        "vox.wav",
    ]
    copy = alone.with_name("copy.dawproject")
    export_mix(ExportRequest(mix, again, into=copy))
    assert sounds(load_session([copy])) == sounds(session)


def test_tempo_and_markers_go_along_where_there_is_a_place(rpp: Path, tmp_path: Path) -> None:
    session = load_session([rpp])
    mix, _ = start_mix(session)
    (report,) = export_mix(ExportRequest(mix, session, ("dawproject",), tmp_path / "out"))
    was, now = opened(rpp), opened(report.files[0])
    assert [(one.position_s, one.bpm) for one in now.tempo] == [(0.0, 96.0)]
    assert [one.bpm for one in was.tempo] == [96.0]
    assert [(one.position_s, one.name) for one in now.markers] == [(1.5, "Chorus")]
