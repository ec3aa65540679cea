"""Sessions and mixes for the Ardour tests, and comparisons of what was written with what is read."""

from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st
from reaper_cases import audio

from console.frozen import FrozenMap
from console.mix import Automation, Mix
from console.params import PARAMS, ParamSpec
from console.session import Session, SessionTrack

#: Every set of plugins that a session can be written with.
CHOICES: tuple[dict[str, str], ...] = (
    {"equalizer": "lsp", "gate": "mixbridge", "limiter": "dpl"},
    {"equalizer": "fil4", "gate": "ace", "limiter": "lsp"},
    {"equalizer": "ace", "gate": "mixbridge", "limiter": "none"},
)


@st.composite
def sessions_for(draw: st.DrawFn, mix: Mix) -> Session:
    """A session whose tracks are the mix's: mono, stereo, a pair or empty, from any start."""
    root = Path("song")
    tracks = []
    for index, strip in enumerate(mix.tracks):
        shape = draw(st.sampled_from(("mono", "stereo", "pair", "empty")))
        names = {"pair": 2, "empty": 0}.get(shape, 1)
        channels = 1 if shape == "mono" else 2
        files = tuple(
            audio(root / f"{index} {side}.wav", 2 if shape == "stereo" else 1) for side in range(names)
        )
        start = draw(st.integers(0, 10_000_000))
        tracks.append(SessionTrack(strip.id, files, channels, draw(st.integers(10**6, 10**8)), start))
    return Session(draw(st.text(max_size=8)), root, mix.sample_rate_hz, tuple(tracks))


def level_at(moves: tuple[tuple[float, float], ...], time_s: float) -> float:
    """The level in dB of moves at a time."""
    before = max((move for move in moves if move[0] <= time_s), default=moves[0])
    after = min((move for move in moves if move[0] >= time_s), default=moves[-1])
    if after[0] == before[0]:
        return before[1]
    return before[1] + (time_s - before[0]) / (after[0] - before[0]) * (after[1] - before[1])


def assert_alike(ours: Any, theirs: Any, where: str = "mix") -> None:
    """Equal but for the last digits of 32-bit numbers; moving faders by their curves."""
    if isinstance(ours, Automation):
        assert bool(ours.fader_db) == bool(theirs.fader_db), where
        for time_s, _ in (*ours.fader_db, *theirs.fader_db):
            if any(abs(time_s - other) < 1e-3 for other, _ in ours.fader_db if other != time_s):
                continue  # steep steps may differ by a microsecond
            level_db = level_at(ours.fader_db, time_s)
            assert level_db == pytest.approx(level_at(theirs.fader_db, time_s), abs=0.01), where
    elif is_dataclass(ours):
        assert type(ours) is type(theirs), where
        for item in fields(ours):
            assert_alike(getattr(ours, item.name), getattr(theirs, item.name), f"{where}.{item.name}")
    elif isinstance(ours, FrozenMap):
        assert set(ours) == set(theirs), where
        for key in ours:
            assert_alike(ours[key], theirs[key], f"{where}.{key}")
    elif isinstance(ours, tuple):
        assert len(ours) == len(theirs), where
        for index, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            assert_alike(one, other, f"{where}.{index}")
    elif isinstance(ours, float):
        assert ours == pytest.approx(theirs, rel=3e-6, abs=3e-5), where
    else:
        assert ours == theirs, where


def on_steps(value: Any) -> Any:
    """The same value with every knob at the step that a user sees."""
    if is_dataclass(value) and not isinstance(value, type):
        changes: dict[str, Any] = {}
        for item in fields(value):
            if not item.init or item.name == "reasons":
                continue
            held = getattr(value, item.name)
            row: ParamSpec | None = PARAMS.get(item.metadata.get("param", ""))
            changes[item.name] = row.quantise(held) if row else on_steps(held)
        return type(value)(**changes)
    if isinstance(value, FrozenMap):
        row = PARAMS["strip.send_db"]
        return FrozenMap({key: row.quantise(level) for key, level in value.items()})
    if isinstance(value, tuple):
        return tuple(on_steps(item) for item in value)
    return value
