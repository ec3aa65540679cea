"""Finds out what a plugin's knobs do by playing test signals through it, and writes that down as a profile."""
