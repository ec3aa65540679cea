"""A patched project is the user's own with our values in it, and nothing else is changed."""

import io
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from dawproject_cases import (
    audio_clip,
    documents,
    make_project,
    named_track,
    project_root,
    project_xml,
    schema,
    write_zip,
)
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from lxml import etree
from reaper_cases import RATE_HZ, audio, small_mix, small_session
from round_trips import sessions_for
from strategies import mixes

from console.errors import ExportError
from console.frozen import FrozenMap
from console.mix import (
    Automation,
    Band,
    BandType,
    Bus,
    BusKind,
    Compressor,
    Equalizer,
    Gate,
    Input,
    Limiter,
    Master,
    Mix,
    Reverb,
    TrackStrip,
    diff,
)
from console.session import Session, SessionTrack
from exporters.dawproject.opening import open_project
from exporters.dawproject.patching import patch_project
from exporters.dawproject.quantise import quantise
from exporters.dawproject.reader import read_project
from exporters.dawproject.writer import write_project
from exporters.project import TrackKind
from exporters.report import Outcome

USER_DEVICE = (
    '<Vst3Plugin deviceName="Their EQ" deviceRole="audioFX" id="p1">'
    '<State path="plugins/a.vstpreset"/></Vst3Plugin>'
)

STRUCTURE = f"""
  <Track contentType="audio" loaded="true" id="t1" name="Kick" color="#fff">
    <Channel audioChannels="1" destination="mc" role="regular" solo="false" id="c1">
      <!-- keep me --><Devices>
        {USER_DEVICE}
      </Devices>
      <Mute value="false" id="m1" name="Mute"/>
      <Pan max="1.000000" min="0.000000" unit="normalized" value="0.500000" id="p11" name="Pan"/>
      <Sends><Send destination="rc" type="pre" id="s1"><Volume unit="linear" value="0.5" id="sv1"/></Send></Sends>
      <Volume max="2.000000" min="0.000000" unit="linear" value="0.659140" id="v1" name="Volume" comment="theirs"/>
    </Channel>
  </Track>
  <Track contentType="tracks" id="g" name="Their group">
    <Channel role="submix" destination="mc" id="gc"><Volume unit="decibel" value="-1.5" id="gv"/></Channel>
    <Track contentType="audio" id="t2" name="Snare"><Channel destination="gc" id="c2"/></Track>
    <Track contentType="audio" id="t3" name="Hat"><Channel destination="gc" id="c3"/></Track>
  </Track>
  <Track contentType="audio" id="t4" name="Vox"/>
  <Track contentType="audio" id="r" name="Plate"><Channel role="effect" destination="mc" id="rc"/></Track>
  <Track contentType="audio notes" id="m" name="Master">
    <Channel role="master" id="mc"><Volume max="2" unit="linear" value="1" id="mv"/></Channel>
  </Track>
"""

ARRANGEMENT = f"""
  <Lanes timeUnit="beats" id="top">
    <Lanes track="t1" id="l1"><Clips id="k1">{audio_clip(0, 8, "../stems/a b.wav")}</Clips></Lanes>
    <Lanes track="t3" id="l3"><Points id="auto"><Target parameter="hv"/>
      <RealPoint time="0" value="0.5"/><RealPoint time="8" value="1"/></Points></Lanes>
  </Lanes>
"""


def user_project(folder: Path) -> Path:
    structure = STRUCTURE.replace(
        'id="c3"/>', 'id="c3"><Volume unit="linear" value="0.5" id="hv"/></Channel>'
    )
    folder.mkdir(parents=True, exist_ok=True)
    return make_project(
        folder / "song.dawproject",
        structure,
        ARRANGEMENT,
        **{"metadata.xml": "<MetaData/>", "plugins/a.vstpreset": bytes(range(256)), "audio/x.wav": b"RIFF"},
    )


def session_of(path: Path, keys: dict[str, str]) -> Session:
    """A session as it is read from a project: tracks by id, each with its key."""
    tracks = tuple(
        SessionTrack(
            name, (audio(path.parent / f"{name}.wav"),), 1 if name == "Kick" else 2, RATE_HZ, key=key
        )
        for name, key in keys.items()
    )
    return Session("song", path.parent, RATE_HZ, tracks, project=path)


