"""Learns a plugin's map, checks it on settings that it was not learnt from, and says honestly how good it is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from types import MappingProxyType

import numpy as np

from bridge.host.learning.bench import Bench
from bridge.host.learning.compressors import CompressorLearner
from bridge.host.learning.delays import DelayLearner
from bridge.host.learning.equalizers import EqualizerLearner
from bridge.host.learning.gates import GateLearner
from bridge.host.learning.hearing import heard_roles
from bridge.host.learning.limiters import LimiterLearner
from bridge.host.learning.reverbs import ReverbLearner
from bridge.host.learning.trials import Learner, ParameterError
from bridge.host.process import PluginProcess
from bridge.host.roles import likely_roles
from bridge.host.values import PluginRef
from console.errors import PluginError
from console.progress import Progress, no_progress
from presets.plugins.profile import PluginProfile, PluginRole

#: What learns each role.
LEARNERS: MappingProxyType[PluginRole, Callable[[Bench, Progress], Learner]] = MappingProxyType(
    {
        PluginRole.EQUALIZER: EqualizerLearner,
        PluginRole.COMPRESSOR: CompressorLearner,
        PluginRole.GATE: GateLearner,
        PluginRole.LIMITER: LimiterLearner,
        PluginRole.DELAY: DelayLearner,
        PluginRole.REVERB: ReverbLearner,
    }
)

_THE_QUICKEST_FIRST = (
    PluginRole.GATE, PluginRole.DELAY, PluginRole.REVERB, PluginRole.LIMITER, PluginRole.EQUALIZER,
    PluginRole.COMPRESSOR,
)  # fmt: skip

#: Errors in dB up to which a map is what it says, and up to which it is a start for `--refine`.
_FAITHFUL_DB, _USABLE_DB = 0.5, 2.0
#: A knob that moves a feature by less than this share of its range is not heard.
_HEARD = 0.01


class Verdict(StrEnum):
    """What a learnt map is worth."""

    FAITHFUL = "faithful"
    APPROXIMATE = "approximate"
    POOR = "poor"


@dataclass(frozen=True, slots=True)
class Lesson:
    """A learnt profile, its errors on settings it was not learnt from, and what was noticed beside.

    `error_db` is the median over random settings, `worst_db` the worst of them: of the worst difference of response
    from 30 Hz to 16 kHz for an equalizer, of the median difference of gain for a compressor, gate or limiter, of the
    worst third octave of the echoes for a delay, of the RMS over third octaves of the tail for a reverb. `parameters`
    are the errors of the single parameters, where they can be heard one by one.
    """

    profile: PluginProfile
    error_db: float
    worst_db: float
    notes: tuple[str, ...]
    parameters: tuple[ParameterError, ...] = ()

    @property
    def verdict(self) -> Verdict:
        """What the map is worth."""
        if self.error_db <= _FAITHFUL_DB:
            return Verdict.FAITHFUL
        return Verdict.APPROXIMATE if self.error_db <= _USABLE_DB else Verdict.POOR


def learn(
    ref: PluginRef,
    process: PluginProcess,
    *,
    role: PluginRole | None = None,
    progress: Progress = no_progress,
) -> Lesson:
    """Measure a plugin and map its knobs.

    Args:
        ref: the plugin.
        process: where it runs.
        role: what it is; None: what its name hints at, if it then does that, else what it sounds like.
        progress: told how far it is.

    Raises:
        PluginError: no knob of it does anything that a module of the console does.
        PluginFault: it fails.
    """
    plugin = process.open(ref, 2)
    bench = Bench(process, plugin, 2)
    for tried in _roles(bench) if role is None else (role,):
        learner = LEARNERS[tried](bench, progress)
        profile = learner.learn(plugin.facts.name)
        if profile is not None:
            break
    else:
        what = f"learnt as a {role}" if role else "learnt"
        raise PluginError(
            f"{plugin.facts.name} does nothing that can be {what}; give --role with one of {', '.join(LEARNERS)} "
            "if it does"
        )
    trial = learner.check(profile)
    progress("learn the knobs", 1.0)
    notes = _notes(bench, profile, learner)
    told = replace(profile, error_db=round(trial.worst_db, 3), law=" ".join(notes))
    return Lesson(told, trial.error_db, trial.worst_db, notes, trial.parameters)


def _roles(bench: Bench) -> Iterator[PluginRole]:
    """What a plugin may be, the likeliest first: what its name hints at, what it sounds like, and then all the rest.

    One that is heard only where two knobs are turned at once is found by trying.
    """
    tried = [PluginRole(name) for name in likely_roles(bench.facts)]
    yield from tried
    for role in (*heard_roles(bench), *_THE_QUICKEST_FIRST):
        if role not in tried:
            tried.append(role)
            yield role


def _notes(bench: Bench, profile: PluginProfile, learner: Learner) -> tuple[str, ...]:
    """What is to be known beside the map."""
    notes = []
    if bench.facts.latency_samples:
        notes.append(f"Late by {bench.facts.latency_samples} samples, which is compensated.")
    if 2 not in bench.facts.channels:
        notes.append("Takes one channel: a stereo strip gets two, whose detectors do not hear each other.")
    elif profile.role is PluginRole.COMPRESSOR:
        notes.append("Channels are linked." if _linked(bench) else "Channels are not linked.")
    notes += learner.notes
    held = {knob.key for knob in (*profile.knobs.values(), *profile.also.values())} | {
        knob.key for band in profile.bands for knob in (band.frequency_hz, band.gain_db, band.q) if knob is not None
    } | {cut.frequency_hz.key for cut in profile.cuts}  # fmt: skip
    fixed = [key for key in profile.fixed_raw if key not in held]
    if fixed:
        notes.append(f"Kept where they suit best: {', '.join(fixed)}.")
    rest = [item.key for item in bench.parameters if item.key not in held and item.key not in fixed]
    strange = [key for key in rest if learner.moves.get(key, 0.0) >= _HEARD]
    if rest:
        notes.append(f"Left as they are when the plugin is new: {', '.join(rest)}.")
    if strange:
        notes.append(f"Heard, but like no parameter of the console: {', '.join(strange)}.")
    return tuple(notes)


def _linked(bench: Bench) -> bool:
    """Whether a loud left side turns a quiet right one down, at the setting that was played last."""
    audio = bench.one_loud_side()
    out = bench.play_again(audio)
    alone = audio.copy()
    alone[0] = 0.0
    quiet = bench.play_again(alone)
    return bool(np.sum(out[1].astype(np.float64) ** 2) < 0.8 * np.sum(quiet[1].astype(np.float64) ** 2))
