"""The settings that Ardour's plugins get, put into the laws that its renders have shown, give the console's sound."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.signal import freqz, sosfreqz
from strategies import bands, compressors, equalizers, gates

from console.dsp.design import BAND_DESIGNS, design_highpass, design_lowpass
from console.dsp.pan import balance_gains, pan_gains
from console.mix import Band, BandType, Compressor, Equalizer, Gate, Highpass, Limiter, Lowpass, Reverb
from exporters.ardour import aceeq, fil4, lspeq, panlaw
from exporters.ardour.choices import choose
from exporters.ardour.dynamics import compressor_inserts, gate_inserts, limiter_inserts
from exporters.ardour.plugins import PLUGINS, is_installed, key_of_script, script_text
from exporters.ardour.space import level_db, reverb_inserts
from exporters.report import Ledger, Outcome

RATES_HZ = (44_100, 48_000, 96_000)


def response_db(b: np.ndarray, a: np.ndarray, hz: np.ndarray, rate_hz: float) -> np.ndarray:
    return 20.0 * np.log10(np.abs(freqz(b, a, hz, fs=rate_hz)[1]))


def ours_db(band: Band, hz: np.ndarray, rate_hz: float) -> np.ndarray:
    section = BAND_DESIGNS[band.type.value](band.frequency_hz, band.gain_db, band.q, rate_hz)
    return 20.0 * np.log10(np.abs(sosfreqz(np.atleast_2d(section), hz, fs=rate_hz)[1]))


def regalia_mitra(
    hz_knob: float, gain_db: float, bandwidth: float, rate_hz: float
) -> tuple[np.ndarray, np.ndarray]:
    """x42's bell: half of (1 + g) x plus half of (1 − g) x through an allpass of bandwidth 7 · knob · f/fs / √g."""
    gain, share = 10.0 ** (gain_db / 20.0), hz_knob / rate_hz
    b = 7.0 * bandwidth * share / math.sqrt(gain)
    k2, k1 = (1.0 - b) / (1.0 + b), -math.cos(2.0 * math.pi * share)
    a = np.array([1.0, k1 * (1.0 + k2), k2])
    return 0.5 * (a + a[::-1]) + 0.5 * gain * (a - a[::-1]), a


def state_variable_shelf(
    kind: BandType, knob_hz: float, gain_db: float, rate_hz: float
) -> tuple[np.ndarray, np.ndarray]:
    """ACE's shelf as a state variable filter that does not move its corner with the gain; q is √½."""
    a, g, k = 10.0 ** (gain_db / 40.0), math.tan(math.pi * knob_hz / rate_hz), math.sqrt(2.0)
    # s-domain: low shelf (s² + A k s + A²)/(s² + k s + 1), high shelf (A² s² + A k s + 1)/(s² + k s + 1).
    top = (1.0, a * k, a * a) if kind is BandType.LOW_SHELF else (a * a, a * k, 1.0)
    numerator, denominator = [], []
    for row, out in ((top, numerator), ((1.0, k, 1.0), denominator)):
        s2, s1, s0 = row[0], row[1] * g, row[2] * g * g
        out += [s2 + s1 + s0, 2.0 * (s0 - s2), s2 - s1 + s0]
    return np.array(numerator), np.array(denominator)


@pytest.mark.parametrize("rate_hz", RATES_HZ)
@given(st.lists(bands(BandType.BELL), min_size=1, max_size=4))
@settings(max_examples=60)
def test_x42s_bells_are_the_consoles(rate_hz: int, drawn: list[Band]) -> None:
    placed, rest = fil4.share_out(drawn, rate_hz)
    assert len(placed) + len(rest) == len(drawn)
    hz = np.geomspace(20.0, 0.45 * rate_hz, 200)
    for insert in fil4.insert(placed, rate_hz, "", enabled=True):
        for section, band in placed.items():
            knob_hz, octaves = insert.values[section.frequency], insert.values[section.bandwidth]
            assert section.low_hz <= knob_hz <= section.high_hz
            assert 0.0625 <= octaves <= 4.0
            theirs = response_db(
                *regalia_mitra(knob_hz, insert.values[section.gain], octaves, rate_hz), hz, rate_hz
            )
            assert theirs == pytest.approx(ours_db(band, hz, rate_hz), abs=2e-3)


