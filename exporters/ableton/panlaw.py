"""Pan and fader of a track as Live needs them to give the console's two channel gains.

Live's law is in its manual ("Audio Fact Sheet", Panning): constant power with sinusoidal gain curves, 0 dB in the
middle and +3 dB at either side, for mono and stereo alike. With θ = (1 + pan)π/4 the two channels of a track get
√2 cos θ and √2 sin θ; a mono file plays on both.
"""

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Panning:
    """Live's pan −1 … 1, and the gain to multiply into the fader."""

    pan: float
    gain: float


def to_live(pan: float, channels: int) -> Panning:
    """Live's setting for a pan of the console on a mono (1) or stereo (2) track.

    Mono: left = cos θ, right = sin θ, which is Live's law 3.01 dB lower.
    Stereo: left = min(1, √2 cos θ), right = min(1, √2 sin θ); Live's pan has the same ratio of right to left, and
    the gain brings the louder side, which Live lifts by up to 3.01 dB, back to 1.
    """
    if channels == 1:
        return Panning(pan, math.sqrt(0.5))
    if pan == 0.0:
        return Panning(0.0, 1.0)
    far = math.sqrt(2.0) * math.cos((abs(pan) + 1.0) * math.pi / 4.0) if abs(pan) < 1.0 else 0.0
    angle = math.atan2(1.0, far)
    return Panning(math.copysign(4.0 * angle / math.pi - 1.0, pan), math.sqrt(0.5) / math.sin(angle))


def from_live(pan: float, channels: int) -> Panning:
    """The console's pan, and the gain that the fader holds beside the level; undoes `to_live`."""
    if channels == 1:
        return Panning(pan, math.sqrt(0.5))
    if pan == 0.0:
        return Panning(0.0, 1.0)
    angle = (min(abs(pan), 1.0) + 1.0) * math.pi / 4.0
    far = 1.0 / math.tan(angle) if abs(pan) < 1.0 else 0.0
    ours = math.copysign(4.0 * math.acos(min(far / math.sqrt(2.0), 1.0)) / math.pi - 1.0, pan)
    return Panning(ours, math.sqrt(0.5) / math.sin(angle))
