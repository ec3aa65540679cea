"""Sessions that never sounded: analyses and mixes made of plain numbers, for the report to show."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from bridge.report import ReportData
from console.analysis.masking import MaskedPair, Masking
from console.analysis.values import SessionAnalysis, TrackAnalysis
from console.frozen import FrozenMap
from console.mix import (
    Band,
    BandType,
    Bus,
    BusKind,
    Compressor,
    Delay,
    Equalizer,
    Gate,
    Highpass,
    Input,
    Limiter,
    Lowpass,
    Master,
    Mix,
    Reason,
    Reverb,
    TrackStrip,
)
from console.session import AudioFile, Finding, Role, Session, SessionTrack, Severity, neutral_mix
from exporters.report import ExportEntry, ExportReport, Outcome

RATE_HZ = 48000
#: Name, role, loudness in LUFS, centre of its spectrum in Hz, pan, channels.
BAND: tuple[tuple[str, Role, float, float, float, int], ...] = (
    ("01_Kick In", Role.KICK, -18.0, 70.0, 0.0, 1),
    ("02_Kick Out", Role.KICK, -20.0, 60.0, 0.0, 1),
    ("03_Snare Top", Role.SNARE, -17.0, 220.0, 0.0, 1),
    ("04_Snare Bot", Role.SNARE, -22.0, 3000.0, 0.0, 1),
    ("05_HiHat", Role.HIHAT, -28.0, 8000.0, 0.3, 1),
    ("06_Tom 1", Role.TOM, -24.0, 130.0, -0.25, 1),
    ("07_OH", Role.OVERHEAD, -22.0, 6000.0, 0.0, 2),
    ("09_Bass DI", Role.BASS, -17.5, 90.0, 0.0, 1),
    ("10_EGtr L", Role.ELECTRIC_GUITAR, -19.0, 900.0, -0.8, 1),
    ("11_EGtr R", Role.ELECTRIC_GUITAR, -19.4, 950.0, 0.8, 1),
    ("12_AcGtr", Role.ACOUSTIC_GUITAR, -23.0, 2000.0, -0.4, 1),
    ("13_Keys", Role.KEYS, -21.0, 700.0, 0.35, 2),
    ("14_Pad", Role.PAD, -26.0, 500.0, 0.0, 2),
    ("15_Lead Vox", Role.LEAD_VOCAL, -19.0, 1500.0, 0.0, 1),
    ("16_BV 1", Role.BACKING_VOCAL, -24.0, 1600.0, -0.55, 1),
    ("17_BV 2", Role.BACKING_VOCAL, -24.5, 1700.0, 0.55, 1),
    ("18_Click", Role.CLICK, -20.0, 2500.0, 0.0, 1),
)


def measured(
    loudness_lufs: float, centre_hz: float, seconds: float, *, channels: int = 1, seed: int = 0
) -> TrackAnalysis:
    """An analysis of a sound that is there for three quarters of the time, in waves."""
    hops = max(0, round(seconds * 10))
    noise = np.random.default_rng(seed)
    wave = 3.0 * np.sin(np.arange(hops) / 9.0 + seed) + noise.normal(0.0, 1.5, hops)
    silent = loudness_lufs <= -150.0
    over_time = (
        np.full(hops, -160.0) if silent else np.where(np.arange(hops) % 80 < 62, loudness_lufs + wave, -75.0)
    )
    spectrum_hz = 20.0 * 2.0 ** (np.arange(60) / 6.0)
    hill = -0.9 * np.abs(np.log2(spectrum_hz / centre_hz)) ** 1.6 * 3.0 + noise.normal(0.0, 1.2, 60)
    spectrum_db = np.full(60, -160.0) if silent else loudness_lufs - 12.0 + hill
    bins = np.arange(100) - 100.0
    histogram = np.exp(-(((bins - loudness_lufs) / 6.0) ** 2))
    return TrackAnalysis(
        sample_rate_hz=RATE_HZ,
        channels=channels,
        samples=round(seconds * RATE_HZ),
        integrated_lufs=loudness_lufs,
        max_momentary_lufs=loudness_lufs + 5.0,
        max_short_term_lufs=loudness_lufs + 3.0,
        loudness_range_lu=0.0 if silent else 5.4,
        true_peak_dbtp=-160.0 if silent else loudness_lufs + 14.2,
        sample_peak_dbfs=-160.0 if silent else loudness_lufs + 13.9,
        rms_dbfs=loudness_lufs,
        crest_db=0.0 if silent else 13.9,
        transients_per_s=2.0,
        transient_rise_db=9.0,
        width_db=-12.0,
        correlation=1.0,
        balance_db=0.0,
        dc_offset=(0.0,) * channels,
        clipped_runs=0,
        longest_clip_samples=0,
        nonfinite_samples=0,
        dual_mono=False,
        momentary_lufs=over_time.astype(np.float32),
        short_term_lufs=over_time.astype(np.float32),
        bark_db=np.zeros((hops, 24), np.float32),
        peak_db=(over_time + (0.0 if silent else 13.0)).astype(np.float32),
        spectrum_hz=spectrum_hz.astype(np.float32),
        spectrum_db=spectrum_db.astype(np.float32),
        level_histogram=(histogram / max(histogram.sum(), 1e-12)).astype(np.float32),
    )


def _strip(index: int, row: tuple[str, Role, float, float, float, int]) -> TrackStrip:
    name, role, _, centre, pan, _ = row
    if role is Role.CLICK:
        reason = Reason(
            "muted", "A metronome: 240 equal attacks, no tone between them.", FrozenMap({"attacks": 240.0})
        )
        return TrackStrip(name, (f"{name}.flac",), role, 0.99, muted=True, reasons=(reason,))
    drums = index < 7
    return TrackStrip(
        name,
        (f"{name}.flac",),
        role,
        max(0.1, 0.97 - 0.02 * index),
        ("pan",) if role is Role.LEAD_VOCAL else (),
        input=Input(0.0, name == "04_Snare Bot", -3.21 if name == "07_OH" else 0.0),
        highpass=Highpass(True, max(25.0, centre / 6.0), 24 if drums else 12),
        lowpass=Lowpass(role is Role.BASS, 9000.0, 12),
        gate=Gate(role is Role.TOM, -38.0, -24.0, 4.0, 0.5, 60.0, 180.0),
        equalizer=Equalizer(
            True,
            (
                Band(BandType.BELL, 400.0, -3.2, 1.4),
                Band(BandType.BELL, min(16000.0, centre * 2.0), 2.1, 0.9),
                Band(BandType.HIGH_SHELF, 9000.0, 1.5, 0.71),
            ),
        ),
        compressor=Compressor(index % 3 != 1, -24.0, 3.3, 8.0, 120.0, 6.0, 2.5),
        pan=pan,
        fader_db=-4.0 - 0.7 * index,
        sends=FrozenMap({"reverb": -18.0, "delay": -24.0} if role is Role.LEAD_VOCAL else {"reverb": -20.0}),
        output="drums" if drums else "master",
        reasons=(
            Reason(
                "highpass",
                f"Nothing of {name} lies below: its lowest strong band starts well above.",
                FrozenMap({"lowest_hz": centre / 4.0, "below_db": -31.2}),
            ),
            Reason(
                "equalizer.bands.0",
                "Masks the lead vocal at 400 Hz while both play.",
                FrozenMap({"masked_db": 4.13, "time_share": 0.62}),
            ),
            Reason("compressor", "Its crest is above what its role asks for.", FrozenMap({"crest_db": 17.4})),
            Reason("fader_db", "Balanced to its role's loudness.", FrozenMap({"target_lufs": -24.0})),
        ),
    )


Rows = tuple[tuple[str, Role, float, float, float, int], ...]


def build(rows: Rows = BAND, *, seconds: float = 30.0, name: str = "Night Train") -> ReportData:
    """A whole report's data for a list of tracks."""
    tracks = tuple(
        SessionTrack(
            row[0],
            (
                AudioFile(
                    Path(f"{row[0]}.flac"),
                    RATE_HZ,
                    row[5],
                    round(seconds * RATE_HZ),
                    f"{7919 * (i + 1):064x}",
                    "PCM_24",
                ),
            ),
            row[5],
            round(seconds * RATE_HZ),
            role=row[1],
            included=row[1] is not Role.CLICK,
        )
        for i, row in enumerate(rows)
    )
    session = Session(name, Path("session"), RATE_HZ, tracks)
    strips = tuple(_strip(i, row) for i, row in enumerate(rows))
    groups = (
        Bus(
            "drums",
            compressor=Compressor(True, -18.0, 2.0, 20.0, 150.0, 6.0, 1.0),
            reasons=(Reason("compressor", "Glue for the kit.", FrozenMap({"reduction_db": 2.0})),),
        ),
    )
    mix = Mix(
        RATE_HZ,
        strips,
        (*groups, Bus("reverb", BusKind.FX, reverb=Reverb()), Bus("delay", BusKind.FX, delay=Delay())),
        Master(
            equalizer=Equalizer(True, (Band(BandType.LOW_SHELF, 80.0, -1.0, 0.71),)),
            limiter=Limiter(True),
            fader_db=-2.5,
            reasons=(Reason("fader_db", "Leaves headroom for mastering.", FrozenMap({"headroom_db": 6.0})),),
        ),
        "rules",
        7,
        "mixbridge 0.1.0",
        "ab12cd34ef56ab12cd34",
    )
    before = {
        row[0]: measured(row[2], row[3], seconds, channels=row[5], seed=i) for i, row in enumerate(rows)
    }
    after = {
        row[0]: measured(row[2] - 5.0, row[3] * 1.1, seconds, channels=2, seed=i + 50)
        for i, row in enumerate(rows)
    }
    after |= {bus.id: measured(-20.0, 800.0, seconds, channels=2, seed=99) for bus in mix.buses}
    hops = round(seconds * 10)
    swing = np.abs(np.sin(np.arange(hops) / 7.0))
    reduction = {strip.id: (6.3 * swing).astype(np.float32) for strip in strips if strip.compressor.enabled}
    reduction["drums"] = (2.1 * swing).astype(np.float32)
    gates = {strip.id: (24.0 * (swing < 0.5)).astype(np.float32) for strip in strips if strip.gate.enabled}
    names = [row[0] for row in rows if row[1] is not Role.CLICK]
    pairs = tuple(
        MaskedPair(a, b, 9.0 - i, 300.0, 400.0, 0.62)
        for i, (a, b) in enumerate(zip(names[::-1], names, strict=True))
        if a != b and i < 9
    )
    return ReportData(
        session=session,
        analysis=SessionAnalysis(FrozenMap(before), measured(-9.0, 200.0, seconds, channels=2, seed=5)),
        start=neutral_mix(session),
        mix=mix,
        after=after,
        master_after=measured(-17.0, 250.0, seconds, channels=2, seed=6),
        gain_reduction=reduction,
        gate_reduction=gates,
        masking_before=Masking(FrozenMap({n: -9.0 + 1.1 * i for i, n in enumerate(names)}), pairs),
        masking_after=Masking(
            FrozenMap({n: -3.0 + 0.9 * i for i, n in enumerate(names)}),
            tuple(replace(pair, amount_db=pair.amount_db / 3) for pair in pairs[:6]),
        ),
        exports=(
            ExportReport(
                "REAPER project",
                (Path("out/Night Train.rpp"),),
                (
                    *(ExportEntry(n, "fader_db", Outcome.EXACT, "Volume of the track.") for n in names),
                    *(
                        ExportEntry(
                            n,
                            "equalizer.bands.0.q",
                            Outcome.APPROXIMATED,
                            "ReaEQ's bell is a little wider near Nyquist.",
                            0.02 + 0.01 * i,
                            "dB",
                        )
                        for i, n in enumerate(names)
                    ),
                    ExportEntry("reverb", "reverb.size", Outcome.DROPPED, "ReaVerbate has no such knob."),
                ),
            ),
        ),
        findings=tuple(f for f in FINDINGS if not f.tracks or set(f.tracks) & {row[0] for row in rows}),
        tool="mixbridge 0.1.0",
    )


