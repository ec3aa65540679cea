"""Items of a track become one file: against numpy in float64, at any block size, in bounded memory."""

import math
import os
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
from fake_daw import REGISTRY, item, save, track
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.sessions import consolidate, load_session
from bridge.sessions.audiocache import AudioCache
from bridge.sessions.pieces import FADES, join
from bridge.sessions.probe import probe
from console.errors import SessionError
from console.session import Session
from exporters import registry
from exporters.project import Channels, Fade, FadeShape, Item

WriteSound = Callable[..., Path]
RATE_HZ = 48_000

#: The shapes by their points at a quarter, a half and three quarters, worked out by hand.
SHAPES = {
    FadeShape.LINEAR: (0.25, 0.5, 0.75),
    FadeShape.EQUAL_POWER: (math.sin(math.pi / 8), math.sqrt(0.5), math.cos(math.pi / 8)),
    FadeShape.FAST_START: (0.4375, 0.75, 0.9375),
    FadeShape.SLOW_START: (0.0625, 0.25, 0.5625),
    FadeShape.S_CURVE: (0.15625, 0.5, 0.84375),
}


@pytest.fixture(autouse=True)
def _fake_daw(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "EXPORTERS", REGISTRY)


def load(tmp_path: Path, *items: dict[str, Any]) -> Session:
    return load_session([save(tmp_path / "song.fake", track("Gtr", *items), sample_rate_hz=RATE_HZ)])


def audio(session: Session) -> np.ndarray:
    """The joined file as (channels, samples) in float64."""
    data, _ = soundfile.read(session.tracks[0].files[0].path, dtype="float64", always_2d=True)
    return data.T


def samples(path: Path) -> np.ndarray:
    return soundfile.read(path, dtype="float64", always_2d=True)[0].T


def test_every_shape_is_tested() -> None:
    assert set(SHAPES) == set(FadeShape) == set(FADES)


@pytest.mark.parametrize("shape", FadeShape)
def test_fades_have_their_shapes(shape: FadeShape, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "one.wav", np.ones(4_800), RATE_HZ, subtype="FLOAT")
    fades = {"fade_in": (0.02, shape), "fade_out": (0.04, shape)}
    (got,) = audio(load(tmp_path, item("one.wav", 0.0, 0.1, **fades)))
    assert got[[0, 240, 480, 720, 960, 2_000]] == pytest.approx((0.0, *SHAPES[shape], 1.0, 1.0), abs=1e-6)
    ends = (0, 480, 960, 1_440, 1_920)
    assert got[[4_800 - end for end in ends[1:]]] == pytest.approx((*SHAPES[shape], 1.0), abs=1e-6)


@pytest.mark.parametrize("channels", Channels)
def test_channels(channels: Channels, write: WriteSound, tmp_path: Path) -> None:
    left, right = samples(write("gtr.wav", channels=2))
    expected = {
        Channels.ALL: [left, right],
        Channels.SWAPPED: [right, left],
        Channels.MONO_SUM: [(left + right) / 2],
        Channels.LEFT: [left],
        Channels.RIGHT: [right],
        Channels.TO_LEFT: [left, 0.0 * left],
        Channels.TO_RIGHT: [0.0 * left, left],
    }[channels]
    session = load(tmp_path, item("gtr.wav", 0.0, 0.1, gain_db=-6.0, inverted=True, channels=channels))
    assert session.tracks[0].channels == len(expected)
    assert audio(session) == pytest.approx(-(10.0 ** (-6.0 / 20.0)) * np.array(expected), abs=1e-7)


def test_items_sum_and_mono_goes_to_both_sides(write: WriteSound, tmp_path: Path) -> None:
    mono, stereo = samples(write("m.wav")), samples(write("s.wav", channels=2))
    session = load(tmp_path, item("m.wav", 2.0, 0.1), item("s.wav", 2.05, 0.1, gain_db=6.0))
    expected = np.zeros((2, 7_200))
    expected[:, :4_800] += mono
    expected[:, 2_400:] += stereo * 10.0 ** (6.0 / 20.0)
    assert session.tracks[0].start_samples == 96_000
    assert audio(session) == pytest.approx(expected, abs=1e-7)


