"""Each shipped profile that was measured holds its error on the real plugin; the others at least are sound."""

import math
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from bridge.host.learning.bench import RATE_HZ, Bench, frame_gains_db, program
from bridge.host.process import PluginProcess
from bridge.host.values import PluginRef, Setting
from bridge.render.fidelity import FidelityMeter
from console.dsp.inserts import InsertModule, InsertProcessor
from console.mix import Compressor, Delay, Equalizer, Gate, Limiter
from console.mix.strip import Band, BandType
from console.params import spec
from presets.plugins import PLUGIN_PROFILES
from presets.plugins.mapping import Tone, map_processor, map_tone
from presets.plugins.profile import PluginProfile, PluginRole, Status

pytestmark = pytest.mark.plugin

Array = NDArray[np.float64]
MEASURED = tuple(
    name for name in PLUGIN_PROFILES.names() if PLUGIN_PROFILES.load(name).status is Status.MEASURED
)
Benches = Callable[[str], Bench]


def between(name: str, low: float, high: float) -> st.SearchStrategy[float]:
    """Values of a parameter, even along its scale."""
    row = spec(name)
    ends = (row.normalise(low), row.normalise(high))
    return st.floats(*ends).map(lambda position: row.clamp(row.denormalise(position)))


#: The ranges of ZamComp and ZamCompX2 where the console's reach as far; a knee is kept out.
COMPRESSORS = st.builds(
    Compressor,
    enabled=st.just(True),
    threshold_db=between("compressor.threshold_db", -80.0, 0.0),
    ratio=between("compressor.ratio", 1.0, 20.0),
    attack_ms=between("compressor.attack_ms", 0.1, 100.0),
    release_ms=between("compressor.release_ms", 1.0, 500.0),
    knee_db=st.just(0.0),
    makeup_db=between("compressor.makeup_db", 0.0, 24.0),
)

GATES = st.builds(
    Gate,
    enabled=st.just(True),
    threshold_db=between("gate.threshold_db", -50.0, -28.0),
    range_db=between("gate.range_db", -45.0, -8.0),
    ratio=st.just(20.0),
    attack_ms=between("gate.attack_ms", 0.5, 50.0),
    hold_ms=st.just(8.0),
    release_ms=between("gate.release_ms", 30.0, 400.0),
)

LIMITERS = st.builds(
    Limiter,
    enabled=st.just(True),
    ceiling_dbtp=between("limiter.ceiling_dbtp", -15.0, -0.2),
    release_ms=between("limiter.release_ms", 5.0, 65.0),
)

DELAYS = st.builds(
    Delay,
    time_ms=between("delay.time_ms", 20.0, 600.0),
    feedback=between("delay.feedback", 0.0, 0.7),
    low_cut_hz=st.just(20.0),
    high_cut_hz=between("delay.high_cut_hz", 2000.0, 16_000.0),
)


def bands(kind: BandType, q: st.SearchStrategy[float]) -> st.SearchStrategy[Band]:
    return st.builds(
        Band,
        st.just(kind),
        between("equalizer.frequency_hz", 40.0, 12_000.0),
        between("equalizer.gain_db", -9.0, 9.0),
        q,
    )


BELLS = bands(BandType.BELL, between("equalizer.q", 0.5, 4.0))
EQUALIZERS = st.tuples(
    bands(BandType.LOW_SHELF, st.just(0.71)), BELLS, BELLS, bands(BandType.HIGH_SHELF, st.just(0.71))
).map(lambda four: Equalizer(True, four))


@pytest.fixture(scope="module")
def bench(zam: Callable[[str], Path]) -> Iterator[Benches]:
    """Zam plugins on the bench, each loaded once."""
    with PluginProcess() as process:

        @cache
        def find(name: str) -> Bench:
            return Bench(process, process.open(PluginRef(zam(name)), 2), 2)

        yield find


@pytest.mark.parametrize("name", PLUGIN_PROFILES.names())
def test_every_shipped_profile_is_sound(name: str) -> None:
    profile = PLUGIN_PROFILES.load(name)
    assert profile.law, "a profile says how the plugin's law differs"
    assert (profile.error_db is not None) == (profile.status is Status.MEASURED) == bool(profile.versions)
    assert name == profile.name.casefold().replace("-", "_").replace(" ", "_")


def test_no_two_profiles_are_of_one_plugin_in_one_role() -> None:
    profiles = [PLUGIN_PROFILES.load(name) for name in PLUGIN_PROFILES.names()]
    names = [(item.casefold(), profile.role) for profile in profiles for item in profile.names]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("name", MEASURED)
