"""Lengths, channels, rates, numbers of tracks, silence, taps and mutes."""

from typing import Any

import numpy as np
import pytest

from bridge.render import RenderSettings, lanes, render
from console.errors import RenderError, SessionError
from console.mix import Bus, BusKind, Compressor, FrozenMap, Gate, Mix, Reverb, TrackStrip
from console.session import Session, neutral_mix

RNG = np.random.default_rng(5)


def noise(channels: int, samples: int) -> Any:
    return (RNG.standard_normal((channels, samples)) * 0.05).astype(np.float32)


@pytest.mark.parametrize("rate_hz", [8_000, 192_000])
def test_unequal_lengths_and_channels(studio: Any, null_db: Any, rate_hz: int) -> None:
    studio.rate_hz = rate_hz
    expected = np.zeros((2, 20_000))
    for index, (channels, samples, start) in enumerate(
        [(1, 20_000, 0), (2, 333, 500), (1, 1, 19_999), (2, 1, 0)]
    ):
        audio = noise(channels, samples)
        studio.add(f"t{index}", audio, start=start)
        expected[:, start : start + samples] += audio * (np.sqrt(0.5) if channels == 1 else 1.0)
    heard = studio.render(neutral_mix(studio.session()), block_samples=1000)
    assert null_db(heard, expected) < -140.0


def test_a_hundred_tracks(studio: Any, null_db: Any) -> None:
    audio = {f"t{index}": noise(1 + index % 2, 3_000) for index in range(100)}
    for name, sound in audio.items():
        studio.add(name, sound)
    expected = sum(sound * (np.sqrt(0.5) if len(sound) == 1 else 1.0) for sound in audio.values())
    assert null_db(studio.render(neutral_mix(studio.session())), expected) < -140.0


def test_few_file_handles(studio: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for index in range(12):
        studio.add(f"t{index}", noise(1, 50_000), rate_hz=24_000 if index % 3 == 0 else 48_000)
    mix = neutral_mix(studio.session())
    expected = studio.render(mix, block_samples=5_000)
    monkeypatch.setattr(lanes, "MOST_OPEN_FILES", 4)
    open_now: set[int] = set()
    most = 0
    from console.session import reader

    class Counted(reader._FileChunks):
        def chunk(self, index: int) -> Any:
            nonlocal most
            data = super().chunk(index)
            open_now.add(id(self))
            most = max(most, len(open_now))
            return data

        def release(self) -> None:
            open_now.discard(id(self))
            super().release()

    monkeypatch.setattr(reader, "_FileChunks", Counted)
    monkeypatch.setattr("bridge.render.engine.MOST_OPEN_FILES", 4)
    assert np.array_equal(studio.render(mix, block_samples=5_000, threads=2), expected)
    assert 4 <= most <= 4 + 2
    assert not open_now


def test_silence_and_nothing(studio: Any) -> None:
    studio.add("silent", np.zeros((2, 5_000)))
    strip = TrackStrip("silent", gate=Gate(True), compressor=Compressor(True, makeup_db=12.0))
    assert not studio.render(Mix(48_000, (strip,))).any()


def test_session_without_tracks_has_no_audio(studio: Any) -> None:
    with studio.rendered(Mix(48_000)) as rendered:
        assert rendered.samples == 0
        assert rendered.measurement.samples == 0
        rendered.write(studio.folder / "empty.wav", fader_db=0.0)


def test_all_muted_is_silence_of_full_length(studio: Any) -> None:
    studio.add("a", noise(1, 4_000))
    assert not studio.render(Mix(48_000, (TrackStrip("a", muted=True),))).any()


def test_mute_silences_the_sends_too(studio: Any, null_db: Any) -> None:
    studio.add("a", noise(1, 4_000))
    studio.add("b", noise(2, 4_000))
    buses = (Bus("verb", BusKind.FX, reverb=Reverb(0.2)),)
    sends = FrozenMap({"verb": -3.0})
    b = TrackStrip("b", sends=sends)
    both = studio.render(Mix(48_000, (TrackStrip("a", sends=sends, muted=True), b), buses))
    studio.tracks.pop(0)
    assert np.array_equal(studio.render(Mix(48_000, (b,), buses)), both)


def test_taps_hear_their_strips(studio: Any, recorder: Any) -> None:
    studio.add("a", noise(1, 10_000))
    studio.add("b", noise(2, 9_000))
    studio.add("master", noise(2, 9_000))
    tracks = (
        TrackStrip("a", output="g", fader_db=-3.0),
        TrackStrip("b", muted=True),
        TrackStrip("master", sends=FrozenMap({"verb": -6.0})),
    )
    buses = (Bus("g"), Bus("verb", BusKind.FX, reverb=Reverb(0.1)), Bus("idle", BusKind.FX, reverb=Reverb()))
    keys = ("a", "b", "g", "verb", "idle", "master", "bus:master")
    taps = {key: recorder() for key in keys}
    heard = studio.render(Mix(48_000, tracks, buses), taps=taps, block_samples=3_000)
    sizes = {tuple(block.shape[1] for block in tap.blocks) for tap in taps.values()}
    assert len(sizes) == 1
    assert sum(next(iter(sizes))) == heard.shape[1]
    assert np.array_equal(taps["bus:master"].audio, heard.astype(np.float32))
    assert not taps["b"].audio.any()
    assert not taps["idle"].audio.any()
    assert np.array_equal(taps["a"].audio, taps["g"].audio)
    summed = taps["g"].audio.astype(float) + taps["master"].audio + taps["verb"].audio
    assert np.abs(summed - heard).max() < 1e-7


def test_progress_rises_to_one(studio: Any) -> None:
    studio.add("a", noise(1, 60_000))
    told: list[tuple[str, float]] = []
    with render(
        studio.session(),
        neutral_mix(studio.session()),
        work_folder=studio.work_folder,
        settings=RenderSettings(block_samples=100),
        progress=lambda stage, done: told.append((stage, done)),
    ):
        shares = [done for stage, done in told if stage == "render"]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert len(shares) < 100


def test_mix_and_session_must_belong_together(studio: Any, recorder: Any) -> None:
    studio.add("a", noise(1, 100))
    with pytest.raises(RenderError, match=r"44100 Hz.*48000 Hz"):
        studio.render(Mix(44_100, (TrackStrip("a"),)))
    with pytest.raises(RenderError, match="no strip for track 'a'"):
        studio.render(Mix(48_000))
    with pytest.raises(SessionError, match="'ghost'"):
        studio.render(Mix(48_000, (TrackStrip("a"), TrackStrip("ghost"))))
    with pytest.raises(RenderError, match="'nobody'"):
        studio.render(Mix(48_000, (TrackStrip("a"),)), taps={"nobody": recorder()})
    assert studio.leftovers() == []


def test_left_out_track_needs_no_strip(studio: Any) -> None:
    from dataclasses import replace

    studio.add("a", noise(1, 100))
    out = replace(studio.add("b", noise(1, 100)), included=False)
    session = Session("s", studio.folder, 48_000, (studio.tracks[0], out))
    with render(session, Mix(48_000, (TrackStrip("a"),)), work_folder=studio.work_folder) as rendered:
        assert rendered.samples == 100
