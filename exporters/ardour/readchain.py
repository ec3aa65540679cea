"""A chain of plugins read back as the console's modules, each number held to the console's range."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from console.errors import ParamError
from console.mix import (
    Band,
    Compressor,
    Delay,
    Equalizer,
    Gate,
    Highpass,
    Limiter,
    Lowpass,
    Reverb,
)
from exporters.ardour import aceeq, fil4, lspeq
from exporters.ardour.dynamics import (
    compressor_of,
    gate_of_expander,
    gate_of_script,
    limiter_of_dpl,
    limiter_of_lsp,
)
from exporters.ardour.plugins import Insert
from exporters.ardour.space import delay_of, reverb_of
from exporters.neat import held, neat_db, neat_single


@dataclass(slots=True)
class Modules:
    """What a chain holds. `drive_db` is the gain before the limiter."""

    highpass: Highpass = field(default_factory=Highpass)
    lowpass: Lowpass = field(default_factory=Lowpass)
    gate: Gate = field(default_factory=Gate)
    equalizer: Equalizer = field(default_factory=Equalizer)
    compressor: Compressor = field(default_factory=Compressor)
    limiter: Limiter = field(default_factory=Limiter)
    reverb: Reverb | None = None
    delay: Delay | None = None
    width: float = 1.0
    drive_db: float = 0.0


def read_chain(inserts: Iterable[Insert], sample_rate_hz: int) -> Modules:
    """The modules of a chain; of two plugins for one module the last counts, and of bands those that fit."""
    modules = Modules()
    bands: list[tuple[Band, bool]] = []
    room: float | None = None
    waiting_ms = 0.0
    for one in inserts:
        if one.plugin == "filters":
            _read_filters(modules, one)
        elif one.plugin == "gate":
            modules.gate = gate_of_script(one.values, enabled=one.enabled)
        elif one.plugin == "ace_expander":
            modules.gate = gate_of_expander(one.values, enabled=one.enabled)
        elif one.plugin == "lsp_eq":
            slots = lspeq.slots_of(one.values, enabled=one.enabled)
            modules.highpass = lspeq.highpass_of(slots) or modules.highpass
            modules.lowpass = lspeq.lowpass_of(slots) or modules.lowpass
            bands += lspeq.bands_of(slots)
        elif one.plugin == "fil4":
            bands += [(band, one.enabled) for band in fil4.bands_of(one.values, sample_rate_hz)]
        elif one.plugin == "ace_eq":
            bands += [(band, one.enabled) for band in aceeq.bands_of(one.values, sample_rate_hz)]
        elif one.plugin == "ace_comp":
            modules.compressor = compressor_of(one.values, enabled=one.enabled)
        elif one.plugin in ("dpl", "lsp_limiter"):
            driven = (limiter_of_dpl if one.plugin == "dpl" else limiter_of_lsp)(
                one.values, enabled=one.enabled
            )
            modules.limiter, modules.drive_db = driven.limiter, driven.drive_db if one.enabled else 0.0
        elif one.plugin == "ace_delay":
            modules.delay = delay_of(
                one.values, modules.highpass.frequency_hz if modules.highpass.enabled else None
            )
            waiting_ms = neat_single(one.values.get("time", 0.0))
        elif one.plugin == "ace_reverb":
            room = one.values.get("roomsz", 0.5)
    if room is not None:
        cuts_hz = (
            (modules.highpass.frequency_hz, modules.lowpass.frequency_hz)
            if modules.highpass.enabled
            else None
        )
        modules.reverb, modules.delay = reverb_of(room, waiting_ms, cuts_hz), None
    modules.equalizer = _equalizer(bands)
    return modules


def with_makeup(compressor: Compressor, rest_db: float) -> Compressor:
    """The compressor with so much more make-up, if it is on and the rest is worth the name."""
    if not compressor.enabled or abs(rest_db) <= 1e-5:
        return compressor
    return replace(
        compressor, makeup_db=held("compressor.makeup_db", neat_db(compressor.makeup_db + rest_db))
    )


def _read_filters(modules: Modules, insert: Insert) -> None:
    values = insert.values
    highpass = Highpass(
        insert.enabled and values.get("highpass", 0.0) > 0.0,
        held("highpass.frequency_hz", neat_single(values.get("highpass_hz", 80.0))),
        _slope(values.get("highpass_slope", 12.0)),
    )
    lowpass = Lowpass(
        insert.enabled and values.get("lowpass", 0.0) > 0.0,
        held("lowpass.frequency_hz", neat_single(values.get("lowpass_hz", 18000.0))),
        _slope(values.get("lowpass_slope", 12.0)),
    )
    # The script stands in a chain twice where it also sets the width: knobs at their defaults say nothing.
    modules.highpass = highpass if highpass != Highpass() else modules.highpass
    modules.lowpass = lowpass if lowpass != Lowpass() else modules.lowpass
    if insert.enabled:
        modules.width = held("strip.width", modules.width * neat_single(values.get("width", 1.0)))


def _slope(value: float) -> int:
    return 12 if value < 18.0 else 24


def _equalizer(bands: list[tuple[Band, bool]]) -> Equalizer:
    """The bands that are on, or all of them where none is; bands beyond what the console has are left out."""
    enabled = any(on for _, on in bands)
    equalizer = Equalizer(enabled)
    for band, on in bands:
        if on or not enabled:
            try:
                equalizer = Equalizer(enabled, (*equalizer.bands, band))
            except ParamError:
                continue
    return equalizer
