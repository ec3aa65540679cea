"""The sound confirms or contradicts the name, and says something where the name says nothing."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from scipy import signal

from bridge.sessions import confirm_roles, load_session
from bridge.sessions.sound import contradictions, guess, hear
from console.analysis import SessionAnalysis, TrackAnalysis, TrackAnalyzer, analyze
from console.session import Role, Session

RATE_HZ = 44_100
SECONDS = 12


def measured(data: np.ndarray) -> TrackAnalysis:
    analyzer = TrackAnalyzer(RATE_HZ, 1)
    analyzer.push(np.asarray(data, np.float32)[None])
    return analyzer.result()


def time_s() -> np.ndarray:
    return np.arange(SECONDS * RATE_HZ) / RATE_HZ


def struck(frequency_hz: float, decay_s: float, every_s: float, noise: float = 0.0) -> np.ndarray:
    """Decaying tones, or noise high-passed at the frequency, at even times."""
    length = int(RATE_HZ * min(every_s, decay_s * 8))
    at = np.arange(length) / RATE_HZ
    tone = np.sin(2 * np.pi * frequency_hz * at)
    rush = np.random.default_rng(0).standard_normal(length) * 0.3
    rush = signal.sosfilt(signal.butter(4, frequency_hz, "high", fs=RATE_HZ, output="sos"), rush)
    hit = ((1 - noise) * tone + noise * rush) * np.exp(-at / decay_s)
    hits = np.zeros(SECONDS * RATE_HZ)
    for start in np.arange(0, SECONDS - every_s, every_s):
        first = int(start * RATE_HZ)
        hits[first : first + length] += hit[: len(hits) - first]
    return 0.5 * hits


def sung() -> np.ndarray:
    """A gliding harmonic tone between 200 and 400 Hz with pauses."""
    pitch_hz = 300 + 80 * np.sin(2 * np.pi * 0.3 * time_s())
    phase = 2 * np.pi * np.cumsum(pitch_hz) / RATE_HZ
    tone = sum(np.sin(order * phase) / order for order in range(1, 9))
    return 0.1 * tone * (np.sin(2 * np.pi * 0.4 * time_s()) > -0.3)


SOUNDS = {
    "kick": lambda: struck(55, 0.08, 0.6),
    "hihat": lambda: struck(7_000, 0.03, 0.3, noise=1.0),
    "bass": lambda: 0.3 * np.sin(2 * np.pi * 60 * time_s()) * (0.8 + 0.2 * np.sin(time_s() * 9)),
    "voice": sung,
    "pad": lambda: 0.1 * np.sin(2 * np.pi * 440 * time_s()) * (1 - np.exp(-time_s())),
    "click": lambda: struck(1_200, 0.01, 0.5),
}


@pytest.fixture(scope="module")
def sounds() -> dict[str, TrackAnalysis]:
    return {name: measured(make()) for name, make in SOUNDS.items()}


@pytest.mark.parametrize(
    ("sound", "role"),
    [
        ("kick", Role.KICK),
        ("hihat", Role.HIHAT),
        ("bass", Role.BASS),
        ("voice", Role.LEAD_VOCAL),
        ("voice", Role.ELECTRIC_GUITAR),
        ("pad", Role.PAD),
        ("click", Role.CLICK),
    ],
)
def test_fitting_sound_contradicts_nothing(sounds: dict[str, TrackAnalysis], sound: str, role: Role) -> None:
    assert contradictions(role, hear(sounds[sound])) == ()


@pytest.mark.parametrize(
    ("sound", "role"),
    [
        ("hihat", Role.KICK),
        ("hihat", Role.BASS),
        ("hihat", Role.LEAD_VOCAL),
        ("kick", Role.HIHAT),
        ("kick", Role.LEAD_VOCAL),
        ("bass", Role.SNARE),
        ("bass", Role.BACKING_VOCAL),
        ("pad", Role.KICK),
        ("pad", Role.OVERHEAD),
        ("voice", Role.KICK),
        ("bass", Role.ACOUSTIC_GUITAR),
    ],
)
def test_other_sound_contradicts(sounds: dict[str, TrackAnalysis], sound: str, role: Role) -> None:
    assert contradictions(role, hear(sounds[sound])) != ()


@pytest.mark.parametrize(("sound", "role"), [("kick", Role.KICK), ("hihat", Role.HIHAT), ("bass", Role.BASS)])
def test_guess(sounds: dict[str, TrackAnalysis], sound: str, role: Role) -> None:
    found, confidence = guess(hear(sounds[sound]))
    assert (found, confidence < 0.6) == (role, True)


def test_only_the_click_clicks(sounds: dict[str, TrackAnalysis]) -> None:
    assert [name for name, item in sounds.items() if guess(hear(item))[0] is Role.CLICK] == ["click"]


@pytest.mark.parametrize("how", ["jitter", "gap", "levels"])
def test_what_a_person_plays_is_no_click(how: str) -> None:
    random = np.random.default_rng(1)
    hits = struck(1_200, 0.01, 0.5)
    if how == "jitter":
        hits = np.concatenate(
            [np.roll(part, random.integers(0, 15_000)) for part in np.array_split(hits, 24)]
        )
    elif how == "gap":
        hits[RATE_HZ * 3 : RATE_HZ * 8] = 0
    else:
        hits *= np.repeat(random.uniform(0.3, 1.0, 24), len(hits) // 24)
    assert guess(hear(measured(hits)))[0] is not Role.CLICK


def session_of(tmp_path: Path, **tracks: np.ndarray) -> Session:
    for name, data in tracks.items():
        sf.write(tmp_path / f"{name.replace('_', ' ')}.wav", data, RATE_HZ, subtype="FLOAT")
    return load_session([tmp_path])


def test_confirming_a_session(tmp_path: Path) -> None:
    session = session_of(
        tmp_path,
        Kick=SOUNDS["hihat"](),
        HiHat=SOUNDS["hihat"](),
        Lead_Vox=SOUNDS["voice"](),
        Xyzzy=SOUNDS["bass"](),
        Ticks_Untold=SOUNDS["click"](),
        Snare=np.zeros(SECONDS * RATE_HZ),
    )
    confirmed = confirm_roles(session, analyze(session))
    tracks = {track.id: track for track in confirmed.tracks}
    assert tracks["Kick"].role is Role.KICK
    assert tracks["Kick"].role_confidence < 0.6
    assert tracks["HiHat"].role_confidence > 0.95
    assert tracks["Lead Vox"] == session.track("Lead Vox")
    assert (tracks["Xyzzy"].role, tracks["Xyzzy"].role_confidence < 0.6) == (Role.BASS, True)
    assert (tracks["Ticks Untold"].role, tracks["Ticks Untold"].included) == (Role.CLICK, False)
    assert tracks["Snare"] == session.track("Snare")
    said = {item.tracks: item for item in confirmed.findings if item.code == "role-uncertain"}
    assert set(said) == {("Kick",), ("Xyzzy",)}
    assert "kick with a confidence of 0.57 (it has too little below 200 Hz" in said[("Kick",)].text
    assert said[("Kick",)].figures["confidence"] == tracks["Kick"].role_confidence
    assert [item.tracks for item in confirmed.findings if item.code == "click"] == [("Ticks Untold",)]


def test_confirming_twice_changes_nothing(tmp_path: Path) -> None:
    session = session_of(tmp_path, Kick=SOUNDS["pad"](), Xyzzy=SOUNDS["click"](), Bass=SOUNDS["bass"]())
    analysis = analyze(session)
    once = confirm_roles(session, analysis)
    assert once != session
    assert confirm_roles(once, analysis) == once


def test_given_roles_stay(tmp_path: Path) -> None:
    session = session_of(tmp_path, Kick=SOUNDS["hihat"](), Xyzzy=SOUNDS["click"]())
    given = replace(session, tracks=tuple(replace(track, role_confidence=1.0) for track in session.tracks))
    assert confirm_roles(given, analyze(given)) == given


def test_tracks_without_an_analysis_stay(tmp_path: Path) -> None:
    session = session_of(tmp_path, Kick=SOUNDS["hihat"](), Bass=SOUNDS["bass"]())
    analysis = analyze(session)
    nothing = SessionAnalysis(tracks=type(analysis.tracks)({}), sum=analysis.sum)
    assert confirm_roles(session, nothing).tracks == session.tracks


SONGS = [
    "DrumMics_MuldjordKit_Groove_CC-BY",
    "EIF_Francium_CC0",
    "LMMS_SkiessiOnion_CC-BY-SA4",
    "MIDI_Freedoom_dm05_BSD",
    "MusicDelta_Beatles_CC-BY-NC-SA",
    "MusicDelta_Britpop_CC-BY-NC-SA",
    "MusicDelta_Reggae_CC-BY-NC-SA",
    "MusicDelta_Rock_CC-BY-NC-SA",
    "Tracker_FrozenBubble2p_GPL2",
]


@pytest.mark.parametrize("song", SONGS)
def test_real_stems_do_not_contradict_their_names(shared: Path, song: str) -> None:
    session = load_session([shared / "audio/songs" / song])
    confirmed = confirm_roles(session, analyze(session))
    for before, after in zip(session.tracks, confirmed.tracks, strict=True):
        if before.role_confidence >= 0.6:
            assert after.role is before.role
            assert after.role_confidence >= before.role_confidence
        elif before.role is Role.OTHER:
            assert after.role_confidence < 0.6
        assert after.included == before.included


@pytest.mark.parametrize("song", ["DrumMics_MuldjordKit_Groove_CC-BY", "MusicDelta_Rock_CC-BY-NC-SA"])
def test_real_stems_without_their_names(shared: Path, tmp_path: Path, song: str) -> None:
    session = load_session([shared / "audio/songs" / song])
    analysis = analyze(session)
    wrong = {Role.KICK, Role.BASS, Role.HIHAT, Role.CYMBALS, Role.DRUMS}
    for track in session.included:
        role, confidence = guess(hear(analysis.tracks[track.id]))
        assert confidence < 0.6
        melodic = track.role in {Role.LEAD_VOCAL, Role.ELECTRIC_GUITAR}
        assert not (melodic and role in wrong)


def test_example_session(example_session: Path) -> None:
    session = load_session([example_session])
    confirmed = confirm_roles(session, analyze(session))
    assert [item for item in confirmed.findings if item.code == "role-uncertain"] == []
    assert guess(hear(analyze(session).tracks["18_Click"]))[0] is Role.CLICK
