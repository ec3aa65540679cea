"""What the learners share that hear features of a plugin's sound at settings of its knobs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field

from bridge.host.learning.bench import Bench
from bridge.host.learning.features import Listener, Play, Reading
from console.progress import Progress, no_progress


@dataclass(slots=True)
class ListeningLearner(ABC):
    """Learns by a listener; what is heard at a setting is a matter of the kind of plugin."""

    bench: Bench
    progress: Progress = no_progress
    notes: list[str] = field(default_factory=list)
    _listener: Listener = field(init=False)

    def __post_init__(self) -> None:
        self._listener = Listener(self.bench, self._measure, self.progress)

    @property
    def moves(self) -> Mapping[str, float]:
        """How far each knob moved what is heard."""
        return self._listener.moves

    @abstractmethod
    def _measure(self, play: Play) -> Reading:
        """What is heard when the plugin plays."""
