"""Profiles of plugins as TOML files: which of their knobs are which parameters of the console."""

from presets.plugins.profile import PluginProfile
from presets.shelf import Shelf

PLUGIN_PROFILES = Shelf("presets.plugins", PluginProfile, "mixbridge.plugin-profile/1", "plugin profile")


def profile_for(name: str, maker: str = "") -> PluginProfile | None:
    """The shipped profile of a plugin that calls itself so, or None."""
    shipped = (PLUGIN_PROFILES.load(item) for item in PLUGIN_PROFILES.names())
    return next((profile for profile in shipped if profile.fits(name, maker)), None)
