"""Plugins that a mix was heard through, as a hand-over needs them: which, with what state, in whose place."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from console.frozen import FrozenMap


@dataclass(frozen=True, slots=True)
class HeardPlugin:
    """An instance: the plugin's name and maker, the name of its file, and its state as the bytes of a .vstpreset."""

    name: str
    maker: str
    file: str
    preset: bytes


@dataclass(frozen=True, slots=True)
class HeardStage:
    """One step of a strip: modules of the console by their names in a Mix, or a plugin in their place."""

    modules: tuple[str, ...] = ()
    plugin: HeardPlugin | None = None


@dataclass(frozen=True, slots=True)
class HeardPlugins:
    """The strips that plugins had a part in, each as its steps in order."""

    tracks: Mapping[str, tuple[HeardStage, ...]] = field(default_factory=FrozenMap)
    buses: Mapping[str, tuple[HeardStage, ...]] = field(default_factory=FrozenMap)
    master: tuple[HeardStage, ...] = ()
