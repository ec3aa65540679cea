"""The ReaScript, run by Lua against a stand-in for REAPER's API: applying a mix, declining, breaking off, writing back.

Not REAPER itself: what its API does is taken from its public documentation.
"""

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from reaper_cases import small_mix, small_session
from strategies import mixes

from console.mix import Automation, FrozenMap, Mix, TrackStrip, dump_mix, json_schema, load_mix
from exporters.moves import settle, thin
from exporters.reaper.jsfx import decode_state, settings_of, slider_values
from exporters.reaper.jsfxsliders import SLIDERS, lua_table
from exporters.reaper.panlaw import to_reaper
from exporters.reaper.reader import read_project
from exporters.reaper.writer import write_project

lupa = pytest.importorskip("lupa", reason="lupa, a Lua for Python, is not installed")

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = (ROOT / "presets" / "reaper" / "mixbridge_apply.lua").read_text(encoding="utf-8")
FAKE = (ROOT / "tests" / "support" / "fake_reaper.lua").read_text(encoding="utf-8")

OK, CANCEL, YES, NO = 1, 2, 6, 7
VERSIONS = ("lua53", "lua54")


class Reaper:
    """A project in the stand-in, and the script run in it."""

    def __init__(self, version: str = "lua54") -> None:
        module = pytest.importorskip(f"lupa.{version}")
        self.lua = module.LuaRuntime(encoding="utf-8", unpack_returned_tuples=True)
        self.fake = self.lua.execute(FAKE)
        self.fake.sliders = self.lua.execute(lua_table() + "return SLIDERS")

    def run(self, *answers: object) -> None:
        """Run the script, its dialogs answered in order; all answers must be asked for."""
        self.fake.answers = self.lua.table(*answers)
        self.lua.execute(SCRIPT)
        assert len(self.fake.answers) == 0, self.last_message
        assert (self.fake.refresh or 0) == 0
        assert self.fake.open is None

    def track(self, name: str) -> Any:
        return next(track for track in self.fake.tracks.values() if track.name == name)

    @property
    def log(self) -> list[str]:
        return list(self.fake.log.values())

    @property
    def last_message(self) -> str:
        return [entry for entry in self.log if entry.startswith("ASK ")][-1]

    def strip(self, track: Any) -> dict[str, float]:
        params = track.fx[len(track.fx)].params
        return {slider.variable: params[index] for index, slider in enumerate(SLIDERS, start=1)}

    def state(self) -> Any:
        """Everything of the project that the script may touch, as plain data."""

        def plain(value: Any, depth: int = 0) -> Any:
            if lupa.lua_type(value) != "table" and not hasattr(value, "items"):
                return value
            if depth > 0 and value.guid is not None:
                return value.guid
            return {key: plain(item, depth + 1) for key, item in value.items()}

        return [plain(track) for track in (self.fake.master, *self.fake.tracks.values())]


def project_of(mix: Mix, stereo: Callable[[str], bool] = lambda _: False, version: str = "lua54") -> Reaper:
    """A fresh project with a track for every track and bus of a mix, groups as folders, nothing set."""
    reaper = Reaper(version)
    for strip in mix.tracks:
        reaper.fake.add_track(strip.id, 2 if stereo(strip.id) else 1)
    for bus in mix.buses:
        made = reaper.fake.add_track(bus.id)
        if bus.kind == "group":
            made["values"].I_FOLDERDEPTH = 1
            for index, strip in enumerate(mix.tracks, start=1):
                if strip.output == bus.id:
                    reaper.fake.tracks[index].parent = made
    reaper.fake.settings.PROJECT_SRATE = mix.sample_rate_hz
    return reaper


def write(mix: Mix, folder: Path, name: str = "mix.json") -> str:
    path = folder / name
    path.write_text(dump_mix(mix), encoding="utf-8")
    return str(path)


