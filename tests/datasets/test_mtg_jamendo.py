"""MTG-Jamendo: tables, MP3s of two sizes, a licence a song."""

from pathlib import Path

import pytest

from bridge.datasets import MixKind, Split, find_songs, read_songs, to_session
from console.errors import SessionError

HEAD = "TRACK_ID\tARTIST_ID\tALBUM_ID\tPATH\tDURATION\tTAGS"
ROWS = {
    "track_0000214": "track_0000214\tartist_000014\talbum_000031\t14/214.mp3\t124.6\tgenre---punkrock\tgenre---rock",
    "track_0000215": "track_0000215\tartist_000014\talbum_000031\t15/215.mp3\t151.4\tinstrument---piano",
    "track_0000216": "track_0000216\tartist_000015\talbum_000032\t16/216.mp3\t99.0",
}
LICENCES = """14/214.mp3
A Song by The One by Two from Jamendo: http://www.jamendo.com/track/214
Available under a Creative Commons Attribution-ShareAlike license: http://creativecommons.org/licenses/by-sa/3.0/

15/215.mp3
Other by Someone from Jamendo: http://www.jamendo.com/track/215
Available under a Creative Commons Attribution-NonCommercial-NoDerivs license: http://creativecommons.org/licenses/by-nc-nd/2.5/
"""


def _table(*songs: str) -> str:
    return "\n".join([HEAD, *(ROWS[song] for song in songs)]) + "\n"


@pytest.fixture
def jamendo(lay):
    first, second, third = ROWS
    return lay(
        {
            "data/autotagging.tsv": _table(*ROWS),
            "data/splits/split-0/autotagging-train.tsv": _table(first),
            "data/splits/split-0/autotagging-validation.tsv": _table(third),
            "data/splits/split-0/autotagging-test.tsv": _table(second),
            "audio_licenses.txt": LICENCES,
            "raw_30s/audio/14/214.mp3": 2,
            "raw_30s/audio-low/15/215.low.mp3": 2,
        }
    )


def test_songs_are_references_without_tracks(jamendo: Path) -> None:
    assert find_songs(jamendo)[0].kind == "mtg-jamendo"
    first, second, third = read_songs(jamendo)
    assert (first.id, first.split, first.genre) == ("track_0000214", Split.TRAIN, "punkrock, rock")
    assert (first.title, first.artist) == ("A Song by The One", "Two")
    assert first.tracks == ()
    assert [(mix.kind, mix.file.name) for mix in first.mixes] == [(MixKind.MASTER, "214.mp3")]
    assert second.mixes[0].file.name == "215.low.mp3"
    assert (third.split, third.artist) == (Split.VALIDATION, "artist_000015")
    assert first.seconds == pytest.approx(0.1, abs=0.15)


def test_each_song_has_its_licence(jamendo: Path) -> None:
    first, second, third = read_songs(jamendo)
    assert (first.licence.name, first.licence.may_train_weights) == ("CC BY-SA 3.0", True)
    assert first.licence.credit == "Two"
    assert (second.licence.name, second.licence.may_train_weights) == ("CC BY-NC-ND 2.5", False)
    assert not third.licence.may_train_weights


def test_a_file_that_is_not_there_is_missing(jamendo: Path) -> None:
    third = list(read_songs(jamendo))[2]
    assert not third.usable
    (trouble,) = third.troubles
    assert trouble.missing
    assert trouble.file.name == "216.mp3"


def test_titles_from_the_table_of_names(jamendo: Path, lay) -> None:
    head = "TRACK_ID\tARTIST_ID\tALBUM_ID\tTRACK_NAME\tARTIST_NAME\tALBUM_NAME\tRELEASEDATE\tURL"
    lay({"data/raw.meta.tsv": f'{head}\ntrack_0000216\ta\tb\t"Quoted\tÀ la carte\tx\t2010\thttp\n'})
    third = list(read_songs(jamendo))[2]
    assert (third.title, third.artist) == ('"Quoted', "À la carte")


def test_a_table_alone_in_the_folder_will_do(lay) -> None:
    root = lay({"my songs.tsv": _table(*ROWS), "14/214.mp3": 2})
    assert [song.usable for song in read_songs(root)] == [True, False, False]


def test_no_session_of_a_finished_song(jamendo: Path) -> None:
    with pytest.raises(SessionError, match="it is a finished song, to be a reference"):
        to_session(next(read_songs(jamendo)))


def test_paths_do_not_lead_out_of_the_folder(lay) -> None:
    row = ROWS["track_0000214"].replace("14/214.mp3", "../../secret.mp3")
    root = lay({"data/autotagging.tsv": f"{HEAD}\n{row}\n"})
    (song,) = read_songs(root)
    assert not song.usable


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("A\tB\n1\t2\n", "does not begin with the columns"),
        (f"{HEAD}\none\ttwo\n", "has 2 cells in row 2"),
        ("", "does not"),
    ],
)
def test_a_broken_table_names_itself(lay, text: str, message: str) -> None:
    with pytest.raises(SessionError, match=message) as caught:
        find_songs(lay({"data/autotagging.tsv": text}))
    assert "autotagging.tsv" in str(caught.value)
