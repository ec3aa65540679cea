"""Plays a strip through its plugins and modules into a file; where a plugin fails, the console takes its place."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from bridge.host.faults import Fault, PluginFault
from bridge.host.process import HostedPlugin, PluginProcess
from bridge.host.rack import Insert, Stage
from bridge.host.values import Audio, Readback
from bridge.render.ringing import Ring
from bridge.render.wav import WavWriter, encoding
from console.dsp.inserts import InsertModule, InsertProcessor

Block = NDArray[np.floating]
Source = Callable[[], Iterator[Block]]

#: A plugin that has ended its process so often is not asked again in this render.
_MOST_ENDS = 2


@dataclass(frozen=True, slots=True)
class PlayedInsert:
    """A plugin that a strip was played through: where its parameters stood, and its state as a .vstpreset."""

    insert: Insert
    readbacks: tuple[Readback, ...]
    state: bytes


@dataclass(frozen=True, slots=True)
class Print:
    """A strip's audio behind its inserts, and how it came about; `faults` are those of plugins that were replaced.

    `samples` count, whatever the file has more; `endless`: its plugins sound on without falling, and are cut there.
    """

    path: Path
    channels: int
    samples: int
    played: tuple[PlayedInsert, ...]
    faults: tuple[PluginFault, ...]
    endless: bool = False


@dataclass(slots=True)
class Trust:
    """Counts what plugins do over a whole render; one that ended its process again and again is asked no more."""

    _ends: Counter[str] = field(default_factory=Counter)
    _lock: Lock = field(default_factory=Lock)

    def note(self, fault: PluginFault) -> None:
        """A plugin failed."""
        if fault.fault in (Fault.CRASHED, Fault.HUNG):
            with self._lock:
                self._ends[fault.plugin] += 1

    def refuses(self, insert: Insert) -> bool:
        """Whether a plugin is not to be asked any more."""
        return self._ends[str(insert.ref)] >= _MOST_ENDS


def print_stages(
    stages: Sequence[Stage],
    source: Source,
    path: Path,
    *,
    sample_rate_hz: int,
    channels: int,
    process: PluginProcess,
    trust: Trust,
    longest_tail: int = 0,
) -> Print:
    """Play audio through stages into a float32 WAV.

    When a plugin fails, its modules are played by the console instead, or nothing where it stood for none, and the
    strip is begun again: nothing else is lost.

    Args:
        stages: what the strip consists of.
        source: begins the strip's input anew, blocks of (channels, samples).
        path: the file, replaced when it is there.
        sample_rate_hz: the rate.
        channels: 1 or 2.
        process: where the plugins run.
        trust: what is known of plugins in this render.
        longest_tail: samples for which plugins may ring on behind the source's end, until they have fallen by 60 dB.

    Raises:
        RenderError, SessionError: of the source, or the disk.
    """
    faults: list[PluginFault] = []
    remaining = list(stages)
    while True:
        for index, stage in enumerate(remaining):
            if stage.insert is not None and trust.refuses(stage.insert):
                name = str(stage.insert.ref)
                faults.append(
                    PluginFault(Fault.CRASHED, name, "failed before in this render and was not asked again")
                )
                remaining[index] = Stage(stage.modules)
        try:
            longest = longest_tail if any(stage.insert for stage in remaining) else 0
            ring = Ring(sample_rate_hz, longest)
            played, samples = _play(remaining, source, path, sample_rate_hz, channels, process, ring)
            return Print(path, channels, samples, played, tuple(faults), ring.endless)
        except PluginFault as fault:
            trust.note(fault)
            faults.append(fault)
            remaining = _without(remaining, fault)


def _without(stages: Sequence[Stage], fault: PluginFault) -> list[Stage]:
    """The stages with the console in the place of the plugin that failed, or of all of them where none is named."""
    named = [stage for stage in stages if stage.insert and str(stage.insert.ref) in fault.plugin.split(" → ")]
    guilty = named or [stage for stage in stages if stage.insert]
    return [Stage(stage.modules) if any(stage is item for item in guilty) else stage for stage in stages]


def _play(
    stages: Sequence[Stage],
    source: Source,
    path: Path,
    sample_rate_hz: int,
    channels: int,
    process: PluginProcess,
    ring: Ring,
) -> tuple[tuple[PlayedInsert, ...], int]:
    path.unlink(missing_ok=True)
    writer = WavWriter(path, encoding("FLOAT"), channels, sample_rate_hz)
    played: list[PlayedInsert] = []
    with ExitStack() as stack:
        heard = source()
        # Closing the source and the streams in order, whatever happens, gives files and slots back at once.
        stack.callback(_close, heard)
        blocks = ring.feed(heard)
        for is_plugin, row in groupby(stages, key=lambda stage: stage.insert is not None):
            if is_plugin:
                hosted = [_put_up(stage.insert, channels, process, played) for stage in row if stage.insert]
                for plugin in hosted:
                    stack.callback(_take_down, plugin)
                silent = any(item.insert.may_be_silent for item in played[-len(hosted) :])
                blocks = process.stream(hosted, _as_single(blocks), sample_rate_hz, may_be_silent=silent)
            else:
                modules = [module for stage in row for module in stage.modules]
                blocks = _through(blocks, modules, sample_rate_hz, channels)
            stack.callback(_close, blocks)
        for block in ring.keep(blocks):
            writer.write(block.T.astype(np.float64))
        writer.finish()
    return tuple(played), ring.length + ring.samples


def _put_up(
    insert: Insert, channels: int, process: PluginProcess, played: list[PlayedInsert]
) -> HostedPlugin:
    plugin = process.open(insert.ref, channels)
    readbacks = plugin.configure(insert.setting)
    played.append(PlayedInsert(insert, readbacks, plugin.state()))
    return plugin


def _take_down(plugin: HostedPlugin) -> None:
    try:
        plugin.close()
    except PluginFault:
        return  # It has played all it had to play.


def _close(blocks: Iterator[Block]) -> None:
    close = getattr(blocks, "close", None)
    if close is not None:
        close()


def _as_single(blocks: Iterable[Block]) -> Iterator[Audio]:
    return (block.astype(np.float32, copy=False) for block in blocks)


def _through(
    blocks: Iterator[Block], modules: Sequence[InsertModule], sample_rate_hz: int, channels: int
) -> Iterator[Block]:
    """The audio behind modules of the console."""
    processor = InsertProcessor(modules, sample_rate_hz, channels)
    for block in blocks:
        yield processor.process(block)
    yield processor.flush()
