"""Rendering: a session through a mix, by the console's own laws, to a mix file and processed stems."""

from bridge.render.engine import STAGE, render
from bridge.render.plan import bus_key, tail_s
from bridge.render.rendered import Rendered
from bridge.render.settings import NO_TAPS, RenderSettings, Tap

__all__ = ["NO_TAPS", "STAGE", "RenderSettings", "Rendered", "Tap", "bus_key", "render", "tail_s"]
