"""The columns of the table by group: what each term is called, in which unit, and what it says."""

from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Term:
    """A figure or a distance; `title` is what it is called in tables and pictures."""

    key: str
    title: str
    unit: str = ""

    @property
    def label(self) -> str:
        """The title with its unit."""
        return f"{self.title}, {self.unit}" if self.unit else self.title


_FIGURES = (
    Term("integrated_lufs", "loudness as made", "LUFS"),
    Term("true_peak_dbtp", "true peak as made", "dBTP"),
    Term("peak_to_loudness_db", "true peak over loudness", "dB"),
    Term("loudness_range_lu", "loudness range", "LU"),
    Term("rms_db", "RMS at −18 LUFS", "dB"),
    Term("crest_db", "crest", "dB"),
    Term("dynamic_spread_db", "dynamic spread", "dB"),
    Term("spread_db", "spread of levels", "dB"),
    Term("width_db", "side over mid", "dB"),
    Term("balance_db", "right over left", "dB"),
    Term("panning_rms", "panning RMS"),
    Term("panning_rms_low", "panning RMS below 250 Hz"),
    Term("panning_rms_mid", "panning RMS 250 Hz to 2.5 kHz"),
    Term("panning_rms_high", "panning RMS above 2.5 kHz"),
    Term("centroid_hz", "spectral centroid", "Hz"),
    Term("bandwidth_hz", "spectral bandwidth", "Hz"),
    Term("rolloff_hz", "roll-off at 85 %", "Hz"),
    Term("contrast_db", "spectral contrast", "dB"),
    Term("flatness_db", "spectral flatness", "dB"),
    Term("audibility_mean_db", "audibility, mean of the tracks", "dB"),
    Term("audibility_least_db", "audibility, least of the tracks", "dB"),
    Term("hidden_pairs", "pairs hidden by 6 dB or more"),
)

_DISTANCES = (
    Term("features.rms", "AF floored: RMS", "dB²"),
    Term("features.crest", "AF floored: crest", "dB²"),
    Term("features.width", "AF floored: width"),
    Term("features.imbalance", "AF floored: imbalance"),
    Term("features.mid", "AF floored: Bark mid"),
    Term("features.side", "AF floored: Bark side"),
    Term("features.total", "AF floored: weighted sum"),
    Term("published.rms", "AF published: RMS"),
    Term("published.crest", "AF published: crest", "dB²"),
    Term("published.width", "AF published: width"),
    Term("published.imbalance", "AF published: imbalance"),
    Term("published.mid", "AF published: Bark mid"),
    Term("published.side", "AF published: Bark side"),
    Term("published.total", "AF published: weighted sum"),
    Term("sound.crest_db", "sound: crest", "dB"),
    Term("sound.width_db", "sound: width", "dB"),
    Term("sound.balance_db", "sound: balance", "dB"),
    Term("sound.mid_db", "sound: Bark mid", "dB"),
    Term("sound.side_db", "sound: Bark side", "dB"),
    Term("sound.spread_db", "sound: spread", "dB"),
    Term("sound.total_db", "sound: sum", "dB"),
    Term("centroid_octaves", "spectral centroid", "octaves"),
    Term("bandwidth_octaves", "spectral bandwidth", "octaves"),
    Term("rolloff_octaves", "roll-off", "octaves"),
    Term("contrast_db", "spectral contrast", "dB"),
    Term("flatness_db", "spectral flatness", "dB"),
    Term("dynamic_spread_db", "dynamic spread", "dB"),
    Term("peak_to_loudness_db", "true peak over loudness", "dB"),
    Term("panning_rms", "panning RMS"),
    Term("panning_rms_low", "panning RMS below 250 Hz"),
    Term("panning_rms_mid", "panning RMS 250 Hz to 2.5 kHz"),
    Term("panning_rms_high", "panning RMS above 2.5 kHz"),
)

_ALIGNED = (
    Term("mrstft", "MRSTFT, left and right"),
    Term("mrstft_linear", "MRSTFT, linear part"),
    Term("mrstft_log", "MRSTFT, logarithmic part"),
    Term("stereo", "MRSTFT, sum and difference"),
)

#: The terms of each group of figures in a row, in the order of the table.
TERMS: MappingProxyType[str, tuple[Term, ...]] = MappingProxyType(
    {"to_reference": _DISTANCES, "to_human": (*_ALIGNED, *_DISTANCES), "figures": _FIGURES}
)

#: What each group is called.
TITLES: MappingProxyType[str, str] = MappingProxyType(
    {
        "to_reference": "Distance to the reference",
        "to_human": "Distance to the human mix",
        "figures": "The mixes themselves",
    }
)

#: The group in which less is no better, and the systems that a distance says nothing of.
PLAIN_GROUP = "figures"
ITSELF = MappingProxyType({"to_reference": "reference", "to_human": "human", "figures": ""})
