"""High-pass, low-pass and equalizer as the eight bands of Live's EQ Eight, and back.

How EQ Eight's curves compare with the console's (RBJ) has not been measured: frequencies, gains and q are passed
as they are, with its adaptive q switched off.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from console.dsp.design import BUTTERWORTH_QS
from console.mix import Band, BandType, Equalizer, Highpass, Lowpass
from console.params import EQUALIZER_BANDS
from console.words import number
from exporters.ableton.outline import Value
from exporters.ableton.values import neat_value, stored
from exporters.neat import held
from exporters.report import Ledger

BANDS = 8
GAIN_LIMIT_DB = 15.0

LOW_CUT_48, LOW_CUT_12, LOW_SHELF, BELL, _NOTCH, HIGH_SHELF, HIGH_CUT_12, HIGH_CUT_48 = range(8)

_MODES: Mapping[BandType, int] = MappingProxyType(
    {BandType.LOW_SHELF: LOW_SHELF, BandType.BELL: BELL, BandType.HIGH_SHELF: HIGH_SHELF}
)
_TYPES = {mode: kind for kind, mode in _MODES.items()}
_CUTS: Mapping[str, tuple[int, int]] = MappingProxyType(
    {"highpass": (LOW_CUT_12, LOW_CUT_48), "lowpass": (HIGH_CUT_12, HIGH_CUT_48)}
)

_LAW = "the same numbers in EQ Eight; how its curve compares with the console's has not been measured"


@dataclass(frozen=True, slots=True)
class Eq8Band:
    """One band: its mode, whether it is on, Hz, dB and q as Live stores them."""

    mode: int = BELL
    on: bool = False
    frequency_hz: float = stored(1000.0)
    gain_db: float = 0.0
    q: float = stored(0.7071067691)


_UNUSED = Eq8Band()


@dataclass(slots=True)
class Shape:
    """What an EQ Eight holds of a strip."""

    highpass: Highpass = field(default_factory=Highpass)
    lowpass: Lowpass = field(default_factory=Lowpass)
    equalizer: Equalizer = field(default_factory=Equalizer)


def to_bands(shape: Shape, ledger: Ledger) -> list[Eq8Band]:
    """The bands of an EQ Eight: high-pass, equalizer, low-pass; none where all three are at their defaults."""
    cuts: dict[str, Highpass | Lowpass] = {"highpass": shape.highpass, "lowpass": shape.lowpass}
    bands = [_band(band, shape.equalizer.enabled) for band in shape.equalizer.bands]
    _note_bands(shape.equalizer, ledger)
    free = BANDS - len(bands) - sum(1 for cut in cuts.values() if cut != type(cut)())
    made: dict[str, list[Eq8Band]] = {}
    for name, cut in cuts.items():
        twice = cut.slope_db_per_octave == 24 and free > 0
        made[name] = _cut(cut, _CUTS[name], twice=twice) if cut != type(cut)() else []
        free -= len(made[name]) - 1 if made[name] else 0
        if cut.enabled:
            _note_cut(name, cut, made[name], ledger)
    return [*made["highpass"], *bands, *made["lowpass"]]


def band_values(bands: list[Eq8Band]) -> dict[str, Value]:
    """The knobs of an EQ Eight with these bands, the rest of its eight off."""
    values: dict[str, Value] = {}
    for index in range(BANDS):
        band = bands[index] if index < len(bands) else _UNUSED
        place = f"Bands.{index}/ParameterA"
        values |= {
            f"{place}/IsOn": band.on,
            f"{place}/Mode": band.mode,
            f"{place}/Freq": band.frequency_hz,
            f"{place}/Gain": band.gain_db,
            f"{place}/Q": band.q,
        }
    return values


def from_bands(bands: list[Eq8Band], enabled: bool) -> Shape:
    """The filters and the equalizer that an EQ Eight stands for, held to the console's ranges.

    Bands that are off count where no band of their kind is on. What the console has no shape for, and bands over
    its number, are left out.
    """
    used = [band for band in bands if band != _UNUSED]
    shape = Shape()
    if cut := _read_cut(used, _CUTS["highpass"]):
        band, slope = cut
        hz = held("highpass.frequency_hz", neat_value(band.frequency_hz))
        shape.highpass = Highpass(enabled and band.on, hz, slope)
    if cut := _read_cut(used, _CUTS["lowpass"]):
        band, slope = cut
        hz = held("lowpass.frequency_hz", neat_value(band.frequency_hz))
        shape.lowpass = Lowpass(enabled and band.on, hz, slope)
    shaped = [band for band in used if band.mode in _TYPES]
    on = [band for band in shaped if band.on]
    room = {BandType.LOW_SHELF: 1, BandType.BELL: EQUALIZER_BANDS - 2, BandType.HIGH_SHELF: 1}
    kept: list[Band] = []
    for band in on or shaped:
        kind = _TYPES[band.mode]
        if room[kind]:
            room[kind] -= 1
            kept.append(_read_band(kind, band))
    if kept:
        shape.equalizer = Equalizer(enabled and bool(on), tuple(kept))
    return shape


def _band(band: Band, on: bool) -> Eq8Band:
    gain_db = min(max(band.gain_db, -GAIN_LIMIT_DB), GAIN_LIMIT_DB)
    return Eq8Band(_MODES[band.type], on, stored(band.frequency_hz), stored(gain_db), stored(band.q))


def _cut(cut: Highpass | Lowpass, modes: tuple[int, int], *, twice: bool) -> list[Eq8Band]:
    gentle, steep = modes
    hz = stored(cut.frequency_hz)
    if cut.slope_db_per_octave == 24 and not twice:
        return [Eq8Band(steep, cut.enabled, hz)]
    qs = BUTTERWORTH_QS[cut.slope_db_per_octave]
    return [Eq8Band(gentle, cut.enabled, hz, 0.0, stored(q)) for q in qs]


def _read_cut(bands: list[Eq8Band], modes: tuple[int, int]) -> tuple[Eq8Band, int] | None:
    gentle, steep = modes
    cuts = [band for band in bands if band.mode in modes]
    cuts = [band for band in cuts if band.on] or cuts
    if not cuts:
        return None
    first = cuts[0]
    twins = sum(1 for band in cuts if band.mode == gentle and band.frequency_hz == first.frequency_hz)
    return first, 24 if first.mode == steep or twins > 1 else 12


def _read_band(kind: BandType, band: Eq8Band) -> Band:
    return Band(
        kind,
        held("equalizer.frequency_hz", neat_value(band.frequency_hz)),
        held("equalizer.gain_db", round(neat_value(band.gain_db), 5) + 0.0),
        held("equalizer.q", neat_value(band.q)),
    )


def _note_bands(equalizer: Equalizer, ledger: Ledger) -> None:
    if not equalizer.enabled:
        return
    for index, band in enumerate(equalizer.bands):
        name = f"equalizer.bands.{index}"
        over_db = abs(band.gain_db) - GAIN_LIMIT_DB
        if over_db > 0.0:
            ledger.approximated(
                f"{name}.gain_db",
                f"{number(band.gain_db)} dB are {GAIN_LIMIT_DB:g} dB that way, where EQ Eight ends",
                round(over_db, 9),
                "dB",
            )
        ledger.approximated(name, _LAW)


def _note_cut(name: str, cut: Highpass | Lowpass, bands: list[Eq8Band], ledger: Ledger) -> None:
    if len(bands) == 1 and cut.slope_db_per_octave == 24:
        ledger.approximated(
            f"{name}.slope_db_per_octave",
            "EQ Eight's eight bands leave one for this filter: 24 dB per octave stand as its 48",
            24.0,
            "dB per octave",
        )
    else:
        ledger.approximated(
            name,
            f"{len(bands)} × 12 dB per octave at Butterworth q in EQ Eight; its curve has not been measured",
        )
