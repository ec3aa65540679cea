"""ENST-Drums: folders of microphones, takes by name, mixes dry and wet, strokes."""

from pathlib import Path

import pytest
from dataset_sounds import resound

from bridge.datasets import Processing, find_songs, read_activity, read_songs, to_session
from console.errors import SessionError
from console.session import Role

HITS = "001_hits_snare-drum_sticks_x6"
ALONG = "115_minus-one_bossa_brushes"
MICROPHONES = ("hi-hat", "kick", "overhead_L", "overhead_R", "snare", "tom_1", "tom_2")
STROKES = "0.10 sd\n0.25 chh\n0.20 bd\n0.40 mt\n0.5 rc2\n"


def _drummer(name: str, takes: tuple[str, ...]) -> dict[str, int | str]:
    files: dict[str, int | str] = {}
    for take in takes:
        files |= {f"{name}/audio/{microphone}/{take}.wav": 1 for microphone in MICROPHONES}
        files |= {f"{name}/audio/{mix}/{take}.wav": 2 for mix in ("dry_mix", "wet_mix")}
        files[f"{name}/annotation/{take}.txt"] = STROKES
    return files


@pytest.fixture
def enst(lay):
    return lay(
        {
            **_drummer("drummer_1", (HITS,)),
            **_drummer("drummer_2", (ALONG,)),
            f"drummer_2/audio/accompaniment/{ALONG}.wav": 2,
        },
        "ENST-drums-public",
    )


def test_takes_of_all_drummers(enst: Path) -> None:
    assert find_songs(enst)[0].kind == "enst-drums"
    first, second = read_songs(enst)
    assert (first.id, first.tags, first.excerpt) == (f"drummer_1/{HITS}", ("hits",), True)
    assert (second.id, second.tags, second.excerpt) == (f"drummer_2/{ALONG}", ("minus-one",), False)
    assert not first.licence.may_train_weights


def test_microphones_bleed_and_overheads_are_one_track(enst: Path) -> None:
    song = next(read_songs(enst))
    assert [(track.id, track.role, len(track.files), track.header.channels) for track in song.tracks] == [
        ("hi-hat", Role.HIHAT, 1, 1),
        ("kick", Role.KICK, 1, 1),
        ("overhead", Role.OVERHEAD, 2, 2),
        ("snare", Role.SNARE, 1, 1),
        ("tom_1", Role.TOM, 1, 1),
        ("tom_2", Role.TOM, 1, 1),
    ]
    assert {(track.bleed, track.processing) for track in song.tracks} == {(True, Processing.DRY)}
    assert [file.parent.name for file in song.tracks[2].files] == ["overhead_L", "overhead_R"]


def test_the_wet_mix_goes_first(enst: Path) -> None:
    song = next(read_songs(enst))
    assert [(mix.file.parent.name, mix.aligned) for mix in song.mixes] == [
        ("wet_mix", True),
        ("dry_mix", True),
    ]
    assert song.human_mix == song.mixes[0]


def test_accompaniment_is_not_in_the_mix(enst: Path) -> None:
    song = list(read_songs(enst))[1]
    assert [track.id for track in song.tracks if not track.in_mix] == ["accompaniment"]
    session = to_session(song)
    assert not session.track("accompaniment").included
    assert session.track("overhead").channels == 2
    assert len(session.included) == 6


def test_strokes_by_microphone(enst: Path) -> None:
    found = read_activity(next(read_songs(enst)))
    assert dict(found) == {
        "snare": ((0.1, 0.1),),
        "hi-hat": ((0.25, 0.25),),
        "kick": ((0.2, 0.2),),
        "tom_1": ((0.4, 0.4),),
        "tom_2": ((0.4, 0.4),),
        "overhead": ((0.5, 0.5),),
    }


def test_one_drummer_may_be_given(enst: Path) -> None:
    assert [song.id for song in read_songs(enst / "drummer_1")] == [f"drummer_1/{HITS}"]


def test_a_drum_that_a_take_lacks_is_no_trouble(enst: Path) -> None:
    (enst / "drummer_1" / "audio" / "tom_2" / f"{HITS}.wav").unlink()
    song = next(read_songs(enst))
    assert (len(song.tracks), song.troubles) == (5, ())


def test_a_mix_that_is_missing_is_told(enst: Path) -> None:
    (enst / "drummer_1" / "audio" / "wet_mix" / f"{HITS}.wav").unlink()
    song = next(read_songs(enst))
    assert [(trouble.file.parent.name, trouble.missing) for trouble in song.troubles] == [("wet_mix", True)]
    assert song.human_mix is not None
    assert song.human_mix.file.parent.name == "dry_mix"


def test_an_overhead_without_its_other_side_is_mono(enst: Path) -> None:
    (enst / "drummer_1" / "audio" / "overhead_L" / f"{HITS}.wav").unlink()
    song = next(read_songs(enst))
    assert [(track.role, track.header.channels) for track in song.tracks if "overhead" in track.id] == [
        (Role.OVERHEAD, 1)
    ]


def test_sides_of_two_lengths_are_told(enst: Path) -> None:
    resound(enst / "drummer_1" / "audio" / "overhead_R" / f"{HITS}.wav", frames=900)
    song = next(read_songs(enst))
    assert "is no pair with" in song.troubles[0].text
    assert all("overhead" not in track.id for track in song.tracks)


@pytest.mark.parametrize("text", ["x sd", "0.5", "nan sd"])
def test_broken_strokes_name_their_file(enst: Path, text: str) -> None:
    file = enst / "drummer_1" / "annotation" / f"{HITS}.txt"
    file.write_text(text, "utf-8")
    with pytest.raises(SessionError, match=HITS):
        read_activity(next(read_songs(enst)))
