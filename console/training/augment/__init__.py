"""Makes many songs of one: seeded, and the author's settings follow where they can."""

from console.training.augment.consoles import TrackFacts, random_console
from console.training.augment.song import Augmented, Recipe, augment, follow

__all__ = ["Augmented", "Recipe", "TrackFacts", "augment", "follow", "random_console"]