def test_offsets_loops_and_what_lies_outside(write: WriteSound, tmp_path: Path) -> None:
    (data,) = samples(write("a.wav"))
    session = load(
        tmp_path,
        item("a.wav", -0.02, 0.05),  # begins before the project does
        item("a.wav", 0.1, 0.3, offset_s=0.05, loops=True),
        item("a.wav", 0.5, 0.1, offset_s=-0.05),  # begins before its file does
        item("a.wav", 0.7, 0.1, offset_s=0.09),  # and ends after it
    )
    expected = np.zeros(38_400)
    expected[:1_440] = data[960:2_400]
    expected[4_800:19_200] = np.resize(np.roll(data, -2_400), 14_400)
    expected[26_400:28_800] = data[:2_400]
    expected[33_600:34_080] = data[4_320:]
    assert session.tracks[0].start_samples == 0
    assert audio(session)[0] == pytest.approx(expected, abs=1e-7)


def test_one_rate_is_kept_and_two_meet_at_the_sessions(tmp_path: Path) -> None:
    """A sine from a file at 44.1 kHz lands where the same sine at 48 kHz would."""
    for rate_hz in (44_100, 48_000):
        sine = 0.5 * np.sin(2 * np.pi * 1_000.0 * np.arange(rate_hz) / rate_hz)
        soundfile.write(tmp_path / f"{rate_hz}.wav", sine, rate_hz, subtype="FLOAT")
    alone = load(tmp_path, item("44100.wav", 0.1, 0.5, offset_s=0.25))
    assert alone.tracks[0].files[0].sample_rate_hz == 44_100
    both = load(
        tmp_path, item("44100.wav", 0.0, 0.5, offset_s=0.2501), item("48000.wav", 0.5, 0.5, offset_s=0.5)
    )
    assert both.tracks[0].files[0].sample_rate_hz == RATE_HZ
    (got,) = audio(both)
    # The offset falls on a frame of the file: 0.2501 s is 11029.41 frames, of which 11029 is the nearest.
    time_s = np.arange(24_000) / RATE_HZ + 11_029 / 44_100
    assert got[:24_000] == pytest.approx(0.5 * np.sin(2 * np.pi * 1_000.0 * time_s), abs=2e-4)
    assert got[24_000:] == pytest.approx(
        0.5 * np.sin(2 * np.pi * 1_000.0 * np.arange(24_000, 48_000) / RATE_HZ), abs=1e-6
    )


