"""A model of REAPER's own plugins as control surfaces see them: parameters by name, 0 … 1, each with REAPER's text.

The numbers are those of facts about REAPER (documentation, measured tables), written down here once more on purpose:
the model shares nothing with the link.
"""

import math
from dataclasses import dataclass, field


def _db_text(gain):
    return "-inf" if gain < 1e-7 else f"{20.0 * math.log10(gain):.1f}"


#: Plugin → rows of (name, 0 … 1 at first, what REAPER prints for a position).
PLUGINS = {
    "ReaComp": [
        ("Threshold", 0.5, lambda x: _db_text(2.0 * x)),
        ("Ratio", 3 / 99, lambda x: f"{1.0 + 99.0 * x:.2f}"),
        ("Attack", 0.006, lambda x: f"{500.0 * x:.1f}"),
        ("Release", 0.02, lambda x: f"{5000.0 * x:.0f}"),
        ("Pre-comp", 0.0, lambda x: f"{250.0 * x:.1f}"),
        ("resvd", 0.0, lambda x: "0"),
        ("Lowpass", 1.0, lambda x: f"{20000.0 * x:.0f}"),
        ("Highpass", 0.0, lambda x: f"{20000.0 * x:.0f}"),
        ("SignIn", 0.0, lambda x: ""),
        ("AudIn", 0.0, lambda x: ""),
        ("Dry", 0.0, lambda x: _db_text(2.0 * x)),
        ("Wet", 0.5, lambda x: _db_text(2.0 * x)),
        ("Filter Preview", 0.0, lambda x: ""),
        ("RMS size", 0.005, lambda x: f"{1000.0 * x:.1f}"),
        ("Knee", 0.0, lambda x: f"{24.0 * x:.1f}"),
        ("Auto Make Up Gain", 0.0, lambda x: ""),
    ],
    "ReaGate": [
        ("Threshold", 0.0, lambda x: _db_text(2.0 * x)),
        ("Attack", 0.006, lambda x: f"{500.0 * x:.1f}"),
        ("Release", 0.02, lambda x: f"{5000.0 * x:.0f}"),
        ("Pre-open", 0.0, lambda x: f"{250.0 * x:.1f}"),
        ("Hold", 0.0, lambda x: f"{1000.0 * x:.1f}"),
        ("Lowpass", 1.0, lambda x: f"{20000.0 * x:.0f}"),
        ("Highpass", 0.0, lambda x: f"{20000.0 * x:.0f}"),
        ("SignIn", 0.0, lambda x: ""),
        ("AudIn", 0.0, lambda x: ""),
        ("Dry", 0.0, lambda x: _db_text(2.0 * x)),
        ("Wet", 0.5, lambda x: _db_text(2.0 * x)),
        ("Noise", 0.0, lambda x: _db_text(2.0 * x)),
    ],
    "ReaLimit": [("Threshold", 0.8, lambda x: f"{-60.0 + 72.0 * x:.1f}"), ("Ceiling", 0.7, lambda x: "-1.0")],
    "ReaVerbate": [
        ("Wet", 0.25, lambda x: _db_text(2.0 * x)),
        ("Dry", 0.5, lambda x: _db_text(2.0 * x)),
        ("Room size", 0.5, lambda x: f"{100.0 * x:.0f}"),
        ("Dampening", 0.5, lambda x: f"{100.0 * x:.0f}"),
        ("Stereo width", 1.0, lambda x: f"{2.0 * x - 1.0:.2f}"),
        ("Initial delay", 0.0, lambda x: f"{500.0 * x:.0f}"),
        ("Lowpass", 1.0, lambda x: f"{20000.0 * x:.0f}"),
        ("Highpass", 0.0, lambda x: f"{20000.0 * x:.0f}"),
    ],
    "ReaDelay": [
        ("Wet", 0.5, lambda x: _db_text(2.0 * x)),
        ("Dry", 0.5, lambda x: _db_text(2.0 * x)),
        ("1: Enabled", 1.0, lambda x: ""),
        ("1: Length (time)", 0.0, lambda x: f"{10000.0 * x:.1f}"),
        ("1: Length (musical)", 0.03, lambda x: f"{128.0 * x:.2f}"),
        ("1: Feedback", 0.0, lambda x: _db_text(x)),
    ],
    "Foreign Synth": [(f"Macro {n}", n / 200.0, lambda x: f"{x:.2f}") for n in range(1, 121)],
}


