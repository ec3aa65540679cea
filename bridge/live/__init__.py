"""Moves a real desk: a DAW or a console over OSC or MIDI, by plan, guard, ramp, snapshot and journal."""
