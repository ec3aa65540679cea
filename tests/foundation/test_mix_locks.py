"""Locks: what the engineer fixed stays to the bit, whatever is proposed."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import mixes

from console.errors import ParamError
from console.frozen import FrozenMap
from console.mix import (
    Bus,
    BusKind,
    Compressor,
    Delay,
    Equalizer,
    Master,
    Mix,
    Reverb,
    TrackStrip,
    diff,
    keep_locked,
)
from console.mix.strip import Module

IDS = {"track_ids": ("a", "b"), "group_ids": ("drums",), "fx_ids": ("room",)}
LOCKS = st.lists(
    st.sampled_from(
        (
            "pan",
            "fader_db",
            "equalizer",
            "compressor.ratio",
            "gate",
            "sends",
            "output",
            "muted",
            "input.delay_ms",
            "all",
        )
    ),
    min_size=1,
    max_size=3,
    unique=True,
)


def _at(value: Module, path: str) -> object:
    for name in path.split("."):
        value = getattr(value, name)
    return value


@given(mixes(**IDS), mixes(**IDS), LOCKS)
@settings(max_examples=60, deadline=None)
def test_locked_values_stay_and_the_others_are_the_proposals(
    base: Mix, proposed: Mix, locks: list[str]
) -> None:
    base = replace(
        base, tracks=(replace(base.tracks[0], locked=tuple(locks)), replace(base.tracks[1], locked=()))
    )
    kept = keep_locked(base, proposed)
    locked = kept.track("a")
    if "all" in locks:
        assert {
            c for c in diff(base, kept) if c.path.startswith("tracks.a.") and c.path != "tracks.a.role"
        } == set()
    else:
        for lock in locks:
            assert repr(_at(locked, lock)) == repr(_at(base.track("a"), lock))
        changed = {change.path.removeprefix("tracks.a.") for change in diff(proposed, kept)}
        assert all(any(path == lock or path.startswith(f"{lock}.") for lock in locks) for path in changed)
    assert locked.locked == tuple(locks)
    assert kept.track("b") == proposed.track("b")
    assert kept.master == replace(proposed.master, locked=base.master.locked)


BASE = Mix(
    48_000,
    tracks=(TrackStrip("Lead Vox", pan=0.1, locked=("all",), output="vox", sends=FrozenMap({"room": -9.0})),),
    buses=(Bus("vox"), Bus("room", BusKind.FX, reverb=Reverb(decay_s=2.0))),
)


def test_a_locked_strip_that_was_dropped_comes_back_with_its_buses() -> None:
    kept = keep_locked(BASE, Mix(48_000, (TrackStrip("Kick"),)))
    assert [track.id for track in kept.tracks] == ["Kick", "Lead Vox"]
    assert kept.track("Lead Vox") == BASE.tracks[0]
    assert kept.buses == BASE.buses


def test_the_identity_of_a_strip_is_the_proposals() -> None:
    proposed = replace(
        BASE, tracks=(TrackStrip("Lead Vox", role="lead_vocal", role_confidence=0.9, pan=-1.0),)
    )
    kept = keep_locked(BASE, proposed).tracks[0]
    assert (kept.role, kept.role_confidence, kept.pan) == ("lead_vocal", 0.9, 0.1)


def test_buses_and_master_can_be_locked() -> None:
    base = replace(
        BASE,
        buses=(BASE.buses[0], replace(BASE.buses[1], locked=("reverb.decay_s",))),
        master=Master(locked=("fader_db", "compressor"), fader_db=-5.0),
    )
    proposed = replace(
        BASE,
        buses=(BASE.buses[0], Bus("room", BusKind.FX, reverb=Reverb(1.0, size=0.9))),
        master=Master(fader_db=1.0, compressor=Compressor(True), equalizer=Equalizer(True)),
    )
    kept = keep_locked(base, proposed)
    assert kept.bus("room").reverb == Reverb(2.0, size=0.9)
    assert kept.master.fader_db == -5.0
    assert not kept.master.compressor.enabled
    assert kept.master.equalizer.enabled


def test_a_lock_inside_an_effect_that_the_proposal_lacks() -> None:
    """The reverb is locked, the proposal made the bus an echo; a bus with both is refused, in words."""
    base = replace(BASE, buses=(BASE.buses[0], replace(BASE.buses[1], locked=("reverb.decay_s",))))
    proposed = replace(BASE, buses=(BASE.buses[0], Bus("room", BusKind.FX, delay=Delay())))
    with pytest.raises(ParamError, match="2 effects"):
        keep_locked(base, proposed)


@pytest.mark.parametrize(
    "lock", ["panorama", "compressor.tresold_db", "pan.left", "id", "equalizer.bands.0", ""]
)
def test_a_lock_that_names_nothing_is_refused(lock: str) -> None:
    base = Mix(48_000, (TrackStrip("a", locked=(lock,)),))
    with pytest.raises(ParamError, match="names nothing"):
        keep_locked(base, base)


def test_without_locks_the_proposal_is_the_result() -> None:
    base = Mix(48_000, (TrackStrip("a", pan=1.0),))
    proposed = Mix(48_000, (TrackStrip("a", pan=-1.0),))
    assert keep_locked(base, proposed) == proposed
