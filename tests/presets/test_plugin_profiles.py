"""Profiles map the console's values to knobs and back, and say what a plugin cannot hold."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.errors import ParamError
from console.mix import Compressor, Delay, Equalizer, Highpass, Limiter
from console.mix.strip import Band, BandType
from presets.plugins import PLUGIN_PROFILES, profile_for
from presets.plugins.laws import Knob, LawKind
from presets.plugins.mapping import Tone, map_processor, map_tone

HEAD = 'schema = "mixbridge.plugin-profile/1"\nname = "X"\nstatus = "published"\nnames = ["X"]\nsource = "here"\n'

BAND = 'gain_db = {key = "g%d"}\nfrequency_hz = {key = "f%d", law = "octaves"}\nq = {key = "q%d", law = "bandwidth"}\n'


def equalizer() -> str:
    bell = '[[bands]]\ntypes = ["bell"]\n' + BAND.replace("%d", "1")
    shelf = (
        '[[bands]]\ntypes = ["bell", "low_shelf"]\n'
        + BAND.replace("%d", "2")
        + 'type = {key = "t2", words = {bell = "Peak", low_shelf = "Low"}}\n'
        + 'enabled = {key = "e2", numbers = {on = 1.0, off = 0.0}}\n'
    )
    cut = '[[cuts]]\nkind = "highpass"\nfrequency_hz = {key = "hp"}\noff = 10.0\n'
    return HEAD + 'role = "equalizer"\n' + bell + shelf + cut


@given(
    kind=st.sampled_from([kind for kind in LawKind if kind is not LawKind.TABLE]),
    scale=st.floats(0.1, 10.0),
    offset=st.floats(-5.0, 5.0),
    value=st.floats(1.1, 60.0),
)
def test_a_law_can_be_undone(kind: LawKind, scale: float, offset: float, value: float) -> None:
    knob = Knob("k", kind, scale=scale, offset=offset, exponent=-0.7)
    assert knob.from_plugin(knob.to_plugin(value)) == pytest.approx(value, rel=1e-5)


@pytest.mark.parametrize(
    ("law", "value", "number"),
    [
        ("linear", 3.0, 3.0),
        ("gain", -6.0205999, 0.5),
        ("slope", 4.0, 0.75),
        ("octaves", 8.0, 3.0),
        ("bandwidth", math.sqrt(2.0), 1.0),  # RBJ: one octave is a q of √2
    ],
)
def test_laws_say_what_they_are_called(law: str, value: float, number: float) -> None:
    assert Knob("k", LawKind(law)).to_plugin(value) == pytest.approx(number, abs=1e-7)


@given(value=st.floats(10.0, 1000.0))
def test_a_table_is_straight_over_the_logarithm_where_it_says_so(value: float) -> None:
    knob = Knob("k", LawKind.TABLE, table=((10.0, 0.0), (1000.0, 2.0)), logarithmic=True)
    assert knob.to_plugin(value) == pytest.approx(math.log10(value) - 1.0, abs=1e-9)
    assert knob.from_plugin(knob.to_plugin(value)) == pytest.approx(value)


@pytest.mark.parametrize("name", PLUGIN_PROFILES.names())
def test_shipped_profiles_can_be_read(name: str) -> None:
    profile = PLUGIN_PROFILES.load(name)
    assert profile_for(profile.names[0]) is not None


def test_what_the_range_does_not_reach_is_told() -> None:
    profile = profile_for("ZamCompX2")
    assert profile is not None
    module = Compressor(True, threshold_db=-20.0, ratio=4.0, attack_ms=10.0, release_ms=800.0, knee_db=6.0)
    mapped = map_processor(profile, module, {"release_ms": (1.0, 500.0)})
    assert mapped.values["release_ms"] == 500.0
    assert {item.parameter: item.got for item in mapped.deviations} == {
        "compressor.release_ms": 500.0,
        "compressor.knee_db": 0.0,
    }


def test_a_second_knob_goes_with_the_first() -> None:
    text = 'role = "limiter"\n[knobs]\n"limiter.ceiling_dbtp" = {key = "out"}\n[also]\n"limiter.ceiling_dbtp" = %s\n'
    profile = PLUGIN_PROFILES.read(HEAD + text % '{key = "in", offset = -1.0}', source="test")
    mapped = map_processor(profile, Limiter(True, ceiling_dbtp=-3.0))
    assert mapped.values == {"out": -3.0, "in": -4.0}
    assert mapped.turned == []  # a limiter's ceiling is never refined, nor is what goes with it


def test_a_linked_knob_follows_and_a_held_one_stays() -> None:
    text = (
        'role = "compressor"\nheld = ["compressor.ratio"]\n[knobs]\n"compressor.threshold_db" = {key = "t"}\n'
        '"compressor.ratio" = {key = "r"}\n[also]\n"compressor.threshold_db" = {key = "u"}\n'
    )
    mapped = map_processor(PLUGIN_PROFILES.read(HEAD + text, source="test"), Compressor(True))
    assert mapped.turned == ["t"]
    assert [(link.first.key, link.second.key) for link in mapped.links] == [("t", "u")]


@pytest.mark.parametrize("ping_pong", [True, False])
def test_echoes_that_should_change_sides_are_told(ping_pong: bool) -> None:
    profile = profile_for("ZamDelay")
    assert profile is not None
    told = {item.parameter for item in map_processor(profile, Delay(ping_pong=ping_pong)).deviations}
    assert told == {"delay.low_cut_hz"} | ({"delay.ping_pong"} if ping_pong else set())


def test_bands_find_their_places_and_the_rest_is_left() -> None:
    profile = PLUGIN_PROFILES.read(equalizer(), source="test")
    bands = tuple(
        Band(kind, frequency_hz=hz, gain_db=3.0, q=1.0)
        for kind, hz in [(BandType.BELL, 1024.0), (BandType.LOW_SHELF, 64.0), (BandType.BELL, 4096.0)]
    )
    tone = Tone(highpass=Highpass(True, 80.0, 12), equalizer=Equalizer(True, bands))
    mapped, left = map_tone(profile, tone)
    assert mapped.values["f1"] == pytest.approx(10.0)
    assert mapped.values["f2"] == pytest.approx(6.0)
    assert (mapped.values["t2"], mapped.values["e2"], mapped.values["hp"]) == ("Low", 1.0, 80.0)
    assert left.equalizer.bands == (bands[2],)
    assert not left.highpass.enabled
    steep, rest = map_tone(profile, Tone(highpass=Highpass(True, 80.0, 24)))
    assert (steep.values["hp"], steep.values["g1"], steep.values["e2"]) == (10.0, 0.0, 0.0)
    assert rest.highpass.enabled


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no plugin profile"),
        (HEAD + 'role = "compressor"\n[knobs]\n"gate.ratio" = {key = "r"}\n', "no parameter of a compressor"),
        (HEAD + 'role = "compressor"\n[knobs]\n"compressor.rato" = {key = "r"}\n', "not a parameter"),
        (HEAD + 'role = "compressor"\n[assumes]\n"compressor.knee_db" = 99.0\n', "assumes"),
        (HEAD + 'role = "compressor"\n[knobs]\n"compressor.ratio" = {key = "r", scale = 0.0}\n', "scale"),
        (HEAD + 'role = "limiter"\n[also]\n"limiter.ceiling_dbtp" = {key = "r"}\n', "first knob"),
        (HEAD + 'role = "limiter"\nheld = ["limiter.release_ms"]\n', "maps"),
        (HEAD + 'role = "equalizer"\n', "bands"),
        (HEAD + 'role = "tuner"\n', "role"),
        (equalizer().replace('type = {key = "t2"', 'typ = {key = "t2"'), "did you mean 'type'"),
    ],
)
def test_profiles_that_are_wrong_are_told(text: str, says: str) -> None:
    with pytest.raises(ParamError, match=says):
        PLUGIN_PROFILES.read(text, source="test")
