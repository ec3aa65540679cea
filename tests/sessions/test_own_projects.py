"""A project that mixbridge wrote, taken in again: one set of our processors, the same tracks, the user's own kept."""

import re
import tempfile
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest
import soundfile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from reaper_cases import assert_alike
from strategies import mixes
from user_edits import ENGINEERS, PLUGIN

from bridge.compare import arrangement_changes, strip_changes
from bridge.jobs.starting import start_mix
from bridge.sessions import load_session, open_project
from console.frozen import FrozenMap
from console.mix import (
    Automation,
    Band,
    Bus,
    BusKind,
    Compressor,
    Delay,
    Equalizer,
    Gate,
    Highpass,
    Input,
    Limiter,
    Lowpass,
    Master,
    Mix,
    Reverb,
    TrackStrip,
)
from console.session import Session
from console.session.reader import TrackReader
from exporters.ableton.quantise import quantise as ableton
from exporters.ardour.quantise import quantise as ardour
from exporters.dawproject.quantise import quantise as dawproject
from exporters.reaper.quantise import quantise as reaper
from exporters.registry import exporter

RATE_HZ = 48_000


@dataclass(frozen=True, slots=True)
class Way:
    """A format with the options of one of its flavours."""

    format: str
    suffix: str
    quantise: Callable[..., Mix]
    options: Mapping[str, str] = field(default_factory=dict)

    def write(self, mix: Mix, session: Session, folder: Path) -> Path:
        files = exporter(self.format).write(mix, session, folder, **self.options).files
        return next(path for path in files if path.suffix == self.suffix)

    def patch(self, mix: Mix, session: Session, path: Path) -> Path:
        exporter(self.format).patch(mix, session, path, force=True, **self.options)
        return path

    def read(self, path: Path) -> Mix:
        return exporter(self.format).read(path)

    def expected(self, mix: Mix, session: Session) -> Mix:
        return self.quantise(mix, session, **self.options)


WAYS = {
    "reaper": Way("reaper", ".rpp", reaper),
    "jsfx": Way("reaper", ".rpp", reaper, {"strip": "jsfx"}),
    "ableton": Way("ableton", ".als", ableton),
    "dawproject": Way("dawproject", ".dawproject", dawproject),
    "ardour": Way("ardour", ".ardour", ardour),
}


@pytest.fixture(params=WAYS.values(), ids=WAYS)
def way(request: pytest.FixtureRequest) -> Way:
    return request.param


@pytest.fixture
def stems(tmp_path: Path) -> Session:
    """Mono, stereo, and pairs of left and right files; one begins later than the others."""
    folder = tmp_path / "stems"
    folder.mkdir()
    noise = np.random.default_rng(1)
    for name, channels in (("Kick", 1), ("Bass", 1), ("OH L", 1), ("OH R", 1), ("Keys", 2), ("Vox", 1)):
        data = noise.standard_normal((9_600, channels)) * 0.05
        soundfile.write(folder / f"{name}.wav", data, RATE_HZ, subtype="PCM_24")
    (folder / "session.toml").write_text('[tracks."OH"]\nstart_s = 0.01\n', encoding="utf-8")
    return load_session([folder])


def first_mix() -> Mix:
    """Every module of the console somewhere, so that all of it has to go again."""
    return Mix(
        RATE_HZ,
        tracks=(
            TrackStrip("Bass", pan=0.25, input=Input(-2.0), width=1.0, equalizer=_bell(150.0, -2.0)),
            TrackStrip("Keys", width=0.5, pan=-0.5, sends=FrozenMap({"hall": -10.0, "echo": -20.0})),
            TrackStrip(
                "Kick",
                input=Input(3.0, True, 2.0),
                highpass=Highpass(True, 40.0, 24),
                gate=Gate(True, -40.0, -20.0, 4.0, 1.5, 30.0, 150.0),
                equalizer=_bell(400.0, -3.0),
                compressor=Compressor(True, -22.0, 3.3, 8.0, 120.0, 6.0, 4.0),
                fader_db=-6.5,
                output="drums",
            ),
            TrackStrip(
                "OH",
                input=Input(1.0, False, -5.0),
                pan=-0.2,
                equalizer=_bell(8000.0, 2.0),
                sends=FrozenMap({"hall": -12.0}),
                output="drums",
            ),
            TrackStrip(
                "Vox",
                lowpass=Lowpass(True, 9000.0, 12),
                automation=Automation(((0.0, -6.5), (0.1, -5.0))),
                sends=FrozenMap({"hall": -9.0}),
            ),
        ),
        buses=(
            Bus("drums", BusKind.GROUP, compressor=Compressor(True, makeup_db=2.0), fader_db=-1.0),
            Bus("hall", BusKind.FX, reverb=Reverb(decay_s=1.8, predelay_ms=40.0), equalizer=_bell(300.0, -2.0)),
            Bus("echo", BusKind.FX, delay=Delay(time_ms=250.0, feedback=0.4)),
        ),
        master=Master(
            equalizer=_bell(100.0, 1.5), compressor=Compressor(True, makeup_db=1.0), limiter=Limiter(True, -1.5),
            fader_db=-2.0,
        ),
    )  # fmt: skip


