"""Compressor, gate and limiter as Ardour's plugins and our gate script hold them, and back.

Measured from Ardour 7.3's renders: the ACE Compressor is the console's (peak, linked, smoothed in dB, the same times)
with a knee of 6 · knob + 0.01 dB; on a snare and a stereo pad the two differ by less than −97 dB. The ACE Expander is
the console's gate without range and hold. Our gate script is the console's gate, −140 dB apart.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from console.mix import Compressor, Gate, Limiter
from console.units import db_to_gain, gain_to_db
from console.words import number
from exporters.ardour.plugins import Insert
from exporters.neat import held, neat_single, neat_single_db
from exporters.report import Ledger

_KNEE_SHARE, _KNEE_LEAST = 6.0, 0.01

#: Knob by symbol: the console's parameter and the range that the plugin takes.
Knobs = Mapping[str, tuple[str, float, float]]

ACE_COMPRESSOR: Knobs = MappingProxyType(
    {
        "thr": ("threshold_db", -60.0, 0.0),
        "rat": ("ratio", 1.0, 20.0),
        "att": ("attack_ms", 0.1, 100.0),
        "rel": ("release_ms", 1.0, 2000.0),
    }
)
ACE_EXPANDER: Knobs = MappingProxyType(
    {
        "thr": ("threshold_db", -60.0, 0.0),
        "rat": ("ratio", 1.0, 100.0),
        "att": ("attack_ms", 0.1, 100.0),
        "rel": ("release_ms", 1.0, 2000.0),
    }
)
#: The ports of our gate script and the console's parameters.
GATE_SCRIPT: MappingProxyType[str, str] = MappingProxyType(
    {
        "threshold": "threshold_db",
        "range": "range_db",
        "ratio": "ratio",
        "attack": "attack_ms",
        "hold": "hold_ms",
        "release": "release_ms",
    }
)

#: The limiters' ranges: x42's dpl in dB and seconds, LSP's in dB and ms.
DPL_THRESHOLDS_DB, DPL_RELEASES_S, DPL_GAINS_DB = (-10.0, 0.0), (0.001, 1.0), (-10.0, 30.0)
LSP_RELEASES_MS = (0.25, 20.0)
_LSP_OVERSAMPLING = 6.0  # "Half x4(3L)"
_LSP_LOOKAHEAD_MS = 5.0


@dataclass(frozen=True, slots=True)
class Driven:
    """A limiter as read: with the gain in dB that lies before it."""

    limiter: Limiter
    drive_db: float = 0.0


def knob_of_knee(knee_db: float) -> float:
    """Where the knee's knob of an ACE Compressor stands."""
    return max(knee_db - _KNEE_LEAST, 0.0) / _KNEE_SHARE


def knee_of_knob(knob: float) -> float:
    """The knee in dB that a knob stands for."""
    return knob * _KNEE_SHARE + _KNEE_LEAST if knob > 0.0 else 0.0


def compressor_inserts(compressor: Compressor, label: str, ledger: Ledger) -> tuple[list[Insert], float]:
    """The ACE Compressor, and the make-up in dB that it cannot give (0 while it is off); none at the defaults."""
    if compressor == Compressor():
        return [], 0.0
    values = _ranged(compressor, ACE_COMPRESSOR, "compressor", ledger if compressor.enabled else None)
    values |= {
        "kn": knob_of_knee(compressor.knee_db),
        "mak": max(compressor.makeup_db, 0.0),
        "sidech": 0.0,
        "enable": 1.0,
    }
    rest_db = min(compressor.makeup_db, 0.0) if compressor.enabled else 0.0
    if compressor.enabled:
        ledger.exact(
            "compressor", "the ACE Compressor has the console's law: threshold, ratio, knee and times"
        )
    return [Insert("ace_comp", label, values, compressor.enabled)], rest_db


