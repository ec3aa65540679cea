"""What a training of Diff-MST is asked for: method, loss, lengths, numbers of tracks, console, network."""

from dataclasses import dataclass, field

from console.errors import ParamError
from console.models.published.sizes import PublishedSizes

SAMPLE_RATE_HZ = 44_100

_CONSOLES = ("fast", "exact", "dasp")


@dataclass(frozen=True, slots=True)
class PublishedSettings:
    """The section `[diff-mst]` of a training configuration.

    Attributes:
        network: sizes of the network, those that were published by default.
        method: 1, the halves of a random mix of one song; 2, a finished song as the reference, its features the loss.
        segment_s: what the network hears of tracks and reference; method 1 draws twice that.
        fewest_tracks: the least that are drawn, channels counted.
        most_tracks: the most, reached at `curriculum_steps`.
        first_most_tracks: the most at the first step.
        curriculum_steps: over which the most grows from the first to the last; 0 begins with the last.
        features_from_step: of method 1: spectral distance before this step, audio features from it on.
        console: "fast", "exact" or "dasp".
        track_lufs: loudness that tracks are heard and mixed at, before their gain.
        reference_lufs: loudness of references and of random mixes.
        validation_examples: how many held-out examples give the score.
    """

    network: PublishedSizes = field(default_factory=PublishedSizes)
    method: int = 2
    segment_s: float = 5.0
    fewest_tracks: int = 4
    most_tracks: int = 16
    first_most_tracks: int = 4
    curriculum_steps: int = 0
    features_from_step: int = 0
    console: str = "fast"
    track_lufs: float = -48.0
    reference_lufs: float = -16.0
    validation_examples: int = 4

    def __post_init__(self) -> None:
        if self.method not in (1, 2):
            raise ParamError(f"method is {self.method}; give 1 (halves of a song) or 2 (finished references)")
        if self.console not in _CONSOLES:
            raise ParamError(f"console is {self.console!r}; give one of {', '.join(_CONSOLES)}")
        if not 0.1 <= self.segment_s <= 60.0:
            raise ParamError(f"segment_s is {self.segment_s:g}; give a value from 0.1 to 60 s")
        if not 1 <= self.fewest_tracks <= self.first_most_tracks <= self.most_tracks:
            raise ParamError(
                f"tracks run from {self.fewest_tracks} over {self.first_most_tracks} to {self.most_tracks}; give "
                "fewest_tracks ≤ first_most_tracks ≤ most_tracks, from 1 on"
            )
        for name in ("curriculum_steps", "features_from_step"):
            if getattr(self, name) < 0:
                raise ParamError(f"{name} is {getattr(self, name)}; give 0 or more")
        for name in ("track_lufs", "reference_lufs"):
            if not -70.0 <= getattr(self, name) <= 0.0:
                raise ParamError(f"{name} is {getattr(self, name):g}; give a value from -70 to 0 LUFS")
        if self.validation_examples < 1:
            raise ParamError(f"validation_examples is {self.validation_examples}; give 1 or more")

    @property
    def segment_samples(self) -> int:
        """What the network hears, in samples."""
        return round(self.segment_s * SAMPLE_RATE_HZ)

    def most_tracks_at(self, step: int) -> int:
        """The most tracks that are drawn at a step."""
        grown = 1.0 if step >= self.curriculum_steps else step / self.curriculum_steps
        return self.first_most_tracks + int(grown * (self.most_tracks - self.first_most_tracks))
