"""Any session of Ardour's is opened as it sounds: regions, layers, fades, sources, routing, tempo, old versions."""

import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from ardour_cases import foreign_session, region_xml, strip_xml

from console.errors import ExportError
from exporters.ardour.layers import Layer, heard
from exporters.ardour.opening import open_project
from exporters.ardour.reader import read_project
from exporters.project import Channels, Fade, FadeShape, Item, Marker, Project, ProjectTrack, Tempo, TrackKind


def named(project: Project, name: str) -> ProjectTrack:
    (track,) = (track for track in project.tracks if track.name == name)
    return track


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return foreign_session(tmp_path)


def edited(path: Path, *changes: tuple[str, str]) -> Path:
    text = path.read_text(encoding="utf-8")
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    return path


def with_regions(path: Path, *regions: str) -> tuple[Item, ...]:
    """What is opened of a track that has just these regions."""
    old = region_xml(4001, "4", more='fade-in-active="1" fade-out-active="0"')
    edited(path, (old, "".join(regions)))
    return named(open_project(path), "Bass").items


def test_the_session_as_a_whole(path: Path) -> None:
    project = open_project(path)
    assert (project.format, project.sample_rate_hz, project.path) == ("ardour", 48_000, path)
    assert [track.name for track in project.tracks] == [
        "Kick", "OH", "Bass", "Vox", "Drums", "Hall", "Old take", "Piano",
    ]  # fmt: skip
    assert named(project, "Kick").output == named(project, "Drums").key == "50"
    assert named(project, "Bass").output == "master"
    assert named(project, "Drums").kind is TrackKind.GROUP
    assert named(project, "Hall").kind is TrackKind.RETURN
    assert named(project, "Old take").disabled
    assert named(project, "Kick").plugins == ("Magic Chorus",)
    assert project.markers == (Marker(0.0, "Verse", 2.0), Marker(0.5, "Chorus & more"))
    assert project.tempo == (Tempo(0.0, 100.0, 6, 8), Tempo(2.4, 150.0, 6, 8))


def test_regions_have_their_places_offsets_and_gains(path: Path) -> None:
    first, second = named(open_project(path), "Kick").items
    file = path.parent / "interchange" / "song" / "audiofiles" / "kick.wav"
    assert first == Item("r2001", file, 0.0, 2.0)
    assert (second.position_s, second.length_s, second.offset_s) == (2.5, 1.0, 0.1)
    assert second.gain_db == pytest.approx(-6.0206, abs=1e-4)


def test_sides_in_files_of_their_own_go_to_their_sides(path: Path) -> None:
    left, right = named(open_project(path), "OH").items
    assert (left.channels, right.channels) == (Channels.TO_LEFT, Channels.TO_RIGHT)
    assert (left.file and left.file.name, right.file and right.file.name) == ("oh%L.wav", "oh%R.wav")
    assert left.position_s == right.position_s == 0.1


def test_channels_of_one_file(path: Path) -> None:
    both, one = named(open_project(path), "Vox").items
    assert both.channels is Channels.ALL
    assert one.channels is Channels.RIGHT
    assert one.inverted
    assert one.gain_db == 0.0
    swapped, left = with_regions(path, region_xml(1, "6 5"), region_xml(2, "5", position=96_000))
    assert (swapped.channels, left.channels) == (Channels.SWAPPED, Channels.LEFT)
    assert swapped.file == Path("/elsewhere/vox.wav")


@pytest.mark.parametrize("where", ["inside", "outside", "search path"])
def test_files_are_found_where_ardour_looks(path: Path, tmp_path: Path, where: str) -> None:
    folder = {
        "inside": path.parent / "interchange" / "other" / "audiofiles",
        "outside": tmp_path / "stems",
        "search path": tmp_path / "found",
    }[where]
    folder.mkdir(parents=True)
    (folder / "bass.flac").write_bytes(b"")
    if where == "outside":
        edited(path, ("/elsewhere/bass.flac", str(folder / "bass.flac")))
    if where == "search path":
        edited(
            path, ('name="audio-search-path" value=""', f'name="audio-search-path" value="/nowhere:{folder}"')
        )
    (item,) = named(open_project(path), "Bass").items
    assert item.file == folder / "bass.flac"