def test_its_keys_and_bounds_are_the_plugins(name: str, bench: Benches) -> None:
    profile = PLUGIN_PROFILES.load(name)
    facts = bench(profile.names[0]).facts
    assert profile.fits(facts.name, facts.manufacturer)
    assert facts.version in profile.versions
    knobs = [*profile.knobs.values(), *profile.also.values()]
    knobs += [
        knob
        for band in profile.bands
        for knob in (band.frequency_hz, band.gain_db, band.q)
        if knob is not None
    ]
    settable = {item.key for item in facts.parameters if item.settable}
    assert {knob.key for knob in knobs} | set(profile.fixed) <= settable
    for knob in knobs:
        low, high = facts.ranges[knob.key]
        assert knob.low is None or low <= knob.low <= high
        assert knob.high is None or low <= knob.high <= high
    for key, value in profile.fixed.items():
        low, high = facts.ranges[key]
        assert low <= value <= high
    assert {knob.key for knob in knobs} | set(profile.fixed) == settable - {"peaks_on"}, (
        "no knob is left to chance"
    )


def played(
    bench: Bench, profile: PluginProfile, module: Any, audio: NDArray[np.float32]
) -> tuple[Array, Array]:
    """What a plugin and what the console make of audio, (channels, samples) each."""
    mapped = map_processor(profile, module, bench.facts.ranges)
    real = bench.play_values(mapped.values, mapped.raw, audio)
    return real.astype(np.float64), by_console(module, audio)


def by_console(module: InsertModule, audio: NDArray[np.float32]) -> Array:
    processor = InsertProcessor([module], RATE_HZ, audio.shape[0])
    return np.concatenate([processor.process(audio), processor.flush()], axis=1)


def gain_error_db(real: Array, wanted: Array, audio: NDArray[np.float32]) -> float:
    """The median difference of gain while either turns down, in frames of 5 ms."""
    gains, right = frame_gains_db(real, audio), frame_gains_db(wanted, audio)
    working = (right < right.max() - 0.5) | (gains < gains.max() - 0.5)
    return float(np.median(np.abs(gains - right)[working])) if working.any() else 0.0


def null_db(real: Array, wanted: Array) -> float:
    return float(10.0 * np.log10(np.sum((real - wanted) ** 2) / np.sum(wanted**2) + 1e-30))


def in_32_bits(module: Compressor, audio: NDArray[np.float32]) -> Array:
    """The console's law over again, its smoother with a gain and poles of 32 bits; (channels, samples)."""
    level_db = 20.0 * np.log10(np.maximum(np.max(np.abs(audio.astype(np.float64)), axis=0), 1e-30))
    wanted_db = np.maximum(level_db - module.threshold_db, 0.0) * (1.0 - 1.0 / module.ratio)
    poles = [math.exp(-1000.0 / (ms * RATE_HZ)) for ms in (module.attack_ms, module.release_ms)]
    gain_db = module.makeup_db - smoother()(wanted_db, *map(np.float32, poles))
    return audio.astype(np.float64) * 10.0 ** (gain_db / 20.0)


@cache
def smoother() -> Callable[[Array, np.float32, np.float32], Array]:
    import numba

    @numba.njit
    def smooth(wanted: Array, attack: np.float32, release: np.float32) -> Array:
        out, state, one = np.empty(wanted.size), np.float32(0.0), np.float32(1.0)
        for index in range(wanted.size):
            goal = np.float32(wanted[index])
            pole = attack if goal > state else release
            state = np.float32(np.float32(pole * state) + np.float32(np.float32(one - pole) * goal))
            out[index] = state
        return out

    return smooth  # type: ignore[no-any-return]


@pytest.mark.parametrize("name", ["zamcompx2", "zamcomp"])
@settings(max_examples=25)
@given(module=COMPRESSORS)
def test_compressors_of_the_consoles_law_null(name: str, module: Compressor, bench: Benches) -> None:
    profile = PLUGIN_PROFILES.load(name)
    audio = program(2, 2.0)
    real, wanted = played(bench(profile.names[0]), profile, module, audio)
    assert profile.error_db is not None
    assert gain_error_db(real, wanted, audio) <= profile.error_db
    # The plugins smooth in 32 bits, which tells where a long time meets much reduction, and is all that differs.
    assert null_db(real, in_32_bits(module, audio)) < -110.0


@pytest.mark.parametrize("name", ["zamcompx2", "zamcomp"])
@pytest.mark.parametrize(
    "module",
    [
        Compressor(True, -18.0, 4.0, 10.0, 120.0, 0.0, 3.0),
        Compressor(True, -30.0, 2.0, 30.0, 200.0, 0.0, 0.0),
        Compressor(True, -24.0, 8.0, 1.0, 60.0, 0.0, 6.0),
        Compressor(True, -12.0, 20.0, 3.0, 300.0, 0.0, 0.0),
    ],
)
def test_at_ordinary_settings_they_null_against_the_console_itself(
    name: str, module: Compressor, bench: Benches
) -> None:
    profile = PLUGIN_PROFILES.load(name)
    real, wanted = played(bench(profile.names[0]), profile, module, program(2, 2.0))
    assert null_db(real, wanted) < -90.0


