"""What a host's process is told and answers. Audio goes through shared memory, everything else through a pipe."""

from dataclasses import dataclass

from bridge.host.values import PluginRef, Setting


@dataclass(frozen=True, slots=True)
class Open:
    """Load a plugin under a number of the caller's; answered by PluginFacts."""

    handle: int
    ref: PluginRef
    channels: int


@dataclass(frozen=True, slots=True)
class Configure:
    """Set an instance; answered by its Readbacks."""

    handle: int
    setting: Setting


@dataclass(frozen=True, slots=True)
class Begin:
    """Start a stream through instances in a row; answered by their latency together, in samples."""

    handles: tuple[int, ...]
    sample_rate_hz: int
    prime_samples: int


@dataclass(frozen=True, slots=True)
class Play:
    """Play what lies in a slot through the instances and leave the result there; answered by its samples.

    A stream's first blocks come out shorter than they went in, by the latency.
    """

    handles: tuple[int, ...]
    slot: int
    channels: int
    samples: int


@dataclass(frozen=True, slots=True)
class Peaks:
    """Ask for the highest peak that each instance gave since its stream began; answered by a tuple of them."""

    handles: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class State:
    """Ask for an instance's preset; answered by bytes."""

    handle: int


@dataclass(frozen=True, slots=True)
class Names:
    """Ask for the names of the plugins in a file; answered by a tuple of them."""

    ref: PluginRef


@dataclass(frozen=True, slots=True)
class Close:
    """Forget an instance; answered by None."""

    handle: int


Message = Open | Configure | Begin | Play | Peaks | State | Names | Close
