"""mixbridge's own remote control: an OSC server that surfaces, scripts and other terminals speak to."""

from bridge.live.remote.controlled import Controlled, Status
from bridge.live.remote.server import RemoteServer

__all__ = ["Controlled", "RemoteServer", "Status"]
