"""Slakh2100: metadata.yaml, sources that were not rendered, FLAC and WAV, songs to be left out."""

from pathlib import Path

import pytest

from bridge.datasets import MixKind, Processing, Split, find_songs, read_songs, to_session
from console.errors import SessionError
from console.session import Role

ABOUT = """
UUID: 1a81ae092884234f3264e2f45927f00a
audio_dir: stems
normalized: true
overall_gain: 0.18
stems:
  S00: {audio_rendered: true, inst_class: Guitar, is_drum: false, midi_program_name: Distortion Guitar,
        plugin_name: elektrik_guitar.nkm, program_num: 30, integrated_loudness: -12.8}
  S01: {audio_rendered: true, inst_class: Drums, is_drum: true, midi_program_name: Drums, program_num: 128}
  S02: {audio_rendered: true, inst_class: Bass, is_drum: false, midi_program_name: Acoustic Bass, program_num: 32}
  S03: {audio_rendered: false, inst_class: Sound Effects, is_drum: false, midi_program_name: Helicopter,
        program_num: 125}
  S04: {audio_rendered: true, inst_class: Strings (continued), is_drum: false, midi_program_name: Synth Voice,
        program_num: 54}
target_peak: -1.0
"""
STEMS = ("S00", "S01", "S02", "S04")


def _song(folder: str, about: str | bytes = ABOUT, suffix: str = "flac") -> dict[str, int | str | bytes]:
    sounds = {f"{folder}/stems/{name}.{suffix}": 1 for name in STEMS}
    return {
        f"{folder}/metadata.yaml": about,
        f"{folder}/mix.{suffix}": 1,
        f"{folder}/MIDI/S00.mid": b"MThd",
        **sounds,
    }


@pytest.fixture
def slakh(lay):
    return lay(
        {
            **_song("train/Track00001"),
            **_song("validation/Track01501", suffix="wav"),
            **_song("test/Track01876"),
            **_song("omitted/Track00049"),
        }
    )


def test_splits_and_those_left_out(slakh: Path) -> None:
    assert find_songs(slakh)[0].kind == "slakh2100"
    songs = list(read_songs(slakh))
    assert [(song.id, song.split, song.usable) for song in songs] == [
        ("Track00001", Split.TRAIN, True),
        ("Track01501", Split.VALIDATION, True),
        ("Track01876", Split.TEST, True),
        ("Track00049", Split.OMITTED, False),
    ]


def test_roles_come_from_the_program(slakh: Path) -> None:
    song = next(read_songs(slakh))
    assert [(track.id, track.role, track.group) for track in song.tracks] == [
        ("S00 Distortion Guitar", Role.ELECTRIC_GUITAR, "Guitar"),
        ("S01 Drums", Role.DRUMS, "Drums"),
        ("S02 Acoustic Bass", Role.BASS, "Bass"),
        ("S04 Synth Voice", Role.PAD, "Strings (continued)"),
    ]
    assert song.tracks[0].role_confidence == 1.0
    assert song.tracks[3].role_confidence < 0.6
    assert song.processings == (Processing.DRY,)
    assert song.tags == ("1 sources not rendered",)
    assert song.troubles == ()


def test_the_mix_is_nobodys_and_the_licence_allows_weights(slakh: Path) -> None:
    song = next(read_songs(slakh))
    assert song.human_mix is None
    (mix,) = song.mixes
    assert (mix.kind, mix.aligned) == (MixKind.AUTOMATIC, True)
    assert song.licence.name == "CC BY 4.0"
    assert song.licence.may_train_weights
    assert "Manilow" in song.licence.credit


def test_wav_and_single_songs(slakh: Path) -> None:
    (song,) = read_songs(slakh / "validation" / "Track01501")
    assert (len(song.tracks), song.split) == (4, Split.VALIDATION)
    assert [song.id for song in read_songs(slakh / "omitted")] == ["Track00049"]


def test_a_flat_folder_of_songs_has_no_split(lay) -> None:
    (song,) = read_songs(lay(_song("Track00001", suffix="wav")))
    assert song.split is Split.NONE
    assert len(to_session(song).tracks) == 4


def test_a_rendered_source_without_its_file_is_missing(slakh: Path) -> None:
    (slakh / "train" / "Track00001" / "stems" / "S02.flac").unlink()
    song = next(read_songs(slakh))
    assert [(trouble.file.name, trouble.missing) for trouble in song.troubles] == [("S02.flac", True)]
    assert len(song.tracks) == 3


@pytest.mark.parametrize(
    ("about", "message"),
    [
        ("stems: [", "is no YAML in line"),
        ("a: *nothing", "is no YAML"),
        ("!!python/object/apply:os.system ['true']", "does not hold a song's metadata"),
        ("", "does not hold a song's metadata but a void"),
        ("just text", "does not hold a song's metadata but a text"),
        ("title: x", "has no mapping 'stems'"),
        ("stems: 3", "has no mapping 'stems'"),
        ("? [a]\n: b\n", "is no YAML"),
        ("- " * 20_000, "nested too deeply"),
        (b"stems: \x01", "is no YAML"),
        (b"stems: \0", "is no text"),
    ],
    ids=lambda value: repr(value)[:24],
)
def test_broken_metadata_names_its_file(lay, about: str | bytes, message: str) -> None:
    root = lay({**_song("train/Track00001", about), **_song("train/Track00002")})
    with pytest.raises(SessionError, match=message) as caught:
        list(read_songs(root))
    assert "Track00001" in str(caught.value)
    assert "metadata.yaml" in str(caught.value)
    told: list[str] = []
    songs = list(read_songs(root, on_broken=lambda place, _: told.append(place.id)))
    assert (told, [song.id for song in songs]) == (["Track00001"], ["Track00002"])


def test_missing_metadata_names_its_file(slakh: Path) -> None:
    (slakh / "train" / "Track00001" / "metadata.yaml").unlink()
    with pytest.raises(SessionError, match=r"metadata\.yaml' is missing"):
        next(read_songs(slakh))


def test_a_bomb_of_aliases_stays_small(lay) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    root = lay(_song("train/Track00001", "\n".join([*lines, "stems: *a11"])))
    with pytest.raises(SessionError, match="has no mapping 'stems'"):
        next(read_songs(root))


def test_odd_values_are_taken_as_unknown(lay) -> None:
    about = "stems:\n  S00: {program_num: many, is_drum: perhaps, midi_program_name: Flute}\n  S01: nothing\n"
    (song,) = read_songs(lay(_song("train/Track00001", about)))
    assert [(track.id, track.role) for track in song.tracks] == [
        ("S00 Flute", Role.WOODWIND),
        ("S01", Role.OTHER),
    ]
