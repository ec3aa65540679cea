"""Who may speak to the remote control, and how much."""

import ipaddress
import logging
import socket
from collections import Counter, OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bridge.live.clock import Clock
from console.errors import LinkError

log = logging.getLogger(__name__)

Address = tuple[str, int]

#: How many strangers are named in the log, and how many senders are kept apart when it comes to their share.
_MOST_NAMED = 16
_MOST_SENDERS = 64

#: A packet weighs one message for every so many bytes.
_BYTES_A_MESSAGE = 64


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is listened to: messages a second, and how many at once after a pause."""

    #: Eight fingers on a surface move about a thousand times a second.
    sender_per_s: float = 1_000.0
    sender_at_once: float = 1_000.0
    all_per_s: float = 3_000.0
    all_at_once: float = 2_000.0
    #: Complaints to one sender.
    errors_per_s: float = 5.0
    errors_at_once: float = 10.0
    #: Questions of one sender that take many messages to answer.
    questions_per_s: float = 5.0
    questions_at_once: float = 20.0


class Share:
    """An allowance that grows with time up to a limit."""

    def __init__(self, per_s: float, at_once: float, now: float) -> None:
        self._per_s, self._most = per_s, at_once
        self._left, self._then = at_once, now

    def left(self, now: float) -> float:
        """What may be taken now."""
        self._left = min(self._left + (now - self._then) * self._per_s, self._most)
        self._then = now
        return self._left

    def take(self, cost: float, now: float) -> bool:
        """Take something, if there is so much; what costs more than all there ever is costs all."""
        cost = min(cost, self._most)
        if self.left(now) < cost:
            return False
        self._left -= cost
        return True


class Door:
    """Lets in this computer and the hosts that are allowed, each with a share of the attention.

    `refused` counts what was dropped, by kind: "stranger", "flood", "malformed", "invalid" …

    Raises:
        LinkError: a host that is not known.
    """

    def __init__(self, allow: Iterable[str], clock: Clock, limits: Limits) -> None:
        self._allowed = frozenset(address for host in allow for address in _addresses(host))
        self._clock, self._limits = clock, limits
        self._all = Share(limits.all_per_s, limits.all_at_once, clock.now())
        self._shares: OrderedDict[Address, Share] = OrderedDict()
        self._errors: OrderedDict[Address, Share] = OrderedDict()
        self._questions: OrderedDict[Address, Share] = OrderedDict()
        self._named: set[str] = set()
        self.refused: Counter[str] = Counter()

    def lets_in(self, sender: Address) -> bool:
        """Whether the sender may speak; a stranger is counted, and named in the log once."""
        host = sender[0]
        if host in self._allowed or host.startswith("127."):
            return True
        self.refused["stranger"] += 1
        if host not in self._named and len(self._named) < _MOST_NAMED:
            self._named.add(host)
            log.warning(
                "dropped what %s sent, who is not allowed; more from there is counted, not told", host
            )
        return False

    def fair_share(self, packets: Sequence[tuple[bytes, Address]]) -> list[tuple[bytes, Address]]:
        """What of a batch is listened to, in order: of each sender the newest, as far as the allowance goes."""
        now = self._clock.now()
        kept: list[tuple[bytes, Address]] = []
        silenced: set[Address] = set()
        for packet, sender in reversed(packets):
            if sender in silenced:
                continue
            cost = 1.0 + len(packet) // _BYTES_A_MESSAGE
            if not self._share(sender, now).take(cost, now):
                silenced.add(sender)
            elif self._all.take(cost, now):
                kept.append((packet, sender))
        if len(kept) < len(packets):
            self.refuse("flood", f"{len(packets) - len(kept)} packets more than can be listened to")
            self.refused["flood"] += len(packets) - len(kept) - 1
        return kept[::-1]

    def may_complain(self, sender: Address) -> bool:
        """Whether the sender is to hear of one more mistake."""
        now = self._clock.now()
        limits = self._limits
        return _kept(self._errors, sender, limits.errors_per_s, limits.errors_at_once, now).take(1.0, now)

    def may_ask(self, sender: Address) -> bool:
        """Whether the sender may have one more long answer."""
        now = self._clock.now()
        limits = self._limits
        share = _kept(self._questions, sender, limits.questions_per_s, limits.questions_at_once, now)
        return share.take(1.0, now)

    def refuse(self, kind: str, text: str) -> None:
        """Count something that was dropped; the first of each kind is told."""
        self.refused[kind] += 1
        if self.refused[kind] == 1:
            log.warning("dropped %s; more of the kind is counted, not told", text)

    def _share(self, sender: Address, now: float) -> Share:
        return _kept(self._shares, sender, self._limits.sender_per_s, self._limits.sender_at_once, now)


def _kept(
    shares: OrderedDict[Address, Share], sender: Address, per_s: float, at_once: float, now: float
) -> Share:
    if sender in shares:
        shares.move_to_end(sender)
    else:
        shares[sender] = Share(per_s, at_once, now)
        if len(shares) > _MOST_SENDERS:
            shares.popitem(last=False)
    return shares[sender]


def _addresses(host: str) -> list[str]:
    try:
        return [str(ipaddress.IPv4Address(host))]
    except ValueError:
        pass
    try:
        found = socket.getaddrinfo(host, None, socket.AF_INET, socket.SOCK_DGRAM)
    except (OSError, UnicodeError) as error:
        raise LinkError(f"the host {host!r} of --allow is not known: {error}; give its address") from None
    return sorted({str(row[4][0]) for row in found})
