"""Ableton Live: sets, racks and presets out; sets in; a set with our values set in it."""
