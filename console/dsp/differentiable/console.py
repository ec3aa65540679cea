"""The whole console as one function with gradients: stems and parameters in, the mix out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from console.dsp.differentiable.effects import convolve, delay_responses, reverb_responses
from console.dsp.differentiable.image import db_to_gain, fader_curve, output_matrices, send_gain
from console.dsp.differentiable.layout import ConsoleLayout
from console.dsp.differentiable.limiter import limit
from console.dsp.differentiable.parameters import AUTOMATION, ConsoleParameters, strips_of
from console.dsp.differentiable.shift import shift
from console.dsp.differentiable.strips import Processed, run_stereo, run_tracks
from console.errors import RenderError
from console.mix import Bus
from console.params import spec

Path = Literal["exact", "fast"]


@dataclass(frozen=True)
class ConsoleOutput:
    """What a console makes of stems.

    Attributes:
        mix: after the master's fader, (2, samples).
        before_fader: the master before its fader, (2, samples): what the renderer writes to its work file.
        tracks: each track after its fader, (tracks, 2, samples); empty when not asked for.
        buses: each group and effect after its fader by its id, (2, samples).
        compressor_db: gain without make-up, at most 0 dB, by place: (strips, samples); without meters empty.
        gate_db: the same of the tracks' gates.
    """

    mix: Tensor
    before_fader: Tensor
    tracks: Tensor
    buses: Mapping[str, Tensor]
    compressor_db: Mapping[str, Tensor]
    gate_db: Tensor


class DifferentiableConsole:
    """A console of fixed strips and routes, to be run at any setting of its knobs.

    Path "exact" keeps the renderer's laws to within rounding; "fast" is for the steps of an optimiser.
    """

    def __init__(self, layout: ConsoleLayout, *, path: Path = "exact") -> None:
        """Set up a console.

        Raises:
            RenderError: an unknown path.
        """
        if path not in ("exact", "fast"):
            raise RenderError(f"path is {path!r}; give 'exact' or 'fast'")
        self.layout = layout
        self.path = path
        self._mix = layout.mix
        self._fast = path == "fast"
        self._kept: dict[str, tuple[tuple[float, ...], Tensor]] = {}  # responses of effects that stand still
        self._rate_hz = float(layout.mix.sample_rate_hz)

    def render(self, stems: Tensor, parameters: ConsoleParameters, *, start_sample: int = 0) -> Tensor:
        """The mix after the master's fader, (2, samples).

        Args:
            stems: (tracks, 1 or 2 channels, samples) in the layout's order, float32 or float64; mono tracks
                in channel 0. Filled up with silence by the caller for a tail.
            parameters: of the layout's mix, of any float type.
            start_sample: where in the session the stems begin, for automation.

        Raises:
            RenderError: stems of a wrong shape, or with samples that are not finite.
        """
        return self.render_all(stems, parameters, start_sample=start_sample).mix

    def render_all(
        self,
        stems: Tensor,
        parameters: ConsoleParameters,
        *,
        start_sample: int = 0,
        tracks: bool = False,
        meters: bool = False,
    ) -> ConsoleOutput:
        """The mix with all that is on the way to it; arguments as in `render`.

        Args:
            stems: as in `render`.
            parameters: as in `render`.
            start_sample: as in `render`.
            tracks: whether each track's output is wanted.
            meters: whether the gains of compressors and gates are wanted.

        Raises:
            RenderError: stems of a wrong shape, or with samples that are not finite.
        """
        self._check(stems)
        strips = self._strips(stems, parameters, meters)
        audio = self._automated(strips.audio, parameters, start_sample)
        images = self._images(parameters, audio.shape[1]).to(audio.dtype)
        rows = audio.reshape(audio.shape[0] * audio.shape[1], audio.shape[2])
        weights = self._routes(parameters).to(audio.dtype)[:, None, :, None] * images.transpose(0, 1)
        fed = (weights.reshape(2 * len(weights), len(rows)) @ rows).reshape(len(weights), 2, rows.shape[1])
        meters_db = {"tracks": strips.compressor_db}
        master, buses = self._buses(fed, parameters, meters, meters_db)
        before_fader, after = self._master(master, parameters, meters, meters_db)
        return ConsoleOutput(
            mix=after,
            before_fader=before_fader,
            tracks=images @ audio if tracks else audio.new_zeros((0, 2, 0)),
            buses=buses,
            compressor_db=meters_db,
            gate_db=strips.gate_db,
        )

    def _check(self, stems: Tensor) -> None:
        tracks = len(self.layout.channels)
        least = max(self.layout.channels, default=1)
        if stems.ndim != 3 or stems.shape[0] != tracks or not least <= stems.shape[1] <= 2:
            raise RenderError(
                f"stems have shape {tuple(stems.shape)}; give ({tracks} tracks, {least} to 2 channels, samples)"
            )
        if not stems.is_floating_point():
            raise RenderError(f"stems are of type {stems.dtype}; give float32 or float64")
        if not bool(
            torch.isfinite(stems.detach().sum())
        ):  # a sum is cheap: who it is, is looked up if needed
            wrong = int(torch.nonzero(~torch.isfinite(stems.detach()).all(dim=2).all(dim=1))[0])
            raise RenderError(
                f"track {self.layout.track_ids[wrong]!r} has samples that are not finite numbers; "
                "export the file again, or leave it out"
            )

    def _strips(self, stems: Tensor, parameters: ConsoleParameters, meters: bool) -> Processed:
        delay_ms = parameters["tracks.input.delay_ms"]
        if stems.numel() and (delay_ms.requires_grad or bool((delay_ms != 0.0).any())):
            stems = shift(stems, delay_ms, self._rate_hz)
        gain = db_to_gain(parameters["tracks.input.gain_db"]) * self.layout.polarity.to(
            parameters["tracks.input.gain_db"]
        )
        if gain.requires_grad or bool((gain != 1.0).any()):
            stems = stems * gain.to(stems.dtype)[:, None, None]
        return run_tracks(
            stems,
            parameters,
            self._mix.tracks,
            self.layout.switches["tracks"],
            self.layout.channels,
            self._rate_hz,
            meter=meters,
            fast=self._fast,
        )

    def _automated(self, audio: Tensor, parameters: ConsoleParameters, start_sample: int) -> Tensor:
        """Tracks whose fader moves, multiplied by its curve."""
        moving = [index for index, track in enumerate(self._mix.tracks) if track.automation.fader_db]
        if not moving:
            return audio
        curves = torch.ones((audio.shape[0], audio.shape[2]), dtype=audio.dtype, device=audio.device)
        rows = list(curves.unbind(0))
        for index in moving:
            points = self._mix.tracks[index].automation.fader_db
            rows[index] = fader_curve(
                tuple(time_s for time_s, _ in points),
                parameters[f"tracks.{AUTOMATION}"][index, : len(points)],
                start_sample,
                audio.shape[2],
                self._rate_hz,
            ).to(audio.dtype)
        return audio * torch.stack(rows).unsqueeze(1)

    def _images(self, parameters: ConsoleParameters, channels: int) -> Tensor:
        """Gains from each track's channels to left and right, its fader in them: (tracks, 2, channels)."""
        pan, width = parameters["tracks.strip.pan"], parameters["tracks.strip.width"]
        stereo = torch.tensor(
            [count == 2 for count in self.layout.channels], dtype=torch.bool, device=pan.device
        )
        fader = db_to_gain(parameters["tracks.strip.fader_db"])
        moving = torch.tensor(
            [bool(track.automation.fader_db) for track in self._mix.tracks],
            device=pan.device,
            dtype=torch.bool,
        )
        fader = torch.where(moving, torch.ones_like(fader), fader)
        return (output_matrices(pan, width, stereo) * fader[:, None, None])[:, :, :channels]

    def _routes(self, parameters: ConsoleParameters) -> Tensor:
        """Gain of each track into each destination, (destinations, tracks)."""
        levels_db = parameters["tracks.strip.send_db"]
        sends = send_gain(levels_db, spec("strip.send_db").low) * self.layout.sends.to(levels_db)
        outputs = self.layout.outputs.to(levels_db)
        first = outputs.shape[0] - sends.shape[1]
        return torch.cat([outputs[:first], outputs[first:] + sends.T])

    def _buses(
        self, fed: Tensor, parameters: ConsoleParameters, meters: bool, meters_db: dict[str, Tensor]
    ) -> tuple[Tensor, dict[str, Tensor]]:
        """The master's input, and every bus after its fader."""
        master, found = fed[0], {}
        start = 1
        for place in ("groups", "effects"):
            strips = strips_of(self._mix, place)
            audio = fed[start : start + len(strips)]
            start += len(strips)
            if not strips:
                continue
            if place == "effects":
                audio = torch.stack([self._effect(index, parameters, row) for index, row in enumerate(audio)])
            done = run_stereo(
                audio,
                parameters,
                place,
                self.layout.switches[place],
                self._rate_hz,
                meter=meters,
                fast=self._fast,
            )
            fader = db_to_gain(parameters[f"{place}.strip.fader_db"]).to(audio.dtype)
            out = done.audio * fader[:, None, None]
            meters_db[place] = done.compressor_db
            found.update({bus.id: row for bus, row in zip(strips, out, strict=True)})
            master = master + out.sum(dim=0)
        return master, found

    def _effect(self, index: int, parameters: ConsoleParameters, audio: Tensor) -> Tensor:
        """The reverb or delay of an effect, wet only."""
        bus = strips_of(self._mix, "effects")[index]
        module = "reverb" if bus.reverb else "delay"
        knobs = {name: value[index].cpu() for name, value in parameters.module("effects", module).items()}
        if any(value.requires_grad for value in knobs.values()):
            return convolve(audio, self._responses(bus, knobs, audio.shape[-1]))
        key = (audio.shape[-1], *(float(value) for value in knobs.values()))
        if bus.id not in self._kept or self._kept[bus.id][0] != key:
            self._kept[bus.id] = (key, self._responses(bus, knobs, audio.shape[-1]))
        return convolve(audio, self._kept[bus.id][1])

    def _responses(self, bus: Bus, knobs: Mapping[str, Tensor], samples: int) -> Tensor:
        if bus.delay:
            return delay_responses(knobs, bus.delay.ping_pong, self._rate_hz, samples)
        return reverb_responses(knobs, self._rate_hz, samples)

    def _master(
        self, audio: Tensor, parameters: ConsoleParameters, meters: bool, meters_db: dict[str, Tensor]
    ) -> tuple[Tensor, Tensor]:
        done = run_stereo(
            audio.unsqueeze(0),
            parameters,
            "master",
            self.layout.switches["master"],
            self._rate_hz,
            meter=meters,
            fast=self._fast,
        )
        meters_db["master"] = done.compressor_db
        out = done.audio[0]
        if self._mix.master.limiter.enabled:
            knobs = parameters.module("master", "limiter")
            out = limit(out, knobs["ceiling_dbtp"][0], knobs["release_ms"][0], self._rate_hz)
        return out, out * db_to_gain(parameters["master.strip.fader_db"][0]).to(out.dtype)
