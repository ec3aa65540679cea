"""Sets, racks and presets have the elements, the order and the attributes of those that Live wrote itself."""

import gzip
import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest
from ableton_cases import differences, load, pointees
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reaper_cases import small_mix, small_session
from strategies import mixes

from console.errors import ExportError
from console.mix import Bus, BusKind, Compressor, Equalizer, Mix, Reverb, TrackStrip
from console.mix.strip import Band
from console.session import Session, SessionTrack
from exporters.ableton.document import set_document
from exporters.ableton.plan import make_plan
from exporters.ableton.racks import preset_document
from exporters.ableton.schema import SCHEMAS, Schema
from exporters.ableton.writer import write_project

VERSIONS = tuple(SCHEMAS)

#: Sets of each version that Live wrote.
MODELS = {
    "10.1": "dawtool_live10.1_example-120.als",
    "11": "abletoolz_11.0.0.als",
    "12": "abletoolz_12.2.6.als",
}

#: What a user's key mapping and locators leave in the set of Live 10 at hand.
KNOWN = {
    "10.1": ["/Ableton/LiveSet/Transport: extra [], lacking ['RecordKeyMidi', 'MetronomOnKeyMidi']"],
    "11": [],
    "12": [],
}


@pytest.fixture(scope="module", params=VERSIONS)
def written(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, list[Path]]:
    """A hand-over in each version."""
    folder = tmp_path_factory.mktemp("live")
    session = small_session(folder / "song")
    wide = tuple(
        replace(strip, width=0.5, fader_db=12.0) if strip.id == "Gtr" else strip
        for strip in small_mix().tracks
    )
    mix = replace(small_mix(), tracks=wide)
    report = write_project(mix, session, folder / "out", live_version=request.param)
    return request.param, list(report.files)


def test_the_set_is_built_as_live_builds_its_own(written: tuple[str, list[Path]], shared: Path) -> None:
    version, files = written
    model = load(shared / "fixtures" / "ableton" / MODELS[version])
    found = [text for text in differences(load(files[0]), model) if "/Locators:" not in text]
    assert [text.split(", order")[0] for text in found] == KNOWN[version]


@pytest.mark.parametrize(
    ("version", "tag"),
    [
        ("10.1", "AudioClip"),
        ("11", "AudioClip"),
        ("11", "GroupTrack"),
        ("11", "ReturnTrack"),
        ("11", "Eq8"),
        ("11", "Reverb"),
        ("12", "AudioClip"),
        ("12", "ReturnTrack"),
        ("12", "Reverb"),
        ("12", "Delay"),
    ],
)
def test_an_element_equals_live_s_own_but_for_its_values(
    version: str, tag: str, tmp_path: Path, shared: Path
) -> None:
    report = write_project(
        small_mix(), small_session(tmp_path / "song"), tmp_path / "out", live_version=version
    )
    ours = next(load(report.files[0]).iter(tag))
    theirs = next(load(shared / "fixtures" / "ableton" / MODELS[version]).iter(tag))
    assert list(differences(ours, theirs)) == []


@pytest.mark.parametrize("tag", ["Eq8", "Compressor2", "StereoGain", "Delay"])
def test_a_preset_equals_the_device_that_live_12_3_wrote(tag: str, tmp_path: Path, shared: Path) -> None:
    """The newest form of each device, down to the reference to its default preset."""
    newest = Schema("12", "12.0_12300", "1", frozenset({"11+", "11.3+", "12+", "12.2+", "12.3+"}), 3075)
    plan = make_plan(small_mix(), small_session(tmp_path), newest)
    devices = [device for track in plan.tracks for device in track.devices]
    device = next(device for device in devices if device.tag == tag)
    ours = ET.fromstring(preset_document(device, newest))  # noqa: S314
    theirs = load(shared / "fixtures" / "ableton" / f"adc_live12.3b12_{tag}.adv")
    assert list(differences(ours[0], theirs[0], skip=frozenset())) == []


