"""Strips find their channels by name, and what is unclear is told as unclear."""

from pathlib import Path

import pytest

from bridge.live.memory import plain_channel
from bridge.live.pairing import SURE, pair_up
from bridge.live.values import Channel
from console.errors import LinkError
from console.mix import Bus, BusKind, Mix, Reverb, TrackStrip


def mix(*names: str, fx: tuple[str, ...] = (), groups: tuple[str, ...] = ()) -> Mix:
    buses = [Bus(name, BusKind.FX, reverb=Reverb()) for name in fx] + [Bus(name) for name in groups]
    return Mix(48_000, tuple(TrackStrip(name) for name in names), tuple(buses))


def desk(*names: str, kind: str = "track") -> list[Channel]:
    return [plain_channel(f"{kind}{index}", name, kind) for index, name in enumerate(names)]


@pytest.mark.parametrize(
    ("strip", "channel"),
    [
        ("03_Snare Top", "03_Snare Top"),
        ("03_Snare Top", "Snare Top"),
        ("03_Snare Top", "snare_top"),
        ("SnareTop", "Snare Top"),
        ("Snare Top", "Top Snare"),
        ("01_Kick", "BD"),
        ("Lead Vox", "Lead Vocal"),
        ("Snare Top", "Snare T"),
        ("Snare Top", "SnrTop"),
    ],
)
def test_the_same_track_by_another_spelling_is_sure(strip: str, channel: str) -> None:
    found = pair_up(mix(strip, "Pad"), desk("Room", channel, "Flute"))
    pair = next(pair for pair in found.pairs if pair.strip == strip)
    assert pair.channel.name == channel
    assert pair.confidence >= SURE, pair


@pytest.mark.parametrize(("strip", "channel"), [("EGtr L", "Guitar"), ("Bass DI", "Bass Amp")])
def test_what_may_be_the_same_is_asked_about(strip: str, channel: str) -> None:
    found = pair_up(mix(strip), desk(channel))
    assert [(pair.strip, pair.channel.name) for pair in found.unclear] == [(strip, channel)]


@pytest.mark.parametrize(("strip", "channel"), [("Kick", "Flute"), ("Bass", "Click"), ("Lead Vox", "Hi-Hat")])
def test_strangers_are_not_paired(strip: str, channel: str) -> None:
    found = pair_up(mix(strip), desk(channel))
    assert found.pairs == ()
    assert (found.strips[0], found.channels[0].name) == (strip, channel)


def test_each_channel_is_given_once_and_the_best_way() -> None:
    found = pair_up(mix("Gtr", "Gtr L", "Gtr R"), desk("Gtr R", "Gtr", "Gtr L"))
    assert {pair.strip: pair.channel.name for pair in found.pairs} == {
        n: n for n in ("Gtr", "Gtr L", "Gtr R")
    }
    assert all(pair.confidence == 1.0 or pair.confidence >= SURE for pair in found.pairs)


def test_channels_of_one_name_keep_their_order_and_are_in_doubt() -> None:
    found = pair_up(mix("Tom", "Tom 2"), desk("Tom", "Tom"))
    assert [pair.channel.key for pair in found.pairs] == ["track0", "track1"]
    assert found.unclear


def test_a_track_is_never_a_bus() -> None:
    found = pair_up(mix("Drums", fx=("reverb",), groups=("Drums bus",)), desk("Drums", kind="group"))
    assert {pair.strip: pair.channel.kind for pair in found.pairs} == {"Drums bus": "group"}


def test_the_master_is_the_master_whatever_its_name() -> None:
    found = pair_up(mix("Kick"), [*desk("Kick"), plain_channel("m", "Stereo Out", "master")])
    assert {pair.strip: pair.channel.name for pair in found.pairs} == {"Kick": "Kick", "master": "Stereo Out"}


def test_what_was_told_goes_first() -> None:
    found = pair_up(mix("Kick", "Snare"), desk("Snare", "Kick"), {"Kick": "Snare", "Snare": ""})
    assert [(pair.strip, pair.channel.name) for pair in found.pairs] == [("Kick", "Snare")]
    assert found.strips == ("Snare", "master")


@pytest.mark.parametrize(
    ("told", "says"),
    [
        ({"Kick": "Snair"}, "did you mean 'Snare'"),
        ({"Kik": "Snare"}, "did you mean 'Kick'"),
        ({"Kick": "Snare", "Snare": "Snare"}, "one channel is given to several"),
        ({"Kick": "Tom"}, "2 channels 'Tom'"),
    ],
)
def test_a_word_that_fits_nothing_is_refused(told: dict[str, str], says: str) -> None:
    with pytest.raises(LinkError, match=says):
        pair_up(mix("Kick", "Snare"), desk("Kick", "Snare", "Tom", "Tom"), told)


def test_names_as_engineers_write_them_find_themselves_shortened(shared: Path) -> None:
    """The tracks of real songs, shortened as scribble strips shorten them and in another order."""
    songs: dict[str, list[str]] = {}
    for line in (shared / "tracknames.tsv").read_text(encoding="utf-8").splitlines()[1:]:
        song, _, name = line.split("\t")
        songs.setdefault(song, []).append(name.removesuffix(".wav"))
    pairs = wrong = sure = 0
    for names in list(songs.values())[:60]:
        short = [" ".join(name.replace("_", " ").split())[:12].strip() for name in names]
        if len(set(short)) < len(short):
            continue
        desk_now = [plain_channel(str(index), name) for index, name in enumerate(short)][::-1]
        for pair in pair_up(mix(*names), desk_now).pairs:
            pairs += 1
            if pair.confidence >= SURE:
                sure += 1
                wrong += pair.channel.key != str(names.index(pair.strip))
    assert pairs > 300
    assert wrong == 0
    assert sure >= 0.9 * pairs