KEYS = {"Kick": "t1", "Snare": "t2", "Hat": "t3", "Vox": "t4"}


def a_mix() -> Mix:
    return Mix(
        RATE_HZ,
        (
            TrackStrip(
                "Kick",
                input=Input(2.0, True, 3.0),
                gate=Gate(True),
                equalizer=Equalizer(True, (Band(BandType.BELL, 300.0, -3.0, 1.0),)),
                compressor=Compressor(True),
                pan=-0.4,
                fader_db=-7.0,
                sends=FrozenMap({"room": -12.0}),
            ),
            TrackStrip("Snare", fader_db=9.0, output="drums", sends=FrozenMap({"room": -9.0})),
            TrackStrip("Hat", fader_db=-10.0, muted=True, output="drums"),
            TrackStrip("Vox", automation=Automation(((0.0, -3.0), (4.0, 0.0))), output="voices"),
        ),
        (
            Bus("drums", compressor=Compressor(True, makeup_db=1.0), fader_db=-2.0),
            Bus("voices", fader_db=-1.0),
            Bus("room", BusKind.FX, reverb=Reverb()),
        ),
        Master(limiter=Limiter(True, -1.0), fader_db=-3.0),
    )


def patched(tmp_path: Path, mix: Mix | None = None) -> tuple[Path, Path, Any]:
    source = user_project(tmp_path / "in")
    target = tmp_path / "in" / "out.dawproject"
    report = patch_project(mix or a_mix(), session_of(source, KEYS), target)
    assert report.files == (target,)
    return source, target, report


def canonical(root: Any) -> bytes:
    text: bytes = etree.tostring(root, method="c14n2")
    return text


def theirs_alone(root: Any) -> bytes:
    """A patched tree with our elements cut away and our values wiped, found by looking for them and nothing else."""
    for element in list(root.iter(etree.Element)):
        ours = (element.get("name") or "").startswith("mixbridge ")
        if ours or (element.tag == "Send" and (element.get("destination") or "").startswith("mixbridge")):
            element.getparent().remove(element)
    for comment in root.xpath("//comment()[.=' mixbridge ']"):
        comment.getparent().remove(comment)
    for element in root.iter("Volume", "Pan", "Mute"):
        for name in ("value", "comment", "id", "unit", "max", "min"):
            element.attrib.pop(name, None)
    for channel in root.iter("Channel"):
        for name in ("destination", "comment"):
            channel.attrib.pop(name, None)
        for tag in ("Devices", "Mute", "Pan", "Sends", "Volume"):
            for one in channel.findall(tag):
                if not len(one) and not one.attrib:
                    channel.remove(one)
    for text in root.xpath("//text()[normalize-space()='']"):
        parent = text.getparent()
        if text.is_text:
            parent.text = None
        else:
            parent.tail = None
    return canonical(root)


def test_all_but_our_values_is_as_it_was(tmp_path: Path) -> None:
    source, target, _ = patched(tmp_path)
    assert theirs_alone(project_root(target)) == theirs_alone(project_root(source))
    before, after = documents(source), documents(target)
    assert list(before) == list(after)
    assert {name: data for name, data in before.items() if name != "project.xml"} == {
        name: data for name, data in after.items() if name != "project.xml"
    }


