"""Moves a plugin's own knobs until it sounds as near to the prediction as it can: the profile's map is the start."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bridge.host.faults import PluginFault
from bridge.host.knobs import number_in
from bridge.host.process import HostedPlugin, PluginProcess
from bridge.host.rack import Insert, Stage
from bridge.host.values import Audio, Setting
from bridge.render.printing import Block, Source
from console.dsp.inserts import InsertModule, InsertProcessor
from console.estimators.blackbox import minimise
from presets.plugins.mapping import Link

#: What is listened to: the seconds with most energy, behind some that let smoothers settle.
_EXCERPT_S, _LEAD_S = 6.0, 1.0
_PRIME_S = 0.25

#: A plugin this near needs no refinement, in dB of the difference; nothing nearer is told apart.
_NEAR_DB, _FLOOR_DB = -70.0, -120.0
_EVALUATIONS = 400
#: The search ends when so many settings have brought less than this, in dB.
_PATIENCE, _GAIN_DB = 100, 0.25


@dataclass(frozen=True, slots=True)
class Move:
    """A knob that was moved: how it stood by the profile's map and where it stands, as the plugin shows it."""

    key: str
    was: str
    now: str


@dataclass(frozen=True, slots=True)
class Refinement:
    """What moving a plugin's knobs brought: the difference to the prediction before and after, in dB of it."""

    plugin: str
    before_db: float
    after_db: float
    moves: tuple[Move, ...]
    tried: int


def refine(
    stages: Sequence[Stage],
    source: Source,
    *,
    sample_rate_hz: int,
    channels: int,
    process: PluginProcess,
    seed: int = 0,
) -> tuple[tuple[Stage, ...], tuple[Refinement, ...]]:
    """Stages whose plugins are set so that each comes as near to the console's modules as its law allows.

    Each plugin is judged by itself, on what the console's modules before it make of the strip. A plugin that fails
    stays as it was: printing tells of it.

    Args:
        stages: what the strip consists of.
        source: begins the strip's input anew.
        sample_rate_hz: the rate.
        channels: 1 or 2.
        process: where the plugins run.
        seed: of the search.
    """
    refined, told = list(stages), []
    for index, stage in enumerate(stages):
        insert = stage.insert
        if insert is None or not insert.tunable or not stage.modules:
            continue
        before = [module for item in stages[:index] for module in item.modules]
        heard, lead = _excerpt(source, before, sample_rate_hz, channels)
        wanted = _played_by_console(heard, stage.modules, sample_rate_hz)
        if not np.any(wanted[:, lead:]):
            continue
        try:
            setting, refinement = _search(insert, heard, wanted, lead, sample_rate_hz, process, seed)
        except PluginFault:
            continue
        refined[index] = replace(stage, insert=replace(insert, setting=setting))
        told.append(refinement)
    return tuple(refined), tuple(told)


def _search(
    insert: Insert, heard: Audio, wanted: Block, lead: int, rate_hz: int, process: PluginProcess, seed: int
) -> tuple[Setting, Refinement]:
    plugin = process.open(insert.ref, heard.shape[0])
    try:
        plugin.configure(insert.setting)
        followers = tuple(link.second.key for link in insert.links)
        start = plugin.positions((*insert.tunable, *followers))
        keys = insert.tunable
        positions = np.array([back.raw for back in start[: len(keys)]])
        silent = insert.may_be_silent

        def loss(raw: NDArray[np.float64]) -> float:
            _move(plugin, insert.links, tuple(zip(keys, raw.tolist(), strict=True)))
            return _null_db(_played(process, plugin, heard, rate_hz, silent), wanted, lead)

        before_db = loss(positions)
        if before_db < _NEAR_DB:
            return insert.setting, Refinement(insert.name, before_db, before_db, (), 1)
        method = "cma-es" if len(keys) > 1 else "spsa"
        options = {"spread": _spread(before_db)} if method == "cma-es" else {}
        found = minimise(
            loss, positions, method=method, evaluations=_EVALUATIONS, patience=_PATIENCE, gain=_GAIN_DB,
            seed=seed, options=options,
        )  # fmt: skip
        if found.loss > before_db - _GAIN_DB:
            return insert.setting, Refinement(insert.name, before_db, before_db, (), found.tried)
        raw = tuple(zip(keys, found.position.tolist(), strict=True))
        following = _move(plugin, insert.links, raw)
        now = plugin.positions((*keys, *followers))
        moves = tuple(
            Move(was.key, was.text, is_.text)
            for was, is_ in zip(start, now, strict=True)
            if was.text != is_.text
        )
        setting = replace(
            insert.setting,
            values=(*insert.setting.values, *following.values),
            raw=(*insert.setting.raw, *raw, *following.raw),
        )
        return setting, Refinement(insert.name, before_db, found.loss, moves, found.tried)
    finally:
        plugin.close()


