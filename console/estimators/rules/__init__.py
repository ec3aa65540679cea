"""The estimator `rules`: knowledge-based mixing, from nothing but the stems.

One considered system in the order an engineer works: clean up, align microphones, filter, shape the tone, tame the
dynamics, balance by role until every track is heard, unmask, place, add space, then the buses and the master.
Every decision is made from measured figures and carries them as its reason.
"""

from console.estimators.rules.estimate import estimate
from console.estimators.rules.headroom import leave_headroom

__all__ = ["estimate", "leave_headroom"]
