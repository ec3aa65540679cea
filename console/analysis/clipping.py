"""Clipped runs: where a waveform stands still at its own ceiling, with a corner on either side."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from console.analysis.jit import kernel

Float32 = NDArray[np.float32]
Float64 = NDArray[np.float64]

#: A sample at least this share of the highest magnitude is at the ceiling.
_AT_CEILING = 0.9999

#: Samples at the ceiling, of one sign, that make a run.
_SHORTEST_RUN = 3

#: What the samples before and after a run lie below the ceiling, together, as a share of it. A smooth peak with
#: three samples within 1e-4 of its top stays below 6e-4; a clipped one has corners.
_CORNERS = 1e-3

#: Ceilings below this are the last bits of a quantiser, not an overload.
_LOWEST_CEILING = 0.01

#: Length of a channel's state: ceiling, run, its sign, the drop before it, previous sample, runs, longest.
STATE = 7


@kernel
def find_clipping(x: Float32, highest: Float32, bounds: NDArray[np.int64], state: Float64) -> None:
    """Follow the runs of one channel through the frames bounds[f] … bounds[f + 1], whose peaks are `highest`.

    The ceiling is the highest magnitude so far; when a clearly higher one comes, what was found below it was no
    ceiling and is forgotten. state[5] counts the runs, state[6] is the longest in samples.
    """
    ceiling, run, sign, before, previous, runs, longest = state
    for frame in range(bounds.size - 1):
        first, last = bounds[frame], bounds[frame + 1]
        if first == last:
            continue
        if run == 0.0 and highest[frame] < _AT_CEILING * ceiling:
            previous = np.float64(x[last - 1])
            continue
        for i in range(first, last):
            value = np.float64(x[i])
            size = abs(value)
            if size * _AT_CEILING > ceiling:
                runs, longest, run = 0.0, 0.0, 0.0
            ceiling = max(ceiling, size)
            at_ceiling = size > 0.0 and size >= _AT_CEILING * ceiling
            if run > 0.0 and not (at_ceiling and value * sign > 0.0):
                after = ceiling - value * sign
                if (
                    run >= _SHORTEST_RUN
                    and before + after >= _CORNERS * ceiling
                    and ceiling > _LOWEST_CEILING
                ):
                    runs += 1.0
                    longest = max(longest, run)
                run = 0.0
            if at_ceiling:
                if run == 0.0:
                    sign = 1.0 if value > 0.0 else -1.0
                    before = ceiling - previous * sign
                run += 1.0
            previous = value
    state[0], state[1], state[2], state[3], state[4] = ceiling, run, sign, before, previous
    state[5], state[6] = runs, longest