def second_mix() -> Mix:
    """Another mix of the same groups and returns: what is on in the first is off or other here."""
    first = first_mix()
    kick = TrackStrip("Kick", input=Input(-1.0, False, -1.0), equalizer=_bell(60.0, 2.0), output="drums")
    overheads = TrackStrip("OH", pan=0.1, input=Input(0.0, True, 3.0), output="drums")
    keys = replace(first.track("Keys"), sends=FrozenMap({"echo": -15.0}), fader_db=-3.0)
    vox = TrackStrip(
        "Vox", fader_db=-2.0, compressor=Compressor(True, -18.0, 2.0), sends=FrozenMap({"hall": -6.0})
    )
    buses = (
        replace(first.bus("drums"), compressor=Compressor(), equalizer=_bell(500.0, -1.0), fader_db=-3.0),
        replace(first.bus("hall"), equalizer=Equalizer(), fader_db=-4.0),
        first.bus("echo"),
    )
    master = Master(equalizer=_bell(60.0, -1.0), fader_db=-1.0)
    return replace(
        first, tracks=(first.track("Bass"), keys, kick, overheads, vox), buses=buses, master=master
    )


def _bell(frequency_hz: float, gain_db: float) -> Equalizer:
    return Equalizer(True, (Band("bell", frequency_hz, gain_db, 1.0),))


def by_id(mix: Mix) -> Mix:
    """The mix without its order; some formats show by a bus's name that it is ours."""

    def plain(name: str) -> str:
        return name.removeprefix("mixbridge ")

    strips = (
        replace(
            strip,
            output=plain(strip.output),
            sends=FrozenMap({plain(bus): level for bus, level in strip.sends.items()}),
        )
        for strip in mix.tracks
    )
    buses = (replace(bus, id=plain(bus.id), reasons=()) for bus in mix.buses)
    return replace(
        mix,
        tracks=tuple(sorted(strips, key=lambda strip: strip.id)),
        buses=tuple(sorted(buses, key=lambda bus: bus.id)),
    )


def samples(session: Session) -> dict[str, np.ndarray]:
    found = {}
    for track in session.tracks:
        with TrackReader(track, session.sample_rate_hz) as reader:
            found[track.id] = reader.read(session.samples)
    return found


def test_the_stems_come_in_as_they_went_out(way: Way, stems: Session, tmp_path: Path) -> None:
    path = way.write(first_mix(), stems, tmp_path / "out")
    session = load_session([path])
    assert [track.id for track in sorted(session.tracks, key=lambda track: track.id)] == [
        track.id for track in stems.tracks
    ]
    for track in stems.tracks:
        came = session.track(track.id)
        assert [file.path.name for file in came.files] == [file.path.name for file in track.files]
        assert came.content_hash == track.content_hash
        assert (came.channels, came.samples, came.start_samples) == (
            track.channels,
            track.samples,
            track.start_samples,
        )
    for name, before in samples(stems).items():
        np.testing.assert_array_equal(samples(session)[name], before)
    assert {finding.code for finding in session.findings} <= {"unequal-length", "role-uncertain"}
    assert {track.id: track.group for track in session.tracks} == {
        track.id: "drums" if track.id in ("Kick", "OH") else "" for track in stems.tracks
    }


@pytest.mark.parametrize("other", [first_mix, second_mix])
def test_a_second_mix_takes_the_place_of_the_first(
    way: Way, other: Callable[[], Mix], stems: Session, tmp_path: Path
) -> None:
    path = way.write(first_mix(), stems, tmp_path / "out")
    target = way.patch(other(), load_session([path]), path.with_name(f"second{way.suffix}"))
    assert by_id(way.read(target)) == by_id(way.expected(other(), stems))


