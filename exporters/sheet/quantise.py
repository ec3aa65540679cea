"""The Mix that a recall sheet holds: every setting, but not why, how sure, what is locked, and where it came from."""

from dataclasses import replace

from console.mix import Mix
from console.session import Session


def quantise(mix: Mix, session: Session) -> Mix:
    """The mix as a recall sheet holds it: numbers to the last bit; reasons, locks and origin at their defaults."""
    return Mix(
        sample_rate_hz=mix.sample_rate_hz,
        tracks=tuple(replace(one, role_confidence=0.0, locked=(), reasons=()) for one in mix.tracks),
        buses=tuple(replace(one, locked=(), reasons=()) for one in mix.buses),
        master=replace(mix.master, locked=(), reasons=()),
    )
