"""One plugin on a strip, its traps defused. Only a host's process imports this."""

from typing import Any

import numpy as np
import pedalboard

from bridge.host.faults import Fault, PluginFault
from bridge.host.knobs import configure, describe
from bridge.host.values import Audio, PluginFacts, PluginRef, Readback, Setting, peak_of

#: State and channels show only after a plugin has played something.
_WAKE_SAMPLES = 512
_WAKE_RATE_HZ = 44_100
_BUFFER = 1024

#: No sound that anybody set: over +40 dBFS, and 60 dB over what went in.
_RUNAWAY_PEAK, _RUNAWAY_GAIN = 100.0, 1000.0


class Instance:
    """A plugin on a strip of one or two channels; `peak` is the highest that it gave since its stream began."""

    def __init__(self, ref: PluginRef, channels: int) -> None:
        """Load it; a plugin that takes one channel only is loaded twice for a stereo strip.

        Raises:
            PluginFault: it cannot be loaded, is an instrument, or takes neither one nor two channels.
        """
        self._name = str(ref)
        first = _load(ref)
        takes = tuple(count for count in (1, 2) if _takes(first, count))
        if not takes:
            raise PluginFault(
                Fault.REFUSED, self._name, "takes neither mono nor stereo audio; it cannot be hosted"
            )
        self._plugins = [first]
        if channels not in takes and channels == 2:
            self._plugins.append(_load(ref))
        self._doubles = channels not in takes and channels == 1
        self._width = channels if channels in takes else takes[0]
        for plugin in self._plugins:
            _takes(plugin, self._width)
        self.facts = PluginFacts(
            ref=ref,
            name=first.name,
            manufacturer=str(getattr(first, "manufacturer_name", "") or ""),
            version=str(getattr(first, "version", "") or ""),
            category=str(getattr(first, "category", "") or ""),
            identifier=str(getattr(first, "identifier", "") or ""),
            parameters=tuple(describe(key, item) for key, item in first.parameters.items()),
            latency_samples=int(first.reported_latency_samples),
            channels=takes,
        )
        self._rate_hz = self._drop = 0
        self.peak = 0.0

    def configure(self, setting: Setting) -> tuple[Readback, ...]:
        """Set it, both of a pair alike, and say where each parameter stands.

        Raises:
            PluginFault: see `bridge.host.knobs.configure`.
        """
        first, *_ = [configure(plugin, self._name, setting) for plugin in self._plugins]
        return first

    def begin(self, sample_rate_hz: int, prime_samples: int) -> int:
        """Start a stream: forget what was heard, settle on silence. Returns the latency in samples."""
        self._rate_hz, self._drop = sample_rate_hz, prime_samples
        for plugin in self._plugins:
            plugin.reset()
        self._play(
            np.zeros((self._width * len(self._plugins), max(prime_samples, 1)), np.float32)[:, :prime_samples]
        )
        self.peak = 0.0
        return int(self._plugins[0].reported_latency_samples)

    def process(self, audio: Audio) -> Audio:
        """What the next samples of a stream become, float32 (channels, samples): at first fewer, by the latency.

        Raises:
            PluginFault: what came out is not finite, or loud beyond all sense.
        """
        if not self._doubles:
            return self._play(audio)
        return self._play(np.repeat(audio, 2, axis=0))[:1]

    def state(self) -> bytes:
        """The plugin's state as a .vstpreset; empty where its format has none."""
        _takes(self._plugins[0], self._width)
        return bytes(getattr(self._plugins[0], "preset_data", b""))

    def _play(self, audio: Audio) -> Audio:
        if not audio.shape[1]:
            return audio
        if len(self._plugins) == 1:
            out = self._through(self._plugins[0], audio)
        else:
            out = np.concatenate([self._through(p, audio[i : i + 1]) for i, p in enumerate(self._plugins)])
        self._check(audio, out)
        drop = min(self._drop, out.shape[1])
        self._drop -= drop
        return out[:, drop:]

    def _through(self, plugin: Any, audio: Audio) -> Audio:
        out: Audio = plugin.process(
            np.ascontiguousarray(audio), self._rate_hz, buffer_size=_BUFFER, reset=False
        )
        return out

    def _check(self, audio: Audio, out: Audio) -> None:
        if not out.size:
            return
        peak = peak_of(out)
        if not np.isfinite(peak):
            raise PluginFault(Fault.NOT_FINITE, self._name, "gave samples that are not finite")
        if peak > _RUNAWAY_PEAK and peak > _RUNAWAY_GAIN * peak_of(audio):
            raise PluginFault(Fault.RUNAWAY, self._name, f"gave a peak of {20.0 * np.log10(peak):+.0f} dBFS")
        self.peak = max(self.peak, peak)


def names_in(ref: PluginRef) -> tuple[str, ...]:
    """The names of the plugins in a file.

    Raises:
        PluginFault: the file cannot be read as plugins.
    """
    kinds = [pedalboard.VST3Plugin, getattr(pedalboard, "AudioUnitPlugin", None)]
    for kind in kinds:
        if kind is None:
            continue
        try:
            return tuple(kind.get_plugin_names_for_file(str(ref.path)))
        except (ImportError, ValueError, RuntimeError, OSError) as error:
            last = error
    raise PluginFault(Fault.CANNOT_LOAD, str(ref), f"cannot be loaded: {_first_line(last)}")


def _load(ref: PluginRef) -> Any:
    try:
        plugin = pedalboard.load_plugin(str(ref.path), plugin_name=ref.name or None)  # type: ignore[attr-defined,unused-ignore]
    except (ImportError, ValueError, RuntimeError, OSError) as error:
        raise PluginFault(Fault.CANNOT_LOAD, str(ref), f"cannot be loaded: {_first_line(error)}") from None
    if not plugin.is_effect:
        raise PluginFault(Fault.REFUSED, str(ref), "is an instrument; give an effect")
    return plugin


def _first_line(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__


def _takes(plugin: Any, channels: int) -> bool:
    """Whether a plugin takes so many channels; it has played afterwards."""
    try:
        plugin.process(
            np.zeros((channels, _WAKE_SAMPLES), np.float32), _WAKE_RATE_HZ, buffer_size=_BUFFER, reset=True
        )
    except (ValueError, RuntimeError):
        return False
    return True
