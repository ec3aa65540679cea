"""MIDI songs: what is taken apart sounds like the whole again, and the labels are the arranger's mixer."""

import io
from pathlib import Path

import mido
import numpy as np
import pytest
from dataset_miniatures import RATE_HZ, deb, song, soundfont, wad

from bridge.datasets.build import BuildRequest, build_store, fluid
from bridge.datasets.build.midiparts import pan_of, parts_of, program_role, volume_db
from bridge.datasets.build.wad import midi_lumps
from bridge.datasets.store import open_store
from console.dsp.pan import output_matrix
from console.errors import RenderError, SessionError
from console.session import Role

needs_fluidsynth = pytest.mark.skipif(bool(fluid.missing()), reason=fluid.missing() or "FluidSynth is here")

CHANNELS = {
    0: {"program": 0, "cc7": 127, "cc10": 20},
    3: {"program": 0, "cc7": 60, "cc10": 110, "cc91": 90},
    9: {"cc7": 100},
}
KIT = {9: (36, 38, 42, 36)}

TABLE = """
allowed = ["CC0-1.0"]
[[package]]
name = "songs"
source = "midi"
files = [{ match = "*", spdx = "CC0-1.0", credit = "A", may_train_weights = true }]
[[package]]
name = "tiny"
source = "soundfont"
files = [{ match = "*", spdx = "CC0-1.0", credit = "B", may_train_weights = true }]
"""


def test_parts_are_channels_and_the_pieces_of_the_kit() -> None:
    parts, seconds = parts_of(song(CHANNELS, notes=KIT))
    assert seconds == pytest.approx(6.0)
    found = {(part.channel, part.role): part.notes for part in parts}
    # snare and hi-hat have three notes each, too few for a track
    assert found == {(0, Role.OTHER): 12, (3, Role.OTHER): 12, (9, Role.KICK): 6}
    second = parts[1]
    assert (second.volume_mostly, second.pan, second.reverb, second.chorus) == (60, 110, 90, 0)


def test_a_key_signature_that_is_none_is_told_of() -> None:
    track = b"\x00\xff\x59\x02\xff\xff" + b"\x00\xff\x2f\x00"
    data = b"MThd\x00\x00\x00\x06\x00\x00\x00\x01\x00\x60MTrk" + len(track).to_bytes(4, "big") + track
    with pytest.raises(SessionError, match="key"):
        parts_of(data)


def test_a_part_keeps_its_notes_and_loses_the_mixer() -> None:
    data = song(
        {0: {"program": 5, "cc7": 90, "cc10": 3, "cc91": 1, "cc93": 2, "cc11": 77, "cc64": 127}, 1: {}}
    )
    alone = mido.MidiFile(file=io.BytesIO(parts_of(data)[0][0].midi))
    messages = [message for track in alone.tracks for message in track if not message.is_meta]
    assert {message.channel for message in messages} == {0}
    assert [m.control for m in messages if m.type == "control_change"] == [11, 64]
    assert sum(message.type == "note_on" for message in messages) == 12
    assert alone.length == pytest.approx(6.0)


@pytest.mark.parametrize(
    ("program", "role"),
    [
        (0, Role.KEYS),
        (19, Role.ORGAN),
        (25, Role.ACOUSTIC_GUITAR),
        (30, Role.ELECTRIC_GUITAR),
        (33, Role.BASS),
        (48, Role.STRINGS),
        (56, Role.BRASS),
        (73, Role.WOODWIND),
        (81, Role.SYNTH),
        (89, Role.PAD),
        (127, Role.FX),
    ],
)
def test_programs_have_roles(program: int, role: Role) -> None:
    assert program_role(program) is role


@pytest.mark.parametrize("data", [b"", b"MThd", b"RIFFxxxx", b"MThd\0\0\0\6\0\2\0\1\1\xe0", bytes(100)])
def test_what_is_no_song_is_told(data: bytes) -> None:
    with pytest.raises(SessionError, match="leave the file out"):
        parts_of(data)


def test_songs_are_found_in_an_archive(tmp_path: Path) -> None:
    path = tmp_path / "a.wad"
    one = song({0: {}})
    path.write_bytes(wad({"D_TWO": b"MUS\x1a", "D_ONE": one, "MAP01": b"", "A_FIRST": one}))
    assert [(name, data == one) for name, data in midi_lumps(path)] == [("A_FIRST", True), ("D_ONE", True)]
    for broken in (b"", b"PWAD" + b"\xff" * 8, path.read_bytes()[:-5]):
        path.write_bytes(broken)
        with pytest.raises(SessionError, match=r"WAD|cut off"):
            list(midi_lumps(path))


