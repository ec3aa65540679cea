"""LMMS projects: what is played, what is dry, and the author's settings as a Mix."""

import copy
import shutil
from pathlib import Path

import numpy as np
import pytest
from dataset_miniatures import lmms_project

from bridge.datasets.build.lmmsproject import dry, instruments, labels_of, read_project, solo, strips_of
from console.dsp.pan import output_matrix
from console.errors import SessionError

SYNTH = (
    '<instrument name="tripleoscillator"><tripleoscillator vol0="33"/></instrument>'
    '<eldata fcut="14000"/><fxchain enabled="0"/>'
)
NOTES = "".join(
    f'<note key="{57 + step % 5}" vol="100" pos="{step * 48}" len="40" pan="0"/>' for step in range(32)
)
PATTERN = f'<pattern type="1" pos="0" len="1536" muted="0" steps="16" name="">{NOTES}</pattern>'


def track(name: str, inside: str = SYNTH, kind: str = "0", muted: int = 0, **knobs: object) -> str:
    words = " ".join(f'{key}="{value}"' for key, value in {"vol": 100, "pan": 0, "fxch": 0, **knobs}.items())
    return (
        f'<track type="{kind}" name="{name}" muted="{muted}" solo="0">'
        f"<instrumenttrack {words}>{inside}</instrumenttrack>{PATTERN}</track>"
    )


def channel(number: int, volume: float, *sends: tuple[int, float], effects: str = "") -> str:
    chain = f'<fxchain enabled="{int(bool(effects))}">{effects}</fxchain>'
    ways = "".join(f'<send channel="{to}" amount="{amount}"/>' for to, amount in sends)
    return (
        f'<fxchannel num="{number}" name="ch {number}" volume="{volume}" muted="0">{chain}{ways}</fxchannel>'
    )


@pytest.fixture
def project(tmp_path: Path) -> Path:
    automated = f'<vol value="25" id="7"/>{SYNTH}'
    inside = f"<bbtrack><trackcontainer>{track('Kick', fxch=3)}</trackcontainer></bbtrack>"
    beat = f'<track type="1" name="Beat" muted="0">{inside}</track>'
    tracks = (
        track("Bass", vol=50, pan=-40, fxch=1)
        + track("Gone", muted=1)
        + track("Pad", automated, fxch=2).replace('vol="100" ', "", 1)
        + beat
        + track("Moves", kind="5")
    )
    effect = '<effect name="ladspaeffect" on="1"/>'
    channels = (
        channel(0, 1.2)
        + channel(1, 0.5, (0, 1.0))
        + channel(2, 0.8, (1, 0.5), effects=effect)
        + channel(3, 1.0, (0, 1.0), (1, 0.3))
    )
    path = tmp_path / "song.mmpz"
    path.write_bytes(lmms_project(tracks, channels))
    return path


def test_the_authors_settings_are_a_mix(project: Path) -> None:
    root = read_project(project)
    tracks = instruments(root)
    assert [one.get("name") for one in tracks] == ["Bass", "Pad", "Kick"]
    assert labels_of(tracks[0]) == {"volume_percent": 50.0, "pan_percent": -40.0, "channel": 1.0}
    assert labels_of(tracks[1])["volume_percent"] == 25.0
    mix, notes = strips_of(root, tracks, ["bass", "pad", "kick"], [False, False, True], 44_100)
    bass, pad, kick = mix.tracks
    assert bass.fader_db == pytest.approx(20 * np.log10(0.5))
    assert bass.output == pad.output == "channel 1"
    assert mix.bus("channel 1").fader_db == pytest.approx(20 * np.log10(0.5))
    # channel 2 feeds channel 1 alone: its level, and the send's, are the track's
    assert pad.fader_db == pytest.approx(20 * np.log10(0.25 * 0.8 * 0.5))
    assert kick.output == "channel 3"
    assert mix.master.fader_db == pytest.approx(20 * np.log10(0.8 * 1.2))
    text = " ".join(notes)
    assert "'ch 2'" in text
    assert "'ch 3' feeds 2 others" in text
    assert "'Pad' move" in text


