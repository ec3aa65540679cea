"""Chains in which the plugins that were heard stand in the place of REAPER's own."""

from collections.abc import Callable
from dataclasses import fields, replace
from typing import TypeVar

from console.errors import ExportError
from console.mix import Bus, BusKind, Master, TrackStrip
from exporters.plugins import HeardPlugins, HeardStage
from exporters.reaper.chain import Chain, Fx
from exporters.reaper.strips import StripKind
from exporters.report import Ledger

Strip = TypeVar("Strip", TrackStrip, Bus, Master)

#: The modules of strips, which a stage may name.
_MODULES = ("highpass", "lowpass", "gate", "equalizer", "compressor", "reverb", "delay", "limiter")


def with_plugins(kind: StripKind, heard: HeardPlugins | None) -> StripKind:
    """The kind of strip, but for the strips that plugins had a part in.

    Raises:
        ExportError: the kind holds a whole strip in one plugin, so that nothing can stand between its modules.
    """
    if heard is None:
        return kind
    if kind.makeup_limit_db == float("inf"):
        raise ExportError("plugins cannot stand inside the JSFX strip; give --strip rea with --plugins")

    def track(strip: TrackStrip, rate_hz: int, ledger: Ledger) -> Chain:
        return _chain(kind.track, strip, heard.tracks.get(strip.id, ()), rate_hz, ledger)

    def bus(strip: Bus, rate_hz: int, ledger: Ledger) -> Chain:
        return _chain(kind.bus, strip, heard.buses.get(strip.id, ()), rate_hz, ledger)

    def master(strip: Master, rate_hz: int, ledger: Ledger) -> Chain:
        return _chain(kind.master, strip, heard.master, rate_hz, ledger)

    return StripKind(track, bus, master, kind.outside, kind.makeup_limit_db)


def _chain(
    make: Callable[[Strip, int, Ledger], Chain],
    strip: Strip,
    stages: tuple[HeardStage, ...],
    rate_hz: int,
    ledger: Ledger,
) -> Chain:
    """The chain of a strip, stage by stage; the strip's own where no plugin has a part in it."""
    if not stages:
        return make(strip, rate_hz, ledger)
    fx: list[Fx] = []
    fader_db = 0.0
    for stage in stages:
        if stage.plugin is None:
            part = make(_only(strip, stage.modules), rate_hz, ledger)
            fx += part.fx
            fader_db += part.fader_db
            continue
        fx.append(Fx(stage.plugin.name, b"", vst3=stage.plugin))
        ledger.exact(
            ", ".join(stage.modules) or "plugin",
            f"{stage.plugin.name} as it was heard; its state lies beside the project as a .vstpreset too",
        )
    return Chain(tuple(fx), fader_db)


def _only(strip: Strip, modules: tuple[str, ...]) -> Strip:
    """The strip with these modules and no others."""
    off = {
        item.name: type(getattr(strip, item.name))()
        for item in fields(strip)
        if item.name in _MODULES and item.name not in modules and item.name not in ("reverb", "delay")
    }
    alone = replace(strip, **off)
    if isinstance(alone, Bus) and alone.kind is BusKind.FX and not {"reverb", "delay"} & set(modules):
        return replace(alone, kind=BusKind.GROUP, reverb=None, delay=None)
    return alone