def test_our_values_stand_in_it(tmp_path: Path, shared: Path) -> None:
    _, target, _ = patched(tmp_path)
    root = project_root(target)
    schema(shared, "Project.xsd").assertValid(root)
    kick = named_track(root, "Kick").find("Channel")
    assert [
        one.get("name") or one.get("deviceName")
        for one in kick.find("Devices").iter("{*}*")
        if one in list(kick.find("Devices"))
    ] == ["Their EQ", *(f"mixbridge {name}" for name in ("Input", "Gate", "EQ", "Compressor", "Utility"))]
    assert float(kick.find("Volume").get("value")) == pytest.approx(10.0 ** (-7.0 / 20.0))
    assert float(kick.find("Pan").get("value")) == pytest.approx(0.3)
    assert kick.find("Mute").get("value") == "false"
    sends = kick.findall("Sends/Send")
    room = named_track(root, "mixbridge room").find("Channel")
    assert [send.get("destination") for send in sends] == ["rc", room.get("id")]
    assert (room.get("role"), room.find("Mute").get("value")) == ("effect", "true")
    group = named_track(root, "Their group").find("Channel")
    assert group.find("Volume").get("value") == "-2"
    assert group.find("Devices/Compressor") is not None
    assert not root.xpath("//Track[@name='mixbridge drums']")
    assert named_track(root, "Hat").find("Channel/Mute").get("value") == "true"
    snare = named_track(root, "Snare").find("Channel")
    assert float(snare.find("Volume").get("value")) == pytest.approx(2.0)
    assert float(snare.find("Devices/Equalizer/OutputGain").get("value")) == pytest.approx(
        9.0 - 6.0206, abs=1e-4
    )
    voices = named_track(root, "mixbridge voices").find("Channel")
    vox = named_track(root, "Vox").find("Channel")
    assert vox.get("destination") == voices.get("id")
    (points,) = root.xpath("//Points[Target/@parameter=$id]", id=vox.find("Volume").get("id"))
    assert points.getparent().get("track") == "t4"
    assert points.getparent().get("timeUnit") == "seconds"
    master = named_track(root, "Master").find("Channel")
    assert [one.tag for one in master.find("Devices").iterchildren("{*}*")] == ["Limiter"]
    assert float(master.find("Volume").get("value")) == pytest.approx(10.0 ** (-3.0 / 20.0))


def test_the_mix_is_read_back_from_it(tmp_path: Path) -> None:
    _, target, _ = patched(tmp_path)
    read, mix = read_project(target), a_mix()
    for strip in read.tracks:
        wanted = mix.track(strip.id)
        assert (strip.gate, strip.equalizer, strip.compressor) == (
            wanted.gate,
            wanted.equalizer,
            wanted.compressor,
        )
        assert strip.pan == wanted.pan
        assert strip.muted == wanted.muted
    assert read.track("Kick").fader_db == -7.0
    assert read.track("Snare").fader_db == 9.0
    assert read.track("Vox").automation == mix.track("Vox").automation
    assert read.track("Kick").sends["mixbridge room"] == -12.0
    assert read.bus("Their group").compressor == mix.bus("drums").compressor
    assert read.master == mix.master


def test_what_it_changed_and_could_not_is_in_the_report(tmp_path: Path) -> None:
    _, _, report = patched(tmp_path)
    said = {(one.strip, one.parameter): one for one in report.entries}
    assert "fader −3.6 dB → −7.0 dB" in said["Kick", "fader_db"].sentence
    assert "in the middle → 40 % left" in said["Kick", "pan"].sentence
    assert "Their EQ" in said["Kick", "input.gain_db"].sentence
    assert said["Kick", "input.delay_ms"].outcome is Outcome.DROPPED
    assert said["Kick", "input.invert_polarity"].outcome is Outcome.DROPPED
    assert said["room", "reverb"].outcome is Outcome.DROPPED
    overridden = [one for one in report.entries if one.strip == "Hat" and one.outcome is Outcome.DROPPED]
    assert ["automation moves the fader" in one.sentence for one in overridden] == [True]
    assert "Their group" in said["drums", "id"].sentence
    assert "mixbridge voices" in said["Vox", "output"].sentence


def test_a_return_of_the_users_with_the_buss_name_is_used(tmp_path: Path, shared: Path) -> None:
    """Their reverb makes the sound, and no second return is added; a send that is there gets our level."""
    reverb = '<Devices><ClapPlugin deviceName="Their Plate" deviceRole="audioFX"/></Devices>'
    structure = STRUCTURE.replace(
        '<Channel role="effect" destination="mc" id="rc"/>',
        f'<Channel role="effect" destination="mc" id="rc">{reverb}<Volume unit="linear" value="1"/></Channel>',
    )
    source = make_project(tmp_path / "song.dawproject", structure)
    strips = tuple(TrackStrip(name, sends=FrozenMap({"plate": -10.0})) for name in ("Kick", "Vox"))
    mix = Mix(RATE_HZ, strips, (Bus("plate", BusKind.FX, reverb=Reverb(), fader_db=-3.0),))
    target = tmp_path / "out.dawproject"
    report = patch_project(mix, session_of(source, KEYS), target)
    root = project_root(target)
    schema(shared, "Project.xsd").assertValid(root)
    plate = named_track(root, "Plate").find("Channel")
    assert [one.get("deviceName") for one in plate.find("Devices")] == ["Their Plate"]
    assert float(plate.find("Volume").get("value")) == pytest.approx(10.0 ** (-3.0 / 20.0))
    assert plate.find("Mute") is None
    for name in ("Kick", "Vox"):
        (send,) = named_track(root, name).findall("Channel/Sends/Send")
        assert send.get("destination") == "rc"
        assert float(send.find("Volume").get("value")) == pytest.approx(10.0 ** (-10.0 / 20.0))
    assert not root.xpath("//Track[starts-with(@name, 'mixbridge')]")
    said = {(one.strip, one.parameter): one.sentence for one in report.entries}
    assert "Their Plate" in said["plate", "reverb"]
    assert "send −6.0 dB → −10.0 dB, which lies before the fader" in said["Kick", "sends.plate"]
    assert not [one for one in report.select(Outcome.DROPPED) if one.parameter == "reverb"]
    back = tmp_path / "back.dawproject"
    patch_project(Mix(RATE_HZ), session_of(target, KEYS), back)
    assert canonical(project_root(back)) == canonical(project_root(source))


