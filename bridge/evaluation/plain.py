"""Mixes without a console: the stems as they are, at one loudness each, and what a person made of them."""

from collections.abc import Callable

import numpy as np

from bridge.evaluation.values import AbsentError, Float64, Made, Task
from bridge.jobs.mixing import heard_masking
from console.analysis import SessionAnalysis, TrackAnalysis
from console.session import Session
from console.session.reader import TrackReader
from console.units import db_to_gain

#: What every stem of the equal-loudness sum is brought to, in LUFS; below the quietest one is not raised.
STEM_LUFS, QUIETEST_LUFS = -30.0, -70.0

_CENTRE = float(np.sqrt(0.5))

Gains = dict[str, float]


def raw_sum(task: Task) -> Made:
    """The stems as they are: faders at 0 dB, mono ones at −3 dB to both sides."""
    return _behind(task, {track.id: 0.0 for track in task.session.included})


def equal_loudness(task: Task) -> Made:
    """Every stem at one integrated loudness; silent ones are left out."""
    return _behind(task, equal_gains_db(task.session, task.analysis))


def equal_gains_db(session: Session, analysis: SessionAnalysis) -> Gains:
    """The gain in dB that brings each stem that is heard to STEM_LUFS."""
    return {
        track.id: STEM_LUFS - max(analysis.tracks[track.id].integrated_lufs, QUIETEST_LUFS)
        for track in session.included
        if not analysis.tracks[track.id].silent
    }


def human_mix(task: Task) -> Made:
    """The finished mix among the files of the song.

    Raises:
        AbsentError: there is none.
    """
    if task.human is None:
        raise AbsentError("the song has no finished mix by a person; put one beside the stems as _HUMAN_MIX")
    return Made(task.human)


def reference_itself(task: Task) -> Made:
    """The reference, so that its own figures stand in the table.

    Raises:
        AbsentError: there is none.
    """
    if task.reference is None:
        raise AbsentError("0 references are given; give one with --reference")
    return Made(task.reference.audio)


def _behind(task: Task, gains_db: Gains) -> Made:
    audio = summed(task.session, lambda name: db_to_gain(gains_db[name]) if name in gains_db else 0.0)
    # A mono stem at −3 dB on both sides has as much power as it has itself: its analysis holds behind a gain.
    strips: dict[str, TrackAnalysis] = {
        name: task.analysis.tracks[name].behind_gain(gain_db) for name, gain_db in gains_db.items()
    }
    return Made(audio, heard_masking(strips, task.session))


def summed(session: Session, gain: Callable[[str], float]) -> Float64:
    """The included stems behind gains, mono ones at −3 dB to both sides, (2, samples).

    Raises:
        SessionError: a file cannot be read.
    """
    total = np.zeros((2, session.samples))
    for track in session.included:
        with TrackReader(track, session.sample_rate_hz) as reader:
            audio = reader.read(session.samples).astype(np.float64)
        total[:, : audio.shape[1]] += gain(track.id) * (audio if len(audio) == 2 else audio * _CENTRE)
    return total
