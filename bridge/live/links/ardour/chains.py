"""The knobs that the plugins of a strip have together."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from bridge.live.links.ardour import equalizers
from bridge.live.links.ardour.device import Device
from bridge.live.links.ardour.equalizers import Tone
from bridge.live.links.ardour.parts import ACTIVE, Part, Ports, Values, direct, silent_knob, toggle
from bridge.live.values import Knob
from console.units import db_to_gain, gain_to_db
from exporters.ardour.dynamics import knee_of_knob, knob_of_knee
from exporters.ardour.space import OWN_PREDELAY_MS, decay_of_room, room_of_decay

_EQUALIZERS: Final[dict[str, Callable[[Ports, float, int], Tone]]] = {
    "ace_eq": equalizers.ace,
    "x42_eq": equalizers.x42,
    "lsp_eq": equalizers.lsp,
}


@dataclass(slots=True)
class Chain:
    """The knobs that a strip's plugins have: for each its device and its part."""

    knobs: dict[str, Knob] = field(default_factory=dict)
    places: dict[str, tuple[Device, Part]] = field(default_factory=dict)
    band_types: dict[str, int] = field(default_factory=dict)

    def add(self, device: Device, parts: Iterable[Part]) -> None:
        """Take parts of a device, but those whose knobs another one has already."""
        for part in parts:
            if any(knob.parameter in self.knobs for knob in part.knobs):
                continue
            device.parts.append(part)
            for knob in part.knobs:
                self.knobs[knob.parameter] = knob
                self.places[knob.parameter] = (device, part)


def chain_of(devices: Sequence[Device], channels: int, rate_hz: float) -> Chain:
    """The knobs of a strip with these plugins, in their order, and so many channels."""
    chain = Chain()
    by_kind = {device.kind: device for device in reversed(devices)}
    _add_equalizers(chain, [device for device in devices if device.kind in _EQUALIZERS], rate_hz)
    for kind, parts_of in _DYNAMICS.items():
        if kind in by_kind:
            chain.add(by_kind[kind], parts_of(by_kind[kind].ports))
    filters = [device for device in devices if device.kind == "filters" and device.active]
    space = by_kind.get("reverb") or by_kind.get("delay")
    if filters and space is not None:
        _add_cuts_of_space(chain, filters[0], space.kind)
    elif filters:
        chain.add(filters[0], _cuts(filters[0].ports))
    if filters and channels == 2 and space is None:
        chain.add(filters[-1], direct("width", "Width", filters[-1].ports))
    if "reverb" in by_kind:
        _add_reverb(chain, by_kind["reverb"], by_kind.get("delay"))
    elif "delay" in by_kind:
        _add_delay(chain, by_kind["delay"])
    return chain


def _add_equalizers(chain: Chain, devices: Sequence[Device], rate_hz: float) -> None:
    """The bands of all equalizers, counted on; their switch where there is one of them, and it is nothing else."""
    first = 0
    for device in devices:
        tone = _EQUALIZERS[device.kind](device.ports, rate_hz, first)
        if not tone.is_alone and not device.active:
            continue  # its cuts cannot be turned on without its bands
        chain.add(device, tone.parts)
        chain.band_types |= tone.band_types
        if len(devices) == 1 and tone.is_alone:
            chain.add(device, toggle("equalizer.enabled", ACTIVE, device.ports))
        first = tone.next_band


def _compressor(ports: Ports) -> list[Part]:
    return [
        *toggle("compressor.enabled", ACTIVE, ports),
        *direct("compressor.threshold_db", "Threshold", ports),
        *direct("compressor.ratio", "Ratio", ports),
        *direct("compressor.attack_ms", "Attack", ports),
        *direct("compressor.release_ms", "Release", ports),
        *direct("compressor.knee_db", "Knee", ports, knee_of_knob, knob_of_knee),
        *direct("compressor.makeup_db", "Makeup", ports),
    ]


def _expander(ports: Ports) -> list[Part]:
    return [
        *toggle("gate.enabled", ACTIVE, ports),
        *direct("gate.threshold_db", "Threshold", ports),
        *direct("gate.ratio", "Ratio", ports),
        *direct("gate.attack_ms", "Attack", ports),
        *direct("gate.release_ms", "Release", ports),
    ]


