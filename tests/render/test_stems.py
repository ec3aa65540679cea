"""Processed stems: they sum to the mix, carry safe names, and come all or not at all."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf

from bridge.render import render
from console.errors import RenderError
from console.mix import Bus, BusKind, Compressor, FrozenMap, Mix, Reverb, TrackStrip

SENDS = FrozenMap({"verb": -6.0})
MIX = Mix(
    48_000,
    (
        TrackStrip("kick", output="drums", pan=-0.3),
        TrackStrip("snare", output="drums", sends=SENDS, compressor=Compressor(True)),
        TrackStrip("voice", sends=SENDS, fader_db=-4.0),
        TrackStrip("spare", muted=True),
    ),
    (Bus("drums", compressor=Compressor(True, -30.0)), Bus("verb", BusKind.FX, reverb=Reverb(0.3))),
)


@pytest.fixture
def trio(studio: Any) -> Any:
    random = np.random.default_rng(4)
    for name, samples in (("kick", 20_000), ("snare", 12_345), ("voice", 25_000), ("spare", 100)):
        studio.add(name, random.standard_normal((1, samples)) * 0.1)
    return studio


def read(path: Path) -> Any:
    audio, rate_hz = sf.read(path, dtype="float64", always_2d=True)
    assert rate_hz == 48_000
    return audio.T


def test_top_level_sums_to_the_mix(trio: Any, tmp_path: Path, null_db: Any) -> None:
    folder = tmp_path / "stems"
    with trio.rendered(MIX, stems=folder) as rendered:
        heard = np.concatenate([part.T for part in rendered.work.blocks()], axis=1).astype(float)
        paths = rendered.stems
    names = {path.relative_to(folder).as_posix() for path in paths}
    assert names == {"drums.wav", "verb.wav", "voice.wav", "drums/kick.wav", "drums/snare.wav"}
    assert {path for path in folder.rglob("*") if path.is_file()} == set(paths)
    assert null_db(sum(read(path) for path in folder.glob("*.wav")), heard) < -140.0
    assert all(sf.info(path).subtype == "FLOAT" for path in paths)
    assert all(sf.info(path).frames == heard.shape[1] for path in paths)


def test_hostile_names_stay_in_the_folder(studio: Any, tmp_path: Path) -> None:
    names = [
        "../../escape", "a/b", "a\\b", "CON", "con.txt", "Kick", "kick", "KICK", "  ", "...", 'q"uote\n',
        "x" * 255, "x" * 254 + "y", "音" * 90, "drums", "a:b", "nul ", "tab\t", ".hidden", "-rf", "\u202egnp",
        "e\u0301", "é", "verb", "drums.wav",
    ]  # fmt: skip
    for index, name in enumerate(names):
        studio.add(name, np.full((1, 50), 0.01 + index / 1e4))
    tracks = tuple(
        TrackStrip(name, output="drums" if index % 5 == 0 else "master") for index, name in enumerate(names)
    )
    folder = tmp_path / "deep" / "stems"
    with studio.rendered(Mix(48_000, tracks, (Bus("drums"),)), stems=folder) as rendered:
        assert len(rendered.stems) == len(names) + 1
    found = [path for path in folder.rglob("*") if path.is_file()]
    assert len(found) == len(names) + 1
    assert all(len(path.name.encode()) <= 255 for path in found)
    for path in found:
        assert read(path).any()
    outside = [path for path in tmp_path.rglob("*.wav") if folder not in path.parents]
    assert all(path.parent == studio.source_folder for path in outside)


def test_nothing_is_replaced_unasked(trio: Any, tmp_path: Path) -> None:
    folder = tmp_path / "stems"
    folder.mkdir()
    (folder / "voice.wav").write_bytes(b"mine")
    with pytest.raises(RenderError, match=r"voice\.wav.*already there"):
        trio.rendered(MIX, stems=folder)
    assert [path.name for path in folder.rglob("*")] == ["voice.wav"]
    with trio.rendered(MIX, stems=folder, overwrite_stems=True):
        assert read(folder / "voice.wav").shape[0] == 2


def test_the_session_is_never_replaced(studio: Any) -> None:
    studio.add("000", np.ones((1, 100)) * 0.1)
    before = studio.tracks[0].files[0].path.read_bytes()
    with pytest.raises(RenderError, match="file of the session"):
        studio.rendered(Mix(48_000, (TrackStrip("000"),)), stems=studio.source_folder, overwrite_stems=True)
    assert studio.tracks[0].files[0].path.read_bytes() == before
    assert studio.leftovers() == []


def test_failure_leaves_no_stem_and_no_folder(trio: Any, tmp_path: Path) -> None:
    class Bad:
        def push(self, block: Any) -> None:
            raise RenderError("stop here")

    with pytest.raises(RenderError, match="stop here"):
        trio.rendered(MIX, stems=tmp_path / "a" / "stems", taps={"voice": Bad()})
    assert not (tmp_path / "a").exists()
    assert trio.leftovers() == []


def test_folder_that_cannot_be_made(trio: Any, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(RenderError, match="cannot write"):
        render(trio.session(), MIX, work_folder=tmp_path / "work", stems_folder=tmp_path / "file" / "stems")
    assert [path.name for path in trio.leftovers()] == ["file"]
