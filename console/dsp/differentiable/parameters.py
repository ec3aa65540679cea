"""Every knob of a console as named tensors, and the way from a Mix to them and back.

A name is a place and a row of the parameter table: "tracks.compressor.ratio", "effects.reverb.decay_s",
"master.strip.fader_db". The first dimension runs over the strips of that place in the order of the Mix (the
master is one strip); bands, sends and break points are the second.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor

from console.errors import ParamError
from console.frozen import FrozenMap
from console.mix import (
    Automation,
    Band,
    Bus,
    BusKind,
    Delay,
    Equalizer,
    Mix,
    Reverb,
)
from console.params import EQUALIZER_BANDS, PARAMS, ParamSpec, spec

AUTOMATION = "automation.fader_db"

MODULES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "tracks": ("input", "highpass", "lowpass", "gate", "compressor"),
        "groups": ("compressor",),
        "effects": ("reverb", "delay", "compressor"),
        "master": ("compressor", "limiter"),
    }
)
"""The modules with knobs of their own at each place, besides the equalizer and the strip itself."""

_ABSENT: Mapping[str, Any] = MappingProxyType({"reverb": Reverb(), "delay": Delay()})


@dataclass(frozen=True)
class ConsoleParameters(Mapping[str, Tensor]):
    """Tensors by name; all of one type and on one device."""

    tensors: Mapping[str, Tensor]

    def __getitem__(self, name: str) -> Tensor:
        return self.tensors[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.tensors)

    def __len__(self) -> int:
        return len(self.tensors)

    def module(self, place: str, module: str) -> dict[str, Tensor]:
        """The knobs of one module at one place by their short names, as "ratio" of ("tracks", "compressor")."""
        prefix = f"{place}.{module}."
        return {name[len(prefix) :]: value for name, value in self.tensors.items() if name.startswith(prefix)}

    def with_values(self, values: Mapping[str, Tensor]) -> ConsoleParameters:
        """The same with some tensors replaced.

        Raises:
            ParamError: a name that is not there, or another shape.
        """
        for name, value in values.items():
            if name not in self.tensors:
                raise ParamError(f"{name!r} is no parameter of this console; give some of {sorted(self)}")
            if value.shape != self.tensors[name].shape:
                raise ParamError(
                    f"{name} has shape {tuple(value.shape)}; give {tuple(self.tensors[name].shape)}"
                )
        return ConsoleParameters({**self.tensors, **values})

    def map(self, change: Callable[[Tensor], Tensor]) -> ConsoleParameters:
        """The same with every tensor changed, for instance moved to another device or detached."""
        return ConsoleParameters({name: change(value) for name, value in self.tensors.items()})


def spec_of(name: str) -> ParamSpec:
    """The row of the parameter table that a tensor's name stands for.

    Raises:
        ParamError: there is none.
    """
    row = name.partition(".")[2]
    return spec("strip.fader_db" if row == AUTOMATION else row)


def strips_of(mix: Mix, place: str) -> Sequence[Any]:
    """The strips of a place: tracks, groups, effects, or the master alone."""
    if place == "tracks":
        return mix.tracks
    if place == "master":
        return (mix.master,)
    kind = BusKind.GROUP if place == "groups" else BusKind.FX
    return tuple(bus for bus in mix.buses if bus.kind is kind)


def from_mix(
    mix: Mix, *, dtype: torch.dtype = torch.float32, device: torch.device | str = "cpu"
) -> ConsoleParameters:
    """The knobs of a mix as tensors.

    Bands that a strip lacks, modules that an effect lacks and sends that a track lacks stand at the table's
    defaults (sends: off); `free_parameters` leaves them out.
    """
    found: dict[str, list[Any]] = {}
    sizes = _sizes(mix)
    for place, modules in MODULES.items():
        for row in _rows(place):
            found[f"{place}.{row}"] = []
        for strip in strips_of(mix, place):
            for name, value in _values(mix, strip, modules, sizes["points"]).items():
                found[f"{place}.{name}"].append(value)
    tensors = {}
    for name, values in found.items():
        width = sizes.get(_second_dimension(name), 0)
        shape = (len(values), width) if _second_dimension(name) else (len(values),)
        tensors[name] = torch.tensor(values, dtype=torch.float64).reshape(shape).to(device, dtype)
    return ConsoleParameters(tensors)


def _second_dimension(name: str) -> str:
    row = name.partition(".")[2]
    if row.startswith("equalizer."):
        return "bands"
    return {"strip.send_db": "sends", AUTOMATION: "points"}.get(row, "")


def _sizes(mix: Mix) -> dict[str, int]:
    points = max((len(track.automation.fader_db) for track in mix.tracks), default=0)
    return {"bands": EQUALIZER_BANDS, "sends": len(strips_of(mix, "effects")), "points": points}


def _rows(place: str) -> list[str]:
    """Every row of the table that a place has."""
    heads = {"tracks": ("strip.",), "master": ("strip.fader_db",)}.get(place, ("strip.fader_db",))
    prefixes = (*(f"{module}." for module in (*MODULES[place], "equalizer")), *heads)
    rows = [name for name in PARAMS if name.startswith(prefixes)]
    return [*rows, AUTOMATION] if place == "tracks" else rows


def _knobs(module: Any) -> Iterator[tuple[str, str]]:
    """Field and row of every knob of a module."""
    for item in fields(module):
        row = item.metadata.get("param")
        if row is not None:
            yield item.name, row


def _values(mix: Mix, strip: Any, modules: tuple[str, ...], points: int) -> dict[str, Any]:
    """One strip's numbers by row: a float, or a list over bands, sends or break points."""
    values: dict[str, Any] = {row: getattr(strip, field) for field, row in _knobs(strip)}
    for name in modules:
        module = getattr(strip, name) or _ABSENT[name]
        values.update({row: getattr(module, field) for field, row in _knobs(module)})
    bands = [*strip.equalizer.bands, *[Band()] * (EQUALIZER_BANDS - len(strip.equalizer.bands))]
    for field, row in _knobs(Band()):
        values[row] = [getattr(band, field) for band in bands]
    if hasattr(strip, "sends"):
        off_db = spec("strip.send_db").low
        values["strip.send_db"] = [strip.sends.get(bus.id, off_db) for bus in strips_of(mix, "effects")]
        levels = [level_db for _, level_db in strip.automation.fader_db] or [strip.fader_db]
        values[AUTOMATION] = [*levels, *[levels[-1]] * points][:points]
    return values


