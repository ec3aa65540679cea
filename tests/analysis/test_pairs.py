"""Delay, polarity and duplicates: planted ones are found to a fraction of a sample, unrelated tracks are not."""

import dataclasses
import hashlib

import numpy as np
import pytest
import soundfile
from scipy import signal

from console.analysis import analyze
from console.analysis.pairs import MOST_PAIRS, candidate_pairs
from console.session import AudioFile, Role, Session, SessionTrack

RATE_HZ = 44100


def hits(seed: int, seconds: float = 8.0, rate_hz: int = RATE_HZ, hz: float = 200.0) -> np.ndarray:
    """Drum-like: decaying resonance and noise at irregular times."""
    rng = np.random.default_rng(seed)
    n = round(seconds * rate_hz)
    out = np.zeros(n + rate_hz)
    time_s = np.arange(rate_hz // 3) / rate_hz
    for start in np.cumsum(rng.uniform(0.2, 0.7, 100)):
        at = round(start * rate_hz)
        if at >= n:
            break
        tone = np.sin(2.0 * np.pi * hz * rng.uniform(0.99, 1.01) * time_s) * np.exp(-20.0 * time_s)
        out[at : at + len(time_s)] += tone + 0.5 * rng.standard_normal(len(time_s)) * np.exp(-60.0 * time_s)
    return 0.4 * out[:n]


def later(audio: np.ndarray, samples: float) -> np.ndarray:
    """Delayed by a fraction of a sample, in the frequency domain."""
    size = len(audio) + 4096
    turn = np.exp(-2j * np.pi * np.fft.rfftfreq(size) * samples)
    return np.fft.irfft(np.fft.rfft(audio, size) * turn, size)[: len(audio)]


def pair_of(analysis, first: str, second: str):
    """The pair in the order asked for, or None."""
    for pair in analysis.pairs:
        if (pair.first, pair.second) == (first, second):
            return pair
        if (pair.first, pair.second) == (second, first):
            return dataclasses.replace(pair, first=first, second=second, delay_samples=-pair.delay_samples)
    return None


@pytest.mark.parametrize("delay", [0.0, 14.0, -37.0, 192.5, -600.25])
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_planted_delay_and_polarity(make_session, delay, sign):
    source = hits(0)
    rng = np.random.default_rng(1)
    tracks = {
        "near": source + 0.01 * rng.standard_normal(len(source)),
        "far": sign * 0.3 * later(signal.lfilter([0.6, 0.3, 0.1], [1.0], source), delay - 0.5)
        + 0.005 * rng.standard_normal(len(source)),
    }
    roles = {"near": Role.SNARE, "far": Role.OVERHEAD}
    pair = pair_of(analyze(make_session(tracks, RATE_HZ, roles=roles)), "near", "far")
    assert pair is not None
    assert pair.delay_samples == pytest.approx(delay, abs=0.5)
    assert pair.inverted == (sign < 0.0)
    assert np.sign(pair.correlation) == sign
    assert abs(pair.correlation) > 0.8


@pytest.mark.parametrize("rate_hz", [8000, 22050, 48000, 96000])
def test_other_rates(make_session, rate_hz):
    source = hits(3, rate_hz=rate_hz)
    delay = round(0.004 * rate_hz)
    tracks = {"a": source, "b": -0.5 * np.concatenate((np.zeros(delay), source[:-delay]))}
    roles = {"a": Role.SNARE, "b": Role.SNARE}
    pair = pair_of(analyze(make_session(tracks, rate_hz, roles=roles)), "a", "b")
    assert pair is not None
    assert pair.delay_samples == pytest.approx(delay, abs=0.05)
    assert pair.inverted
    assert pair.correlation == pytest.approx(-1.0, abs=0.02)


def test_correlations_as_numpy(make_session):
    """Half of each track is common: correlation ½ at the delay."""
    rng = np.random.default_rng(4)
    common, own = rng.standard_normal((2, 8 * 16000)), rng.standard_normal((2, 8 * 16000))
    tracks = {"a": 0.1 * (common[0] + own[0]), "b": 0.1 * (later(common[0], 5.0) + own[1])}
    roles = {"a": Role.KEYS, "b": Role.KEYS}
    pair = pair_of(analyze(make_session(tracks, 16000, roles=roles)), "a", "b")
    assert pair.correlation == pytest.approx(0.5, abs=0.02)
    assert pair.zero_lag_correlation == pytest.approx(np.corrcoef(tracks["a"], tracks["b"])[0, 1], abs=0.02)


def test_polarity_of_close_microphones_beats_a_half_period(make_session):
    """An inverted microphone 0.6 ms away is not taken for one in phase half a period of the drum later."""
    source = hits(5, hz=200.0)
    lean = signal.lfilter(*signal.butter(2, 600.0, fs=RATE_HZ), source)
    tracks = {"top": source, "bottom": -0.5 * later(lean, 26.0)}
    pair = pair_of(
        analyze(make_session(tracks, RATE_HZ, roles={"top": Role.SNARE, "bottom": Role.SNARE})),
        "top",
        "bottom",
    )
    assert pair.inverted
    assert 20.0 < pair.delay_samples < 60.0


def test_unrelated_tracks_are_no_pair(make_session):
    """Forced to be compared by their roles: noise, drums of other players, tones of other keys."""
    n = np.arange(8 * RATE_HZ)
    rng = np.random.default_rng(6)
    gate = (np.sin(2.0 * np.pi * 0.7 * n / RATE_HZ) > -0.5).astype(float)
    tracks = {
        "drums 1": hits(10),
        "drums 2": hits(11),
        "drums 3": hits(12, hz=320.0),
        "noise 1": 0.1 * rng.standard_normal(len(n)) * gate,
        "noise 2": 0.1 * rng.standard_normal(len(n)) * gate,
        "tone 1": 0.1 * signal.sawtooth(2.0 * np.pi * 110.0 * n / RATE_HZ) * gate,
        "tone 2": 0.1 * signal.sawtooth(2.0 * np.pi * 164.8 * n / RATE_HZ) * gate,
    }
    found = analyze(make_session(tracks, RATE_HZ, roles=dict.fromkeys(tracks, Role.SYNTH)))
    assert found.pairs == ()
    assert found.duplicates == ()


def test_copies_are_duplicates(make_session):
    source, other = hits(7), hits(8)
    stereo = np.stack((source, 0.5 * other))
    tracks = {
        "a": source,
        "louder": 1.7 * source,
        "late": np.concatenate((np.zeros(100), source[:-100])),
        "alike": source + 0.05 * other,
        "stereo": stereo,
        "stereo quieter": 0.3 * stereo,
    }
    found = analyze(make_session(tracks, RATE_HZ))  # no roles: by their envelopes alone
    assert {frozenset(pair) for pair in found.duplicates} == {
        frozenset(("a", "louder")),
        frozenset(("stereo", "stereo quieter")),
    }


def test_a_copy_that_plays_once_is_found(make_session):
    audio = np.zeros(30 * RATE_HZ)
    audio[5 * RATE_HZ : 5 * RATE_HZ + RATE_HZ // 2] = hits(9)[RATE_HZ : RATE_HZ + RATE_HZ // 2]
    assert np.abs(audio).max() > 0.1
    found = analyze(make_session({"a": audio, "b": 0.5 * audio}, RATE_HZ))
    assert {frozenset(pair) for pair in found.duplicates} == {frozenset("ab")}


def test_silence_is_nobodys_copy(make_session):
    silent = np.zeros(3 * RATE_HZ)
    tracks = {"a": silent, "b": np.append(silent, 0.0), "c": hits(0, 3.0)}
    found = analyze(make_session(tracks, RATE_HZ, roles=dict.fromkeys(tracks, Role.SNARE)))
    assert found.pairs == ()
    assert found.duplicates == ()


def test_the_number_of_comparisons_is_bounded(measure, tmp_path):
    one = measure(hits(0, 1.0, 8000), 8000)
    file = AudioFile(tmp_path / "x.wav", 8000, 1, 8000, "0")
    tracks = [SessionTrack(f"t{i}", (file,), 1, 8000, role=Role.SYNTH) for i in range(100)]
    tracks[30] = dataclasses.replace(tracks[30], role=Role.KICK)
    pairs = candidate_pairs(tracks, [one] * 100)
    assert len(pairs) == len(set(pairs)) == MOST_PAIRS
    assert all(first < second for first, second in pairs)
    assert pairs == candidate_pairs(tracks, [one] * 100)


def load(folder, roles: dict[str, Role]) -> Session:
    tracks = []
    for path in sorted(folder.iterdir()):
        role = next((role for part, role in roles.items() if part in path.stem), None)
        if role is None or path.suffix != ".flac":
            continue
        info = soundfile.info(str(path))
        digest = hashlib.blake2b(path.read_bytes(), digest_size=16).hexdigest()
        file = AudioFile(path, info.samplerate, info.channels, info.frames, digest, info.subtype)
        tracks.append(SessionTrack(path.stem, (file,), info.channels, info.frames, role=role))
    return Session(folder.name, folder, tracks[0].files[0].sample_rate_hz, tuple(tracks))


KIT = {
    "Kick": Role.KICK,
    "Kdrum": Role.KICK,
    "Snare": Role.SNARE,
    "HiHat": Role.HIHAT,
    "Tom": Role.TOM,
    "OH": Role.OVERHEAD,
    "Amb": Role.ROOM,
    "Room": Role.ROOM,
    "Ride": Role.CYMBALS,
}


def test_the_planted_problems_of_the_example(example_session):
    """Bottom snare: inverted, 14 samples behind the top one. Overheads: 151 + 192 samples after the drum."""
    found = analyze(load(example_session, KIT))
    snare = pair_of(found, "03_Snare Top", "04_Snare Bot")
    assert snare.inverted
    assert snare.delay_samples == pytest.approx(14.0, abs=1.0)
    assert snare.correlation < -0.8
    kick = pair_of(found, "01_Kick In", "02_Kick Out")
    assert not kick.inverted
    assert kick.delay_samples == pytest.approx(58.0, abs=1.5)
    for side in "LR":
        overhead = pair_of(found, "03_Snare Top", f"07_OH {side}")
        assert not overhead.inverted
        assert overhead.delay_samples == pytest.approx(151 + 192 - 7, abs=1.0)


def test_real_drum_microphones(shared):
    """A real kit: the snare's bottom microphone is inverted and near; overheads hear the toms 2 to 3 ms late."""
    found = analyze(load(shared / "audio/songs/DrumMics_MuldjordKit_Groove_CC-BY", KIT))
    snare = pair_of(found, "Snare_top", "Snare_bottom")
    assert snare.inverted
    assert 0.0 < snare.delay_samples < 50.0
    tom = pair_of(found, "Tom1", "OHL")
    assert not tom.inverted
    assert 80.0 < tom.delay_samples < 130.0
    rooms = pair_of(found, "AmbL", "AmbR")
    assert not rooms.inverted
    assert abs(rooms.delay_samples) < 20.0
    for pair in found.pairs:
        if "Amb" in pair.first + pair.second and "Amb" not in (pair.first[:3] + pair.second[:3]):
            assert abs(pair.delay_samples) > 50.0


@pytest.mark.parametrize("song", ["MusicDelta_Beatles_CC-BY-NC-SA", "MusicDelta_Britpop_CC-BY-NC-SA"])
def test_instruments_recorded_apart_are_no_pairs(shared, song):
    """Every track compared with every other: players in one key and tempo, but not one source."""
    session = load(shared / "audio/songs" / song, {"": Role.ELECTRIC_GUITAR})
    assert len(session.tracks) == 8
    assert analyze(session).pairs == ()