def test_a_file_that_is_nowhere_is_named_where_it_should_be(path: Path) -> None:
    assert named(open_project(path), "Bass").items[0].file == Path("/elsewhere/bass.flac")
    assert (
        named(open_project(path), "Kick").items[0].file
        == path.parent / "interchange/song/audiofiles/kick.wav"
    )


@pytest.mark.parametrize("name", ["../../../etc/passwd", "..\\..\\secret.wav", "..", ""])
def test_names_of_files_cannot_lead_out_of_the_session(path: Path, name: str) -> None:
    edited(path, ('name="kick.wav"', f'name="{name}"'))
    file = named(open_project(path), "Kick").items[0].file
    assert file is not None
    assert file.parent == path.parent / "interchange" / "song" / "audiofiles"


def test_midi_compounds_envelopes_and_lost_sources_are_told(path: Path) -> None:
    assert named(open_project(path), "Piano").problem == "holds MIDI"
    envelope = (
        '<Envelope><AutomationList automation-id="envelope"><events>a0 1\na282240000 0.5\n</events></AutomationList>'
        "</Envelope>"
    )
    moving = region_xml(1, "4", more='envelope-active="1"').replace('<Envelope default="yes"/>', envelope)
    flat = region_xml(2, "4", position=96_000, more='envelope-active="1"').replace(
        '<Envelope default="yes"/>', envelope.replace("0.5", "1")
    )
    items = with_regions(
        path, moving, flat, region_xml(3, "99", position=192_000), region_xml(4, "4 4 4", position=300_000)
    )
    assert [item.problem for item in items] == [
        "has a gain envelope", "", "plays a source that the session does not list", "has 3 channels",
    ]  # fmt: skip
    edited(path, ('id="4" channel="0"', 'id="4" playlist="201" channel="0"'))
    assert named(open_project(path), "Bass").items[1].problem == "is a compound of other regions"


def fade_xml(shape: str, samples: int, side: str) -> str:
    t = np.linspace(0.0, 1.0, 33)
    curve = {
        "linear": t,
        "power": np.sin(0.5 * np.pi * t),
        "slow": t**2,
        "fast": t * (2 - t),
        "s": t**2 * (3 - 2 * t),
    }[shape]
    gains = curve if side == "In" else curve[::-1]
    rows = "".join(f"a{round(at * samples) * 5880} {gain}\n" for at, gain in zip(t, gains, strict=True))
    return f'<Fade{side}><AutomationList automation-id="fade"><events>{rows}</events></AutomationList></Fade{side}>'


@pytest.mark.parametrize(
    ("shape", "wanted"),
    [
        ("linear", FadeShape.LINEAR),
        ("power", FadeShape.EQUAL_POWER),
        ("slow", FadeShape.SLOW_START),
        ("fast", FadeShape.FAST_START),
        ("s", FadeShape.S_CURVE),
    ],
)
def test_fades_are_known_by_their_curves(path: Path, shape: str, wanted: FadeShape) -> None:
    region = region_xml(1, "4", more='fade-in-active="1" fade-out-active="1"')
    region = region.replace('<FadeIn default="yes"/>', fade_xml(shape, 4_800, "In"))
    region = region.replace('<FadeOut default="yes"/>', fade_xml(shape, 9_600, "Out"))
    (item,) = with_regions(path, region)
    assert item.fade_in == Fade(pytest.approx(0.1), wanted)
    assert item.fade_out == Fade(pytest.approx(0.2), wanted)


def test_a_default_fade_is_64_samples_and_a_session_may_have_none(path: Path) -> None:
    assert named(open_project(path), "Bass").items[0].fade_in == Fade(64 / 48_000, FadeShape.EQUAL_POWER)
    edited(path, ("<Config>", '<Config><Option name="use-region-fades" value="0"/>'))
    assert named(open_project(path), "Bass").items[0].fade_in == Fade()


def layer(
    name: str, start: float, end: float, level: float, *, opaque: bool = True, fade: float = 0.0
) -> Layer:
    fades = {"fade_in": Fade(fade), "fade_out": Fade(fade)}
    return Layer((Item(name, Path("x"), start, end - start, **fades),), level, opaque)


def spans(items: tuple[Item, ...]) -> list[tuple[str, float, float]]:
    return [(item.name, round(item.position_s, 6), round(item.end_s, 6)) for item in items]


