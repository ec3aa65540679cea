"""What the tests of every format share that write a mix and read it back: sessions for it, steps, and likeness."""

from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import strategies as st

from console.frozen import FrozenMap
from console.mix import Automation, Mix
from console.params import PARAMS, ParamSpec
from console.session import AudioFile, Session, SessionTrack

FILE_RATE_HZ, FILE_SECONDS = 48_000, 3


@st.composite
def sessions_for(draw: st.DrawFn, mix: Mix, shortest: int = 0) -> Session:
    """A session whose tracks are the mix's: mono, stereo, a pair or without audio, from any start.

    The tracks' audio lasts at least `shortest` samples; its files are not there.
    """
    root = Path("song")
    tracks = []
    for index, strip in enumerate(mix.tracks):
        shape = draw(st.sampled_from(("mono", "stereo", "pair", "empty")))
        count = {"pair": 2, "empty": 0}.get(shape, 1)
        files = tuple(
            _file(root / f"{index} {side}.wav", 2 if shape == "stereo" else 1) for side in range(count)
        )
        start = draw(st.integers(0, 10_000_000))
        channels = 1 if shape == "mono" else 2
        tracks.append(SessionTrack(strip.id, files, channels, draw(st.integers(shortest, 10**8)), start))
    return Session(draw(st.text(max_size=8)), root, mix.sample_rate_hz, tuple(tracks))


def _file(path: Path, channels: int) -> AudioFile:
    return AudioFile(path, FILE_RATE_HZ, channels, FILE_SECONDS * FILE_RATE_HZ, "00")


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


def level_at(moves: tuple[tuple[float, float], ...], time_s: float) -> float:
    """The level in dB of moves at a time."""
    before = max((move for move in moves if move[0] <= time_s), default=moves[0])
    after = min((move for move in moves if move[0] >= time_s), default=moves[-1])
    if after[0] == before[0]:
        return before[1]
    return before[1] + (time_s - before[0]) / (after[0] - before[0]) * (after[1] - before[1])


def assert_same_curve(ours: Automation, theirs: Automation, where: str = "mix") -> None:
    """Moves of a fader with the same level at all times, to 0.01 dB, whatever their points."""
    assert bool(ours.fader_db) == bool(theirs.fader_db), where
    for time_s, _ in (*ours.fader_db, *theirs.fader_db):
        if any(abs(time_s - other) < 1e-3 for other, _ in ours.fader_db if other != time_s):
            continue  # steep steps may differ by a microsecond
        level_db = level_at(ours.fader_db, time_s)
        assert level_db == pytest.approx(level_at(theirs.fader_db, time_s), abs=0.01), where


def assert_alike(
    ours: Any, theirs: Any, where: str = "mix", *, within: float = 1e-9, rel: float | None = None
) -> None:
    """Equal, numbers `within` so much or `rel` of their size (`within` by default); moving faders by their curves."""
    if isinstance(ours, Automation):
        assert_same_curve(ours, theirs, where)
    elif is_dataclass(ours):
        assert type(ours) is type(theirs), where
        for item in fields(ours):
            one, other = getattr(ours, item.name), getattr(theirs, item.name)
            assert_alike(one, other, f"{where}.{item.name}", within=within, rel=rel)
    elif isinstance(ours, FrozenMap):
        assert set(ours) == set(theirs), where
        for key in ours:
            assert_alike(ours[key], theirs[key], f"{where}.{key}", within=within, rel=rel)
    elif isinstance(ours, tuple):
        assert len(ours) == len(theirs), where
        for index, (one, other) in enumerate(zip(ours, theirs, strict=True)):
            assert_alike(one, other, f"{where}.{index}", within=within, rel=rel)
    elif isinstance(ours, float):
        assert ours == pytest.approx(theirs, rel=within if rel is None else rel, abs=within), where
    else:
        assert ours == theirs, where
