"""Says of each strip what was found and how sure it is."""

from __future__ import annotations

from dataclasses import replace

from console.estimators.recover.values import Residual
from console.frozen import FrozenMap
from console.mix import Mix, Reason, TrackStrip


def with_reasons(mix: Mix, base: Mix, residual: Residual) -> Mix:
    """The mix with a sentence for every module that the recovery set."""
    known = {track.id: track for track in base.tracks}
    tracks = tuple(replace(track, reasons=_reasons(track, known[track.id], residual)) for track in mix.tracks)
    return replace(mix, tracks=tracks)


def _reasons(track: TrackStrip, before: TrackStrip, residual: Residual) -> tuple[Reason, ...]:
    if track.muted:
        return ()
    figures = FrozenMap({"residual_db": residual.total_db})
    said = [
        (
            "fader_db",
            track.fader_db != before.fader_db,
            "The level at which this track comes into the finished mix.",
        ),
        ("pan", track.pan != before.pan, "Where the finished mix has this track between left and right."),
        (
            "input",
            track.input != before.input,
            "Its place in time, or its polarity, differs in the finished mix.",
        ),
        (
            "highpass",
            track.highpass != before.highpass,
            "Below this frequency the finished mix lacks the track.",
        ),
        (
            "lowpass",
            track.lowpass != before.lowpass,
            "Above this frequency the finished mix lacks the track.",
        ),
        ("equalizer", track.equalizer != before.equalizer, "How its spectrum differs in the finished mix."),
        (
            "compressor",
            track.compressor != before.compressor,
            "Its gain follows its level in the finished mix.",
        ),
        ("sends", track.sends != before.sends, "The part of it that comes through this effect."),
        ("automation", track.automation != before.automation, "No single level explains the whole song."),
    ]
    return tuple(Reason(name, text, figures) for name, is_new, text in said if is_new)