def test_an_opaque_region_hides_what_lies_under_it() -> None:
    under, over = layer("under", 0.0, 10.0, 0), layer("over", 4.0, 6.0, 1)
    items = heard([under, over])
    assert spans(items) == [("under", 0.0, 4.0), ("over", 4.0, 6.0), ("under", 6.0, 10.0)]
    assert items[2].offset_s == 6.0
    see_through = layer("over", 4.0, 6.0, 1, opaque=False)
    assert spans(heard([under, see_through])) == [("under", 0.0, 10.0), ("over", 4.0, 6.0)]


def test_both_are_heard_where_the_upper_one_fades() -> None:
    items = heard([layer("under", 0.0, 10.0, 0), layer("over", 4.0, 6.0, 1, fade=0.5)])
    assert spans(items) == [("under", 0.0, 4.5), ("over", 4.0, 6.0), ("under", 5.5, 10.0)]
    assert (items[0].fade_out.length_s, items[2].fade_in.length_s) == (0.5, 0.5)


def test_layers_are_what_a_painter_would_see() -> None:
    """Against an array that is painted from the lowest layer up."""
    rng = np.random.default_rng(3)
    for _ in range(200):
        layers, canvas = [], np.full(60, -1)
        for level in range(int(rng.integers(1, 8))):
            start = int(rng.integers(0, 50))
            end = int(rng.integers(start + 1, 61))
            layers.append(layer(str(level), start, end, level))
            canvas[start:end] = level
        seen = np.full(60, -1)
        for item in heard([layers[index] for index in rng.permutation(len(layers))]):
            part = slice(round(item.position_s), round(item.end_s))
            assert (seen[part] == -1).all(), "nothing is heard twice"
            seen[part] = int(item.name)
            assert item.offset_s == pytest.approx(item.position_s - layers[int(item.name)].start_s)
        assert (seen == canvas).all()


def test_muted_regions_hide_nothing(path: Path) -> None:
    items = with_regions(path, region_xml(1, "4"), region_xml(2, "4", more='muted="1" layering-index="5"'))
    assert {item.name: item.muted for item in items} == {"r1": False, "r2": True}
    assert [item.length_s for item in items] == [1.0, 1.0]


def test_beats_are_placed_by_the_tempo(path: Path) -> None:
    """Position 6 quarter notes in: four at 100 and two at 150 beats a minute."""
    region = region_xml(1, "4").replace("@a0", f"@b{6 * 1920}")
    (item,) = with_regions(path, region)
    assert item.position_s == pytest.approx(4 * 0.6 + 2 * 0.4)


OLD = """<?xml version="1.0" encoding="UTF-8"?>
<Session version="3002" name="old" sample-rate="44100" id-counter="99">
  <Config/>
  <Sources><Source name="gtr.wav" type="audio" flags="Writable" id="5" channel="0" origin=""/></Sources>
  <Locations><Location id="8" name="Solo" start="88200" end="88200" flags="IsMark"/></Locations>
  <Routes>
    <Route id="1" name="master" default-type="audio" flags="MasterOut" active="yes" phase-invert="00"/>
    <Route id="2" name="Gtr" default-type="audio" active="yes" phase-invert="1">
      <IO name="Gtr" direction="Input"><Port type="audio" name="Gtr/audio_in 1"/></IO>
      <IO name="Gtr" direction="Output">
        <Port type="audio" name="Gtr/audio_out 1"><Connection other="master/audio_in 1"/></Port></IO>
      <MuteMaster mute-point="PostFader" muted="yes"/>
      <Processor id="3" name="Amp" active="yes" type="amp">
        <Controllable name="gaincontrol" id="4" flags="GainLike" value="0.5"/></Processor>
      <Diskstream playlist="Gtr.2" name="Gtr" id="6" channels="1"/>
    </Route>
    <Route id="7" name="Old" default-type="audio" active="no"><Diskstream playlist="none"/></Route>
  </Routes>
  <Playlists>
    <Playlist id="10" name="Gtr.1" type="audio"/>
    <Playlist id="11" name="Gtr.2" type="audio"><Region name="gtr" id="12" type="audio" muted="0" opaque="1"
      start="4410" length="44100" position="22050" layer="0" scale-amplitude="2" channels="1" source-0="5"
      fade-in-active="1" fade-out-active="0"><Envelope default="yes"/><FadeIn><AutomationList automation-id="fadein">
      <events>0 0\n2205 0.5\n4410 1\n</events></AutomationList></FadeIn><FadeOut default="yes"/></Region></Playlist>
  </Playlists>
  <TempoMap><Tempo start="1|1|0" frame="0" beats-per-minute="90" note-type="4" movable="no"/>
    <Meter start="1|1|0" note-type="4" divisions-per-bar="3"/></TempoMap>
</Session>
"""