@dataclass
class ModelFx:
    """A plugin in a chain."""

    name: str
    kind: str
    enabled: bool = True
    rows: list = field(default_factory=list)
    values: list = field(default_factory=list)

    @property
    def parameters(self):
        return [
            (name, value, text(value)) for (name, _, text), value in zip(self.rows, self.values, strict=True)
        ]

    def parameter(self, index):
        name, _, text = self.rows[index]
        return name, self.values[index], text(self.values[index])

    def set(self, index, value):
        self.values[index] = min(max(value, 0.0), 1.0)


def plugin(kind, name=None):
    """A fresh instance."""
    rows = [*PLUGINS[kind], ("Bypass", 0.0, lambda x: ""), ("Wet", 1.0, lambda x: f"{100.0 * x:.1f}")]
    return ModelFx(name or f"{kind} (Cockos)", kind, rows=rows, values=[row[1] for row in rows])


def jsfx(path_text, name="mixbridge channel strip"):
    """The strip, by the sliders that its file declares: sliderN:variable=default<low,high,step…>Label."""
    rows, values = [], []
    for line in path_text.splitlines():
        if not line.startswith("slider") or "=" not in line or "<" not in line:
            continue
        head, rest = line.split("<", 1)
        span, label = rest.split(">", 1)
        numbers = span.split("{")[0].split(",")
        low, high = float(numbers[0]), float(numbers[1])
        default = float(head.split("=")[1])
        words = span.split("{")[1].rstrip("}").split(",") if "{" in span else []
        if words:
            rows.append((label, 0.0, lambda x, words=words: words[round(x * (len(words) - 1))]))
        else:
            rows.append((label, 0.0, lambda x, low=low, high=high: f"{low + (high - low) * x:.1f}"))
        values.append((default - low) / (high - low))
    return ModelFx(name, "JS", rows=rows, values=values)


EQ_NAMES = {0: "High Pass", 1: "Low Shelf", 2: "Band", 4: "High Shelf", 5: "Low Pass"}


class ModelEq(ModelFx):
    """ReaEQ: bands of (type, Hz, gain in dB, octaves). `bent` says in which of two ways gains are normalised."""

    def __init__(self, bands=None, name="ReaEQ (Cockos)", bent=True):
        super().__init__(name, "ReaEQ")
        self.bent = bent
        self.off = set()
        self.bands = [
            list(band)
            for band in (
                bands
                or [
                    (1, 100.0, 0.0, 2.0),
                    (2, 300.0, 0.0, 2.0),
                    (2, 1000.0, 0.0, 2.0),
                    (4, 5000.0, 0.0, 2.0),
                    (0, 50.0, 0.0, 2.0),
                ]
            )
        ]

    def _gain_position(self, gain_db):
        gain = 10.0 ** (gain_db / 20.0)
        if not self.bent:
            return gain / 4.0
        return gain / 2.0 if gain <= 1.0 else 0.5 + (gain - 1.0) / 6.0

    def _gain_db(self, x):
        gain = 4.0 * x if not self.bent else 2.0 * x if x <= 0.5 else 6.0 * x - 2.0
        return 20.0 * math.log10(max(gain, 1e-8))

    @property
    def parameters(self):
        found = []
        for number, (kind, hz, gain_db, octaves) in enumerate(self.bands, start=1):
            label = EQ_NAMES[kind] + (f" {number}" if number > 1 else "")
            found.append((f"Freq-{label}", math.log((hz - 20.0) / 59.95 + 1.0, 401.0), f"{hz:.1f}"))
            found.append((f"Gain-{label}", self._gain_position(gain_db), f"{gain_db:.1f}"))
            found.append((f"BW-{label}", octaves / 4.0, f"{octaves:.2f}"))
        return [*found, ("Global Gain", 0.25, "0.0"), ("Bypass", 0.0, ""), ("Wet", 1.0, "100.0")]

    def set(self, index, value):
        band, part = divmod(index, 3)
        value = min(max(value, 0.0), 1.0)
        if band < len(self.bands):
            hz = 20.0 + 59.95 * (401.0**value - 1.0)
            self.bands[band][1 + part] = (hz, self._gain_db(value), max(4.0 * value, 0.01))[part]

    def parameter(self, index):
        return self.parameters[index]

    def is_on(self, kind, number):
        own = [index for index, band in enumerate(self.bands) if band[0] == kind]
        return number < len(own) and own[number] not in self.off

    def set_eq(self, kind, number, part, value):
        """TrackFX_SetEQParam, not normalised: part 0 Hz, 1 dB, 2 octaves of the band of a kind counted from 0."""
        own = [band for band in self.bands if band[0] == kind]
        if number >= len(own):
            return None
        low, high = ((20.0, 24000.0), (-150.0, 20.0 * math.log10(4.0)), (0.01, 4.0))[part]
        own[number][1 + part] = min(max(value, low), high)
        return self.bands.index(own[number]) * 3 + part
