"""Layouts for touch surfaces, and the addresses by which they speak with mixbridge."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from console.codec import did_you_mean
from console.errors import ParamError
from presets.surfaces.addresses import PORT
from presets.surfaces.layout import Surface, surface
from presets.surfaces.openstagecontrol import session
from presets.surfaces.touchosc import LISTEN_PORT, layout

__all__ = ["LISTEN_PORT", "SURFACES", "SurfaceKind", "surface_file"]


@dataclass(frozen=True, slots=True)
class SurfaceKind:
    """A program that shows surfaces: its title, the name of our file for it, and who writes that."""

    title: str
    file_name: str
    write: Callable[[Surface, str, int], bytes]


#: The programs by the word that the user gives.
SURFACES: dict[str, SurfaceKind] = {
    "touchosc": SurfaceKind("TouchOSC", "mixbridge.tosc", lambda shown, host, port: layout(shown)),
    "openstagecontrol": SurfaceKind(
        "Open Stage Control",
        "mixbridge-open-stage-control.json",
        lambda shown, host, port: session(shown, host=host, port=port),
    ),
}


def surface_file(kind: str, strips: Sequence[str], host: str = "127.0.0.1", port: int = PORT) -> bytes:
    """The file of a surface.

    Args:
        kind: a word of `SURFACES`.
        strips: the names of the strips, empty where they are not known; mixbridge fills them in while it runs.
        host: where mixbridge listens, as the program sees it (TouchOSC keeps that in its own settings).
        port: its port there.

    Raises:
        ParamError: there is no such program.
    """
    if kind not in SURFACES:
        raise ParamError(f"{kind!r} is no surface that mixbridge knows{did_you_mean(kind, list(SURFACES))}")
    return SURFACES[kind].write(surface(strips), host, port)
