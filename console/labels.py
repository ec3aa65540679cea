"""What engineers call the parts of a strip and their knobs."""

#: First step of a path to what an engineer calls it, along the way of the signal.
NAMES: dict[str, str] = {
    "muted": "Mute",
    "input": "Input",
    "reverb": "Reverb",
    "delay": "Delay",
    "highpass": "High-pass",
    "lowpass": "Low-pass",
    "gate": "Gate",
    "equalizer": "EQ",
    "compressor": "Compressor",
    "limiter": "Limiter",
    "width": "Width",
    "pan": "Pan",
    "fader_db": "Fader",
    "automation": "Automation",
    "sends": "Send",
    "output": "Output",
}

#: What a knob of a module is called where its own name with spaces would not do.
KNOBS: dict[str, str] = {
    "gain_db": "gain",
    "invert_polarity": "polarity",
    "delay_ms": "time shift",
    "slope_db_per_octave": "slope",
    "makeup_db": "make-up",
    "fader_db": "fader",
    "ceiling_dbtp": "ceiling",
    "predelay_ms": "pre-delay",
    "ping_pong": "ping-pong",
    "enabled": "switch",
    "type": "shape",
}
_UNIT_ENDINGS = ("_dbtp", "_db", "_hz", "_ms", "_s")


def label(path: str) -> str:
    """A path in an engineer's words: `equalizer.bands.1.gain_db` → EQ band 2 gain."""
    first, *rest = path.split(".")
    if first == "sends":
        return f"Send to {'.'.join(rest)}" if rest else "Sends"
    if first == "automation":
        return "Fader automation"
    name = NAMES.get(first, first.replace("_", " ").capitalize())
    if rest and rest[0] == "bands":
        band = f" band {int(rest[1]) + 1}" if len(rest) > 1 and rest[1].isdigit() else " bands"
        name, rest = name + band, rest[2:]
    return " ".join([name, *(knob_label(step) for step in rest)])


def knob_label(name: str) -> str:
    """A knob in an engineer's words: `makeup_db` → make-up."""
    if name in KNOBS:
        return KNOBS[name]
    for ending in _UNIT_ENDINGS:
        if name.endswith(ending):
            return name.removesuffix(ending).replace("_", " ")
    return name.replace("_", " ")
