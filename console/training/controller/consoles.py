"""Consoles by chance on the controller's knobs: plausible settings for a batch of tracks, and which of them count."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from console.losses.prior import PROFESSIONAL, USUAL_MOVES
from console.models.controller.dynamics import LOUDEST_DB, followed_db
from console.models.controller.knobs import SLOTS, TABLES, ends, index
from console.session import DRY_ROLES, Role

Float32 = NDArray[np.float32]

ROLES = tuple(Role)
#: What carries a song stands above the rest, by so many dB.
FORWARD_DB = {
    Role.LEAD_VOCAL: 4.0,
    Role.KICK: 2.0,
    Role.SNARE: 2.0,
    Role.BASS: 1.0,
    Role.PAD: -3.0,
    Role.FX: -4.0,
}
#: What the loudest moments of a role are taken down by when its levels vary the most, in dB; of others, nothing.
REDUCTION_DB = {
    Role.LEAD_VOCAL: 6.0,
    Role.BACKING_VOCAL: 6.0,
    Role.BASS: 5.0,
    Role.ROOM: 5.0,
    Role.KICK: 4.0,
    Role.SNARE: 4.0,
    Role.ACOUSTIC_GUITAR: 4.0,
    Role.TOM: 3.0,
    Role.KEYS: 3.0,
    Role.BRASS: 3.0,
    Role.WOODWIND: 3.0,
    Role.OVERHEAD: 2.0,
    Role.DRUMS: 2.0,
    Role.PERCUSSION: 2.0,
    Role.ELECTRIC_GUITAR: 2.0,
    Role.SYNTH: 2.0,
    Role.OTHER: 2.0,
}
#: What stays in the middle.
CENTRAL = frozenset({Role.KICK, Role.SNARE, Role.BASS, Role.LEAD_VOCAL})
#: What is hit: compressors let its transients through, by attacks so many octaves slower.
_HIT = frozenset({Role.KICK, Role.SNARE, Role.TOM, Role.OVERHEAD, Role.DRUMS, Role.PERCUSSION})
_HIT_OCTAVES = 2.0
_SHARES = {"highpass": 0.5, "equalizer": 0.75, "band": 0.6, "send": 0.5}
_MASTER_SHARES = {"equalizer": 0.5, "band": 0.6, "compressor": 0.5}
#: A compressor that takes less than this off is not worth having; one that takes this off has the usual ratio.
_LEAST_REDUCTION_DB, _USUAL_REDUCTION_DB = 1.0, 6.0
#: A track whose loud frames stand so far above its usual ones is compressed as much as its role allows.
_WIDE_DB = 8.0
_SEND_DB = -16.0
_CENTRAL_PAN = 0.05


def track_consoles(
    roles: Float32, stereo: Float32, levels_db: Float32, rng: np.random.Generator
) -> tuple[Float32, Float32]:
    """Settings of tracks on the knobs' scales and how much each counts as a label, (tracks, knobs) each.

    Args:
        roles: confidence by role, (tracks, roles).
        stereo: (tracks,).
        levels_db: of a Hearing, (tracks, 4).
        rng: all chance.
    """
    count = len(roles)
    low, rest, high = ends("tracks")
    values = np.tile(rest, (count, 1))
    counts = np.zeros_like(values)

    def put(name: str, drawn: NDArray[np.float64], weight: float | NDArray[np.float64] = 1.0) -> None:
        at = index("tracks", name)
        values[:, at] = drawn
        counts[:, at] = weight

    forward = roles @ np.array([FORWARD_DB.get(role, 0.0) for role in ROLES])
    central = roles @ np.array([float(role in CENTRAL) for role in ROLES]) > 0.5
    put("level_db", forward + rng.normal(0.0, USUAL_MOVES["fader_db"], count))
    put("pan", rng.normal(0.0, np.where(central, _CENTRAL_PAN, USUAL_MOVES["pan"])))
    put("width", 1.0 + stereo * rng.normal(0.0, USUAL_MOVES["width"] / 2.0, count), stereo.astype(np.float64))
    cut = rng.random(count) < _SHARES["highpass"]
    put(
        "highpass_hz",
        np.where(
            cut,
            _professional("highpass.frequency_hz", count, rng, log=True),
            low[index("tracks", "highpass_hz")],
        ),
    )
    _equalizers(values, counts, "tracks", _SHARES, USUAL_MOVES["equalizer_db"], rng)
    _compressors(values, counts, roles, levels_db, rng)
    dry = roles @ np.array([float(role in DRY_ROLES) for role in ROLES]) > 0.5
    fed = (rng.random(count) < _SHARES["send"]) & ~dry
    off_db = low[index("tracks", "send_db")]
    put("send_db", np.where(fed, rng.normal(_SEND_DB, USUAL_MOVES["send_db"], count), off_db))
    return np.clip(values, low, high).astype(np.float32), counts.astype(np.float32)


def usual_compressors(
    roles: Float32, levels_db: Float32, rng: np.random.Generator
) -> tuple[Float32, Float32]:
    """Settings of tracks of which only the compressors' count, as `track_consoles` draws them."""
    low, rest, high = ends("tracks")
    values = np.tile(rest, (len(roles), 1))
    counts = np.zeros_like(values)
    _compressors(values, counts, roles, levels_db, rng)
    return np.clip(values, low, high).astype(np.float32), counts.astype(np.float32)


