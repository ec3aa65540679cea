"""The equalizer's curve over the spectrum before and after it."""

import math
from collections.abc import Sequence

import numpy as np
from markupsafe import Markup

from bridge.report import svg, words
from console.analysis.values import FloatArray, TrackAnalysis
from console.dsp.design import BAND_DESIGNS, design_highpass, design_lowpass, response_db, stack_sections
from console.mix import Bus, Equalizer, Highpass, Lowpass, Master, TrackStrip

WIDTH, HEIGHT = 720.0, 290.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 46.0, 44.0, 26.0, 34.0
LOW_HZ, HIGH_HZ = 20.0, 20000.0
_CURVE_POINTS = 220
_SPECTRUM_SPAN_DB = 70.0
_GAINS_DB = (12.0, 18.0, 24.0)
_TICKS_HZ = (20.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0, 5000.0, 10000.0, 20000.0)
_FINE_HZ = tuple(
    digit * decade
    for decade in (10.0, 100.0, 1000.0, 10000.0)
    for digit in (3, 4, 6, 7, 8, 9)
    if digit * decade < HIGH_HZ
)


def total_response_db(strip: TrackStrip | Bus | Master, sample_rate_hz: int, at_hz: svg.Array) -> svg.Array:
    """High-pass, low-pass and equalizer of a strip together, in dB at each frequency."""
    parts = []
    for cut, design in ((_cut(strip, "highpass"), design_highpass), (_cut(strip, "lowpass"), design_lowpass)):
        if cut is not None and cut.enabled:
            parts.append(design(cut.frequency_hz, cut.slope_db_per_octave, sample_rate_hz))
    if strip.equalizer.enabled:
        parts += [
            BAND_DESIGNS[band.type](band.frequency_hz, band.gain_db, band.q, sample_rate_hz)
            for band in strip.equalizer.bands
        ]
    return response_db(stack_sections(parts), at_hz, sample_rate_hz)


def plain_gain_db(strip: TrackStrip | Bus | Master) -> float:
    """Trim, make-up and fader of a strip together, which change no colour, in dB."""
    trim_db = strip.input.gain_db if isinstance(strip, TrackStrip) else 0.0
    makeup_db = strip.compressor.makeup_db if strip.compressor.enabled else 0.0
    return trim_db + makeup_db + strip.fader_db


def _cut(strip: TrackStrip | Bus | Master, name: str) -> Highpass | Lowpass | None:
    return getattr(strip, name) if isinstance(strip, TrackStrip) else None


def spectrum_chart(
    name: str,
    strip: TrackStrip | Bus | Master,
    sample_rate_hz: int,
    *,
    before: TrackAnalysis | None,
    after: TrackAnalysis | None,
    title: str,
) -> Markup:
    """The picture of one strip.

    Where there is a spectrum before it, the one after is drawn with the strip's plain gains taken out.
    """
    names = {"before": "before", "after": "after, gains taken out" if before else "behind the fader"}
    gains = svg.Axis(*_gain_range(strip), HEIGHT - _BOTTOM, _TOP)
    spectra = [
        (kind, analysis.spectrum_hz, np.asarray(analysis.spectrum_db, dtype=np.float64) - offset_db)
        for kind, analysis, offset_db in (
            ("before", before, 0.0),
            ("after", after, plain_gain_db(strip) if before else 0.0),
        )
        if analysis is not None and not analysis.silent
    ]
    levels = svg.Axis(*_level_range([spectrum for _, _, spectrum in spectra]), HEIGHT - _BOTTOM, _TOP)
    across = svg.Axis(LOW_HZ, HIGH_HZ, _LEFT, WIDTH - _RIGHT, log=True)
    frame, gain_frame = svg.Frame(across, levels), svg.Frame(across, gains)
    parts = [
        frame.grid(
            [(value, _hz_tick(value)) for value in _TICKS_HZ],
            [(value, words.number(value, 0)) for value in _every(10.0, levels)] if spectra else [],
            x_fine=_FINE_HZ,
        ),
        frame.right_ticks(gains, [(v, words.number(v, 0, sign=True)) for v in _every(6.0, gains)], "tick eq"),
        svg.line(_LEFT, gains.at(0.0), WIDTH - _RIGHT, gains.at(0.0), "zero"),
        frame.clipped(_curves(frame, gain_frame, spectra, strip, sample_rate_hz)),
        svg.text(_LEFT - 40, 14, "dBFS per 1/6 octave" if spectra else "no signal", "axis"),
        svg.text(WIDTH - 4, 14, "EQ, dB", "axis eq", "end"),
        svg.legend(190, 14, [*((kind, names[kind]) for kind, _, _ in spectra), ("curve", "filters and EQ")]),
    ]
    return svg.drawing(
        name,
        WIDTH,
        HEIGHT,
        parts,
        title=title,
        description=_description(strip, sample_rate_hz, bool(spectra)),
    )