@pytest.mark.parametrize("version", VERSIONS)
def test_applying_sets_everything_that_the_mix_says(tmp_path: Path, version: str) -> None:
    mix = small_mix()
    reaper = project_of(mix, lambda name: name in ("OH", "Gtr"), version)
    reaper.run(YES, write(mix, tmp_path), OK)
    kick = reaper.track("Kick")
    values = kick["values"]
    assert values.D_VOL == pytest.approx(10.0 ** (-6.5 / 20.0))
    assert (values.D_PAN, values.B_PHASE, values.B_MUTE) == (-0.3, 1, 0)
    assert values.D_PANLAW == pytest.approx(math.sqrt(0.5))
    assert values.I_PANMODE == 3
    assert values.D_PLAY_OFFSET == pytest.approx(-0.002)
    assert values.I_PLAY_OFFSET_FLAG == 0
    wanted = slider_values(replace(settings_of(mix.track("Kick")), invert_polarity=False))
    assert reaper.strip(kick) == wanted
    assert [send.P_DESTTRACK.name for send in kick.sends.values()] == ["reverb"]
    assert kick.sends[1].D_VOL == pytest.approx(10.0 ** (-18.0 / 20.0))
    assert kick.sends[1].I_SENDMODE == 0
    overheads = reaper.track("OH")["values"]
    panning = to_reaper(-0.2, 2)
    assert overheads.D_PAN == pytest.approx(panning.pan, abs=1e-12)
    assert overheads.D_VOL == pytest.approx(panning.gain, rel=1e-12)
    assert reaper.track("Vox")["values"].B_MUTE == 1
    gtr = reaper.track("Gtr")
    assert len(gtr.envelope.points) > 10
    assert gtr.envelope.points[1][2] == pytest.approx(10.0 ** (-6.5 / 20.0))
    assert reaper.track("drums")["values"].D_VOL == pytest.approx(10.0 ** (-1.0 / 20.0))
    assert reaper.strip(reaper.track("drums"))["compressor_makeup_db"] == 2.0
    assert reaper.strip(reaper.fake.master)["compressor_makeup_db"] == 8.0
    assert reaper.fake.master["values"].D_VOL == pytest.approx(10.0 ** (-2.0 / 20.0))
    assert [entry.name for entry in reaper.fake.undo.values()] == ["mixbridge: apply a mix"]


def test_what_will_change_is_asked_first_and_counted(tmp_path: Path) -> None:
    reaper = project_of(small_mix())
    reaper.run(YES, write(small_mix(), tmp_path), CANCEL)
    question = reaper.last_message
    assert "mixbridge: apply this mix?" in question
    for words in ("strips", "faders", "pans", "sends", "1 mutes", "1 envelopes", "one undo step"):
        assert words in question
    assert "Kick: fader 0.00 to -6.50 dB" in question
    assert "its limiter is left as it is" in question


@pytest.mark.parametrize("answers", [(CANCEL,), (YES, ""), (YES, "file", CANCEL), (NO, "")])
def test_declining_at_any_place_changes_nothing(tmp_path: Path, answers: tuple[object, ...]) -> None:
    reaper = project_of(small_mix())
    before = reaper.state()
    path = write(small_mix(), tmp_path)
    reaper.run(*(path if answer == "file" else answer for answer in answers))
    assert reaper.state() == before
    assert reaper.fake.changes == 0
    assert len(reaper.fake.undo) == 0


def test_an_error_at_any_step_takes_everything_back(tmp_path: Path) -> None:
    path = write(small_mix(), tmp_path)
    whole = project_of(small_mix())
    whole.run(YES, path, OK)
    total = int(whole.fake.changes)
    assert total > 200
    for at in sorted({1, 2, 3, *range(5, total, 41), total}):
        reaper = project_of(small_mix())
        before = reaper.state()
        reaper.fake.fail_at = at
        reaper.run(YES, path, OK)
        assert reaper.state() == before, at
        assert len(reaper.fake.undo) == 0
        assert reaper.fake.state.MIXBRIDGE_MIX is None
        assert "Everything is as it was before" in reaper.last_message


def test_an_error_before_the_first_change_does_not_undo_the_user_s_own_step(tmp_path: Path) -> None:
    mix = Mix(48000, (replace(TrackStrip("A"), width=0.5),))
    reaper = project_of(mix)
    reaper.fake.installed = False
    reaper.fake.undo = reaper.lua.eval("{{name = 'the user moved an item', kept = {}}}")
    reaper.run(YES, write(mix, tmp_path), OK)
    assert "install mixbridge by ReaPack" in reaper.last_message
    assert [entry.name for entry in reaper.fake.undo.values()] == ["the user moved an item"]


