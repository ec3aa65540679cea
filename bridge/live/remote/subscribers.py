"""Those who are told what changes: what each has heard already, and when it was last there."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from bridge.live.remote.readings import Follower, Reading, Wish
from console.errors import ParamError
from presets.surfaces.addresses import UNSUBSCRIBE

Address = tuple[str, int]

#: Who says nothing for so long is told nothing any more.
EXPIRES_S = 60.0

#: How long a surface is not told where a knob stands that it moves itself, so that the fader stays under the finger.
HELD_S = 0.5

_MOST = 8
_MOST_AT_ONCE = 100


@dataclass
class Subscriber:
    """One who is told what changes.

    `source` is where it speaks from, `target` where it listens.
    """

    source: Address
    target: Address
    wish: Wish
    heard_s: float
    follower: Follower
    told: dict[str, Reading] = field(default_factory=dict)
    held: dict[str, float] = field(default_factory=dict)
    _next: int = 0

    def changes(self, stand: Mapping[str, Reading], now: float) -> list[tuple[str, Reading]]:
        """What it has to be told, some at a time, each in its turn; counts as told."""
        news: list[tuple[str, Reading]] = []
        for address in [gone for gone in self.told if gone not in stand]:
            del self.told[address]
            if address.endswith("/name"):
                news.append((address, ("",)))
        changed = [address for address, said in stand.items() if self.told.get(address) != said]
        if self.held:
            changed = [address for address in changed if self.held.get(address, now) <= now]
        start = self._next if len(changed) > _MOST_AT_ONCE else 0
        turn = [*changed[start:], *changed[:start]][:_MOST_AT_ONCE]
        self._next = (start + len(turn)) % max(len(changed), 1)
        for address in turn:
            self.told[address] = stand[address]
            news.append((address, stand[address]))
        self.held = {address: until for address, until in self.held.items() if until > now}
        return news


class Subscribers:
    """All who are told what changes, by the address at which they listen."""

    def __init__(self) -> None:
        self._by_target: dict[Address, Subscriber] = {}

    def __len__(self) -> int:
        return len(self._by_target)

    def __iter__(self) -> Iterator[Subscriber]:
        return iter(self._by_target.values())

    def add(self, source: Address, target: Address, wish: Wish, now: float) -> None:
        """Take somebody on, or renew: either way it is told everything anew.

        Raises:
            ParamError: there are too many already.
        """
        one = self._by_target.get(target)
        if one is None:
            if len(self._by_target) >= _MOST:
                raise ParamError(f"{_MOST} are told already; send {UNSUBSCRIBE} from one of them")
            one = self._by_target[target] = Subscriber(source, target, wish, now, Follower(wish))
        one.source, one.heard_s = source, now
        if one.wish != wish:
            one.wish, one.follower = wish, Follower(wish)
        one.told = dict.fromkeys(one.told, ())  # not forgotten: what is no more has to be cleared

    def remove(self, source: Address, target: Address) -> None:
        """Let somebody go, who listens or speaks there."""
        for key, one in list(self._by_target.items()):
            if key == target or one.source == source:
                del self._by_target[key]

    def heard(self, source: Address, now: float) -> None:
        """Somebody said something, and so is there."""
        for one in self._by_target.values():
            if one.source == source:
                one.heard_s = now

    def hold(self, source: Address, address: str, now: float) -> None:
        """Somebody moves a knob himself."""
        for one in self._by_target.values():
            if one.source == source:
                for known_as in (address, f"{address}/norm"):
                    one.held[known_as] = now + HELD_S
                    one.told.pop(known_as, None)

    def expire(self, now: float) -> None:
        """Let go who was not heard for too long."""
        for key, one in list(self._by_target.items()):
            if now - one.heard_s > EXPIRES_S:
                del self._by_target[key]
