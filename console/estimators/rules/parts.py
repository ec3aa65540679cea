"""The working state of one track while the rules set its strip."""

from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from console.analysis.masking import own_bands, thinning
from console.analysis.values import BARK_BANDS, BARK_EDGES_HZ, SessionAnalysis, TrackAnalysis
from console.analysis.weighting import k_weighting
from console.dsp import design
from console.dsp.chain import equalizer_sections
from console.estimators.target import RoleProfile, Target
from console.frozen import FrozenMap
from console.mix import Band, BandType, Equalizer, Reason, TrackStrip
from console.params import PARAMS
from console.session import ROLE_PHRASES, Role, Session, SessionTrack

Array = NDArray[np.float64]

#: Details of a microphone that supports another one of the same source, and how far it stands behind that.
SECOND_MICROPHONES = frozenset({"out", "bottom", "amp", "sub"})
_SECOND_LESS_LU = 4.0
_SECOND_IMPORTANCE = 0.5

#: Points per critical band at which a filter's power response is averaged.
_POINTS = 5


def _probe_frequencies_hz() -> Array:
    low, high = np.array(BARK_EDGES_HZ[:-1]), np.array(BARK_EDGES_HZ[1:])
    position = (np.arange(_POINTS) + 0.5) / _POINTS
    return np.asarray(np.maximum(low[:, None] + (high - low)[:, None] * position, 25.0)).ravel()


PROBE_HZ = _probe_frequencies_hz()


def _k_weight_power() -> Array:
    """Power weight of each critical band in loudness."""
    sections = np.insert(k_weighting(48000), 3, 1.0, axis=1)
    return _band_power(design.response_db(sections, PROBE_HZ, 48000.0))


def _band_power(response_db: Array) -> Array:
    return np.asarray((10.0 ** (response_db / 10.0)).reshape(BARK_BANDS, _POINTS).mean(axis=1))


K_WEIGHT = _k_weight_power()


@dataclass(slots=True)
class Part:
    """A track on its way: what is known of it, its strip so far, and its power in every critical band over time.

    `power` is (hops, 24) as it leaves the strip so far, before the fader; `playing` (hops,) where it is active.
    Of long material both hold only every so many hops.
    """

    track: SessionTrack
    analysis: TrackAnalysis
    profile: RoleProfile
    strip: TrackStrip
    locked: frozenset[str]
    power: Array
    playing: NDArray[np.bool_]
    loudness_lufs: float
    reasons: list[Reason] = field(default_factory=list)

    @property
    def role(self) -> Role:
        """The role of the track."""
        return self.track.role

    @property
    def phrase(self) -> str:
        """How a sentence speaks of it, for instance "an electric guitar"."""
        return ROLE_PHRASES[self.role]

    @property
    def heard(self) -> bool:
        """Whether the track takes part in the mix."""
        return not self.strip.muted

    @property
    def peak_db(self) -> Array:
        """Sample peaks per hop where the track plays, after the input gain, in dBFS."""
        peaks = self.analysis.peak_db.astype(np.float64)
        chosen = peaks[self.analysis.active[: len(peaks)]]
        return np.asarray((chosen if len(chosen) else peaks) + self.strip.input.gain_db)

    def is_locked(self, name: str) -> bool:
        """Whether the engineer has fixed this field of the strip, or all of it."""
        return "all" in self.locked or any(lock.split(".")[0] == name for lock in self.locked)

    def set(self, parameter: str, text: str, /, figures: dict[str, float], **values: object) -> None:
        """Set fields of the strip, with the reason.

        Args:
            parameter: the path of what the reason speaks of.
            text: the reason in words, with its figures.
            figures: the same figures, for machines.
            values: fields of the strip.
        """
        self.strip = replace(self.strip, **values)  # type: ignore[arg-type]
        self.reasons.append(Reason(parameter, text, FrozenMap({k: round(v, 2) for k, v in figures.items()})))

    def filter_by(self, sections: Array) -> None:
        """Let the power go through filters, (sections, 6), and the loudness with it."""
        response = _band_power(design.response_db(sections, PROBE_HZ, self.analysis.sample_rate_hz))
        before = self.weighted_power()
        self.power = self.power * response
        after = self.weighted_power()
        if before > 0.0 and after > 0.0:
            self.loudness_lufs += 10.0 * float(np.log10(after / before))

    def weighted_power(self) -> float:
        """K-weighted power, mean over the time that it plays."""
        chosen = self.power[self.playing] if self.playing.any() else self.power
        return float((chosen @ K_WEIGHT).mean()) if len(chosen) else 0.0

    def own_bands(self) -> Array:
        """Weight of each critical band for this track."""
        return own_bands(self.power, self.playing)

    def add_band(self, band: Band, text: str, figures: dict[str, float]) -> bool:
        """Add a band to the equalizer if there is room; whether it was added."""
        bands = self.strip.equalizer.bands
        most = 4 if band.type is BandType.BELL else 1
        if self.is_locked("equalizer") or sum(other.type is band.type for other in bands) >= most:
            return False
        band = Band(
            band.type,
            PARAMS["equalizer.frequency_hz"].quantise(band.frequency_hz),
            PARAMS["equalizer.gain_db"].quantise(band.gain_db),
            PARAMS["equalizer.q"].quantise(band.q),
        )
        if abs(band.gain_db) < 0.5:
            return False
        self.set(f"equalizer.bands.{len(bands)}", text, figures, equalizer=Equalizer(True, (*bands, band)))
        self.filter_by(equalizer_sections(Equalizer(True, (band,)), self.analysis.sample_rate_hz))
        return True


def make_parts(
    session: Session, analysis: SessionAnalysis, target: Target, start: tuple[TrackStrip, ...]
) -> list[Part]:
    """One part a track, in an order that depends on the audio alone, so that no name or number decides anything."""
    strips = {strip.id: strip for strip in start}
    step = thinning(max((len(measured.bark_db) for measured in analysis.tracks.values()), default=1))
    parts = []
    for track in session.tracks:
        measured = analysis.tracks[track.id]
        strip = strips.get(track.id, TrackStrip(track.id))
        locked = frozenset(strip.locked) | frozenset(track.locked)
        parts.append(
            Part(
                track=track,
                analysis=measured,
                profile=_profile(track, target),
                strip=strip if locked else TrackStrip(track.id),
                locked=locked,
                power=10.0 ** (measured.bark_db[::step].astype(np.float64) / 10.0),
                playing=measured.active[::step],
                loudness_lufs=max(measured.integrated_lufs, -100.0),
            )
        )
    return sorted(parts, key=lambda part: (part.track.content_hash, part.track.id))


def _profile(track: SessionTrack, target: Target) -> RoleProfile:
    """The profile of the role, its level drawn towards that of "other" as the role is less certain."""
    profile, other = target.role(track.role), target.role("other")
    sure = min(1.0, track.role_confidence / 0.6)
    level = other.level_lu + (profile.level_lu - other.level_lu) * sure
    importance = other.importance + (profile.importance - other.importance) * sure
    if track.detail in SECOND_MICROPHONES:
        level -= _SECOND_LESS_LU
        importance *= _SECOND_IMPORTANCE
    return replace(profile, level_lu=level, importance=importance)
