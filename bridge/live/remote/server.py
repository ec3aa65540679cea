"""The server of the remote control: takes packets in, carries out what they ask, tells subscribers what changed."""

import contextlib
import logging
from collections import Counter
from collections.abc import Collection

from bridge.live.clock import Clock
from bridge.live.remote.controlled import Controlled
from bridge.live.remote.door import Address, Door, Limits
from bridge.live.remote.grammar import Kind, Target, parse
from bridge.live.remote.orders import Orders, source
from bridge.live.remote.panic import PRESS_S, find_panic, is_panic
from bridge.live.remote.queries import LONG_ANSWERS, answers, pressed_command, subscription
from bridge.live.remote.readings import reading
from bridge.live.remote.subscribers import Subscribers
from bridge.live.wires import Argument, Message, bound_socket, decoded, encoded, packets
from console.errors import MixbridgeError, ParamError
from presets.surfaces.addresses import DONE, ERROR, PORT

log = logging.getLogger(__name__)

#: How often subscribers are told what changed.
_FEEDBACK_S = 0.05
#: How many packets are taken from the socket when a call begins, and between the rounds of reading them.
_MOST_DRAINED, _MOST_AGAIN, _A_ROUND = 8_000, 2_000, 50
#: Reading stops after so long, until the next call: the main loop has a desk to move.
_LONGEST_S = 0.01
_LONGEST_TEXT = 400
_WITH_PANIC = "it came together with panic and was not carried out; send it again"


