"""Songs of data sets on disk come into a store whole: in their splits, under their licences, strips recovered."""

import json
from pathlib import Path

import numpy as np
import pytest
import soundfile
from training_songs import NoiseSong

from bridge.cli import main
from bridge.datasets.build import AddRequest, add_songs
from bridge.datasets.store import StoredSong, open_store
from bridge.training.material import gather_material
from console.errors import RenderError, SessionError
from console.session import Role

STEMS = ("drums", "bass", "other", "vocals")
FADERS_DB = (-3.0, -6.0, -10.0, -1.0)
RATE_HZ = 44_100


@pytest.fixture(scope="module")
def musdb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three songs of MUSDB18-HQ, mixed by faders alone; one is of the test part."""
    root = tmp_path_factory.mktemp("sets") / "musdb18hq"
    for number, place in enumerate(("train/A - One", "train/A - Two", "test/B - Three")):
        folder = root / place
        folder.mkdir(parents=True)
        stems = NoiseSong(seed=number, seconds=8.0).read()[: len(STEMS)]
        mix = sum(10.0 ** (fader / 20.0) * stem for fader, stem in zip(FADERS_DB, stems, strict=True))
        for name, audio in zip((*STEMS, "mixture"), (*stems, mix), strict=True):
            soundfile.write(folder / f"{name}.wav", audio.T, RATE_HZ, "FLOAT")
    return root


@pytest.fixture(scope="module")
def slakh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two songs of Slakh2100, which may be trained on; one has been left out by its publishers."""
    root = tmp_path_factory.mktemp("sets") / "slakh2100"
    for number, split in enumerate(("train", "omitted")):
        folder = root / split / f"Track0000{number}"
        (folder / "stems").mkdir(parents=True)
        about = ["stems:"]
        for at, (name, kind) in enumerate((("Bass", 33), ("Piano", 0))):
            key = f"S{at:02}"
            about += [f"  {key}:", "    audio_rendered: true", f"    inst_class: {name}"]
            about += ["    is_drum: false", f"    program_num: {kind}"]
            sound = NoiseSong(seed=9 + at, seconds=2.0).read()[at, :1]
            soundfile.write(folder / "stems" / f"{key}.flac", sound.T, RATE_HZ)
        (folder / "metadata.yaml").write_text("\n".join(about), "utf-8")
    return root


@pytest.fixture(scope="module")
def added(musdb: Path, slakh: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    store = tmp_path_factory.mktemp("added") / "store"
    result = add_songs(AddRequest(store, (musdb, slakh), private=True, recover=True, workers=2, bits=24))
    assert len(result.built) == 4, result.failed
    assert [(one.package, one.place) for one in result.refused] == [("slakh2100", "Track00001")]
    assert "left it out" in result.refused[0].reason
    return store


def song_of(store: Path, title: str) -> StoredSong:
    return next(song for song in open_store(store).songs() if title in song.id)


def test_tracks_roles_and_mix_are_those_of_the_data_set(added: Path, musdb: Path) -> None:
    song = song_of(added, "a-one")
    assert [(track.role, track.channels) for track in song.tracks] == [
        (Role.BASS, 2),
        (Role.DRUMS, 2),
        (Role.OTHER, 2),
        (Role.LEAD_VOCAL, 2),
    ]
    gain = 10.0 ** (song.gain_db / 20.0)
    for track, audio in zip(song.tracks, song.read(), strict=True):
        original, _ = soundfile.read(musdb / "train" / "A - One" / f"{track.name}.wav")
        np.testing.assert_allclose(audio, gain * original.T, atol=1e-6)
    mixture, _ = soundfile.read(musdb / "train" / "A - One" / "mixture.wav")
    np.testing.assert_allclose(song.read_mix(), gain * mixture.T, atol=1e-6)
    assert song.damaged() == ()


def test_published_splits_hold(added: Path) -> None:
    assert song_of(added, "b-three").split == "test"
    assert song_of(added, "a-one").split in ("train", "validation")
    assert song_of(added, "track00000").split == "train"
    assert open_store(added).songs("test") == (song_of(added, "b-three"),)


def test_what_may_not_be_given_away_is_told_wherever_weights_come_from(added: Path) -> None:
    gathered = gather_material(added)
    assert gathered.private == gathered.counts()["private"] == 2
    assert any("Slakh2100" in one and "CC BY 4.0" in one for one in gathered.credits)


def test_recovered_strips_are_the_mixs(added: Path) -> None:
    song = song_of(added, "a-one")
    strips = song.strips()
    assert strips is not None
    wanted = dict(zip(STEMS, FADERS_DB, strict=True))
    told = [wanted[track.name] for track in song.tracks]
    assert [strip.fader_db for strip in strips.tracks] == pytest.approx(told, abs=0.1)
    assert "recovered" in song.approximate[0]
    assert song_of(added, "track00000").strips() is None


def test_songs_that_are_there_stay(added: Path, musdb: Path, slakh: Path) -> None:
    again = add_songs(AddRequest(added, (musdb, slakh), private=True, recover=True, bits=24))
    assert (again.built, len(again.kept)) == ((), 4)


def test_without_leave_nothing_private_is_taken(
    musdb: Path, slakh: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["data", "add", str(musdb), str(slakh), "--store", str(tmp_path / "s"), "-j", "1", "--json", "-q"]
    assert main(words) == 0
    told = json.loads(capsys.readouterr().out)
    assert [name.split("-")[1] for name in told["built"]] == ["track00000"]
    reasons = {row["file"]: row["reason"] for row in told["refused"]}
    assert len(reasons) == 4
    assert all("--private" in reason for place, reason in reasons.items() if place != "Track00001")


def test_a_broken_song_is_named_and_the_rest_added(slakh: Path, tmp_path: Path) -> None:
    import shutil

    root = Path(shutil.copytree(slakh, tmp_path / "slakh2100"))
    shutil.copytree(root / "train" / "Track00000", root / "train" / "Track00005")
    (root / "train" / "Track00005" / "metadata.yaml").write_text("stems: [", "utf-8")
    result = add_songs(AddRequest(tmp_path / "s", (root,)))
    assert len(result.built) == 1
    assert any("Track00005" in one.place for one in result.refused)


def test_no_data_set_and_no_room(slakh: Path, tmp_path: Path) -> None:
    with pytest.raises(SessionError, match="layout of no data set"):
        add_songs(AddRequest(tmp_path / "s", (tmp_path,)))
    assert not (tmp_path / "s").exists()
    result = add_songs(AddRequest(tmp_path / "s", (slakh,), most_gb=1e-5))
    assert result.built == ()
    assert result.failed or result.full
    (tmp_path / "file").write_text("mine")
    with pytest.raises(RenderError):
        add_songs(AddRequest(tmp_path / "file", (slakh,)))
    assert (tmp_path / "file").read_text() == "mine"