def test_three_times_is_as_good_as_once(way: Way, stems: Session, tmp_path: Path) -> None:
    path = way.write(first_mix(), stems, tmp_path / "out")
    found, ids = [], []
    for number in range(4):
        session = load_session([path])
        ids.append(
            [(track.id, track.key, track.content_hash, track.start_samples) for track in session.tracks]
        )
        path = way.patch(second_mix(), session, path.with_name(f"again {number}{way.suffix}"))
        found.append(path.read_bytes())
    assert found[1] == found[2] == found[3]
    assert ids[0] == ids[1] == ids[2] == ids[3]
    assert by_id(way.read(path)) == by_id(way.expected(second_mix(), stems))


def edited(way: Way, stems: Session, folder: Path) -> Path:
    """A project of ours in which the engineer has put a plugin among ours, moved a fader, and more."""
    path = way.write(first_mix(), stems, folder / "out")
    edits = (
        ("plugin", "Kick"),
        ("plugin", "hall"),
        ("fader", "Keys"),
        ("rename", "drums"),
        ("track", "Bass"),
    )
    ENGINEERS[way.format].edit(path, *edits)
    return path


def test_what_the_engineer_did_to_it_stays(way: Way, stems: Session, tmp_path: Path) -> None:
    path = edited(way, stems, tmp_path)
    session = load_session([path])
    assert {track.id for track in session.tracks} == {*(track.id for track in stems.tracks), "Own"}
    (own_plugins,) = (finding for finding in session.findings if finding.code == "own-plugins")
    assert set(own_plugins.tracks) <= {"Kick", "Own"}
    start, _ = start_mix(session)
    assert start.track("Keys").fader_db == pytest.approx(
        first_mix().track("Keys").fader_db - 6.0206, abs=1e-3
    )
    mix = replace(second_mix(), tracks=(*second_mix().tracks, TrackStrip("Own", fader_db=-3.0)))
    target = way.patch(mix, session, path.with_name(f"second{way.suffix}"))
    project = open_project(target)
    plugins = {track.name.removeprefix("A-"): track.plugins for track in project.tracks}
    assert plugins["Kick"] == plugins["hall"] == (PLUGIN,)
    assert set(plugins["Own"]) == ({PLUGIN} if "Own" in own_plugins.tracks else set())
    assert "My drums" in plugins
    assert "drums" not in plugins
    read, wanted = way.read(target), way.expected(second_mix(), stems)
    if way.format != "ableton":  # whose tracks are stereo to the reader where no note of ours says otherwise
        assert read.track("Own").fader_db == pytest.approx(-3.0, abs=1e-4)
    ours = replace(read, tracks=tuple(track for track in read.tracks if track.id != "Own"))
    assert by_id(ours) == by_id(wanted)
    again = way.patch(mix, load_session([target]), path.with_name(f"third{way.suffix}"))
    assert again.read_bytes() == target.read_bytes()


def test_what_changed_is_told_as_between_the_mixes_themselves(
    way: Way, stems: Session, tmp_path: Path
) -> None:
    path = way.write(first_mix(), stems, tmp_path / "out")
    target = way.patch(second_mix(), load_session([path]), path.with_name(f"second{way.suffix}"))
    told = strip_changes(by_id(way.read(path)), by_id(way.read(target)))
    first, second = (by_id(way.expected(mix(), stems)) for mix in (first_mix, second_mix))
    assert told == strip_changes(first, second)
    assert arrangement_changes(open_project(path), open_project(target)) == ()


IDS = ("Bass", "Keys", "Kick", "OH", "Vox")


@given(st.data())
@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_any_two_mixes_one_after_the_other_are_the_second(
    way: Way, stems: Session, data: st.DataObject
) -> None:
    """Groups that come, go and change their tracks, and returns, among all else."""
    drawn = mixes(track_ids=IDS, group_ids=("drums", "band"), fx_ids=("hall", "echo"))
    first, second = (replace(data.draw(drawn), sample_rate_hz=RATE_HZ) for _ in range(2))
    # A project's mutes stay, whatever the mix says.
    first = replace(first, tracks=tuple(replace(strip, muted=False) for strip in first.tracks))
    with tempfile.TemporaryDirectory() as folder:
        path = way.write(first, stems, Path(folder) / "out")
        keys = {track.name: track.key for track in open_project(path).tracks}
        tracks = tuple(replace(track, key=keys[track.id]) for track in stems.tracks)
        session = replace(stems, tracks=tracks, project=path)
        target = way.patch(second, session, path.with_name(f"second{way.suffix}"))
        read = by_id(way.read(target))
        again = way.patch(second, replace(session, project=target), path.with_name(f"third{way.suffix}"))
        assert by_id(way.read(again)) == read
    wanted = by_id(way.expected(second, stems))
    assert_alike((read.tracks, read.master), (wanted.tracks, wanted.master))
    used = {strip.output for strip in second.tracks} | {bus for strip in wanted.tracks for bus in strip.sends}
    assert_alike(*(tuple(bus for bus in mix.buses if bus.id in used) for mix in (read, wanted)))
    assert {bus.id for bus in read.buses} <= {bus.id for bus in second.buses}


