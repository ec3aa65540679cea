"""The table of licences, packages from strangers, and the room a song may take."""

from pathlib import Path

import numpy as np
import pytest
from dataset_miniatures import deb

from bridge.datasets.build.debfile import open_package, unpack
from bridge.datasets.build.items import split_of
from bridge.datasets.build.licences import SOURCES, load_table
from bridge.datasets.build.workbench import Workbench
from console.errors import ParamError, RenderError, SessionError

#: The splits of a:a … a:h, as first published.
FIXED = ["train", "train", "validation", "train", "train", "train", "train", "validation"]

FILES = '{ match = "*", spdx = "X", credit = "", may_train_weights = true }'
ROW = f'[[package]]\nname = "a"\nsource = "midi"\nfiles = [{FILES}]'


def test_the_table_that_comes_with_it_holds() -> None:
    table = load_table()
    assert {package.source for package in table} == {*SOURCES, "soundfont"}
    assert len({package.name for package in table}) == len(table)
    for package in table:
        for rule in package.rules:
            assert rule.credit or not rule.may_train_weights, package.name
            assert rule.note or rule.may_train_weights, package.name
            assert not ("-NC" in rule.spdx and rule.may_train_weights)


def test_songs_to_measure_by_are_held_out() -> None:
    held = {
        "lmms-common": "usr/share/lmms/projects/demos/Skiessi/Skiessi-Onion.mmpz",
        "fb-music-high": "usr/share/games/frozen-bubble/snd/frozen-mainzik-2p.xm",
        "freedoom": "usr/share/games/doom/freedoom2.wad#D_DM05",
        "marsshooter-data": "usr/share/games/marsshooter/audio/music/01_-_Ezer_Ev.ogg",
        "singularity-music": "usr/share/games/singularity/music/Orbital Elevator.ogg",
        "redeclipse-data": "usr/share/games/redeclipse/data/sounds/music/track_08.ogg",
        "wesnoth-1.16-music": "usr/share/games/wesnoth/1.16/data/core/music/battle.ogg",
    }
    table = {package.name: package for package in load_table()}
    for name, path in held.items():
        assert table[name].holds(path)
        rule = table[name].rule_for(path)
        assert rule is not None
        assert rule.split == "test"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "names no package"),
        ("= 1", "no TOML"),
        (ROW, "not among `allowed`"),
        ('allowed = ["X"]\n' + ROW.replace("midi", "mdi"), "midi"),
        ('allowed = ["X"]\n' + ROW.replace("credit", "credits"), "credit"),
        ('allowed = ["X"]\n' + ROW.replace(', credit = ""', ""), "without 'credit'"),
        ('allowed = ["X"]\n' + ROW.replace("= true }", '= true, split = "tests" }'), "test"),
    ],
)
def test_a_wrong_table_is_told(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "table.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(ParamError, match=message):
        load_table(path)


def test_a_package_cannot_write_outside_its_folder(tmp_path: Path) -> None:
    path = deb(tmp_path / "debs", "evil", {"../../out.wav": b"x", "/abs.wav": b"y", "usr/in.wav": b"z"})
    package = open_package(path)
    assert (package.name, package.version) == ("evil", "1.0-1")
    found = unpack(package, tmp_path / "to" / "deep", lambda _: True, 100)
    assert found == ("usr/in.wav",)
    assert [place.name for place in tmp_path.rglob("*.wav")] == ["in.wav"]
    with pytest.raises(SessionError, match="--max-gb"):
        unpack(package, tmp_path / "to", lambda _: True, 0)


@pytest.mark.parametrize("cut", [0, 5, 70, 200])
def test_a_damaged_package_is_told(cut: int, tmp_path: Path) -> None:
    path = deb(tmp_path, "a", {"x": bytes(1000)})
    path.write_bytes(path.read_bytes()[:cut])
    with pytest.raises(SessionError, match=r"Debian package|download it again"):
        open_package(path)


def test_a_song_may_take_no_more_than_its_room(tmp_path: Path) -> None:
    bench = Workbench(tmp_path / "bench", 10_000)
    bench.put("a", np.zeros((2, 1000), np.float32))
    with pytest.raises(RenderError, match="--max-gb"):
        bench.put("b", np.zeros((2, 1000), np.float32))
    with pytest.raises(RenderError, match="not finite"):
        bench.put("c", np.full((1, 10), np.nan, np.float32))
    assert sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file()) < 10_000


def test_splits_are_about_eighty_ten_ten_and_fixed() -> None:
    drawn = [split_of(f"package:song {number}") for number in range(4000)]
    shares = {name: drawn.count(name) / len(drawn) for name in set(drawn)}
    assert shares == {
        "train": pytest.approx(0.8, abs=0.02),
        "validation": pytest.approx(0.1, abs=0.015),
        "test": pytest.approx(0.1, abs=0.015),
    }
    # Fixed for ever: a song that moved from test to train would spoil every figure.
    assert [split_of(f"a:{letter}") for letter in "abcdefgh"] == FIXED
