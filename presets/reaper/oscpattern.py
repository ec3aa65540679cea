"""REAPER's OSC pattern file for mixbridge: one table from which the shipped file is made, and a reader to check it.

The language is the one of REAPER's own pattern files: an action, then patterns of a type (n normalised, f number, b
switch, t trigger, s text, i whole number, r rotary) and an address with @ for numbers. REAPER tells a value at every
pattern of n, f, b, t, s that its action has; but not at the address at which the value has just come in. So what is
written here at one address is told at another, which ends in `told`, exactly and always.
"""

from dataclasses import dataclass
from importlib import resources

from console.errors import ExportError

#: The file, which goes into the folder OSC of REAPER's resource path.
FILE = "mixbridge.ReaperOSC"

#: What the user chooses under "Pattern config" in REAPER's dialog.
NAME = "mixbridge"

#: The types of patterns.
TYPES = "nfbtsir"

_FILTERS = ("HIPASS", "LOPASS")
_SHELVES = ("LOSHELF", "HISHELF")


def _equalizer() -> list[str]:
    """ReaEQ by name, in Hz, dB and octaves; which bands are on is told of the track that is looked at."""
    lines = [f"FX_EQ_{band}_BYPASS b/fxeq/{band.lower()}/bypass" for band in (*_FILTERS, *_SHELVES)]
    lines.append("FX_EQ_BAND_BYPASS b/fxeq/band/@/bypass")
    for band in (*_FILTERS, *_SHELVES):
        place = f"/track/@/fxeq/{band.lower()}"
        lines.append(f"FX_EQ_{band}_FREQ f{place}/freq/hz")
        if band in _SHELVES:
            lines.append(f"FX_EQ_{band}_GAIN f{place}/gain/db")
        lines.append(f"FX_EQ_{band}_Q f{place}/q/oct")
    place = "/track/@/fxeq/band/@"
    return [
        *lines,
        f"FX_EQ_BAND_FREQ f{place}/freq/hz",
        f"FX_EQ_BAND_GAIN f{place}/gain/db",
        f"FX_EQ_BAND_Q f{place}/q/oct",
    ]


#: Heading → lines.
_SECTIONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        "How much REAPER tells of. mixbridge asks for more, or less, as the project has it.",
        (
            "DEVICE_TRACK_COUNT 64",
            "DEVICE_SEND_COUNT 8",
            "DEVICE_FX_COUNT 8",
            "DEVICE_FX_PARAM_COUNT 1",
        ),
    ),
    (
        "Nothing selected in REAPER follows mixbridge, nor the reverse.\n"
        "There is no DEVICE_EQ here: a message about an EQ must not insert one.",
        (
            "REAPER_TRACK_FOLLOWS REAPER",
            "DEVICE_TRACK_FOLLOWS DEVICE",
            "DEVICE_TRACK_BANK_FOLLOWS DEVICE",
            "DEVICE_FX_FOLLOWS DEVICE",
        ),
    ),
    (
        "What mixbridge asks by: the first is answered always, the second tells everything (41743).",
        ("REWIND_FORWARD_BYMARKER t/bymarker", "ACTION i/action"),
    ),
    (
        "Where REAPER looks for it.",
        (
            "DEVICE_TRACK_COUNT i/device/track/count",
            "DEVICE_SEND_COUNT i/device/send/count",
            "DEVICE_FX_COUNT i/device/fx/count",
            "DEVICE_FX_PARAM_COUNT i/device/fxparam/count",
            "DEVICE_TRACK_BANK_SELECT i/device/track/bank/select",
            "DEVICE_TRACK_SELECT i/device/track/select",
            "DEVICE_FX_SELECT i/device/fx/select",
        ),
    ),
    ("Transport.", ("TIME f/time", "PLAY t/play")),
    (
        "Faders in dB, pans from 0 to 1; mute, solo and record-arm have no address.",
        (
            "MASTER_VOLUME n/master/volume f/master/volume/db f/master/volume/db/told",
            "MASTER_PAN n/master/pan n/master/pan/told",
            "TRACK_NAME s/track/@/name",
            "TRACK_VOLUME n/track/@/volume f/track/@/volume/db f/track/@/volume/db/told",
            "TRACK_PAN n/track/@/pan n/track/@/pan/told",
            "TRACK_SEND_NAME s/track/@/send/@/name",
            "TRACK_SEND_VOLUME n/track/@/send/@/volume f/track/@/send/@/volume/db",
        ),
    ),
    (
        "Plugins: the chain, and the parameters of the one that REAPER looks at with names and texts.",
        (
            "FX_NAME s/fx/@/name s/track/@/fx/@/name",
            "FX_BYPASS b/fx/@/bypass b/track/@/fx/@/bypass",
            "FX_PARAM_NAME s/fxparam/@/name",
            "FX_PARAM_VALUE n/fxparam/@/value s/fxparam/@/value/str n/fx/@/fxparam/@/value",
            "FX_PARAM_VALUE n/track/@/fx/@/fxparam/@/value n/track/@/fx/@/fxparam/@/told",
        ),
    ),
    ("ReaEQ: high-pass, low-pass, shelves, bells from 0.", tuple(_equalizer())),
)


def pattern_text() -> str:
    """The file's text, made from the table."""
    parts = ["# Part of mixbridge; GPL-3.0-or-later. Put it into the folder OSC of REAPER's resource path.\n"]
    for heading, lines in _SECTIONS:
        comment = "".join(f"# {line}\n" for line in heading.splitlines())
        parts.append(comment + "".join(f"{line}\n" for line in lines))
    return "\n".join(parts)


def pattern_source() -> bytes:
    """The file itself, as it is shipped."""
    return resources.files("presets").joinpath("reaper", FILE).read_bytes()


@dataclass(frozen=True, slots=True)
class PatternFile:
    """A pattern file as REAPER reads it: settings (banks, what follows what) and each action's (type, address)."""

    settings: dict[str, str]
    patterns: dict[str, tuple[tuple[str, str], ...]]

    def address(self, action: str, kind: str, numbers: int) -> str:
        """The address of an action's pattern of a type with so many numbers, "" when it has none."""
        found = self.patterns.get(action, ())
        return next((place for type_, place in found if type_ == kind and place.count("@") == numbers), "")


def read_pattern(text: str) -> PatternFile:
    """A pattern file's actions.

    Raises:
        ExportError: a line that REAPER would refuse; says which.
    """
    settings: dict[str, str] = {}
    patterns: dict[str, tuple[tuple[str, str], ...]] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.split()
        if len(words) < 2 or words[0].startswith("#"):
            continue
        action, first, *_ = words
        if action.startswith(("DEVICE_", "REAPER_")) and "/" not in first:
            settings[action] = first
            words = [action, *words[2:]]
        for word in words[1:]:
            if word[0] not in TYPES or word[1:2] != "/" or len(word) > 512:
                raise ExportError(
                    f"line {number} of the pattern file has {word!r:.60}; "
                    f"a pattern is one of the types {TYPES} and an address that starts with a slash"
                )
            patterns[action] = (*patterns.get(action, ()), (word[0], word[1:]))
    return PatternFile(settings, patterns)
