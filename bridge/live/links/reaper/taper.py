"""REAPER's fader taper: between a fader's position 0 … 1, as OSC says it, and decibels.

gain = ½ · 10^(12/20) · (s³ + s⁶). The law was found from positions that others read in REAPER and published, and
reproduces each of them to the last digit given: 0.25 is −30.0095317 dB (gain 0.031588093366685), 0.0025138729793972
−150 dB, 0.0031647785560398 −144 dB, 0.7162178503126559 unity, 1 is +12 dB. At unity alone REAPER's own functions say
0.716, which lies 0.010 dB beside the law; it is read as the 0 dB that it stands for.
"""

import math

#: REAPER's name for silence: what a fader at the bottom reads in decibels.
LOWEST_DB = -150.0
HIGHEST_DB = 12.0

_HALF_TOP = math.pow(10.0, HIGHEST_DB / 20.0) / 2.0
_UNITY = 0.716
_UNITY_WITHIN = 1e-6


def db_of_position(position: float) -> float:
    """The level in dB of a fader at a position; at least −150 dB."""
    if abs(position - _UNITY) < _UNITY_WITHIN:
        return 0.0
    cube = max(position, 0.0) ** 3
    gain = _HALF_TOP * (cube + cube * cube)
    return max(20.0 * math.log10(gain), LOWEST_DB) if gain > 0.0 else LOWEST_DB


def position_of_db(level_db: float) -> float:
    """The position 0 … 1 of a fader at a level in dB, which is held to −150 … +12 dB; −150 dB is the bottom."""
    if level_db <= LOWEST_DB:
        return 0.0
    if level_db == 0.0:
        return _UNITY
    gain = math.pow(10.0, min(level_db, HIGHEST_DB) / 20.0)
    # cube² + cube = gain/half, solved without the loss of digits that small gains would have.
    wanted = gain / _HALF_TOP
    cube = 2.0 * wanted / (1.0 + math.sqrt(1.0 + 4.0 * wanted))
    return math.cbrt(cube)