def test_applying_twice_changes_nothing_the_second_time(tmp_path: Path) -> None:
    path = write(small_mix(), tmp_path)
    reaper = project_of(small_mix())
    reaper.run(YES, path, OK)
    changes = reaper.fake.changes
    reaper.run(YES, path)
    assert reaper.fake.changes == changes
    assert "nothing is to be changed" in reaper.last_message


def test_undoing_takes_back_the_whole_step(tmp_path: Path) -> None:
    reaper = project_of(small_mix())
    before = reaper.state()
    reaper.run(YES, write(small_mix(), tmp_path), OK)
    assert reaper.state() != before
    reaper.lua.execute("reaper.Undo_DoUndo2(0)")
    assert reaper.state() == before


def written(reaper: Reaper, folder: Path) -> Mix:
    """What the script writes of a project; it is also checked against the published schema."""
    path = folder / "written.json"
    reaper.run(NO, str(path))
    text = path.read_text(encoding="utf-8")
    jsonschema.validate(json.loads(text), json_schema())
    path.unlink()
    return load_mix(text)


@pytest.mark.parametrize("version", VERSIONS)
def test_a_mix_that_was_applied_is_written_back_the_same(tmp_path: Path, version: str) -> None:
    mix = replace(small_mix(), tool="mixbridge 0.1.0", seed=2**63, estimator="rules", inputs="00ff")
    reaper = project_of(mix, lambda name: name in ("OH", "Gtr"), version)
    reaper.run(YES, write(mix, tmp_path), OK)
    back = written(reaper, tmp_path)
    assert back == mix


def expected(mix: Mix) -> Mix:
    """What a project of the stand-in can give back of a mix."""

    def strip_of(strip: TrackStrip) -> TrackStrip:
        moves = thin(settle(strip.automation.fader_db))
        return replace(
            strip,
            pan=round(strip.pan, 9) + 0.0,
            fader_db=strip.fader_db if moves else round(strip.fader_db, 9) + 0.0,
            sends=FrozenMap({name: round(level, 9) + 0.0 for name, level in strip.sends.items()}),
            automation=Automation(moves),
        )

    return replace(
        mix,
        tracks=tuple(strip_of(strip) for strip in mix.tracks),
        buses=tuple(replace(bus, fader_db=round(bus.fader_db, 9) + 0.0) for bus in mix.buses),
        master=replace(mix.master, fader_db=round(mix.master.fader_db, 9) + 0.0),
    )