@given(st.sampled_from((BandType.LOW_SHELF, BandType.HIGH_SHELF)).flatmap(bands))
@settings(max_examples=100)
def test_shelves_are_the_consoles_or_reported(band: Band) -> None:
    rate_hz = 48_000
    hz = np.geomspace(20.0, 20_000.0, 400)
    ours = ours_db(band, hz, rate_hz)
    placed, rest = fil4.share_out([band], rate_hz)
    for section in placed:
        (insert,) = fil4.insert(placed, rate_hz, "", enabled=True)
        q = 0.2129 + insert.values[section.bandwidth] / 2.25
        law = Band(band.type, insert.values[section.frequency], insert.values[section.gain], q)
        assert ours_db(law, hz, rate_hz) == pytest.approx(ours, abs=2e-3)
    if rest:
        low, high = (25.0, 400.0) if band.type is BandType.LOW_SHELF else (1000.0, 16_000.0)
        assert not low <= band.frequency_hz <= high or not 0.24 < band.q < 1.99
    (insert,) = aceeq.insert([band], rate_hz, "", enabled=True)
    side = "l" if band.type is BandType.LOW_SHELF else "h"
    knob_hz = insert.values[f"freq{side}"]
    theirs = response_db(
        *state_variable_shelf(band.type, knob_hz, insert.values[f"g{side}"], rate_hz), hz, rate_hz
    )
    assert np.abs(theirs - ours).max() <= aceeq.deviation_db(band, rate_hz) + 0.02


@given(equalizers())
@settings(max_examples=60)
def test_no_band_is_lost_whatever_carries_it(equalizer: Equalizer) -> None:
    count = len(equalizer.bands)
    assert len(lspeq.bands_of(lspeq.band_slots(equalizer, 48_000))) == count
    placed, rest = fil4.share_out(equalizer.bands, 48_000)
    kept = [
        *(
            band
            for insert in fil4.insert(placed, 48_000, "", enabled=True)
            for band in fil4.bands_of(insert.values, 48_000)
        ),
        *(
            band
            for insert in aceeq.insert(rest, 48_000, "", enabled=True)
            for band in aceeq.bands_of(insert.values, 48_000)
        ),
    ]
    assert sorted(band.type for band in kept) == sorted(band.type for band in equalizer.bands)


@pytest.mark.parametrize("slope", [12, 24])
def test_lsps_cuts_are_butterworth_sections(slope: int) -> None:
    slots = lspeq.cut_slots(Highpass(True, 120.0, slope), Lowpass(True, 9_000.0, slope), 48_000)
    hz = np.geomspace(20.0, 20_000.0, 100)
    theirs = np.zeros(100)
    for slot in slots:
        w = 2.0 * math.pi * slot.frequency_hz / 48_000
        alpha, cosine = math.sin(w) / (2.0 * slot.q), math.cos(w)
        sign = 1.0 if slot.kind == 2 else -1.0  # Hi-pass and Lo-pass
        b = np.array([(1 + sign * cosine) / 2, -sign * (1 + sign * cosine), (1 + sign * cosine) / 2])
        theirs += response_db(b, np.array([1 + alpha, -2 * cosine, 1 - alpha]), hz, 48_000)
    sections = np.vstack([design_highpass(120.0, slope, 48_000), design_lowpass(9_000.0, slope, 48_000)])
    assert theirs == pytest.approx(20.0 * np.log10(np.abs(sosfreqz(sections, hz, fs=48_000)[1])), abs=1e-6)


def test_the_mono_panner_as_it_was_measured() -> None:
    """Gains read from a render of Ardour's at these azimuths."""
    measured = {
        0.1: (0.974860, 0.174860),
        0.25: (0.905959, 0.405959),
        0.4: (0.799628, 0.599628),
        0.5: (0.707946, 0.707946),
    }
    for azimuth, (left, right) in measured.items():
        assert (panlaw.mono_law(1.0 - azimuth), panlaw.mono_law(azimuth)) == pytest.approx(
            (left, right), abs=1e-6
        )


