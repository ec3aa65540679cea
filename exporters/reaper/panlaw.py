"""Pan and fader of a track as REAPER needs them to give the console's two channel gains.

REAPER's panner ("stereo balance / mono pan", mode 3) as measured once by another project from renders: for a
pan p, right/left = tan((1 + p)π/4) under every law but −6 dB, and under a law of exactly √½ (−3.01 dB) the
gains are the plain cosine and sine. That is the console's law for mono tracks. Such tracks, and stereo ones
that are panned, therefore get that law of their own; a stereo track in the middle follows the project's law
of 0 dB, where the panner changes nothing.
"""

import math
from dataclasses import dataclass

PROJECT_LAW = -1.0
CONSTANT_POWER_LAW = math.sqrt(0.5)


@dataclass(frozen=True, slots=True)
class Panning:
    """REAPER's pan −1 … 1, the gain to multiply into the fader, and the pan law (−1: the project's)."""

    pan: float
    gain: float
    law: float


def to_reaper(pan: float, channels: int) -> Panning:
    """REAPER's setting for a pan of the console on a mono (1) or stereo (2) track.

    Mono: left = cos θ, right = sin θ, θ = (pan + 1)π/4, which is REAPER's own law here.
    Stereo: left = min(1, √2 cos θ), right = min(1, √2 sin θ); REAPER's pan has the same ratio of right to
    left, and the gain lifts the louder side back to 1.
    """
    if channels == 1:
        return Panning(pan, 1.0, CONSTANT_POWER_LAW)
    if pan == 0.0:
        return Panning(0.0, 1.0, PROJECT_LAW)
    far = math.sqrt(2.0) * math.cos((abs(pan) + 1.0) * math.pi / 4.0) if abs(pan) < 1.0 else 0.0
    angle = math.atan2(1.0, far)
    reaper_pan = 4.0 * angle / math.pi - 1.0
    if reaper_pan == 0.0:  # so near to the middle that no reader could tell it from there
        return Panning(0.0, 1.0, PROJECT_LAW)
    return Panning(math.copysign(reaper_pan, pan), 1.0 / math.sin(angle), CONSTANT_POWER_LAW)


def from_reaper(pan: float, channels: int) -> tuple[float, float]:
    """(pan of the console, gain that the fader holds beside the level) of a REAPER pan; undoes `to_reaper`."""
    if channels == 1 or pan == 0.0:
        return pan, 1.0
    angle = (abs(pan) + 1.0) * math.pi / 4.0
    far = 1.0 / math.tan(angle) if abs(pan) < 1.0 else 0.0
    return math.copysign(4.0 * math.acos(far / math.sqrt(2.0)) / math.pi - 1.0, pan), 1.0 / math.sin(angle)
