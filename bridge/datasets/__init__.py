"""The field's data sets as they lie on disk: each by its own layout, all as one kind of song."""

from bridge.datasets.activity import read_activity
from bridge.datasets.layouts import LAYOUTS, Layout, find_songs, read_songs
from bridge.datasets.licences import Licence, licence_of
from bridge.datasets.places import Place
from bridge.datasets.sessions import to_session
from bridge.datasets.survey import Survey, survey
from bridge.datasets.values import Header, MixKind, Processing, Song, SongMix, SongTrack, Split, Trouble

__all__ = [
    "LAYOUTS",
    "Header",
    "Layout",
    "Licence",
    "MixKind",
    "Place",
    "Processing",
    "Song",
    "SongMix",
    "SongTrack",
    "Split",
    "Survey",
    "Trouble",
    "find_songs",
    "licence_of",
    "read_activity",
    "read_songs",
    "survey",
    "to_session",
]
