"""Identifiers that are hashes of names, so that equal input gives equal bytes, and what carries one of ours."""

import hashlib
import uuid
from functools import lru_cache

_NAMESPACE = uuid.UUID("6f1c1b1e-3a55-5a0b-9c7e-2d1f6f0c8e43")

#: The namespace of everything that a patch adds to a project.
PATCH = "mixbridge patch"

#: Stands for the key that the master track does not have.
MASTER_KEY = "MASTER"

#: More plugins than this a patch never puts on one track.
_MOST_PLUGINS = 32


def guid(*parts: str) -> str:
    """An identifier in REAPER's form, the same for the same names."""
    # uuid.uuid5 by hand: it takes no text that holds halves of characters, as undecodable file names do.
    data = _NAMESPACE.bytes + "\0".join(parts).encode("utf-8", "surrogatepass")
    digest = hashlib.sha1(data, usedforsecurity=False).digest()
    return f"{{{str(uuid.UUID(bytes=digest[:16], version=5)).upper()}}}"


def bus_guid(kind: str, bus: str) -> str:
    """The GUID of the track that a patch adds for a bus of the mix."""
    return guid(PATCH, kind, bus, "")


def is_own_track(track_key: str, name: str) -> bool:
    """Whether a patch added the track that has this GUID and still its name."""
    return any(track_key == bus_guid(kind, name) for kind in ("group", "fx"))


def patch_fx_key(track_key: str) -> str:
    """The name that the plugins of a patch on this track are numbered under."""
    return f"{PATCH}\0{track_key}"


def fxid(chain_key: str, place: int) -> str:
    """The GUID of a chain's plugin number `place`."""
    return guid(chain_key, str(place))


def is_ours(plugin_guid: str, track_key: str) -> bool:
    """Whether a patch put the plugin with this GUID on this track."""
    return bool(plugin_guid) and plugin_guid in _own_fxids(track_key)


def container_guid(chain_key: str) -> str:
    """The GUID of the container that holds a chain's plugins."""
    return guid(chain_key, "container")


def envelope_guid(track_key: str) -> str:
    """The GUID of the volume envelope that a patch gives this track."""
    return guid(PATCH, track_key, "volume")


@lru_cache(maxsize=256)
def _own_fxids(track_key: str) -> frozenset[str]:
    key = patch_fx_key(track_key)
    return frozenset({container_guid(key), *(fxid(key, place) for place in range(_MOST_PLUGINS))})