@pytest.mark.parametrize("mono", [False, True])
@pytest.mark.parametrize("pan", [-100, -40, 0, 15, 100])
def test_the_pan_gives_the_levels_that_lmms_gives(pan: int, mono: bool, tmp_path: Path) -> None:
    path = tmp_path / "song.mmpz"
    path.write_bytes(lmms_project(track("One", pan=pan), channel(0, 1.0)))
    root = read_project(path)
    mix, _ = strips_of(root, instruments(root), ["other"], [mono], 44_100)
    strip = mix.tracks[0]
    stem = np.full((1, 1), np.sqrt(2.0)) if mono else np.ones((2, 1))  # as the builder keeps mono stems
    sides = 10 ** (strip.fader_db / 20) * output_matrix(len(stem), strip.pan, 1.0) @ stem
    expected = [1 - max(pan, 0) / 100, 1 + min(pan, 0) / 100]
    np.testing.assert_allclose(sides[:, 0], expected, atol=1e-6)


def test_dry_and_solo_change_what_they_say(project: Path) -> None:
    root = dry(solo(copy.deepcopy(read_project(project)), 1))
    assert [one.get("name") for one in instruments(root)] == ["Pad"]
    assert labels_of(instruments(root)[0]) == {"volume_percent": 100.0, "pan_percent": 0.0, "channel": 2.0}
    assert all(chain.get("enabled") == "0" for chain in root.iter("fxchain"))
    assert {one.get("volume") for one in root.iter("fxchannel")} == {"1"}
    head = root.find("head")
    assert head is not None
    assert head.get("mastervol") == "100"


@pytest.mark.parametrize("data", [b"", b"abcd", b"<a/>", b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>"])
def test_what_is_no_project_is_told(data: bytes, tmp_path: Path) -> None:
    for suffix in (".mmp", ".mmpz"):
        path = tmp_path / f"song{suffix}"
        path.write_bytes(data)
        with pytest.raises(SessionError, match="leave it out"):
            read_project(path)


@pytest.mark.skipif(shutil.which("lmms") is None, reason="LMMS is not installed")
def test_a_project_is_rendered(tmp_path: Path) -> None:
    from bridge.datasets.build.items import Item, Origin
    from bridge.datasets.build.licences import Rule
    from bridge.datasets.build.lmms import render
    from bridge.datasets.build.workbench import Workbench

    path = tmp_path / "song.mmpz"
    path.write_bytes(lmms_project(track("Bass", vol=50, pan=-100) + track("Lead", vol=80), channel(0, 1.0)))
    origin = Origin("p", "1", "song.mmpz", path, "", Rule("*", "CC0-1.0", "A", True))
    bench = Workbench(tmp_path / "bench", 1 << 30)
    rendered = render(Item("id", "lmms", "g", "song", origin), bench)
    assert [stem.name for stem in rendered.stems] == ["Bass", "Lead"]
    assert rendered.strips is not None
    wet = bench.get(rendered.stems[0].wet)
    assert np.abs(wet[0]).max() > 0.01
    assert np.abs(wet[1]).max() < 1e-4
    dry_stem = bench.get(rendered.stems[0].dry)
    # LMMS's oscillators start anywhere, levels do not: what the Mix tells is what is heard
    ratio = np.sqrt((wet[0] ** 2).mean() / (dry_stem[0] ** 2).mean())
    strip, master = rendered.strips.tracks[0], rendered.strips.master
    left, _ = output_matrix(len(dry_stem), strip.pan, 1.0)[:, 0]
    told_db = strip.fader_db + master.fader_db + 20 * np.log10(left)
    assert 20 * np.log10(ratio) == pytest.approx(told_db, abs=0.3)
    # half the track's volume, 80 % of the song's; a mono stem is kept 3 dB up
    assert told_db == pytest.approx(
        20 * np.log10(0.5 * 0.8) - (3.01 if len(dry_stem) == 1 else 0.0), abs=0.01
    )
