"""A project in, the same project out with the mix set in it: where it lies, what it starts from."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import fake_daw
import pytest
import soundfile

from bridge.jobs import MixRequest, mix_session, read_session, suggest
from bridge.jobs.starting import start_mix
from bridge.sessions import SessionOptions, load_session
from console.dsp.pan import balance_gains, pan_gains
from console.errors import ExportError, ParamError, RenderError, SessionError
from console.frozen import FrozenMap
from console.mix import Compressor, Equalizer, dump_mix, load_mix
from console.mix.blend import GROUPS
from console.session import neutral_mix
from console.units import db_to_gain

Write = Callable[..., Path]
pytestmark = pytest.mark.usefixtures("fake_daw")


def contents(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()
    }


def mixed(project: Path, output: Path, **about: Any) -> list[str]:
    """Mix without a report; the files as the outcome tells them, relative to the output's folder."""
    outcome = mix_session(MixRequest((project,), output, **{"report": False, **about}))
    top = output.parent if output.suffix == ".fake" else output
    assert all(path.is_file() for path in outcome.files)
    return [path.relative_to(top).as_posix() for path in outcome.files]


def test_a_folder_gets_the_project_under_its_own_name(project: Write, tmp_path: Path) -> None:
    path = project()
    before = contents(path.parent)
    assert mixed(path, tmp_path / "out", report=True) == ["mix.json", "mix.wav", "report.html", "song.fake"]
    assert contents(path.parent) == before
    out = json.loads((tmp_path / "out" / "song.fake").read_text("utf-8"))
    assert out["home"] == str(tmp_path / "out" / "song.fake")
    assert load_mix(out["mix"]).tracks == load_mix((tmp_path / "out" / "mix.json").read_text("utf-8")).tracks
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "song"]


def test_a_project_file_gets_the_rest_beside_it(project: Write, tmp_path: Path) -> None:
    path = project()
    files = mixed(path, path.with_name("song-mix.fake"), options={"colour": "red"}, stems=True)
    assert [name for name in files if "/stems/" not in name] == [
        "song-mix.fake",
        "song-mix.mixbridge/mix.json",
        "song-mix.mixbridge/mix.wav",
    ]
    assert "song-mix.mixbridge/stems/Lead Vox.wav" in files
    assert json.loads(path.with_name("song-mix.fake").read_text("utf-8"))["colour"] == "red"
    assert sorted(item.name for item in path.parent.iterdir()) == [
        "song-mix.fake",
        "song-mix.mixbridge",
        "song.fake",
    ]


def test_other_formats_get_projects_and_audio_of_their_own(project: Write, tmp_path: Path) -> None:
    path = project()
    assert mixed(path, tmp_path / "out", to=("fake", "other")) == [
        "audio/Lead Vox.wav",
        "mix.json",
        "mix.wav",
        "other/other.txt",
        "song.fake",
    ]
    assert mixed(path, tmp_path / "none", to=()) == ["mix.json", "mix.wav"]


@pytest.mark.parametrize("force", [False, True])
@pytest.mark.parametrize("output", ["song.fake", ".", "Song.FAKE"])
def test_the_project_itself_is_never_written(output: str, force: bool, project: Write) -> None:
    path = project()
    before = contents(path.parent)
    if output == "Song.FAKE" and not (path.parent / output).exists():
        pytest.skip("names differ by case here")
    seen: list[str] = []
    request = MixRequest((path,), path.parent / output, force=force)
    with pytest.raises(RenderError, match="is a file of the session itself"):
        mix_session(request, lambda stage, done: seen.append(stage))
    assert contents(path.parent) == before
    assert seen == [], "refused before any work"


def test_a_file_of_another_kind_is_no_output(project: Write, tmp_path: Path, media: Path) -> None:
    with pytest.raises(ParamError, match="give a folder"):
        mix_session(MixRequest((media,), tmp_path / "out.fake"))
    assert not (tmp_path / "out.fake").exists()


