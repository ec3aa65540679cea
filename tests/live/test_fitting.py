"""A Mix becomes the knobs of a desk and is read back from them; what the desk cannot do is said."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from live_desks import strip
from strategies import mixes

from bridge.live.bands import assign, slots_of
from bridge.live.fitting import fit
from bridge.live.memory import plain_channel
from bridge.live.pairing import Pairing, bus_strips, pair_up
from bridge.live.plan import make_plan
from bridge.live.pulling import bare_mix, pull
from bridge.live.rig import PUSHED
from bridge.live.values import Channel, Control, Knob
from console.frozen import FrozenMap
from console.mix import (
    Band,
    Bus,
    BusKind,
    Compressor,
    Equalizer,
    Gate,
    Highpass,
    Limiter,
    Mix,
    Reverb,
    TrackStrip,
)

VOX = strip("1", "Vox", {"send.0": "hall"})
HALL = plain_channel("2", "hall", "fx")
MASTER = plain_channel("9", "Master", "master")
DESK = (VOX, HALL, MASTER)


def song(**vox: object) -> Mix:
    return Mix(48_000, (TrackStrip("Vox", **vox),), (Bus("hall", BusKind.FX, reverb=Reverb()),))


def rest() -> dict[Control, float]:
    return {c.control(name): knob.nearest(0.0) for c in DESK for name, knob in c.knobs.items()}


def fitted(mix: Mix, groups: tuple[str, ...] = PUSHED) -> tuple[dict[str, float], list[str]]:
    found = fit(mix, pair_up(mix, DESK), rest(), groups)
    return {c.parameter: value for c, value in found.targets.items() if c.channel == "1"}, found.notes


def test_every_module_arrives() -> None:
    bands = (Band("bell", 400.0, -3.0, 1.2), Band("high_shelf", 9000.0, 2.0, 0.71))
    mix = song(
        fader_db=-6.0,
        pan=-0.25,
        width=0.8,
        highpass=Highpass(True, 90.0, 24),
        gate=Gate(True, -50.0, -20.0, attack_ms=2.0),
        equalizer=Equalizer(True, bands),
        compressor=Compressor(True, -18.0, 3.0, 8.0, 120.0, makeup_db=2.0),
        sends=FrozenMap({"hall": -14.0}),
    )
    values, _ = fitted(mix)
    assert values["fader_db"] == -6.0
    assert (values["pan"], values["width"]) == (-0.25, 0.8)
    assert (values["highpass.enabled"], values["highpass.frequency_hz"]) == (1.0, 90.0)
    assert values["highpass.slope_db_per_octave"] == 24.0
    assert (values["gate.threshold_db"], values["gate.range_db"]) == (-50.0, -20.0)
    assert (values["compressor.ratio"], values["compressor.makeup_db"]) == (3.0, 2.0)
    assert values["send.0"] == -14.0
    placed = {
        values[f"equalizer.{n}.frequency_hz"] for n in range(4) if values[f"equalizer.{n}.gain_db"] != 0.0
    }
    assert placed == {400.0, 9000.0}


@pytest.mark.parametrize(
    ("groups", "moved"),
    [
        (("fader",), {"fader_db"}),
        (("pan",), {"pan", "width"}),
        (("sends",), {"send.0"}),
        (("dynamics",), {"gate.enabled", "compressor.enabled"}),
        (("input",), {"input.gain_db"}),
    ],
)
def test_only_the_groups_asked_for_are_touched(groups: tuple[str, ...], moved: set[str]) -> None:
    assert set(fitted(song(), groups)[0]) == moved


@pytest.mark.parametrize(
    ("vox", "says"),
    [
        ({"limiter": None, "sends": FrozenMap({"hall": -90.0})}, ""),
        ({"highpass": Highpass(True, 5000.0)}, "400 Hz instead of 5000"),
        ({"muted": True}, "mutes are never touched"),
        ({"compressor": Compressor(True, knee_db=12.0)}, "no knee_db 12"),
        ({"equalizer": Equalizer(True, (Band("bell", 100.0, -17.0, 1.0),))}, "-15 dB instead of -17"),
    ],
)
def test_what_the_desk_cannot_do_is_said(vox: dict[str, object], says: str) -> None:
    vox.pop("limiter", None)
    notes = fitted(song(**vox))[1]
    assert any(says in note for note in notes) if says else not [n for n in notes if n.startswith("Vox")]


def test_a_desk_without_modules_says_so_once_each() -> None:
    plain = (plain_channel("1", "Vox"), MASTER)
    mix = song(highpass=Highpass(True), compressor=Compressor(True), sends=FrozenMap({"hall": -10.0}))
    notes = fit(mix, pair_up(mix, plain), {}, PUSHED).notes
    assert sum("no highpass here" in note for note in notes) == 1
    assert sum("no compressor here" in note for note in notes) == 1
    assert any("'hall' is no channel" in note for note in notes)


def test_a_module_without_a_switch_is_put_where_it_changes_nothing() -> None:
    knobs = [Knob("limiter.ceiling_dbtp", -20.0, 0.0), Knob("compressor.ratio", 1.0, 20.0)]
    channel = plain_channel("9", "Master", "master", knobs)
    mix = Mix(48_000)
    mix = replace(mix, master=replace(mix.master, limiter=Limiter(False, -6.0)))
    values = fit(mix, Pairing(pair_up(mix, [channel]).pairs), {}, PUSHED).targets
    assert values[channel.control("limiter.ceiling_dbtp")] == 0.0
    assert values[channel.control("compressor.ratio")] == 1.0


# Bands and slots.


def slot_desk(types: tuple[int, ...]) -> Channel:
    knobs = [
        Knob(f"equalizer.{n}.{name}", low, high)
        for n in range(len(types))
        for name, low, high in (("frequency_hz", 20.0, 20_000.0), ("gain_db", -15.0, 15.0), ("q", 0.3, 10.0))
    ]
    fixed = FrozenMap({str(n): kind for n, kind in enumerate(types)})
    return replace(plain_channel("1", "Vox", "track", knobs), band_types=fixed)


def test_bands_go_where_their_type_is() -> None:
    slots = slots_of(slot_desk((0, 1, 1, 2)))
    bands = (Band("high_shelf", 8000.0, 2.0), Band("bell", 3000.0, -3.0), Band("low_shelf", 100.0, 1.0))
    chosen, left = assign(
        bands, slots, {"equalizer.1.frequency_hz": 300.0, "equalizer.2.frequency_hz": 2500.0}
    )
    assert {number: band.type.value for number, band in chosen.items()} == {
        0: "low_shelf",
        2: "bell",
        3: "high_shelf",
    }
    assert left == ()


def test_without_a_slot_the_gentlest_band_is_left_out() -> None:
    slots = slots_of(slot_desk((1, 1)))
    bands = (Band("bell", 100.0, -6.0), Band("bell", 1000.0, 0.5), Band("bell", 3000.0, 4.0))
    chosen, left = assign(bands, slots, {})
    assert [band.gain_db for band in left] == [0.5]
    assert sorted(band.gain_db for band in chosen.values()) == [-6.0, 4.0]


def test_bands_keep_the_slots_they_stand_nearest_to() -> None:
    slots = slots_of(slot_desk((1, 1, 1)))
    chosen, _ = assign(
        (Band("bell", 5000.0, 2.0), Band("bell", 200.0, 2.0)),
        slots,
        {f"equalizer.{n}.frequency_hz": hz for n, hz in enumerate((5000.0, 1000.0, 200.0))},
    )
    assert {n: band.frequency_hz for n, band in chosen.items()} == {0: 5000.0, 2: 200.0}


# There and back.


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_any_mix_comes_back_from_a_desk_that_has_everything(data: st.DataObject) -> None:
    mix = data.draw(mixes())
    channels = tuple(_twin(mix))
    told = {track.id: f"t{n}" for n, track in enumerate(mix.tracks)}
    told |= {name: f"b{n}" for n, name in enumerate(bus_strips(mix).values())}
    pairing = pair_up(mix, channels, told)
    now = {c.control(name): knob.nearest(0.0) for c in channels for name, knob in c.knobs.items()}
    targets = fit(mix, pairing, now, PUSHED).targets
    values = now | targets
    back = pull(mix, pairing, values)
    again = fit(back, pairing, values, PUSHED).targets
    for control, value in targets.items():
        knob = next(c for c in channels if c.key == control.channel).knobs[control.parameter]
        assert knob.agree(again.get(control, value), value), control
    assert make_plan(channels, values, again).changes == ()
    for track, twin in zip(mix.tracks, back.tracks, strict=True):
        assert (twin.fader_db, twin.pan) == (track.fader_db, track.pan)
        assert twin.compressor.enabled == track.compressor.enabled


def _twin(mix: Mix) -> list[Channel]:
    """A desk with a full channel for every strip, and a send to every FX bus."""
    fx = [bus.id for bus in mix.buses if bus.kind is BusKind.FX]
    sends = {f"send.{n}": bus for n, bus in enumerate(fx)}
    found = [strip(f"t{n}", track.id, sends) for n, track in enumerate(mix.tracks)]
    found += [plain_channel(f"b{n}", bus.id, bus.kind.value) for n, bus in enumerate(mix.buses)]
    return [*found, plain_channel("m", "Master", "master")]


def test_a_desk_of_which_nothing_is_known_becomes_a_mix() -> None:
    values = rest() | {
        VOX.control("fader_db"): -7.5,
        VOX.control("send.0"): -12.0,
        MASTER.control("fader_db"): -1.0,
    }
    base, pairing = bare_mix(DESK, 44_100)
    mix = pull(base, pairing, values)
    assert (mix.sample_rate_hz, [t.id for t in mix.tracks], [b.id for b in mix.buses]) == (
        44_100,
        ["Vox"],
        ["hall"],
    )
    assert mix.track("Vox").fader_db == -7.5
    assert dict(mix.track("Vox").sends) == {"hall": -12.0}
    assert mix.master.fader_db == -1.0


def test_channels_of_one_name_become_strips_of_their_own() -> None:
    base, pairing = bare_mix((strip("1", "Tom"), strip("2", "Tom")), 48_000)
    assert [track.id for track in base.tracks] == ["Tom", "Tom (2)"]
    assert [pair.channel.key for pair in pairing.pairs] == ["1", "2"]