@given(st.data())
@settings(
    max_examples=25,
    phases=(Phase.explicit, Phase.generate),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
def test_any_mix_that_was_applied_is_written_back_the_same(tmp_path: Path, data: st.DataObject) -> None:
    mix = data.draw(
        mixes(track_ids=("Kick", 'Snare "top"', "Vox\\é 𝄞"), group_ids=("drums",), fx_ids=("hall", "echo"))
    )
    mix = replace(mix, tracks=tuple(replace(strip, automation=Automation()) for strip in mix.tracks))
    reaper = project_of(mix, lambda name: name.startswith("V"))
    reaper.run(YES, write(mix, tmp_path), *([OK] if changes_something(mix) else []))
    back = written(reaper, tmp_path)
    wanted = expected(mix)
    for ours, theirs in zip(wanted.tracks, back.tracks, strict=True):
        assert theirs.pan == pytest.approx(ours.pan, abs=2e-9)
        assert theirs.fader_db == pytest.approx(ours.fader_db, abs=2e-9)
        assert settings_of(theirs) == settings_of(ours)
        assert replace(theirs, pan=0.0, fader_db=0.0, input=ours.input) == replace(
            ours, pan=0.0, fader_db=0.0
        )
        # a delay nearer to none than a tenth of a sample is none
        assert theirs.input.delay_ms == pytest.approx(ours.input.delay_ms, abs=100.1 / mix.sample_rate_hz)
    assert replace(back, tracks=()) == replace(wanted, tracks=())


def changes_something(mix: Mix) -> bool:
    """Mono tracks get a pan law at least, so that a mix with tracks always does."""
    return bool(mix.tracks)


def test_a_project_without_any_mix_is_written_as_it_stands(tmp_path: Path) -> None:
    reaper = Reaper()
    drums = reaper.fake.add_track("Drums")
    drums["values"].I_FOLDERDEPTH = 1
    kick = reaper.fake.add_track("Kick", 1)
    kick.parent = drums
    kick["values"].D_VOL, kick["values"].D_PAN, kick["values"].B_PHASE = 0.5, -0.25, 1
    hall = reaper.fake.add_track("Hall")
    reaper.fake.add_fx(hall, "VST: ReaDelay (Cockos)")
    reaper.lua.globals().kick, reaper.lua.globals().hall = kick, hall
    reaper.lua.execute(
        "reaper.SetTrackSendInfo_Value(kick, 0, reaper.CreateTrackSend(kick, hall), 'D_VOL', 0.25)"
    )
    silent = reaper.fake.add_track("Silent", 2)
    silent["values"].D_VOL = 0.0
    mix = written(reaper, tmp_path)
    strip = mix.track("Kick")
    assert strip.fader_db == pytest.approx(20.0 * math.log10(0.5), abs=1e-9)
    assert (strip.pan, strip.output, strip.input.invert_polarity) == (-0.25, "Drums", True)
    assert strip.sends["Hall"] == pytest.approx(20.0 * math.log10(0.25), abs=1e-9)
    assert strip.files == ("Kick.wav",)
    assert mix.bus("Hall").delay is not None
    assert mix.bus("Drums").kind == "group"
    assert mix.track("Silent").fader_db == -90.0
    assert reaper.fake.offered == "/song/mix.json"


def test_a_bypassed_strip_is_written_as_switched_off(tmp_path: Path) -> None:
    mix = small_mix()
    reaper = project_of(mix)
    reaper.run(YES, write(mix, tmp_path), OK)
    fx = reaper.track("Kick").fx
    fx[len(fx)].enabled = False
    back = written(reaper, tmp_path).track("Kick")
    assert not back.gate.enabled
    assert back.gate.ratio == 4.0
    assert back.input.gain_db == 0.0
    reaper.run(YES, write(mix, tmp_path), OK)
    assert fx[len(fx)].enabled


def test_the_strip_goes_behind_the_user_s_plugins_and_is_found_again(tmp_path: Path) -> None:
    mix = small_mix()
    reaper = project_of(mix)
    kick = reaper.track("Kick")
    reaper.fake.add_fx(kick, "VST3: Saturator")
    reaper.run(YES, write(mix, tmp_path), OK)
    assert [fx.name for fx in kick.fx.values()] == ["VST3: Saturator", "JS: mixbridge channel strip"]
    louder = replace(mix, tracks=tuple(replace(strip, width=1.5) for strip in mix.tracks))
    reaper.run(YES, write(louder, tmp_path), OK)
    assert len(kick.fx) == 2
    assert reaper.strip(kick)["width"] == 1.5
    assert "Width 1 to 1.5" in reaper.last_message


def test_a_send_that_the_mix_does_not_have_is_taken_away_and_others_stay(tmp_path: Path) -> None:
    mix = small_mix()
    reaper = project_of(mix)
    headphones = reaper.fake.add_track("Headphones")
    reaper.lua.globals().kick = reaper.track("Kick")
    for target in (headphones, reaper.track("echo")):
        reaper.lua.globals().target = target
        reaper.lua.execute("reaper.CreateTrackSend(kick, target)")
    reaper.run(YES, write(mix, tmp_path), OK)
    targets = sorted(send.P_DESTTRACK.name for send in reaper.track("Kick").sends.values())
    assert targets == ["Headphones", "reverb"]


def test_a_mute_of_the_user_s_stays(tmp_path: Path) -> None:
    reaper = project_of(small_mix())
    reaper.track("Kick")["values"].B_MUTE = 1
    reaper.run(YES, write(small_mix(), tmp_path), OK)
    assert reaper.track("Kick")["values"].B_MUTE == 1


def test_an_envelope_of_the_user_s_stays_and_is_told(tmp_path: Path) -> None:
    reaper = project_of(small_mix())
    reaper.track("Kick").envelope = reaper.lua.eval("{points = {{0.0, 0.5}, {2.0, 1.0}}}")
    reaper.run(YES, write(small_mix(), tmp_path), OK)
    assert [list(point.values()) for point in reaper.track("Kick").envelope.points.values()] == [
        [0.0, 0.5],
        [2.0, 1.0],
    ]
    assert "Kick: its volume envelope stays" in reaper.last_message


@pytest.mark.parametrize("scaling", [0, 1])
def test_moves_come_back_from_an_envelope_of_either_scale(tmp_path: Path, scaling: int) -> None:
    moves = Automation(((0.0, -6.5), (10.0, -5.0), (20.5, 0.0), (30.0, -90.0)))
    mix = Mix(48000, (TrackStrip("A", automation=moves),))
    reaper = project_of(mix)
    reaper.fake.scaling = scaling
    other = reaper.fake.add_track("B", 1)
    other.selected = True
    reaper.run(YES, write(mix, tmp_path), OK)
    assert other.selected
    assert not reaper.track("A").selected
    assert written(reaper, tmp_path).track("A").automation == moves
    assert len(reaper.track("A").envelope.points) == 1 + sum((3, 10, 180))


def test_tracks_of_one_name_are_not_guessed_at(tmp_path: Path) -> None:
    reaper = project_of(small_mix())
    reaper.fake.add_track("Kick", 1)
    before = reaper.state()
    reaper.run(YES, write(small_mix(), tmp_path))
    assert "Two tracks are called Kick" in reaper.last_message
    assert reaper.state() == before


def test_a_track_and_a_bus_may_have_one_name(tmp_path: Path) -> None:
    mix = small_mix()
    strips = tuple(replace(strip, id="drums" if strip.id == "Vox" else strip.id) for strip in mix.tracks)
    mix = replace(mix, tracks=strips)
    reaper = project_of(mix)
    reaper.run(YES, write(mix, tmp_path), OK)
    assert written(reaper, tmp_path) == replace(mix, tracks=strips)


def test_what_is_not_in_the_project_is_told(tmp_path: Path) -> None:
    mix = small_mix()
    reaper = Reaper()
    reaper.fake.add_track("Kick", 1)
    reaper.run(YES, write(mix, tmp_path), CANCEL)
    for words in (
        "no track is called OH",
        "no track is called reverb to send to",
        "no track is called drums (a bus",
    ):
        assert words in reaper.last_message


def test_a_mix_of_another_song_is_refused(tmp_path: Path) -> None:
    reaper = Reaper()
    reaper.fake.add_track("Piano", 2)
    reaper.run(YES, write(small_mix(), tmp_path))
    assert "None of the mix's tracks" in reaper.last_message


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1, a value is missing"),
        ("{", "a key is missing"),
        ('{"schema": "other/1"}', "no mix of schema"),
        ("[1, 2]", "no mix of schema"),
        ("[" * 100, "nested too deeply"),
        ('{"a": 1, "a": 2}', "stands twice"),
        ('{"a": "\\x"}', "unknown"),
        ('{"a": 1} 2', "follows the end"),
        ('{"a": NaN}', "a value is missing"),
        ('{"schema": "mixbridge.mix/1", "tracks": {}}', "no list"),
        ('{"schema": "mixbridge.mix/1", "tracks": [{"id": "A", "pan": 3}]}', "tracks.A.pan is 3"),
        (
            '{"schema": "mixbridge.mix/1", "tracks": [{"id": "A", "gate": {"ratio": "x"}}]}',
            "tracks.A.gate.ratio",
        ),
        (
            '{"schema": "mixbridge.mix/1", "tracks": [{"id": "A", "lowpass": {"slope_db_per_octave": 18}}]}',
            "12 or 24",
        ),
        ('{"schema": "mixbridge.mix/1", "tracks": [{"id": "A", "sends": {"B": 99}}]}', "sends.B is 99"),
        ('{"schema": "mixbridge.mix/1", "tracks": [{"name": "A"}]}', "has no id"),
        (
            '{"schema": "mixbridge.mix/1", "tracks": [{"id": "A", "automation": {"fader_db": [[1, 0], [1, 0]]}}]}',
            "rising order",
        ),
    ],
)
def test_a_file_that_is_no_mix_is_refused_and_nothing_is_changed(
    tmp_path: Path, text: str, message: str
) -> None:
    path = tmp_path / "x.json"
    path.write_text(text, encoding="utf-8")
    reaper = Reaper()
    reaper.fake.add_track("A", 1)
    reaper.run(YES, str(path))
    assert message in reaper.last_message
    assert "Nothing was changed" in reaper.last_message
    assert reaper.fake.changes == 0


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    reaper = project_of(small_mix())
    reaper.run(YES, str(tmp_path / "nowhere.json"))
    assert "cannot be read" in reaper.last_message