class RemoteServer:
    """An OSC server over UDP without a thread: the main loop calls `serve` as often as it can.

    Args:
        controlled: the live session that is steered.
        clock: the time that limits and subscriptions go by.
        listen: host and port; only this computer is heard unless told otherwise. Port 0 takes any.
        allow: the other hosts that may speak, by name or IPv4 address.
        limits: how much is listened to.

    Raises:
        LinkError: the port is taken, or a host is not known.
    """

    def __init__(
        self,
        controlled: Controlled,
        clock: Clock,
        *,
        listen: Address = ("127.0.0.1", PORT),
        allow: Collection[str] = (),
        limits: Limits | None = None,
    ) -> None:
        self._controlled, self._clock = controlled, clock
        self._door = Door(allow, clock, limits or Limits())
        self._subscribers = Subscribers()
        self._orders = Orders(controlled)
        self._waiting: list[tuple[bytes, Address]] = []
        #: How many of those that wait came before panic, or with it.
        self._startled = 0
        self._panic_s = float("-inf")
        self._feedback_s = float("-inf")
        self._socket = bound_socket(listen)
        if not self._socket.getsockname()[0].startswith("127.") and not allow:
            log.warning("listening on %s:%d, but only to this computer: no other host is allowed", *listen)

    @property
    def port(self) -> int:
        """The port on which the server listens."""
        return int(self._socket.getsockname()[1])

    @property
    def refused(self) -> Counter[str]:
        """What was dropped, by kind."""
        return self._door.refused

    def fileno(self) -> int:
        """The socket, for a loop that waits for several."""
        return self._socket.fileno()

    def serve(self, timeout_s: float = 0.0) -> int:
        """Take in what has come, and tell what has changed; waits at most so long for the first packet.

        Never raises because of what was sent. Returns how many messages were heard.
        """
        if self._subscribers:
            timeout_s = min(timeout_s, max(self._feedback_s + _FEEDBACK_S - self._clock.now(), 0.0))
        self._take_in(timeout_s, _MOST_DRAINED)
        end = self._clock.now() + _LONGEST_S
        heard = 0
        while self._waiting:
            now, self._waiting = self._waiting[:_A_ROUND], self._waiting[_A_ROUND:]
            for packet, sender in now:
                heard += self._hear(packet, sender)
                self._startled -= 1
            if self._clock.now() > end:
                break
            self._take_in(0.0, _MOST_AGAIN)
        self._carry_out()
        self._feedback()
        return heard

    def close(self) -> None:
        """Listen no more; may be called twice."""
        self._socket.close()

    def _take_in(self, timeout_s: float, most: int) -> None:
        """Empty the socket, so that nothing is lost there, and look for panic in what comes out."""
        batch: list[tuple[bytes, Address]] = []
        panic: Message | None = None
        while len(batch) < most:
            found = packets(self._socket, 0.0 if batch else timeout_s)
            known = [(packet, sender) for packet, sender in found if self._door.lets_in(sender)]
            panic = find_panic(known)
            if panic is not None:
                self._panic(panic)
            batch += known
            if panic is not None or not found:
                break
        if batch:
            self._waiting += self._door.fair_share(batch)
        if panic is not None:
            self._startled = len(self._waiting)

    def _panic(self, message: Message) -> None:
        """Press panic once, however many messages say it."""
        now = self._clock.now()
        again, self._panic_s = now - self._panic_s < PRESS_S, now
        for dropped, _, _ in self._orders.waiting():
            self._complain(dropped.sender, dropped.address, _WITH_PANIC)
        try:
            done = "pressed twice at once, which is one press"
            if not again or self._controlled.status().panic == 0:
                done = self._controlled.command("panic", (), source(message))
            self._send(message.sender, DONE, "panic", done)
        except MixbridgeError as error:
            self._complain(message.sender, message.address, str(error))

    def _hear(self, packet: bytes, sender: Address) -> int:
        try:
            messages = decoded(packet, sender)
        except ValueError as error:
            self._door.refuse("malformed", f"a packet of {sender[0]} that is no OSC ({error!s:.100})")
            self._complain(sender, "", f"a packet of {len(packet)} bytes is no OSC")
            return 0
        for message in messages:
            self._attempt(message)
        return len(messages)

    def _attempt(self, message: Message) -> None:
        if message.address in (ERROR, DONE) or is_panic(message):
            return  # never answered, lest two programs complain to each other for ever; or done already
        self._subscribers.heard(message.sender, self._clock.now())
        try:
            target = parse(message.address)
            if target.kind is not Kind.PARAMETER and target.kind is not Kind.AMOUNT:
                self._carry_out()  # values that came before a command are meant to be there when it is done
            self._handle(message, target)
        except MixbridgeError as error:
            self._door.refuse("invalid", f"{message.address!r:.80} of {message.sender[0]}: {error!s:.200}")
            self._complain(message.sender, message.address, str(error))

    def _handle(self, message: Message, target: Target) -> None:
        if target.kind is Kind.QUERY:
            self._query(message, target.name)
        elif target.kind is Kind.COMMAND:
            if pressed_command(message, target.name):
                self._check()
                words = tuple(one for one in message.args if isinstance(one, str))
                done = self._controlled.command(target.name, words, source(message))
                self._send(message.sender, DONE, target.name, done)
        elif not message.args:
            self._send(message.sender, message.address, *reading(self._controlled, target))
        elif target.kind is Kind.LOCK:
            self._orders.lock(message, target)
        else:
            self._check()
            known_as = self._orders.take(message, target)
            self._subscribers.hold(message.sender, known_as, self._clock.now())

    def _query(self, message: Message, name: str) -> None:
        if name in LONG_ANSWERS and not self._door.may_ask(message.sender):
            raise ParamError(f"{name} was asked for too often; ask again in a second")
        if name == "subscribe":
            target, wish = subscription(message)
            if target[1] == self.port and target[0].startswith("127."):
                raise ParamError(f"the port {self.port} is mixbridge's own; give the port that you listen on")
            self._subscribers.add(message.sender, target, wish, self._clock.now())
            self._feedback_s = float("-inf")
        elif name == "unsubscribe":
            self._subscribers.remove(message.sender, subscription(message)[0])
        else:
            for address, args in answers(self._controlled, message, name):
                self._send(message.sender, address, *args)

    def _check(self) -> None:
        if self._startled > 0:
            raise ParamError(_WITH_PANIC)

    def _carry_out(self) -> None:
        for message, what, value in self._orders.waiting():
            try:
                self._orders.carry_out(message, what, value)
            except MixbridgeError as error:
                self._door.refuse("invalid", f"{message.address!r:.80}: {error!s:.200}")
                self._complain(message.sender, message.address, str(error))

    def _feedback(self) -> None:
        now = self._clock.now()
        self._subscribers.expire(now)
        if not self._subscribers or now - self._feedback_s < _FEEDBACK_S:
            return
        self._feedback_s = now
        for one in self._subscribers:
            for address, args in one.changes(one.follower.stand(self._controlled), now):
                self._send(one.target, address, *args)

    def _complain(self, sender: Address, address: str, text: str) -> None:
        if self._door.may_complain(sender):
            self._send(sender, ERROR, address[:_LONGEST_TEXT], text[:_LONGEST_TEXT])

    def _send(self, target: Address, address: str, *args: Argument) -> None:
        with contextlib.suppress(
            ParamError, OSError
        ):  # nobody is there, or the buffer is full: a packet is lost
            self._socket.sendto(encoded(address, args), target)