def test_a_copy_that_fails_leaves_nothing(
    project: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = project()
    before = contents(tmp_path)

    def fail(*_: Any, **__: Any) -> None:
        raise ExportError("no room")

    monkeypatch.setattr(fake_daw, "patch_project", fail)
    for output in (tmp_path / "out", path.with_name("song-mix.fake")):
        with pytest.raises(ExportError, match="no room"):
            mix_session(MixRequest((path,), output, report=False))
    assert contents(tmp_path) == before
    assert sorted(item.name for item in tmp_path.iterdir()) == ["song"]


def test_joined_items_render_as_the_project_plays_them(project: Write, media: Path) -> None:
    session = load_session([project()])
    vox = session.track("Lead Vox")
    audio, _ = soundfile.read(vox.files[0].path, dtype="float64")
    source, _ = soundfile.read(media / "vox.wav", dtype="float64")
    assert vox.start_samples == 0
    assert audio[:40_000] == pytest.approx(source[:40_000], abs=1e-7)
    assert not audio[52_920:66_150].any()
    assert audio[66_150:110_000] == pytest.approx(source[66_150:110_000], abs=1e-7)


def test_the_start_is_the_projects_mixer(project: Write) -> None:
    session = load_session([project()])
    start, told = start_mix(session)
    assert told == ()
    assert {one.id: (one.fader_db, one.pan, one.output) for one in start.tracks} == {
        "Kick": (-4.0, 0.0, "Band"),
        "Bass": (-7.5, 0.25, "master"),
        "Lead Vox": (1.5, -0.1, "master"),
    }
    assert [(bus.id, bus.fader_db) for bus in start.buses] == [("Band", -2.0)]
    assert start.master.fader_db == -3.0
    assert start.track("Bass").automation.fader_db == ((0.0, -7.5), (2.0, -3.0))
    assert not start.track("Lead Vox").sends, "the user's own returns are no buses of ours"


def test_returns_without_a_plugin_of_the_users_are_ours(project: Write) -> None:
    start, _ = start_mix(load_session([project(plate=[])]))
    assert dict(start.track("Lead Vox").sends) == {"Plate": -12.0}
    assert [bus.id for bus in start.buses] == ["Band", "Plate"]


@pytest.mark.parametrize("pan", [-1.0, -0.4, 0.0, 0.1, 1.0])
def test_a_mono_track_that_was_read_as_stereo_keeps_its_channel_gains(pan: float, project: Write) -> None:
    standing = load_mix(json.loads(project().read_text("utf-8"))["mix"])
    panned = tuple(replace(one, pan=pan, fader_db=-6.0) for one in standing.tracks)
    path = project(vox_channels=0, mix=dump_mix(replace(standing, tracks=panned)))
    start, _ = start_mix(load_session([path]))
    vox, kick = start.track("Lead Vox"), start.track("Kick")
    assert (kick.pan, kick.fader_db) == (pan, -6.0)
    gains = [db_to_gain(vox.fader_db) * gain for gain in pan_gains(vox.pan)]
    assert gains == pytest.approx([db_to_gain(-6.0) * gain for gain in balance_gains(pan)], abs=1e-6)


def test_devices_are_ours_only_where_the_user_has_none(project: Write) -> None:
    standing = load_mix(json.loads(project().read_text("utf-8"))["mix"])
    squashed = tuple(
        replace(one, compressor=Compressor(True), equalizer=Equalizer(True)) for one in standing.tracks
    )
    start, _ = start_mix(load_session([project(mix=dump_mix(replace(standing, tracks=squashed)))]))
    on = {one.id: (one.compressor.enabled, one.equalizer.enabled) for one in start.tracks}
    assert on == {"Kick": (True, True), "Bass": (False, False), "Lead Vox": (True, True)}


def test_a_mixer_that_cannot_be_read_is_told(project: Write) -> None:
    path = project()
    data = json.loads(path.read_text("utf-8"))
    del data["mix"]
    path.write_text(json.dumps(data), encoding="utf-8")
    session = load_session([path])
    start, told = start_mix(session)
    assert start == neutral_mix(session)
    assert [one.code for one in told] == ["mixer-unread"]


def test_what_is_not_asked_for_stays_as_in_the_project(project: Write) -> None:
    only = {name: float(name == "fader") for name in GROUPS}
    _, _, _, mix = suggest(MixRequest((project(),), Path(), amounts=only))
    assert [(one.pan, one.output) for one in mix.tracks] == [
        (0.0, "Band"),
        (0.25, "master"),
        (-0.1, "master"),
    ]
    assert mix.master.fader_db == -3.0
    assert any(one.fader_db not in (-4.0, -7.5, 1.5) for one in mix.tracks)
    locked = SessionOptions(locks=FrozenMap({"Bass": ("all",)}))
    _, _, _, mix = suggest(MixRequest((project(),), Path(), session=locked))
    assert (mix.track("Bass").fader_db, mix.track("Bass").pan) == (-7.5, 0.25)
    assert not mix.track("Bass").equalizer.enabled
    _, _, _, mix = suggest(MixRequest((project(),), Path(), amounts=0.0))
    assert [one.fader_db for one in mix.tracks] == [-4.0, -7.5, 1.5]


def test_a_group_called_like_an_effect_is_no_trouble(project: Write) -> None:
    path = project()
    text = path.read_text("utf-8").replace('"Band"', '"reverb"')
    path.write_text(text, encoding="utf-8")
    session, _, _, mix = suggest(MixRequest((path,), Path()))
    assert mix.track("Kick").output == session.track("Kick").group == "reverb"
    assert len({bus.id for bus in mix.buses}) == len(mix.buses)


def test_a_broken_project_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "song.fake").write_bytes(b"\0junk")
    with pytest.raises(SessionError):
        mix_session(MixRequest((tmp_path / "song.fake",), tmp_path / "out"))
    with pytest.raises(SessionError):
        read_session([tmp_path / "song.fake"])
    assert [path.name for path in tmp_path.iterdir()] == ["song.fake"]


def test_the_report_tells_what_was_in_the_project(project: Write, tmp_path: Path) -> None:
    path = project()
    outcome = mix_session(MixRequest((path,), tmp_path / "out"))
    page = (tmp_path / "out" / "report.html").read_text("utf-8")
    level = f"{outcome.mix.track('Kick').fader_db:.1f}".replace("-", "−")
    assert f'<span class="quiet">−4.0\u00a0dB →</span> {level}\u00a0dB</td>' in page
    assert '<span class="quiet">R\u00a025 →</span>' in page
