"""Pan and fader of a track as Ardour's panners need them to give the console's two channel gains.

As measured from Ardour 7.3's own renders: the mono panner ("panner_1in2out") gives left = f(1 − p) and right = f(p)
with f(x) = x (s x + 1 − s), s = 2 − 4·10^(−3/20), p = 0 … 1; in the middle that is −3.00 dB. The stereo balance
("panner_balance") leaves one side at 1 and gives the other 2p or 2 − 2p.
"""

import math
from dataclasses import dataclass

MONO_PANNER = "http://ardour.org/plugin/panner_1in2out"
BALANCE_PANNER = "http://ardour.org/plugin/panner_balance"

_SCALE = 2.0 - 4.0 * 10.0 ** (-3.0 / 20.0)


@dataclass(frozen=True, slots=True)
class Panning:
    """Ardour's azimuth 0 (left) … 1 (right), the gain to multiply into the fader, and the panner's name."""

    azimuth: float
    gain: float
    panner: str


#: A stereo track that is not panned.
MIDDLE = Panning(0.5, 1.0, BALANCE_PANNER)


def mono_law(position: float) -> float:
    """The gain of the mono panner towards a side, for a place 0 … 1 (1: all the way there)."""
    return position * (_SCALE * position + 1.0 - _SCALE)


def to_ardour(pan: float, channels: int) -> Panning:
    """Ardour's setting for a pan of the console on a mono (1) or stereo (2) track.

    Mono: left = cos θ, right = sin θ, θ = (pan + 1)π/4: the place where the panner has that ratio of the sides, and
    the gain that brings both to size (0.09 dB at most). Stereo: left = min(1, √2 cos θ), right =
    min(1, √2 sin θ), which the balance panner gives as it is.
    """
    if channels == 1:
        if abs(pan) >= 1.0:
            return Panning((pan + 1.0) / 2.0, 1.0, MONO_PANNER)
        # From the nearer side, whose gain is never small.
        near = abs(pan)
        far_angle = (1.0 - near) * math.pi / 4.0
        place = _azimuth_of_ratio(math.tan(far_angle))
        gain = math.cos(far_angle) / mono_law(1.0 - place)
        return Panning(place if pan <= 0.0 else 1.0 - place, gain, MONO_PANNER)
    if abs(pan) >= 1.0:
        return Panning((pan + 1.0) / 2.0, 1.0, BALANCE_PANNER)
    if pan == 0.0:
        return MIDDLE
    angle = (pan + 1.0) * math.pi / 4.0
    far = math.sqrt(2.0) * (math.cos(angle) if pan > 0.0 else math.sin(angle))
    return Panning(1.0 - far / 2.0 if pan > 0.0 else far / 2.0, 1.0, BALANCE_PANNER)


def from_ardour(azimuth: float, channels: int) -> tuple[float, float]:
    """(pan of the console, gain that the fader holds beside the level) of an azimuth; undoes `to_ardour`."""
    azimuth = min(max(azimuth, 0.0), 1.0)
    if azimuth in (0.0, 1.0):
        return 2.0 * azimuth - 1.0, 1.0
    if channels == 1:
        left, right = mono_law(1.0 - azimuth), mono_law(azimuth)
        angle = math.atan2(right, left)
        return 4.0 * angle / math.pi - 1.0, 1.0 / math.hypot(left, right)
    far = (2.0 - 2.0 * azimuth if azimuth > 0.5 else 2.0 * azimuth) / math.sqrt(2.0)
    return math.copysign(4.0 * math.acos(far) / math.pi - 1.0, azimuth - 0.5), 1.0


def _azimuth_of_ratio(ratio: float) -> float:
    """Where the mono panner's right is `ratio` times its left: a root of a p² + b p + c."""
    a = _SCALE * (1.0 - ratio)
    b = 1.0 - _SCALE + ratio * (1.0 + _SCALE)
    return 2.0 * ratio / (b + math.sqrt(b * b + 4.0 * a * ratio))
