"""Which numbers an optimiser may move: what sounds, is not locked, and belongs to the parts asked for."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import torch
from torch import Tensor

from console.dsp.differentiable.parameters import AUTOMATION, MODULES, from_mix, strips_of
from console.errors import ParamError
from console.mix import Mix
from console.mix.blend import GROUPS
from console.params import EQUALIZER_BANDS

#: Knobs without a gradient: what the law rounds to whole samples, and the limiter's release.
NO_GRADIENT = frozenset(
    {"gate.hold_ms", "reverb.predelay_ms", "reverb.size", "delay.time_ms", "limiter.release_ms"}
)

_FIELDS = {"strip.width": "width", "strip.pan": "pan", "strip.fader_db": "fader_db", "strip.send_db": "sends"}


def free_parameters(mix: Mix, *, only: Collection[str] = tuple(GROUPS)) -> dict[str, Tensor]:
    """Masks of the shapes of `from_mix(mix)`: true where a number changes the sound and may be moved.

    False are what is locked, muted tracks, modules that are off, bands, sends and break points that are not
    there, faders that automation overrides, and knobs without a gradient.

    Args:
        mix: switches and locks.
        only: groups of console.mix.blend.GROUPS that may move; buses belong to "master".

    Raises:
        ParamError: an unknown group.
    """
    for name in only:
        if name not in GROUPS:
            raise ParamError(f"{name!r} is no part of a strip; give some of {', '.join(GROUPS)}")
    masks = {}
    for name, values in from_mix(mix).items():
        place, _, row = name.partition(".")
        mask = torch.zeros(values.shape, dtype=torch.bool)
        if row not in NO_GRADIENT and _group(place, row) in only:
            for index, strip in enumerate(strips_of(mix, place)):
                if mask.ndim == 1:
                    mask[index] = _sounds(strip, place, row) and not _locked(strip, row, "")
                else:
                    for slot in _slots(mix, strip, row):
                        mask[index, slot] = _sounds(strip, place, row) and not _locked(strip, row, str(slot))
        masks[name] = mask
    return masks


def _group(place: str, row: str) -> str:
    if place != "tracks":
        return "master"
    field = _field(row)
    return next(name for name, members in GROUPS.items() if field in members)


def _field(row: str) -> str:
    """The field of a strip that a row of the table belongs to."""
    return _FIELDS.get(row, row.partition(".")[0])


def _sounds(strip: Any, place: str, row: str) -> bool:
    if getattr(strip, "muted", False):
        return False
    if row == "strip.fader_db" and place == "tracks":
        return not strip.automation.fader_db
    module = row.partition(".")[0]
    if module not in (*MODULES[place], "equalizer"):
        return True
    settings = getattr(strip, module)
    return settings is not None and getattr(settings, "enabled", True)


def _slots(mix: Mix, strip: Any, row: str) -> range | list[int]:
    """The bands, sends or break points that a strip has."""
    if row == "strip.send_db":
        return [slot for slot, bus in enumerate(strips_of(mix, "effects")) if bus.id in strip.sends]
    if row == AUTOMATION:
        return range(len(strip.automation.fader_db))
    return range(min(len(strip.equalizer.bands), EQUALIZER_BANDS))


def _locked(strip: Any, row: str, slot: str) -> bool:
    field = _field(row)
    knob = row.partition(".")[2]
    paths = {"all", field, f"{field}.{knob}", f"{field}.bands", f"{field}.bands.{slot}"}
    return bool(paths & set(strip.locked))
