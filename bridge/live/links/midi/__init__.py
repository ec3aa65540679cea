"""Any MIDI device or DAW, by a map of the user's own: which message moves which knob of which channel."""

from bridge.live.links.midi.link import MidiLink, open_link
from bridge.live.links.midi.mapping import MidiMap, read_map

__all__ = ["MidiLink", "MidiMap", "open_link", "read_map"]
