"""What the links share whose desk is asked over a wire: its channels, and whether it still answers."""

from abc import ABC, abstractmethod

from bridge.live.clock import Clock
from bridge.live.links.asking import Asker
from bridge.live.values import Channel, Event, LinkTraits, Lost
from bridge.live.wires import Wire
from console.errors import LinkError


class AnsweringLink(ABC):
    """A link to a desk that answers behind a wire; the wire is closed with the link."""

    def __init__(self, wire: Wire, clock: Clock, identity: str, traits: LinkTraits, asker: Asker) -> None:
        self._wire = wire
        self._clock = clock
        self._identity = identity
        self._traits = traits
        self._asker = asker
        self._channels: tuple[Channel, ...] = ()
        #: Whether the channels are those that `connect` has just learnt.
        self._fresh = False
        self._lost = ""
        self._told_lost = False

    @property
    def traits(self) -> LinkTraits:
        """What the link can do, and how fast."""
        return self._traits

    @property
    def identity(self) -> str:
        """Which desk this is."""
        return self._identity

    def channels(self) -> tuple[Channel, ...]:
        """The channels as the desk has them now.

        Raises:
            LinkError: the desk does not answer.
        """
        self._check()
        if not self._fresh:
            self._learn()
        self._fresh = False
        return self._channels

    def poll(self, timeout_s: float = 0.0) -> list[Event]:
        """What the desk said since the last call; waits at most so long for the first."""
        if self._lost:
            return self._tell_lost()
        self._fresh = False
        deadline_s = self._clock.now() + max(timeout_s, 0.0)
        while True:
            if not self._keep_alive():
                return self._tell_lost()
            left_s = deadline_s - self._clock.now()
            events = self._news(max(left_s, 0.0))
            if events or left_s <= 0.0:
                return events

    def close(self) -> None:
        """Leave the desk as it stands."""
        self._lost = self._lost or "the link is closed"
        self._told_lost = True
        self._wire.close()

    @abstractmethod
    def _learn(self) -> None:
        """Ask for the channels."""

    @abstractmethod
    def _keep_alive(self) -> bool:
        """Keep the desk answering; whether it does, and where not `_lost` says so."""

    @abstractmethod
    def _news(self, wait_s: float) -> list[Event]:
        """What the desk said, waiting for no longer."""

    def _tell_lost(self) -> list[Event]:
        if self._told_lost:
            return []
        self._told_lost = True
        return [Lost(self._lost)]

    def _check(self) -> None:
        if self._lost:
            raise LinkError(f"{self._identity}: {self._lost}; connect again when it is there")
