"""The protocol of a link to a desk, and the table of those there are."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Protocol

from bridge.live.clock import Clock
from bridge.live.values import Channel, Control, Event, LinkTraits
from console.codec import did_you_mean
from console.errors import ParamError


class Link(Protocol):
    """A desk at the other end of a wire. Values are in the console's units; one thread; nothing happens between calls.

    Every call may raise LinkError, which ends the connection: the desk stays as it stands.
    """

    @property
    def traits(self) -> LinkTraits:
        """What the link can do, and how fast; valid once connected."""
        ...

    @property
    def identity(self) -> str:
        """Which desk this is, the same next time: it names the folder of its snapshots ("ardour 127.0.0.1:3819")."""
        ...

    def connect(self) -> None:
        """Reach the desk and learn its channels.

        Raises:
            LinkError: nobody answers, or somebody who is not this kind of desk; says what to click.
        """
        ...

    def channels(self) -> tuple[Channel, ...]:
        """The channels as the desk has them now, asked anew where it can be asked."""
        ...

    def read(self, controls: Collection[Control]) -> dict[Control, float]:
        """Where knobs stand, asked anew where the desk can be asked; one that gives no answer is left out."""
        ...

    def write(self, values: Mapping[Control, float]) -> None:
        """Send values, each inside its knob's range; returns when they are on the wire, not when they have arrived.

        Raises:
            ParamError: a control that the desk does not have, or a value outside its range or not finite.
        """
        ...

    def poll(self, timeout_s: float = 0.0) -> list[Event]:
        """What the desk said since the last call, in order; waits at most so long for the first.

        Keeps the line alive: to be called at least every half second while connected.
        """
        ...

    def close(self) -> None:
        """Leave the desk as it stands; never raises, and may be called twice."""
        ...


@dataclass(frozen=True, slots=True)
class LinkKind:
    """One kind of desk: where its link is, what it is called, and the port that it listens on unless told otherwise."""

    place: str
    title: str
    port: int = 0


#: The kinds of desks by the word the user gives.
LINKS: dict[str, LinkKind] = {
    "reaper": LinkKind("bridge.live.links.reaper:open_link", "REAPER over OSC", 8000),
    "ableton": LinkKind("bridge.live.links.ableton:open_link", "Ableton Live over AbletonOSC", 11000),
    "ardour": LinkKind("bridge.live.links.ardour:open_link", "Ardour over OSC", 3819),
    "x32": LinkKind("bridge.live.links.x32:open_link", "Behringer X32 or Midas M32", 10023),
    "mackie": LinkKind("bridge.live.links.mackie:open_link", "a DAW as a Mackie Control, over MIDI"),
    "midi": LinkKind("bridge.live.links.midi:open_link", "MIDI controllers, by a map of your own"),
}


@dataclass(frozen=True, slots=True)
class LinkOptions:
    """Where a desk is, and what its link has to know. `settings` are the words of `--set name=value`."""

    host: str = "127.0.0.1"
    #: 0: the kind's own.
    port: int = 0
    #: The port on which answers are heard; 0: any, or the kind's own where it is fixed.
    listen_port: int = 0
    #: The address on which answers are heard; only this computer's own loopback unless told otherwise.
    listen_host: str = "127.0.0.1"
    #: The names of MIDI ports, in and out.
    midi_in: str = ""
    midi_out: str = ""
    settings: tuple[tuple[str, str], ...] = ()


def desk_identity(kind: str, options: LinkOptions) -> str:
    """Which desk is meant, the same every time: the kind, and where it is, or which DAW or map its MIDI speaks with."""
    usual = LINKS[kind].port if kind in LINKS else 0
    if kind not in LINKS or usual:
        host = "127.0.0.1" if options.host in ("localhost", "::1") else options.host
        return f"{kind} {host}:{options.port or usual}"
    words = dict(options.settings)
    named = (words.get("daw", ""), Path(words.get("map", "")).name, options.midi_out or options.midi_in)
    return " ".join((kind, *filter(None, named)))


def settings_of(options: LinkOptions, known: Collection[str], desk: str) -> dict[str, str]:
    """The words of --set by name.

    Raises:
        ParamError: one that this kind of desk does not know.
    """
    for name, _ in options.settings:
        if name not in known:
            raise ParamError(f"{name!r} is no setting of {desk}{did_you_mean(name, sorted(known))}")
    return dict(options.settings)


def open_link(kind: str, options: LinkOptions, clock: Clock) -> Link:
    """A link of a kind, not connected yet.

    Raises:
        ParamError: there is no such kind.
        LinkError: a port is taken or missing.
    """
    if kind not in LINKS:
        raise ParamError(f"{kind!r} is no desk that mixbridge knows{did_you_mean(kind, list(LINKS))}")
    module, function = LINKS[kind].place.split(":")
    link: Link = getattr(import_module(module), function)(options, clock)
    return link
