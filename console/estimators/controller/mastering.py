"""Turns what the network says of the master into its modules and the reverb, with reasons."""

from __future__ import annotations

import numpy as np

from console.estimators.controller.answer import Dials
from console.estimators.controller.network import Answer
from console.estimators.controller.strips import (
    LEAST_RATIO,
    compressor_of,
    equalizer_figures,
    equalizer_of,
    equalizer_text,
    quantised,
    static_gain_db,
)
from console.frozen import FrozenMap
from console.losses.sound import LOUDNESS_LUFS, Sound
from console.mix import Bus, BusKind, Compressor, Limiter, Master, Mix, Reason, Reverb
from console.words import number, signed

#: Peaks of a mix so far over its loudness need no limiter.
_FREE_HEADROOM_DB = 20.0
#: What the reason about the whole mix is filed under.
ABOUT = "controller"


def reverb_name(mix: Mix) -> str:
    """A name for the reverb that no track has, nor a bus that is something else."""
    taken = (
        {track.id for track in mix.tracks} | {bus.id for bus in mix.buses if bus.reverb is None} | {"master"}
    )
    names = ("reverb", "reverb bus", *(f"reverb {n}" for n in range(2, len(taken) + 3)))
    return next(name for name in names if name not in taken)


def reverb_bus(name: str, dials: Dials) -> Bus:
    """The reverb that all sends go to."""
    reverb = Reverb(
        decay_s=quantised("reverb.decay_s", dials["decay_s"]),
        low_cut_hz=quantised("reverb.low_cut_hz", dials["low_cut_hz"]),
    )
    text = (
        f"Decays in {number(reverb.decay_s, 2)} s and leaves out what lies under {number(reverb.low_cut_hz, 0)} Hz, so "
        "that the lows stay clear."
    )
    return Bus(name, BusKind.FX, reverb=reverb, reasons=(Reason("reverb", text, dials.figures("decay_s")),))


def make_master(dials: Dials, about: Reason, less_db: float, sample_rate_hz: int) -> Master:
    """The master's equalizer, compressor and limiter; its fader is set when the mix was heard.

    Args:
        dials: what the network says.
        about: what there is to say of the whole mix.
        less_db: how much lower than LOUDNESS_LUFS the mix comes in.
        sample_rate_hz: the session's rate.
    """
    equalizer = equalizer_of(dials, sample_rate_hz)
    reasons = [Reason("equalizer", equalizer_text(equalizer), equalizer_figures(dials, equalizer))]
    compressor, text = Compressor(), "The mix's dynamics are left alone."
    if dials["ratio"] > LEAST_RATIO:
        makeup_db = -static_gain_db(LOUDNESS_LUFS, dials["threshold_db"], dials["ratio"])
        compressor = compressor_of(dials, dials["threshold_db"] - less_db, makeup_db=makeup_db)
        text = (
            f"{compressor.ratio:g}:1 from {number(compressor.threshold_db)} dBFS, attack "
            f"{compressor.attack_ms:g} ms, release {compressor.release_ms:g} ms hold the mix together."
        )
        if compressor.makeup_db:
            text += f" Its loudness stays by {signed(compressor.makeup_db)} dB of make-up."
    reasons.append(Reason("compressor", text, dials.figures("threshold_db", "ratio")))
    headroom_db = dials["headroom_db"]
    limits = headroom_db < _FREE_HEADROOM_DB
    ceiling_dbtp = quantised("limiter.ceiling_dbtp", min(LOUDNESS_LUFS + headroom_db - less_db, 0.0))
    text = "No limiter: peaks may stand as high as they do."
    if limits:
        text = (
            f"Peaks stop {number(ceiling_dbtp - LOUDNESS_LUFS + less_db)} dB over the mix's loudness; likely "
            f"{dials.expected_error('headroom_db'):.1f} dB off."
        )
    reasons.append(Reason("limiter", text, dials.figures("headroom_db")))
    return Master(
        equalizer=equalizer,
        compressor=compressor,
        limiter=Limiter(limits, ceiling_dbtp),
        reasons=(about, *reasons),
    )


def about_the_mix(aim: Sound, source: str, answer: Answer) -> Reason:
    """The sound that is aimed at, and the one that the network expects."""
    mid = float(np.mean(np.abs(np.subtract(aim.mid_db, answer.mid_db))))
    side = float(np.mean(np.abs(np.subtract(aim.side_db, answer.side_db))))
    width_db = answer.width_db
    text = (
        f"Aims at {source}: {number(aim.crest_db)} dB from its level to its peaks, {number(aim.width_db)} dB side over "
        f"mid, levels that spread over {number(aim.spread_db)} dB. Expects to come within {mid:.1f} dB of its spectrum "
        f"in the middle and {side:.1f} dB at the sides (means over the critical bands), {number(width_db)} dB side "
        f"over mid, {signed(width_db - aim.width_db)} dB from the aim."
    )
    if answer.candidate:
        text += (
            f" Candidate {answer.candidate + 1}: its levels, pans, widths and equalizers are drawn around that, as far "
            "as the network holds them possible."
        )
    figures = {"mid_off_db": mid, "side_off_db": side, "width_db": width_db, "aimed_width_db": aim.width_db}
    return Reason(ABOUT, text, FrozenMap({name: round(value, 2) for name, value in figures.items()}))
