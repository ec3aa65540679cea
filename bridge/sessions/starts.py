"""Where each track begins: by its BWF time stamp, relative to the earliest (EBU Tech 3285)."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from bridge.sessions.probe import Probed
from console.frozen import FrozenMap
from console.session import Finding

#: A silence longer than this between tracks means that their stamps are not of one time line.
_LONGEST_GAP_S = 60


@dataclass(frozen=True, slots=True)
class Starts:
    """Seconds from the session's start by file id, exact, and what there is to say."""

    seconds: Mapping[str, Fraction]
    findings: tuple[Finding, ...] = ()


def starts_by_stamp(probed: Mapping[str, Probed]) -> Starts:
    """The start of every file: 0 unless time stamps differ. Files without a stamp begin with the session."""
    stamps = {name: stamp for name, item in probed.items() if (stamp := _stamp_s(item)) is not None}
    zero = dict.fromkeys(probed, Fraction(0))
    if len(set(stamps.values())) < 2:
        return Starts(zero)
    earliest = min(stamps.values())
    seconds = zero | {name: stamp - earliest for name, stamp in stamps.items()}
    gap_s = _longest_gap_s(seconds, probed)
    if gap_s > _LONGEST_GAP_S:
        text = (
            f"time stamps leave {gap_s:.0f} s with nothing in them, more than {_LONGEST_GAP_S} s; they are not "
            "of one time line, and every track starts with the session: give start_s in session.toml"
        )
        return Starts(
            zero, (Finding("uneven-start", text, tuple(stamps), figures=FrozenMap({"gap_s": gap_s})),)
        )
    unstamped = tuple(name for name in probed if name not in stamps)
    if not unstamped:
        return Starts(seconds)
    text = (
        f"{len(stamps)} files have time stamps that differ, and {', '.join(map(repr, unstamped))} none; those "
        "start with the session: give start_s in session.toml where that is wrong"
    )
    return Starts(seconds, (Finding("uneven-start", text, unstamped),))


def _stamp_s(item: Probed) -> Fraction | None:
    if item.file is None or item.time_reference_samples is None:
        return None
    return Fraction(item.time_reference_samples, item.file.sample_rate_hz)


def _longest_gap_s(seconds: Mapping[str, Fraction], probed: Mapping[str, Probed]) -> float:
    """The longest time in which no file has audio, between the first and the last."""
    covered = gap = Fraction(0)
    for name in sorted(seconds, key=seconds.__getitem__):
        file = probed[name].file
        gap = max(gap, seconds[name] - covered)
        if file is not None:
            covered = max(covered, seconds[name] + Fraction(file.frames, file.sample_rate_hz))
    return float(gap)
