"""MedleyDB: raw tracks and stems, YAML metadata where the publishers' archives put it, ranks and activity."""

from pathlib import Path

import pytest

from bridge.datasets import Processing, find_songs, read_activity, read_songs, to_session
from console.errors import SessionError
from console.session import Role

NAME = "ABand_ASong"
ABOUT = f"""
album: ''
artist: A Band & Friends
excerpt: 'no'
genre: Rock
has_bleed: 'yes'
instrumental: no
mix_filename: {NAME}_MIX.wav
raw_dir: {NAME}_RAW
stem_dir: {NAME}_STEMS
stems:
  S01:
    component: ''
    filename: {NAME}_STEM_01.wav
    instrument: drum set
    raw:
      R01: {{filename: {NAME}_RAW_01_01.wav, instrument: kick drum}}
      R02: {{filename: {NAME}_RAW_01_02.wav, instrument: snare drum}}
      R03: {{filename: {NAME}_RAW_01_03.wav, instrument: drum set}}
  S02:
    component: bass
    filename: {NAME}_STEM_02.wav
    instrument: electric bass
    raw:
      R01: {{filename: {NAME}_RAW_02_01.wav, instrument: electric bass}}
  S03:
    component: melody
    filename: {NAME}_STEM_03.wav
    instrument: male singer
    raw:
      R01: {{filename: {NAME}_RAW_03_01.wav, instrument: male singer}}
  S04:
    component: ''
    filename: {NAME}_STEM_04.wav
    instrument: female singer
    raw:
      R01: {{filename: {NAME}_RAW_04_01.wav, instrument: female singer}}
title: 1999
version: 1.2
"""
RAW = ("01_01", "01_02", "01_03", "02_01", "03_01", "04_01")
STEMS = ("01", "02", "03", "04")


def _sounds(folder: str, name: str = NAME) -> dict[str, int | str | bytes]:
    return {
        f"{folder}/{name}/{name}_MIX.wav": 2,
        **{f"{folder}/{name}/{name}_RAW/{name}_RAW_{number}.wav": 1 for number in RAW},
        **{f"{folder}/{name}/{name}_STEMS/{name}_STEM_{number}.wav": 2 for number in STEMS},
    }


@pytest.fixture
def medley(lay):
    return lay({**_sounds("Audio"), f"Metadata/{NAME}_METADATA.yaml": ABOUT})


def test_facts_of_the_song(medley: Path) -> None:
    assert find_songs(medley)[0].kind == "medleydb"
    (song,) = read_songs(medley)
    assert (song.id, song.title, song.artist, song.genre) == (NAME, "1999", "A Band & Friends", "Rock")
    assert (song.excerpt, song.tags) == (False, ())
    assert song.human_mix is not None
    assert song.human_mix.aligned is True
    assert song.licence.name == "CC BY-NC-SA 4.0"
    assert not song.licence.may_train_weights
    assert song.licence.credit == "A Band & Friends"
    assert song.troubles == ()


def test_raw_tracks_are_dry_in_the_groups_of_their_stems(medley: Path) -> None:
    (song,) = read_songs(medley)
    assert song.processings == (Processing.DRY, Processing.WET)
    dry = song.tracks_of(Processing.DRY)
    assert [(track.id, track.role, track.group) for track in dry] == [
        ("01_01 kick drum", Role.KICK, "01 drum set"),
        ("01_02 snare drum", Role.SNARE, "01 drum set"),
        ("01_03 drum set", Role.DRUMS, "01 drum set"),
        ("02_01 electric bass", Role.BASS, "02 electric bass"),
        ("03_01 male singer", Role.LEAD_VOCAL, "03 male singer"),
        ("04_01 female singer", Role.BACKING_VOCAL, "04 female singer"),
    ]
    assert all(track.bleed for track in dry)
    assert [track.id for track in song.tracks_of(Processing.WET)] == [
        "01 drum set",
        "02 electric bass",
        "03 male singer",
        "04 female singer",
    ]


def test_the_melody_makes_the_lead_certain(medley: Path) -> None:
    (song,) = read_songs(medley)
    sure = {track.id: track.role_confidence for track in song.tracks_of(Processing.WET)}
    assert sure["03 male singer"] == 1.0
    assert 0.5 < sure["04 female singer"] < 0.7


def test_ranks_are_read_and_decide_where_no_component_does(medley: Path, lay) -> None:
    ranking = f"{NAME}_STEM_04.wav,1\n{NAME}_STEM_03.wav,2\nnonsense\n"
    lay(
        {
            f"Metadata/{NAME}_METADATA.yaml": ABOUT.replace("melody", "''"),
            f"Annotations/{NAME}_ANNOTATIONS/{NAME}_RANKING.txt": ranking,
        }
    )
    (song,) = read_songs(medley)
    wet = {track.id: (track.role, track.melody_rank) for track in song.tracks_of(Processing.WET)}
    assert wet["04 female singer"] == (Role.LEAD_VOCAL, 1)
    assert wet["03 male singer"] == (Role.BACKING_VOCAL, 2)
    assert wet["01 drum set"] == (Role.DRUMS, None)


