"""Identifiers that are hashes of names, so that equal input gives equal bytes, and what carries one of ours.

A new project and a patch have one convention: plugins and envelopes are told by GUIDs that count from their track's,
buses by GUIDs that count from their ids. REAPER keeps these when it saves.
"""

import hashlib
import uuid
from functools import lru_cache

_NAMESPACE = uuid.UUID("6f1c1b1e-3a55-5a0b-9c7e-2d1f6f0c8e43")

#: How the names of our plugins on tracks begin, and the name of the container that holds them.
NAME = "mixbridge"

#: The namespace of everything of ours in a project, whether we wrote the project or patched it.
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
    """The GUID of the track that stands for a bus of the mix, in a new project and where a patch adds it."""
    return guid(PATCH, kind, bus, "")


def track_guid(session: str, kind: str, strip: str, name: str) -> str:
    """The GUID of a track of a new project: a bus has one of its own, whatever the project."""
    return bus_guid(kind, strip) if kind in ("group", "fx") else guid(session, kind, strip, name)


def item_guid(track_key: str) -> str:
    """The GUID of the item that a new project has on this track."""
    return guid(track_key, "item")


def is_own_track(track_key: str, name: str) -> bool:
    """Whether the track that has this GUID and still its name is a bus of ours."""
    return any(track_key == bus_guid(kind, name) for kind in ("group", "fx"))


def patch_fx_key(track_key: str) -> str:
    """The name that our plugins on this track are numbered under."""
    return f"{PATCH}\0{track_key}"


def fxid(chain_key: str, place: int) -> str:
    """The GUID of a chain's plugin number `place`."""
    return guid(chain_key, str(place))


def is_ours(plugin_guid: str, track_key: str) -> bool:
    """Whether we put the plugin with this GUID on this track."""
    return bool(plugin_guid) and plugin_guid in _own_fxids(track_key)


def container_guid(chain_key: str) -> str:
    """The GUID of the container that holds a chain's plugins."""
    return guid(chain_key, "container")


def envelope_guid(track_key: str) -> str:
    """The GUID of the volume envelope that we give this track."""
    return guid(PATCH, track_key, "volume")


@lru_cache(maxsize=256)
def _own_fxids(track_key: str) -> frozenset[str]:
    key = patch_fx_key(track_key)
    return frozenset({container_guid(key), *(fxid(key, place) for place in range(_MOST_PLUGINS))})
