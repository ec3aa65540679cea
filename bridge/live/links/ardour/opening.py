"""Opens a link to Ardour by the options that a user gives."""

from typing import Final

from bridge.live.clock import Clock
from bridge.live.link import LINKS, LinkOptions
from bridge.live.links.ardour.link import ArdourLink
from bridge.live.links.facing import listening
from bridge.live.tapping import osc_wire
from bridge.live.wires import UdpWire
from console.codec import did_you_mean
from console.errors import ParamError

#: What may be set by words, and what it is otherwise.
_SETTINGS: Final = {"transport": "off", "watch": "on"}


def open_link(options: LinkOptions, clock: Clock) -> ArdourLink:
    """A link to Ardour, not connected yet; `transport=on` asks where the song stands, `watch=off` keeps it from asking.

    Raises:
        LinkError: the port on which answers are heard is taken, or the host is not known.
        ParamError: a setting that it does not have.
    """
    settings = dict(options.settings)
    switches = {name: _switch(name, settings.pop(name, default)) for name, default in _SETTINGS.items()}
    for name in settings:
        raise ParamError(f"{name!r} is no setting of a link to Ardour{did_you_mean(name, list(_SETTINGS))}")
    port = options.port or LINKS["ardour"].port
    wire = osc_wire(UdpWire, (options.host, port), clock, listen=listening(options))
    return ArdourLink(wire, clock, f"ardour {options.host}:{port}", **switches)


def _switch(name: str, word: str) -> bool:
    if word not in ("on", "off"):
        raise ParamError(f"{name} is {word!r}; give on or off")
    return word == "on"
