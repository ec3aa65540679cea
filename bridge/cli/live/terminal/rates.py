"""How many messages go to the desk and come from it, a second."""

from dataclasses import dataclass

_WINDOW_S = 0.5


@dataclass
class Rates:
    """Counts that only grow, as rates over about the last half second."""

    heard_per_s: float = 0.0
    sent_per_s: float = 0.0
    _since_s: float = float("nan")
    _heard: int = 0
    _sent: int = 0

    def update(self, heard: int, sent: int, now_s: float) -> None:
        """Take in how much there was until now."""
        passed_s = now_s - self._since_s
        if passed_s < _WINDOW_S:
            return
        if passed_s == passed_s:
            self.heard_per_s, self.sent_per_s = (
                (heard - self._heard) / passed_s,
                (sent - self._sent) / passed_s,
            )
        self._since_s, self._heard, self._sent = now_s, heard, sent
