"""The sound confirms or contradicts the name, and says something where the name says nothing."""

import sys
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
import soxr
from scipy import signal

from bridge.sessions import confirm, confirm_roles, hearing, load_session
from bridge.sessions.sound import clicks, contradictions, hear
from console.analysis import SessionAnalysis, TrackAnalysis, TrackAnalyzer, analyze
from console.errors import SessionError
from console.models.roles import class_names, class_of
from console.session import Role, Session, SessionTrack
from console.session.roles import DRUM_ROLES, VOCAL_ROLES

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


def test_only_the_click_clicks(sounds: dict[str, TrackAnalysis]) -> None:
    assert [name for name, item in sounds.items() if clicks(hear(item))] == ["click"]


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
    assert not clicks(hear(measured(hits)))


def session_of(tmp_path: Path, **tracks: np.ndarray) -> Session:
    for name, data in tracks.items():
        sf.write(tmp_path / f"{name.replace('_', ' ')}.wav", data, RATE_HZ, subtype="FLOAT")
    return load_session([tmp_path])


#: What the ears are made to hear in the sounds of this file; nothing is certain.
HEARD = {
    "kick": "kick",
    "hihat": "hihat",
    "bass": "bass",
    "voice": "vocal",
    "pad": "synth",
    "click": "percussion",
}