def test_an_old_file_is_overwritten_only_when_told_to(tmp_path: Path) -> None:
    reaper = project_of(small_mix())
    path = tmp_path / "mix.json"
    path.write_text("precious", encoding="utf-8")
    reaper.run(NO, str(path), NO)
    assert path.read_text(encoding="utf-8") == "precious"
    reaper.run(NO, str(path), YES)
    assert load_mix(path.read_text(encoding="utf-8")).track("Kick")
    assert [entry.name for entry in tmp_path.iterdir()] == ["mix.json"]


def test_a_strip_of_another_version_is_refused(tmp_path: Path) -> None:
    mix = small_mix()
    reaper = project_of(mix)
    before = reaper.state()
    reaper.lua.globals().fake = reaper.fake
    reaper.lua.execute(
        "local add = fake.add_strip fake.add_strip = function(track) local at = add(track) "
        "track.fx[at + 1].names[3] = 'Something else' return at end"
    )
    reaper.run(YES, write(mix, tmp_path), OK)
    assert "another version" in reaper.last_message
    assert reaper.state() == before


def test_tracks_of_a_project_that_we_wrote_are_known_by_their_identifiers(tmp_path: Path) -> None:
    """The notes of a written project are those that the script looks for: renamed tracks are found all the same."""
    mix = small_mix()
    report = write_project(mix, small_session(tmp_path / "song"), tmp_path / "out", strip="jsfx")
    text = report.files[0].read_text(encoding="utf-8")
    reaper = Reaper()
    reaper.fake.state.MIXBRIDGE = reaper.lua.table()
    section = text.split("<MIXBRIDGE")[1].split(">")[0]
    notes = [line.split() for line in section.splitlines() if '"' in line]
    channels = {"track": 1, "side": 1}
    for number, (guid, note) in enumerate(notes):
        kind = note.strip('"').split(":")[0]
        made = reaper.fake.add_track(f"renamed {number}", channels.get(kind))
        made.guid = "{" + guid + "}"
        reaper.fake.state.MIXBRIDGE[guid] = note.strip('"')
        if kind == "track" and '"track:2:480:' in note:
            # 1.5 ms of delay stand in the item's place already.
            made["items"][1].position = (480 + 72) / 48000.0
    reaper.run(YES, write(mix, tmp_path), OK)
    moved = [track for track in reaper.fake.tracks.values() if track["values"].D_PLAY_OFFSET != 0.0]
    assert len(moved) == 1  # the kick's −2 ms; the overheads' delay was there
    assert moved[0]["values"].D_PLAY_OFFSET == pytest.approx(-0.002)
    kick = moved[0]
    assert reaper.strip(kick)["gate_ratio"] == 4.0


def test_the_script_and_the_exporter_set_the_same_strip(tmp_path: Path) -> None:
    """One mix by both ways: the sliders that the script sets are those that the project holds."""
    mix = small_mix()
    report = write_project(mix, small_session(tmp_path / "song"), tmp_path / "out", strip="jsfx")
    by_file = read_project(report.files[0])
    reaper = project_of(mix)
    reaper.run(YES, write(mix, tmp_path), OK)
    for name in ("Kick", "Vox"):
        line = " ".join(repr(value) for value in reaper.strip(reaper.track(name)).values())
        held = settings_of(by_file.track(name))
        assert replace(decode_state(line.encode()), invert_polarity=held.invert_polarity) == held


def test_the_script_s_sliders_are_those_that_the_table_makes() -> None:
    begin, end = "-- sliders: begin\n", "-- sliders: end\n"
    assert SCRIPT.split(begin)[1].split(end)[0] == lua_table()