def to_mix(parameters: ConsoleParameters, template: Mix) -> Mix:
    """The mix with the parameters' numbers; names, switches, routes and reasons come from the template.

    A number that equals the template's, as far as the tensors' type can tell, stays the template's to the bit.

    Raises:
        ParamError: the parameters have another shape than the template's.
    """
    numbers: dict[str, list[Any]] = {}
    for name, exact in from_mix(template, dtype=torch.float64).items():
        value = parameters[name].detach().cpu()
        if value.shape != exact.shape:
            raise ParamError(f"{name} has shape {tuple(value.shape)}; give {tuple(exact.shape)}")
        numbers[name] = torch.where(exact.to(value.dtype) == value, exact, value.double()).tolist()
    effects = [bus.id for bus in strips_of(template, "effects")]
    made = {
        place: [
            _with_numbers(strip, index, place, numbers, effects)
            for index, strip in enumerate(strips_of(template, place))
        ]
        for place in MODULES
    }
    buses: dict[str, Bus] = {bus.id: bus for bus in (*made["groups"], *made["effects"])}
    return replace(
        template,
        tracks=tuple(made["tracks"]),
        buses=tuple(buses[bus.id] for bus in template.buses),
        master=made["master"][0],
    )


def _with_numbers(
    strip: Any, index: int, place: str, numbers: Mapping[str, list[Any]], effects: list[str]
) -> Any:
    def number(row: str, *more: int) -> float:
        value = numbers[f"{place}.{row}"][index]
        for step in more:
            value = value[step]
        return spec_of(f"{place}.{row}").clamp(float(value))

    changed: dict[str, Any] = {field: number(row) for field, row in _knobs(strip)}
    for name in MODULES[place]:
        module = getattr(strip, name)
        if module is not None:
            changed[name] = replace(module, **{field: number(row) for field, row in _knobs(module)})
    changed["equalizer"] = Equalizer(
        strip.equalizer.enabled,
        tuple(
            replace(band, **{field: number(row, slot) for field, row in _knobs(band)})
            for slot, band in enumerate(strip.equalizer.bands)
        ),
    )
    if place == "tracks":
        changed["sends"] = FrozenMap(
            {bus: number("strip.send_db", effects.index(bus)) for bus in strip.sends}
        )
        changed["automation"] = Automation(
            tuple(
                (time_s, number(AUTOMATION, point))
                for point, (time_s, _) in enumerate(strip.automation.fader_db)
            )
        )
    return replace(strip, **changed)