def _move(plugin: HostedPlugin, links: Sequence[Link], raw: tuple[tuple[str, float], ...]) -> Setting:
    """Set knobs to positions 0 … 1, and those that are linked to them where the profile wants them then."""
    shown = {back.key: back for back in plugin.configure(Setting(raw=raw))}
    values: list[tuple[str, float]] = []
    positions: list[tuple[str, float]] = []
    for link in links:
        back = shown.get(link.first.key)
        number = None if back is None else back.raw if link.first.raw else number_in(back.text)
        if number is None:
            continue
        wanted = link.second.to_plugin(link.first.from_plugin(number))
        low, high = link.second.bounds(wanted, plugin.facts.ranges)
        (positions if link.second.raw else values).append((link.second.key, min(max(wanted, low), high)))
    following = Setting(values=tuple(values), raw=tuple(positions))
    if links:
        plugin.configure(following)
    return following


def _spread(before_db: float) -> float:
    """How far the first settings lie from the map, as a share of each knob's range: less, the nearer it is already."""
    return float(np.clip(0.25 * 10.0 ** (before_db / 40.0), 0.01, 0.1))


def _played(process: PluginProcess, plugin: HostedPlugin, heard: Audio, rate_hz: int, silent: bool) -> Audio:
    stream = process.stream([plugin], [heard], rate_hz, prime_s=_PRIME_S, may_be_silent=silent)
    return np.concatenate(list(stream), axis=1)


def _null_db(real: Audio, wanted: Block, lead: int) -> float:
    difference = real[:, lead:] - wanted[:, lead:]
    ratio = float(np.sum(difference**2)) / float(np.sum(wanted[:, lead:] ** 2))
    return max(10.0 * math.log10(max(ratio, 1e-30)), _FLOOR_DB)


def _excerpt(
    source: Source, before: Sequence[InsertModule], rate_hz: int, channels: int
) -> tuple[Audio, int]:
    """The seconds with most energy of what comes to a plugin, and how many samples before them are there too."""
    energies = np.array(
        [float(np.sum(np.square(piece))) for piece in _seconds(source, before, rate_hz, channels)]
    )
    length = min(int(_EXCERPT_S), max(len(energies), 1))
    sums = np.convolve(energies, np.ones(length), "valid")
    first = int(np.argmax(sums)) if sums.size else 0
    begin = max(first - int(_LEAD_S), 0)
    kept = [
        piece
        for index, piece in enumerate(_seconds(source, before, rate_hz, channels))
        if begin <= index < first + length
    ]
    return np.concatenate(kept, axis=1).astype(np.float32), (first - begin) * rate_hz


def _seconds(source: Source, modules: Sequence[InsertModule], rate_hz: int, channels: int) -> Iterator[Block]:
    """The strip behind some modules in pieces of a second; a last one that is shorter counts as one."""
    processor = InsertProcessor(modules, rate_hz, channels)
    waiting = np.empty((channels, 0))
    for block in source():
        waiting = np.concatenate([waiting, processor.process(block)], axis=1)
        while waiting.shape[1] >= rate_hz:
            yield waiting[:, :rate_hz]
            waiting = waiting[:, rate_hz:]
    if waiting.shape[1]:
        yield waiting


def _played_by_console(heard: Audio, modules: Sequence[InsertModule], rate_hz: int) -> Block:
    processor = InsertProcessor(modules, rate_hz, heard.shape[0])
    return np.concatenate([processor.process(heard), processor.flush()], axis=1)