@given(st.floats(-1.0, 1.0))
def test_pans_give_the_consoles_gains(pan: float) -> None:
    mono = panlaw.to_ardour(pan, 1)
    theirs = (panlaw.mono_law(1.0 - mono.azimuth) * mono.gain, panlaw.mono_law(mono.azimuth) * mono.gain)
    assert theirs == pytest.approx(pan_gains(pan), abs=1e-12)
    assert abs(20.0 * math.log10(mono.gain)) < 0.09
    stereo = panlaw.to_ardour(pan, 2)
    assert (min(1.0, 2.0 - 2.0 * stereo.azimuth), min(1.0, 2.0 * stereo.azimuth)) == pytest.approx(
        balance_gains(pan), abs=1e-12
    )
    for channels, panning in ((1, mono), (2, stereo)):
        back, gain = panlaw.from_ardour(panning.azimuth, channels)
        assert (back, gain) == pytest.approx((pan, panning.gain), abs=1e-7)


@given(compressors)
def test_every_compressor_is_inside_the_plugins_ranges_or_told(compressor: Compressor) -> None:
    ledger = Ledger("x")
    inserts, rest_db = compressor_inserts(compressor, "", ledger)
    for insert in inserts:
        ranges = {
            "thr": (-60, 0),
            "rat": (1, 20),
            "att": (0.1, 100),
            "rel": (1, 2000),
            "kn": (0, 8),
            "mak": (0, 30),
        }
        for symbol, (low, high) in ranges.items():
            assert low <= insert.values[symbol] <= high
        if compressor.enabled:
            assert insert.values["mak"] + rest_db == pytest.approx(compressor.makeup_db)
            inside = (
                compressor.threshold_db >= -60
                and 0.1 <= compressor.attack_ms <= 100
                and compressor.release_ms <= 2000
            )
            assert inside == all(entry.outcome is Outcome.EXACT for entry in ledger.entries)


@given(gates)
def test_a_gate_that_loses_its_range_says_so(gate: Gate) -> None:
    said, silent = Ledger("x"), Ledger("x")
    gate_inserts(gate, "ace", "", said)
    gate_inserts(gate, "mixbridge", "", silent)
    assert all(entry.outcome is Outcome.EXACT for entry in silent.entries)
    dropped = {entry.parameter for entry in said.entries if entry.outcome is Outcome.DROPPED}
    assert ("gate.range_db" in dropped) == gate.enabled


def test_a_missing_limiter_is_told_and_a_low_ceiling_too() -> None:
    ledger = Ledger("master")
    assert limiter_inserts(Limiter(True, -1.0), "none", 0.0, "", ledger) == ([], 0.0)
    assert [entry.outcome for entry in ledger.entries] == [Outcome.DROPPED]
    ledger = Ledger("master")
    limiter_inserts(Limiter(True, -14.0), "dpl", 0.0, "", ledger)
    assert ledger.entries[0].deviation == pytest.approx(4.0)


def test_the_reverb_is_brought_to_the_consoles_level() -> None:
    """Energies of both sides' impulse responses, as measured, times the gain before them, sum to two."""
    for decay_s, energy in ((0.1, 0.1280), (1.174, 0.1752), (2.304, 0.2746), (20.0, 0.2746)):
        assert 2.0 * energy * 10.0 ** (level_db(Reverb(decay_s=decay_s)) / 10.0) == pytest.approx(2.0)
    early = reverb_inserts(Reverb(predelay_ms=20.0), "", Ledger("r"))
    late = reverb_inserts(Reverb(predelay_ms=152.0), "", Ledger("r"))
    assert [insert.plugin for insert in early] == ["filters", "ace_reverb"]
    assert [insert.plugin for insert in late] == ["filters", "ace_delay", "ace_reverb"]
    assert late[1].values["time"] == pytest.approx(100.0)


def test_plugins_that_are_not_there_are_not_chosen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path
    monkeypatch.setenv("LV2_PATH", str(folder))
    assert (choose().equalizer, choose().gate, choose().limiter) == ("ace", "mixbridge", "none")
    (folder / "fil4.lv2").mkdir()
    (folder / "dpl.lv2").mkdir()
    assert (choose().equalizer, choose().limiter) == ("fil4", "dpl")
    (folder / "lsp-plugins.lv2").mkdir()
    assert choose().equalizer == "lsp"
    assert is_installed("ace_eq")


def test_our_scripts_are_known_again_and_no_others() -> None:
    for key, plugin in PLUGINS.items():
        if plugin.script:
            assert key_of_script(script_text(plugin.script)) == key
            assert plugin.ports
    assert key_of_script("not base64 at all!") == ""
    assert key_of_script("bmFtZSA9ICJtaXhicmlkZ2UgT3RoZXIi") == ""