def test_a_project_of_ours_is_patched_in_place(tmp_path: Path) -> None:
    """Its groups, returns and sends are used again, and it reads as the new mix."""
    mix, session = small_mix(), small_session(tmp_path / "song")
    source = write_project(mix, session, tmp_path / "out").files[0]
    keys = {one.name: one.key for one in open_project(source).tracks}
    other = replace(
        mix,
        tracks=tuple(
            replace(one, fader_db=-12.0, sends=FrozenMap({bus: -30.0 for bus in one.sends}))
            for one in mix.tracks
        ),
    )
    target = tmp_path / "out" / "again.dawproject"
    tracks = tuple(replace(one, key=keys[one.id]) for one in session.tracks)
    patch_project(other, replace(session, tracks=tracks, project=source), target)
    names = [[one.get("name") for one in project_root(path).iter("Track")] for path in (source, target)]
    assert names[0] == names[1]
    read = read_project(target)
    for strip in read.tracks:
        if strip.id != "Gtr":
            assert strip.fader_db == -12.0
        assert strip.sends == other.track(strip.id).sends
        assert strip.compressor == mix.track(strip.id).compressor
    assert {bus.id: bus for bus in read.buses} == {bus.id: bus for bus in mix.buses}


def test_the_users_automation_stays(tmp_path: Path) -> None:
    source, target, _ = patched(tmp_path)
    (before,), (after,) = (project_root(path).xpath("//Points[@id='auto']") for path in (source, target))
    assert canonical(before) == canonical(after)
    mix = a_mix()
    moving = replace(mix.track("Hat"), automation=Automation(((0.0, -3.0), (4.0, 0.0))))
    mix = replace(mix, tracks=tuple(moving if one.id == "Hat" else one for one in mix.tracks))
    other = tmp_path / "in" / "other.dawproject"
    report = patch_project(mix, session_of(source, KEYS), other)
    assert len(project_root(other).xpath("//Points[Target/@parameter='hv']")) == 1
    lost = [one.parameter for one in report.select(Outcome.DROPPED) if one.strip == "Hat"]
    assert lost == ["automation.fader_db"]


def test_patching_twice_is_patching_once(tmp_path: Path) -> None:
    source, once, _ = patched(tmp_path)
    twice = once.with_name("twice.dawproject")
    patch_project(a_mix(), session_of(once, KEYS), twice)
    assert once.read_bytes() == twice.read_bytes()
    assert source.read_bytes() != once.read_bytes()


FIXED = {"track_ids": ("Kick", "Snare", "Hat", "Vox"), "group_ids": ("g1", "g2"), "fx_ids": ("x",)}