@pytest.mark.parametrize(
    ("name", "kind"), [("zamgatex2", "gate"), ("zamgate", "gate"), ("zamaximx2", "limiter")]
)
@settings(max_examples=10)
@given(data=st.data())
def test_gates_and_limiters_hold_the_error_that_is_stated(
    name: str, kind: str, data: st.DataObject, bench: Benches
) -> None:
    profile = PLUGIN_PROFILES.load(name)
    module = data.draw(GATES if kind == "gate" else LIMITERS)
    audio = program(2, 2.5)
    real, wanted = played(bench(profile.names[0]), profile, module, audio)
    assert profile.error_db is not None
    assert gain_error_db(real, wanted, audio) <= profile.error_db


@settings(max_examples=15)
@given(module=LIMITERS)
def test_the_limiter_keeps_under_the_ceiling(module: Limiter, bench: Benches) -> None:
    real, _ = played(bench("ZaMaximX2"), PLUGIN_PROFILES.load("zamaximx2"), module, program(2, 1.0))
    assert 20.0 * math.log10(np.max(np.abs(real))) <= module.ceiling_dbtp


@settings(max_examples=12)
@given(module=DELAYS)
def test_the_delay_holds_the_error_that_is_stated(module: Delay, bench: Benches) -> None:
    profile = PLUGIN_PROFILES.load("zamdelay")
    audio = (np.random.default_rng(0).standard_normal((2, 2 * RATE_HZ)) * 0.1).astype(np.float32)
    audio[:, RATE_HZ // 2 :] = 0.0
    meter = FidelityMeter(RATE_HZ)
    meter.push(*played(bench("ZamDelay"), profile, module, audio))
    found = meter.result()
    assert found is not None
    assert profile.error_db is not None
    assert abs(found.third_octave_db) <= profile.error_db
    assert abs(found.lag_samples) <= 1


def equalizer_error_db(bench: Bench, profile: PluginProfile, equalizer: Equalizer) -> float:
    """The worst difference of response from 30 Hz to 16 kHz."""
    flat, _ = map_tone(profile, Tone(), bench.facts.ranges)
    mapped, left = map_tone(profile, Tone(equalizer=equalizer), bench.facts.ranges)
    assert not left.active
    pulse = np.zeros((2, RATE_HZ), np.float32)
    pulse[:, 0] = 0.05
    alone = spectrum_db(bench.play_values(flat.values, flat.raw, pulse))
    real = spectrum_db(bench.play_values(mapped.values, mapped.raw, pulse)) - alone
    wanted = spectrum_db(by_console(equalizer, pulse)) - spectrum_db(pulse)
    heard = slice(30, 16_001)  # bins of 1 Hz
    return float(np.max(np.abs(real - wanted)[heard]))


def spectrum_db(audio: NDArray[np.floating]) -> Array:
    return np.asarray(20.0 * np.log10(np.abs(np.fft.rfft(audio[0].astype(np.float64)))))


@settings(max_examples=15)
@given(equalizer=EQUALIZERS)
def test_the_equalizer_holds_the_error_that_is_stated(equalizer: Equalizer, bench: Benches) -> None:
    profile = PLUGIN_PROFILES.load("zameq2")
    assert profile.error_db is not None
    assert equalizer_error_db(bench("ZamEQ2"), profile, equalizer) <= profile.error_db


RBJ = 'schema = "mixbridge.plugin-profile/1"\nname = "RBJ"\nrole = "equalizer"\nstatus = "measured"\n' + (
    'names = ["rbj_eq"]\nsource = "its source"\n'
)


@settings(max_examples=30)
@given(
    equalizer=st.tuples(
        bands(BandType.LOW_SHELF, between("equalizer.q", 0.3, 2.0)),
        bands(BandType.BELL, between("equalizer.q", 0.1, 18.0)),
        bands(BandType.BELL, between("equalizer.q", 0.1, 18.0)),
        bands(BandType.HIGH_SHELF, between("equalizer.q", 0.3, 2.0)),
    ).map(lambda four: Equalizer(True, four))
)
def test_an_equalizer_of_the_cookbook_gets_the_consoles_numbers(
    equalizer: Equalizer, rbj: tuple[Bench, PluginProfile]
) -> None:
    assert equalizer_error_db(*rbj, equalizer) < 0.1


@pytest.fixture(scope="module")
def rbj(plugin: Callable[..., Path]) -> Iterator[tuple[Bench, PluginProfile]]:
    """An equalizer with the console's law, and its profile."""
    rows = ["low_shelf", "bell", "bell", "high_shelf"]
    text = RBJ + "".join(
        f'[[bands]]\ntypes = ["{kind}"]\nfrequency_hz = {{ key = "freq_{n}_hz" }}\n'
        f'gain_db = {{ key = "gain_{n}_db" }}\nq = {{ key = "q_{n}" }}\n'
        for n, kind in enumerate(rows, 1)
    )
    profile = PLUGIN_PROFILES.read(text, source="test")
    assert profile.role is PluginRole.EQUALIZER
    with PluginProcess() as process:
        hosted = process.open(PluginRef(plugin("rbj_eq", "rbj_equalizer")), 2)
        hosted.configure(Setting())
        yield Bench(process, hosted, 2), profile
