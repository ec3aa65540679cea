"""The .dawproject itself: valid by both schemas, units as Bitwig writes them, audio beside or inside, whole or not."""

import math
import tracemalloc
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from dawproject_cases import documents, named_track, project_root, schema
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from reaper_cases import RATE_HZ, audio, small_mix, small_session, track
from round_trips import sessions_for
from strategies import mixes

from console.errors import ExportError
from console.mix import Automation, Band, BandType, Equalizer, Highpass, Mix, TrackStrip
from console.session import Session, SessionTrack
from exporters.dawproject.opening import open_project
from exporters.dawproject.reader import read_project
from exporters.dawproject.writer import write_project
from exporters.project import Marker, Tempo
from exporters.report import Outcome


@given(data=st.data())
@settings(max_examples=40)
def test_any_mix_is_valid_by_both_schemas(
    data: st.DataObject, shared: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    mix = data.draw(mixes())
    session = data.draw(sessions_for(mix))
    tempo = data.draw(
        st.sampled_from(((), (Tempo(0.0, 93.5, 6, 8),), (Tempo(0.0, 120.0), Tempo(7.25, 90.0, 7, 8))))
    )
    markers = tuple(
        Marker(time_s, name)
        for time_s, name in data.draw(st.lists(st.tuples(st.floats(0, 9e3), st.text()), max_size=3))
    )
    report = write_project(mix, session, tmp_path_factory.mktemp("out"), tempo=tempo, markers=markers)
    found = documents(report.files[0])
    assert list(found) == ["project.xml", "metadata.xml", "mixbridge.json"]
    schema(shared, "Project.xsd").assertValid(etree.fromstring(found["project.xml"]))
    schema(shared, "MetaData.xsd").assertValid(etree.fromstring(found["metadata.xml"]))


def one_track(tmp_path: Path, strip: TrackStrip, channels: int = 1) -> etree._Element:
    session = Session("s", tmp_path, RATE_HZ, (track(tmp_path, strip.id, "a.wav", channels=channels),))
    report = write_project(Mix(RATE_HZ, (strip,)), session, tmp_path / "out", force=True)
    return named_track(project_root(report.files[0]), strip.id).find("Channel")


def test_frequencies_are_in_semitones(tmp_path: Path) -> None:
    """69 is 440 Hz, an octave is 12: as Bitwig Studio writes them."""
    bands = tuple(Band(BandType.BELL, hz, 1.0, 1.0) for hz in (440.0, 880.0, 27.5, 20_000.0))
    channel = one_track(tmp_path, TrackStrip("A", equalizer=Equalizer(True, bands)))
    found = [band.find("Freq") for band in channel.iter("Band")]
    assert {one.get("unit") for one in found} == {"semitones"}
    assert [float(one.get("value")) for one in found] == pytest.approx([69.0, 81.0, 21.0, 135.076232])


def test_ratios_are_in_percent_and_times_in_seconds(tmp_path: Path) -> None:
    strip = small_mix().track("Kick")
    channel = one_track(tmp_path, replace(strip, sends=strip.sends.__class__(), output="master"))
    compressor, gate = channel.find("Devices/Compressor"), channel.find("Devices/NoiseGate")
    for device, module in ((compressor, strip.compressor), (gate, strip.gate)):
        assert device.find("Ratio").get("unit") == "percent"
        assert float(device.find("Ratio").get("value")) == pytest.approx(100.0 * (1.0 - 1.0 / module.ratio))
        assert float(device.find("Attack").get("value")) == pytest.approx(module.attack_ms / 1000.0)
        assert float(device.find("Release").get("value")) == pytest.approx(module.release_ms / 1000.0)
        assert float(device.find("Threshold").get("value")) == module.threshold_db
    assert compressor.find("AutoMakeup").get("value") == "false"
    assert float(compressor.find("OutputGain").get("value")) == strip.compressor.makeup_db


@pytest.mark.parametrize("slope", [12, 24])
def test_filters_are_butterworth(tmp_path: Path, slope: int) -> None:
    """The product of the bands' q decides the level at the corner: −3 dB for any order."""
    channel = one_track(tmp_path, TrackStrip("A", highpass=Highpass(True, 100.0, slope)))
    q = [float(band.find("Q").get("value")) for band in channel.iter("Band")]
    assert len(q) == slope // 12
    assert 20.0 * math.log10(math.prod(q)) == pytest.approx(-3.0103, abs=1e-3)
    order = 2 * len(q)
    wanted = sorted(1.0 / (2.0 * math.cos(math.pi * (2 * k + 1) / (2 * order))) for k in range(len(q)))
    assert sorted(q) == pytest.approx(wanted)


def test_the_mixer_of_the_small_mix(tmp_path: Path) -> None:
    report = write_project(small_mix(), small_session(tmp_path / "song"), tmp_path / "out")
    root = project_root(report.files[0])
    structure = root.find("Structure")
    assert [one.get("name") for one in structure] == ["drums", "Gtr", "Vox", "reverb", "echo", "Master"]
    channels = {one.get("id"): one.getparent().get("name") for one in structure.iter("Channel")}
    routes = {
        one.getparent().get("name"): channels.get(one.get("destination")) for one in structure.iter("Channel")
    }
    assert routes == {
        "drums": "Master",
        "Kick": "drums",
        "OH": "drums",
        "OH L": "OH",
        "OH R": "OH",
        "Gtr": "Master",
        "Vox": "Master",
        "reverb": "Master",
        "echo": "Master",
        "Master": None,
    }
    kick = named_track(root, "Kick").find("Channel")
    (send,) = kick.findall("Sends/Send")
    assert (channels[send.get("destination")], send.get("type")) == ("reverb", "post")
    assert float(send.find("Volume").get("value")) == pytest.approx(10.0 ** (-18.0 / 20.0))
    assert float(kick.find("Pan").get("value")) == pytest.approx(0.35)
    roles = [one.get("role") for one in structure.iter("Channel")]
    assert roles == [
        "submix",
        "regular",
        "submix",
        "regular",
        "regular",
        *["regular"] * 2,
        "effect",
        "effect",
        "master",
    ]
    # nothing passes dry through a return whose effect no DAW loads
    assert named_track(root, "reverb").find("Channel/Mute").get("value") == "true"
    ids = [one.get("id") for one in root.iter() if one.get("id")]
    assert len(set(ids)) == len(ids)


def test_moves_are_automation_of_the_volume_in_seconds(tmp_path: Path) -> None:
    moves = ((0.0, -6.5), (10.0, -5.0), (20.5, 0.0))
    session = Session("s", tmp_path, RATE_HZ, (track(tmp_path, "A", "a.wav"),))
    strip = TrackStrip("A", automation=Automation(moves))
    root = project_root(write_project(Mix(RATE_HZ, (strip,)), session, tmp_path / "out").files[0])
    volume = named_track(root, "A").find("Channel/Volume")
    (points,) = root.findall("Arrangement/Lanes/Lanes/Points")
    assert points.find("Target").get("parameter") == volume.get("id")
    rows = [(float(one.get("time")), float(one.get("value"))) for one in points.findall("RealPoint")]
    for time_s in np.linspace(0.0, 20.5, 500):
        gain = np.interp(time_s, *zip(*rows, strict=True))
        wanted_db = np.interp(time_s, *zip(*moves, strict=True))
        assert abs(20.0 * math.log10(gain) - wanted_db) < 0.0037
    assert root.find("Arrangement/Lanes").get("timeUnit") == "seconds"


def test_tempo_and_markers_come_back(tmp_path: Path) -> None:
    tempo = (Tempo(0.0, 100.0, 3, 4), Tempo(12.5, 140.0, 3, 4), Tempo(30.0, 140.0, 7, 8))
    markers = (Marker(0.0, "Verse"), Marker(17.25, "Chorus"))
    session = Session("s", tmp_path, RATE_HZ, (track(tmp_path, "A", "a.wav"),))
    report = write_project(
        Mix(RATE_HZ, (TrackStrip("A"),)), session, tmp_path / "out", tempo=tempo, markers=markers
    )
    project = open_project(report.files[0])
    assert project.tempo == tempo
    assert project.markers == markers


def stems(folder: Path, names: dict[str, int]) -> Session:
    folder.mkdir(parents=True, exist_ok=True)
    tracks = []
    for name, size in names.items():
        path = folder / name
        rng = np.random.default_rng(len(name))
        soundfile.write(path, rng.standard_normal(size) * 0.1, RATE_HZ)
        tracks.append(SessionTrack(name, (replace(audio(path), frames=size),), 1, size))
    return Session("Song", folder, RATE_HZ, tuple(tracks))


def test_audio_beside_is_named_relative_to_the_project(tmp_path: Path) -> None:
    session = stems(tmp_path / "song", {"a b.wav": 100})
    mix = Mix(RATE_HZ, (TrackStrip("a b.wav"),))
    root = project_root(write_project(mix, session, tmp_path / "out").files[0])
    file = root.find(".//File")
    assert (file.get("path"), file.get("external")) == ("../song/a b.wav", "true")
    home = tmp_path / "later" / "place"
    root = project_root(write_project(mix, session, tmp_path / "stage", home=home).files[0])
    assert root.find(".//File").get("path") == "../../song/a b.wav"


def test_audio_inside_is_stored_as_it_is_and_plays(tmp_path: Path) -> None:
    session = stems(tmp_path / "song", {"a.wav": 4000, "b.flac": 5000})
    mix = Mix(RATE_HZ, (TrackStrip("a.wav"), TrackStrip("b.flac")))
    path = write_project(mix, session, tmp_path / "out", audio="inside").files[0]
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        for name in ("audio/a.wav", "audio/b.flac"):
            assert archive.getinfo(name).compress_type == zipfile.ZIP_STORED
            assert archive.read(name) == (tmp_path / "song" / name[6:]).read_bytes()
    files = [one.get("path") for one in project_root(path).iter("File")]
    assert files == ["audio/a.wav", "audio/b.flac"]
    assert not [one for one in project_root(path).iter("File") if one.get("external")]
    project = open_project(path, audio_folder=tmp_path / "cache")
    for one in project.tracks:
        (item,) = one.items
        assert item.file is not None
        assert item.file.read_bytes() == (tmp_path / "song" / one.name).read_bytes()


def test_audio_is_never_held_in_memory(tmp_path: Path) -> None:
    """64 MiB of audio pass through a few."""
    session = stems(tmp_path / "song", {"a.wav": 100})
    with (tmp_path / "song" / "a.wav").open("r+b") as file:
        file.truncate(64 << 20)
    tracemalloc.start()
    path = write_project(
        Mix(RATE_HZ, (TrackStrip("a.wav"),)), session, tmp_path / "out", audio="inside"
    ).files[0]
    open_project(path, audio_folder=tmp_path / "cache")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert path.stat().st_size > 64 << 20
    assert peak < 8 << 20


def test_equal_input_gives_equal_bytes(tmp_path: Path) -> None:
    session = stems(tmp_path / "song", {"a.wav": 4000})
    for place in ("beside", "inside"):
        one, two = (
            write_project(Mix(RATE_HZ, (TrackStrip("a.wav"),)), session, tmp_path / place / name, audio=place)
            for name in ("x", "y")
        )
        assert one.files[0].read_bytes() == two.files[0].read_bytes()


def test_audio_that_is_gone_leaves_nothing_behind(tmp_path: Path) -> None:
    session = small_session(tmp_path / "song")
    with pytest.raises(ExportError, match="cannot be written"):
        write_project(small_mix(), session, tmp_path / "out", audio="inside")
    assert not (tmp_path / "out").exists()


def test_nothing_is_overwritten_unasked(tmp_path: Path) -> None:
    session = small_session(tmp_path / "song")
    first = write_project(small_mix(), session, tmp_path / "out").files[0]
    before = first.read_bytes()
    with pytest.raises(ExportError, match="--force"):
        write_project(Mix(RATE_HZ), session, tmp_path / "out")
    assert first.read_bytes() == before
    write_project(Mix(RATE_HZ), session, tmp_path / "out", force=True)
    assert first.read_bytes() != before
    with pytest.raises(ExportError, match="file of the session"):
        write_project(Mix(RATE_HZ), replace(session, project=first), tmp_path / "out", force=True)


@pytest.mark.parametrize("option", ["between", "", "INSIDE"])
def test_audio_is_beside_or_inside(tmp_path: Path, option: str) -> None:
    with pytest.raises(ExportError, match="'beside' or 'inside'"):
        write_project(small_mix(), small_session(tmp_path), tmp_path / "out", audio=option)


def test_what_does_not_belong_together_is_refused(tmp_path: Path) -> None:
    session = small_session(tmp_path)
    with pytest.raises(ExportError, match="44100 Hz"):
        write_project(replace(small_mix(), sample_rate_hz=44100), session, tmp_path / "out")
    with pytest.raises(ExportError, match="'Bass'"):
        write_project(Mix(RATE_HZ, (TrackStrip("Bass"),)), session, tmp_path / "out")


def test_the_report_says_what_is_lost(tmp_path: Path) -> None:
    mix = small_mix()
    wide = replace(mix.track("Gtr"), width=1.5)
    mix = replace(
        mix, tracks=tuple(wide if one.id == "Gtr" else one for one in mix.tracks if one.id != "Vox")
    )
    report = write_project(mix, small_session(tmp_path), tmp_path / "out")
    assert {(one.strip, one.parameter) for one in report.select(Outcome.DROPPED)} == {
        ("Kick", "input.invert_polarity"),
        ("Gtr", "width"),
        ("reverb", "reverb"),
        ("echo", "delay"),
        ("Vox", "files"),
    }
    said = {(one.strip, one.parameter): one for one in report.entries}
    assert "decay 1.8 s, pre-delay 40 ms" in said["reverb", "reverb"].sentence
    knee = said["Kick", "compressor.knee_db"]
    # the soft knee's reduction at the threshold: (1 − 1/R)·W/8
    assert (knee.deviation, knee.unit) == (pytest.approx((1 - 1 / 3.3) * 6.0 / 8.0), "dB")


NAMES = (
    'say "hey"',
    "two\nlines\rand\x00nul",
    "<Track name='x'/>",
    "]]>",
    "&amp; & &#0;",
    "CON",
    "../../etc/passwd",
    "C:\\Windows\\x",
    " ",
    "漢" * 85,
    "🎤",
    "\u202emirrored",
    "\udcff bytes that are no text",
    "\ufffe",
    "master",
    "mixbridge EQ",
)


def test_hostile_names_are_written_and_come_back(tmp_path: Path, shared: Path) -> None:
    tracks = tuple(
        SessionTrack(name, (audio(tmp_path / f"{index}.wav"),), 1, RATE_HZ)
        for index, name in enumerate(NAMES)
    )
    for name in NAMES:
        session = Session(name, tmp_path, RATE_HZ, tracks)
        path = write_project(
            Mix(RATE_HZ, tuple(TrackStrip(one) for one in NAMES)), session, tmp_path / "out", force=True
        ).files[0]
        assert path.resolve().parent == (tmp_path / "out").resolve()
        assert [strip.id for strip in read_project(path).tracks] == list(NAMES)
    schema(shared, "Project.xsd").assertValid(project_root(path))


def test_names_from_real_sessions(tmp_path: Path, shared: Path) -> None:
    lines = (shared / "tracknames.tsv").read_text(encoding="utf-8").splitlines()[1:]
    names = tuple(dict.fromkeys(line.split("\t")[2] for line in lines))[:1500]
    tracks = tuple(SessionTrack(name, (audio(tmp_path / "a.wav"),), 1, RATE_HZ) for name in names)
    mix = Mix(RATE_HZ, tuple(TrackStrip(name, highpass=Highpass(True)) for name in names))
    path = write_project(mix, Session("s", tmp_path, RATE_HZ, tracks), tmp_path / "out").files[0]
    assert [strip.id for strip in read_project(path).tracks] == list(names)
    assert [one.name for one in open_project(path).tracks] == list(names)
