"""Where pans stand that only steps can move and only rounded text can tell."""

from dataclasses import dataclass, field

from bridge.live.links.mackie.daws import PotPan


@dataclass
class PotPans:
    """For each channel the least and the highest azimuth that its pan may have, by what was told and turned."""

    law: PotPan
    _spans: dict[int, tuple[float, float]] = field(default_factory=dict)

    def told(self, channel: int, text: str) -> bool:
        """Take in what the LCD says; whether that is a pan."""
        found = self.law.told(text)
        if found is None:
            return False
        azimuth, within = found
        low, high = max(azimuth - within, 0.0), min(azimuth + within, 1.0)
        before = self._spans.get(channel)
        if before is not None and max(low, before[0]) <= min(high, before[1]):
            low, high = max(low, before[0]), min(high, before[1])
        self._spans[channel] = low, high
        return True

    def span(self, channel: int) -> tuple[float, float] | None:
        """The least and the highest azimuth that a pan may have; None where nothing was told."""
        return self._spans.get(channel)

    def azimuth(self, channel: int) -> float | None:
        """The middle of what is possible; None where nothing was told."""
        span = self._spans.get(channel)
        return None if span is None else (span[0] + span[1]) / 2.0

    def steps(self, channel: int, azimuth: float) -> int:
        """The V-pot's steps that lead nearest to an azimuth."""
        at = self.azimuth(channel)
        if at is None:
            return 0
        if azimuth in (0.0, 1.0) and at != azimuth:  # an end is reached surely by going beyond
            return (1 if azimuth else -1) * (int(abs(azimuth - at) * self.law.steps) + 1)
        return round((azimuth - at) * self.law.steps)

    def turned(self, channel: int, steps: int) -> float:
        """A V-pot was turned: how far the pan went, as far as is known."""
        low, high = self._spans[channel]
        move = steps / self.law.steps
        self._spans[channel] = _clamped(low + move), _clamped(high + move)
        return abs(sum(self._spans[channel]) - low - high) / 2.0

    def put_back(self, channel: int, span: tuple[float, float]) -> None:
        """A turn was not heard: the pan stands where it stood."""
        self._spans[channel] = span

    def forget(self, channel: int) -> None:
        """Nothing is known of a channel's pan until it is told."""
        self._spans.pop(channel, None)

    def forget_all(self) -> None:
        """Other channels from now on."""
        self._spans.clear()


def _clamped(azimuth: float) -> float:
    return min(max(azimuth, 0.0), 1.0)
