"""The console's bands as ReaEQ's, compared by the response of ReaEQ's design, written here from its formulas."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reaper_cases import reaeq_section
from scipy.signal import freqz

from console.dsp.design import (
    design_bell,
    design_high_shelf,
    design_highpass,
    design_low_shelf,
    design_lowpass,
    response_db,
)
from console.mix import Band, BandType
from exporters.reaper.eqmap import cut_bands, deviation_db, from_reaeq, to_reaeq
from exporters.reaper.reaeq import ReaEqBand, ReaEqType

FREQUENCIES_HZ = np.geomspace(20.0, 20000.0, 2000)
DESIGNS = {
    BandType.BELL: design_bell,
    BandType.LOW_SHELF: design_low_shelf,
    BandType.HIGH_SHELF: design_high_shelf,
}


def reaeq_db(band: ReaEqBand, rate_hz: float) -> np.ndarray:
    """ReaEQ's response by the formulas of its design."""
    b, d = reaeq_section(band.type, band.frequency_hz, band.gain, band.bandwidth_octaves, rate_hz)
    _, h = freqz(b, d, worN=FREQUENCIES_HZ, fs=rate_hz)
    return np.asarray(20 * np.log10(np.abs(h)))


@pytest.mark.parametrize("rate_hz", [44100, 48000, 96000, 192000])
@pytest.mark.parametrize("frequency_hz", [31.0, 250.0, 3000.0, 12000.0])
@pytest.mark.parametrize("gain_db", [-12.0, -0.5, 6.0, 18.0])
@pytest.mark.parametrize("q", [0.5, 1.2, 6.0, 18.0])
def test_bells_sound_the_same(rate_hz: int, frequency_hz: float, gain_db: float, q: float) -> None:
    band = Band(BandType.BELL, frequency_hz, gain_db, q)
    ours = response_db(design_bell(frequency_hz, gain_db, q, rate_hz), FREQUENCIES_HZ, rate_hz)
    # The plain form of the reference cancels at 31 Hz and 192 kHz; it costs some 1e-5 dB.
    assert np.abs(reaeq_db(to_reaeq(band, rate_hz, enabled=True), rate_hz) - ours).max() < 1e-4
    assert deviation_db(band, rate_hz) == 0.0


@pytest.mark.parametrize("kind", [BandType.LOW_SHELF, BandType.HIGH_SHELF])
@pytest.mark.parametrize("frequency_hz", [80.0, 1000.0, 8000.0])
@pytest.mark.parametrize("gain_db", [-18.0, -3.0, 9.0])
@pytest.mark.parametrize("q", [0.2, 0.5, 0.71])
def test_shelves_sound_the_same_up_to_reaeqs_steepest(
    kind: BandType, frequency_hz: float, gain_db: float, q: float
) -> None:
    band = Band(kind, frequency_hz, gain_db, q)
    ours = response_db(DESIGNS[kind](frequency_hz, gain_db, q, 48000), FREQUENCIES_HZ, 48000)
    assert np.abs(reaeq_db(to_reaeq(band, 48000, enabled=True), 48000) - ours).max() < 1e-6
    assert deviation_db(band, 48000) == 0.0


@given(
    kind=st.sampled_from(BandType),
    frequency_hz=st.floats(20.0, 20000.0),
    gain_db=st.floats(-18.0, 18.0),
    q=st.floats(0.1, 18.0),
    rate_hz=st.sampled_from([44100, 48000, 96000]),
)
@settings(max_examples=150, deadline=None)
def test_the_deviation_stated_is_the_deviation_there_is(
    kind: BandType, frequency_hz: float, gain_db: float, q: float, rate_hz: int
) -> None:
    band = Band(kind, frequency_hz, gain_db, q)
    ours = response_db(DESIGNS[kind](frequency_hz, gain_db, q, rate_hz), FREQUENCIES_HZ, rate_hz)
    theirs = reaeq_db(to_reaeq(band, rate_hz, enabled=True), rate_hz)
    measured_db = float(np.abs(theirs - ours).max())
    # The peak of a resonance may fall between the frequencies of this coarser grid, never the other way round.
    assert measured_db <= deviation_db(band, rate_hz) * 1.01 + 0.005
    assert deviation_db(band, rate_hz) <= measured_db * 1.15 + 0.02


def test_a_shelf_that_is_too_steep_is_given_the_steepest() -> None:
    band = Band(BandType.LOW_SHELF, 80.0, 6.0, 2.0)
    written = to_reaeq(band, 48000, enabled=True)
    assert written.bandwidth_octaves == pytest.approx(0.915)
    back = from_reaeq(written, 48000)
    assert back is not None
    assert 0.7 < back.q < 0.85
    assert deviation_db(band, 48000) > 1.0


@pytest.mark.parametrize("slope", [12, 24])
@pytest.mark.parametrize("frequency_hz", [30.0, 120.0, 7000.0])
@pytest.mark.parametrize(
    ("kind", "design"), [(ReaEqType.HIGH_PASS, design_highpass), (ReaEqType.LOW_PASS, design_lowpass)]
)
def test_cut_filters_are_butterworth(
    kind: ReaEqType, design: object, frequency_hz: float, slope: int
) -> None:
    bands = cut_bands(kind, frequency_hz, slope, 48000, enabled=True)
    assert len(bands) == slope // 12
    ours = response_db(design(frequency_hz, slope, 48000), FREQUENCIES_HZ, 48000)  # type: ignore[operator]
    theirs = sum(reaeq_db(band, 48000) for band in bands)
    assert np.abs(theirs - ours).max() < 1e-6


@given(
    kind=st.sampled_from(BandType),
    frequency_hz=st.floats(20.0, 20000.0).map(lambda value: round(value, 1)),
    gain_db=st.floats(-18.0, 18.0).map(lambda value: round(value, 1)),
    q=st.floats(0.3, 0.7).map(lambda value: round(value, 2)),
)
def test_bands_that_reaeq_can_hold_come_back_unchanged(
    kind: BandType, frequency_hz: float, gain_db: float, q: float
) -> None:
    band = Band(kind, frequency_hz, gain_db, q)
    assert from_reaeq(to_reaeq(band, 48000, enabled=True), 48000) == band


def test_a_frequency_over_nyquist_is_held_where_the_console_holds_it() -> None:
    assert to_reaeq(Band(BandType.BELL, 12000.0, 3.0, 1.0), 16000, enabled=True).frequency_hz == 0.49 * 16000
