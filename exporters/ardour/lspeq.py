"""LSP's parametric equalizer for the console's filters and bands: in its mode "APO (DR)" it has the console's law.

Measured through Ardour 7.3 with lsp-plugins 1.2.5: bells, shelves and cuts lie within 0.004 dB of the console's
(within 0.02 dB where a filter is more than 35 dB down).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from console.dsp.design import BUTTERWORTH_QS, clamp_frequency
from console.mix import Band, BandType, Equalizer, Highpass, Lowpass
from console.units import db_to_gain, gain_to_db
from exporters.ardour.plugins import Insert
from exporters.neat import held, neat_single, neat_single_db

SLOTS = 16

#: The plugin's numbers for a filter's type, and for the mode in which its filters are the console's.
OFF, BELL, HIGHPASS, HIGH_SHELF, LOWPASS, LOW_SHELF = range(6)
APO_MODE = 6
#: The type of each band of the console, and back.
KINDS: MappingProxyType[BandType, int] = MappingProxyType(
    {BandType.BELL: BELL, BandType.HIGH_SHELF: HIGH_SHELF, BandType.LOW_SHELF: LOW_SHELF}
)
KINDS_BACK = {theirs: ours for ours, theirs in KINDS.items()}


@dataclass(frozen=True, slots=True)
class Slot:
    """One filter of the plugin: its type, frequency, linear gain, q, and whether it is muted."""

    kind: int
    frequency_hz: float
    gain: float
    q: float
    muted: bool


def cut_slots(highpass: Highpass, lowpass: Lowpass, sample_rate_hz: float) -> list[Slot]:
    """The slots of the cuts that have been set, one for 12 dB per octave and two for 24."""
    slots = []
    for cut, kind in ((highpass, HIGHPASS), (lowpass, LOWPASS)):
        if cut != type(cut)():
            hz = clamp_frequency(cut.frequency_hz, sample_rate_hz)
            slots += [
                Slot(kind, hz, 1.0, q, not cut.enabled) for q in BUTTERWORTH_QS[cut.slope_db_per_octave]
            ]
    return slots


def band_slots(equalizer: Equalizer, sample_rate_hz: float) -> list[Slot]:
    """The slots of the bands, in order."""
    return [
        Slot(
            KINDS[band.type],
            clamp_frequency(band.frequency_hz, sample_rate_hz),
            db_to_gain(band.gain_db),
            band.q,
            not equalizer.enabled,
        )
        for band in equalizer.bands
    ]


def insert(slots: Sequence[Slot], label: str) -> list[Insert]:
    """The plugin with these slots; none where there are none."""
    values: dict[str, float] = {}
    for index, slot in enumerate(slots):
        values |= {
            f"ft_{index}": slot.kind,
            f"fm_{index}": APO_MODE,
            f"s_{index}": 0.0,
            f"xm_{index}": float(slot.muted),
            f"f_{index}": slot.frequency_hz,
            f"g_{index}": slot.gain,
            f"q_{index}": slot.q,
        }
    return [Insert("lsp_eq", label, values)] if slots else []


def slots_of(values: Mapping[str, float], *, enabled: bool) -> list[Slot]:
    """The slots that a plugin's ports say; those of a plugin that is off count as muted."""
    slots = []
    for index in range(SLOTS):
        kind = int(min(max(values.get(f"ft_{index}", 0.0), 0.0), 99.0))
        if kind == OFF:
            continue
        muted = not enabled or values.get(f"xm_{index}", 0.0) > 0.0
        slots.append(
            Slot(
                kind,
                values.get(f"f_{index}", 1000.0),
                values.get(f"g_{index}", 1.0),
                values.get(f"q_{index}", 0.0),
                muted,
            )
        )
    return slots


def highpass_of(slots: Sequence[Slot]) -> Highpass | None:
    """The high-pass among the slots: two of them make 24 dB per octave."""
    cuts = [slot for slot in slots if slot.kind == HIGHPASS]
    if not cuts:
        return None
    return Highpass(
        not cuts[0].muted, held("highpass.frequency_hz", neat_single(cuts[0].frequency_hz)), _slope(cuts)
    )


def lowpass_of(slots: Sequence[Slot]) -> Lowpass | None:
    """The low-pass among the slots: two of them make 24 dB per octave."""
    cuts = [slot for slot in slots if slot.kind == LOWPASS]
    if not cuts:
        return None
    return Lowpass(
        not cuts[0].muted, held("lowpass.frequency_hz", neat_single(cuts[0].frequency_hz)), _slope(cuts)
    )


def bands_of(slots: Sequence[Slot]) -> list[tuple[Band, bool]]:
    """The bands among the slots, each with whether it is on."""
    return [
        (
            Band(
                KINDS_BACK[slot.kind],
                held("equalizer.frequency_hz", neat_single(slot.frequency_hz)),
                held("equalizer.gain_db", neat_single_db(gain_to_db(slot.gain))),
                held("equalizer.q", neat_single(slot.q)),
            ),
            not slot.muted,
        )
        for slot in slots
        if slot.kind in KINDS_BACK
    ]


def _slope(cuts: Sequence[Slot]) -> int:
    return 12 if len(cuts) == 1 else 24