def test_what_a_mix_has_muted_stays_muted_when_it_comes_in_again(
    way: Way, stems: Session, tmp_path: Path
) -> None:
    path = way.write(first_mix(), stems, tmp_path / "out")
    quiet = replace(
        second_mix(),
        tracks=tuple(replace(strip, muted=strip.id == "Vox") for strip in second_mix().tracks),
    )
    for number in range(3):
        session = load_session([path])
        assert session.track("Vox").included == (number == 0)
        path = way.patch(quiet, session, path.with_name(f"quiet {number}{way.suffix}"))
        assert [strip.id for strip in way.read(path).tracks if strip.muted] == ["Vox"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"strip": "jsfx"}, {"strip": "rea"}),
        ({"fx": "container"}, {}),
        ({}, {"strip": "jsfx", "fx": "container"}),
    ],
    ids=str,
)
def test_one_flavour_of_reaper_takes_the_place_of_another(
    before: dict[str, str], after: dict[str, str], stems: Session, tmp_path: Path
) -> None:
    path = Way("reaper", ".rpp", reaper, before).write(first_mix(), stems, tmp_path / "out")
    way = Way("reaper", ".rpp", reaper, after)
    target = way.patch(second_mix(), load_session([path]), path.with_name("second.rpp"))
    strip = after.get("strip", "rea")
    assert by_id(way.read(target)) == by_id(reaper(second_mix(), stems, strip=strip))
    text = target.read_text(encoding="utf-8")
    assert ("<JS " in text) == (strip == "jsfx")
    # The vocal has a compressor, and nothing else.
    (vocal,) = (part for part in text.split("<TRACK ")[1:] if "NAME Vox" in part)
    assert vocal.count("<VST ") + vocal.count("<JS ") == 1


def test_a_track_that_the_engineer_has_duplicated_in_reaper_has_no_plugins_twice(
    stems: Session, tmp_path: Path
) -> None:
    way = WAYS["reaper"]
    path = way.write(first_mix(), stems, tmp_path / "out")
    text = path.read_text(encoding="utf-8")
    kick = re.search(r"  <TRACK [^\n]*\n    NAME Kick\n.*?\n  >\n", text, re.DOTALL)
    assert kick is not None
    # REAPER gives a copy, and all in it, identifiers of their own.
    copy = re.sub(r"\{[0-9A-F-]{36}\}", lambda _: "{" + str(uuid.uuid4()).upper() + "}", kick[0])
    path.write_text(text.replace(kick[0], kick[0] + copy), encoding="utf-8")
    session = load_session([path])
    assert len(session.tracks) == 6
    assert "own-plugins" not in {finding.code for finding in session.findings}
    twin = replace(second_mix().track("Kick"), id="Kick (2)")
    mix = replace(second_mix(), tracks=(*second_mix().tracks, twin))
    target = way.patch(mix, session, path.with_name("second.rpp"))
    parts = [part for part in target.read_text(encoding="utf-8").split("<TRACK ") if "NAME Kick\n" in part]
    assert [part.count("<VST ") for part in parts] == [1, 1]
    read = way.read(target)
    assert read.track("Kick (2)").equalizer == read.track("Kick").equalizer


def test_audio_that_the_engineer_has_moved_stays_there_under_any_delay_of_ours(
    way: Way, stems: Session, tmp_path: Path
) -> None:
    path = way.write(first_mix(), stems, tmp_path / "out")
    ENGINEERS[way.format].edit(path, ("move", "Kick"))
    for number, mix in enumerate((second_mix(), first_mix(), second_mix())):
        session = load_session([path])
        assert session.track("Kick").start_samples == 4_800
        assert session.track("Kick").content_hash == stems.track("Kick").content_hash
        path = way.patch(mix, session, path.with_name(f"moved {number}{way.suffix}"))
        wanted = way.expected(mix, stems).track("Kick")
        assert way.read(path).track("Kick").input == wanted.input