@needs_fluidsynth
def test_the_laws_are_the_synthesizers(tmp_path: Path) -> None:
    """A dry part through fader and pan against FluidSynth's own volume and pan."""
    font = tmp_path / "tiny.sf2"
    font.write_bytes(soundfont())
    for volume, pan in ((100, 64), (127, 64), (30, 64), (100, 0), (100, 127), (70, 40), (115, 90)):
        whole = song({2: {"cc7": volume, "cc10": pan}}, 2.0)
        expected = fluid.play(whole, font, RATE_HZ, effects=False, most_s=10.0)
        (part,), _ = parts_of(whole)
        plain = fluid.play(part.midi, font, RATE_HZ, effects=False, most_s=10.0)
        np.testing.assert_allclose(plain[0], plain[1], atol=1e-6)
        mono = plain[:1] * np.sqrt(2.0)
        strip = 10 ** (volume_db(part.volume_mostly) / 20) * output_matrix(1, pan_of(part.pan), 1.0) @ mono
        length = min(strip.shape[1], expected.shape[1])
        error = strip[:, :length] - expected[:, :length]
        assert np.abs(expected).max() > 1e-3
        assert (error**2).sum() < 10**-3.5 * (expected**2).sum(), (volume, pan)


@needs_fluidsynth
def test_the_same_song_sounds_the_same_again(tmp_path: Path) -> None:
    font = tmp_path / "tiny.sf2"
    font.write_bytes(soundfont())
    data = song(CHANNELS, 3.0, KIT)
    first, second = (fluid.play(data, font, RATE_HZ, effects=True, most_s=20.0) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    with pytest.raises(RenderError, match="cannot load"):
        fluid.play(data, tmp_path / "absent.sf2", RATE_HZ, effects=False, most_s=1.0)


@needs_fluidsynth
def test_a_song_is_built_with_its_mixer(tmp_path: Path) -> None:
    data = song({**CHANNELS, 5: {"cc7": 40}}, notes={9: (36, 38)})
    deb(
        tmp_path,
        "songs",
        {"usr/a.mid": data, "usr/b.wad": wad({"D_ONE": song({0: {}, 1: {}}, 7.0), "D_TWO": data})},
    )
    deb(tmp_path, "tiny", {"usr/a.sf2": soundfont()})
    (tmp_path / "table.toml").write_text(TABLE, "utf-8")
    request = BuildRequest(
        tmp_path / "store", ("midi",), packages=tmp_path, licences=tmp_path / "table.toml", bits=24
    )
    result = build_store(request)
    assert result.failed == ()
    assert len(result.built) == 2
    assert [one.place for one in result.refused] == ["usr/b.wad#D_TWO"]
    built = next(song for song in open_store(tmp_path / "store").songs() if song.title == "a")
    strips = built.strips()
    assert strips is not None
    assert [strip.id for strip in strips.tracks] == [track.id for track in built.tracks]
    assert [track.channels for track in built.tracks] == [1, 1, 1, 1, 1]
    by_channel = {
        track.labels["channel"]: strip for track, strip in zip(built.tracks, strips.tracks, strict=True)
    }
    assert by_channel[1.0].fader_db == pytest.approx(40 * np.log10(127 / 100))
    assert by_channel[4.0].pan == pytest.approx(46 / 64)
    assert by_channel[4.0].sends["reverb"] == pytest.approx(20 * np.log10(0.2 * 90 / 127))
    assert [track.role for track in built.tracks if track.labels["channel"] == 10.0] == ["kick", "snare"]
    dry = sum(
        10 ** (strip.fader_db / 20) * output_matrix(1, strip.pan, 1.0) @ audio[:1]
        for strip, audio in zip(strips.tracks, built.read(), strict=True)
    )
    whole = fluid.play(data, _extracted(tmp_path), RATE_HZ, effects=False, most_s=20.0)
    length = min(dry.shape[1], whole.shape[1])
    error = dry[:, :length] / 10 ** (built.gain_db / 20) - whole[:, :length]
    assert (error**2).sum() < 10**-3.5 * (whole**2).sum()


def _extracted(folder: Path) -> Path:
    font = folder / "again.sf2"
    font.write_bytes(soundfont())
    return font