def test_sessions_of_ardour_3_to_5_are_read(tmp_path: Path) -> None:
    path = tmp_path / "old.ardour"
    path.write_text(OLD, encoding="utf-8")
    project = open_project(path)
    gtr, gone = project.tracks
    assert (gtr.kind, gtr.muted, gtr.disabled, gone.disabled) == (TrackKind.AUDIO, True, False, True)
    (item,) = gtr.items
    assert (item.position_s, item.length_s, item.offset_s) == (0.5, 1.0, pytest.approx(0.1))
    assert item.gain_db == pytest.approx(6.0206, abs=1e-4)
    assert item.fade_in == Fade(pytest.approx(0.1), FadeShape.LINEAR)
    assert project.tempo == (Tempo(0.0, 90.0, 3, 4),)
    assert project.markers == (Marker(2.0, "Solo"),)
    strip = read_project(path).track("Gtr")
    assert (strip.muted, strip.input.invert_polarity) == (True, True)
    assert strip.fader_db == pytest.approx(-6.0206, abs=0.02)


def test_a_foreign_session_reads_as_a_mix(path: Path) -> None:
    mix = read_project(path)
    assert [strip.id for strip in mix.tracks] == ["Kick", "OH", "Bass", "Vox", "Old take"]
    assert mix.track("Kick").output == "Drums"
    assert mix.track("Bass").sends["Hall"] == pytest.approx(-12.0412, abs=1e-4)
    assert mix.track("Vox").automation.fader_db[0] == (0.0, pytest.approx(-6.0103, abs=1e-4))
    assert {bus.id: bus.kind for bus in mix.buses} == {"Drums": "group", "Hall": "fx"}
    # In the middle, Ardour's mono panner lies 0.01 dB above the console's.
    assert mix.track("Kick").fader_db == pytest.approx(-6.0206 + 0.0103, abs=1e-4)


def test_a_large_session_opens_quickly(tmp_path: Path) -> None:
    path = foreign_session(tmp_path)
    count = 200
    routes = "".join(strip_xml(1_000 + n, f"T{n}", playlist=100_000 + n) for n in range(count))
    regions = "".join(
        f'<Playlist id="{100_000 + n}" name="p{n}" type="audio">'
        + "".join(region_xml(10_000_000 + n * 100 + k, "1", position=k * 40_000) for k in range(50))
        + "</Playlist>"
        for n in range(count)
    )
    edited(path, ("\n  </Routes>", f"{routes}\n  </Routes>"), ("</Playlists>", f"{regions}</Playlists>"))
    began = time.process_time()
    project = open_project(path)
    assert time.process_time() - began < 2.0
    assert sum(len(track.items) for track in project.tracks) > 10_000
    assert replace(project, tracks=()).sample_rate_hz == 48_000


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "no XML"),
        ("<Session", "no XML"),
        ("<REAPER/>", "no session"),
        ('<Session version="2.0.0" sample-rate="48000"/>', "Ardour 2"),
        ('<Session version="x" sample-rate="48000"/>', "version"),
        ('<Session version="7002" sample-rate="nan"/>', "sample rate"),
        ('<Session version="7002" sample-rate="1e99"/>', "sample rate"),
        ('<!DOCTYPE a [<!ENTITY b "c">]><Session version="7002" sample-rate="48000"/>', "document type"),
        (
            '<Session version="7002" sample-rate="48000"><Routes><Route id="1"/><Route id="1"/></Routes></Session>',
            "identity",
        ),
    ],
)
def test_what_is_no_session_is_told(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "x.ardour"
    path.write_text(text, encoding="utf-8")
    for read in (open_project, read_project):
        with pytest.raises(ExportError, match=told) as caught:
            read(path)
        assert "x.ardour" in str(caught.value)