@given(data=st.data())
@settings(max_examples=30)
def test_a_patch_takes_the_one_before_back(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("patch")
    first, second = (replace(data.draw(mixes(**FIXED)), sample_rate_hz=RATE_HZ) for _ in range(2))
    # also when the second mix knows fewer tracks
    second = replace(second, tracks=second.tracks[: data.draw(st.integers(0, 4))])
    source = user_project(folder)
    paths = [folder / f"{name}.dawproject" for name in ("one", "both", "second")]
    patch_project(first, session_of(source, KEYS), paths[0])
    patch_project(second, session_of(paths[0], KEYS), paths[1])
    patch_project(second, session_of(source, KEYS), paths[2])
    assert canonical(project_root(paths[1])) == canonical(project_root(paths[2]))
    assert theirs_alone(project_root(paths[1])) == theirs_alone(project_root(source))


@given(data=st.data())
@settings(max_examples=30, phases=(Phase.reuse, Phase.generate))
def test_a_patched_project_reads_as_its_mix(
    data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Whatever was in a project of ours: after a patch it reads as the new mix, but for what a patch leaves alone."""
    folder = tmp_path_factory.mktemp("read")
    ids = {"track_ids": ("a", "b", "c"), "group_ids": ("g",), "fx_ids": ("x",)}
    first, drawn = (replace(data.draw(mixes(**ids)), sample_rate_hz=RATE_HZ) for _ in range(2))
    still = Automation()
    first = replace(first, tracks=tuple(replace(one, automation=still) for one in first.tracks))
    # The same routing; clips stay where they are, and a mute that is on stays on.
    second = replace(
        drawn,
        tracks=tuple(
            replace(
                new,
                output=old.output,
                sends=FrozenMap({bus: new.sends.get(bus, -20.0) for bus in old.sends}),
                muted=old.muted or new.muted,
                input=replace(new.input, delay_ms=old.input.delay_ms),
                automation=still,
            )
            for old, new in zip(first.tracks, drawn.tracks, strict=True)
        ),
    )
    session = data.draw(sessions_for(first))
    source = write_project(first, session, folder / "out").files[0]
    keys = {one.name: one.key for one in open_project(source).tracks}
    tracks = tuple(replace(one, key=keys[one.id]) for one in session.tracks)
    target = folder / "patched.dawproject"
    patch_project(second, replace(session, tracks=tracks, project=source), target)
    read, wanted = read_project(target), quantise(second, session)
    assert [str(change) for change in diff(wanted, read)] == []
    assert read == wanted


def test_a_track_that_the_session_leaves_out_stays_as_it_is(tmp_path: Path) -> None:
    source = user_project(tmp_path)
    session = session_of(source, KEYS)
    out = tuple(replace(one, included=one.id not in ("Kick", "Hat")) for one in session.tracks)
    mix = a_mix()
    mix = replace(
        mix,
        tracks=tuple(replace(one, muted=True) if one.id in ("Kick", "Hat") else one for one in mix.tracks),
    )
    target = tmp_path / "out.dawproject"
    patch_project(mix, replace(session, tracks=out), target)
    for name in ("Kick", "Hat"):
        before, after = (named_track(project_root(path), name) for path in (source, target))
        assert canonical(before) == canonical(after)
    # the group is still the drums', of which the snare plays
    assert named_track(project_root(target), "Their group").find("Channel/Volume").get("value") == "-2"


def test_what_the_user_changed_after_a_patch_stays_theirs(tmp_path: Path) -> None:
    _, target, _ = patched(tmp_path)
    root = project_root(target)
    kick = named_track(root, "Kick").find("Channel")
    kick.find("Volume").set("value", "0.25")
    kick.find("Devices").append(etree.fromstring(USER_DEVICE.replace("p1", "p9").replace("Their", "New")))
    entries = documents(target) | {"project.xml": etree.tostring(root)}
    changed = write_zip(tmp_path / "in" / "changed.dawproject", entries)
    last = tmp_path / "in" / "last.dawproject"
    patch_project(Mix(RATE_HZ), session_of(changed, KEYS), last)
    kick = named_track(project_root(last), "Kick").find("Channel")
    assert kick.find("Volume").get("value") == "0.25"
    assert kick.find("Volume").get("comment") == "theirs"
    assert [one.get("deviceName") for one in kick.find("Devices")] == ["Their EQ", "New EQ"]


def test_a_daw_that_drops_our_comments_does_not_make_us_stack(tmp_path: Path) -> None:
    _, target, _ = patched(tmp_path)
    root = project_root(target)
    etree.strip_tags(root, etree.Comment)
    for element in root.iter():
        element.attrib.pop("comment", None)
    saved = write_zip(
        tmp_path / "in" / "saved.dawproject", documents(target) | {"project.xml": etree.tostring(root)}
    )
    again = tmp_path / "in" / "again.dawproject"
    patch_project(a_mix(), session_of(saved, KEYS), again)
    one, two = project_root(target), project_root(again)
    assert [track.get("name") for track in two.iter("Track")] == [
        track.get("name") for track in one.iter("Track")
    ]
    for name in ("Equalizer", "Compressor", "Send", "Points", "BuiltinDevice"):
        assert len(list(two.iter(name))) == len(list(one.iter(name)))


def test_paths_to_audio_outside_count_from_the_new_place(tmp_path: Path) -> None:
    source = user_project(tmp_path / "in")
    session = session_of(source, KEYS)
    target = tmp_path / "elsewhere" / "deep" / "out.dawproject"
    patch_project(a_mix(), session, target)
    assert project_root(target).find(".//File").get("path") == "../../stems/a b.wav"
    stage = tmp_path / "stage" / "out.dawproject"
    patch_project(a_mix(), session, stage, home=tmp_path / "in" / "sub" / "out.dawproject")
    assert project_root(stage).find(".//File").get("path") == "../../stems/a b.wav"
    items = open_project(target).track("t1").items
    assert items[0].file is not None
    assert items[0].file.resolve() == (tmp_path / "stems" / "a b.wav").resolve()


def test_audio_outside_is_taken_inside_when_asked(tmp_path: Path) -> None:
    names = ("../stems/a.wav", "../stems/A.wav", "../stems/gone.wav", "../stems/secret.txt", "../stems/x.wav")
    clips = "".join(audio_clip(index, 1, name) for index, name in enumerate(names))
    (tmp_path / "stems").mkdir()
    for name in ("a.wav", "A.wav", "secret.txt", "x.wav"):
        (tmp_path / "stems" / name).write_bytes(name.encode() * 50)
    (tmp_path / "in").mkdir()
    source = make_project(
        tmp_path / "in" / "song.dawproject",
        STRUCTURE,
        f'<Lanes timeUnit="seconds"><Clips track="t1">{clips}</Clips></Lanes>',
        **{"audio/x.wav": b"theirs"},
    )
    target = tmp_path / "out" / "song.dawproject"
    report = patch_project(Mix(RATE_HZ), session_of(source, KEYS), target, audio="inside")
    files = [(one.get("path"), one.get("external")) for one in project_root(target).iter("File")]
    assert files == [
        ("audio/a.wav", None),
        ("audio/A (2).wav", None),
        ("../stems/gone.wav", "true"),
        ("../stems/secret.txt", "true"),
        ("audio/x (2).wav", None),
    ]
    found = documents(target)
    assert found["audio/a.wav"] == b"a.wav" * 50
    assert found["audio/x.wav"] == b"theirs"
    assert found["audio/x (2).wav"] == b"x.wav" * 50
    assert [one.sentence for one in report.entries if "not there" in one.sentence] == [
        "gone.wav is not there to be taken inside; its place stays",
        "secret.txt is not there to be taken inside; its place stays",
    ]
    with pytest.raises(ExportError, match="'beside' or 'inside'"):
        patch_project(Mix(RATE_HZ), session_of(source, KEYS), target, audio="around", force=True)


def test_a_later_place_that_is_the_source_is_refused(tmp_path: Path) -> None:
    source = user_project(tmp_path)
    with pytest.raises(ExportError, match="file of the session"):
        patch_project(a_mix(), session_of(source, KEYS), tmp_path / "stage" / "x.dawproject", home=source)


def test_the_source_and_the_audio_are_never_written(tmp_path: Path) -> None:
    source = user_project(tmp_path)
    before = source.read_bytes()
    session = session_of(source, KEYS)
    (tmp_path / "link.dawproject").symlink_to(source)
    for target in (
        source,
        tmp_path / "x" / ".." / source.name,
        tmp_path / "link.dawproject",
        tmp_path / "Kick.wav",
    ):
        (tmp_path / "x").mkdir(exist_ok=True)
        with pytest.raises(ExportError, match="file of the session"):
            patch_project(a_mix(), session, target, force=True)
    assert source.read_bytes() == before


def test_an_existing_file_needs_force(tmp_path: Path) -> None:
    session = session_of(user_project(tmp_path), KEYS)
    target = tmp_path / "out.dawproject"
    target.write_bytes(b"mine")
    with pytest.raises(ExportError, match="--force"):
        patch_project(a_mix(), session, target)
    assert target.read_bytes() == b"mine"
    patch_project(a_mix(), session, target, force=True)
    assert zipfile.is_zipfile(target)
    assert not list(tmp_path.glob(".*.part"))


def test_what_does_not_belong_together_is_refused(tmp_path: Path) -> None:
    session = session_of(user_project(tmp_path), KEYS)
    target = tmp_path / "out.dawproject"
    with pytest.raises(ExportError, match="not from a project"):
        patch_project(a_mix(), replace(session, project=None), target)
    with pytest.raises(ExportError, match="44100 Hz"):
        patch_project(replace(a_mix(), sample_rate_hz=44100), session, target)
    with pytest.raises(ExportError, match="'Bass'"):
        patch_project(Mix(RATE_HZ, (TrackStrip("Bass"),)), session, target)
    report = patch_project(
        Mix(RATE_HZ, (TrackStrip("Kick"),)), session_of(session.project or target, {"Kick": "no"}), target
    )
    assert report.partial
    assert not target.with_suffix(".part").exists()


def test_a_project_without_master_or_arrangement_is_patched(tmp_path: Path) -> None:
    xml = '<Project version="1.0"><Structure><Track id="t1" name="A"/></Structure></Project>'
    source = write_zip(tmp_path / "a.dawproject", {"project.xml": xml})
    mix = Mix(RATE_HZ, (TrackStrip("A", automation=Automation(((0.0, -3.0), (4.0, 0.0)))),))
    target = tmp_path / "b.dawproject"
    report = patch_project(mix, session_of(source, {"A": "t1"}), target)
    assert [one.strip for one in report.select(Outcome.DROPPED)] == ["master"]
    assert read_project(target).track("A").automation == mix.tracks[0].automation
    empty = tmp_path / "c.dawproject"
    patch_project(Mix(RATE_HZ), session_of(target, {"A": "t1"}), empty)
    assert canonical(project_root(empty)) == canonical(etree.fromstring(xml))


def test_real_projects_survive_a_patch_and_its_taking_back(shared: Path, tmp_path: Path) -> None:
    folder = shared / "fixtures" / "dawproject"
    roex = tmp_path / "roex.dawproject"
    roex.write_bytes((folder / "roex_RoEx_Automix.dawproject").read_bytes())
    bitwig = write_zip(
        tmp_path / "bitwig.dawproject",
        {"project.xml": (folder / "bitwig5.0_readme_example.project.xml").read_bytes()},
    )
    for source in (roex, bitwig):
        keys = {one.name: one.key for one in open_project(source).tracks if one.kind is TrackKind.AUDIO}
        strips = tuple(
            TrackStrip(
                name, pan=0.5, fader_db=-9.0, compressor=Compressor(True), sends=FrozenMap({"x": -6.0})
            )
            for name in keys
        )
        mix = Mix(RATE_HZ, strips, (Bus("x", BusKind.FX, reverb=Reverb()),), Master(fader_db=-1.0))
        target = source.with_name(f"{source.stem}-mix.dawproject")
        patch_project(mix, session_of(source, keys), target)
        if schema(shared, "Project.xsd").validate(project_root(source)):
            schema(shared, "Project.xsd").assertValid(project_root(target))
        assert theirs_alone(project_root(target)) == theirs_alone(project_root(source))
        assert {strip.fader_db for strip in read_project(target).tracks} == {-9.0}
        back = source.with_name(f"{source.stem}-back.dawproject")
        patch_project(Mix(RATE_HZ), replace(session_of(target, keys)), back)
        # Both have their master at 0 dB, as the empty mix has.
        assert canonical(project_root(back)) == canonical(project_root(source))


def test_declaration_and_standalone_stay(tmp_path: Path) -> None:
    text = project_xml(STRUCTURE, ARRANGEMENT).replace(
        "encoding='UTF-8'", "encoding='UTF-16' standalone='yes'"
    )
    source = write_zip(tmp_path / "a.dawproject", {"project.xml": text.encode("utf-16")})
    target = tmp_path / "b.dawproject"
    patch_project(a_mix(), session_of(source, KEYS), target)
    tree = etree.parse(io.BytesIO(documents(target)["project.xml"]))
    assert tree.docinfo.standalone is True
    assert documents(target)["project.xml"].startswith(b"<?xml version='1.0' encoding='UTF-8'")