@pytest.mark.parametrize("tag", ["Eq8", "Compressor2", "StereoGain", "Delay"])
def test_a_device_of_live_12_2_lacks_only_what_12_3_brought(tag: str, tmp_path: Path, shared: Path) -> None:
    """12.3 keeps view data, and has the Compressor's side-chain equalizer in five elements side by side."""
    schema = SCHEMAS["12"]
    plan = make_plan(small_mix(), small_session(tmp_path), schema)
    devices = [device for track in plan.tracks for device in track.devices]
    device = next(device for device in devices if device.tag == tag)
    ours = ET.fromstring(preset_document(device, schema))[0]  # noqa: S314
    theirs = load(shared / "fixtures" / "ableton" / f"adc_live12.3b12_{tag}.adv")[0]
    for element in theirs.iter():
        for view in element.findall("ViewData"):
            element.remove(view)
    if tag == "Compressor2":
        place = [child.tag for child in theirs].index("SideChainEq_On")
        nested = ET.Element("SideChainEq")
        for child in [child for child in theirs if child.tag.startswith("SideChainEq_")]:
            theirs.remove(child)
            child.tag = child.tag.removeprefix("SideChainEq_")
            nested.append(child)
        theirs.insert(place, nested)
    assert list(differences(ours, theirs)) == []


def test_the_ranges_of_knobs_are_live_s_own(tmp_path: Path, shared: Path) -> None:
    """An EQ Eight against the one that Live 11 wrote, its frequencies apart: those begin at 30 Hz there."""
    report = write_project(small_mix(), small_session(tmp_path / "song"), tmp_path / "out")
    ours = next(load(report.files[0]).iter("Eq8"))
    theirs = next(load(shared / "fixtures" / "ableton" / MODELS["11"]).iter("Eq8"))
    for knob in ("GlobalGain", "Scale", "Bands.0/ParameterA/Gain", "Bands.7/ParameterB/Q"):
        for end in ("Min", "Max"):
            place = f"{knob}/MidiControllerRange/{end}"
            mine, other = ours.find(place), theirs.find(place)
            assert mine is not None
            assert other is not None
            assert mine.attrib == other.attrib


def test_identifiers_are_unique_and_below_the_next_one(written: tuple[str, list[Path]]) -> None:
    root = load(written[1][0])
    check_identifiers(root)


def check_identifiers(root: ET.Element) -> None:
    taken = pointees(root)
    assert len(set(taken)) == len(taken)
    assert min(taken) > 0
    following = root.find("LiveSet/NextPointeeId")
    assert following is not None
    assert max(taken) < int(following.get("Value", "0"))
    for parent in root.iter():
        ids = [child.get("Id") for child in parent if child.get("Id") and child.tag != "Pointee"]
        if parent.find("Manual") is None and ids:
            assert len(set(ids)) == len(ids), parent.tag


def test_envelopes_point_at_parameters_and_begin_before_the_song(written: tuple[str, list[Path]]) -> None:
    root = load(written[1][0])
    targets = {element.get("Id") for element in root.iter("AutomationTarget")}
    envelopes = list(root.iter("AutomationEnvelope"))
    assert len(envelopes) == 3  # the guitar's moves, the tempo and the time signature
    for envelope in envelopes:
        pointee = envelope.find("EnvelopeTarget/PointeeId")
        assert pointee is not None
        assert pointee.get("Value") in targets
        events = list(envelope.iterfind("Automation/Events/*"))
        assert events[0].get("Time") == "-63072000"
        times = [float(event.get("Time", "nan")) for event in events]
        assert times == sorted(times)


def test_every_track_sends_to_every_return_after_its_fader(written: tuple[str, list[Path]]) -> None:
    root = load(written[1][0])
    returns = list(root.iter("ReturnTrack"))
    tracks = [track for name in ("AudioTrack", "GroupTrack", "ReturnTrack") for track in root.iter(name)]
    assert len(returns) == 2
    assert len(tracks) == 9
    for track in tracks:
        assert len(track.findall("DeviceChain/Mixer/Sends/TrackSendHolder")) == 2
    assert [pre.get("Value") for pre in root.iter("SendPreBool")] == ["false", "false"]


def test_a_group_stands_before_its_members_with_nothing_in_between(written: tuple[str, list[Path]]) -> None:
    tracks = list(load(written[1][0]).iterfind("LiveSet/Tracks/*"))
    groups: dict[str, int] = {}
    for index, track in enumerate(tracks):
        group = track.find("TrackGroupId")
        assert group is not None
        home = group.get("Value", "")
        if home != "-1":
            assert home in groups
            above = groups[home]
            for between in tracks[above + 1 : index]:
                assert between.find("TrackGroupId").get("Value") != "-1"  # type: ignore[union-attr]
            routed = track.find("DeviceChain/AudioOutputRouting/Target")
            assert routed is not None
            assert routed.get("Value") == "AudioOut/GroupTrack"
        if track.tag == "GroupTrack":
            groups[track.get("Id", "")] = index