def test_voices_of_which_nothing_is_said_are_uncertain(medley: Path, lay) -> None:
    lay({f"Metadata/{NAME}_METADATA.yaml": ABOUT.replace("melody", "''")})
    (song,) = read_songs(medley)
    assert {track.role_confidence for track in song.tracks if "singer" in track.id} == {0.5}


@pytest.mark.parametrize(
    "place",
    [
        f"Audio/{NAME}/{NAME}_METADATA.yaml",
        f"Audio/Metadata/{NAME}_METADATA.yaml",
        f"medleydb/data/Metadata/{NAME}_METADATA.yaml",
    ],
)
def test_metadata_is_found_where_the_archives_put_it(lay, place: str) -> None:
    (song,) = read_songs(lay({**_sounds("Audio"), place: ABOUT}))
    assert len(song.tracks) == 10


@pytest.mark.parametrize("given", ["Audio", f"Audio/{NAME}"])
def test_the_audio_or_a_song_may_be_given(medley: Path, given: str) -> None:
    (song,) = read_songs(medley / given)
    assert len(song.tracks) == 10


def test_versions_lie_side_by_side(lay) -> None:
    other = "Other_Song"
    root = lay(
        {
            **_sounds("V1"),
            **_sounds("V2", other),
            f"Metadata/{NAME}_METADATA.yaml": ABOUT,
            f"Metadata/{other}_METADATA.yaml": ABOUT.replace(NAME, other),
        }
    )
    assert [song.id for song in read_songs(root)] == [NAME, other]


def test_sessions_of_dry_and_of_wet_tracks(medley: Path) -> None:
    (song,) = read_songs(medley)
    dry, wet = to_session(song), to_session(song, Processing.WET)
    assert ([track.channels for track in dry.tracks], len(wet.tracks)) == ([1] * 6, 4)
    assert dry.track("01_01 kick drum").group == "01 drum set"
    assert dry.track("04_01 female singer").role is Role.BACKING_VOCAL
    assert dry.track("04_01 female singer").role_confidence < 0.7


def test_activity_by_stem(medley: Path, lay) -> None:
    rows = ["time,S01,S03", "0.0,0.9,0.0", "0.1,0.5,0.4", "0.2,0.2,0.8", "0.3,0.0,0.9"]
    lay({f"Annotations/Activation_Confidence/{NAME}_ACTIVATION_CONF.lab": "\n".join(rows)})
    (song,) = read_songs(medley)
    found = read_activity(song)
    assert found["01 drum set"] == ((0.0, 0.2),)
    assert found["01_02 snare drum"] == ((0.0, 0.2),)
    assert found["03 male singer"] == ((0.2, 0.3),)
    assert "02 electric bass" not in found


@pytest.mark.parametrize("text", ["", "0.0", "time,S01\nx,0.1", "time,S01\n0.0,high", "time,S01\n0.0"])
def test_broken_activity_names_its_file(medley: Path, lay, text: str) -> None:
    lay({f"Annotations/{NAME}_ANNOTATIONS/{NAME}_ACTIVATION_CONF.lab": text})
    (song,) = read_songs(medley)
    with pytest.raises(SessionError, match="ACTIVATION_CONF"):
        read_activity(song)


def test_without_annotations_nothing_is_known(medley: Path) -> None:
    assert dict(read_activity(next(read_songs(medley)))) == {}


def test_missing_raw_files_are_counted_and_stems_remain(medley: Path) -> None:
    for file in (medley / "Audio" / NAME / f"{NAME}_RAW").iterdir():
        file.unlink()
    (song,) = read_songs(medley)
    assert sum(trouble.missing for trouble in song.troubles) == 6
    assert song.processings == (Processing.WET,)
    assert len(to_session(song).tracks) == 4


def test_missing_metadata_says_where_it_goes(lay) -> None:
    root = lay(_sounds("Audio"))
    with pytest.raises(SessionError, match=rf"{NAME}_METADATA\.yaml' is missing.*put the folder Metadata"):
        next(read_songs(root))


@pytest.mark.parametrize(
    ("wrong", "right", "message"),
    [
        (f"{NAME}_STEM_02.wav", "../../../etc/passwd", "none in the song's folder"),
        (f"{NAME}_STEM_02.wav", "/etc/passwd", "none in the song's folder"),
        (f"{NAME}_STEM_02.wav", "C:/x.wav", "none in the song's folder"),
        (f"filename: {NAME}_STEM_02.wav", "filename: ''", "none in the song's folder"),
        ("stems:", "stammt:", "no mapping 'stems'"),
        ("  S01:", "  S00: 3\n  S01:", "nothing under the stem 'S00'"),
        ("album: ''", "album: '", "is no YAML"),
    ],
)
def test_broken_metadata_names_its_file(medley: Path, lay, wrong: str, right: str, message: str) -> None:
    assert wrong in ABOUT
    lay({f"Metadata/{NAME}_METADATA.yaml": ABOUT.replace(wrong, right, 1)})
    with pytest.raises(SessionError, match=message) as caught:
        next(read_songs(medley))
    assert "_METADATA.yaml" in str(caught.value)


def test_metadata_in_latin_letters_of_old(medley: Path, lay) -> None:
    lay({f"Metadata/{NAME}_METADATA.yaml": ABOUT.replace("A Band & Friends", "Die Bänd").encode("cp1252")})
    assert next(read_songs(medley)).artist == "Die Bänd"