def compressor_of(values: Mapping[str, float], *, enabled: bool) -> Compressor:
    """The compressor that an ACE Compressor's ports say."""
    knee = values.get("kn", 0.0)
    return Compressor(
        enabled=enabled,
        threshold_db=held("compressor.threshold_db", neat_single_db(values.get("thr", 0.0))),
        ratio=held("compressor.ratio", neat_single(values.get("rat", 4.0))),
        attack_ms=held("compressor.attack_ms", neat_single(values.get("att", 10.0))),
        release_ms=held("compressor.release_ms", neat_single(values.get("rel", 80.0))),
        knee_db=held("compressor.knee_db", neat_single_db(knee_of_knob(knee))),
        makeup_db=held("compressor.makeup_db", neat_single_db(values.get("mak", 0.0))),
    )


def gate_inserts(gate: Gate, carrier: str, label: str, ledger: Ledger) -> list[Insert]:
    """The gate as our script or as an ACE Expander; none at the defaults."""
    if gate == Gate():
        return []
    if carrier == "mixbridge":
        values = {port: getattr(gate, name) for port, name in GATE_SCRIPT.items()}
        if gate.enabled:
            ledger.exact("gate", "a script inside the session with the console's law")
        return [Insert("gate", label, values, gate.enabled)]
    values = _ranged(gate, ACE_EXPANDER, "gate", ledger if gate.enabled else None)
    values |= {"kn": 0.0, "mak": 0.0, "sidech": 0.0, "enable": 1.0}
    if gate.enabled:
        ledger.exact("gate.threshold_db", "the ACE Expander has the console's threshold, ratio and times")
        ledger.dropped(
            "gate.range_db",
            f"the ACE Expander has no range: it goes on closing below {number(gate.range_db)} dB",
        )
        ledger.dropped("gate.hold_ms", "the ACE Expander has no hold", gate.hold_ms, "ms")
    return [Insert("ace_expander", label, values, gate.enabled)]


def gate_of_script(values: Mapping[str, float], *, enabled: bool) -> Gate:
    """The gate that our script's ports say."""
    rounded = {
        name: held(f"gate.{name}", (neat_single_db if name.endswith("_db") else neat_single)(values[port]))
        for port, name in GATE_SCRIPT.items()
        if port in values
    }
    return Gate(enabled=enabled, **rounded)


def gate_of_expander(values: Mapping[str, float], *, enabled: bool) -> Gate:
    """The gate that an ACE Expander's ports say: without range and hold."""
    return Gate(
        enabled=enabled,
        threshold_db=held("gate.threshold_db", neat_single_db(values.get("thr", -30.0))),
        range_db=-90.0,
        ratio=held("gate.ratio", neat_single(values.get("rat", 4.0))),
        attack_ms=held("gate.attack_ms", neat_single(values.get("att", 0.1))),
        hold_ms=0.0,
        release_ms=held("gate.release_ms", neat_single(values.get("rel", 500.0))),
    )


def limiter_inserts(
    limiter: Limiter, carrier: str, drive_db: float, label: str, ledger: Ledger
) -> tuple[list[Insert], float]:
    """The limiter, and what of the gain before it in dB it cannot take; none at the defaults."""
    if limiter == Limiter():
        return [], drive_db
    if carrier == "none":
        if limiter.enabled:
            ledger.dropped(
                "limiter",
                "Ardour has no limiter of its own, and neither x42's nor LSP's was chosen or found on this machine; "
                "choose one by its name to write it all the same",
            )
        return [], drive_db
    if carrier == "dpl":
        return _dpl(limiter, drive_db, label, ledger)
    return [_lsp_limiter(limiter, drive_db, label, ledger)], 0.0


def limiter_of_dpl(values: Mapping[str, float], *, enabled: bool) -> Driven:
    """The limiter that x42's ports say."""
    limiter = Limiter(
        enabled=enabled,
        ceiling_dbtp=held("limiter.ceiling_dbtp", neat_single_db(values.get("threshold", -1.0))),
        release_ms=held("limiter.release_ms", neat_single(1000.0 * values.get("release", 0.01))),
    )
    return Driven(limiter, neat_single_db(values.get("gain", 0.0)))


