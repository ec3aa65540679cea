"""Whatever metadata holds: a song comes of it, or an error that names the file; never anything else."""

import json
from pathlib import Path

import pytest
from dataset_sounds import resound
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.datasets import LAYOUTS, Place, Song, to_session
from bridge.datasets.layouts import read_places

WORDS = st.one_of(
    st.sampled_from(
        ["stems", "\U00010000", "../x", "tracks", "bass", "b1", "wav", "S00", "x.wav", "..", "/", "a\nb"]
    ),
    st.text(max_size=6),
)
LEAVES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), WORDS)
VALUES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(WORDS, inner, max_size=4)),
    max_leaves=12,
)
MOISES_TRACK = st.fixed_dictionaries(
    {}, optional={"trackType": VALUES, "id": VALUES, "extension": VALUES, "has_bleed": VALUES}
)
MOISES = st.fixed_dictionaries(
    {
        "stems": st.lists(
            st.fixed_dictionaries({"stemName": WORDS, "tracks": st.lists(MOISES_TRACK, max_size=2)}),
            max_size=2,
        )
    },
    optional={"song": VALUES, "artist": VALUES},
)
STEM = st.fixed_dictionaries(
    {},
    optional={
        "filename": VALUES,
        "instrument": VALUES,
        "component": VALUES,
        "raw": st.dictionaries(WORDS, VALUES, max_size=2),
        "audio_rendered": VALUES,
        "is_drum": VALUES,
        "program_num": VALUES,
    },
)
YAML = st.fixed_dictionaries(
    {"stems": st.dictionaries(WORDS, st.one_of(STEM, VALUES), max_size=3)},
    optional={
        "audio_dir": VALUES,
        "raw_dir": VALUES,
        "stem_dir": VALUES,
        "mix_filename": VALUES,
        "title": VALUES,
    },
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("any") / "Track00001"
    for name in ("bass/b1.wav", "stems/S00.wav", "mix.wav"):
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        resound(made / name)
    return made


def _read(kind: str, folder: Path, name: str, about: object) -> None:
    (folder / name).write_text(json.dumps(about), "utf-8")  # JSON is YAML, too
    told: list[str] = []
    places = (Place("x", folder, folder.parent),)
    songs = list(read_places(LAYOUTS[kind], places, lambda _, error: told.append(str(error))))
    if told:
        assert name in told[0]
        return
    (song,) = songs
    assert isinstance(song, Song)
    assert all(file.is_relative_to(folder) for track in song.tracks for file in track.files)
    assert all(track.id.encode("utf-8") for track in song.tracks)
    assert len({track.id for track in song.tracks}) == len(song.tracks)
    if song.tracks:
        assert len(to_session(song).tracks) == len(song.tracks_of(song.processings[0]))


@settings(max_examples=150, deadline=None)
@given(about=st.one_of(MOISES, VALUES))
def test_moisesdb(folder: Path, about: object) -> None:
    _read("moisesdb", folder, "data.json", about)


@settings(max_examples=150, deadline=None)
@given(about=st.one_of(YAML, VALUES))
def test_slakh2100(folder: Path, about: object) -> None:
    _read("slakh2100", folder, "metadata.yaml", about)


@settings(max_examples=150, deadline=None)
@given(about=st.one_of(YAML, VALUES))
def test_medleydb(folder: Path, about: object) -> None:
    _read("medleydb", folder, "Track00001_METADATA.yaml", about)


@settings(max_examples=100, deadline=None)
@given(about=VALUES)
def test_open_multitrack_testbed(folder: Path, about: object) -> None:
    _read("open-multitrack-testbed", folder, "metadata.json", about)