FINDINGS = (
    Finding(
        "polarity",
        "'04_Snare Bot' is upside down against '03_Snare Top'.",
        ("04_Snare Bot",),
        figures=FrozenMap({"correlation": -0.62}),
    ),
    Finding(
        "late-microphone",
        "'07_OH' hears the kit late.",
        ("07_OH",),
        figures=FrozenMap({"delay_samples": 154.0, "delay_ms": 3.21}),
    ),
    Finding("dc", "'09_Bass DI' stands off zero.", ("09_Bass DI",), figures=FrozenMap({"offset_db": -32.1})),
    Finding("click", "'18_Click' is a metronome.", ("18_Click",)),
    Finding("unequal-length", "The tracks end at different times.", (), Severity.NOTE),
)


@pytest.fixture(scope="session")
def make_report_data() -> Callable[..., ReportData]:
    """Builds a report's data from rows of (name, role, loudness, centre, pan, channels)."""
    return build


@pytest.fixture(scope="session")
def band_rows() -> Rows:
    """The rows of a whole band."""
    return BAND


@pytest.fixture(scope="session")
def make_measured() -> Callable[..., TrackAnalysis]:
    """Builds one analysis."""
    return measured


@pytest.fixture(scope="session")
def band(make_report_data: Callable[..., ReportData]) -> ReportData:
    """A whole band's report."""
    return make_report_data()
