"""Hostile and damaged DAWprojects: refused by name or read, in bounded time, and nothing is written elsewhere."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from dawproject_cases import audio_clip, documents, make_project, write_zip
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree
from reaper_cases import RATE_HZ, small_mix, small_session

from console.errors import ExportError, MixbridgeError
from console.mix import Mix, TrackStrip
from console.session import Session, SessionTrack
from exporters.dawproject.opening import open_project
from exporters.dawproject.patching import patch_project
from exporters.dawproject.reader import read_project
from exporters.dawproject.writer import write_project

TRACK = '<Track id="t" name="A" contentType="audio"><Channel id="c" role="regular"/></Track>'


def patch(path: Path) -> None:
    """Set a strip in whatever the project holds."""
    keys = [one.key for one in open_project(path).tracks][:50]
    tracks = tuple(SessionTrack(f"{index}", (), 2, 100, key=key) for index, key in enumerate(keys))
    session = Session("s", path.parent, RATE_HZ, tracks, project=path)
    mix = Mix(RATE_HZ, tuple(TrackStrip(one.id, fader_db=-3.0) for one in tracks))
    patch_project(mix, session, path.with_name("patched.dawproject"), force=True)


USES: tuple[Callable[[Path], object], ...] = (open_project, read_project, patch)


def fully(path: Path, seconds: float) -> None:
    """Every reader on a file: it may refuse, by name, within the time."""
    for use in USES:
        started = time.process_time()
        try:
            use(path)
        except MixbridgeError as error:
            assert str(error)  # noqa: PT017
        assert time.process_time() - started < seconds, use


def test_a_hundred_thousand_tracks(tmp_path: Path) -> None:
    tracks = "".join(
        f'<Track id="t{index}" name="same"><Channel id="c{index}" destination="m"/></Track>'
        for index in range(100_000)
    )
    path = make_project(
        tmp_path / "a.dawproject", tracks + '<Track id="x"><Channel id="m" role="master"/></Track>'
    )
    started = time.process_time()
    assert len(open_project(path).tracks) == 100_000
    assert time.process_time() - started < 15.0


def test_names_that_are_all_the_same_are_told_apart_in_little_time(tmp_path: Path) -> None:
    tracks = '<Track name="same"/>' * 20_000
    started = time.process_time()
    read = read_project(make_project(tmp_path / "a.dawproject", tracks))
    assert len({strip.id for strip in read.tracks}) == 20_000
    assert time.process_time() - started < 10.0


def test_tracks_nested_as_deep_as_xml_goes(tmp_path: Path) -> None:
    depth = 1_900
    structure = "".join(f'<Track id="t{index}">' for index in range(depth)) + "</Track>" * depth
    fully(make_project(tmp_path / "a.dawproject", structure), 5.0)
    lanes = '<Lanes timeUnit="seconds">' * depth + "</Lanes>" * depth
    fully(make_project(tmp_path / "b.dawproject", TRACK, lanes), 5.0)
    clips = '<Clips track="t"><Clip time="0" duration="9">' * 900 + "</Clip></Clips>" * 900
    path = make_project(tmp_path / "c.dawproject", TRACK, f"<Lanes>{clips}</Lanes>")
    fully(path, 5.0)
    assert "beyond reading" in open_project(path).track("t").items[0].problem


def test_a_long_chain_of_outputs(tmp_path: Path) -> None:
    count = 50_000
    chain = "".join(
        f'<Track id="t{index}"><Channel id="c{index}" role="submix" destination="c{index + 1}"/></Track>'
        for index in range(count)
    )
    path = make_project(tmp_path / "a.dawproject", chain)
    started = time.process_time()
    assert open_project(path).track("t0").output == "t1"
    assert time.process_time() - started < 10.0
    ring = make_project(tmp_path / "b.dawproject", chain.replace(f'"c{count}"', '"c0"'))
    with pytest.raises(ExportError, match="circle"):
        open_project(ring)


@pytest.mark.parametrize(
    "clips",
    [
        # a loop of no length to speak of, for ever
        audio_clip(0, 1e9, loopStart=0, loopEnd=0.01, playStart=0),
        # loops in loops
        '<Clip time="0" duration="9000" loopStart="0" loopEnd="1"><Clips>'
        + audio_clip(0, 9000, loopEnd=0.01, loopStart=0)
        + "</Clips></Clip>",
        # a clip that refers to the clips that it lies in, twice
        '<Clip time="0" duration="9" reference="self"/><Clip time="0" duration="8" reference="self"/>',
    ],
)
def test_clips_that_unfold_without_end_are_refused(tmp_path: Path, clips: str) -> None:
    lanes = f'<Lanes timeUnit="seconds"><Clips id="self" track="t">{clips}</Clips></Lanes>'
    path = make_project(tmp_path / "a.dawproject", TRACK, lanes)
    started = time.process_time()
    with pytest.raises(ExportError, match="unfold"):
        open_project(path)
    assert time.process_time() - started < 20.0


@pytest.mark.parametrize(
    "value", ["nan", "inf", "-inf", "1e308", "-1e308", "", "x", "1_0", "٣", "0x10", "1" * 10_000]
)
def test_numbers_that_are_none(tmp_path: Path, value: str) -> None:
    clip = audio_clip(1, 2, playStart=value, loopStart=value, loopEnd=value, fadeInTime=value)
    wild = clip.replace('duration="2"', f'duration="{value}"') + clip.replace('time="1"', f'time="{value}"')
    structure = (
        f'<Track id="t" name="A"><Channel id="c"><Devices><Compressor deviceName="C" deviceRole="audioFX">'
        f'<Attack unit="seconds" value="{value}"/><Ratio unit="percent" value="{value}"/></Compressor>'
        f'<Equalizer deviceName="E" deviceRole="audioFX"><Band type="bell"><Freq unit="semitones" value="{value}"/>'
        f'<Gain unit="linear" value="{value}"/></Band><InputGain unit="decibel" value="{value}"/></Equalizer>'
        f'</Devices><Pan unit="normalized" value="{value}"/><Volume unit="linear" max="{value}" value="{value}"/>'
        "</Channel></Track>"
    )
    transport = (
        f'<Tempo unit="bpm" value="{value}"/><TimeSignature numerator="{value}" denominator="{value}"/>'
    )
    arrangement = (
        f'<Lanes><Clips track="t">{clip}{wild}</Clips></Lanes><Markers><Marker time="{value}"/></Markers>'
        f'<TempoAutomation><RealPoint time="{value}" value="{value}"/><RealPoint time="4" value="90"/>'
        "</TempoAutomation>"
    )
    path = make_project(tmp_path / "a.dawproject", structure, arrangement, transport)
    for item in open_project(path).track("t").items:
        assert 0.0 <= item.position_s < 1e13
        assert 0.0 < item.length_s < 1e13
    fully(path, 2.0)


def test_entries_that_lead_outside_are_refused_before_anything_is_read(tmp_path: Path) -> None:
    for name in ("../evil.wav", "/evil.wav", "C:\\evil.wav"):
        path = write_zip(tmp_path / "a.dawproject", {"project.xml": "<Project/>", name: b"x"})
        for use in USES:
            with pytest.raises(ExportError, match="outside"):
                use(path)


def test_a_file_reference_reads_nothing(tmp_path: Path) -> None:
    """A path may name anything: it is only told, not opened, and nothing lands beside the project."""
    lanes = "".join(
        f'<Clips track="t">{audio_clip(0, 3, path)}</Clips>'
        for path in ("../../../etc/passwd", "/dev/zero", "a/../../b.wav", "\\\\?\\C:\\x", "http://a/b.wav")
    )
    (tmp_path / "in").mkdir()
    path = make_project(tmp_path / "in" / "a.dawproject", TRACK, f"<Lanes>{lanes}</Lanes>")
    before = sorted(one.name for one in (tmp_path / "in").iterdir())
    project = open_project(path, audio_folder=tmp_path / "cache")
    assert len(project.track("t").items) == 5
    assert sorted(one.name for one in (tmp_path / "in").iterdir()) == before
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("data", [b"", b"PK", b"\0" * 1000, b"<Project/>", bytes(range(256)) * 40])
def test_junk_is_refused_with_its_name(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "junk.dawproject"
    path.write_bytes(data)
    for use in USES:
        with pytest.raises(ExportError, match=r"junk\.dawproject"):
            use(path)


def whole_project(folder: Path) -> Path:
    """A project of ours with everything in it."""
    return write_project(small_mix(), small_session(folder / "song"), folder / "out").files[0]


@given(data=st.data())
@settings(max_examples=100)
def test_damaged_bytes_are_read_or_refused(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("bytes")
    content = bytearray(whole_project(folder).read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    end = data.draw(st.one_of(st.just(len(content)), st.integers(0, len(content))))
    path = folder / "a.dawproject"
    path.write_bytes(content[:end])
    fully(path, 5.0)


_VALUES = st.one_of(
    st.sampled_from(
        ("", "-1", "1e400", "nan", "true", "id3", "beats", "seconds", "percent", "linear", "master", "effect")
    ),
    st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=6),
    st.floats().map(str),
)


@given(data=st.data())
@settings(max_examples=100)
def test_damaged_trees_are_read_or_refused(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory, shared: Path
) -> None:
    """XML that parses but makes no sense: attributes changed, elements dropped, doubled, moved, renamed."""
    folder = tmp_path_factory.mktemp("tree")
    fixtures = shared / "fixtures" / "dawproject"
    source = data.draw(st.sampled_from(("ours", "roex_RoEx_Automix", "bitwig5.0_readme_example")))
    text = (
        documents(whole_project(folder))["project.xml"]
        if source == "ours"
        else (fixtures / f"{source}.project.xml").read_bytes()
    )
    root = etree.fromstring(text)
    everything = list(root.iter(etree.Element))
    for _ in range(data.draw(st.integers(1, 5))):
        element = data.draw(st.sampled_from(everything))
        other = data.draw(st.sampled_from(everything))
        kind = data.draw(st.sampled_from(("attribute", "drop", "double", "move", "rename")))
        parent = element.getparent()
        if kind == "attribute" and element.attrib:
            name = data.draw(st.sampled_from(sorted(element.attrib)))
            value = data.draw(st.one_of(_VALUES, st.none()))
            if value is None or "\ufffe" in value or "\uffff" in value:
                del element.attrib[name]
            else:
                element.set(name, value)
        elif kind == "drop" and parent is not None:
            parent.remove(element)
        elif kind == "double" and parent is not None:
            parent.append(etree.fromstring(etree.tostring(element)))
        elif (
            kind == "move"
            and parent is not None
            and element not in other.iterancestors()
            and element is not other
        ):
            other.append(element)
        elif kind == "rename":
            element.tag = other.tag
    path = write_zip(folder / "a.dawproject", {"project.xml": etree.tostring(root)})
    fully(path, 5.0)


def test_a_project_of_two_hundred_tracks_is_opened_and_patched_fast(tmp_path: Path) -> None:
    structure = "".join(
        f'<Track id="t{index}" name="Track {index}"><Channel id="c{index}" destination="m"/></Track>'
        for index in range(200)
    )
    lanes = "".join(
        f'<Lanes track="t{index}"><Clips>{"".join(audio_clip(at, 3) for at in range(0, 400, 4))}</Clips></Lanes>'
        for index in range(200)
    )
    path = make_project(
        tmp_path / "a.dawproject",
        structure + '<Track id="x"><Channel id="m" role="master"/></Track>',
        f'<Lanes timeUnit="beats">{lanes}</Lanes>',
    )
    started = time.process_time()
    project = open_project(path)
    assert sum(len(one.items) for one in project.tracks) == 20_000
    patch(path)
    assert time.process_time() - started < 5.0
    assert (tmp_path / "patched.dawproject").stat().st_size > 0
