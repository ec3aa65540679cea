"""Plays passages through the differentiable console, to hold the renderer and the plugins against it.

Torch is imported only when a function runs. What is held in memory does not grow with the song: of each strip, and of
the mix, its loudest passage counts, and the console hears some seconds before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from bridge.render.fidelity import Modelled, compare_audio
from bridge.render.printing import Block
from bridge.render.rendered import Rendered
from bridge.render.through import StripPrint
from bridge.render.workfile import WorkFile
from console.mix import Mix
from console.session.reader import TrackReader
from console.session.values import Session

#: A passage, and what the console hears before it; a song that is no longer than both is taken whole.
PASSAGE_S, RUN_UP_S = 20.0, 10.0
#: The most samples of all stems together that the console gets at once: a passage of many tracks is shorter.
MOST_SAMPLES = 1 << 25
#: What the console hears behind a passage of the mix: a track that is early comes from there.
_MARGIN_S = 0.25
_READ = 65_536

Audio = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Passage:
    """A stretch in samples; the console begins at `begin`, the figures at `start`."""

    begin: int
    start: int
    end: int

    @property
    def lead(self) -> int:
        """Samples that are heard, but not compared."""
        return self.start - self.begin

    def modelled(self, model: Audio, builtins: Audio, plugins: Audio, rate_hz: int) -> Modelled:
        """The figures of a passage: the model from `begin`, the others from `start`."""
        model = model[:, self.lead :]
        return Modelled(
            builtins=compare_audio(builtins, model, rate_hz),
            plugins=compare_audio(plugins, model, rate_hz),
            start_s=self.start / rate_hz,
            seconds=(self.end - self.start) / rate_hz,
        )


def modelled_strip(item: StripPrint, rate_hz: int) -> Modelled | None:
    """The modules of a strip, its plugins' ones too, played by the differentiable console; None for a silent strip.

    Raises:
        ImportError: PyTorch is not installed.
        SessionError: a file of the session cannot be read.
    """
    from console.dsp.differentiable.inserts import play_modules

    passage = loudest(_wav(item.predicted.path), rate_hz)
    if passage is None:
        return None
    modules = [module for stage in item.stages for module in stage.modules]
    model = play_modules(modules, _cut(item.source(), passage.begin, passage.end), rate_hz)
    builtins, plugins = (
        _cut(_wav(file.path), passage.start, passage.end) for file in (item.predicted, item.real)
    )
    return passage.modelled(model, builtins, plugins, rate_hz)


def modelled_mix(session: Session, mix: Mix, builtins: Rendered, plugins: Rendered) -> Modelled | None:
    """The whole mix up to the master's fader, played by the differentiable console; None for a silent mix.

    Args:
        session: where the audio is.
        mix: every decision.
        builtins: the mix as the renderer plays it.
        plugins: the mix as the plugins play it.

    Raises:
        ImportError: PyTorch is not installed.
        RenderError, SessionError: the session's files cannot be played.
    """
    import torch

    from console.dsp.differentiable.console import DifferentiableConsole
    from console.dsp.differentiable.layout import layout_of
    from console.dsp.differentiable.parameters import from_mix

    rate_hz = mix.sample_rate_hz
    most_s = MOST_SAMPLES / (2.0 * max(len(mix.tracks), 1) * rate_hz)
    passage = loudest(_frames(builtins.work), rate_hz, most_s)
    if passage is None:
        return None
    layout = layout_of(mix, session)
    samples = passage.end - passage.begin + round(_MARGIN_S * rate_hz)
    stems = np.zeros((len(mix.tracks), max(layout.channels, default=1), samples), np.float32)
    for row, (strip, channels) in enumerate(zip(mix.tracks, layout.channels, strict=True)):
        if not strip.muted:
            with TrackReader(session.track(strip.id), rate_hz) as reader:
                reader.seek(passage.begin)
                stems[row, :channels] = reader.read(samples)
    console = DifferentiableConsole(layout, path="exact")
    with torch.no_grad():
        parameters = from_mix(mix, dtype=torch.float64)
        out = console.render_all(torch.from_numpy(stems), parameters, start_sample=passage.begin)
        model = out.before_fader[:, : passage.end - passage.begin].double().numpy()
    ours, theirs = (_cut(_frames(side.work), passage.start, passage.end) for side in (builtins, plugins))
    return passage.modelled(model, ours, theirs, rate_hz)


def loudest(blocks: Iterable[Block], rate_hz: int, most_s: float = PASSAGE_S + RUN_UP_S) -> Passage | None:
    """The passage with most energy and its run-up, together no longer than `most_s`; None where all is silence."""
    energies: list[float] = []
    total = 0
    waiting, left = 0.0, rate_hz
    for block in blocks:
        powers = np.sum(np.square(block, dtype=np.float64), axis=0)
        total += len(powers)
        while len(powers) >= left:
            energies.append(waiting + float(powers[:left].sum()))
            powers, waiting, left = powers[left:], 0.0, rate_hz
        waiting, left = waiting + float(powers.sum()), left - len(powers)
    energies.append(waiting)
    if not any(energies):
        return None
    most_s = min(most_s, PASSAGE_S + RUN_UP_S)
    if total <= most_s * rate_hz:
        return Passage(0, 0, total)
    run_up = min(RUN_UP_S, most_s / 2.0)
    length = max(int(most_s - run_up), 1)
    sums = np.convolve(energies, np.ones(length), "valid") if len(energies) >= length else np.zeros(1)
    start = int(np.argmax(sums)) * rate_hz
    begin = max(start - round(run_up * rate_hz), 0)
    return Passage(begin, start, min(start + length * rate_hz, total))


def _cut(blocks: Iterable[Block], start: int, end: int) -> Audio:
    """The samples from start to end, or as many as there are."""
    kept, at = [], 0
    for block in blocks:
        kept.append(np.array(block[:, max(start - at, 0) : end - at], dtype=np.float64))
        at += block.shape[1]
        if at >= end:
            break
    return np.concatenate(kept, axis=1)


def _wav(path: Path) -> Iterator[Block]:
    with soundfile.SoundFile(path) as file:
        while len(frames := file.read(_READ, dtype="float32", always_2d=True)):
            yield frames.T


def _frames(work: WorkFile) -> Iterator[Block]:
    return (frames.T for frames in work.blocks(_READ))
