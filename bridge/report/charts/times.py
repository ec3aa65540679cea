"""Ticks of a time axis."""

from bridge.report.words import clock, number

_STEPS_S = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1800.0, 3600.0)
_MOST = 10


def time_ticks(seconds: float) -> list[tuple[float, str]]:
    """Round times from 0 to the end with their words: seconds in a short picture, else minutes:seconds."""
    step = next((value for value in _STEPS_S if seconds / value <= _MOST), seconds / _MOST)
    places = [index * step for index in range(int(seconds / step + 1e-9) + 1)]
    if step < 1.0:
        return [(place, f"{number(place, 1)} s") for place in places]
    return [(place, clock(place)) for place in places]
