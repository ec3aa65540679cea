"""What a profile or a chain file sets and a plugin has not is told before anything is played, with nearest names."""

from dataclasses import replace
from pathlib import Path

import pytest

from bridge.host.catalogue import Catalogue
from bridge.host.chainfile import ChainFile, PluginUse, Slots
from bridge.host.fitting import check_profile, with_units
from bridge.host.probing import Probe
from bridge.host.rack import Rack
from bridge.host.values import Parameter, PluginFacts, PluginRef
from console.errors import MixbridgeError, ParamError, PluginError
from console.frozen import FrozenMap
from console.mix import Band, Compressor, Equalizer, Mix, TrackStrip
from presets.plugins import PLUGIN_PROFILES, profile_for, profiles_for
from presets.plugins.profile import PluginProfile

HEAD = """
schema = "mixbridge.plugin-profile/1"
name = "Own"
role = "compressor"
status = "published"
names = ["Squash"]
source = "here"
[knobs]
"compressor.threshold_db" = { key = "threshold_db" }
"""

MIX = Mix(
    48_000,
    (TrackStrip("one", compressor=Compressor(True), equalizer=Equalizer(True, (Band(gain_db=3.0),))),),
)


def facts(name: str, *parameters: Parameter) -> PluginFacts:
    return PluginFacts(PluginRef(Path(f"/{name}.vst3")), name, "Somebody", "1", "Fx", "", parameters, 0, (2,))


def number(key: str, low: float, high: float, *, settable: bool = True) -> Parameter:
    return Parameter(key, key, "dB", 0.5, "0", low, high, settable=settable)


SQUASH = facts(
    "Squash",
    number("threshold_db", -60.0, 0.0),
    number("make_up_db", 0.0, 24.0),
    number("buffer_size_frames", 0.0, 1.0, settable=False),
    Parameter("mode", "Mode", "", 0.0, "Peak", texts=("Peak", "RMS")),
)


