"""Learns a plugin's map, checks it on settings that it was not learnt from, and says honestly how good it is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from bridge.host.learning.bench import GRID_HZ, Bench, Knobs
from bridge.host.learning.compressors import CompressorLearner, check_compressor
from bridge.host.learning.equalizers import EqualizerLearner, check_equalizer
from bridge.host.process import PluginProcess
from bridge.host.roles import likely_roles
from bridge.host.values import PluginRef
from console.errors import PluginError
from console.progress import Progress, no_progress
from presets.plugins.profile import PluginProfile, PluginRole

#: The roles that can be learnt.
LEARNABLE = (PluginRole.EQUALIZER, PluginRole.COMPRESSOR)

#: Errors in dB up to which a map is what it says, and up to which it is a start for `--refine`.
_FAITHFUL_DB, _USABLE_DB = 0.5, 2.0


class Verdict(StrEnum):
    """What a learnt map is worth."""

    FAITHFUL = "faithful"
    APPROXIMATE = "approximate"
    POOR = "poor"


@dataclass(frozen=True, slots=True)
class Lesson:
    """A learnt profile, its errors on settings it was not learnt from, and what was noticed beside.

    `error_db` is the median over random settings, `worst_db` the worst of them: of the worst difference of response
    from 30 Hz to 16 kHz for an equalizer, of the median difference of gain for a compressor.
    """

    profile: PluginProfile
    error_db: float
    worst_db: float
    notes: tuple[str, ...]

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
        role: what it is; None: what its name, or else its response, tells.
        progress: told how far it is.

    Raises:
        PluginError: it is neither an equalizer nor a compressor, or no knob of it does anything of the kind.
        PluginFault: it fails.
    """
    plugin = process.open(ref, 2)
    bench = Bench(process, plugin, 2)
    chosen = role or _role(bench)
    if chosen not in LEARNABLE:
        raise PluginError(
            f"{plugin.facts.name} is no plugin that can be learnt ({chosen}); "
            f"give --role with one of {', '.join(LEARNABLE)} if it is one"
        )
    equalizes = chosen is PluginRole.EQUALIZER
    learner = EqualizerLearner(bench, progress) if equalizes else CompressorLearner(bench, progress)
    profile = learner.learn(plugin.facts.name)
    if profile is None:
        what = "a band or a filter" if equalizes else "compression"
        raise PluginError(f"no knob of {plugin.facts.name} makes {what}; give --role if it is something else")
    error_db, worst_db = check_equalizer(bench, profile) if equalizes else check_compressor(bench, profile)
    progress("learn the knobs", 1.0)
    notes = _notes(bench, profile)
    return Lesson(
        replace(profile, error_db=round(worst_db, 3), law=" ".join(notes)), error_db, worst_db, notes
    )


def _role(bench: Bench) -> PluginRole | None:
    """What a plugin is: by its name where that tells, else by whether its knobs change gains or spectra."""
    for name in likely_roles(bench.facts):
        return PluginRole(name)
    tone = bench.gains_db(Knobs())
    spectra = gains = 0
    for item in bench.parameters:
        for raw in (0.0, 0.5, 1.0):
            setting = Knobs().moved({item.key: raw})
            moved = bench.gains_db(setting) - tone
            gains += bool(np.ptp(moved) > 1.0)
            response = bench.response_db(setting)
            spectra += bool(np.ptp(response[(GRID_HZ > 40.0) & (GRID_HZ < 16_000.0)]) > 1.0)
    if not gains and not spectra:
        return None
    return PluginRole.COMPRESSOR if gains > spectra else PluginRole.EQUALIZER


def _notes(bench: Bench, profile: PluginProfile) -> tuple[str, ...]:
    """What is to be known beside the map."""
    notes = []
    if bench.facts.latency_samples:
        notes.append(f"Late by {bench.facts.latency_samples} samples, which is compensated.")
    if 2 not in bench.facts.channels:
        notes.append("Takes one channel: a stereo strip gets two, whose detectors do not hear each other.")
    elif profile.role is PluginRole.COMPRESSOR:
        notes.append("Channels are linked." if _linked(bench) else "Channels are not linked.")
    mapped = {knob.key for knob in profile.knobs.values()} | {
        knob.key for band in profile.bands for knob in (band.frequency_hz, band.gain_db, band.q) if knob is not None
    } | {cut.frequency_hz.key for cut in profile.cuts}  # fmt: skip
    rest = [item.key for item in bench.parameters if item.key not in mapped]
    if rest:
        notes.append(f"Left as they are when the plugin is new: {', '.join(rest)}.")
    return tuple(notes)


def _linked(bench: Bench) -> bool:
    """Whether a loud left side turns a quiet right one down, at the setting that was played last."""
    audio = bench.one_loud_side()
    out = bench.play_again(audio)
    alone = audio.copy()
    alone[0] = 0.0
    quiet = bench.play_again(alone)
    return bool(np.sum(out[1].astype(np.float64) ** 2) < 0.8 * np.sum(quiet[1].astype(np.float64) ** 2))