@pytest.mark.parametrize("rate_hz", [44_100, 22_050, 47_999])
def test_blocks_change_no_sample(
    rate_hz: int, write: WriteSound, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [
        probe(write("a.wav", frames=9_000)).file,
        probe(write("b.wav", frames=9_000, rate_hz=rate_hz)).file,
    ]
    items = [
        Item("", None, 0.0, 0.18, fade_in=Fade(0.05), gain_db=-2.0),
        Item("", None, 0.07, 0.5, offset_s=0.01, fade_out=Fade(0.3, FadeShape.S_CURVE), loops=True),
    ]
    joint = join(list(zip(items, files, strict=True)), RATE_HZ)
    assert joint is not None
    written = []
    for block in (65_536, 1_000, 77):
        monkeypatch.setattr(consolidate, "BLOCK", block)
        path = tmp_path / f"{block}.wav"
        consolidate.write_joint(joint, path, lambda stage, done: None, "join")
        written.append(path.read_bytes())
    assert written[0] == written[1] == written[2]


def test_the_same_project_gives_the_same_file(
    write: WriteSound, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("a.wav")
    items = [item("a.wav", 1.0, 0.05, offset_s=0.01), item("a.wav", 1.2, 0.05)]
    first = load(tmp_path, *items).tracks[0]
    stamp = first.files[0].path.stat().st_mtime_ns
    assert load(tmp_path, *items).tracks[0] == first
    assert first.files[0].path.stat().st_mtime_ns == stamp, "and it is not written again"
    moved = load(tmp_path, *({**one, "position_s": one["position_s"] + 3.0} for one in items)).tracks[0]
    assert moved.files == first.files, "wherever on the time line it stands"
    monkeypatch.setenv("MIXBRIDGE_CACHE", str(tmp_path / "cache"))
    elsewhere = load(tmp_path, *items).tracks[0]
    assert elsewhere.content_hash == first.content_hash
    assert (
        load(tmp_path, *items[:1], {**items[1], "gain_db": -1.0}).tracks[0].content_hash != first.content_hash
    )


def test_a_damaged_file_in_the_cache_is_made_again(write: WriteSound, tmp_path: Path) -> None:
    write("a.wav")
    one = item("a.wav", 0.0, 0.0721, offset_s=0.01)
    path = load(tmp_path, one).tracks[0].files[0].path
    whole = path.read_bytes()
    for broken in (whole[:500], whole[:-4] + b"\0\0\0\0", b""):
        path.write_bytes(broken)
        load(tmp_path, one)
        assert path.read_bytes() == whole


def test_a_cache_that_cannot_be_written_is_told(
    write: WriteSound, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("a.wav")
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    monkeypatch.setenv("MIXBRIDGE_CACHE", str(tmp_path / "file"))
    with pytest.raises(SessionError, match="MIXBRIDGE_CACHE"):
        load(tmp_path, item("a.wav", 0.0, 0.05))


def test_an_interruption_leaves_nothing(
    write: WriteSound, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("a.wav")
    monkeypatch.setenv("MIXBRIDGE_CACHE", str(tmp_path / "cache"))

    def interrupt(stage: str, done: float) -> None:
        if stage == "join the items":
            raise KeyboardInterrupt

    project = save(tmp_path / "song.fake", track("Gtr", item("a.wav", 0.0, 0.05)))
    with pytest.raises(KeyboardInterrupt):
        load_session([project], progress=interrupt)
    assert [path for path in (tmp_path / "cache").rglob("*") if path.is_file()] == []


def test_the_cache_keeps_within_its_bounds(tmp_path: Path) -> None:
    cache = AudioCache(tmp_path, limit_bytes=250)
    for index, age_days in enumerate((30, 20, 10, 0)):
        path = cache.path(f"key{index}", "Lead Vox")
        cache.make(path, lambda place: place.write_bytes(bytes(100)))
        long_ago = path.stat().st_mtime - age_days * 86_400.0
        os.utime(path.parent, (long_ago, long_ago))
    cache.make(cache.path("new", "Lead Vox"), lambda place: place.write_bytes(bytes(100)))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["key2", "key3", "new"]


def test_long_items_are_not_held_in_memory(tmp_path: Path) -> None:
    """Two stereo items of a minute each (46 MB as floats) in a few megabytes."""
    with soundfile.SoundFile(tmp_path / "long.wav", "w", RATE_HZ, 2, subtype="PCM_16") as file:
        for _ in range(60):
            file.write(np.full((RATE_HZ, 2), 0.1))
    load(tmp_path, item("long.wav", 0.0, 0.5))  # whatever is imported once
    tracemalloc.start()
    try:
        session = load(tmp_path, item("long.wav", 0.0, 60.0), item("long.wav", 30.0, 60.0, gain_db=-1.0))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert session.seconds == pytest.approx(90.0)
    assert peak < 12_000_000


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.floats(-0.2, 0.6),
            st.floats(-0.1, 0.4),
            st.floats(-0.2, 0.2),
            st.floats(-40.0, 12.0),
            st.floats(0.0, 0.5),
            st.booleans(),
        ),
        min_size=1,
        max_size=5,
    )
)
def test_any_items_sum_as_numpy_sums_them(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[float, float, float, float, float, bool]]
) -> None:
    path = tmp_path_factory.getbasetemp() / "noise.wav"
    data = np.random.default_rng(1).standard_normal(4_800).astype(np.float32) * 0.1
    if not path.exists():
        soundfile.write(path, data, RATE_HZ, subtype="FLOAT")
    file = probe(path).file
    assert file is not None
    items = [
        Item("", path, position, length, offset, gain_db, Fade(fade), loops=loops)
        for position, length, offset, gain_db, fade, loops in rows
    ]
    joint = join([(one, file) for one in items], RATE_HZ)
    line = np.zeros(RATE_HZ + 2)
    for one in items:
        first, last = round(one.position_s * RATE_HZ), round(one.end_s * RATE_HZ)
        n = np.arange(max(last - first, 0))
        at = n + round(one.offset_s * RATE_HZ)
        inside = (at >= 0) & (at < 4_800)
        heard = data[at % 4_800] if one.loops else np.where(inside, data[np.clip(at, 0, 4_799)], 0.0)
        fade = min(one.fade_in.length_s * RATE_HZ, len(n))
        gain = 10.0 ** (one.gain_db / 20.0) * (np.minimum(n / fade, 1.0) if fade >= 1.0 else 1.0)
        shown = n + first >= 0
        line[(n + first)[shown]] += (heard * gain)[shown]
    if joint is None:
        assert not line.any()
        return
    out = path.with_name("out.wav")
    out.unlink(missing_ok=True)
    consolidate.write_joint(joint, out, lambda stage, done: None, "join")
    (got,) = samples(out)
    assert got == pytest.approx(line[joint.begin : joint.begin + joint.samples], abs=1e-6)
    assert not line[: joint.begin].any()
    assert not line[joint.begin + joint.samples :].any()