def _gate(ports: Ports) -> list[Part]:
    return [
        *_expander(ports),
        *direct("gate.range_db", "Range", ports),
        *direct("gate.hold_ms", "Hold", ports),
    ]


def _x42_limiter(ports: Ports) -> list[Part]:
    return [
        *toggle("limiter.enabled", ACTIVE, ports),
        *direct("limiter.ceiling_dbtp", "Threshold", ports),
        *direct("limiter.release_ms", "Release Time", ports, _ms, _seconds),
    ]


def _lsp_limiter(ports: Ports) -> list[Part]:
    return [
        *toggle("limiter.enabled", ACTIVE, ports),
        *direct("limiter.ceiling_dbtp", "Threshold", ports, gain_to_db, db_to_gain),
        *direct("limiter.release_ms", "Release time", ports),
    ]


#: What a strip has once: the first of its plugins of a kind, gates of ours before Ardour's expander.
_DYNAMICS: Final[dict[str, Callable[[Ports], list[Part]]]] = {
    "compressor": _compressor,
    "gate": _gate,
    "expander": _expander,
    "x42_limiter": _x42_limiter,
    "lsp_limiter": _lsp_limiter,
}


def _cuts(ports: Ports) -> list[Part]:
    parts = []
    for name, words in (("highpass", "High-pass"), ("lowpass", "Low-pass")):
        parts += _cut_switch(f"{name}.enabled", words, ports)
        parts += direct(f"{name}.frequency_hz", f"{words} Frequency", ports)
        parts += _slope(f"{name}.slope_db_per_octave", f"{words} Slope", ports)
    return parts


def _cut_switch(parameter: str, label: str, ports: Ports) -> list[Part]:
    """The switch of a cut, off while the whole plugin is, too: what reads so has been turned off by hand."""

    def decode(values: Values) -> dict[str, float]:
        return {parameter: float(min(values[label], values[ACTIVE]) > 0.0)}

    return [
        Part((label, ACTIVE), part.knobs, decode, part.encode) for part in toggle(parameter, label, ports)
    ]


def _slope(parameter: str, label: str, ports: Ports) -> list[Part]:
    return [
        Part(
            part.labels,
            (silent_knob(parameter, 12.0, 24.0, choices=(12.0, 24.0)),),
            lambda values: {parameter: 12.0 if values[label] < 18.0 else 24.0},
            part.encode,
        )
        for part in direct(parameter, label, ports)
    ]


def _add_cuts_of_space(chain: Chain, filters: Device, kind: str) -> None:
    """The cuts before a reverb or a delay, where they are on."""
    for name, words in (("low_cut_hz", "High-pass"), ("high_cut_hz", "Low-pass")):
        port = filters.ports.get(words)
        if port is not None and port.value > 0.0:
            chain.add(filters, direct(f"{kind}.{name}", f"{words} Frequency", filters.ports))


def _add_reverb(chain: Chain, reverb: Device, waiting: Device | None) -> None:
    chain.add(reverb, direct("reverb.decay_s", "Room Size", reverb.ports, decay_of_room, room_of_decay))
    if waiting is not None and waiting.plugin < reverb.plugin:
        chain.add(
            waiting,
            direct("reverb.predelay_ms", "Time", waiting.ports, _after_own_predelay, _before_own_predelay),
        )


def _add_delay(chain: Chain, delay: Device) -> None:
    chain.add(delay, direct("delay.time_ms", "Time", delay.ports))
    chain.add(delay, direct("delay.feedback", "Feedback", delay.ports, _share, _percent))
    chain.add(delay, direct("delay.high_cut_hz", "LPF", delay.ports))


def _ms(seconds: float) -> float:
    return 1000.0 * seconds


def _seconds(ms: float) -> float:
    return ms / 1000.0


def _share(percent: float) -> float:
    return percent / 100.0


def _percent(share: float) -> float:
    return 100.0 * share


def _after_own_predelay(ms: float) -> float:
    return ms + OWN_PREDELAY_MS


def _before_own_predelay(ms: float) -> float:
    return ms - OWN_PREDELAY_MS
