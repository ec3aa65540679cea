"""What the checks find, in which words, in which order."""

import dataclasses

import numpy as np
import pytest

from console.analysis import analyze, check
from console.session import Finding, Role, Severity

RATE_HZ = 16000


def noise(seed: int, seconds: float = 6.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    n = round(seconds * RATE_HZ)
    beat = np.exp(-12.0 * (np.arange(n) % 5003) / RATE_HZ)
    return 0.1 * beat * rng.standard_normal(n)


def late(audio: np.ndarray, ms: float) -> np.ndarray:
    count = round(ms * 1e-3 * RATE_HZ)
    return np.concatenate((np.zeros(count), audio[: len(audio) - count]))


def codes(session):
    return [(finding.code, finding.tracks) for finding in check(session, analyze(session))]


def test_a_clean_session_has_no_findings(make_session):
    assert codes(make_session({"a": noise(0), "b": np.stack((noise(1), noise(2)))}, RATE_HZ)) == []


def test_every_track_problem(make_session):
    broken = noise(3)
    broken[100] = np.nan
    tracks = {
        "dual": np.stack((noise(0), noise(0))),
        "offset": noise(1) + 0.01,
        "hot": np.clip(30.0 * noise(2), -1.0, 1.0),
        "silent": np.zeros(16000),
        "click": noise(4),
        "broken": broken,
    }
    session = make_session(tracks, RATE_HZ, roles={"click": Role.CLICK})
    assert codes(session) == [
        ("nonfinite", ("broken",)),
        ("silent", ("silent",)),
        ("click", ("click",)),
        ("clipping", ("hot",)),
        ("dc", ("offset",)),
        ("dual-mono", ("dual",)),
    ]
    for finding in check(session, analyze(session)):
        assert repr(finding.tracks[0]) in finding.text
        assert all(np.isfinite(value) for value in finding.figures.values())
        assert finding.figures


def test_figures_and_severity(make_session):
    session = make_session({"offset": noise(1) - 0.02, "hot": np.clip(30.0 * noise(2), -1.0, 1.0)}, RATE_HZ)
    hot, offset = check(session, analyze(session))
    assert offset.figures["offset"] == pytest.approx(-0.02, abs=0.001)
    assert "−2.0" in offset.text
    assert hot.severity is Severity.WARNING
    assert hot.figures["runs"] > 10.0


def test_flat_tops_below_full_scale_are_only_noted(make_session):
    session = make_session({"soft": 0.5 * np.clip(8.0 * noise(2), -1.0, 1.0)}, RATE_HZ)
    (finding,) = check(session, analyze(session))
    assert (finding.code, finding.severity) == ("clipping", Severity.NOTE)


def test_a_square_wave_is_no_overload(make_session):
    square = 0.5 * np.where(np.arange(6 * RATE_HZ) % 100 < 50, 1.0, -1.0)
    assert codes(make_session({"chip": square}, RATE_HZ)) == []


def test_polarity_and_late_microphones(make_session):
    source = noise(5)
    tracks = {
        "bottom": -0.7 * late(source, 0.5),
        "top": source,
        "overhead": 0.5 * late(source, 7.0),
        "near overhead": 0.5 * late(source, 3.0),
        "kick": noise(6),
        "kick 2": late(noise(6), 4.0),
    }
    roles = {"bottom": Role.SNARE, "top": Role.SNARE, "kick": Role.KICK, "kick 2": Role.KICK}
    roles |= {"overhead": Role.OVERHEAD, "near overhead": Role.OVERHEAD}
    session = make_session(tracks, RATE_HZ, roles=roles)
    session = dataclasses.replace(
        session,
        tracks=tuple(
            dataclasses.replace(track, detail=track.id if track.role is Role.SNARE else "")
            for track in session.tracks
        ),
    )
    found = check(session, analyze(session))
    assert [finding.code for finding in found] == ["polarity", "late-microphone", "late-microphone"]
    polarity, kick, overhead = found[0], *sorted(found[1:], key=lambda finding: finding.tracks[1])
    assert polarity.tracks == ("top", "bottom")
    assert polarity.figures["correlation"] == pytest.approx(-1.0, abs=0.02)
    assert kick.tracks == ("kick", "kick 2")
    assert kick.figures["delay_ms"] == pytest.approx(4.0, abs=0.1)
    assert overhead.tracks[1] == "overhead"
    assert overhead.figures["delay_ms"] == pytest.approx(7.0, abs=0.6)


def test_duplicates_are_no_polarity_problem(make_session):
    session = make_session(
        {"a": noise(7), "b": -0.5 * noise(7)}, RATE_HZ, roles={"a": Role.KEYS, "b": Role.KEYS}
    )
    (finding,) = check(session, analyze(session))
    assert (finding.code, finding.tracks) == ("duplicate", ("a", "b"))
    assert finding.figures["level_db"] == pytest.approx(-6.02, abs=0.05)


def test_what_is_known_is_not_said_twice(make_session):
    session = make_session({"a": noise(0), "metronome": noise(1)}, RATE_HZ, roles={"metronome": Role.CLICK})
    assert codes(session) == [("click", ("metronome",))]
    known = dataclasses.replace(session, findings=(Finding("click", "By its name.", ("metronome",)),))
    assert codes(known) == []


def test_the_order_is_the_sessions(make_session):
    tracks = {name: np.zeros(8000) for name in "cab"}
    assert [tracks for _, tracks in codes(make_session(tracks, RATE_HZ))] == [("c",), ("a",), ("b",)]