def rack(known: PluginFacts, chains: ChainFile, folder: Path = Path()) -> Rack:
    return Rack(chains, Catalogue({known.ref.path: (Probe(known.ref, known),)}), folder)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('"compressor.makeup_db" = { key = "makeup_db" }\n', r"'makeup_db'.* 'Squash' .*'make_up_db'"),
        ('"compressor.ratio" = { key = "xyz" }\n', "none like it"),
        ("[fixed]\nthreshold_raw = 0.0\n", r"'threshold_raw'.*nearest are 'threshold_db'"),
        ("[fixed]\nbuffer_size_frames = 0.5\n", "cannot be set"),
        ("[fixed]\nmake_up_db = 30.0\n", r"to 30, which goes from 0 to 24 dB"),
        ('[fixed_words]\nmode = "Peek"\n', r"'mode' .* 'Peek'.* has 'Peak', 'RMS'"),
        ("[fixed_raw]\nmod = 0.5\n", "'mode'"),
    ],
)
def test_a_profile_of_the_users_is_held_against_the_plugin(text: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(HEAD + text, encoding="utf-8")
    chains = ChainFile(
        plugins=FrozenMap({"x": PluginUse("Squash", profile="own.toml")}), every=Slots(compressor="x")
    )
    with pytest.raises(PluginError, match=says) as caught:
        rack(SQUASH, chains, tmp_path).check(MIX)
    assert "the profile 'Own'" in str(caught.value)


@pytest.mark.parametrize(
    ("use", "says"),
    [
        (PluginUse("Squash", role="none", values=FrozenMap({"treshold_db": 1.0})), "'threshold_db'"),
        (PluginUse("Squash", role="none", values=FrozenMap({"make_up_db": -1.0})), "goes from 0"),
        (PluginUse("Squash", role="none", words=FrozenMap({"mode": "peak"})), "'RMS'"),
    ],
)
def test_so_is_a_chain_file(use: PluginUse, says: str) -> None:
    chains = ChainFile(plugins=FrozenMap({"x": use}), every=Slots(after=("x",)))
    with pytest.raises(PluginError, match=says) as caught:
        rack(SQUASH, chains).check(MIX)
    assert "the chain file" in str(caught.value)


@pytest.mark.parametrize("name", PLUGIN_PROFILES.names())
def test_every_key_of_a_shipped_profile_is_asked_for(name: str) -> None:
    profile = PLUGIN_PROFILES.load(name)
    whole = plugin_of(profile)
    check_profile(profile, whole)
    for key in profile.keys:
        short = replace(whole, parameters=tuple(item for item in whole.parameters if item.key != key))
        with pytest.raises(PluginError, match=f"'{key}'"):
            check_profile(profile, short)


def plugin_of(*profiles: PluginProfile) -> PluginFacts:
    """A plugin that has all that profiles set."""
    keys = dict.fromkeys(key for profile in profiles for key in profile.keys)
    made = facts(profiles[0].names[0], *[Parameter(key, key, "", 0.0, "") for key in keys])
    return replace(made, manufacturer=(*profiles[0].makers, "")[0])


STRIP = plugin_of(*profiles_for("SSLGChannel Stereo"))


def test_a_channel_strip_takes_the_role_of_its_slot() -> None:
    chains = ChainFile(every=Slots(equalizer="SSLGChannel Stereo", compressor="SSLGChannel Stereo"))
    stages = rack(STRIP, chains).stages(MIX.tracks[0])
    inserts = [stage.insert for stage in stages if stage.insert]
    assert [insert.role for insert in inserts] == ["equalizer", "compressor"]
    assert [dict(insert.setting.raw)["eqbypass"] for insert in inserts] == [0.0, 1.0]


@pytest.mark.parametrize(
    ("chains", "error"),
    [
        (ChainFile(every=Slots(after=("SSLGChannel Stereo",))), "compressor, equalizer, gate"),
        (ChainFile(master=Slots(limiter="SSLGChannel Stereo")), ""),
        (
            ChainFile(
                plugins=FrozenMap({"ssl": PluginUse("SSLGChannel Stereo", role="gate")}),
                every=Slots(compressor="ssl"),
            ),
            "the gate twice",
        ),
    ],
)
def test_a_channel_strip_without_a_role_is_asked_for_one(chains: ChainFile, error: str) -> None:
    if not error:  # nothing is known of it as a limiter: it is an insert of its own there
        rack(STRIP, chains).check(MIX)
        return
    with pytest.raises(MixbridgeError, match=error) as caught:
        rack(STRIP, chains).check(MIX)
    assert isinstance(caught.value, ParamError)


def test_a_profile_is_found_by_its_role() -> None:
    for role in ("equalizer", "compressor", "gate"):
        profile = profile_for("SSLChannel Stereo", "Waves", role)
        assert profile is not None
        assert profile.role == role
    assert profile_for("SSLChannel Stereo", "Waves", "reverb") is None


@pytest.mark.parametrize("name", PLUGIN_PROFILES.names())
def test_keys_may_lack_the_unit_that_a_plugin_tells(name: str) -> None:
    profile = PLUGIN_PROFILES.load(name)
    bare = plugin_of(profile)
    told = replace(
        bare, parameters=tuple(replace(item, key=f"{item.key}_khz", unit="kHz") for item in bare.parameters)
    )
    fitted = with_units(profile, told)
    check_profile(fitted, told)
    assert fitted.keys == tuple(f"{key}_khz" for key in profile.keys)
    assert fitted.renamed({f"{key}_khz": key for key in profile.keys}) == profile
    assert with_units(profile, bare) == profile


def test_another_ending_is_no_unit() -> None:
    profile = PLUGIN_PROFILES.read(HEAD + "[fixed]\nmake_up = 0.0\nmo = 0.0\n", source="test")
    fitted = with_units(profile, SQUASH)
    assert dict(fitted.fixed) == {"make_up_db": 0.0, "mo": 0.0}