def test_a_rack_is_a_preset_without_identifiers(written: tuple[str, list[Path]]) -> None:
    version, files = written
    racks = [path for path in files if path.suffix == ".adg"]
    assert len(racks) == 7
    for path in racks:
        root = load(path)
        assert set(pointees(root)) == {0}
        assert [child.tag for child in root] == ["GroupDevicePreset"]
        rack = root.find("GroupDevicePreset/Device/AudioEffectGroupDevice")
        assert rack is not None
        assert len(rack.findall("Branches/*")) == 0
        macros = sum(1 for child in rack if child.tag.startswith("MacroControls."))
        assert macros == (8 if version == "10.1" else 16)
        devices = root.findall(".//DevicePresets/AbletonDevicePreset/Device/*")
        assert devices
        for device in devices:
            name = device.find("UserName")
            assert name is not None
            assert name.get("Value", "").startswith("mixbridge ")


def test_a_preset_is_one_device_without_an_id(written: tuple[str, list[Path]]) -> None:
    presets = [path for path in written[1] if path.suffix == ".adv"]
    assert presets
    for path in presets:
        (device,) = load(path)
        assert device.attrib == {}
        assert set(pointees(device)) == {0}


def test_documents_are_gzip_of_text_with_tabs(written: tuple[str, list[Path]]) -> None:
    for path in written[1]:
        lines = gzip.decompress(path.read_bytes()).decode("utf-8").split("\n")
        assert lines[0] == '<?xml version="1.0" encoding="UTF-8"?>'
        assert lines[1].startswith('<Ableton MajorVersion="5" MinorVersion="1')
        assert lines[2].startswith("\t<")
        assert lines[-2:] == ["</Ableton>", ""]
        assert not any("/>" in line and " />" not in line for line in lines)


@given(st.data())
@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_no_knob_of_any_mix_is_beyond_its_range(data: st.DataObject) -> None:
    mix: Mix = data.draw(mixes())
    tracks = tuple(SessionTrack(strip.id, (), data.draw(st.sampled_from((1, 2))), 0) for strip in mix.tracks)
    session = Session("s", Path("song"), mix.sample_rate_hz, tracks)
    schema = SCHEMAS[data.draw(st.sampled_from(VERSIONS))]
    plan = make_plan(mix, session, schema)
    root = ET.fromstring(set_document(plan, mix.sample_rate_hz, Path("song"), schema))  # noqa: S314
    check_identifiers(root)
    for knob in root.iter():
        low, high = knob.find("MidiControllerRange/Min"), knob.find("MidiControllerRange/Max")
        manual = knob.find("Manual")
        if low is None or high is None or manual is None:
            continue
        ends = float(low.get("Value", "nan")), float(high.get("Value", "nan"))
        assert ends[0] <= float(manual.get("Value", "nan")) <= ends[1], knob.tag


def test_a_set_without_tracks_still_has_one_that_plays(tmp_path: Path) -> None:
    report = write_project(Mix(48000), Session("s", tmp_path, 48000, ()), tmp_path / "out")
    assert [track.tag for track in load(report.files[0]).iterfind("LiveSet/Tracks/*")] == ["AudioTrack"]


def test_the_chain_is_in_the_order_of_the_console(tmp_path: Path) -> None:
    strip = TrackStrip(
        "A",
        input=small_mix().track("Kick").input,
        equalizer=Equalizer(True, (Band(gain_db=2.0),)),
        compressor=Compressor(True),
        width=1.4,
    )
    session = Session("s", tmp_path, 48000, (SessionTrack("A", (), 2, 48000),))
    report = write_project(Mix(48000, (strip,)), session, tmp_path / "out")
    devices = load(report.files[0]).findall(".//AudioTrack/DeviceChain/DeviceChain/Devices/*")
    assert [device.tag for device in devices] == ["StereoGain", "Eq8", "Compressor2", "StereoGain"]


def test_a_group_without_tracks_is_left_out_and_said(tmp_path: Path) -> None:
    mix = Mix(48000, buses=(Bus("alone", BusKind.GROUP),))
    report = write_project(mix, Session("s", tmp_path, 48000, ()), tmp_path / "out")
    assert not list(load(report.files[0]).iter("GroupTrack"))
    assert ("alone", "") in {(entry.strip, entry.parameter) for entry in report.entries}


def test_more_returns_than_live_has_are_refused(tmp_path: Path) -> None:
    buses = tuple(Bus(f"fx {index}", BusKind.FX, reverb=Reverb()) for index in range(13))
    with pytest.raises(ExportError, match="at most 12 returns"):
        write_project(Mix(48000, buses=buses), Session("s", tmp_path, 48000, ()), tmp_path / "out")
