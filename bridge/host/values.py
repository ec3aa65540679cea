"""What is known of a plugin and asked of one, as values that travel between processes."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

#: float32 (channels, samples).
Audio = NDArray[np.float32]


def peak_of(audio: Audio) -> float:
    """The largest amplitude, without a copy; nan or inf where the audio has one."""
    return max(float(np.max(audio)), -float(np.min(audio))) if audio.size else 0.0


@dataclass(frozen=True, slots=True)
class PluginRef:
    """A plugin in a file; `name` tells those of one file apart, "" where there is only one."""

    path: Path
    name: str = ""

    def __str__(self) -> str:
        return self.name or self.path.stem


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter as the plugin shows it: `raw` is its value 0 … 1, `text` what the plugin calls that.

    low and high are in `unit` where it is a number; `texts` are the words of a switch or a list, () for a number.
    `settable` is False for meters and for what frameworks show of the host beside the plugin's own parameters.
    """

    key: str
    name: str
    unit: str
    raw: float
    text: str
    low: float | None = None
    high: float | None = None
    texts: tuple[str, ...] = ()
    settable: bool = True


@dataclass(frozen=True, slots=True)
class PluginFacts:
    """A loaded plugin: who made it, its parameters in order, its latency in samples.

    `channels` are the numbers of channels that it takes. One that takes a single channel runs twice on a stereo
    strip, set alike, each side by itself; one that takes only two gets a mono strip on both.
    """

    ref: PluginRef
    name: str
    manufacturer: str
    version: str
    category: str
    identifier: str
    parameters: tuple[Parameter, ...]
    latency_samples: int
    channels: tuple[int, ...]

    def parameter(self, key: str) -> Parameter | None:
        """The parameter of this key, or None."""
        return next((item for item in self.parameters if item.key == key), None)

    @property
    def ranges(self) -> dict[str, tuple[float, float]]:
        """The ends of the parameters that are numbers, by key."""
        return {
            item.key: (item.low, item.high)
            for item in self.parameters
            if item.low is not None and item.high is not None
        }


@dataclass(frozen=True, slots=True)
class Setting:
    """How an instance is to be set: a preset's bytes first (.vstpreset), then values by key, then raw values.

    A number of `values` is in the parameter's own unit, a text is one of its words; `raw` goes from 0 to 1. `read`
    are keys to be read back beside those that are set.
    """

    values: tuple[tuple[str, float | str], ...] = ()
    raw: tuple[tuple[str, float], ...] = ()
    preset: bytes = b""
    read: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Readback:
    """Where a parameter stands after it was set."""

    key: str
    raw: float
    text: str


@dataclass(frozen=True, slots=True)
class Limits:
    """The longest that each thing may take, in s, before a plugin counts as hung."""

    start_s: float = 20.0
    load_s: float = 20.0
    set_s: float = 10.0
    block_s: float = 10.0
