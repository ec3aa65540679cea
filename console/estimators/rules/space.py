"""Space: one reverb for the song and a short echo for the lead, fed by role and by how full the song is."""

from collections.abc import Sequence

import numpy as np

from console.estimators.rules.parts import Part
from console.estimators.target import Target
from console.frozen import FrozenMap
from console.mix import Bus, BusKind, Delay, Reason, Reverb
from console.params import PARAMS
from console.session import VOCAL_ROLES
from console.words import number

REVERB, ECHO = "reverb", "echo"

#: Tracks playing at once up to which sends stay as the target has them; each doubling takes this much off.
_OPEN = 6.0
_PER_DOUBLING_DB = 2.0
#: A stereo track this wide (side over mid) brings a space of its own.
_WIDE_DB = -9.0
_WIDE_LESS_DB = 5.0
#: Transients a second at which the reverb is the shortest, and the longest.
_DENSE_PER_S, _SPARSE_PER_S = 8.0, 1.0


def add_space(parts: list[Part], target: Target) -> tuple[Bus, ...]:
    """Set the sends of every track; the FX buses that they feed."""
    heard = [part for part in parts if part.heard]
    density = _density(heard)
    thinner_db = _PER_DOUBLING_DB * max(0.0, float(np.log2(max(density, 1.0) / _OPEN)))
    taken = {name for part in parts for name in (part.track.id, part.track.group, part.profile.group)}
    reverb, echo = (f"{name} bus" if name in taken else name for name in (REVERB, ECHO))
    fed: dict[str, list[Part]] = {reverb: [], echo: []}
    for part in heard:
        if part.is_locked("sends"):
            for name in part.strip.sends:
                fed.setdefault(name, []).append(part)
            continue
        sends = {}
        is_wide = part.track.channels == 2 and part.analysis.width_db > _WIDE_DB
        own_space_db = _WIDE_LESS_DB if is_wide else 0.0
        for name, level_db in ((reverb, part.profile.reverb_db), (echo, part.profile.echo_db)):
            if level_db > PARAMS["strip.send_db"].low:
                sends[name] = PARAMS["strip.send_db"].quantise(level_db - thinner_db - own_space_db)
                fed[name].append(part)
        if sends:
            text = _send_reason(part, sends, density, thinner_db, own_space_db)
            figures = {"playing_at_once": density, "less_for_density_db": thinner_db, **sends}
            part.set("sends", text, figures, sends=FrozenMap(sends))
    return _reverb(reverb, fed[reverb], target) + _echo(echo, fed[echo], target)


def _density(heard: Sequence[Part]) -> float:
    """Tracks playing at once, on average over the time in which any plays."""
    count = np.zeros(max((len(part.playing) for part in heard), default=0))
    for part in heard:
        count[: len(part.playing)] += part.playing
    return float(count[count > 0].mean()) if np.any(count > 0) else 0.0


def _send_reason(
    part: Part, sends: dict[str, float], density: float, thinner_db: float, own_space_db: float
) -> str:
    levels = " and ".join(f"{number(level_db)} dB to the {name}" for name, level_db in sends.items())
    text = f"As far back as {part.phrase} stands: {levels}"
    if thinner_db >= 0.1:
        text += f", {thinner_db:.1f} dB less since {density:.0f} tracks play at once"
    if own_space_db > 0.0:
        wide = f"{number(part.analysis.width_db, 0)} dB side over mid"
        text += f", {own_space_db:.0f} dB less since it is wide by itself ({wide})"
    return text + "."


def _reverb(name: str, fed: Sequence[Part], target: Target) -> tuple[Bus, ...]:
    if not fed:
        return ()
    rate = float(np.median([part.analysis.transients_per_s for part in fed]))
    dense = min(1.0, max(0.0, (rate - _SPARSE_PER_S) / (_DENSE_PER_S - _SPARSE_PER_S)))
    short_s, long_s = target.reverb_decay_s
    decay_s = PARAMS["reverb.decay_s"].quantise(long_s * (short_s / long_s) ** dense)
    vocals = any(part.role in VOCAL_ROLES for part in fed)
    predelay_ms = 30.0 if vocals else 15.0
    text = (
        f"Decays in {decay_s:g} s, for parts with {rate:.1f} transients a second; {predelay_ms:g} ms of pre-delay "
        f"{'keep the words in front' if vocals else 'keep the attacks clear'}."
    )
    reverb = Reverb(decay_s=decay_s, predelay_ms=predelay_ms)
    reason = Reason("reverb", text, FrozenMap({"transients_per_s": round(rate, 2), "decay_s": decay_s}))
    return (Bus(name, BusKind.FX, reverb=reverb, reasons=(reason,)),)


def _echo(name: str, fed: Sequence[Part], target: Target) -> tuple[Bus, ...]:
    if not fed:
        return ()
    echo = Delay(time_ms=target.echo_time_ms, feedback=0.15, low_cut_hz=300.0, high_cut_hz=4000.0)
    text = f"A single short echo of {echo.time_ms:g} ms, dark and low, gives the lead depth without washing it out."
    return (Bus(name, BusKind.FX, delay=echo, reasons=(Reason("delay", text),)),)