@pytest.fixture
def ears(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A network that hears in each track, by its id, what this dictionary says; fill it in."""
    what: dict[str, str] = {}

    def chances(tracks: Sequence[SessionTrack], *_: object, **__: object) -> dict[str, np.ndarray]:
        return {
            track.id: np.array([0.9 if name == HEARD[what[track.id]] else 0.1 / 17 for name in class_names()])
            for track in tracks
        }

    monkeypatch.setattr(confirm, "sound_chances", chances)
    return what


def made(tmp_path: Path, ears: dict[str, str], **tracks: str) -> Session:
    """A session whose tracks have these sounds, and ears that hear them."""
    ears |= {name.replace("_", " "): sound for name, sound in tracks.items()}
    return session_of(tmp_path, **{name: SOUNDS[sound]() for name, sound in tracks.items()})


def test_confirming_a_session(tmp_path: Path, ears: dict[str, str]) -> None:
    session = made(
        tmp_path,
        ears,
        Kick="hihat",
        HiHat="hihat",
        Lead_Vox="voice",
        Xyzzy="bass",
        Ticks_Untold="click",
        Snare="kick",
        Click="click",
    )
    sf.write(tmp_path / "Snare.wav", np.zeros(SECONDS * RATE_HZ), RATE_HZ, subtype="FLOAT")
    session = load_session([tmp_path])
    confirmed = confirm_roles(session, analyze(session))
    tracks = {track.id: track for track in confirmed.tracks}
    assert tracks["Kick"].role is Role.KICK
    assert tracks["Kick"].role_confidence < 0.6
    assert tracks["HiHat"].role_confidence > 0.95
    assert tracks["Lead Vox"].role is Role.LEAD_VOCAL
    assert tracks["Lead Vox"].role_confidence > 0.95
    assert (tracks["Xyzzy"].role, tracks["Xyzzy"].role_confidence < 0.6) == (Role.BASS, True)
    assert (tracks["Ticks Untold"].role, tracks["Ticks Untold"].included) == (Role.CLICK, False)
    assert tracks["Snare"] == session.track("Snare")
    assert tracks["Click"] == session.track("Click")
    said = {item.tracks: item for item in confirmed.findings if item.code == "role-uncertain"}
    assert set(said) == {("Kick",), ("Xyzzy",)}
    assert "(it sounds like a hi-hat; it has too little below 200 Hz" in said[("Kick",)].text
    assert "(by its sound alone)" in said[("Xyzzy",)].text
    assert said[("Kick",)].figures["confidence"] == tracks["Kick"].role_confidence
    clicking = [item.tracks for item in confirmed.findings if item.code == "click"]
    assert clicking == [("Click",), ("Ticks Untold",)]


def test_confirming_twice_changes_nothing(tmp_path: Path, ears: dict[str, str]) -> None:
    session = made(tmp_path, ears, Kick="pad", Xyzzy="click", Bass="bass", A1="voice", A2="voice")
    analysis = analyze(session)
    once = confirm_roles(session, analysis)
    assert once != session
    assert max(track.role_confidence for track in once.tracks) <= 0.99  # 1 is for roles that were given
    assert confirm_roles(once, analysis) == once


def test_the_ear_alone_does_not_doubt_a_sure_name(tmp_path: Path, ears: dict[str, str]) -> None:
    """A pad that is called a voice, and might be one by its spectrum."""
    session = made(tmp_path, ears, Vox="voice")
    ears["Vox"] = "pad"
    confirmed = confirm_roles(session, analyze(session))
    assert (confirmed.tracks[0].role, confirmed.tracks[0].role_confidence) == (Role.LEAD_VOCAL, 0.6)
    assert confirmed.findings == session.findings


def test_of_voices_that_nobody_named_one_leads(tmp_path: Path, ears: dict[str, str]) -> None:
    session = made(tmp_path, ears, A1="voice", A2="voice", A3="bass")
    roles = [track.role for track in confirm_roles(session, analyze(session)).tracks]
    assert sorted(roles) == [Role.BACKING_VOCAL, Role.BASS, Role.LEAD_VOCAL]


def test_where_one_leads_the_others_back(tmp_path: Path, ears: dict[str, str]) -> None:
    session = made(tmp_path, ears, Lead_Vox="voice", A2="voice")
    roles = [track.role for track in confirm_roles(session, analyze(session)).tracks]
    assert roles == [Role.BACKING_VOCAL, Role.LEAD_VOCAL]


def test_given_roles_stay(tmp_path: Path, ears: dict[str, str]) -> None:
    session = made(tmp_path, ears, Kick="hihat", Xyzzy="click")
    given = replace(session, tracks=tuple(replace(track, role_confidence=1.0) for track in session.tracks))
    assert confirm_roles(given, analyze(given)) == given


def test_tracks_without_an_analysis_stay(tmp_path: Path, ears: dict[str, str]) -> None:
    session = made(tmp_path, ears, Kick="hihat", Bass="bass")
    analysis = analyze(session)
    nothing = SessionAnalysis(tracks=type(analysis.tracks)({}), sum=analysis.sum)
    assert confirm_roles(session, nothing).tracks == session.tracks


@pytest.mark.parametrize("how", ["not wanted", "no ONNX Runtime"])
def test_without_ears(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    """By names and a few figures: what does not fit lowers the confidence, and nothing is guessed but a click."""
    monkeypatch.setattr(confirm, "sound_chances", None)
    if how != "not wanted":
        monkeypatch.setitem(sys.modules, "onnxruntime", None)
    names = {"Kick": "hihat", "Bass": "bass", "Xyzzy": "bass", "Ticks": "click"}
    session = session_of(tmp_path, **{name: SOUNDS[sound]() for name, sound in names.items()})
    analysis = analyze(session)
    confirmed = confirm_roles(session, analysis, listen=how != "not wanted")
    tracks = {track.id: track for track in confirmed.tracks}
    assert (tracks["Kick"].role, tracks["Kick"].role_confidence) == (Role.KICK, pytest.approx(0.57))
    assert tracks["Bass"] == session.track("Bass")
    assert (tracks["Xyzzy"].role, tracks["Xyzzy"].role_confidence) == (Role.OTHER, 0.3)
    assert (tracks["Ticks"].role, tracks["Ticks"].included) == (Role.CLICK, False)
    notes = [item for item in confirmed.findings if item.code == "roles-by-name"]
    assert len(notes) == (how != "not wanted")
    assert confirm_roles(confirmed, analysis, listen=how != "not wanted") == confirmed


def test_a_file_that_is_gone_is_told(tmp_path: Path) -> None:
    session = session_of(tmp_path, Xyzzy=SOUNDS["bass"]())
    analysis = analyze(session)
    (tmp_path / "Xyzzy.wav").unlink()
    with pytest.raises(SessionError, match="Xyzzy"):
        confirm_roles(session, analysis)


@pytest.mark.parametrize("rate_hz", [8_000, 48_000, 192_000])
def test_ears_hear_the_same_at_any_rate_and_place(tmp_path: Path, rate_hz: int) -> None:
    """A stem at another rate, later and at another level, with broken samples beside it, on the real network."""
    sound = signal.sosfilt(signal.butter(8, 3_000, fs=RATE_HZ, output="sos"), SOUNDS["voice"]())
    other = soxr.resample(sound, RATE_HZ, rate_hz, quality="VHQ")
    sf.write(tmp_path / "A1.wav", 0.5 * sound, RATE_HZ, subtype="FLOAT")
    late = np.concatenate((np.zeros(3 * rate_hz), other, [np.nan] * 10))
    sf.write(tmp_path / "A2.wav", np.stack((late, late), axis=1), rate_hz, subtype="FLOAT")
    session = load_session([tmp_path])
    analysis = analyze(session)
    heard = hearing.sound_chances(session.tracks, analysis.tracks, session.sample_rate_hz, threads=1)
    np.testing.assert_allclose(heard["A1"], heard["A2"], atol=0.08)
    alone = hearing.sound_chances(session.tracks[:1], analysis.tracks, session.sample_rate_hz)
    np.testing.assert_allclose(alone["A1"], heard["A1"], atol=1e-6)
    assert heard["A1"].sum() == pytest.approx(1.0, abs=1e-5)


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


@cache
def heard(folder: Path) -> tuple[Session, SessionAnalysis]:
    """A real session and its analysis, made once."""
    session = load_session([folder])
    return session, analyze(session)


@pytest.mark.parametrize("song", SONGS)
def test_real_stems_keep_the_roles_of_their_names(shared: Path, song: str) -> None:
    session, analysis = heard(shared / "audio/songs" / song)
    confirmed = confirm_roles(session, analysis)
    for before, after in zip(session.tracks, confirmed.tracks, strict=True):
        if before.role_confidence >= 0.6:
            assert after.role is before.role
            assert after.role_confidence >= 0.6
        elif before.role is Role.OTHER:
            assert after.role_confidence < 0.6
        assert after.included == before.included


SUNG = {"Beatles": 2, "Britpop": 2, "Reggae": 1, "Rock": 1}


@pytest.mark.parametrize("song", SUNG)
def test_no_lead_vocal_is_taken_for_drums_or_bass(shared: Path, song: str) -> None:
    """By name, by sound and by both; singers that the network has never heard (docs/roles.md has the tables)."""
    session, analysis = heard(shared / f"audio/songs/MusicDelta_{song}_CC-BY-NC-SA")
    hidden = {track.id: f"Audio {index}" for index, track in enumerate(session.tracks)}
    nameless = replace(session, tracks=tuple(replace(track, id=hidden[track.id]) for track in session.tracks))
    unknown = replace(
        analysis, tracks=type(analysis.tracks)({hidden[k]: v for k, v in analysis.tracks.items()})
    )
    by_sound = confirm_roles(nameless, unknown)
    both = confirm_roles(session, analysis)
    singers = [track.id for track in session.tracks if "singer" in track.id]
    assert len(singers) == SUNG[song]
    for name in singers:
        assert session.track(name).role in VOCAL_ROLES
        assert both.track(name).role in VOCAL_ROLES
        assert by_sound.track(hidden[name]).role not in DRUM_ROLES | {Role.BASS}


@pytest.mark.parametrize("song", ["DrumMics_MuldjordKit_Groove_CC-BY", "MusicDelta_Rock_CC-BY-NC-SA"])
def test_real_stems_without_their_names(shared: Path, song: str) -> None:
    """What the ears are surest of has the right family: a kit's microphones are drums, a band's tracks are not."""
    session, analysis = heard(shared / "audio/songs" / song)
    some = [track for track in session.included if not analysis.tracks[track.id].silent]
    for name, chances in hearing.sound_chances(some, analysis.tracks, session.sample_rate_hz).items():
        role = session.track(name).role
        kind = class_names()[int(np.argmax(chances))]
        if role is not Role.OTHER:
            assert (kind in {class_names()[class_of(item)] for item in DRUM_ROLES}) == (role in DRUM_ROLES)


def test_example_session(example_session: Path) -> None:
    session = load_session([example_session])
    analysis = analyze(session)
    confirmed = confirm_roles(session, analysis)
    assert [track.role for track in confirmed.tracks] == [track.role for track in session.tracks]
    assert [item for item in confirmed.findings if item.code == "role-uncertain"] == []
    assert clicks(hear(analysis.tracks["18_Click"]))