def master_console(rng: np.random.Generator) -> tuple[Float32, Float32]:
    """Settings of the reverb and the master on the knobs' scales, and how much each counts, (knobs,) each."""
    low, rest, high = ends("master")
    values, counts = np.tile(rest, (1, 1)), np.zeros((1, len(rest)))
    for name, octaves in (("decay_s", 0.5), ("low_cut_hz", 0.5)):
        values[:, index("master", name)] += rng.normal(0.0, octaves, 1)
        counts[:, index("master", name)] = 1.0
    _equalizers(values, counts, "master", _MASTER_SHARES, USUAL_MOVES["equalizer_db"] / 2.0, rng)
    works = rng.random(1) < _MASTER_SHARES["compressor"]
    drawn = {
        "threshold_db": rng.normal(-18.0, 4.0, 1),
        "ratio": np.log2(2.0) + rng.normal(0.0, 0.4, 1),
        "attack_ms": np.log2(20.0) + rng.normal(0.0, 0.7, 1),
        "release_ms": np.log2(200.0) + rng.normal(0.0, 0.7, 1),
    }
    for name, value in drawn.items():
        at = index("master", name)
        values[:, at] = np.where(works, value, 0.0 if name == "ratio" else values[:, at])
        counts[:, at] = 1.0 if name == "ratio" else works
    at = index("master", "headroom_db")
    values[:, at], counts[:, at] = rng.normal(14.0, 3.0, 1), 1.0
    return np.clip(values[0], low, high).astype(np.float32), counts[0].astype(np.float32)


def _equalizers(
    values: NDArray[np.float64],
    counts: NDArray[np.float64],
    place: str,
    shares: dict[str, float],
    move_db: float,
    rng: np.random.Generator,
) -> None:
    rows = len(values)
    low, _, high = ends(place)
    on = rng.random(rows) < shares["equalizer"]
    names = {knob.name for knob in TABLES[place]}
    for slot in range(len(SLOTS)):
        works = on & (rng.random(rows) < shares["band"])
        gain = np.where(works, rng.normal(0.0, move_db, rows), 0.0)
        at = index(place, f"eq{slot}.gain_db")
        values[:, at], counts[:, at] = gain, 1.0
        at = index(place, f"eq{slot}.frequency_hz")
        # Where a band does nothing, nobody can say where it stands.
        worth = np.minimum(np.abs(gain) / 3.0, 1.0)
        values[:, at], counts[:, at] = rng.uniform(low[at], high[at], rows), worth
        if f"eq{slot}.q" in names:
            at = index(place, f"eq{slot}.q")
            values[:, at], counts[:, at] = rng.normal(0.0, 0.7, rows), worth


def _compressors(
    values: NDArray[np.float64],
    counts: NDArray[np.float64],
    roles: Float32,
    levels_db: Float32,
    rng: np.random.Generator,
) -> None:
    """Of what varies in level: as much reduction of its loudest moments as its role allows, give or take."""
    rows = len(values)
    _, median_db, high_db, top_db = levels_db.astype(np.float64).T
    work = np.clip((top_db - median_db) / _WIDE_DB + rng.normal(0.0, 0.25, rows), 0.0, 1.0)
    wanted_db = work * (roles @ np.array([REDUCTION_DB.get(role, 0.0) for role in ROLES]))
    works = wanted_db >= _LEAST_REDUCTION_DB
    drawn = {
        name: _professional(f"compressor.{name}", rows, rng, log=True)
        for name in ("ratio", "attack_ms", "release_ms")
    }
    drawn["ratio"] *= 0.5 + 0.5 * np.minimum(wanted_db / _USUAL_REDUCTION_DB, 1.0)
    drawn["attack_ms"] += _HIT_OCTAVES * (roles @ np.array([float(role in _HIT) for role in ROLES]))
    loudest_db = followed_db(high_db, top_db, drawn["attack_ms"], drawn["release_ms"]) + LOUDEST_DB
    drawn["threshold_db"] = (
        loudest_db - wanted_db / (1.0 - 2.0 ** -drawn["ratio"]) + rng.normal(0.0, 1.5, rows)
    )
    for name, value in drawn.items():
        at = index("tracks", name)
        values[:, at] = np.where(works, value, 0.0 if name == "ratio" else values[:, at])
        counts[:, at] = 1.0 if name == "ratio" else works


def _professional(name: str, rows: int, rng: np.random.Generator, *, log: bool) -> NDArray[np.float64]:
    """Around the professionals' median, in octaves where the knob is logarithmic: half a normal law to each side."""
    low, median, high = (np.log2(point) if log else point for point in PROFESSIONAL[name])
    draw = np.clip(rng.normal(size=rows), -2.0, 2.0) / 1.2815515655446004
    return np.asarray(median + draw * np.where(draw > 0.0, high - median, median - low))
