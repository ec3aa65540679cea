"""The Mix: every decision about a session as one frozen value, with its file form, diff, blend and locks."""

from console.frozen import FrozenMap
from console.mix.blend import blend
from console.mix.diff import Change, diff
from console.mix.file import dump_mix, json_schema, load_mix
from console.mix.locks import keep_locked
from console.mix.strip import (
    Automation,
    Band,
    BandType,
    Compressor,
    Equalizer,
    Gate,
    Highpass,
    Input,
    Lowpass,
    Module,
    Reason,
    TrackStrip,
)
from console.mix.values import Bus, BusKind, Delay, Limiter, Master, Mix, Reverb

__all__ = [
    "Automation",
    "Band",
    "BandType",
    "Bus",
    "BusKind",
    "Change",
    "Compressor",
    "Delay",
    "Equalizer",
    "FrozenMap",
    "Gate",
    "Highpass",
    "Input",
    "Limiter",
    "Lowpass",
    "Master",
    "Mix",
    "Module",
    "Reason",
    "Reverb",
    "TrackStrip",
    "blend",
    "diff",
    "dump_mix",
    "json_schema",
    "keep_locked",
    "load_mix",
]
