"""The processors of a mix, one by one, and the mix without one of them."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import Any

from console.frozen import FrozenMap
from console.mix import Compressor, Equalizer, Gate, Highpass, Lowpass, Mix
from console.mix.values import MASTER

_OFF: dict[str, Callable[[], Any]] = {
    "highpass": Highpass,
    "lowpass": Lowpass,
    "gate": Gate,
    "compressor": Compressor,
}
_SILENT_SEND_DB = -90.0


@dataclass(frozen=True, slots=True)
class Processor:
    """One processor: the place ("tracks", "buses", "master"), the strip's index there, and its name."""

    place: str
    index: int
    name: str

    def strip_id(self, mix: Mix) -> str:
        """The id of its strip."""
        return MASTER if self.place == MASTER else getattr(mix, self.place)[self.index].id


def processors(mix: Mix) -> tuple[Processor, ...]:
    """Every processor that is switched on and not locked: filters, bands, gates, compressors, widths, sends."""
    found = []
    for index, track in enumerate(mix.tracks):
        if track.muted:
            continue
        names = [name for name in _OFF if getattr(track, name).enabled] + _bands(track.equalizer)
        names += ["width"] if track.width != 1.0 else []
        names += [f"sends.{bus}" for bus, level_db in track.sends.items() if level_db > _SILENT_SEND_DB]
        found += [Processor("tracks", index, name) for name in names if not _locked(name, track.locked)]
    fed = {bus for track in mix.tracks if not track.muted for bus in (*track.sends, track.output)}
    for index, bus in enumerate(mix.buses):
        if bus.id in fed:
            found += [
                Processor("buses", index, name) for name in _of_bus(bus) if not _locked(name, bus.locked)
            ]
    found += [
        Processor(MASTER, 0, name) for name in _of_bus(mix.master) if not _locked(name, mix.master.locked)
    ]
    return tuple(found)


def _of_bus(bus: Any) -> list[str]:
    return _bands(bus.equalizer) + (["compressor"] if bus.compressor.enabled else [])


def _bands(equalizer: Equalizer) -> list[str]:
    return [f"equalizer.bands.{k}" for k in range(len(equalizer.bands))] if equalizer.enabled else []


def _locked(name: str, locks: Collection[str]) -> bool:
    parts = name.split(".")
    return "all" in locks or any(".".join(parts[: k + 1]) in locks for k in range(len(parts)))


def without(mix: Mix, processor: Processor) -> Mix:
    """The mix without a processor; an equalizer's band stays, at 0 dB, so that the others keep their places."""
    if processor.place == MASTER:
        return replace(mix, master=_dropped(mix.master, processor.name))
    strips = list(getattr(mix, processor.place))
    strips[processor.index] = _dropped(strips[processor.index], processor.name)
    change: dict[str, Any] = {processor.place: tuple(strips)}
    return replace(mix, **change)


def _dropped(strip: Any, name: str) -> Any:
    module, _, rest = name.partition(".")
    if module == "equalizer":
        bands = list(strip.equalizer.bands)
        number = int(rest.partition(".")[2])
        bands[number] = bands[number].neutral()
        return replace(strip, equalizer=replace(strip.equalizer, bands=tuple(bands)))
    if module == "sends":
        return replace(strip, sends=FrozenMap({bus: x for bus, x in strip.sends.items() if bus != rest}))
    if module == "width":
        return replace(strip, width=1.0)
    return replace(strip, **{module: _OFF[module]()})


def is_idle(mix: Mix, processor: Processor) -> bool:
    """Whether a processor changes nothing: a band at 0 dB."""
    if not processor.name.startswith("equalizer"):
        return False
    strip = mix.master if processor.place == MASTER else getattr(mix, processor.place)[processor.index]
    return bool(strip.equalizer.bands[int(processor.name.rpartition(".")[2])].gain_db == 0.0)


def tidied(mix: Mix) -> Mix:
    """The mix without bands at 0 dB, equalizers without bands, and effects that nothing is sent to; locks hold."""
    tracks = tuple(_tidy(track) for track in mix.tracks)
    fed = {bus for track in tracks for bus in (*track.sends, track.output)}
    buses = tuple(_tidy(bus) for bus in mix.buses if bus.id in fed or bus.locked)
    return replace(mix, tracks=tracks, buses=buses, master=_tidy(mix.master))


def _tidy(strip: Any) -> Any:
    if (
        not strip.equalizer.enabled
        or _locked("equalizer", strip.locked)
        or any("equalizer" in x for x in strip.locked)
    ):
        return strip
    bands = tuple(band for band in strip.equalizer.bands if band.gain_db != 0.0)
    return replace(strip, equalizer=Equalizer(bool(bands), bands))


def setting(mix: Mix, processor: Processor) -> str:
    """How a processor stands, in words."""
    strip: Any = mix.master if processor.place == MASTER else getattr(mix, processor.place)[processor.index]
    module, _, rest = processor.name.partition(".")
    if module == "equalizer":
        band = strip.equalizer.bands[int(rest.partition(".")[2])]
        return f"{band.type.replace('_', ' ')} {band.frequency_hz:.0f} Hz {band.gain_db:+.1f} dB"
    if module == "sends":
        return f"{strip.sends[rest]:.1f} dB"
    if module == "width":
        return f"{strip.width:.2f}"
    value = getattr(strip, module)
    if module in ("highpass", "lowpass"):
        return f"{value.frequency_hz:.0f} Hz"
    return f"{value.threshold_db:.1f} dB, {value.ratio:.1f}:1"
