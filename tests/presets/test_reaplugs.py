"""ReaPlugs' profiles say the same numbers as the states that the REAPER hand-over writes."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.mix import Band, Compressor, Equalizer, Gate
from console.units import gain_to_db
from exporters.reaper.eqmap import bandwidth_of
from exporters.reaper.slots import REACOMP, REAGATE, Slot
from presets.plugins import PLUGIN_PROFILES
from presets.plugins.mapping import Tone, map_processor, map_tone

#: Knob of the profile → knob of the state, and whether the state has it as an amplitude.
COMP = {
    "threshold": ("threshold", True), "ratio": ("ratio", False), "attack": ("attack_ms", False),
    "release": ("release_ms", False), "knee": ("knee_db", False), "wet": ("wet", True),
}  # fmt: skip
GATE = {
    "threshold": ("threshold", True), "dry": ("dry", True), "attack": ("attack_ms", False),
    "hold": ("hold_ms", False), "release": ("release_ms", False),
}  # fmt: skip


@pytest.mark.parametrize(("name", "slots", "knobs"), [("reacomp", REACOMP, COMP), ("reagate", REAGATE, GATE)])
def test_knobs_end_where_the_states_slots_end(
    name: str, slots: object, knobs: dict[str, tuple[str, bool]]
) -> None:
    profile = PLUGIN_PROFILES.load(name)
    assert {knob.key for knob in profile.knobs.values()} == set(knobs)
    for knob in profile.knobs.values():
        slot_name, amplitude = knobs[knob.key]
        slot: Slot = slots.slots[slot_name]  # type: ignore[attr-defined]
        low, high = slot.range
        assert knob.high == pytest.approx(gain_to_db(high) if amplitude else high)
        assert knob.low is None if amplitude else knob.low == pytest.approx(low)


def test_the_same_values_are_set() -> None:
    module = Compressor(True, -21.0, 3.5, 7.0, 160.0, 5.0, 2.5)
    mapped = map_processor(PLUGIN_PROFILES.load("reacomp"), module)
    assert mapped.deviations == []
    amplitude = 10.0 ** (mapped.values["threshold"] / 20.0)  # type: ignore[operator]
    state = REACOMP.decode(
        REACOMP.encode(
            {"threshold": amplitude, "ratio": mapped.values["ratio"], "knee_db": mapped.values["knee"]}
        )  # type: ignore[dict-item]
    )
    assert gain_to_db(state["threshold"]) == pytest.approx(-21.0, abs=1e-5)
    assert state["ratio"] == pytest.approx(3.5, abs=1e-5)
    assert state["knee_db"] == pytest.approx(5.0, abs=1e-5)
    gate = map_processor(PLUGIN_PROFILES.load("reagate"), Gate(True, -40.0, -23.0, 4.0, 1.0, 20.0, 100.0))
    assert gate.values["dry"] == -23.0
    assert [item.parameter for item in gate.deviations] == ["gate.ratio"]


@given(q=st.floats(0.2, 8.0), gain_db=st.floats(-12.0, 12.0))
def test_low_bells_have_the_hand_overs_bandwidth(q: float, gain_db: float) -> None:
    band = Band("bell", 60.0, gain_db, q)
    mapped, left = map_tone(PLUGIN_PROFILES.load("reaeq"), Tone(equalizer=Equalizer(True, (band,))))
    assert left.equalizer.bands == ()
    assert mapped.values["bw_band_2"] == pytest.approx(bandwidth_of(band, 48_000.0), rel=1e-3)


@pytest.mark.parametrize("kind", ["low_shelf", "high_shelf"])
def test_shelves_are_an_octave_wide(kind: str) -> None:
    profile = PLUGIN_PROFILES.load("reaeq")
    widths = {key: value for key, value in profile.fixed.items() if key.startswith("bw_")}
    octave = bandwidth_of(Band(kind, 500.0, 4.0, math.sqrt(0.5)), 48_000.0)
    assert list(widths.values()) == [pytest.approx(octave)] * 2
