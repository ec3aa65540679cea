"""Named consoles with one interface: ours, exact and fast, and dasp-pytorch's, for comparison only.

dasp-pytorch's laws differ from the design's: one time constant for attack and release, 2.2 times as fast; the
side-chain is the sum of the channels; the pan law has -4.5 dB at the centre and no gradient at the ends; the
filters are sampled in frequency in float32. It is here so that published results can be reproduced.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Protocol

import torch
from torch import Tensor

from console.dsp.differentiable.console import DifferentiableConsole
from console.dsp.differentiable.design import BAND_CODES
from console.dsp.differentiable.layout import ConsoleLayout
from console.dsp.differentiable.parameters import ConsoleParameters
from console.errors import RenderError
from console.mix import BandType


class Console(Protocol):
    """Whatever turns stems and parameters into a mix."""

    def render(self, stems: Tensor, parameters: ConsoleParameters, *, start_sample: int = 0) -> Tensor:
        """The mix, (2, samples), of stems (tracks, channels, samples)."""


PUBLISHED_RANGES: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "strip.fader_db": (-48.0, 48.0),
        "equalizer.gain_db": (-12.0, 12.0),
        "equalizer.q": (0.1, 5.0),
        "compressor.threshold_db": (-60.0, 0.0),
        "compressor.ratio": (1.0, 10.0),
        "compressor.attack_ms": (5.0, 250.0),
        "compressor.release_ms": (10.0, 250.0),
        "compressor.knee_db": (3.0, 12.0),
        "compressor.makeup_db": (0.0, 6.0),
    }
)
"""The ranges of Diff-MST's console (Vanka et al., 2024); ours are wider at some ends, narrower at others."""

_SLOTS = ("low_shelf", "band0", "band1", "band2", "band3", "high_shelf")
_EDGE = 1e-4  # dasp-pytorch's pan law has no gradient at its very ends


class DaspConsole:
    """Gain, six-band equalizer, compressor and pan per track, and a master, by dasp-pytorch's processors.

    Knobs outside PUBLISHED_RANGES are clamped to them. Groups, effects, gates, cuts, width, automation and the
    limiter are not there: what a layout has of them is left out.
    """

    def __init__(self, layout: ConsoleLayout) -> None:
        """Set up a console.

        Raises:
            RenderError: a track is stereo: dasp-pytorch pans mono tracks only.
        """
        for track, channels in zip(layout.mix.tracks, layout.channels, strict=True):
            if channels != 1:
                raise RenderError(
                    f"track {track.id!r} is stereo, and the dasp console pans mono tracks; "
                    "give its sides as two tracks"
                )
        self._layout = layout
        self._rate_hz = layout.mix.sample_rate_hz

    def render(self, stems: Tensor, parameters: ConsoleParameters, *, start_sample: int = 0) -> Tensor:
        """The mix, (2, samples), of stems (tracks, 1, samples) in the layout's order."""
        from dasp_pytorch import functional

        audio = stems[:, :1]
        fader_db = parameters["tracks.strip.fader_db"] + parameters["tracks.input.gain_db"]
        audio = functional.gain(audio, self._rate_hz, fader_db.clamp(*PUBLISHED_RANGES["strip.fader_db"]))
        audio = audio * self._layout.polarity.to(audio)[:, None, None]
        audio = self._strip(audio, parameters, "tracks")
        position = ((parameters["tracks.strip.pan"] + 1.0) / 2.0).clamp(_EDGE, 1.0 - _EDGE)
        panned = functional.stereo_panner(audio[:, 0].unsqueeze(0), self._rate_hz, position.unsqueeze(0))
        mix = self._strip(panned.sum(dim=2), parameters, "master")
        faded: Tensor = functional.gain(mix, self._rate_hz, parameters["master.strip.fader_db"])[0]
        return faded

    def _strip(self, audio: Tensor, parameters: ConsoleParameters, place: str) -> Tensor:
        """Equalizer and compressor; only strips that have them change."""
        from dasp_pytorch import functional

        switches = self._layout.switches[place]
        if bool(switches.bands.any()):
            audio = functional.parametric_eq(audio, self._rate_hz, **self._bands(parameters, place))
        if any(switches.compressors):
            knobs = {
                name: value.clamp(*PUBLISHED_RANGES[f"compressor.{name}"])
                for name, value in parameters.module(place, "compressor").items()
            }
            knobs["makeup_gain_db"] = knobs.pop("makeup_db")
            on = torch.tensor(switches.compressors, device=audio.device)[:, None, None]
            audio = torch.where(on, functional.compressor(audio, self._rate_hz, **knobs), audio)
        return audio

    def _bands(self, parameters: ConsoleParameters, place: str) -> dict[str, Tensor]:
        """Our bands in the slots that dasp-pytorch has; a slot without a band stands at 0 dB."""
        codes, present = self._layout.switches[place].band_codes, self._layout.switches[place].bands
        knobs = parameters.module(place, "equalizer")
        arguments = {}
        for slot, name in enumerate(_SLOTS):
            kind = BandType(name) if slot in (0, len(_SLOTS) - 1) else BandType.BELL
            wanted = codes == BAND_CODES[kind]
            if kind is BandType.BELL:
                wanted = wanted & (wanted.cumsum(dim=1) == slot)
            wanted = (wanted & present).to(knobs["q"])
            there = wanted.sum(dim=1)
            gain_db = (knobs["gain_db"].clamp(*PUBLISHED_RANGES["equalizer.gain_db"]) * wanted).sum(dim=1)
            q = (knobs["q"].clamp(*PUBLISHED_RANGES["equalizer.q"]) * wanted).sum(dim=1)
            frequency_hz = (knobs["frequency_hz"] * wanted).sum(dim=1)
            arguments[f"{name}_gain_db"] = gain_db
            arguments[f"{name}_q_factor"] = q + (1.0 - there)
            arguments[f"{name}_cutoff_freq"] = frequency_hz + (1.0 - there) * 1000.0
        return arguments


BACKENDS: Mapping[str, Callable[[ConsoleLayout], Console]] = MappingProxyType(
    {
        "exact": lambda layout: DifferentiableConsole(layout, path="exact"),
        "fast": lambda layout: DifferentiableConsole(layout, path="fast"),
        "dasp": DaspConsole,
    }
)
"""Every console by its name."""


def console_by_name(name: str, layout: ConsoleLayout) -> Console:
    """A console of a layout.

    Raises:
        RenderError: there is no such backend, or it cannot do this layout.
    """
    if name not in BACKENDS:
        raise RenderError(f"there is no console {name!r}; give one of {', '.join(BACKENDS)}")
    return BACKENDS[name](layout)