def limiter_of_lsp(values: Mapping[str, float], *, enabled: bool) -> Driven:
    """The limiter that LSP's ports say."""
    limiter = Limiter(
        enabled=enabled,
        ceiling_dbtp=held("limiter.ceiling_dbtp", neat_single_db(gain_to_db(values.get("th", 1.0)))),
        release_ms=held("limiter.release_ms", neat_single(values.get("rt", 5.0))),
    )
    return Driven(limiter, neat_single_db(gain_to_db(values.get("g_in", 1.0))))


def _dpl(limiter: Limiter, drive_db: float, label: str, ledger: Ledger) -> tuple[list[Insert], float]:
    ceiling_db = max(limiter.ceiling_dbtp, DPL_THRESHOLDS_DB[0])
    gain_db = max(drive_db, DPL_GAINS_DB[0])
    values = {
        "enable": 1.0,
        "gain": gain_db,
        "threshold": ceiling_db,
        "release": min(max(limiter.release_ms / 1000.0, DPL_RELEASES_S[0]), DPL_RELEASES_S[1]),
        "truepeak": 1.0,
    }
    if limiter.enabled:
        off_db = ceiling_db - limiter.ceiling_dbtp
        ledger.approximated(
            "limiter.ceiling_dbtp",
            f"x42's limiter at {number(ceiling_db)} dB on true peaks, with its own look-ahead"
            + ("; its threshold ends there" if off_db else ""),
            off_db or None,
            "dB" if off_db else "",
        )
        ledger.approximated("limiter.release_ms", "the same number; x42's limiter shapes its release itself")
    return [Insert("dpl", label, values, limiter.enabled)], drive_db - gain_db


def _lsp_limiter(limiter: Limiter, drive_db: float, label: str, ledger: Ledger) -> Insert:
    release_ms = min(max(limiter.release_ms, LSP_RELEASES_MS[0]), LSP_RELEASES_MS[1])
    if limiter.enabled:
        ledger.approximated(
            "limiter.ceiling_dbtp",
            f"LSP's limiter at {number(limiter.ceiling_dbtp)} dB, oversampled four times, with its own curve",
        )
        if release_ms != limiter.release_ms:
            ledger.approximated(
                "limiter.release_ms",
                f"LSP's release ends at {LSP_RELEASES_MS[1]:g} ms",
                abs(limiter.release_ms - release_ms),
                "ms",
            )
    values = {
        "enabled": 1.0,
        "g_in": db_to_gain(drive_db),
        "g_out": 1.0,
        "alr": 0.0,
        "boost": 0.0,
        "th": db_to_gain(limiter.ceiling_dbtp),
        "lk": _LSP_LOOKAHEAD_MS,
        "at": _LSP_LOOKAHEAD_MS,
        "rt": release_ms,
        "ovs": _LSP_OVERSAMPLING,
        "slink": 100.0,
    }
    return Insert("lsp_limiter", label, values, limiter.enabled)


def _ranged(module: Compressor | Gate, knobs: Knobs, where: str, ledger: Ledger | None) -> dict[str, float]:
    """The knobs' values inside what the plugin takes; what had to move is noted."""
    values = {}
    for symbol, (name, low, high) in knobs.items():
        wanted = getattr(module, name)
        values[symbol] = min(max(wanted, low), high)
        if values[symbol] != wanted and ledger is not None:
            unit = name.rsplit("_", 1)[-1].replace("db", "dB")
            ledger.approximated(
                f"{where}.{name}",
                f"{number(wanted, 2)} {unit} is {number(values[symbol], 2)} {unit}, where the plugin's knob ends",
                abs(wanted - values[symbol]),
                unit,
            )
    return values
