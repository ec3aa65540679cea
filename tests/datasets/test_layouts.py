"""Which data set a folder is; what is said when it is none."""

import os
from pathlib import Path

import pytest

from bridge.datasets import LAYOUTS, find_songs, licence_of
from console.errors import SessionError


def test_kinds_are_the_keys() -> None:
    assert all(kind == layout.kind for kind, layout in LAYOUTS.items())
    assert len(LAYOUTS) == 10
    free = {kind for kind, layout in LAYOUTS.items() if layout.licence.may_train_weights}
    assert free == {"slakh2100"}


def test_a_folder_of_nothing_says_what_is_known(tmp_path: Path) -> None:
    with pytest.raises(SessionError) as caught:
        find_songs(tmp_path)
    assert all(layout.name in str(caught.value) for layout in LAYOUTS.values())


@pytest.mark.parametrize("kind", LAYOUTS)
def test_no_layout_is_seen_in_nothing(tmp_path: Path, kind: str) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "file.txt").write_text("x")
    with pytest.raises(SessionError, match="holds no songs of"):
        find_songs(tmp_path, kind)


def test_a_kind_that_is_none(tmp_path: Path) -> None:
    with pytest.raises(SessionError, match=r"'musdb-18hq' is no data set.*musdb18hq"):
        find_songs(tmp_path, "musdb-18hq")


@pytest.mark.parametrize(("name", "message"), [("nowhere", "does not exist"), ("file.txt", "is a file")])
def test_a_path_that_is_no_folder(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "file.txt").write_text("x")
    with pytest.raises(SessionError, match=message):
        find_songs(tmp_path / name)


@pytest.mark.skipif(os.name == "nt", reason="names are text there")
def test_names_that_are_no_text(lay) -> None:
    root = lay({})
    song = root / "train" / os.fsdecode(b"A - B\xff")
    try:
        song.mkdir(parents=True)
    except OSError:
        pytest.skip("this file system takes text alone")
    from dataset_sounds import resound

    resound(song / "bass.wav", channels=2)
    (place,) = find_songs(root)[1]
    assert place.id == "A - B\ufffd"
    (read,) = [LAYOUTS["musdb18hq"].read(place)]
    assert [track.id for track in read.tracks] == ["bass"]


@pytest.mark.parametrize(
    ("text", "name", "may"),
    [
        ("CC BY 4.0", "CC BY 4.0", True),
        ("cc-by-sa-3.0", "CC BY-SA 3.0", True),
        ("http://creativecommons.org/licenses/by-nc/2.0/", "CC BY-NC 2.0", False),
        ("https://creativecommons.org/licenses/by-nd/4.0", "CC BY-ND 4.0", False),
        ("https://creativecommons.org/licenses/by-nc-sa/3.0/us/", "CC BY-NC-SA 3.0", False),
        ("Creative Commons Attribution-NonCommercial-ShareAlike", "CC BY-NC-SA", False),
        ("Creative Commons Attribution", "CC BY", True),
        ("CC0", "CC0 or public domain", True),
        ("https://creativecommons.org/publicdomain/zero/1.0/", "CC0 or public domain", True),
        ("http://artlibre.org/licence/lal/en/", "Free Art Licence", True),
        ("all rights reserved", "unknown", False),
        ("", "unknown", False),
        ("ask me", "unknown", False),
    ],
)
def test_licences_by_what_they_say(text: str, name: str, may: bool) -> None:
    found = licence_of(text)
    assert (found.name, found.may_train_weights) == (name, may)