def _curves(
    frame: svg.Frame,
    gain_frame: svg.Frame,
    spectra: Sequence[tuple[str, FloatArray, svg.Array]],
    strip: TrackStrip | Bus | Master,
    sample_rate_hz: int,
) -> list[Markup]:
    parts = []
    for kind, centres_hz, spectrum_db in spectra:
        x, y = frame.curve(np.asarray(centres_hz, dtype=np.float64), spectrum_db)
        if kind == "before":
            parts.append(svg.path(svg.area_data(x, y, HEIGHT - _BOTTOM), "fill-before"))
        parts.append(svg.path(svg.path_data(x, y), kind))
    highest = min(HIGH_HZ, 0.499 * sample_rate_hz)
    at_hz = np.geomspace(LOW_HZ, highest, _CURVE_POINTS)
    curve_db = total_response_db(strip, sample_rate_hz, at_hz)
    x, y = gain_frame.curve(at_hz, curve_db)
    parts += [
        svg.path(svg.area_data(x, y, gain_frame.y.at(0.0)), "fill-curve"),
        svg.path(svg.path_data(x, y), "curve"),
    ]
    for words_, frequency_hz, told in markers(strip):
        # Above Nyquist, or beyond the picture, a marker stands at the edge; its title has the true figure.
        shown_hz = min(max(frequency_hz, LOW_HZ), highest)
        gain_db = float(total_response_db(strip, sample_rate_hz, np.array([shown_hz]))[0])
        top, bottom = _TOP + 9, HEIGHT - _BOTTOM - 9
        across = min(max(frame.x.at(shown_hz), _LEFT + 9), WIDTH - _RIGHT - 9)
        down = min(max(gain_frame.y.at(max(gain_db, -100.0)), top), bottom)
        parts.append(
            svg.group(
                [
                    svg.circle(across, down, 8 if len(words_) == 1 else 9.5, "band"),
                    svg.text(across, down + 3.6, words_, "band-number", "middle"),
                ],
                title=told,
            )
        )
    return parts


def markers(strip: TrackStrip | Bus | Master) -> list[tuple[str, float, str]]:
    """What is marked on a strip's curve: (mark, frequency in Hz, what it is)."""
    found = []
    for name, mark_, cut in (
        ("high-pass", "HP", _cut(strip, "highpass")),
        ("low-pass", "LP", _cut(strip, "lowpass")),
    ):
        if cut is not None and cut.enabled:
            told = f"{name} {words.frequency(cut.frequency_hz)}, {cut.slope_db_per_octave} dB per octave"
            found.append((mark_, cut.frequency_hz, told))
    if strip.equalizer.enabled:
        for index, band in enumerate(strip.equalizer.bands):
            gain = words.change(band.gain_db)
            told = f"band {index + 1}: {gain} at {words.frequency(band.frequency_hz)}, Q {band.q:.2f}"
            found.append((str(index + 1), band.frequency_hz, told))
    return found


def _gain_range(strip: TrackStrip | Bus | Master) -> tuple[float, float]:
    """A range for the equalizer, even about zero, that holds every band."""
    bands = strip.equalizer.bands if strip.equalizer.enabled else Equalizer().bands
    most = max((abs(band.gain_db) for band in bands), default=0.0)
    half = next((value for value in _GAINS_DB if value >= most + 1.0), _GAINS_DB[-1])
    return -half, half


def _level_range(spectra: Sequence[svg.Array]) -> tuple[float, float]:
    highest = max((float(np.max(spectrum)) for spectrum in spectra if spectrum.size), default=0.0)
    top = 10.0 * math.ceil((highest + 4.0) / 10.0) if math.isfinite(highest) else 0.0
    return top - _SPECTRUM_SPAN_DB, top


def _every(step: float, axis: svg.Axis) -> list[float]:
    first = math.ceil(axis.low / step)
    return [step * count for count in range(first, math.floor(axis.high / step) + 1)]


def _hz_tick(value_hz: float) -> str:
    return f"{value_hz / 1000:g}k" if value_hz >= 1000 else f"{value_hz:g}"


def _description(strip: TrackStrip | Bus | Master, sample_rate_hz: int, heard: bool) -> str:
    told = "; ".join(words_ for _, _, words_ in markers(strip)) or "no filter and no equalizer band is on"
    spectra = (
        "Spectra in 1/6 octaves with the curve over them" if heard else "The curve alone, without signal"
    )
    return f"{spectra}, {words.frequency(LOW_HZ)} to {words.frequency(HIGH_HZ)}: {told}."
