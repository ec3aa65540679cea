"""A kind of desk that commands can be pointed at: one desk in memory that outlives each connection to it."""

from dataclasses import dataclass, field

from live_desks import band

from bridge.live.clock import Clock
from bridge.live.link import LinkKind, LinkOptions
from bridge.live.memory import MemoryDesk, MemoryLink
from bridge.live.values import LinkTraits

#: What to put into `bridge.live.link.LINKS`.
KIND = LinkKind("live_kind:open_link", "a desk in memory")


@dataclass
class Shelf:
    """Where the desk lies between connections; `link` is the last one."""

    desk: MemoryDesk = field(default_factory=band)
    link: MemoryLink | None = None


SHELF = Shelf()


def open_link(options: LinkOptions, clock: Clock) -> MemoryLink:
    """A link to the desk on the shelf."""
    traits = LinkTraits("memory", tick_s=0.02, messages_per_s=2_000.0, settle_s=0.0)
    SHELF.link = MemoryLink(SHELF.desk, clock, traits)
    return SHELF.link
