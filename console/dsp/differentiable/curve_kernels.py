"""The static curve of the compressor and its gradients, for the kernels of both paths."""

from __future__ import annotations

from console.dsp.differentiable.compiled import kernel
from console.dsp.differentiable.level_kernels import Floats
from console.dsp.jit import DB_PER_LOG2, db_to_gain, log2

THRESHOLD, SLOPE, ATTACK, RELEASE, KNEE, MAKEUP = 0, 1, 2, 3, 4, 5
"""The columns of a law: dB, 1/ratio - 1, coefficients of the times, dB, dB."""


@kernel
def find_overs(law: Floats, peaks: Floats, count: int, overs: Floats) -> None:
    """Level over the threshold in dB."""
    threshold = law[THRESHOLD]
    for i in range(count):
        overs[i] = DB_PER_LOG2 * log2(peaks[i]) - threshold


@kernel
def find_targets(law: Floats, overs: Floats, count: int, targets: Floats) -> None:
    """Static gain in dB of each level over the threshold."""
    slope, knee = law[SLOPE], law[KNEE]
    half_knee = 0.5 * knee
    bend_scale = 0.5 / knee if knee > 0.0 else 0.0
    for i in range(count):
        bend = overs[i] + half_knee
        bend = bend if bend > 0.0 else 0.0
        bend = bend if bend < knee else knee
        straight = overs[i] - half_knee
        straight = straight if straight > 0.0 else 0.0
        targets[i] = slope * (bend * bend * bend_scale + straight)


@kernel
def untouched(law: Floats) -> float:
    """The level, as an amplitude, below which there is nothing to compress."""
    return 0.999 * db_to_gain(law[THRESHOLD] - 0.5 * law[KNEE])


@kernel
def curve_gradients(law: Floats, overs: Floats, count: int, errors: Floats, dlaw: Floats) -> None:
    """Gradients in the static gains become those in the levels; dlaw grows for threshold, slope and knee."""
    slope, knee = law[SLOPE], law[KNEE]
    half_knee = 0.5 * knee
    per_knee = 1.0 / knee if knee > 0.0 else 0.0
    d_threshold, d_slope, d_knee = 0.0, 0.0, 0.0
    for i in range(count):
        bend = overs[i] + half_knee
        bend = bend if bend > 0.0 else 0.0
        bend = bend if bend < knee else knee
        share = bend * per_knee
        straight = overs[i] - half_knee
        steep = 1.0 if straight > 0.0 else share
        straight = straight if straight > 0.0 else 0.0
        dt = errors[i]
        d_slope += dt * (0.5 * bend * share + straight)
        d_knee += slope * dt * 0.5 * share * (1.0 - share)
        errors[i] = dt * slope * steep
        d_threshold -= errors[i]
    dlaw[THRESHOLD] += d_threshold
    dlaw[SLOPE] += d_slope
    dlaw[KNEE] += d_knee
