"""Which instrument a track is, by its sound: classes, windows and log-mel patches (numpy only), and the network."""

from console.models.roles.classes import SOUND_CLASSES, class_names, class_of
from console.models.roles.mel import WINDOW_S, as_features, band_power
from console.models.roles.windows import MOST_WINDOWS, choose_starts

__all__ = [
    "MOST_WINDOWS",
    "SOUND_CLASSES",
    "WINDOW_S",
    "as_features",
    "band_power",
    "choose_starts",
    "class_names",
    "class_of",
]
