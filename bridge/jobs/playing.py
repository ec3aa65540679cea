"""How a mix is played: by the console alone, or through plugins, with what came of those."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bridge.host.catalogue import scan
from bridge.host.chainfile import read_chains
from bridge.host.rack import Insert, Rack
from bridge.render import RenderSettings, render
from bridge.render.fidelity import Fidelity, Modelled, compare, compare_files
from bridge.render.plan import bus_key
from bridge.render.played import PlayedPlugins, PlayedStrip
from bridge.render.rendered import Rendered
from bridge.render.settings import NO_TAPS, Tap
from bridge.render.through import PluginRender, StripPrint, render_through
from bridge.render.workfile import WorkFile
from console.filenames import distinct_names
from console.frozen import FrozenMap
from console.mix import Mix
from console.mix.values import MASTER
from console.progress import Progress, no_progress
from console.session import Session
from exporters.plugins import HeardPlugin, HeardPlugins, HeardStage

_ENDLESS = "sounds on behind the end without falling, and is cut there"
_COMPARING = "compare the plugins"
_NO_TORCH = "the differentiable console was not compared: PyTorch is not installed"


@dataclass(frozen=True, slots=True)
class PluginWish:
    """The plugins that a mix is to be heard through: words as `read_chains` takes them, and whether to refine."""

    words: tuple[str, ...]
    places: tuple[Path, ...] = ()
    refine: bool = False


@dataclass(frozen=True, slots=True)
class Played:
    """A mix that was played.

    `presets` are the plugins' states as .vstpreset, by a path for each; `heard` is the same for hand-overs that can
    hold the plugins themselves.
    """

    rendered: Rendered
    plugins: PlayedPlugins | None = None
    presets: Mapping[Path, bytes] = field(default_factory=dict)
    heard: HeardPlugins | None = None


@contextmanager
def played(
    session: Session,
    mix: Mix,
    wish: PluginWish | None,
    *,
    work_folder: Path,
    stems_folder: Path | None = None,
    taps: Mapping[str, Tap] = NO_TAPS,
    settings: RenderSettings | None = None,
    progress: Progress = no_progress,
) -> Iterator[Played]:
    """Play a mix; what it leaves on the disk is gone at the end of the block.

    Raises:
        ParamError, PluginError: the plugins that are wished for are not there, or cannot stand where they are put.
        RenderError, SessionError: see `bridge.render.render`.
    """
    if wish is None:
        with render(
            session, mix, work_folder=work_folder, stems_folder=stems_folder, taps=taps, settings=settings,
            progress=progress,
        ) as rendered:  # fmt: skip
            yield Played(rendered)
        return
    rack = make_rack(wish, progress)
    with (
        render_through(
            session, mix, rack, work_folder=work_folder, stems_folder=stems_folder, taps=taps, settings=settings,
            refine=wish.refine, progress=progress,
        ) as through,
        render(session, mix, work_folder=work_folder, settings=settings, progress=progress) as predicted,
    ):  # fmt: skip
        plugins = _compared(session, mix, through, predicted, progress)
        yield Played(through.rendered, plugins, _presets(through), _heard(mix, through))


def make_rack(wish: PluginWish, progress: Progress = no_progress) -> Rack:
    """The plugins of a wish, looked up.

    Raises:
        ParamError, PluginError: a chain file that cannot be read, or a place that is none.
    """
    chains, folder = read_chains(wish.words)
    return Rack(chains, scan(wish.places or None, progress=progress), folder)


def _compared(
    session: Session, mix: Mix, through: PluginRender, predicted: Rendered, progress: Progress
) -> PlayedPlugins:
    """Plugins, built-ins and the differentiable console side by side, strip by strip and in the mix."""
    whole = _compare(through.rendered, predicted)
    try:
        models = _model(session, mix, through, predicted, progress)
    except ImportError:
        strips = tuple(_strip(item, None) for item in through.prints)
        return PlayedPlugins(strips, whole, notes=(_NO_TORCH,))
    strips = tuple(_strip(item, model) for item, model in zip(through.prints, models, strict=False))
    return PlayedPlugins(strips, whole, models[-1])


def _model(
    session: Session, mix: Mix, through: PluginRender, predicted: Rendered, progress: Progress
) -> list[Modelled | None]:
    """A passage of every strip, then one of the mix, against the differentiable console."""
    from bridge.render.modelled import modelled_mix, modelled_strip

    models: list[Modelled | None] = []
    for done, item in enumerate(through.prints):
        progress(_COMPARING, done / (len(through.prints) + 1))
        models.append(modelled_strip(item, mix.sample_rate_hz))
    progress(_COMPARING, len(models) / (len(through.prints) + 1))
    models.append(modelled_mix(session, mix, predicted, through.rendered))
    progress(_COMPARING, 1.0)
    return models


def _strip(item: StripPrint, model: Modelled | None) -> PlayedStrip:
    inserts = [stage.insert for stage in item.stages if stage.insert is not None]
    return PlayedStrip(
        key=item.key,
        plugins=tuple(insert.name for insert in inserts),
        fidelity=compare_files(item.real.path, item.predicted.path),
        modelled=model,
        refinements=item.refinements,
        deviations=(
            *(text for insert in inserts for text in _deviations(insert)),
            *((_ENDLESS,) if item.real.endless else ()),
        ),
        faults=tuple(f"{fault}; the console has taken its place" for fault in item.real.faults),
    )


def _deviations(insert: Insert) -> list[str]:
    return [
        f"{insert.name}: {item.parameter} is {item.wanted:.4g} in the mix"
        + (f" and {item.got:.4g} in the plugin" if item.got is not None else "")
        + f" ({item.text})"
        for item in insert.deviations
    ]


def _compare(real: Rendered, predicted: Rendered) -> Fidelity | None:
    first, second = (partial(_frames, item.work) for item in (real, predicted))
    return compare(first, second, real.sample_rate_hz)


def _frames(work: WorkFile) -> Iterator[NDArray[np.float32]]:
    return (frames.T for frames in work.blocks())


def _heard(mix: Mix, through: PluginRender) -> HeardPlugins:
    """The strips' steps; where a plugin failed, the console's modules stand for it as they did in the render."""
    steps = {item.key: tuple(_steps(item)) for item in through.prints}
    return HeardPlugins(
        tracks=FrozenMap({track.id: steps[track.id] for track in mix.tracks if track.id in steps}),
        buses=FrozenMap({bus.id: steps[key] for bus in mix.buses if (key := bus_key(mix, bus.id)) in steps}),
        master=steps.get(bus_key(mix, MASTER), ()),
    )


def _steps(item: StripPrint) -> Iterator[HeardStage]:
    states = {id(one.insert): one.state for one in item.real.played}
    for stage in item.stages:
        insert, state = stage.insert, states.get(id(stage.insert))
        modules = tuple(type(module).__name__.casefold() for module in stage.modules)
        plugin = (
            HeardPlugin(insert.name, insert.maker, insert.ref.path.name, state) if insert and state else None
        )
        yield HeardStage(modules, plugin)


def _presets(through: PluginRender) -> dict[Path, bytes]:
    """The states of all plugins, a folder for each strip, in the order of the chain."""
    found = {}
    folders = distinct_names([item.key for item in through.prints])
    for folder, item in zip(folders, through.prints, strict=True):
        names = [f"{index} {one.insert.name}" for index, one in enumerate(item.real.played, start=1)]
        for name, one in zip(distinct_names(names), item.real.played, strict=True):
            if one.state:
                found[Path(folder) / f"{name}.vstpreset"] = one.state
    return found
