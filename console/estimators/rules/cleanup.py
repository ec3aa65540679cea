"""First of all: what does not belong in the mix is left out, what came too hot or too low is trimmed."""

from dataclasses import replace

from console.analysis.values import SessionAnalysis
from console.estimators.rules.parts import Part
from console.params import PARAMS
from console.session import Role, Session
from console.words import number, signed

#: Loudness that the chain is happiest with, and how far a track may be from it before it is trimmed.
NOMINAL_LUFS = -23.0
_TOLERANCE_LU = 8.0
_MOST_PEAK_DBTP = -3.0
#: A drum's microphone whose peaks stay so far below the kit's loudest, and below this, has heard its neighbours only.
_UNPLAYED_UNDER_KIT_DB = 26.0
_UNPLAYED_DBTP = -30.0
_CLOSE = frozenset({Role.KICK, Role.SNARE, Role.TOM})


def clean_up(parts: list[Part], session: Session, analysis: SessionAnalysis) -> None:
    """Mute what is silent, a click, a copy, unplayed, or left out by the engineer; trim the rest to a working level."""
    copies = {pair[1]: pair[0] for pair in analysis.duplicates}
    left_out = {
        name: finding.text
        for finding in session.findings
        for name in finding.tracks
        if finding.code == "left-out"
    }
    kit_dbtp = max((part.analysis.true_peak_dbtp for part in parts if part.role in _CLOSE), default=0.0)
    for part in parts:
        if part.is_locked("muted"):
            continue
        measured = part.analysis
        peak = max(measured.sample_peak_dbfs, -120.0)
        if measured.silent:
            text = f"Silent: nothing in it rises above −80 dBFS (peak {number(peak, 0)} dBFS or less)."
            part.set("muted", text, {"peak_dbfs": peak}, muted=True)
        elif part.role is Role.CLICK:
            text = "A click track: a guide for the players, not for the listener."
            part.set("muted", text, {"transients_per_s": measured.transients_per_s}, muted=True)
        elif not part.track.included:
            text = left_out.get(part.track.id, "Left out by the session's settings").rstrip(".")
            part.set("muted", f"{text}.", {}, muted=True)
        elif part.track.id in copies:
            text = _copy_reason(part.track.id, copies[part.track.id], analysis)
            part.set("muted", text, {}, muted=True)
        elif part.role in _CLOSE and measured.true_peak_dbtp < min(
            _UNPLAYED_DBTP, kit_dbtp - _UNPLAYED_UNDER_KIT_DB
        ):
            under_db = kit_dbtp - measured.true_peak_dbtp
            text = (
                f"Nothing is played on it: peaks of {number(measured.true_peak_dbtp)} dBTP, {under_db:.0f} dB under "
                "the loudest of the close drum microphones, are its neighbours' bleed."
            )
            part.set("muted", text, {"true_peak_dbtp": measured.true_peak_dbtp}, muted=True)
    for part in parts:
        if part.heard and not part.is_locked("input"):
            _trim(part)


def _copy_reason(copy: str, original: str, analysis: SessionAnalysis) -> str:
    pair = {copy, original}
    turned = any(other.inverted for other in analysis.pairs if {other.first, other.second} == pair)
    if turned:
        return f"The same audio as {original!r} with the opposite polarity; together they would cancel."
    return f"The same audio as {original!r}; together they would only be louder, by up to 6 dB."


def _trim(part: Part) -> None:
    distance = NOMINAL_LUFS - part.loudness_lufs
    if abs(distance) <= _TOLERANCE_LU:
        return
    wanted = min(distance, _MOST_PEAK_DBTP - part.analysis.true_peak_dbtp)
    gain_db = PARAMS["input.gain_db"].quantise(round(2.0 * wanted) / 2.0)
    if abs(gain_db) < 1.0:
        return
    text = (
        f"Recorded at {number(part.loudness_lufs)} LUFS with peaks at {number(part.analysis.true_peak_dbtp)} dBTP; "
        f"trimmed by {signed(gain_db)} dB to a level where thresholds and the fader's travel make sense."
    )
    figures = {"loudness_lufs": part.loudness_lufs, "true_peak_dbtp": part.analysis.true_peak_dbtp}
    part.set("input.gain_db", text, figures, input=replace(part.strip.input, gain_db=gain_db))
    part.power = part.power * 10.0 ** (gain_db / 10.0)
    part.loudness_lufs += gain_db
