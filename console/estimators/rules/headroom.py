"""The master's fader, from what the finished mix measures: headroom by level, never by a hidden limiter."""

from dataclasses import replace

from console.estimators.target import Target
from console.frozen import FrozenMap
from console.mix import Mix, Reason
from console.params import PARAMS
from console.words import number, signed

#: True-peak meters at fourfold oversampling may read this much too low; the promise holds by a finer one, too.
METER_TOLERANCE_DB = 0.2


def leave_headroom(mix: Mix, target: Target, *, loudness_lufs: float, true_peak_dbtp: float) -> Mix:
    """The mix with its master fader set so that the mix leaves the target's headroom.

    Args:
        mix: what was rendered.
        target: its loudness_lufs and true_peak_dbtp are what the mix may reach at most.
        loudness_lufs: integrated loudness ahead of the master's fader.
        true_peak_dbtp: true peak ahead of the master's fader.
    """
    if {"all", "fader_db"} & set(mix.master.locked) or true_peak_dbtp < -100.0:
        return mix
    by_loudness = target.loudness_lufs - loudness_lufs
    by_peak = target.true_peak_dbtp - METER_TOLERANCE_DB - true_peak_dbtp
    row = PARAMS["strip.fader_db"]
    # Rounded down: the ceiling holds after quantising, too.
    fader_db = row.clamp(row.quantise(min(by_loudness, by_peak) - 0.5 * row.step))
    aim = (
        f"keep its true peak under {number(target.true_peak_dbtp)} dBTP"
        if by_peak < by_loudness
        else f"bring it to {number(target.loudness_lufs)} LUFS"
    )
    limiter = "" if mix.master.limiter.enabled else "No limiter: the headroom is mastering's."
    text = (
        f"Ahead of the fader the mix measures {number(loudness_lufs)} LUFS and {number(true_peak_dbtp)} dBTP; "
        f"{signed(fader_db)} dB to {aim}. {limiter}"
    )
    text = text.rstrip()
    figures = FrozenMap(
        {"loudness_lufs": round(loudness_lufs, 2), "true_peak_dbtp": round(true_peak_dbtp, 2)}
    )
    reasons = tuple(reason for reason in mix.master.reasons if reason.parameter != "fader_db")
    master = replace(mix.master, fader_db=fader_db, reasons=(*reasons, Reason("fader_db", text, figures)))
    return replace(mix, master=master)
