"""How the controller reads tracks: the same from several threads, with few files open."""

import dataclasses

import numpy as np
import pytest
from controller_cases import write_session

from bridge.sessions import load_session
from console.estimators.controller.listening import listen
from console.session import SessionTrack
from console.session.reader import TrackReader


@pytest.fixture(scope="module")
def tracks(tmp_path_factory: pytest.TempPathFactory) -> tuple[SessionTrack, ...]:
    """Stems long enough for windows to be chosen, (1, 2 channels)."""
    names = tuple(f"{number}.wav" for number in range(6))
    return load_session(
        [write_session(tmp_path_factory.mktemp("long"), names, rate=8_000, seconds=40.0)]
    ).included


def test_threads_change_nothing(tracks: tuple[SessionTrack, ...]) -> None:
    one, other = listen(tracks, 8_000)[1], listen(tracks, 8_000, threads=4)[1]
    for item in dataclasses.fields(one):
        np.testing.assert_array_equal(getattr(one, item.name), getattr(other, item.name))


@pytest.mark.parametrize("threads", [1, 3])
def test_few_files_are_open_at_a_time(
    tracks: tuple[SessionTrack, ...], threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: set[TrackReader] = set()
    most = []
    read, release = TrackReader.read, TrackReader.release

    def counted(self: TrackReader, samples: int) -> object:
        held.add(self)
        most.append(len(held))
        return read(self, samples)

    def released(self: TrackReader) -> None:
        held.discard(self)
        release(self)

    monkeypatch.setattr(TrackReader, "read", counted)
    monkeypatch.setattr(TrackReader, "release", released)
    listen(tracks, 8_000, threads=threads)
    # The last ones of the first look stay open until the second comes by.
    assert max(most) <= 2 * threads
    assert not held
